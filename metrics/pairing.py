"""Two systems on the same units: did the second help this group, and has its gap to the others changed?

Both systems' counts stand side by side in one `Scored`, so that what a unit (or a speaker) adds to the one and to the
other is counted together; a paired difference is then one more function of sums, and what makes a unit hard for both
systems drops out of its interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.compare import Correction, Pairs, adjust
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
from metrics.moments import Family, Moments, Opposite, oppose_rest, units_of
from metrics.registry import Metric, Rate, Share, SignedMean, terms
from metrics.scored import Layout, Scored, sums_of
from metrics.sides import Measured, correlation, measure_side, pool

__all__ = ["compare_gaps", "compare_systems", "pair", "paired_metrics"]

Floats = NDArray[Any]

COLUMNS = ["slice", "metric", "first", "second", "value", "low", "high", "p", "p_adjusted"]
COLUMNS += ["units", "clusters", "status"]
_SIDES = ("first", "second")


def paired_metrics(first: Cube | Scored, second: Cube | Scored) -> dict[str, Metric]:
    """Return the metrics that two systems can be compared by, unit by unit: shares, rates and means of both."""
    return {
        name: metric
        for name, metric in first.metrics.items()
        if isinstance(metric.formula, Share | Rate | SignedMean) and metric.listed and name in second.metrics
    }


def pair(first: Scored, second: Scored, metric: str, ids: pd.Series | None = None) -> Scored:
    """Put two systems' counts of one metric side by side, as one `Scored` of the units that both have.

    Units are matched by row where the systems share the table; `ids` (a series over the rows of the file) matches
    them where each system has rows of its own. The counts are called as in the metric, after "first " and "second ".
    Raises QuestionError where there is no such metric in both, or nothing to match by.
    """
    possible = paired_metrics(first, second)
    if metric not in possible:
        raise QuestionError(f"Two systems are compared unit by unit in: {', '.join(possible)}; {metric!r} is none.")
    first, second = _match(first, second, ids)
    parts = [_Part.of(scored, scored.metrics[metric]) for scored in (first, second)]
    both = parts[0].known & parts[1].known
    outcome, named = _cross_outcomes(parts, both)
    named[units_of(possible[metric]), None] = named["paired", None]  # every unit that is left has what the metric needs
    values = [np.where(both, v, 0.0) for part in parts for v in part.values]
    names = [f"{side} {name}" for side, part in zip(_SIDES, parts, strict=True) for name in part.names]
    layout = Layout(
        n_outcomes=len(named["paired", None]),
        named=named,
        values=tuple(names),
        centres=tuple(c for part in parts for c in part.centres),
        carriers=("paired",) * len(names),
        products=tuple((i, j) for i in range(len(names)) for j in range(i, len(names))),
    )
    metrics = {side: _rename(possible[metric], side) for side in _SIDES}
    bare = replace(first, score=None, positive=None, system=None)
    return replace(bare, layout=layout, metrics=metrics, outcome=outcome, values=tuple(values))


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
    measured on the same units (and speakers): MOVER with their correlation, from each system's own limits (Zou &
    Donner 2008). `p_adjusted` is over the slices of one metric and grouping. `units` are those that both systems
    have. Raises QuestionError for what the data do not hold.
    """
    check_level(confidence)
    tables = []
    one, two = _scored(cubes, first, second)
    for name in _chosen(one, two, metrics):
        cube = count_cells([pair(one, two, name, ids)])[0]
        groupings = [cube.by(names) for names in choose_groupings(cube, by)]
        change = _measure_change(cube, groupings)
        tables.append(_tabulate(name, groupings, change, change, 1 - confidence, correction, min_units))
    return _join(tables)


def compare_gaps(
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
    """Return how the gap of every slice to everyone else whose group is known differs between two systems.

    `first` and `second` are the gaps (slice minus rest), `value` is second minus first: the change of the slice less
    that of the rest, with the interval of that difference; speakers on both sides take off their covariance.
    """
    check_level(confidence)
    tables = []
    one, two = _scored(cubes, first, second)
    for name in _chosen(one, two, metrics):
        cube = count_cells([pair(one, two, name, ids)])[0]
        groupings = [cube.by(names) for names in choose_groupings(cube, by, everyone=False)]
        if groupings:
            own, rest = _measure_change(cube, groupings), _measure_rest(cube, groupings)
            tables.append(_tabulate(name, groupings, own, rest, 1 - confidence, correction, min_units))
    return _join(tables)


# -- putting side by side ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """What one system brings of one metric: which kind of unit each is, what the kinds count, and its values."""

    known: NDArray[np.bool_]
    kind: NDArray[np.int64]
    counts: dict[str, Floats]  # name -> how often a unit of each kind counts
    names: tuple[str, ...]
    values: tuple[Floats, ...]
    centres: tuple[float, ...]

    @classmethod
    def of(cls, scored: Scored, metric: Metric) -> _Part:
        layout, c = scored.layout, metric.of_class
        used = tuple(dict.fromkeys(t for form in sums_of(metric) for t in terms(form)))
        names = tuple(name for name in used if name in layout.values)
        counted = dict.fromkeys([*(t for t in used if t not in names), *_unit_counts(metric)])
        table = np.array([layout.outcomes(name, c) for name in counted])
        # Outcomes that the metric does not tell apart are one kind: two systems' kinds are few enough to cross.
        kinds, kind_of = np.unique(table.T, axis=0, return_inverse=True)
        known = layout.outcomes(units_of(metric), c)[scored.outcome] > 0
        places = [layout.values.index(name) for name in names]
        return cls(
            known,
            kind_of.ravel()[scored.outcome],
            dict(zip(counted, kinds.T, strict=True)),
            names,
            tuple(scored.values[i] for i in places),
            tuple(layout.centres[i] for i in places),
        )


def _unit_counts(metric: Metric) -> list[str]:
    """Return the counts of units that a metric's minimums and limits look at."""
    formula = metric.formula
    named = [units_of(metric), *(getattr(formula, key, "") for key in ("units", "sampled", "enough"))]
    return [term for form in named if form for term in terms(form)]


def _cross_outcomes(
    parts: Sequence[_Part], both: NDArray[np.bool_]
) -> tuple[NDArray[Any], dict[tuple[str, str | None], Floats]]:
    """Return each unit's pair of kinds (the last is that of units which one system lacks) and what pairs count."""
    sizes = [len(next(iter(part.counts.values()))) for part in parts]
    last = sizes[0] * sizes[1]
    outcome = np.where(both, parts[0].kind * sizes[1] + parts[1].kind, last)
    named: dict[tuple[str, str | None], Floats] = {("paired", None): np.append(np.ones(last), 0.0)}
    for side, part in enumerate(parts):
        for name, counts in part.counts.items():
            spread = np.repeat(counts, sizes[1]) if side == 0 else np.tile(counts, sizes[0])
            named[f"{_SIDES[side]} {name}", None] = np.append(spread, 0.0)
    return outcome, named


def _rename(metric: Metric, side: str) -> Metric:
    """Return a metric of one of the two systems, its counts called by the side."""
    keys = ("top", "below", "units", "value", "sampled", "enough")
    formula: Any = metric.formula
    told = {key: _prefix(getattr(formula, key), side) for key in keys if getattr(formula, key, "")}
    return replace(metric, name=side, formula=replace(formula, **told), of_class=None)


def _prefix(form: str, side: str) -> str:
    return " + ".join(f"{side} {term}" for term in terms(form))


def _match(first: Scored, second: Scored, ids: pd.Series | None) -> tuple[Scored, Scored]:
    """Return both systems' units in one order: those of the same row, else those of the same id."""
    if np.array_equal(first.rows, second.rows):
        return first, second
    if len(np.intersect1d(first.rows, second.rows)):
        ids = pd.Series(np.arange(max(first.rows.max(), second.rows.max()) + 1))
    if ids is None:
        raise QuestionError("The two systems have rows of their own; they can be compared where the rows have ids.")
    names = [pd.Index(ids.loc[s.rows.tolist()].astype(str).to_numpy()) for s in (first, second)]
    if not all(index.is_unique for index in names):
        raise QuestionError("An id stands for several rows of one system, so that nobody can tell which go together.")
    place = names[1].get_indexer(names[0])
    known = place >= 0
    return first.take(np.flatnonzero(known)), second.take(place[known])


def _scored(cubes: Cubes, *names: str) -> list[Scored]:
    """Return the scored units of systems by name. Raises QuestionError, suggesting the nearest, or without rows."""
    found = [cubes.only(name)[0].scored for name in names]
    if any(scored is None for scored in found):
        raise QuestionError("Two systems are compared row by row, and the rows are not here.")
    return [scored for scored in found if scored is not None]


def _chosen(first: Scored, second: Scored, metrics: Iterable[str] | None) -> list[str]:
    return list(paired_metrics(first, second)) if metrics is None else list(dict.fromkeys(metrics))


# -- measuring a change --------------------------------------------------------------------------


class _BothFamily(Family):
    """The sums of the first system's metric, then those of the second's."""

    def __init__(self, families: Sequence[Family]) -> None:
        self.metrics, self.layout = families[0].metrics, families[0].layout
        self.q = sum(f.q for f in families)
        for name in ("outcomes", "values", "centres", "below", "enough"):
            setattr(self, name, np.concatenate([getattr(f, name) for f in families], axis=1))
        self.units, self.counts_only = families[0].units, all(f.counts_only for f in families)


@dataclass(frozen=True)
class _Change:
    """Two systems measured on the same sets of units: their sides, correlation `r`, and the moments of both.

    `gradient` (1, sets, q of both) says what each sum adds to the change. `shared` are the products of sums over the
    clusters that a slice has in common with the rest, where this is the change of the rest.
    """

    first: Measured
    second: Measured
    r: Floats
    moments: Moments
    gradient: Floats
    shared: Floats | None = None
    either: Floats | None = None

    @property
    def pairs(self) -> Pairs:
        zeros = np.zeros(self.r.size)
        return Pairs(self.second.side.flat(), self.first.side.flat(), self.r.ravel(), zeros, zeros + 1)

    @property
    def variance(self) -> Floats:
        one, two = self.first.side.variance, self.second.side.variance
        return np.asarray(np.maximum(one + two - 2 * self.r * np.sqrt(one * two), 0)).ravel()

    def status(self, min_units: int) -> NDArray[np.int8]:
        return np.minimum(statuses(self.first, min_units), statuses(self.second, min_units)).ravel()


def _families(cube: Cube) -> tuple[list[Family], _BothFamily]:
    families = [Family([cube.metrics[side]], cube.layout) for side in _SIDES]
    return families, _BothFamily(families)


def _measure_change(cube: Cube, groupings: Sequence[Grouping]) -> _Change:
    families, both = _families(cube)
    return _change(cube, families, both, both.of_cells(*groupings))


def _measure_rest(cube: Cube, groupings: Sequence[Grouping]) -> _Change:
    """Measure everyone else whose group is known, and what each rest shares with its slice."""
    families, both = _families(cube)
    inside = np.concatenate([g.known for g in groupings])
    opposite = oppose_rest(both, groupings, both.of_cells(*groupings), inside)
    change = _change(cube, families, both, opposite.moments)
    return replace(change, shared=opposite.shared, either=opposite.either)


def _change(cube: Cube, families: Sequence[Family], both: _BothFamily, moments: Moments) -> _Change:
    q, parts = families[0].q, families[0].parts
    halves = [_part_of(moments, slice(0, q), slice(0, parts)), _part_of(moments, slice(q, None), slice(parts, None))]
    sides = [measure_side(f, half, pool(cube, f)) for f, half in zip(families, halves, strict=True)]
    products = moments.products if moments.cluster_products is None else moments.cluster_products
    count = moments.below if moments.clusters is None else moments.clusters
    opposite = Opposite(halves[1], products[:, :, :q, q:], count)
    r = correlation(families[0], sides[0], sides[1], opposite)
    gradient = np.concatenate([-sides[0].gradient, sides[1].gradient], axis=2)
    return _Change(sides[0], sides[1], r, moments, gradient)


def _part_of(moments: Moments, sums: slice, parts: slice) -> Moments:
    """Return the moments of one of the two systems."""

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


def _correlate(own: _Change, rest: _Change) -> Floats:
    """Return the correlation of the change of each slice with that of its rest, over the clusters in both."""
    if rest.shared is None:
        return np.zeros(own.r.size)
    together = np.einsum("msa,msab,msb->ms", own.gradient, rest.shared, rest.gradient).ravel()
    n = rest.either.max(axis=2).ravel() if rest.either is not None else np.full(together.shape, np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(np.isfinite(n) & (n > 1), n / (n - 1), 1)
        r = together * factor / np.sqrt(own.variance * rest.variance)
    return np.where(np.isfinite(r), np.clip(r, -1, 1), 0.0)


# -- tables --------------------------------------------------------------------------------------


def _tabulate(
    metric: str,
    groupings: Sequence[Grouping],
    own: _Change,
    rest: _Change,
    alpha: float,
    correction: Correction,
    min_units: int,
) -> pd.DataFrame:
    """Put one metric's changes into a frame; where `rest` is another change, it is taken off."""
    gaps = rest is not own
    first, second = (getattr(own, side).side.shown.ravel() for side in _SIDES)
    status, value = own.status(min_units), second - first
    limits, r = own.pairs.limits, np.zeros(0)
    if gaps:
        others = [getattr(rest, side).side.shown.ravel() for side in _SIDES]
        first, second = first - others[0], second - others[1]
        value, status = second - first, np.minimum(status, rest.status(min_units))
        r = _correlate(own, rest)

    def reach(level: Any, at: Any = ...) -> tuple[Floats, Floats]:
        low, high = limits("difference", level, at)
        if not gaps:
            return low, high
        low2, high2 = rest.pairs.limits("difference", level, at)
        one, two = own.pairs.value("difference")[at], rest.pairs.value("difference")[at]
        return difference_limits(one, low, high, two, low2, high2, r[at])

    low, high = reach(alpha)
    bare = np.isnan(low) & np.isnan(high)
    p = p_of_touch(reach, np.where(bare, np.nan, value), 0.0)
    family = np.repeat(np.arange(len(groupings)), [len(g) for g in groupings])
    status = np.where(np.isnan(value), NO_DATA, status)
    adjusted = adjust(np.where(status == OK, p, np.nan), family, np.arange(len(p)), alpha, correction)
    clusters = own.first.clusters
    return pd.DataFrame(
        {
            "slice": repeat_slices(groupings, 1),
            "metric": words_at([metric], np.zeros(len(p))),
            "first": first,
            "second": second,
            "value": value,
            "low": low,
            "high": high,
            "p": p,
            "p_adjusted": adjusted,
            "units": own.first.units.ravel().astype(np.int64),
            "clusters": np.full(len(p), np.nan) if clusters is None else clusters.ravel(),
            "status": words_at(STATUSES, status),
        }
    )


def _join(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({c: [] for c in COLUMNS})
