"""Waiting for long work: a person asks for it, is told how far it is, may stop it and take it up again.

The work runs beside the page and touches nothing of it; whoever asks for the same waits for the same.
"""

from __future__ import annotations

import secrets
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import state
from dashboard.jobs import Cancelled, Job, Jobs, Work
from dashboard.turns import leave_turn

__all__ = ["EVERY", "PATIENCE", "Waiting", "await_work", "draw_waiting", "patience"]

PATIENCE = 0.7  # seconds: work that takes less is not worth a word
EVERY = 0.4  # seconds between two looks
_AT_ONCE = 0.03  # seconds: of work that takes less nobody else need have the turn
_STOPPED, _ME = "stopped", "me"


@dataclass(frozen=True, eq=False)
class Waiting:
    """Work that is not done: `job` runs, or somebody here has stopped it (None)."""

    key: Hashable
    job: Job | None

    @property
    def is_over(self) -> bool:
        return self.job is None or self.job.is_over


def await_work(jobs: Jobs, key: Hashable, work: Work) -> Any:
    """Return what the work gives, or a `Waiting` where that takes longer than a moment or was stopped here.

    The work must not touch anything of a page.
    """
    if key in state.recall(_STOPPED, ()):
        return Waiting(key, None)
    job = jobs.start(key, work)
    job.attend(_me())
    if not patience(job):
        return Waiting(key, job)
    jobs.settle(key, job)
    try:
        return job.result()
    except Cancelled:
        return Waiting(key, None)


def patience(job: Job) -> bool:
    """Wait for a moment, where the job is young, and return whether it is over."""
    if job.wait(_AT_ONCE) or job.age > PATIENCE:
        return job.is_over
    with leave_turn():  # to others, who have something to draw
        return job.wait(max(0.0, PATIENCE - job.age))


def draw_waiting(waiting: Waiting, stopped: str, again: str, key: str = "waiting") -> None:
    """Draw how far the work is. Where it was stopped, say so (`stopped`), with a button that takes it up (`again`).

    `key` tells apart what is waited for on one page.
    """
    if waiting.job is not None:
        _watch(waiting, key)
        return
    st.info(stopped, icon=":material/pause_circle:")
    st.button(again, key=f"{key}_begin_again", icon=":material/refresh:", on_click=begin_again, args=(waiting,))


@st.fragment(run_every=EVERY)
def _watch(waiting: Waiting, key: str) -> None:
    """Look again and again, and run the page anew when the work is over."""
    if waiting.job is None or waiting.job.is_over:
        st.rerun()
        return
    waiting.job.attend(_me())
    with st.container(key=key):
        st.progress(waiting.job.share, text=f"{waiting.job.words} ...")
        if st.button("Cancel", key=f"{key}_stop", icon=":material/close:"):
            stop_waiting(waiting)
            st.rerun()


def stop_waiting(waiting: Waiting) -> None:
    """Stop the work, unless others wait for it too; this person is shown it no longer."""
    state.remember(_STOPPED, {*state.recall(_STOPPED, ()), waiting.key})
    if waiting.job is not None:
        waiting.job.leave(_me())


def begin_again(waiting: Waiting) -> None:
    """Take up work that was stopped."""
    state.remember(_STOPPED, {*state.recall(_STOPPED, ())} - {waiting.key})


def _me() -> str:
    """Who waits: this session, by a name that means nothing."""
    if not state.recall(_ME):
        state.remember(_ME, secrets.token_hex(8))
    return str(state.recall(_ME))
