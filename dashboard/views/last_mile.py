"""The Last mile page: does the model treat the groups of a customer's own set like those of the reference?"""

from __future__ import annotations

import streamlit as st

from dashboard import controls
from dashboard.last_mile_controls import choose_asked
from dashboard.last_mile_cover import draw_cover
from dashboard.last_mile_gaps import draw_gaps
from dashboard.last_mile_groups import compare_groups, draw_groups
from dashboard.last_mile_map import draw_map
from dashboard.last_mile_mix import draw_mix
from dashboard.last_mile_parts import draw_parts
from dashboard.last_mile_sets import draw_sets, need_pair
from dashboard.parts import say, say_limits
from dashboard.state import BIND
from metrics.two_sets.words import say_overall, say_sets

LIMITS = [
    'A verdict needs its whole interval clear of 0 after all groups were heeded; "no change shown" needs the whole '
    "interval within the margin. Neither is said of groups that one side has too few of.",
    "The two sets are taken as two independent samples. Where they were collected or transcribed in other ways, a "
    "change may be that of the collection and not of the model.",
    "Who is in neither set gets no answer here.",
]

st.title("Does the model treat your groups like the reference's?")
loaded = controls.need_data("how every group fares in a second set, beside the reference", example="call_centre")
answer = st.container()
pair = need_pair(loaded)
draw_sets(loaded, pair)
asked = choose_asked(loaded, pair)
changes = compare_groups(pair, asked)
differences = changes[changes["kind"] == "difference"]
with answer:
    say(say_overall(differences, asked.metric))
    say(*say_sets(differences, asked.metric))

tabs = ("Groups", "Gaps", "Mix or model", "Mix itself", "Coverage", "Map of changes")
groups, gaps, parts, mix, cover, heat = st.tabs(tabs, key="last_mile_tab", on_change="rerun", bind=BIND)
if groups.open:
    with groups:
        draw_groups(changes, asked)
if gaps.open:
    with gaps:
        draw_gaps(loaded, pair, asked)
if parts.open:
    with parts:
        draw_parts(pair, asked, (differences["reference"].iloc[0], differences["customer"].iloc[0]))
for tab, draw in ((mix, draw_mix), (cover, draw_cover), (heat, draw_map)):
    if tab.open:
        with tab:
            draw(pair, asked)
say_limits(LIMITS)
