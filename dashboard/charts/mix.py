"""The mix of the data beside a reference: two marks a level, the share here and the share there, and a line between."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import (
    NOTHING,
    cut,
    cut_apart,
    escape,
    format_count,
    format_p,
    format_percent,
    format_points,
    pick,
    tidy,
)
from dashboard.charts.layout import empty_figure, lay_out
from dashboard.charts.palette import choose_theme

__all__ = ["describe_mix", "draw_mix", "table_mix"]

ROW_HEIGHT = 30
_HERE, _THERE = "in these data", "in the reference"
_NEAR = 0.02  # a difference of shares below this is not told in words


def draw_mix(mix: pd.DataFrame, *, theme: str | None = None) -> go.Figure:
    """Draw a row a level, attributes one below the other: a dot is its share here, a diamond that of the reference.

    `mix` is of `metrics.coverage.against_shares`; null shares are not drawn.
    """
    look = choose_theme(theme)
    rows = mix.to_dict("records")
    if not rows:
        return empty_figure("No shares to compare.", look)
    places, ticks, place = [], {}, 0
    names = _name_levels(rows)
    for number, row in enumerate(rows):
        if number == 0 or row["axis"] != rows[number - 1]["axis"]:
            ticks[place] = f"<b>{escape(cut(tidy(str(row['axis'])), 24))}</b>"
            place += 1
        places.append(place)
        ticks[place] = escape(names[number])
        place += 1
    figure = go.Figure()
    xs: list[float | None] = []
    ys: list[int | None] = []
    for at, row in zip(places, rows, strict=True):
        both = pick(row, "share"), pick(row, "expected")
        if None not in both:
            xs += [*both, None]
            ys += [at, at, None]
    figure.add_trace(
        go.Scatter(x=xs, y=ys, mode="lines", line={"width": 2, "color": look.line}, hoverinfo="skip", showlegend=False)
    )
    marks = ((_THERE, "expected", "diamond-open", look.ink), (_HERE, "share", "circle", look.system(0)))
    for title, column, symbol, colour in marks:
        told = [(at, row) for at, row in zip(places, rows, strict=True) if pick(row, column) is not None]
        figure.add_trace(
            go.Scatter(
                x=[pick(row, column) for _, row in told],
                y=[at for at, _ in told],
                mode="markers",
                name=title,
                marker={"symbol": symbol, "size": 10, "color": colour, "line": {"width": 2, "color": colour}},
                hovertext=[_hover(row) for _, row in told],
                hovertemplate="%{hovertext}<extra></extra>",
            )
        )
    lay_out(figure, look, height=ROW_HEIGHT * len(ticks) + 110)
    top = max([x for x in [*mix["share"], *mix["expected"]] if not pd.isna(x)], default=0.0) or 1.0
    figure.update_xaxes(
        range=[-0.02 * top, 1.06 * top],  # a mark at 0 is whole
        tickformat=".0%",
        title_text="Share of the rows whose group is known",
    )
    figure.update_yaxes(
        range=[len(ticks) - 0.4, -0.6],
        tickmode="array",
        tickvals=list(ticks),
        ticktext=list(ticks.values()),
        showgrid=False,
    )
    return figure.update_layout(margin_t=62, showlegend=True)


def describe_mix(mix: pd.DataFrame) -> str:
    """Say in words what `draw_mix` shows: the levels whose shares differ most, and those on one side only."""
    rows = mix.to_dict("records")
    if not rows:
        return "No shares to compare."
    told = [r for r in rows if pick(r, "share") is not None and pick(r, "expected") is not None]
    apart = sorted(told, key=lambda r: -abs(float(r["difference"])))
    said = [f"Shares of {len(rows)} levels {_HERE} and {_THERE}."]
    said += [
        f"{_name(r)}: {format_percent(pick(r, 'share'))} here, {format_percent(pick(r, 'expected'))} there."
        for r in apart[:3]
        if abs(float(r["difference"])) >= _NEAR
    ]
    return " ".join(said if len(said) > 1 else [*said, "No share differs by more than two points."])


def table_mix(mix: pd.DataFrame) -> pd.DataFrame:
    """Return the shares as texts, a row a level in the order given."""
    records = []
    for row in mix.to_dict("records"):
        here, there = pick(row, "share"), pick(row, "expected")
        records.append(
            {
                "attribute": tidy(str(row["axis"])),
                "level": tidy(str(row["level"])),
                "rows": format_count(pick(row, "units")),
                "share here": format_percent(here),
                "share in the reference": format_percent(there),
                "difference": format_points(pick(row, "difference")),
                "interval": _limits(row),
                "adjusted p": format_p(pick(row, "p_adjusted")),
                "rows to add": format_count(pick(row, "needed")),
            }
        )
    return pd.DataFrame.from_records(records)


def _name_levels(rows: list[dict[Any, Any]]) -> list[str]:
    """Return the names of the levels, cut, those of one attribute kept apart."""
    names: list[str] = []
    for axis in dict.fromkeys(row["axis"] for row in rows):
        names += cut_apart([str(row["level"]) for row in rows if row["axis"] == axis], 24)
    return names


def _limits(row: dict[Any, Any]) -> str:
    low, high = pick(row, "low"), pick(row, "high")
    if low is None or high is None:
        return NOTHING
    ends = (format_points(end).removesuffix(" points").removesuffix(" point") for end in (low, high))
    return f"[{', '.join(ends)}]"


def _name(row: dict[Any, Any]) -> str:
    return f"{tidy(str(row['axis']))} = {tidy(str(row['level']))}"


def _hover(row: dict[Any, Any]) -> str:
    here, there = pick(row, "share"), pick(row, "expected")
    lines = [
        f"<b>{escape(_name(row))}</b>",
        f"{_HERE}: {format_percent(here)} ({format_count(pick(row, 'units'))} rows)",
        f"{_THERE}: {format_percent(there)}",
    ]
    return "<br>".join(lines)
