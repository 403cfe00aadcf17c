"""Start the dashboard's server: with its own settings, whatever the folder, and with headers that browsers heed."""

from __future__ import annotations

import socket
import threading
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from dashboard import bounties
from dashboard.datasets import OPENED, name_opened, upload_limits
from dashboard.theme import SETTINGS
from dashboard.workspace import Workspace
from metrics.reading.limits import Limits

__all__ = ["HEADERS", "launch"]

ADDRESS = "127.0.0.1"
_FIRST_PORT = 8501
_PORTS_TRIED = 100
_LONGEST_START = 60.0  # seconds

# Nothing from outside, no frame around it, no code from text. Streamlit's own scripts and styles are
# partly inline, hence 'unsafe-inline'; blob: and data: are its charts and downloads.
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
    ("Referrer-Policy", "no-referrer"),  # the address holds the id of an upload
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
)


class _AddHeaders:
    """ASGI middleware that adds the headers to every answer."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                ours = [(name.lower().encode(), value.encode()) for name, value in HEADERS]
                names = {name for name, _ in ours}
                message["headers"] = [h for h in message["headers"] if h[0].lower() not in names] + ours
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def launch(
    path: str | Path | None = None,
    schema_path: str | Path | None = None,
    port: int | None = None,
    browser: bool = True,
    joined: Sequence[tuple[str, Path]] = (),
    limits: Limits | None = None,
    bounty: Path | None = None,
) -> int:
    """Serve the dashboard until it is stopped: on a file of results, or on the sample data.

    `joined` are further files, one a system, by the names they are called by. `bounty` is the folder of a bounty
    to be served; its page is then the first, unless there is a file too.

    Prints the address once it answers, and opens it in the browser if `browser`. Without a `port`
    the first free one from 8501 on is taken. Returns the exit code: 0 when stopped, 2 for a port that
    is taken.
    """
    chosen = _find_port() if port is None else port
    if chosen is None or not _is_free(chosen):
        click.echo(f"Port {port or _FIRST_PORT} is taken; choose another with --port.", err=True)
        return 2
    files = [] if path is None else [(Path(path).name, Path(path)), *joined]
    name_opened(files, limits or Limits.command_line(), None if schema_path is None else Path(schema_path))
    bounties.name_bounty(bounty)
    Workspace.at_home().sweep()

    import streamlit as st
    from starlette.middleware import Middleware

    app = st.App(Path(__file__).parent / "app.py", middleware=[Middleware(_AddHeaders)])
    start = f"http://{ADDRESS}:{chosen}/" + _first_page(path is not None, bounty is not None)
    threading.Thread(target=_announce, args=(start, chosen, browser), daemon=True).start()
    app.run(
        config={
            **SETTINGS,
            "server.address": ADDRESS,
            "server.port": chosen,
            "server.allowedHosts": [ADDRESS, "localhost"],
            "browser.serverAddress": ADDRESS,
            "server.maxUploadSize": max(1, upload_limits().file_bytes // 2**20),
        }
    )
    return 0


def _first_page(has_file: bool, has_bounty: bool) -> str:
    if has_file:
        return f"data?data={OPENED}"
    return f"bounty?bounty={bounties.OPENED}" if has_bounty else ""


def _find_port() -> int | None:
    return next((p for p in range(_FIRST_PORT, _FIRST_PORT + _PORTS_TRIED) if _is_free(p)), None)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True


def _announce(address: str, port: int, browser: bool) -> None:
    end = time.monotonic() + _LONGEST_START
    while time.monotonic() < end:
        try:
            socket.create_connection((ADDRESS, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
            continue
        click.echo(f"The dashboard is at {address} (Ctrl+C stops it).")
        if browser:
            webbrowser.open(address)
        return
