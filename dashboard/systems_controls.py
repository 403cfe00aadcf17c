"""The widgets of the Systems page: the two models, what says how good one is, and whose gap is looked at."""

from __future__ import annotations

import streamlit as st

from dashboard.page_controls import metric_titles
from dashboard.state import BIND
from dashboard.view import Loaded, View
from metrics.registry import Metric
from metrics.sentences import orient

__all__ = ["choose_gap_axes", "choose_good", "choose_systems"]

# What one asks of a model as a whole, the first that there is.
_USUAL = ("accuracy", "word_error_rate", "mean_absolute_error")


def choose_systems(loaded: Loaded) -> tuple[str, str]:
    """Draw the boxes that choose two models, the one before and the one after, and return their names."""
    names = [str(name) for name in loaded.systems]
    first = st.selectbox("From", names, key="systems_first", bind=BIND)
    others = [name for name in names if name != first]
    second = st.selectbox("To", others, key="systems_second", bind=BIND)
    first = first if first in names else names[0]
    return first, second if second in others else next(name for name in names if name != first)


def choose_good(loaded: Loaded, view: View) -> Metric | None:
    """Draw the choice of the metric that says how good a model is overall; None where none has a better side."""
    favourable = loaded.results.schema.favourable
    metrics = {n: orient(m, favourable) for n, m in loaded.metrics.items()}
    titles = metric_titles({n: m for n, m in metrics.items() if m.better != "neither"})
    if not titles:
        return None
    names = list(titles)
    first = next((n for n in (*_USUAL, view.metric) if n in titles), names[0])
    chosen = st.selectbox(
        "How good overall",
        names,
        index=names.index(first),
        key="systems_good",
        bind=BIND,
        format_func=lambda n: titles.get(n, str(n)),
    )
    return metrics[chosen if chosen in titles else first]


def choose_gap_axes(loaded: Loaded, view: View) -> tuple[str, ...]:
    """Return the attributes whose groups are looked at: those of the page, else one that is chosen here."""
    names = [a.name for a in loaded.axes]
    if view.by and all(name in names for name in view.by):
        return view.by
    chosen = st.selectbox("Gap between the groups of", names, key="systems_gap_by", bind=BIND)
    return (chosen if chosen in names else names[0],)
