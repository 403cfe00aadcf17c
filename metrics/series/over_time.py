"""Every slice's value and every gap in every set of a series, and how far each gap lies from a limit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.compare import BASELINES, Compared, compare_cube, tabulate
from metrics.constant import find_only_answer
from metrics.cube import Cube, Cubes
from metrics.errors import unknown
from metrics.estimate import OK, By, as_objects, check_level, estimate, join_tables
from metrics.intervals import p_of_touch
from metrics.multiplicity import holm
from metrics.registry import Metric
from metrics.series.sets import Series, SetCubes
from metrics.slices import MISSING, Slice
from metrics.tasks.needs import say_needs
from metrics.verdict import grows_by_chance

__all__ = ["GAPS", "MARGIN", "VALUES", "OverTime", "over_time"]

Floats = NDArray[Any]

MARGIN = 0.05  # 5 points
VALUES = ["set", "date", "slice", "system", "metric", "value", "low", "high", "top", "below", "units", "status"]
GAPS = ["set", "date", "slice", "baseline", "system", "metric", "value", "low", "high", "limit"]
GAPS += ["p", "p_adjusted", "adjusted_low", "adjusted_high", "constant", "status"]


class OverTime(NamedTuple):
    """`values` has a row per set, slice, system and metric (columns `VALUES`), everyone first; `gaps` one per set,
    slice but everyone, system and metric (columns `GAPS`)."""

    values: pd.DataFrame
    gaps: pd.DataFrame


def over_time(
    series: Series,
    by: By = None,
    metrics: Iterable[str] | None = None,
    *,
    baseline: str | Slice = "rest",
    limit: float | None = None,
    confidence: float = 0.95,
    min_units: int = 30,
) -> OverTime:
    """Return the value and the gap to a baseline of every slice in every set, each set asked by itself.

    `value`, `low`, `high` and `status` are those of `estimate` and `compare` of the set alone; a slice, metric or
    baseline that a set lacks has the status "no data" there. `limit` is how far a gap may lie from 0 on either side,
    in the metric's own unit: 5 points if none is given, none (NaN) for metrics that are no shares and for those that
    grow by chance. `p` tests each gap against it (1 where it lies within), `p_adjusted` and the adjusted limits heed
    all slices and sets of one metric and system, as Holm does; they are NaN for what is no part of that family: too
    few units, the baseline itself, units without a date. `constant` says that the system gave all of the set one
    answer. Raises QuestionError for what no set has.
    """
    check_level(confidence)
    chosen = _choose(series, metrics)
    asked = _Asked(
        groupings=series.groupings(by, everyone=False),
        metrics=chosen,
        baseline=_check_baseline(series, baseline),
        limits={name: _limit_of(series.metrics[name], limit) for name in chosen},
        alpha=1 - confidence,
        min_units=min_units,
    )
    values = [_ask_values(s, asked) for s in series.sets]
    answers = [_ask_gaps(s, asked) for s in series.sets]
    tests = [t for _, found in answers for t in found]
    frame = _fill(series, [gaps for gaps, _ in answers], asked, GAPS)
    tested = _adjust(tests, asked.alpha)
    for column in ("p", "p_adjusted", "adjusted_low", "adjusted_high"):
        frame[column] = [tested.get(key, _NOTHING)[column] for key in _keys(frame)]
    frame["limit"] = [asked.limits[name] for name in frame["metric"]]
    return OverTime(_fill(series, values, asked, VALUES), frame)


@dataclass(frozen=True)
class _Asked:
    """What was asked of every set."""

    groupings: Sequence[tuple[str, ...]]
    metrics: Sequence[str]
    baseline: str | Slice
    limits: dict[str, float]
    alpha: float
    min_units: int

    def of(self, cube: Cube) -> tuple[list[tuple[str, ...]], list[Metric]]:
        """Return the groupings and metrics that a set has."""
        axes = {a.name for a in cube.axes}
        groupings = [g for g in self.groupings if axes.issuperset(g)]
        return groupings, [cube.metrics[name] for name in self.metrics if name in cube.metrics]

    def has_baseline(self, cube: Cube) -> bool:
        return not isinstance(self.baseline, Slice) or _has_levels(cube, self.baseline)


_Key = tuple[str, Slice, str, str]  # set, slice, system, metric
_NOTHING = dict.fromkeys(("p", "p_adjusted", "adjusted_low", "adjusted_high"), np.nan)


def _choose(series: Series, metrics: Iterable[str] | None) -> list[str]:
    known = series.metrics
    if metrics is None:
        return list(known)
    chosen = list(dict.fromkeys(metrics))
    for name in chosen:
        if name not in known and not any(name in cube.metrics for s in series.sets for cube in s.cubes):
            raise unknown(name, "metric that these sets allow called", known, hint=say_needs(name, known))
    return chosen


def _limit_of(metric: Metric, limit: float | None) -> float:
    if grows_by_chance(metric):
        return np.nan
    return limit if limit is not None else MARGIN if metric.unit == "share" else np.nan


def _check_baseline(series: Series, baseline: str | Slice) -> str | Slice:
    """Return the baseline, a slice as a `Slice`. Raises QuestionError for one that no set has."""
    if isinstance(baseline, str) and baseline in BASELINES:
        return baseline
    wanted = baseline if isinstance(baseline, Slice) else Slice.parse(baseline)
    axes = {a.name: a for a in series.axes}
    for name, level in wanted.items():
        if name not in axes:
            raise unknown(name, "attribute", axes)
        if level not in (*axes[name].levels, MISSING):
            raise unknown(level, f"level of {name!r} called", axes[name].levels)
    return wanted


def _has_levels(cube: Cube, wanted: Slice) -> bool:
    axes = {a.name: a for a in cube.axes}
    return all(name in axes and level in (*axes[name].levels, MISSING) for name, level in wanted.items())


# -- asking one set ------------------------------------------------------------------------------


def _ask_values(one: SetCubes, asked: _Asked) -> pd.DataFrame:
    tables = []
    for cube in one.cubes:
        groupings, metrics = asked.of(cube)
        if metrics:
            names = [m.name for m in metrics]
            tables.append(
                estimate(Cubes([cube]), groupings, names, confidence=1 - asked.alpha, min_units=asked.min_units)
            )
    return join_tables(tables, VALUES[2:])


@dataclass(frozen=True, eq=False)
class _Tests:
    """The gaps of one set, system and family of metrics: flat, as they are in `compared.pairs`."""

    keys: list[_Key]
    compared: Compared
    limits: Floats
    in_family: NDArray[np.bool_]
    same: list[tuple[Any, ...]]  # equal for tests that say the same

    def test(self) -> Floats:
        """Return p of each gap against its limit; 1 where it lies within, NaN where there is none."""
        pairs, value = self.compared.pairs, self.compared.pairs.value("difference")
        tested = np.clip(value, -self.limits, self.limits)
        low, high = pairs.limits("difference", 0.05)
        found = p_of_touch(lambda alpha, at: pairs.limits("difference", alpha, at), value, tested)
        return np.where(np.isnan(low) & np.isnan(high), np.nan, found)


def _ask_gaps(one: SetCubes, asked: _Asked) -> tuple[pd.DataFrame, list[_Tests]]:
    tables, tests = [], []
    for cube in one.cubes:
        groupings, metrics = asked.of(cube)
        if not metrics or not groupings or not asked.has_baseline(cube):
            continue
        found = compare_cube(cube, groupings, metrics, asked.baseline, asked.min_units)
        table = tabulate(found, ("difference",), asked.alpha, "holm")
        only = {m.name: find_only_answer(cube, m) is not None for m in metrics}
        tables.append(table.assign(constant=[only[name] for name in table["metric"]]))
        tests += [_prepare(one, cube, compared, asked) for compared in found]
    return join_tables(tables, GAPS[2:]), tests


def _prepare(one: SetCubes, cube: Cube, compared: Compared, asked: _Asked) -> _Tests:
    system, slices = str(cube.system), compared.slices
    grouping = [number for number, g in enumerate(compared.groupings) for _ in range(len(g))]
    keys, same = [], []
    for row, metric in enumerate(compared.family.metrics):
        keys += [(one.name, s, system, metric.name) for s in slices]
        ids = compared.against.same[row].tolist()
        same += [(one.name, number, name, metric.name) for number, name in zip(grouping, ids, strict=True)]
    limits = np.repeat([asked.limits[m.name] for m in compared.family.metrics], len(slices))
    usable = (compared.status.ravel() == OK) & ~compared.against.itself.ravel() & ~np.isnan(limits)
    return _Tests(keys, compared, limits, usable & one.in_time, same)


def _adjust(tests: Sequence[_Tests], alpha: float) -> dict[_Key, dict[str, float]]:
    """Return what tells whether each gap is clearly beyond its limit, over all sets and slices of a metric."""
    if not tests:
        return {}
    p = [t.test() for t in tests]
    tested = np.concatenate([np.where(t.in_family, x, np.nan) for t, x in zip(tests, p, strict=True)])
    families = {f: i for i, f in enumerate(dict.fromkeys(key[2:] for t in tests for key in t.keys))}
    family = np.array([families[key[2:]] for t in tests for key in t.keys])
    ids = {s: i for i, s in enumerate(dict.fromkeys(s for t in tests for s in t.same))}
    same = np.array([ids[s] for t in tests for s in t.same])
    p_adjusted, level = holm(tested, family, alpha, same)
    found: dict[_Key, dict[str, float]] = {}
    start = 0
    for t, own in zip(tests, p, strict=True):
        part = slice(start, start + len(own))
        start += len(own)
        outside = np.isnan(p_adjusted[part])
        low, high = t.compared.pairs.limits("difference", np.where(outside, alpha, 1 - level[part]))
        low, high = (np.where(outside, np.nan, x) for x in (low, high))
        numbers = zip(own.tolist(), p_adjusted[part].tolist(), low.tolist(), high.tolist(), strict=True)
        found |= {key: dict(zip(_NOTHING, four, strict=True)) for key, four in zip(t.keys, numbers, strict=True)}
    return found


# -- one table of all sets -----------------------------------------------------------------------


def _keys(frame: pd.DataFrame) -> list[_Key]:
    return list(zip(frame["set"], frame["slice"], map(str, frame["system"]), frame["metric"], strict=True))


def _fill(series: Series, tables: Sequence[pd.DataFrame], asked: _Asked, columns: Sequence[str]) -> pd.DataFrame:
    """Put the tables of all sets below each other, every slice, system and metric in each: a slice that a set lacks
    has no data there."""
    slices = _order_slices(series, [s for table in tables for s in table["slice"]], asked)
    wanted = [(s, str(system), metric) for s, system, metric in product(slices, series.systems, asked.metrics)]
    starts = np.cumsum([0, *map(len, tables)])
    places = []
    for start, table in zip(starts, tables, strict=False):
        own = zip(table["slice"], map(str, table["system"]), table["metric"], strict=True)
        place = {key: start + number for number, key in enumerate(own)}
        places += [place.get(key, -1) for key in wanted]
    at = np.array(places, dtype=np.intp)
    n = len(series.sets)
    found: dict[str, Any] = {
        "set": as_objects([s.name for s in series.sets]).repeat(len(wanted)),
        "date": as_objects([s.date for s in series.sets]).repeat(len(wanted)),
        "slice": np.tile(as_objects(slices).repeat(len(series.systems) * len(asked.metrics)), n),
        "system": np.tile(as_objects(series.systems).repeat(len(asked.metrics)), n * len(slices)),
        "metric": np.tile(as_objects(asked.metrics), n * len(slices) * len(series.systems)),
    }
    for name in (c for c in columns if c not in found):
        found[name] = _take(tables, name, at)
    return pd.DataFrame(found, columns=list(columns))


_DEFAULTS: dict[str, Any] = {"status": "no data", "baseline": "", "units": 0, "constant": False}


def _take(tables: Sequence[pd.DataFrame], name: str, at: NDArray[np.intp]) -> NDArray[Any]:
    """Return a column of all tables at these places of them together; -1 is a row that no table has."""
    default = _DEFAULTS.get(name, np.nan)
    parts = [table[name].to_numpy() for table in tables if name in table and len(table)]
    if not parts:
        return np.full(len(at), default, dtype=object if isinstance(default, str) else None)
    taken = np.concatenate(parts)[np.maximum(at, 0)]
    return np.where(at < 0, default, taken)


def _order_slices(series: Series, slices: Iterable[Slice], asked: _Asked) -> list[Slice]:
    """Return the distinct slices: by grouping as asked, then by level, those without one last."""
    groupings: dict[tuple[str, ...], int] = {(): -1, **{g: number for number, g in enumerate(asked.groupings)}}
    rank = {a.name: {level: i for i, level in enumerate((*a.levels, MISSING))} for a in series.axes}

    def place(s: Slice) -> tuple[int, ...]:
        return groupings.get(s.axes, len(groupings)), *(rank[axis][level] for axis, level in s.items())

    return sorted(dict.fromkeys(slices), key=place)
