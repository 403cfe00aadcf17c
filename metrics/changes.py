"""Changes from one system to another: did the second help this group, and has its gap to the others changed?

What changed is measured in `metrics.measured_changes`; here it is asked and put into tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.compare import Correction, adjust, find_baseline, same_tests
from metrics.cube import Cube, Cubes, Grouping
from metrics.estimate import NO_DATA, OK, STATUSES, By, check_level, choose_groupings, repeat_slices, words_at
from metrics.intervals import difference_limits, p_of_touch
from metrics.measured_changes import Change, correlate, matched_pairs_p, measure_change, measure_opposed, pair_up
from metrics.moments import Family, oppose_rest, oppose_set
from metrics.pairing import SIDES
from metrics.slices import Slice

__all__ = ["Asked", "compare_gaps", "compare_systems", "tabulate"]

Floats = NDArray[Any]

COLUMNS = ["slice", "metric", "first", "second", "value", "low", "high", "p", "p_adjusted"]
COLUMNS += ["units", "left_out", "clusters", "status"]


def compare_systems(
    cubes: Cubes,
    first: str,
    second: str,
    by: By = None,
    metrics: Iterable[str] | None = None,
    *,
    ids: pd.Series | None = None,
    confidence: float = 0.95,
    correction: Correction = "holm",
    min_units: int = 30,
) -> pd.DataFrame:
    """Return the change from the first system to the second in every slice, everyone first: second minus first.

    `first` and `second` are names of systems of `cubes`; `ids` as in `pair`. The interval heeds that both were
    measured on the same units (and speakers). `p_adjusted` is over the slices of one metric and grouping. `units` are
    those that both systems have, `left_out` those that one of them lacks. `matched_pairs_p`, of everyone, is the test
    that speech recognition knows as MAPSSWE with a unit as a segment, which heeds no speakers: the mean difference of
    a unit's errors over its standard error, both sides, normal (Gillick & Cox 1989; NIST, SCTK). It is missing for
    weighted units, and where denominators differ between the systems.
    Raises QuestionError for what the data do not hold.
    """
    check_level(confidence)
    tables = []
    for name, cube, alone in pair_up(cubes, first, second, metrics, ids):
        groupings = [cube.by(names) for names in choose_groupings(cube, by)]
        asked = Asked(name, 1 - confidence, correction, min_units)
        table = tabulate(asked, alone, groupings, measure_change(cube, groupings))
        everyone = np.array([len(g.names) == 0 for g in groupings for _ in range(len(g))])
        table["matched_pairs_p"] = np.where(everyone, matched_pairs_p(cube, groupings), np.nan)
        tables.append(table)
    return _join(tables, [*COLUMNS, "matched_pairs_p"])


def compare_gaps(
    cubes: Cubes,
    first: str,
    second: str,
    by: By = None,
    metrics: Iterable[str] | None = None,
    *,
    baseline: str | Slice = "rest",
    ids: pd.Series | None = None,
    confidence: float = 0.95,
    correction: Correction = "holm",
    min_units: int = 30,
) -> pd.DataFrame:
    """Return how the gap of every slice to a baseline differs between two systems.

    `baseline` is "rest" (everyone else whose group is known) or a slice such as "sex = female". `first` and `second`
    are the gaps (slice minus baseline), `value` is second minus first: the change of the slice less that of the
    baseline, with the interval of that difference; speakers on both sides take off their covariance. The other
    columns are those of `compare_systems`. Raises QuestionError for what the data do not hold.
    """
    check_level(confidence)
    tables = []
    for name, cube, alone in pair_up(cubes, first, second, metrics, ids):
        groupings = [cube.by(names) for names in choose_groupings(cube, by, everyone=False)]
        asked = Asked(name, 1 - confidence, correction, min_units)
        if baseline == "rest":
            tables += [_tabulate_rest(asked, cube, alone, groupings)] if groupings else []
        else:
            tables += [_tabulate_named(asked, cube, alone, g, baseline) for g in groupings]
    return _join(tables, [*COLUMNS[:2], "baseline", *COLUMNS[2:]])


@dataclass(frozen=True)
class Asked:
    """What was asked of every table."""

    metric: str
    alpha: float
    correction: Correction
    min_units: int


def tabulate(
    asked: Asked,
    alone: Sequence[Cube],
    groupings: Sequence[Grouping],
    own: Change,
    rest: Change | None = None,
    same: NDArray[np.int64] | None = None,
    itself: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Put one metric's changes into a frame; where `rest` is given, its change is taken off.

    `same` gives equal numbers to equal tests, `itself` marks the slices that are their own baseline.
    """
    first, second = own.shown
    status, n = own.status(asked.min_units), np.arange(len(first))
    if rest is not None:
        base, r = rest.shown, correlate(own.moves, rest.moves)
        status = np.minimum(status, rest.status(asked.min_units))
        one, two = own.shown[1] - own.shown[0], base[1] - base[0]
        first, second = first - base[0], second - base[1]
    value = second - first

    def reach(level: Any, at: Any = ...) -> tuple[Floats, Floats]:
        low, high = own.moves.pairs.limits("difference", level, at)
        if rest is None:
            return low, high
        return difference_limits(one[at], low, high, two[at], *rest.moves.pairs.limits("difference", level, at), r[at])

    low, high = reach(asked.alpha)
    missing = np.isnan(low) & np.isnan(high)
    p = p_of_touch(reach, np.where(missing, np.nan, value), 0.0)
    itself = np.zeros(len(n), dtype=bool) if itself is None else itself & ~np.isnan(value)
    value, low, high, p = (
        np.where(itself, x, y) for x, y in zip((0.0, 0.0, 0.0, 1.0), (value, low, high, p), strict=True)
    )
    status = np.where(np.isnan(value), NO_DATA, status)
    family = np.repeat(np.arange(len(groupings)), [len(g) for g in groupings])
    tested = np.where((status == OK) & ~itself, p, np.nan)
    clusters, units = own.systems.first.clusters, own.systems.first.units.ravel().astype(np.int64)
    return pd.DataFrame(
        {
            "slice": repeat_slices(groupings, 1),
            "metric": words_at([asked.metric], np.zeros(len(n))),
            "first": first,
            "second": second,
            "value": value,
            "low": low,
            "high": high,
            "p": p,
            "p_adjusted": adjust(tested, family, n if same is None else same, asked.alpha, asked.correction),
            "units": units,
            "left_out": _count_units(alone, asked.metric, groupings) - 2 * units,
            "clusters": np.full(len(n), np.nan) if clusters is None else clusters.ravel(),
            "status": words_at(STATUSES, status),
        }
    )


def _tabulate_rest(asked: Asked, cube: Cube, alone: Sequence[Cube], groupings: Sequence[Grouping]) -> pd.DataFrame:
    """Put the changes of gaps to everyone else whose group is known into a frame."""
    own, inside = measure_change(cube, groupings), np.concatenate([g.known for g in groupings])
    rest = measure_opposed(cube, lambda both: oppose_rest(both, groupings, both.of_cells(*groupings), inside))
    family = Family([cube.metrics[SIDES[0]]], cube.layout)
    same = same_tests(family, own.systems.first, inside, groupings).ravel()
    return _with_baseline(tabulate(asked, alone, groupings, own, rest, same), "rest")


def _tabulate_named(
    asked: Asked, cube: Cube, alone: Sequence[Cube], grouping: Grouping, baseline: str | Slice
) -> pd.DataFrame:
    """Put the changes of gaps to one slice into a frame."""
    own, (joint, named) = measure_change(cube, [grouping]), find_baseline(cube, grouping, baseline)
    rest = measure_opposed(cube, lambda both: oppose_set(both, grouping, both.of_cells(grouping), joint, named[None]))
    itself = named if joint is grouping and named.sum() == 1 else None
    return _with_baseline(tabulate(asked, alone, [grouping], own, rest, itself=itself), str(baseline))


def _with_baseline(table: pd.DataFrame, baseline: str) -> pd.DataFrame:
    table.insert(2, "baseline", baseline)
    return table


def _count_units(alone: Sequence[Cube], metric: str, groupings: Sequence[Grouping]) -> NDArray[np.int64]:
    """Return how many units the systems have in each slice, added up."""
    total = np.zeros(sum(map(len, groupings)), dtype=np.int64)
    for cube in alone:
        family = Family([cube.metrics[metric]], cube.layout)
        there = [cube.by(g.names) for g in groupings]
        counted = family.of_cells(*there).units.ravel()
        units = dict(zip((s for g in there for s in g.slices), counted.tolist(), strict=True))
        total += np.array([int(units.get(s, 0)) for g in groupings for s in g.slices], dtype=np.int64)
    return total


def _join(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({c: [] for c in columns})
