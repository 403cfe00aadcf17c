"""Marks that a page adds to a finished figure."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard.charts.format import escape
from dashboard.charts.layout import SMALL
from dashboard.charts.palette import choose_theme


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
