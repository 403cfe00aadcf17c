"""The last part of the Coverage page: the mix of the data beside a reference, typed, uploaded, or equal shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from dashboard import people, state
from dashboard.charts.mix import describe_mix, draw_mix, table_mix
from dashboard.finding_list import show_findings
from dashboard.page_controls import choose_one
from dashboard.parts import say, show_figure, show_table
from dashboard.state import BIND
from dashboard.view import Loaded, View
from dashboard.words import say_error
from metrics.coverage import Covered, against_shares
from metrics.coverage.share_text import MOST_BYTES, parse_shares, write_shares
from metrics.coverage.words import say_shares
from metrics.errors import QuestionError, ResultsError

__all__ = ["draw_shares"]

_WAYS = {"equal": "Equal shares of every level", "table": "A table of shares"}
_FEW_LEVELS, _MOST_LEVELS = 24, 60


def draw_shares(loaded: Loaded, view: View, covered: Covered) -> None:
    """Draw the mix of the data beside the reference that is chosen."""
    levels = {name: loaded.levels[name] for name in covered.asked.by if loaded.levels.get(name)}
    if not levels:
        return
    way = choose_one("Reference", _WAYS, "coverage_reference")
    if way == "equal":
        # Yes and no, of a label or of a saved slice, are no levels that anybody expects alike.
        whole = {a.name for a in covered.grid.axes if not a.family and not a.saved}
        shares = _equal({name: names for name, names in levels.items() if name in whole}) if whole else None
    else:
        shares = _take_table(levels)
    if shares is None or not len(shares):
        return
    try:
        mix = against_shares(loaded.of(view)[0], shares, view.confidence)
    except (QuestionError, ResultsError) as error:
        st.error(say_error(error), icon=":material/block:")
        return
    say(say_shares(mix, view.confidence, covered.weighted))
    table = table_mix(mix)
    drawn = _choose_drawn(mix)
    show_figure(
        draw_mix(drawn, theme=state.theme().name), key="coverage_mix_figure", alt=describe_mix(mix), table=table
    )
    if len(mix) > len(drawn):
        st.caption(f"{len(drawn)} of {len(mix):,} levels are drawn; the table has all.")
    with st.expander("The same as a table"):
        show_table(table, key="coverage_mix_table", alt="Shares here and in the reference")


def _choose_drawn(mix: pd.DataFrame) -> pd.DataFrame:
    """Draw the choice of what is drawn where it is much, and return those rows."""
    axes = list(dict.fromkeys(mix["axis"]))
    few = len(mix) <= _FEW_LEVELS
    if len(axes) > 1 and not few:
        chosen = st.selectbox("Drawn", axes, key="coverage_mix_of", bind=BIND, width=260)
        return mix[mix["axis"] == (chosen if chosen in axes else axes[0])].head(_MOST_LEVELS)
    return mix.head(_MOST_LEVELS)


def _equal(levels: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    rows = [(axis, name, 1 / len(names)) for axis, names in levels.items() for name in names]
    return pd.DataFrame(rows, columns=["axis", "level", "share"])


def _take_table(levels: Mapping[str, Sequence[str]]) -> pd.DataFrame | None:
    """Draw the ways to give a table, and return it; None where there is none or it cannot be used."""
    file = None
    if people.offer_upload("open a table of shares"):
        file = st.file_uploader(
            "A table of shares (CSV)",
            type=["csv", "txt"],
            key="coverage_shares_file",
            max_upload_size=1,
            help="Columns axis, level and share, a line a level; of a census or your customers, say.",
        )
    text = st.text_area(
        "Or its text",
        key="coverage_shares",
        height=160,
        max_chars=MOST_BYTES // 4,
        placeholder="axis,level,share\nsex,female,0.51\nsex,male,0.49",
        persist_state="session",
    )
    st.download_button(
        "Download a table to fill in",
        data=lambda: write_shares(levels).encode("utf-8-sig"),
        file_name="shares.csv",
        mime="text/csv",
        key="coverage_shares_form",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
        help="Every attribute and level of the data, with equal shares to write over.",
    )
    if file is None and not str(text or "").strip():
        st.caption("The picture stands here once there is a table.")
        return None
    try:
        if file is not None:
            return parse_shares(file.read(MOST_BYTES + 1), levels, "the file")
        return parse_shares(str(text), levels, "the text")
    except ResultsError as error:
        st.error("This is no table of shares yet. What is in the way, and what to do:", icon=":material/block:")
        show_findings(error.findings, key="coverage_shares_wrong")
        return None
