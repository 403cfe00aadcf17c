"""Sentences about a series: which gap left its limit, in which set, and what cannot be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from metrics.answers import name_baseline, name_slice
from metrics.formatting import format_difference, format_interval, format_limit
from metrics.registry import Metric
from metrics.sentences import lower_title
from metrics.series.left import CANNOT_TELL, LEFT, NO_DATA, OUTSIDE, WITHIN
from metrics.series.sets import Series

__all__ = ["list_limits_of_series", "say_change_of_gap", "say_left", "sort_left"]

_MOST = 3


def sort_left(left: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return the rows of `first_left` of one metric: those clearly beyond first, the worse side and the earlier before
    the others."""
    mine = left[left["metric"] == metric.name]
    rank = {LEFT: 0, OUTSIDE: 0, CANNOT_TELL: 1, WITHIN: 2, NO_DATA: 3}

    def place(row: dict[Any, Any]) -> tuple[Any, ...]:
        clear = row["set"] is not None
        return rank[row["verdict"]], not _is_worse(row, metric), *((row["number"], -abs(row["value"])) if clear else ())

    rows = mine.to_dict("records")
    return mine.iloc[sorted(range(len(rows)), key=lambda i: place(rows[i]))]


def say_left(left: pd.DataFrame, metric: Metric) -> str:
    """Say which gaps first left their limit in which set, the worse side first; `left` is what `first_left` gives.

    Of two groups that are each other's rest only the one that fares worse is named.
    """
    rows = sort_left(left, metric).to_dict("records")
    if not rows:
        return "There is no group whose gap could be followed."
    if pd.isna(rows[0]["limit"]):
        return f"No limit is named for gaps in {lower_title(metric.title)}, so that none can have left it."
    limit = format_limit(metric, "difference", rows[0]["limit"])
    clear = _without_mirrors([row for row in rows if row["verdict"] in (LEFT, OUTSIDE)])
    if not clear:
        said = [f"No gap in {lower_title(metric.title)} has clearly left {limit}."]
    else:
        said = [_say_one(row, metric, limit) for row in clear[:_MOST]]
        if len(clear) > _MOST:
            said.append(f"So did {len(clear) - _MOST} more.")
    return " ".join([*said, *_say_others(rows, limit)])


def _is_worse(row: dict[Any, Any], metric: Metric) -> bool:
    """Whether the group fares worse than its baseline, or the gap lies above where neither side is better."""
    return bool(row["value"] < 0 if metric.better == "higher" else row["value"] > 0)


def _without_mirrors(rows: Sequence[dict[Any, Any]]) -> list[dict[Any, Any]]:
    kept: list[dict[Any, Any]] = []
    for row in rows:
        if not any(_is_mirror(row, other) for other in kept):
            kept.append(row)
    return kept


def _is_mirror(one: dict[Any, Any], two: dict[Any, Any]) -> bool:
    alike = (one["slice"].axes, one["set"], one["system"]) == (two["slice"].axes, two["set"], two["system"])
    return alike and one["baseline"] == "rest" and abs(one["value"] + two["value"]) < 1e-12


def _say_one(row: dict[Any, Any], metric: Metric, limit: str) -> str:
    size = format_difference(metric, row["value"])
    limits = format_interval(metric, row["adjusted_low"], row["adjusted_high"], "difference")
    found = f"({size}, adjusted interval {limits})"
    who = f"The gap of {name_slice(row['slice'])} to {name_baseline(row['baseline'])} in {lower_title(metric.title)}"
    if row["verdict"] == OUTSIDE:
        start = f"{who} was clearly beyond {limit} in the first set that can be judged, {row['set']} {found}"
    else:
        start = f"{who} first clearly left {limit} in {row['set']} {found}"
    after = {
        "stayed": " and has stayed beyond it since.",
        "returned": f"; in {row['returned']} its value was within it again.",
        "crossed": f"; in {row['returned']} its value lay beyond the limit on the other side.",
        "last": ", the last set that can be judged." if row["verdict"] == LEFT else ".",
    }[row["since"]]
    earlier = ""
    if row["first_beyond"] != row["set"]:
        earlier = f" Its value was beyond it in {row['first_beyond']} already, which may have been chance."
    return f"{start}{after}{earlier}"


def _say_others(rows: Sequence[dict[Any, Any]], limit: str) -> list[str]:
    n = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in (WITHIN, CANNOT_TELL)}
    said = []
    if n[WITHIN]:
        said.append(f"{_groups(n[WITHIN])} shown to be within {limit} in every set.")
    if n[CANNOT_TELL]:
        said.append(f"Of {n[CANNOT_TELL]} {'group' if n[CANNOT_TELL] == 1 else 'groups'} the data cannot tell.")
    return said


def _groups(n: int) -> str:
    return "1 group is" if n == 1 else f"{n} groups are"


def say_change_of_gap(change: dict[Any, Any], metric: Metric, first: str, last: str, confidence: float = 0.95) -> str:
    """Say how a gap has changed from one set to another; `change` is a row of `compare_set_gaps`.

    It may be chance unless its adjusted p, which heeds all the groups asked for, says otherwise.
    """
    who = f"From {first} to {last} the gap of {name_slice(change['slice'])} to {name_baseline(change['baseline'])}"
    if change["status"] != "ok":
        return f"{who} cannot be compared: {'no data' if change['status'] == 'no data' else 'too few units'}."
    size = format_difference(metric, change["value"])
    interval = format_interval(metric, change["low"], change["high"], "difference")
    clear = change["p_adjusted"] <= 1 - confidence
    return f"{who} changed by {size} {interval}{'' if clear else ', which may be chance'}."


def list_limits_of_series(series: Series, values: pd.DataFrame, min_units: int) -> list[str]:
    """Return what a series cannot tell, a sentence each: few units, sets without a date, what the sets share."""
    said = []
    sliced = values[pd.Series([bool(s.levels) for s in values["slice"]], index=values.index, dtype=bool)]
    few = _name_slices(sliced[sliced["status"] == "too few"])
    if few:
        said.append(f"In some sets there are under {min_units} units (or ten clusters) of {few}: no gap there counts.")
    none = _name_slices(sliced[sliced["status"] == "no data"])
    if none:
        said.append(f"In some sets there is nobody to measure of {none}: the line has a hole there.")
    if len(series.in_time) < len(series.sets):
        said.append("Rows without a date are a set of their own, which has no place in time and leaves no limit.")
    said.append(
        "“Clearly” allows for every gap of every set that was looked at (Holm); a gap can have grown earlier than the "
        "data could show. A change over time may come from the model, from the people, or from how they were recorded."
    )
    return said


def _name_slices(rows: pd.DataFrame) -> str:
    names = [name_slice(s) for s in dict.fromkeys(rows["slice"])]
    return "; ".join(names[:5]) + (f"; and {len(names) - 5} more" if len(names) > 5 else "")
