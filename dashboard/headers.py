"""What every answer of the server carries for browsers to heed, and what the server does not answer at all."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from dashboard.upload_door import UPLOADS

__all__ = ["HEADERS", "AddHeaders", "NoUploads", "SameOrigin"]

# Nothing from outside, no frame around it, no code from text. Streamlit's own scripts and styles are
# partly inline, hence 'unsafe-inline'; blob: and data: are its charts and downloads. connect-src 'self' holds the
# WebSocket too, whatever name and port the dashboard is reached by: no host needs to be added to it.
_CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "frame-src 'self' blob: data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = (
    ("Content-Security-Policy", _CONTENT_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),  # the address holds the id of an upload, and is nobody else's business
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
)
_ONLY_HTTPS = ("Strict-Transport-Security", "max-age=31536000")
_HIDDEN = "/_stcore/metrics"  # figures about the server, for nobody outside


class AddHeaders:
    """ASGI middleware that adds the headers to every answer.

    Where the proxy in front says that it was asked by https, browsers are told to ask in no other way from then on,
    and cookies to travel in no other way.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        secure = _asked_by_https(scope)
        ours = [(n.lower().encode(), v.encode()) for n, v in (*HEADERS, *((_ONLY_HTTPS,) if secure else ()))]
        names = {name for name, _ in ours}

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                theirs = [header for header in message["headers"] if header[0].lower() not in names]
                message["headers"] = [_guard(header) for header in theirs] + ours if secure else theirs + ours
            await send(message)

        if scope["path"].rstrip("/").endswith(_HIDDEN):
            await send_with_headers({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.app(scope, receive, send_with_headers)


class NoUploads:
    """ASGI middleware that takes no file: Streamlit keeps any number in memory for whoever has a page open."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and UPLOADS in scope["path"]:
            await send({"type": "http.response.start", "status": 403, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.app(scope, receive, send)


class SameOrigin:
    """ASGI middleware that gives no WebSocket to a page of another site.

    Streamlit refuses it too, but first asks a host on the web for the address of this machine.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket" and not _is_own_page(scope):
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
            return
        await self.app(scope, receive, send)


def _is_own_page(scope: Any) -> bool:
    """Whether the page that asks is at the very host that it asks; what is no browser names no page."""
    said = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        return b"origin" not in said or urlsplit(said[b"origin"]).netloc.lower() == said.get(b"host", "").lower()
    except ValueError:
        return False


def _asked_by_https(scope: Any) -> bool:
    """Whether the browser asked by https: what the proxy says. A browser that says so itself harms itself alone."""
    said = [value for name, value in scope["headers"] if name.lower() == b"x-forwarded-proto"]
    return bool(scope.get("scheme") == "https" or (said and said[-1].strip().lower() == b"https"))


def _guard(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """Keep a cookie from travelling in the clear."""
    name, value = header
    if name.lower() != b"set-cookie" or b"; secure" in value.lower():
        return header
    return name, value + b"; Secure"
