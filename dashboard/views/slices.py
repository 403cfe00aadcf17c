"""The Slices page: every group's value with its interval, the worst on top."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from dashboard import controls, page_controls, slice_editor, state
from dashboard.charts.intervals import describe_intervals, draw_intervals, table_intervals
from dashboard.parts import say, say_limits, show_figure, show_table
from dashboard.speech_panels import draw_error_kinds, draw_slice
from metrics.answers import list_limits
from metrics.compare import compare
from metrics.estimate import estimate
from metrics.families import leave_out_rest
from metrics.sentences import say_worst
from metrics.weightings import WEIGHTINGS, say_weightings

MOST_DRAWN = 60

st.title("How well does each group fare?")
loaded = controls.need_data("every group's value with its interval, the worst on top")
answer = st.container()
view = controls.choose(loaded, by=True, baseline=True, compare=True)
cubes, metric = loaded.of(view), page_controls.metric_of(loaded, view)

asked = (cubes, view.groupings, [view.metric])
options: dict[str, Any] = {"confidence": view.confidence, "min_units": view.min_units}
estimates, disparities = controls.ask(
    loaded,
    partial(estimate, *asked, **options),
    partial(compare, *asked, kinds=(view.compare,), baseline=view.baseline, **options),
)
estimates, disparities = (leave_out_rest(frame, loaded.axes) for frame in (estimates, disparities))
with answer:
    say(say_worst(estimates, disparities, metric, confidence=view.confidence))

sort = page_controls.choose_one("Sort", {"worst": "Worst first", "given": "As in the file"}, "slices_sort")
drawn, left = page_controls.cut_slices(estimates, metric, sort, MOST_DRAWN)
table = table_intervals(estimates, metric, disparities=disparities, sort=sort)
show_figure(
    draw_intervals(drawn, metric, disparities=disparities, theme=state.theme().name, sort=sort),
    key="slices_figure",
    alt=describe_intervals(drawn, metric),
    table=table,
)
if left:
    st.caption(f"The first {MOST_DRAWN} groups are drawn; {left:,} more are in the table.")
show_table(table, key="slices_table", alt=f"{metric.title} of every group")

draw_error_kinds(loaded, view)
page_controls.look_into(loaded, [s for s in estimates["slice"] if s.levels])
slice_editor.draw_editor(loaded, view, state.current_view(loaded).cell)
chosen = st.container()
limits = list_limits(cubes[0], estimates, metric, view.min_units)
if view.metric in WEIGHTINGS:
    limits += say_weightings(cubes[0], view.groupings, baseline=view.baseline, min_units=view.min_units)
say_limits(limits)
with chosen:  # last, for it may have to wait
    draw_slice(loaded, view, state.current_view(loaded).cell)
