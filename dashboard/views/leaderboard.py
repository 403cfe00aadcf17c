"""The Leaderboard page: who found what, what of it holds, and what each team's groups alone would make of the model."""

from __future__ import annotations

import streamlit as st

from dashboard import board_panels, bounty_controls
from dashboard.parts import say_limits

LIMITS = [
    "Digits are rounded so that nobody can fit the validation split by watching them: teams less than a step apart "
    "stand level.",
    "Accuracy and gap are of the validation split, which every decision has looked at.",
    "Credit shares the whole gain among the teams; it does not say who worked hardest.",
]

st.title("Whose groups made the model better?")
playing = bounty_controls.need_bounty("the teams: what each had accepted and certified, their credit, accuracy and gap")
board_panels.draw_board(playing)
say_limits(LIMITS)
