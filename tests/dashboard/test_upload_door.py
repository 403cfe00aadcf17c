"""Files come from the sessions alone that were let in, and places for them are drawn only for whoever may send one."""

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
from streamlit.testing.v1 import AppTest

from dashboard import upload_door
from dashboard.upload_door import UploadDoor, let_in
from tests.dashboard.pages import APP
from tests.paths import ROOT


@pytest.fixture(autouse=True)
def nobody_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_door, "_let_in", type(upload_door._let_in)())


def _send(path: str, method: str = "PUT") -> tuple[int, list[bytes]]:
    """Send a file, and return the answer's status with what the server read of it."""
    read: list[bytes] = []

    async def take(request: Request) -> PlainTextResponse:
        read.append(await request.body())
        return PlainTextResponse("taken")

    app = Starlette(routes=[Route("/{any:path}", take, methods=[method])], middleware=[Middleware(UploadDoor)])

    async def ask() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return (await client.request(method, path, content=b"secret")).status_code

    with ThreadPoolExecutor(1) as beside:  # a browser test of the same process may have a loop running here
        return beside.submit(asyncio.run, ask()).result(), read


@pytest.mark.parametrize("base_path", ["", "/fairness"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_only_a_session_that_was_let_in_sends_files(base_path, method):
    let_in("ann", True)
    let_in("bob", True)
    let_in("bob", False)
    files = f"{base_path}/_stcore/upload_file"

    assert _send(f"{files}/ann/1", method) == (200, [b"secret"])
    for path in (f"{files}/bob/1", f"{files}/eve/1", f"{files}//1", f"{files}/eve/ann", f"{files}/eve%2Fann/1"):
        assert _send(path, method) == (403, [])
    assert _send(f"{base_path}/_stcore/health", method) == (200, [b"secret"])


def test_sessions_without_end_take_no_memory_without_end(monkeypatch):
    monkeypatch.setattr(upload_door, "_MOST", 2)
    for name in "abc":
        let_in(name, True)

    assert [upload_door.may_send(name) for name in "abc"] == [False, True, True]


@pytest.mark.parametrize(
    ("needed", "user", "may"),
    [
        ("", {}, True),
        ("upload", {}, False),
        ("all", {}, False),
        ("upload", {"email": "ann@example.org", "email_verified": False}, False),
        ("upload", {"email": "ann@example.org", "email_verified": True}, True),
        ("all", {"email": "ann@example.org", "email_verified": True}, True),
    ],
)
def test_a_page_lets_its_session_in_if_whoever_is_there_may_upload(needed, user, may, monkeypatch):
    if needed:
        monkeypatch.setenv("FAIRNESS_DASHBOARD_SIGN_IN", needed)
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.secrets["auth"] = {"redirect_uri": "http://localhost/oauth2callback", "cookie_secret": "c" * 32}
    app.user = {"is_logged_in": bool(user), **user}

    app.run()

    assert list(upload_door._let_in.values()) == [None] * may


def test_every_place_for_files_asks_first_who_is_there():
    with_places = {}
    for path in (ROOT / "dashboard").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "st.file_uploader(" in text:
            with_places[path.name] = "people.offer_upload(" in text or "people.need_person(" in text

    assert len(with_places) > 8
    assert [name for name, asks in with_places.items() if not asks] == []
