"""The Slice finder page: which combinations of levels fare worse than the rest, out of all there are."""

from __future__ import annotations

import streamlit as st

from dashboard import controls, state
from dashboard.charts.found import describe_found, draw_found, table_found
from dashboard.parts import say, say_limits, show_figure, show_table
from dashboard.slice_finder_controls import choose_search, search
from dashboard.slice_finder_list import draw_findings, draw_lattice
from metrics.answers import list_limits
from metrics.find_words import say_findings, say_limits_of_search, say_search

st.title("Where does the model fare worst?")
loaded = controls.need_data("the slices that fare worse than the rest, out of all combinations of attributes")
answer = st.container()
view = state.current_view(loaded)
searched = search(loaded, view, choose_search(loaded, view))
found, findings = searched.found, searched.findings
with answer:
    say(say_findings(found, findings))
    say(say_search(found))

if len(findings):
    table = table_found(findings, found.metric)
    show_figure(
        draw_found(findings, found.metric, theme=state.theme().name),
        key="slice_finder_figure",
        alt=describe_found(findings, found.metric),
        table=table,
    )
    with st.expander("The same as a table"):
        show_table(table, key="slice_finder_table", alt="The findings, those that fare worst first")
draw_findings(loaded, searched)
draw_lattice(searched)

alone = found.lattice[[len(s.axes) == 1 for s in found.lattice["slice"]]].assign(metric=found.metric.name)
say_limits([*say_limits_of_search(found), *list_limits(loaded.of(view)[0], alone, found.metric, view.min_units)])
