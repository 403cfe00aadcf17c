"""The bundle file on the Publish page: made when asked for, remembered like a report, and kept by this session."""

from __future__ import annotations

import secrets
from collections.abc import Hashable

import streamlit as st

from dashboard import loading, owned_reports, state
from dashboard.jobs import Work
from dashboard.publishing import HandedOn, Preview
from dashboard.view import Loaded
from dashboard.waiting import Waiting, draw_waiting
from dashboard.words import on_screen, plain
from dashboard.workspace import Workspace
from metrics.sharing.bundle import SUFFIX
from metrics.writing import name_file

__all__ = ["make", "offer", "say"]

_ASKED, _MADE = "publish_file_asked", "publish_file"


def offer(mark: Hashable, preview: Preview, may_make: bool = True) -> None:
    """Draw the button that makes the bundle file of what is chosen (`mark`), then the one that gives it.

    `may_make`: whether the owner has looked at all that goes along.
    """
    made = _made_of(mark)
    if made is None:
        st.button(
            "Make the bundle file",
            key="publish_bundle_make",
            icon=":material/folder_zip:",
            on_click=_ask,
            args=(mark,),
            help="The same report as one file, to be opened in any other installation. What it shows is remembered, so "
            "that no later report of the same rows can be subtracted from it.",
            disabled=not may_make,
        )
        return
    st.download_button(
        "Download the bundle",
        made.bundle,
        f"{name_file(preview.shared.terms.title)}{SUFFIX}",
        "application/zip",
        key="publish_bundle_download",
        icon=":material/download:",
        on_click="ignore",
    )


def say(mark: Hashable) -> None:
    """Say what is remembered of the bundle that was made, and give its owner's link where nobody signs in."""
    made = _made_of(mark)
    if made is None:
        return
    owned_reports.say_more_hidden(made.more_hidden)
    st.markdown(
        "What the bundle shows is remembered from now on, without any row, so that no later report of the same rows "
        "can be subtracted from it. A file cannot be withdrawn."
    )
    if not made.report.owner:
        st.markdown("**Your own link**, to have it forgotten if you never hand the file on; it is shown here alone:")
        st.code(state.link_to("publish", own=f"{made.report.id}.{made.key}"), language=None, wrap_lines=True)


def make(loaded: Loaded, mark: Hashable, work: Work) -> None:
    """Make the file that was asked for by `work`, once; it gives a `HandedOn`, or the error that says why not."""
    asked = state.recall(_ASKED)
    if asked is None:
        return
    token, of = asked
    if of != mark:  # something else is chosen by now: that is not what was asked for
        state.remember(_ASKED, None)
        return
    found = loading.work_out(loaded, ("handing on", token), work)
    if isinstance(found, Waiting):
        if found.job is not None:
            draw_waiting(found, "", "", key="publish_writing")
            return
        state.remember(_ASKED, None)
        st.info("No bundle was made.", icon=":material/pause_circle:")
        return
    state.remember(_ASKED, None)
    if isinstance(found, HandedOn) and Workspace.at_home().claim(found.report.id, found.report.began):
        state.remember(_MADE, (mark, found))
        owned_reports.remember_file(found.report, found.key)
        st.rerun()
    if isinstance(found, HandedOn):
        st.info("The bundle waited here too long, and nothing of it is kept. Make it again.", icon=":material/history:")
        return
    st.error(plain(on_screen(str(found)), 900), icon=":material/block:")


def _made_of(mark: Hashable) -> HandedOn | None:
    """Return the bundle that this session has made of what is chosen, unless its owner has had it forgotten since."""
    of, made = state.recall(_MADE, (None, None))
    if of != mark or not isinstance(made, HandedOn) or Workspace.at_home().look_up(made.report.id) is None:
        return None
    return made


def _ask(mark: Hashable) -> None:
    """Ask for it, in a callback. A second click while it is being made asks for nothing more."""
    asked = state.recall(_ASKED)
    if asked is None or asked[1] != mark:
        state.remember(_ASKED, (secrets.token_hex(8), mark))
