"""How many units every combination of some axes has: one dense table a set of axes.

A combination is one level of each axis of a set; missing is no level. Tables hold every combination that the levels
allow, also those that never occur.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.apart import FamilyApart
from metrics.cube import Cube, Grouping, count_grouping
from metrics.errors import QuestionError
from metrics.estimate import measure
from metrics.moments import Family
from metrics.scored import Axis
from metrics.slices import Slice

__all__ = [
    "MOST_COMBINATIONS",
    "Axes",
    "Counts",
    "Grid",
    "count_denominator",
    "count_units",
    "grouping_of",
    "make_grid",
]

# Beyond so many no list helps anybody, and tables of them would fill the memory.
MOST_COMBINATIONS = 250_000

_MANY_ROWS = 200_000  # from here on it pays to count equal rows first

Axes = tuple[int, ...]  # places of axes, ascending
Counts = Mapping[Axes, NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Grid:
    """Some axes and all sets of up to `depth` of them, most general first, the empty one (everyone) included."""

    axes: tuple[Axis, ...]
    depth: int

    @cached_property
    def sets(self) -> tuple[Axes, ...]:
        places = range(len(self.axes))
        return tuple(s for order in range(self.depth + 1) for s in combinations(places, order))

    def shape(self, some: Axes) -> tuple[int, ...]:
        return tuple(len(self.axes[a].levels) for a in some)

    def told(self, some: Axes) -> NDArray[np.bool_]:
        """Return which combinations are slices at all.

        Being without a label of several in a cell is none (`metrics.families`): it is what the label is compared with.
        """
        inside = np.ones(self.shape(some), bool)
        for place, a in enumerate(some):
            axis = self.axes[a]
            if axis.family and "no" in axis.levels:
                np.moveaxis(inside, place, 0)[axis.levels.index("no")] = False
        return inside

    def slices_of(self, some: Axes, codes: NDArray[np.int64]) -> list[Slice]:
        """Return the slices of combinations, given by their codes (combinations, axes)."""
        named = [[(self.axes[a].name, self.axes[a].level(c)) for c in range(self.axes[a].size)] for a in some]
        return [Slice(tuple([n[c] for n, c in zip(named, row, strict=True)])) for row in codes.tolist()]

    def names(self, some: Axes) -> tuple[str, ...]:
        return tuple(self.axes[a].name for a in some)


def make_grid(axes: Sequence[Axis], depth: int) -> Grid:
    """Return the grid of some axes. Raises QuestionError for an axis without levels and beyond the caps."""
    for axis in axes:
        if not axis.levels:
            raise QuestionError(f"The attribute {axis.name!r} has no level: it is missing in every row. Leave it out.")
    depth = min(depth, len(axes))
    sizes = [len(axis.levels) for axis in axes]
    total = _count_combinations(sizes, depth)
    if total > MOST_COMBINATIONS:
        widest = max(axes, key=lambda axis: len(axis.levels))
        less = next((d for d in range(depth - 1, 0, -1) if _count_combinations(sizes, d) <= MOST_COMBINATIONS), None)
        shallower = f", or a smaller depth (--depth {less} has {_count_combinations(sizes, less):,})" if less else ""
        raise QuestionError(
            f"{len(axes)} attributes have {total:,} combinations of up to {depth} levels, and at most "
            f"{MOST_COMBINATIONS:,} are looked at. Name fewer attributes with --by, merge levels ({widest.name!r} has "
            f"{len(widest.levels):,}) with --recode or --bins{shallower}."
        )
    return Grid(tuple(axes), depth)


def _count_combinations(sizes: Sequence[int], depth: int) -> int:
    """Return how many combinations of 1 to `depth` levels of different axes there are.

    >>> _count_combinations([2, 3, 4], 2)  # 9 levels and 6 + 8 + 12 pairs
    35
    """
    by_order = [1] + [0] * depth  # the elementary symmetric polynomials of the sizes
    for size in sizes:
        for order in range(depth, 0, -1):
            by_order[order] += size * by_order[order - 1]
    return sum(by_order[1:])


def count_units(cube: Cube, grid: Grid) -> Counts:
    """Return how many units every combination has; rows of a count column count as many."""
    if cube.scored is None:
        return _count_groupings(cube, grid, np.ones((1, cube.layout.n_outcomes)))
    return _count_rows(cube, grid, None)


def count_denominator(cube: Cube, grid: Grid, family: Family | FamilyApart) -> Counts:
    """Return how many units every combination has of what a metric's minimum looks at (the least of several)."""
    if isinstance(family, FamilyApart):
        return {some: _dense(grid, some, _apart(cube, grid, some, family)) for some in grid.sets}
    if cube.scored is None:
        return _count_groupings(cube, grid, family.enough[0])
    parts = [_count_rows(cube, grid, part) for part in family.enough[0]]
    return {some: np.minimum.reduce([part[some] for part in parts]) for some in grid.sets}


def grouping_of(cube: Cube, names: tuple[str, ...]) -> Grouping:
    """Return a grouping without keeping it: there are very many of them."""
    if names in cube.groupings or cube.scored is None:
        return cube.by(names)
    return count_grouping(cube.scored, tuple(cube.axis(name) for name in names))


def _count_rows(cube: Cube, grid: Grid, per_outcome: NDArray[np.float64] | None) -> Counts:
    """Count the rows; `per_outcome` says how often a row of each outcome counts."""
    scored = cube.scored
    assert scored is not None
    place = {axis.name: i for i, axis in enumerate(scored.axes)}
    codes = [scored.codes[place[axis.name]] for axis in grid.axes]
    weight = None if scored.multiplicity is None else scored.multiplicity.astype(np.float64)
    if per_outcome is not None:
        each = per_outcome[scored.outcome]
        counts = np.flatnonzero(each)
        weight = each[counts] if weight is None else (each * weight)[counts]
        codes = [c[counts] for c in codes]
        if np.all(weight == 1):
            weight = None
    if len(codes[0]) > _MANY_ROWS:
        codes, weight = _merge_equal(codes, [axis.size for axis in grid.axes], weight)
    return _add_up(grid, [c.astype(np.int64) for c in codes], weight)


def _add_up(grid: Grid, codes: Sequence[NDArray[np.int64]], weight: NDArray[np.float64] | None) -> Counts:
    """Count every set of axes from the codes of rows.

    Only the largest sets are counted: the others are sums of their tables, in which missing is a level.
    """
    tables: dict[Axes, NDArray[Any]] = {}
    numbers: dict[Axes, NDArray[np.int64]] = {(): np.zeros(len(codes[0]), np.int64)}
    for some in reversed(grid.sets):
        sizes = [grid.axes[a].size for a in some]
        if len(some) == grid.depth:
            # The number of a combination is that without its last axis, one digit longer.
            before = some[:-1]
            if before not in numbers:
                numbers = {short: n for short, n in numbers.items() if short == before[: len(short)]}
                for length in range(1, len(before) + 1):
                    if before[:length] not in numbers:
                        last = grid.axes[before[length - 1]].size
                        numbers[before[:length]] = numbers[before[: length - 1]] * last + codes[before[length - 1]]
            number = numbers[before] * sizes[-1] + codes[some[-1]]
            tables[some] = np.bincount(number, weights=weight, minlength=prod(sizes)).reshape(sizes)
        else:
            more = next(a for a in range(len(grid.axes)) if a not in some)
            wider = tuple(sorted((*some, more)))
            tables[some] = np.asarray(tables[wider].sum(axis=wider.index(more)))
    return {some: np.asarray(np.rint(tables[some][(slice(None, -1),) * len(some)]), np.int64) for some in grid.sets}


def _merge_equal(
    codes: list[NDArray[np.int64]], sizes: Sequence[int], weight: NDArray[np.float64] | None
) -> tuple[list[NDArray[np.int64]], NDArray[np.float64] | None]:
    """Return the distinct rows and how often each occurs, where that makes them fewer by half or more."""
    if prod(sizes) > 2**62:
        return codes, weight
    number = np.zeros(len(codes[0]), np.int64)
    for c, size in zip(codes, sizes, strict=True):
        number = number * size + c
    distinct, of = np.unique(number, return_inverse=True)
    if 2 * len(distinct) > len(number):
        return codes, weight
    merged = []
    for size in reversed(sizes):
        distinct, code = np.divmod(distinct, size)
        merged.append(code)
    return merged[::-1], np.bincount(of, weights=weight).astype(np.float64)


def _count_groupings(cube: Cube, grid: Grid, parts: NDArray[np.float64]) -> Counts:
    """Count from the groupings a cube without rows came with."""
    found = {}
    for some in grid.sets:
        grouping = cube.by(grid.names(some))
        found[some] = _dense(grid, some, (grouping, (grouping.rows @ parts.T).min(axis=1)))
    return found


def _apart(cube: Cube, grid: Grid, some: Axes, family: FamilyApart) -> tuple[Grouping, NDArray[np.float64]]:
    grouping = cube.by(grid.names(some))
    return grouping, measure(cube, family, grouping).denominator[0]


def _dense(grid: Grid, some: Axes, counted: tuple[Grouping, NDArray[np.float64]]) -> NDArray[np.int64]:
    grouping, count = counted
    table = np.zeros(grid.shape(some), np.int64)
    known = grouping.known
    np.add.at(
        table.reshape(-1), _numbers(grid.shape(some), grouping.codes[known]), np.rint(count[known]).astype(np.int64)
    )
    return table


def _numbers(shape: tuple[int, ...], codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of every combination in a flat table of this shape."""
    number = np.zeros(len(codes), np.int64)
    for i, size in enumerate(shape):
        number = number * size + codes[:, i]
    return number
