"""After a sign-in people come back to the page that they left for it; Streamlit alone leads them to the first one."""

from __future__ import annotations

import re
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from dashboard.own_links import PARAMETER

__all__ = ["ComeBack"]

_COOKIE = "fairness_return"
_SECONDS = 600  # that a sign-in may take
_LONGEST = 3000  # letters; browsers keep cookies of up to 4096 bytes
# On this server, whatever a browser makes of it: neither //host nor /\host, and no second line.
_OWN_PAGE = re.compile(r"/(?![/\\])[!-~]*")


class ComeBack:
    """ASGI middleware that keeps the page somebody signs in from in a cookie, and leads back to it afterwards.

    Whatever the cookie says, it leads to a page of this server and nowhere else. An owner's key stays out of it.
    """

    def __init__(self, app: Any, base_path: str = "") -> None:
        self.app = app
        self.base_path = base_path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] not in (self._path("/auth/login"), self._path("/oauth2callback")):
            await self.app(scope, receive, send)
            return
        asked = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["path"] == self._path("/auth/login"):
            page = _page_left(asked)
            cookie = self._cookie(page, _SECONDS) if page else None
        else:
            page = _page_kept(asked)
            cookie = self._cookie("", 0) if page else None

        async def send_on(message: Any) -> None:
            if message["type"] == "http.response.start" and cookie:
                headers = list(message["headers"])
                if scope["path"] == self._path("/oauth2callback"):
                    headers = [self._lead_back(header, page) for header in headers]
                message["headers"] = [*headers, (b"set-cookie", cookie.encode())]
            await send(message)

        await self.app(scope, receive, send_on)

    def _path(self, path: str) -> str:
        return self.base_path + path

    def _lead_back(self, header: tuple[bytes, bytes], page: str) -> tuple[bytes, bytes]:
        is_first_page = header[0].lower() == b"location" and header[1].decode("latin-1") == self._path("/")
        return (header[0], page.encode("latin-1")) if is_first_page else header

    def _cookie(self, page: str, seconds: int) -> str:
        path = self.base_path or "/"
        return f"{_COOKIE}={quote(page, safe='')}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax"


def _page_left(asked: dict[bytes, str]) -> str:
    """Return the page from which the browser says that it comes, "" where that is none of this server."""
    try:
        parts = urlsplit(asked.get(b"referer", ""))
    except ValueError:
        return ""
    if parts.netloc != asked.get(b"host"):
        return ""
    kept = "&".join(part for part in parts.query.split("&") if unquote(part.partition("=")[0]) != PARAMETER)
    return _own(parts.path + (f"?{kept}" if kept else ""))


def _page_kept(asked: dict[bytes, str]) -> str:
    """Return the page that the cookie names, "" for none and for anything beyond this server."""
    try:
        kept = SimpleCookie(asked.get(b"cookie", "")).get(_COOKIE)
    except CookieError:
        return ""
    return _own(unquote(kept.value)) if kept else ""


def _own(page: str) -> str:
    return page if len(page) <= _LONGEST and _OWN_PAGE.fullmatch(page) else ""
