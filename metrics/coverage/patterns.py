"""The most general combinations that lack units, and the share of combinations that do not.

A combination with fewer than the threshold lacks units, and so does everything more special. The most general ones,
whose parents (one condition less) all have enough, say the same with the fewest words: the maximal uncovered patterns
of Asudeh, Jin & Jagadish 2019, "Assessing and remedying coverage for a given dataset" (ICDE).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.coverage.grid import Axes, Counts, Grid
from metrics.coverage.possible import Possible
from metrics.estimate import as_objects

__all__ = ["asked_of", "find_uncovered", "t_way_coverage"]


def asked_of(grid: Grid, possible: Possible) -> dict[Axes, NDArray[np.bool_]]:
    """Return which combinations are to have enough: those that are slices and possible."""
    return {some: grid.told(some) & possible.of(some) for some in grid.sets}


def find_uncovered(
    grid: Grid, counts: Counts, asked: dict[Axes, NDArray[np.bool_]], min_units: int
) -> list[tuple[Axes, NDArray[np.int64], NDArray[np.int64]]]:
    """Return the maximal uncovered patterns by their axes: the levels' codes (patterns, axes) and the units.

    Whoever has too few in all has one of them: everyone.
    """
    enough = {some: counts[some] >= min_units for some in grid.sets}
    found = []
    for some in grid.sets:
        lacking = ~enough[some] & asked[some]
        if not lacking.any():
            continue
        for place in range(len(some)):
            # A grandparent that lacks units makes the parent lack them: parents are enough to look at.
            lacking &= np.expand_dims(enough[some[:place] + some[place + 1 :]], place)
        codes = np.argwhere(lacking)
        if len(codes):
            found.append((some, codes, counts[some][lacking]))
    return found


def tabulate_uncovered(
    grid: Grid, found: list[tuple[Axes, NDArray[np.int64], NDArray[np.int64]]], metric: str | None
) -> pd.DataFrame:
    """Return patterns as a table: slice, units, metric."""
    slices = [s for some, codes, _ in found for s in grid.slices_of(some, codes)]
    units = np.concatenate([units for _, _, units in found]) if found else np.zeros(0, np.int64)
    metrics = as_objects([metric] * len(slices))
    return pd.DataFrame({"slice": as_objects(slices), "units": units, "metric": metrics})


def t_way_coverage(grid: Grid, counts: Counts, asked: dict[Axes, NDArray[np.bool_]], min_units: int) -> pd.DataFrame:
    """Return how many of the possible combinations of each order have enough units, and how many have any.

    Columns order, covered, possible, share (of those possible, covered), occurring. Kuhn, Kacker & Lei 2010,
    "Practical combinatorial testing" (NIST SP 800-142), count a single occurrence as covered.
    """
    rows = []
    for order in range(1, grid.depth + 1):
        sets = [some for some in grid.sets if len(some) == order]
        possible = sum(int(asked[s].sum()) for s in sets)
        covered, occurring = (
            sum(int((asked[s] & (counts[s] >= least)).sum()) for s in sets) for least in (min_units, 1)
        )
        rows.append((order, covered, possible, covered / possible if possible else np.nan, occurring))
    return pd.DataFrame(rows, columns=["order", "covered", "possible", "share", "occurring"])
