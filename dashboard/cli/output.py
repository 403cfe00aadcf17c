"""Where answers and remarks go: answers to stdout or a file, remarks to stderr."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from metrics.errors import Finding
from metrics.progress import Tell
from metrics.writing import show, write_findings

__all__ = ["check_outputs", "put_file", "put_out", "say_findings", "show_progress"]

_EVERY = 0.1  # seconds
_WIDTH = 60  # signs of a line


def check_outputs(outputs: Mapping[str, Path | None], inputs: Iterable[str | Path | None]) -> None:
    """Refuse, before any work, to write over what a command reads, or two outputs into one file.

    `outputs` are paths by their flags; what is None, and names among the inputs that are no files, are passed over.
    Devices and pipes lose nothing by being written to. Raises click.UsageError.
    """
    written = {flag: path for flag, path in outputs.items() if path is not None}
    read = [Path(path) for path in inputs if path is not None]
    taken: dict[Path, str] = {}
    for flag, path in written.items():
        target = path.resolve()
        if path.exists() and not path.is_file():
            continue
        if any(_is_same(path, other) for other in read):
            raise click.UsageError(f"{flag} {show(str(path))} would overwrite what it is made from; name another file.")
        if target in taken:
            raise click.UsageError(f"{taken[target]} and {flag} both name {show(str(path))}; name two files.")
        taken[target] = flag


def _is_same(output: Path, other: Path) -> bool:
    """Whether two paths lead to one file, by whatever links."""
    try:
        return output.samefile(other)
    except (OSError, ValueError):  # one of them is not there (yet), or is no path
        return False


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


def put_file(write: Callable[[Path], None], path: Path) -> None:
    """Have an answer written to a file: as a whole, or, where that fails, not at all.

    `write` is given the path of a new file beside it, with the same ending. What is no plain file (a device, a pipe)
    is written to as it is.
    """
    if path.exists() and not path.is_file():
        write(path)
        return
    target = path.resolve()  # a link goes on leading where it leads
    beside = target.with_name(f".{secrets.token_hex(8)}{target.suffix}")
    try:
        write(beside)
        if target.exists():
            beside.chmod(target.stat().st_mode & 0o777)
        beside.replace(target)
    except OSError as error:
        raise click.UsageError(f"{show(str(path))} cannot be written: {error.strerror}.") from error
    finally:
        beside.unlink(missing_ok=True)


def say_findings(findings: Sequence[Finding]) -> None:
    if findings:
        click.echo(write_findings(findings), err=True)


@contextmanager
def show_progress() -> Iterator[Tell]:
    """Give a function that is told how far the work is, and where somebody watches shows it in one line.

    Ctrl-C stops the work, which writes nothing before it is done.
    """
    if not sys.stderr.isatty():
        yield lambda words, share: None
        return
    shown = 0.0

    def tell(words: str, share: float) -> None:
        nonlocal shown
        if time.monotonic() - shown >= _EVERY:
            shown = time.monotonic()
            click.echo(f"\r{f'{share:4.0%}  {words} ...':<{_WIDTH}}", nl=False, err=True)

    try:
        yield tell
    finally:
        if shown:
            click.echo(f"\r{'':<{_WIDTH}}\r", nl=False, err=True)
