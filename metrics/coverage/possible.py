"""Which combinations can exist at all: one is impossible where a rule is true of it, however it is completed.

Rules that share no attribute do not touch each other. So each group of rules that do has one table over its own
attributes, and a combination is possible where every table still has a possible cell for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.coverage.grid import Axes, Grid
from metrics.cube import Cube
from metrics.errors import QuestionError, ResultsError
from metrics.exclusions import AxisLevels
from metrics.predicates import Predicate
from metrics.scored import Axis

__all__ = ["MOST_CELLS", "Possible", "find_contradicted", "read_rules"]

MOST_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class Possible:
    """What rules leave possible: `tables` are over the axes whose places in the grid `places` names, in their order."""

    grid: Grid
    places: tuple[Axes, ...] = ()
    tables: tuple[NDArray[np.bool_], ...] = ()
    _kept: dict[tuple[int, Axes], NDArray[np.bool_]] = field(default_factory=dict, repr=False)

    def of(self, some: Axes) -> NDArray[np.bool_]:
        """Return which combinations of a level of each of these axes are possible, shape of their levels."""
        found = np.ones(self.grid.shape(some), bool)
        for number, places in enumerate(self.places):
            shared = tuple(a for a in some if a in places)
            table = self.left(number, shared)
            found &= table.reshape([n if a in shared else 1 for a, n in zip(some, self.grid.shape(some), strict=True)])
        return found

    def left(self, number: int, shared: Axes) -> NDArray[np.bool_]:
        """Return which combinations of some axes of a table have a possible cell in it."""
        key = (number, shared)
        if key not in self._kept:
            gone = tuple(i for i, a in enumerate(self.places[number]) if a not in shared)
            self._kept[key] = np.asarray(self.tables[number].any(axis=gone))
        return self._kept[key]


def read_rules(cube: Cube, grid: Grid, rules: Sequence[Predicate]) -> Possible:
    """Return what rules leave possible.

    A rule may speak of attributes outside the grid: a combination is possible where some level of those makes it so.
    Raises QuestionError for a column or a word that the data do not have, for rules that leave nothing possible and
    for too many attributes in rules that hang together.
    """
    place = {axis.name: i for i, axis in enumerate(grid.axes)}
    places, tables = [], []
    for together in _split(cube, rules):
        names = list(dict.fromkeys(name for rule in together for name in rule.columns))
        names.sort(key=lambda name: place.get(name, len(place)))
        axes = [cube.axis(name) for name in names]
        table = ~np.logical_or.reduce([_holds(rule, axes) for rule in together])
        outside = tuple(i for i, name in enumerate(names) if name not in place)
        table = table.any(axis=outside)
        if not table.any():
            raise QuestionError(
                f"No combination is left possible by {_name(together)}. Rules say what cannot exist: "
                "check that none says the opposite."
            )
        places.append(tuple(place[name] for name in names if name in place))
        tables.append(table)
    return Possible(grid, tuple(places), tuple(tables))


def find_contradicted(cube: Cube, rules: Sequence[Predicate]) -> pd.DataFrame:
    """Return the rules that are true of rows that are there, and of how many: columns rule and units."""
    found = []
    for rule in rules:
        grouping = cube.by(rule.columns)
        columns = {a.name: AxisLevels(a, grouping.codes[:, i]) for i, a in enumerate(grouping.axes)}
        holds, _ = rule.evaluate(columns, len(grouping))
        units = int(grouping.rows[holds].sum())
        if units:
            found.append((str(rule), units))
    return pd.DataFrame(found, columns=["rule", "units"]).astype({"rule": object, "units": np.int64})


def _split(cube: Cube, rules: Sequence[Predicate]) -> list[list[Predicate]]:
    """Split rules into those that hang together by the attributes they name."""
    groups: list[tuple[set[str], list[Predicate]]] = []
    for rule in rules:
        try:
            rule.check_columns([axis.name for axis in cube.axes])
        except ResultsError as error:
            raise QuestionError(f"The rule {str(rule)!r}: {error}") from error
        names, members = set(rule.columns), [rule]
        apart = []
        for others, theirs in groups:
            if names & others:
                names, members = names | others, theirs + members
            else:
                apart.append((others, theirs))
        groups = [*apart, (names, members)]
    for names, members in groups:
        n_cells = prod(len(cube.axis(name).levels) for name in names)
        if n_cells > MOST_CELLS:
            raise QuestionError(
                f"{_name(members)} hang together by {len(names)} attributes with {n_cells:,} combinations, and at most "
                f"{MOST_CELLS:,} are gone through. Write rules of fewer attributes."
            )
    return [members for _, members in groups]


def _holds(rule: Predicate, axes: Sequence[Axis]) -> NDArray[np.bool_]:
    """Return where a rule is true, over all combinations of the levels of some axes."""
    shape = tuple(len(axis.levels) for axis in axes)
    codes = np.indices(shape).reshape(len(axes), prod(shape))
    columns = {axis.name: AxisLevels(axis, c) for axis, c in zip(axes, codes, strict=True)}
    try:
        holds, _ = rule.evaluate(columns, prod(shape))
    except ResultsError as error:
        raise QuestionError(f"The rule {str(rule)!r}: {error}") from error
    return holds.reshape(shape)


def _name(rules: Sequence[Predicate]) -> str:
    named = ", ".join(repr(str(rule)) for rule in rules[:3]) + (", ..." if len(rules) > 3 else "")
    return f"the {'rule' if len(rules) == 1 else 'rules'} {named}"
