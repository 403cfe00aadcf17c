"""How a bounty's model fared from round to round: a step line for everyone, and one below it for each group found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.charts.format import NOTHING, cut_apart, escape, tidy
from dashboard.charts.layout import SMALL, empty_figure, lay_out
from dashboard.charts.palette import Theme, choose_theme

__all__ = ["describe_rounds", "draw_rounds", "table_rounds"]

_PANEL, _FRAME = 104, 118  # pixels: of a line with its name, and around all of them
_NAME = 44  # letters that fit above a line on a telephone
_MOST_TICKS = 8


def draw_rounds(rounds: pd.DataFrame, names: Sequence[str], unit: str, *, theme: str | None = None) -> go.Figure:
    """Draw the loss after every round: everyone on top, then each group of `rounds` in its order.

    `rounds` has the columns of `metrics.bounty.rounds.ROUNDS`, `names` the name of each `who` from 0 on. A group's line
    is thin until it was found; the dotted rule is what it must not exceed from then on. `unit` is "%" or "" (a number).
    """
    look = choose_theme(theme)
    tracks = list(rounds.groupby("who", sort=False))
    if rounds["loss"].notna().sum() == 0:
        return empty_figure("No loss can be shown.", look)
    figure = make_subplots(rows=len(tracks), cols=1, shared_xaxes=True, vertical_spacing=_spacing(len(tracks)))
    scale = 100.0 if unit == "%" else 1.0
    top = float(rounds[["loss", "limit"]].max().max()) * scale * 1.08 or 1.0
    titles = cut_apart([_name(int(str(who)), names) for who, _ in tracks], _NAME)
    for row, ((who, track), title) in enumerate(zip(tracks, titles, strict=True), 1):
        for trace in _draw_track(track, int(str(who)), title, scale, unit, look):
            figure.add_trace(trace, row=row, col=1)
        place = "" if row == 1 else str(row)
        figure.add_annotation(
            text=escape(f"{title} ({int(track['units'].iloc[0]):,} rows)"),
            x=0,
            y=1,
            xref="paper",
            yref=f"y{place} domain",
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
            font={"color": look.ink, "size": SMALL + 1},
        )
    last = int(rounds["round"].max())
    lay_out(figure, look, height=_PANEL * len(tracks) + _FRAME)
    step = max(1, math.ceil(last / _MOST_TICKS))
    places = list(range(0, last + 1, step))
    figure.update_xaxes(range=[-0.2, last + 0.6], showgrid=False, tickvals=places, ticktext=_ticks(places))
    figure.update_xaxes(title_text="Accepted so far", row=len(tracks))
    figure.update_yaxes(range=[0, top], nticks=4, ticksuffix=" %" if unit == "%" else "", rangemode="tozero")
    return figure.update_layout(margin_t=84, showlegend=True)


def describe_rounds(rounds: pd.DataFrame, names: Sequence[str], unit: str) -> str:
    """Say in words what `draw_rounds` shows."""
    said = []
    for who, track in rounds.groupby("who", sort=False):
        first, last = _write(track["loss"].iloc[0], unit), _write(track["loss"].iloc[-1], unit)
        said.append(f"{tidy(_name(int(str(who)), names))}: from {first} to {last}.")
    n_rounds = int(rounds["round"].max())
    return f"Loss after each of {n_rounds} {'acceptance' if n_rounds == 1 else 'acceptances'}. {' '.join(said)}"


def table_rounds(rounds: pd.DataFrame, names: Sequence[str], unit: str) -> pd.DataFrame:
    """Return the numbers as texts: a row for everyone and each group, a column a round, and the limit at the end."""
    records = []
    for who, track in rounds.groupby("who", sort=False):
        record = {"group": _name(int(str(who)), names), "rows": f"{int(track['units'].iloc[0]):,}"}
        for number, loss in zip(track["round"], track["loss"], strict=True):
            record["at the start" if number == 0 else f"after {number}"] = _write(loss, unit)
        records.append(record | {"must not exceed": _write(track["limit"].iloc[-1], unit)})
    return pd.DataFrame(records)


def _draw_track(track: pd.DataFrame, who: int, title: str, scale: float, unit: str, look: Theme) -> list[go.Scatter]:
    """Return the lines of one panel: before it was found, since then, and the limit."""
    colour = look.ink if who < 0 else look.systems[0]
    before, since = track[track["round"] <= who + 1], track[track["round"] >= who + 1]
    lines = [_line(before, "loss", scale, {"width": 1.5, "color": look.grey}, "before it was found", who == 0)]
    if who < 0:
        lines = []
    name = "everyone" if who < 0 else "since it was found"
    lines.append(_line(since, "loss", scale, {"width": 2.5, "color": colour}, name, who <= 0))
    hover = [f"<b>{escape(title)}</b><br>{_round(r)}: {_write(x, unit)}" for r, x in _pairs(since)]
    sizes = [6] * len(since) + [0]
    lines[-1].update(mode="lines+markers", marker={"size": sizes, "color": colour}, hovertext=hover, hoverinfo="text")
    if who >= 0:
        rule = {"width": 1.5, "color": look.worse, "dash": "dot"}
        lines.append(_line(since, "limit", scale, rule, "must not exceed", who == 0))
    return lines


def _line(
    track: pd.DataFrame, column: str, scale: float, line: dict[str, Any], name: str, in_legend: bool
) -> go.Scatter:
    # The last round has no end: a little further, so that its step is seen.
    x = [*track["round"], float(track["round"].iloc[-1]) + 0.4]
    y = [*(track[column] * scale), float(track[column].iloc[-1]) * scale]
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        line=line | {"shape": "hv"},
        name=name,
        legendgroup=name,
        showlegend=in_legend,
        hoverinfo="skip",
    )


def _spacing(n_tracks: int) -> float:
    return min(0.32 / max(n_tracks - 1, 1), 34 / (_PANEL * n_tracks))


def _pairs(track: pd.DataFrame) -> list[tuple[int, float]]:
    return [(int(r), float(x)) for r, x in zip(track["round"], track["loss"], strict=True)]


def _ticks(places: Sequence[int]) -> list[str]:
    return ["start" if place == 0 else str(place) for place in places]


def _round(number: int) -> str:
    return "at the start" if number == 0 else f"after {number} accepted"


def _name(who: int, names: Sequence[str]) -> str:
    return "everyone" if who < 0 else names[who]


def _write(loss: float, unit: str) -> str:
    if not math.isfinite(loss):
        return NOTHING
    return f"{round(100 * loss, 3):g} %" if unit == "%" else f"{loss:g}"
