"""A bounty's teams as dots: how right the model of each would be, against the largest gap that it leaves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import NOTHING, cut_apart, escape, format_count, tidy
from dashboard.charts.layout import empty_figure, lay_out
from dashboard.charts.palette import Theme, choose_theme

__all__ = ["BASELINE", "EVERYONE", "describe_board", "draw_board", "table_board"]

EVERYONE, BASELINE = "(everyone)", "(baseline)"  # no team may be called so
_MARKS = {
    "": ("a team's own groups alone", "circle"),
    EVERYONE: ("all teams together", "diamond"),
    BASELINE: ("the baseline", "circle-open"),
}
_HEIGHT = 380
_NAME = 22  # letters of a team beside its dot


def draw_board(board: pd.DataFrame, unit: str, *, theme: str | None = None) -> go.Figure:
    """Draw a dot for each team's own list of groups, a diamond for everyone's together, a ring for the baseline.

    `board` has the columns team, error and gap, in losses as they may be shown; `unit` is "%" where the loss is an
    error rate (the axis is then accuracy), else "" (the axis is the loss, reversed, so that right is better).
    """
    look = choose_theme(theme)
    rows = board[board["error"].notna() & board["gap"].notna()]
    if not len(rows):
        return empty_figure("Nothing was accepted yet.", look)
    figure = go.Figure()
    for kind in _MARKS:
        mine = rows[rows["team"].map(lambda team: team if team in _MARKS else "") == kind]
        if len(mine):
            figure.add_trace(_draw_dots(mine, unit, look, kind))
    lay_out(figure, look, height=_HEIGHT)
    percent = unit == "%"
    values, gaps = _scale(rows["error"], unit, of_error=True), _scale(rows["gap"], unit)
    room = max(float(values.max() - values.min()) * 0.35, 1.0 if percent else 0.01)
    ends = [float(values.min()) - room * 0.4, float(values.max()) + room]
    figure.update_xaxes(
        range=ends if percent else [ends[1], ends[0]],
        ticksuffix=" %" if percent else "",
        title_text="Accuracy (further right is better)" if percent else "Loss (further right is better)",
        nticks=5,
    )
    figure.update_yaxes(
        range=[0, float(gaps.max()) * 1.2 or 1.0],
        title_text="Largest gap" + (", points" if percent else ""),
        nticks=5,
    )
    return figure.update_layout(margin_t=54, showlegend=True)


def describe_board(board: pd.DataFrame, unit: str) -> str:
    """Say in words what `draw_board` shows."""
    rows = board[board["error"].notna() & board["gap"].notna()]
    if not len(rows):
        return "Nothing was accepted yet."
    told = [f"{tidy(r['team'])} {_accuracy(r, unit)}, gap {_gap(r, unit)}" for r in rows.head(8).to_dict("records")]
    what = "Accuracy" if unit == "%" else "Loss"
    return f"{what} against the largest gap: {'; '.join(told)}."


def table_board(board: pd.DataFrame, unit: str, credit: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return the leaderboard as texts, a row a team in the order given."""
    records = [
        {
            "team": tidy(row["team"]),
            "submissions": format_count(row["submissions"]),
            "accepted": format_count(row["accepted"]),
            "certified": NOTHING if _is_nothing(row["certified"]) else format_count(row["certified"]),
            "credit": (credit or {}).get(row["team"], NOTHING),
            "accuracy" if unit == "%" else "loss": _accuracy(row, unit),
            "largest gap": _gap(row, unit),
        }
        for row in board.to_dict("records")
    ]
    return pd.DataFrame(records)


def _draw_dots(rows: pd.DataFrame, unit: str, look: Theme, kind: str) -> go.Scatter:
    names = cut_apart(list(rows["team"]), _NAME)
    colour = look.ink if kind else look.systems[0]
    title, symbol = _MARKS[kind]
    what = "accuracy" if unit == "%" else "loss"
    return go.Scatter(
        x=_scale(rows["error"], unit, of_error=True),
        y=_scale(rows["gap"], unit),
        mode="markers" if kind else "markers+text",
        name=title,
        text=_label(rows, names),
        textposition="middle right",
        textfont={"color": look.ink},
        marker={"symbol": symbol, "size": 13 if kind else 11, "color": colour, "line": {"width": 2, "color": colour}},
        hovertext=[
            f"<b>{escape(title if kind else name)}</b><br>{what} {_accuracy(row, unit)}<br>"
            f"largest gap {_gap(row, unit)}"
            for name, row in zip(names, rows.to_dict("records"), strict=True)
        ],
        hoverinfo="text",
    )


def _label(rows: pd.DataFrame, names: list[str]) -> list[str]:
    """Return what stands beside each dot: dots on the same place share one text, at the first of them."""
    places = list(zip(rows["error"], rows["gap"], strict=True))
    labels = []
    for at, (place, name) in enumerate(zip(places, names, strict=True)):
        more = places.count(place) - 1
        shown = (
            f"{name} and {more} more" if more > 1 else ", ".join(names[i] for i, p in enumerate(places) if p == place)
        )
        labels.append("" if place in places[:at] else escape(shown))
    return labels


def _scale(losses: pd.Series, unit: str, *, of_error: bool = False) -> pd.Series:
    if unit != "%":
        return losses
    return 100 * (1 - losses) if of_error else 100 * losses


def _accuracy(row: Mapping[Any, Any], unit: str) -> str:
    if _is_nothing(row["error"]):
        return NOTHING
    return f"{round(100 * (1 - row['error']), 3):g} %" if unit == "%" else f"{row['error']:g}"


def _gap(row: Mapping[Any, Any], unit: str) -> str:
    if _is_nothing(row["gap"]):
        return NOTHING
    return f"{round(100 * row['gap'], 3):g} points" if unit == "%" else f"{row['gap']:g}"


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
