"""Widgets of single pages. Their keys start with the page's name; values come back checked against the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboard import controls, state
from dashboard.charts.intervals import sort_slices
from dashboard.state import BIND, Loaded
from dashboard.words import plain
from metrics.errors import ResultsError
from metrics.predicates import parse_predicate
from metrics.registry import Metric
from metrics.schema import NamedSlice
from metrics.slices import Slice

__all__ = ["choose_one", "cut_slices", "look_into", "metric_titles", "save_slice"]


def choose_one(label: str, options: Mapping[str, str], key: str) -> str:
    """Draw a choice between a few things, the first being the default, and return the key of the chosen one."""
    first = next(iter(options))
    chosen = st.segmented_control(
        label, list(options), default=first, key=key, bind=BIND, required=True, format_func=lambda o: options.get(o, o)
    )
    return chosen if chosen in options else first


def cut_slices(estimates: pd.DataFrame, metric: Metric, sort: str, most: int) -> tuple[pd.DataFrame, int]:
    """Return the estimates of everyone and of the first `most` slices, and how many are left."""
    order = sort_slices(estimates, metric, sort)
    if len(order) <= most:
        return estimates, 0
    kept = set(order[:most])
    return estimates[[not s.levels or s in kept for s in estimates["slice"]]], len(order) - most


def look_into(loaded: Loaded, slices: Sequence[Slice]) -> None:
    """Draw the box that chooses a slice, and the ways on from it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cell = controls.choose_cell(loaded, slices)
        if cell.levels:
            controls.link("rows", "Rows behind it", icon=":material/list:", cell=cell)
        save_slice(loaded, cell)


def save_slice(loaded: Loaded, cell: Slice) -> None:
    """Draw the form that keeps a condition as a slice of its own, to be compared like an attribute."""
    with st.popover("Save a slice", icon=":material/bookmark_add:"):
        with st.form("slices_save", border=False):
            name = st.text_input("Name", max_chars=60)
            where = st.text_input(
                "Rows where", value=str(cell) if cell.levels else "", placeholder="sex = female and age >= 65"
            )
            if st.form_submit_button("Save"):
                _save(loaded, name.strip(), where.strip())
        st.caption("It becomes an attribute with the levels yes and no, on every page.")


def _save(loaded: Loaded, name: str, where: str) -> None:
    schema = loaded.results.schema
    taken = {a.name for a in loaded.axes}
    if not name or not where:
        st.error("Give the slice a name, and say which rows are in it.")
    elif name in taken:
        st.error("There is an attribute or a slice of that name already; choose another name.")
    else:
        data = loaded.dataset
        try:
            parse_predicate(where)
            changed = replace(data.schema, slices=(*schema.slices, NamedSlice(name, where)))
            state.load(replace(data, schema=changed))
        except ResultsError as error:
            st.error(plain(" ".join(f"{f.found} {f.cure}" for f in error.findings if f.severity == "stop"), 600))
        else:
            state.correct_schema(data, changed)
            st.rerun()


def metric_titles(metrics: Mapping[str, Metric]) -> dict[str, str]:
    """Return the title of every metric, with its name where two would look the same."""
    titles = [m.title for m in metrics.values()]
    return {n: m.title if titles.count(m.title) == 1 else f"{m.title} ({n})" for n, m in metrics.items()}
