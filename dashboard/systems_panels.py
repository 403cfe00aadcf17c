"""The panels of the Systems page: all models in one plane, two of them group by group, and the change of gaps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import controls, page_controls, state
from dashboard.charts.changes import describe_changes, draw_changes, table_changes
from dashboard.charts.serves import MOST_DRAWN, describe_serves, draw_serves, table_serves
from dashboard.charts.trade_offs import MOST_NAMED, describe_trade_offs, draw_trade_offs, table_trade_offs
from dashboard.parts import say, say_limits, show_figure, show_table
from dashboard.systems_controls import choose_gap_axes, choose_good
from dashboard.view import Loaded, View
from dashboard.words import plain
from metrics.changes import compare_gaps
from metrics.families import leave_out_rest
from metrics.pairing import paired_metrics
from metrics.registry import Metric
from metrics.sentences import say_changes
from metrics.serves import judge_systems
from metrics.serves_words import say_trade_offs
from metrics.trade_offs import trade_offs

__all__ = ["Pair", "draw_gaps", "draw_trade_off", "draw_verdicts", "judge", "say_what_is_not_told"]


@dataclass(frozen=True, eq=False)
class Pair:
    """What the page compares: two models by one metric; `ids` match rows that each has of its own."""

    loaded: Loaded
    view: View
    metric: Metric
    first: str
    second: str

    @property
    def possible(self) -> bool:
        """Whether the metric can be compared row by row."""
        return self.metric.name in paired_metrics(
            *(self.loaded.cubes.only(name)[0] for name in (self.first, self.second))
        )

    @property
    def ids(self) -> pd.Series | None:
        columns = self.loaded.results.columns
        return columns.get("id") if "system" in columns else None

    @property
    def asked(self) -> tuple[Any, ...]:
        return (self.loaded.cubes, self.first, self.second, self.view.groupings, [self.metric.name])

    @property
    def options(self) -> dict[str, Any]:
        return {"ids": self.ids, "confidence": self.view.confidence, "min_units": self.view.min_units}


def judge(pair: Pair) -> pd.DataFrame:
    """Return for every group whether the second model serves it better."""
    return controls.ask(pair.loaded, partial(judge_systems, *pair.asked, **pair.options))[0]


def draw_trade_off(pair: Pair) -> None:
    """Draw how good every model is overall against the gap between groups that it has."""
    loaded, view = pair.loaded, pair.view
    if not loaded.axes:
        return
    st.subheader("How good overall, and how far apart are the groups?", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        good = choose_good(loaded, view)
        by = choose_gap_axes(loaded, view)
    if good is None:
        st.info("None of the metrics says which side is better.", icon=":material/info:")
        return
    question = partial(
        trade_offs,
        loaded.cubes,
        good.name,
        by,
        gap_in=pair.metric.name,
        **pair.options,
    )
    (table,) = controls.ask(loaded, question)
    say(say_trade_offs(table, good, pair.metric, by))
    told = table_trade_offs(table, good, pair.metric)
    show_figure(
        draw_trade_offs(table, good, pair.metric, by, theme=state.theme().name),
        key="systems_plane",
        alt=describe_trade_offs(table, good, pair.metric, by),
        table=told,
    )
    st.caption(
        "Filled: the gap is larger than chance alone would show (the band, for the model with the most of it). "
        "Lines are intervals. The dotted line joins the Pareto set."
        + (" Numbers are those of the table." if len(table) > MOST_NAMED else "")
    )
    show_table(told, key="systems_plane_table", alt="How good every model is, and its gap between groups")


def draw_verdicts(pair: Pair, verdicts: pd.DataFrame) -> None:
    """Draw for every group whether the second model serves it better, those that lose first."""
    metric, first, second = pair.metric, pair.first, pair.second
    st.subheader(plain(f"Whom does {second} serve better than {first}, and whom worse?", 200), anchor=False)
    table = table_serves(verdicts, metric, first, second)
    show_figure(
        draw_serves(verdicts, metric, theme=state.theme().name),
        key="systems_figure",
        alt=describe_serves(verdicts, metric),
        table=table,
    )
    left = int(verdicts["value"].notna().sum()) - MOST_DRAWN
    more = f" {left} more groups of which the data cannot tell are in the table." if left > 0 else ""
    st.caption(f"Lines are the intervals of the verdicts, widened for how many groups were compared.{more}")
    show_table(table, key="systems_table", alt="What changed for every group, and for whom it is shown")
    page_controls.look_into(pair.loaded, [s for s in verdicts["slice"] if s.levels])


def draw_gaps(pair: Pair) -> None:
    """Draw how the gap of every group to everyone else has changed."""
    (changes,) = controls.ask(pair.loaded, partial(compare_gaps, *pair.asked, **pair.options))
    changes = leave_out_rest(changes, pair.loaded.axes)
    say(say_changes(changes, pair.metric, pair.first, pair.second, gaps=True))
    table = table_changes(changes, pair.metric, pair.first, pair.second)
    show_figure(
        draw_changes(changes, pair.metric, theme=state.theme().name),
        key="systems_gaps",
        alt=describe_changes(changes, pair.metric),
        table=table,
    )
    show_table(table, key="systems_gaps_table", alt="What changed for the gap of every group")


def say_what_is_not_told(pair: Pair) -> None:
    """Say what neither picture tells."""
    limits = [
        "The Pareto set goes by the values, which chance moves: another set of rows may have another.",
        "That the data cannot tell is no proof that two models serve a group alike. How many more rows would tell "
        "stands in the table, should the rates stay as they are.",
    ]
    if pair.possible:
        verdicts = judge(pair)
        everyone = verdicts[[not s.levels for s in verdicts["slice"]]]
        both, alone = (int(everyone[c].iloc[0]) if len(everyone) else 0 for c in ("units", "left_out"))
        left = f", and the {alone:,} that only one of them answered do not" if alone else ""
        limits.append(f"In a comparison of two, the {both:,} rows that both models answered count{left}.")
        if verdicts["mcnemar_p"].notna().any():
            limits.append(
                "McNemar's p is of one group alone; the verdict heeds how many groups were compared. It is there where "
                "rows are independent of one another."
            )
    say_limits(limits)
