"""The widgets of the Over time page: which sets there are, by file or by a date column, and the limit of a gap."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from dashboard import controls, loading, page_controls, people, policies, set_list, state, uploads
from dashboard.datasets import upload_limits
from dashboard.finding_list import show_findings
from dashboard.set_list import Listed
from dashboard.state import BIND
from dashboard.view import Loaded
from dashboard.waiting import Waiting
from dashboard.words import count, on_screen, plain
from metrics.errors import Finding, ResultsError
from metrics.progress import Tell
from metrics.registry import Metric
from metrics.series.dates import ORDERS, Order, find_date_columns, parse_date, read_dates
from metrics.series.over_time import MARGIN
from metrics.series.periods import EVERY, Every
from metrics.series.sets import DatedSet

__all__ = ["ByColumn", "ByFiles", "choose_limit", "choose_source"]

_TYPES = ["csv", "tsv", "txt", "gz", "json", "jsonl", "ndjson", "parquet", "xlsx", "xls", "ods", "zip"]
_TYPES += ["trn", "stm", "ctm", "text"]  # transcripts
_SOURCES = {"column": "A date column of this file", "files": "One file a set"}
_EVERY: dict[Every, str] = {"month": "Months", "quarter": "Quarters", "year": "Years"}
_SOURCE, _DROPS = "over_time_sets", "over_time_drops"


@dataclass(frozen=True)
class ByColumn:
    """The sets are the periods of a date column; `order` is None where the column itself tells."""

    column: str
    every: Every
    order: Order | None


@dataclass(frozen=True, eq=False)
class ByFiles:
    """The sets are files, read; `key` is what they hang on, `findings` what there is to check about them."""

    key: tuple[object, ...]
    sets: tuple[DatedSet, ...]
    findings: tuple[Finding, ...]


def choose_source(loaded: Loaded) -> ByColumn | ByFiles:
    """Draw the choice of the sets, and return what they are. Until files are read, draw how far they are and stop."""
    columns: dict[str, bool] = controls.do(loaded, "date columns", partial(_find_columns, loaded))
    # Who has added files means these; who has not, and has a date column, need not add any.
    order = ("files", "column") if state.set_addresses() else ("column", "files")
    if (
        columns
        and page_controls.choose_one("What makes the sets", {k: _SOURCES[k] for k in order}, _SOURCE) == "column"
    ):
        return _choose_column(columns)
    return _choose_files(loaded)


def _find_columns(loaded: Loaded, tell: Tell) -> dict[str, bool]:
    """Return the columns that hold dates, and whether nothing in them tells if days or months come first."""
    tell("Looking for dates", 0.0)
    table = loading.tables(loaded.dataset, loaded.results.schema.file)[0]
    return {column: read_dates(table, column).is_open for column in find_date_columns(table)}


# -- a date column -------------------------------------------------------------------------------


def _choose_column(columns: Mapping[str, bool]) -> ByColumn:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox("Date column", list(columns), key="over_time_column", bind=BIND)
        column = column if column in columns else next(iter(columns))
        every = st.selectbox(
            "Cut into", EVERY, key="over_time_every", bind=BIND, format_func=lambda e: _EVERY.get(e, str(e)), width=160
        )
        order: Order | None = _choose_order() if columns[column] else None
    return ByColumn(column, next((e for e in EVERY if e == every), EVERY[0]), order)


def _choose_order() -> Order | None:
    """Draw the question which of day and month comes first; None until it is answered."""
    chosen = st.selectbox(
        "Dates are written",
        ORDERS,
        index=None,
        key="over_time_order",
        bind=BIND,
        width=220,
        placeholder="day first, if not said",
        help="Nothing in the column tells what 03/04/2026 means.",
    )
    return next((known for known in ORDERS if known == chosen), None)


# -- files ---------------------------------------------------------------------------------------


def _choose_files(loaded: Loaded) -> ByFiles:
    if people.offer_upload("add a file of your own"):
        _draw_zone()
    said = uploads.hear_complaint()
    if said:
        st.error(plain(on_screen(said), 1000), icon=":material/block:")
    sets = set_list.list_sets(loaded)
    with st.expander(f"The sets ({len(sets)}): names and dates", icon=":material/event:", expanded=len(sets) in (2, 3)):
        for number, one in enumerate(sets, 1):
            _draw_set(number, one)
        _say_who_sees_them(sets)
    sets = set_list.list_sets(loaded)  # as they are called now that the boxes are drawn
    return _read_files(loaded, sets)


def _draw_zone() -> None:
    st.file_uploader(
        "Add the next file: another month, another version",
        type=_TYPES,
        accept_multiple_files=True,
        key=_drop_key(),
        on_change=_take,
        max_upload_size=upload_limits().file_bytes // 2**20,
        help="With the columns of the data on screen. One upload adds it; several files are a set each. What its "
        "columns mean need not be said again.",
    )


def _drop_key() -> str:
    """The key of the drop zone: a new one after each upload, for the old one still holds the files."""
    return f"drop_set_{state.recall(_DROPS, 0)}"


def _take() -> None:
    files = [(file.name, file) for file in state.recall(_drop_key()) or []]
    room = state.MOST_SETS - len(state.set_addresses())
    if not files:
        return
    state.remember(_DROPS, state.recall(_DROPS, 0) + 1)
    if len(files) > room:
        uploads.complain(f"There can be {state.MOST_SETS + 1} sets at most; take some out first.")
        return
    try:
        set_list.add(files)
    except ResultsError as error:
        uploads.complain(str(error))


def _draw_set(number: int, one: Listed) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            f"Name of set {number}",
            value=one.default,
            key=f"over_time_name_{one.tag}",
            bind=BIND,
            max_chars=60,
            width=220,
        )
        typed = st.text_input(
            f"Date of set {number}",
            value=one.dated,
            key=f"over_time_date_{one.tag}",
            bind=BIND,
            max_chars=40,
            placeholder="such as 2026-03",
            width=180,
        )
        if one.address:
            st.button(
                f"Remove set {number}",
                key=f"over_time_remove_{one.tag}",
                icon=":material/delete:",
                type="tertiary",
                on_click=set_list.remove,
                args=(one,),
            )
    file = plain(one.data.title, 80) if one.data is not None else "its time is over"
    st.caption(f"{file}{'' if one.address else ' (the data on screen)'}")
    if typed and typed.strip() and parse_date(typed) is None:
        st.caption(
            f":material/error: {plain(typed, 40)} is no date that can be read; write it as 2026-03-14 or 2026-03."
        )


def _say_who_sees_them(sets: Sequence[Listed]) -> None:
    without = [one for one in sets if one.date is None]
    if without and len(sets) > 1:
        st.caption(
            f"{count(len(without), 'set has', 'sets have')} no date: all stand in the order in which they were added."
        )
    if any(one.address for one in sets):
        st.caption(
            ":material/lock: Whoever has the whole address of this page sees these files, rows included, until they "
            "are removed or their time is over. Removing a set deletes its file here."
        )


def _read_files(loaded: Loaded, sets: Sequence[Listed]) -> ByFiles:
    """Read every set; one that cannot be used is told, and the others go on without it."""
    read, key = [], []
    for one in sets:
        found = set_list.read_set(loaded, one)
        if isinstance(found, Waiting):
            controls.wait_for_data(found)
            state.keep_choices()
            st.stop()
        if isinstance(found, ResultsError):
            _show_trouble(one, found)
            continue
        read.append((one, found))
        key.append((one.name, one.date, one.data.key if one.data is not None else ""))
    findings = set_list.set_findings({one.name: found.results for one, found in read if one.address})
    made = tuple(DatedSet(one.name, found.scored, one.date) for one, found in read)
    return ByFiles(("files", *key), made, tuple(findings))


def _show_trouble(one: Listed, error: ResultsError) -> None:
    st.error(
        f"The set {plain(one.name, 80)} cannot be used, and is left out. What is in the way:", icon=":material/block:"
    )
    show_findings([f for f in error.findings if f.severity == "stop"], key=f"over_time_trouble_{one.tag}")


# -- the limit -----------------------------------------------------------------------------------


def choose_limit(metric: Metric) -> float | None:
    """Draw the limit of a gap, in points for shares, and return it in the metric's unit; None where none is named.

    It begins with that of the policy in use, if it has one for gaps of this metric, else with 5 points.
    """
    start, times = _limit_of_policy(metric), 100 if metric.unit == "share" else 1
    if start is None and metric.unit == "share":
        start = MARGIN
    typed = st.number_input(
        "Limit of a gap (points)" if metric.unit == "share" else f"Limit of a gap ({plain(metric.title, 200)})",
        min_value=0.0,
        max_value=100.0 if metric.unit == "share" else None,
        value=None if start is None else round(times * start, 6),
        step=0.5,
        format="%g",
        key="over_time_limit" if metric.unit == "share" else "over_time_limit_number",
        bind=BIND,
        width=200,
        help="How far a gap may lie from none, on either side. At first that of the policy in use, else 5 points.",
    )
    return None if typed is None or not math.isfinite(typed) else max(0.0, float(typed)) / times


def _limit_of_policy(metric: Metric) -> float | None:
    policy = policies.current()
    if policy is None:
        return None
    rules = [r for r in policy.rules if r.metric == metric.name and r.compare == "difference" and not r.publish]
    return next((r.at_most for r in rules if r.at_most is not None), None)
