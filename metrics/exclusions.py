"""Which slices a rule of a policy leaves out, by name or by their share of the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cube, Cubes, Grouping, iterate_systems
from metrics.errors import Finding
from metrics.estimate import choose_groupings
from metrics.formatting import format_count, format_percent
from metrics.levels import as_number
from metrics.policy import Policy, Rule
from metrics.predicates import parse_predicate
from metrics.scored import Axis

__all__ = ["AxisLevels", "find_excluded", "policy_findings"]

_MOST_NAMES = 10


def find_excluded(cube: Cube, rule: Rule, grouping: Grouping) -> NDArray[np.bool_]:
    """Return which cells of a grouping the rule leaves out, shape (cells,).

    A condition of `exclude` speaks of groupings that have all of its attributes, and leaves out the slices for which
    it holds, whatever their other levels. Raises ResultsError for a condition on what the data do not have.
    """
    out = np.zeros(len(grouping), dtype=bool)
    for text in rule.exclude:
        out |= _match(cube, text, grouping)
    if rule.exclude_below is not None and len(grouping):
        rows = grouping.rows.sum(axis=1)
        out |= rows / max(rows.sum(), 1) < rule.exclude_below  # 7 of 100 are no less than 0.07; 0.07 * 100 is over 7
    return out


def policy_findings(cubes: Cubes | Cube, policy: Policy) -> list[Finding]:
    """Return what a policy leaves out of these data: a finding a rule, and one for what leaves out nothing."""
    return [finding for rule in policy.rules for finding in _find(cubes, rule)]


def _find(cubes: Cubes | Cube, rule: Rule) -> Iterator[Finding]:
    if not rule.exclude and rule.exclude_below is None:
        return
    where = f"rule {rule.name!r}"
    cube = next(iterate_systems(cubes))
    groupings = [cube.by(names) for names in choose_groupings(cube, rule.by, everyone=rule.by == ())]
    named = dict[str, int]()
    for grouping in groupings:
        rows = grouping.rows.sum(axis=1)
        for cell in np.flatnonzero(find_excluded(cube, rule, grouping)).tolist():
            named[grouping.slices[cell].title] = int(rows[cell])
    idle = [text for text in rule.exclude if not any(_match(cube, text, g).any() for g in groupings)]
    if named:
        listed = [f"{title} ({format_count(n)} {'row' if n == 1 else 'rows'})" for title, n in named.items()]
        more = f" and {len(listed) - _MOST_NAMES} more" if len(listed) > _MOST_NAMES else ""
        found = f"leaves out {'; '.join(listed[:_MOST_NAMES])}{more}."
        yield Finding("note", where, found, _reason(rule))
    for text in idle:
        cure = "No slice of this rule's groupings is meant by it; check 'by' and the condition."
        yield Finding("warn", where, f"excludes {text}, which leaves out nothing.", cure)


def _reason(rule: Rule) -> str:
    said = [f"it excludes {text}" for text in rule.exclude]
    if rule.exclude_below is not None:
        said.append(f"it excludes groups under {format_percent(rule.exclude_below)} of the rows")
    return f"The policy says so: {', '.join(said)}. They get no verdict, and are part of everyone else."


def _match(cube: Cube, text: str, grouping: Grouping) -> NDArray[np.bool_]:
    predicate = parse_predicate(text)
    predicate.check_columns([a.name for a in cube.axes])
    if not set(predicate.columns) <= set(grouping.names):
        return np.zeros(len(grouping), dtype=bool)
    columns = {a.name: AxisLevels(a, grouping.codes[:, i]) for i, a in enumerate(grouping.axes)}
    holds, _ = predicate.evaluate(columns, len(grouping))
    return holds


@dataclass(frozen=True, eq=False)
class AxisLevels:
    """The levels of an axis in every cell, as conditions see a column; missing is an empty cell."""

    axis: Axis
    places: NDArray[np.int64]

    @property
    def words(self) -> Sequence[str]:
        return self.axis.levels

    @property
    def codes(self) -> NDArray[np.int32]:
        return np.where(self.places < len(self.axis.levels), self.places, -1).astype(np.int32)

    @property
    def _values(self) -> list[float | None]:
        return [as_number(level) for level in self.axis.levels]

    @property
    def is_number(self) -> bool:
        return bool(self.axis.levels) and None not in self._values

    @property
    def numbers(self) -> NDArray[np.float64]:
        of_levels = [np.nan if x is None else x for x in self._values]
        return np.array([*of_levels, np.nan])[self.codes]

    @property
    def odd(self) -> NDArray[np.bool_]:
        return (self.codes >= 0) & np.isnan(self.numbers)
