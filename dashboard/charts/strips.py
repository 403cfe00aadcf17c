"""Strips: one line per attribute with a dot for each of its levels, the widest spread on top."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import (
    NOTHING,
    break_in_two,
    cut_apart,
    escape,
    format_difference,
    format_interval,
    format_support,
    format_value,
    is_everyone,
    key,
    pick,
    tidy,
)
from dashboard.charts.layout import (
    SMALL,
    Range,
    draw_rule,
    empty_figure,
    find_range,
    lay_out,
    name_rule,
    title_axis,
    value_axis,
)
from dashboard.charts.palette import SYMBOLS, Theme, choose_theme
from metrics.registry import Metric
from metrics.slices import MISSING

STRIP_HEIGHT = 66


def draw_strips(
    estimates: pd.DataFrame, metric: Metric, *, spreads: pd.DataFrame | None = None, theme: str | None = None
) -> go.Figure:
    """Draw one strip per attribute with a dot for each level, the attribute with the largest gap on top.

    `estimates` has the columns of `metrics.estimate`; only slices of a single attribute are drawn, of the first
    system. The worst and the best level are named, and the missing one, a diamond; everyone is the vertical rule.
    `spreads` (columns of `metrics.spread`) adds a soft band as wide as chance alone would spread the groups.
    """
    look = choose_theme(theme)
    strips = _split_strips(estimates, metric)
    if not strips:
        return empty_figure("No attributes to show.", look)
    everyone = _everyone(estimates, metric)
    shown = [r for rows in strips.values() for r in rows if _has_value(r)]
    floors = _floors(spreads, metric)
    bands = {a: (everyone - f / 2, everyone + f / 2) for a, f in floors.items() if everyone is not None and a in strips}
    inside = [min(max(e, metric.bounds[0]), metric.bounds[1]) for band in bands.values() for e in band]
    stretch = find_range(metric, [r["value"] for r in shown] + inside)

    traces: list[go.Scatter] = []
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for row, (attribute, rows) in enumerate(strips.items()):
        names = dict(zip((_level(r) for r in rows), cut_apart([_level(r) for r in rows], 22), strict=True))
        if attribute in bands:
            low, high = (min(max(e, stretch.low), stretch.high) for e in bands[attribute])
            box = {"x0": low, "x1": high, "y0": row - 0.26, "y1": row + 0.26, "line": {"width": 0}}
            shapes.append({"type": "rect", "layer": "below", "fillcolor": look.band} | box)
        traces += _draw_strip(attribute, rows, names, row, metric, look)
        notes += _name_ends(rows, names, row, metric, stretch, look)
    if everyone is not None:
        shapes.append(draw_rule(everyone, len(strips), look.line))
        notes.append(name_rule(f"everyone {format_value(metric, everyone)}", everyone, look))
    attributes = {
        "range": [len(strips) - 0.5, -0.5],
        "tickmode": "array",
        "tickvals": list(range(len(strips))),
        "ticktext": [_tick(name, strips[a], metric, look) for a, name in _names(strips).items()],
    }
    title = title_axis(metric) + ("\nBand: what chance alone would show" if bands else "")
    return lay_out(
        go.Figure(traces),
        look,
        height=STRIP_HEIGHT * len(strips) + 90,
        xaxis=value_axis(stretch, title),
        yaxis=attributes,
        shapes=shapes,
        annotations=notes,
        showlegend=False,
    )


def describe_strips(estimates: pd.DataFrame, metric: Metric, *, spreads: pd.DataFrame | None = None) -> str:
    """Say in words what `draw_strips` shows."""
    strips = _split_strips(estimates, metric)
    if not strips:
        return f"{tidy(metric.title)}: no attributes to show."
    floors = _floors(spreads, metric)
    sentences = [f"{tidy(metric.title)} by attribute, largest gap first."]
    for attribute, rows in strips.items():
        ends = _ends(rows, metric)
        if ends is None:
            sentences.append(f"{tidy(attribute)}: too little data for a gap.")
            continue
        worst, best = ends
        text = (
            f"{tidy(attribute)}: from {tidy(_level(best))} with {format_value(metric, best['value'])}"
            f" to {tidy(_level(worst))} with {format_value(metric, worst['value'])}"
        )
        if attribute in floors:
            floor = format_difference(metric, floors[attribute], signed=False)
            text += f"; chance alone would show a gap of up to {floor}"
        sentences.append(f"{text}.")
    return " ".join(sentences)


def table_strips(estimates: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return the strips' numbers as texts: attribute, level, value, interval, counts, status."""
    records = [
        {
            "attribute": attribute,
            "level": _level(row),
            "value": format_value(metric, pick(row, "value")),
            "interval": format_interval(metric, pick(row, "low"), pick(row, "high")),
            "counts": format_support(metric, pick(row, "top"), pick(row, "below"), pick(row, "units")),
            "status": str(row["status"]),
        }
        for attribute, rows in _split_strips(estimates, metric).items()
        for row in rows
    ]
    return pd.DataFrame.from_records(records, columns=["attribute", "level", "value", "interval", "counts", "status"])


def _split_strips(estimates: pd.DataFrame, metric: Metric) -> dict[str, list[Any]]:
    """Return the rows of each attribute of the first system, the attribute with the largest gap first."""
    strips: dict[str, list[Any]] = {}
    if not len(estimates):
        return strips
    mine = estimates[estimates["metric"] == metric.name]
    for row in mine.to_dict("records"):
        parts = tuple(row["slice"].items())
        if len(parts) == 1 and key(row["system"]) == key(mine["system"].iloc[0]):
            strips.setdefault(parts[0][0], []).append(row)
    return dict(sorted(strips.items(), key=lambda item: -_gap(item[1], metric)))


def _gap(rows: list[Any], metric: Metric) -> float:
    ends = _ends(rows, metric)
    return -1.0 if ends is None else abs(ends[0]["value"] - ends[1]["value"])


def _ends(rows: list[Any], metric: Metric) -> tuple[Any, Any] | None:
    """Return the worst and the best level with enough units (highest and lowest where neither is better)."""
    ok = [r for r in rows if r["status"] == "ok" and _has_value(r) and _level(r) != MISSING]
    if len(ok) < 2:
        return None
    ends = max(ok, key=lambda r: r["value"]), min(ok, key=lambda r: r["value"])
    return ends[::-1] if metric.better == "higher" else ends


def _draw_strip(
    attribute: str, rows: list[Any], names: Mapping[str, str], row: int, metric: Metric, look: Theme
) -> list[go.Scatter]:
    traces = []
    for ok in (False, True):
        shown = [r for r in rows if _has_value(r) and (r["status"] == "ok") == ok]
        colour = look.system(0) if ok else look.grey
        symbols = ["diamond" if _level(r) == MISSING else SYMBOLS[0] for r in shown]
        traces.append(
            go.Scatter(
                x=[r["value"] for r in shown],
                y=[row] * len(shown),
                mode="markers",
                marker={
                    "symbol": [symbol if ok else f"{symbol}-open" for symbol in symbols],
                    "size": 13,
                    "color": colour,
                    "opacity": 0.85 if ok else 1,
                    "line": {"width": 1.5, "color": look.page if ok else colour},
                },
                customdata=[[attribute, _level(r)] for r in shown],
                hovertext=[_hover(attribute, names[_level(r)], r, metric) for r in shown],
                hovertemplate="%{hovertext}<extra></extra>",
                name="enough units" if ok else "too few units",
            )
        )
    return traces


def _name_ends(
    rows: list[Any], names: Mapping[str, str], row: int, metric: Metric, stretch: Range, look: Theme
) -> list[dict[str, Any]]:
    """Name the worst level above its dot, the best one below, and the missing one where there is room."""
    named = list(zip(_ends(rows, metric) or (), (False, True), strict=False))
    taken = [r["value"] for r, below in named if below]
    apart = 0.2 * (stretch.high - stretch.low)  # nearer labels would overlap on a narrow screen
    named += [
        (r, True)
        for r in rows
        if _level(r) == MISSING and _has_value(r) and all(abs(r["value"] - other) > apart for other in taken)
    ]
    notes = []
    for end, below in named:
        share = (end["value"] - stretch.low) / ((stretch.high - stretch.low) or 1.0)
        note = {
            "x": end["value"],
            "y": row,
            "yshift": -9 if below else 9,
            "yanchor": "top" if below else "bottom",
            "xanchor": "left" if share < 0.2 else "right" if share > 0.8 else "center",
            "text": escape(names[_level(end)]),
            "showarrow": False,
            "font": {"size": SMALL + 1, "color": look.muted if below else look.ink},
        }
        notes.append(note)
    return notes


def _everyone(estimates: pd.DataFrame, metric: Metric) -> float | None:
    mine = estimates[estimates["metric"] == metric.name]
    values = [v for s, v in zip(mine["slice"], mine["value"], strict=True) if is_everyone(s) and math.isfinite(v)]
    return float(values[0]) if values else None


def _floors(spreads: pd.DataFrame | None, metric: Metric) -> dict[str, float]:
    """Return the noise floor of each single attribute, of the first system."""
    floors: dict[str, float] = {}
    if spreads is not None:
        for row in spreads.to_dict("records"):
            floor = pick(row, "noise_floor")
            by = (row["by"],) if isinstance(row["by"], str) else tuple(row["by"])
            if row["metric"] == metric.name and len(by) == 1 and floor is not None and math.isfinite(floor):
                floors.setdefault(by[0], floor)
    return floors


def _names(strips: Mapping[str, Any]) -> dict[str, str]:
    return dict(zip(strips, cut_apart(list(strips), 26), strict=True))


def _tick(name: str, rows: list[Any], metric: Metric, look: Theme) -> str:
    gap = _gap(rows, metric)
    small = "no gap to show" if gap < 0 else f"gap {format_difference(metric, gap, signed=False)}"
    lines = [escape(line) for line in break_in_two(name, 16)]
    return "<br>".join([*lines, f"<span style='font-size:{SMALL}px;color:{look.muted}'>{small}</span>"])


def _hover(attribute: str, level: str, row: Any, metric: Metric) -> str:
    interval = format_interval(metric, pick(row, "low"), pick(row, "high"))
    value = format_value(metric, pick(row, "value"))
    lines = [
        f"<b>{escape(tidy(attribute)[:60])} = {escape(level)}</b>",
        value if interval == NOTHING else f"{value} {interval}",
        format_support(metric, pick(row, "top"), pick(row, "below"), pick(row, "units")),
        "too few units to judge" if row["status"] == "too few" else NOTHING,
    ]
    return "<br>".join(line for line in lines if line != NOTHING)


def _has_value(row: Any) -> bool:
    return row["value"] is not None and math.isfinite(row["value"])


def _level(row: Any) -> str:
    return str(next(iter(row["slice"].items()))[1])
