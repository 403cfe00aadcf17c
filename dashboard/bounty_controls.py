"""What the bounty's pages share: opening one, leaving it, and the empty state without one."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from dashboard import bounty_play, controls, state
from dashboard.bounty_play import Playing
from dashboard.finding_list import show_findings
from dashboard.waiting import Waiting, draw_waiting
from dashboard.words import count, plain
from metrics.bounty.terms import EXPLORE, VALIDATION
from metrics.errors import ResultsError

__all__ = ["draw_bounty_sidebar", "need_bounty", "offer_sample"]

_WAITS = "bounty_waits"
_SAMPLE_SAYS = (
    "Four teams look for tenants whose urgent repairs a model overlooks. Play along: name one, predict better."
)


def need_bounty(what: str) -> Playing:
    """Return the bounty on screen; without one, say what would be here, offer the sample, and stop the page."""
    now = bounty_play.current()
    if isinstance(now, Playing):
        if state.recall(_WAITS):
            st.rerun()  # it has come while the page was being drawn, whose sidebar does not know it yet
        return now
    if isinstance(now, Waiting):
        if now.job is None:
            st.markdown(f"Here you will see {what}.")
        draw_waiting(now, "Reading the bounty was stopped; nothing is lost.", "Read it again", key="bounty_waiting")
        state.keep_choices()
    elif isinstance(now, ResultsError):
        st.error(
            f"Here you will see {what}. The bounty cannot be used yet; nothing is lost. What is in the way:",
            icon=":material/block:",
        )
        show_findings(now.findings, key="bounty_stops")
        _offer_ways(is_open=True)
    elif state.bounty_id():
        st.info(
            f"Here you will see {what}. There is no bounty under this address: its time is over, or the address is not "
            "whole.",
            icon=":material/search_off:",
        )
        _offer_ways(is_open=True)
    else:
        st.info(f"Here you will see {what}. No bounty is open.", icon=":material/emoji_events:")
        _offer_ways(is_open=False)
        st.caption("A bounty of your own is a folder of files; whoever has it serves it by")
        st.code("fairness-dashboard open --bounty DIR", language=None)
    return st.stop()


def _offer_ways(is_open: bool) -> None:
    with st.container(horizontal=True):
        st.button(
            "Try the sample bounty",
            key="try_bounty",
            on_click=state.show_bounty,
            args=("sample",),
            icon=":material/science:",
        )
        if is_open:
            st.button("Close it", key="bounty_leave", on_click=state.show_bounty, args=("",), icon=":material/close:")


def offer_sample() -> None:
    """Draw the card of the sample bounty, with a button that opens it."""
    with st.container(border=True):
        st.markdown("**A bias bounty**")
        st.caption(_SAMPLE_SAYS)
        if st.button("Open the sample bounty", key="sample_bounty", on_click=state.show_bounty, args=("sample",)):
            st.switch_page(controls.VIEWS / "bounty.py", query_params=state.address())


def draw_bounty_sidebar() -> None:
    """Draw what stands at the side of the bounty's pages."""
    now = bounty_play.current()
    state.remember(_WAITS, isinstance(now, Waiting))
    with st.sidebar:
        if not isinstance(now, Playing):
            waits = isinstance(now, Waiting) and now.job is not None
            st.caption("The bounty is being read" if waits else "No bounty is on screen")
            return
        bounty, decided = now.bounty, now.game.decisions
        st.markdown(f"**{plain(now.terms.name, 60)}**")
        accepted = sum(d.accepted for d in decided)
        st.caption(f"{count(len(bounty), 'row')} · {count(len(decided), 'submission')} · {accepted} accepted")
        parts = [int((bounty.split == part).sum()) for part in (EXPLORE, VALIDATION)]
        st.caption(f"{parts[0]:,} to explore, {parts[1]:,} to validate, {len(bounty) - sum(parts):,} sealed")
        if now.place.kind == "copy":
            st.caption(f":material/lock: your own copy, kept until {_until(now.place.ends)}")
        if now.place.kind != "opened":
            st.button("Close the bounty", key="bounty_close", on_click=state.show_bounty, args=("",), type="tertiary")


def _until(ends: float) -> str:
    return f"{datetime.fromtimestamp(ends, UTC):%d %B, %H:%M} UTC"
