"""Sending a submission: written into the bounty's folder, judged at once, and what was decided of it."""

from __future__ import annotations

import streamlit as st

from dashboard.bounty_drafts import Draft
from dashboard.bounty_play import Playing


def show_decision(playing: Playing) -> None:
    pass


def draw_button(playing: Playing, draft: Draft) -> None:
    st.button("Submit", key="submit_send", type="primary")
