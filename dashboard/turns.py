"""Taking turns: few pages are drawn at a time, the others wait, so that each ends sooner than if all went on at once.

Python draws one page at a time anyhow: twenty that take turns of milliseconds all end late, and the work that they
wait for with them.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Semaphore

__all__ = ["take_turn"]

_AT_ONCE = 3  # one draws, others wait for work beside the page or for the disk
_LONGEST = 2.0  # seconds: nobody waits longer, whatever holds the others up
_turns = Semaphore(_AT_ONCE)

_SWEEP_EVERY = 10.0  # seconds: to look for memory that nobody can reach takes 0.1 s, in which nothing else goes on
_swept = time.monotonic()


@contextmanager
def take_turn() -> Iterator[None]:
    """Wait for a turn, at most `_LONGEST` seconds, and give it back when the page is drawn or left."""
    has_turn = _turns.acquire(timeout=_LONGEST)
    try:
        yield
    finally:
        _sweep()
        if has_turn:
            _turns.release()


def _sweep() -> None:
    """Give back memory that hangs on itself alone, as what an error took with it does; not after every page."""
    global _swept
    if time.monotonic() - _swept > _SWEEP_EVERY:
        _swept = time.monotonic()
        gc.collect()
