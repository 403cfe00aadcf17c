"""All models in one plane: how good each is overall, and how far its groups are apart, each with its interval.

The shape of a mark says where a model stands, and that it is filled that its gap is more than chance would show. The
Pareto set is joined by a line. Models are numbered where their names would not fit; the table has the numbers too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import (
    NOTHING,
    cut_apart,
    escape,
    format_difference,
    format_interval,
    format_value,
    pick,
    tidy,
)
from dashboard.charts.labels import place_labels
from dashboard.charts.layout import SMALL, Range, empty_figure, find_range, lay_out, set_value_axis, title_axis
from dashboard.charts.palette import Theme, choose_theme
from metrics.registry import Metric
from metrics.sentences import lower_title
from metrics.trade_offs import BEATEN, BEATEN_IN_ONE, CONSTANT, NO_DATA, NOT_TOLD, PARETO

__all__ = ["MOST_NAMED", "describe_trade_offs", "draw_trade_offs", "table_trade_offs"]

MOST_NAMED = 4  # models; of more, the picture has the numbers
_NAME = 18  # letters of a name in the picture
# How a standing is said, and its mark.
_MARKS = {
    PARETO: ("Pareto set: nobody is better in both", "diamond"),
    NOT_TOLD: ("beaten, perhaps by chance", "circle"),
    BEATEN_IN_ONE: ("beaten, clearly in one", "square"),
    BEATEN: ("clearly beaten in both", "x"),
    CONSTANT: ("answers alike for all", "hourglass"),
}
_WORDS = {name: text for name, (text, _) in _MARKS.items()} | {NO_DATA: "too few groups to compare"}


def draw_trade_offs(
    table: pd.DataFrame, good: Metric, wide: Metric, by: Sequence[str], *, theme: str | None = None
) -> go.Figure:
    """Draw a mark with two intervals per model; `table` has the columns of `metrics.trade_offs.trade_offs`.

    `good` says how good a model is (across), `wide` has the gap over the groups of `by` (up).
    """
    look = choose_theme(theme)
    rows = [r for r in _number(table) if _is_drawn(r)]
    if not rows:
        return empty_figure("No model has two groups with enough data.", look)
    across = find_range(good, [v for r in rows for c in ("value", "low", "high") if (v := _finite(r, c)) is not None])
    ups = [
        v for r in rows for c in ("disparity", "disparity_low", "disparity_high") if (v := _finite(r, c)) is not None
    ]
    floors = [v for r in rows if (v := _finite(r, "noise_floor")) is not None]
    up = find_range(wide, [0.0, *ups, *floors], kind="gap")
    figure = go.Figure()
    if floors:
        box = {"x0": 0, "x1": 1, "xref": "paper", "y0": 0, "y1": max(floors), "line": {"width": 0}}
        figure.add_shape(type="rect", layer="below", fillcolor=look.band, **box)
    front = sorted((r for r in rows if r["standing"] == PARETO), key=lambda r: r["value"])
    if len(front) > 1:
        figure.add_trace(_join(front, look))
    names = cut_apart([tidy(r["system"]) for r in rows], _NAME)
    labels = names if len(rows) <= MOST_NAMED else [str(r["number"]) for r in rows]
    corners = place_labels([(_share(r["value"], across), _share(r["disparity"], up)) for r in rows], labels)
    for standing, (title, symbol) in _MARKS.items():
        mine = [i for i, r in enumerate(rows) if r["standing"] == standing]
        if mine:
            trace = _draw_marks([rows[i] for i in mine], good, wide, symbol, across, up, look)
            text = [f"<b>{escape(labels[i])}</b>" for i in mine]
            figure.add_trace(trace.update(name=title, text=text, textposition=[corners[i] for i in mine]))
    lay_out(figure, look, height=460)
    set_value_axis(figure, across, title_axis(good))
    unit = "points" if wide.unit == "share" else "difference"
    named = "" if good.name == wide.name else f" in {lower_title(tidy(wide.title))}"
    figure.update_yaxes(
        range=[up.low, up.high],
        tickmode="array",
        tickvals=list(up.ticks),
        ticktext=list(up.texts),
        title_text=escape(f"Gap{named} by {' and '.join(tidy(b) for b in by)} ({unit}; smaller is better)"),
    )
    return figure.update_layout(showlegend=True, margin_t=92)


def describe_trade_offs(table: pd.DataFrame, good: Metric, wide: Metric, by: Sequence[str]) -> str:
    """Say in words what `draw_trade_offs` shows."""
    rows = _number(table)
    told = [
        f"{tidy(r['system'])}: {format_value(good, pick(r, 'value'))}, "
        f"gap {format_difference(wide, pick(r, 'disparity'), signed=False)} ({_WORDS[r['standing']]})"
        for r in rows
    ]
    named = " and ".join(tidy(b) for b in by)
    gap = f"its gap in {lower_title(tidy(wide.title))} by {named}"
    return f"{tidy(good.title)} of every model against {gap}. {'; '.join(told)}."


def table_trade_offs(table: pd.DataFrame, good: Metric, wide: Metric) -> pd.DataFrame:
    """Return the numbers as texts, a row a model in the order of the file."""
    return pd.DataFrame.from_records(
        [
            {
                "no.": str(r["number"]),
                "model": tidy(r["system"]),
                "standing": _say(r),
                good.title: format_value(good, pick(r, "value")),
                "interval": format_interval(good, pick(r, "low"), pick(r, "high")),
                "gap": format_difference(wide, pick(r, "disparity"), signed=False),
                "interval of the gap": format_interval(wide, pick(r, "disparity_low"), pick(r, "disparity_high")),
                "chance alone": format_difference(wide, pick(r, "noise_floor"), signed=False),
                "from": _levels(r["highest"]),
                "to": _levels(r["lowest"]),
                "clearly beaten by": ", ".join(map(tidy, r["beaten_by"])) or NOTHING,
            }
            for r in _number(table)
        ]
    )


def _number(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in r.items()} | {"number": i} for i, r in enumerate(table.to_dict("records"), start=1)]


def _is_drawn(row: Mapping[str, Any]) -> bool:
    return _finite(row, "value") is not None and _finite(row, "disparity") is not None


def _finite(row: Mapping[str, Any], name: str) -> float | None:
    value = pick(row, name)
    return value if value is not None and math.isfinite(value) else None


def _share(value: float, stretch: Range) -> float:
    return (value - stretch.low) / (stretch.high - stretch.low)


def _say(row: Mapping[str, Any]) -> str:
    said = _WORDS[row["standing"]]
    if row["standing"] == BEATEN_IN_ONE:
        return (
            f"{said.removesuffix(' in one')} {' and '.join({'gap': 'in the gap'}.get(c, c) for c in row['clear_in'])}"
        )
    return f"{said} ({row['constant']})" if row["constant"] else said


def _join(front: Sequence[Mapping[str, Any]], look: Theme) -> go.Scatter:
    return go.Scatter(
        x=[r["value"] for r in front],
        y=[r["disparity"] for r in front],
        mode="lines",
        line={"width": 1.5, "dash": "dot", "color": look.system(0)},
        hoverinfo="skip",
        showlegend=False,
    )


def _draw_marks(
    rows: Sequence[Mapping[str, Any]],
    good: Metric,
    wide: Metric,
    symbol: str,
    across: Range,
    up: Range,
    look: Theme,
) -> go.Scatter:
    pareto = rows[0]["standing"] == PARETO
    colour = look.system(0) if pareto else look.muted
    xs = [min(max(r["value"], across.low), across.high) for r in rows]
    ys = [min(max(r["disparity"], up.low), up.high) for r in rows]
    beyond = [(f := _finite(r, "noise_floor")) is not None and r["disparity"] > f for r in rows]
    return go.Scatter(
        x=xs,
        y=ys,
        error_x=_reach(rows, xs, "low", "high", across, colour),
        error_y=_reach(rows, ys, "disparity_low", "disparity_high", up, colour),
        mode="markers+text",
        textfont={"size": SMALL + 1, "color": look.ink},
        cliponaxis=False,
        marker={
            "symbol": [symbol if filled else f"{symbol}-open" for filled in beyond],
            "size": 13,
            "color": colour,
            "opacity": 1,
            "line": {"width": 2, "color": colour},
        },
        hovertext=[_hover(r, good, wide) for r in rows],
        hoverinfo="text",
    )


def _reach(
    rows: Sequence[Mapping[str, Any]], values: Sequence[float], low: str, high: str, stretch: Range, colour: str
) -> dict[str, Any]:
    above, below = [], []
    for row, value in zip(rows, values, strict=True):
        least, most = _finite(row, low), _finite(row, high)
        below.append(0.0 if least is None else max(0.0, value - max(least, stretch.low)))
        above.append(0.0 if most is None else max(0.0, min(most, stretch.high) - value))
    line = {"thickness": 1, "width": 0, "color": colour}
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below} | line


def _hover(row: Mapping[str, Any], good: Metric, wide: Metric) -> str:
    gap = format_difference(wide, pick(row, "disparity"), signed=False)
    lines = [
        f"<b>{row['number']}. {escape(tidy(row['system'])[:60])}</b>",
        f"{format_value(good, pick(row, 'value'))} {format_interval(good, pick(row, 'low'), pick(row, 'high'))}",
        f"gap {gap} {format_interval(wide, pick(row, 'disparity_low'), pick(row, 'disparity_high'))}",
        escape(f"{_levels(row['highest'])} against {_levels(row['lowest'])}"),
        f"chance alone: up to {format_difference(wide, pick(row, 'noise_floor'), signed=False)}",
        escape(_say(row)),
    ]
    return "<br>".join(lines)


def _levels(s: Any) -> str:
    return ", ".join(tidy(level) for _, level in s.items()) if hasattr(s, "items") else NOTHING
