"""Limits of one value, and from them the limits of a difference, a ratio and a mean, as plain array functions.

Every function takes arrays of any shapes that broadcast and works element by element. NaN in is NaN out: a value or
a limit that cannot be had is missing, never 0. Limits are a pair of arrays, `(low, high)`.

Throughout, `q` is the two-sided quantile that `quantile` gives: Student's t with clusters and for means, else normal.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import log
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]
Limits = tuple[Floats, Floats]
LimitsAt = Callable[[Floats, Positions], Limits]

SMALLEST_P = 1e-14  # no interval is asked for beyond this alpha; p values stop here


def quantile(alpha: ArrayLike, df: ArrayLike = np.inf) -> Floats:
    """Return the two-sided quantile at level 1 - alpha: Student's t with `df`, the normal where `df` is infinite.

    Accurate down to alpha = 1e-14, because the lower tail is asked for. NaN where `df` is 0 or less
    (one cluster, one unit) or alpha lies outside [0, 1].

    >>> quantile([0.05, 0.05], df=[np.inf, 4]).round(4).tolist()
    [1.96, 2.7764]
    """
    from scipy.special import ndtri, stdtrit

    tail, df = np.asarray(alpha, float) / 2, np.asarray(df, float)
    if np.all(df == np.inf):
        return np.asarray(0.0 - ndtri(np.where(tail <= 0.5, tail, np.nan)) + np.zeros(df.shape))
    tail, df = np.broadcast_arrays(tail, df)
    normal = np.isposinf(df)
    found = np.full(tail.shape, np.nan)
    student = (df > 0) & ~normal & (tail <= 0.5)
    found[student] = 0.0 - stdtrit(df[student], tail[student])
    found[normal] = quantile(2 * tail[normal])
    return found


def wilson(hits: ArrayLike, of: ArrayLike, confidence: float = 0.95) -> Floats:
    """Return the Wilson score interval of a proportion, as an array of (low, high).

    `hits` and `of` are counts of one shape, with `0 <= hits <= of`; the bounds lie in [0, 1]
    and are NaN where `of` is 0. Raises ValueError unless 0 < confidence < 1 and the counts fit.

    Wilson 1927; recommended for small counts by Brown, Cai & DasGupta 2001.

    >>> wilson(8, of=10).round(3).tolist()
    [0.49, 0.943]
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is a share between 0 and 1, such as 0.95; got {confidence}.")
    hits, of = np.asarray(hits, float), np.asarray(of, float)
    if np.any((hits < 0) | (hits > of)):
        raise ValueError("hits counts some of `of`: every count of hits lies between 0 and its `of`.")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.array(share_limits(hits / of, of, quantile(1 - confidence)))


def share_limits(p: ArrayLike, n: ArrayLike, q: ArrayLike) -> Limits:
    """Return Wilson's limits of the share `p` of `n` units (or effective units).

    The low end is exactly 0 at p = 0 and the high end exactly 1 at p = 1; NaN where n is 0. Wilson 1927.

    >>> low, high = share_limits(0.3, 30, quantile(0.05))
    >>> round(float(low), 4), round(float(high), 4)
    (0.1666, 0.4788)
    """
    p, n, q = np.asarray(p, float), np.asarray(n, float), np.asarray(q, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        a = np.where(n > 0, q * q / n, np.nan)
        middle = (p + a / 2) / (1 + a)
        half = np.sqrt(a * (p * (1 - p) + a / 4)) / (1 + a)
        low, high = np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)
    return np.where((p == 0) & ~np.isnan(low), 0.0, low), np.where((p == 1) & ~np.isnan(high), 1.0, high)


def transform_share(p: ArrayLike, kind: Literal["", "odds", "dice"] = "") -> Floats:
    """Turn a share, or a limit of one, into what is shown: itself, its odds p/(1 - p), or Dice's 2p/(1 + p) (F1).

    Odds are infinite at p = 1. All three grow with p, so that limits stay limits.
    """
    p = np.asarray(p, float)
    with np.errstate(divide="ignore"):
        if kind == "odds":
            return np.asarray(p / (1 - p))
        return np.asarray(2 * p / (1 + p) if kind == "dice" else p)


def rate_limits(r: ArrayLike, se: ArrayLike, q: ArrayLike, n_zero: ArrayLike = np.nan) -> Limits:
    """Return the limits r exp(-2 asinh(q se/2r)) and r exp(2 asinh(q se/2r)) of a rate or positive mean.

    This is Wilson's form without its 1 - p: with N = r/se^2 it equals r + q^2/2N -+ q sqrt(r/N + q^2/4N^2).
    At r = 0 the limits are 0 and q^2/n_zero, the limit of the same formula; `n_zero` is the effective n that the
    dispersion of the other slices gives, and where it is NaN there is no high end.
    """
    r, se, q, n_zero = (np.asarray(value, float) for value in (r, se, q, n_zero))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        reach = np.exp(2 * np.arcsinh(q * se / (2 * r)))
        low = np.where(r == 0, np.where(np.isnan(q), np.nan, 0.0), r / reach)
        high = np.where(r == 0, q * q / n_zero, r * reach)
    return low, high


def mean_limits(m: ArrayLike, se: ArrayLike, q: ArrayLike) -> Limits:
    """Return m - q se and m + q se, the limits of a mean that may be negative (Student 1908)."""
    m, half = np.asarray(m, float), np.asarray(q, float) * np.asarray(se, float)
    return m - half, m + half


def atanh_limits(m: ArrayLike, se: ArrayLike, q: ArrayLike) -> Limits:
    """Return the limits of a correlation, symmetric in atanh m (Fisher 1921); NaN at m = 1 and -1, which have none."""
    m, se, q = np.asarray(m, float), np.asarray(se, float), np.asarray(q, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle, half = np.where(np.abs(m) < 1, np.arctanh(m), np.nan), q * se / (1 - m * m)
        return np.tanh(middle - half), np.tanh(middle + half)


def log1m_limits(r2: ArrayLike, se: ArrayLike, q: ArrayLike) -> Limits:
    """Return the limits of R2, symmetric in log(1 - R2), so that none lies above 1; NaN at R2 = 1."""
    r2, se, q = np.asarray(r2, float), np.asarray(se, float), np.asarray(q, float)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        reach = np.exp(q * se / (1 - r2))
        return 1 - (1 - r2) * reach, 1 - (1 - r2) / reach


def median_limits(samples: NDArray[np.object_], alpha: ArrayLike) -> Limits:
    """Return the limits of the median of each of some sorted samples, from the order of their values alone.

    Between the two pairs of values whose levels lie on either side of 1 - alpha they are interpolated (Hettmansperger &
    Sheather 1986), as the levels that a sample can have lie far apart: 98 and 89 % with ten values. Where no two values
    hold the median between them at this level (95 %: under six values), the limits are 0 and infinity.
    """
    samples, alpha = np.broadcast_arrays(samples, np.asarray(alpha, float))
    low, high = np.full((2, *samples.shape), np.nan)
    for at in np.ndindex(samples.shape):
        values = np.asarray(samples[at], float)
        if len(values):
            place = _place_of_median_limit(len(values), float(alpha[at]))
            ends = [place, len(values) + 1 - place]
            low[at], high[at] = (0.0, np.inf) if place < 1 else np.interp(ends, np.arange(1, len(values) + 1), values)
    return low, high


def _place_of_median_limit(n: int, alpha: float) -> float:
    """Return how far down the sorted values of a sample the lower limit of its median lies: 1 is the least; 0 for none.

    The k-th value from either end hold the median between them but for twice the chance that under k of n fair coins
    show heads.
    """
    left_out = _left_out_of_median(n)
    k = int(np.searchsorted(left_out, alpha, side="right"))
    if k in (0, len(left_out)):
        return 0.0 if k == 0 else (n + 1) / 2
    part = (alpha - left_out[k - 1]) / (left_out[k] - left_out[k - 1])
    return float(k + (n - k) * part / (k + (n - 2 * k) * part))


@lru_cache(maxsize=4096)
def _left_out_of_median(n: int) -> Floats:
    """Return the chance that the k-th values from either end leave the median out, for k from 1 past the middle."""
    from scipy.special import bdtr

    return np.asarray(2 * bdtr(np.arange(n // 2 + 1), n, 0.5))


def deviation_limits(s: ArrayLike, n: ArrayLike, se: ArrayLike, q: ArrayLike) -> Limits:
    """Return the limits of a standard deviation: those of log s^2, with the kurtosis of what is measured in `se`.

    With c = n/(n - q): exp((log(c s^2) -+ c q se)/2); from q = n on they are 0 and infinity. NaN where `se` is.
    Bonett 2006, who takes the normal quantile for `q`.
    """
    s, n, se, q = (np.asarray(value, float) for value in (s, n, se, q))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        c = np.where(n > q, n / (n - q), np.inf)
        half = c * q * se / 2
        low, high = np.exp(np.log(c) / 2 - half) * s, np.exp(np.log(c) / 2 + half) * s
        known = ~np.isnan(s + se + q)
        low, high = (np.where(known & np.isinf(c), end, x) for x, end in ((low, 0.0), (high, np.inf)))
        return np.where(known, low, np.nan), np.where(known, high, np.nan)


def hanley_mcneil(auc: ArrayLike, positives: ArrayLike, negatives: ArrayLike) -> Floats:
    """Return the variance of an AUC over so many positives and negatives (Hanley & McNeil 1982)."""
    a, p, n = np.asarray(auc, float), np.asarray(positives, float), np.asarray(negatives, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
        return np.asarray((a * (1 - a) + (p - 1) * (q1 - a * a) + (n - 1) * (q2 - a * a)) / (p * n))


def auc_variance(
    auc: ArrayLike,
    placements_pos_var: ArrayLike,
    placements_neg_var: ArrayLike,
    positives: ArrayLike,
    negatives: ArrayLike,
) -> Floats:
    """Return the larger of DeLong's (1988) and Hanley and McNeil's (1982) variance of an AUC.

    The placements' variances are those of the positives' and of the negatives' placements, with n - 1; where there is
    one positive or one negative they are NaN, and Hanley and McNeil's variance stands alone.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        delong = np.asarray(placements_pos_var, float) / positives + np.asarray(placements_neg_var, float) / negatives
    return np.asarray(np.fmax(delong, hanley_mcneil(auc, positives, negatives)))


def auc_effective_n(auc: ArrayLike, variance: ArrayLike, positives: ArrayLike, negatives: ArrayLike) -> Floats:
    """Return A(1 - A)/V, the n at which Wilson's limits serve an AUC.

    At A = 1 it is 2PN/(N + 1) and at A = 0 2PN/(P + 1), its limits under Hanley and McNeil's variance.
    """
    a, v, p, n = (np.asarray(value, float) for value in (auc, variance, positives, negatives))
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = np.asarray(a * (1 - a) / v)
        return np.where(a == 1, 2 * p * n / (n + 1), np.where(a == 0, 2 * p * n / (p + 1), inner))


def mean_of_limits(
    values: ArrayLike, lows: ArrayLike, highs: ArrayLike, correlations: ArrayLike | None = None, axis: int = 0
) -> Limits:
    """Return the limits of the plain mean of several values (balanced accuracy) from the limits of each.

    `values`, `lows` and `highs` hold the values along `axis`. `correlations` has two leading axes, one entry for each
    two values, and then the remaining axes; without it the values are independent. MOVER, Zou & Donner 2008.
    """
    v, low, high = (np.moveaxis(np.asarray(value, float), axis, 0) for value in (values, lows, highs))
    mean = v.mean(axis=0)
    return mean - _reach_of_mean(v - low, correlations), mean + _reach_of_mean(high - v, correlations)


def difference_limits(
    p1: ArrayLike, l1: ArrayLike, u1: ArrayLike, p2: ArrayLike, l2: ArrayLike, u2: ArrayLike, r: ArrayLike = 0.0
) -> Limits:
    """Return the limits of p1 - p2 from the limits l, u of each and their correlation `r`.

    MOVER, Zou & Donner 2008; for shares and r = 0 it is Newcombe's (1998) method 10. An end that an infinite limit
    reaches is infinite. Where one value itself is infinite (odds x/0), the end that stays finite is the distance
    between the nearer ends, l1 - u2 or u1 - l2; where both are, there are no limits.

    >>> low, high = difference_limits(0.25, 0.1578, 0.3723, 0.125, 0.0890, 0.1728)
    >>> round(float(low), 2), round(float(high), 2)
    (0.02, 0.25)
    """
    p1, l1, u1, p2, l2, u2, r = (np.asarray(value, float) for value in (p1, l1, u1, p2, l2, u2, r))
    with np.errstate(invalid="ignore", over="ignore"):
        d = p1 - p2
        low = d - _reach_of_two(p1 - l1, u2 - p2, r)
        high = d + _reach_of_two(u1 - p1, p2 - l2, r)
        if not _all_finite(p1, u1, p2, u2):
            low, high = np.where(np.isinf(u2), -np.inf, low), np.where(np.isinf(u1), np.inf, high)
            low, high = np.where(np.isinf(p1), l1 - u2, low), np.where(np.isinf(p2), u1 - l2, high)
            low, high = np.where(np.isnan(d), np.nan, low), np.where(np.isnan(d), np.nan, high)
    return low, high


def ratio_limits(
    p1: ArrayLike, l1: ArrayLike, u1: ArrayLike, p2: ArrayLike, l2: ArrayLike, u2: ArrayLike, r: ArrayLike = 0.0
) -> Limits:
    """Return the limits of p1/p2 from the limits l, u of each and their correlation `r`, without cancellation.

    They are the R at which the limits of p1 - R p2 touch 0 (MOVER-R, Donner & Zou 2012), so that the ratio's holds 1
    exactly when the difference's holds 0. `high` is infinite where the baseline may be 0; `low` stays finite where
    p2 = 0 and p1 > 0. NaN at 0/0, and where a lower limit is negative: such a ratio says nothing.
    Infinite values and limits as in `difference_limits`.
    """
    p1, l1, u1, p2, l2, u2, r = (np.asarray(value, float) for value in (p1, l1, u1, p2, l2, u2, r))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        top, bottom = l1 * (2 * p1 - l1), u2 * (2 * p2 - u2)
        both = p1 * p2 - r * (p1 - l1) * (u2 - p2)
        under = both + np.sqrt(np.maximum(both * both - top * bottom, 0))
        low = np.where(under == 0, 0.0, top / under)

        top, bottom = u1 * (2 * p1 - u1), l2 * (2 * p2 - l2)
        both = p1 * p2 - r * (u1 - p1) * (p2 - l2)
        over = both + np.sqrt(np.maximum(both * both - top * bottom, 0))
        high = np.where((bottom == 0) & ~np.isnan(over), np.inf, over / bottom)

        if not _all_finite(p1, u1, p2, u2):
            low = np.where(np.isinf(u2), 0.0, np.where(np.isinf(p1), l1 / u2, low))
            high = np.where(np.isinf(u1), np.inf, np.where(np.isinf(p2), u1 / l2, high))
    void = ((p1 == 0) & (p2 == 0)) | (np.isinf(p1) & np.isinf(p2)) | (l1 < 0) | (l2 < 0) | np.isnan(p1) | np.isnan(p2)
    return np.where(void, np.nan, low), np.where(void, np.nan, high)


def p_of_touch(limits_at: LimitsAt, value: ArrayLike, tested: ArrayLike) -> Floats:
    """Return p of each tested value: the alpha at which the interval of `value` just touches it.

    `limits_at(alpha, index)` gives the limits at level 1 - alpha of the elements at the flat positions `index`, one
    alpha each; they widen as alpha falls. A value equal to the estimate gives 1, one that no interval reaches down to
    alpha = 1e-14 gives 1e-14, and NaN gives NaN. Infinite values are tested by their finite end.

    Interval, p and verdict therefore never disagree: tested lies outside exactly when p < alpha.
    """
    value, tested = np.broadcast_arrays(np.asarray(value, float), np.asarray(tested, float))
    shape, value, tested = value.shape, value.ravel(), tested.ravel()
    p = np.where(np.isnan(value) | np.isnan(tested), np.nan, 1.0)
    at = np.flatnonzero(value != tested)
    at = at[~np.isnan(p[at])]
    p[at] = _solve_touch(limits_at, value[at], tested[at], at)
    return p.reshape(shape)


def _solve_touch(limits_at: LimitsAt, value: Floats, tested: Floats, at: Positions) -> Floats:
    # The distance from the estimate to its limit grows about as z, the normal quantile. In log z and log distance the
    # curve is nearly straight with slope 1, and a secant kept inside a bracket needs a handful of steps.
    from scipy.special import ndtr, ndtri

    below = tested < value
    target = np.log(_distance(tested, value, below))

    def gap_at(x: Floats, todo: Positions) -> Floats:
        low, high = limits_at(2 * ndtr(-np.exp(x)), at[todo])
        limit = np.where(below[todo], low, high)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(_distance(limit, value[todo], below[todo])) - target[todo])

    todo = np.arange(len(at))
    x = np.full(len(at), log(-ndtri(SMALLEST_P / 2)))
    gap = gap_at(x, todo)  # below 0: even the widest interval leaves the tested value out
    answer = np.where(np.isnan(gap), np.nan, x)
    todo = np.flatnonzero(gap > 0)
    x, gap = x[todo], gap[todo]
    x_old, gap_old, left, right = x - 1, gap - 1, np.full(len(todo), -30.0), x
    for step in range(100):
        with np.errstate(divide="ignore", invalid="ignore"):
            secant = x - gap * (x - x_old) / (gap - gap_old)
        inside = (left < secant) & (secant < right) & (step % 8 < 7)
        ahead = np.where(inside, secant, (left + right) / 2)
        answer[todo] = ahead

        # The error of a secant is about the product of its last two steps; z(1 + z) turns it into one of log p.
        error = np.where(inside, np.abs((ahead - x) * (x - x_old)), right - left) * np.exp(ahead) * (1 + np.exp(ahead))
        going = error > 1e-12
        todo, x_old, gap_old, x = todo[going], x[going], gap[going], ahead[going]
        if not len(todo):
            break
        gap = gap_at(x, todo)
        left, right = np.where(gap < 0, x, left[going]), np.where(gap < 0, right[going], x)
    return np.asarray(np.maximum(2 * ndtr(-np.exp(answer)), SMALLEST_P))


def _distance(point: Floats, value: Floats, below: NDArray[np.bool_]) -> Floats:
    # How far a point lies from the estimate on its side. From an infinite estimate every point is infinitely far;
    # there exp(-asinh) keeps the order, and is 0 at infinity itself.
    with np.errstate(invalid="ignore"):
        far = np.where(below, value - point, point - value)
        if np.isinf(value).any():
            far = np.where(np.isinf(value), np.exp(-np.arcsinh(np.where(value > 0, point, -point))), far)
    return np.asarray(np.maximum(far, 0))


def _reach_of_two(a: Floats, b: Floats, r: Floats) -> Floats:
    squared = a * a + b * b
    return np.sqrt(np.maximum(squared - 2 * r * a * b, 0) if r.any() else squared)


def _reach_of_mean(reaches: Floats, correlations: ArrayLike | None) -> Floats:
    if correlations is None:
        squared = (reaches * reaches).sum(axis=0)
    else:
        squared = np.einsum("i...,ij...,j...->...", reaches, np.asarray(correlations, float), reaches)
    return np.asarray(np.sqrt(np.maximum(squared, 0)) / len(reaches))


def _all_finite(*arrays: Floats) -> bool:
    return not any(np.isinf(array).any() for array in arrays)
