"""Several models side by side."""

from __future__ import annotations

import math

from dashboard.report.blocks import Cell, Column, Part, Section, Table
from dashboard.report.chosen import Chosen, records
from dashboard.report.maps import map_systems
from metrics.answers import find_worst, name_slice
from metrics.formatting import NOTHING, format_difference
from metrics.sentences import lower_title, say_value

__all__ = ["show_systems"]


def show_systems(chosen: Chosen) -> Section | None:
    """Show the models beside each other, overall and by group; None where there is only one."""
    if len(chosen.systems) < 2:
        return None
    metric = chosen.leading
    columns = [Column("Model"), *(Column(m.title, number=True) for m in chosen.main)]
    columns += [Column("Worst for"), Column("Largest gap"), Column("Chance alone", number=True)]
    rows: list[tuple[Cell, ...]] = []
    for system in chosen.systems:
        told: list[Cell] = [system]
        for one in chosen.main:
            everyone = chosen.everyone(system, one)
            told.append(NOTHING if everyone is None else say_value(everyone, one))
        worst = find_worst(chosen.disparities(system, metric), chosen.estimates(system, metric), metric, chosen.kind)
        told.append(NOTHING if worst is None else name_slice(worst["slice"]))
        spreads = [r for r in records(chosen.spreads(system, metric)) if not math.isnan(r["difference"])]
        most = max(spreads, key=lambda r: r["difference"], default=None)
        gap = floor = NOTHING
        if most is not None:
            size = format_difference(metric, most["difference"], signed=False)
            gap = f"{size} by {' and '.join(most['by'])}"
            floor = format_difference(metric, most["noise_floor"], signed=False)
        rows.append((*told, gap, floor if floor == NOTHING else f"up to {floor}"))
    overall = Table(
        f"Models side by side; worst group and largest gap in {lower_title(metric.title)}", tuple(columns), tuple(rows)
    )
    parts = [Part("", (overall,))]
    if chosen.slices:
        parts += [Part(f"{m.title}: groups by models", map_systems(chosen, m)) for m in chosen.main[:1]]
    return Section("systems", "The models side by side", tuple(p for p in parts if p.blocks))
