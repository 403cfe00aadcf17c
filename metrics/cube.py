"""Counting: what the units add up to in every cell, so that no question touches the rows again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from metrics.errors import QuestionError, unknown
from metrics.registry import Metric
from metrics.scored import Axis, Layout, Scored, add_scored
from metrics.slices import MISSING, Slice

# Beyond this many numbers the full cross table is not kept; groupings are counted as they are asked.
CROSS_TABLE_CAP = 4_000_000
# Cells beyond this many are first reduced to those that occur.
_DENSE_CAP = 4_000_000
_BLOCK = 524_288


@dataclass(frozen=True, eq=False)
class ClusterSums:
    """Sums per cluster within each cell: one entry for each pair that occurs.

    `cluster` and `cell` have shape (entries,), `rows` and `weighted` (entries, outcomes), `sums`
    (entries, values). `n_clusters` counts the clusters of the whole file.
    """

    cluster: NDArray[np.int64]
    cell: NDArray[np.int64]
    rows: NDArray[np.float64]
    weighted: NDArray[np.float64]
    sums: NDArray[np.float64]
    n_clusters: int


@dataclass(frozen=True, eq=False)
class Grouping:
    """The counts of every combination of levels of some axes that occurs, in order of the levels.

    `codes` has shape (cells, axes). `rows` (cells, outcomes) counts units, `weighted` and `squared`
    add up weights and their squares (they are the counts where there are no weights). `sums` (cells,
    values) are weighted, `squares` and `products` (cells, pairs) are weighted by squared weights.
    """

    axes: tuple[Axis, ...]
    codes: NDArray[np.int64]
    rows: NDArray[np.int64]
    weighted: NDArray[np.float64]
    squared: NDArray[np.float64]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]
    products: NDArray[np.float64]
    clusters: ClusterSums | None = None

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(a.name for a in self.axes)

    @cached_property
    def slices(self) -> tuple[Slice, ...]:
        """The slice of every cell."""
        named = [[(a.name, a.level(c)) for c in range(a.size)] for a in self.axes]
        return tuple(Slice(tuple(named[i][c] for i, c in enumerate(row))) for row in self.codes.tolist())

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Which cells have a level of every axis (none is missing), shape (cells,)."""
        missing = [self.codes[:, i] == a.size - 1 for i, a in enumerate(self.axes)]
        return ~np.logical_or.reduce(missing) if missing else np.ones(len(self), bool)

    def find(self, levels: Mapping[str, str]) -> NDArray[np.bool_]:
        """Return which cells have all of these levels, shape (cells,)."""
        hit = np.ones(len(self), bool)
        for i, axis in enumerate(self.axes):
            if axis.name in levels:
                code = axis.size - 1 if levels[axis.name] == MISSING else axis.levels.index(levels[axis.name])
                hit &= self.codes[:, i] == code
        return hit


@dataclass(frozen=True, eq=False)
class Cube:
    """The counts of one system by any grouping of its axes.

    Groupings are counted when first asked, from a cross table of all axes where that is small, else
    from the scored rows; a cube without rows (`scored` is None) has the groupings that it came with.
    """

    layout: Layout
    metrics: Mapping[str, Metric]
    axes: tuple[Axis, ...]
    system: str | None = None
    scored: Scored | None = None
    groupings: dict[tuple[str, ...], Grouping] = field(default_factory=dict)
    kept: dict[Any, Any] = field(default_factory=dict)  # what was derived and is asked again
    definitions: Mapping[str, Any] = field(default_factory=dict)
    only_answer: str | None = None  # as in `Scored`

    @property
    def favourable(self) -> Literal["positive", "negative"] | None:
        """Which prediction is good for the person, where it is declared: "positive" or "negative"."""
        return self.definitions.get("favourable")

    @property
    def has_clusters(self) -> bool:
        return self.by(()).clusters is not None

    @property
    def has_weights(self) -> bool:
        everyone = self.by(())
        # Weights may add up to the number of rows; their squares then do so only if every weight is 1.
        return not all(np.array_equal(sums, everyone.rows) for sums in (everyone.weighted, everyone.squared))

    @property
    def families_apart(self) -> Mapping[str, Any]:
        """The family of every metric that was measured before, by name: none where there are counts to measure by."""
        return {}

    def axis(self, name: str) -> Axis:
        """Return an axis by name. Raises QuestionError, suggesting the nearest."""
        for axis in self.axes:
            if axis.name == name:
                return axis
        raise unknown(name, "attribute", [a.name for a in self.axes])

    def by(self, names: Iterable[str]) -> Grouping:
        """Return the grouping by these axes. Raises QuestionError if it cannot be had."""
        names = tuple(names)
        if names not in self.groupings:
            axes = tuple(self.axis(n) for n in names)
            if len(set(names)) < len(names):
                raise QuestionError(f"The grouping {', '.join(names)} names an attribute twice.")
            if self.scored is None:
                raise QuestionError(
                    f"The grouping by {' and '.join(names) or 'nothing'} was not counted, and the rows are not here. "
                    f"There are: {'; '.join(', '.join(g) or 'everyone' for g in self.groupings)}."
                )
            folded = self._from_cross(axes)
            self.groupings[names] = count_grouping(self.scored, axes) if folded is None else folded
        return self.groupings[names]

    def __add__(self, other: Cube) -> Cube:
        """Return the cube of both files' units together."""
        if self.scored is None or other.scored is None:
            raise QuestionError("Cubes without their rows cannot be added up.")
        return count_cells([add_scored(self.scored, other.scored)])[0]

    def _from_cross(self, axes: tuple[Axis, ...]) -> Grouping | None:
        scored = self.scored
        assert scored is not None
        n_cells = int(np.prod([float(a.size) for a in self.axes]))
        width = self.layout.n_outcomes + len(self.layout.values) + len(self.layout.products)
        # Without clusters every grouping follows from the cross table; it pays where it is small beside the rows.
        if scored.clusters is not None or n_cells * width > min(CROSS_TABLE_CAP, 4 * len(scored)) or len(self.axes) < 2:
            return None
        if "cross" not in self.kept:
            self.kept["cross"] = _count_blocks(scored, self.axes, n_cells)
        place = {a.name: i for i, a in enumerate(self.axes)}
        wanted = [place[a.name] for a in axes]
        others = tuple(i for i in range(len(self.axes)) if i not in wanted)
        sizes = [a.size for a in self.axes]
        order: list[int] = np.argsort(np.argsort(wanted)).tolist() if wanted else []
        n_wanted = int(np.prod([a.size for a in axes], initial=1))

        def fold(table: NDArray[Any]) -> NDArray[Any]:
            if not table.shape[1]:
                return np.zeros((n_wanted, 0))
            summed = table.reshape(*sizes, table.shape[1])
            # One axis after another, the first one first: numpy then adds up long runs of numbers.
            for gone, axis in enumerate(others):
                summed = np.add.reduce(summed, axis=axis - gone)
            return np.transpose(summed, [*order, len(wanted)]).reshape(n_wanted, table.shape[1])

        cross: _Tables = self.kept["cross"]
        return _grouping(axes, cross.map(fold), None)


class Cubes(tuple[Cube, ...]):
    """The cubes of one file, one a system. `+` adds the cubes of the same system."""

    __slots__ = ()

    @property
    def systems(self) -> tuple[str | None, ...]:
        return tuple(c.system for c in self)

    @property
    def axes(self) -> tuple[Axis, ...]:
        return self[0].axes

    @property
    def metrics(self) -> dict[str, Metric]:
        """The metrics that every system has, by name; those that only criteria use are left out."""
        names = [n for n, m in self[0].metrics.items() if m.listed and all(n in c.metrics for c in self)]
        return {n: self[0].metrics[n] for n in names}

    def only(self, system: str | None) -> Cubes:
        """Return the cube of one system. Raises QuestionError, suggesting the nearest."""
        found = Cubes(c for c in self if c.system == system)
        if not found:
            raise unknown(str(system), "system", map(str, self.systems))
        return found

    def __add__(self, other: object) -> Cubes:
        if not isinstance(other, Cubes) or sorted(map(str, self.systems)) != sorted(map(str, other.systems)):
            raise QuestionError("Only cubes of the same systems can be added up.")
        return Cubes(a + next(b for b in other if b.system == a.system) for a in self)


def count_cells(scored: Iterable[Scored]) -> Cubes:
    """Return the cubes of scored units, one a system."""
    return Cubes(
        Cube(s.layout, s.metrics, s.axes, s.system, s, definitions=s.definitions, only_answer=s.only_answer)
        for s in scored
    )


def count_grouping(scored: Scored, axes: tuple[Axis, ...]) -> Grouping:
    """Count the cells of these axes in one pass over the rows."""
    n_cells = int(np.prod([float(a.size) for a in axes])) if axes else 1
    if scored.clusters is None and n_cells * scored.layout.n_outcomes <= _DENSE_CAP:
        return _grouping(axes, _count_blocks(scored, axes, n_cells), None)
    ids, occurring = _mix(scored, axes), None
    if n_cells * scored.layout.n_outcomes > _DENSE_CAP:
        occurring, ids = np.unique(ids, return_inverse=True)
        n_cells = len(occurring)
    tables = _count_tables(scored, ids, n_cells)
    clusters = None if scored.clusters is None else _count_clusters(scored, ids, n_cells)
    return _grouping(axes, tables, clusters, occurring)


@dataclass(frozen=True)
class _Tables:
    """Dense tables of counts, one row a cell; weights and their squares are None where they are the counts."""

    rows: NDArray[np.int64]
    weighted: NDArray[np.float64] | None
    squared: NDArray[np.float64] | None
    sums: NDArray[np.float64]
    squares: NDArray[np.float64] | None
    products: NDArray[np.float64]

    def map(self, change: Any) -> _Tables:
        changed: list[Any] = [None if t is None else change(t) for t in self.__dict__.values()]
        return _Tables(*changed)

    def add(self, more: _Tables) -> None:
        """Add the counts of more rows to these."""
        for ours, theirs in zip(self.__dict__.values(), more.__dict__.values(), strict=True):
            if ours is not None:
                ours += theirs


def _mix(scored: Scored, axes: Iterable[Axis], rows: slice = slice(None)) -> NDArray[Any]:
    """Return the cell number of every row: the codes of the axes as digits of mixed radix."""
    places = {a.name: i for i, a in enumerate(scored.axes)}
    axes = list(axes)
    cells = float(np.prod([float(a.size) for a in axes])) * scored.layout.n_outcomes
    if cells > 2**62:
        raise QuestionError(f"The grouping by {', '.join(a.name for a in axes)} has too many combinations to count.")
    # Numbers of (cell, outcome) pairs fit as well: the smallest kind that does is the quickest.
    kind = np.uint8 if cells < 2**8 else np.uint16 if cells < 2**16 else np.uint32 if cells < 2**32 else np.int64
    ids: NDArray[Any] = np.zeros(len(scored.outcome[rows]), dtype=kind)
    for i, axis in enumerate(axes):
        if i:
            ids *= kind(axis.size)
        ids += scored.codes[places[axis.name]][rows]
    return ids


def _count_blocks(scored: Scored, axes: tuple[Axis, ...], n_cells: int) -> _Tables:
    """Count the cells block by block, so that what is worked out for a block stays in the processor's cache."""
    block = max(_BLOCK, 4 * n_cells * scored.layout.n_outcomes)
    tables = _count_tables(scored, _mix(scored, axes, slice(0, block)), n_cells, slice(0, block))
    for start in range(block, len(scored), block):
        rows = slice(start, start + block)
        tables.add(_count_tables(scored, _mix(scored, axes, rows), n_cells, rows))
    return tables


def _count_tables(scored: Scored, ids: NDArray[Any], n_cells: int, rows: slice = slice(None)) -> _Tables:
    """Count some rows, given the cell of each of them."""
    k = scored.layout.n_outcomes
    size, shape = n_cells * k, (n_cells, k)
    outcome = scored.outcome[rows]
    times, weights = (None if a is None else a[rows] for a in (scored.multiplicity, scored.weights))
    weighted: NDArray[Any] | None = None
    squared: NDArray[Any] | None = None
    squares: NDArray[Any] | None = None
    pairs = ids * ids.dtype.type(k) + outcome
    counted = _count_numbers(pairs, size) if times is None else np.rint(np.bincount(pairs, times, minlength=size))
    counts = counted.astype(np.int64).reshape(shape)
    scale: NDArray[Any] | None = None if times is None else times.astype(np.float64)
    scale_squared = scale
    if weights is not None:
        scale = weights if times is None else weights * times
        scale_squared = weights * scale
        weighted = np.bincount(pairs, weights=scale, minlength=size).reshape(shape)
        squared = np.bincount(pairs, weights=scale_squared, minlength=size).reshape(shape)

    def add_up(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        added = [np.bincount(ids, weights=c, minlength=n_cells) for c in columns]
        return np.stack(added, axis=1) if added else np.zeros((n_cells, 0))

    v = [values[rows] for values in scored.values]
    sums = add_up([x if scale is None else x * scale for x in v])
    if weights is not None and scale is not None:
        squares = add_up([x * weights * scale for x in v])
    both = [v[i] * v[j] for i, j in scored.layout.products]
    products = add_up([x if scale_squared is None else x * scale_squared for x in both])
    return _Tables(counts, weighted, squared, sums, squares, products)


def _count_numbers(numbers: NDArray[Any], size: int) -> NDArray[np.int64]:
    """Return how often each of the numbers 0 to size - 1 occurs."""
    if numbers.dtype != np.uint8 or len(numbers) < _BLOCK:
        return np.bincount(numbers, minlength=size)
    # Two neighbours of 8 bits are one number of 16: half as many steps. Each number is then once the first of a
    # pair and once the second; which of the two is the row of the table does not matter.
    even = len(numbers) // 2 * 2
    both = np.bincount(numbers[:even].view(np.uint16), minlength=2**16).reshape(2**8, 2**8)
    counts: NDArray[np.int64] = (both.sum(axis=0) + both.sum(axis=1))[:size]
    counts[numbers[even:]] += 1
    return counts


def _count_clusters(scored: Scored, ids: NDArray[Any], n_cells: int) -> ClusterSums:
    assert scored.clusters is not None
    n_clusters = len(scored.cluster_names)
    pairs = ids.astype(np.int64) * n_clusters + scored.clusters
    if n_cells * n_clusters <= _DENSE_CAP:
        occurs = np.bincount(pairs, minlength=n_cells * n_clusters) > 0
        keys = np.flatnonzero(occurs)
        entry = np.cumsum(occurs)[pairs] - 1
    else:
        keys, entry = np.unique(pairs, return_inverse=True)
    tables = _count_tables(replace(scored, layout=replace(scored.layout, products=())), entry, len(keys))
    rows = tables.rows.astype(np.float64)
    weighted = rows if tables.weighted is None else tables.weighted
    rows = np.where(weighted > 0, rows, 0.0)  # what weighs nothing adds nothing to a cluster, and is none
    return ClusterSums(keys % n_clusters, keys // n_clusters, rows, weighted, tables.sums, n_clusters)


def _grouping(
    axes: tuple[Axis, ...], tables: _Tables, clusters: ClusterSums | None, occurring: NDArray[Any] | None = None
) -> Grouping:
    """Keep the cells that occur."""
    cells = np.flatnonzero(tables.rows.any(axis=1))
    keys = cells if occurring is None else occurring[cells]
    sizes = tuple(a.size for a in axes)
    codes = np.stack(np.unravel_index(keys, sizes), axis=1) if axes else np.zeros((len(cells), 0), np.int64)
    kept = tables.map(lambda t: t[cells])
    counts = kept.rows.astype(np.float64)
    if clusters is not None:
        number = np.full(len(tables.rows), -1)
        number[cells] = np.arange(len(cells))
        clusters = replace(clusters, cell=number[clusters.cell])
    return Grouping(
        axes=axes,
        codes=codes.astype(np.int64),
        rows=kept.rows,
        weighted=counts if kept.weighted is None else kept.weighted,
        squared=counts if kept.squared is None else kept.squared,
        sums=kept.sums,
        squares=kept.sums if kept.squares is None else kept.squares,
        products=kept.products,
        clusters=clusters,
    )


def iterate_systems(cubes: Cubes | Cube) -> Iterator[Cube]:
    """Yield the cubes of one or several systems."""
    yield from (cubes,) if isinstance(cubes, Cube) else cubes
