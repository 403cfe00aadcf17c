"""What a second system changed for every slice, measured on the units that both systems have.

A change is what the second system adds to the errors (or hits) of the units less what it removes: two rates of the
same units, correlated, whose own limits give those of the difference (MOVER, Zou & Donner 2008). Where that cannot be,
they are the two systems' own numbers. Among few speakers the first is several times narrower, since limits of skew
rates do not cancel, however alike the systems are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.compare import Pairs
from metrics.cube import Cube, Cubes, Grouping, count_cells
from metrics.errors import QuestionError
from metrics.estimate import statuses
from metrics.moments import Family, Moments, Opposite
from metrics.pairing import MOVES, SIDES, pair, paired_metrics
from metrics.scored import Scored
from metrics.sides import Measured, correlation, measure_side, pool, slope_of

__all__ = ["Change", "Two", "correlate", "matched_pairs_p", "measure_change", "measure_opposed", "pair_up"]

Floats = NDArray[Any]


def pair_up(
    cubes: Cubes, first: str, second: str, metrics: Iterable[str] | None, ids: pd.Series | None
) -> Iterator[tuple[str, Cube, list[Cube]]]:
    """Yield each metric with the cube of both systems, and the two cubes of each alone.

    Raises QuestionError, suggesting the nearest name, or without rows.
    """
    alone = [cubes.only(name)[0] for name in (first, second)]
    one, two = (_rows_of(cube) for cube in alone)
    for name in paired_metrics(one, two) if metrics is None else dict.fromkeys(metrics):
        yield name, count_cells([pair(one, two, name, ids)])[0], alone


def _rows_of(cube: Cube) -> Scored:
    if cube.scored is None:
        raise QuestionError("Two systems are compared row by row, and the rows are not here.")
    return cube.scored


class _BothFamily(Family):
    """The sums of one of two metrics, then those of the other."""

    def __init__(self, families: Sequence[Family]) -> None:
        self.metrics, self.layout = families[0].metrics, families[0].layout
        self.q = sum(f.q for f in families)
        for name in ("outcomes", "values", "centres", "below", "enough"):
            setattr(self, name, np.concatenate([getattr(f, name) for f in families], axis=1))
        self.units, self.counts_only = families[0].units, all(f.counts_only for f in families)


@dataclass(frozen=True)
class Two:
    """Two numbers of the same sets of units, and their correlation `r`; the change is the second less the first.

    `gradient` (1, sets, q of both) says what each sum adds to the change. `shared` are the products of sums over the
    clusters (or units) that a slice has in common with its baseline, where this is the change of the baseline.
    """

    first: Measured
    second: Measured
    r: Floats
    gradient: Floats
    shared: Floats | None = None
    either: Floats | None = None

    @property
    def pairs(self) -> Pairs:
        zeros = np.zeros(self.r.size)
        return Pairs(self.second.side.flat(), self.first.side.flat(), self.r.ravel(), zeros, zeros + 1)

    def grown(self, factor: Floats, at: NDArray[np.intp]) -> Pairs:
        """Return some of the sets with so many times the units (and clusters), which both numbers are of."""
        one, two = (m.side.flat().at(at).grown(factor) for m in (self.second, self.first))
        zeros = np.zeros(len(at))
        return Pairs(one, two, self.r.ravel()[at], zeros, zeros + 1)

    @property
    def variance(self) -> Floats:
        one, two = (m.side.variance * slope_of(m.side) ** 2 for m in (self.first, self.second))
        return np.asarray(np.maximum(one + two - 2 * self.r * np.sqrt(one * two), 0)).ravel()


@dataclass(frozen=True)
class Change:
    """The two systems, and the two numbers whose difference is the change: removed and added, or the systems again."""

    systems: Two
    moves: Two

    @property
    def shown(self) -> tuple[Floats, Floats]:
        return self.systems.first.side.shown.ravel(), self.systems.second.side.shown.ravel()

    @property
    def counts(self) -> tuple[Floats, Floats]:
        """How many were added and how many removed, of what is counted; NaN where denominators differ or of sums."""
        if self.moves is self.systems:
            nothing = np.full(self.moves.r.size, np.nan)
            return nothing, nothing
        return self.moves.second.top.ravel(), self.moves.first.top.ravel()

    def status(self, min_units: int) -> NDArray[np.int8]:
        first, second = (statuses(m, min_units) for m in (self.systems.first, self.systems.second))
        return np.asarray(np.minimum(first, second).ravel())


Opposing = Callable[[_BothFamily], Opposite]


def measure_change(cube: Cube, groupings: Sequence[Grouping]) -> Change:
    """Return what changed in every slice of some groupings; `cube` is that of a pair (`metrics.pairing.pair`)."""
    return measure_opposed(cube, lambda both: Opposite(both.of_cells(*groupings)))


def measure_opposed(cube: Cube, oppose: Opposing) -> Change:
    """Return what changed in the sets of units that `oppose` makes of a family: slices, or their baselines."""
    systems = _measure_two(cube, SIDES, oppose)
    return Change(systems, _measure_two(cube, MOVES, oppose) if MOVES[0] in cube.metrics else systems)


def _measure_two(cube: Cube, names: Sequence[str], oppose: Opposing) -> Two:
    families = [Family([cube.metrics[name]], cube.layout) for name in names]
    found = oppose(_BothFamily(families))
    moments, q, parts = found.moments, families[0].q, families[0].parts
    halves = [_half_of(moments, slice(0, q), slice(0, parts)), _half_of(moments, slice(q, None), slice(parts, None))]
    pooled = [pool(cube, family) for family in families]
    if names == MOVES:
        # Where nothing is added in the whole file, what is removed tells how much it could vary.
        pooled = [replace(p, phi=np.fmax(pooled[0].phi, pooled[1].phi)) for p in pooled]
    one, two = (measure_side(f, half, p) for f, half, p in zip(families, halves, pooled, strict=True))
    products = moments.products if moments.cluster_products is None else moments.cluster_products
    count = moments.below if moments.clusters is None else moments.clusters
    r = correlation(families[0], one, two, Opposite(halves[1], products[:, :, :q, q:], count))
    slopes = [slope_of(m.side)[..., None] for m in (one, two)]
    gradient = np.concatenate([-slopes[0] * one.gradient, slopes[1] * two.gradient], axis=2)
    return Two(one, two, r, gradient, found.shared, found.either)


def _half_of(moments: Moments, sums: slice, parts: slice) -> Moments:
    """Return the moments of one of the two numbers."""

    def block(products: Floats | None) -> Any:
        return None if products is None else products[:, :, sums, sums]

    return Moments(
        moments.sums[:, :, sums],
        moments.units,
        moments.below[:, :, parts],
        moments.enough[:, :, parts],
        block(moments.products),
        None if moments.clusters is None else moments.clusters[:, :, parts],
        block(moments.cluster_products),
    )


def correlate(own: Two, rest: Two) -> Floats:
    """Return the correlation of the change of each slice with that of its baseline, over the clusters in both."""
    if rest.shared is None:
        return np.zeros(own.r.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        together = np.einsum("msa,msab,msb->ms", own.gradient, rest.shared, rest.gradient).ravel()
        n = rest.either.max(axis=2).ravel() if rest.either is not None else np.full(together.shape, np.inf)
        factor = np.where(np.isfinite(n) & (n > 1), n / (n - 1), 1)
        r = together * factor / np.sqrt(own.variance * rest.variance)
    return np.where(np.isfinite(r), np.clip(r, -1, 1), 0.0)


def matched_pairs_p(cube: Cube, groupings: Sequence[Grouping]) -> Floats:
    """Return p of the mean difference of a unit's counts over its standard error; NaN where that says nothing."""
    from scipy.special import ndtr

    if MOVES[0] not in cube.metrics or (cube.scored is not None and cube.scored.weights is not None):
        return np.full(sum(map(len, groupings)), np.nan)
    both = _BothFamily([Family([cube.metrics[name]], cube.layout) for name in MOVES])
    moments = both.of_cells(*groupings)
    sums, products = moments.sums[0], moments.products[0]
    n, total = moments.below[0, :, 0], sums[:, 2] - sums[:, 0]
    squares = products[:, 2, 2] + products[:, 0, 0] - 2 * products[:, 0, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(n * (squares - total**2 / n) / (n - 1))
        z = np.where(error > 0, total / error, np.where(squares == 0, 0.0, np.nan))
    return np.asarray(np.where(n > 1, 2 * ndtr(-np.abs(z)), np.nan))
