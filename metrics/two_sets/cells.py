"""The cells of a grouping on both sides, in one order: values, denominators, and what a function of them varies by.

Arrays have the shape (metrics, cells), for the metrics of one family at once. Every part of a change is a smooth
function of the sums above and below the line in each cell, so that its variance on a side is a quadratic form in its
slopes by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cube, Grouping
from metrics.estimate import measure
from metrics.moments import Family, Moments, products_by, sum_by
from metrics.registry import Metric, Rate, Share, SignedMean
from metrics.scored import Axis
from metrics.sides import Measured
from metrics.slices import Slice

__all__ = ["BothSides", "SideCells", "is_weighted_mean", "meet_cells"]

Floats = NDArray[Any]

# A level's rate varies by no less than if it had been seen with so many more units that vary as all levels do.
_BORROWED = 10
# Up to so many cells, the products of clusters' sums of every two cells are kept.
_MOST_CROSSED = 256
_DENSE = 8_000_000


def is_weighted_mean(metric: Metric) -> bool:
    """Whether a metric's value over everyone is the mean of those of slices, weighted by their denominators."""
    match metric.formula:
        case Share(transform=transform):
            return not transform
        case Rate(root=root):
            return not root
        case SignedMean():
            return True
    return False


@dataclass(frozen=True, eq=False)
class SideCells:
    """What one set has in the cells that both sets together have.

    `top` and `below` are the sums above and below the line, `top` shifted by `centre` for each of `below`; `units`
    counts the units with anything in them. `moments` are those of the set's own cells, which stand at `place`.
    """

    cube: Cube
    family: Family
    grouping: Grouping
    place: NDArray[np.intp]
    moments: Moments
    everyone: Measured
    top: Floats
    below: Floats
    units: Floats

    @property
    def centre(self) -> Floats:
        """The shift of the sums above the line, shape (metrics, 1)."""
        return self.family.centres[:, :1]

    @cached_property
    def value(self) -> Floats:
        """The metric's value in every cell; NaN where nothing is below the line."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.below > 0, self.top / self.below, np.nan) + self.centre

    @cached_property
    def alone(self) -> NDArray[np.bool_]:
        """Which cells have something above the line and nothing below it: words where none were said."""
        return np.asarray((self.below <= 0) & (self.top != 0))

    @cached_property
    def borrowed(self) -> Floats:
        """What is added to the variance of each cell's rate, because a few units may happen to be alike.

        Of ten units without an event nobody knows that there are none: a cell's squares of what its units (or clusters)
        add are at least those that it would have with ten more, which vary as those of all cells do.
        """
        moments, own = self.moments, self.below[:, self.place]
        products, n = moments.products, moments.below[:, :, 0]
        if moments.cluster_products is not None and moments.clusters is not None:
            products, n = moments.cluster_products, moments.clusters[:, :, 0]
        used = own > 0
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(used, moments.sums[:, :, 0] / own, 0.0)
            squares = products[..., 0, 0] - 2 * rate * products[..., 0, 1] + rate**2 * products[..., 1, 1]
            squares = np.where(used, np.maximum(squares, 0), 0.0)
            total = np.where(used, own, 0.0).sum(axis=1, keepdims=True)
            more = _BORROWED * total / np.where(used, n, 0).sum(axis=1, keepdims=True)
            alike = (squares + more * squares.sum(axis=1, keepdims=True) / total) / (own + more)
            added = np.where(used, np.maximum(alike - squares / own, 0) / own, 0.0)
        found = np.zeros_like(self.below)
        found[:, self.place] = added
        return found

    @cached_property
    def _rounding(self) -> Floats:
        """Below which a variance is nothing but rounding: equal units must not pass for one. Shape (metrics, 1)."""
        moments, total = self.moments, self.below.sum(axis=1)
        products = moments.products if moments.cluster_products is None else moments.cluster_products
        top, below = products[..., 0, 0].sum(axis=1), products[..., 1, 1].sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            size = np.abs(self.top.sum(axis=1) / total) + np.abs(self.centre[:, 0])
            return np.asarray(1e-26 * (top + size**2 * below) / total**2)[:, None]

    def vary(self, slopes: Floats, used: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Return variance and degrees of freedom of functions with these slopes, each (metrics, functions).

        `slopes` (metrics, functions, cells, 2) are by the sums above and below the line; `used` (metrics, cells) says
        which cells the functions look at. Linearised, and by clusters where there are clusters, with what is
        `borrowed`; the degrees of freedom are infinite where the metric's own limits take the normal quantile, NaN
        under two units or clusters.
        """
        if not len(self.place):
            nothing = np.full(slopes.shape[:2], np.nan)
            return nothing, nothing
        own, at = slopes[:, :, self.place], used[:, self.place]
        if self.grouping.clusters is None:
            variance, n = _square_apart(self.moments.products, own), (self.units * used).sum(axis=1)
        else:
            variance, n = _square_crossed(self, own), self._count_clusters(at)
        variance = variance + ((slopes[..., 0] * self.below[:, None]) ** 2 * self.borrowed[:, None]).sum(axis=-1)
        variance = np.where(variance > self._rounding, variance, np.where(np.isnan(variance), np.nan, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            factor, df = np.where(n > 1, n / (n - 1), np.nan), np.where(n > 1, n - 1, np.nan)
        if self.grouping.clusters is None and np.isinf(self.everyone.side.df).all():
            # Shares of independent units: neither n / (n - 1) nor t, as for the share of a slice.
            factor, df = np.ones_like(n), np.full_like(n, np.inf)
        return variance * factor[:, None], np.broadcast_to(df[:, None], variance.shape)

    def _count_clusters(self, at: NDArray[np.bool_]) -> Floats:
        clusters = self.grouping.clusters
        assert clusters is not None and self.everyone.clusters is not None
        if at[(self.units > 0)[:, self.place]].all():
            return np.asarray(self.everyone.clusters[:, 0], float)
        found = []
        for m in range(len(self.family.metrics)):
            here = self.family.touched(m, clusters)[:, 0] & at[m][clusters.cell]
            found.append(np.count_nonzero(np.bincount(clusters.cluster[here], minlength=1)))
        return np.array(found, float)


@dataclass(frozen=True, eq=False)
class BothSides:
    """One family of metrics over the cells of a grouping on both sides; `codes` (cells, axes) are those of its axes."""

    axes: tuple[Axis, ...]
    codes: NDArray[np.int64]
    reference: SideCells
    customer: SideCells
    apart: bool = False

    @property
    def sides(self) -> tuple[SideCells, SideCells]:
        return self.reference, self.customer

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return self.reference.family.metrics

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(a.name for a in self.axes)

    @cached_property
    def slices(self) -> tuple[Slice, ...]:
        """The slice of every cell."""
        return tuple(
            Slice(tuple((a.name, a.level(code)) for a, code in zip(self.axes, row, strict=True)))
            for row in self.codes.tolist()
        )

    @cached_property
    def common(self) -> NDArray[np.bool_]:
        """Which cells have something below the line on both sides, shape (metrics, cells)."""
        found: NDArray[np.bool_] = (self.reference.below > 0) & (self.customer.below > 0)
        return np.zeros_like(found) if self.apart else found

    @cached_property
    def one_sided(self) -> NDArray[np.bool_]:
        """Which cells have a part in the value of one side only, shape (metrics, cells)."""
        here, there = ((side.below > 0) | side.alone for side in self.sides)
        found: NDArray[np.bool_] = (here | there) & ~self.common
        return found


def meet_cells(
    reference: Cube, customer: Cube, one: Family, two: Family, names: Sequence[str], *, apart: bool = False
) -> BothSides:
    """Return what two cubes, whose axes of these names have the same levels, hold in the cells of a grouping.

    With `apart`, no cell counts as one that both have.
    """
    here, there = reference.by(names), customer.by(names)
    sizes = tuple(a.size for a in here.axes)
    numbers = [
        np.ravel_multi_index(tuple(g.codes.T), sizes) if sizes else np.zeros(len(g), np.int64) for g in (here, there)
    ]
    joint = np.unique(np.concatenate(numbers))
    codes = np.stack(np.unravel_index(joint, sizes), axis=1) if sizes else np.zeros((len(joint), 0))
    places = [np.searchsorted(joint, number) for number in numbers]
    return BothSides(
        here.axes,
        codes.astype(np.int64),
        _fill(reference, one, here, places[0], len(joint)),
        _fill(customer, two, there, places[1], len(joint)),
        apart,
    )


def _fill(cube: Cube, family: Family, grouping: Grouping, place: NDArray[np.intp], n: int) -> SideCells:
    key = ("moments", tuple(m.name for m in family.metrics), grouping.names)
    if key not in cube.kept:
        cube.kept[key] = family.of_cells(grouping)
    moments: Moments = cube.kept[key]

    def spread(part: Floats) -> Floats:
        filled = np.zeros((len(part), n))
        filled[:, place] = part
        return filled

    top, below, units = (spread(p) for p in (moments.sums[:, :, 0], moments.sums[:, :, 1], moments.below[:, :, 0]))
    everyone = measure(cube, family, cube.by(()))
    return SideCells(cube, family, grouping, place, moments, everyone, top, below, units)


def _square_apart(products: Floats, slopes: Floats) -> Floats:
    """Return the squares of what every unit adds, units of different cells being independent: (metrics, functions)."""
    by_top, by_below = slopes[..., 0], slopes[..., 1]
    top, both, below = (products[:, None, :, a, b] for a, b in ((0, 0), (0, 1), (1, 1)))
    return np.asarray((by_top**2 * top + 2 * by_top * by_below * both + by_below**2 * below).sum(axis=-1))


def _square_crossed(side: SideCells, slopes: Floats) -> Floats:
    """Return the squares of what every cluster adds over all the cells it is in: (metrics, functions)."""
    if len(side.grouping) <= _MOST_CROSSED:
        flat = slopes.reshape(*slopes.shape[:2], -1)
        return np.asarray(((flat @ _cross(side)) * flat).sum(axis=-1))
    clusters = side.grouping.clusters
    assert clusters is not None
    squares = np.empty(slopes.shape[:2])
    for m in range(len(slopes)):
        entries = side.family.entries(m, clusters)
        added = np.einsum("pea,ea->ep", slopes[m][:, clusters.cell], entries)
        squares[m] = (sum_by(clusters.cluster, added, clusters.n_clusters) ** 2).sum(axis=0)
    return squares


def _cross(side: SideCells) -> Floats:
    """Return the products of clusters' sums in every two cells, (metrics, cells x 2, cells x 2), kept."""
    clusters, n = side.grouping.clusters, len(side.grouping)
    assert clusters is not None
    key = ("crossed", tuple(m.name for m in side.family.metrics), side.grouping.names)
    if key not in side.cube.kept:
        # Where every cluster lies within one cell, no two cells share any.
        apart = np.bincount(clusters.cluster, minlength=1).max(initial=0) <= 1
        found = []
        for m in range(len(side.family.metrics)):
            entries = side.family.entries(m, clusters)
            if apart:
                crossed = np.zeros((n, 2, n, 2))
                crossed[np.arange(n), :, np.arange(n), :] = products_by(clusters.cell, entries, entries, n)
                found.append(crossed.reshape(2 * n, 2 * n))
            else:
                found.append(_cross_clusters(clusters.cluster, clusters.cell, entries, clusters.n_clusters, n))
        side.cube.kept[key] = np.stack(found)
    kept: Floats = side.cube.kept[key]
    return kept


def _cross_clusters(cluster: NDArray[np.int64], cell: NDArray[np.int64], x: Floats, n_clusters: int, n: int) -> Floats:
    """Add up the products block by block of clusters, so that the table of clusters by cells stays small."""
    crossed = np.zeros((2 * n, 2 * n))
    order = np.argsort(cluster, kind="stable")
    cluster, cell, x = cluster[order], cell[order], x[order]
    block = max(1, _DENSE // (2 * n))
    for start in range(0, n_clusters, block):
        first, last = np.searchsorted(cluster, [start, start + block])
        table = np.zeros((min(block, n_clusters - start), n, 2))
        table[cluster[first:last] - start, cell[first:last]] = x[first:last]
        flat = table.reshape(len(table), -1)
        crossed += flat.T @ flat
    return crossed
