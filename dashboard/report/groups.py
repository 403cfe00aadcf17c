"""How every group fares in the metrics that are told in full: value, interval, distance from its baseline."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from dashboard.charts.format import NOTHING, by_slice, is_everyone, key, pick
from dashboard.charts.heatmap import clears_parity, turn_worse
from dashboard.charts.intervals import sort_slices
from dashboard.charts.layout import Range, find_range
from dashboard.report.blocks import Axis, Badge, Block, Cell, Column, Dot, Part, Section, Table, Text, Tone
from dashboard.report.chosen import Chosen, Row, records
from dashboard.report.names import clean_text
from metrics.answers import name_baseline, name_slice
from metrics.formatting import (
    format_count,
    format_disparity,
    format_interval,
    format_p,
    format_support,
    format_value,
)
from metrics.registry import Metric
from metrics.sentences import say_cannot_tell

__all__ = ["show_groups"]

READINGS: dict[Tone, str] = {"higher": "higher", "lower": "lower", "open": "cannot tell", "few": "too few"}
_PERHAPS = "perhaps "


def show_groups(chosen: Chosen) -> Section | None:
    """Show each of the main metrics by group, the worst on top; None where there are no groups."""
    if not chosen.slices:
        return None
    parts = [_show_metric(chosen, metric) for metric in chosen.main]
    return Section("groups", "Which groups fare worse", tuple(parts))


def _show_metric(chosen: Chosen, metric: Metric) -> Part:
    blocks: list[Block] = [Text(_say_meaning(metric))]
    drawn = chosen.document.estimates
    drawn = drawn[drawn["metric"] == metric.name]
    scale = _find_scale(metric, drawn)
    for system in chosen.systems:
        blocks.append(_tabulate(chosen, metric, system, scale))
    clusters = " Clusters stand in brackets behind the counts." if chosen.has_clusters else ""
    blocks.append(
        Text(
            f"Dot and line: value and interval; upright line: everyone.{clusters} Adjusted p heeds how many groups are "
            "compared; perhaps: among so many, chance alone may show as much.",
            "note",
        )
    )
    said = [say_cannot_tell(chosen.estimates(s), metric, disparities=chosen.disparities(s)) for s in chosen.systems]
    if len(said) == 1 and said[0]:
        blocks.append(Text(said[0], "note"))
    return Part(metric.title, tuple(blocks))


def _say_meaning(metric: Metric) -> str:
    better = {
        "lower": "Lower is better.",
        "higher": "Higher is better.",
        "neither": "Neither side is better by itself.",
    }
    return f"{metric.meaning.rstrip('.')}. {better[metric.better]}"


def _tabulate(chosen: Chosen, metric: Metric, system: str, scale: Range) -> Table:
    estimates, disparities = chosen.estimates(system, metric), chosen.disparities(system, metric)
    found = {row["slice"]: row for row in records(estimates)}
    compared = by_slice(disparities, metric)
    everyone = next((row for s, row in found.items() if is_everyone(s)), None)
    rule = math.nan if everyone is None else float(everyone["value"])
    order = [s for s in found if is_everyone(s)] + sort_slices(estimates, metric)
    baselines = {name_baseline(str(b)) for b in disparities["baseline"]}
    against = clean_text(baselines.pop(), 80) if len(baselines) == 1 else "its baseline"
    kind = "Ratio to" if chosen.kind == "ratio" else "Difference from"
    columns = (
        Column("Group"),
        Column("", axis=Axis(scale, _say_axis(metric, scale, rule))),
        Column("Value and interval", number=True),
        Column("Counts", number=True),
        Column(f"{kind} {against}", number=True),
        Column("Reading"),
        Column("Adjusted p", number=True),
    )
    rows = [_make_row(chosen, metric, found[s], compared.get((s, key(system))), rule, scale) for s in order]
    named = f" of {system}" if system else ""
    first = "the highest" if metric.better == "neither" else "the worst"
    return Table(f"{metric.title}{named} by group, {first} first", columns, tuple(rows))


def _make_row(
    chosen: Chosen, metric: Metric, row: Row, other: Mapping[str, Any] | None, rule: float, scale: Range
) -> tuple[Cell, ...]:
    interval = format_interval(metric, row["low"], row["high"])
    value = format_value(metric, row["value"])
    said = value if interval == NOTHING else f"{value} {interval}"
    support = format_support(metric, row["top"], row["below"], row["units"])
    if chosen.has_clusters:
        support += f" ({format_count(row['clusters'])})"
    difference, p, tone = "", "", _read(metric, row, other)
    if other is not None:
        kind = str(other["kind"])
        gap, least, most = (pick(other, c) for c in ("value", "low", "high"))
        difference = format_disparity(metric, kind, gap)
        ends = format_interval(metric, least, most, kind)
        difference = difference if ends == NOTHING else f"{difference} {ends}"
        p = format_p(pick(other, "p_adjusted"))
    name = name_slice(row["slice"])
    picture: Cell = ""
    if not math.isnan(row["value"]):
        low, high = float(row["low"]), float(row["high"])
        picture = Dot(float(row["value"]), low, high, rule, tone, scale, f"{name}: {said}")
    reading = _say_reading(tone, row)
    if tone in ("worse", "better", "higher", "lower") and _may_be_chance(chosen, other):
        # Among so many groups, chance alone may show one like it.
        reading, picture = f"{_PERHAPS}{tone}", replace(picture, tone="open") if isinstance(picture, Dot) else picture
    return name, picture, said, support, difference, reading, p


def _may_be_chance(chosen: Chosen, other: Mapping[str, Any] | None) -> bool:
    p = None if other is None else pick(other, "p_adjusted")
    return p is None or p > 1 - chosen.confidence


def _read(metric: Metric, row: Row, other: Mapping[str, Any] | None) -> Tone:
    if math.isnan(row["value"]):
        return "none"
    if row["status"] != "ok":
        return "few"
    if other is None or other["status"] != "ok":
        return "open"
    kind, value = str(other["kind"]), pick(other, "value")
    if value is None or not clears_parity(kind, pick(other, "low"), pick(other, "high")):
        return "open"
    above = turn_worse(metric, kind, value) > 0
    if metric.better == "neither":
        return "higher" if above else "lower"
    return "worse" if above else "better"


def _say_reading(tone: Tone, row: Row) -> Cell:
    if is_everyone(row["slice"]):
        return ""
    if tone == "none":
        return "hidden" if row["status"] == "suppressed" else "no data"
    return Badge(tone) if tone in ("worse", "better") else READINGS[tone]


def _find_scale(metric: Metric, rows: pd.DataFrame) -> Range:
    """Return the scale of a column: every value, and the intervals of groups with enough units.

    The interval of a tiny group may reach far beyond; it is cut at the edge.
    """
    ok = rows[rows["status"] == "ok"]
    return find_range(metric, [*rows["value"].dropna(), *ok["low"].dropna(), *ok["high"].dropna()], ticks=4)


def _say_axis(metric: Metric, scale: Range, rule: float) -> str:
    ends = " to ".join((scale.texts[0], scale.texts[-1]))
    return f"Scale from {ends}; everyone {format_value(metric, rule)}"
