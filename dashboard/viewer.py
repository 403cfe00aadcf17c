"""A server for readers alone: it shows what was published, and there is no way to anything else."""

from __future__ import annotations

import os

__all__ = ["VARIABLE", "be_viewer", "is_viewer"]

VARIABLE = "FAIRNESS_DASHBOARD_VIEWER"


def is_viewer() -> bool:
    """Whether only published reports are shown here: no data are found, and nothing is written."""
    return os.environ.get(VARIABLE) == "1"


def be_viewer(on: bool) -> None:
    """Tell the pages, which run as a script, whether they are for readers alone."""
    if on:
        os.environ[VARIABLE] = "1"
    else:
        os.environ.pop(VARIABLE, None)
