"""A dashboard of its own for a test: the command, started from a folder of its own, until the block ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.paths import ROOT

__all__ = ["COMMAND", "free_port", "serve"]

COMMAND = (sys.executable, "-c", "from dashboard.cli import main; main()", "open", "--no-browser")
_LONGEST_START = 60.0  # seconds


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(
    folder: Path,
    port: int,
    *arguments: str,
    command: Sequence[str] = COMMAND,
    base_path: str = "",
    environment: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Serve on `port` with `folder` as HOME and working folder, and give the address once it answers.

    `folder/.streamlit/secrets.toml` is what it signs people in by, `folder/log` what it writes.
    """
    own = {"HOME": str(folder), "FAIRNESS_DASHBOARD_WORKSPACE": str(folder / "uploads"), "PYTHONPATH": str(ROOT)}
    log = folder / "log"
    with log.open("wb") as target:
        server = subprocess.Popen(
            [*command, "--port", str(port), *arguments],
            cwd=folder,
            env=os.environ | own | dict(environment or {}),
            stdout=target,
            stderr=target,
        )
    address = f"http://127.0.0.1:{port}{base_path}"
    try:
        _wait_for(address, server, log)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _LONGEST_START
    while time.monotonic() < end and server.poll() is None:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The dashboard did not start. Its log:\n{log.read_text()}")
