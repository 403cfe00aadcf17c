"""Error against gap: what thresholds by group reach for each gap allowed, fitted to one half and shown on the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import (
    NOTHING,
    escape,
    format_difference,
    format_interval,
    format_value,
    name_slices,
    pick,
    tidy,
)
from dashboard.charts.layout import empty_figure, find_range, lay_out
from dashboard.charts.palette import Theme, choose_theme, fade
from metrics.registry import Metric
from metrics.slices import Slice

__all__ = ["describe_study", "draw_study", "name_point", "table_study"]

_FITTED = "fitted"
# rule -> (name, symbol, whether it is filled); of the other half.
_POINTS = {
    "today": ("today's predictions", "diamond", True),
    "one": ("best threshold for everyone", "square", True),
    "chosen": ("thresholds as chosen", "circle", True),
    "plain": ("model without constraint", "triangle-up-open", False),
    "constrained": ("model under the constraint", "triangle-up", True),
}
_HEIGHT = 480


def draw_study(table: pd.DataFrame, cost: Metric, rate: Metric, *, theme: str | None = None) -> go.Figure:
    """Draw the curve on both halves, and each single rule on the other half with the limits of its gap and its error.

    `table` has the columns of `metrics.studio.measuring`; `rate` is the metric of the gaps (of two, the first).
    """
    look = choose_theme(theme)
    rows = table[table["gap"].notna() & table["cost"].notna()]
    if not len(rows):
        return empty_figure("No two groups have enough rows to be compared.", look)
    figure = go.Figure()
    curve = rows[rows["rule"] == "curve"].sort_values("allowed")
    for half, name, dash, symbol in (
        (_FITTED, "curve, half that was fitted", "dot", "circle-open"),
        ("other", "curve, other half", "solid", "circle"),
    ):
        mine = curve[curve["half"] == half]
        if len(mine):
            figure.add_trace(_draw_curve(mine, name, dash, symbol, cost, rate, look))
    singles = rows[(rows["half"] != _FITTED) & rows["rule"].isin(_POINTS)]
    for rule in _POINTS:
        for row in singles[singles["rule"] == rule].to_dict("records"):
            figure.add_trace(_draw_point(row, cost, rate, look))
    drawn = pd.concat([curve, singles])
    ends = [v for c in ("gap", "gap_low", "gap_high") for v in drawn[c].dropna()]
    across = find_range(rate, [0.0, *_below(ends, drawn["gap"])], kind="gap")
    up = find_range(cost, [v for c in ("cost", "cost_low", "cost_high") for v in drawn[c].dropna()])
    n_lines = len(figure.data)
    lay_out(figure, look, height=_HEIGHT + 22 * math.ceil(n_lines / 2))
    figure.update_xaxes(range=[across.low, across.high], tickvals=across.ticks, ticktext=across.texts)
    unit = " (points)" if rate.unit == "share" else ""
    figure.update_xaxes(title_text=escape(f"Gap between groups{unit}"), tickangle=0)
    figure.update_yaxes(range=[up.low, up.high], tickvals=up.ticks, ticktext=up.texts)
    figure.update_yaxes(title_text=escape(tidy(cost.title)))
    legend = {"y": 0, "yref": "container", "yanchor": "bottom"}
    return figure.update_layout(legend=legend, margin_t=36, margin_b=60 + 20 * math.ceil(n_lines / 2))


def describe_study(table: pd.DataFrame, cost: Metric, rate: Metric) -> str:
    """Say in words what `draw_study` shows on the half that was not fitted."""
    rows = table[(table["half"] != _FITTED) & table["gap"].notna()]
    if not len(rows):
        return "No two groups have enough rows to be compared."
    told = [f"{name_point(r, rate)}: {_cost(r, cost)}, gap {_gap(r, rate)}" for r in rows.to_dict("records")]
    return f"{tidy(cost.title)} against the gap between groups, on the half that was not fitted. {'; '.join(told)}."


def table_study(table: pd.DataFrame, cost: Metric, rates: Mapping[str, Metric]) -> pd.DataFrame:
    """Return the numbers of the picture as texts, a row per rule: on the half that was fitted, then on the other."""
    fitted = {_key(r): r for r in table[table["half"] == _FITTED].to_dict("records")}
    records = []
    for row in table[table["half"] != _FITTED].to_dict("records"):
        rate = rates[row["metric"]]
        before: Mapping[Any, Any] = fitted.get(_key(row), {})
        ends = [row[c] for c in ("highest", "lowest") if isinstance(row[c], Slice)]
        names = name_slices(ends)
        records.append(
            {
                "rule": name_point(row, rate),
                f"{cost.title}, fitted half": format_value(cost, pick(before, "cost")),
                "gap, fitted half": format_difference(rate, pick(before, "gap"), signed=False),
                f"{cost.title}, other half": format_value(cost, pick(row, "cost")),
                "interval": format_interval(cost, pick(row, "cost_low"), pick(row, "cost_high")),
                "against today": format_difference(cost, pick(row, "change")),
                "interval of that": format_interval(
                    cost, pick(row, "change_low"), pick(row, "change_high"), "difference"
                ),
                "gap, other half": format_difference(rate, pick(row, "gap"), signed=False),
                "interval of the gap": format_interval(rate, pick(row, "gap_low"), pick(row, "gap_high")),
                "chance alone": format_difference(rate, pick(row, "noise_floor"), signed=False),
                "gap of": tidy(rate.title),
                "highest": tidy(names[ends[0]]) if ends else NOTHING,
                "lowest": tidy(names[ends[1]]) if len(ends) > 1 else NOTHING,
                "lots": "yes" if row["lots"] else "",
            }
        )
    return pd.DataFrame.from_records(records)


def name_point(row: Mapping[Any, Any], rate: Metric) -> str:
    """Return what a row of the table is called."""
    if row["rule"] != "curve":
        return _POINTS[row["rule"]][0]
    if row["allowed"] >= 1:
        return "no limit on the gap"
    return f"within {format_difference(rate, row['allowed'], signed=False)}"


def _draw_curve(
    rows: pd.DataFrame, name: str, dash: str, symbol: str, cost: Metric, rate: Metric, look: Theme
) -> go.Scatter:
    colour = look.system(0) if dash == "solid" else look.grey
    return go.Scatter(
        x=rows["gap"],
        y=rows["cost"],
        mode="lines+markers",
        name=name,
        line={"color": colour, "dash": dash, "width": 1.5},
        marker={"symbol": symbol, "size": 7, "color": colour, "line": {"width": 1.5, "color": colour}, "opacity": 1},
        hovertext=[_hover(r, cost, rate, name) for r in rows.to_dict("records")],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _draw_point(row: Mapping[Any, Any], cost: Metric, rate: Metric, look: Theme) -> go.Scatter:
    name, symbol, filled = _POINTS[row["rule"]]
    places = {"today": look.ink, "one": look.system(1), "chosen": look.system(0)}
    colour = places.get(row["rule"], look.system(2))
    return go.Scatter(
        x=[row["gap"]],
        y=[row["cost"]],
        error_x=_reach(row, "gap", colour),
        error_y=_reach(row, "cost", colour),
        mode="markers",
        name=name,
        marker={
            "symbol": symbol,
            "size": 15 if row["rule"] == "chosen" else 12,
            "color": colour,
            "line": {"width": 2, "color": look.page if filled else colour},
            "opacity": 1,
        },
        hovertext=[_hover(row, cost, rate, name)],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _reach(row: Mapping[Any, Any], column: str, colour: str) -> dict[str, Any]:
    value, low, high = (pick(row, f"{column}{end}") for end in ("", "_low", "_high"))
    if value is None or low is None or high is None or not math.isfinite(high):
        return {"type": "data", "array": [0]}
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(0.0, high - value)],
        "arrayminus": [max(0.0, value - low)],
        "thickness": 1.5,
        "width": 0,
        "color": fade(colour, 0.7),
    }


def _below(values: list[float], gaps: pd.Series) -> list[float]:
    """Leave out limits far beyond all gaps: one wide interval must not press the picture to the edge."""
    most = max(3 * float(gaps.max()), 0.05)
    return [min(v, most) for v in values if math.isfinite(v)]


def _hover(row: Mapping[Any, Any], cost: Metric, rate: Metric, name: str) -> str:
    told = name_point(row, rate)
    lines = [f"<b>{escape(told if told == name else f'{told} ({name})')}</b>"]
    lines += [escape(f"{tidy(cost.title)} {_cost(row, cost)}"), escape(f"gap {_gap(row, rate)}")]
    return "<br>".join(lines)


def _cost(row: Mapping[Any, Any], cost: Metric) -> str:
    limits = format_interval(cost, pick(row, "cost_low"), pick(row, "cost_high"))
    value = format_value(cost, pick(row, "cost"))
    return value if limits == NOTHING else f"{value} {limits}"


def _gap(row: Mapping[Any, Any], rate: Metric) -> str:
    limits = format_interval(rate, pick(row, "gap_low"), pick(row, "gap_high"))
    value = format_difference(rate, pick(row, "gap"), signed=False)
    return value if limits == NOTHING else f"{value} {limits}"


def _key(row: Mapping[Any, Any]) -> tuple[str, float]:
    return row["rule"], row["allowed"] if row["rule"] == "curve" else -1.0
