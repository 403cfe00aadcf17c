"""The set in which each gap first left its limit: clearly, or by its value alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from metrics.slices import MISSING

__all__ = ["CANNOT_TELL", "COLUMNS", "LEFT", "NO_DATA", "OUTSIDE", "WITHIN", "first_left"]

LEFT, OUTSIDE, WITHIN, CANNOT_TELL, NO_DATA = "left", "outside", "within", "cannot tell", "no data"

COLUMNS = [
    "slice",
    "baseline",
    "system",
    "metric",
    "limit",
    "verdict",
    "set",
    "date",
    "number",
    "value",
    "adjusted_low",
]
COLUMNS += ["adjusted_high", "first_beyond", "first_beyond_date", "since", "returned", "sets_judged", "sets"]


def first_left(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return, per slice, system and metric, the first set whose gap is clearly beyond its limit.

    `gaps` are those of `over_time`, in the order of its sets; those without a place in time are no part of it. Clearly
    beyond is a gap whose adjusted interval (Holm, over all slices and sets) lies wholly outside the limit. `verdict`
    is "left" where one set is and a judged set before it is not, "outside" where the first one judged is, "within"
    where the whole plain interval lies within in every set (of a model that gives everybody one answer: never),
    "no data" where no set has any, else "cannot tell".

    `set`, `date`, `value`, `adjusted_low` and `adjusted_high` are those of the first set clearly beyond, the `number`th
    in time.
    `first_beyond` is the first set whose value is beyond the limit, clearly or not, on the side of `set` where there is
    one. `since` says of the sets after `set` "stayed" (every value is beyond, on its side), "returned" (`returned` is
    the first whose value is not, but within), "crossed" (that one lies beyond the limit on the other side) or "last"
    (there is none with a value that can be judged). `sets_judged` of all `sets` have the status "ok".
    """
    timed = gaps[gaps["set"] != MISSING] if len(gaps) else gaps
    groups: dict[tuple[Any, ...], list[int]] = {}
    keys = zip(timed["slice"], map(str, timed["system"]), timed["metric"], strict=True)
    for number, key in enumerate(keys):
        groups.setdefault(key, []).append(number)
    rows = timed.to_dict("records")
    found = [_judge([rows[number] for number in numbers]) for numbers in groups.values()]
    return pd.DataFrame({c: pd.Series([f[c] for f in found], dtype=_TYPES.get(c, object)) for c in COLUMNS})


_TYPES: dict[str, type] = dict.fromkeys(("limit", "number", "value", "adjusted_low", "adjusted_high"), np.float64)
_TYPES |= dict.fromkeys(("sets_judged", "sets"), np.int64)


def _judge(rows: Sequence[dict[Any, Any]]) -> dict[str, Any]:
    judged = [row for row in rows if row["status"] == "ok"]
    clear = [i for i, row in enumerate(judged) if _is_clear(row)]
    first = judged[clear[0]] if clear else None
    # A gap that favours the one now and the other then is not the same gap.
    sides = (-1, 1) if first is None else (1 if first["adjusted_low"] > first["limit"] else -1,)
    beyond = next((row for row in judged if _side(row) in sides), None)
    since, returned = _look_after(judged[clear[0] + 1 :], sides[0]) if clear else (None, None)
    of = rows[0]
    return {
        **{name: of[name] for name in ("slice", "system", "metric", "limit")},
        "baseline": next((row["baseline"] for row in rows if row["baseline"]), ""),
        "verdict": _name_verdict(rows, judged, clear),
        **{name: None if first is None else first[name] for name in ("set", "date")},
        "number": np.nan if first is None else 1 + next(i for i, row in enumerate(rows) if row is first),
        **{name: np.nan if first is None else first[name] for name in ("value", "adjusted_low", "adjusted_high")},
        "first_beyond": None if beyond is None else beyond["set"],
        "first_beyond_date": None if beyond is None else beyond["date"],
        "since": since,
        "returned": returned,
        "sets_judged": len(judged),
        "sets": len(rows),
    }


def _name_verdict(rows: Sequence[dict[Any, Any]], judged: Sequence[dict[Any, Any]], clear: Sequence[int]) -> str:
    if clear:
        return LEFT if clear[0] else OUTSIDE
    if all(row["status"] == "no data" for row in rows):
        return NO_DATA
    whole = len(judged) == len(rows) and not any(row["constant"] for row in rows)
    return WITHIN if whole and all(_is_within(row) for row in rows) else CANNOT_TELL


def _is_clear(row: dict[Any, Any]) -> bool:
    return bool(row["adjusted_low"] > row["limit"] or row["adjusted_high"] < -row["limit"])


def _side(row: dict[Any, Any]) -> int:
    """Return on which side of the limits a value lies beyond: 1 above, -1 below, 0 on neither."""
    return int(row["value"] > row["limit"]) - int(row["value"] < -row["limit"])


def _is_within(row: dict[Any, Any]) -> bool:
    return bool(row["low"] >= -row["limit"] and row["high"] <= row["limit"])


def _look_after(later: Sequence[dict[Any, Any]], side: int) -> tuple[str, str | None]:
    """Return what the values did after the first set clearly beyond on a side, and the set in which they left it."""
    if not later:
        return "last", None
    other = next((row for row in later if _side(row) != side), None)
    if other is None:
        return "stayed", None
    return "crossed" if _side(other) else "returned", other["set"]
