"""The tables that are shared of some rows: which rows stand behind which cell, and which cells are hidden."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cube, Grouping
from metrics.ranks import cells_of
from metrics.scored import Scored
from metrics.sharing.amounts import Amounts, amounts_of

__all__ = [
    "Earlier",
    "Rows",
    "SharedTable",
    "add_alike",
    "name_told",
    "number_alike",
    "put_together",
    "rows_of",
    "tables_of",
]

_MOST_NUMBERS = 2**24  # beyond, rows are numbered by sorting


@dataclass(frozen=True, eq=False)
class SharedTable:
    """One grouping as it is shared: the count of every cell that is not hidden, and of all whose group is known.

    The latter follows from what is told of everyone else (`tells_rest`). `cell` (rows,) is the cell of each row, -1
    where a row is no part of it. `codes` (cells, axes) are levels, `axes` names the axes. `hidden` and `known` are
    (cells,). The count of a hidden cell keeps a range of `least`. A `fixed` table was shared before; it is `apart` if
    its cells do not follow from the levels of today.
    """

    axes: tuple[str, ...]
    codes: NDArray[np.int64]
    cell: NDArray[np.int64]
    known: NDArray[np.bool_]
    hidden: NDArray[np.bool_]
    least: float
    tells_rest: bool = True
    fixed: bool = False
    apart: bool = False

    def __len__(self) -> int:
        return len(self.codes)

    def hide(self, cells: Iterable[int]) -> SharedTable:
        hidden = self.hidden.copy()
        hidden[list(cells)] = True
        return replace(self, hidden=hidden)


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows that tables are about: how many people each stands for, what came out, and its levels by axis.

    `times` and `outcome` are (rows,), 0 and -1 for rows that are no part; `levels` maps an axis to its codes, -1 there.
    `amounts` are what one person adds to every other sum that is told.
    """

    times: NDArray[np.int64]
    outcome: NDArray[np.int64]
    levels: dict[str, NDArray[np.int64]]
    amounts: Amounts

    def __len__(self) -> int:
        return len(self.times)


@dataclass(frozen=True, eq=False)
class Earlier:
    """What was shared of the same rows before: its tables (fixed), its rows as they were read then, and its metrics.

    `read` are the scored units then, each with its cube: what came out for rows that are no part of it today. `known`
    are the places of the rows that went along as examples.
    """

    tables: tuple[SharedTable, ...]
    rows: Rows
    metrics: tuple[str, ...] = ()
    read: tuple[tuple[Scored, Cube], ...] = ()
    known: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


def name_told(metrics: Sequence[str], earlier: Sequence[Earlier]) -> tuple[str, ...]:
    """Return the metrics that readers know, each once: those that are shared now, and those of before."""
    return tuple(dict.fromkeys((*metrics, *(name for e in earlier for name in e.metrics))))


def rows_of(scored: Sequence[Scored], n: int) -> Rows:
    """Return the scored units as rows of a file of `n`, with what came out in all systems together."""
    first = scored[0]
    outcome, times = np.full(n, -1, np.int64), np.zeros(n, np.int64)
    outcome[first.rows] = 0
    for one in scored:
        outcome[first.rows] = outcome[first.rows] * one.layout.n_outcomes + one.outcome
    times[first.rows] = 1 if first.multiplicity is None else first.multiplicity
    levels = {}
    for axis, codes in zip(first.axes, first.codes, strict=True):
        levels[axis.name] = np.full(n, -1, np.int64)
        levels[axis.name][first.rows] = codes
    amounts = amounts_of(first, n)
    for one in scored[1:]:
        amounts = amounts.beside(amounts_of(one, n))
    return Rows(times, outcome, levels, amounts)


def put_together(
    rows: Rows, tables: Sequence[SharedTable], earlier: Sequence[Earlier]
) -> tuple[Rows, list[SharedTable]]:
    """Return what is shared now and what was shared before of the same rows, as tables of one set of rows."""
    n = max([len(rows), *(len(e.rows) for e in earlier)])
    rows, found = _stretch(rows, n), [replace(t, cell=_longer(t.cell, n)) for t in tables]
    outcomes, times, levels, amounts = [rows.outcome], rows.times, {}, rows.amounts
    for before in earlier:
        own = _stretch(before.rows, n)
        alike = np.array_equal(own.outcome >= 0, rows.outcome >= 0)
        for table in before.tables:
            known = alike and all(
                name in rows.levels and np.array_equal(rows.levels[name], own.levels[name]) for name in table.axes
            )
            found.append(replace(table, cell=_longer(table.cell, n), fixed=True, apart=not known))
        outcomes.append(own.outcome)
        times = np.maximum(times, own.times)
        amounts = amounts.beside(own.amounts)
    found = [_begin_as_before(table, found) for table in found]
    for name in dict.fromkeys(name for table in found if not table.apart for name in table.axes):
        levels[name] = rows.levels[name]
    return Rows(times, number_alike(outcomes), levels, amounts), found


def number_alike(columns: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Number rows from 0 on so that those with the same codes in all columns have the same number; codes are >= -1.

    >>> number_alike([np.array([5, 5, -1, 5]), np.array([0, 1, 0, 0])]).tolist()
    [1, 2, 0, 1]
    """
    number = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        number = number * (int(column.max(initial=-1)) + 2) + column + 1
        most = int(number.max(initial=0)) + 1
        if most <= _MOST_NUMBERS:
            occurs = np.zeros(most, bool)
            occurs[number] = True
            number = (np.cumsum(occurs) - 1)[number]
        else:
            number = np.unique(number, return_inverse=True)[1].ravel()
    return number


def add_alike(rows: Rows, tables: Sequence[SharedTable]) -> tuple[Rows, list[SharedTable]]:
    """Return the same people with one row for all who are alike, in everything and in every table."""
    counted = (rows.times > 0).astype(np.int64)
    number = number_alike([counted, rows.outcome, *rows.levels.values(), *(t.cell for t in tables)])
    first = np.zeros(int(number.max(initial=-1)) + 1, np.int64)
    first[number[::-1]] = np.arange(len(number))[::-1]
    times = np.zeros(len(first), np.int64)
    np.add.at(times, number, rows.times)
    levels = {name: level[first] for name, level in rows.levels.items()}
    few = Rows(times, rows.outcome[first], levels, rows.amounts.add_up(number, rows.times))
    return few, [replace(t, cell=t.cell[first]) for t in tables]


def _begin_as_before(table: SharedTable, others: Sequence[SharedTable]) -> SharedTable:
    """Hide what an earlier table of the same cells hid, so that the same is shared the same way again."""
    for before in others:
        alike = before.fixed and not before.apart and not table.fixed and before.axes == table.axes
        if alike and np.array_equal(before.cell, table.cell):
            tells = table.tells_rest and before.tells_rest
            table = replace(table, hidden=table.hidden | before.hidden, tells_rest=tells)
    return table


def _stretch(rows: Rows, n: int) -> Rows:
    more = n - len(rows)
    times = np.concatenate([rows.times, np.zeros(more, np.int64)])
    levels = {name: _longer(level, n) for name, level in rows.levels.items()}
    return Rows(times, _longer(rows.outcome, n), levels, rows.amounts.longer(n))


def _longer(codes: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    return np.concatenate([codes, np.full(n - len(codes), -1, np.int64)])


def tables_of(
    cube: Cube, groupings: Sequence[tuple[str, ...]], places: NDArray[np.int64], n: int, least: float
) -> list[SharedTable]:
    """Return the tables of a cube's groupings, nothing hidden yet; its units stand at `places` of `n` rows."""
    found = []
    for names in groupings:
        grouping: Grouping = cube.by(names)
        cell = np.full(n, -1, np.int64)
        cell[places] = cells_of(cube, grouping)
        found.append(SharedTable(names, grouping.codes, cell, grouping.known, np.zeros(len(grouping), bool), least))
    return found
