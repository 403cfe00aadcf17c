"""The parts of the Bounty page: what came out, the rounds, the decisions, the rules, and why there are two tiers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import bounty_play, state
from dashboard.bounty_play import Playing
from dashboard.charts.format import tidy
from dashboard.charts.overfit import describe_overfit, draw_overfit, table_overfit
from dashboard.charts.rounds import describe_rounds, table_rounds
from dashboard.charts.rounds import draw_rounds as make_figure
from dashboard.parts import say, show_figure, show_table
from dashboard.state import BIND
from dashboard.waiting import Waiting, draw_waiting
from dashboard.words import count, plain
from metrics.bounty.judge import Decision
from metrics.bounty.overfit import overfit_losses
from metrics.bounty.rounds import trace_rounds
from metrics.bounty.telling import (
    count_split,
    list_rules,
    say_alpha,
    say_group,
    say_loss,
    say_reason,
    say_replacement,
    say_score,
)
from metrics.bounty.terms import EXPLORE, VALIDATION
from metrics.progress import Tell

__all__ = ["draw_rounds", "explain_tiers", "say_outcome", "show_decisions", "show_rules"]

_MOST_PANELS = 6
_USELESS = 2_000  # submissions that show what luck brings
_SHOWN = "bounty_overfit_shown"


def say_outcome(playing: Playing) -> str:
    """Return what came out so far, in a sentence or two."""
    game, terms = playing.game, playing.terms
    n_rows = count_split(playing.bounty, VALIDATION)
    validation = playing.bounty.split == VALIDATION
    start = float(playing.bounty.losses(game.models[0])[validation].mean())
    now = float(playing.bounty.losses(game.current)[validation].mean())
    what = "is wrong on" if terms.loss == "error" else "has a loss of"
    first = f"The model that the bounty began with {what} {say_loss(terms, start, n_rows)} of the validation split"
    if terms.loss != "error":
        first = f"The model that the bounty began with {what} {say_loss(terms, start, n_rows)} on the validation split"
    if not game.decisions:
        return f"{first}. Nothing was submitted yet: the first group may be yours."
    accepted = sum(d.accepted for d in game.decisions)
    if not accepted:
        return f"{first}. None of {count(len(game.decisions), 'submission')} was accepted yet."
    after = f"{first}; after {accepted} of {count(len(game.decisions), 'submission')} were accepted, the current one "
    return f"{after}{what} {say_loss(terms, now, n_rows)}."


def draw_rounds(playing: Playing) -> None:
    """Draw the loss over the rounds, for everyone and for the groups that are chosen."""
    rounds, game = trace_rounds(playing.game), playing.game
    if not game.accepted:
        return
    names = name_groups(playing)
    everyone = list(range(len(names)))
    chosen: Sequence[int] = everyone
    if len(names) > _MOST_PANELS:
        labels = {str(i): f"{i + 1}: {tidy(name)}" for i, name in enumerate(names)}
        picked = st.multiselect(
            "Groups found",
            list(labels),
            key="bounty_groups",
            bind=BIND,
            format_func=lambda i: labels.get(i, str(i)),
            placeholder=f"the first {_MOST_PANELS} of {len(names)}",
        )
        chosen = [int(i) for i in picked if i in labels] or everyone[:_MOST_PANELS]
    shown = rounds[rounds["who"].isin([-1, *chosen])]
    table = table_rounds(rounds, names, playing.unit)
    show_figure(
        make_figure(shown, names, playing.unit, theme=state.theme().name),
        key="bounty_rounds_figure",
        alt=describe_rounds(shown, names, playing.unit),
        table=table,
    )
    show_table(table, key="bounty_rounds_table", alt="The loss of everyone and of each group found, after each round")


def name_groups(playing: Playing) -> list[str]:
    """Return what the accepted groups are called, in the order of acceptance."""
    return [say_group(a.entry.submission.group) for a in playing.game.accepted]


def show_decisions(playing: Playing) -> None:
    """Draw every decision, the last first, and one of them in full."""
    decisions = playing.game.decisions
    if not decisions:
        st.markdown("Nothing was submitted yet.")
        return
    table = pd.DataFrame([_tell(playing, number, d) for number, d in enumerate(decisions, 1)][::-1])
    show_table(table, key="bounty_decisions", alt="Every decision, the last one first")
    names = {f"{d.team}/{d.submission}": number for number, d in enumerate(decisions)}
    chosen = st.selectbox(
        "Look into a submission",
        list(names)[::-1],
        index=None,
        key="bounty_submission",
        bind=BIND,
        placeholder="Choose one",
    )
    if chosen in names:
        with st.container(border=True):
            _show_one(playing, names[chosen])


def _overfit(playing: Playing, tell: Tell) -> pd.DataFrame:
    """Send useless submissions against one half of the explore split, by lot: of those rows everything may be shown."""
    bounty = playing.bounty
    rows = np.random.default_rng(0).permutation(bounty.rows_of(EXPLORE))
    losses = bounty.losses(bounty.baseline)[rows]
    half = len(rows) // 2
    return overfit_losses(losses[:half], losses[half:], _USELESS, progress=tell)


def _tell(playing: Playing, number: int, decision: Decision) -> dict[str, str]:
    n_rows = count_split(playing.bounty, VALIDATION)
    submission = playing.submission_of(decision)
    return {
        "#": str(number),
        "team": tidy(decision.team),
        "submission": tidy(decision.submission),
        "decision": "accepted" if decision.accepted else "rejected",
        "reason": say_reason(playing.terms, decision, n_rows),
        "repairs": f"{decision.repairs:,}",
        "loss afterwards": say_loss(playing.terms, decision.error_after, n_rows),
        "group": tidy(say_group(submission.group)),
    }


def _show_one(playing: Playing, number: int) -> None:
    """Show a submission in full: who, what for them, what it came to."""
    decision, terms = playing.game.decisions[number], playing.terms
    n_rows = count_split(playing.bounty, VALIDATION)
    mark = ":material/check_circle: accepted" if decision.accepted else ":material/cancel: rejected"
    st.markdown(f"**{plain(decision.team, 60)} · {plain(decision.submission, 60)}**: {mark}")
    say(f"{say_reason(terms, decision, n_rows).capitalize()}.")
    submission = playing.submission_of(decision)
    st.caption("Who")
    st.code(say_group(submission.group), language=None, wrap_lines=True)
    told = f"Predicts {say_replacement(submission.replacement)}; sent as {submission.kind}."
    st.caption(plain(told, 400))
    if submission.note:
        st.caption(plain(f"Note: {submission.note}", 1200))
    if decision.units < terms.minimum_group or math.isnan(decision.mass):
        st.caption("Its losses are not shown: so few rows would give their labels away.")
        return
    if not decision.accepted:
        told = f"{count(decision.units, 'row')} of the validation split, {100 * decision.mass:.1f} % of it."
        why = "The losses of what is rejected are not shown: sent again and again, they would give labels away."
        st.caption(plain(f"{told} {why} Try it on the explore split, where all digits are shown.", 400))
        return
    record = {
        "rows of the validation split": f"{decision.units:,}",
        "share of it": f"{100 * decision.mass:.1f} %",
        "loss of the model before": say_loss(terms, decision.loss_current, decision.units),
        "loss of the predictions sent": say_loss(terms, decision.loss_replacement, decision.units),
        "score": say_score(terms, decision.score, n_rows),
        "repairs": f"{decision.repairs:,}",
    }
    show_table(pd.DataFrame([record]), key="bounty_one", alt="What the submission came to")


def show_rules(playing: Playing) -> None:
    """Draw the rules, each with what it is about."""
    st.markdown("\n".join(f"- **{plain(about)}**: {plain(rule, 900)}" for about, rule in list_rules(playing.bounty)))


def explain_tiers(playing: Playing) -> None:
    """Say why what was accepted is certified once more, and let people see it on these rows."""
    n_rows = count_split(playing.bounty, VALIDATION)
    say(
        f"Every submission is judged on the same {n_rows:,} rows. Who tries often enough finds predictions that fit "
        "the chance in them: 2,000 useless submissions against 5,000 such rows improve a model by six points there, "
        "and on fresh rows by none. So what was accepted is tested once more at the end, on sealed rows that no "
        f"decision has looked at; alpha ({say_alpha(playing.terms)}) alone only slows it down."
    )
    if len(playing.bounty.rows_of(EXPLORE)) < 2:
        return
    if not state.recall(_SHOWN):
        st.button(
            "See it on these rows",
            key="bounty_overfit",
            icon=":material/casino:",
            on_click=state.remember,
            args=(_SHOWN, True),
        )
        return
    found = bounty_play.work_out(playing, "overfit", partial(_overfit, playing))
    if isinstance(found, Waiting):
        draw_waiting(found, "This was stopped; nothing is lost.", "Go on", key="bounty_overfitting")
        return
    assert isinstance(found, pd.DataFrame)
    told = describe_overfit(found, playing.unit)
    say(
        f"{told} Groups and predictions were drawn by lot. One half of the rows to explore judged them, the other half "
        "is fresh: the validation split, of which nothing exact is shown, is larger or smaller but no different."
    )
    figure = draw_overfit(found, playing.unit, theme=state.theme().name)
    show_figure(figure, key="bounty_overfit_figure", alt=told, table=table_overfit(found, playing.unit))
