"""The kinds of people by what came out for them: those that occur, and those that people of hidden cells could be.

Only these may change in number when `bounds` looks for the freedom of hidden cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.sharing.knowledge import Known
from metrics.sharing.staying import Kinds, share_staying
from metrics.sharing.tables import Rows, SharedTable

__all__ = ["Outcome", "find_outcomes", "hold_people", "take_few"]

Floats = NDArray[np.float64]

_MOST_KINDS = 4_000  # kinds of people, per outcome, whose number may change
_MOST_NEIGHBOURS = 20
_FEW_KINDS = 400
_SAME = 1e-9  # amounts that differ less are the same


@dataclass(frozen=True, eq=False)
class Outcome:
    """The kinds of people with one outcome: how many there are, and the cells they are in, (kinds, columns) sparse.

    `fewest` is 1 for kinds that keep a hidden cell from being empty: that it has anybody is known. `holds` (columns,)
    is the kind that does so for a column should it be hidden, -1 where that is a kind of another outcome. `fixed`
    (kinds, sums) is what each person adds to sums that are equations, `place` and `span` (kinds, amounts) what is known
    of the others (`knowledge.Known`).
    """

    count: Floats
    cells: Any
    fewest: Floats
    holds: NDArray[np.int64]
    fixed: Floats
    place: Floats
    span: Floats

    @cached_property
    def columns(self) -> Any:
        """The cells of the kinds the other way round: (columns, kinds) sparse."""
        return self.cells.T.tocsr()

    def equations(self, at: NDArray[np.int64]) -> Any:
        """Return what the people of these columns add up to: their number, and every sum that is an equation."""
        from scipy.sparse import vstack

        some = self.columns[at]
        return vstack([some, *(some.multiply(amount[None, :]) for amount in self.fixed.T)], format="csr")

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """How many kinds are in each column."""
        return np.asarray(np.diff(self.columns.indptr), np.int64)


def find_outcomes(
    rows: Rows,
    known: Known,
    tables: Sequence[SharedTable],
    offsets: NDArray[np.int64],
    generator: np.random.Generator,
) -> dict[int, Outcome]:
    """Return the kinds of people by outcome: those that occur, and their neighbours in hidden cells."""
    names = list(rows.levels)
    codes = np.stack([*rows.levels.values(), *(t.cell for t in tables if t.apart), known.kind], axis=1)
    movable = not any(t.apart for t in tables)
    inside = np.any([t.cell >= 0 for t in tables], axis=0) & (rows.times > 0)
    everyone = np.unique(codes[inside], axis=0)
    # People change to levels only of others who are known to add the same.
    of_kind = {int(kind): everyone[everyone[:, -1] == kind] for kind in np.unique(everyone[:, -1])}
    pairs = {kind: _pairs_that_occur(others) for kind, others in of_kind.items()} if movable else {}
    found = {}
    most, whose = np.zeros((2, int(offsets[-1])))
    along = _amounts_by_levels(codes[inside], known.fixed[inside], rows.times[inside]) if known.by_levels else None
    for outcome in np.unique(known.outcome[inside]).tolist():
        here = np.flatnonzero(inside & (known.outcome == outcome))
        kinds, which = np.unique(codes[here], axis=0, return_inverse=True)
        count = np.bincount(which.ravel(), rows.times[here].astype(float), minlength=len(kinds))
        first = np.zeros(len(kinds), np.int64)
        first[which.ravel()[::-1]] = here[::-1]
        cells = np.stack([t.cell[first] for t in tables], axis=1)
        fixed, place_of, span = known.fixed[first], known.place[first], known.span[first]
        if movable:
            kind = int(kinds[0, -1])
            more = _neighbours(kinds, cells, tables, names, pairs[kind], of_kind[kind])
            if along is not None:  # what others would take along who are of levels that nobody is of is not known
                more = more[[tuple(kind) in along for kind in more.tolist()]]
            if len(more):
                cells = np.concatenate([cells, _cells_of_kinds(more, tables, names)])
                count = np.concatenate([count, np.zeros(len(more))])
                new = [np.zeros(fixed.shape[1]) if along is None else along[tuple(kind)] for kind in more.tolist()]
                fixed = np.concatenate([fixed, np.reshape(new, (len(more), -1))])
                place_of, span = (np.pad(a, ((0, len(more)), (0, 0))) for a in (place_of, span))
        possible = (cells[len(kinds) :] >= 0).all(axis=1)
        keep = np.concatenate([np.arange(len(kinds)), len(kinds) + np.flatnonzero(possible)])
        whole = _incidence(cells[keep], tables, offsets)
        largest, holds = _largest_kinds(count[keep], whole)
        some = _choose(cells[keep], tables, generator)
        place = np.full(len(keep) + 1, -1)
        place[some] = np.arange(len(some))
        keep = keep[some]
        nobody = np.zeros(len(some))
        found[outcome] = Outcome(
            count[keep], whole[some], nobody, place[holds], _that_differ(fixed[keep]), place_of[keep], span[keep]
        )
        whose[largest > most] = outcome
        most = np.maximum(most, largest)
    return {
        outcome: replace(one, holds=np.where((whose == outcome) & (most > 0), one.holds, -1))
        for outcome, one in found.items()
    }


def _amounts_by_levels(
    codes: NDArray[np.int64], fixed: Floats, times: NDArray[np.int64]
) -> dict[tuple[int, ...], Floats]:
    """Return what people of the same levels take along on average, by these."""
    kinds, which = np.unique(codes, axis=0, return_inverse=True)
    people = np.bincount(which.ravel(), times)
    sums = [np.bincount(which.ravel(), amount * times) / people for amount in fixed.T]
    return {tuple(kind): np.array([s[number] for s in sums]) for number, kind in enumerate(kinds.tolist())}


def _that_differ(fixed: Floats) -> Floats:
    """Return the sums to which not everybody adds the same: the others tell no more than counts do."""
    return fixed[:, np.ptp(fixed, axis=0) > _SAME] if len(fixed) else fixed


def _largest_kinds(count: Floats, cells: Any) -> tuple[Floats, NDArray[np.int64]]:
    """Return how many people the largest kind of every column has, and which it is (the first of equal ones), or -1."""
    entries = cells.tocoo()
    kinds, columns = entries.coords
    order = np.lexsort((kinds, -count[kinds], columns))
    at, first = np.unique(columns[order], return_index=True)
    largest, holds = np.zeros(cells.shape[1]), np.full(cells.shape[1], -1)
    holds[at] = kinds[order[first]]
    largest[at] = count[holds[at]]
    return largest, holds


def hold_people(
    outcomes: dict[int, Outcome], known: Known, hidden: NDArray[np.bool_], shown: NDArray[np.bool_]
) -> dict[int, Outcome]:
    """Hold one person of the largest kind in every hidden cell, and of every kind those who have to stay.

    It is the same kind whatever else is hidden: what was found before and what is found later hold the same people.
    """
    held = {}
    marks = np.random.default_rng(0).random(len(shown)) * shown
    everybody = [Kinds(o.cells @ marks, o.count, o.place, o.span) for o in outcomes.values()]
    staying = share_staying(everybody, known.least, known.by_outcome)
    for (number, outcome), share in zip(outcomes.items(), staying, strict=True):
        fewest = share * outcome.count
        holding = outcome.holds[hidden & (outcome.holds >= 0)]
        fewest[holding] = np.maximum(fewest[holding], 1)
        held[number] = replace(outcome, fewest=fewest)
    return held


def take_few(outcome: Outcome, hidden: NDArray[np.bool_], generator: np.random.Generator) -> Outcome:
    """Return an outcome with few kinds free to change in number, those in hidden cells first; the others stay."""
    if len(outcome.count) <= _FEW_KINDS:
        return outcome
    inside = outcome.cells @ hidden.astype(float) > 0
    few = np.sort(np.lexsort((generator.random(len(inside)), ~inside))[:_FEW_KINDS])
    return Outcome(
        outcome.count[few],
        outcome.cells[few],
        outcome.fewest[few],
        outcome.holds,
        _that_differ(outcome.fixed[few]),
        outcome.place[few],
        outcome.span[few],
    )


def _choose(
    cells: NDArray[np.int64], tables: Sequence[SharedTable], generator: np.random.Generator
) -> NDArray[np.int64]:
    """Return the kinds to look at, those in hidden cells first, where there are very many."""
    if len(cells) <= _MOST_KINDS:
        return np.arange(len(cells))
    hidden = np.zeros(len(cells), bool)
    for number, table in enumerate(tables):
        hidden |= (cells[:, number] >= 0) & table.hidden[cells[:, number]]
    order = np.lexsort((generator.random(len(cells)), ~hidden))
    return np.sort(order[:_MOST_KINDS])


def _pairs_that_occur(codes: NDArray[np.int64]) -> dict[tuple[int, int], set[tuple[int, int]]]:
    """Return which pairs of levels occur together: what never does may be impossible, and frees nobody."""
    n = codes.shape[1]
    return {
        (i, j): set(map(tuple, np.unique(codes[:, [i, j]], axis=0).tolist())) for i in range(n) for j in range(i + 1, n)
    }


def _linked(codes: NDArray[np.int64], pairs: dict[tuple[int, int], set[tuple[int, int]]]) -> NDArray[np.int64]:
    """Number the axes so that two have one number if some of their levels never occur together, such as town and state.

    People of one level of such an axis are not of any level of the other: both change together.
    """
    n = codes.shape[1]
    block, sizes = np.arange(n), [len(np.unique(codes[:, i])) for i in range(n)]
    for (i, j), seen in pairs.items():
        if len(seen) < sizes[i] * sizes[j]:
            block[block == block[j]] = block[i]
    return block


def _neighbours(
    kinds: NDArray[np.int64],
    cells: NDArray[np.int64],
    tables: Sequence[SharedTable],
    names: Sequence[str],
    pairs: dict[tuple[int, int], set[tuple[int, int]]],
    everyone: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return kinds that people of hidden cells could be as well: of another hidden cell of the same table."""
    there = set(map(tuple, kinds.tolist()))
    blocks = _linked(everyone, pairs)
    found: dict[tuple[int, ...], None] = {}
    for number, table in enumerate(tables):
        if not table.hidden.any() or not table.axes:
            continue
        own = [names.index(name) for name in table.axes]
        at = np.flatnonzero(np.isin(blocks, blocks[own]))
        others = np.unique(everyone[:, at], axis=0)
        place = {tuple(code): cell for cell, code in enumerate(table.codes.tolist())}
        inside = [place[tuple(row)] for row in others[:, np.searchsorted(at, own)].tolist()]
        others = others[table.hidden[inside]]
        for kind in np.flatnonzero((cells[:, number] >= 0) & table.hidden[cells[:, number]]).tolist():
            near = np.argsort((others != kinds[kind, at]).sum(axis=1), kind="stable")
            for other in near[1 : 1 + _MOST_NEIGHBOURS].tolist():
                moved = kinds[kind].copy()
                moved[at] = others[other]
                new = tuple(moved.tolist())
                if new not in there and all((new[i], new[j]) in seen for (i, j), seen in pairs.items()):
                    found[new] = None
    return np.array(list(found), np.int64).reshape(-1, kinds.shape[1])


def _cells_of_kinds(kinds: NDArray[np.int64], tables: Sequence[SharedTable], names: Sequence[str]) -> NDArray[np.int64]:
    """Return the cell of each kind in every table, -1 where nobody has these levels."""
    columns = []
    for table in tables:
        place = {tuple(code): number for number, code in enumerate(table.codes.tolist())}
        at = [names.index(name) for name in table.axes]
        columns.append([place.get(tuple(kind), -1) for kind in kinds[:, at].tolist()])
    return np.array(columns, np.int64).T


def _incidence(cells: NDArray[np.int64], tables: Sequence[SharedTable], offsets: NDArray[np.int64]) -> Any:
    """Return which kind is in which cell, and in the sum of those whose group is known: sparse (kinds, columns)."""
    from scipy.sparse import csr_array

    kinds, columns = [], []
    for number, table in enumerate(tables):
        inside = np.flatnonzero(cells[:, number] >= 0)
        cell = cells[inside, number]
        known = inside[table.known[cell]]
        kinds += [inside, known]
        columns += [offsets[number] + cell, np.full(len(known), offsets[number] + len(table))]
    at = np.concatenate(kinds), np.concatenate(columns)
    return csr_array((np.ones(len(at[0])), at), shape=(len(cells), int(offsets[-1])))
