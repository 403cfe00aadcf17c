"""The Overview page: how good overall, where worst, the largest gap against chance, and what cannot be told."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from dashboard import controls, page_controls, policies, state
from dashboard.cards import draw_gap, draw_limits, draw_overall, draw_worst
from dashboard.charts.strips import describe_strips, draw_strips, table_strips
from dashboard.parts import say, say_limits, show_figure, show_table
from dashboard.policy_panels import draw_briefly
from dashboard.words import plain
from metrics.answers import list_limits
from metrics.compare import compare
from metrics.estimate import estimate
from metrics.families import fold_families, fold_gaps, leave_out_rest
from metrics.sentences import say_worst
from metrics.spread import spread
from metrics.weightings import WEIGHTINGS, say_weightings

MOST_STRIPS = 12

st.title("Does the model treat everyone alike?")
loaded = controls.need_data("how good the model is overall, for whom it is worst, and whether that may be chance")
view = state.current_view(loaded)
cubes, metric = loaded.of(view), page_controls.metric_of(loaded, view)
asked = (None, [view.metric])
options: dict[str, Any] = {"confidence": view.confidence, "min_units": view.min_units}

estimates, disparities, gaps = controls.ask(
    loaded, *(partial(question, cubes, *asked, **options) for question in (estimate, compare, spread))
)
disparities, strips = leave_out_rest(disparities, loaded.axes), fold_families(estimates, loaded.axes)
gaps = fold_gaps(gaps, loaded.axes)
if loaded.axes:
    say(say_worst(estimates, disparities, metric, confidence=view.confidence))

with st.grid(4, min_column_width=170):
    draw_overall(estimates, metric)
    draw_worst(estimates, disparities, metric)
    draw_gap(gaps, metric)
    draw_limits(cubes[0], estimates, metric)

if loaded.axes:
    drawn, left = page_controls.cut_strips(strips, gaps, metric, MOST_STRIPS)
    table = table_strips(strips, metric)
    show_figure(
        draw_strips(drawn, metric, spreads=gaps, theme=state.theme().name),
        key="overview_figure",
        alt=describe_strips(drawn, metric, spreads=gaps),
        table=table,
    )
    if left:
        st.caption(f"The {MOST_STRIPS} attributes with the largest gaps; the table has {left} more.")
    with st.expander("The same as a table"):
        show_table(table, key="overview_table", alt=f"{metric.title} of every group")
else:
    st.caption("No column of the file says which group a row belongs to. Name one on the Data page.")

if len(loaded.systems) > 1:
    st.subheader("The models side by side", anchor=False)
    everyone, every_gap = controls.ask(
        loaded,
        partial(estimate, loaded.cubes, [], [view.metric], **options),
        partial(spread, loaded.cubes, *asked, **options),
    )
    show_table(page_controls.table_systems(everyone, every_gap, metric), key="overview_systems", alt="Every model")

with st.container(horizontal=True):
    for page, label in (("slices", "Every group with its interval"), ("disparities", "All metrics at once")):
        if loaded.axes:
            controls.link(page, label)
verdicts = st.container()
limits = list_limits(cubes[0], estimates, metric, view.min_units)
if view.metric in WEIGHTINGS:
    limits += say_weightings(cubes[0], None, baseline="rest", min_units=view.min_units)
say_limits(limits)
policy = policies.current() if loaded.axes else None
if policy is not None:
    with verdicts:  # last, for it may have to wait
        st.subheader(f"Verdicts of the policy {plain(policy.name, 80)}", anchor=False)
        draw_briefly(policies.judge_policy(loaded, policy))
