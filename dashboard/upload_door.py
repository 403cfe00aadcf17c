"""Who may send files: only sessions whose page knows that they may, whatever a browser asks the server for.

Streamlit takes any number of files into memory for whoever has a page open. Here the page says at the beginning of each
run whether its session may send any, and the server refuses the others before it reads a byte.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any

__all__ = ["UPLOADS", "UploadDoor", "let_in", "may_send"]

UPLOADS = "/_stcore/upload_file/"  # followed by the session and the file
_MOST = 10_000  # sessions; one that is forgotten is let in again by its next run

_let_in: OrderedDict[str, None] = OrderedDict()
_lock = Lock()


def let_in(session: str, may: bool) -> None:
    """Say whether a session may send files from now on."""
    with _lock:
        _let_in.pop(session, None)
        if may:
            _let_in[session] = None
        while len(_let_in) > _MOST:
            _let_in.popitem(last=False)


def may_send(session: str) -> bool:
    """Return whether a session may send files."""
    with _lock:
        return session in _let_in


class UploadDoor:
    """ASGI middleware that takes files of the sessions alone that were let in."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and UPLOADS in scope["path"]:
            session = scope["path"].partition(UPLOADS)[2].partition("/")[0]
            if not may_send(session):
                await send({"type": "http.response.start", "status": 403, "headers": []})
                await send({"type": "http.response.body", "body": b""})
                return
        await self.app(scope, receive, send)
