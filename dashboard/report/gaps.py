"""The largest gap between two groups, beside what chance alone would show; the criteria side by side."""

from __future__ import annotations

import math

from dashboard.charts.format import key
from dashboard.report.blocks import Cell, Column, Facts, Part, Section, Table, Text
from dashboard.report.chosen import MOST_SYSTEMS, Chosen, Row, records
from metrics.answers import name_slice
from metrics.criteria import CRITERIA
from metrics.formatting import NOTHING, format_difference, format_interval, format_number
from metrics.registry import Metric
from metrics.sentences import lower_title

__all__ = ["show_criteria", "show_gaps"]

_MOST_NAMES = 4
_MOST_GROUPINGS = 6


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
            table = Table(f"The largest gaps in {lower_title(metric.title)}", tuple(columns), rows)
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
    if not found or len(chosen.systems) > MOST_SYSTEMS:
        return None
    tables = [_tabulate_criteria([r for r in found if key(r["system"]) == s], s) for s in chosen.systems]
    asks = tuple((known[name].title, known[name].meaning) for name in dict.fromkeys(r["name"] for r in found))
    says = Text(
        "Each asks that another number be equal for all groups. They conflict: where groups differ in what is true, "
        "not all can hold at once (Kleinberg et al. 2017; Chouldechova 2017). So they stand side by side, and there "
        "is no single score."
    )
    parts = (Part("", (says, *tables)), Part("What each asks", (Facts(asks),)))
    return Section("criteria", "Fairness criteria side by side", parts)


def _tabulate_criteria(rows: list[Row], system: str) -> Table:
    """Return a row a criterion, and a column a grouping where they are few enough to stand side by side."""
    titles = {c.name: c.title for c in CRITERIA}
    told = {(r["name"], tuple(r["by"])): _say_criterion(r) for r in rows}
    names, groupings = list(dict.fromkeys(n for n, _ in told)), list(dict.fromkeys(by for _, by in told))
    named = f" of {system}" if system else ""
    caption = f"Fairness criteria{named}: the largest difference between two groups, with the smallest ratio"
    if len(groupings) <= _MOST_GROUPINGS:
        columns = [Column("Criterion"), *(Column(_name_by(by), number=True) for by in groupings)]
        return Table(
            caption, tuple(columns), tuple((titles[n], *(told.get((n, by), "") for by in groupings)) for n in names)
        )
    columns = [Column("Criterion"), Column("By"), Column("Difference", number=True)]
    return Table(caption, tuple(columns), tuple((titles[n], _name_by(by), said) for (n, by), said in told.items()))


def _say_criterion(row: Row) -> str:
    if not math.isnan(row["value"]):
        return format_number(row["value"])
    ratio = "" if math.isnan(row["ratio"]) else f" (ratio {format_number(row['ratio'], decimals=2)})"
    return f"{format_number(row['difference'])}{ratio}"


def _name_by(by: tuple[str, ...]) -> str:
    return " and ".join(by) or "everyone"


def _levels(s: object) -> str:
    return ", ".join(level for _, level in getattr(s, "levels", ())) or NOTHING


def _name(slices: list[object]) -> str:
    names = [name_slice(s) for s in slices]  # type: ignore[arg-type]
    more = [f"and {len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES else []
    return "; ".join([*names[:_MOST_NAMES], *more])
