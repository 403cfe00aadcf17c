"""How far out the worst slice lies where chance deals the results out, beside how far the worst of the file lies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import format_count, format_number
from dashboard.charts.layout import SMALL, empty_figure, lay_out
from dashboard.charts.palette import choose_theme
from metrics.permutation import Permutation

__all__ = ["describe_dealt", "draw_dealt", "table_dealt"]

_BARS = 24
_HEIGHT = 290


def draw_dealt(dealt: Permutation, *, theme: str | None = None) -> go.Figure:
    """Draw the worst slice of every draw as a histogram, and the worst of the file as a rule, in standard errors."""
    look = choose_theme(theme)
    largest, observed = _worst(dealt)
    if not len(largest):
        return empty_figure("No slice has enough rows to be compared.", look)
    counts, edges = np.histogram(largest, bins=_BARS)
    figure = go.Figure(
        go.Bar(
            x=((edges[:-1] + edges[1:]) / 2).tolist(),
            y=counts.tolist(),
            width=(edges[1:] - edges[:-1]).tolist(),
            marker={"color": look.grey, "line": {"width": 0}},
            hovertext=[
                f"{format_count(int(n))} times from {low:.1f} to {high:.1f}"
                for n, low, high in zip(counts, edges[:-1], edges[1:], strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    rules = ((dealt.floor, "95 in 100 below", look.muted, "dot"), (observed, "this file", look.worse, "solid"))
    for x, name, colour, dash in rules:
        figure.add_vline(x=x, line={"color": colour, "width": 2, "dash": dash})
        side = "right" if x == max(dealt.floor, observed) else "left"
        figure.add_annotation(
            x=x,
            y=1,
            yref="paper",
            yanchor="bottom",
            xanchor=side,
            text=name,
            showarrow=False,
            font={"size": SMALL + 1, "color": colour},
        )
    lay_out(figure, look, height=_HEIGHT)
    figure.update_xaxes(title_text="How far out the worst slice lies<br>(standard errors)")
    figure.update_yaxes(title_text="times")
    return figure.update_layout(showlegend=False, margin_t=56)  # the button of the picture stands above the names


def describe_dealt(dealt: Permutation) -> str:
    """Say in words what `draw_dealt` shows."""
    largest, observed = _worst(dealt)
    if not len(largest):
        return "No slice has enough rows to be compared."
    return (
        f"Dealt out anew {format_count(dealt.draws)} times, the worst slice lies from {largest[0]:.1f} to "
        f"{largest[-1]:.1f} standard errors out, in 95 of 100 no further than {dealt.floor:.1f}; in the file it lies "
        f"{observed:.1f} out."
    )


def table_dealt(dealt: Permutation) -> pd.DataFrame:
    """Return the bars of the histogram as texts: from, to, times."""
    largest, _ = _worst(dealt)
    if not len(largest):
        return pd.DataFrame({"from": [], "to": [], "times": []})
    counts, edges = np.histogram(largest, bins=_BARS)
    return pd.DataFrame(
        {
            "from": [format_number(float(e), decimals=2) for e in edges[:-1]],
            "to": [format_number(float(e), decimals=2) for e in edges[1:]],
            "times": [format_count(int(n)) for n in counts],
        }
    )


def _worst(dealt: Permutation) -> tuple[np.ndarray, float]:
    """Return the largest statistic of every draw, and that of the file."""
    largest = dealt.largest[np.isfinite(dealt.largest)]
    return largest, float(dealt.table["z"].max()) if len(dealt.table) else float("nan")
