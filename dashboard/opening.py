"""Opening a bundle file: checked, kept in the workspace as a report of whoever opened it, then read like any other."""

from __future__ import annotations

import streamlit as st

from dashboard import owned_reports, people, state
from dashboard.jobs import Jobs
from dashboard.publishing import DAYS_OPENED, keep_bundle
from dashboard.viewer import is_viewer
from dashboard.waiting import Waiting, await_work, draw_waiting
from dashboard.words import say_error
from dashboard.workspace import Report, Workspace
from metrics.errors import ResultsError
from metrics.progress import Tell
from metrics.sharing.bundle_archive import MOST_BYTES

__all__ = ["offer_opening"]

_NUMBER = "opening_number"


def offer_opening() -> None:
    """Draw the place for a bundle file, and put the one in it on screen, at an address of its own."""
    if is_viewer():
        return
    with st.expander("Open a bundle file", icon=":material/folder_open:"):
        if not people.offer_upload("open a bundle file"):
            return
        number = state.recall(_NUMBER, 0)
        file = st.file_uploader(
            "A bundle: a report that was downloaded as a .zip file",
            type=["zip"],
            key=f"opening_file_{number}",
            max_upload_size=MOST_BYTES // 2**20,
            help=f"It is kept here for {DAYS_OPENED} days, under an address that only you know. You can remove it on "
            "the Publish page, as long as this session lasts.",
        )
        if file is None:
            return
        if file.size > MOST_BYTES:
            st.error(f"A bundle has at most {MOST_BYTES // 2**20} MB.", icon=":material/block:")
            return
        _open(file.file_id, file.getvalue(), file.name)


def _open(file_id: str, bundle: bytes, name: str) -> None:
    home, owner = Workspace.at_home(), people.person()

    def work(tell: Tell) -> tuple[Report, str]:
        tell("Checking the bundle", 0.0)
        return keep_bundle(bundle, name, owner, home)

    try:
        found = await_work(_openings(), (file_id, owner), work)
    except ResultsError as error:
        st.error(say_error(error), icon=":material/block:")
        return
    if isinstance(found, Waiting):
        draw_waiting(found, "Opening the bundle was stopped.", "Open it", key="opening")
        return
    state.remember(_NUMBER, state.recall(_NUMBER, 0) + 1)  # a new place: the old one still holds the file
    report, key = found
    owned_reports.remember_opened(report.id, key, report.title)
    state.read_report(report.id)
    st.rerun()


@st.cache_resource(show_spinner=False)
def _openings() -> Jobs:
    return Jobs(keep=20, seconds=600)
