"""Changes from one system to another: a dot with its interval per slice, beside the rule of no change."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import (
    NOTHING,
    escape,
    format_count,
    format_difference,
    format_interval,
    format_p,
    format_value,
    is_everyone,
    label_slices,
    name_slices,
    pick,
    tidy,
)
from dashboard.charts.layout import Range, empty_figure, find_range, lay_out, set_value_axis
from dashboard.charts.palette import BETTER, WORSE, Theme, choose_theme
from metrics.registry import Metric

__all__ = ["describe_changes", "draw_changes", "table_changes"]

ROW_HEIGHT = 40
# How a change is said and marked; the mark alone tells it too.
_KINDS = {
    "worse": ("fares worse", "triangle-right"),
    "better": ("fares better", "triangle-left"),
    "unclear": ("may be chance", "circle"),
    "few": ("too few to judge", "circle-open"),
}


def draw_changes(
    changes: pd.DataFrame,
    metric: Metric,
    *,
    what: str = "Change in",
    alpha: float | None = None,
    theme: str | None = None,
) -> go.Figure:
    """Draw a dot with its interval per slice, everyone first and then from worst to best.

    `changes` has the columns of `metrics.compare_systems` or `metrics.compare_gaps`, of one metric. A change counts as
    one where its interval leaves out 0; with `alpha`, where its adjusted p is no larger than that.
    """
    look = choose_theme(theme)
    rows = _in_order(changes, metric)
    if not len(rows):
        return empty_figure("No group to show.", look)
    judged = rows[rows["status"] == "ok"] if (rows["status"] == "ok").any() else rows
    ends = [*rows["value"], *judged["low"], *judged["high"], 0.0]
    stretch = find_range(metric, [e for e in ends if math.isfinite(e)], kind="gap")
    labels = label_slices(list(rows["slice"]))
    figure = go.Figure()
    figure.add_vline(x=0, line={"color": look.line, "width": 1})
    kinds = [_kind(row, metric, alpha) for row in rows.to_dict("records")]
    for kind, (title, symbol) in _KINDS.items():
        mine = [i for i, k in enumerate(kinds) if k == kind]
        if mine:
            colour = _colour(kind, look)
            figure.add_trace(_draw_kind(rows.iloc[mine], mine, metric, title, symbol, colour, stretch))
    lay_out(figure, look, height=ROW_HEIGHT * len(rows) + 110)
    unit = "points" if metric.unit == "share" else "difference"
    set_value_axis(figure, stretch, f"{what} {tidy(metric.title).lower()} ({unit}; {metric.better} is better)")
    names = ["everyone" if is_everyone(s) else labels[s] for s in rows["slice"]]
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(rows))),
        ticktext=list(map(escape, names)),
    )
    return figure.update_layout(margin_t=62, showlegend=True)


def describe_changes(changes: pd.DataFrame, metric: Metric, *, alpha: float | None = None) -> str:
    """Say in words what `draw_changes` shows."""
    rows = _in_order(changes, metric)
    names = {s: "everyone" if is_everyone(s) else tidy(n) for s, n in name_slices(list(rows["slice"])).items()}
    said = []
    for kind, (title, _) in _KINDS.items():
        mine = [r for r in rows.to_dict("records") if _kind(r, metric, alpha) == kind]
        if mine:
            told = (f"{names[r['slice']]} {format_difference(metric, r['value'])}" for r in mine[:8])
            said.append(f"{title.capitalize()}: {'; '.join(told)}.")
    return " ".join(said) or "No group to show."


def table_changes(changes: pd.DataFrame, metric: Metric, first: str, second: str) -> pd.DataFrame:
    """Return the numbers as texts, a row a slice in the order of the picture."""
    rows = _in_order(changes, metric)
    names = name_slices(list(rows["slice"]))
    gaps = not any(is_everyone(s) for s in rows["slice"])
    show = format_difference if gaps else format_value
    records = []
    for row in rows.to_dict("records"):
        record = {
            "slice": names[row["slice"]],
            first: show(metric, pick(row, "first")),
            second: show(metric, pick(row, "second")),
            "change": format_difference(metric, pick(row, "value")),
            "interval": format_interval(metric, pick(row, "low"), pick(row, "high"), "difference"),
            "adjusted p": format_p(pick(row, "p_adjusted")),
            "units": format_count(pick(row, "units")),
        }
        if rows["clusters"].notna().any():
            record["clusters"] = format_count(pick(row, "clusters"))
        records.append(record | {"status": str(row["status"])})
    return pd.DataFrame.from_records(records)


def _in_order(changes: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    rows = changes[(changes["metric"] == metric.name) & changes["value"].notna()]
    everyone = [is_everyone(s) for s in rows["slice"]]
    badness = rows["value"] * (-1 if metric.better == "higher" else 1)
    order = rows.assign(_last=rows["status"] != "ok", _everyone=[not e for e in everyone], _bad=-badness)
    return rows.loc[order.sort_values(["_everyone", "_last", "_bad"], kind="stable").index]


def _kind(row: Any, metric: Metric, alpha: float | None) -> str:
    if row["status"] != "ok":
        return "few"
    clear = row["low"] > 0 or row["high"] < 0 if alpha is None else row["p_adjusted"] <= alpha  # NaN is none
    if not clear or metric.better == "neither":
        return "unclear"
    return "worse" if (row["value"] > 0) == (metric.better == "lower") else "better"


def _colour(kind: str, look: Theme) -> str:
    return {"worse": WORSE, "better": BETTER, "few": look.grey}.get(kind, look.ink)


def _draw_kind(
    rows: pd.DataFrame, places: list[int], metric: Metric, title: str, symbol: str, colour: str, stretch: Range
) -> go.Scatter:
    low, high = (rows[c].fillna(rows["value"]).clip(stretch.low, stretch.high) for c in ("low", "high"))
    value = rows["value"].clip(stretch.low, stretch.high)
    return go.Scatter(
        x=value,
        y=places,
        mode="markers",
        name=title,
        marker={"symbol": symbol, "color": colour, "size": 11, "line": {"width": 1.5, "color": colour}},
        error_x={"array": high - value, "arrayminus": value - low, "color": colour, "thickness": 1.5, "width": 0},
        hovertext=[_hover(row, metric) for row in rows.to_dict("records")],
        hoverinfo="text",
    )


def _hover(row: Any, metric: Metric) -> str:
    interval = format_interval(metric, pick(row, "low"), pick(row, "high"), "difference")
    change = format_difference(metric, pick(row, "value"))
    lines = [
        f"<b>{'everyone' if is_everyone(row['slice']) else escape(str(row['slice']))}</b>",
        change if interval == NOTHING else f"{change} {interval}",
        f"{format_count(pick(row, 'units'))} units" if "units" in row else "",
    ]
    return "<br>".join(filter(None, lines))
