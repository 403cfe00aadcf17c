"""Which combinations of groups one of two sets covers and the other does not."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import controls
from dashboard.charts.format import format_count
from dashboard.last_mile_controls import Asked
from dashboard.numbers import whole
from dashboard.parts import say, show_table
from dashboard.second_set import Pair
from dashboard.state import BIND
from dashboard.words import plain
from metrics.answers import name_slice
from metrics.coverage import Covering
from metrics.coverage.both_sets import CUSTOMER_ONLY, REFERENCE_ONLY, compare_coverage, say_coverage
from metrics.errors import QuestionError

__all__ = ["draw_cover"]

_DEEPEST, _DEPTH, _FIRST = 3, 2, 4
_WORDS = {CUSTOMER_ONLY: "the customer's set only", REFERENCE_ONLY: "the reference only"}


def draw_cover(pair: Pair, asked: Asked) -> None:
    """Draw which combinations, the most general ones, have enough of what the metric counts in one set only."""
    names = [a.name for a in asked.sets.axes if a.name in asked.sets.shared and not a.saved]
    if not names:
        say("No attribute is in both sets, so that no combination can be in both.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            "Attributes combined", names, default=names[:_FIRST], key="last_mile_cover_by", bind=BIND
        )
        depth = st.number_input(
            "Levels together",
            min_value=1,
            max_value=_DEEPEST,
            value=_DEPTH,
            key="last_mile_cover_depth",
            bind=BIND,
            width=140,
        )
    covering = Covering(
        by=tuple(name for name in names if name in chosen) or tuple(names[:_FIRST]),
        metrics=(asked.metric.name,),
        depth=whole(depth, _DEPTH, 1, _DEEPEST),
        min_units=asked.view.min_units,
    )
    try:
        (table,) = controls.ask(pair, partial(compare_coverage, asked.sets, covering))
    except QuestionError as error:
        st.info(plain(str(error), 600), icon=":material/info:")
        return
    say(say_coverage(table))
    if len(table):
        show_table(_tabulate(table), key="last_mile_cover_table", alt="Which combinations one set covers and which not")
    st.caption(
        f"A set covers a combination that has at least {format_count(asked.view.min_units)} of what the metric counts "
        "there. Listed are the most general combinations: whatever they contain is wanting, too. What only one set "
        "covers cannot be compared; what neither covers is nobody's finding. The page Coverage says what to collect."
    )


def _tabulate(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "combination": [name_slice(s) if s.levels else "everyone" for s in table["slice"]],
            "covered by": [_WORDS.get(kind, "neither") for kind in table["covered_by"]],
            "reference": [format_count(n) for n in table["reference"]],
            "customer's set": [format_count(n) for n in table["customer"]],
        }
    )
