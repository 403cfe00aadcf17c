"""Sums and products of the counts behind a metric, over slices and over what they are compared with.

Every metric is a smooth function of a few sums (`scored.sums_of`). Its value needs the sums, its
interval the products of what single units (and single clusters) add to them. Arrays have the shape
(metrics, sets, sums): the metrics of one family at once, which have the same number of sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.cube import ClusterSums, Grouping
from metrics.registry import MeanOfShares, Metric, Rate, Share, SignedMean, Smooth
from metrics.scored import Layout, sums_of

Floats = NDArray[Any]

# The count of the units that have the columns a metric needs.
_UNITS_BY_NEEDS = {
    frozenset({"label", "prediction"}): "units",
    frozenset({"prediction"}): "predicted",
    frozenset({"label"}): "labelled",
    frozenset({"label", "score"}): "scored",
    frozenset({"reference", "hypothesis"}): "utterances",
}


@dataclass(frozen=True)
class Moments:
    """Sums over sets of units, and the products of their parts.

    `sums` (M, S, q) are weighted; values are shifted by their centres. `units` (M, S) counts the
    units that have what the metric needs, `below` (M, S, parts) those with anything in a part's sums
    and `enough` (M, S, parts) those that minimums look at, all unweighted. `products` (M, S, q, q)
    add up over units, `cluster_products` over clusters, and `clusters` (M, S, parts) counts the
    clusters with anything in a part's sums.
    """

    sums: Floats
    units: Floats
    below: Floats
    enough: Floats
    products: Floats
    clusters: Floats | None = None
    cluster_products: Floats | None = None

    def take(self, sets: Any) -> Moments:
        """Return these sets only."""
        some = [None if a is None else a[:, sets] for a in self.__dict__.values()]
        return Moments(*some)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Opposite:
    """What slices are compared with: its moments, and what both sides share.

    `shared` (M, S, q, q) are products of slice (first) and baseline (second) over shared units, or
    over shared clusters where there are clusters; None where nothing is shared. `either` (M, S,
    parts) counts the clusters on either side, or the units where there are no clusters.
    """

    moments: Moments
    shared: Floats | None = None
    either: Floats | None = None


class Family:
    """Metrics that are functions of equally many sums, and the linear maps from counts to those sums."""

    def __init__(self, metrics: Sequence[Metric], layout: Layout) -> None:
        self.metrics = tuple(metrics)
        self.layout = layout
        forms = [_forms(m, layout) for m in metrics]
        self.q = len(forms[0])
        shape = (len(forms), self.q)
        self.outcomes = np.array([[layout.outcomes(f, c) for f, c in fs] for fs in forms]).reshape(*shape, -1)
        self.values = np.array([[layout.weights(f) for f, _ in fs] for fs in forms]).reshape(*shape, -1)
        self.centres = np.array([[layout.centre(f) for f, _ in fs] for fs in forms])
        self.units = np.array([layout.outcomes(units_of(m), _first_class(m, layout)) for m in metrics])
        self.below = np.array([[layout.outcomes(f, c) for f, c in _denominators(m, layout)] for m in metrics])
        enough = [_minimums(m, layout) for m in metrics]
        # Nearly always they are the same, and then counted once.
        self.enough = self.below
        if enough != [_denominators(m, layout) for m in metrics]:
            self.enough = np.array([[layout.outcomes(f, c) for f, c in forms] for forms in enough])
        self.counts_only = not self.values.any()

    @property
    def parts(self) -> int:
        return int(self.below.shape[1])

    def of_cells(self, *groupings: Grouping) -> Moments:
        """Return the moments of every cell of these groupings, one grouping after another."""
        lay = self.layout

        def join(count: str) -> Floats:
            return np.concatenate([np.asarray(getattr(g, count), np.float64) for g in groupings])

        squared, rows = join("squared"), join("rows")
        sums = np.einsum("go,mqo->mgq", join("weighted"), self.outcomes)
        upper = _product_maps(self.outcomes, self.values, lay)
        products = np.einsum("go,mabo->mgab", squared, upper[0])
        if not self.counts_only:
            sums = sums + np.einsum("gv,mqv->mgq", join("sums"), self.values)
            products = products + np.einsum("gv,mabv->mgab", join("squares"), upper[1])
            products = products + np.einsum("gp,mabp->mgab", join("products"), upper[2])
        units = np.einsum("go,mo->mg", rows, self.units)
        below = np.einsum("go,mpo->mgp", rows, self.below)
        enough = below if self.enough is self.below else np.einsum("go,mpo->mgp", rows, self.enough)
        clusters = cluster_products = None
        if groupings[0].clusters is not None:
            each = [self._cluster_moments(g) for g in groupings]
            clusters = np.concatenate([c for c, _ in each], axis=1)
            cluster_products = np.concatenate([p for _, p in each], axis=1)
        return Moments(sums, units, below, enough, products, clusters, cluster_products)

    def entries(self, m: int, clusters: ClusterSums) -> Floats:
        """Return the sums of one metric in every (cluster, cell) pair, shape (entries, q)."""
        found: Floats = clusters.weighted @ self.outcomes[m].T
        return found if self.counts_only else found + clusters.sums @ self.values[m].T

    def touched(self, m: int, clusters: ClusterSums) -> NDArray[np.bool_]:
        """Return which (cluster, cell) pairs have anything in each part's sums, shape (entries, parts)."""
        found: NDArray[np.bool_] = (clusters.rows @ self.below[m].T) > 0
        return found

    def _cluster_moments(self, grouping: Grouping) -> tuple[Floats, Floats]:
        """Return how many clusters each cell has, (M, S, parts), and the products of their sums, (M, S, q, q)."""
        clusters, n_cells = grouping.clusters, len(grouping)
        assert clusters is not None
        counts, products = [], []
        for m in range(len(self.metrics)):
            x = self.entries(m, clusters)
            counts.append(sum_by(clusters.cell, self.touched(m, clusters) * 1.0, n_cells))
            products.append(products_by(clusters.cell, x, x, n_cells))
        return np.stack(counts), np.stack(products)


def oppose_rest(family: Family, groupings: Sequence[Grouping], slices: Moments, inside: NDArray[np.bool_]) -> Opposite:
    """Return what each slice's grouping holds beside it: everyone in the cells `inside` but not in the slice.

    `slices` and `inside`, shape (cells,), are those of all the groupings, one after another.
    """
    weight = inside.astype(np.float64)
    lengths = [len(g) for g in groupings]

    # Counts are taken off exactly. Of other sums, a huge number in a slice would take the digits of the rest along.
    exact = family.counts_only and all(g.squared is g.weighted for g in groupings)

    def left(part: Floats) -> Floats:
        own = part * weight.reshape(1, -1, *[1] * (part.ndim - 2))
        return add_within(own, lengths) - own if exact else _add_others(own, lengths)

    below = left(slices.below)
    enough = below if slices.enough is slices.below else left(slices.enough)
    rest = Moments(left(slices.sums), left(slices.units), below, enough, left(slices.products))
    if groupings[0].clusters is None:
        return Opposite(rest)
    parts = np.split(weight, np.cumsum(lengths)[:-1])
    each = [_clusters_of_rest(family, g, w) for g, w in zip(groupings, parts, strict=True)]
    counts, products, shared, either = (np.concatenate(found, axis=1) for found in zip(*each, strict=True))
    moments = replace(rest, clusters=counts, cluster_products=products)
    return Opposite(moments, shared, either)


def add_within(part: Floats, lengths: Sequence[int]) -> Floats:
    """Add up the cells (second axis) of each of several groupings, and give every cell its grouping's sum."""
    filled = np.array([n for n in lengths if n > 0], dtype=np.intp)
    sums: Floats = np.add.reduceat(part, np.cumsum(filled) - filled, axis=1)
    return np.repeat(sums, filled, axis=1)


def _add_others(part: Floats, lengths: Sequence[int]) -> Floats:
    """Add up, for every cell (second axis), the other cells of its grouping: those before it and those after it."""
    added, start = np.zeros_like(part), 0
    for n in lengths:
        own, others = part[:, start : start + n], added[:, start : start + n]
        others[:, 1:] += np.cumsum(own[:, :-1], axis=1)
        others[:, :-1] += np.cumsum(own[:, :0:-1], axis=1)[:, ::-1]
        start += n
    return added


def _clusters_of_rest(family: Family, grouping: Grouping, weight: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return of everyone else's clusters: counts, products, products shared with the slice, counts on either side."""
    c = grouping.clusters
    assert c is not None
    n, member = len(grouping), weight[c.cell]
    counts, products, shared, either = [], [], [], []
    for m in range(len(family.metrics)):
        x, touched = family.entries(m, c), family.touched(m, c)
        total = sum_by(c.cluster, x * member[:, None], c.n_clusters)
        total_rows = sum_by(c.cluster, (c.rows @ family.below[m].T) * member[:, None], c.n_clusters)
        other = total[c.cluster] - x * member[:, None]
        other_touched = (total_rows[c.cluster] - (c.rows @ family.below[m].T) * member[:, None]) > 0
        everywhere = np.einsum("ca,cb->ab", total, total)
        products.append(
            everywhere
            - products_by(c.cell, total[c.cluster], total[c.cluster], n)
            + products_by(c.cell, other, other, n)
        )
        here = total_rows > 0
        lost = here[c.cluster] & ~other_touched
        counts.append(here.sum(axis=0) - sum_by(c.cell, lost * 1.0, n))
        shared.append(products_by(c.cell, x, other, n))
        own = sum_by(c.cell, touched * 1.0, n)
        either.append(own + counts[-1] - sum_by(c.cell, (touched & other_touched) * 1.0, n))
    return np.stack(counts), np.stack(products), np.stack(shared), np.stack(either)


def oppose_set(
    family: Family, grouping: Grouping, slices: Moments, joint: Grouping, chosen: NDArray[np.bool_]
) -> Opposite:
    """Return one set of cells as the baseline of every slice.

    `joint` is a grouping by the axes of `grouping` first and perhaps others after; `chosen`, shape
    (metrics, cells of joint), says which of its cells are the baseline.
    """
    n, cells = len(grouping), family.of_cells(joint)
    picked = chosen.astype(np.float64)

    def add_up(part: Floats) -> Floats:
        own = part * picked.reshape(*picked.shape, *[1] * (part.ndim - 2))
        return np.broadcast_to(own.sum(axis=1, keepdims=True), (len(part), n, *part.shape[2:]))

    base = Moments(*(add_up(p) for p in (cells.sums, cells.units, cells.below, cells.enough, cells.products)))
    slice_of = _match_cells(joint, grouping)
    own = cells.products * picked[:, :, None, None]
    shared = _add_to(slice_of, own, n)
    if grouping.clusters is None or joint.clusters is None:
        both = _add_to(slice_of, cells.below * picked[:, :, None], n)
        return Opposite(base, shared, slices.below + base.below - both)
    c, j = grouping.clusters, joint.clusters
    counts, products, crossed, either = [], [], [], []
    for m in range(len(family.metrics)):
        member = picked[m][j.cell]
        total = sum_by(j.cluster, family.entries(m, j) * member[:, None], j.n_clusters)
        here = sum_by(j.cluster, family.touched(m, j) * member[:, None], j.n_clusters) > 0
        x, touched = family.entries(m, c), family.touched(m, c)
        counts.append(np.broadcast_to(here.sum(axis=0), (n, family.parts)).astype(np.float64))
        products.append(np.broadcast_to(np.einsum("ca,cb->ab", total, total), (n, family.q, family.q)))
        crossed.append(products_by(c.cell, x, total[c.cluster], n))
        own_count, both = sum_by(c.cell, touched * 1.0, n), sum_by(c.cell, (touched & here[c.cluster]) * 1.0, n)
        either.append(own_count + counts[-1] - both)
    base = replace(base, clusters=np.stack(counts), cluster_products=np.stack(products))
    return Opposite(base, np.stack(crossed), np.stack(either))


def _forms(metric: Metric, layout: Layout) -> list[tuple[str, str | None]]:
    """The sums of a metric, each with its class. Smooth functions get their units as a last sum."""
    classes: Sequence[str | None] = [metric.of_class]
    if isinstance(metric.formula, MeanOfShares) and metric.formula.over_classes:
        classes = layout.classes
    forms = [(form, c) for c in classes for form in sums_of(metric)]
    return [*forms, (metric.formula.units, metric.of_class)] if isinstance(metric.formula, Smooth) else forms


def _denominators(metric: Metric, layout: Layout) -> list[tuple[str, str | None]]:
    match metric.formula:
        case Share(below=below, units=units):
            return [(units or below, metric.of_class)]
        case Rate(units=units, sampled=sampled):
            return [(sampled or units, metric.of_class)]
        case SignedMean(units=units) | Smooth(units=units):
            return [(units, metric.of_class)]
        case MeanOfShares():
            return _forms(metric, layout)[1::2]
    raise TypeError(f"{metric.name} is no function of sums.")


def _minimums(metric: Metric, layout: Layout) -> list[tuple[str, str | None]]:
    """The counts that minimums look at: those of the denominators, unless the metric says otherwise."""
    if isinstance(metric.formula, Rate) and metric.formula.enough:
        return [(metric.formula.enough, metric.of_class)]
    return _denominators(metric, layout)


def units_of(metric: Metric) -> str:
    """Return the count of the units that have what a metric needs."""
    match metric.formula:
        case Rate(units=units) | SignedMean(units=units) | Smooth(units=units):
            return units
    return _UNITS_BY_NEEDS.get(metric.needs, "units")


def _first_class(metric: Metric, layout: Layout) -> str | None:
    return metric.of_class or (layout.classes[0] if layout.classes else None)


def _product_maps(outcomes: Floats, values: Floats, layout: Layout) -> tuple[Floats, Floats, Floats]:
    """Return the maps from squared counts, values and products of values to products of sums."""
    counts = np.einsum("mao,mbo->mabo", outcomes, outcomes)
    # A value is 0 outside its carrier, and every sum of counts that meets it contains the carrier.
    has = (outcomes.max(axis=2, initial=0) > 0).astype(np.float64)
    mixed = np.einsum("ma,mbv->mabv", has, values)
    mixed = mixed + mixed.transpose(0, 2, 1, 3)
    pairs = np.zeros((*counts.shape[:3], len(layout.products)))
    for p, (i, j) in enumerate(layout.products):
        pairs[..., p] = np.einsum("ma,mb->mab", values[:, :, i], values[:, :, j])
        if i != j:
            pairs[..., p] += np.einsum("ma,mb->mab", values[:, :, j], values[:, :, i])
    return counts, mixed, pairs


def sum_by(groups: NDArray[np.int64], x: Floats, n: int) -> Floats:
    """Add up the rows of x (rows, columns) by group: (n, columns)."""
    return np.stack([np.bincount(groups, weights=column, minlength=n) for column in x.T], axis=1)


def products_by(groups: NDArray[np.int64], x: Floats, y: Floats, n: int) -> Floats:
    """Add up the outer products of the rows of x and y by group: (n, q, q)."""
    q = x.shape[1]
    added = np.empty((n, q, q))
    for a in range(q):
        for b in range(q):
            if x is y and b < a:
                added[:, a, b] = added[:, b, a]
            else:
                added[:, a, b] = np.bincount(groups, weights=x[:, a] * y[:, b], minlength=n)
    return added


def _add_to(slice_of: NDArray[np.int64], parts: Floats, n: int) -> Floats:
    """Add up the cells (second axis) that lie in each of n slices."""
    added = np.zeros((n, len(parts), *parts.shape[2:]))
    np.add.at(added, slice_of, parts.swapaxes(0, 1))
    return added.swapaxes(0, 1)


def _match_cells(joint: Grouping, grouping: Grouping) -> NDArray[np.int64]:
    """Return the cell of `grouping` that every cell of `joint` lies in; its axes come first in joint."""
    place = {row: i for i, row in enumerate(map(tuple, grouping.codes.tolist()))}
    k = len(grouping.axes)
    return np.array([place[tuple(row[:k])] for row in joint.codes.tolist()], dtype=np.int64)
