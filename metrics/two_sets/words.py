"""What the comparison of two sets says, in sentences: who fares worse here, what cannot be told, what is new.

They hold names from the files: whoever shows them makes them safe for the place they stand in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from metrics.answers import name_baseline, name_slice
from metrics.formatting import format_count, format_difference
from metrics.registry import Metric
from metrics.sentences import lower_title, say_change, say_value
from metrics.two_sets.change_verdicts import (
    AMONG_MANY,
    BETTER,
    BY_SIZE,
    CANNOT_TELL,
    CONSTANT,
    FEW_BOTH,
    FEW_CUSTOMER,
    FEW_REFERENCE,
    NO_DIRECTION,
    NO_INTERVAL,
    NO_MARGIN,
    NOTHING,
    ONLY_CUSTOMER,
    ONLY_REFERENCE,
    SAME,
    WIDE,
    WORSE,
)

__all__ = ["rank_changes", "say_gap_changes", "say_overall", "say_reason", "say_sets"]

Row = Mapping[str, Any]

_MOST_NAMES = 4

# What stands in the way of a verdict, for one slice.
_REASONS = {
    ONLY_REFERENCE: "Only the reference has this group.",
    ONLY_CUSTOMER: "Only the customer's set has this group.",
    NOTHING: "One of the sets has no data for this metric.",
    FEW_REFERENCE: "The reference has too few to judge by.",
    FEW_CUSTOMER: "The customer's set has too few to judge by.",
    FEW_BOTH: "Both sets have too few to judge by.",
    CONSTANT: "The model answers everybody alike in one of the sets, which is neither praise nor blame.",
    BY_SIZE: "It grows as there are fewer units or clusters, so that sets of other sizes are no fair comparison.",
    AMONG_MANY: "Alone it would be clear, but not among so many groups that were compared.",
    NO_DIRECTION: "It has changed; whether that is better, the data do not say.",
    NO_INTERVAL: "This metric has no interval, so that chance cannot be told from a change.",
    WIDE: "The interval is too wide: it reaches no change and more than the margin.",
    NO_MARGIN: "The interval reaches no change, and no margin was named within which a change is none.",
}
_ORDER = (WORSE, CANNOT_TELL, SAME, BETTER)


def rank_changes(changes: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return the rows of one metric and kind, regressions first: by verdict, then by how much worse the value is.

    Slices of one set only stand last. `metric` is the one that the rows are of, with its better side.
    """
    sign = -1.0 if metric.better == "higher" else 1.0
    alone = changes["value"].isna()
    verdict = changes["verdict"].map({word: i for i, word in enumerate(_ORDER)})
    order = pd.DataFrame({"alone": alone, "verdict": verdict, "value": -sign * changes["value"]}, index=changes.index)
    return changes.loc[order.sort_values(["alone", "verdict", "value"], kind="stable").index]


def say_overall(changes: pd.DataFrame, metric: Metric) -> str:
    """Say what changed for everyone, from rows of one system and the kind "difference"."""
    rows = [r for r in _records(changes) if r["metric"] == metric.name and not r["slice"].levels]
    if not rows or _missing(rows[0]["value"]):
        return f"The {lower_title(metric.title)} of everyone cannot be compared: one of the sets has no data for it."
    row = rows[0]
    ends = [
        say_value({"value": row[side], "low": row[f"{side}_low"], "high": row[f"{side}_high"]}, metric)
        for side in ("reference", "customer")
    ]
    return (
        f"The {lower_title(metric.title)} is {ends[1]} here and {ends[0]} in the reference: "
        f"{say_change(row, metric)}, {_tell_verdict(row)}."
    )


def say_sets(changes: pd.DataFrame, metric: Metric) -> list[str]:
    """Say which groups fare worse or better here, how many cannot be told, and which are on one side only.

    `changes` are rows of `compare_sets` of one system and the kind "difference".
    """
    rows = [r for r in _records(rank_changes(changes[changes["metric"] == metric.name], metric)) if r["slice"].levels]
    said = []
    for word in (WORSE, BETTER):
        some = [r for r in rows if r["verdict"] == word]
        some = some if word == WORSE else some[::-1]
        if some:
            told = "; ".join(f"{name_slice(r['slice'])} {say_change(r, metric)}" for r in some[:_MOST_NAMES])
            said.append(f"{word[0].upper()}{word[1:]}: {told}{_more(len(some))}.")
    changed = [r for r in rows if r["reason"] == NO_DIRECTION]
    if changed:
        changed.sort(key=lambda r: -abs(r["value"]))
        told = "; ".join(f"{name_slice(r['slice'])} {say_change(r, metric)}" for r in changed[:_MOST_NAMES])
        said.append(f"Changed, though the data do not say whether for the better: {told}{_more(len(changed))}.")
    both = [r for r in rows if r["reason"] not in (ONLY_REFERENCE, ONLY_CUSTOMER)]
    if both and not said:
        said.append("Of no group can the data tell that it fares otherwise here than in the reference.")
    n_same = sum(r["verdict"] == SAME for r in both)
    n_unknown = sum(r["verdict"] == CANNOT_TELL for r in both) - len(changed)
    parts = [f"{n_same} {'shows' if n_same == 1 else 'show'} no change within the margin"] if n_same else []
    parts += [f"{n_unknown} cannot be told"] if n_unknown else []
    if parts:
        said.append(f"Of the {_groups(len(both))} that both sets have, {' and '.join(parts)}.")
    for reason, side in ((ONLY_CUSTOMER, "the customer's set"), (ONLY_REFERENCE, "the reference")):
        some = [r for r in rows if r["reason"] == reason]
        if some:
            said.append(f"Only in {side}: {'; '.join(_names(some))}{_more(len(some))}.")
    return said


def say_reason(row: Row, metric: Metric) -> str:
    """Say why a slice has no clear verdict, and how many more units would tell; "" where it has one."""
    if not row["reason"]:
        return ""
    said = _REASONS[row["reason"]]
    if row["reason"] == NO_DIRECTION and not _missing(row["value"]):
        return f"It is {format_difference(metric, abs(row['value']), signed=False)} " + (
            "higher here; whether that is better, the data do not say."
            if row["value"] > 0
            else "lower here; whether that is better, the data do not say."
        )
    needed = row["units_needed"]
    if not _missing(needed):
        what = "clusters" if not _missing(row.get("customer_clusters")) else "units"
        return f"{said} About {format_count(needed)} more {what} of the customer's would tell."
    if row["reason"] in (WIDE, AMONG_MANY, NO_MARGIN):
        return f"{said} More of the customer's alone would not tell: the reference is too small for that."
    return said


def say_gap_changes(gaps: pd.DataFrame, metric: Metric, confidence: float = 0.95) -> str:
    """Say whose gap has grown or shrunk, as far as the data can tell, from rows of `compare_set_gaps` of one system."""
    rows = [r for r in _records(gaps) if r["metric"] == metric.name and r["status"] == "ok"]
    clear = [r for r in rows if r["p_adjusted"] <= 1 - confidence]  # NaN is none
    if not rows:
        return "No gap can be compared: no group has enough in both sets."
    if not clear:
        return f"Of no gap can the data tell that it differs between the sets ({len(rows)} compared)."
    clear.sort(key=lambda r: -abs(r["value"]))
    told = "; ".join(
        f"that of {name_slice(r['slice'])} was {format_difference(metric, r['reference'])} and is "
        f"{format_difference(metric, r['customer'])} (change {say_change(r, metric)})"
        for r in clear[:_MOST_NAMES]
    )
    return f"The gap to {name_baseline(str(clear[0]['baseline']))} differs here: {told}{_more(len(clear))}."


def _tell_verdict(row: Row) -> str:
    if row["verdict"] != CANNOT_TELL:
        return str(row["verdict"])
    if row["reason"] == NO_DIRECTION:
        return "which is a change, though the data do not say whether for the better"
    return "which cannot be told from chance" if row["reason"] in (WIDE, AMONG_MANY, NO_MARGIN) else "cannot tell"


def _names(rows: Iterable[Row]) -> list[str]:
    return [name_slice(r["slice"]) for r in rows][:_MOST_NAMES]


def _groups(n: int) -> str:
    return "1 group" if n == 1 else f"{n} groups"


def _more(n: int) -> str:
    return f" and {n - _MOST_NAMES} more" if n > _MOST_NAMES else ""


def _records(table: pd.DataFrame) -> list[Row]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
