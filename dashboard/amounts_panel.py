"""A map of amounts on a page: the picture, what its cells are, and the same as a table."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import state
from dashboard.charts.amounts import Amounts, cut_amounts, describe_amounts, draw_amounts, table_amounts
from dashboard.parts import show_figure, show_table

__all__ = ["show_amounts"]

MOST_ROWS, MOST_COLUMNS = 50, 20


def show_amounts(
    amounts: Amounts, key: str, about: str, *, alt: str = "", on_select: Callable[[], None] | None = None
) -> None:
    """Show a map, `about` saying what a cell is; of very large ones the first rows and columns are drawn, all listed.

    The keys of its parts begin with `key`. `alt` says what it shows where that is more than amounts; with `on_select`
    its cells can be clicked (see `show_figure`).
    """
    drawn = cut_amounts(amounts, MOST_ROWS, MOST_COLUMNS)
    table = table_amounts(amounts)
    figure = draw_amounts(drawn, theme=state.theme().name)
    show_figure(figure, key=f"{key}_figure", alt=alt or describe_amounts(amounts), table=table, on_select=on_select)
    rows, columns = (len(whole) - len(part) for whole, part in _sides(amounts, drawn))
    left = [f"{n:,} more {where}" for n, where in ((rows, "down"), (columns, "across")) if n]
    st.caption(about + (f" Not drawn, but in the table: {' and '.join(left)}." if left else ""))
    with st.expander("The same as a table"):
        show_table(table, key=f"{key}_table", alt="The cells of the heat map")


def _sides(whole: Amounts, part: Amounts) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    return (whole.rows, part.rows), (whole.columns, part.columns)
