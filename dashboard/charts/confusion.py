"""The four counts of a confusion matrix, and which of them a metric uses."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import escape, format_count
from dashboard.charts.layout import SMALL, lay_out
from dashboard.charts.palette import BLUES, CELL_INK, choose_theme

_PLACES = {
    "true_positives": (0, 0),
    "false_negatives": (0, 1),
    "false_positives": (1, 0),
    "true_negatives": (1, 1),
}
_FILLS = {"top": BLUES[3][1], "below": BLUES[1][1], "unused": ""}
_SAYS = {"top": "counted", "below": "part of the whole", "unused": "not used"}


def draw_counts(roles: Mapping[str, str], counts: Mapping[str, float], *, theme: str | None = None) -> go.Figure:
    """Draw the matrix: dark where a count is in the numerator, light where only in the denominator.

    `roles` are those of `metrics.symbols.count_roles`, `counts` how many units have each outcome.
    """
    look = choose_theme(theme)
    figure = go.Figure()
    for name, (row, column) in _PLACES.items():
        fill = _FILLS[roles[name]]
        figure.add_shape(
            type="rect",
            x0=column - 0.48,
            x1=column + 0.48,
            y0=row - 0.46,
            y1=row + 0.46,
            line={"color": look.line, "width": 1, "dash": "dot" if not fill else "solid"},
            fillcolor=fill or "rgba(0,0,0,0)",
            layer="below",
        )
        title = name.replace("_", " ").capitalize()
        figure.add_annotation(
            x=column,
            y=row,
            text=f"<b>{escape(title)}</b><br>{format_count(counts[name])}<br>{_SAYS[roles[name]]}",
            showarrow=False,
            font={"size": SMALL + 1, "color": CELL_INK if fill else look.ink},
        )
    lay_out(figure, look, height=240)
    figure.update_xaxes(
        range=[-0.55, 1.55], tickvals=[0, 1], ticktext=["predicted positive", "predicted negative"], side="top"
    )
    figure.update_yaxes(range=[1.55, -0.55], tickvals=[0, 1], ticktext=["is positive", "is negative"])
    figure.update_xaxes(showgrid=False).update_yaxes(showgrid=False)
    return figure.update_layout(margin={"l": 8, "r": 8, "t": 32, "b": 8})


def describe_counts(roles: Mapping[str, str], counts: Mapping[str, float]) -> str:
    """Say in words what `draw_counts` shows."""
    said = [f"{n.replace('_', ' ')} {format_count(counts[n])}, {_SAYS[roles[n]]}" for n in _PLACES]
    return f"Confusion matrix: {'; '.join(said)}."


def table_counts(roles: Mapping[str, str], counts: Mapping[str, float]) -> pd.DataFrame:
    """Return the numbers of `draw_counts` as texts: outcome, units, use."""
    records = [(n.replace("_", " "), format_count(counts[n]), _SAYS[roles[n]]) for n in _PLACES]
    return pd.DataFrame.from_records(records, columns=["outcome", "units", "use"])
