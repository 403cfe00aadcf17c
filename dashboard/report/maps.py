"""All metrics at a glance: heat maps as tables, the number in every cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dashboard.charts.format import cut_apart
from dashboard.charts.heatmap import Cell as MapCell
from dashboard.charts.heatmap import Grid, lay_metrics, lay_systems
from dashboard.report.blocks import Block, Cell, Column, Key, Part, Section, Shade, Table, Text, Tone
from dashboard.report.chosen import MOST_SYSTEMS, Chosen
from dashboard.report.names import clean_text
from metrics.answers import name_baseline
from metrics.registry import Metric

__all__ = ["map_systems", "show_maps"]

MOST_COLUMNS = 9  # that stand side by side on a page
_LONGEST_TITLE = 80
_MARK = "<br>\N{BLACK CIRCLE}"


def show_maps(chosen: Chosen) -> Section | None:
    """Show every group's distance from its baseline in every metric; None where there are no groups."""
    if not chosen.slices or not len(chosen.document.disparities) or len(chosen.systems) > MOST_SYSTEMS:
        return None
    metrics = {m.name: m for m in (*chosen.main, *chosen.rest)}
    parts = []
    for system in chosen.systems:
        # What has a better side first: the two kinds have colours of their own.
        for sided in (True, False):
            mine = {n: m for n, m in metrics.items() if (m.better != "neither") == sided}
            grid = _lay(chosen, system, mine) if mine else None
            if grid is not None and grid.cells:
                parts.append(_show_map(chosen, grid, system, sided))
    return Section("maps", "All metrics at a glance", tuple(parts)) if parts else None


def map_systems(chosen: Chosen, metric: Metric) -> tuple[Block, ...]:
    """Return the heat map of one metric with a column a system; nothing where there are no groups to show."""
    rows = chosen.document.disparities
    rows = rows[rows["kind"] == chosen.kind] if len(rows) else rows
    grid = lay_systems(rows, metric, chosen.systems)
    if not grid.cells:
        return ()
    sided = metric.better != "neither"
    return (_make_key(sided), *_tabulate(grid, f"{metric.title} by group and model", sided))


def _lay(chosen: Chosen, system: str, metrics: Mapping[str, Metric]) -> Grid:
    """Arrange the cells, the columns under whole titles: on paper there is no hovering over a short one."""
    grid = lay_metrics(chosen.disparities(system), metrics, system=system or None)
    return replace(grid, columns=tuple(cut_apart([m.title for m in metrics.values()], _LONGEST_TITLE)))


def _show_map(chosen: Chosen, grid: Grid, system: str, sided: bool) -> Part:
    named = f" of {system}" if system else ""
    title = f"how far groups are from {_name_baselines(chosen)}" if sided else "metrics without a better side"
    title = f"{system}: {title}" if system else title[:1].upper() + title[1:]
    unit = "times the baseline's value" if chosen.kind == "ratio" else "points or units, the group minus its baseline"
    note = (
        f"In each cell: {unit}. A dot \N{BLACK CIRCLE}: the interval does not reach parity. Hatched: too few to judge. "
        "Dash: no data."
    )
    caption = f"Groups by metrics{'' if sided else ' without a better side'}{named}"
    blocks: tuple[Block, ...] = (_make_key(sided), *_tabulate(grid, caption, sided), Text(note, "note"))
    return Part(title, blocks)


def _make_key(sided: bool) -> Key:
    return Key("fares better", "parity", "fares worse", True) if sided else Key("lower", "parity", "higher", False)


def _tabulate(grid: Grid, caption: str, sided: bool) -> list[Table]:
    """Return the cells as tables of a few columns each, the rows of all in one order."""
    cells = {(c.row, c.column): c for c in grid.cells}
    parts = _cut(range(len(grid.columns)))
    tables = []
    for number, part in enumerate(parts, 1):
        rows: list[tuple[Cell, ...]] = []
        for i, name in enumerate(grid.rows):
            rows.append((name, *(_shade(cells.get((i, j)), sided) for j in part)))
        more = f", part {number} of {len(parts)}" if len(parts) > 1 else ""
        columns = (Column("Group"), *(Column(grid.columns[j]) for j in part))
        tables.append(Table(f"{caption}{more}", columns, tuple(rows), map=True))
    return tables


def _cut(columns: Sequence[int]) -> list[Sequence[int]]:
    """Return the columns in parts of nearly the same length."""
    n_parts = -(-len(columns) // MOST_COLUMNS)
    size = -(-len(columns) // n_parts)
    return [columns[i : i + size] for i in range(0, len(columns), size)]


_TONES: Mapping[str, Tone] = {"ok": "open", "too few": "few"}


def _shade(cell: MapCell | None, sided: bool) -> Shade:
    if cell is None:
        return Shade("\N{EN DASH}", 0.0, "none", sided)
    tone = _TONES.get(cell.status, "none")
    if tone == "none":
        return Shade("hidden" if cell.status == "hidden" else "\N{EN DASH}", 0.0, tone, sided)
    return Shade(cell.text.removesuffix(_MARK), cell.worse, tone, sided, cell.clears)


def _name_baselines(chosen: Chosen) -> str:
    found: Iterable[str] = dict.fromkeys(name_baseline(str(b)) for b in chosen.document.disparities["baseline"])
    names = list(found)
    return clean_text(names[0], 80) if len(names) == 1 else "their baseline"
