"""The second part of the Last mile page: whether the gaps between groups have grown from there to here."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import controls, state
from dashboard.charts.changes import describe_changes, draw_changes
from dashboard.charts.format import format_difference, format_interval, format_p, name_slices, pick
from dashboard.last_mile_controls import Asked
from dashboard.parts import say, show_figure, show_table
from dashboard.second_set import Pair
from dashboard.view import Loaded
from metrics.families import leave_out_rest
from metrics.registry import Metric
from metrics.two_sets.gaps import compare_set_gaps
from metrics.two_sets.words import say_gap_changes

__all__ = ["draw_gaps"]


def draw_gaps(loaded: Loaded, pair: Pair, asked: Asked) -> None:
    """Draw the change of every group's gap, with its interval, and the table of both gaps."""
    metric = asked.metric
    baseline = controls.choose(loaded, baseline=True).baseline
    (gaps,) = controls.ask(
        pair,
        partial(compare_set_gaps, asked.sets, asked.groupings, [metric.name], baseline=baseline, **asked.options),
    )
    gaps = leave_out_rest(gaps, asked.sets.axes)
    say(say_gap_changes(gaps, metric, asked.view.confidence))
    alpha = 1 - asked.view.confidence
    table = _table(gaps, metric)
    show_figure(
        draw_changes(gaps, metric, what="Change of the gap in", alpha=alpha, theme=state.theme().name),
        key="last_mile_gaps_figure",
        alt=describe_changes(gaps, metric, alpha=alpha),
        table=table,
    )
    st.caption(
        "A gap is a group's value minus that of those it is compared with. A triangle to the right says that the group "
        "fares worse against them here than in the reference."
    )
    show_table(table, key="last_mile_gaps_table", alt="The gap of every group in both sets")


def _table(gaps: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    rows = gaps.to_dict("records")
    names = name_slices([r["slice"] for r in rows])
    return pd.DataFrame(
        [
            {
                "slice": names[r["slice"]],
                "gap in the reference": format_difference(metric, pick(r, "reference")),
                "gap of the customer": format_difference(metric, pick(r, "customer")),
                "change of the gap": format_difference(metric, pick(r, "value")),
                "interval": format_interval(metric, pick(r, "low"), pick(r, "high"), "difference"),
                "adjusted p": format_p(pick(r, "p_adjusted")),
                "status": str(r["status"]),
            }
            for r in rows
        ]
    )
