"""After a sign-in people come back to the page they left, and never to one of somebody else's."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from dashboard.returning import ComeBack

HERE = "https://dashboard.example.org"


def _ask(path: str, base_path: str = "", to: str | None = None, **headers: str) -> httpx.Response:
    async def answer(request: Request) -> RedirectResponse:
        return RedirectResponse(to or f"{base_path}/", status_code=302)

    routes = [Route(base_path + p, answer) for p in ("/auth/login", "/oauth2callback", "/auth/logout")]
    server = httpx.ASGITransport(Starlette(routes=routes, middleware=[Middleware(ComeBack, base_path=base_path)]))

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=server, base_url=HERE) as client:
            return await client.get(base_path + path, headers=headers)

    with ThreadPoolExecutor(1) as beside:  # a browser test of the same process may have a loop running here
        return beside.submit(asyncio.run, get()).result()


def _leave(referer: str, base_path: str = "") -> str:
    """Sign in from a page, and return the cookie that the browser would keep ("" for none)."""
    answer = _ask("/auth/login", base_path, to="https://issuer.example.org/authorize", Referer=referer)
    assert answer.headers["location"] == "https://issuer.example.org/authorize"
    return answer.headers.get("set-cookie", "").partition(";")[0]


@pytest.mark.parametrize(
    "page", ["/slices?data=lending&metric=wer", "/", "/shared?report=a_b-c", "/data?x=%2F%2Fa%3B%22"]
)
def test_a_page_that_was_left_is_come_back_to(page):
    answer = _ask("/oauth2callback", Cookie=f"a=1; {_leave(HERE + page)}; b=2")

    assert answer.headers["location"] == page
    assert "fairness_return=; Path=/; Max-Age=0" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("left", "back"),
    [
        ("/publish?own=a.b", "/publish"),
        ("/publish?data=lending&own=a.b&x=1", "/publish?data=lending&x=1"),
        ("/publish?%6Fwn=a.b", "/publish"),
        ("/publish?owner=a.b", "/publish?owner=a.b"),
    ],
)
def test_an_owners_key_is_in_no_cookie(left, back):
    cookie = _leave(HERE + left)

    assert _ask("/oauth2callback", Cookie=cookie).headers["location"] == back


def test_below_a_path_too():
    cookie = _leave(f"{HERE}/fair/slices?data=lending", "/fair")

    assert _ask("/oauth2callback", "/fair", Cookie=cookie).headers["location"] == "/fair/slices?data=lending"


def test_the_cookie_is_for_the_server_alone():
    sent = _ask("/auth/login", Referer=f"{HERE}/slices").headers["set-cookie"]

    assert sent == "fairness_return=%2Fslices; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"


@pytest.mark.parametrize(
    "referer",
    [
        "",
        "https://evil.example/slices",
        f"{HERE}.evil.example/",
        f"{HERE}//evil.example",
        "https://[",
        f"{HERE}/{'a' * 4000}",
    ],
)
def test_other_pages_are_not_kept(referer):
    assert _leave(referer) == ""


@pytest.mark.parametrize(
    "kept", ["//evil.example", "/%5Cevil.example", "https://evil.example", "/a%0d%0aSet-Cookie: b=1", "", "%", "/a b"]
)
def test_a_cookie_that_somebody_made_leads_nowhere_else(kept):
    answer = _ask("/oauth2callback", Cookie=f"fairness_return={kept}")

    assert answer.headers["location"] == "/"
    assert "set-cookie" not in answer.headers


def test_an_answer_that_leads_elsewhere_is_left_as_it_is():
    answer = _ask("/oauth2callback", to="/error", Cookie="fairness_return=%2Fslices")

    assert answer.headers["location"] == "/error"


def test_signing_out_leads_to_the_first_page():
    assert _ask("/auth/logout", Cookie="fairness_return=%2Fslices").headers["location"] == "/"
