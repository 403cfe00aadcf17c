"""Room for examples: which units leave enough people of every slice who are no example, when they become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cubes
from metrics.scored import Axis, Scored
from metrics.sharing.hiding import Hiding
from metrics.sharing.leftovers import tells_of_each
from metrics.sharing.small import told_shares
from metrics.sharing.tables import Earlier, name_told, number_alike
from metrics.sharing.terms import Terms

__all__ = ["Room"]

Places = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Room:
    """How many people of every cell are no example. Positions are those of the units of the first system."""

    scored: Sequence[Scored]
    terms: Terms
    axes: Sequence[Axis]
    earlier: Sequence[Earlier]
    known: Places
    pairs: Sequence[Places]

    def is_open(self, hiding: Sequence[Hiding]) -> Bools:
        """Return which units are in no hidden slice, of today or of before."""
        found = np.ones(len(self.scored[0]), bool)
        for one, at, tables in zip(self.scored, self.pairs, hiding, strict=True):
            for table in tables.values():
                cell = _cells_at(table.cell, one, at)
                found &= (cell < 0) | ~table.hidden[cell]
        for number, table in enumerate(table for e in self.earlier for table in e.tables):
            for cell in self._before[number]:
                found &= (cell < 0) | ~table.hidden[cell]
        return found

    def choose(self, order: Places, most: int) -> Places:
        """Return the first units of an order, passing over those that leave too few others."""
        people = _People.of(self.scored[0], self.terms, self._tables)
        for place in np.flatnonzero(np.isin(self.scored[0].rows, self.known)).tolist():
            people.take(place)
        chosen: list[int] = []
        for place in order.tolist():
            if len(chosen) == most:
                break
            if people.leaves_enough(place):
                people.take(place)
                chosen.append(place)
        return np.array(chosen, np.int64)

    def leave_out_told(self, places: Places, cubes: Cubes) -> Places:
        """Return those whose slices would not say of each of a few others what came out, if these are known."""
        told = name_told(self.terms.metrics, self.earlier)
        before = -1
        while len(places) != before:
            before = len(places)
            others = ~np.isin(self.scored[0].rows, self.known)
            others[places] = False
            for one, at, cube in zip(self.scored, self.pairs, cubes, strict=True):
                outcome = one.outcome[np.maximum(at, 0)]
                for cell in self._tables:
                    here = np.flatnonzero(others & (at >= 0) & np.isin(cell, cell[places]))
                    n = int(cell.max(initial=-1)) + 1
                    for sides in told_shares(cube, told):
                        top, below = (np.bincount(cell[here], s[outcome[here]], n).astype(np.float64) for s in sides)
                        places = places[
                            (cell[places] < 0) | ~tells_of_each(top, below, self.terms.min_cell)[cell[places]]
                        ]
        return places

    @cached_property
    def _before(self) -> list[list[Places]]:
        """The cells of every table that was shared before, as each system's rows stand in it."""
        return [
            [_cells_at(table.cell, s, at) for s, at in zip(self.scored, self.pairs, strict=True)]
            for e in self.earlier
            for table in e.tables
        ]

    @cached_property
    def _tables(self) -> list[Places]:
        """The cells of the units in every table that is shared now or was before, and by all levels that are told."""
        first = self.scored[0]
        codes = {axis.name: code.astype(np.int64) for axis, code in zip(first.axes, first.codes, strict=True)}
        groupings = [*self.terms.groupings, tuple(axis.name for axis in self.axes)]
        one = np.zeros(len(first), np.int64)
        return [number_alike([one, *(codes[name] for name in names)]) for names in groupings] + [
            cell for cells in self._before for cell in cells
        ]


class _People:
    """The people of every cell of some tables who are no example: `left` of those who were there, `had`."""

    def __init__(self, person: Places, size: NDArray[np.float64], tables: Sequence[Places], least: int) -> None:
        self.person, self.size, self.tables, self.least = person, size, tables, least
        self.order = np.argsort(person, kind="stable")
        self.first = np.searchsorted(person[self.order], np.arange(int(person.max(initial=-1)) + 2))
        self.had = [_count_people(cell, person, size) for cell in tables]
        self.left = [had.copy() for had in self.had]
        self.taken: set[int] = set()

    @classmethod
    def of(cls, scored: Scored, terms: Terms, tables: Sequence[Places]) -> _People:
        if scored.clusters is not None and terms.people == "clusters":
            person = np.unique(scored.clusters, return_inverse=True)[1].ravel()
            return cls(person, np.ones(len(scored)), tables, terms.min_cell)
        times = np.ones(len(scored)) if scored.multiplicity is None else scored.multiplicity.astype(float)
        return cls(np.arange(len(scored)), times, tables, terms.min_cell)

    def take(self, place: int) -> None:
        """Have the person of a unit among the examples."""
        person = int(self.person[place])
        if person not in self.taken:
            self.taken.add(person)
            for cells, left in zip(self._cells_of(person), self.left, strict=True):
                left[cells] -= self.size[place]

    def leaves_enough(self, place: int) -> bool:
        """Whether enough others are left in every cell of a unit, and of its person, that had enough before."""
        person = int(self.person[place])
        own = 0.0 if person in self.taken else float(self.size[place])
        for table, cells, left, had in zip(self.tables, self._cells_of(person), self.left, self.had, strict=True):
            if table[place] >= 0 and left[table[place]] - own < self.least:
                return False
            if own and ((left[cells] - own < self.least) & (had[cells] >= self.least)).any():
                return False
        return True

    def _cells_of(self, person: int) -> list[Places]:
        units = self.order[self.first[person] : self.first[person + 1]]
        return [np.unique(cell[units][cell[units] >= 0]) for cell in self.tables]


def _cells_at(cell: Places, scored: Scored, at: Places) -> Places:
    """Return the cells of units (-1: none) by a table of the rows of the file, which may be shorter."""
    rows = scored.rows[np.maximum(at, 0)]
    inside = (at >= 0) & (rows < len(cell))
    return np.where(inside, cell[np.where(inside, rows, 0)], -1)


def _count_people(cell: Places, people: Places, of: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many people have a unit in each cell."""
    inside = np.flatnonzero(cell >= 0)
    pairs, first = np.unique(np.stack([cell[inside], people[inside]]), axis=1, return_index=True)
    return np.bincount(pairs[0], of[inside][first], minlength=int(cell.max(initial=-1)) + 1).astype(np.float64)
