"""The shares of an attribute's levels in two sets, side by side: who is in either."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import (
    NOTHING,
    cut_apart,
    escape,
    format_count,
    format_percent,
    format_points,
    pick,
    tidy,
)
from dashboard.charts.layout import SMALL, empty_figure, lay_out
from dashboard.charts.palette import Theme, choose_theme

__all__ = ["describe_shares", "draw_shares", "table_shares"]

_ROW_HEIGHT = 52
_MOST = 30
_ALONE = {"new": "only in the customer's set", "vanished": "only in the reference"}


def draw_shares(mix: pd.DataFrame, *, most: int = _MOST, theme: str | None = None) -> go.Figure:
    """Draw two bars a level, the reference's hollow above the customer's, each with its share.

    `mix` has the columns of `metrics.two_sets.mix.compare_mix`, of one attribute; the first `most` levels are drawn.
    """
    look = choose_theme(theme)
    rows = mix.head(most).to_dict("records")
    if not rows:
        return empty_figure("No level to show.", look)
    figure = go.Figure()
    for side, name in (("reference", "reference"), ("customer", "the customer's set")):
        figure.add_trace(_draw_side(rows, side, name, look))
    lay_out(figure, look, height=_ROW_HEIGHT * len(rows) + 110)
    highest = max(pick(r, side) or 0.0 for r in rows for side in ("reference", "customer"))
    figure.update_xaxes(range=[0, min(1.0, highest) * 1.18 or 1.0], tickformat=".0%", title_text="Share of units")
    labels = cut_apart([str(r["level"]) for r in rows], 30)
    ticks = [_tick(label, str(row["status"]), look) for label, row in zip(labels, rows, strict=True)]
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5], tickmode="array", tickvals=list(range(len(rows))), ticktext=ticks
    )
    return figure.update_layout(barmode="group", bargap=0.3, showlegend=True, margin_t=48)


def describe_shares(mix: pd.DataFrame, name: str, most: int = 10) -> str:
    """Say in words what `draw_shares` shows."""
    rows = mix.to_dict("records")
    if not rows:
        return "No level to show."
    told = "; ".join(
        f"{tidy(str(r['level']))} {_share(r, 'reference')} in the reference and {_share(r, 'customer')} of the customer"
        for r in rows[:most]
    )
    more = f"; and {len(rows) - most} more" if len(rows) > most else ""
    return f"Shares of the levels of {tidy(name)}: {told}{more}."


def table_shares(mix: pd.DataFrame) -> pd.DataFrame:
    """Return the shares as texts, a row a level."""
    records = []
    for row in mix.to_dict("records"):
        low, high = pick(row, "low"), pick(row, "high")
        limits = NOTHING
        if low is not None and high is not None:
            ends = (format_points(end).removesuffix(" points").removesuffix(" point") for end in (low, high))
            limits = f"[{', '.join(ends)}]"
        records.append(
            {
                "level": str(row["level"]),
                "reference": _share(row, "reference"),
                "the customer's set": _share(row, "customer"),
                "difference": format_points(pick(row, "difference")),
                "interval": limits,
                "units in the reference": format_count(pick(row, "reference_units")),
                "units of the customer": format_count(pick(row, "customer_units")),
                "where": _ALONE.get(str(row["status"]), "both" if row["status"] == "ok" else "one set"),
            }
        )
    return pd.DataFrame.from_records(records)


def _draw_side(rows: list[dict[Any, Any]], side: str, name: str, look: Theme) -> go.Bar:
    shares = [pick(r, side) or 0.0 for r in rows]
    first = side == "reference"
    return go.Bar(
        x=shares,
        y=list(range(len(rows))),
        orientation="h",
        name=name,
        marker={
            "color": "rgba(0,0,0,0)" if first else look.system(0),
            "line": {"width": 1.5, "color": look.ink if first else look.system(0)},
        },
        text=[
            format_percent(share) if pick(r, side) is not None else "none"
            for r, share in zip(rows, shares, strict=True)
        ],
        textposition="outside",
        textfont={"size": SMALL, "color": look.ink},
        cliponaxis=False,
        hovertext=[_hover(r, side, name) for r in rows],
        hoverinfo="text",
    )


def _tick(label: str, status: str, look: Theme) -> str:
    if status not in _ALONE:
        return escape(label)
    return f"{escape(label)}<br><span style='font-size:{SMALL}px;color:{look.muted}'>{_ALONE[status]}</span>"


def _share(row: dict[Any, Any], side: str) -> str:
    return "none" if pick(row, side) is None else format_percent(pick(row, side))


def _hover(row: dict[Any, Any], side: str, name: str) -> str:
    units = format_count(pick(row, f"{side}_units"))
    return f"<b>{escape(tidy(str(row['level'])))}</b><br>{name}: {_share(row, side)}, {units} units"
