"""An owner's own link leads on to an address without its key."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from dashboard import own_links
from dashboard.own_links import OwnLinks, redeem

OWN = "a_b-C." + "k" * 32


def _ask(address: str, base_path: str = "") -> httpx.Response:
    async def answer(request: Request) -> PlainTextResponse:
        return PlainTextResponse("the page")

    routes = [Route("/{path:path}", answer)]
    server = httpx.ASGITransport(Starlette(routes=routes, middleware=[Middleware(OwnLinks, base_path=base_path)]))

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=server, base_url="http://here") as client:
            return await client.get(address)

    with ThreadPoolExecutor(1) as beside:  # a browser test of the same process may have a loop running here
        return beside.submit(asyncio.run, get()).result()


def _ticket(answer: httpx.Response) -> str:
    return answer.headers["location"].partition("?own=")[2]


@pytest.mark.parametrize("base_path", ["", "/fair"])
def test_the_key_is_exchanged_for_a_ticket_that_is_good_once(base_path):
    answer = _ask(f"{base_path}/publish?data=lending&own={OWN}", base_path)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{base_path}/publish?own=")
    assert answer.headers["cache-control"] == "no-store"
    assert "k" * 8 not in answer.headers["location"]
    assert redeem(_ticket(answer)) == OWN
    assert redeem(_ticket(answer)) == ""


def test_a_ticket_is_good_for_minutes(monkeypatch):
    ticket = _ticket(_ask(f"/publish?own={OWN}"))
    now = own_links.time.monotonic()

    monkeypatch.setattr("time.monotonic", lambda: now + 301)

    assert redeem(ticket) == ""


@pytest.mark.parametrize(
    "address",
    [
        "/publish",
        "/publish?own=",
        "/publish?own=ticket",
        f"/data?own={OWN}",
        f"/publish?own=a.{'b' * 300}",
        "/?own=a.b",
    ],
)
def test_every_other_address_is_answered_as_ever(address):
    assert _ask(address).text == "the page"


def test_links_without_end_take_no_memory_without_end(monkeypatch):
    monkeypatch.setattr(own_links, "_MOST", 3)

    tickets = [_ticket(_ask(f"/publish?own={OWN}{number}")) for number in range(5)]

    assert [redeem(ticket) for ticket in tickets] == ["", "", f"{OWN}2", f"{OWN}3", f"{OWN}4"]
