"""Disparities: how far each slice lies from a baseline, with intervals and p values from one engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.apart import FamilyApart
from metrics.cube import Cube, Cubes, Grouping
from metrics.errors import QuestionError, unknown
from metrics.estimate import (
    NO_DATA,
    OK,
    STATUSES,
    By,
    check_level,
    choose_groupings,
    choose_metrics,
    join_tables,
    measure,
    repeat_slices,
    split_families,
    split_sets,
    statuses,
    words_at,
)
from metrics.intervals import difference_limits, p_of_touch, ratio_limits
from metrics.moments import Family, add_within, oppose_rest, oppose_set
from metrics.multiplicity import benjamini_hochberg, holm
from metrics.registry import Metric, Rate, Share, SignedMean
from metrics.sides import Measured, Side, correlation, join_measured, measure_side, pool
from metrics.slices import MISSING, Slice

Kind = Literal["difference", "ratio"]
Correction = Literal["holm", "bh", "none"]
Floats = NDArray[Any]
Choosable = Callable[[Grouping], NDArray[np.bool_]]

COLUMNS = ["slice", "system", "metric", "kind", "baseline", "value", "low", "high", "p", "p_adjusted", "status"]
BASELINES = ("rest", "overall", "largest", "best")


def compare(
    cubes: Cubes | Cube,
    by: By = None,
    metrics: Iterable[str] | None = None,
    *,
    kinds: Sequence[Kind] = ("difference",),
    baseline: str | Slice = "rest",
    confidence: float = 0.95,
    correction: Correction = "holm",
    min_units: int = 30,
) -> pd.DataFrame:
    """Return a table of the disparity of every slice: the slice minus, or over, its baseline.

    `baseline` is "rest" (everyone else whose group is known), "overall", "largest", "best", or a
    slice such as "sex = female". `p` belongs to the interval: it is the alpha at which the interval
    touches 0 (or 1). `p_adjusted` is over the slices of one metric, system and grouping whose
    status is "ok". Raises QuestionError for what the data do not hold.
    """
    check_level(confidence)
    for kind in kinds:
        if kind not in ("difference", "ratio"):
            raise QuestionError(f"A comparison is a difference or a ratio, not {kind!r}.")
    tables = []
    for cube, chosen in choose_metrics(cubes, metrics):
        compared = compare_cube(cube, by, chosen, baseline, min_units)
        if compared and compared[0].groupings:
            tables.append(tabulate(compared, kinds, 1 - confidence, correction))
    return join_tables(tables, COLUMNS)


@dataclass(frozen=True)
class Pairs:
    """Slices and what they are compared with, flat: `r` is the correlation of the two sides.

    `share` is the slice's share of everyone where the baseline is overall (the other side is then
    everyone else), else 0. `widen` is by how much alpha is divided where the data chose the baseline.
    """

    one: Side
    two: Side
    r: Floats
    share: Floats
    widen: Floats

    def limits(self, kind: Kind, alpha: Any, at: Any = ..., more: float = 0.0) -> tuple[Floats, Floats]:
        """Return the limits of the difference or ratio at level 1 - alpha; `more` is added to every quantile."""
        alpha = np.asarray(alpha) / self.widen[at]
        l1, u1 = self.one.limits(alpha, at, more)
        l2, u2 = self.two.limits(alpha, at, more)
        reach = difference_limits if kind == "difference" else ratio_limits
        low, high = reach(self.one.shown[at], l1, u1, self.two.shown[at], l2, u2, self.r[at])
        return self._against_overall(kind, low, at), self._against_overall(kind, high, at)

    def value(self, kind: Kind) -> Floats:
        one, two = self.one.shown, self.two.shown
        with np.errstate(divide="ignore", invalid="ignore"):
            if kind == "difference":
                found = one - two
            else:
                found = np.where((one < 0) | (two < 0), np.nan, one / two)
        return self._against_overall(kind, found, ...)

    def at(self, places: NDArray[np.intp]) -> Pairs:
        """Return the pairs at these places."""
        return Pairs(self.one.at(places), self.two.at(places), self.r[places], self.share[places], self.widen[places])

    def grown(self, factor: Floats) -> Pairs:
        """Return the pairs with so many times the units of the slices, the baselines as they are."""
        f = self.share
        with np.errstate(invalid="ignore"):
            share = np.where((f > 0) & (f < 1), f * factor / (f * factor + 1 - f), f)
        return replace(self, one=self.one.grown(factor), share=share)

    def _against_overall(self, kind: Kind, x: Floats, at: Any) -> Floats:
        """Turn a distance from everyone else into one from everyone, whom the slice is part of."""
        f = self.share[at]
        if not f.any():
            return x
        with np.errstate(divide="ignore", invalid="ignore"):
            if kind == "difference":
                return np.where(f < 1, (1 - f) * x, np.nan)
            return np.where(f < 1, np.where(np.isinf(x), 1 / f, x / (f * x + 1 - f)), np.nan)


@dataclass(frozen=True)
class Against:
    """What the slices of some groupings are compared with; arrays (metrics, slices).

    `names` says which baseline each one has, `itself` marks the baseline's own slice, `same` gives
    equal numbers to tests of one grouping that say the same. `r`, `share` and `widen` as in `Pairs`.
    """

    two: Measured
    r: Floats
    share: Floats
    widen: Floats
    itself: NDArray[np.bool_]
    same: NDArray[np.int64]
    names: NDArray[np.object_]


@dataclass(frozen=True)
class Compared:
    """One family of metrics over the slices of groupings, against their baselines; `pairs` and `p` are flat."""

    cube: Cube
    family: Family | FamilyApart
    chosen: Sequence[Metric]
    groupings: Sequence[Grouping]
    against: Against
    pairs: Pairs
    status: NDArray[np.int8]
    p: Floats

    @property
    def slices(self) -> list[Slice]:
        return [s for g in self.groupings for s in g.slices]


def compare_cube(
    cube: Cube,
    by: By,
    chosen: Sequence[Metric],
    baseline: str | Slice,
    min_units: int,
    choosable: Choosable | None = None,
) -> list[Compared]:
    """Compare the slices of one system with a baseline: everything but the level of the intervals.

    `choosable` says which cells of a grouping the data may choose as the largest or the best (all, if not given).
    """
    groupings = [cube.by(names) for names in choose_groupings(cube, by, everyone=False)]
    if not groupings:
        return []
    families = split_families(cube, chosen)
    return [_compare_family(cube, f, chosen, groupings, baseline, min_units, choosable) for f in families]


def _compare_family(
    cube: Cube,
    family: Family | FamilyApart,
    chosen: Sequence[Metric],
    groupings: Sequence[Grouping],
    baseline: str | Slice,
    min_units: int,
    choosable: Choosable | None,
) -> Compared:
    one = measure(cube, family, *groupings)
    status = statuses(one, min_units)
    if baseline == "rest" or (baseline == "overall" and _is_ratio_of_sums(family)):
        against = against_rest(cube, family, groupings, one, str(baseline))
    else:
        sides, places = split_sets(one, groupings), np.cumsum([len(g) for g in groupings])[:-1]
        parts = zip(groupings, sides, np.split(status, places, axis=1), strict=True)

        def may(g: Grouping) -> NDArray[np.bool_]:
            return g.known if choosable is None else g.known & choosable(g)

        against = _join_against([_against_set(cube, family, g, side, s, baseline, may(g)) for g, side, s in parts])
    status = np.minimum(status, statuses(against.two, min_units))
    status = np.where(against.share >= 1, np.minimum(status, NO_DATA), status).astype(np.int8)
    pairs = Pairs(
        one.side.flat(), against.two.side.flat(), against.r.ravel(), against.share.ravel(), against.widen.ravel()
    )
    p = np.where(against.itself.ravel(), 1.0, p_of_pairs(pairs))
    return Compared(cube, family, chosen, groupings, against, pairs, status, p)


def p_of_pairs(pairs: Pairs) -> Floats:
    """Return p of no difference. A ratio of 1 has the same p."""
    # Tested against everyone else, whom overall follows.
    plain = replace(pairs, share=np.zeros_like(pairs.share))
    value = np.where(pairs.share >= 1, np.nan, plain.value("difference"))
    # Without limits there is no p, not even that of two equal values; of others p_of_touch finds so itself.
    equal = np.flatnonzero(value == 0)
    low, high = plain.limits("difference", 0.05, equal)
    value[equal[np.isnan(low) & np.isnan(high)]] = np.nan
    return p_of_touch(lambda alpha, at: plain.limits("difference", alpha, at), value, 0.0)


def against_rest(
    cube: Cube, family: Family | FamilyApart, groupings: Sequence[Grouping], one: Measured, baseline: str
) -> Against:
    """Measure everyone else (for "rest", whose group is known), and how that side is correlated with the slice."""
    inside = np.concatenate([g.known if baseline == "rest" else np.ones(len(g), dtype=bool) for g in groupings])
    if isinstance(family, FamilyApart):
        found = []
        for g, known in zip(groupings, np.split(inside, np.cumsum([len(g) for g in groupings])[:-1]), strict=True):
            masks = [np.where(np.arange(len(g)) == i, False, known) for i in range(len(g))]
            found.append(family.measure_against(cube, g, masks))
        two, r = join_measured([m for m, _ in found]), np.concatenate([r for _, r in found], axis=1)
    else:
        opposite = oppose_rest(family, groupings, family.of_cells(*groupings), inside)
        two = measure_side(family, opposite.moments, pool(cube, family))
        r = correlation(family, one, two, opposite)
    shape = one.side.value.shape
    share = np.zeros(shape)
    if baseline == "overall":
        with np.errstate(divide="ignore", invalid="ignore"):
            share = _weight(one) / _weight(measure(cube, family, cube.by(())))
    return Against(
        two=two,
        r=r,
        share=share,
        widen=np.ones(shape),
        itself=np.zeros(shape, dtype=bool),
        same=same_tests(family, one, inside, groupings),
        names=np.full(shape, baseline, dtype=object),
    )


def against_everyone(cube: Cube, family: Family | FamilyApart, grouping: Grouping, one: Measured) -> Against:
    """Measure everyone as the baseline of every slice, which is a part of it."""
    nothing = np.zeros(one.side.value.shape, np.int8)
    return _against_set(cube, family, grouping, one, nothing, "overall", grouping.known)


def _against_set(
    cube: Cube,
    family: Family | FamilyApart,
    grouping: Grouping,
    one: Measured,
    status: NDArray[np.int8],
    baseline: str | Slice,
    may: NDArray[np.bool_],
) -> Against:
    """Measure one set of cells as everyone's baseline, and its correlation with each slice."""
    joint, picked = _pick(cube, family, grouping, one, status, baseline, may)
    if isinstance(family, FamilyApart):
        two, r = family.measure_against(cube, grouping, [picked[0]] * len(grouping), joint)
    else:
        opposite = oppose_set(family, grouping, family.of_cells(grouping), joint, picked)
        two = measure_side(family, opposite.moments, pool(cube, family))
        r = correlation(family, one, two, opposite)
    shape = one.side.value.shape
    names, itself, widen = np.full(shape, str(baseline), dtype=object), np.zeros(shape, dtype=bool), np.ones(shape)
    if joint is grouping:
        # The slice is the baseline itself where that is one slice of the same grouping.
        itself = picked & (picked.sum(axis=1, keepdims=True) == 1)
        if baseline in ("largest", "best"):
            names = _name_picked(grouping, picked, str(baseline))
    if baseline == "best":
        usable = ((status == OK) & may).sum(axis=1, keepdims=True)
        widen = widen * np.maximum(usable * (usable - 1) / 2, 1)
    # Whoever is everyone has nobody to be compared with.
    share = (one.units >= two.units) * 1.0 if baseline == "overall" else np.zeros(shape)
    same = np.broadcast_to(np.arange(shape[1]), shape)
    return Against(two=two, r=r, share=share, widen=widen, itself=itself & (share < 1), same=same, names=names)


def _join_against(parts: Sequence[Against]) -> Against:
    arrays = {f.name: np.concatenate([getattr(p, f.name) for p in parts], axis=1) for f in fields(Against)[1:]}
    return Against(join_measured([p.two for p in parts]), **arrays)


def _pick(
    cube: Cube,
    family: Family | FamilyApart,
    grouping: Grouping,
    one: Measured,
    status: NDArray[np.int8],
    baseline: str | Slice,
    may: NDArray[np.bool_],
) -> tuple[Grouping, NDArray[np.bool_]]:
    """Return the grouping and, per metric, the cells of it that are the baseline; `may` marks those to choose from."""
    n_metrics, n = one.side.value.shape
    if baseline == "overall":
        return grouping, np.ones((n_metrics, n), dtype=bool)
    if baseline == "largest":
        units = np.where(may, grouping.rows.sum(axis=1), -1)
        return grouping, np.broadcast_to(np.arange(n) == units.argmax(), (n_metrics, n)) & (units.max() >= 0)
    if baseline == "best":
        usable = (status == OK) & may
        higher = np.array([[m.better != "lower"] for m in family.metrics])
        goodness = np.where(usable, np.where(higher, one.side.shown, -one.side.shown), -np.inf)
        return grouping, (np.arange(n) == goodness.argmax(axis=1)[:, None]) & usable
    joint, named = find_baseline(cube, grouping, baseline)
    return joint, np.broadcast_to(named, (n_metrics, len(joint)))


def find_baseline(cube: Cube, grouping: Grouping, baseline: str | Slice) -> tuple[Grouping, NDArray[np.bool_]]:
    """Return a grouping by the axes of `grouping` and perhaps others after, and which of its cells a slice names.

    Raises QuestionError for an attribute or level that the data do not have.
    """
    wanted = baseline if isinstance(baseline, Slice) else Slice.parse(baseline)
    for name, level in wanted.items():
        axis = cube.axis(name)
        if level not in (*axis.levels, MISSING):
            raise unknown(level, f"level of {name!r} called", axis.levels)
    extra = [name for name in wanted.axes if name not in grouping.names]
    joint = cube.by((*grouping.names, *extra)) if extra else grouping
    return joint, joint.find(dict(wanted.items()))


def _is_ratio_of_sums(family: Family | FamilyApart) -> bool:
    """Whether the value over everyone is the mean of the slices', weighted by their denominators."""
    formula = family.metrics[0].formula
    return isinstance(formula, Share | SignedMean) or (isinstance(formula, Rate) and not formula.root)


def _weight(measured: Measured) -> Floats:
    """The denominator by which a metric's values average to everyone's, weighted where units are."""
    return np.where(np.isnan(measured.below), measured.weight, measured.below)


def same_tests(
    family: Family | FamilyApart, one: Measured, inside: NDArray[np.bool_], groupings: Sequence[Grouping]
) -> NDArray[np.int64]:
    """Give one number to two slices that are each other's rest: that is one test."""
    # Of metrics with several denominators, a group without one of them still adds to the others of the rest.
    several = (isinstance(family, FamilyApart) and family.by_units) or one.side.kind == "combined"
    filled = inside & ((one.units if several else one.denominator) > 0)
    if one.hidden is not None:
        filled |= inside & one.hidden  # whom nobody sees is still there
    only_two = add_within(filled.astype(np.int64), [len(g) for g in groupings]) == 2
    return np.where(only_two & filled, -1, np.arange(filled.shape[1]))


def _name_picked(grouping: Grouping, picked: NDArray[np.bool_], otherwise: str) -> NDArray[np.object_]:
    names = np.empty(picked.shape, dtype=object)
    for m, row in enumerate(picked):
        names[m] = str(grouping.slices[int(row.argmax())]) if row.any() else otherwise
    return names


def tabulate(compared: Sequence[Compared], kinds: Sequence[Kind], alpha: float, correction: Correction) -> pd.DataFrame:
    """Put the comparisons of one system into the frame that `compare` gives, by grouping, slice, metric and kind.

    `alpha` is 1 - the confidence. There is at least one comparison, and at least one slice.
    """
    cube, chosen, groupings = compared[0].cube, compared[0].chosen, compared[0].groupings
    place = {metric.name: i for i, metric in enumerate(chosen)}
    order = np.argsort([place[metric.name] for c in compared for metric in c.family.metrics])
    n_sets, n_metrics, n_kinds = sum(map(len, groupings)), len(chosen), len(kinds)

    def column(parts: Sequence[Any]) -> Any:
        """Return arrays (metrics, slices), or (kinds, metrics, slices), of all families as one column."""
        whole = np.concatenate(parts, axis=-2)[..., order, :]
        return np.broadcast_to(whole, (n_kinds, n_metrics, n_sets)).T.ravel()

    told = [_tell(c, kinds, alpha) for c in compared]
    value, low, high = (column([t[i] for t in told]) for i in range(3))
    p = column([c.p.reshape(c.status.shape) for c in compared])
    itself = column([c.against.itself for c in compared])
    status = column([c.status for c in compared])
    status = np.where(np.isnan(value), np.minimum(status, NO_DATA), status)
    missing = status <= NO_DATA
    value, low, high, p = (np.where(missing, np.nan, x) for x in (value, low, high, p))
    p = np.where(np.isnan(low) & np.isnan(high), np.nan, p)  # a ratio may lack the interval that the difference has
    # A family of tests is a metric, and a kind of comparison, over the slices of one grouping.
    grouping = np.repeat(np.arange(len(groupings)), [len(g) for g in groupings])
    each = np.arange(n_metrics * n_kinds)
    families = (grouping[:, None] * len(each) + each).ravel()
    tested = np.where((status == OK) & ~itself, p, np.nan)
    same = column([c.against.same for c in compared])
    return pd.DataFrame(
        {
            "slice": repeat_slices(groupings, n_metrics * n_kinds),
            "system": words_at([cube.system], np.zeros(len(p))),
            "metric": words_at(list(place), np.tile(np.repeat(np.arange(n_metrics), n_kinds), n_sets)),
            "kind": words_at(kinds, np.tile(np.arange(n_kinds), n_sets * n_metrics)),
            "baseline": column([c.against.names for c in compared]),
            "value": value,
            "low": low,
            "high": high,
            "p": p,
            "p_adjusted": adjust(tested, families, same, alpha, correction),
            "status": words_at(STATUSES, status),
        }
    )


def _tell(compared: Compared, kinds: Sequence[Kind], alpha: float) -> tuple[Floats, Floats, Floats]:
    """Return value, low and high of every kind, each (kinds, metrics, slices)."""
    shape, itself = compared.status.shape, compared.against.itself
    told = []
    for kind in kinds:
        found = (compared.pairs.value(kind), *compared.pairs.limits(kind, alpha))
        told.append([np.where(itself, 0.0 if kind == "difference" else 1.0, x.reshape(shape)) for x in found])
    value, low, high = (np.stack(x) for x in zip(*told, strict=True))
    return value, low, high


def adjust(
    p: Floats, family: NDArray[np.int64], same: NDArray[np.int64], alpha: float, correction: Correction
) -> Floats:
    """Return p values adjusted within their families; NaN stands for no part of it."""
    if correction == "holm":
        return holm(p, family, alpha, same)[0]
    if correction == "bh":
        return benjamini_hochberg(p, family, same)
    if correction == "none":
        return p
    raise QuestionError(f"The correction is holm, bh or none, not {correction!r}.")
