"""Choices of examples of transcripts: which go along, on the Publish page, and which of them a reader turns to."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import streamlit as st

from dashboard.numbers import whole
from dashboard.state import BIND
from dashboard.view import Loaded
from metrics.sharing.terms import MOST_EXAMPLES, Drawn, ExampleTerms, Terms
from metrics.utterances import has_transcripts

__all__ = ["choose_examples", "turn_examples"]

_PAGE_SIZE = 10
_FIRST = 10
_MOST_SEED = 9999
_DRAWN = {"random": "At random", "worst": "Those with most errors a word"}


def choose_examples(loaded: Loaded, terms: Terms) -> Terms:
    """Draw whether words go along, of how many utterances and of which, and return the terms with it.

    The tick is in no address: a link that somebody sends ticks nothing.
    """
    if not has_transcripts(loaded.results):
        return terms
    ticked = st.checkbox(
        "Share examples of transcripts",
        key="publish_examples",
        persist_state="session",
        help="What was said and what was heard, word by word. Without it no word leaves this place. You see all of "
        "them before anything is published.",
    )
    if not ticked:
        return terms
    with st.container(horizontal=True, vertical_alignment="bottom"):
        most = st.number_input(
            "How many",
            min_value=1,
            max_value=MOST_EXAMPLES,
            value=_FIRST,
            key="publish_examples_most",
            persist_state="session",
            width=140,
        )
        drawn = st.selectbox(
            "Which",
            list(_DRAWN),
            key="publish_examples_drawn",
            persist_state="session",
            format_func=lambda kind: _DRAWN.get(kind, str(kind)),
            help="The worst mislead: they say nothing of how often something goes wrong. The reader is told which.",
        )
        seed = st.number_input(
            "Draw",
            min_value=0,
            max_value=_MOST_SEED,
            value=0,
            key="publish_examples_seed",
            persist_state="session",
            width=140,
            disabled=drawn == "worst",
            help="Another number draws others. The reader is told the number.",
        )
    names = list(terms.axes)
    chosen = st.multiselect(
        "Attributes told of each",
        names,
        default=names,
        key="publish_examples_axes",
        placeholder="none",
        help="A transcript is shown only if enough others have the same levels of all of these.",
    )
    kind: Drawn = "worst" if drawn == "worst" else "random"
    assert kind in get_args(Drawn)
    asked = ExampleTerms(
        most=whole(most, _FIRST, 1, MOST_EXAMPLES),
        drawn=kind,
        seed=0 if kind == "worst" else whole(seed, 0, 0, _MOST_SEED),
        axes=tuple(name for name in names if name in chosen),
    )
    return replace(terms, examples=asked)


def turn_examples(n: int) -> slice:
    """Draw the choice of a page of so many examples, if there are several, and return which are on it."""
    pages = -(-n // _PAGE_SIZE)
    if pages < 2:
        return slice(0, n)
    chosen = st.number_input(
        f"Examples, page of {pages}",
        min_value=1,
        max_value=pages,
        value=1,
        key="published_examples",
        bind=BIND,
        width=180,
    )
    page = whole(chosen, 1, 1, pages)
    return slice((page - 1) * _PAGE_SIZE, page * _PAGE_SIZE)
