"""What a file covers: every combination, the most general ones that lack units, and what to collect next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.coverage.collect import Plan, plan_units, tabulate_plan
from metrics.coverage.combinations import tabulate_combinations
from metrics.coverage.grid import Axes, Counts, Grid, count_denominator, count_units, make_grid
from metrics.coverage.patterns import asked_of, find_uncovered, t_way_coverage, tabulate_uncovered
from metrics.coverage.possible import Possible, find_contradicted, read_rules
from metrics.coverage.question import Covering, check_covering
from metrics.cube import Cube
from metrics.errors import QuestionError
from metrics.estimate import choose_groupings, choose_metrics, split_families
from metrics.progress import Progress, Tell
from metrics.registry import Metric

__all__ = ["Covered", "cover", "list_uncovered", "plan_collection"]


@dataclass(frozen=True, eq=False)
class Covered:
    """What one system's units cover.

    `combinations` has a row for every combination of 1 to `depth` of the axes and every metric, most general first:
    slice, system, units, clusters, metric, below, counted, half_width, detectable_gap, status, reachable,
    difference_half_width, likely. Combinations of known levels without a row are there too (units 0, half_width NaN),
    impossible ones are not; those with a missing level are there where they occur. `units`, `clusters`, `below` and
    `status` are those of `estimate`, `half_width` is half its interval. `counted` is how many units the minimum looks
    at (positives, utterances), whatever they weigh, where `below` adds up weights. `detectable_gap` is the smallest
    difference from the rest, for the worse, that a test of the product finds with the power asked for; NaN where none
    can be had; of too few it is what a test would find, though there is none. `reachable` (bool) is whether a verdict
    can be "pass" at all: the status is "ok" and `difference_half_width`, half the interval of the difference from the
    rest, no larger than the target gap; `likely` (bool) is whether a fair model would pass four times in five.

    `uncovered`: slice, units, metric (None where rows are counted), the most general combinations of known levels with
    fewer than `min_units` of what counts, also those that never occur. `collect`: slice (a level of every axis), units:
    how many more of each, after which nothing is uncovered to that depth. `t_way`: order, covered, possible, share,
    occurring: of the possible combinations of that many levels those that have enough (and those that have any).
    `contradicted`: rule, units: the rows that are there though a rule calls them impossible. No plan has fewer than
    `least_units`. `grid` has the axes, those of several labels in a cell among them; `weighted` is whether rows have
    weights.
    """

    asked: Covering
    system: str | None
    metrics: Mapping[str, Metric]
    combinations: pd.DataFrame
    uncovered: pd.DataFrame
    collect: pd.DataFrame
    t_way: pd.DataFrame
    contradicted: pd.DataFrame
    least_units: int
    grid: Grid
    weighted: bool = False


def cover(cube: Cube, asked: Covering, progress: Tell | None = None, *, plan: bool = True) -> Covered:
    """Say what one system's units cover. Raises QuestionError for what the data do not hold, and beyond the caps.

    Where several metrics are named, a combination has enough where it has enough for each, and the plan counts units
    that count for every one of them. Without `plan`, which can take many times as long as all else, `collect` is empty
    until `plan_collection` fills it.
    """
    told = Progress(progress)
    ((cube, chosen),) = choose_metrics(cube, asked.metrics)
    told("Counting the combinations")
    grid, possible, each = _count(cube, chosen, asked)
    wanted = asked_of(grid, possible)
    least: Counts = {some: np.minimum.reduce([counts[some] for counts in each.values()]) for some in grid.sets}
    combinations = tabulate_combinations(cube, chosen, asked, grid, wanted, told.part(0.1, 0.6 if plan else 1))
    covered = Covered(
        asked=asked,
        system=cube.system,
        metrics={metric.name: metric for metric in chosen},
        combinations=combinations,
        uncovered=_list_uncovered(grid, each, wanted, asked),
        collect=tabulate_plan(grid, Plan(np.zeros((0, len(grid.axes)), np.int64), np.zeros(0, np.int64))),
        t_way=t_way_coverage(grid, least, wanted, asked.min_units),
        contradicted=find_contradicted(cube, asked.rules),
        least_units=0,
        grid=grid,
        weighted=cube.has_weights,
    )
    return plan_collection(cube, covered, told.part(0.6, 1)) if plan else covered


def plan_collection(cube: Cube, covered: Covered, progress: Tell | None = None) -> Covered:
    """Return what `cover` found of the same cube with its plan: `collect` and `least_units`."""
    asked = covered.asked
    ((cube, chosen),) = choose_metrics(cube, asked.metrics)
    grid, possible, each = _count(cube, chosen, asked)
    least: Counts = {some: np.minimum.reduce([counts[some] for counts in each.values()]) for some in grid.sets}
    wanted, pairs = asked_of(grid, possible), _count_pairs(cube, grid)
    plan = plan_units(grid, possible, least, wanted, asked.min_units, pairs, Progress(progress))
    return replace(covered, collect=tabulate_plan(grid, plan), least_units=plan.least)


def list_uncovered(cube: Cube, asked: Covering) -> pd.DataFrame:
    """Return `uncovered` of `cover` alone: slice, units, metric. It is there at once, however many rows there are."""
    ((cube, chosen),) = choose_metrics(cube, asked.metrics)
    grid, possible, each = _count(cube, chosen, asked)
    return _list_uncovered(grid, each, asked_of(grid, possible), asked)


def _count_pairs(cube: Cube, grid: Grid) -> Counts | None:
    """Return how many units every two levels have together; None for a cube without rows that did not count it."""
    try:
        return count_units(cube, make_grid(grid.axes, 2))
    except QuestionError:
        return None


def _count(cube: Cube, chosen: Sequence[Metric], asked: Covering) -> tuple[Grid, Possible, dict[str | None, Counts]]:
    """Return the grid, what is possible, and what has to be enough: units, or what each metric's minimum looks at."""
    check_covering(asked)
    names = choose_groupings(cube, list(asked.by), everyone=False)
    grid = make_grid([cube.axis(name) for (name,) in names], asked.depth)
    possible = read_rules(cube, grid, asked.rules)
    if asked.metrics is None:
        return grid, possible, {None: count_units(cube, grid)}
    families = {metric.name: split_families(cube, [metric])[0] for metric in chosen}
    return grid, possible, {name: count_denominator(cube, grid, family) for name, family in families.items()}


def _list_uncovered(
    grid: Grid, each: Mapping[str | None, Counts], wanted: dict[Axes, NDArray[np.bool_]], asked: Covering
) -> pd.DataFrame:
    found = [
        tabulate_uncovered(grid, find_uncovered(grid, counts, wanted, asked.min_units), metric)
        for metric, counts in each.items()
    ]
    return found[0] if len(found) == 1 else pd.concat(found, ignore_index=True)
