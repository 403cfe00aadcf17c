"""How good each system is overall, beside how far it is apart over groups: who gives up nothing, and who is beaten.

A system belongs to the Pareto set if no other is at least as good in both and better in one. That is said of values,
which chance moves; that one is beaten is said only where the differences are clear. A system that answers everybody
alike has no gap and no use: it takes no place, and beats nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import isnan
from typing import Any

import pandas as pd

from metrics.changes import compare_systems
from metrics.constant import find_only_answer
from metrics.cube import Cubes
from metrics.errors import QuestionError, unknown
from metrics.estimate import as_objects, check_level, choose_groupings, estimate
from metrics.intervals import difference_limits
from metrics.pairing import paired_metrics
from metrics.registry import Metric
from metrics.sentences import orient
from metrics.spread import spread

__all__ = ["BEATEN", "BEATEN_IN_ONE", "COLUMNS", "CONSTANT", "NOT_TOLD", "NO_DATA", "PARETO", "STANDINGS", "trade_offs"]

STANDINGS = PARETO, NOT_TOLD, BEATEN_IN_ONE, BEATEN, CONSTANT, NO_DATA = (
    "pareto",
    "not told apart",
    "beaten in one",
    "beaten",
    "constant",
    "no data",
)

COLUMNS = [
    "system", "value", "low", "high", "units", "disparity", "disparity_low", "disparity_high", "noise_floor",
    "highest", "lowest", "left_out", "constant", "pareto", "standing", "better_by_value", "beaten_by", "clear_in",
]  # fmt: skip


def trade_offs(
    cubes: Cubes,
    metric: str,
    by: str | Sequence[str],
    *,
    gap_in: str | None = None,
    ids: pd.Series | None = None,
    confidence: float = 0.95,
    min_units: int = 30,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how good every system is overall by `metric`, and how large its gap over the groups of `by` is.

    `by` is an attribute, or several that are crossed; `gap_in` the metric whose gap it is, `metric` itself unless it is
    given. `value`, `low` and `high` are of everyone, `disparity` and the columns up to `left_out` those of a spread
    (`metrics.spread`). `constant` is what a system answers to everybody, None where it does not. `standing` is

    - "pareto": no other system is at least as good in both and better in one, by the values (`pareto` is then true);
    - "not told apart": some are (`better_by_value`), which may be chance;
    - "beaten in one": some are, clearly so overall or in the gap (`clear_in`);
    - "beaten": some are (`beaten_by`), clearly so in both;
    - "constant": it answers everybody alike; "no data": fewer than two groups can be compared.

    Clear is a difference overall whose interval on the same units, at Bonferroni's level over all pairs of systems,
    leaves out 0, and a gap whose whole interval lies below that of the other.

    `ids` matches the units of systems with rows of their own. Raises QuestionError for what the data do not hold, and
    for a metric of which no side is better.
    """
    check_level(confidence)
    good, wide = _find(cubes, metric), _find(cubes, gap_in or metric)
    if good.better == "neither":
        raise QuestionError(
            f"How good a system is overall cannot be said by {good.title.lower()}, of which no side is better. Choose "
            "another metric for that, or say which prediction is good for the person."
        )
    groupings = choose_groupings(cubes[0], [by if isinstance(by, str) else tuple(by)], everyone=False)
    if len(groupings) != 1 or not groupings[0]:
        raise QuestionError("The gap is over the groups of one attribute, or of several that are crossed.")
    everyone = estimate(cubes, [], [good.name], confidence=confidence, min_units=min_units)
    gaps = spread(cubes, groupings, [wide.name], confidence=confidence, min_units=min_units, seed=seed)
    points = []
    for cube in cubes:
        own, gap = (t[t["system"].map(str) == str(cube.system)].iloc[0] for t in (everyone, gaps))
        only = find_only_answer(cube, good) or find_only_answer(cube, wide)
        points.append(_Point(str(cube.system), own, gap, only, good.better == "higher"))
    n = sum(p.counts for p in points)
    alpha = (1 - confidence) / max(n * (n - 1) / 2, 1)

    def is_clear(better: _Point, worse: _Point) -> bool:
        low, high = _compare(cubes, worse.system, better.system, good, ids, 1 - alpha)
        return bool(low > 0 if better.higher else high < 0)

    return _tabulate(points, [_stand(p, points, is_clear) for p in points])


@dataclass(frozen=True, eq=False)
class _Point:
    """One system in the plane: how good, and how far its groups are apart."""

    system: str
    own: pd.Series
    gap: pd.Series
    constant: str | None
    higher: bool

    @property
    def counts(self) -> bool:
        """Whether it takes a place: it answers as the unit is, and both numbers are there."""
        return self.constant is None and not isnan(self.own["value"]) and not isnan(self.gap["difference"])

    def is_better(self, other: _Point) -> bool:
        """Say whether this is at least as good in both, and better in one, by the values."""
        if not self.counts or not other.counts or self is other:
            return False
        gain = self.own["value"] - other.own["value"]
        gain = gain if self.higher else -gain
        less = other.gap["difference"] - self.gap["difference"]
        return bool(gain >= 0 and less >= 0 and (gain > 0 or less > 0))


@dataclass(frozen=True, eq=False)
class _Standing:
    """Where a system stands, who is better in both by the values, who clearly so, and in what anybody is clearly."""

    name: str
    better: list[str]
    beaten_by: list[str]
    clear_in: list[str]


def _stand(point: _Point, points: Sequence[_Point], is_clear: Callable[[_Point, _Point], bool]) -> _Standing:
    if not point.counts:
        return _Standing(CONSTANT if point.constant is not None else NO_DATA, [], [], [])
    better = [p for p in points if p.is_better(point)]
    apart = [p for p in better if p.gap["high"] < point.gap["low"]]
    beaten_by = [p for p in apart if is_clear(p, point)]
    # One that is clear will do, and the furthest is the likeliest: every pair of many systems would take a while.
    others = sorted((p for p in better if p not in apart), key=lambda p: -abs(p.own["value"] - point.own["value"]))
    overall = bool(beaten_by) or any(is_clear(p, point) for p in others)
    clear_in = ["overall"] * overall + ["gap"] * bool(apart)
    name = BEATEN if beaten_by else BEATEN_IN_ONE if clear_in else NOT_TOLD if better else PARETO
    return _Standing(name, [p.system for p in better], [p.system for p in beaten_by], clear_in)


def _find(cubes: Cubes, name: str) -> Metric:
    if name not in cubes.metrics:
        raise unknown(name, "metric that every system has called", cubes.metrics)
    return orient(cubes.metrics[name], cubes[0].favourable)


def _compare(
    cubes: Cubes, first: str, second: str, metric: Metric, ids: pd.Series | None, confidence: float
) -> tuple[float, float]:
    """Return the limits of the second system's value less the first's, paired where that can be."""
    one, two = (cubes.only(name)[0] for name in (first, second))
    if metric.name in paired_metrics(one, two):
        with suppress(QuestionError):  # units that cannot be matched are different ones: the interval is wider then
            (row,) = compare_systems(
                cubes, first, second, [], [metric.name], ids=ids, confidence=confidence, min_units=1
            ).to_dict("records")
            return float(row["low"]), float(row["high"])
    ends = [
        float(estimate(cube, [], [metric.name], confidence=confidence)[end].iloc[0])
        for cube in (two, one)
        for end in ("value", "low", "high")
    ]
    low, high = difference_limits(*ends)
    return float(low), float(high)


def _tabulate(points: Sequence[_Point], standings: Sequence[_Standing]) -> pd.DataFrame:
    found: dict[str, Any] = {
        "system": as_objects([p.system for p in points]),
        "value": [p.own["value"] for p in points],
        "low": [p.own["low"] for p in points],
        "high": [p.own["high"] for p in points],
        "units": [int(p.own["units"]) for p in points],
        "disparity": [p.gap["difference"] for p in points],
        "disparity_low": [p.gap["low"] for p in points],
        "disparity_high": [p.gap["high"] for p in points],
        "noise_floor": [p.gap["noise_floor"] for p in points],
        "highest": as_objects([p.gap["highest"] for p in points]),
        "lowest": as_objects([p.gap["lowest"] for p in points]),
        "left_out": as_objects([p.gap["left_out"] for p in points]),
        "constant": as_objects([p.constant for p in points]),
        "pareto": [s.name == PARETO for s in standings],
        "standing": as_objects([s.name for s in standings]),
        "better_by_value": as_objects([s.better for s in standings]),
        "beaten_by": as_objects([s.beaten_by for s in standings]),
        "clear_in": as_objects([s.clear_in for s in standings]),
    }
    return pd.DataFrame(found, columns=COLUMNS)
