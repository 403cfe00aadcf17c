"""The widgets of the Coverage page, and what they ask of the data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from dashboard import controls, state
from dashboard.slice_editor import SIGNS, refuse
from dashboard.state import BIND
from dashboard.view import Loaded, View
from dashboard.words import on_screen, plain
from metrics.coverage import Covered, Covering, cover
from metrics.cube import Cube
from metrics.errors import QuestionError, ResultsError
from metrics.predicates import parse_predicate
from metrics.progress import Tell

__all__ = ["choose_covering", "cover_data", "type_rules"]

_ATTRIBUTES, _DEPTH, _LEAST, _GAP = "Attributes", "Levels together", "Fewest to count as covered", "Target gap (points)"
_RULES = "coverage_rules"
_DEEPEST, _DEFAULT_DEPTH, _MOST_LEAST = 3, 3, 100_000
_MOST_RULES, _LONGEST_RULES = 50, 4000


def choose_covering(loaded: Loaded, view: View) -> Covering:
    """Draw the choice of what is to be covered; the metric and the usual minimum are those of the sidebar."""
    names = [a.name for a in loaded.axes]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            _ATTRIBUTES,
            names,
            key="coverage_by",
            bind=BIND,
            placeholder="all attributes",
            help="Combinations are made of their levels. Saved slices take part only where you choose them.",
        )
        depth = st.number_input(
            _DEPTH,
            min_value=1,
            max_value=_DEEPEST,
            value=_DEFAULT_DEPTH,
            key="coverage_depth",
            bind=BIND,
            width=140,
            help="A combination is made of up to so many levels, such as sex = female and age < 25: those are two.",
        )
        least = st.number_input(
            _LEAST,
            min_value=1,
            max_value=_MOST_LEAST,
            value=None,
            key="coverage_least",
            bind=BIND,
            width=200,
            placeholder=f"{view.min_units}, as at the side",
            help="A combination is covered that has so many rows in the denominator of the metric: of false negative "
            "rates, so many positives.",
        )
        gap = st.number_input(
            _GAP,
            min_value=0.1,
            max_value=100.0,
            value=5.0,
            step=0.5,
            format="%g",
            key="coverage_gap",
            bind=BIND,
            width=160,
            help="The largest gap that would be called fair. Where the interval is wider than that to either side, no "
            "model can be shown to keep within it.",
        )
    known = tuple(name for name in names if name in chosen)
    return Covering(
        by=known or tuple(a.name for a in loaded.axes if not a.saved),
        metrics=(view.metric,),
        depth=min(max(int(depth or _DEFAULT_DEPTH), 1), _DEEPEST),
        min_units=min(max(int(least or view.min_units), 1), _MOST_LEAST),
        target_gap=min(max(float(gap or 5.0), 0.1), 100.0) / 100,
        confidence=view.confidence,
        rules=_read_rules(),
    )
