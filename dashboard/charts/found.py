"""The slices that a search found: how far each lies from everyone else, beside what chance alone would show."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import (
    NOTHING,
    break_in_two,
    escape,
    format_count,
    format_difference,
    format_interval,
    format_p,
    format_support,
    format_value,
    label_slices,
    name_slices,
    pick,
    tidy,
)
from dashboard.charts.layout import SMALL, empty_figure, find_range, lay_out, set_value_axis
from dashboard.charts.palette import Theme, choose_theme
from metrics.registry import Metric

__all__ = ["describe_found", "draw_found", "table_found"]

_ROW_HEIGHT = 58
_LINE = 24  # letters of a slice's name on a line


def draw_found(
    findings: pd.DataFrame, metric: Metric, *, noise_floor: float = math.nan, theme: str | None = None
) -> go.Figure:
    """Draw a dot with its interval per finding, in the order given; everyone else is the rule at 0.

    `findings` has the columns of `metrics.find.list_findings`. The soft band reaches from 0 to `noise_floor` (a size,
    0 or more) on the side that is worse, on both where none is. A dot's `customdata` is `[place]`.
    """
    look = choose_theme(theme)
    rows = findings.to_dict("records")
    if not rows:
        return empty_figure("No slice fares worse beyond what chance would show.", look)
    band = _band(metric, noise_floor)
    numbers = [v for r in rows for c in _ENDS if (v := pick(r, c)) is not None and math.isfinite(v)]
    stretch = find_range(metric, [0.0, *band, *numbers], kind="gap")
    figure = go.Figure()
    if band:
        box = {"x0": band[0], "x1": band[1], "y0": -0.5, "y1": len(rows) - 0.5, "line": {"width": 0}}
        figure.add_shape(type="rect", layer="below", fillcolor=look.band, **box)
    figure.add_vline(x=0, line={"color": look.line, "width": 1.5})
    names = name_slices([r["slice"] for r in rows])
    figure.add_trace(_draw_dots(rows, metric, stretch.low, stretch.high, look, names))
    lay_out(figure, look, height=_ROW_HEIGHT * len(rows) + 110)
    unit = " (points)" if metric.unit == "share" else ""
    title = f"{tidy(metric.title)} against everyone else{unit}"
    set_value_axis(figure, stretch, f"{title}\nBand: what chance alone would show" if band else title)
    labels = label_slices([r["slice"] for r in rows], 2 * _LINE)
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(rows))),
        ticktext=[_tick(labels[r["slice"]], r, metric, look) for r in rows],
    )
    return figure.update_layout(showlegend=False, margin_t=16)


def describe_found(findings: pd.DataFrame, metric: Metric, *, noise_floor: float = math.nan) -> str:
    """Say in words what `draw_found` shows, for those who do not see it."""
    rows = findings.to_dict("records")
    title = tidy(metric.title)
    if not rows:
        return f"{title}: no slice fares worse beyond what chance would show."
    names = name_slices([r["slice"] for r in rows])
    told = "; ".join(f"{tidy(names[r['slice']])} {_gap(r, metric)}" for r in rows)
    said = f"{title} of {len(rows)} {'slice' if len(rows) == 1 else 'slices'} against everyone else: {told}."
    if math.isfinite(noise_floor):
        said += f" Chance alone would show up to {format_difference(metric, noise_floor, signed=False)}."
    return said


def table_found(findings: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return the numbers as texts, a row a finding in the order given.

    Columns: slice, value, interval, counts, everyone else, difference, interval of difference, excess, adjusted p,
    and how many similar slices are hidden.
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
                "excess": NOTHING if excess is None else format_count(round(excess)),
                "adjusted p": format_p(pick(row, "p_adjusted")),
                "similar slices hidden": format_count(pick(row, "hidden") or 0),
            }
        )
    return pd.DataFrame.from_records(records)


_ENDS = ("difference", "difference_low", "difference_high")


def _band(metric: Metric, floor: float) -> tuple[float, ...]:
    """Return the ends of the band of chance in ascending order; empty where it cannot be had."""
    if not math.isfinite(floor):
        return ()
    return {"lower": (0.0, floor), "higher": (-floor, 0.0), "neither": (-floor, floor)}[metric.better]


def _draw_dots(
    rows: list[dict[Any, Any]], metric: Metric, left: float, right: float, look: Theme, names: dict[Any, str]
) -> go.Scatter:
    values = [min(max(pick(r, "difference") or 0.0, left), right) for r in rows]
    lows, highs = (
        [
            value if (end := pick(r, c)) is None else min(max(end, left), right)
            for r, value in zip(rows, values, strict=True)
        ]
        for c in _ENDS[1:]
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
        customdata=[[place] for place in range(len(rows))],
        hovertext=[_hover(r, metric, names[r["slice"]]) for r in rows],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _tick(label: str, row: dict[Any, Any], metric: Metric, look: Theme) -> str:
    lines = [escape(line) for line in break_in_two(label, _LINE)]
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
