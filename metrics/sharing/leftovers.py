"""What is left of one thing shown when others are taken off it: it must be nobody, or neither few nor all alike.

Few are also those of whom one has nearly all the weight, and the many rows of a few clusters.

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

__all__ = ["KNOWN", "Counted", "TopAndBelow", "hide_leftovers", "tells_of_each"]

# Of every row, whether it is in numerator and denominator; NaN where a row is no part of what the share is told of.
TopAndBelow = tuple[NDArray[np.float64], NDArray[np.float64]]

KNOWN = -2  # instead of a cluster: one of which readers know some rows
_MOST_AT_ONCE = 2**24  # beyond, clusters are counted by sorting


@dataclass(frozen=True, eq=False)
class Counted:
    """What is counted of those who are left, by row.

    `shares` are those that are told; `weights` what each row weighs, NaN where it is no part; `clusters` which one it
    is of, -1 where it is no part, `KNOWN` where it does not count.
    """

    shares: Sequence[TopAndBelow]
    weights: Sequence[NDArray[np.float64]] = ()
    clusters: Sequence[NDArray[np.int64]] = ()


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
    rows: Rows, tables: Sequence[SharedTable], counted: Counted, least: float, fewest: int
) -> list[SharedTable] | None:
    """Hide one more cell where something is left that is too small or tells of each; None where nothing is.

    Left may be nobody, or at least `least` units of `fewest` clusters, with the weight of `fewest`; and of the shares
    none that is 0 or 1 of fewer than `fewest`. Cells of `fixed` tables stay as they are. Raises QuestionError where
    there is nothing to hide.
    """
    few = _Few(rows, tables, counted)
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

    def __init__(self, rows: Rows, tables: Sequence[SharedTable], counted: Counted) -> None:
        number = number_alike([(rows.times > 0).astype(np.int64), rows.outcome, *(t.cell for t in tables)])
        n = int(number.max(initial=-1)) + 1
        first = np.zeros(n, np.int64)
        first[number[::-1]] = np.arange(len(number))[::-1]
        times = np.bincount(number, rows.times, minlength=n)
        self.cells = [t.cell[first] for t in tables]
        # Units, then numerator and denominator of every share, then the sums of weights and of their squares.
        self.n_shares = len(counted.shares)
        powers = [w**power for w in counted.weights for power in (1, 2)]
        self.counts = np.stack(
            [
                times,
                *(side[first] * times for pair in counted.shares for side in pair),
                *(np.bincount(number, _padded(w, len(number)) * rows.times, minlength=n) for w in powers),
            ]
        )
        self.clusters = [_distinct(number[: len(c)], c, rows.times[: len(c)]) for c in counted.clusters]

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
        shares, weights = np.split(counts[1:], [2 * self.n_shares])
        for top, below in zip(shares[::2], shares[1::2], strict=True):
            bad |= tells_of_each(top, below, fewest)
        for weight, squared in zip(weights[::2], weights[1::2], strict=True):
            bad |= (squared > 0) & (weight**2 < fewest * squared)
        for alike, cluster in self.clusters:
            bad |= _of_few_clusters(np.where(left, outer.cell, -1)[alike], cluster, n, fewest)
        bad = bad[candidates]
        if not bad.any():
            return None
        cell = int(candidates[bad][0])
        return cell, np.flatnonzero(nested[cell]).astype(np.int64), sizes


def _padded(values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    return np.pad(values, (0, n - len(values)), constant_values=np.nan)


def _distinct(
    alike: NDArray[np.int64], cluster: NDArray[np.int64], times: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return of which clusters the people are who are alike, each pair once."""
    pairs = np.unique(np.stack([alike, cluster])[:, times > 0], axis=1)
    return pairs[0], pairs[1]


def _of_few_clusters(cell: NDArray[np.int64], cluster: NDArray[np.int64], n: int, fewest: int) -> NDArray[np.bool_]:
    """Return in which of `n` cells there are clusters, but few; not where some rows are no part of the clusters."""
    outside = np.bincount(cell[(cell >= 0) & (cluster == -1)], minlength=n) > 0
    there = np.bincount(cell[cell >= 0], minlength=n) > 0
    counts = (cell >= 0) & (cluster >= 0)
    size = int(cluster.max(initial=-1)) + 1
    pair = cell[counts] * size + cluster[counts]
    if n * size <= _MOST_AT_ONCE:
        occurs = np.zeros(n * size, bool)
        occurs[pair] = True
        distinct = occurs.reshape(n, size).sum(axis=1)
    else:
        distinct = np.bincount(np.unique(pair) // size, minlength=n)
    found: NDArray[np.bool_] = there & ~outside & (distinct < fewest)
    return found


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
