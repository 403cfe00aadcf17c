"""The published report that is read: found by its address, its bundle read once for everyone."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from dashboard import people, state
from dashboard.jobs import Jobs
from dashboard.roles import may_read
from dashboard.viewer import is_viewer
from dashboard.waiting import Waiting, await_work, draw_waiting
from dashboard.workspace import Report, Workspace
from metrics.errors import ResultsError
from metrics.progress import Tell
from metrics.registry import Metric
from metrics.sentences import orient
from metrics.sharing.bundle import read_bundle
from metrics.sharing.shared_cube import Shared

__all__ = ["NOTHING_ASKED", "NOTHING_HERE", "Opened", "find_opened", "open_report"]

NOTHING_HERE = (
    "There is no report under this address: it may have been withdrawn, its time may be over, or the address is not "
    "whole."
)
NOTHING_ASKED = "Open the link that you were sent: it shows the report here."
_OR_A_FILE = " A report that you were sent as a file is opened below."
_MOST_KEPT = 24  # reports that are read at a time, for all sessions
_MOST_BYTES = 1_000_000_000  # of all of them together
_KEPT_FOR = 3600.0  # seconds


@dataclass(frozen=True, eq=False)
class Opened:
    """A report with what it holds: everything that a reader may ask."""

    report: Report
    shared: Shared

    @property
    def key(self) -> Hashable:
        """What the numbers hang on: the content of the bundle alone."""
        return ("published", self.report.sha256)

    @property
    def metrics(self) -> dict[str, Metric]:
        """The metrics that are shared, each with the side that is better for the person where that is declared."""
        favourable = self.shared.schema.favourable
        return {name: orient(metric, favourable) for name, metric in self.shared.cubes.metrics.items()}


def find_opened(report_id: str) -> Opened | Waiting | None:
    """Return the report of an id, how far its reading is, or None.

    Unknown, altered, withdrawn and ended ids, and reports that others may read, all give None.
    """
    report = Workspace.at_home().find_report(report_id)
    if report is None or not may_read(report, people.person()):
        return None
    try:
        found = await_work(_bundles(), report.sha256, partial(_read, report))
    except (ResultsError, OSError):  # withdrawn while it was being read, or damaged
        return None
    return found if isinstance(found, Waiting) else Opened(report, found)


def open_report() -> Opened | None:
    """Return the report of the address. Where there is none to be read (yet), say so and return None."""
    report = state.report_id()
    found = find_opened(report)
    if isinstance(found, Opened):
        return found
    st.title("What was published?")
    if not report:
        st.info(NOTHING_ASKED + ("" if is_viewer() else _OR_A_FILE), icon=":material/link:")
        return None
    if isinstance(found, Waiting):
        draw_waiting(found, "Opening the report was stopped.", "Open it again")
        state.keep_choices()
        return None
    st.info(NOTHING_HERE, icon=":material/search_off:")
    if people.is_sign_in_on() and not people.person():
        people.offer_sign_in("read reports that are meant for you")
    return None


def _read(report: Report, tell: Tell) -> Shared:
    tell("Opening the report", 0.0)
    return read_bundle(report.path)


@st.cache_resource(show_spinner=False)
def _bundles() -> Jobs:
    return Jobs(keep=_MOST_KEPT, seconds=_KEPT_FOR, weigh=lambda shared: shared.nbytes, most=_MOST_BYTES)
