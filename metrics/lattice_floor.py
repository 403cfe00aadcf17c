"""The noise floor of a search: how far the worst of very many slices lies from the rest in a fair file.

In a fair file every slice and its rest are samples of the same units. The floor is the distance x at which the chances
that a slice lies further off add up to 5 %: whatever slices share, at most 5 in 100 fair files have one beyond it
(Bonferroni 1936). Each chance is that of a share of n units, n the harmonic sum of the effective units of slice and
rest, so that its variance is that of the difference: a binomial tail for shares, a Poisson tail for rates of counts, a
normal one for everything else. No draws are made, and none of the rows is touched.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.registry import Metric
from metrics.sides import Measured, Side

__all__ = ["lattice_floor"]

Floats = NDArray[Any]

_CHANCE = 0.05
_STEP = 0.01  # sizes that differ by less than this share count as the smallest of them
_FURTHEST = 9.0  # standard errors beyond which a slice adds nothing


def lattice_floor(metric: Metric, everyone: Measured, one: Measured, two: Measured, used: NDArray[np.bool_]) -> float:
    """Return the floor over the slices `used`, in the metric's unit; NaN where there is none.

    `everyone` has the shape (1, 1), `one` and `two` (the slices and their rests) the shape (1, slices).
    """
    side = everyone.side
    value = float(side.value.ravel()[0])
    sizes = _sizes(one.side, one)[used], _sizes(two.side, two)[used]
    with np.errstate(divide="ignore", invalid="ignore"):
        n = 1 / (1 / sizes[0] + 1 / sizes[1])
    n = n[np.isfinite(n) & (n > 0)]
    if not len(n) or np.isnan(value):
        return np.nan
    step, counts = np.unique(np.floor(np.log(n) / _STEP), return_counts=True)
    n = np.exp(step * _STEP)
    chance = _chance(side, everyone, value, n)
    above = metric.better != "higher"
    below = metric.better != "lower"

    def total(x: float) -> float:
        return float((counts * (above * chance(x) + below * chance(-x))).sum())

    low, high = 0.0, 1e-3
    while total(high) > _CHANCE:
        low, high = high, high * 2
        if high > 1e12:
            return np.nan
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if total(middle) > _CHANCE else (low, middle)
        if high - low < 1e-6 * high:
            break
    return high


def _sizes(side: Side, measured: Measured) -> Floats:
    """Return the effective size of every set, in what its variance is inverse to."""
    return (side.n_zero if side.kind == "rate" else measured.effective).ravel()


def _chance(side: Side, everyone: Measured, value: float, n: Floats) -> Callable[[float], Floats]:
    """Return the function from a distance to the chance that slices of `n` units lie further off on that side."""
    from scipy.special import betainc, gammainc, ndtr

    shown = float(side.shown.ravel()[0])
    if side.kind == "share" and 0 < value < 1:
        spread = np.sqrt(value * (1 - value) / n)

        def of_share(x: float) -> Floats:
            p = _undo(side.transform, shown + x)
            k = n * np.clip(p, 0, 1)
            near = np.abs(p - value) < _FURTHEST * spread + 10 / n
            k, m = k[near], n[near]
            found = np.zeros(len(n))
            tail = betainc(k + 0.5, m - k + 0.5, value)
            found[near] = tail if x > 0 else 1 - tail
            return found if 0 < p < 1 else found * 0

        return of_share
    if side.kind == "rate" and value > 0:

        def of_rate(x: float) -> Floats:
            r = shown + x
            r = (r * r if r > 0 else 0.0) if side.transform == "root" else r
            if r <= 0:
                return np.zeros(len(n))
            tail = gammainc(n * r + 0.5, n * value)
            return np.asarray(tail if x > 0 else 1 - tail)

        return of_rate
    variance = float(side.variance.ravel()[0]) * float(everyone.effective.ravel()[0])
    if not variance > 0:
        return lambda _: np.full(len(n), np.nan)
    return lambda x: np.asarray(ndtr(-abs(x) / np.sqrt(variance / n)))


def _undo(transform: str, shown: float) -> float:
    """Return the share that is shown as this: odds, F1."""
    if transform == "odds":
        return shown / (1 + shown) if shown > -1 else 0.0
    return shown / (2 - shown) if transform == "dice" else shown
