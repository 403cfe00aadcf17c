"""What readers know already: rows that were published with their words, and what is told beside them.

Whoever knows some rows takes them off every count that is shown. What is left is what the others are told by, so it is
the others alone who have to be enough, and of whom nothing hidden may be worked out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cube, Cubes, count_cells
from metrics.progress import SILENT, Progress
from metrics.scored import Scored
from metrics.sharing.hiding import Hiding, hide
from metrics.sharing.small import NOBODY
from metrics.sharing.tables import Earlier, SharedTable, tables_of
from metrics.sharing.terms import Terms

__all__ = ["find_known", "hide_beside"]

Places = NDArray[np.int64]


def find_known(earlier: Sequence[Earlier]) -> Places:
    """Return the places in the file of all rows that were examples before, in order."""
    return np.unique(np.concatenate([np.zeros(0, np.int64), *(e.known for e in earlier)]))


def hide_beside(
    known: Places,
    scored: Sequence[Scored],
    cubes: Cubes,
    terms: Terms,
    earlier: Sequence[Earlier] = (),
    progress: Progress = SILENT,
) -> list[Hiding]:
    """Return for each system what is hidden of every grouping, for readers who know the rows at the places `known`.

    It is what `hide` hides of the other rows, of what was shared before, too, and where there are too few people of
    whom no row is known; cells that have known rows alone are hidden as well. Where a reader knows less of these rows
    than all, more is hidden than needs be, never less. Raises QuestionError as `hide` does.
    """
    if not len(known):
        return hide(scored, cubes, terms, earlier, progress)
    others = tuple(s.take(~np.isin(s.rows, known)) for s in scored)
    people = _find_people(known, scored[0])
    hiding = hide(others, count_cells(others), terms, [_take_off(e, known) for e in earlier], progress, people)
    return [_of_whole(cube, s, found) for cube, s, found in zip(cubes, scored, hiding, strict=True)]


def _find_people(known: Places, scored: Scored) -> Places:
    """Return the clusters that have a known row, none where there are no clusters."""
    if scored.clusters is None:
        return NOBODY
    return np.unique(scored.clusters[np.isin(scored.rows, known)])


def _of_whole(cube: Cube, scored: Scored, hiding: Hiding) -> Hiding:
    """Return the tables of all rows, with hidden what is hidden of the others."""
    found, n = {}, int(scored.rows.max(initial=-1)) + 1
    for names, others in hiding.items():
        shown = {tuple(code) for code in others.codes[~others.hidden].tolist()}
        (table,) = tables_of(cube, [names], scored.rows, n, others.least)
        hidden = [cell for cell, code in enumerate(table.codes.tolist()) if tuple(code) not in shown]
        found[names] = replace(table.hide(hidden), tells_rest=others.tells_rest)
    return found


def _take_off(earlier: Earlier, known: Places) -> Earlier:
    """Return what was shared before without the rows that are known."""
    here = known[known < len(earlier.rows)]
    rows = earlier.rows
    others = replace(
        rows,
        times=_without(rows.times, here, 0),
        outcome=_without(rows.outcome, here, -1),
        levels={name: _without(level, here, -1) for name, level in rows.levels.items()},
        amounts=rows.amounts.without(here),
    )
    return replace(earlier, rows=others, tables=tuple(_without_rows(t, here) for t in earlier.tables))


def _without_rows(table: SharedTable, known: Places) -> SharedTable:
    """Return a table without some rows. A hidden cell that has nobody else now hides nobody."""
    cell = _without(table.cell, known, -1)
    before, after = (np.bincount(c[c >= 0], minlength=len(table)) > 0 for c in (table.cell, cell))
    return replace(table, cell=cell, hidden=table.hidden & (after | ~before))


def _without(codes: Places, places: Places, nothing: int) -> Places:
    found = codes.copy()
    found[places] = nothing
    return found
