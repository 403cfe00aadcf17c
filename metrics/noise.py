"""Noise floors: how large the spread over groups gets by chance alone, where all groups fare alike.

max - min over groups is biased upward, and more so the more and the smaller the groups are. A floor is the 95 % point
of the same spread when chance deals the results out: the smallest value that at least 95 % of the draws do not exceed.

The same seed gives the same floor, whatever the order of the groups, and a metric the same as its complement. Groups
without a denominator are left out; under two groups there is no spread and the floor is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, nan
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.intervals import transform_share

Floats = NDArray[np.float64]
Transform = Literal["", "odds", "dice"]

_SMOOTH_VARIANCE = 30.0  # from here on a rounded normal stands in for a hypergeometric count, in a fifth of the time
_SMOOTH_STEP = 0.25  # likewise for sums of clusters: the largest share of a sum's error that one cluster may have
_CELLS_AT_ONCE = 500_000
_MOST_DEALT = 1_000_000_000  # units that numpy can deal from


def share_floor(
    below: ArrayLike,
    top: ArrayLike,
    confidence: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
    transform: Transform = "",
) -> float:
    """Return the floor of a spread of shares: the pooled numerator dealt over the groups' own denominators.

    `below` are the groups' denominators; `top` their numerators, or the pooled numerator alone; both are rounded to
    counts. The deal is multivariate hypergeometric, which is exact given the counts. `transform` is that of
    `transform_share`.
    """
    n = np.sort(np.rint(np.asarray(below, float)))
    n = n[n > 0]
    pooled = float(np.sum(top))
    if len(n) < 2 or np.isnan(pooled):
        return nan
    hits = int(np.clip(np.rint(pooled), 0, n.sum()))
    if not transform:  # events and non-events have the same spread
        hits = min(hits, int(n.sum()) - hits)
    return _share_floor(tuple(n.astype(int).tolist()), hits, confidence, draws, seed, transform)


def cluster_floor(
    group: ArrayLike,
    below: ArrayLike,
    top: ArrayLike,
    confidence: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
    transform: Transform = "",
) -> float:
    """Return the floor of a spread of ratios of sums where every cluster lies within one group.

    One entry a cluster: its group's code, its denominator and its numerator. Whole clusters are dealt out again, each
    group keeping its number of clusters.
    """
    x, y = np.asarray(below, np.float64), np.asarray(top, np.float64)
    used = (x > 0) | (y != 0)
    _, sizes = np.unique(np.asarray(group)[used], return_counts=True)
    if len(sizes) < 2:
        return nan
    x, y = x[used], y[used]
    if not transform and 2 * y.sum() > x.sum():  # events and non-events have the same spread
        y = x - y
    order = np.lexsort((y, x))
    sums = _deal_clusters(x[order], y[order], np.sort(sizes), draws, np.random.default_rng(seed))
    with np.errstate(divide="ignore", invalid="ignore"):
        return _point(transform_share(sums.imag / sums.real, transform), confidence)


def spanning_floor(
    below: ArrayLike,
    deff: ArrayLike,
    share: float,
    confidence: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
    transform: Transform = "",
) -> float:
    """Return the floor of a spread of shares where clusters span the groups.

    The denominators are divided by the design effects `deff`, and the pooled `share` is dealt over them. With `deff` 1
    it also serves weights, `below` being Kish's effective numbers.
    """
    n, deff = np.broadcast_arrays(np.asarray(below, float), np.asarray(deff, float))
    used = n > 0
    n = np.maximum(np.rint(n[used] / deff[used]), 1)
    if len(n) < 2 or np.isnan(share):
        return nan
    return share_floor(n, np.rint(share * n.sum()), confidence, draws, seed, transform)


def rearranged_floor(
    groups: Sequence[ArrayLike],
    kind: Literal["mean", "median", "sd"],
    confidence: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> float:
    """Return the floor of a spread of means, medians or standard deviations of values of their own per unit.

    `groups` are the values of each group; all of them are dealt out anew, each group keeping its number.
    """
    found = sorted((np.asarray(g, float) for g in groups if len(np.asarray(g))), key=len)
    if len(found) < 2:
        return nan
    values, sizes = np.sort(np.concatenate(found)), [len(g) for g in found]
    generator = np.random.default_rng(seed)
    told = np.full((draws, len(found)), np.nan)
    at_once = max(1, _CELLS_AT_ONCE // len(values))
    for begin in range(0, draws, at_once):
        shuffled = generator.permuted(np.tile(values, (min(at_once, draws - begin), 1)), axis=1)
        start = 0
        for i, size in enumerate(sizes):
            part = shuffled[:, start : start + size]
            start += size
            if kind == "mean":
                told[begin : begin + len(part), i] = part.mean(axis=1)
            elif kind == "median":
                told[begin : begin + len(part), i] = np.median(part, axis=1)
            elif size > 1:
                told[begin : begin + len(part), i] = part.std(axis=1, ddof=1)
    return _point(told, confidence)


def normal_floor(se: ArrayLike, confidence: float = 0.95, draws: int = 2000, seed: int = 0) -> float:
    """Return the floor of a spread of any other metric: normal draws with the groups' pooled standard errors `se`."""
    errors = np.sort(np.asarray(se, float).ravel())
    errors = errors[~np.isnan(errors)]
    if len(errors) < 2:
        return nan
    return _point(np.random.default_rng(seed).standard_normal((draws, len(errors))) * errors, confidence)


def calibration_floor(
    units: ArrayLike, expected: ArrayLike, confidence: float = 0.95, draws: int = 2000, seed: int = 0
) -> float:
    """Return the floor of a spread of expected calibration errors if every score were perfectly calibrated.

    `units` and `expected` (their scores added up) have the shape (groups, bins): in every bin, positives are drawn
    with the bin's mean score.
    """
    n, sums = np.asarray(units, float), np.asarray(expected, float)
    used = n.sum(axis=1) > 0
    n, sums = n[used], sums[used]
    if len(n) < 2:
        return nan
    order = np.lexsort(np.concatenate([n, sums], axis=1).T)
    n, sums = n[order], sums[order]
    chance = np.clip(np.divide(sums, n, out=np.zeros_like(n), where=n > 0), 0, 1)
    generator = np.random.default_rng(seed)
    errors = np.empty((draws, len(n)))
    for group, (count, p, total) in enumerate(zip(n.astype(np.int64), chance, sums, strict=True)):
        errors[:, group] = np.abs(generator.binomial(count, p, (draws, len(p))) - total).sum(axis=1) / count.sum()
    return _point(errors, confidence)


@lru_cache(maxsize=16384)
def _share_floor(
    below: tuple[int, ...], hits: int, confidence: float, draws: int, seed: int, transform: Transform
) -> float:
    n = np.array(below)
    dealt = _deal_hits(n, hits, draws, np.random.default_rng(seed))
    return _point(transform_share(dealt / n, transform), confidence)


def _deal_hits(n: NDArray[np.int64], hits: int, draws: int, generator: np.random.Generator) -> Floats:
    """Deal `hits` over groups of `n` units (ascending), draws x groups.

    The small groups first, exactly; the large ones share what is left by the normal law of the same deal.
    """
    total = int(n.sum())
    p = hits / total
    large = n * p * (1 - p) * (1 - n / total) >= _SMOOTH_VARIANCE
    if large.sum() < 2:
        return _deal_exactly(n, hits, draws, generator)
    n_left = int(n[large].sum())
    exact = _deal_exactly(np.array([*n[~large], n_left]), hits, draws, generator)
    left = exact[:, -1:] / n_left
    errors = _deal_errors(n[large], draws, generator) * np.sqrt(left * (1 - left) * n_left / (n_left - 1))
    dealt = np.empty((draws, len(n)))
    dealt[:, ~large] = exact[:, :-1]
    dealt[:, large] = np.clip(np.rint(n[large] * left + errors), 0, n[large])
    return dealt


def _deal_exactly(n: NDArray[np.int64], hits: int, draws: int, generator: np.random.Generator) -> Floats:
    """Deal `hits` over groups of `n` units, draws x groups, by the multivariate hypergeometric law.

    Among more units than numpy can deal from, a group's hits are binomial: of the group's units and the hits, the
    fewer are then a vanishing part of all units that are left, because no group but the last has a large variance.
    """
    if n.sum() < _MOST_DEALT:
        return generator.multivariate_hypergeometric(n, hits, size=draws, method="marginals").astype(float)
    dealt, left = np.empty((draws, len(n))), np.full(draws, hits)
    for i, later in enumerate(np.cumsum(n[::-1])[:0:-1]):
        fewer, more = np.minimum(n[i], left), np.maximum(n[i], left)
        found = np.clip(generator.binomial(fewer, more / later), left - (later - n[i]), fewer)
        dealt[:, i], left = found, left - found
    dealt[:, -1] = left
    return dealt


def _deal_clusters(
    below: Floats, top: Floats, sizes: NDArray[np.int64], draws: int, generator: np.random.Generator
) -> NDArray[np.complex128]:
    """Return the sums of clusters dealt into groups of `sizes`, draws x groups: denominators + i numerators."""
    n_clusters = len(below)
    errors = top - below * (top.sum() / max(below.sum(), 1e-300))
    if np.abs(errors).max() <= _SMOOTH_STEP * np.sqrt(errors @ errors / n_clusters * sizes[0]):
        # Every group has so many clusters that its two sums are jointly normal, with the covariance of the deal.
        spread_below = below.std(ddof=1)
        slope = np.cov(below, top)[0, 1] / spread_below**2 if spread_below else 0.0
        beside = np.sqrt(max(top.var(ddof=1) - (slope * spread_below) ** 2, 0.0))
        dealt = _deal_errors(sizes, draws, generator) * spread_below
        other = _deal_errors(sizes, draws, generator) * beside
        return np.asarray(sizes * (below.mean() + 1j * top.mean()) + dealt + 1j * (slope * dealt + other))

    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    both = below + 1j * top  # one number a cluster, so that a shuffle keeps its two sums together
    at_once = max(1, _CELLS_AT_ONCE // n_clusters)
    sums = np.empty((draws, len(sizes)), complex)
    for begin in range(0, draws, at_once):
        shuffled = np.tile(both, (min(at_once, draws - begin), 1))
        generator.permuted(shuffled, axis=1, out=shuffled)
        sums[begin : begin + at_once] = np.add.reduceat(shuffled, starts, axis=1)
    return sums


def _deal_errors(n: NDArray[np.int64], draws: int, generator: np.random.Generator) -> Floats:
    """Draw normal errors of sums over `n` units each that add up to 0: covariance diag(n) - n n'/sum(n)."""
    errors = generator.standard_normal((draws, len(n))) * np.sqrt(n)
    return np.asarray(errors - errors.sum(axis=1, keepdims=True) * (n / n.sum()))


def _point(values: Floats, confidence: float) -> float:
    """Return the smallest spread over the columns of `values` that at least `confidence` of the rows do not exceed."""
    with np.errstate(invalid="ignore"):
        largest, smallest = np.fmax.reduce(values, axis=1), np.fmin.reduce(values, axis=1)
        spreads = np.where(largest == smallest, 0.0, largest - smallest)
    position = ceil(confidence * len(spreads) - 1e-9) - 1
    return float(np.partition(spreads, position)[position])
