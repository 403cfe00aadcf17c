"""Gaps beside their noise floors: how far apart groups are, and how far chance alone would put them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import (
    NOTHING,
    break_in_two,
    cut,
    cut_apart,
    escape,
    format_difference,
    format_interval,
    format_number,
    is_named,
    key,
    name_slices,
    pick,
    tidy,
)
from dashboard.charts.layout import SMALL, empty_figure, find_range, lay_out, list_names, set_value_axis
from dashboard.charts.palette import SYMBOLS, Theme, choose_theme
from metrics.registry import Metric
from metrics.sentences import lower_title

ROW_HEIGHT = 60


def draw_spreads(spreads: pd.DataFrame, metric: Metric, *, theme: str | None = None) -> go.Figure:
    """Draw each grouping's gap as a dot with its interval, on a soft band from 0 to its noise floor, largest on top.

    `spreads` has the columns of `metrics.spread`; other metrics in it are left aside. A gap beyond the band is
    filled; one that chance alone explains is hollow. Groupings with fewer than two groups are listed at the bottom.
    """
    look = choose_theme(theme)
    rows = sort_spreads(spreads, metric)
    if not rows:
        return empty_figure("No gaps to show.", look)
    numbers = [v for r in rows for c in ("difference", "low", "high", "noise_floor") if (v := pick(r, c)) is not None]
    stretch = find_range(metric, [0.0, *numbers], kind="gap")
    figure = go.Figure()
    systems = list(dict.fromkeys(key(r["system"]) for r in rows))
    for place, row in enumerate(rows):
        floor, gap = pick(row, "noise_floor"), pick(row, "difference")
        if floor is not None and math.isfinite(floor):
            box = {"x0": 0, "x1": min(floor, stretch.high), "y0": place - 0.3, "y1": place + 0.3, "line": {"width": 0}}
            figure.add_shape(type="rect", layer="below", fillcolor=look.band, **box)
        if gap is None:
            figure.add_annotation(
                x=0,
                xref="paper",
                xanchor="left",
                xshift=6,
                y=place,
                text="too few groups",
                showarrow=False,
                font={"size": SMALL + 1, "color": look.muted},
            )
            continue
        figure.add_trace(_draw_gap(row, place, metric, stretch.high, look, systems))
    lay_out(figure, look, height=ROW_HEIGHT * len(rows) + 100)
    unit = " (points)" if metric.unit == "share" else ""
    title = f"Largest gap in {lower_title(tidy(metric.title))}{unit}\nBand: what chance alone would show"
    set_value_axis(figure, stretch, title)
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(rows))),
        ticktext=[_tick(name, row, look) for name, row in zip(_by_names(rows), rows, strict=True)],
    )
    return figure.update_layout(showlegend=False, margin_t=16)


def describe_spreads(spreads: pd.DataFrame, metric: Metric) -> str:
    """Say in words what `draw_spreads` shows."""
    rows = sort_spreads(spreads, metric)
    if not rows:
        return f"{tidy(metric.title)}: no gaps to show."
    sentences = [f"Largest gaps in {lower_title(tidy(metric.title))}."]
    for name, row in zip(_names(rows), rows, strict=True):
        gap, floor = pick(row, "difference"), pick(row, "noise_floor")
        if gap is None:
            sentences.append(f"{name}: fewer than two groups with enough data.")
            continue
        text = f"{name}: {format_difference(metric, gap, signed=False)} ({_pair(row)})"
        if floor is not None and math.isfinite(floor):
            beyond = "more than" if gap > floor else "within"
            text += f", {beyond} the {format_difference(metric, floor, signed=False)} that chance alone would show"
        sentences.append(f"{text}.")
    return " ".join(sentences)


def table_spreads(spreads: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return the gaps as texts: by, system (if named), gap, interval, noise floor, highest, lowest, ratio, left out."""
    records = []
    rows = sort_spreads(spreads, metric)
    for row in rows:
        record = {"by": ", ".join(_by(row))}
        if any(is_named(r["system"]) for r in rows):
            record["system"] = str(row["system"])
        ratio = pick(row, "ratio")
        records.append(
            record
            | {
                "gap": format_difference(metric, pick(row, "difference"), signed=False),
                "interval": format_interval(metric, pick(row, "low"), pick(row, "high")),
                "noise floor": format_difference(metric, pick(row, "noise_floor"), signed=False),
                "highest": _slice_name(row["highest"]),
                "lowest": _slice_name(row["lowest"]),
                "smallest over largest": NOTHING if ratio is None else format_number(ratio),
                "left out": list_names([_slice_name(s) for s in _left_out(row)]) or "none",
            }
        )
    return pd.DataFrame.from_records(records)


def sort_spreads(spreads: pd.DataFrame, metric: Metric) -> list[Any]:
    """Return the rows of one metric, the largest gap first, those without one last."""
    if not len(spreads):
        return []
    rows = spreads[spreads["metric"] == metric.name].to_dict("records")
    return sorted(rows, key=lambda r: -(-1.0 if (gap := pick(r, "difference")) is None else gap))


def _draw_gap(row: Any, place: int, metric: Metric, end: float, look: Theme, systems: Sequence[str]) -> go.Scatter:
    gap, floor = pick(row, "difference") or 0.0, pick(row, "noise_floor")
    low, high = pick(row, "low"), pick(row, "high")
    beyond = floor is not None and gap > floor
    number = systems.index(key(row["system"]))
    colour, symbol = look.system(number), SYMBOLS[number % len(SYMBOLS)]
    left, right = (gap if low is None else low), (gap if high is None else min(high, end))
    return go.Scatter(
        x=[min(gap, end)],
        y=[place],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, right - gap)],
            "arrayminus": [max(0.0, gap - left)],
            "thickness": 2.5,
            "width": 0,
            "color": colour,
        },
        mode="markers",
        marker={
            "symbol": symbol if beyond else f"{symbol}-open",
            "size": 13,
            "color": colour,
            "line": {"width": 2, "color": colour},
        },
        hovertext=[_hover(row, metric)],
        hovertemplate="%{hovertext}<extra></extra>",
        name="beyond chance" if beyond else "within chance",
    )


def _hover(row: Any, metric: Metric) -> str:
    gap, floor = pick(row, "difference"), pick(row, "noise_floor")
    interval = format_interval(metric, pick(row, "low"), pick(row, "high"))
    said = format_difference(metric, gap, signed=False)
    lines = [
        f"<b>{escape(tidy(', '.join(_by(row)))[:60])}</b>",
        said if interval == NOTHING else f"{said} {interval}",
        escape(_pair(row)),
    ]
    if floor is not None:
        lines.append(f"chance alone: up to {format_difference(metric, floor, signed=False)}")
    if _left_out(row):
        lines.append(escape(f"left out: {list_names([cut(_slice_name(s), 30) for s in _left_out(row)], most=4)}"))
    return "<br>".join(lines)


def _by_names(rows: Sequence[Any], width: int = 36) -> list[str]:
    return cut_apart([" and ".join(_by(r)) for r in rows], width)


def _names(rows: Sequence[Any]) -> list[str]:
    """Return what each row is: its attributes, and its system where there are several."""
    several = len({key(r["system"]) for r in rows}) > 1
    return [f"{b}, {tidy(key(r['system']))}" if several else b for b, r in zip(_by_names(rows, 80), rows, strict=True)]


def _tick(name: str, row: Any, look: Theme) -> str:
    lines = [escape(line) for line in break_in_two(name, 22)]
    if pick(row, "difference") is not None:
        system = f"{cut(tidy(key(row['system'])), 16)}: " if is_named(row["system"]) else ""
        small = "<br>".join(escape(line) for line in break_in_two(system + _pair(row, 18), 26))
        lines.append(f"<span style='font-size:{SMALL}px;color:{look.muted}'>{small}</span>")
    return "<br>".join(lines)


def _pair(row: Any, width: int = 60) -> str:
    """Return the pair of groups that makes the gap."""
    pair = [row["highest"], row["lowest"]]
    if any(s is None or not hasattr(s, "items") for s in pair):
        return ""
    return " against ".join(cut_apart(list(name_slices(pair).values()), width))


def _slice_name(s: Any) -> str:
    return ", ".join(level for _, level in s.items()) if hasattr(s, "items") else NOTHING


def _by(row: Any) -> tuple[str, ...]:
    return (row["by"],) if isinstance(row["by"], str) else tuple(row["by"])


def _left_out(row: Any) -> list[Any]:
    left = row.get("left_out")
    return list(left) if isinstance(left, list | tuple) else []


__all__ = ["describe_spreads", "draw_spreads", "sort_spreads", "table_spreads"]
