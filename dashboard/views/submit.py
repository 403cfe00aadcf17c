"""The Submit page: a group and better predictions for it, tried on the explore split and then judged at once."""

from __future__ import annotations

import streamlit as st

from dashboard import bounty_controls, finding_reports, hunted_drafts, submit_controls, submitting
from dashboard.page_controls import choose_one

KINDS = {
    "model": "A group and better predictions",
    "report": "A finding without a model",
    "draft": "Drafts from a search",
}

st.title("Which group have you found?")
submitting.settle()
playing = bounty_controls.need_bounty("a form to submit a group and better predictions, tried before it is judged")
submit_controls.say_who_may()
kind = choose_one("What to submit", KINDS, "submit_kind")
if kind == "report":
    finding_reports.draw_form(playing)
elif kind == "draft":
    hunted_drafts.draw_drafts(playing)
else:
    submit_controls.draw_form(playing)
