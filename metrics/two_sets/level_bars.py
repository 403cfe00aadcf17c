"""What each level adds to the parts of a change, one bar a level; the bars of a part add up to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.estimate import as_objects, measure
from metrics.intervals import difference_limits
from metrics.two_sets.cells import BothSides, SideCells
from metrics.two_sets.part_limits import limit_sum, vary_side
from metrics.two_sets.parts import Weighing

__all__ = ["tabulate_bars"]

Floats = NDArray[Any]
Bars = tuple[Floats, Floats, Floats]

COLUMNS = ["slice", "part", "value", "low", "high", "reference_share", "customer_share", "reference", "customer"]


def tabulate_bars(both: BothSides, alpha: float) -> pd.DataFrame:
    """Return the bars of one metric as a frame, level by level: mix and rates, or one_sided."""
    weighing = Weighing(both)
    bars = {
        "mix": _bars_of_mix(both, weighing, alpha),
        "rates": _bars_of_rates(both, weighing, alpha),
        "one_sided": _bars_of_one_side(both, weighing, alpha),
    }
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = [side.below[0] / side.below[0].sum() for side in both.sides]
    rows = []
    for cell, name in enumerate(both.slices):
        parts = ["mix", "rates"] if both.common[0, cell] else ["one_sided"] * bool(both.one_sided[0, cell])
        for part in parts:
            told = (*(x[cell] for x in bars[part]), *(s[cell] for s in shares), *(s.value[0, cell] for s in both.sides))
            rows.append((name, part, *map(float, told)))
    frame = pd.DataFrame({name: [row[i] for row in rows] for i, name in enumerate(COLUMNS[1:], 1)})
    frame.insert(0, COLUMNS[0], as_objects([row[0] for row in rows]))
    return frame


def _bars_of_mix(both: BothSides, weighing: Weighing, alpha: float) -> Bars:
    """Return the change of each level's weight times how far its rate lies from the mean of all."""
    dw, weight, rate = (a[0] for a in (weighing.change_of_weight, weighing.mean_weight, weighing.mean_rate))
    one, apart = np.eye(len(dw)), rate - weight @ rate
    by_rate = dw[:, None] * (one - weight) / 2
    by_change, by_weight = one * apart, -dw[:, None] * rate / 2
    slopes = [
        weighing.slopes(which, by_rate[None], (by_weight + (by_change if which else -by_change))[None])
        for which in range(2)
    ]
    return _plain_bars(both, dw * apart, slopes, both.common, alpha)


def _bars_of_rates(both: BothSides, weighing: Weighing, alpha: float) -> Bars:
    """Return the change of each level's rate times its mean weight.

    The limits are those of the level's own change, times the weight; what is not sure about the weight adds to them.
    """
    dr, weight = weighing.change_of_rate[0], weighing.mean_weight[0]
    (l1, u1), (l2, u2) = (_limits_of_cells(side, alpha) for side in (both.customer, both.reference))
    low, high = difference_limits(both.customer.value[0], l1, u1, both.reference.value[0], l2, u2)
    by_weight = np.eye(len(dr))[None] * dr / 2
    slopes = [weighing.slopes(which, np.zeros_like(by_weight), by_weight) for which in range(2)]
    _, _, uncertain = _plain_bars(both, np.zeros_like(dr), slopes, both.common, alpha)
    more = np.where(np.isnan(uncertain), 0.0, uncertain) ** 2
    value = weight * dr
    return (
        value,
        value - np.sqrt((weight * (dr - low)) ** 2 + more),
        value + np.sqrt((weight * (high - dr)) ** 2 + more),
    )


def _bars_of_one_side(both: BothSides, weighing: Weighing, alpha: float) -> Bars:
    """Return how far each level of one side only moves that side's value from that of the levels on both."""
    value, slopes = np.zeros(len(both.codes)), []
    for which, (side, sign) in enumerate(zip(both.sides, (-1, 1), strict=True)):
        top, below, w = side.top[0], side.below[0], weighing.weights[which]
        among = float((w * (weighing.rates[which] - side.centre)).sum())
        alone = ~both.common[0]
        bars = np.where(alone, (top - among * below) / below.sum(), 0.0)
        one = np.eye(len(below)) * alone[:, None]
        own = np.stack([one / below.sum(), -one * among / below.sum() - bars[:, None] / below.sum()], axis=-1)
        of_common = weighing.slopes(which, w, weighing.rates[which])[0]
        own = own - (np.where(alone, below, 0.0) / below.sum())[:, None, None] * of_common
        value += sign * bars
        slopes.append(sign * own[None])
    value = value if weighing.known[0] else np.full_like(value, np.nan)
    return _plain_bars(both, value, slopes, both.common | both.one_sided, alpha)


def _plain_bars(both: BothSides, value: Floats, slopes: list[Floats], used: NDArray[np.bool_], alpha: float) -> Bars:
    here, there = (vary_side(side, s, used) for side, s in zip(both.sides, slopes, strict=True))
    low, high = limit_sum(value, ((here[0][0], here[1][0]), (there[0][0], there[1][0])), alpha)
    return value, low, high


def _limits_of_cells(side: SideCells, alpha: float) -> tuple[Floats, Floats]:
    """Return the limits of a set's value in every cell that both sets together have, NaN where it has none."""
    found = []
    for limit in measure(side.cube, side.family, side.grouping).side.limits(alpha):
        filled = np.full(side.below.shape[1], np.nan)
        filled[side.place] = limit[0]
        found.append(filled)
    return found[0], found[1]
