"""The smallest gap that would be seen: how far a slice has to lie from everyone else for a test to find it.

A test at level alpha finds a gap d with chance `power` where

    d = q_alpha se(no gap) + z_power se(gap d)

with both standard errors of the difference: without a gap both sides have the pooled value, with it the rest has its
own and the slice has that plus d (Fleiss, Levin & Paik 2003, "Statistical methods for rates and proportions", chapter
4). The variance of a share and of a rate changes with its value, so d is solved for. Sizes are effective ones, so
that weights and clusters count for what they are worth, and each side has its own quantile, as in the intervals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.intervals import quantile
from metrics.registry import Metric
from metrics.sides import Measured, Side, slope_of

__all__ = ["detectable_gaps"]

Floats = NDArray[Any]
_HALVINGS, _DOUBLINGS = 40, 60


def detectable_gaps(
    metric: Metric, one: Measured, two: Measured, r: Floats, alpha: Floats | float, power: float
) -> Floats:
    """Return the smallest gap of each slice from everyone else that is found with chance `power`, one dimension.

    `one` and `two` are of one metric, (1, slices); `r` is the correlation of both sides, `alpha` the level of each
    test. The gap is for the worse; of a metric without a better direction it is the larger of both. NaN where there is
    none: without data, or where even the worst value there can be would go unseen.
    """
    both = []
    for sign in _signs(metric):
        found = _gaps(one, two, r.ravel(), np.broadcast_to(np.asarray(alpha, float), r.size), power, sign)
        both.append(found)
    return np.asarray(np.fmax.reduce(both))


def _signs(metric: Metric) -> tuple[int, ...]:
    return {"lower": (1,), "higher": (-1,), "neither": (1, -1)}[metric.better]


@dataclass(frozen=True)
class _Scale:
    """A scale on which variances are known: `spread_one` and `spread_two` give them at any value of it."""

    value: Floats  # the rest's
    spread_one: Callable[[Floats], Floats]
    spread_two: Callable[[Floats], Floats]
    weight: Floats  # the slice's share in what is pooled
    shown: Callable[[Floats], Floats]
    least: float
    most: float


def _gaps(one: Measured, two: Measured, r: Floats, alpha: Floats, power: float, sign: int) -> Floats:
    scale = _scale_of(one, two, alpha)
    with np.errstate(all="ignore"):
        q1, q2 = quantile(alpha, one.side.df.ravel()), quantile(alpha, two.side.df.ravel())
        z = NormalDist().inv_cdf(power)

        def missing(d: Floats) -> Floats:
            """How much d lacks to be found."""
            there = scale.value + sign * d
            pooled = scale.weight * there + (1 - scale.weight) * scale.value
            null = [q * np.sqrt(v(pooled)) for q, v in ((q1, scale.spread_one), (q2, scale.spread_two))]
            real = [np.sqrt(v(x)) for v, x in ((scale.spread_one, there), (scale.spread_two, scale.value))]
            return _apart(null, r) + z * _apart(real, r) - d

        most = np.where(sign > 0, scale.most - scale.value, scale.value - scale.least)
        high = np.where(np.isinf(most), 1.0, most)
        for _ in range(_DOUBLINGS):
            beyond = np.isinf(most) & (missing(high) > 0)
            if not beyond.any():
                break
            high = np.where(beyond, 2 * high, high)
        low, found = np.zeros_like(high), missing(high) <= 0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            lacks = missing(middle) > 0
            low, high = np.where(lacks, middle, low), np.where(lacks, high, middle)
        gap = np.abs(scale.shown(scale.value + sign * high) - scale.shown(scale.value))
    return np.asarray(np.where(found & np.isfinite(gap), gap, np.nan))


def _apart(errors: list[Floats], r: Floats) -> Floats:
    """Return the standard error of a difference from those of both sides."""
    a, b = errors
    return np.asarray(np.sqrt(np.maximum(a * a + b * b - 2 * r * a * b, 0)))


def _scale_of(one: Measured, two: Measured, alpha: Floats) -> _Scale:
    """Return the scale of a kind of side, as its interval has it."""
    a, b = one.side, two.side
    value = b.value.ravel()
    sizes = one.effective.ravel(), two.effective.ravel()
    bounds = b.bounds
    if a.kind in ("share", "rate"):
        if a.kind == "share":
            n1, n2 = a.n.ravel(), b.n.ravel()
            bounds = (0.0, 1.0)
        else:
            n1, n2 = _size_of_rate(a), _size_of_rate(b)
            bounds = (0.0, np.inf)
        curve = _spread_of_share if a.kind == "share" else _spread_of_rate
        return _Scale(
            value,
            lambda x: curve(x) / n1,
            lambda x: curve(x) / n2,
            n1 / (n1 + n2),
            lambda x: _show(b, x),
            *bounds,
        )
    se = np.sqrt(b.variance.ravel())
    shown: Callable[[Floats], Floats] = lambda x: x  # noqa: E731
    if a.kind == "atanh":
        value, se, shown, bounds = np.arctanh(value), se / (1 - value * value), np.tanh, (-np.inf, np.inf)
    elif a.kind == "log1m":  # turned round, so that a smaller R2 stays the smaller value
        value, se, shown, bounds = -np.log1p(-value), se / (1 - value), lambda x: -np.expm1(-x), (-np.inf, np.inf)
    with np.errstate(all="ignore"):
        own = se * np.sqrt(sizes[1] / sizes[0])  # units alike: the slice differs by its size alone
    if a.kind == "combined":
        own = _error_of_parts(a, b)
    elif a.kind == "sd":
        value, se, own, shown, bounds = np.log(value), se / 2, a.se.ravel() / 2, np.exp, (-np.inf, np.inf)
    elif a.kind == "quantile":
        own, se = (_error_of_limits(side, alpha) for side in (a, b))
    return _Scale(
        value,
        lambda x: own * own + 0 * x,
        lambda x: se * se + 0 * x,
        np.zeros_like(value),
        shown,
        *bounds,
    )


def _spread_of_share(p: Floats) -> Floats:
    return np.asarray(np.maximum(p * (1 - p), 0))


def _spread_of_rate(r: Floats) -> Floats:
    return np.asarray(np.maximum(r, 0))


def _size_of_rate(side: Side) -> Floats:
    """Return N of a rate, whose variance is r/N: at the dispersion of the whole file, else at its own."""
    with np.errstate(all="ignore"):
        own = side.value / (side.se * side.se)
        return np.where(np.isfinite(side.n_zero), side.n_zero, own).ravel()


def _show(side: Side, x: Floats) -> Floats:
    if side.kind == "share":
        from metrics.intervals import transform_share

        return transform_share(x, side.transform)  # type: ignore[arg-type]
    return np.sqrt(x) if side.transform == "root" else x


def _error_of_parts(a: Side, b: Side) -> Floats:
    """Return the standard error of a mean of shares at the rest's shares and the slice's sizes."""
    assert a.parts is not None
    assert b.parts is not None
    p, n = b.parts.value, a.parts.n
    with np.errstate(all="ignore"):
        errors = np.sqrt(p * (1 - p) / n) * slope_of(b.parts)
        k = p.shape[-1]
        if b.correlations is None:
            return np.asarray(np.sqrt((errors * errors).sum(axis=-1)) / k).ravel()
        together = np.einsum("...i,...ij,...j->...", errors, b.correlations, errors)
        return np.asarray(np.sqrt(together).ravel() / k)


def _error_of_limits(side: Side, alpha: Floats) -> Floats:
    """Return the standard error that would give the half-width there is."""
    low, high = side.limits(alpha[None])
    with np.errstate(all="ignore"):
        return np.asarray((high - low) / 2 / quantile(alpha)).ravel()
