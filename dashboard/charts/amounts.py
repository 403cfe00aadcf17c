"""Maps of amounts: a sequential blue from little to much, the darker the more, the number in every cell.

Rows without anything are grey and stand at the bottom, so that what nobody looked at is seen as well. A dash: no data.
Cells can be grey and hatched, where the number alone would say too much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import break_lines, cut_apart, escape, join_words
from dashboard.charts.layout import SMALL, empty_figure, lay_out, set_cell_axes
from dashboard.charts.marks import hatch_cells
from dashboard.charts.palette import BLUES, CELL_GREY, CELL_INK, choose_theme, fade

__all__ = ["Amounts", "cut_amounts", "describe_amounts", "draw_amounts", "lay_amounts", "table_amounts"]

ROW = 34


@dataclass(frozen=True)
class Amounts:
    """The cells of a map: `values[row][column]` from 0 up (NaN is no data) and the text that stands in each.

    `empty` says of every row whether there is nothing in it, `apart` how many columns at the end stand apart (and
    `apart_rows` how many rows), `what` what an amount is ("share of submissions"), `of` what the rows are ("feature").
    `marked` are the (row, column) of the cells that are grey and hatched, `mark` what that says.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    texts: tuple[tuple[str, ...], ...]
    hovers: tuple[tuple[str, ...], ...]
    empty: tuple[bool, ...]
    apart: int
    what: str
    of: str
    apart_rows: int = 0
    marked: frozenset[tuple[int, int]] = frozenset()
    mark: str = ""


def lay_amounts(
    values: pd.DataFrame,
    texts: pd.DataFrame,
    *,
    what: str,
    of: str,
    hovers: pd.DataFrame | None = None,
    apart: int = 0,
    apart_rows: int = 0,
    marked: pd.DataFrame | None = None,
    mark: str = "",
    sort: bool = True,
) -> Amounts:
    """Arrange amounts; the frames have a row and a column for each of the map's, named by their labels.

    With `sort` the row with most stands on top (in the last column where one stands apart, else in all), and rows
    without anything at the bottom, in the order given. `marked` says which cells are hatched.
    """
    # By places, not by labels: two columns of a file may have one name once they are cut.
    numbers = values.to_numpy(dtype=float)
    filled = np.nan_to_num(numbers)
    empty = [bool(top <= 0) for top in filled.max(axis=1, initial=0.0)]
    weight = filled[:, -1] if apart and filled.shape[1] else filled.sum(axis=1)
    order = sorted(range(len(numbers)), key=lambda i: (empty[i], -weight[i])) if sort else range(len(numbers))
    shown, told = texts.to_numpy(dtype=object), texts if hovers is None else hovers
    hints = told.to_numpy(dtype=object)
    hatched = np.zeros(numbers.shape, bool) if marked is None else marked.to_numpy(dtype=bool)
    return Amounts(
        rows=tuple(cut_apart([str(values.index[i]) for i in order], 40)),
        columns=tuple(cut_apart([str(name) for name in values.columns], 40)),
        values=tuple(tuple(numbers[i].tolist()) for i in order),
        texts=tuple(tuple(map(str, shown[i])) for i in order),
        hovers=tuple(tuple(map(str, hints[i])) for i in order),
        empty=tuple(empty[i] for i in order),
        apart=apart,
        what=what,
        of=of,
        apart_rows=apart_rows,
        marked=frozenset((row, int(j)) for row, i in enumerate(order) for j in np.flatnonzero(hatched[i])),
        mark=mark,
    )


def cut_amounts(amounts: Amounts, rows: int, columns: int) -> Amounts:
    """Return the first so many rows and columns; the columns that stand apart are kept."""
    n = len(amounts.columns)
    kept = [j for j in range(n) if j < columns - amounts.apart or j >= n - amounts.apart]

    def cut(table: Sequence[Sequence[Any]]) -> tuple[tuple[Any, ...], ...]:
        return tuple(tuple(row[j] for j in kept) for row in table[:rows])

    return replace(
        amounts,
        rows=amounts.rows[:rows],
        columns=tuple(amounts.columns[j] for j in kept),
        values=cut(amounts.values),
        texts=cut(amounts.texts),
        hovers=cut(amounts.hovers),
        empty=amounts.empty[:rows],
        apart_rows=amounts.apart_rows if rows >= len(amounts.rows) else 0,
        marked=frozenset((i, kept.index(j)) for i, j in amounts.marked if i < rows and j in kept),
    )


def draw_amounts(amounts: Amounts, *, theme: str | None = None) -> go.Figure:
    """Draw the map. Hints are texts; they are escaped here."""
    look = choose_theme(theme)
    n_rows, n_columns = len(amounts.rows), len(amounts.columns)
    if not n_rows or not n_columns:
        return empty_figure("Nothing to show.", look)
    figure = go.Figure()
    top = max((v for v in _inner(amounts) if math.isfinite(v)), default=0.0) or 1.0
    for grey in (False, True):
        cells = [
            [None if math.isnan(v) or _is_grey(amounts, i, j) != grey else v for j, v in enumerate(row)]
            for i, row in enumerate(amounts.values)
        ]
        scale = ((0.0, CELL_GREY), (1.0, CELL_GREY)) if grey else BLUES
        texts = [
            ["" if cell is None else escape(text) for cell, text in zip(row, told, strict=True)]
            for row, told in zip(cells, amounts.texts, strict=True)
        ]
        figure.add_trace(_paint(cells, texts, scale, top, n_columns))
    if amounts.marked:
        figure.add_trace(hatch_cells(sorted(amounts.marked), amounts.mark))
    figure.add_trace(_point(amounts))
    for i, row in enumerate(amounts.values):
        for j, value in enumerate(row):
            if math.isnan(value):
                figure.add_annotation(
                    x=j, y=i, text=escape(amounts.texts[i][j]), showarrow=False, font={"color": look.muted}
                )
    if 0 < amounts.apart < n_columns:
        at = n_columns - amounts.apart - 0.5
        figure.add_shape(type="line", x0=at, x1=at, y0=-0.5, y1=n_rows - 0.5, line={"color": look.ink, "width": 2})
    if 0 < amounts.apart_rows < n_rows:
        at = n_rows - amounts.apart_rows - 0.5
        figure.add_shape(type="line", x0=-0.5, x1=n_columns - 0.5, y0=at, y1=at, line={"color": look.ink, "width": 2})
    lay_out(figure, look, height=ROW * n_rows + 130)
    rows = [_tick(name, grey, look.muted) for name, grey in zip(amounts.rows, amounts.empty, strict=True)]
    return set_cell_axes(figure, look, amounts.columns, rows, lines=3).update_layout(margin_b=12)


def describe_amounts(amounts: Amounts) -> str:
    """Say in words what `draw_amounts` shows: where most is, which rows are most alike empty, what is missing."""
    if not amounts.rows or not amounts.columns:
        return "Nothing to show."
    n, m = len(amounts.rows), len(amounts.columns)
    said = [
        f"Heat map of the {amounts.what}: {n} {amounts.of}{'' if n == 1 else 's'} down, {m} across, darker is more."
    ]
    cells = [(v, i, j) for i, row in enumerate(amounts.values) for j, v in enumerate(row) if math.isfinite(v) and v > 0]
    if cells:
        _, i, j = max(cells, key=lambda cell: (cell[0], -cell[1], -cell[2]))
        said.append(f"Most: {amounts.rows[i]}, {amounts.columns[j]}, {amounts.texts[i][j]}.")
    if amounts.apart:
        last = [
            f"{name} {row[-1]}"
            for name, row, grey in zip(amounts.rows, amounts.texts, amounts.empty, strict=True)
            if not grey
        ]
        if last:
            said.append(f"{amounts.columns[-1]}: {', '.join(last[:5])}.")
    unused = [name for name, grey in zip(amounts.rows, amounts.empty, strict=True) if grey]
    if unused:
        said.append(f"Nothing in {join_words(unused[:5])}{f' and {len(unused) - 5} more' if len(unused) > 5 else ''}.")
    if amounts.marked:
        said.append(f"Hatched, {amounts.mark}: {len(amounts.marked)} of {n * m} cells.")
    return " ".join(said)


def table_amounts(amounts: Amounts) -> pd.DataFrame:
    """Return the texts of the cells as a table: a row per row of the map, named in its first column."""
    first = amounts.of
    while first in amounts.columns:
        first += " "
    columns = {name: [texts[j] for texts in amounts.texts] for j, name in enumerate(amounts.columns)}
    return pd.DataFrame({first: list(amounts.rows)} | columns)


def _is_known(amounts: Amounts, row: int, column: int) -> bool:
    return not math.isnan(amounts.values[row][column])


def _is_grey(amounts: Amounts, row: int, column: int) -> bool:
    return amounts.empty[row] or (row, column) in amounts.marked


def _inner(amounts: Amounts) -> list[float]:
    """Return the amounts that the scale spans: sums at the end of rows and columns alike would make all others pale."""
    n, m = len(amounts.rows) - amounts.apart_rows, len(amounts.columns) - amounts.apart * bool(amounts.apart_rows)
    return [value for row in amounts.values[:n] for value in row[:m]]


def _tick(name: str, grey: bool, muted: str) -> str:
    text = "<br>".join(escape(line) for line in break_lines(name, 18, most=2))
    return f'<span style="color:{muted}">{text}</span>' if grey else text


def _paint(
    cells: Sequence[Sequence[float | None]],
    texts: Sequence[Sequence[str]],
    scale: Sequence[tuple[float, str]],
    top: float,
    n_columns: int,
) -> go.Heatmap:
    return go.Heatmap(
        z=cells,
        x=list(range(n_columns)),
        y=list(range(len(cells))),
        zmin=0,
        zmax=top,
        colorscale=[list(stop) for stop in scale],
        showscale=False,
        text=texts,
        texttemplate="%{text}",
        textfont={"size": SMALL + 1 if n_columns <= 6 else SMALL, "color": CELL_INK},
        hoverinfo="skip",
        xgap=2,
        ygap=2,
    )


def _point(amounts: Amounts) -> go.Scatter:
    """Return a nearly invisible marker over every cell, for the hint and for clicks; `customdata` is its place."""
    places = [
        (i, j)
        for i, texts in enumerate(amounts.texts)
        for j, text in enumerate(texts)
        if text or _is_known(amounts, i, j)
    ]
    marker = {"symbol": "square", "size": ROW - 6, "color": fade("#808080", 0.01), "opacity": 1, "line": {"width": 0}}
    return go.Scatter(
        x=[j for _, j in places],
        y=[i for i, _ in places],
        mode="markers",
        marker=marker,
        customdata=[[i, j] for i, j in places],
        hovertext=[
            f"<b>{escape(amounts.rows[i])}</b>, {escape(amounts.columns[j])}<br>"
            + "<br>".join(map(escape, amounts.hovers[i][j].split("\n")))
            for i, j in places
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        name="cells",
    )
