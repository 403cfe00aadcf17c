"""Who is in the data: how many units each group has, and for what they are too few."""

from __future__ import annotations

from dashboard.charts.format import is_everyone
from dashboard.report.blocks import Cell, Column, Part, Section, Share, Table
from dashboard.report.chosen import Chosen, is_missing, records
from metrics.answers import name_slice
from metrics.formatting import format_count, format_percent
from metrics.slices import Slice

__all__ = ["count_units", "show_coverage"]


def show_coverage(chosen: Chosen) -> Section | None:
    """Show the units of every group; None where there are no groups."""
    if not chosen.slices:
        return None
    units, clusters, few = count_units(chosen), _most(chosen, "clusters"), _count_few(chosen)
    everyone = max((n for s, n in units.items() if is_everyone(s)), default=0)
    columns = [Column("Group"), Column("Units", number=True), Column("Share of all")]
    columns += [Column("Clusters", number=True)] if chosen.has_clusters else []
    columns.append(Column("Enough to judge"))
    by_axes: dict[tuple[str, ...], list[Slice]] = {}
    for s in chosen.slices:
        by_axes.setdefault(s.axes, []).append(s)
    parts = []
    for axes, slices in by_axes.items():
        rows: list[tuple[Cell, ...]] = []
        for s in slices:
            share = units[s] / everyone if everyone else 0.0
            told: list[Cell] = [name_slice(s), format_count(units[s]), Share(share, format_percent(share))]
            told += [format_count(clusters.get(s))] if chosen.has_clusters else []
            rows.append((*told, _say_enough(*few[s], s)))
        name = " and ".join(axes)
        parts.append(Part(f"By {name}", (Table(f"Units by {name}", tuple(columns), tuple(rows)),)))
    return Section("coverage", "Who is in the data", tuple(parts))


def count_units(chosen: Chosen) -> dict[Slice, float]:
    """Return the units of every group: the most that any metric has of it."""
    return _most(chosen, "units")


def _most(chosen: Chosen, column: str) -> dict[Slice, float]:
    found: dict[Slice, float] = {}
    e = chosen.document.estimates
    for s, n in zip(e["slice"].tolist(), e[column].tolist(), strict=True):
        if n == n and n is not None:
            found[s] = max(found.get(s, 0), n)
    return {s: found.get(s, 0) for s in dict.fromkeys(e["slice"])}


def _count_few(chosen: Chosen) -> dict[Slice, tuple[int, int]]:
    """Return of how many metrics each group has too little, in any system, and how many metrics there are."""
    shown = {m.name for m in (*chosen.main, *chosen.rest)}
    few: dict[Slice, set[str]] = {}
    for row in records(chosen.document.estimates[["slice", "metric", "status"]]):
        found = few.setdefault(row["slice"], set())
        if row["metric"] in shown and row["status"] != "ok":
            found.add(row["metric"])
    return {s: (len(names), len(shown)) for s, names in few.items()}


def _say_enough(few: int, of: int, s: Slice) -> str:
    unknown = "group not known; part of no gap" if is_missing(s) else ""
    said = "" if few == 0 else "too few for every metric" if few == of else f"too few for {few} of {of} metrics"
    return "; ".join(text for text in (said, unknown) if text) or "yes"
