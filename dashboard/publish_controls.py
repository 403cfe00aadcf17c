"""The widgets of the Publish page: what is shared, with whom, and for how long."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from dashboard import people, state
from dashboard.attributes_to_share import find_reasons
from dashboard.numbers import whole
from dashboard.page_controls import metric_titles
from dashboard.publishing import MOST_GROUPINGS, choose_groupings
from dashboard.roles import fold_email, is_email
from dashboard.state import BIND
from dashboard.view import Loaded
from dashboard.words import plain
from metrics.families import families_of
from metrics.sharing.share import shareable
from metrics.sharing.terms import LEAST_CELL, Terms

__all__ = ["Access", "choose_access", "choose_terms", "read_emails", "type_readers"]

DAYS = (7, 30, 90, 365)
_ORDERS = {1: "each alone", 2: "pairs", 3: "up to three together"}
_MOST_FOR_PAIRS, _MOST_AT_FIRST = 6, 12  # attributes
_REASONS = "publish_reasons"
_MOST_TITLE, _MOST_NOTE, _MOST_CELL = 200, 4000, 10_000
_ANYONE, _NAMED = "anyone", "named"
_READERS = {_ANYONE: "Whoever has the link", _NAMED: "These people, signed in"}


@dataclass(frozen=True)
class Access:
    """Who may read, and for how many days. `readers` are e-mail addresses; None: whoever has the link."""

    readers: tuple[str, ...] | None
    days: int


def choose_terms(loaded: Loaded) -> Terms:
    """Draw what is shared and on which terms. Where that cannot be, say so and stop the page."""
    name = loaded.dataset.title.rpartition(".")[0] or loaded.dataset.title
    title = st.text_input(
        "Title", key="publish_title", max_chars=_MOST_TITLE, placeholder=name, persist_state="session"
    )
    note = st.text_area(
        "A note to the reader",
        key="publish_note",
        max_chars=_MOST_NOTE,
        persist_state="session",
        height=80,
        placeholder="How the data came about, what the model is for, what to look at first.",
    )
    attributes = _choose_attributes(loaded)  # as wide as the page: what goes along is all to be seen
    _say_reasons(loaded)
    order = _choose_order(len(attributes))
    metrics = _choose_metrics(loaded)
    least = st.number_input(
        "Fewest people in a group that is shown",
        min_value=LEAST_CELL,
        max_value=_MOST_CELL,
        value=10,
        key="publish_least",
        bind=BIND,
        width=280,
        help="Smaller groups are hidden, and as many others as it takes so that nobody can work them out.",
    )
    people = _choose_people(loaded)
    groupings = choose_groupings(loaded.axes, attributes, order)
    if not attributes:
        st.info("Choose at least one attribute: without groups there is nothing to compare.", icon=":material/info:")
        st.stop()
    if len(groupings) > MOST_GROUPINGS:
        st.error(
            f"These attributes meet in {len(groupings):,} ways, and a report holds at most {MOST_GROUPINGS}. Choose "
            "fewer attributes, or fewer together.",
            icon=":material/block:",
        )
        st.stop()
    return Terms(
        title=(title or "").strip()[:_MOST_TITLE] or name,
        note=(note or "").strip()[:_MOST_NOTE],
        groupings=groupings,
        metrics=metrics,
        min_cell=whole(least, 10, LEAST_CELL, _MOST_CELL),
        min_units=state.current_view(loaded).min_units,
        people=people,
    )


def _choose_attributes(loaded: Loaded) -> list[str]:
    families = families_of(loaded.axes)
    names = [*families, *(a.name for a in loaded.axes if not a.family and not a.saved)]
    first = [name for name in names if name not in _reasons(loaded)][:_MOST_AT_FIRST]
    chosen = st.multiselect(
        "Attributes to share", names, default=first, key="publish_attributes", bind=BIND, placeholder="none"
    )
    return [name for name in chosen if name in names]


def _say_reasons(loaded: Loaded) -> None:
    """Say which attributes are not chosen at first, and why."""
    reasons = _reasons(loaded)
    if reasons:
        said = "; ".join(f"{plain(name, 60)} ({plain(reason, 120)})" for name, reason in reasons.items())
        st.caption(f"Not chosen at first: {said}. Think twice before you add one.")


def _reasons(loaded: Loaded) -> dict[str, str]:
    """Return why some attributes are not chosen at first; worked out once for the data on screen."""
    of, reasons = state.recall(_REASONS, (None, {}))
    if of != loaded.key:
        reasons = find_reasons(loaded.scored)
        state.remember(_REASONS, (loaded.key, reasons))
    return dict(reasons)


def _choose_order(n_attributes: int) -> int:
    first = 2 if n_attributes <= _MOST_FOR_PAIRS else 1
    chosen = st.selectbox(
        "Combinations",
        list(_ORDERS),
        index=list(_ORDERS).index(first),
        key="publish_order",
        bind=BIND,
        format_func=lambda order: _ORDERS.get(order, str(order)),
        width=280,
        help="How many attributes a reader may put together. Every combination is a table of its own.",
    )
    return chosen if chosen in _ORDERS else first


def _choose_metrics(loaded: Loaded) -> tuple[str, ...]:
    titles = metric_titles({n: m for n, m in shareable(loaded.cubes).items() if m.listed})
    chosen = st.multiselect(
        "Metrics to share",
        list(titles),
        key="publish_metrics",
        bind=BIND,
        format_func=lambda n: titles.get(n, str(n)),
        placeholder="all that can be shared",
    )
    return tuple(name for name in titles if name in chosen or not chosen)


def _choose_people(loaded: Loaded) -> Literal["units", "clusters"]:
    """Draw who is to be protected, where the file has clusters: one speaker's hundred calls are one person."""
    column = loaded.results.schema.columns.get("cluster")
    if column is None or not loaded.cubes[0].has_clusters:
        return "clusters"
    titles = {"clusters": f"Each {column}", "units": "Each row"}
    chosen = st.radio(
        "A person is",
        list(titles),
        key="publish_people",
        bind=BIND,
        horizontal=True,
        format_func=lambda kind: plain(titles.get(kind, str(kind)), 80),
        help="What the minimum counts. Take the row where what the rows have in common, such as a hospital, is nobody.",
    )
    return "units" if chosen == "units" else "clusters"


def choose_access() -> Access:
    """Draw until when, and who may read. Where an address is none, say so and stop the page."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = st.radio(
            "It can be read for",
            DAYS,
            index=DAYS.index(30),
            key="publish_days",
            bind=BIND,
            horizontal=True,
            format_func=lambda number: f"{number} days",
        )
    days = days if days in DAYS else 30
    if not people.is_sign_in_on():
        return Access(None, days)
    return Access(type_readers("publish"), days)


def type_readers(prefix: str, told: tuple[str, ...] | None = None) -> tuple[str, ...] | None:
    """Draw who may read (`told`: who may now) and return it. Where an address is none, say so and stop the page."""
    who = st.radio(
        "Who may read it",
        list(_READERS),
        index=0 if told is None else 1,
        key=f"{prefix}_who",
        horizontal=True,
        format_func=lambda kind: _READERS.get(kind, str(kind)),
    )
    if who != _NAMED:
        return None
    text = st.text_area(
        "Their e-mail addresses",
        value="\n".join(told or ()),
        key=f"{prefix}_readers",
        height=80,
        placeholder="one a line",
        help="They sign in with these. You can always read it yourself.",
    )
    readers, wrong = read_emails(text or "")
    if wrong:
        st.error(plain(f"This is no e-mail address: {wrong[0]}", 300), icon=":material/block:")
        st.stop()
    return readers


def read_emails(text: str) -> tuple[tuple[str, ...], list[str]]:
    """Return the e-mail addresses in a text, each once, and what is none.

    >>> read_emails("Ann@example.org, bob@example.org; x")
    (('ann@example.org', 'bob@example.org'), ['x'])
    """
    parts = [part for part in re.split(r"[\s,;]+", text) if part]
    found = tuple(dict.fromkeys(fold_email(part) for part in parts if is_email(part)))
    return found, [part for part in parts if not is_email(part)]
