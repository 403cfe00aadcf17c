"""The largest gap between two groups, beside what chance alone would show; the criteria side by side."""

from __future__ import annotations

import math

from dashboard.report.blocks import Block, Cell, Column, Part, Section, Table, Text
from dashboard.report.chosen import MOST_SYSTEMS, Chosen, Row, records
from dashboard.words import join
from metrics.answers import name_slice
from metrics.criteria import CRITERIA
from metrics.formatting import NOTHING, format_difference, format_interval, format_number
from metrics.registry import Metric

__all__ = ["show_criteria", "show_gaps"]

_MOST_NAMES = 4


def show_gaps(chosen: Chosen) -> Section | None:
    """Show the spread of each of the main metrics over every attribute; None where none has two groups."""
    systems = any(chosen.systems)
    columns = [Column("By"), *([Column("Model")] if systems else []), Column("Largest gap", number=True)]
    columns += [Column("Chance alone", number=True), Column("Beyond chance"), Column("Between"), Column("Left out")]
    parts = []
    for metric in chosen.main:
        spreads = [r for s in chosen.systems for r in records(chosen.spreads(s, metric))]
        told = [r for r in spreads if not math.isnan(r["difference"])]
        told.sort(key=lambda r: -r["difference"])
        if told:
            rows = tuple(_make_row(metric, row, systems) for row in told)
            table = Table(f"The largest gaps in {_lower(metric.title)}", tuple(columns), rows)
            parts.append(Part(metric.title, (table,)))
    if not parts:
        return None
    note = (
        "The largest of many gaps is large by chance alone, the more so the more groups and the smaller they are. "
        "Chance alone: what 95 of 100 files would not exceed if no group differed. A gap up to that is no finding."
    )
    return Section("gaps", "The largest gaps, and what chance alone would show", (Part("", (Text(note),)), *parts))


def _make_row(metric: Metric, row: Row, systems: bool) -> tuple[Cell, ...]:
    gap, floor = row["difference"], row["noise_floor"]
    size = format_difference(metric, gap, signed=False)
    interval = format_interval(metric, row["low"], row["high"])
    chance, beyond = NOTHING, ""
    if not math.isnan(floor):
        chance = f"up to {format_difference(metric, floor, signed=False)}"
        beyond = "yes" if gap > floor else "no"
    told: list[Cell] = [" and ".join(row["by"]), *([str(row["system"])] if systems else [])]
    told += [size if interval == NOTHING else f"{size} {interval}", chance, beyond]
    return (*told, f"{_levels(row['highest'])} (highest), {_levels(row['lowest'])} (lowest)", _name(row["left_out"]))


def show_criteria(chosen: Chosen) -> Section | None:
    """Show the fairness criteria that the data allow, side by side; None where there are none."""
    known = {c.name: c for c in CRITERIA}
    found = [r for r in records(chosen.document.criteria) if r["name"] in known and r["status"] != "no data"]
    by_name: dict[str, list[Row]] = {}
    for row in found:
        by_name.setdefault(row["name"], []).append(row)
    systems = any(chosen.systems)
    columns = [Column("Criterion"), *([Column("Model")] if systems else []), Column("By")]
    columns += [Column("Difference", number=True), Column("Ratio", number=True)]
    rows: list[tuple[Cell, ...]] = []
    for name, several in by_name.items():
        if len(chosen.systems) > MOST_SYSTEMS:
            continue
        for row in several:
            told: list[Cell] = [known[name].title, *([str(row["system"])] if systems else [])]
            told.append(", ".join(row["by"]) or "everyone")
            own = format_number(row["value"])
            numbers = [format_number(row["difference"]) if own == NOTHING else own, format_number(row["ratio"])]
            rows.append((*told, *numbers))
    if not rows:
        return None
    says: list[Block] = [
        Text(
            "Each asks that another number be equal for all groups. They conflict: where groups differ in what is "
            "true, not all can hold at once (Kleinberg et al. 2017; Chouldechova 2017). So they stand side by side, "
            "and there is no single score.",
        ),
        Table("Fairness criteria: the largest difference, the smallest ratio", tuple(columns), tuple(rows)),
    ]
    return Section("criteria", "Fairness criteria side by side", (Part("", tuple(says)),))


def _levels(s: object) -> str:
    return ", ".join(level for _, level in getattr(s, "levels", ())) or NOTHING


def _name(slices: list[object]) -> str:
    names = [name_slice(s) for s in slices]  # type: ignore[arg-type]
    more = [f"{len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES else []
    return join([*names[:_MOST_NAMES], *more]) if names else ""


def _lower(title: str) -> str:
    return title if title[:2].isupper() or title[1:2].isdigit() else title[:1].lower() + title[1:]
