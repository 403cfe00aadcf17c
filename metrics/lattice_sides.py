"""The two sides of every slice of a search: the slice and everyone else, or what a parent holds beside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.apart import FamilyApart
from metrics.compare import Pairs
from metrics.cube import Cube, count_cells
from metrics.lattice import Lattice
from metrics.moments import Family, Opposite, oppose_rest
from metrics.nested import Nested, oppose_within
from metrics.progress import Progress
from metrics.sides import Measured, Pooled, correlation, join_measured, measure_side, pool

__all__ = ["Sides", "SidesApart", "SidesOfSums"]

Floats = NDArray[Any]


class Sides(ABC):
    """Every slice, and everyone else whose group is known; arrays of shape (1, slices)."""

    one: Measured
    two: Measured
    pairs: Pairs

    @abstractmethod
    def beside(self, at: NDArray[np.int64], parents: NDArray[np.int64]) -> tuple[Measured, Pairs]:
        """Measure what the parents at some places hold beside the slices at others, and pair both."""


class SidesOfSums(Sides):
    """Of a metric that is a function of sums: subtractions of counts."""

    def __init__(self, cube: Cube, family: Family, lattice: Lattice) -> None:
        self.family, self.lattice = Family(family.metrics, lattice.scored.layout), lattice
        self.pooled: Pooled = pool(cube, family)
        cells = self.family.of_cells(*lattice.groupings)
        rest = oppose_rest(self.family, lattice.groupings, cells, lattice.known)
        kept = lattice.kept
        self.moments = cells.take(kept)
        self.one = measure_side(self.family, self.moments, self.pooled)
        opposite = _take(rest, kept)
        self.two = measure_side(self.family, opposite.moments, self.pooled)
        self.pairs = _pair(self.one, self.two, correlation(self.family, self.one, self.two, opposite))

    def beside(self, at: NDArray[np.int64], parents: NDArray[np.int64]) -> tuple[Measured, Pairs]:
        nested = Nested(self.moments.take(at), self.moments.take(parents))
        order, entries = np.arange(len(at)), []
        if self.moments.clusters is not None:
            # With clusters one pair of groupings after another: each has entries of its own.
            of, whole = self.lattice.grouping[at], self.lattice.grouping[parents]
            order = np.lexsort((whole, of))
            starts = np.cumsum([0, *map(len, self.lattice.groupings)])
            cells = self.lattice.kept
            new = np.flatnonzero((np.diff(of[order], prepend=-1) != 0) | (np.diff(whole[order], prepend=-1) != 0))
            for some in np.split(order, new[1:]):
                g, w = of[some[0]], whole[some[0]]
                own, wider = self.lattice.groupings[g].clusters, self.lattice.groupings[w].clusters
                assert own is not None
                assert wider is not None
                entries.append((own, wider, cells[at[some]] - starts[g], cells[parents[some]] - starts[w]))
            nested = Nested(nested.inner.take(order), nested.outer.take(order))
        opposite = oppose_within(self.family, nested, entries)
        one, two = self.one.take(at[order]), measure_side(self.family, opposite.moments, self.pooled)
        r = correlation(self.family, one, two, opposite)
        back = np.argsort(order)
        return two.take(back), _pair(one, two, r).at(back)


class SidesApart(Sides):
    """Of a metric that is no function of sums: from the rows behind the cells, one grouping after another."""

    def __init__(self, cube: Cube, family: FamilyApart, lattice: Lattice, progress: Progress) -> None:
        self.family, self.lattice = family, lattice
        self.counted = count_cells([lattice.scored])[0]
        self.counted.kept.update(family.borrowed(cube))
        self.starts = np.cumsum([0, *map(len, lattice.groupings)])
        ones, twos, rs = [], [], []
        for i, grouping in enumerate(progress.over(lattice.groupings, "Comparing every slice with the rest")):
            cells = lattice.kept[lattice.grouping == i] - self.starts[i]
            one, two, r = family.measure_slices(self.counted, grouping, cells)
            ones.append(one)
            twos.append(two)
            rs.append(r)
        self.one, self.two = join_measured(ones), join_measured(twos)
        self.pairs = _pair(self.one, self.two, np.concatenate(rs, axis=1))

    def beside(self, at: NDArray[np.int64], parents: NDArray[np.int64]) -> tuple[Measured, Pairs]:
        lattice, twos, rs = self.lattice, [], []
        for slice_, parent in zip(at.tolist(), parents.tolist(), strict=True):
            grouping = lattice.groupings[lattice.grouping[slice_]]
            cell = lattice.kept[slice_] - self.starts[lattice.grouping[slice_]]
            wanted = lattice.slices[parent].to_dict()
            others = grouping.find(wanted) & (np.arange(len(grouping)) != cell)
            two, r = self.family.measure_beside(self.counted, grouping, int(cell), others)
            twos.append(two)
            rs.append(r)
        two = join_measured(twos)
        return two, _pair(self.one.take(at), two, np.concatenate(rs, axis=1))


def _pair(one: Measured, two: Measured, r: Floats) -> Pairs:
    flat = r.ravel()
    return Pairs(one.side.flat(), two.side.flat(), flat, np.zeros_like(flat), np.ones_like(flat))


def _take(opposite: Opposite, at: NDArray[np.int64]) -> Opposite:
    some: Any = lambda a: None if a is None else a[:, at]  # noqa: E731
    return Opposite(opposite.moments.take(at), some(opposite.shared), some(opposite.either))
