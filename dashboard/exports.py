"""What a person takes away from a chart: its link, its data as CSV, and its picture.

The picture is drawn by the browser: its button, the chart's only one, stands in the corner of the chart and is reached
by Tab like any other. A browser copies nothing without a click of its own on what is copied, so *Copy link* unfolds the
link with such a button; it unfolds in place, where the keyboard is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import state
from metrics.writing import name_file, write_frame

__all__ = ["Origin", "configure", "draw_exports"]

_SCALE = 2  # sharp on paper and on dense screens
_SECRET = "Whoever has this link sees the data, rows included, until they are deleted."
_SHOWN = "Whoever can reach this server sees the same under this link."


@dataclass(frozen=True)
class Origin:
    """What the numbers of a chart are of: texts of a user, which name files, and what is said beside its link.

    `where` is the condition that their rows meet, empty where they are all.
    """

    title: str
    metric: str
    where: str
    says: str


def configure(key: str, origin: Origin | None = None) -> dict[str, Any]:
    """Return how Plotly is to draw the chart of this key: one button, which gives its picture under a name that says
    what it shows. Without an `origin` it shows the data on screen."""
    picture = {"format": "png", "filename": _name(key, origin or _on_screen()), "scale": _SCALE}
    return {
        "scrollZoom": False,
        "displayModeBar": True,
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": picture,
        "locales": {"en": {"dictionary": {"Download plot as a PNG": "Download picture"}}},
    }


def draw_exports(key: str, table: pd.DataFrame, origin: Origin | None = None) -> None:
    """Draw the row below the chart of this key: its link, and its data, which are those of `table`."""
    origin = origin or _on_screen()
    _draw_row(key, table, f"{_name(key, origin)}.csv", origin)


@st.fragment
def _draw_row(key: str, table: pd.DataFrame, file: str, origin: Origin) -> None:
    shown = f"{key}_link_shown"
    with st.container(horizontal=True, gap="medium", key=f"{key}_exports"):
        st.button(
            "Hide link" if state.recall(shown) else "Copy link",
            key=f"{key}_link",
            type="tertiary",
            icon=":material/link:",
            on_click=lambda: state.remember(shown, not state.recall(shown)),
        )
        st.download_button(
            "Download data",
            data=partial(_write, table, origin.where or None),
            file_name=file,
            mime="text/csv",
            key=f"{key}_data",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
            help="What the chart shows, as CSV. Texts that a spreadsheet would run as a formula get an apostrophe "
            "before them. The picture: the camera in the corner of the chart.",
        )
    if state.recall(shown):
        st.code(state.link(), language=None, wrap_lines=True)
        st.caption(origin.says)


def _write(table: pd.DataFrame, where: str | None) -> bytes:
    """Return the CSV with the mark by which spreadsheets know that it is UTF-8: minus signs are not ASCII."""
    return write_frame(table, where).encode("utf-8-sig")


def _on_screen() -> Origin:
    data = state.dataset()
    title = data.title.rpartition(".")[0] or data.title if data is not None else ""
    says = _SECRET if data is not None and data.kind == "upload" else _SHOWN
    return Origin(title, str(state.recall("metric", "")), state.rows_told(), says)


def _name(key: str, origin: Origin) -> str:
    """Return what a file of this chart is called: the data, the page and the metric."""
    return name_file(origin.title, key.replace("_figure", "").replace("_", " "), origin.metric)
