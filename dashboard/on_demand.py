"""Parts of a page that are worked out when somebody asks: a button, then how far it is, then the answer.

The rest of the page stays as it is meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any

import streamlit as st

from dashboard import loading, state
from dashboard.view import Loaded
from dashboard.waiting import Waiting, draw_waiting
from dashboard.words import on_screen, plain
from metrics.errors import QuestionError
from metrics.progress import Tell

__all__ = ["on_demand", "refuse", "wait_for"]

_STOPPED = "This was stopped; nothing is lost."


def on_demand(loaded: Loaded, what: Hashable, work: Callable[[Tell], Any], label: str, key: str) -> Any:
    """Draw the button that begins some work, and return what it gives, None before that is there."""
    asked, whole = f"{key}_asked", (loaded.key, what)
    if state.recall(asked) != whole:
        st.button(label, key=key, icon=":material/play_arrow:", on_click=state.remember, args=(asked, whole))
        return None
    return wait_for(loaded, what, work, key)


def wait_for(loaded: Loaded, what: Hashable, work: Callable[[Tell], Any], key: str) -> Any:
    """Return what some work gives; until it is there, or where it cannot be done, say so and return None."""
    done = loading.work_out(loaded, what, partial(_work, work))
    if isinstance(done, Waiting):
        draw_waiting(done, _STOPPED, "Go on", key=f"{key}_waiting")
        return None
    if isinstance(done, QuestionError):
        refuse(done)
        return None
    return done


def refuse(error: QuestionError) -> None:
    """Say why something cannot be asked of the data."""
    st.info(plain(on_screen(str(error)), 900), icon=":material/info:")


def _work(work: Callable[[Tell], Any], tell: Tell) -> Any:
    """Do it. What cannot be asked of the data is an answer, too."""
    try:
        return work(tell)
    except QuestionError as error:
        return error
