"""The tables that are shared of some rows: which rows stand behind which cell, and which cells are hidden."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cube, Grouping
from metrics.ranks import cells_of

__all__ = ["Rows", "SharedTable", "tables_of"]


@dataclass(frozen=True, eq=False)
class SharedTable:
    """One grouping as it is shared: the count of every cell that is not hidden, and of all whose group is known.

    The latter follows from what is told of everyone else (`tells_rest`).

    `cell` (rows,) is the cell of each row, -1 where a row is no part of it. `codes` (cells, axes) are levels, `axes`
    names the axes. `hidden` and `known` are (cells,). A `fixed` table was shared before.
    """

    axes: tuple[str, ...]
    codes: NDArray[np.int64]
    cell: NDArray[np.int64]
    known: NDArray[np.bool_]
    hidden: NDArray[np.bool_]
    fixed: bool = False
    tells_rest: bool = True

    def __len__(self) -> int:
        return len(self.codes)

    def hide(self, cells: Iterable[int]) -> SharedTable:
        hidden = self.hidden.copy()
        hidden[list(cells)] = True
        return replace(self, hidden=hidden)


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows that tables are about: how many people each stands for, what came out, and its levels by axis.

    `times` and `outcome` are (rows,); `levels` maps an axis to its codes, -1 where a row is no part of it.
    """

    times: NDArray[np.int64]
    outcome: NDArray[np.int64]
    levels: dict[str, NDArray[np.int64]]

    def __len__(self) -> int:
        return len(self.times)


def tables_of(cube: Cube, groupings: Sequence[tuple[str, ...]], places: NDArray[np.int64], n: int) -> list[SharedTable]:
    """Return the tables of a cube's groupings, nothing hidden yet; its units stand at `places` of `n` rows."""
    found = []
    for names in groupings:
        grouping: Grouping = cube.by(names)
        cell = np.full(n, -1, np.int64)
        cell[places] = cells_of(cube, grouping)
        found.append(SharedTable(names, grouping.codes, cell, grouping.known, np.zeros(len(grouping), bool)))
    return found
