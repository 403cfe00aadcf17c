"""Start the dashboard's server: with its own settings, whatever the folder, and with headers that browsers heed."""

from __future__ import annotations

import socket
import threading
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import click

from dashboard import bounties
from dashboard.datasets import OPENED, name_opened, upload_limits
from dashboard.headers import AddHeaders, NoUploads, SameOrigin
from dashboard.hosting import Hosting
from dashboard.own_links import OwnLinks
from dashboard.returning import ComeBack
from dashboard.theme import SETTINGS
from dashboard.upload_door import UploadDoor
from dashboard.viewer import be_viewer
from dashboard.workspace import Workspace
from metrics.reading.limits import Limits

__all__ = ["launch"]

_FIRST_PORT = 8501
_PORTS_TRIED = 100
_LONGEST_START = 60.0  # seconds


def launch(
    path: str | Path | None = None,
    schema_path: str | Path | None = None,
    port: int | None = None,
    browser: bool = True,
    joined: Sequence[tuple[str, Path]] = (),
    limits: Limits | None = None,
    bounty: Path | None = None,
    hosting: Hosting | None = None,
    viewer: bool = False,
    report: str = "",
) -> int:
    """Serve the dashboard until it is stopped: on a file of results, or on the sample data.

    `joined` are further files, one a system, by the names they are called by. `bounty` is the folder of a bounty
    to be served; its page is then the first, unless there is a file too. `hosting` says where to listen and what to
    answer to: without it, this machine alone. A `viewer` shows published reports and nothing else. `report` is the
    published report that is the first page.

    Prints the address once it answers, and opens it in the browser if `browser`. Without a `port`
    the first free one from 8501 on is taken. Returns the exit code: 0 when stopped, 2 for a port that
    is taken and for a sign-in that is not set up whole.
    """
    hosting = hosting or Hosting()
    chosen = _find_port(hosting.address) if port is None else port
    if chosen is None or not _is_free(hosting.address, chosen):
        click.echo(f"Port {port or _FIRST_PORT} is taken; choose another with --port.", err=True)
        return 2
    files = [] if path is None else [(Path(path).name, Path(path)), *joined]
    name_opened(files, limits or Limits.command_line(), None if schema_path is None else Path(schema_path))
    bounties.name_bounty(bounty)
    be_viewer(viewer)
    if not viewer:
        Workspace.at_home().sweep()

    import streamlit as st
    from starlette.middleware import Middleware

    from dashboard import sign_in

    faults = sign_in.find_faults(hosting.hosts, hosting.base_path)
    if faults:
        click.echo("\n".join(faults), err=True)
        return 2
    layers = [Middleware(AddHeaders), Middleware(SameOrigin), Middleware(ComeBack, base_path=hosting.base_path)]
    layers.append(Middleware(OwnLinks, base_path=hosting.base_path))
    layers.append(Middleware(NoUploads if viewer else UploadDoor))
    app = st.App(Path(__file__).parent / "app.py", middleware=layers)
    start = hosting.link(chosen) + _first_page(path is not None, bounty is not None, report)
    threading.Thread(target=_announce, args=(start, hosting.near, chosen, browser), daemon=True).start()
    app.run(
        config={
            **SETTINGS,
            "server.address": hosting.address,
            "server.port": chosen,
            "server.allowedHosts": hosting.allowed,
            "server.baseUrlPath": hosting.base_path.strip("/"),
            "browser.serverAddress": hosting.shown,
            "server.maxUploadSize": 1 if viewer else max(1, upload_limits().file_bytes // 2**20),
        }
    )
    return 0


def _first_page(has_file: bool, has_bounty: bool, report: str = "") -> str:
    if report:
        return f"published?report={report}"
    if has_file:
        return f"data?data={OPENED}"
    return f"bounty?bounty={bounties.OPENED}" if has_bounty else ""


def _find_port(address: str) -> int | None:
    return next((p for p in range(_FIRST_PORT, _FIRST_PORT + _PORTS_TRIED) if _is_free(address, p)), None)


def _is_free(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def _announce(link: str, address: str, port: int, browser: bool) -> None:
    end = time.monotonic() + _LONGEST_START
    while time.monotonic() < end:
        try:
            socket.create_connection((address, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
            continue
        click.echo(f"The dashboard is at {link} (Ctrl+C stops it).")
        if browser:
            webbrowser.open(link)
        return
