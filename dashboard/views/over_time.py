"""The Over time page: months, versions or files in their order; which gap left its limit, and when."""

from __future__ import annotations

import streamlit as st

from dashboard import controls, over_time_controls, over_time_panels, page_controls, series_work, state
from dashboard.charts.timeline import draw_gaps, draw_values
from dashboard.charts.timeline_words import describe_gaps, describe_values, table_gaps, table_values
from dashboard.finding_list import show_findings
from dashboard.parts import say, say_limits, show_figure, show_table
from dashboard.words import plain
from metrics.series.words import list_limits_of_series, say_left

st.title("How has each group fared over time?")
loaded = controls.need_data("every group's value and gap, month by month or file by file", "loans_by_month")
answer = st.container()
source = over_time_controls.choose_source(loaded)
with st.container(horizontal=True, vertical_alignment="bottom"):
    view = controls.choose(loaded, by=True, baseline=True)
    metric = page_controls.metric_of(loaded, view)
    limit = over_time_controls.choose_limit(metric)

found = series_work.ask(loaded, view, source, limit)
with answer:
    if len(found.series.in_time) < 2:
        over_time_panels.say_alone(found)
    else:
        say(say_left(found.left, metric))
    over_time_panels.ask_order(found)
show_findings(found.findings, key="over_time_findings")

drawn = over_time_panels.choose_drawn(found, metric)
values, gaps = (over_time_panels.only_drawn(frame, drawn) for frame in (found.values, found.gaps))
theme = state.theme().name
st.subheader(f"{plain(metric.title, 200)} of every group", anchor=False)
show_figure(
    draw_values(values, metric, theme=theme),
    key="over_time_figure",
    alt=describe_values(values, metric),
    table=table_values(values, metric),
)
st.subheader("Gaps, and their limit", anchor=False)
show_figure(
    draw_gaps(gaps, metric, theme=theme),
    key="over_time_gaps_figure",
    alt=describe_gaps(gaps, metric),
    table=table_gaps(gaps, metric),
)
over_time_panels.say_undrawn(values, gaps)
over_time_panels.show_left(found, metric)
over_time_panels.show_change(found, metric, view)
with st.expander("All numbers of the pictures", icon=":material/table:"):
    show_table(table_values(found.values, metric), key="over_time_values", alt=f"{metric.title} of every group and set")
    show_table(table_gaps(found.gaps, metric), key="over_time_gaps", alt="The gap of every group in every set")
say_limits(list_limits_of_series(found.series, found.values, view.min_units))
