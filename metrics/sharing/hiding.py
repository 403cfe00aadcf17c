"""Hiding: what is too small to be shown, and so much else of all systems that none of it can be worked out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cube, Cubes
from metrics.errors import QuestionError
from metrics.progress import SILENT, Progress
from metrics.scored import Scored
from metrics.sharing.amounts import positive_weights
from metrics.sharing.leftovers import KNOWN, Counted, TopAndBelow, hide_leftovers
from metrics.sharing.protection import protect
from metrics.sharing.small import NOBODY, check_everyone, find_small, varying_shares
from metrics.sharing.tables import Earlier, Rows, SharedTable, name_told, put_together, rows_of, tables_of
from metrics.sharing.terms import Terms

__all__ = ["Hiding", "hide", "range_of"]

Hiding = Mapping[tuple[str, ...], SharedTable]  # by the axes of the grouping


def hide(
    scored: Sequence[Scored],
    cubes: Cubes,
    terms: Terms,
    earlier: Sequence[Earlier] = (),
    progress: Progress = SILENT,
    known_clusters: NDArray[np.int64] = NOBODY,
) -> list[Hiding]:
    """Return for each system what is hidden of every grouping.

    Hidden are cells of fewer than `terms.min_cell` people; those where a share of so few is 0 or 1, which would say of
    each of them what came out; and as many others as it takes so that everything shown, together with what was shared
    of the same rows before (`earlier`), leaves a range of at least `terms.min_cell` people for the count of every
    hidden cell. Of `known_clusters` readers know some rows: they are not among the people that a cell has to have.
    Raises QuestionError where that cannot be reached.
    """
    told = name_told(terms.metrics, earlier)
    check_everyone(cubes, terms, told)
    n = int(max(s.rows.max(initial=-1) for s in scored)) + 1
    groupings = [(), *terms.groupings]
    progress("Hiding what could be worked out", 0.0)
    small = [[find_small(cube, cube.by(names), terms, told, known_clusters) for names in groupings] for cube in cubes]
    if all(np.array_equal(s.rows, scored[0].rows) for s in scored):
        tables = tables_of(cubes[0], groupings, scored[0].rows, n, range_of(scored[0], terms))
        tables = [t.hide(np.flatnonzero(np.any(s, axis=0))) for t, *s in zip(tables, *small, strict=True)]
        found = _protect_all(scored, cubes, tables, terms, told, earlier, progress, known_clusters)
        return [{t.axes: t for t in found}] * len(scored)
    _check_same_people(cubes, groupings)
    apart = [
        [t.hide(np.flatnonzero(s)) for t, s in zip(own, few, strict=True)]
        for own, few in zip(
            [tables_of(cube, groupings, s.rows, n, range_of(s, terms)) for cube, s in zip(cubes, scored, strict=True)],
            small,
            strict=True,
        )
    ]
    protected = _protect_apart(scored, cubes, apart, terms, told, earlier, progress, known_clusters)
    return [{t.axes: t for t in one} for one in protected]


def _check_same_people(cubes: Cubes, groupings: Sequence[tuple[str, ...]]) -> None:
    """Raise QuestionError where systems in rows of their own were tested on different people."""
    for names in groupings:
        first = cubes[0].by(names)
        for cube in cubes:
            own = cube.by(names)
            if not np.array_equal(own.codes, first.codes) or not np.array_equal(own.rows.sum(1), first.rows.sum(1)):
                raise QuestionError(
                    f"The models {cubes[0].system} and {cube.system} were tested on different people: what one shows "
                    "more than the other would tell of them. Share one model, by a filter on the column of the models, "
                    "or take the rows that all models have answered."
                )


def _protect_apart(
    scored: Sequence[Scored],
    cubes: Cubes,
    told: list[list[SharedTable]],
    terms: Terms,
    metrics: Sequence[str],
    earlier: Sequence[Earlier],
    progress: Progress,
    known_clusters: NDArray[np.int64],
) -> list[list[SharedTable]]:
    """Protect systems that stand in rows of their own: a slice that is hidden in one of them is hidden in all."""
    while True:
        before = _hidden_slices(told)
        told = [
            [t.hide([c for c, code in enumerate(t.codes.tolist()) if (t.axes, tuple(code)) in before]) for t in one]
            for one in told
        ]
        told = [
            _protect_all([s], Cubes([cube]), one, terms, metrics, earlier, progress.nth(i, len(told)), known_clusters)
            for i, (s, cube, one) in enumerate(zip(scored, cubes, told, strict=True))
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
    cubes: Cubes,
    tables: Sequence[SharedTable],
    terms: Terms,
    told: Sequence[str],
    earlier: Sequence[Earlier],
    progress: Progress,
    known_clusters: NDArray[np.int64] = NOBODY,
) -> list[SharedTable]:
    """Protect every hidden cell, and what is left of one set shown beside others."""
    own, n = len(tables), len(tables[0].cell)
    most = max([n, *(len(e.rows) for e in earlier)])
    readings = [*zip(scored, cubes, strict=True), *(reading for e in earlier for reading in e.read)]
    counted = Counted(
        [pair for one, cube in readings for pair in _shares_by_row(one, cube, told, most)],
        _each_once(_by_row(one, one.weights, np.nan, most) for one, _ in readings),
        _each_once(_clusters_by_row(one, known_clusters if one in scored else NOBODY, most) for one, _ in readings)
        if terms.people == "clusters"
        else (),
    )
    while True:
        tables = _protect_counts(scored, tables, terms, earlier, progress)
        rows, whole = put_together(rows_of(scored, n), tables, earlier)
        hidden = hide_leftovers(rows, whole, counted, range_of(scored[0], terms), terms.min_cell)
        if hidden is None:
            return list(tables)
        tables = [replace(t, cell=t.cell[:n]) for t in hidden[:own]]


def _shares_by_row(scored: Scored, cube: Cube, told: Sequence[str], n: int) -> list[TopAndBelow]:
    found = []
    for sides in varying_shares(cube, told):
        by_row = []
        for side in sides:
            inside = np.full(n, np.nan)
            inside[scored.rows] = side[scored.outcome] > 0
            by_row.append(inside)
        found.append((by_row[0], by_row[1]))
        if scored.weights is not None:  # who weighs nothing is in no weighted share
            weighs = np.zeros(n, np.int64)
            weighs[scored.rows] = positive_weights(scored)
            found.append((by_row[0] * weighs, by_row[1] * weighs))
    return found


def _by_row(scored: Scored, values: NDArray[Any] | None, nothing: float, n: int) -> NDArray[Any] | None:
    """Return what the units of `n` rows have, None where they have none."""
    if values is None:
        return None
    found = np.full(n, nothing, values.dtype)
    found[scored.rows] = values
    return found


def _clusters_by_row(scored: Scored, known: NDArray[np.int64], n: int) -> NDArray[np.int64] | None:
    """Return the clusters by row; those of whom readers know some rows do not count."""
    if scored.clusters is None:
        return None
    clusters = np.where(np.isin(scored.clusters, known), KNOWN, scored.clusters.astype(np.int64))
    return _by_row(scored, clusters, -1, n)


def _each_once(columns: Iterable[NDArray[Any] | None]) -> list[NDArray[Any]]:
    return list({column.tobytes(): column for column in columns if column is not None}.values())


def _protect_counts(
    scored: Sequence[Scored],
    tables: Sequence[SharedTable],
    terms: Terms,
    earlier: Sequence[Earlier],
    progress: Progress,
) -> list[SharedTable]:
    """Protect the units, and the clusters where they are the people."""
    first, own, n = scored[0], len(tables), len(tables[0].cell)
    rows, whole = put_together(rows_of(scored, n), tables, earlier)
    people = None
    if first.clusters is not None and terms.people == "clusters":
        people = _one_row_a_cluster(first, rows, whole)
    found = list(whole)
    while True:
        if people is not None:  # first: fewer of them are alike, so that fewer can stand for a hidden one
            alone, places, cells = people
            before = [replace(found[p], cell=c, least=terms.min_cell) for p, c in zip(places, cells, strict=True)]
            for place, table in zip(places, protect(alone, before, terms.seed), strict=True):
                found[place] = replace(table, cell=found[place].cell, least=found[place].least)
        after = protect(rows, found, terms.seed, progress)
        if people is None or _hidden_slices([found]) == _hidden_slices([after]):
            found = after
            break
        found = after
    return [replace(t, cell=t.cell[:n]) for t in found[:own]]


def _one_row_a_cluster(
    first: Scored, rows: Rows, tables: Sequence[SharedTable]
) -> tuple[Rows, list[int], list[NDArray[np.int64]]] | None:
    """Return the clusters as rows, the tables that add up over them, and the clusters' cells there; None without any.

    A table adds up where every cluster is in one cell of it.
    """
    assert first.clusters is not None
    clusters, at = np.unique(first.clusters, return_index=True)
    place, number = first.rows[at], np.searchsorted(clusters, first.clusters)
    places = [i for i, t in enumerate(tables) if np.array_equal(t.cell[place][number], t.cell[first.rows])]
    if not any(tables[i].axes for i in places):
        return None
    names = {name for i in places for name in tables[i].axes if not tables[i].apart}
    one = np.ones(len(place), np.int64)
    levels = {name: level[place] for name, level in rows.levels.items() if name in names}
    amounts = rows.amounts.by_cluster(first.rows, number, rows.times[first.rows])
    return Rows(one, one * 0, levels, amounts), places, [tables[i].cell[place] for i in places]
