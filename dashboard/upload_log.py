"""The log of an upload on the Data page: what was changed of it, by whom, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from dashboard.datasets import Dataset
from dashboard.parts import show_table
from dashboard.words import count
from dashboard.workspace import Entry, Workspace
from metrics.errors import ResultsError

__all__ = ["draw_log", "table_log"]

_MOST = 200  # rows on screen


def draw_log(data: Dataset) -> None:
    """Draw what was changed of an upload, the newest first; nothing where nothing was."""
    try:
        entries = Workspace.at_home().read_log(data.id) if data.kind == "upload" else []
    except ResultsError:  # who reads the data says what is wrong
        return
    if not entries:
        return
    with st.expander(f"What was changed, and when ({len(entries):,})", icon=":material/history:"):
        show_table(table_log(entries), key="data_log", alt="Who changed what of these data, and when")
        if len(entries) > _MOST:
            st.caption(f"The latest {_MOST:,}; {count(len(entries) - _MOST, 'earlier change')} not shown.")
        st.caption("It is deleted with the data. Whoever has their address can read it.")


def table_log(entries: Sequence[Entry]) -> pd.DataFrame:
    """Return the entries as a table, the newest first, with the columns when, who, what and how."""
    rows = [(_day(e.at), e.who or "whoever had the address", e.what, e.detail) for e in entries[: -_MOST - 1 : -1]]
    return pd.DataFrame(rows, columns=["when", "who", "what", "how"])


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%d %b %Y, %H:%M} UTC"
