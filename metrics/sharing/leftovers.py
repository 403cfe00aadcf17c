"""What is left of one thing shown when others are taken off it: it must be nobody, or neither few nor all alike.

People who are in one set that is shown and in none of those inside it stand in no cell of their own: rows that a later
report leaves out, the years between two bins, the groups of a table that are hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from metrics.errors import QuestionError
from metrics.sharing.tables import Rows, SharedTable, number_alike

__all__ = ["TopAndBelow", "hide_leftovers", "tells_of_each"]

# Of every row, whether it is in numerator and denominator; NaN where a row is no part of what the share is told of.
TopAndBelow = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class _Sets:
    """The cells of a table that are shown, or all those of it whose group is known (`is_rest`)."""

    table: int
    is_rest: bool
    cell: NDArray[np.int64]
    shown: NDArray[np.bool_]
    fixed: bool


def tells_of_each(top: NDArray[np.float64], below: NDArray[np.float64], least: float) -> NDArray[np.bool_]:
    """Return where a share of fewer than `least` is 0 or 1: what came out is then known of each of them."""
    found: NDArray[np.bool_] = (below > 0) & (below < least) & ((top == 0) | (top == below))
    return found


def hide_leftovers(
    rows: Rows, tables: Sequence[SharedTable], shares: Sequence[TopAndBelow], least: float, fewest: int
) -> list[SharedTable] | None:
    """Hide one more cell where something is left that is too small or tells of each; None where nothing is.

    Left may be nobody, or at least `least` units; and of the `shares` none that is 0 or 1 of fewer than `fewest`. Cells
    of `fixed` tables stay as they are. Raises QuestionError where there is nothing to hide.
    """
    few = _Few(rows, tables, shares)
    sets = [s for number, table in enumerate(tables) for s in _sets_of(number, table, few.cells[number])]
    for outer in sets:
        for inner in sets:
            if outer.table == inner.table or (outer.fixed and inner.fixed):
                continue
            found = few.find(outer, inner, least, fewest)
            if found is not None:
                return _hide(list(tables), outer, inner, *found)
    return None


class _Few:
    """The rows with one for all who are alike, and what is counted of them."""

    def __init__(self, rows: Rows, tables: Sequence[SharedTable], shares: Sequence[TopAndBelow]) -> None:
        number = number_alike([(rows.times > 0).astype(np.int64), rows.outcome, *(t.cell for t in tables)])
        n = int(number.max(initial=-1)) + 1
        first = np.zeros(n, np.int64)
        first[number[::-1]] = np.arange(len(number))[::-1]
        times = np.bincount(number, rows.times, minlength=n)
        self.cells = [t.cell[first] for t in tables]
        # Units, then numerator and denominator of every share.
        self.counts = np.stack([times, *(side[first] * times for pair in shares for side in pair)])

    def find(
        self, outer: _Sets, inner: _Sets, least: float, fewest: int
    ) -> tuple[int, NDArray[np.int64], NDArray[np.float64]] | None:
        """Return a set of `outer` of which too little is left, those of `inner` inside it, and their sizes."""
        in_outer = (outer.cell >= 0) & outer.shown[outer.cell]
        in_inner = (inner.cell >= 0) & inner.shown[inner.cell]
        both = in_outer & in_inner
        n, m = len(outer.shown), len(inner.shown)
        units = self.counts[0]
        shared = np.bincount(outer.cell[both] * m + inner.cell[both], units[both], minlength=n * m).reshape(n, m)
        sizes = np.bincount(inner.cell[in_inner], units[in_inner], minlength=m).astype(np.float64)
        nested = (shared > 0) & (shared == sizes)
        candidates = np.flatnonzero(nested.any(axis=1))
        if not len(candidates):
            return None
        taken = in_inner & both
        taken[both] = nested[outer.cell[both], inner.cell[both]]
        left = in_outer & ~taken
        counts = np.stack([np.bincount(outer.cell[left], c[left], minlength=n) for c in self.counts])
        bad = (counts[0] > 0) & (counts[0] < least)
        for top, below in zip(counts[1::2], counts[2::2], strict=True):
            bad |= tells_of_each(top, below, fewest)
        bad = bad[candidates]
        if not bad.any():
            return None
        cell = int(candidates[bad][0])
        return cell, np.flatnonzero(nested[cell]).astype(np.int64), sizes


def _sets_of(number: int, table: SharedTable, cell: NDArray[np.int64]) -> list[_Sets]:
    found = [_Sets(number, False, cell, ~table.hidden, table.fixed)]
    if table.tells_rest and table.axes:
        known = np.where((cell >= 0) & table.known[cell], 0, -1)
        found.append(_Sets(number, True, known, np.ones(1, bool), table.fixed))
    return found


def _hide(
    tables: list[SharedTable],
    outer: _Sets,
    inner: _Sets,
    cell: int,
    inside: NDArray[np.int64],
    sizes: NDArray[np.float64],
) -> list[SharedTable]:
    """Hide the smallest of the inner sets; where they were shared before, the outer one."""
    table = tables[inner.table]
    if not inner.fixed and inner.is_rest:
        tables[inner.table] = replace(table, tells_rest=False)
    elif not inner.fixed and table.axes:
        tables[inner.table] = table.hide([int(inside[np.argmin(sizes[inside])])])
    elif not outer.fixed and outer.is_rest:
        tables[outer.table] = replace(tables[outer.table], tells_rest=False)
    elif not outer.fixed and tables[outer.table].axes:
        tables[outer.table] = tables[outer.table].hide([cell])
    else:
        raise QuestionError(
            "This cannot be shared beside what was shared of the same file before: taken off one another they would "
            "tell of fewer people than the minimum. Choose the filter, bins and attributes that were shared then."
        )
    return tables
