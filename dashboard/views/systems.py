"""The Systems page: which model serves whom, on the same rows?"""

from __future__ import annotations

import streamlit as st

from dashboard import controls, page_controls, systems_panels
from dashboard.parts import say, say_limits
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
systems_panels.draw_trade_off(pair)
if not pair.possible:
    st.stop()
kind = page_controls.choose_one("What changed", CHANGES, "systems_kind")
if kind == "gaps":
    systems_panels.draw_gaps(pair)
else:
    systems_panels.draw_verdicts(pair, verdicts)
most = int(verdicts["units"].max()) if len(verdicts) else 0
say_limits(
    [
        f"Only rows that both models answered count in a comparison of two: {most:,} of {len(loaded.results):,}.",
        "That the data cannot tell is no proof that two models serve a group alike. How many more rows would tell "
        "stands in the table; it takes the rates as they are now.",
        "The Pareto set goes by the values, which chance moves: another set of rows may have another.",
        "McNemar's p is of one group alone and of rows that are independent; the verdict heeds how many groups were "
        "compared, and clusters.",
    ]
)
