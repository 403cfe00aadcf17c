"""Drawing examples: which transcripts can be shown without telling more of anybody else, and which of these are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cubes
from metrics.errors import QuestionError, unknown
from metrics.progress import SILENT, Progress
from metrics.results import Results
from metrics.scored import Axis, Scored
from metrics.sharing.examples import LONGEST_EXAMPLE, MOST_STEPS, Example, Examples
from metrics.sharing.hiding import Hiding
from metrics.sharing.known import find_known, hide_beside
from metrics.sharing.leftovers import tells_of_each
from metrics.sharing.small import told_shares
from metrics.sharing.tables import Earlier, number_alike
from metrics.sharing.terms import ExampleTerms, Terms
from metrics.utterances import (
    Utterances,
    count_errors,
    has_transcripts,
    normalize_utterances,
    pair_utterances,
    take_utterances,
    unit_of,
)

__all__ = ["draw_examples", "hide_and_draw", "pair_units", "take_texts"]

Places = NDArray[np.int64]
Bools = NDArray[np.bool_]


def hide_and_draw(
    results: Results,
    scored: Sequence[Scored],
    cubes: Cubes,
    terms: Terms,
    earlier: Sequence[Earlier] = (),
    progress: Progress = SILENT,
) -> tuple[list[Hiding], Examples | None]:
    """Return what is hidden for each system, and the examples that go along, None where none are asked for.

    What is hidden is so for readers who know the examples of today and of before. Raises QuestionError where nothing
    can be shared, and where examples are asked for and there are no transcripts.
    """
    known = find_known(earlier)
    if terms.examples is None:
        return hide_beside(known, scored, cubes, terms, earlier, progress), None
    if not has_transcripts(results):
        raise QuestionError(
            "There are no transcripts to show examples of: the data have no texts of what was said and heard."
        )
    hiding = hide_beside(known, scored, cubes, terms, earlier, progress.part(0, 0.4))
    return draw_examples(results, scored, cubes, terms, terms.examples, earlier, hiding, progress.part(0.4, 1))


def draw_examples(
    results: Results,
    scored: Sequence[Scored],
    cubes: Cubes,
    terms: Terms,
    asked: ExampleTerms,
    earlier: Sequence[Earlier],
    hiding: list[Hiding],
    progress: Progress = SILENT,
) -> tuple[list[Hiding], Examples]:
    """Draw examples and hide what has to be hidden from whoever knows them; `hiding` is so without any.

    An example is of no hidden slice, neither of today nor of what was shared before. Of every slice shown, and of those
    with all the levels that are told of an example, `min_cell` people are left who are no example. Where that, or what
    is hidden for the sake of those who are left, allows fewer, there are fewer.
    """
    axes = _told_axes(scored[0], terms, asked)
    known, pairs = find_known(earlier), pair_units(results, scored)
    room = _Room(scored, terms, asked, axes, earlier, known, pairs)
    others = int((~np.isin(scored[0].rows, known)).sum()) - 2 * terms.min_cell  # so many are needed to share anything
    places = room.choose(_order(scored, asked, pairs, room.is_open(hiding)), max(0, min(asked.most, others)))
    texts = [take_texts(results, s, at[places]) for s, at in zip(scored, pairs, strict=True)]
    fits = np.array([_fits(texts, number) for number in range(len(places))], bool)
    places, before = room.leave_out_told(places[fits], cubes), -1
    while len(places) != before:
        before = len(places)
        rows = np.unique([s.rows[at[places]] for s, at in zip(scored, pairs, strict=True)])
        hiding = _hide(rows, known, scored, cubes, terms, earlier, progress)
        places = room.leave_out_told(places[room.is_open(hiding)[places]], cubes)
    kept = [take_texts(results, s, at[places]) for s, at in zip(scored, pairs, strict=True)]
    told = tuple(
        Example(levels, str(kept[0].said[n]), tuple(str(texts.heard[n]) for texts in kept))
        for n, levels in enumerate(_levels(scored[0], axes, places))
    )
    unit = unit_of(scored[0])
    return hiding, Examples(asked.drawn, asked.seed, asked.most, unit, axes, told, tuple(rows.tolist()))


def _hide(
    rows: Places,
    known: Places,
    scored: Sequence[Scored],
    cubes: Cubes,
    terms: Terms,
    earlier: Sequence[Earlier],
    progress: Progress,
) -> list[Hiding]:
    try:
        return hide_beside(np.union1d(known, rows), scored, cubes, terms, earlier, progress)
    except QuestionError as error:
        if not len(rows):
            raise
        raise QuestionError(f"With {len(rows)} examples known to readers: {error} Or share fewer examples.") from error


def _told_axes(scored: Scored, terms: Terms, asked: ExampleTerms) -> tuple[Axis, ...]:
    """Return the attributes whose levels are told. Raises QuestionError for one that is not shared."""
    for name in asked.axes or ():
        if name not in terms.axes:
            raise unknown(name, "attribute that is shared called", terms.axes)
    names = terms.axes if asked.axes is None else asked.axes
    return tuple(axis for axis in scored.axes if axis.name in names)


def _levels(scored: Scored, axes: Sequence[Axis], places: Places) -> list[tuple[int, ...]]:
    at = [scored.axes.index(axis) for axis in axes]
    return [tuple(int(scored.codes[a][place]) for a in at) for place in places.tolist()]


# -- which can be drawn --------------------------------------------------------------------------


def pair_units(results: Results, scored: Sequence[Scored]) -> list[Places]:
    """Return for every system where the units of the first one stand in it, -1 where it has none of the same levels."""
    first, found = scored[0], [np.arange(len(scored[0]))]
    for other in scored[1:]:
        at = pair_utterances(results, first, other)
        alike = at >= 0
        for mine, theirs in zip(first.codes, other.codes, strict=True):
            alike &= mine == theirs[np.maximum(at, 0)]
        used = np.bincount(at[alike], minlength=len(other))
        alike &= used[np.maximum(at, 0)] == 1
        found.append(np.where(alike, at, -1))
    return found


def _order(scored: Sequence[Scored], asked: ExampleTerms, pairs: Sequence[Places], is_open: Bools) -> Places:
    """Return the places of the units that can be examples, those to be taken first in front."""
    edits, words, fine = np.zeros(len(scored[0])), np.zeros(len(scored[0])), is_open.copy()
    for one, at in zip(scored, pairs, strict=True):
        counts = count_errors(one).iloc[np.maximum(at, 0)].reset_index(drop=True)
        fine &= (
            (at >= 0) & counts["known"].to_numpy() & (counts["words"] + counts["insertions"] <= MOST_STEPS).to_numpy()
        )
        edits, words = edits + counts["edits"].to_numpy(), words + counts["words"].to_numpy()
    if asked.drawn == "worst":
        found = np.flatnonzero(fine & (edits > 0) & (words > 0))
        return found[np.lexsort((-edits[found], -edits[found] / words[found]))]
    # The draw hangs on all rows, so that the seed tells nobody without the file which places were drawn.
    content = hashlib.sha256(b"".join(v.tobytes() for s in scored for v in s.values)).digest()
    return np.random.default_rng([asked.seed, int.from_bytes(content[:8], "big")]).permutation(np.flatnonzero(fine))


@dataclass(frozen=True, eq=False)
class _Room:
    """How many people of every cell are no example. Positions are those of the units of the first system."""

    scored: Sequence[Scored]
    terms: Terms
    asked: ExampleTerms
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
        told = tuple(dict.fromkeys((*self.terms.metrics, *(name for e in self.earlier for name in e.metrics))))
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


# -- texts ---------------------------------------------------------------------------------------


def take_texts(results: Results, scored: Scored, places: Places) -> Utterances:
    """Return the texts of some units of a system as they are compared."""
    if not len(places):
        return Utterances([], [], unit_of(scored))
    return normalize_utterances(results, take_utterances(results, scored, places))


def _fits(texts: Sequence[Utterances], number: int) -> bool:
    """Whether an utterance is there for every system, with one reference, and no text of it is longer than is shown."""
    said = {utterances.said[number] for utterances in texts}
    heard = [utterances.heard[number] for utterances in texts]
    return len(said) == 1 and all(text is not None and len(text) <= LONGEST_EXAMPLE for text in (*said, *heard))
