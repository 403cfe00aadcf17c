"""Taking turns: few pages are drawn at a time, the others wait, so that each ends sooner than if all went on at once.

Python draws one page at a time anyhow: twenty that take turns of milliseconds all end late, and the work that they
wait for with them.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Semaphore, local

__all__ = ["leave_turn", "take_turn"]

_AT_ONCE = 3  # one draws, others wait for the disk
_LONGEST = 2.0  # seconds: nobody waits longer, whatever holds the others up
_turns = Semaphore(_AT_ONCE)
_own = local()  # whether the page that this thread draws has a turn

_SWEEP_EVERY = 10.0  # seconds: to look for memory that nobody can reach takes 0.1 s, in which nothing else goes on
_swept = time.monotonic()


@contextmanager
def take_turn() -> Iterator[None]:
    """Wait for a turn, at most `_LONGEST` seconds, and give it back when the page is drawn or left."""
    _own.has_turn = _turns.acquire(timeout=_LONGEST)
    try:
        yield
    finally:
        _sweep()
        _give_back()


@contextmanager
def leave_turn() -> Iterator[None]:
    """Let another page have the turn while this one waits for something, and wait for one again afterwards."""
    had_turn = _give_back()
    try:
        yield
    finally:
        if had_turn:
            _own.has_turn = _turns.acquire(timeout=_LONGEST)


def _give_back() -> bool:
    """Give back the turn that this thread has; return whether it had one."""
    had_turn, _own.has_turn = getattr(_own, "has_turn", False), False
    if had_turn:
        _turns.release()
    return had_turn


def _sweep() -> None:
    """Give back memory that hangs on itself alone, as what an error took with it does; not after every page."""
    global _swept
    if time.monotonic() - _swept > _SWEEP_EVERY:
        _swept = time.monotonic()
        gc.collect()
