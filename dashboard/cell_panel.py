"""The panel of one cell: slice and baseline with both counts, their distance, and what others call it."""

from __future__ import annotations

import streamlit as st

from dashboard import controls
from dashboard.parts import say, show_table
from dashboard.view import Loaded, View
from dashboard.words import plain
from metrics.answers import name_baseline, name_slice
from metrics.cells import Look, Side, look_into
from metrics.cube import Cube
from metrics.elsewhere import also_known_as
from metrics.formatting import (
    NOTHING,
    format_disparity,
    format_interval,
    format_number,
    format_p,
    format_support,
    format_value,
)
from metrics.sentences import say_difference

__all__ = ["draw_cell", "draw_look", "draw_other_names"]

_STATUS = {
    "too few": "There are too few rows on one side to judge by.",
    "no data": "There is nothing that this could be computed from.",
    "suppressed": "It is not shown, because too few people stand behind it.",
}


def draw_cell(loaded: Loaded, view: View) -> None:
    """Draw the panel of the chosen cell, or say how to choose one."""
    st.subheader("The cell in full", anchor=False)
    if not view.cell.levels:
        st.caption("Click a cell of the picture, or choose a group and a metric in the boxes above.")
        return
    cube = loaded.of(view)[0]
    look = look_into(cube, view.cell, view.metric, view.baseline, confidence=view.confidence, min_units=view.min_units)
    if look is None:
        st.caption("No row has this combination.")
        return
    draw_look(look)
    with st.container(horizontal=True):
        controls.link("rows", "Rows behind this cell", icon=":material/list:", cell=view.cell)
        controls.link("evidence", "Evidence sheet", icon=":material/fact_check:", cell=view.cell)
    draw_other_names(cube, look, view.baseline, key="disparities_also")


def draw_look(look: Look) -> None:
    """Draw both sides of a cell, their distance, and what the two say."""
    _draw_sides(look)
    title = name_slice(look.cell)
    said = (
        f"{title}: {say_difference(look.difference, look.metric)}; as a ratio {say_difference(look.ratio, look.metric)}"
    )
    say(
        f"{said}; adjusted p {format_p(look.difference['p_adjusted'])}.",
        _STATUS.get(str(look.difference["status"]), ""),
    )


def draw_other_names(cube: Cube, look: Look, baseline: str, key: str) -> None:
    """Draw what other libraries call the numbers of a cell."""
    others = also_known_as(cube, look.cell, look.metric, baseline)
    if len(others):
        st.markdown("**Also known as**")
        others["value"] = [
            format_number(value, signed="baseline" in sign and "/" not in sign, digits=4)
            for value, sign in zip(others["value"], others["sign"], strict=True)
        ]
        show_table(others, key=key, alt="Names of this cell in other libraries, with their values")
        st.caption(
            f"Baseline, for their privileged group, facet a or reference group: {plain(name_baseline(baseline))}. "
            "As in those libraries, no group is left out for having few rows."
        )
    else:
        st.caption("Other libraries have no name of their own for a disparity of this metric.")


def _draw_sides(look: Look) -> None:
    metric = look.metric
    with st.grid(3, min_column_width=200):
        for label, side in ((name_slice(look.cell), look.own), (_title_baseline(look.baseline.name), look.baseline)):
            with st.container(border=True):
                st.metric(plain(label, 80), format_value(metric, side.value))
                st.caption(_describe(look, side))
        with st.container(border=True):
            kind = str(look.difference["kind"])
            st.metric("Difference", format_disparity(metric, kind, look.difference["value"]))
            interval = format_interval(metric, look.difference["low"], look.difference["high"], kind)
            ratio = format_disparity(metric, "ratio", look.ratio["value"])
            st.caption(plain(f"{interval} · ratio {ratio}"))


def _title_baseline(baseline: str) -> str:
    """Return a baseline as a title. The name of an attribute is the file's, and stays as it is written there."""
    named = name_baseline(baseline)
    return named if named == baseline else named[:1].upper() + named[1:]


def _describe(look: Look, side: Side) -> str:
    interval = format_interval(look.metric, side.low, side.high)
    support = format_support(look.metric, side.top, side.below, side.units)
    return plain(" · ".join(part for part in (interval, support) if part != NOTHING) or "no data")
