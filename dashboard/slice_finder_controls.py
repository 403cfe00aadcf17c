"""The widgets of the Slice finder page, and the search that they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import controls, state
from dashboard.numbers import bounded, whole
from dashboard.state import BIND
from dashboard.view import Loaded, View
from dashboard.words import on_screen, plain
from metrics.cube import Cube
from metrics.errors import QuestionError
from metrics.find import DEEPEST, Found, Search, find, list_findings
from metrics.progress import Progress, Tell

__all__ = ["MOST_FINDINGS", "Searched", "choose_search", "search"]

MOST_FINDINGS = 10
_ATTRIBUTES = "Attributes to search"
_DEPTH, _SUPPORT = 3, 1.0  # levels together, per cent of the rows


@dataclass(frozen=True, eq=False)
class Searched:
    """What a search found, and the different findings of it."""

    found: Found
    findings: pd.DataFrame


def choose_search(loaded: Loaded, view: View) -> Search:
    """Draw the choice of what is searched; the metric is that of the sidebar."""
    names = [a.name for a in loaded.axes]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            _ATTRIBUTES,
            names,
            key="slice_finder_attributes",
            bind=BIND,
            placeholder="all attributes",
            help="Slices are made of their levels. Saved slices are searched only where you choose them.",
        )
        depth = st.number_input(
            "Levels together",
            min_value=1,
            max_value=DEEPEST,
            value=_DEPTH,
            key="slice_finder_depth",
            bind=BIND,
            width=140,
            help="A slice is made of up to so many levels, such as sex = female and age < 25: those are two.",
        )
        support = st.number_input(
            "Least share of rows (%)",
            min_value=0.1,
            max_value=50.0,
            value=_SUPPORT,
            step=0.5,
            format="%g",
            key="slice_finder_support",
            bind=BIND,
            width=180,
            help="Slices with a smaller share of all rows are not looked at.",
        )
    known = tuple(name for name in names if name in chosen)
    return Search(
        metric=view.metric,
        attributes=known or tuple(a.name for a in loaded.axes if not a.saved),
        depth=whole(depth, _DEPTH, 1, DEEPEST),
        support=bounded(support, _SUPPORT, 0.1, 50.0) / 100,
        confidence=view.confidence,
        min_units=view.min_units,
    )


def search(loaded: Loaded, view: View, asked: Search) -> Searched:
    """Return what the search finds. Until it is there, draw how far it is and stop the page.

    Where it cannot be done (too many combinations, a metric that the data do not have), say why and stop the page.
    """
    done = controls.do(loaded, ("find", asked, view.system), partial(_work, loaded.of(view)[0], asked))
    if isinstance(done, QuestionError):
        # Elsewhere --attribute is a choice of columns; here it is which of them are searched.
        said = str(done).replace("--attribute", f"“{_ATTRIBUTES}”")
        st.error(plain(on_screen(said), 900), icon=":material/block:")
        state.keep_choices()
        st.stop()
    searched: Searched = done
    return searched


def _work(cube: Cube, asked: Search, tell: Tell) -> Searched | QuestionError:
    """Search. What cannot be asked of the data is an answer, too."""
    whole = Progress(tell)
    try:
        found = find(cube, asked, whole.part(0, 0.9))
        whole("Telling the findings apart", 0.9)
        return Searched(found, list_findings(found, MOST_FINDINGS))
    except QuestionError as error:
        return error
