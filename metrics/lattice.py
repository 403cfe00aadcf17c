"""The lattice of a search: every combination of levels of some attributes, counted, with its parents.

What a search asks of the rows is little, and it asks it of very many combinations. So the rows are made small first:
outcomes that a metric does not tell apart become one, and levels that too few rows have for any combination to count
are counted together, as others who are no slice but belong to everyone else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from math import ceil, comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Grouping, count_grouping
from metrics.errors import QuestionError
from metrics.moments import Family
from metrics.progress import SILENT, Progress
from metrics.scored import Axis, Scored, smallest_unsigned
from metrics.slices import Slice

__all__ = ["MOST_GROUPINGS", "MOST_SLICES", "Lattice", "count_lattice", "least_rows", "narrow"]

MOST_GROUPINGS = 50_000
MOST_SLICES = 1_000_000

_RARE = "(rare)"  # never shown: its cells are no slices


@dataclass(frozen=True, eq=False)
class Lattice:
    """The slices with enough rows among all cells of `groupings`; arrays with one element a slice.

    `kept` is the slice's place among the cells of all groupings, one grouping after another, `rows` how many units it
    has, `grouping` the place of its grouping and `codes` (slices, depth) its levels, -1 beyond its conditions.
    `parents` (slices, depth) are the places of the slices that have all its conditions but the first, the second, ...:
    -1 where it has only one (its parent is everyone) and beyond its conditions. `scored` are the rows as counted.
    """

    scored: Scored
    groupings: tuple[Grouping, ...]
    kept: NDArray[np.int64]
    rows: NDArray[np.int64]
    grouping: NDArray[np.int64]
    codes: NDArray[np.int64]
    parents: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.kept)

    @cached_property
    def slices(self) -> tuple[Slice, ...]:
        named = [[[(a.name, a.level(c)) for c in range(a.size)] for a in g.axes] for g in self.groupings]
        return tuple(
            Slice(tuple(levels[c] for levels, c in zip(named[g], codes, strict=False)))
            for g, codes in zip(self.grouping.tolist(), self.codes.tolist(), strict=True)
        )

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Which cells of all groupings have a level of each of their attributes."""
        return np.concatenate([g.known for g in self.groupings])

    def members(self, at: int) -> NDArray[np.bool_]:
        """Return which scored rows are in the slice at this place, shape (rows,)."""
        place = {axis.name: i for i, axis in enumerate(self.scored.axes)}
        axes, codes = self.groupings[self.grouping[at]].axes, self.codes[at]
        inside = [self.scored.codes[place[a.name]] == c for a, c in zip(axes, codes, strict=False)]
        found: NDArray[np.bool_] = np.logical_and.reduce(inside)
        return found


def least_rows(n_rows: int, support: float) -> int:
    """Return how many rows a share of all of them is, at least one.

    >>> least_rows(48_842, 0.01), least_rows(100, 0.05)
    (489, 5)
    """
    return max(1, ceil(n_rows * support - 1e-9))


def narrow(scored: Scored, family: Family) -> Scored:
    """Return the units with only what a family of metrics adds up: outcomes it does not tell apart become one."""
    lay = scored.layout
    told = (family.outcomes, family.units, family.below, family.enough)
    patterns = np.concatenate([t.reshape(-1, lay.n_outcomes) for t in told])
    _, first, number = np.unique(patterns, axis=1, return_index=True, return_inverse=True)
    outcome = number.ravel().astype(smallest_unsigned(len(first)))[scored.outcome]
    named = {key: entries[first] for key, entries in lay.named.items()}
    layout = replace(lay, n_outcomes=len(first), named=named)
    if family.counts_only:
        layout = replace(layout, values=(), centres=(), carriers=(), products=(), squares={})
    return replace(scored, layout=layout, outcome=outcome, values=() if family.counts_only else scored.values)


def count_lattice(
    scored: Scored, axes: Sequence[Axis], depth: int, support: float, progress: Progress = SILENT
) -> Lattice:
    """Count every combination of up to `depth` of the axes; those with at least `support` of the rows are slices.

    Being without a label of several in a cell is no slice (`metrics.families`): those are what the label is compared
    with, mostly nearly everyone.

    Raises QuestionError where there are more combinations than the caps allow.
    """
    n_groupings = sum(comb(len(axes), d) for d in range(1, depth + 1))
    if n_groupings > MOST_GROUPINGS:
        raise QuestionError(
            f"To search {len(axes)} attributes to depth {depth} means {n_groupings:,} combinations of attributes, "
            f"and at most {MOST_GROUPINGS:,} are searched. Choose fewer attributes with --attribute or a smaller depth "
            "with --depth."
        )
    total = len(scored) if scored.multiplicity is None else int(scored.multiplicity.sum())
    least = least_rows(total, support)
    lumped = _lump_rare(scored, axes, least)
    groupings: list[Grouping] = []
    places: list[NDArray[np.int64]] = []
    counts: list[NDArray[np.int64]] = []
    found = 0
    for number, chosen in enumerate(c for d in range(1, depth + 1) for c in combinations(range(len(axes)), d)):
        if number % 16 == 0:
            progress("Counting the combinations", number / n_groupings)
        grouping = count_grouping(lumped, tuple(lumped.axes[i] for i in chosen))
        rows = grouping.rows.sum(axis=1)
        enough = rows >= least
        for i, axis in enumerate(grouping.axes):
            if _is_lumped(axis):
                enough &= grouping.codes[:, i] != axis.size - 2
            if axis.family and "no" in axis.levels:
                enough &= grouping.codes[:, i] != axis.levels.index("no")
        groupings.append(grouping)
        places.append(np.flatnonzero(enough))
        counts.append(rows[places[-1]])
        found += len(places[-1])
        if found > MOST_SLICES:
            raise QuestionError(
                f"There are more than {MOST_SLICES:,} slices with {least:,} rows and more. "
                "Ask for a larger share of the rows with --support, fewer attributes with --attribute or a smaller "
                "depth with --depth."
            )
    starts = np.cumsum([0, *map(len, groupings)])
    codes = np.full((found, depth), -1, np.int64)
    begins = np.cumsum([0, *map(len, places)])
    for i, (grouping, at) in enumerate(zip(groupings, places, strict=True)):
        codes[begins[i] : begins[i + 1], : len(grouping.axes)] = grouping.codes[at]
    return Lattice(
        scored=lumped,
        groupings=tuple(groupings),
        kept=np.concatenate([starts[i] + at for i, at in enumerate(places)]) if groupings else np.zeros(0, np.int64),
        rows=np.concatenate(counts) if counts else np.zeros(0, np.int64),
        grouping=np.repeat(np.arange(len(groupings)), [len(p) for p in places]),
        codes=codes,
        parents=_find_parents(groupings, places, begins, depth),
    )


def _lump_rare(scored: Scored, axes: Sequence[Axis], least: int) -> Scored:
    """Return the units with these axes only, levels of fewer rows than `least` made one (the last before missing)."""
    place = {axis.name: i for i, axis in enumerate(scored.axes)}
    new_axes, new_codes = [], []
    for axis in axes:
        codes = scored.codes[place[axis.name]]
        rows = np.bincount(codes, weights=scored.multiplicity, minlength=axis.size)
        often = rows[:-1] >= least
        if not often.all():
            levels = tuple(level for level, there in zip(axis.levels, often, strict=True) if there)
            kind = smallest_unsigned(len(levels) + 2)
            table = np.append(np.where(often, np.cumsum(often) - 1, len(levels)), len(levels) + 1).astype(kind)
            axis, codes = replace(axis, levels=(*levels, _RARE)), table[codes]
        new_axes.append(axis)
        new_codes.append(codes)
    return replace(scored, axes=tuple(new_axes), codes=tuple(new_codes))


def _is_lumped(axis: Axis) -> bool:
    return bool(axis.levels) and axis.levels[-1] is _RARE


def _find_parents(
    groupings: Sequence[Grouping], places: Sequence[NDArray[np.int64]], begins: NDArray[Any], depth: int
) -> NDArray[np.int64]:
    """Return the parents of every slice. A parent has at least its child's rows, and so is a slice itself."""
    at = {grouping.names: i for i, grouping in enumerate(groupings)}
    keys = [_keys(g, g.codes[p], range(len(g.axes))) for g, p in zip(groupings, places, strict=True)]
    parents = np.full((int(begins[-1]), depth), -1, np.int64)
    for i, grouping in enumerate(groupings):
        n = len(grouping.axes)
        if n == 1 or not len(places[i]):
            continue
        codes = grouping.codes[places[i]]
        for gone in range(n):
            left = [a for a in range(n) if a != gone]
            parent = at[tuple(grouping.names[a] for a in left)]
            wanted = _keys(grouping, codes, left)
            parents[begins[i] : begins[i + 1], gone] = begins[parent] + np.searchsorted(keys[parent], wanted)
    return parents


def _keys(grouping: Grouping, codes: NDArray[np.int64], axes: Any) -> NDArray[np.int64]:
    """Return one ascending number a combination of the levels of some of the axes."""
    key = np.zeros(len(codes), np.int64)
    for a in axes:
        key = key * grouping.axes[a].size + codes[:, a]
    return key
