"""What pages answer with: the slice that fares worst, names of slices and baselines, and what the data cannot tell.

Sentences are made of these in `metrics.sentences`. They hold names of groups as they are in the file: whoever
shows them makes them safe for the place they stand in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from metrics.cube import Cube
from metrics.estimate import MIN_CLUSTERS
from metrics.formatting import format_count, format_percent
from metrics.registry import Metric
from metrics.slices import MISSING, Slice

__all__ = ["find_worst", "list_limits", "list_limits_briefly", "name_baseline", "name_slice"]

_BASELINES = {
    "rest": "everyone else",
    "overall": "everyone",
    "largest": "the largest group",
    "best": "the best group",
}
_MOST_NAMES = 5


def name_baseline(baseline: str) -> str:
    """Return what slices are compared with, in words.

    >>> name_baseline("rest"), name_baseline("sex = female")
    ('everyone else', 'sex = female')
    """
    return _BASELINES.get(baseline, baseline)


# A level such as "< 25" or ">= 65", as bins are named.
_RANGE = re.compile(r"[<>\N{LESS-THAN OR EQUAL TO}\N{GREATER-THAN OR EQUAL TO}]=? ?-?\d")


def name_slice(cell: Slice) -> str:
    """Return a slice as one says it: a level that is a range needs no equals sign.

    >>> name_slice(Slice((("sex", "female"), ("age", "< 25"))))
    'sex = female, age < 25'

    One of several labels is its own name.

    >>> name_slice(Slice((("accent: scottish", "yes"),)))
    'accent: scottish'
    """
    said = (
        f"{a} {level}" if _RANGE.match(level) else a if ": " in a and level == "yes" else f"{a} = {level}"
        for a, level in cell.items()
    )
    return ", ".join(said) or "everyone"


def find_worst(
    disparities: pd.DataFrame, estimates: pd.DataFrame, metric: Metric, kind: str = "difference"
) -> Mapping[str, Any] | None:
    """Return the disparity of the slice that fares worst, None where no slice has enough units.

    Of a metric without a better side it is the slice furthest from its baseline; of two that are equally far
    (each other's rest) the smaller one. Slices of missing groups, and the baseline itself, are no candidates.
    """
    rows = disparities[
        (disparities["metric"] == metric.name)
        & (disparities["kind"] == kind)
        & (disparities["status"] == "ok")
        & disparities["value"].notna()
        & disparities["p_adjusted"].notna()
    ]
    rows = _only(rows, lambda s: not _is_missing(s))
    if not len(rows):
        return None
    centre = 0.0 if kind == "difference" else 1.0
    distance = rows["value"].to_numpy(dtype=float) - centre
    badness = {"lower": distance, "higher": -distance, "neither": np.abs(distance)}[metric.better]
    units = {
        s: n for s, m, n in zip(*(estimates[c] for c in ("slice", "metric", "units")), strict=True) if m == metric.name
    }
    size = np.array([units[s] for s in rows["slice"]])
    furthest = np.flatnonzero(np.isclose(badness, badness.max(), rtol=1e-12, atol=1e-15))
    return _record(rows, int(furthest[np.argmin(size[furthest])]))


def list_limits(cube: Cube, estimates: pd.DataFrame, metric: Metric, min_units: int) -> list[str]:
    """Return what these estimates cannot tell, a sentence each: slices too small, missing groups, clusters.

    `estimates` is of one system.
    """
    rows = estimates[estimates["metric"] == metric.name]
    rows = _only(rows, lambda s: bool(s.levels))
    few, none, hidden = (rows[rows["status"] == status] for status in ("too few", "no data", "suppressed"))
    said = []
    if len(hidden):
        said.append(
            f"{len(hidden)} {'group is' if len(hidden) == 1 else 'groups are'} not shown, so that nobody can be found "
            f"in a small group: {_names(hidden['slice'])}. Some of them are hidden because another one could be "
            "worked out from them."
        )
    if len(few):
        least = f"fewer than {min_units} rows"
        least += f" or {MIN_CLUSTERS} clusters" if cube.has_clusters else ""
        said.append(
            f"{_groups(len(few))} {least} to judge by: {_names(few['slice'])}. "
            f"{'It is' if len(few) == 1 else 'They are'} shown in grey and left out of gaps."
        )
    if len(none):
        said.append(f"{_groups(len(none))} nothing that this metric could be computed from: {_names(none['slice'])}.")
    said += _missing_groups(cube, {axis for s in rows["slice"] for axis in s.axes})
    if not cube.has_clusters:
        said.append(
            "The rows are taken as independent of one another. If several belong to one person, branch or device, "
            "name that column as the cluster: intervals are too narrow without it."
        )
    return said


def list_limits_briefly(cube: Cube, estimates: pd.DataFrame, metric: Metric) -> list[str]:
    """Return what these estimates cannot tell in a few words each, the gravest first."""
    rows = _only(estimates[estimates["metric"] == metric.name], lambda s: bool(s.levels))
    unsure, hidden = int((rows["status"] != "ok").sum()), int((rows["status"] == "suppressed").sum())
    said = [f"{unsure} of {len(rows)} groups too small{' or hidden' if hidden else ''}"] if unsure else []
    for name, missing, _ in _count_missing(cube, {axis for s in rows["slice"] for axis in s.axes}):
        said.append(f"{name} missing in {_rows(missing)}")
    return said if cube.has_clusters else [*said, "no cluster column"]


def _missing_groups(cube: Cube, names: Iterable[str]) -> list[str]:
    return [
        f"{name} is missing in {_rows(missing)} ({format_percent(missing / units)}): "
        "shown as a group of its own, part of no gap."
        for name, missing, units in _count_missing(cube, names)
    ]


def _count_missing(cube: Cube, names: Iterable[str]) -> list[tuple[str, int, int]]:
    """Return the attributes that are missing in some rows: name, rows without it, all rows.

    Of a cube without rows, an attribute that it does not have by itself is passed over.
    """
    wanted = set(names)
    found = []
    for axis in cube.axes:
        if axis.name in wanted and (cube.scored is not None or (axis.name,) in cube.groupings):
            grouping = cube.by((axis.name,))
            units = grouping.rows.sum(axis=1)
            found.append((axis.name, int(units[~grouping.known].sum()), int(cube.by(()).rows.sum())))
    return [row for row in found if row[1]]


def _record(rows: pd.DataFrame, place: int) -> dict[str, Any]:
    return {str(name): rows[name].iloc[place] for name in rows.columns}


def _only(rows: pd.DataFrame, test: Callable[[Slice], bool]) -> pd.DataFrame:
    """Return the rows whose slice passes; an empty table stays one."""
    return rows[np.fromiter((test(s) for s in rows["slice"]), dtype=bool, count=len(rows))]


def _rows(n: int) -> str:
    return f"{format_count(n)} {'row' if n == 1 else 'rows'}"


def _groups(n: int) -> str:
    return f"{n} {'group has' if n == 1 else 'groups have'}"


def _names(slices: Sequence[Slice] | pd.Series) -> str:
    titles = [name_slice(s) for s in slices]
    more = f" and {len(titles) - _MOST_NAMES} more" if len(titles) > _MOST_NAMES else ""
    return "; ".join(titles[:_MOST_NAMES]) + more


def _is_missing(s: Slice) -> bool:
    return any(level == MISSING for _, level in s.items())
