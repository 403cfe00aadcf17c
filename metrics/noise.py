"""Noise floors: how large the spread over groups gets by chance alone, where all groups fare alike.

max - min over groups is biased upward, and more so the more and the smaller the groups are. A floor is the 95 % point
of the same spread when chance deals the results out: the smallest value that at least 95 % of the draws do not exceed.

The same seed gives the same floor, whatever the order of the groups. Groups without a denominator are left out; under
two groups there is no spread and the floor is NaN.
"""

from __future__ import annotations

from math import ceil
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.intervals import transform_share

Floats = NDArray[np.float64]


def share_floor(
    below: ArrayLike,
    top: ArrayLike,
    confidence: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
    transform: Literal["", "odds", "dice"] = "",
) -> float:
    """Return the floor of a spread of shares: the pooled numerator dealt over the groups' own denominators.

    `below` are the groups' denominators; `top` their numerators, or the pooled numerator alone. The deal is
    multivariate hypergeometric, which is exact given the counts. `transform` is that of `transform_share`.
    """
    n = np.sort(np.rint(np.asarray(below, float)))[::-1].astype(np.int64)
    n = n[n > 0]
    if len(n) < 2:
        return float("nan")
    hits = int(np.clip(np.rint(np.sum(top)), 0, n.sum()))
    dealt = np.random.default_rng(seed).multivariate_hypergeometric(n, hits, size=draws, method="marginals")
    return _point(transform_share(dealt / n, transform), confidence)


def cluster_floor(
    group: ArrayLike,
    below: ArrayLike,
    top: ArrayLike,
    confidence: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
    transform: Literal["", "odds", "dice"] = "",
) -> float:
    """Return the floor of a spread of ratios of sums where every cluster lies within one group.

    One entry a cluster: its group's code, its denominator and its numerator. Whole clusters are dealt out again, each
    group keeping its number of clusters.
    """
    group, below, top = np.asarray(group), np.asarray(below, float), np.asarray(top, float)
    used = (below > 0) | (top != 0)
    _, sizes = np.unique(group[used], return_counts=True)
    if len(sizes) < 2:
        return float("nan")
    sizes = np.sort(sizes)[::-1]
    order = np.lexsort((top[used], below[used]))
    below, top = below[used][order], top[used][order]

    generator = np.random.default_rng(seed)
    begins = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    values = []
    at_once = max(1, 2_000_000 // len(below))
    for start in range(0, draws, at_once):
        dealt = np.tile(np.arange(len(below), dtype=np.int32), (min(at_once, draws - start), 1))
        generator.permuted(dealt, axis=1, out=dealt)
        with np.errstate(divide="ignore", invalid="ignore"):
            values.append(
                np.add.reduceat(top[dealt], begins, axis=1) / np.add.reduceat(below[dealt], begins, axis=1)
            )
    return _point(transform_share(np.concatenate(values), transform), confidence)


def spanning_floor(
    below: ArrayLike,
    deff: ArrayLike,
    share: float,
    confidence: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
    transform: Literal["", "odds", "dice"] = "",
) -> float:
    """Return the floor of a spread of shares where clusters span the groups.

    The denominators are divided by the design effects `deff`, the pooled `share` is dealt over them. With `deff` 1 it
    also serves weights, `below` being Kish's effective numbers.
    """
    n, deff = np.broadcast_arrays(np.asarray(below, float), np.asarray(deff, float))
    used = n > 0
    n = np.maximum(np.rint(n[used] / deff[used]), 1)
    if len(n) < 2 or not np.isfinite(share):
        return float("nan")
    return share_floor(n, np.rint(share * n.sum()), confidence, draws, seed, transform)


def normal_floor(se: ArrayLike, confidence: float = 0.95, draws: int = 2000, seed: int = 0) -> float:
    """Return the floor of a spread of any other metric: normal draws with the groups' pooled standard errors `se`."""
    errors = np.sort(np.asarray(se, float))[::-1]
    errors = errors[~np.isnan(errors)]
    if len(errors) < 2:
        return float("nan")
    return _point(np.random.default_rng(seed).standard_normal((draws, len(errors))) * errors, confidence)


def _point(values: Floats, confidence: float) -> float:
    """Return the smallest spread over the columns of `values` that at least `confidence` of the rows do not exceed."""
    with np.errstate(invalid="ignore"):
        largest, smallest = np.fmax.reduce(values, axis=1), np.fmin.reduce(values, axis=1)
        spreads = np.where(largest == smallest, 0.0, largest - smallest)
    position = ceil(confidence * len(spreads) - 1e-9) - 1
    return float(np.partition(spreads, position)[position])
