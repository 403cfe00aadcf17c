"""Lock files of a workspace. The system lets go of them when their holder ends, also when it is killed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from metrics.errors import stop
from metrics.locks import give_back, take

__all__ = ["held", "is_free", "lock_file"]

_EVERY_SECONDS = 0.02


@contextmanager
def held(
    path: Path, patience_seconds: float, found: str, meanwhile: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Hold a lock; who comes second waits. Raises ResultsError, which says what was `found`, if it takes too long.

    `meanwhile` is called again and again while it waits; what it raises ends the wait.
    """
    handle = _open(path)
    try:
        ends = time.monotonic() + patience_seconds
        while not take(handle):
            if time.monotonic() > ends:
                raise stop("the workspace", found, "Try again in a moment.")
            meanwhile()
            time.sleep(_EVERY_SECONDS)
        try:
            yield
        finally:
            give_back(handle)
    finally:
        os.close(handle)


def lock_file(path: Path) -> int:
    """Make a lock file that is nobody's yet, and return the handle that holds it until it is closed."""
    handle = _open(path)
    take(handle)
    return handle


def is_free(path: Path) -> bool:
    """Return whether nobody holds a lock: it was let go of, its holder has ended, or there is none."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        free = take(handle)
        if free:
            give_back(handle)
        return free
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
