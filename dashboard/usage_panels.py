"""The panels of the Feature usage page: teams and features, what groups admit, and how usage grew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import bounty_play, state
from dashboard.amounts_panel import show_amounts
from dashboard.bounty_play import Playing
from dashboard.charts.usage import describe_growth, draw_growth, lay_region, lay_usage, table_growth
from dashboard.page_controls import choose_one
from dashboard.parts import say, say_limits, show_figure, show_table
from dashboard.state import BIND
from dashboard.waiting import Waiting, draw_waiting
from metrics.bounty.judge import Decision
from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Submission
from metrics.bounty.terms import VALIDATION
from metrics.progress import Progress, Tell
from metrics.usage import (
    EVERYONE,
    count_submissions,
    follow_usage,
    measure_regions,
    measure_usage,
    round_usage,
    say_cell,
    say_inert,
    say_usage,
)

__all__ = ["Usage", "draw_bounty", "measure"]

_PANELS = {"teams": "Teams and features", "regions": "What groups admit", "time": "Over time"}
_AMOUNTS = {
    "share": "Submitted",
    "accepted_share": "Accepted",
    "weighted_share": "Credited",
    "sensitivity": "Sensitivity",
}
_SAYS = {
    "share": "Each cell is the share of the team's submissions whose group looks at the feature.",
    "accepted_share": "Each cell is the share of the team's accepted submissions whose group looks at the feature. "
    "A dash: nothing of the team was accepted.",
    "weighted_share": "Each cell is the share of the score earned by submissions whose group looks at the feature. "
    "In steps as coarse as those of losses; a dash: nothing was earned, or too little to be told apart.",
    "sensitivity": "Each cell is the share of rows that come into a group or leave it when the feature's cells are "
    "shuffled among the rows, the mean over all of the team's submissions. 0: the conditions on it decide nothing.",
}
_GREY = dict.fromkeys(_AMOUNTS, " Grey: nobody.") | {"sensitivity": " Grey: no one's membership hangs on it."}
LIMITS = [
    "A group given as a file of ids names no feature: what its team looked at is not known.",
    "A submission that looks at three features counts for each of them, so the shares of a team may add up to more "
    "than 100 %.",
    "That a feature was looked at does not say that the model fails there; that nobody looked does not say that it "
    "does not.",
]


@dataclass(frozen=True, eq=False)
class Usage:
    """Everything that is told of who looked at what; tables of `metrics.usage`."""

    usage: pd.DataFrame
    totals: pd.DataFrame
    regions: pd.DataFrame
    growth: pd.DataFrame


def measure(bounty: Bounty, submissions: Sequence[Submission], decisions: Sequence[Decision], tell: Tell) -> Usage:
    """Work out who looked at what; `submissions` in the order in which they were judged."""
    progress = Progress(tell)
    usage = measure_usage(bounty, submissions, decisions, progress=progress.part(0, 0.9))
    totals = count_submissions(submissions, decisions)
    return Usage(
        round_usage(usage, totals, len(bounty.rows_of(VALIDATION))),
        totals,
        measure_regions(bounty, submissions),
        follow_usage(bounty, submissions),
    )


def draw_bounty(playing: Playing) -> None:
    """Draw who looked at what in a bounty."""
    sent = [entry.submission for entry in playing.played.entries]
    work = partial(measure, playing.bounty, sent, playing.played.game.decisions)
    found = bounty_play.work_out(playing, "usage", work)
    if isinstance(found, Waiting):
        draw_waiting(found, "This was stopped; nothing is lost.", "Go on", key="feature_usage_waiting")
        state.keep_choices()
        st.stop()
    assert isinstance(found, Usage)
    say(say_usage(found.usage, found.totals), *say_inert(found.usage))
    if found.usage.empty:
        return
    panel = choose_one("Show", _PANELS, "feature_usage_panel")
    {"teams": draw_teams, "regions": draw_regions, "time": draw_time}[panel](found)
    say_limits(LIMITS)


def draw_teams(found: Usage) -> None:
    """Draw teams across and features down, by what is counted."""
    amount = choose_one("Count what was", _AMOUNTS, "feature_usage_amount")
    amounts = lay_usage(found.usage, found.totals, amount)
    show_amounts(amounts, "feature_usage", _SAYS[amount] + (_GREY[amount] if any(amounts.empty) else ""))
    teams = list(dict.fromkeys([EVERYONE, *found.usage["team"]]))
    features = list(amounts_order(found.usage))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        team = st.selectbox("Team", teams, key="feature_usage_team", bind=BIND)
        feature = st.selectbox("Feature", features, key="feature_usage_feature", bind=BIND)
    if team in teams and feature in features:
        say(say_cell(found.usage, found.totals, team, feature))


def amounts_order(usage: pd.DataFrame) -> list[str]:
    """Return the features, the one most looked at first."""
    everyone = usage[usage["team"] == EVERYONE].sort_values("share", ascending=False, kind="stable")
    return list(everyone["feature"])


def draw_regions(found: Usage) -> None:
    """Draw which levels of a feature the groups of each team admit."""
    named = set(found.regions["feature"])
    features = [f for f in amounts_order(found.usage) if f in named]
    if not features:
        st.info("No group names a feature yet.")
        return
    feature = st.selectbox("Feature", features, key="feature_usage_region", bind=BIND)
    amounts = lay_region(found.regions, feature if feature in features else features[0])
    about = (
        "Each cell is the share of the groups naming this feature that let a row of that level in, whatever else they "
        "ask. Numbers stand in quarters; where a group lets in part of a quarter, that part counts."
    )
    show_amounts(amounts, "feature_usage_region", about)


def draw_time(found: Usage) -> None:
    """Draw how usage grew, submission by submission."""
    table = table_growth(found.growth)
    show_figure(
        draw_growth(found.growth, theme=state.theme().name),
        key="feature_usage_time_figure",
        alt=describe_growth(found.growth),
        table=table,
    )
    st.caption("The share of all submissions so far whose group looks at a feature, in the order they were judged.")
    with st.expander("The same as a table"):
        show_table(table, key="feature_usage_time_table", alt="What each submission looked at, in their order")
