"""The Systems page: which model serves whom, on the same rows?"""

from __future__ import annotations

import streamlit as st

from dashboard import controls, page_controls, systems_panels
from dashboard.parts import say
from dashboard.systems_controls import choose_systems
from dashboard.systems_panels import Pair
from metrics.serves_words import say_serves

CHANGES = {"groups": "The groups themselves", "gaps": "Their gaps to everyone else"}

st.title("Which model serves whom?")
loaded = controls.need_data("which of several models serves which group better, measured on the same rows")
answer = st.container()
with st.container(horizontal=True, vertical_alignment="bottom"):
    first, second = choose_systems(loaded)
view = controls.choose(loaded, by=True)
pair = Pair(loaded, view, page_controls.metric_of(loaded, view), first, second)
if pair.possible:
    verdicts = systems_panels.judge(pair)
    with answer:
        say(say_serves(verdicts, pair.metric, first, second))
else:
    answer.info(
        "Two models are compared row by row in shares, rates and means of rows; choose another metric at the side.",
        icon=":material/info:",
    )
plane, groups = st.container(), st.container()
with groups:
    if pair.possible:
        kind = page_controls.choose_one("What changed", CHANGES, "systems_kind")
        systems_panels.draw_gaps(pair) if kind == "gaps" else systems_panels.draw_verdicts(pair, verdicts)
    systems_panels.say_what_is_not_told(pair)
with plane:  # drawn last, since many models take a while: the page stops there until they are compared
    systems_panels.draw_trade_off(pair)
