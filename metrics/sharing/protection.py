"""Protecting what is hidden: more cells are hidden until every one keeps its range under all that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from metrics.errors import QuestionError
from metrics.progress import SILENT, Progress
from metrics.sharing.bounds import BINDS, Bounds
from metrics.sharing.knowledge import know
from metrics.sharing.tables import Rows, SharedTable, add_alike

__all__ = ["protect"]

_SWEEPS = 4
_ROUNDING = 1e-6


def protect(rows: Rows, tables: Sequence[SharedTable], seed: int = 0, progress: Progress = SILENT) -> list[SharedTable]:
    """Hide more cells until everything shown leaves every hidden cell the range that its table asks for.

    Cells of `fixed` tables stay as they are. Raises QuestionError where hiding cells is not enough.
    """
    whole, generator = tables, np.random.default_rng(seed)
    rows, tables = add_alike(rows, whole)
    bounds = Bounds(tables, know(rows, tables), seed)
    least = np.repeat([t.least for t in tables], [len(t) + 1 for t in tables])
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
                    number = _hide_one(tables, bounds, column, binding, rows)
                    # People of hidden cells may be of others: there are none to be of while one cell alone is hidden.
                    if _doubled(int(tables[number].hidden.sum())):
                        bounds.renew(rows, tables)
                    else:
                        bounds.hold(tables)


def _doubled(n: int) -> bool:
    """Whether a number is 2, 4, 8, ...: so seldom is it looked anew who could be where."""
    return n > 1 and n & (n - 1) == 0


def _hide_one(tables: list[SharedTable], bounds: Bounds, column: int, binding: NDArray[np.float64], rows: Rows) -> int:
    """Hide what binds a hidden cell most: a cell of the combinations of most attributes, if one binds at all.

    Returns the number of the table in which something was hidden.
    """
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
                ", together with what was shared of the same rows before. Choose the groups, bins, filter and "
                "fewest people that were chosen then, or fewer combinations."
                if any(table.fixed for table in tables)
                else ". Choose fewer attributes or combinations."
            )
            + (
                " What people weigh, or how many words they have, follows here from their group, and so counts them: "
                "without weights (switch the role of the weight off) more can be shown."
                if bounds.known.by_levels
                else ""
            )
        )
    return number


def _hidden(tables: Sequence[SharedTable]) -> NDArray[np.bool_]:
    """Return which columns of the bounds are hidden cells."""
    return np.concatenate([np.append(t.hidden, False) for t in tables])


def _shown(tables: Sequence[SharedTable]) -> NDArray[np.bool_]:
    """Return which columns of the bounds are told: the cells shown, and the sums of those whose group is known."""
    return np.concatenate([np.append(~t.hidden, t.tells_rest) for t in tables])
