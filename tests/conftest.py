"""Settings that hold for every test."""

from __future__ import annotations

import gc
import os

from hypothesis import settings

# No deadlines: a slow machine is no bug. A build server tries the same examples every time: a failure is the change's.
settings.register_profile("here", deadline=None, max_examples=50)
settings.register_profile("build server", parent=settings.get_profile("here"), derandomize=True)
settings.load_profile("build server" if os.environ.get("CI") else "here")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name packed files alike in every process: they hold the second at which they were packed."""
    return "packed" if isinstance(val, bytes) and b"\0" in val else None


def pytest_collection_finish() -> None:
    """Have no garbage collection go through the thousands of tests and what they import; statsmodels asks for many."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Let everything end in order: libraries that count their objects would tell of leaks."""
    gc.unfreeze()
