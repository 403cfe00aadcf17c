"""The parts that every page is made of: its answer, its picture, the picture's table, and what the data cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import state
from dashboard.exports import Origin, configure, draw_exports
from dashboard.words import plain
from metrics.writing import guard_frame

__all__ = ["draw_card", "say", "say_limits", "show_figure", "show_table"]

_LONGEST = 1200


def say(*sentences: str) -> None:
    """Show sentences that may hold names from the file, as the answer to the page's question."""
    st.markdown(plain(" ".join(sentences), _LONGEST))


def say_limits(limits: Iterable[str]) -> None:
    """Show what the data cannot tell."""
    said = list(limits)
    if said:
        st.subheader("What these data cannot tell", anchor=False)
        st.markdown("\n".join(f"- {plain(sentence, _LONGEST)}" for sentence in said))


def draw_card(label: str, value: str, *about: str) -> None:
    """Draw a card: what it answers, the answer, and what it rests on. The texts may hold names from the file."""
    with st.container(border=True, height="stretch"):
        st.caption(label)
        st.subheader(plain(value, 80), anchor=False)
        for line in about:
            st.caption(plain(line, 300))


def show_figure(
    figure: go.Figure,
    key: str,
    alt: str,
    table: pd.DataFrame,
    on_select: Callable[[], None] | None = None,
    origin: Origin | None = None,
) -> None:
    """Show a figure in its own colours, and below it what can be taken away; with `on_select`, points can be clicked.

    `table` has the numbers of the figure, as people are shown them. Without an `origin` they are of the data on screen.
    """
    more: dict[str, Any] = {"on_select": on_select, "selection_mode": "points"} if on_select else {}
    look = state.theme()
    button = {"color": look.muted, "activecolor": look.ink, "bgcolor": "rgba(0,0,0,0)"}
    figure.layout.modebar = button
    figure.layout.paper_bgcolor = look.page  # the picture shall be readable on any paper
    st.plotly_chart(figure, theme=None, key=key, alt=alt[:_LONGEST], config=configure(key, origin), **more)
    draw_exports(key, table, origin)


def show_table(frame: pd.DataFrame, key: str, alt: str, height: int | Literal["auto"] = "auto") -> None:
    """Show the numbers of a picture as a table of texts; its CSV, in the table's corner, holds no formulas."""
    st.dataframe(guard_frame(frame), key=key, hide_index=True, lazy=False, alt=alt, height=height)
