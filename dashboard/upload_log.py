"""The log of an upload on the Data page: what was changed of it, by whom, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from dashboard.datasets import Dataset
from dashboard.parts import show_table
from dashboard.words import count, plain
from dashboard.workspace import Entry, Workspace
from metrics.errors import ResultsError

__all__ = ["draw_log"]

_NOBODY = "whoever had the address"  # who is not signed in
_MOST, _LONGEST = 200, 1_400  # rows on screen; letters of a line


def draw_log(data: Dataset) -> None:
    """Draw what was changed of an upload, the newest first; nothing where nothing was."""
    try:
        entries = Workspace.at_home().read_log(data.id) if data.kind == "upload" else []
    except ResultsError:  # who reads the data says what is wrong
        return
    if not entries:
        return
    with st.expander(f"What was changed, and when ({len(entries):,})", icon=":material/history:"):
        last = entries[-1]
        said = f"Last on {_day(last.at)}, by {last.who or _NOBODY}: {last.detail or last.what}."
        st.markdown(plain(said, _LONGEST))
        show_table(_table_log(entries), key="data_log", alt="Who changed what of these data, and when")
        if len(entries) > _MOST:
            st.caption(f"The latest {_MOST:,}; {count(len(entries) - _MOST, 'earlier change')} not shown.")
        st.caption("It is deleted with the data. Whoever has their address can read it.")


def _table_log(entries: Sequence[Entry]) -> pd.DataFrame:
    """Return the entries as a table, the newest first, with the columns when, what, how and who."""
    rows = [(_day(e.at), e.what, e.detail, e.who or _NOBODY) for e in entries[: -_MOST - 1 : -1]]
    return pd.DataFrame(rows, columns=["when", "what", "how", "who"])


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%d %b %Y, %H:%M} UTC"
