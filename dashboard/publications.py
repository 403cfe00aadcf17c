"""Publications under way: the page speaks of one alone until it is over and its links are kept.

Whoever has the ticket, which stands in the address meanwhile, finds the publication again after a reload. What nobody
claims by looking at its links is removed (`Workspace.claim`).
"""

from __future__ import annotations

import secrets
from typing import Any

import streamlit as st

from dashboard import owned_reports, people, state
from dashboard.jobs import Cancelled, Job, Jobs, Work
from dashboard.publishing import UNCLAIMED_FOR, Published
from dashboard.waiting import EVERY, patience
from dashboard.words import say_error
from dashboard.workspace import Workspace

__all__ = ["begin", "draw"]

_MOST_KEPT = 200  # that are over and whose links somebody may still look at, for all sessions
_LOST = (
    "This publication is over. Its links were put away, or nobody looked at them within "
    f"{UNCLAIMED_FOR / 60:.0f} minutes: then nothing stays published."
)


def begin(work: Work) -> None:
    """Begin to publish, and have the page speak of that alone. `work` gives a `Published`, or why there is none."""
    ticket = secrets.token_urlsafe(24)
    _publications().start(ticket, work).attend(ticket)
    state.hold_ticket(ticket)
    st.rerun()


def draw() -> None:
    """Draw what is being published, or the links of what was, and nothing below it; nothing where there is neither."""
    owned_reports.show_new(_put_away)
    ticket = state.ticket()
    if not ticket:
        return
    job = _publications().find(ticket)
    if job is not None and not patience(job):
        state.keep_choices()
        _watch(ticket, job)
        st.stop()
    state.hold_ticket("")
    if job is None:
        st.info(_LOST, icon=":material/search_off:")
        return
    found = _outcome(job)
    if isinstance(found, Published):
        _collect(ticket, found, late=job.is_stopped)
    elif found is None:
        st.info("Nothing was published.", icon=":material/pause_circle:")
    else:
        st.error(say_error(found), icon=":material/block:")


@st.fragment(run_every=EVERY)
def _watch(ticket: str, job: Job) -> None:
    """Look again and again, and run the page anew when it is over."""
    if job.is_over:
        st.rerun()
        return
    job.attend(ticket)
    with st.container(border=True, key="publish_publishing"):
        st.progress(job.share, text=f"{'Stopping' if job.is_stopped else job.words} ...")
        st.button(
            "Cancel",
            key="publish_publishing_stop",
            icon=":material/close:",
            on_click=job.stop,
            disabled=job.is_stopped,
        )
        st.caption("You may reload this page: it comes back to this. Nothing else can be chosen meanwhile.")


def _outcome(job: Job) -> Any:
    """Return what came of it: a `Published`, why there is none, or None where it was stopped."""
    try:
        return job.result()
    except Cancelled:
        return None


def _collect(ticket: str, found: Published, late: bool) -> None:
    """Claim what was published, and show its links: the owner's own alone to whoever has the ticket."""
    is_ours = not found.report.owner or found.report.owner == people.person()
    if not is_ours or not Workspace.at_home().claim(found.report.id, found.ends):
        st.info(_LOST, icon=":material/search_off:")
        return
    state.hold_ticket(ticket)  # F5 finds the links again, until they are put away
    owned_reports.remember_new(found, late)
    owned_reports.show_new(_put_away)


def _put_away() -> None:
    """Show the links no longer, here and by the ticket; in a callback."""
    ticket = state.ticket()
    _publications().drop(lambda key: key == ticket)
    state.hold_ticket("")
    owned_reports.forget_new()


@st.cache_resource(show_spinner=False)
def _publications() -> Jobs:
    return Jobs(keep=_MOST_KEPT, seconds=UNCLAIMED_FOR)
