"""The Slice finder page: which combinations of levels fare worse than the rest, out of all there are."""

from __future__ import annotations

import streamlit as st

from dashboard import controls, slice_saving, state
from dashboard.parts import say, say_limits
from dashboard.slice_finder_checks import draw_attribution, draw_checks, draw_tree
from dashboard.slice_finder_controls import choose_search, search
from dashboard.slice_finder_list import draw_findings, draw_lattice, draw_picture
from dashboard.state import BIND
from metrics.answers import list_limits
from metrics.find_words import levels_alone, say_findings, say_limits_of_search, say_search

st.title("Where does the model fare worst?")
loaded = controls.need_data("the slices that fare worse than the rest, out of all combinations of attributes")
answer = st.container()
view = state.current_view(loaded)
searched = search(loaded, view, choose_search(loaded, view))
found = searched.found
with answer:
    say(say_findings(found, searched.findings))
    say(say_search(found))

tabs = ("Findings", "Is it real?", "Which condition?", "Tree")
findings, checks, shares, tree = st.tabs(tabs, key="slice_finder_tab", on_change="rerun", bind=BIND)
slice_saving.keep_begun_slice(loaded)
if findings.open:
    with findings:
        draw_picture(searched)
        draw_findings(loaded, searched)
        draw_lattice(searched)
for tab, draw in ((checks, draw_checks), (shares, draw_attribution), (tree, draw_tree)):
    if tab.open:
        with tab:
            draw(loaded, view, searched)

alone = levels_alone(found).assign(metric=found.metric.name)
say_limits([*say_limits_of_search(found), *list_limits(loaded.of(view)[0], alone, found.metric, view.min_units)])
