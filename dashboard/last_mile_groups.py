"""The first part of the Last mile page: every group in the reference and in the customer's set."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import controls, state
from dashboard.charts.dumbbell import describe_dumbbell, draw_dumbbell, sort_pairs, table_dumbbell
from dashboard.last_mile_controls import Asked
from dashboard.parts import show_figure, show_table
from dashboard.second_set import Pair
from metrics.families import leave_out_rest
from metrics.two_sets.changes import compare_sets

__all__ = ["compare_groups", "draw_groups"]

_MOST_DRAWN = 40


def compare_groups(pair: Pair, asked: Asked) -> pd.DataFrame:
    """Return the change of every group, as difference and ratio."""
    (changes,) = controls.ask(
        pair,
        partial(
            compare_sets,
            asked.sets,
            asked.groupings,
            [asked.metric.name],
            kinds=("difference", "ratio"),
            target_gap=asked.margin,
            **asked.options,
        ),
    )
    return leave_out_rest(changes, asked.sets.axes)


def draw_groups(changes: pd.DataFrame, asked: Asked) -> None:
    """Draw the dumbbells, regressions first, and their table."""
    metric = asked.metric
    table = table_dumbbell(changes, metric)
    show_figure(
        draw_dumbbell(changes, metric, most=_MOST_DRAWN, theme=state.theme().name),
        key="last_mile_figure",
        alt=describe_dumbbell(changes, metric),
        table=table,
    )
    left = len(sort_pairs(changes, metric)) - _MOST_DRAWN
    if left > 0:
        st.caption(f"The first {_MOST_DRAWN} groups are drawn; {left:,} more are in the table.")
    show_table(table, key="last_mile_table", alt=f"{metric.title} of every group in both sets")
