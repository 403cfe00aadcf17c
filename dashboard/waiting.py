"""Long work on screen: what it is doing, how far it is, and a button that stops it."""

from __future__ import annotations

import streamlit as st

from dashboard import state
from dashboard.state import Waiting

__all__ = ["draw_waiting"]

_EVERY = 0.4  # seconds between two looks


def draw_waiting(waiting: Waiting, stopped: str, again: str) -> None:
    """Draw how far the work is. Where it was stopped, say so (`stopped`), with a button that takes it up (`again`)."""
    if waiting.job is not None:
        _watch(waiting)
        return
    st.info(stopped, icon=":material/pause_circle:")
    st.button(again, key="begin_again", icon=":material/refresh:", on_click=state.begin_again, args=(waiting,))


@st.fragment(run_every=_EVERY)
def _watch(waiting: Waiting) -> None:
    """Look again and again, and run the page anew when the work is over."""
    if waiting.job is None or waiting.job.is_over:
        st.rerun()
        return
    state.attend(waiting)
    with st.container(key="waiting"):
        st.progress(waiting.job.share, text=f"{waiting.job.words} ...")
        if st.button("Cancel", key="stop_waiting", icon=":material/close:"):
            state.stop_waiting(waiting)
            st.rerun()
