"""Gaps of pairs of groups under several normalizers: a heat map of the most telling ones, and all of them in a table.

Colour says which group of the pair fares worse, the number how much, a dot that the interval leaves out 0; a pair whose
sign turns is marked and called so in its name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import (
    NOTHING,
    break_lines,
    cut_apart,
    escape,
    format_difference,
    format_interval,
    format_ratio,
    name_slices,
    tidy,
)
from dashboard.charts.heatmap import LEAST_REACH, MARK, Cell, Grid, clears_parity, draw_heatmap
from dashboard.charts.layout import empty_figure
from dashboard.charts.palette import choose_theme
from metrics.registry import Metric
from metrics.sensitivity import rank_pairs

__all__ = ["TURN", "describe_pairs", "draw_pairs", "table_pairs"]

TURN = "\N{RIGHTWARDS ARROW OVER LEFTWARDS ARROW}"
_CELL_HEIGHT = 58


def draw_pairs(
    pairs: pd.DataFrame,
    metric: Metric,
    normalizers: Sequence[str],
    *,
    most: int = 12,
    theme: str | None = None,
) -> go.Figure:
    """Draw the gap and ratio of the `most` telling pairs by one metric, a column for each normalizer.

    `pairs` has the columns of `metrics.sensitivity.compare_pairs`, of one system; `normalizers` are
    the names of the columns, in order. Orange: the group that is named first fares worse.
    """
    chosen = _choose(pairs, metric, most)
    if not chosen:
        return empty_figure("No two groups can be compared.", choose_theme(theme))
    grid = _lay(chosen, metric, normalizers)
    figure = draw_heatmap(grid, theme=theme)
    figure.update_xaxes(ticktext=["<br>".join(map(escape, _break_name(name))) for name in grid.columns])
    names = _name_pairs([rows[0] for rows in chosen])
    figure.update_yaxes(ticktext=[_tick(name, rows[0]) for name, rows in zip(names, chosen, strict=True)])
    return figure.update_layout(height=_CELL_HEIGHT * len(chosen) + 150)


def describe_pairs(pairs: pd.DataFrame, metric: Metric, normalizers: Sequence[str], *, most: int = 12) -> str:
    """Say in words what `draw_pairs` shows."""
    chosen = _choose(pairs, metric, most)
    if not chosen:
        return "No two groups can be compared."
    n = len(chosen)
    turning = [rows[0] for rows in chosen if rows[0]["turns"]]
    said = [
        f"Heat map of the gap in {tidy(metric.title).lower()} of {n} {'pair' if n == 1 else 'pairs'} of groups under "
        f"{len(normalizers)} {'normalizer' if len(normalizers) == 1 else 'normalizers'}."
    ]
    if not turning:
        return f"{said[0]} No gap turns."
    names = _name_pairs(turning)
    said += [f"{name} turns {row['turns']}." for name, row in zip(names[:3], turning, strict=False)]
    return " ".join(said + ([f"{len(turning) - 3} more turn."] if len(turning) > 3 else []))


def table_pairs(pairs: pd.DataFrame, metrics: Mapping[str, Metric], normalizers: Sequence[str]) -> pd.DataFrame:
    """Return all pairs as texts, the most telling first: a row a pair and metric, a column a normalizer."""
    columns = ["pair", "by", *cut_apart(normalizers, 40), "turns"]
    ranked = rank_pairs(pairs).to_dict("records") if len(pairs) else []
    found = {(_key(row), row["metric"], row["normalizer"]): row for row in pairs.to_dict("records")}
    rows = []
    for name, pair in zip(_name_pairs(ranked), ranked, strict=True):
        for metric in metrics.values():
            told = [found.get((_key(pair), metric.name, n)) for n in normalizers]
            if any(told):
                turns = f"{TURN} {pair['turns']}" if pair["turns"] else "no"
                rows.append([name, metric.title, *(_whole(metric, row) for row in told), turns])
    return pd.DataFrame(rows, columns=columns)


def _choose(pairs: pd.DataFrame, metric: Metric, most: int) -> list[list[dict[str, Any]]]:
    """Return the rows of each of the most telling pairs by one metric."""
    mine = pairs[pairs["metric"] == metric.name]
    if not len(mine):
        return []
    by_pair: dict[Any, list[dict[str, Any]]] = {}
    for row in mine.to_dict("records"):
        by_pair.setdefault(_key(row), []).append({str(k): v for k, v in row.items()})
    ranked = rank_pairs(pairs).to_dict("records")
    return [by_pair[key] for key in map(_key, ranked) if key in by_pair][:most]


def _key(row: Mapping[Any, Any]) -> tuple[Any, ...]:
    return row["by"], row["one"], row["other"]


def _lay(chosen: Sequence[Sequence[dict[str, Any]]], metric: Metric, normalizers: Sequence[str]) -> Grid:
    sizes = [abs(row["difference"]) for rows in chosen for row in rows]
    reach = max([LEAST_REACH, *(s for s in sizes if math.isfinite(s))])
    names = _name_pairs([rows[0] for rows in chosen])
    cells = []
    for i, rows in enumerate(chosen):
        told = {row["normalizer"]: row for row in rows}
        for j, normalizer in enumerate(normalizers):
            if normalizer in told:
                cells.append(_make_cell(i, j, told[normalizer], metric, reach, names[i], normalizer))
    return Grid(tuple(names), tuple(cut_apart(normalizers, 40)), tuple(cells), {})


def _make_cell(
    row: int, column: int, told: Mapping[str, Any], metric: Metric, reach: float, name: str, by: str
) -> Cell:
    value = float(told["difference"])
    clears = clears_parity("difference", told["low"], told["high"])
    first, second = name_slices([told["one"], told["other"]]).values()
    worse = first if value > 0 else second
    hover = [
        f"<b>{escape(name)}</b>",
        f"{escape(tidy(metric.title))}, {escape(tidy(by))}",
        f"{format_difference(metric, value)} {format_interval(metric, told['low'], told['high'], 'difference')}",
        format_ratio(told["ratio"]),
        f"{escape(tidy(worse))} fares worse" if clears else "cannot tell which way",
        f"turns {told['turns']}" if told["turns"] else "",
    ]
    gap = format_difference(metric, value).removesuffix(" points").removesuffix(" point")
    ratio = "" if math.isnan(told["ratio"]) else f"<br>{format_ratio(told['ratio']).removesuffix(' times')}×"
    return Cell(
        row,
        column,
        f"{gap}{' ' + MARK if clears else ''}{ratio}",
        "<br>".join(line for line in hover if line and line != NOTHING),
        "ok",
        max(-1.0, min(1.0, value / reach)),
        clears,
        metric.better != "neither",
    )


def _whole(metric: Metric, row: Mapping[Any, Any] | None) -> str:
    if row is None:
        return NOTHING
    interval = format_interval(metric, row["low"], row["high"], "difference")
    ratio = "no ratio" if math.isnan(row["ratio"]) else format_ratio(row["ratio"])
    return f"{ratio}, {format_difference(metric, row['difference'])} {interval}"


def _name_pairs(pairs: Sequence[Mapping[Any, Any]]) -> list[str]:
    """Return the name of each pair: the attributes, then both levels."""
    names = []
    for pair in pairs:
        one, other = (", ".join(level for _, level in pair[side].items()) for side in ("one", "other"))
        names.append(f"{' and '.join(pair['by'])}: {cut_apart([one], 40)[0]} against {cut_apart([other], 40)[0]}")
    return cut_apart(names, 110)


def _break_name(normalizer: str) -> list[str]:
    """Return a normalizer's name on lines that end where its parts do."""
    return break_lines(normalizer.replace("+", "+ ").replace("-", "- "), 10, most=4)


def _tick(name: str, pair: Mapping[str, Any]) -> str:
    lines = [escape(line) for line in break_lines(name, 20, most=3)]
    return "<br>".join([*lines, f"<b>{TURN} turns {pair['turns']}</b>"] if pair["turns"] else lines)
