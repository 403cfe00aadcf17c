"""What a file covers: every combination, the most general ones that lack units, and what to collect next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from metrics.coverage.question import Covering
from metrics.cube import Cube
from metrics.progress import Tell
from metrics.registry import Metric

__all__ = ["Covered", "cover"]


@dataclass(frozen=True, eq=False)
class Covered:
    """What one system's units cover.

    `combinations` has a row for every combination of 1 to `depth` of the axes and every metric, most general first:
    slice, system, units, clusters, metric, below, half_width, detectable_gap, status, reachable, difference_half_width,
    likely. Combinations of known levels without a row are there too (units 0, half_width NaN), impossible ones are
    not; those with a missing level are there where they occur. `units`, `clusters`, `below` and `status` are those of
    `estimate`, `half_width` is half its interval. `detectable_gap` is the smallest difference from the rest, for the
    worse, that a test of the product finds with the power asked for; NaN where none can be had. `reachable` (bool) is
    whether a verdict can be "pass" at all: `difference_half_width`, half the interval of the difference from the rest,
    is no larger than the target gap; `likely` (bool) is whether a fair model passes four times in five.

    `uncovered`: slice, units, metric (None where rows are counted), the most general combinations of known levels with
    fewer than `min_units` of what counts, also those that never occur. `collect`: slice (a level of every axis), units:
    how many more of each, after which nothing is uncovered to that depth. `t_way`: order, covered, possible, share,
    occurring: of the possible combinations of that many levels those that have enough (and a single unit).
    `contradicted`: rule, units: the rows that are there though a rule calls them impossible.
    """

    asked: Covering
    system: str | None
    metrics: Mapping[str, Metric]
    combinations: pd.DataFrame
    uncovered: pd.DataFrame
    collect: pd.DataFrame
    t_way: pd.DataFrame
    contradicted: pd.DataFrame


def cover(cube: Cube, asked: Covering, progress: Tell | None = None) -> Covered:
    """Say what one system's units cover. Raises QuestionError for what the data do not hold, and beyond the caps."""
    raise NotImplementedError
