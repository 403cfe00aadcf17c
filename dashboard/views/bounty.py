"""The Bounty page: its rules, what was found, what became of the model, and every decision with its reason."""

from __future__ import annotations

import streamlit as st

from dashboard import bounty_controls, bounty_panels, submitting
from dashboard.parts import say, say_limits
from dashboard.words import plain
from metrics.bounty.telling import explain_law

LIMITS = [
    "The losses are of the validation split, which every decision has looked at: what was accepted is a finding, and "
    "only what is certified on the sealed split is shown to hold for others.",
    "Groups that nobody has named may still be served badly; the bounty says nothing of them.",
    "Rounded numbers may hide small changes; what was decided rests on the whole ones.",
]

st.title("Whom did the model fail, and who found out?")
submitting.settle()
playing = bounty_controls.need_bounty("the rules of a bounty, the model's error round by round, and every decision")
st.subheader(plain(playing.terms.name, 120), anchor=False)
say(bounty_panels.say_outcome(playing))
bounty_panels.draw_rounds(playing)
st.caption(f":material/balance: {plain(explain_law(playing.terms), 300)}")

st.subheader("Decisions", anchor=False)
submitting.judge_waiting(playing)
bounty_panels.show_decisions(playing)
st.subheader("Rules", anchor=False)
bounty_panels.show_rules(playing)
st.subheader("Why accepted is not yet certified", anchor=False)
bounty_panels.explain_tiers(playing)
say_limits(LIMITS)
