"""The Evidence page: a finding on one page that others can check, and the answer to someone else's."""

from __future__ import annotations

import streamlit as st

from dashboard import controls, evidence_controls, page_controls, report_controls, state
from dashboard.parts import say
from metrics.evidence import NOT_TOLD

st.title("What would convince someone else?")
loaded = controls.need_data("a finding about one group on one page: claim, numbers, doubts, and how to check it")
sheet = evidence_controls.open_sheet()
if sheet is None:
    st.markdown("Choose the group that the finding is about; the metric is that of the sidebar.")
    controls.choose(loaded, baseline=True)
    cell = page_controls.choose_levels(loaded, state.current_view(loaded), page="evidence")
    if not cell.levels:
        st.info("Choose a level of at least one attribute.", icon=":material/touch_app:")
        st.stop()
view = state.current_view(loaded)
told = evidence_controls.tell(is_answer=sheet is not None)
if sheet is None:
    drawn = evidence_controls.make_sheet(loaded, view, cell, told)
else:
    drawn = evidence_controls.answer_sheet(loaded, view, sheet, told)
say(drawn.sheet.claim)
comparison = drawn.sheet.comparison
if comparison is not None:
    say(comparison.words)
if not told.sampling:
    st.caption(f"How the sample was drawn is {NOT_TOLD}; a finding without it convinces few.")
evidence_controls.download(drawn)
report_controls.preview(drawn.forms["html"], "The evidence sheet as it prints")
