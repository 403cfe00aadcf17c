"""The Feature usage page: who looked at which features in a bounty, and which features define the slices found."""

from __future__ import annotations

import streamlit as st

from dashboard import bounty_controls, controls, state, usage_panels, usage_slices

if state.bounty_id():
    st.title("Which features did the teams look at?")
    usage_panels.draw_bounty(bounty_controls.need_bounty("which features each team looked at, as a heat map"))
else:
    st.title("Which features define where it fails?")
    usage_slices.draw_data(controls.need_data("the features that define the slices found, and what errors hang on"))
    bounty_controls.offer_sample()
