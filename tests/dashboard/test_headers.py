"""The headers of answers, asked of a small server with the middleware around it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard.headers import HEADERS, AddHeaders, NoUploads, SameOrigin


async def _answer(request: Request) -> Response:
    answer = PlainTextResponse("here", headers={"X-Frame-Options": "ALLOWALL"})
    answer.set_cookie("plain", "1", httponly=True)
    answer.set_cookie("guarded", "1", secure=True)
    return answer


PATHS = ("/", "/_stcore/health", "/_stcore/metrics", "/fairness/_stcore/metrics")


@pytest.fixture
def ask() -> Callable[..., httpx.Response]:
    server = httpx.ASGITransport(
        Starlette(routes=[Route(p, _answer) for p in PATHS], middleware=[Middleware(AddHeaders)])
    )

    async def get(path: str, **headers: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=server, base_url="http://here") as client:
            return await client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return lambda *path, **headers: asyncio.run(get(*path, **headers))


def test_no_header_lets_anything_in_from_outside():
    policy = dict(HEADERS)["Content-Security-Policy"]

    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert "*" not in policy


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/_stcore/metrics", "/nowhere"])
def test_every_answer_has_the_headers_once(ask, path):
    answer = ask(path)

    assert [answer.headers.get_list(name) for name, _ in HEADERS] == [[value] for _, value in HEADERS]


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/fairness/_stcore/metrics"])
def test_figures_about_the_server_are_for_nobody(ask, path):
    answer = ask(path)

    assert (answer.status_code, answer.content) == (404, b"")


def test_the_health_check_answers(ask):
    assert ask("/_stcore/health").text == "here"


def test_without_https_browsers_are_not_told_to_use_it(ask):
    answer = ask("/", X_Forwarded_Proto="http")

    assert "Strict-Transport-Security" not in answer.headers
    assert [("Secure" in cookie) for cookie in answer.headers.get_list("set-cookie")] == [False, True]


def test_behind_https_browsers_are_told_to_stay_and_cookies_travel_guarded(ask):
    answer = ask("/", X_Forwarded_Proto="https")

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert [cookie.lower().count("; secure") for cookie in answer.headers.get_list("set-cookie")] == [1, 1]
    assert "HttpOnly" in answer.headers.get_list("set-cookie")[0]


@pytest.mark.parametrize(
    ("origin", "asked_on"),
    [
        (None, True),
        ("https://dashboard.example.org", True),
        ("https://Dashboard.example.org", True),
        ("https://dashboard.example.org:8443", False),
        ("https://evil.example", False),
        ("null", False),
        ("https://[", False),
    ],
)
def test_a_page_of_another_site_is_refused_before_streamlit_hears_of_it(origin, asked_on):
    heard, sent = [], []

    async def streamlit(scope, receive, send):
        heard.append(scope["type"])

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"dashboard.example.org"), *([] if origin is None else [(b"origin", origin.encode())])]
    asyncio.run(SameOrigin(streamlit)({"type": "websocket", "headers": headers}, None, send))

    assert heard == (["websocket"] if asked_on else [])
    assert sent == ([] if asked_on else [{"type": "websocket.close", "code": 1008}])


@pytest.mark.parametrize("path", ["/_stcore/upload_file/s/f", "/fairness/_stcore/upload_file/s/f"])
def test_a_server_for_readers_takes_no_file(path):
    """Streamlit takes them from whoever has a page open, whether or not there is a place for them on it."""
    answers = {}

    async def put() -> None:
        app = Starlette(routes=[Route("/{any:path}", _answer, methods=["PUT"])], middleware=[Middleware(NoUploads)])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            for asked in (path, "/_stcore/health"):
                answers[asked] = (await client.put(asked, content=b"x")).status_code

    asyncio.run(put())

    assert answers == {path: 403, "/_stcore/health": 200}
