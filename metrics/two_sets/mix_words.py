"""Where a change comes from and how the mix has shifted, in sentences.

They hold names from the files: whoever shows them makes them safe for the place they stand in.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from metrics.formatting import NOTHING, format_difference, format_interval, format_number
from metrics.registry import Metric
from metrics.sentences import lower_title

__all__ = ["has_shifted", "say_parts", "say_shift", "say_shifted", "say_shifts"]

Row = Mapping[Any, Any]

_MOST_NAMES = 4
_MOST_SHIFTED = 5
_LEAST_TOLD = 0.005  # an index below is told as one
_OF = {
    "label": "labels",
    "prediction": "predictions",
    "score": "scores (by tenths of the reference's)",
}


def say_parts(parts: pd.DataFrame, metric: Metric) -> str:
    """Say how much of a change comes from another mix and how much from the same groups scoring differently.

    `parts` are the rows of `decompose` of one metric, grouping and system. What may be chance is said to be so.
    """
    rows = {str(row["part"]): row for row in parts.to_dict("records")}
    if "total" not in rows or _missing(rows["total"]["value"]):
        return f"The {lower_title(metric.title)} of everyone cannot be compared: one of the sets has no data for it."
    total, by = rows["total"], _join(list(rows["total"]["by"]))
    told = [
        (name, f"from {words}")
        for name, words in (
            ("mix", f"a different mix of {by}"),
            ("rates", "the same groups scoring differently"),
            ("one_sided", "groups that only one of the sets has"),
        )
        if name in rows and not _missing(rows[name]["value"])
    ]
    if not told:
        return (
            f"{_say_total(total, metric)}. How much of that is a different mix cannot be told: "
            f"no group by {by} is in both sets."
        )
    sign = math.copysign(1, total["value"]) if total["value"] else 0
    if sign and all(rows[name]["value"] * sign >= 0 for name, _ in told):
        shares = _join([f"{_size(rows[name], metric, sign, none='none')} {words}" for name, words in told])
        more = "more" if sign > 0 else "less"
        verb = "comes" if len(told) == 1 else "come"
        said = f"Of the {_size(total, metric, sign)} {more}, {shares.replace(' from', f' {verb} from', 1)}."
    else:
        # Parts that pull both ways are no shares of their sum.
        pulls = [f"{_say_change(rows[name], metric, none='no change')} comes {words}" for name, words in told]
        said = f"{_say_total(total, metric)}: {_join(pulls)}."
    return " ".join([said, *_say_attributes(rows, metric)])


def has_shifted(row: Row, confidence: float = 0.95) -> bool:
    """Whether a mix has shifted, all that are compared heeded, from a row of `measure_shift`.

    The adjusted p says so; where there is none the index alone, by its floor.
    """
    p = row["p_adjusted"]
    return bool(row["psi"] > row["psi_floor"] if _missing(p) else p <= 1 - confidence)


def say_shift(row: Row, confidence: float = 0.95, among: int = 1) -> str:
    """Say how far one mix has shifted, from a row of `measure_shift`, and what chance alone would show.

    `among` is how many mixes `p_adjusted` heeds.
    """
    name = _OF.get(row["of"], row["axis"])
    if _missing(row["psi"]):
        return f"The mix of {name} cannot be compared: one of the sets has no data."
    above = row["psi"] > row["psi_floor"]
    index, floor = (format_number(row[c], digits=2) for c in ("psi", "psi_floor"))
    numbers = f"population stability index {index}; chance alone up to {floor}"
    if has_shifted(row, confidence):
        # Index and chi-square weigh the levels differently, and need not agree close to their limits.
        said = f"The mix of {name} differs{'' if above else ' by chi-square, if not by its index'}: {numbers}."
    else:
        if above and among > 1 and row["p"] <= 1 - confidence:
            numbers = (
                f"population stability index {index}; alone above its floor of {floor}, but not among the {among} "
                "mixes compared"
            )
        elif above:
            numbers = f"population stability index {index}; above its floor of {floor}, but not clearly by chi-square"
        said = f"The mix of {name} differs by no more than chance may explain: {numbers}."
    alone = [
        f"only in {side}: {', '.join(levels[:_MOST_NAMES])}{_more(len(levels))}"
        for side, levels in (("the customer's set", row["new_levels"]), ("the reference", row["vanished_levels"]))
        if levels
    ]
    if alone:
        told = "; ".join(alone)
        said += f" {told[0].upper()}{told[1:]}. In the index half a unit stands in for a level that a set lacks."
    return said


def say_shifts(shift: pd.DataFrame, confidence: float = 0.95) -> list[str]:
    """Say of every attribute, of labels, predictions and scores, how far its mix has shifted, the farthest first."""
    rows = shift.to_dict("records")
    rows.sort(key=lambda row: -math.inf if _missing(row["psi"]) else row["psi_floor"] - row["psi"])
    several = len({row["system"] for row in rows if row["of"] != "attribute"}) > 1
    # Those that have a p are one family: the attributes, and what each system is about.
    compared = Counter(_family(row) for row in rows if not _missing(row["p_adjusted"]))
    told = []
    for row in rows:
        system = f"{row['system']}: " if several and row["of"] != "attribute" else ""
        told.append(system + say_shift(row, confidence, compared[_family(row)]))
    return told


def say_shifted(shift: pd.DataFrame, confidence: float = 0.95) -> str:
    """Name the mixes that have shifted, all that are compared heeded, and how many are above their own floor alone."""
    rows = shift.to_dict("records")
    beyond = [row for row in rows if has_shifted(row, confidence)]
    alone = sum(row["psi"] > row["psi_floor"] for row in rows if not has_shifted(row, confidence))  # NaN is none
    said = "Nothing has clearly shifted by more than chance would show between two samples of one mix."
    if beyond:
        beyond.sort(key=lambda row: row["psi"] - row["psi_floor"], reverse=True)
        told = "; ".join(_say_index(row) for row in beyond[:_MOST_SHIFTED])
        more = f" and {len(beyond) - _MOST_SHIFTED} more" if len(beyond) > _MOST_SHIFTED else ""
        said = f"Your mix is another than the reference's by more than chance would show in: {told}{more}."
    if alone:
        whose = "1 index lies above its" if alone == 1 else f"{alone} indices lie above their"
        said += f" {whose} own floor, but not clearly once all mixes compared are heeded: that may be chance."
    return said


def _say_index(row: Row) -> str:
    by = "" if row["psi"] > row["psi_floor"] else "by chi-square; "
    index, floor = (
        format_number(row[c], digits=2) if row[c] >= _LEAST_TOLD else f"under {_LEAST_TOLD}"
        for c in ("psi", "psi_floor")
    )
    return f"{row['axis']} ({by}index {index}, chance alone up to {floor})"


def _family(row: Row) -> tuple[bool, Any]:
    attribute = row["of"] == "attribute"
    return attribute, None if attribute else row["system"]


def _say_total(row: Row, metric: Metric) -> str:
    if not row["value"]:
        return f"The {lower_title(metric.title)} is the same in both sets"
    more = "higher" if row["value"] > 0 else "lower"
    return f"The {lower_title(metric.title)} is {_size(row, metric, math.copysign(1, row['value']))} {more} here"


def _say_attributes(rows: Mapping[str, Row], metric: Metric) -> list[str]:
    """Return what each of two attributes has in the mix; nothing where there is one, or where it cannot be told."""
    split = [(name, row) for name, row in rows.items() if name.startswith("mix[")]
    if not split:
        return []
    if any(_missing(row["value"]) for _, row in split):
        return ["How much of the mix is of either attribute cannot be told: their groups hardly overlap."]
    names = [f"that of {name[4:-1]}" for name, _ in split[:2]] + ["what only both together explain"]
    told = [f"{_say_change(row, metric)} is {name}" for name, (_, row) in zip(names, split, strict=True)]
    return [f"Of the mix, {_join(told)}."]


def _say_change(row: Row, metric: Metric, none: str = "") -> str:
    """Return a change with its limits; where it is 0, `none` in its place."""
    interval = format_interval(metric, row["low"], row["high"], "difference")
    said = format_difference(metric, row["value"])
    if none and said == format_difference(metric, 0.0):
        return _say_none(row, none, interval)
    return said if interval == NOTHING else f"{said} {interval}{_doubt(row)}"


def _size(row: Row, metric: Metric, sign: float, none: str = "") -> str:
    """Return the size of a change that goes one way, with its limits as far as it goes that way; see `_say_change`."""
    low, high = sorted((sign * row["low"], sign * row["high"])) if not _missing(row["low"]) else (None, None)
    said = format_difference(metric, sign * row["value"], signed=False)
    interval = format_interval(metric, low, high, "difference")
    if none and said == format_difference(metric, 0.0, signed=False):
        return _say_none(row, none, interval)
    return said if interval == NOTHING else f"{said} {interval}{_doubt(row)}"


def _say_none(row: Row, none: str, interval: str) -> str:
    """Return `none` with the limits of what it may be, if there is more than one value between them."""
    return none if interval == NOTHING or row["low"] == row["high"] else f"{none} {interval}"


def _doubt(row: Row) -> str:
    return " (may be chance)" if row["low"] <= 0 <= row["high"] else ""


def _join(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def _more(n: int) -> str:
    return f" and {n - _MOST_NAMES} more" if n > _MOST_NAMES else ""


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
