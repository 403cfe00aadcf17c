"""A pytest plugin: the tests run as if Streamlit, Plotly and the dashboard were not installed.

`make test` runs the tests of `metrics` with it (`-p tests.without_screen`), which proves that the package is whole
without a screen, at no cost of a second environment.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

ABSENT = frozenset({"streamlit", "plotly", "dashboard"})


class _Absent:
    """A finder that stands before all others and finds that these packages are not there."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r} (hidden by tests/without_screen.py)", name=name)
        return None


sys.meta_path.insert(0, _Absent())
