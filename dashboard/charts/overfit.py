"""What useless submissions do to a leaderboard: the loss where they are judged, beside that of fresh rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.layout import lay_out
from dashboard.charts.palette import choose_theme

__all__ = ["describe_overfit", "draw_overfit", "table_overfit"]

_MOST_POINTS = 200
_LINES = (("validation", "where they are judged", "solid"), ("fresh", "on fresh rows", "dash"))


def draw_overfit(table: pd.DataFrame, unit: str, *, theme: str | None = None) -> go.Figure:
    """Draw two lines over the number of useless submissions; columns as `metrics.bounty.overfit.COLUMNS`."""
    look = choose_theme(theme)
    figure, scale = go.Figure(), 100.0 if unit == "%" else 1.0
    rows = thin(table, _MOST_POINTS)
    for place, (column, name, dash) in enumerate(_LINES):
        colour = look.ink if place else look.systems[0]
        figure.add_trace(
            go.Scatter(
                x=rows["submissions"],
                y=rows[column] * scale,
                mode="lines",
                name=name,
                line={"width": 2.5, "color": colour, "dash": dash},
                hovertext=[
                    f"{name}: {_write(loss, unit)} after {sent:,}"
                    for sent, loss in zip(rows["submissions"], rows[column], strict=True)
                ],
                hoverinfo="text",
            )
        )
    lay_out(figure, look, height=320)
    top = float(table[["validation", "fresh"]].max().max()) * scale * 1.1 or 1.0
    figure.update_xaxes(title_text="Useless submissions", showgrid=False, nticks=5)
    figure.update_yaxes(title_text="Loss", range=[0, top], ticksuffix=" %" if unit == "%" else "", nticks=5)
    return figure.update_layout(margin_t=54, showlegend=True)


def describe_overfit(table: pd.DataFrame, unit: str) -> str:
    """Say in words what `draw_overfit` shows."""
    first, last = table.iloc[0], table.iloc[-1]
    return (
        f"After {int(last['submissions']):,} useless submissions, {int(last['accepted']):,} of them accepted for luck, "
        f"the loss is {_write(last['validation'], unit)} where they are judged, {_write(first['validation'], unit)} "
        f"before, and {_write(last['fresh'], unit)} on fresh rows, {_write(first['fresh'], unit)} before."
    )


def table_overfit(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return the numbers as texts, at ten places."""
    rows = thin(table, 11)
    return pd.DataFrame(
        {
            "submissions": [f"{n:,}" for n in rows["submissions"]],
            "accepted": [f"{n:,}" for n in rows["accepted"]],
            "loss where they are judged": [_write(x, unit) for x in rows["validation"]],
            "loss on fresh rows": [_write(x, unit) for x in rows["fresh"]],
        }
    )


def thin(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return at most so many rows of a table, evenly, the first and the last among them."""
    places = np.unique(np.linspace(0, len(table) - 1, min(most, len(table))).round().astype(int))
    return table.iloc[places]


def _write(loss: float, unit: str) -> str:
    return f"{100 * loss:.1f} %" if unit == "%" else f"{loss:.3f}"
