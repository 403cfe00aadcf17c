"""Chance alone: the units of both sets together, dealt out over the two again, each keeping its size.

Without clusters single units are dealt (multivariate hypergeometric), with clusters whole clusters, each set keeping
its number of them. Whatever unit the weights are in, what is dealt are units. The same seed gives the same deal,
whatever the order of levels and clusters, and whichever set is which.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.two_sets.tally import Tally

__all__ = ["DRAWS", "count_dealt", "deal"]

Floats = NDArray[Any]

DRAWS = 2000
_MOST_DEALT = 1_000_000_000  # units that numpy can deal from
_MANY_CLUSTERS = 5_000  # from here on their sums are as good as jointly normal
_AT_ONCE = 2_000_000
_DECIMALS = 9  # of a unit: what scaling leaves beyond them is rounding


def deal(one: Tally, two: Tally, draws: int = DRAWS, seed: int = 0) -> tuple[Floats, Floats]:
    """Return the counts of both sets in each of `draws` deals, each (draws, levels); levels without any are left out.

    Both tallies have the same levels. Weighted units are dealt by Kish's effective number of them, weighted clusters
    with as many units as their set has, split by weight.
    """
    generator = np.random.default_rng(seed)
    tables = _clusters_dealt(one, two)
    if tables is not None:
        return _deal_clusters(*tables, draws, generator)
    counts = [_effective_counts(tally) for tally in (one, two)]
    pooled = np.sort(counts[0] + counts[1])
    pooled = pooled[pooled > 0]
    sizes = [int(c.sum()) for c in counts]
    fewer = _deal_units(pooled, min(sizes), draws, generator)
    return (fewer, pooled - fewer) if sizes[0] <= sizes[1] else (pooled - fewer, fewer)


def count_dealt(one: Tally, two: Tally) -> tuple[Floats, Floats]:
    """Return the counts of both sets as they are before any deal, each (levels,), in units."""
    tables = _clusters_dealt(one, two)
    if tables is not None:
        return tables[0].sum(axis=0), tables[1].sum(axis=0)
    return _effective_counts(one).astype(float), _effective_counts(two).astype(float)


def _clusters_dealt(one: Tally, two: Tally) -> tuple[Floats, Floats] | None:
    """Return the counts of each cluster, in units; None where whole clusters cannot be dealt."""
    if one.by_cluster is None or two.by_cluster is None:
        return None
    return _in_units(one.by_cluster, one), _in_units(two.by_cluster, two)


def _in_units(by_cluster: Floats, tally: Tally) -> Floats:
    total = float(tally.weighted.sum())
    return np.round(by_cluster * (tally.n / total), _DECIMALS) if total > 0 else by_cluster


def _effective_counts(tally: Tally) -> NDArray[np.int64]:
    """Return the units of every level; by weight, the effective number of units split by the levels' shares."""
    if not tally.is_weighted:
        return tally.units.astype(np.int64)
    return np.rint(tally.effective * np.nan_to_num(tally.shares)).astype(np.int64)


def _deal_units(pooled: NDArray[np.int64], size: int, draws: int, generator: np.random.Generator) -> Floats:
    if not size or not len(pooled):
        return np.zeros((draws, len(pooled)))
    if pooled.sum() < _MOST_DEALT:
        return generator.multivariate_hypergeometric(pooled, size, size=draws, method="marginals").astype(float)
    total = float(pooled.sum())
    # Of so many, what a level gets is as good as normal, with the covariance of the deal.
    errors = generator.standard_normal((draws, len(pooled))) * np.sqrt(pooled)
    errors -= errors.sum(axis=1, keepdims=True) * (pooled / total)
    spread = np.sqrt(size / total * (1 - size / total))
    return np.asarray(np.clip(np.rint(pooled * (size / total) + spread * errors), 0, pooled))


def _deal_clusters(one: Floats, two: Floats, draws: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
    table = np.concatenate([one, two])
    table = table[:, table.any(axis=0)]
    table = table[:, np.lexsort(((table**2).sum(axis=0), table.sum(axis=0)))]
    table = table[np.lexsort(table.T)]
    n, sizes = len(table), (len(one), len(two))
    size, total = min(sizes), table.sum(axis=0)
    if n > _MANY_CLUSTERS and size > 1:
        fewer = _deal_sums(table, size, draws, generator)
    else:
        fewer = np.empty((draws, table.shape[1]))
        at_once = max(1, _AT_ONCE // n)
        for start in range(0, draws, at_once):
            some = min(at_once, draws - start)
            chosen = np.zeros((some, n))
            chosen[:, :size] = 1
            fewer[start : start + some] = generator.permuted(chosen, axis=1) @ table
    # A sum of clusters is nothing, or at least the smallest of them: what lies nearer to nothing is rounding.
    least = np.where(table > 0, table, np.inf).min(axis=0, initial=np.inf)
    fewer, more = (np.where(x < least / 2, 0.0, x) for x in (fewer, total - fewer))
    return (fewer, more) if sizes[0] <= sizes[1] else (more, fewer)


def _deal_sums(table: Floats, size: int, draws: int, generator: np.random.Generator) -> Floats:
    """Draw the sums of so many clusters of all from the normal law with the covariance of the deal."""
    n = len(table)
    covariance = np.atleast_2d(np.cov(table.T)) * size * (1 - size / n)
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    drawn = size * table.mean(axis=0) + generator.standard_normal((draws, len(values))) @ root.T
    return np.asarray(np.clip(drawn, 0, table.sum(axis=0)))
