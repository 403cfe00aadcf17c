"""What kinds of errors a group's error rate is made of: bars of substitutions, deletions and insertions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import break_lines, escape, format_percent, is_everyone, label_slices, pick, tidy
from dashboard.charts.layout import Range, empty_figure, find_range, lay_out, set_value_axis
from dashboard.charts.palette import CELL_INK, EDITS, choose_theme
from metrics.error_kinds import KINDS
from metrics.registry import Metric

__all__ = ["describe_kinds", "draw_kinds", "table_kinds"]

_TOTAL = "word_error_rate"
# As the Alignments page has them.
_MARKS = ("~", "\N{MINUS SIGN}", "+")
_PATTERNS = ("", "/", "x")
_BAR_HEIGHT = 34


def draw_kinds(
    estimates: pd.DataFrame, metrics: Mapping[str, Metric], *, most: int = 40, theme: str | None = None
) -> go.Figure:
    """Draw a bar per slice, as long as its word error rate and made of its three kinds of errors, the longest on top.

    `estimates` has the columns of `metrics.estimate` and the metrics of `KINDS` and the word error rate, of one system.
    Everyone stands above the slices, of which at most `most` are drawn; those with too few units are called so.
    """
    look = choose_theme(theme)
    rows = _sort(estimates)[: most + 1]
    if not rows:
        return empty_figure("No word errors to show.", look)
    labels = label_slices([row["slice"] for row in rows])
    names = [labels[row["slice"]] for row in rows]
    figure, colours = go.Figure(), list(EDITS.values())
    for place, (kind, title) in enumerate(KINDS.items()):
        figure.add_trace(
            go.Bar(
                name=f"{_MARKS[place]} {title}",
                orientation="h",
                y=list(range(len(rows))),
                x=[row[kind] for row in rows],
                marker={
                    "color": colours[place],
                    "line": {"width": 1, "color": look.line},
                    "pattern": {
                        "shape": _PATTERNS[place],
                        "fgcolor": CELL_INK,
                        "fillmode": "overlay",
                        "size": 7,
                        "solidity": 0.15,
                    },
                },
                hovertext=[_hover(name, row) for name, row in zip(names, rows, strict=True)],
                hovertemplate="%{hovertext}<extra></extra>",
            )
        )
    lay_out(figure, look, height=_BAR_HEIGHT * len(rows) + 110)
    stretch = find_range(metrics[_TOTAL], [0.0, *(row[_TOTAL] for row in rows)])
    # Bars begin at the edge.
    set_value_axis(figure, Range(0.0, stretch.high, stretch.ticks, stretch.texts), "Errors per word that was said")
    few = [" (too few)" if row["status"] == "too few" else "" for row in rows]
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(rows))),
        ticktext=[
            "<br>".join(escape(line) for line in break_lines(f"{name}{note}", 22, most=2))
            for name, note in zip(names, few, strict=True)
        ],
        ticklabelstandoff=6,
        showgrid=False,
    )
    return figure.update_layout(barmode="stack", bargap=0.3, legend_traceorder="normal")


def describe_kinds(estimates: pd.DataFrame, *, most: int = 40) -> str:
    """Say in words what `draw_kinds` shows."""
    rows = _sort(estimates)[: most + 1]
    if not rows:
        return "No word errors to show."
    labels = label_slices([row["slice"] for row in rows])
    said = [f"{tidy(labels[row['slice']])}: {_tell(row)}" for row in rows[:6]]
    more = [f"{len(rows) - 6} more groups"] if len(rows) > 6 else []
    return f"Bars of the kinds of word errors. {'; '.join([*said, *more])}."


def table_kinds(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the rates of all slices as texts, in the order of the bars, with the share that each kind has of them."""
    rows = _sort(estimates)
    labels = label_slices([row["slice"] for row in rows])
    records = []
    for row in rows:
        record = {"slice": labels[row["slice"]], "word errors": format_percent(row[_TOTAL])}
        record |= {title: format_percent(row[kind]) for kind, title in KINDS.items()}
        for kind, title in list(KINDS.items())[1:]:
            share = row[kind] / row[_TOTAL] if row[_TOTAL] > 0 else None
            record[f"{title} of all errors"] = format_percent(share)
        records.append(record | {"status": row["status"]})
    return pd.DataFrame.from_records(records)


def _sort(estimates: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a record for each slice whose rates are there, everyone first, then the highest error rate."""
    found: dict[Any, dict[str, Any]] = {}
    for row in estimates.to_dict("records"):
        value = pick(row, "value")
        if value is not None:
            record = found.setdefault(row["slice"], {"slice": row["slice"]})
            record[row["metric"]] = value
            record["status"] = row["status"]
    whole = [row for row in found.values() if {*KINDS, _TOTAL} <= row.keys()]
    return sorted(whole, key=lambda row: (not is_everyone(row["slice"]), -row[_TOTAL]))


def _hover(name: str, row: Mapping[str, Any]) -> str:
    lines = [f"<b>{escape(tidy(name))}</b>", f"{format_percent(row[_TOTAL])} word error rate"]
    lines += [f"{format_percent(row[kind])} {title}" for kind, title in KINDS.items()]
    return "<br>".join([*lines, "too few units to judge"] if row["status"] == "too few" else lines)


def _tell(row: Mapping[str, Any]) -> str:
    told = ", ".join(f"{format_percent(row[kind])} {title}" for kind, title in KINDS.items())
    return f"{format_percent(row[_TOTAL])} word error rate, {told}"
