"""Finding the slices that fare worse: an exact search of every combination of levels, and an honest list of it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from metrics.cube import Cube
from metrics.progress import Tell
from metrics.registry import Metric

__all__ = ["COLUMNS", "Found", "Search", "find", "list_findings"]

# One row a slice. The first eleven are those of the JSON; `rest` is the value of everyone else whose group is known,
# `difference` and its limits are slice minus rest (limits at the level of one interval), `excess` how many more
# events than at the rest's rate (NaN where the metric counts none), `parent` whether it differs from each parent
# without it, `worse` whether it fares worse than the rest, `finding` whether all of this holds at the level asked.
COLUMNS = [
    "slice", "system", "units", "top", "below", "value", "low", "high", "divergence", "t", "p_adjusted",
    "rows", "rest", "difference", "difference_low", "difference_high", "p", "excess", "status",
    "worse", "parent", "finding",
]  # fmt: skip


@dataclass(frozen=True)
class Search:
    """What is searched: all combinations of up to `depth` of the attributes with at least `support` of the rows."""

    metric: str
    attributes: tuple[str, ...]
    depth: int = 3
    support: float = 0.01
    confidence: float = 0.95
    min_units: int = 30
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Found:
    """What a search gave. `lattice` has COLUMNS, one row a slice, those that fare worst first.

    `overall` is everyone's value, `noise_floor` the largest difference to the rest (in the worse direction) that the
    best of so many slices would show in a fair file in 95 of 100 cases; NaN where it cannot be had.
    """

    search: Search
    system: str | None
    metric: Metric
    overall: float
    searched: int
    noise_floor: float
    lattice: pd.DataFrame


def find(cube: Cube, search: Search, progress: Tell | None = None) -> Found:
    """Search one system's units. Raises QuestionError for what the data do not hold or a lattice beyond the cap."""
    raise NotImplementedError


def list_findings(found: Found, cube: Cube, most: int = 10, overlap: float = 0.5) -> pd.DataFrame:
    """Return at most `most` different findings, worst first: rows of the lattice with two more columns.

    A finding whose rows overlap one listed before by more than `overlap` (intersection over the smaller of the two) is
    left out and counted in that one's `hidden`; `twins` lists such slices.
    """
    raise NotImplementedError
