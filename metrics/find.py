"""Finding the slices that fare worse: an exact search of every combination of levels, and an honest list of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.apart import FamilyApart
from metrics.compare import p_of_pairs
from metrics.cube import Cube
from metrics.errors import QuestionError
from metrics.estimate import (
    NO_DATA,
    OK,
    STATUSES,
    as_objects,
    check_level,
    choose_groupings,
    choose_metrics,
    measure,
    split_families,
    statuses,
    words_at,
)
from metrics.lattice import Lattice, count_lattice, narrow
from metrics.lattice_floor import lattice_floor
from metrics.lattice_sides import Sides, SidesApart, SidesOfSums
from metrics.multiplicity import holm
from metrics.progress import Progress, Tell
from metrics.registry import Metric, Rate, Share
from metrics.scored import Axis
from metrics.sentences import orient
from metrics.sides import Measured
from metrics.slices import Slice

__all__ = ["COLUMNS", "DEEPEST", "Found", "Search", "find", "list_findings", "searched_axes"]

COLUMNS = [
    "slice", "system", "units", "top", "below", "value", "low", "high", "divergence", "t", "p_adjusted",
    "rows", "clusters", "rest", "difference", "difference_low", "difference_high", "p", "p_parents", "at_least",
    "excess", "status", "worse", "finding",
]  # fmt: skip
DEEPEST = 5

Floats = NDArray[Any]


@dataclass(frozen=True)
class Search:
    """What is searched: all combinations of up to `depth` of the attributes with at least `support` of the rows.

    `attributes` are names of axes, or of columns with several labels in a cell, which stand for each of their labels.
    """

    metric: str
    attributes: tuple[str, ...]
    depth: int = 3
    support: float = 0.01
    confidence: float = 0.95
    min_units: int = 30


@dataclass(frozen=True, eq=False)
class Found:
    """What a search gave: `lattice` has COLUMNS, one row a slice, findings first, then those that fare worst.

    `top`, `below`, `units`, `value`, `low`, `high` and `status` are those of `estimate`; `rest` is the value of
    everyone else whose group is known, `difference` slice minus rest with the limits and `p` of `compare`, and
    `p_adjusted` Holm's over all slices searched with status "ok" (slices of the same rows, and two that are each
    other's rest, count once). `divergence` is value minus `overall`, `t` DivExplorer's (NaN where the value is no share
    of counts, as with weights). `excess` is how many events more than at the rest's rate (NaN where none are counted).
    `at_least` is the limit of the difference nearest to 0 where all slices are to hold at once, 0 where that does not
    tell the direction. `p_parents` is the largest p of the slice against what each parent holds beside it: NaN for one
    condition, and not worked out where the rest already does not tell. `worse` says whether it fares worse than the
    rest and, as far as that was worked out, its parents; a `finding` does so with both p values beyond doubt, by Holm
    over all slices at the level asked for.

    `searched` counts the slices looked at. `noise_floor` is the largest difference to the rest that the worst of so
    many slices stays under in 95 of 100 fair files; NaN where it cannot be had.
    """

    search: Search
    system: str | None
    metric: Metric
    overall: float
    searched: int
    noise_floor: float
    lattice: pd.DataFrame
    counted: Lattice

    @property
    def findings(self) -> pd.DataFrame:
        """The findings alone."""
        return self.lattice[self.lattice["finding"]]


def find(cube: Cube, search: Search, progress: Tell | None = None) -> Found:
    """Search one system's units for slices that fare worse than everyone else.

    Slices are ranked by `at_least`: how much worse they fare at the least. Raises QuestionError for what the data do
    not hold, and for a lattice beyond the caps.
    """
    _check(cube, search)
    told = Progress(progress)
    ((cube, chosen),) = choose_metrics(cube, [search.metric])
    (metric,) = (orient(m, cube.favourable) for m in chosen)
    (family,) = split_families(cube, chosen)
    assert cube.scored is not None
    axes = searched_axes(cube, search.attributes)
    rows = cube.scored if isinstance(family, FamilyApart) else narrow(cube.scored, family)
    lattice = count_lattice(rows, axes, search.depth, search.support, told.part(0, 0.5))
    told("Comparing every slice with the rest", 0.5)
    if isinstance(family, FamilyApart):
        sides: Sides = SidesApart(cube, family, lattice, told.part(0.5, 0.8))
    else:
        sides = SidesOfSums(cube, family, lattice)
    overall = measure(cube, family, cube.by(()))
    result = _judge(search, metric, lattice, sides, told.part(0.8, 1))
    floor = lattice_floor(metric, overall, sides.one, sides.two, result.tested)
    table = _tabulate(search, cube, metric, lattice, sides, overall, result)
    return Found(search, cube.system, metric, float(overall.side.shown[0, 0]), len(lattice), floor, table, lattice)


def searched_axes(cube: Cube, attributes: Sequence[str]) -> list[Axis]:
    """Return the axes of some attributes, each once. Raises QuestionError for what is none."""
    groupings = choose_groupings(cube, list(attributes), everyone=False)
    return [cube.axis(name) for (name,) in groupings]


def _check(cube: Cube, search: Search) -> None:
    check_level(search.confidence)
    if cube.scored is None:
        raise QuestionError("A search counts anew, and the rows are not here.")
    if not search.attributes:
        raise QuestionError("A search needs at least one attribute.")
    if not 1 <= search.depth <= DEEPEST:
        raise QuestionError(f"The depth of a search is a number from 1 to {DEEPEST}; it was {search.depth}.")
    if not 0 <= search.support <= 1:
        raise QuestionError(f"The support is a share of the rows from 0 to 1, such as 0.01; it was {search.support}.")


# -- what is a finding ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Judged:
    """What was found of every slice; arrays (slices,). `tested` marks those that take part in Holm."""

    status: NDArray[np.int8]
    p: Floats
    p_adjusted: Floats
    p_parents: Floats
    worse: NDArray[np.bool_]
    finding: NDArray[np.bool_]
    low: Floats
    high: Floats
    at_least: Floats
    tested: NDArray[np.bool_]


def _judge(search: Search, metric: Metric, lattice: Lattice, sides: Sides, progress: Progress) -> _Judged:
    alpha = 1 - search.confidence
    pairs = sides.pairs
    status = np.minimum(statuses(sides.one, search.min_units), statuses(sides.two, search.min_units)).ravel()
    difference = pairs.value("difference")
    p = p_of_pairs(pairs)
    p = np.where(status == NO_DATA, np.nan, p)
    tested = (status == OK) & ~np.isnan(p)
    same = _same_rows(lattice)
    p_adjusted, _ = holm(np.where(tested, p, np.nan), alpha=alpha, same=same)
    with np.errstate(invalid="ignore"):
        worse = tested & _is_worse(metric, difference)
        candidates = np.flatnonzero(worse & (p_adjusted <= alpha))
    p_parents = _test_parents(search, metric, lattice, sides, candidates, worse, progress)
    claim = np.where(tested, 1.0, np.nan)
    claim[candidates] = np.fmax(p[candidates], p_parents[candidates])
    claim[~worse & tested] = 1.0
    with np.errstate(invalid="ignore"):
        # Slices of the same rows are one test, but only one of them is told: what its parents hold tells them apart.
        finding = worse & (claim <= alpha) & (holm(claim, alpha=alpha, same=same)[0] <= alpha)
    m = max(len(np.unique(same[tested])), 1)
    low, high = pairs.limits("difference", alpha)
    surely_low, surely_high = pairs.limits("difference", alpha / m)
    with np.errstate(invalid="ignore"):
        at_least = np.where(surely_low > 0, surely_low, np.where(surely_high < 0, surely_high, 0.0))
    at_least = np.where(np.isnan(difference) | np.isnan(surely_low), np.nan, at_least)
    return _Judged(status, p, p_adjusted, p_parents, worse, finding, low, high, at_least, tested)


def _is_worse(metric: Metric, difference: Floats) -> NDArray[np.bool_]:
    """Whether a difference is one for the worse; of a metric without a better direction, any is."""
    if metric.better == "lower":
        return difference > 0
    return difference < 0 if metric.better == "higher" else difference != 0


def _test_parents(
    search: Search,
    metric: Metric,
    lattice: Lattice,
    sides: Sides,
    candidates: NDArray[np.int64],
    worse: NDArray[np.bool_],
    progress: Progress,
) -> Floats:
    """Return the largest p of each candidate against what a parent holds beside it, 1 where it is no worse.

    Marks in `worse` the candidates that fare no worse than a parent.
    """
    largest = np.full(len(lattice), np.nan)
    number, gone = np.nonzero(lattice.parents[candidates] >= 0)
    if not len(number):
        return largest
    progress("Comparing what was found with what contains it")
    at, parents = candidates[number], lattice.parents[candidates[number], gone]
    two, pairs = sides.beside(at, parents)
    difference, p = pairs.value("difference"), p_of_pairs(pairs)
    enough = statuses(two, search.min_units).ravel() == OK
    # Of better or worse than the rest, the slice has to be the same beside each parent.
    direction = sides.pairs.value("difference")[at]
    with np.errstate(invalid="ignore"):
        alike = difference * direction > 0
    p = np.where(enough & alike & ~np.isnan(p), p, 1.0)
    largest[candidates] = np.where(lattice.parents[candidates].max(axis=1) >= 0, 0.0, np.nan)
    np.fmax.at(largest, at, p)
    worse[at[~alike]] = False
    return largest


def _same_rows(lattice: Lattice) -> NDArray[np.int64]:
    """Give one number to slices of the same rows, and to two slices that are each other's rest.

    A slice with as many rows as a parent has the same ones.
    """
    same = np.arange(len(lattice))

    def top(i: int) -> int:
        while same[i] != i:
            same[i] = same[same[i]]
            i = int(same[i])
        return i

    def tie(one: int, two: int) -> None:
        a, b = top(one), top(two)
        same[max(a, b)] = min(a, b)

    for d in range(lattice.parents.shape[1]):
        parent = lattice.parents[:, d]
        equal = np.flatnonzero((parent >= 0) & (lattice.rows == lattice.rows[parent]))
        for child in equal.tolist():
            tie(child, int(parent[child]))
    starts = np.cumsum([0, *map(len, lattice.groupings)])
    for g, grouping in enumerate(lattice.groupings):
        if grouping.known.sum() == 2:
            both = np.flatnonzero(lattice.grouping == g)
            both = both[grouping.known[lattice.kept[both] - starts[g]]]
            if len(both) == 2:
                tie(int(both[0]), int(both[1]))
    return np.array([top(i) for i in range(len(same))], dtype=np.int64)


# -- the table -----------------------------------------------------------------------------------


def _tabulate(
    search: Search, cube: Cube, metric: Metric, lattice: Lattice, sides: Sides, overall: Measured, judged: _Judged
) -> pd.DataFrame:
    """Put everything into a frame, findings first and then what fares worst by the most."""
    one, two, n = sides.one, sides.two, len(lattice)
    value, rest, everyone = one.side.shown.ravel(), two.side.shown.ravel(), float(overall.side.shown[0, 0])
    low, high = (x.ravel() for x in one.side.limits(1 - search.confidence))
    top, below, difference = one.top.ravel(), one.below.ravel(), sides.pairs.value("difference")
    away = -1.0 if metric.better == "higher" else 1.0
    with np.errstate(invalid="ignore"):
        excess = away * (top - below * rest) if _counts_events(metric) else np.full(n, np.nan)
        missing = np.isnan(difference)
        least, far = judged.at_least * away, difference * away
    if metric.better == "neither":
        excess, least, far = (np.abs(x) for x in (excess, least, far))
    status = statuses(one, search.min_units).ravel()
    order = np.lexsort((np.arange(n), -np.nan_to_num(far, nan=-np.inf), -np.nan_to_num(least), ~judged.finding))
    frame = pd.DataFrame(
        {
            "slice": as_objects([lattice.slices[i] for i in range(n)]),
            "system": words_at([cube.system], np.zeros(n)),
            "units": one.units.ravel().astype(np.int64),
            "top": top,
            "below": below,
            "value": value,
            "low": low,
            "high": high,
            "divergence": value - everyone,
            "t": np.full(n, np.nan) if _is_weighted(cube) else _t_of_posteriors(metric, one, overall),
            "p_adjusted": judged.p_adjusted,
            "rows": lattice.rows,
            "clusters": np.full(n, np.nan) if one.clusters is None else one.clusters.ravel(),
            "rest": rest,
            "difference": difference,
            "difference_low": np.where(missing, np.nan, judged.low),
            "difference_high": np.where(missing, np.nan, judged.high),
            "p": judged.p,
            "p_parents": judged.p_parents,
            "at_least": judged.at_least,
            "excess": excess,
            "status": words_at(STATUSES, status),
            "worse": judged.worse,
            "finding": judged.finding,
        }
    )
    # The place in the lattice stays as the index: whoever asks for the rows of a slice needs it.
    return frame.iloc[order]


def _counts_events(metric: Metric) -> bool:
    match metric.formula:
        case Share(transform=transform):
            return not transform
        case Rate(of_counts=of_counts, root=root):
            return of_counts and not root
    return False


def _is_weighted(cube: Cube) -> bool:
    """Whether sums of weights stand where counts would: a Beta posterior of them would be as sure as their unit."""
    return cube.scored is not None and cube.scored.weights is not None


def _t_of_posteriors(metric: Metric, one: Measured, overall: Measured) -> Floats:
    """Return the distance of the posterior means of slice and everyone, in standard deviations, never below 0.

    Each posterior is Beta(top + 1, below - top + 1): Pastor, de Alfaro & Baralis 2021, "Looking for Trouble". NaN for
    what is no share of counts.
    """
    if not (isinstance(metric.formula, Share) and not metric.formula.transform):
        return np.full(one.units.size, np.nan)

    def posterior(measured: Measured) -> tuple[Floats, Floats]:
        hits, misses = measured.top.ravel() + 1, measured.below.ravel() - measured.top.ravel() + 1
        n = hits + misses
        return hits / n, hits * misses / (n * n * (n + 1))

    (mean, variance), (mean_all, variance_all) = posterior(one), posterior(overall)
    return np.asarray(np.abs(mean - mean_all) / np.sqrt(variance + variance_all))


# -- a list for people ---------------------------------------------------------------------------


def list_findings(found: Found, most: int = 10, overlap: float = 0.5) -> pd.DataFrame:
    """Return at most `most` different findings, in their order, with two columns more.

    A finding that shares more than `overlap` of its rows (of the rows of the smaller of the two) with one listed
    before is left out: `twins` has the slices left out for the one listed, `hidden` their number. What fits into no
    list any more is under no finding's twins; `len(found.findings)` tells.
    """
    counted, findings = found.counted, found.findings
    listed: list[int] = []
    masks: list[NDArray[np.bool_]] = []
    twins: list[list[Slice]] = []
    rows = counted.rows
    for at in findings.index.tolist():
        mask = counted.members(at)
        twin = next(
            (
                i
                for i, other in enumerate(masks)
                if _shared(mask, other, counted) > overlap * min(rows[at], rows[listed[i]])
            ),
            None,
        )
        if twin is not None:
            twins[twin].append(counted.slices[at])
        elif len(listed) < most:
            listed.append(at)
            masks.append(mask)
            twins.append([])
    table = findings.loc[listed].copy()
    table["hidden"] = [len(t) for t in twins]
    table["twins"] = pd.Series([tuple(t) for t in twins], index=table.index, dtype=object)
    return table


def _shared(one: NDArray[np.bool_], two: NDArray[np.bool_], counted: Lattice) -> float:
    both = one & two
    times = counted.scored.multiplicity
    return float(both.sum() if times is None else times[both].sum())
