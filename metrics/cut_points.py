"""Where to cut a column of numbers so that the two sides differ most in a metric: cut points for a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.contributions import Contributions, unit_contributions
from metrics.errors import QuestionError
from metrics.levels import name_cuts
from metrics.registry import Metric
from metrics.scored import Axis, Scored, smallest_unsigned

__all__ = ["add_axes", "find_cuts", "shortest_between"]

Floats = NDArray[np.float64]


def find_cuts(
    scored: Scored, metric: Metric, numbers: ArrayLike, most: int = 1, least_units: int = 30
) -> tuple[float, ...]:
    """Return at most `most` cut points, ascending, as `edges` of an attribute: levels `< c` and `>= c`.

    `numbers` has one number a unit (NaN for missing). The first cut is the one whose two sides differ most: the
    difference of the metric over its standard error from everyone's variance; the next one likewise within a part, the
    part with the clearest difference first, and so on, as a tree of stumps grows. Each side has at least `least_units`
    units with a part in the metric. Between two values that occur, the cut is the shortest number. None come back
    where all values are equal or the metric is undefined.

    Cuts chosen on the rows they are then tested on look clearer than they are: choose them on other rows
    (`metrics.halves`). Raises QuestionError for a metric of which no unit has a part (AUC), and unless there is a
    number a unit.
    """
    values = np.asarray(numbers, np.float64)
    if values.shape != (len(scored),):
        raise QuestionError(f"There are {len(values):,} numbers for {len(scored):,} units; give one a unit.")
    given = unit_contributions(scored, metric)
    used = given.used & np.isfinite(values)
    column = _sum_by_value(given, values, used)
    cuts: list[float] = []
    parts = [(0, len(column.value))]
    best = [_best_cut(column, *parts[0], least_units)]
    while len(cuts) < most and max((gain for gain, _ in best), default=0.0) > 0:
        i = int(np.argmax([gain for gain, _ in best]))
        begin, end = parts.pop(i)
        _, at = best.pop(i)
        cuts.append(shortest_between(column.value[at - 1], column.value[at]))
        parts += [(begin, at), (at, end)]
        best += [_best_cut(column, *part, least_units) for part in parts[-2:]]
    return tuple(sorted(cuts))


def add_axes(scored: Scored, numbers: Mapping[str, ArrayLike], edges: Mapping[str, tuple[float, ...]]) -> Scored:
    """Return the units with an axis more for each column of numbers that has edges, its levels in ascending order.

    An axis of the same name makes room for it.
    """
    axes, codes = [], []
    for axis, code in zip(scored.axes, scored.codes, strict=True):
        if not edges.get(axis.name):
            axes.append(axis)
            codes.append(code)
    for name, cuts in edges.items():
        if cuts:
            named = name_cuts(np.asarray(numbers[name], np.float64), cuts)
            axis = Axis(name, tuple(named.names))
            axes.append(axis)
            codes.append(np.where(named.codes < 0, axis.size - 1, named.codes).astype(smallest_unsigned(axis.size)))
    return replace(scored, axes=tuple(axes), codes=tuple(codes))


class _Column:
    """Sums by distinct value, ascending, each cumulated with a 0 before the first: units, score and variance."""

    def __init__(self, value: Floats, units: Floats, score: Floats, size: Floats, square: Floats) -> None:
        self.value = value
        self.units, self.score, self.size, self.square = (
            np.concatenate([[0.0], np.cumsum(x)]) for x in (units, score, size, square)
        )


def _sum_by_value(given: Contributions, values: Floats, used: NDArray[np.bool_]) -> _Column:
    value, place = np.unique(values[used], return_inverse=True)
    weight, times = given.weight[used], given.times[used]
    size = weight * given.below[used]
    total = float(times @ size)
    rate = float((times * weight) @ given.top[used]) / total if total > 0 else 0.0
    score = weight * given.top[used] - rate * size
    sums = (times, times * score, times * size, times * weight * size)
    by_value: list[Floats] = [np.bincount(place, x, minlength=len(value)).astype(np.float64) for x in sums]
    return _Column(value, *by_value)


def _best_cut(column: _Column, begin: int, end: int, least_units: int) -> tuple[float, int]:
    """Return how clear the best cut between the values `begin` to `end` is, and the first value above it; 0 for none.

    Clear is the squared difference over its variance, up to a constant that all cuts of a column share.
    """
    at = np.arange(begin + 1, end)
    if not len(at):
        return 0.0, end

    def sides(sums: Floats) -> tuple[Floats, Floats]:
        return sums[at] - sums[begin], sums[end] - sums[at]

    with np.errstate(divide="ignore", invalid="ignore"):
        left, right = (score / size for score, size in zip(sides(column.score), sides(column.size), strict=True))
        variance = sum(s / n**2 for s, n in zip(sides(column.square), sides(column.size), strict=True))
        gain = (left - right) ** 2 / variance
    enough = np.minimum(*sides(column.units)) >= least_units
    gain = np.where(enough & np.isfinite(gain), gain, 0.0)
    best = int(np.argmax(gain))
    return float(gain[best]), int(at[best])


def shortest_between(low: float, high: float) -> float:
    """Return the number with the fewest digits above `low` and at most `high`, nearest the middle of the two.

    >>> shortest_between(24.0, 25.0), shortest_between(0.137, 0.4312)
    (25.0, 0.3)
    """
    first = -int(np.floor(np.log10(max(abs(low), abs(high), 1e-300)))) - 1
    for digits in range(max(first, -300), min(first + 18, 300)):
        step = 10.0**-digits
        for whole in (np.round((low + high) / 2 / step), np.floor(high / step)):
            tried = float(np.round(whole * step, max(digits, 0)))
            if low < tried <= high:
                return tried + 0.0  # no -0
    return float(high)
