"""Heat maps of disparities: slices by metrics, or one attribute by another for a single metric.

Colour says which way and how much a slice fares worse; the number stands in the cell; a dot marks cells whose
interval does not reach parity. Grey hatch: too few units. Dash: no data. A nearly invisible marker over each cell
takes the clicks, since Plotly's heat maps take none; its `customdata` is `[row, column]`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import (
    NOTHING,
    break_lines,
    cut_apart,
    escape,
    format_disparity,
    format_interval,
    format_number,
    format_p,
    format_points,
    format_ratio,
    format_support,
    is_everyone,
    join_words,
    key,
    label_slices,
    pick,
    tidy,
)
from dashboard.charts.layout import MOST_BROKEN, SMALL, empty_figure, lay_out, set_cell_axes
from dashboard.charts.marks import hatch_cells
from dashboard.charts.palette import CELL_GREY, CELL_INK, DIVERGING, NEUTRAL, Theme, choose_theme, fade
from metrics.registry import Metric

CELL_HEIGHT = 44
MARK = "●"
# So small a largest difference would be painted in full colour: the scale never spans less than this.
LEAST_REACH = 0.05
LEAST_RATIO = math.log(1.25)


@dataclass(frozen=True)
class Cell:
    """One cell: what it says, and how.

    `worse` is its place on the colour scale, from -1 to 1, above 0 worse; of a metric that has no better
    side (`sided` is false) above 0 is higher.
    """

    row: int
    column: int
    text: str
    hover: str
    status: str
    worse: float
    clears: bool
    sided: bool


@dataclass(frozen=True)
class Grid:
    """The cells of a heat map with the names of its rows and columns; `keys` finds the slice and metric of a cell."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[Cell, ...]
    keys: Mapping[tuple[int, int], tuple[Any, str]]


def lay_metrics(
    disparities: pd.DataFrame,
    metrics: Mapping[str, Metric],
    *,
    estimates: pd.DataFrame | None = None,
    system: str | None = None,
    sort: str = "worst",
    one_scale: bool = False,
) -> Grid:
    """Arrange the disparities of one system as slices by metrics, the slice with most to answer for on top.

    `disparities` has the columns of `metrics.compare`; `metrics` gives the columns and their order. `estimates` adds
    the counts to what is shown on hover. Without `system` it is the first. With `one_scale` a colour means the same
    in every column.
    """
    rows = _choose(disparities, list(metrics), system)
    slices = list(dict.fromkeys(s for s in rows["slice"] if not is_everyone(s))) if len(rows) else []
    found = {(r["slice"], r["metric"]): r for r in rows.to_dict("records")} if len(rows) else {}
    reach = _reaches(found, metrics)
    if one_scale:
        reach = dict.fromkeys(reach, max(reach.values(), default=0.0))
    if sort == "worst":
        slices.sort(key=lambda s: -_badness([found.get((s, m)) for m in metrics], metrics, reach))
    counts = _counts(estimates, system if system is not None else _first_system(rows), metrics)
    labels = label_slices(slices)
    cells, keys = [], {}
    for i, s in enumerate(slices):
        for j, (name, metric) in enumerate(metrics.items()):
            record = found.get((s, name))
            keys[i, j] = (s, name)
            cells.append(_make_cell(i, j, record, metric, reach[name], labels[s], counts.get((s, name))))
    columns = cut_apart([m.title for m in metrics.values()], 40)
    return Grid(tuple(labels.values()), tuple(columns), tuple(cells), keys)


def lay_systems(
    disparities: pd.DataFrame,
    metric: Metric,
    systems: Sequence[str],
    *,
    estimates: pd.DataFrame | None = None,
) -> Grid:
    """Arrange the disparities of one metric as slices by systems; `keys` then holds a cell's slice and system."""

    def by_system(frame: pd.DataFrame) -> pd.DataFrame:
        rows = frame[frame["metric"] == metric.name]
        return rows.assign(metric=rows["system"].astype(str), system=None)

    columns = {name: replace(metric, name=name, title=name) for name in systems}
    told = None if estimates is None else by_system(estimates)
    return lay_metrics(by_system(disparities), columns, estimates=told, one_scale=True)


def lay_attributes(
    disparities: pd.DataFrame,
    metric: Metric,
    down: str,
    across: str,
    *,
    estimates: pd.DataFrame | None = None,
    system: str | None = None,
) -> Grid:
    """Arrange the disparities of one metric as the levels of attribute `down` by those of `across`.

    Where `disparities` holds the slices of each attribute alone too, they are the last column and row, "all".
    """
    rows = _choose(disparities, [metric.name], system)
    found: dict[tuple[str | None, str | None], Any] = {}
    for record in rows.to_dict("records") if len(rows) else []:
        levels = dict(record["slice"].items())
        if levels and set(levels) <= {down, across}:
            found[levels.get(down), levels.get(across)] = record
    down_levels = _levels([pair[0] for pair in found])
    across_levels = _levels([pair[1] for pair in found])
    reach = _reaches({(k, metric.name): r for k, r in found.items()}, {metric.name: metric})[metric.name]
    counts = _counts(estimates, system if system is not None else _first_system(rows), {metric.name: metric})
    names_down, names_across = _name_levels(down_levels, down), _name_levels(across_levels, across)
    cells, keys = [], {}
    for i, one in enumerate(down_levels):
        for j, other in enumerate(across_levels):
            if one is None and other is None:
                continue
            cell = found.get((one, other))
            if cell is not None:
                keys[i, j] = (cell["slice"], metric.name)
            label = ", ".join(n for n, lev in ((names_down[i], one), (names_across[j], other)) if lev is not None)
            number = counts.get((cell["slice"], metric.name)) if cell is not None else None
            cells.append(_make_cell(i, j, cell, metric, reach, label, number))
    return Grid(tuple(names_down), tuple(names_across), tuple(cells), keys)


def draw_heatmap(grid: Grid, *, chosen: tuple[int, int] | None = None, theme: str | None = None) -> go.Figure:
    """Draw the cells of a grid; `chosen` is the (row, column) with a frame around it.

    The last trace holds the markers that take clicks: use `on_select`, `selection_mode="points"`, and read
    `[row, column]` from the point's `customdata`.
    """
    look = choose_theme(theme)
    if not grid.cells:
        return empty_figure("No disparities to show.", look)
    figure = go.Figure()
    n_rows, n_columns = len(grid.rows), len(grid.columns)
    ok = [c for c in grid.cells if c.status == "ok"]
    few = [c for c in grid.cells if c.status == "too few"]
    none = [c for c in grid.cells if c.status not in ("ok", "too few")]
    kinds = [sided for sided in (True, False) if any(c.sided == sided for c in ok)]
    for place, sided in enumerate(kinds):
        bar = _colour_bar(("better", "worse") if sided else ("lower", "higher"), place, len(kinds), look)
        mine = [c for c in ok if c.sided == sided]
        scale = DIVERGING if sided else NEUTRAL
        figure.add_trace(_paint(mine, n_rows, n_columns, scale, CELL_INK, colorbar=bar, showscale=True))
    grey = ((0.0, CELL_GREY), (1.0, CELL_GREY))
    figure.add_trace(_paint(few, n_rows, n_columns, grey, CELL_INK, showscale=False))
    figure.add_trace(hatch_cells([(c.row, c.column) for c in few], "too few units"))
    clear = ((0.0, "rgba(0,0,0,0)"), (1.0, "rgba(0,0,0,0)"))
    figure.add_trace(_paint(none, n_rows, n_columns, clear, look.muted, showscale=False))
    figure.add_trace(_take_clicks(grid.cells))
    if chosen is not None:
        i, j = chosen
        line = {"width": 3, "color": look.ink}
        figure.add_shape(type="rect", x0=j - 0.5, x1=j + 0.5, y0=i - 0.5, y1=i + 0.5, line=line)
    lay_out(figure, look, height=CELL_HEIGHT * n_rows + 206)
    rows = ["<br>".join(escape(line) for line in break_lines(name, 18, most=2)) for name in grid.rows]
    return set_cell_axes(figure, look, grid.columns, rows).update_layout(margin_b=64)


def describe_heatmap(grid: Grid) -> str:
    """Say in words what `draw_heatmap` shows: how many cells are clearly worse, which most, what is missing."""
    if not grid.cells:
        return "No disparities to show."
    ok = [c for c in grid.cells if c.status == "ok"]
    n = len(grid.cells)
    found = [f"Heat map of {n} {'cell' if n == 1 else 'cells'}, {len(grid.rows)} down and {len(grid.columns)} across."]
    for sided, words in ((True, ("worse", "better")), (False, ("higher", "lower"))):
        mine = [c for c in ok if c.sided == sided]
        if mine:
            found += _describe_side(grid, mine, words)
    few = sum(c.status == "too few" for c in grid.cells)
    none = n - len(ok) - few
    left = [f"{c} {'has' if c == 1 else 'have'} {w}" for c, w in ((few, "too few units"), (none, "no data")) if c]
    if left:
        found.append(f"Of the cells, {join_words(left)}.")
    return " ".join(found)


def table_heatmap(grid: Grid) -> pd.DataFrame:
    """Return the texts of the cells as a table: a row per row of the grid, named in its first column."""
    texts = {(c.row, c.column): _table_text(c) for c in grid.cells}
    columns = {name: [texts.get((i, j), NOTHING) for i in range(len(grid.rows))] for j, name in enumerate(grid.columns)}
    first = "slice"
    while first in columns:
        first += " "
    return pd.DataFrame({first: list(grid.rows)} | columns)


def _describe_side(grid: Grid, cells: Sequence[Cell], words: tuple[str, str]) -> list[str]:
    above = sorted((c for c in cells if c.clears and c.worse > 0), key=lambda c: -c.worse)
    below = [c for c in cells if c.clears and c.worse < 0]
    open_ones = len(cells) - len(above) - len(below)
    said = [f"{len(above)} fare {words[0]}, {len(below)} {words[1]}, of {open_ones} the data cannot tell."]
    if words[0] == "higher":
        said = [f"Where neither side is better: {len(above)} {words[0]}, {len(below)} {words[1]}, {open_ones} open."]
    if above:
        said.append(f"Furthest: {_place(grid, above[0])} with {_plain_text(above[0])}.")
    return said


def turn_worse(metric: Metric, kind: str, value: float) -> float:
    """Return a disparity so that above 0 is worse (higher, where no side is), ratios as logarithms; NaN if undefined.

    >>> from metrics.tasks.binary import ACCURACY, ERROR_RATE
    >>> turn_worse(ERROR_RATE, "difference", 0.1), turn_worse(ACCURACY, "difference", 0.1)
    (0.1, -0.1)
    """
    if math.isnan(value) or (kind == "ratio" and value < 0):
        return math.nan
    if kind == "ratio":
        value = math.log(value) if value > 0 else -math.inf
    return -value if metric.better == "higher" else value


def clears_parity(kind: str, low: float | None, high: float | None) -> bool:
    """Say whether an interval lies wholly on one side of parity (0 of differences, 1 of ratios)."""
    parity = 1.0 if kind == "ratio" else 0.0
    return (low is not None and low > parity) or (high is not None and high < parity)


def _make_cell(row: int, column: int, record: Any, metric: Metric, reach: float, label: str, count: str | None) -> Cell:
    status = str(record["status"]) if record is not None else "no data"
    value = pick(record, "value") if record is not None else None
    sided = metric.better != "neither"
    heading = f"<b>{escape(tidy(label))}</b><br>{escape(tidy(metric.title))}"
    if value is None:
        # An undefined value is no data, whatever its status; an infinite one is stated, not null, here.
        why = "hidden" if status == "suppressed" else "no data"
        shown = why if why == "hidden" else NOTHING
        return Cell(row, column, shown, f"{heading}<br>{why}", why, math.nan, False, sided)
    kind = str(record["kind"])
    low, high = pick(record, "low"), pick(record, "high")
    clears = status == "ok" and clears_parity(kind, low, high)
    worse = turn_worse(metric, kind, value)
    said = format_disparity(metric, kind, value)
    interval = format_interval(metric, low, high, kind)
    lines = [
        heading,
        said if interval == NOTHING else f"{said} {interval}",
        f"against {escape(tidy(str(record['baseline'])))}",
        _side(metric, worse, clears),
        count or "",
        f"adjusted p {format_p(pick(record, 'p_adjusted'))}" if pick(record, "p_adjusted") is not None else "",
        "too few units to judge" if status == "too few" else "",
    ]
    shown = _shorten(metric, kind, value)
    place = max(-1.0, min(1.0, worse / reach)) if reach > 0 else 0.0
    return Cell(
        row,
        column,
        f"{shown}<br>{MARK}" if clears else shown,
        "<br>".join(line for line in lines if line),
        status,
        place,
        clears,
        sided,
    )


def _shorten(metric: Metric, kind: str, value: float) -> str:
    """Write a disparity as briefly as a narrow cell needs; hover and panel have all digits.

    Points stand without the word, other numbers with two digits or decimals, and what rounds to nothing is "≈ 0".
    """
    if kind == "ratio":
        return f"{format_ratio(value).removesuffix(' times')}×"
    if 0 < abs(value) < 0.0005:
        return "≈ 0"
    if metric.unit == "share":
        return format_points(value).removesuffix(" points").removesuffix(" point")
    text = format_number(value, signed=True, digits=2)
    if abs(value) >= 1 or value == 0:
        return text
    return f"{text[0]}{abs(value):.{2 if abs(value) >= 0.01 else 3}f}"


def _side(metric: Metric, worse: float, clears: bool) -> str:
    if not clears:
        return "cannot tell which way"
    if metric.better == "neither":
        return "higher" if worse > 0 else "lower"
    return "fares worse" if worse > 0 else "fares better"


def _reaches(found: Mapping[Any, Any], metrics: Mapping[str, Metric]) -> dict[str, float]:
    """Return for each metric the disparity that is painted in full colour.

    Shares, and ratios of anything, stand on one scale; other numbers each on their own.
    """
    sizes: dict[str, list[float]] = {name: [] for name in metrics}
    ratio = False
    for (_, name), record in found.items():
        value = pick(record, "value")
        ratio = ratio or record["kind"] == "ratio"
        if value is not None and record["status"] == "ok" and name in metrics:
            size = abs(turn_worse(metrics[name], str(record["kind"]), value))
            sizes[name] += [size] if math.isfinite(size) else []
    if ratio:
        return dict.fromkeys(metrics, max([LEAST_RATIO, *(s for each in sizes.values() for s in each)]))
    shares = [s for name, each in sizes.items() if metrics[name].unit == "share" for s in each]
    common = max([LEAST_REACH, *shares])
    return {name: common if m.unit == "share" else max(sizes[name], default=0.0) for name, m in metrics.items()}


def _badness(records: Sequence[Any], metrics: Mapping[str, Metric], reach: Mapping[str, float]) -> float:
    """Return how badly a slice fares: its worst cell with enough units, on the colour scale."""
    worst = -math.inf
    for record, (name, metric) in zip(records, metrics.items(), strict=True):
        value = pick(record, "value") if record is not None else None
        if value is None or record["status"] != "ok":
            continue
        worse = turn_worse(metric, str(record["kind"]), value)
        if metric.better == "neither" and any(m.better != "neither" for m in metrics.values()):
            continue
        worst = max(worst, worse / reach[name] if reach[name] > 0 else 0.0)
    return worst


def _paint(cells: Sequence[Cell], n_rows: int, n_columns: int, scale: Any, ink: str, **more: Any) -> go.Heatmap:
    """Return a heat map of these cells only, their texts in one ink."""
    z: list[list[float | None]] = [[None] * n_columns for _ in range(n_rows)]
    text = [[""] * n_columns for _ in range(n_rows)]
    for c in cells:
        z[c.row][c.column] = 0.0 if math.isnan(c.worse) else c.worse
        text[c.row][c.column] = c.text
    return go.Heatmap(
        z=z,
        x=list(range(n_columns)),
        y=list(range(n_rows)),
        zmin=-1,
        zmax=1,
        colorscale=[list(stop) for stop in scale],
        text=text,
        texttemplate="%{text}",
        textfont={"size": SMALL + (n_columns <= 5) - (n_columns > MOST_BROKEN), "color": ink},
        hoverinfo="skip",
        xgap=2,
        ygap=2,
        **more,
    )


def _colour_bar(words: tuple[str, str], place: int, of: int, look: Theme) -> dict[str, Any]:
    """Return the legend of a scale below the map; two stand side by side."""
    return {
        "orientation": "h",
        "thickness": 10,
        "len": 0.6 if of == 1 else 0.42,
        "x": (place + 0.5) / of,
        "y": 0,
        "yanchor": "top",
        "ypad": 14,
        "outlinewidth": 0,
        "ticks": "",
        "tickvals": [-0.94, 0, 0.94],
        "ticktext": [words[0], "parity" if of == 1 else "0", words[1]],
        "tickfont": {"size": SMALL + 1, "color": look.ink},
    }


def _take_clicks(cells: Sequence[Cell]) -> go.Scatter:
    marker = {"symbol": "square", "size": CELL_HEIGHT - 6, "color": fade("#808080", 0.01), "opacity": 1}
    return go.Scatter(
        x=[c.column for c in cells],
        y=[c.row for c in cells],
        mode="markers",
        marker=marker | {"line": {"width": 0}},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        customdata=[[c.row, c.column] for c in cells],
        hovertext=[c.hover for c in cells],
        hovertemplate="%{hovertext}<extra></extra>",
        name="cells",
    )


def _choose(disparities: pd.DataFrame, names: Sequence[str], system: str | None) -> pd.DataFrame:
    """Return the rows of some metrics, of one system and of its first kind."""
    if not len(disparities):
        return disparities
    rows = disparities[disparities["metric"].isin(names)]
    if not len(rows):
        return rows
    wanted = _first_system(rows) if system is None else system
    rows = rows[[key(s) == key(wanted) for s in rows["system"]]]
    return rows[rows["kind"] == rows["kind"].iloc[0]] if len(rows) else rows


def _first_system(rows: pd.DataFrame) -> Any:
    return rows["system"].iloc[0] if len(rows) else None


def _counts(estimates: pd.DataFrame | None, system: Any, metrics: Mapping[str, Metric]) -> dict[tuple[Any, str], str]:
    """Return the counts behind each slice's own value."""
    if estimates is None:
        return {}
    return {
        (row["slice"], row["metric"]): format_support(
            metrics[row["metric"]], pick(row, "top"), pick(row, "below"), pick(row, "units")
        )
        for row in estimates.to_dict("records")
        if row["metric"] in metrics and key(row["system"]) == key(system)
    }


def _levels(levels: Sequence[str | None]) -> list[str | None]:
    """Return the distinct levels in the order they came, the margin (None) last."""
    distinct = list(dict.fromkeys(levels))
    return [lev for lev in distinct if lev is not None] + ([None] if None in distinct else [])


def _name_levels(levels: Sequence[str | None], axis: str) -> list[str]:
    named = cut_apart([lev for lev in levels if lev is not None], 30)
    return named + [f"any {tidy(axis)}"] * (len(levels) - len(named))


def _place(grid: Grid, cell: Cell) -> str:
    return f"{grid.rows[cell.row]}, {grid.columns[cell.column]}"


def _table_text(cell: Cell) -> str:
    return cell.text.replace("<br>", " ") + (" (too few)" if cell.status == "too few" else "")


def _plain_text(cell: Cell) -> str:
    return cell.text.replace("<br>", " ").removesuffix(f" {MARK}")


__all__ = [
    "Cell",
    "Grid",
    "clears_parity",
    "describe_heatmap",
    "draw_heatmap",
    "lay_attributes",
    "lay_metrics",
    "table_heatmap",
    "turn_worse",
]
