"""Changes from one system to another: did the second help this group, and has its gap to the others changed?

A change is what the second system adds to the errors (or hits) of the units less what it removes: two rates of the
same units, correlated, whose own limits give those of the difference (MOVER, Zou & Donner 2008). Where that cannot be,
they are the two systems' own numbers. Among few speakers the first is several times narrower, since limits of skew
rates do not cancel, however alike the systems are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.compare import Correction, Pairs, adjust, find_baseline, same_tests
from metrics.cube import Cube, Cubes, Grouping, count_cells
from metrics.errors import QuestionError
from metrics.estimate import (
    NO_DATA,
    OK,
    STATUSES,
    By,
    check_level,
    choose_groupings,
    repeat_slices,
    statuses,
    words_at,
)
from metrics.intervals import difference_limits, p_of_touch
from metrics.moments import Family, Moments, Opposite, oppose_rest, oppose_set
from metrics.pairing import MOVES, SIDES, pair, paired_metrics
from metrics.scored import Scored
from metrics.sides import Measured, correlation, measure_side, pool, slope_of
from metrics.slices import Slice

__all__ = ["compare_gaps", "compare_systems"]

Floats = NDArray[Any]

COLUMNS = ["slice", "metric", "first", "second", "value", "low", "high", "p", "p_adjusted"]
COLUMNS += ["units", "left_out", "clusters", "status"]


def compare_systems(
    cubes: Cubes,
    first: str,
    second: str,
    by: By = None,
    metrics: Iterable[str] | None = None,
    *,
    ids: pd.Series | None = None,
    confidence: float = 0.95,
    correction: Correction = "holm",
    min_units: int = 30,
) -> pd.DataFrame:
    """Return the change from the first system to the second in every slice, everyone first: second minus first.

    `first` and `second` are names of systems of `cubes`; `ids` as in `pair`. The interval heeds that both were
    measured on the same units (and speakers). `p_adjusted` is over the slices of one metric and grouping. `units` are
    those that both systems have, `left_out` those that one of them lacks. `matched_pairs_p`, of everyone, is the test
    that speech recognition knows as MAPSSWE with a unit as a segment, which heeds no speakers: the mean difference of
    a unit's errors over its standard error, both sides, normal (Gillick & Cox 1989; NIST, SCTK). It is missing for
    weighted units, and where denominators differ between the systems.
    Raises QuestionError for what the data do not hold.
    """
    check_level(confidence)
    tables = []
    for name, cube, alone in _pair_up(cubes, first, second, metrics, ids):
        groupings = [cube.by(names) for names in choose_groupings(cube, by)]
        asked = _Asked(name, 1 - confidence, correction, min_units)
        table = _tabulate(asked, alone, groupings, _measure_change(cube, groupings))
        everyone = np.array([len(g.names) == 0 for g in groupings for _ in range(len(g))])
        table["matched_pairs_p"] = np.where(everyone, _test_matched_pairs(cube, groupings), np.nan)
        tables.append(table)
    return _join(tables, [*COLUMNS, "matched_pairs_p"])


def compare_gaps(
    cubes: Cubes,
    first: str,
    second: str,
    by: By = None,
    metrics: Iterable[str] | None = None,
    *,
    baseline: str | Slice = "rest",
    ids: pd.Series | None = None,
    confidence: float = 0.95,
    correction: Correction = "holm",
    min_units: int = 30,
) -> pd.DataFrame:
    """Return how the gap of every slice to a baseline differs between two systems.

    `baseline` is "rest" (everyone else whose group is known) or a slice such as "sex = female". `first` and `second`
    are the gaps (slice minus baseline), `value` is second minus first: the change of the slice less that of the
    baseline, with the interval of that difference; speakers on both sides take off their covariance. The other
    columns are those of `compare_systems`. Raises QuestionError for what the data do not hold.
    """
    check_level(confidence)
    tables = []
    for name, cube, alone in _pair_up(cubes, first, second, metrics, ids):
        groupings = [cube.by(names) for names in choose_groupings(cube, by, everyone=False)]
        asked = _Asked(name, 1 - confidence, correction, min_units)
        if baseline == "rest":
            tables += [_tabulate_rest(asked, cube, alone, groupings)] if groupings else []
        else:
            tables += [_tabulate_named(asked, cube, alone, g, baseline) for g in groupings]
    return _join(tables, [*COLUMNS[:2], "baseline", *COLUMNS[2:]])


def _pair_up(
    cubes: Cubes, first: str, second: str, metrics: Iterable[str] | None, ids: pd.Series | None
) -> Iterable[tuple[str, Cube, list[Cube]]]:
    """Yield each metric with the cube of both systems, and the two cubes of each alone.

    Raises QuestionError, suggesting the nearest name, or without rows.
    """
    alone = [cubes.only(name)[0] for name in (first, second)]
    one, two = (_rows_of(cube) for cube in alone)
    for name in paired_metrics(one, two) if metrics is None else dict.fromkeys(metrics):
        yield name, count_cells([pair(one, two, name, ids)])[0], alone


def _rows_of(cube: Cube) -> Scored:
    if cube.scored is None:
        raise QuestionError("Two systems are compared row by row, and the rows are not here.")
    return cube.scored


# -- measuring a change --------------------------------------------------------------------------


class _BothFamily(Family):
    """The sums of one of two metrics, then those of the other."""

    def __init__(self, families: Sequence[Family]) -> None:
        self.metrics, self.layout = families[0].metrics, families[0].layout
        self.q = sum(f.q for f in families)
        for name in ("outcomes", "values", "centres", "below", "enough"):
            setattr(self, name, np.concatenate([getattr(f, name) for f in families], axis=1))
        self.units, self.counts_only = families[0].units, all(f.counts_only for f in families)


@dataclass(frozen=True)
class _Two:
    """Two numbers of the same sets of units, and their correlation `r`; the change is the second less the first.

    `gradient` (1, sets, q of both) says what each sum adds to the change. `shared` are the products of sums over the
    clusters (or units) that a slice has in common with its baseline, where this is the change of the baseline.
    """

    first: Measured
    second: Measured
    r: Floats
    gradient: Floats
    shared: Floats | None = None
    either: Floats | None = None

    @property
    def pairs(self) -> Pairs:
        zeros = np.zeros(self.r.size)
        return Pairs(self.second.side.flat(), self.first.side.flat(), self.r.ravel(), zeros, zeros + 1)

    @property
    def variance(self) -> Floats:
        one, two = (m.side.variance * slope_of(m.side) ** 2 for m in (self.first, self.second))
        return np.asarray(np.maximum(one + two - 2 * self.r * np.sqrt(one * two), 0)).ravel()


@dataclass(frozen=True)
class _Change:
    """The two systems, and the two numbers whose difference is the change: removed and added, or the systems again."""

    systems: _Two
    moves: _Two

    @property
    def shown(self) -> tuple[Floats, Floats]:
        return self.systems.first.side.shown.ravel(), self.systems.second.side.shown.ravel()

    def status(self, min_units: int) -> NDArray[np.int8]:
        first, second = (statuses(m, min_units) for m in (self.systems.first, self.systems.second))
        return np.asarray(np.minimum(first, second).ravel())


Opposing = Callable[[_BothFamily], Opposite]


def _measure_change(cube: Cube, groupings: Sequence[Grouping]) -> _Change:
    return _measure(cube, lambda both: Opposite(both.of_cells(*groupings)))


def _measure(cube: Cube, oppose: Opposing) -> _Change:
    systems = _measure_two(cube, SIDES, oppose)
    return _Change(systems, _measure_two(cube, MOVES, oppose) if MOVES[0] in cube.metrics else systems)


def _measure_two(cube: Cube, names: Sequence[str], oppose: Opposing) -> _Two:
    families = [Family([cube.metrics[name]], cube.layout) for name in names]
    found = oppose(_BothFamily(families))
    moments, q, parts = found.moments, families[0].q, families[0].parts
    halves = [_half_of(moments, slice(0, q), slice(0, parts)), _half_of(moments, slice(q, None), slice(parts, None))]
    pooled = [pool(cube, family) for family in families]
    if names == MOVES:
        # Where nothing is added in the whole file, what is removed tells how much it could vary.
        pooled = [replace(p, phi=np.fmax(pooled[0].phi, pooled[1].phi)) for p in pooled]
    one, two = (measure_side(f, half, p) for f, half, p in zip(families, halves, pooled, strict=True))
    products = moments.products if moments.cluster_products is None else moments.cluster_products
    count = moments.below if moments.clusters is None else moments.clusters
    r = correlation(families[0], one, two, Opposite(halves[1], products[:, :, :q, q:], count))
    slopes = [slope_of(m.side)[..., None] for m in (one, two)]
    gradient = np.concatenate([-slopes[0] * one.gradient, slopes[1] * two.gradient], axis=2)
    return _Two(one, two, r, gradient, found.shared, found.either)


def _half_of(moments: Moments, sums: slice, parts: slice) -> Moments:
    """Return the moments of one of the two numbers."""

    def block(products: Floats | None) -> Any:
        return None if products is None else products[:, :, sums, sums]

    return Moments(
        moments.sums[:, :, sums],
        moments.units,
        moments.below[:, :, parts],
        moments.enough[:, :, parts],
        block(moments.products),
        None if moments.clusters is None else moments.clusters[:, :, parts],
        block(moments.cluster_products),
    )


def _correlate(own: _Two, rest: _Two) -> Floats:
    """Return the correlation of the change of each slice with that of its baseline, over the clusters in both."""
    if rest.shared is None:
        return np.zeros(own.r.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        together = np.einsum("msa,msab,msb->ms", own.gradient, rest.shared, rest.gradient).ravel()
        n = rest.either.max(axis=2).ravel() if rest.either is not None else np.full(together.shape, np.inf)
        factor = np.where(np.isfinite(n) & (n > 1), n / (n - 1), 1)
        r = together * factor / np.sqrt(own.variance * rest.variance)
    return np.where(np.isfinite(r), np.clip(r, -1, 1), 0.0)


def _test_matched_pairs(cube: Cube, groupings: Sequence[Grouping]) -> Floats:
    """Return p of the mean difference of a unit's counts over its standard error; NaN where that says nothing."""
    from scipy.special import ndtr

    if MOVES[0] not in cube.metrics or (cube.scored is not None and cube.scored.weights is not None):
        return np.full(sum(map(len, groupings)), np.nan)
    both = _BothFamily([Family([cube.metrics[name]], cube.layout) for name in MOVES])
    moments = both.of_cells(*groupings)
    sums, products = moments.sums[0], moments.products[0]
    n, total = moments.below[0, :, 0], sums[:, 2] - sums[:, 0]
    squares = products[:, 2, 2] + products[:, 0, 0] - 2 * products[:, 0, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(n * (squares - total**2 / n) / (n - 1))
        z = np.where(error > 0, total / error, np.where(squares == 0, 0.0, np.nan))
    return np.asarray(np.where(n > 1, 2 * ndtr(-np.abs(z)), np.nan))


# -- tables --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """What was asked of every table."""

    metric: str
    alpha: float
    correction: Correction
    min_units: int


def _tabulate(
    asked: _Asked,
    alone: Sequence[Cube],
    groupings: Sequence[Grouping],
    own: _Change,
    rest: _Change | None = None,
    same: NDArray[np.int64] | None = None,
    itself: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Put one metric's changes into a frame; where `rest` is given, its change is taken off.

    `same` gives equal numbers to equal tests, `itself` marks the slices that are their own baseline.
    """
    first, second = own.shown
    status, n = own.status(asked.min_units), np.arange(len(first))
    if rest is not None:
        base, r = rest.shown, _correlate(own.moves, rest.moves)
        status = np.minimum(status, rest.status(asked.min_units))
        one, two = own.shown[1] - own.shown[0], base[1] - base[0]
        first, second = first - base[0], second - base[1]
    value = second - first

    def reach(level: Any, at: Any = ...) -> tuple[Floats, Floats]:
        low, high = own.moves.pairs.limits("difference", level, at)
        if rest is None:
            return low, high
        return difference_limits(one[at], low, high, two[at], *rest.moves.pairs.limits("difference", level, at), r[at])

    low, high = reach(asked.alpha)
    missing = np.isnan(low) & np.isnan(high)
    p = p_of_touch(reach, np.where(missing, np.nan, value), 0.0)
    itself = np.zeros(len(n), dtype=bool) if itself is None else itself & ~np.isnan(value)
    value, low, high, p = (
        np.where(itself, x, y) for x, y in zip((0.0, 0.0, 0.0, 1.0), (value, low, high, p), strict=True)
    )
    status = np.where(np.isnan(value), NO_DATA, status)
    family = np.repeat(np.arange(len(groupings)), [len(g) for g in groupings])
    tested = np.where((status == OK) & ~itself, p, np.nan)
    clusters, units = own.systems.first.clusters, own.systems.first.units.ravel().astype(np.int64)
    return pd.DataFrame(
        {
            "slice": repeat_slices(groupings, 1),
            "metric": words_at([asked.metric], np.zeros(len(n))),
            "first": first,
            "second": second,
            "value": value,
            "low": low,
            "high": high,
            "p": p,
            "p_adjusted": adjust(tested, family, n if same is None else same, asked.alpha, asked.correction),
            "units": units,
            "left_out": _count_units(alone, asked.metric, groupings) - 2 * units,
            "clusters": np.full(len(n), np.nan) if clusters is None else clusters.ravel(),
            "status": words_at(STATUSES, status),
        }
    )


def _tabulate_rest(asked: _Asked, cube: Cube, alone: Sequence[Cube], groupings: Sequence[Grouping]) -> pd.DataFrame:
    """Put the changes of gaps to everyone else whose group is known into a frame."""
    own, inside = _measure_change(cube, groupings), np.concatenate([g.known for g in groupings])
    rest = _measure(cube, lambda both: oppose_rest(both, groupings, both.of_cells(*groupings), inside))
    family = Family([cube.metrics[SIDES[0]]], cube.layout)
    same = same_tests(family, own.systems.first, inside, groupings).ravel()
    return _with_baseline(_tabulate(asked, alone, groupings, own, rest, same), "rest")


def _tabulate_named(
    asked: _Asked, cube: Cube, alone: Sequence[Cube], grouping: Grouping, baseline: str | Slice
) -> pd.DataFrame:
    """Put the changes of gaps to one slice into a frame."""
    own, (joint, named) = _measure_change(cube, [grouping]), find_baseline(cube, grouping, baseline)
    rest = _measure(cube, lambda both: oppose_set(both, grouping, both.of_cells(grouping), joint, named[None]))
    itself = named if joint is grouping and named.sum() == 1 else None
    return _with_baseline(_tabulate(asked, alone, [grouping], own, rest, itself=itself), str(baseline))


def _with_baseline(table: pd.DataFrame, baseline: str) -> pd.DataFrame:
    table.insert(2, "baseline", baseline)
    return table


def _count_units(alone: Sequence[Cube], metric: str, groupings: Sequence[Grouping]) -> NDArray[np.int64]:
    """Return how many units the systems have in each slice, added up."""
    total = np.zeros(sum(map(len, groupings)), dtype=np.int64)
    for cube in alone:
        family = Family([cube.metrics[metric]], cube.layout)
        there = [cube.by(g.names) for g in groupings]
        counted = family.of_cells(*there).units.ravel()
        units = dict(zip((s for g in there for s in g.slices), counted.tolist(), strict=True))
        total += np.array([int(units.get(s, 0)) for g in groupings for s in g.slices], dtype=np.int64)
    return total


def _join(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({c: [] for c in columns})
