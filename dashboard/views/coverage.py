"""The Coverage page: who is there in numbers enough to say anything of them, and whom to collect next."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard import controls, state
from dashboard.coverage_controls import choose_covering, cover_data, type_rules
from dashboard.coverage_gaps import draw_plan, draw_t_way, draw_uncovered
from dashboard.coverage_grid import draw_combinations, draw_grid
from dashboard.coverage_shares import draw_shares
from dashboard.page_controls import metric_of
from dashboard.parts import say, say_limits
from metrics.coverage.words import say_combinations, say_limits_of_cover, say_unseen

st.title("Whom do these data cover?")
loaded = controls.need_data("how many there are of every combination of groups, and which are too few to judge")
view = state.current_view(loaded)
metric = metric_of(loaded, view)
answer = st.container()
asked = choose_covering(loaded, view)
grid = st.container()
# The rules stand below what they change, and are read before it.
with st.container():
    st.subheader("What is not covered", anchor=False)
    uncovered = st.container()
    asked = replace(asked, rules=type_rules(loaded))
with grid:
    covered = cover_data(loaded, view, asked)
    draw_grid(loaded, covered, metric)
    draw_combinations(covered, metric)
with answer:
    say(say_combinations(covered), say_unseen(covered, metric.name))
with uncovered:
    draw_t_way(covered)
    draw_uncovered(loaded, covered)

st.subheader("Collect next", anchor=False)
draw_plan(loaded, view, covered)
st.subheader("Against a reference mix", anchor=False)
draw_shares(loaded, view, covered)
say_limits(say_limits_of_cover(covered))
