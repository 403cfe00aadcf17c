"""Which conditions a divergence is due to: a bar each, to the side on which it fares worse or better."""

from __future__ import annotations

import math

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import (
    cut,
    escape,
    format_count,
    format_difference,
    name_slices,
    pick,
    tidy,
)
from dashboard.charts.layout import empty_figure, find_range, lay_out, set_value_axis
from dashboard.charts.palette import BETTER, WORSE, choose_theme
from metrics.answers import name_slice
from metrics.registry import Metric

__all__ = ["describe_attributions", "draw_attributions", "table_attributions"]

_ROW_HEIGHT = 30
_LINE = 30  # letters of a condition


def draw_attributions(shares: pd.DataFrame, metric: Metric, *, theme: str | None = None) -> go.Figure:
    """Draw a bar per condition, in the order given; its length is the condition's share of the divergence.

    `shares` has the columns condition (a slice of one level) and contribution, in the metric's unit. Those without a
    share are left out. Bars that make a slice fare worse are orange, others blue; of a metric without a worse side all
    are in the ink of the page.
    """
    look = choose_theme(theme)
    rows = [
        r for r in shares.to_dict("records") if (share := pick(r, "contribution")) is not None and math.isfinite(share)
    ]
    if not rows:
        return empty_figure("Nothing to share out.", look)
    values = [float(r["contribution"]) for r in rows]
    stretch = find_range(metric, [0.0, *values], kind="gap")
    figure = go.Figure(
        go.Bar(
            x=values,
            y=list(range(len(rows))),
            orientation="h",
            width=0.6,
            marker={"color": [_colour(metric, v, look.muted) for v in values], "line": {"width": 0}},
            hovertext=[
                f"<b>{_name(r)}</b><br>{format_difference(metric, v)}" for r, v in zip(rows, values, strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    figure.add_vline(x=0, line={"color": look.line, "width": 1.5})
    lay_out(figure, look, height=_ROW_HEIGHT * len(rows) + 90)
    unit = " (points)" if metric.unit == "share" else ""
    set_value_axis(figure, stretch, f"Share of the distance from everyone{unit}")
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(rows))),
        ticktext=[_name(r) for r in rows],
    )
    return figure.update_layout(showlegend=False, margin_t=16)


def describe_attributions(shares: pd.DataFrame, metric: Metric) -> str:
    """Say in words what `draw_attributions` shows."""
    rows = [r for r in shares.to_dict("records") if pick(r, "contribution") is not None]
    names = name_slices([r["condition"] for r in rows])
    told = "; ".join(
        f"{tidy(names[r['condition']])} {format_difference(metric, pick(r, 'contribution'))}" for r in rows
    )
    return f"Shares of the distance from everyone in {tidy(metric.title)}: {told or 'none'}."


def table_attributions(shares: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return the numbers as texts: condition, share, alone (the condition by itself), and what else is known of it.

    The columns `last` (what it adds to all others) and `rows` are there where the shares have them.
    """
    records = []
    for row in shares.to_dict("records"):
        record = {
            "condition": name_slice(row["condition"]),
            "share": format_difference(metric, pick(row, "contribution")),
            "by itself": format_difference(metric, pick(row, "alone")),
        }
        if "last" in row:
            record["added to the others"] = format_difference(metric, pick(row, "last"))
        if "rows" in row:
            record["rows"] = format_count(pick(row, "rows"))
        records.append(record)
    return pd.DataFrame.from_records(records)


def _name(row: dict[object, object]) -> str:
    return escape(cut(tidy(name_slice(row["condition"])), _LINE))  # type: ignore[arg-type]


def _colour(metric: Metric, share: float, plain: str) -> str:
    if metric.better == "neither":
        return plain
    return WORSE if (share > 0) == (metric.better == "lower") else BETTER
