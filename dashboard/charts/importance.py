"""Features by slices: how much of the errors hangs on a feature, and what a model's own attributions say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dashboard.charts.amounts import Amounts, lay_amounts
from dashboard.charts.format import NOTHING, format_count, format_number, format_percent, name_slices

__all__ = ["lay_attribution", "lay_importance"]

NOT_SHOWN = "≈ 0"  # the interval reaches 0
_WHY = {
    "too few": "too few rows to tell",
    "no data": "no errors to tell apart",
    "same": "the slice is a level of this feature",
}


def lay_importance(table: pd.DataFrame) -> Amounts:
    """Arrange importance as features down and slices across, everyone last; columns of `metrics.usage.importance`."""

    def told(row: Mapping[Any, Any]) -> tuple[float, str, str]:
        if row["status"] != "ok":
            return math.nan, NOTHING, _WHY[row["status"]]
        clear = row["low"] > 0
        interval = f"[{format_percent(row['low'])}, {format_percent(row['high'])}]"
        hint = f"{format_percent(row['value'])} {interval} of the spread of errors\n{format_count(row['units'])} rows"
        text = format_percent(row["value"], 0) if clear else NOT_SHOWN
        return (float(row["value"]) if clear else 0.0), text, hint

    return _lay(table, told, "share of the spread of errors that hangs on a feature")


def lay_attribution(table: pd.DataFrame) -> Amounts:
    """Arrange mean absolute attributions as features down and slices across, everyone last; the colour is the share."""

    def told(row: Mapping[Any, Any]) -> tuple[float, str, str]:
        if row["status"] == "no data":
            return math.nan, NOTHING, "no attributions"
        few = "\ntoo few rows to judge" if row["status"] == "too few" else ""
        interval = f"[{format_number(row['low'])}, {format_number(row['high'])}]"
        share = "" if math.isnan(row["share"]) else f"\n{format_percent(row['share'])} of the slice's attributions"
        hint = f"mean size {format_number(row['value'])} {interval}{share}\n{format_count(row['units'])} rows{few}"
        return (0.0 if math.isnan(row["share"]) else float(row["share"])), format_number(row["value"], digits=2), hint

    return _lay(table, told, "mean size of attributions, coloured by their share of the slice's")


def _lay(table: pd.DataFrame, told: Any, what: str) -> Amounts:
    features = list(dict.fromkeys(table["feature"]))
    slices: Sequence[Any] = list(dict.fromkeys(table["slice"]))
    slices = [s for s in slices if s.levels] + [s for s in slices if not s.levels]
    rows = {(r["slice"], r["feature"]): told(r) for r in table.to_dict("records")}
    names = name_slices(slices)
    frames = [
        pd.DataFrame([[rows[s, f][part] for s in slices] for f in features], features, [names[s] for s in slices])
        for part in range(3)
    ]
    return lay_amounts(frames[0], frames[1], what=what, of="feature", hovers=frames[2], apart=1)
