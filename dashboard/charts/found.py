"""The slices that a search found: how far each lies from everyone else, by itself and among so many."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import (
    NOTHING,
    cut,
    escape,
    format_count,
    format_difference,
    format_interval,
    format_p,
    format_support,
    format_value,
    name_slices,
    pick,
    tidy,
)
from dashboard.charts.layout import SMALL, empty_figure, find_range, lay_out, set_value_axis
from dashboard.charts.palette import Theme, choose_theme
from metrics.answers import name_slice
from metrics.registry import Metric
from metrics.slices import Slice

__all__ = ["describe_found", "draw_found", "table_found"]

_LINE_HEIGHT, _ROOM = 17, 12  # of a row, which has a line for each condition and one for the counts
_LINE = 30  # letters of a condition


def draw_found(findings: pd.DataFrame, metric: Metric, *, theme: str | None = None) -> go.Figure:
    """Draw a dot with its interval per finding, in the order given; everyone else is the rule at 0.

    `findings` has the columns of `metrics.find.list_findings`. A small tick, at the end of a thin line, marks how far
    the slice lies from the rest at the least, were all slices to hold at once. The number
    of a finding stands before its conditions.
    """
    look = choose_theme(theme)
    rows = findings.to_dict("records")
    if not rows:
        return empty_figure("No slice fares worse beyond what chance would show.", look)
    numbers = [v for r in rows for c in _ENDS if (v := pick(r, c)) is not None and math.isfinite(v)]
    stretch = find_range(metric, [0.0, *numbers], kind="gap")
    figure = go.Figure()
    figure.add_vline(x=0, line={"color": look.line, "width": 1.5})
    names = name_slices([r["slice"] for r in rows])
    figure.add_trace(_draw_least(rows, look))
    figure.add_trace(_draw_dots(rows, metric, stretch.low, stretch.high, look, names))
    ticks = [_tick(place, r, metric, look) for place, r in enumerate(rows, start=1)]
    row = _ROOM + _LINE_HEIGHT * max(tick.count("<br>") + 1 for tick in ticks)
    lay_out(figure, look, height=row * len(rows) + 110)
    unit = " (points)" if metric.unit == "share" else ""
    title = f"{tidy(metric.title)} against everyone else{unit}"
    set_value_axis(figure, stretch, f"{title}\nTick: at the least, among so many")
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(rows))),
        ticktext=ticks,
    )
    return figure.update_layout(showlegend=False, margin_t=16)


def describe_found(findings: pd.DataFrame, metric: Metric) -> str:
    """Say in words what `draw_found` shows, for those who do not see it."""
    rows = findings.to_dict("records")
    title = tidy(metric.title)
    if not rows:
        return f"{title}: no slice fares worse beyond what chance would show."
    names = name_slices([r["slice"] for r in rows])
    told = "; ".join(f"{tidy(names[r['slice']])} {_gap(r, metric)}" for r in rows)
    return f"{title} of {len(rows)} {'slice' if len(rows) == 1 else 'slices'} against everyone else: {told}."


def table_found(findings: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return the numbers as texts, a row a finding in the order given.

    Columns: slice, value, interval, counts, everyone else, difference, interval of difference, at least (all slices at
    once), excess, adjusted p, and how many similar slices are hidden.
    """
    rows = findings.to_dict("records")
    names = name_slices([r["slice"] for r in rows])
    records = []
    for row in rows:
        excess = pick(row, "excess")
        records.append(
            {
                "slice": names[row["slice"]],
                "value": format_value(metric, pick(row, "value")),
                "interval": format_interval(metric, pick(row, "low"), pick(row, "high")),
                "counts": _support(row, metric),
                "everyone else": format_value(metric, pick(row, "rest")),
                "difference": format_difference(metric, pick(row, "difference")),
                "interval of difference": _limits(row, metric),
                "at least": format_difference(metric, pick(row, "at_least")),
                "excess": NOTHING if excess is None else format_count(round(excess)),
                "adjusted p": format_p(pick(row, "p_adjusted")),
                "similar slices hidden": format_count(pick(row, "hidden") or 0),
            }
        )
    return pd.DataFrame.from_records(records)


_ENDS = ("difference", "difference_low", "difference_high", "at_least")


def _draw_least(rows: list[dict[Any, Any]], look: Theme) -> go.Scatter:
    """Draw a thin line from each dot to its least distance, which ends in a tick."""
    xs: list[float | None] = []
    ys: list[int | None] = []
    for place, row in enumerate(rows):
        ends = pick(row, "difference"), pick(row, "at_least")
        if None not in ends:
            xs += [*ends, None]
            ys += [place, place, None]
    sizes = [14 if i % 3 == 1 else 0 for i in range(len(xs))]
    return go.Scatter(
        x=xs,
        y=ys,
        mode="lines+markers",
        line={"width": 1, "color": look.muted},
        marker={"symbol": "line-ns-open", "size": sizes, "color": look.muted, "line": {"width": 2}, "opacity": 1},
        hoverinfo="skip",
    )


def _draw_dots(
    rows: list[dict[Any, Any]], metric: Metric, left: float, right: float, look: Theme, names: dict[Any, str]
) -> go.Scatter:
    values = [min(max(pick(r, "difference") or 0.0, left), right) for r in rows]
    lows, highs = (
        [
            value if (end := pick(r, c)) is None else min(max(end, left), right)
            for r, value in zip(rows, values, strict=True)
        ]
        for c in _ENDS[1:3]
    )
    colour = look.worse
    return go.Scatter(
        x=values,
        y=list(range(len(rows))),
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, high - value) for high, value in zip(highs, values, strict=True)],
            "arrayminus": [max(0.0, value - low) for low, value in zip(lows, values, strict=True)],
            "thickness": 2.5,
            "width": 0,
            "color": colour,
        },
        mode="markers",
        marker={"symbol": "circle", "size": 11, "color": colour, "line": {"width": 2, "color": colour}, "opacity": 1},
        hovertext=[_hover(r, metric, names[r["slice"]]) for r in rows],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _tick(number: int, row: dict[Any, Any], metric: Metric, look: Theme) -> str:
    """Return the number of a finding, its conditions, a line each, and its counts."""
    named = (cut(tidy(name_slice(Slice((pair,)))), _LINE) for pair in row["slice"].items())
    first, *others = (escape(name) for name in named)
    lines = [f"{number}. {first}", *others]
    support = _support(row, metric)
    if support != NOTHING:
        lines.append(f"<span style='font-size:{SMALL}px;color:{look.muted}'>{support}</span>")
    return "<br>".join(lines)


def _hover(row: dict[Any, Any], metric: Metric, name: str) -> str:
    value, rest = (format_value(metric, pick(row, c)) for c in ("value", "rest"))
    lines = [
        f"<b>{escape(tidy(name))}</b>",
        f"{escape(tidy(metric.title))}: {value}, everyone else {rest}",
        _gap(row, metric),
        f"at least {format_difference(metric, pick(row, 'at_least'))}, all slices at once",
        _support(row, metric),
        f"adjusted p {format_p(pick(row, 'p_adjusted'))}",
    ]
    return "<br>".join(line for line in lines if line != NOTHING)


def _gap(row: dict[Any, Any], metric: Metric) -> str:
    gap, limits = format_difference(metric, pick(row, "difference")), _limits(row, metric)
    return gap if limits == NOTHING else f"{gap} {limits}"


def _limits(row: dict[Any, Any], metric: Metric) -> str:
    return format_interval(metric, pick(row, "difference_low"), pick(row, "difference_high"), "difference")


def _support(row: dict[Any, Any], metric: Metric) -> str:
    return format_support(metric, pick(row, "top"), pick(row, "below"), pick(row, "units"))
