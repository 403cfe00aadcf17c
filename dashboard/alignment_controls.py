"""Widgets of the Alignments page. Their keys start with `alignments`; values come back checked against the data."""

from __future__ import annotations

import streamlit as st

from dashboard import state
from dashboard.numbers import whole
from dashboard.page_controls import choose_one
from dashboard.state import BIND
from dashboard.view import Loaded, View
from metrics.utterances import ERRORS

__all__ = [
    "SIZES",
    "choose_error",
    "choose_kind",
    "choose_other",
    "choose_size",
    "choose_written",
    "turn_pages",
    "type_phrase",
]

SIZES = {"10": "Ten at a time", "1": "One at a time"}
_KINDS = {"substitution": "Other words", "deletion": "Left out", "insertion": "Put in"}
_PAGE, _LIST = "alignments_page", "alignments_list"


def choose_error() -> str:
    """Draw the choice of the kind of error that utterances are listed by."""
    chosen = st.selectbox(
        "Error",
        list(ERRORS),
        key="alignments_error",
        bind=BIND,
        format_func=lambda name: ERRORS.get(name, str(name)),
    )
    return chosen if chosen in ERRORS else "any"


def type_phrase() -> str:
    """Draw the box for a word, and return what is typed; it is looked for as text, whatever it holds."""
    typed = st.text_input(
        "Word said or heard",
        key="alignments_word",
        bind=BIND,
        max_chars=200,
        placeholder="any",
        help="A whole word, or several that follow one another.",
    )
    return str(typed or "").strip()


def choose_other(loaded: Loaded, view: View) -> str | None:
    """Draw the choice of a second system to show below the first, where there are several, and return it."""
    others = [name for name in loaded.systems if name != view.system and name is not None]
    if not others:
        return None
    chosen = st.selectbox(
        "Second model below it",
        others,
        index=None,
        key="alignments_other",
        bind=BIND,
        placeholder="none",
        format_func=str,
    )
    return chosen if chosen in others else None


def choose_size() -> int:
    """Draw the choice of how many utterances are shown at a time."""
    chosen = st.radio(
        "Shown",
        list(SIZES),
        key="alignments_size",
        bind=BIND,
        horizontal=True,
        format_func=lambda size: SIZES.get(size, str(size)),
    )
    return int(chosen) if chosen in SIZES else 10


def choose_written() -> bool:
    """Draw the switch that shows the texts as they are written too."""
    return bool(st.toggle("As written too", key="alignments_written", bind=BIND))


def turn_pages(n: int, size: int, of: object) -> int:
    """Draw the buttons that turn pages, which keys press too, and return the page on screen, counted from 1.

    `of` is what the list hangs on: another list begins at its first page.
    """
    pages = max(1, -(-n // size))
    known, asked = state.recall(_LIST), state.recall(_PAGE)
    if known is not None and known != of:
        state.pick(**{_PAGE: 1})
    elif isinstance(asked, int) and asked > pages:
        state.pick(**{_PAGE: pages})
    state.remember(_LIST, of)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.number_input(
            f"Page of {pages:,}", min_value=1, max_value=pages, key=_PAGE, bind=BIND, width=140, disabled=pages == 1
        )
        page = whole(chosen, 1, 1, pages)
        what = "error" if size == 1 else "errors"
        # A key alone would be pressed by speech input and by who types: Alt goes with it.
        for label, key, step, icon in (("Previous", "P", -1, "arrow_back"), ("Next", "N", 1, "arrow_forward")):
            st.button(
                f"{label} {what}",
                key=f"alignments_{label.lower()}",
                icon=f":material/{icon}:",
                shortcut=f"Alt+{key}",
                disabled=not 1 <= page + step <= pages,
                on_click=state.pick,
                kwargs={_PAGE: page + step},
            )
    return page


def choose_kind() -> str:
    """Draw the choice of the kind of confusion that is counted."""
    return choose_one("Kind", _KINDS, "alignments_kind")
