"""Limits of the parts of a change, from both sides' variances: the two sets are independent samples."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.intervals import quantile
from metrics.moments import Moments
from metrics.sides import Side
from metrics.two_sets.cells import SideCells

__all__ = ["limit_sum", "standard_side", "vary_side"]

Floats = NDArray[Any]


def vary_side(side: SideCells, slopes: Floats, used: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return variance and degrees of freedom of functions of one side, each (metrics, functions).

    The linearised variance, as much larger as the product's own variance of everyone's value is than its linearised
    one: of clusters it is the larger of two (STATISTICS 3), and larger still where few clusters have an event.
    """
    variance, df = side.vary(slopes, used)
    return variance * _widening(side)[:, None], df


def limit_sum(value: Floats, reaches: Iterable[tuple[Floats, Floats]], alpha: float) -> tuple[Floats, Floats]:
    """Return the limits of a part whose sides have these variances and degrees of freedom: (low, high).

    Each side has its own quantile, and their reaches add up in quadrature. NaN where nothing varies.
    """
    squares = np.zeros_like(value)
    for variance, df in reaches:
        with np.errstate(invalid="ignore"):
            # A side that does not vary adds nothing, however few its clusters are.
            squares = squares + np.where(variance == 0, 0.0, quantile(alpha, df) ** 2 * variance)
    reach = np.where(squares > 0, np.sqrt(np.where(squares > 0, squares, 0)), np.nan)
    return value - reach, value + reach


def standard_side(side: SideCells, value: Floats, weights: Floats, variance: Floats, df: Floats) -> Side:
    """Return a mean of cells' values under other weights as a side, with the limits that a value of its kind has.

    `value`, `variance` and `df` have the shape (metrics,), `weights` (metrics, cells). Where nothing varies in the
    cells (no event in any), the number of units is everyone's, less what these weights lose against the side's own.
    """
    own = side.everyone.side
    total = side.below.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        loss = total * np.where(side.below > 0, weights**2 / side.below, 0.0).sum(axis=1)
        nothing = np.full_like(value, np.nan)
        if own.kind == "share":
            value = np.clip(value, 0, 1)
            n = np.where((variance > 0) & (value > 0) & (value < 1), value * (1 - value) / variance, own.n[:, 0] / loss)
            return Side("share", value, n, nothing, nothing, df)
        variance = np.where((variance <= 0) & (value != 0), own.variance[:, 0] * loss, variance)
        return Side(own.kind, value, nothing, np.sqrt(variance), own.n_zero[:, 0] / loss, df, bounds=own.bounds)


def _widening(side: SideCells) -> Floats:
    """Return how many times the linearised variance of everyone's value its final one is, (metrics,), at least 1."""
    key = ("widening", tuple(m.name for m in side.family.metrics))
    kept = side.cube.kept
    if key not in kept:
        moments: Moments = side.family.of_cells(side.cube.by(()))
        total, n = moments.sums[:, 0, 1], moments.below[:, 0, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes = np.stack([1 / total, -moments.sums[:, 0, 0] / total**2], axis=-1)
            products = moments.products
            if moments.clusters is not None and moments.cluster_products is not None:
                products, n = moments.cluster_products, moments.clusters[:, 0, 0]
            plain = np.einsum("ma,mab,mb->m", slopes, products[:, 0], slopes)
            if not np.isinf(side.everyone.side.df).all():
                plain = plain * n / (n - 1)
            final = side.everyone.side.variance[:, 0]
            ratio = final / plain
        kept[key] = np.where((plain > 0) & np.isfinite(ratio), np.fmax(ratio, 1.0), 1.0)
    found: Floats = kept[key]
    return found
