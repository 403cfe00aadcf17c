"""An owner's own link: its key leaves the address before the page is there, so that no browser goes back to it."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from threading import Lock
from typing import Any
from urllib.parse import parse_qs

__all__ = ["PARAMETER", "OwnLinks", "read_own", "redeem"]

PARAMETER = "own"
_SECONDS = 300.0  # in which the page has to come up
_MOST, _LONGEST = 10_000, 200  # links that are being opened at a time; letters of one

_opened: OrderedDict[str, tuple[float, str]] = OrderedDict()  # ticket -> when it was given, and what for
_lock = Lock()


class OwnLinks:
    """ASGI middleware that answers an owner's own link by leading on to one with a ticket in the place of the key.

    A browser keeps the address that it is led to, and not the one that led there. The ticket is good once.
    """

    def __init__(self, app: Any, base_path: str = "") -> None:
        self.app = app
        self.path = f"{base_path}/publish"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        own = _own_of(scope["query_string"]) if scope["type"] == "http" and scope["path"] == self.path else ""
        if not own:
            await self.app(scope, receive, send)
            return
        page = f"{self.path}?{PARAMETER}={_give_ticket(own)}"
        headers = [(b"location", page.encode("latin-1")), (b"cache-control", b"no-store"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def redeem(ticket: str) -> str:
    """Return what a ticket was given for, once; "" for one that is unknown, too old or used."""
    with _lock:
        given, own = _opened.pop(ticket, (0.0, ""))
    return own if time.monotonic() - given < _SECONDS else ""


def read_own(text: str) -> tuple[str, str]:
    """Return the report and the key that an own link, or what stands after `own=` in it, names.

    >>> read_own(" https://here.example.org/publish?own=abc.xyz ")
    ('abc', 'xyz')
    >>> read_own("abc.xyz"), read_own("nothing")
    (('abc', 'xyz'), ('nothing', ''))
    """
    report, _, key = text.strip().rpartition(f"{PARAMETER}=")[2].partition(".")
    return report, key


def _own_of(query: bytes) -> str:
    """Return what a query names as the own link, "" where it names none that has a key."""
    try:
        found = parse_qs(query.decode("latin-1"), max_num_fields=100).get(PARAMETER, [""])[0]
    except ValueError:
        return ""
    return found if "." in found and len(found) <= _LONGEST else ""


def _give_ticket(own: str) -> str:
    ticket = secrets.token_urlsafe(24)
    with _lock:
        _opened[ticket] = (time.monotonic(), own)
        while len(_opened) > _MOST:
            _opened.popitem(last=False)
    return ticket
