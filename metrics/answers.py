"""The sentence that answers a page's question from the numbers, with interval and baseline, and what they cannot tell.

Sentences hold names of groups as they are in the file: whoever shows them makes them safe for the place they
stand in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from metrics.cube import Cube
from metrics.estimate import MIN_CLUSTERS
from metrics.formatting import (
    format_count,
    format_difference,
    format_interval,
    format_p,
    format_percent,
    format_ratio,
    format_support,
    format_value,
)
from metrics.registry import Metric
from metrics.slices import MISSING, Slice

__all__ = [
    "answer_gaps",
    "answer_slices",
    "compare_in_words",
    "find_worst",
    "gap_in_words",
    "list_limits",
    "list_limits_briefly",
    "name_baseline",
    "name_slice",
    "state_value",
]

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


def name_slice(cell: Slice) -> str:
    """Return a slice as one says it: a level that is a range needs no equals sign.

    >>> name_slice(Slice((("sex", "female"), ("age", "< 25"))))
    'sex = female, age < 25'
    """
    signs = ("<", ">", "\N{LESS-THAN OR EQUAL TO}", "\N{GREATER-THAN OR EQUAL TO}")
    said = (f"{a} {level}" if level.startswith(signs) else f"{a} = {level}" for a, level in cell.items())
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


def answer_slices(estimates: pd.DataFrame, disparities: pd.DataFrame, metric: Metric) -> str:
    """Say which slice fares worst, how far from its baseline, and whether chance alone could show that.

    Both frames are of one system; `disparities` of one kind.
    """
    kind = str(disparities["kind"].iloc[0]) if len(disparities) else "difference"
    worst = find_worst(disparities, estimates, metric, kind)
    if worst is None:
        return "No group has enough rows to be compared with the others."
    rows = estimates[(estimates["metric"] == metric.name) & (estimates["slice"] == worst["slice"])]
    own = _record(rows, 0)
    among = disparities[(disparities["metric"] == metric.name) & disparities["p_adjusted"].notna()]
    tested = sum(s.axes == worst["slice"].axes for s in among["slice"])
    first = {"lower": "Worst", "higher": "Worst", "neither": "Furthest apart"}[metric.better]
    return (
        f"{first}: {name_slice(worst['slice'])}, {_lower(metric.title)} {state_value(own, metric)}, "
        f"{compare_in_words(worst, metric)}. {_weigh_chance(worst, tested)}"
    )


def state_value(estimate: Mapping[str, Any], metric: Metric) -> str:
    """Return a value with its interval and what it rests on: "26.8 % [21.6, 32.8] (63 of 235)"."""
    support = format_support(metric, estimate["top"], estimate["below"], estimate["units"])
    interval = format_interval(metric, estimate["low"], estimate["high"])
    return f"{format_value(metric, estimate['value'])} {interval} ({support})"


def compare_in_words(disparity: Mapping[str, Any], metric: Metric) -> str:
    """Return a disparity as one says it: "11.2 points more than everyone else [6.0, 17.1]"."""
    value, baseline, kind = disparity["value"], name_baseline(str(disparity["baseline"])), str(disparity["kind"])
    if np.isnan(value):
        return f"not comparable with {baseline}"
    interval = format_interval(metric, disparity["low"], disparity["high"], kind)
    if kind == "ratio":
        return f"{format_ratio(value)} that of {baseline} {interval}"
    if value == 0:
        return f"as much as {baseline} {interval}"
    size = format_difference(metric, abs(value), signed=False)
    return f"{size} {'more' if value > 0 else 'less'} than {baseline} {interval}"


def answer_gaps(spreads: pd.DataFrame, metric: Metric) -> str:
    """Say which attribute's groups are furthest apart in a metric, and what chance alone would show."""
    rows = spreads[(spreads["metric"] == metric.name) & spreads["difference"].notna()]
    if not len(rows):
        return "No attribute has two groups with enough rows, so there is no gap to tell of."
    row = _record(rows, int(rows["difference"].to_numpy().argmax()))
    return f"The largest gap is by {' and '.join(row['by'])}: {gap_in_words(row, metric)}"


def gap_in_words(spread: Mapping[str, Any], metric: Metric) -> str:
    """Return a spread with its pair, its interval and its noise floor, as one or two sentences."""
    size = format_difference(metric, spread["difference"], signed=False)
    interval = format_interval(metric, spread["low"], spread["high"])
    pair = f"from {_level(spread['lowest'])} to {_level(spread['highest'])}"
    said = f"{size} {interval}, {pair}."
    floor = spread["noise_floor"]
    if not np.isnan(floor):
        chance = format_difference(metric, floor, signed=False)
        said += f" Chance alone would show up to {chance} between groups of these sizes; "
        said += "this gap is larger." if spread["difference"] > floor else "this gap may be chance."
    return said


def list_limits(cube: Cube, estimates: pd.DataFrame, metric: Metric, min_units: int) -> list[str]:
    """Return what these estimates cannot tell, a sentence each: slices too small, missing groups, clusters.

    `estimates` is of one system.
    """
    rows = estimates[estimates["metric"] == metric.name]
    rows = _only(rows, lambda s: bool(s.levels))
    few, none = (rows[rows["status"] == status] for status in ("too few", "no data"))
    said = []
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
    unsure = int((rows["status"] != "ok").sum())
    said = [f"{unsure} of {len(rows)} groups too small"] if unsure else []
    for name, missing, _ in _count_missing(cube, {axis for s in rows["slice"] for axis in s.axes}):
        said.append(f"{name} missing in {format_count(missing)} rows")
    return said if cube.has_clusters else [*said, "no cluster column"]


def _missing_groups(cube: Cube, names: Iterable[str]) -> list[str]:
    return [
        f"{name} is missing in {format_count(missing)} rows ({format_percent(missing / units)}): "
        "they are shown as a group of their own, and are part of no gap."
        for name, missing, units in _count_missing(cube, names)
    ]


def _count_missing(cube: Cube, names: Iterable[str]) -> list[tuple[str, int, int]]:
    """Return the attributes that are missing in some rows: name, rows without it, all rows."""
    wanted = set(names)
    found = []
    for axis in cube.axes:
        if axis.name in wanted:
            grouping = cube.by((axis.name,))
            units = grouping.rows.sum(axis=1)
            found.append((axis.name, int(units[~grouping.known].sum()), int(units.sum())))
    return [row for row in found if row[1]]


def _record(rows: pd.DataFrame, place: int) -> dict[str, Any]:
    return {str(name): rows[name].iloc[place] for name in rows.columns}


def _only(rows: pd.DataFrame, test: Callable[[Slice], bool]) -> pd.DataFrame:
    """Return the rows whose slice passes; an empty table stays one."""
    return rows[np.fromiter((test(s) for s in rows["slice"]), dtype=bool, count=len(rows))]


def _weigh_chance(disparity: Mapping[str, Any], tested: int) -> str:
    p = disparity["p_adjusted"]
    if np.isnan(p):
        return "How far chance could go cannot be told."
    among = f"p {_equals(p)}" if tested == 1 else f"p {_equals(p)}, adjusted for {tested} groups"
    if p < 0.05:
        return f"Chance alone hardly shows as much ({among})."
    return f"Chance alone may show as much ({among})."


def _equals(p: float) -> str:
    text = format_p(p)
    return text if text.startswith("<") else f"= {text}"


def _groups(n: int) -> str:
    return f"{n} {'group has' if n == 1 else 'groups have'}"


def _names(slices: Sequence[Slice] | pd.Series) -> str:
    titles = [name_slice(s) for s in slices]
    more = f" and {len(titles) - _MOST_NAMES} more" if len(titles) > _MOST_NAMES else ""
    return "; ".join(titles[:_MOST_NAMES]) + more


def _level(s: Slice) -> str:
    return " & ".join(level for _, level in s.items())


def _is_missing(s: Slice) -> bool:
    return any(level == MISSING for _, level in s.items())


def _lower(title: str) -> str:
    """The title inside a sentence; abbreviations such as F1 and AUC stay."""
    return title if title[:2].isupper() or title[1:2].isdigit() else title[:1].lower() + title[1:]
