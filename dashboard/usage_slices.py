"""The panels of the Feature usage page for a file of results: features by the slices found."""

from __future__ import annotations

import streamlit as st

from dashboard import state
from dashboard.charts.amounts import describe_amounts, draw_amounts, table_amounts
from dashboard.charts.usage import lay_findings
from dashboard.parts import say, show_figure, show_table
from dashboard.slice_finder_controls import MOST_FINDINGS, choose_search, search
from dashboard.view import Loaded
from metrics.usage import mark_features
from metrics.usage.found import say_features

__all__ = ["draw_data"]


def draw_data(loaded: Loaded) -> None:
    """Draw which features define the slices that a search finds."""
    answer = st.container()
    view = state.current_view(loaded)
    asked = choose_search(loaded, view)
    searched = search(loaded, view, asked)
    slices = searched.findings
    features = list(asked.attributes)
    with answer:
        say(say_features(slices, features, searched.found.searched))
    if not len(slices):
        return
    marks = mark_features(slices, features)
    names = {s: str(i) for i, s in enumerate(slices["slice"], start=1)}
    amounts = lay_findings(marks, names)
    table = table_amounts(amounts)
    show_figure(
        draw_amounts(amounts, theme=state.theme().name),
        key="feature_usage_found_figure",
        alt=describe_amounts(amounts),
        table=table,
    )
    st.caption(
        f"Up to {MOST_FINDINGS} different findings, the worst first; the level in the cell is what the slice asks for. "
        "Grey: features in no finding."
    )
    with st.expander("The same as a table"):
        show_table(table, key="feature_usage_found_table", alt="Which features define which slice")
