"""How many units of each level a set has: the counts behind shares, with what their intervals need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cube, Grouping
from metrics.scored import Scored
from metrics.sides import Side

__all__ = ["Tally", "tally_axis", "tally_codes", "tally_outcomes"]

Floats = NDArray[Any]

# Under so many clusters with a unit of a level (or with one of another level), the clusters are the sample.
_FEW_CLUSTERS = 10


@dataclass(frozen=True, eq=False)
class Tally:
    """The units of a set by level: arrays (levels,).

    `units` are counted, `weighted` and `squared` add up weights and their squares (the counts, where there are no
    weights). `by_cluster` (clusters, levels) are the weighted counts of every cluster with any, None without clusters.
    """

    levels: tuple[str, ...]
    units: Floats
    weighted: Floats
    squared: Floats
    by_cluster: Floats | None = None

    @property
    def n(self) -> float:
        return float(self.units.sum())

    @property
    def shares(self) -> Floats:
        """The levels' shares of the units, by weight; NaN without any."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.weighted / self.weighted.sum())

    @property
    def is_weighted(self) -> bool:
        return not (np.array_equal(self.weighted, self.units) and np.array_equal(self.squared, self.units))

    @property
    def effective(self) -> float:
        """Kish's number of units: the units themselves where there are no weights."""
        squares = float(self.squared.sum())
        return float(self.weighted.sum()) ** 2 / squares if squares > 0 else 0.0

    def reorder(self, levels: Sequence[str]) -> Tally:
        """Return the tally over these levels, in their order, those that are not here being empty."""
        place = {level: i for i, level in enumerate(levels)}
        at = [place[level] for level in self.levels]

        def move(a: Floats) -> Floats:
            moved = np.zeros((*a.shape[:-1], len(levels)))
            moved[..., at] = a
            return moved

        clusters = None if self.by_cluster is None else move(self.by_cluster)
        return Tally(tuple(levels), move(self.units), move(self.weighted), move(self.squared), clusters)

    def side(self) -> Side:
        """Return the shares with the limits of a share: Wilson's, at the effective number of units.

        The file is one group, so that the variance of clusters is the larger of their own and that of single units.
        """
        total, p = float(self.weighted.sum()), self.shares
        squares_of = (1 - p) ** 2 * self.squared + p**2 * (self.squared.sum() - self.squared)
        nothing = np.full_like(p, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = squares_of / total**2
            n = np.full_like(p, self.n)
            df = np.full_like(p, np.inf)
            if self.is_weighted:
                inner = (p > 0) & (p < 1)
                n = np.where(inner, np.fmin(self.effective, p * (1 - p) / variance), self.effective)
            if self.by_cluster is not None:
                n, df = self._by_clusters(p, squares_of, total)
        return Side("share", p, np.where(total > 0, n, np.nan), nothing, nothing, df)

    def _by_clusters(self, p: Floats, squares_of: Floats, total: float) -> tuple[Floats, Floats]:
        assert self.by_cluster is not None
        x = self.by_cluster.sum(axis=1)
        n_clusters = len(x)
        if n_clusters < 2:
            return np.full_like(p, np.nan), np.full_like(p, np.nan)
        own = n_clusters / (n_clusters - 1) * ((self.by_cluster - p * x[:, None]) ** 2).sum(axis=0)
        m = (x * x).sum() / self.squared.sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            above, under = own - squares_of, squares_of * (m - 1)
            rho = np.where(under > 0, np.clip(above / under, 0, 1), 0.0)
            design = 1 + (m - 1) * rho
            variance = np.fmax(own, squares_of * design) / total**2
            kish = self.effective / design
            n = np.where((p > 0) & (p < 1), np.fmin(p * (1 - p) / variance, kish), kish)
        has, lacks = (self.by_cluster > 0).sum(axis=0), (self.by_cluster < x[:, None]).sum(axis=0)
        few = (has < _FEW_CLUSTERS) | (lacks < _FEW_CLUSTERS)
        n = np.where(few, np.fmin(n, total**2 / (x * x).sum()), n)
        return n, np.full_like(p, n_clusters - 1.0)


def tally_axis(cube: Cube, name: str) -> Tally:
    """Return the units of a set by the level of an attribute, `(missing)` last."""
    axis, grouping = cube.axis(name), cube.by((name,))
    levels = tuple(axis.level(code) for code in range(axis.size))
    code = grouping.codes[:, 0]

    def spread(part: Floats) -> Floats:
        filled = np.zeros(axis.size)
        filled[code] = part.sum(axis=1)
        return filled

    units, weighted, squared = (spread(p) for p in (grouping.rows, grouping.weighted, grouping.squared))
    clusters = grouping.clusters
    if clusters is None:
        return Tally(levels, units, weighted, squared)
    return Tally(
        levels,
        units,
        weighted,
        squared,
        _tabulate_clusters(clusters.cluster, code[clusters.cell], clusters.weighted.sum(axis=1), axis.size),
    )


def tally_outcomes(grouping: Grouping, levels: Sequence[str], outcomes: Floats) -> Tally:
    """Return everyone by what they are: `outcomes` (levels, outcomes) says which outcomes each level has."""
    units, weighted, squared = (
        p.sum(axis=0) @ outcomes.T for p in (grouping.rows, grouping.weighted, grouping.squared)
    )
    clusters, by_cluster = grouping.clusters, None
    if clusters is not None:
        by_cluster = clusters.weighted @ outcomes.T
        by_cluster = by_cluster[by_cluster.any(axis=1)]
    return Tally(tuple(levels), units, weighted, squared, by_cluster)


def tally_codes(scored: Scored, codes: NDArray[np.int64], levels: Sequence[str]) -> Tally:
    """Return the units by a code for each of them, -1 for those that have none."""
    has = codes >= 0
    code = codes[has]
    weight = np.ones(len(code)) if scored.weights is None else scored.weights[has]
    times = np.ones(len(code)) if scored.multiplicity is None else scored.multiplicity[has].astype(float)

    def count(of: Floats) -> Floats:
        return np.bincount(code, weights=of, minlength=len(levels))

    by_cluster = None
    if scored.clusters is not None:
        by_cluster = _tabulate_clusters(scored.clusters[has], code, weight * times, len(levels))
    return Tally(tuple(levels), count(times), count(weight * times), count(weight * weight * times), by_cluster)


def _tabulate_clusters(cluster: NDArray[np.int64], code: NDArray[np.int64], x: Floats, size: int) -> Floats:
    """Return the sums of every cluster with any, by code: (clusters, codes)."""
    n = int(cluster.max(initial=-1)) + 1
    table = np.bincount(cluster * size + code, weights=x, minlength=n * size).reshape(n, size)
    return np.asarray(table[table.any(axis=1)])
