"""A slice within a wider one: what the wider one holds beside it, to compare the two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.cube import ClusterSums
from metrics.moments import Family, Moments, Opposite, products_by, sum_by

__all__ = ["Nested", "oppose_within"]

Floats = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Nested:
    """Slices and the wider ones that hold them: `inner` and `outer` are moments of the same shape (metrics, pairs)."""

    inner: Moments
    outer: Moments


def oppose_within(family: Family, nested: Nested, entries: list[tuple[ClusterSums, ClusterSums, Any, Any]]) -> Opposite:
    """Return what each wider slice holds beside the one in it.

    `entries` are needed with clusters only: the sums per cluster of the inner and the outer grouping, and the cell in
    each of every pair.
    """
    inner, outer = nested.inner, nested.outer

    def left(name: str) -> Floats:
        found: Floats = getattr(outer, name) - getattr(inner, name)
        return found

    moments = Moments(left("sums"), left("units"), left("below"), left("enough"), left("products"))
    if inner.clusters is None:
        return Opposite(moments)
    each = [_clusters_beside(family, *entry) for entry in entries]
    counts, products, shared, either = (np.concatenate(found, axis=1) for found in zip(*each, strict=True))
    return Opposite(
        Moments(
            moments.sums, moments.units, moments.below, moments.enough, moments.products,
            clusters=counts, cluster_products=products,
        ),
        shared,
        either,
    )  # fmt: skip


def _clusters_beside(
    family: Family, own: ClusterSums, whole: ClusterSums, cells: NDArray[Any], wider: NDArray[Any]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return of what wider cells hold beside those in them: clusters, products, shared products, clusters of both."""
    n = len(cells)
    pair = np.full(int(own.cell.max(initial=-1)) + 2, -1)
    pair[cells] = np.arange(n)
    mine = np.flatnonzero(pair[own.cell] >= 0)
    of = pair[own.cell[mine]]
    # The entries of every grouping stand in the order of their cells, and of clusters within.
    keys = whole.cell * whole.n_clusters + whole.cluster
    same = np.searchsorted(keys, np.asarray(wider)[of] * whole.n_clusters + own.cluster[mine])
    counts, products, shared, either = [], [], [], []
    for m in range(len(family.metrics)):
        x, y = family.entries(m, own)[mine], family.entries(m, whole)
        touched, all_touched = family.touched(m, own)[mine], family.touched(m, whole)
        other = y[same] - x
        other_touched = ((whole.rows[same] - own.rows[mine]) @ family.below[m].T) > 0
        n_wider = int(whole.cell.max(initial=-1)) + 1
        everywhere = products_by(whole.cell, y, y, n_wider)[wider]
        products.append(everywhere - products_by(of, y[same], y[same], n) + products_by(of, other, other, n))
        here = sum_by(whole.cell, all_touched * 1.0, n_wider)[wider]
        lost = all_touched[same] & ~other_touched
        counts.append(here - sum_by(of, lost * 1.0, n))
        shared.append(products_by(of, x, other, n))
        both = sum_by(of, (touched & other_touched) * 1.0, n)
        either.append(sum_by(of, touched * 1.0, n) + counts[-1] - both)
    return np.stack(counts), np.stack(products), np.stack(shared), np.stack(either)
