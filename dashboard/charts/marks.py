"""Marks that several charts share: a named place on an axis, a hatch over cells."""

from __future__ import annotations

from collections.abc import Iterable

import plotly.graph_objects as go

from dashboard.charts.format import escape
from dashboard.charts.layout import SMALL
from dashboard.charts.palette import CELL_HATCH, choose_theme

__all__ = ["hatch_cells", "mark_place"]


def mark_place(figure: go.Figure, x: float, text: str, *, theme: str | None = None) -> go.Figure:
    """Add a dotted rule at a place of the x axis, its name at the top."""
    look = choose_theme(theme)
    figure.add_vline(x=x, line={"width": 1.5, "color": look.muted, "dash": "dot"})
    return figure.add_annotation(
        x=x,
        y=1,
        yref="paper",
        yanchor="top",
        xanchor="left",
        xshift=4,
        text=escape(text),
        showarrow=False,
        font={"size": SMALL + 1, "color": look.muted},
    )


def hatch_cells(places: Iterable[tuple[int, int]], name: str) -> go.Scatter:
    """Return a hatch over cells of a heat map, given as (row, column)."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for row, column in places:
        left, right, top, bottom = column - 0.48, column + 0.48, row - 0.47, row + 0.47
        xs += [left, right, right, left, left, None]
        ys += [top, top, bottom, bottom, top, None]
    return go.Scatter(
        x=xs,
        y=ys,
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillpattern={
            "shape": "/",
            "size": 7,
            "solidity": 0.12,
            "fgcolor": CELL_HATCH,
            "bgcolor": "rgba(0,0,0,0)",
            "fillmode": "overlay",
        },
        fillcolor="rgba(0,0,0,0)",
        hoverinfo="skip",
        name=escape(name),
    )
