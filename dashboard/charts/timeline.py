"""Lines over time: each slice's value, or its gap, in every set, with whiskers; the limit as a band."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import (
    NOTHING,
    cut_apart,
    escape,
    format_difference,
    format_interval,
    format_support,
    format_value,
    is_everyone,
    label_slices,
    pick,
    tidy,
)
from dashboard.charts.layout import SMALL, Range, empty_figure, find_range, lay_out, title_axis
from dashboard.charts.palette import DASHES, SYMBOLS, Theme, choose_theme, fade
from dashboard.charts.timeline_parts import MOST_LINES, Time, choose_lines, is_clear, split_lines
from metrics.formatting import format_limit
from metrics.registry import Metric
from metrics.slices import MISSING

__all__ = ["draw_gaps", "draw_values"]

_HEIGHT = 380
_MOST_TICKS = 12
_NARROW = 14  # letters of a set's name below the picture


def draw_values(values: pd.DataFrame, metric: Metric, *, theme: str | None = None) -> go.Figure:
    """Draw a line per slice over the sets, each value with its interval; everyone as a line without marks.

    `values` has the columns of `over_time(...).values`, of one system and metric. Values of too few units are hollow
    and grey, and no line leads to them; those beyond the edge are in the table only. Where a set has none, the line has
    a hole. A set without a date stands apart at the right.
    """
    look = choose_theme(theme)
    lines = choose_lines(values)
    if not lines:
        return empty_figure("No groups to show.", look)
    time = Time.of(values)
    shown = values[[is_everyone(s) or s in set(lines) for s in values["slice"]]]
    stretch = find_range(metric, _finite(_judged(shown, "value", "low", "high")))
    figure = go.Figure()
    everyone = shown[[is_everyone(s) for s in shown["slice"]]]
    if len(everyone):
        figure.add_trace(_draw_everyone(everyone, metric, time, look))
    _add_lines(figure, shown, lines, metric, time, look, stretch, kind="value")
    return _finish(figure, look, time, stretch, title_axis(metric), legend_lines=_legend_lines(lines))


def draw_gaps(gaps: pd.DataFrame, metric: Metric, *, theme: str | None = None) -> go.Figure:
    """Draw a line per slice: its gap to the baseline in every set, the limit a band around no gap.

    `gaps` has the columns of `over_time(...).gaps`, of one system and metric. Whiskers are the plain intervals; a mark
    is filled where the gap is clearly beyond the limit, all slices and sets heeded, and open elsewhere.
    """
    look = choose_theme(theme)
    lines = list(dict.fromkeys(gaps["slice"]))[:MOST_LINES]
    if not lines:
        return empty_figure("No groups to show.", look)
    time, limit = Time.of(gaps), float(gaps["limit"].iloc[0])
    shown = gaps[[s in set(lines) for s in gaps["slice"]]]
    edges = [] if math.isnan(limit) else [-limit, limit]
    stretch = find_range(metric, _finite([*_judged(shown, "value", "low", "high"), *edges, 0.0]), kind="gap")
    figure = go.Figure()
    figure.add_hline(y=0, line={"color": look.line, "width": 1})
    if edges:
        _add_band(figure, metric, limit, look)
    _add_lines(figure, shown, lines, metric, time, look, stretch, kind="gap")
    unit = " (points)" if metric.unit == "share" else ""
    return _finish(figure, look, time, stretch, f"Gap{unit}", legend_lines=_legend_lines(lines))


# -- marks ---------------------------------------------------------------------------------------


def _add_lines(
    figure: go.Figure,
    rows: pd.DataFrame,
    lines: Sequence[Any],
    metric: Metric,
    time: Time,
    look: Theme,
    stretch: Range,
    *,
    kind: str,
) -> None:
    labels = label_slices(lines, width=30)
    found = split_lines(rows)
    for number, s in enumerate(lines):
        mine = found[s]
        # Side by side, so that whiskers of two slices can be told apart.
        aside = (number - (len(lines) - 1) / 2) * min(0.09, 0.6 / max(len(lines), 1)) * time.step
        at = {row["set"]: row for row in mine}
        style = {"colour": look.system(number), "symbol": SYMBOLS[number % len(SYMBOLS)], "dash": DASHES[number % 8]}
        line = _Line(at, metric, time, aside, labels[s], style, kind)
        figure.add_trace(line.draw(stretch))
        few = line.draw_few(look, stretch)
        if len(few.x):
            figure.add_trace(few)


@dataclass(frozen=True)
class _Line:
    """One slice over time: `at` has its row by set, `aside` is how far beside the set's place it stands."""

    at: Mapping[str, Mapping[Any, Any]]
    metric: Metric
    time: Time
    aside: float
    label: str
    style: Mapping[str, str]
    kind: str

    def draw(self, stretch: Range) -> go.Scatter:
        """Draw what can be judged, with whiskers; what cannot is a hole, and no line leads to units without a date."""
        points: list[tuple[float, float | None, float, float, str, str]] = []
        for name, place in zip(self.time.names, self.time.places, strict=True):
            row, x = self.at.get(name), place + self.aside
            value = None if row is None or row["status"] != "ok" else pick(row, "value")
            if name == MISSING and points:
                points.append((x, None, 0.0, 0.0, self.style["symbol"], ""))
            if row is None or value is None or not math.isfinite(value):
                points.append((x, None, 0.0, 0.0, self.style["symbol"], ""))
                continue
            low, high = (value if end is None else end for end in (pick(row, "low"), pick(row, "high")))
            solid = self.kind == "value" or is_clear(row)
            symbol = self.style["symbol"] if solid else f"{self.style['symbol']}-open"
            reach = max(0.0, min(high, stretch.high) - value), max(0.0, value - max(low, stretch.low))
            points.append((x, value, *reach, symbol, _hover(row, self.metric, self.label, self.kind)))
        x_of, y_of, up, down, symbols, hovers = (list(column) for column in zip(*points, strict=True))
        colour = self.style["colour"]
        return go.Scatter(
            x=x_of,
            y=y_of,
            mode="lines+markers",
            connectgaps=False,
            name=escape(self.label),
            line={"color": colour, "dash": self.style["dash"], "width": 2},
            marker={"symbol": symbols, "size": 10, "color": colour, "line": {"width": 2, "color": colour}},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": up,
                "arrayminus": down,
                "color": fade(colour, 0.55),
                "thickness": 1.5,
                "width": 0,
            },
            text=hovers,
            hovertemplate="%{text}<extra></extra>",
        )

    def draw_few(self, look: Theme, stretch: Range) -> go.Scatter:
        """Draw the values of too few units as hollow grey marks, as far as they are inside the picture."""
        points = [
            (place + self.aside, value, _hover(row, self.metric, self.label, self.kind))
            for name, place in zip(self.time.names, self.time.places, strict=True)
            if (row := self.at.get(name)) is not None
            and row["status"] == "too few"
            and (value := pick(row, "value")) is not None
            and stretch.low <= value <= stretch.high
        ]
        return go.Scatter(
            x=[x for x, _, _ in points],
            y=[y for _, y, _ in points],
            mode="markers",
            name=escape(self.label),
            showlegend=False,
            marker={
                "symbol": f"{self.style['symbol']}-open",
                "size": 8,
                "color": look.grey,
                "line": {"width": 1, "color": look.grey},
            },
            text=[text for _, _, text in points],
            hovertemplate="%{text}<extra></extra>",
        )


def _draw_everyone(rows: pd.DataFrame, metric: Metric, time: Time, look: Theme) -> go.Scatter:
    at = {row["set"]: row for row in rows.to_dict("records")}
    timed = [(name, place) for name, place in zip(time.names, time.places, strict=True) if name != MISSING]
    return go.Scatter(
        x=[place for _, place in timed],
        y=[pick(at[name], "value") if at[name]["status"] == "ok" else None for name, _ in timed],
        mode="lines",
        name="everyone",
        line={"color": look.muted, "width": 1.5, "dash": "dot"},
        text=[_hover(at[name], metric, "everyone", "value") for name, _ in timed],
        hovertemplate="%{text}<extra></extra>",
    )


def _add_band(figure: go.Figure, metric: Metric, limit: float, look: Theme) -> None:
    figure.add_hrect(y0=-limit, y1=limit, fillcolor=look.band, line_width=0, layer="below")
    for edge in (-limit, limit):
        figure.add_hline(y=edge, line={"color": look.muted, "width": 1.5, "dash": "dash"}, layer="below")
    figure.add_annotation(
        x=0,
        xref="paper",
        xanchor="left",
        y=limit,
        yanchor="bottom",
        text=escape(f"limit {format_limit(metric, 'difference', limit)}"),
        showarrow=False,
        font={"size": SMALL + 1, "color": look.muted},
    )


def _finish(figure: go.Figure, look: Theme, time: Time, stretch: Range, title: str, *, legend_lines: int) -> go.Figure:
    room = 22 * legend_lines
    lay_out(figure, look, height=_HEIGHT + room)
    every = max(1, math.ceil(len(time.names) / _MOST_TICKS))
    # The last one is always named, and what is too near it is not.
    named = [i for i in range(len(time.names)) if (len(time.names) - 1 - i) % every == 0]
    names = cut_apart(time.names, _NARROW)
    room_aside = 0.6 * time.step + 0.02 * (time.places[-1] - time.places[0])
    figure.update_xaxes(
        tickmode="array",
        tickvals=[time.places[i] for i in named],
        ticktext=[escape(names[i]) for i in named],
        range=[time.places[0] - room_aside, time.places[-1] + room_aside],
        autotickangles=[0, -45, -90],
        showgrid=False,
        title_text="",
    )
    figure.update_yaxes(
        range=[stretch.low, stretch.high],
        tickmode="array",
        tickvals=list(stretch.ticks),
        ticktext=list(stretch.texts),
        title_text=escape(title.replace("\n", " ")),
        showgrid=True,
    )
    return figure.update_layout(margin_t=40 + room, showlegend=True)


def _legend_lines(lines: Sequence[Any]) -> int:
    """Return how many lines the names take on a telephone, about."""
    letters = sum(len(label) + 8 for label in label_slices(lines, width=30).values())
    return min(8, max(1, math.ceil(letters / 42)))


# -- words ---------------------------------------------------------------------------------------


def _hover(row: Mapping[Any, Any], metric: Metric, label: str, kind: str) -> str:
    lines = [f"<b>{escape(label)}</b>", escape(tidy(str(row["set"])))]
    if kind == "value":
        interval = format_interval(metric, pick(row, "low"), pick(row, "high"))
        lines.append(f"{format_value(metric, pick(row, 'value'))} {interval}")
        lines.append(format_support(metric, pick(row, "top"), pick(row, "below"), pick(row, "units")))
    else:
        interval = format_interval(metric, pick(row, "low"), pick(row, "high"), "difference")
        lines.append(f"{format_difference(metric, pick(row, 'value'))} {interval}")
        lines += ["clearly beyond the limit"] if is_clear(row) else []
    if row["status"] == "too few":
        lines.append("too few units to judge")
    return "<br>".join(line for line in lines if line != NOTHING)


def _judged(rows: pd.DataFrame, *columns: str) -> list[Any]:
    """Return the numbers that the axis has to hold: those that can be judged, all of them where none can be."""
    judged = rows[rows["status"] == "ok"] if (rows["status"] == "ok").any() else rows
    return [number for column in columns for number in judged[column]]


def _finite(numbers: Sequence[Any]) -> list[float]:
    return [float(n) for n in numbers if n is not None and math.isfinite(n)]
