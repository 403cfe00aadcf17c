"""Disparities: how far each slice lies from a baseline, with intervals and p values from one engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics import ranks
from metrics.cube import Cube, Cubes, Grouping, iterate_systems
from metrics.errors import QuestionError, unknown
from metrics.estimate import By, check_level, choose_groupings, choose_metrics, measure, split_families, statuses
from metrics.intervals import difference_limits, p_of_touch, ratio_limits
from metrics.moments import Family, oppose_rest, oppose_set
from metrics.multiplicity import benjamini_hochberg, holm
from metrics.registry import Metric, Rate, Share, SignedMean
from metrics.sides import Measured, Side, correlation, join_sides, measure_side, pool
from metrics.slices import MISSING, Slice

Kind = Literal["difference", "ratio"]
Correction = Literal["holm", "bh", "none"]
Floats = NDArray[Any]

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
    compared = [
        c
        for cube in iterate_systems(cubes)
        for c in compare_cube(cube, by, metrics, baseline, 1 - confidence, min_units)
    ]
    return _tabulate(compared, kinds, 1 - confidence, correction)


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

    def limits(self, kind: Kind, alpha: Any, at: Any = ...) -> tuple[Floats, Floats]:
        """Return the limits of the difference or ratio at level 1 - alpha."""
        alpha = np.asarray(alpha) / self.widen[at]
        l1, u1 = self.one.limits(alpha, at)
        l2, u2 = self.two.limits(alpha, at)
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
class Compared:
    """One family of metrics over the slices of one grouping, against its baseline.

    Arrays are flat over (metrics, slices); `baseline` names each one's baseline, `itself` marks the
    baseline's own slice, `same` gives equal numbers to tests that say the same.
    """

    cube: Cube
    family: Family | ranks.RankFamily
    chosen: Sequence[Metric]
    grouping: Grouping
    place: int
    pairs: Pairs
    baseline: NDArray[np.object_]
    status: NDArray[np.object_]
    itself: NDArray[np.bool_]
    same: NDArray[np.int64]
    p: Floats


def compare_cube(
    cube: Cube, by: By, metrics: Iterable[str] | None, baseline: str | Slice, alpha: float, min_units: int
) -> list[Compared]:
    """Compare the slices of one system with a baseline: everything but the level of the intervals."""
    chosen = choose_metrics(cube, metrics)
    groupings = [cube.by(names) for names in choose_groupings(cube, by, everyone=False)]
    found = []
    for family in split_families(cube, chosen):
        parts = [_compare_grouping(cube, family, chosen, g, i, baseline, min_units) for i, g in enumerate(groupings)]
        p = _test([c.pairs for c in parts])
        bounds = np.cumsum([0] + [len(c.same) for c in parts])
        for c, a, b in zip(parts, bounds[:-1], bounds[1:], strict=True):
            found.append(Compared(**{**c.__dict__, "p": np.where(c.itself, 1.0, p[a:b])}))
    return found


def _test(pairs: Sequence[Pairs]) -> Floats:
    """Return p of no difference for all pairs of a family at once. A ratio of 1 has the same p."""
    if not pairs:
        return np.array([])
    joined = Pairs(
        join_sides([p.one for p in pairs]),
        join_sides([p.two for p in pairs]),
        np.concatenate([p.r for p in pairs]),
        np.zeros(sum(len(p.r) for p in pairs)),  # tested against everyone else, whom overall follows
        np.concatenate([p.widen for p in pairs]),
    )
    value = joined.value("difference")
    low, high = joined.limits("difference", 0.05)
    value = np.where(np.isnan(low) & np.isnan(high), np.nan, value)
    value = np.where(np.concatenate([p.share for p in pairs]) >= 1, np.nan, value)
    return p_of_touch(lambda alpha, at: joined.limits("difference", alpha, at), value, 0.0)


def _compare_grouping(
    cube: Cube,
    family: Family | ranks.RankFamily,
    chosen: Sequence[Metric],
    grouping: Grouping,
    place: int,
    baseline: str | Slice,
    min_units: int,
) -> Compared:
    one = measure(cube, family, grouping)
    shape = one.side.value.shape
    status = statuses(one, min_units)
    share, widen, itself = np.zeros(shape), np.ones(shape), np.zeros(shape, dtype=bool)
    names = np.full(shape, str(baseline), dtype=object)
    everyone_else = baseline == "overall" and _is_ratio_of_sums(family)
    if baseline == "rest" or everyone_else:
        inside = grouping.known if baseline == "rest" else np.ones(len(grouping), dtype=bool)
        two, r = _against_rest(cube, family, grouping, one, inside)
        if everyone_else:
            with np.errstate(divide="ignore", invalid="ignore"):
                share = _weight(one) / _weight(measure(cube, family, cube.by(())))
        same = _same_tests(one, inside)
    else:
        joint, picked = _pick(cube, family, grouping, one, status, baseline)
        two, r = _against_set(cube, family, grouping, one, joint, picked)
        same = np.broadcast_to(np.arange(shape[1]), shape)
        if joint is grouping:
            # The slice is the baseline itself where that is one slice of the same grouping.
            itself = picked & (picked.sum(axis=1, keepdims=True) == 1)
            if baseline in ("largest", "best"):
                names = _name_picked(grouping, picked)
        if baseline == "best":
            usable = ((status == "ok") & grouping.known).sum(axis=1, keepdims=True)
            widen = np.broadcast_to(np.maximum(usable * (usable - 1) / 2, 1), shape)
    other = statuses(two, min_units)
    status = np.where((status == "no data") | (other == "no data"), "no data", np.where(status == "ok", other, status))
    pairs = Pairs(one.side.flat(), two.side.flat(), r.ravel(), share.ravel(), np.array(widen, float).ravel())
    status = np.where(share >= 1, "no data", status)
    nothing = np.empty(0)
    return Compared(
        cube,
        family,
        chosen,
        grouping,
        place,
        pairs,
        names.ravel(),
        status.ravel(),
        itself.ravel(),
        same.ravel(),
        nothing,
    )


def _against_rest(
    cube: Cube, family: Family | ranks.RankFamily, grouping: Grouping, one: Measured, inside: NDArray[np.bool_]
) -> tuple[Measured, Floats]:
    """Measure everyone inside but not in the slice, and how that side is correlated with the slice."""
    if isinstance(family, ranks.RankFamily):
        masks = [np.where(np.arange(len(grouping)) == i, False, inside) for i in range(len(grouping))]
        return ranks.measure_against(cube, family, grouping, masks)
    slices = family.of_cells(grouping)
    opposite = oppose_rest(cube, family, grouping, slices, inside)
    two = measure_side(family, opposite.moments, pool(cube, family))
    return two, correlation(family, one, two, opposite)


def _against_set(
    cube: Cube,
    family: Family | ranks.RankFamily,
    grouping: Grouping,
    one: Measured,
    joint: Grouping,
    picked: NDArray[np.bool_],
) -> tuple[Measured, Floats]:
    """Measure one set of cells as everyone's baseline, and its correlation with each slice."""
    if isinstance(family, ranks.RankFamily):
        return ranks.measure_against(cube, family, grouping, [picked[0]] * len(grouping), joint)
    slices = family.of_cells(grouping)
    opposite = oppose_set(cube, family, grouping, slices, joint, picked)
    two = measure_side(family, opposite.moments, pool(cube, family))
    return two, correlation(family, one, two, opposite)


def _pick(
    cube: Cube,
    family: Family | ranks.RankFamily,
    grouping: Grouping,
    one: Measured,
    status: NDArray[np.object_],
    baseline: str | Slice,
) -> tuple[Grouping, NDArray[np.bool_]]:
    """Return the grouping and, per metric, the cells of it that are the baseline."""
    n_metrics, n = one.side.value.shape
    if baseline == "overall":
        return grouping, np.ones((n_metrics, n), dtype=bool)
    if baseline == "largest":
        units = np.where(grouping.known, grouping.rows.sum(axis=1), -1)
        return grouping, np.broadcast_to(np.arange(n) == units.argmax(), (n_metrics, n)) & (units.max() >= 0)
    if baseline == "best":
        usable = (status == "ok") & grouping.known
        higher = np.array([[m.better != "lower"] for m in family.metrics])
        goodness = np.where(usable, np.where(higher, one.side.shown, -one.side.shown), -np.inf)
        return grouping, (np.arange(n) == goodness.argmax(axis=1)[:, None]) & usable
    wanted = baseline if isinstance(baseline, Slice) else Slice.parse(baseline)
    for name, level in wanted.items():
        axis = cube.axis(name)
        if level not in (*axis.levels, MISSING):
            raise unknown(level, f"level of {name!r} called", axis.levels)
    extra = [name for name in wanted.axes if name not in grouping.names]
    joint = cube.by((*grouping.names, *extra)) if extra else grouping
    return joint, np.broadcast_to(joint.find(dict(wanted.items())), (n_metrics, len(joint)))


def _is_ratio_of_sums(family: Family | ranks.RankFamily) -> bool:
    """Whether the value over everyone is the mean of the slices', weighted by their denominators."""
    formula = family.metrics[0].formula
    return isinstance(formula, Share | SignedMean) or (isinstance(formula, Rate) and not formula.root)


def _weight(measured: Measured) -> Floats:
    """The denominator by which a metric's values average to everyone's, weighted where units are."""
    return np.where(np.isnan(measured.below), measured.weight, measured.below)


def _same_tests(one: Measured, inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Give one number to two slices that are each other's rest: that is one test."""
    n_metrics, n = one.side.value.shape
    same = np.broadcast_to(np.arange(n), (n_metrics, n)).copy()
    filled = inside & (one.denominator > 0)
    only_two = filled.sum(axis=1) == 2
    same[only_two[:, None] & filled] = -1
    return same


def _name_picked(grouping: Grouping, picked: NDArray[np.bool_]) -> NDArray[np.object_]:
    names = np.empty(picked.shape, dtype=object)
    for m, row in enumerate(picked):
        names[m] = str(grouping.slices[int(row.argmax())]) if row.any() else ""
    return names


def _tabulate(
    compared: Sequence[Compared], kinds: Sequence[Kind], alpha: float, correction: Correction
) -> pd.DataFrame:
    """Put the comparisons into one frame: systems, groupings, slices, metrics, kinds in order."""
    if not compared:
        return pd.DataFrame({c: [] for c in COLUMNS})
    columns: dict[str, list[NDArray[Any]]] = {c: [] for c in COLUMNS}
    order: list[list[NDArray[np.int64]]] = [[], [], [], [], []]
    systems: dict[str | None, int] = {}
    families, same = [], []
    for c in compared:
        n_metrics, n = len(c.family.metrics), len(c.grouping)
        system = systems.setdefault(c.cube.system, len(systems))
        names = [m.name for m in c.chosen]
        places = np.array([names.index(m.name) for m in c.family.metrics])
        slices = np.empty(n, dtype=object)
        slices[:] = c.grouping.slices
        for k, kind in enumerate(kinds):
            value = c.pairs.value(kind)
            low, high = c.pairs.limits(kind, alpha)
            value, low, high = (np.where(c.itself, 0.0 if kind == "difference" else 1.0, x) for x in (value, low, high))
            missing = np.isnan(value) | (c.status == "no data")
            told: dict[str, Any] = {
                "slice": np.tile(slices, n_metrics),
                "system": np.full(n_metrics * n, c.cube.system, dtype=object),
                "metric": np.repeat(np.array([m.name for m in c.family.metrics], dtype=object), n),
                "kind": np.full(n_metrics * n, kind, dtype=object),
                "baseline": c.baseline,
                "value": np.where(missing, np.nan, value),
                "low": np.where(missing, np.nan, low),
                "high": np.where(missing, np.nan, high),
                "p": np.where(missing, np.nan, c.p),
                "status": np.where(missing, "no data", c.status),
            }
            for name, values in told.items():
                columns[name].append(values)
            metric_place = np.repeat(places, n)
            for column, values in zip(
                order, (system, c.place, np.tile(np.arange(n), n_metrics), metric_place, k), strict=True
            ):
                column.append(np.broadcast_to(values, n_metrics * n))
            families.append(((system * 10_000 + c.place) * 10_000 + metric_place) * 2 + k)
            same.append(np.where(c.itself, -2, c.same))
    frame_columns = {c: np.concatenate(v) for c, v in columns.items() if v}
    itself = np.concatenate(same) == -2
    inside = (frame_columns["status"] == "ok") & ~itself
    tested = np.where(inside, frame_columns["p"], np.nan)
    frame_columns["p_adjusted"] = adjust(tested, np.concatenate(families), np.concatenate(same), alpha, correction)
    sequence = np.lexsort([np.concatenate(o) for o in reversed(order)])
    return pd.DataFrame({c: frame_columns[c][sequence] for c in COLUMNS})


def adjust(
    p: Floats, family: NDArray[np.int64], same: NDArray[np.int64], alpha: float, correction: Correction
) -> Floats:
    """Return p values adjusted within their families; NaN stands for no part of it."""
    _, family = np.unique(family, return_inverse=True)
    if correction == "holm":
        return holm(p, family, alpha, same)[0]
    if correction == "bh":
        return benjamini_hochberg(p, family, same)
    if correction == "none":
        return p
    raise QuestionError(f"The correction is holm, bh or none, not {correction!r}.")
