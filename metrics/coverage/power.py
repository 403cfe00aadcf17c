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

from metrics.intervals import quantile, transform_share
from metrics.registry import Metric, Rate
from metrics.sides import Measured, Side, slope_of

__all__ = ["detectable_gaps"]

Floats = NDArray[Any]
Spread = Callable[[Floats, Floats], Floats]
_HALVINGS, _DOUBLINGS = 40, 60


def detectable_gaps(
    metric: Metric, one: Measured, two: Measured, r: Floats, alpha: Floats | float, power: float
) -> Floats:
    """Return the smallest gap of each slice from everyone else that is found with chance `power`, one dimension.

    `one` and `two` are of one metric, (1, slices); `r` is the correlation of both sides, `alpha` the level of each
    test. The gap is for the worse; of a metric without a better direction it is the larger of both. NaN where there is
    none: without data, or where even the worst value there can be would go unseen.
    """
    level = np.broadcast_to(np.asarray(alpha, float), r.size)
    with np.errstate(all="ignore"):  # what is undefined is NaN, here and in all below
        both = [_gaps(metric, one, two, r.ravel(), level, power, sign) for sign in _signs(metric)]
        return np.asarray(np.fmax.reduce(both))


def _signs(metric: Metric) -> tuple[int, ...]:
    return {"lower": (1,), "higher": (-1,), "neither": (1, -1)}[metric.better]


@dataclass(frozen=True)
class _Scale:
    """A scale on which variances are known.

    `spread` gives the variance of one unit of a side from its value and from that at which the test takes it: what is
    pooled for no gap, its own for one. `sizes` are the effective units of slice and rest.
    """

    value: Floats  # the rest's
    spread: Spread
    sizes: tuple[Floats, Floats]
    weight: Floats  # the slice's share in what is pooled
    shown: Callable[[Floats], Floats]
    least: float
    most: float


def _gaps(metric: Metric, one: Measured, two: Measured, r: Floats, alpha: Floats, power: float, sign: int) -> Floats:
    scale = _scale_of(metric, one, two, alpha)
    q1, q2 = quantile(alpha, one.side.df.ravel()), quantile(alpha, two.side.df.ravel())
    z = NormalDist().inv_cdf(power)

    def missing(d: Floats) -> Floats:
        """How much d lacks to be found."""
        there = scale.value + sign * d
        pooled = scale.weight * there + (1 - scale.weight) * scale.value
        sides = list(zip((there, scale.value), scale.sizes, (q1, q2), strict=True))
        null = [q * np.sqrt(scale.spread(x, pooled) / n) for x, n, q in sides]
        real = [np.sqrt(scale.spread(x, x) / n) for x, n, _ in sides]
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
    return np.asarray(np.where(found & np.isfinite(gap) & (gap > 0), gap, np.nan))


def _apart(errors: list[Floats], r: Floats) -> Floats:
    """Return the standard error of a difference from those of both sides."""
    a, b = errors
    return np.asarray(np.sqrt(np.maximum(a * a + b * b - 2 * r * a * b, 0)))


def _scale_of(metric: Metric, one: Measured, two: Measured, alpha: Floats) -> _Scale:
    """Return the scale of a kind of side, as its interval has it."""
    a, b = one.side, two.side
    value = b.value.ravel()
    sizes = one.effective.ravel(), two.effective.ravel()
    if a.kind in ("share", "rate"):
        sized = a.n.ravel(), b.n.ravel()
        spread: Spread = _spread_of_share
        bounds = (0.0, 1.0)
        if a.kind == "rate":
            counted = isinstance(metric.formula, Rate) and metric.formula.of_counts
            spread = _spread_of_counts(value) if counted else _spread_of_sizes
            bounds = (0.0, np.inf)
            sized = (_size_of_counts(a), _size_of_counts(b)) if counted else _sizes_of_sizes(b, sizes)
        return _Scale(value, spread, sized, sized[0] / (sized[0] + sized[1]), lambda x: _show(b, x), *bounds)
    se, bounds = np.sqrt(b.variance.ravel()), b.bounds
    if a.kind == "combined":  # a mean of shares scatters much as a share of its size does
        errors = (_error_of_parts(a, b), se)
        like = [value * (1 - value) / (error * error) for error in errors]
        n1, n2 = (np.where(np.isfinite(n), n, size) for n, size in zip(like, sizes, strict=True))
        return _Scale(value, _spread_of_share, (n1, n2), n1 / (n1 + n2), lambda x: x, 0.0, 1.0)
    shown: Callable[[Floats], Floats] = lambda x: x  # noqa: E731
    if a.kind == "atanh":
        value, se, shown, bounds = np.arctanh(value), se / (1 - value * value), np.tanh, (-np.inf, np.inf)
    elif a.kind == "log1m":  # turned round, so that a smaller R2 stays the smaller value
        value, se, shown, bounds = -np.log1p(-value), se / (1 - value), _from_log, (-np.inf, np.inf)
    own = se * np.sqrt(sizes[1] / sizes[0])  # units alike: the slice differs by its size alone
    if a.kind == "sd":
        value, se, own, shown, bounds = np.log(value), se / 2, a.se.ravel() / 2, np.exp, (-np.inf, np.inf)
    elif a.kind == "quantile":
        own, se = (_error_of_limits(side, alpha) for side in (a, b))
    # The variance does not change with the value.
    return _Scale(value, lambda x, _: np.ones_like(x), (own**-2.0, se**-2.0), np.zeros_like(value), shown, *bounds)


def _from_log(x: Floats) -> Floats:
    return np.asarray(-np.expm1(-x))


def _spread_of_share(_: Floats, at: Floats) -> Floats:
    return np.asarray(np.maximum(at * (1 - at), 0))


def _spread_of_counts(rest: Floats) -> Spread:
    """Counts that come in bursts scatter between Poisson's and their square: as r^1.5 (Tweedie 1984, index 1.5).

    The interval changes that in proportion to the value; at the rest's value it is Poisson's but for a factor.
    """
    return lambda own, at: np.asarray(np.sqrt(np.where(rest > 0, np.maximum(own, 0) / rest, 1)) * np.maximum(at, 0))


def _spread_of_sizes(own: Floats, at: Floats) -> Floats:
    """Sizes of errors scatter in proportion to their square; the interval changes that in proportion to the value."""
    return np.asarray(np.maximum(own * at, 0))


def _size_of_counts(side: Side) -> Floats:
    """Return N of a rate of counts, whose variance is r/N: at the dispersion of the whole file, else at its own."""
    own = side.value / (side.se * side.se)
    return np.asarray(np.where(np.isfinite(side.n_zero), side.n_zero, own)).ravel()


def _sizes_of_sizes(rest: Side, sizes: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Return N of both sides of a rate whose variance is r^2/N, at the scatter of the rest."""
    of_rest = ((rest.value / rest.se) ** 2).ravel()
    return of_rest * sizes[0] / sizes[1], of_rest


def _show(side: Side, x: Floats) -> Floats:
    if side.kind == "share":
        return transform_share(x, side.transform)  # type: ignore[arg-type]
    return np.sqrt(x) if side.transform == "root" else x


def _error_of_parts(a: Side, b: Side) -> Floats:
    """Return the standard error of a mean of shares at the rest's shares and the slice's sizes."""
    assert a.parts is not None
    assert b.parts is not None
    p, n = b.parts.value, a.parts.n
    errors = np.sqrt(p * (1 - p) / n) * slope_of(b.parts)
    k = p.shape[-1]
    if b.correlations is None:
        return np.asarray(np.sqrt((errors * errors).sum(axis=-1)) / k).ravel()
    together = np.einsum("...i,...ij,...j->...", errors, b.correlations, errors)
    return np.asarray(np.sqrt(together).ravel() / k)


def _error_of_limits(side: Side, alpha: Floats) -> Floats:
    """Return the standard error that would give the half-width there is."""
    low, high = side.limits(alpha[None])
    return np.asarray((high - low) / 2 / quantile(alpha)).ravel()
