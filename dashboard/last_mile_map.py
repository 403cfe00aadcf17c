"""A map of what changed from the reference to the customer's set: one attribute by another."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import controls, state
from dashboard.charts.heatmap import describe_heatmap, draw_heatmap, lay_attributes, table_heatmap
from dashboard.last_mile_controls import Asked, choose_attribute
from dashboard.page_controls import cut_grid
from dashboard.parts import show_figure, show_table
from dashboard.second_set import Pair
from metrics.two_sets.changes import compare_sets

__all__ = ["draw_map"]


def draw_map(pair: Pair, asked: Asked) -> None:
    """Draw the change of every pair of levels of two attributes, and of each level alone."""
    if len(asked.sets.shared) < 2:
        st.info("The two sets have fewer than two attributes in common.", icon=":material/info:")
        return
    with st.container(horizontal=True):
        down = choose_attribute(asked, "Down", "last_mile_down")
        across = choose_attribute(asked, "Across", "last_mile_across", without=str(down))
    assert down is not None and across is not None
    metric = asked.metric
    (changes,) = controls.ask(
        pair,
        partial(compare_sets, asked.sets, [(down,), (across,), (down, across)], [metric.name], **asked.options),
    )
    grid, left = cut_grid(lay_attributes(changes.assign(baseline="the reference"), metric, down, across))
    table = table_heatmap(grid)
    show_figure(
        draw_heatmap(grid, theme=state.theme().name),
        key="last_mile_map_figure",
        alt=f"Change from the reference to the customer's set. {describe_heatmap(grid)}",
        table=table,
    )
    unit = " in points" if metric.unit == "share" else ""
    st.caption(
        f"The customer's set minus the reference{unit}. Orange: worse here. A dot: the interval leaves out no change. "
        "Hatched: too few on one side. Dash: not on both sides." + (f" {left:,} more rows are left out." * bool(left))
    )
    show_table(table, key="last_mile_map_table", alt="The change of every pair of levels")
