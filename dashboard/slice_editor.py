"""The editor of slices: a condition with the data dictionary beside it, counted and measured as one types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import controls, loading, page_controls, slice_saving, state
from dashboard.charts.format import tidy
from dashboard.datasets import Dataset
from dashboard.parts import show_table
from dashboard.state import BIND
from dashboard.view import Loaded, View
from dashboard.words import on_screen, plain
from metrics.cell_conditions import write_on_cells
from metrics.dictionary import Entry, add_condition, describe_columns, write_levels, write_range
from metrics.errors import ResultsError
from metrics.formatting import format_count
from metrics.predicates import Values, parse_predicate
from metrics.progress import Progress, Tell
from metrics.reading.cells import cells_of
from metrics.reading.columns import merge_columns
from metrics.slices import Slice
from metrics.trial import say_trial, try_condition

__all__ = ["draw_editor", "type_condition"]

SIGNS = (
    "Signs: = != < <= > >=, in \\[a, b\\], between 25 and 45, is missing, and, or, not, brackets. Names and words that "
    "hold other signs stand in quotes."
)
_PAUSE = "400ms"  # without a key, before what was typed is counted
_OPEN, _TEXT, _NAME = "slices_editor", "slices_where", "slices_name"
_MOST_CHOICES = 200


@dataclass(frozen=True, eq=False)
class Described:
    """The columns of a file as conditions see them, and what there is to say of each."""

    columns: Mapping[str, Values]
    entries: Sequence[Entry]


def draw_editor(loaded: Loaded, view: View, cell: Slice) -> None:
    """Draw the switch that opens the editor, and the editor; a slice that is saved is an attribute on every page."""
    label = "Write a slice of your own"
    if st.toggle(label, key=_OPEN, bind=BIND, on_change=_begin, args=(loaded, cell)):
        groups = tuple(a.name for a in loaded.axes)
        described: Described = controls.do(loaded, "dictionary", partial(_describe, loaded.dataset, groups))
        if cell.levels and not state.recall(_TEXT):
            state.pick(**{_TEXT: write_on_cells(str(cell), loaded.results.schema) or ""})
        _edit(loaded, view, described)
    slice_saving.keep_begun_slice(loaded)


def _begin(loaded: Loaded, cell: Slice) -> None:
    """Begin with the group that is looked into, where nothing was written yet."""
    where = write_on_cells(str(cell), loaded.results.schema) if cell.levels else None
    if where and not state.recall(_TEXT):
        state.pick(**{_TEXT: where})


# What is typed runs this part of the page only.
@st.fragment
def _edit(loaded: Loaded, view: View, described: Described) -> None:
    with st.container(border=True):
        text = type_condition(
            _TEXT, described.entries, partial(_try, loaded, view, described), label="Rows where", bind=True
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input("Name", key=_NAME, max_chars=60, persist_state="session", placeholder="older women")
            save = st.button("Save slice", key="slices_save", icon=":material/bookmark_add:")
        if save and slice_saving.begin_named_slice(loaded, str(name or "").strip(), text):
            st.rerun()
        st.caption("A saved slice becomes an attribute with the levels yes and no, on every page.")


def type_condition(
    key: str,
    entries: Sequence[Entry],
    tell: Callable[[str], None],
    *,
    label: str = "Condition",
    placeholder: str = "sex = female and age >= 65",
    bind: bool = False,
) -> str:
    """Draw a field for a condition with the data dictionary beside it, and return what stands in it.

    `tell` draws below the field what the condition comes to; it is called as one types, with any text but an empty one.
    Keys of the dictionary's widgets begin with `key`. With `bind` the text stands in the address, else it is kept for
    the session.
    """
    field, dictionary = st.columns([3, 2])
    with field:
        kept = {"bind": BIND} if bind else {"persist_state": "session"}
        typed = st.text_input(label, key=key, max_chars=2000, live=_PAUSE, placeholder=placeholder, help=SIGNS, **kept)
        text = str(typed or "").strip()
        if text:
            tell(text)
        else:
            st.caption("What it comes to stands here as you type.")
    with dictionary:
        _choose_condition(key, entries)
    return text


def refuse(error: ResultsError) -> None:
    """Say kindly what is still wrong with a condition, in its place."""
    said = " ".join(f"{f.found} {f.cure}" for f in error.findings if f.severity == "stop")
    st.warning(plain(on_screen(said), 600), icon=":material/edit:")


# -- the dictionary ------------------------------------------------------------------------------


def _describe(data: Dataset, first_ones: Sequence[str], tell: Tell) -> Described:
    """Describe the columns of the first file as saved slices see them, some of them before the others."""
    progress = Progress(tell)
    first = loading.tables(data, data.schema.file, progress.part(0, 0.5))[0]
    table, _ = merge_columns(first)
    columns: dict[str, Values] = {}
    entries: list[Entry] = []
    names = sorted(table.data.column_names, key=lambda name: name not in first_ones)
    for name in progress.part(0.5, 1).over(names, "Looking through the columns"):
        columns[name] = cells_of(table, name)
        entries += describe_columns({name: columns[name]})
    return Described(columns, entries)


def _choose_condition(key: str, entries: Sequence[Entry]) -> None:
    """Draw a column's levels and counts, or its range, and a button that puts a condition on it into the field."""
    by_name = {entry.column: entry for entry in entries}
    chosen = st.selectbox("Columns", list(by_name), key=f"{key}_column", format_func=tidy, persist_state="session")
    if chosen not in by_name:
        return
    entry = by_name[chosen]
    place = list(by_name).index(chosen)  # a column's name is no key
    if entry.meaning:
        st.caption(plain(entry.meaning, 300))
    condition = _choose_range(f"{key}_{place}", entry) if entry.is_number else _choose_levels(f"{key}_{place}", entry)
    st.button(
        "Put into the condition",
        key=f"{key}_insert",
        icon=":material/add:",
        disabled=condition is None,
        on_click=_insert,
        args=(key, condition or ""),
    )


def _choose_levels(key: str, entry: Entry) -> str | None:
    counts = dict(entry.levels)
    if not counts:
        st.caption("The column is empty.")
        return None
    table = pd.DataFrame(
        {
            "level": [tidy(word) for word in counts] + ["(missing)"] * (entry.missing > 0),
            "rows": [format_count(n) for n in (*counts.values(), *[entry.missing] * (entry.missing > 0))],
            "share": [entry.share(n) for n in (*counts.values(), *[entry.missing] * (entry.missing > 0))],
        }
    )
    show_table(
        table, key=f"{key}_levels", alt=f"The levels of {tidy(entry.column)}", height=min(38 + 35 * len(table), 220)
    )
    if entry.n_levels > len(counts):
        st.caption(f"The {len(counts):,} commonest of {entry.n_levels:,} levels.")
    words = st.multiselect(
        "Levels", list(counts)[:_MOST_CHOICES], key=f"{key}_words", format_func=tidy, placeholder="choose levels"
    )
    known = [word for word in words if word in counts]
    return write_levels(entry.column, known) if known else None


def _choose_range(key: str, entry: Entry) -> str | None:
    assert entry.low is not None
    assert entry.high is not None
    st.caption(plain(f"{tidy(entry.column)} holds {entry.holds}.", 300))
    with st.container(horizontal=True):
        low = st.number_input("From", value=entry.low, key=f"{key}_low", format="%g", width=130)
        high = st.number_input("To", value=entry.high, key=f"{key}_high", format="%g", width=130)
    if low is None or high is None:
        return None
    return write_range(entry.column, float(low), float(high))


def _insert(key: str, condition: str) -> None:
    state.pick(**{key: add_condition(str(state.recall(key) or ""), condition)})


# -- trying ---------------------------------------------------------------------------


def _try(loaded: Loaded, view: View, described: Described, text: str) -> None:
    metric = page_controls.metric_of(loaded, view)
    schema = loaded.results.schema
    try:
        trial = try_condition(
            loaded.scored_of(view),
            described.columns,
            parse_predicate(text),
            view.metric,
            confidence=view.confidence,
            min_units=view.min_units,
            keep_spelling=schema.file.keep_spelling,
        )
    except ResultsError as error:
        refuse(error)
        return
    st.markdown(plain(" ".join(say_trial(trial, metric)), 800))
    if trial.gap is not None:
        st.caption("The interval is that of one look: of many conditions tried, the best looks good by chance alone.")
