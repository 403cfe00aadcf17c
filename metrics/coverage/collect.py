"""What to collect next: full combinations after which every combination asked about has enough units.

A unit has a level of every axis, and so counts for one combination of every set of axes. With as many levels together
as are asked about all enough, the more general ones are too: their children share out their units. So the task is a
covering array with what is there already taken off: minimal ones are NP-hard to find, and each step takes what hits
the most combinations that still lack units (the greedy hitting set of Asudeh, Jin & Jagadish 2019; building one
combination an axis at a time is that of Cohen, Dalal, Fredman & Patton 1997, "The AETG system").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import prod

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.coverage.grid import Axes, Counts, Grid
from metrics.coverage.possible import Possible
from metrics.estimate import as_objects
from metrics.progress import SILENT, Progress

__all__ = ["MOST_FULL", "Plan", "add_plan", "plan_units", "tabulate_plan"]

# Up to so many full combinations are all compared at each step; of more, they are built an axis at a time.
MOST_FULL = 300_000
_CANDIDATES = 8  # so many are built at a time, and the best taken

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Plan:
    """How many more `units` (combinations,) of which full combinations: `codes` (combinations, axes).

    `least` is what any plan needs: the combinations of the same axes share no unit.
    """

    codes: Integers
    units: Integers
    least: int = 0


def plan_units(
    grid: Grid,
    possible: Possible,
    counts: Counts,
    asked: dict[Axes, NDArray[np.bool_]],
    min_units: int,
    pairs: Counts | None = None,
    progress: Progress = SILENT,
) -> Plan:
    """Return how many more of which full combinations bring all that is asked about to `min_units`.

    Where several would do as well, the one is taken whose levels are most often met together: `pairs` are the rows that
    every two axes have.
    """
    lacks = _Lacks(grid, counts, asked, min_units, pairs)
    shape = grid.shape(tuple(range(len(grid.axes))))
    small = prod(map(float, shape)) <= MOST_FULL
    picks = _pick_best(lacks, possible, progress) if small else _pick_built(lacks, possible, progress)
    codes, units = _merge(picks, len(shape))
    units = _drop_spare(lacks, codes, units)
    codes, units = _top_up(grid, possible, counts, asked, min_units, codes[units > 0], units[units > 0])
    order = np.lexsort((*codes.T[::-1], -units))
    least = int(np.add.reduceat(lacks.first, lacks.starts[:-1]).max())
    return Plan(codes[order], units[order], least)


def add_plan(grid: Grid, some: Axes, counts: Integers, plan: Plan) -> Integers:
    """Return the counts of some axes with the units of a plan added."""
    shape = grid.shape(some)
    number = np.zeros(len(plan.units), np.int64)
    for a, size in zip(some, shape, strict=True):
        number = number * size + plan.codes[:, a]
    added = np.bincount(number, weights=plan.units, minlength=prod(shape)).reshape(shape)
    return np.asarray(counts + np.rint(added).astype(np.int64))


def tabulate_plan(grid: Grid, plan: Plan) -> pd.DataFrame:
    """Return a plan as a table: slice (a level of every axis), units."""
    whole = tuple(range(len(grid.axes)))
    return pd.DataFrame({"slice": as_objects(grid.slices_of(whole, plan.codes)), "units": plan.units})


class _Lacks:
    """What every combination of the largest order lacks, one flat array over all sets of axes.

    A combination of set number `s` stands at `starts[s]` plus its codes times `strides[s]`; axes that are not of the
    set have the stride 0.
    """

    def __init__(
        self,
        grid: Grid,
        counts: Counts,
        asked: dict[Axes, NDArray[np.bool_]],
        min_units: int,
        pairs: Counts | None = None,
    ) -> None:
        self.grid = grid
        self.familiar = _familiar(grid, pairs)
        self._familiar: dict[int, tuple[NDArray[np.float64], Integers]] = {}
        self.sets = [some for some in grid.sets if len(some) == grid.depth]
        self.number = {some: i for i, some in enumerate(self.sets)}
        sizes = [prod(grid.shape(some)) for some in self.sets]
        self.starts: Integers = np.cumsum([0, *sizes])
        self.strides: Integers = np.zeros((len(self.sets), len(grid.axes)), np.int64)
        for i, some in enumerate(self.sets):
            for a, below in zip(some, _strides(grid.shape(some)), strict=True):
                self.strides[i, a] = below
        lacking = [np.where(asked[s], np.maximum(min_units - counts[s], 0), 0).ravel() for s in self.sets]
        self.first: Integers = np.concatenate(lacking).astype(np.int64)
        self.now = self.first.copy()
        self.open = (self.first > 0).view(np.uint8)
        # As floats, which numpy multiplies many times quicker than whole numbers, and exactly below 2^53.
        self._strides, self._starts = self.strides.T.astype(np.float64), self.starts[:-1].astype(np.float64)

    def places(self, codes: Integers) -> Integers:
        """Return where the combinations of full ones stand: (..., axes) gives (..., sets)."""
        return np.asarray(codes @ self._strides + self._starts).astype(np.int64)

    def take(self, codes: Integers) -> tuple[int, Integers]:
        """Take as many units of a full combination as all that it still serves need; return how many, and what is met.

        The last is the places of the combinations that now have enough.
        """
        places = self.places(codes)
        open_ = places[self.now[places] > 0]
        times = int(self.now[open_].min())
        self.now[open_] -= times
        met = open_[self.now[open_] == 0]
        self.open[met] = 0
        return times, met

    def split(self, place: int) -> tuple[Axes, list[int]]:
        """Return the axes and codes of a place."""
        s = int(np.searchsorted(self.starts, place, side="right")) - 1
        shape = self.grid.shape(self.sets[s])
        return self.sets[s], [int(c) for c in np.unravel_index(place - int(self.starts[s]), shape)]

    @cached_property
    def _steps(self) -> dict[tuple[int, Axes], tuple[NDArray[np.float64], NDArray[np.float64], Integers]]:
        return {}

    def _step(self, axis: int, others: Axes) -> tuple[NDArray[np.float64], NDArray[np.float64], Integers]:
        """Return, of all sets of an axis with some others, their strides and starts, and where the axis' levels lie.

        The stride of the axis itself is left out; the last has the shape (sets, levels).
        """
        key = (axis, others)
        if key not in self._steps:
            taken = [tuple(sorted((axis, *t))) for t in combinations(others, self.grid.depth - 1)]
            number = np.array([self.number[t] for t in taken], np.int64)
            levels = self.strides[number, axis, None] * np.arange(len(self.grid.axes[axis].levels))
            strides = self.strides[number].T.astype(np.float64)
            strides[axis] = 0
            self._steps[key] = strides, self.starts[number].astype(np.float64), levels
        return self._steps[key]

    def familiarity(self, codes: Integers, axis: int, others: Axes) -> NDArray[np.float64]:
        """Return how often each level of an axis is met with those of the others, below 1, (candidates, levels)."""
        flat, starts = self._beside(axis)
        rows = codes.take(others, axis=1) + starts.take(others)
        return np.asarray(flat.take(rows, axis=0).sum(axis=1))

    def _beside(self, axis: int) -> tuple[NDArray[np.float64], Integers]:
        """Return the tables of one axis beside each other one, below each other, and where each begins."""
        if axis not in self._familiar:
            n_levels = len(self.grid.axes[axis].levels)
            tables = [self.familiar.get((a, axis), np.zeros((0, n_levels))) for a in range(len(self.grid.axes))]
            starts = np.cumsum([0, *(len(table) for table in tables)])[:-1]
            self._familiar[axis] = np.concatenate(tables), starts.astype(np.int64)
        return self._familiar[axis]

    def gains(self, codes: Integers, axis: int, others: Axes) -> Integers:
        """Return how much that lacks units each level of an axis would hit beside the codes of the others.

        Shape (candidates, levels).
        """
        strides, starts, levels = self._step(axis, others)
        base = np.asarray(codes @ strides + starts).astype(np.int64)
        return np.asarray(self.open.take(base[:, :, None] + levels).sum(axis=1, dtype=np.int64))


def _familiar(grid: Grid, pairs: Counts | None) -> dict[tuple[int, int], NDArray[np.float64]]:
    """Return how often every two levels are met together: logs, from 0 (never) to 1 shared out over all pairs of axes.

    As the share of all pairs is below 1, they decide between equal gains alone.
    """
    found: dict[tuple[int, int], NDArray[np.float64]] = {}
    n_pairs = len(grid.axes) * (len(grid.axes) - 1) // 2
    for a, b in combinations(range(len(grid.axes)), 2):
        there = np.zeros(grid.shape((a, b))) if pairs is None else np.log1p(pairs[a, b])
        found[a, b] = there / (max(float(there.max()), 1.0) * (n_pairs + 1))
        found[b, a] = found[a, b].T
    return found


def _familiar_whole(familiar: dict[tuple[int, int], NDArray[np.float64]], shape: Sequence[int]) -> NDArray[np.float64]:
    """Return the same of every full combination."""
    found = np.zeros(shape)
    for a, b in combinations(range(len(shape)), 2):
        found += familiar[a, b].reshape([n if i in (a, b) else 1 for i, n in enumerate(shape)])
    return found


def _strides(shape: Sequence[int]) -> list[int]:
    return [prod(shape[i + 1 :]) for i in range(len(shape))]


def _pick_best(lacks: _Lacks, possible: Possible, progress: Progress) -> list[tuple[Integers, int]]:
    """Take, step by step, the full combination that hits the most of what lacks units, of all there are."""
    grid = lacks.grid
    whole = tuple(range(len(grid.axes)))
    shape = grid.shape(whole)
    gains = np.zeros(shape)
    for i, some in enumerate(lacks.sets):
        table = (lacks.now[lacks.starts[i] : lacks.starts[i + 1]] > 0).reshape(grid.shape(some))
        gains += table.reshape([shape[a] if a in some else 1 for a in whole])
    gains += _familiar_whole(lacks.familiar, shape)
    gains[~possible.of(whole)] = -np.inf
    picks = list[tuple[Integers, int]]()
    flat, total = gains.ravel(), int((lacks.now > 0).sum())
    left = total
    while left:
        if len(picks) % 64 == 0:
            progress("Choosing what to collect", 1 - left / total)
        codes = np.array(np.unravel_index(int(flat.argmax()), shape), np.int64)
        times, met = lacks.take(codes)
        picks.append((codes, times))
        for place in met.tolist():
            some, levels = lacks.split(place)
            where: list[slice | int] = [slice(None)] * len(shape)
            for a, level in zip(some, levels, strict=True):
                where[a] = level
            gains[tuple(where)] -= 1
        left -= len(met)
    return picks


def _pick_built(lacks: _Lacks, possible: Possible, progress: Progress) -> list[tuple[Integers, int]]:
    """Take, step by step, the best of a few full combinations built around what lacks units.

    Those are begun with combinations of the set of axes that lacks the most, those that lack the most first; then each
    further axis gets the level that hits the most, and at last each axis is looked at once more.
    """
    whole = tuple(range(len(lacks.grid.axes)))
    sums = np.add.reduceat(lacks.now, lacks.starts[:-1])
    picks, total = list[tuple[Integers, int]](), int((lacks.now > 0).sum())
    left = total
    while left:
        if len(picks) % 64 == 0:
            progress("Choosing what to collect", 1 - left / total)
        s = int(sums.argmax())
        codes = _begin(lacks, s)
        fixed = lacks.sets[s]
        rest = sorted(set(whole) - set(fixed), key=lambda a: -len(lacks.grid.axes[a].levels))
        for axis in rest:
            _choose(lacks, possible, codes, axis, fixed)
            fixed = tuple(sorted((*fixed, axis)))
        for axis in whole:
            _choose(lacks, possible, codes, axis, tuple(a for a in whole if a != axis))
        hit = lacks.open[lacks.places(codes)].sum(axis=1)
        best = codes[int(hit.argmax())]
        before = lacks.now[lacks.places(best)]
        times, met = lacks.take(best)
        sums -= before - lacks.now[lacks.places(best)]
        picks.append((best, times))
        left -= len(met)
    return picks


def _begin(lacks: _Lacks, s: int) -> Integers:
    """Return a few full combinations of which only the axes of set number s are filled, (candidates, axes)."""
    start, end = int(lacks.starts[s]), int(lacks.starts[s + 1])
    own = lacks.now[start:end]
    some = min(_CANDIDATES, int((own > 0).sum()))
    first = np.argpartition(-own, some - 1)[:some]
    codes = np.zeros((some, len(lacks.grid.axes)), np.int64)
    shape = lacks.grid.shape(lacks.sets[s])
    codes[:, lacks.sets[s]] = np.stack(np.unravel_index(first, shape), axis=1)
    return codes


def _choose(lacks: _Lacks, possible: Possible, codes: Integers, axis: int, others: Axes) -> None:
    """Give an axis the level that hits the most beside the others, of those possible."""
    gains = lacks.gains(codes, axis, others) + lacks.familiarity(codes, axis, others)
    allowed = _allowed(possible, codes, axis, others)
    if allowed is not None:
        gains = np.where(allowed, gains, -1.0)
    codes[:, axis] = gains.argmax(axis=1)


def _allowed(possible: Possible, codes: Integers, axis: int, others: Axes) -> NDArray[np.bool_] | None:
    """Return which levels of an axis are possible beside the others, (candidates, levels); None: all."""
    found = None
    for number, places in enumerate(possible.places):
        if axis not in places:
            continue
        shared = tuple(a for a in places if a == axis or a in others)
        table = np.moveaxis(possible.left(number, shared), shared.index(axis), -1)
        own = table[tuple(codes[:, a] for a in shared if a != axis)]
        own = np.broadcast_to(own, (len(codes), table.shape[-1]))
        found = own if found is None else found & own
    return found


def _merge(picks: list[tuple[Integers, int]], n_axes: int) -> tuple[Integers, Integers]:
    """Return every full combination once."""
    if not picks:
        return np.zeros((0, n_axes), np.int64), np.zeros(0, np.int64)
    codes, of = np.unique(np.stack([c for c, _ in picks]), axis=0, return_inverse=True)
    return codes, np.bincount(of.ravel(), weights=[n for _, n in picks]).astype(np.int64)


def _drop_spare(lacks: _Lacks, codes: Integers, units: Integers) -> Integers:
    """Take off what later picks made needless, the fewest units first."""
    places = lacks.places(codes)
    spare = -lacks.first
    np.add.at(spare, places, np.broadcast_to(units[:, None], places.shape))
    # What never lacked anything holds nobody back.
    spare = np.where(lacks.first > 0, spare, np.iinfo(np.int64).max // 2)
    kept = units.copy()
    for i in np.argsort(units, kind="stable").tolist():
        less = min(int(kept[i]), int(spare[places[i]].min()))
        kept[i] -= less
        spare[places[i]] -= less
    return kept


def _top_up(
    grid: Grid,
    possible: Possible,
    counts: Counts,
    asked: dict[Axes, NDArray[np.bool_]],
    min_units: int,
    codes: Integers,
    units: Integers,
) -> tuple[Integers, Integers]:
    """Add what more general combinations lack of which no child is asked about: rules and labels can make that so."""
    for some in sorted(grid.sets, key=len, reverse=True):
        if len(some) == grid.depth:
            continue
        there = add_plan(grid, some, counts[some], Plan(codes, units))
        for lacking in np.argwhere(asked[some] & (there < min_units)):
            full = _complete(grid, possible, some, lacking)
            codes = np.concatenate([codes, full[None]])
            units = np.append(units, min_units - there[tuple(lacking)])
    return _merge(list(zip(codes, units.tolist(), strict=True)), len(grid.axes))


def _complete(grid: Grid, possible: Possible, some: Axes, levels: Integers) -> Integers:
    """Return a possible full combination with these levels."""
    codes = np.zeros((1, len(grid.axes)), np.int64)
    codes[0, list(some)] = levels
    fixed = some
    for axis in range(len(grid.axes)):
        if axis in fixed:
            continue
        allowed = _allowed(possible, codes, axis, fixed)
        codes[0, axis] = 0 if allowed is None else int(allowed[0].argmax())
        fixed = tuple(sorted((*fixed, axis)))
    full: Integers = codes[0]
    return full
