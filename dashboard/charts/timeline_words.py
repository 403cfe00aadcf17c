"""The lines over time as tables of texts, and in words for those who do not see them."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd

from dashboard.charts.format import (
    NOTHING,
    format_difference,
    format_interval,
    format_p,
    format_support,
    format_value,
    name_slices,
    pick,
    tidy,
)
from dashboard.charts.layout import list_names
from dashboard.charts.timeline_parts import MOST_LINES, Time, choose_lines, is_clear, split_lines
from metrics.formatting import format_limit
from metrics.registry import Metric
from metrics.slices import MISSING

__all__ = ["describe_gaps", "describe_values", "table_gaps", "table_values"]


def describe_values(values: pd.DataFrame, metric: Metric) -> str:
    """Say in words what `draw_values` shows."""
    said = [_describe_line(values, s, lambda v: format_value(metric, v)) for s in choose_lines(values)]
    sets = Time.of(values)
    return f"{tidy(metric.title)} over {sets.describe()}. " + " ".join(filter(None, said))


def describe_gaps(gaps: pd.DataFrame, metric: Metric) -> str:
    """Say in words what `draw_gaps` shows."""
    lines = list(dict.fromkeys(gaps["slice"]))[:MOST_LINES]
    said = [_describe_line(gaps, s, lambda v: format_difference(metric, v)) for s in lines]
    limit = float(gaps["limit"].iloc[0]) if len(gaps) else math.nan
    around = "" if math.isnan(limit) else f" Limit: {format_limit(metric, 'difference', limit)} on either side."
    start = f"Gaps in {tidy(metric.title).lower()} over {Time.of(gaps).describe()}.{around}"
    return " ".join([start, *filter(None, said)])


def table_values(values: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return the numbers of the lines as texts: set, date, slice, value, interval, counts, status."""
    names = name_slices(list(dict.fromkeys(values["slice"])))
    records = [
        {
            "set": str(row["set"]),
            "date": _write_date(row["date"]),
            "slice": names[row["slice"]],
            "value": format_value(metric, pick(row, "value")),
            "interval": format_interval(metric, pick(row, "low"), pick(row, "high")),
            "counts": format_support(metric, pick(row, "top"), pick(row, "below"), pick(row, "units")),
            "status": str(row["status"]),
        }
        for row in values.to_dict("records")
    ]
    return pd.DataFrame.from_records(records)


def table_gaps(gaps: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return the numbers of the gaps as texts: set, date, slice, gap, interval, adjusted interval and p, status."""
    names = name_slices(list(dict.fromkeys(gaps["slice"])))
    records = [
        {
            "set": str(row["set"]),
            "date": _write_date(row["date"]),
            "slice": names[row["slice"]],
            "compared with": str(row["baseline"]),
            "gap": format_difference(metric, pick(row, "value")),
            "interval": format_interval(metric, pick(row, "low"), pick(row, "high"), "difference"),
            "adjusted interval": format_interval(
                metric, pick(row, "adjusted_low"), pick(row, "adjusted_high"), "difference"
            ),
            "adjusted p (limit)": format_p(pick(row, "p_adjusted")),
            "clearly beyond": "yes" if is_clear(row) else "no",
            "status": str(row["status"]),
        }
        for row in gaps.to_dict("records")
    ]
    return pd.DataFrame.from_records(records)


def _write_date(day: Any) -> str:
    return day.isoformat() if isinstance(day, date) else NOTHING


def _describe_line(rows: pd.DataFrame, s: Any, write: Callable[[Any], str]) -> str:
    mine = [row for row in split_lines(rows)[s] if pick(row, "value") is not None and row["set"] != MISSING]
    name = tidy(name_slices(list(dict.fromkeys(rows["slice"])))[s])
    if not mine:
        return f"{name}: no data."
    first, last = mine[0], mine[-1]
    if len(mine) == 1:
        return f"{name}: {write(first['value'])} in {tidy(str(first['set']))}."
    clear = [tidy(str(row["set"])) for row in mine if "limit" in row and is_clear(row)]
    beyond = f", clearly beyond the limit in {list_names(clear)}" if clear else ""
    return f"{name}: from {write(first['value'])} to {write(last['value'])}{beyond}."
