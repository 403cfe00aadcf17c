"""Saving a condition as a slice: begun on one page, kept once the data have been counted with it."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, count

import streamlit as st

from dashboard import loading, state, uploads
from dashboard.view import Loaded
from dashboard.waiting import Waiting, draw_waiting
from dashboard.words import plain
from metrics.errors import ResultsError
from metrics.predicates import parse_predicate
from metrics.schema import NamedSlice

__all__ = ["begin_named_slice", "begin_slice", "keep_begun_slice"]

_TRIED = "slice_tried"
_LONGEST_NAME = 60


def begin_named_slice(loaded: Loaded, name: str, where: str) -> bool:
    """Begin to keep a condition as a slice; say what is in the way, and return whether it was begun.

    Whether it is a slice of these data, they have to say: the page then calls `keep_begun_slice`.
    """
    if not name or not where:
        st.error("Give the slice a name, and say which rows are in it.")
        return False
    if name in {a.name for a in loaded.axes}:
        st.error("There is an attribute or a slice of that name already; choose another name.")
        return False
    try:
        parse_predicate(where)
    except ResultsError as error:
        _refuse_slice(error)
        return False
    state.remember(_TRIED, (loaded.dataset.id, NamedSlice(name, where)))
    return True


def begin_slice(loaded: Loaded, name: str, where: str) -> None:
    """Begin to keep a condition as a slice of about this name (a callback); the page calls `keep_begun_slice`."""
    name = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    taken = {a.name for a in loaded.axes}
    free = next(n for n in chain([name], (f"{name} ({i})" for i in count(2))) if n not in taken)
    state.remember(_TRIED, (loaded.dataset.id, NamedSlice(free, where)))


def keep_begun_slice(loaded: Loaded) -> None:
    """Keep the slice that was begun, once the data have been counted with it; until then draw how far that is."""
    data = loaded.dataset
    on, tried = state.recall(_TRIED, ("", None))
    if on != data.id or tried is None:
        return
    changed = replace(data.schema, slices=(*data.schema.slices, tried))
    found = loading.load(replace(data, schema=changed))
    if isinstance(found, Waiting):
        draw_waiting(found, "Saving the slice was stopped; nothing else is changed.", "Save it after all", key="saving")
        return
    state.remember(_TRIED, ("", None))
    if isinstance(found, ResultsError):
        _refuse_slice(found)
        return
    try:
        saved = uploads.correct_schema(data, changed)
    except ResultsError as error:
        _refuse_slice(error)
        return
    if saved:
        st.rerun()


def _refuse_slice(error: ResultsError) -> None:
    st.error(plain(" ".join(f"{f.found} {f.cure}" for f in error.findings if f.severity == "stop"), 600))
