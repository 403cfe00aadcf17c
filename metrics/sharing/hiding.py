"""Hiding: the slices too small to be shown, and so many others that none of them can be worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cube, Cubes, Grouping
from metrics.errors import QuestionError
from metrics.progress import SILENT, Progress
from metrics.registry import MeanOfShares, Metric, Share
from metrics.scored import Scored
from metrics.sharing.bounds import BINDS, Bounds
from metrics.sharing.tables import Earlier, Rows, SharedTable, add_alike, put_together, rows_of, tables_of
from metrics.sharing.terms import Terms

__all__ = ["Hiding", "find_small", "hide", "protect", "range_of"]

Hiding = Mapping[tuple[str, ...], SharedTable]  # by the axes of the grouping

_SWEEPS = 4
_ROUNDING = 1e-6


def hide(
    scored: Sequence[Scored],
    cubes: Cubes,
    terms: Terms,
    earlier: Sequence[Earlier] = (),
    progress: Progress = SILENT,
) -> list[Hiding]:
    """Return for each system what is hidden of every grouping.

    Hidden are cells of fewer than `terms.min_cell` people; those where a share of so few is 0 or 1, which would say of
    each of them what came out; and as many others as it takes so that everything shown, together with what was shared
    of the same rows before (`earlier`), leaves a range of at least `terms.min_cell` people for the count of every
    hidden cell. Raises QuestionError where that cannot be reached.
    """
    check_everyone(cubes, terms)
    n = int(max(s.rows.max(initial=-1) for s in scored)) + 1
    groupings = [(), *terms.groupings]
    progress("Hiding what could be worked out", 0.0)
    small = [[find_small(cube, cube.by(names), terms) for names in groupings] for cube in cubes]
    if all(np.array_equal(s.rows, scored[0].rows) for s in scored):
        tables = tables_of(cubes[0], groupings, scored[0].rows, n, range_of(scored[0], terms))
        tables = [t.hide(np.flatnonzero(np.any(s, axis=0))) for t, *s in zip(tables, *small, strict=True)]
        found = _protect_all(scored, tables, terms, earlier, progress)
        return [{t.axes: t for t in found}] * len(scored)
    told = [
        [t.hide(np.flatnonzero(s)) for t, s in zip(own, few, strict=True)]
        for own, few in zip(
            [tables_of(cube, groupings, s.rows, n, range_of(s, terms)) for cube, s in zip(cubes, scored, strict=True)],
            small,
            strict=True,
        )
    ]
    return [{t.axes: t for t in one} for one in _protect_apart(scored, told, terms, earlier, progress)]


def _protect_apart(
    scored: Sequence[Scored],
    told: list[list[SharedTable]],
    terms: Terms,
    earlier: Sequence[Earlier],
    progress: Progress,
) -> list[list[SharedTable]]:
    """Protect systems that stand in rows of their own: a slice that is hidden in one of them is hidden in all."""
    while True:
        before = _hidden_slices(told)
        told = [
            [t.hide([c for c, code in enumerate(t.codes.tolist()) if (t.axes, tuple(code)) in before]) for t in one]
            for one in told
        ]
        told = [
            _protect_all([s], one, terms, earlier, progress.nth(i, len(told)))
            for i, (s, one) in enumerate(zip(scored, told, strict=True))
        ]
        if _hidden_slices(told) == before:
            return told


def _hidden_slices(told: Sequence[Sequence[SharedTable]]) -> set[tuple[tuple[str, ...], tuple[int, ...]]]:
    return {(t.axes, tuple(code)) for one in told for t in one for code in t.codes[t.hidden].tolist()}


def range_of(scored: Scored, terms: Terms) -> float:
    """Return the range of units that is left to a hidden cell: as many as `min_cell` people have."""
    if scored.clusters is None or terms.people == "units":
        return terms.min_cell
    units = len(scored) if scored.multiplicity is None else int(scored.multiplicity.sum())
    return float(np.ceil(terms.min_cell * units / len(np.unique(scored.clusters))))


def _protect_all(
    scored: Sequence[Scored],
    tables: Sequence[SharedTable],
    terms: Terms,
    earlier: Sequence[Earlier],
    progress: Progress,
) -> list[SharedTable]:
    """Protect the units, and the clusters where they are the people."""
    first, own = scored[0], len(tables)
    rows, whole = put_together(rows_of(scored, len(tables[0].cell)), tables, earlier)
    found = protect(rows, whole, terms.seed, progress)[:own]
    people = None
    if first.clusters is not None and terms.people == "clusters":
        people = _one_row_a_cluster(first, rows, tables)
    while people is not None:
        alone, cells = people
        before = [replace(t, cell=c, least=terms.min_cell) for t, c in zip(found, cells, strict=True)]
        after = protect(alone, before, terms.seed)
        found = [replace(t, cell=u.cell, least=u.least) for t, u in zip(after, found, strict=True)]
        if _hidden_slices([before]) == _hidden_slices([after]):
            break
        found = protect(rows, [*found, *whole[own:]], terms.seed)[:own]
    n = len(tables[0].cell)
    return [replace(t, cell=t.cell[:n]) for t in found]


def _one_row_a_cluster(
    first: Scored, rows: Rows, tables: Sequence[SharedTable]
) -> tuple[Rows, list[NDArray[np.int64]]] | None:
    """Return the clusters as rows, with their cells; None where a cluster is in several cells: they do not add up."""
    assert first.clusters is not None
    clusters, at = np.unique(first.clusters, return_index=True)
    place = first.rows[at]
    number = np.searchsorted(clusters, first.clusters)
    for table in tables:
        if not np.array_equal(table.cell[place][number], table.cell[first.rows]):
            return None
    one, levels = np.ones(len(place), np.int64), {name: level[place] for name, level in rows.levels.items()}
    return Rows(one, one * 0, levels), [table.cell[place] for table in tables]


def find_small(cube: Cube, grouping: Grouping, terms: Terms) -> NDArray[np.bool_]:
    """Return which cells are too small by themselves, or tell what came out for each of a few."""
    units = grouping.rows.sum(axis=1)
    small: NDArray[np.bool_] = units < terms.min_cell
    if grouping.clusters is not None and terms.people == "clusters":
        small |= np.bincount(grouping.clusters.cell, minlength=len(grouping)) < terms.min_cell
    for top, below in told_shares(cube, terms.metrics):
        small |= _tells_of_each(grouping.rows @ top, grouping.rows @ below, terms.min_cell)
    return small


def _tells_of_each(top: NDArray[Any], below: NDArray[Any], least: int) -> NDArray[np.bool_]:
    """Return where a share of fewer than `least` is 0 or 1: what came out is then known of each of them."""
    found: NDArray[np.bool_] = (below > 0) & (below < least) & ((top == 0) | (top == below))
    return found


def told_shares(cube: Cube, names: Sequence[str]) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the shares of people that these metrics tell, as the outcomes of numerator and denominator.

    Also those that can be worked out: accuracy, base rate and selection rate together tell every kind of error.
    """
    key = ("told shares", tuple(names))
    if key in cube.kept:
        found: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = cube.kept[key]
        return found
    shared = [pair for name in names if name in cube.metrics for pair in _shares_of(cube, cube.metrics[name])]
    occurs = cube.by(()).rows[0] > 0
    span = np.array([np.ones(cube.layout.n_outcomes), *(side for pair in shared for side in pair)])[:, occurs]
    rank = np.linalg.matrix_rank(span)
    told = [
        pair
        for metric in cube.metrics.values()
        for pair in _shares_of(cube, metric)
        if shared and np.linalg.matrix_rank(np.vstack([span, *(side[occurs] for side in pair)])) == rank
    ]
    distinct = {(top.tobytes(), below.tobytes()): (top, below) for top, below in told}
    cube.kept[key] = list(distinct.values())
    return list(distinct.values())


def _shares_of(cube: Cube, metric: Metric) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    formula = metric.formula
    formulas = formula.shares if isinstance(formula, MeanOfShares) else (formula,)
    over_classes = isinstance(formula, MeanOfShares) and formula.over_classes
    return [
        (cube.layout.outcomes(f.top, of_class), cube.layout.outcomes(f.below, of_class))
        for f, of_class in product(formulas, cube.layout.classes if over_classes else (metric.of_class,))
        if isinstance(f, Share) and not f.units
    ]


def check_everyone(cubes: Cubes, terms: Terms) -> None:
    """Raise QuestionError where what is told of everyone tells of each of a few, or everyone is too few."""
    for cube in cubes:
        everyone = cube.by(())
        if everyone.rows.sum() < 2 * terms.min_cell:
            raise QuestionError(
                f"There are {int(everyone.rows.sum()):,} people in all: at least {2 * terms.min_cell} are needed to "
                f"share anything with a minimum of {terms.min_cell}."
            )
        told = told_shares(cube, terms.metrics)
        for metric in cube.metrics.values():
            for top, below in _shares_of(cube, metric):
                few = _tells_of_each(everyone.rows @ top, everyone.rows @ below, terms.min_cell)
                if few.any() and any(np.array_equal(top, t) and np.array_equal(below, b) for t, b in told):
                    raise QuestionError(
                        f"{metric.title} is about {int((everyone.rows @ below)[0]):,} people in all and the same for "
                        "each of them: it would say of each what came out. Leave it out, and the metrics that it can "
                        "be worked out from, or choose a smaller minimum."
                    )


def protect(rows: Rows, tables: Sequence[SharedTable], seed: int = 0, progress: Progress = SILENT) -> list[SharedTable]:
    """Hide more cells until everything shown leaves every hidden cell the range that its table asks for.

    Cells of `fixed` tables stay as they are. Raises QuestionError where hiding cells is not enough.
    """
    whole, generator = tables, np.random.default_rng(seed)
    rows, tables = add_alike(rows, whole)
    bounds, least = Bounds(tables, seed), np.repeat([t.least for t in tables], [len(t) + 1 for t in tables])
    while True:
        shown = _shown(tables)
        open_ = np.flatnonzero(_hidden(tables) & (bounds.width() < least - _ROUNDING))
        progress("Hiding what could be worked out", 1 - len(open_) / max(1, int(_hidden(tables).sum())))
        if not len(open_):
            return [replace(t, cell=w.cell) for t, w in zip(tables, whole, strict=True)]
        bounds.renew(rows, tables)
        for _ in range(_SWEEPS):
            open_ = open_[bounds.width()[open_] < least[open_] - _ROUNDING]
            if len(open_):
                bounds.spread(open_, shown, generator)
        for column in open_[np.argsort(-bounds.width()[open_])].tolist():

            def enough(column: int = column) -> bool:
                return bool(bounds.width()[column] >= least[column] - _ROUNDING)

            while not enough():
                binding = bounds.widen(column, _shown(tables), enough)
                if not enough():
                    _hide_one(tables, bounds, column, binding, rows)
                    bounds.hold(tables)


def _hide_one(tables: list[SharedTable], bounds: Bounds, column: int, binding: NDArray[np.float64], rows: Rows) -> None:
    """Hide what binds a hidden cell most: a cell of the combinations of most attributes, if one binds at all."""
    own = bounds.table_of(column)
    cells: list[tuple[bool, int, bool, float, float, int, int]] = []
    for number, table in enumerate(tables):
        if table.fixed or not table.axes:
            continue
        inside = table.cell >= 0
        units = np.bincount(table.cell[inside], rows.times[inside], minlength=len(table))
        for cell in np.flatnonzero(~table.hidden).tolist():
            binds = float(binding[bounds.column(number, cell)])
            if binds > BINDS or number == own:
                cells.append(
                    (binds <= BINDS, -len(table.axes), number != own, -round(binds, 3), units[cell], number, cell)
                )
    rests = [
        (-float(binding[bounds.column(number, len(table))]), number)
        for number, table in enumerate(tables)
        if table.tells_rest and not table.fixed and binding[bounds.column(number, len(table))] > BINDS
    ]
    if rests and (not cells or min(cells)[0]):
        number = min(rests)[1]
        tables[number] = replace(tables[number], tells_rest=False)
    elif cells:
        *_, number, cell = min(cells)
        tables[number] = tables[number].hide([cell])
    else:
        raise QuestionError(
            "This cannot be shared: a group of fewer people than the minimum could be worked out from it"
            + (
                ", together with what was shared of the same rows before. Choose the groups, bins and filter that were "
                "shared then, or fewer combinations."
                if any(table.fixed for table in tables)
                else ". Choose fewer attributes or combinations."
            )
        )


def _hidden(tables: Sequence[SharedTable]) -> NDArray[np.bool_]:
    """Return which columns of the bounds are hidden cells."""
    return np.concatenate([np.append(t.hidden, False) for t in tables])


def _shown(tables: Sequence[SharedTable]) -> NDArray[np.bool_]:
    """Return which columns of the bounds are told: the cells shown, and the sums of those whose group is known."""
    return np.concatenate([np.append(~t.hidden, t.tells_rest) for t in tables])
