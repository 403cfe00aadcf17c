"""What there is to know about data: findings as sentences, the gravest first, with the rows they are about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import state
from dashboard.words import count, on_screen, plain
from metrics.errors import Finding
from metrics.writing import guard_frame

__all__ = ["begin_sentence", "show_findings"]

_MOST_FINDINGS = 30
_ICONS = {"stop": ":material/block:", "warn": ":material/warning:", "note": ":material/info:"}
_OPEN = "finding_open"  # whose rows are shown


def show_findings(findings: Sequence[Finding], key: str, show_rows: Callable[[Finding], None] | None = None) -> None:
    """Show findings: those that stop and those to check as sentences, those that are only to know in a table.

    With `show_rows`, which draws the rows of a finding, every finding that knows its rows offers to show them.
    """
    grave = sorted((f for f in findings if f.severity != "note"), key=lambda f: f.severity != "stop")
    notes = [f for f in findings if f.severity == "note"]
    for number, finding in enumerate(grave[:_MOST_FINDINGS]):
        _show_finding(finding, f"{key}_{number}", show_rows)
    if len(grave) > _MOST_FINDINGS:
        st.caption(f"And {len(grave) - _MOST_FINDINGS} more.")
    if notes:
        with st.expander(f"{count(len(notes), 'thing')} to know", icon=_ICONS["note"]):
            with_rows = [f for f in notes if f.places and show_rows is not None][:_MOST_FINDINGS]
            for number, finding in enumerate(with_rows):
                _show_finding(finding, f"{key}_note_{number}", show_rows)
            _show_notes([f for f in notes if f not in with_rows], key)


def _show_finding(finding: Finding, key: str, show_rows: Callable[[Finding], None] | None) -> None:
    said = f"{finding.rows:,}" in finding.found
    rows = f" ({count(finding.rows, 'row')})" if finding.rows and not said else ""
    what = plain(f"{on_screen(finding.found)}{rows}", 900)
    cure = f" {plain(on_screen(finding.cure), 500)}" if finding.cure else ""
    st.markdown(f"{_ICONS[finding.severity]} **{plain(begin_sentence(finding.where), 120)}** {what}{cure}")
    if show_rows is not None and finding.places:
        _offer_rows(finding, key, show_rows)


def _offer_rows(finding: Finding, key: str, show_rows: Callable[[Finding], None]) -> None:
    # The words are part of the key: another finding in the same place is not open because this one was.
    key = f"{key}_{hashlib.sha256(str(finding).encode()).hexdigest()[:12]}"
    is_open = state.recall(_OPEN) == key
    st.button(
        "Hide rows" if is_open else "Show rows",
        key=key,
        type="tertiary",
        icon=":material/visibility_off:" if is_open else ":material/list:",
        on_click=state.remember,
        args=(_OPEN, None if is_open else key),
    )
    if is_open:
        show_rows(finding)


def _show_notes(notes: Sequence[Finding], key: str) -> None:
    if not notes:
        return
    table = pd.DataFrame(
        {
            "Where": [begin_sentence(f.where) for f in notes],
            "Found": [on_screen(f.found) for f in notes],
            "What to do": [on_screen(f.cure) for f in notes],
        }
    )
    widths: Mapping[str, Any] = {name: st.column_config.TextColumn(width="large") for name in ("Found", "What to do")}
    shown = guard_frame(table)
    st.dataframe(shown, key=key, hide_index=True, column_config=widths, lazy=False, alt="What else there is to know")


def begin_sentence(text: str) -> str:
    """Return the text with a capital letter."""
    return text[:1].upper() + text[1:]
