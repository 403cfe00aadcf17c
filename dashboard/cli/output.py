"""Where answers and remarks go: answers to stdout or a file, remarks to stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from metrics.errors import Finding
from metrics.writing import show, write_findings

__all__ = ["put_out", "say_findings", "say_progress"]


def put_out(text: str, path: Path | None) -> None:
    """Write an answer as UTF-8 to a file, or alone to stdout."""
    data = text.encode("utf-8", errors="backslashreplace")
    if path is None:
        click.echo(data, nl=False)
        return
    try:
        path.write_bytes(data)
    except OSError as error:
        raise click.UsageError(f"{show(str(path))} cannot be written: {error.strerror}.") from error


def say_findings(findings: Sequence[Finding]) -> None:
    if findings:
        click.echo(write_findings(findings), err=True)


def say_progress(text: str) -> None:
    """Say what is being done, where somebody watches."""
    if sys.stderr.isatty():
        click.echo(f"{text} ...", err=True)
