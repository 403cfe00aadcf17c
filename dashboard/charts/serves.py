"""Which model serves whom: a dot with its interval per slice, what loses on top, beside the rule of no change.

The line is the interval that the verdict looks at, widened for how many slices were compared, so that what is marked as
better or worse is what lies clear of the rule.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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
from metrics.sentences import lower_title
from metrics.serves import CANNOT_TELL, LOSS, WIN
from metrics.serves_words import say_verdict

__all__ = ["MOST_DRAWN", "describe_serves", "draw_serves", "table_serves"]

MOST_DRAWN = 24
_HEADINGS = (
    "slice", "verdict", "change", "interval", "adjusted interval", "adjusted p", "added", "removed", "McNemar p",
    "units", "clusters", "more needed", "why",
)  # fmt: skip
_ROW_HEIGHT = 40
_FEW = "too few"
# How a verdict is said and marked; the mark alone tells it too.
_KINDS = {
    LOSS: ("worse", "triangle-down"),
    WIN: ("better", "triangle-up"),
    CANNOT_TELL: ("cannot tell", "circle"),
    _FEW: ("too few to judge", "circle-open"),
}


def draw_serves(verdicts: pd.DataFrame, metric: Metric, *, theme: str | None = None) -> go.Figure:
    """Draw everyone, then the slices in the order of the table: those that lose first; `MOST_DRAWN` at most.

    `verdicts` has the columns of `metrics.serves.judge_systems`, of one metric. What cannot be told gives way first.
    """
    look = choose_theme(theme)
    rows = choose_drawn(verdicts)
    if not rows:
        return empty_figure("No group to show.", look)
    judged = [r for r in rows if _kind(r) != _FEW] or rows
    ends = [v for r in judged for v in (r["value"], *_limits(r)) if math.isfinite(v)]
    stretch = find_range(metric, [0.0, *ends], kind="gap")
    figure = go.Figure()
    figure.add_vline(x=0, line={"color": look.line, "width": 1})
    for kind, (title, symbol) in _KINDS.items():
        mine = [i for i, row in enumerate(rows) if _kind(row) == kind]
        if mine:
            figure.add_trace(_draw_kind(rows, mine, metric, title, symbol, _colour(kind, look), stretch))
    lay_out(figure, look, height=_ROW_HEIGHT * len(rows) + 120)
    unit = "points" if metric.unit == "share" else "difference"
    better = "" if metric.better == "neither" else f"; {metric.better} is better"
    set_value_axis(figure, stretch, f"Change in {lower_title(tidy(metric.title))} ({unit}{better})")
    labels = label_slices([r["slice"] for r in rows])
    names = ["everyone" if is_everyone(r["slice"]) else labels[r["slice"]] for r in rows]
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(rows))),
        ticktext=["<br>".join(escape(line) for line in break_in_two(name, 24)) for name in names],
    )
    return figure.update_layout(margin_t=62, showlegend=True)


def describe_serves(verdicts: pd.DataFrame, metric: Metric) -> str:
    """Say in words what `draw_serves` shows."""
    rows = choose_drawn(verdicts)
    names = name_slices([r["slice"] for r in rows])
    said = []
    for kind, (title, _) in _KINDS.items():
        mine = [r for r in rows if _kind(r) == kind]
        if mine:
            told = (f"{_name(names, r)} {format_difference(metric, r['value'])}" for r in mine[:8])
            more = f"; and {len(mine) - 8} more" if len(mine) > 8 else ""
            said.append(f"{title.capitalize()}: {'; '.join(told)}{more}.")
    return " ".join(said) or "No group to show."


def table_serves(verdicts: pd.DataFrame, metric: Metric, first: str, second: str) -> pd.DataFrame:
    """Return the numbers as texts, a row a slice in the order of the verdicts: those that lose first."""
    found = [dict(r) for r in verdicts.to_dict("records")]
    rows = [r for r in found if r["value"] == r["value"]] + [r for r in found if r["value"] != r["value"]]
    names = name_slices([r["slice"] for r in rows])
    one, two = (f"{name} (model)" if name in _HEADINGS else name for name in (tidy(first), tidy(second)))
    clusters, mcnemar = (verdicts[c].notna().any() for c in ("clusters", "mcnemar_p"))
    records = []
    for row in rows:
        record = {
            "slice": _name(names, row),
            "verdict": _say(row, second),
            one: format_value(metric, pick(row, "first")),
            two: format_value(metric, pick(row, "second")),
            "change": format_difference(metric, pick(row, "value")),
            "interval": format_interval(metric, pick(row, "low"), pick(row, "high"), "difference"),
            "adjusted interval": format_interval(
                metric, pick(row, "adjusted_low"), pick(row, "adjusted_high"), "difference"
            ),
            "adjusted p": format_p(pick(row, "p_adjusted")),
            "added": format_count(pick(row, "added")),
            "removed": format_count(pick(row, "removed")),
        }
        record |= {"McNemar p": format_p(pick(row, "mcnemar_p"))} if mcnemar else {}
        record |= {"units": format_count(pick(row, "units"))}
        record |= {"clusters": format_count(pick(row, "clusters"))} if clusters else {}
        records.append(record | {"more needed": format_count(pick(row, "units_needed")), "why": row["reason"]})
    return pd.DataFrame.from_records(records)


def choose_drawn(verdicts: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows that are drawn, in their order; of too many, those that cannot be told give way."""
    rows = [{str(k): v for k, v in r.items()} for r in verdicts.to_dict("records") if r["value"] == r["value"]]
    weight = {LOSS: 0, WIN: 1, CANNOT_TELL: 2, _FEW: 3}
    order = sorted(range(len(rows)), key=lambda i: (not is_everyone(rows[i]["slice"]), weight[_kind(rows[i])], i))
    kept = set(order[:MOST_DRAWN])
    return [row for i, row in enumerate(rows) if i in kept]


def _kind(row: Mapping[Any, Any]) -> str:
    return _FEW if row["status"] != "ok" else str(row["verdict"])


def _say(row: Mapping[Any, Any], second: str) -> str:
    word = {LOSS: f"worse with {second}", WIN: f"better with {second}"}.get(str(row["verdict"]), CANNOT_TELL)
    return f"{word}: {_FEW}" if _kind(row) == _FEW else word


def _limits(row: Mapping[Any, Any]) -> tuple[float, float]:
    """Return the limits that are drawn: those of the verdict, else the plain ones."""
    if row["adjusted_low"] == row["adjusted_low"] or row["adjusted_high"] == row["adjusted_high"]:
        return row["adjusted_low"], row["adjusted_high"]
    return row["low"], row["high"]


def _colour(kind: str, look: Theme) -> str:
    return {LOSS: WORSE, WIN: BETTER, _FEW: look.grey}.get(kind, look.ink)


def _draw_kind(
    rows: Sequence[Mapping[Any, Any]],
    places: Sequence[int],
    metric: Metric,
    title: str,
    symbol: str,
    colour: str,
    stretch: Range,
) -> go.Scatter:
    def keep(x: float, value: float) -> float:
        return min(max(value if x != x else x, stretch.low), stretch.high)

    mine = [rows[i] for i in places]
    values = [keep(r["value"], 0.0) for r in mine]
    lows, highs = ([keep(_limits(r)[end], r["value"]) for r in mine] for end in (0, 1))
    return go.Scatter(
        x=values,
        y=list(places),
        mode="markers",
        name=title,
        marker={"symbol": symbol, "color": colour, "size": 12, "line": {"width": 1.5, "color": colour}},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, h - v) for h, v in zip(highs, values, strict=True)],
            "arrayminus": [max(0.0, v - low) for low, v in zip(lows, values, strict=True)],
            "color": colour,
            "thickness": 1.5,
            "width": 0,
        },
        hovertext=[_hover(row, metric) for row in mine],
        hoverinfo="text",
    )


def _hover(row: Mapping[Any, Any], metric: Metric) -> str:
    name = "everyone" if is_everyone(row["slice"]) else escape(tidy(str(row["slice"])))
    lines = [
        f"<b>{name}</b>",
        f"{format_value(metric, pick(row, 'first'))} to {format_value(metric, pick(row, 'second'))}",
        say_verdict(row, metric),
        f"adjusted p {format_p(pick(row, 'p_adjusted'))}",
        f"{format_count(pick(row, 'units'))} units",
    ]
    return "<br>".join(line for line in lines if line and not line.endswith(f" {NOTHING}"))


def _name(names: Mapping[Any, str], row: Mapping[Any, Any]) -> str:
    return "everyone" if is_everyone(row["slice"]) else tidy(names[row["slice"]])
