"""The leaderboard: counted beside the page, rounded as it may be shown, drawn and tabulated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import bounty_play, controls, state
from dashboard.bounties import digest_file
from dashboard.bounty_play import Playing
from dashboard.charts import leaderboard
from dashboard.parts import say, show_figure, show_table
from dashboard.waiting import Waiting, draw_waiting
from dashboard.words import count, join
from metrics.bounty.board import build_board, count_gap_rows, gap_of, round_board, stand_together
from metrics.bounty.certificate import FILE, Certificate, read_certificate
from metrics.bounty.credit import Credit, share_credit
from metrics.bounty.judge import Game
from metrics.bounty.telling import say_score, say_step
from metrics.bounty.terms import SEALED, VALIDATION
from metrics.errors import ResultsError
from metrics.progress import Progress, Tell

__all__ = ["Counted", "count_board", "draw_board"]


@dataclass(frozen=True, eq=False)
class Counted:
    """The teams, and everyone together beside the baseline, both rounded; what credit and certificates rest on."""

    teams: pd.DataFrame
    marks: pd.DataFrame
    credit: Credit
    certificate: Certificate | None


def draw_board(playing: Playing) -> None:
    """Draw the teams as dots and as a table; until they are counted, how far that is."""
    if not playing.game.decisions:
        st.markdown("Nothing was submitted yet: the first team may be yours.")
        controls.link("submit", "Submit a group", icon=":material/upload:")
        return
    what = ("board", digest_file(playing.place.folder / FILE))
    try:
        found = bounty_play.work_out(playing, what, partial(count_board, playing))
    except ResultsError as error:
        say(str(error))
        return
    if isinstance(found, Waiting):
        draw_waiting(found, "Counting was stopped; nothing is lost.", "Count again", key="board_waiting")
        state.keep_choices()
        st.stop()
    counted: Counted = found
    say(say_lead(counted.teams))
    unit, n_rows = playing.unit, len(playing.bounty.rows_of(VALIDATION))
    board = pd.concat([counted.teams.astype(object), counted.marks.astype(object)], ignore_index=True)
    earned = zip(board["team"], board["credit"], strict=True)
    credit = {team: say_score(playing.terms, share, n_rows).removeprefix("+") for team, share in earned}
    table = leaderboard.table_board(board, unit, credit)
    show_figure(
        leaderboard.draw_board(board, unit, theme=state.theme().name),
        key="board_figure",
        alt=leaderboard.describe_board(board, unit),
        table=table,
    )
    show_table(table, key="board_table", alt="The teams, the one with the most credit first")
    say(_explain(playing, counted))


def count_board(playing: Playing, tell: Tell) -> Counted:
    """Count the board (beside a page). Raises ResultsError where the certificate of the sealed split is damaged."""
    whole, game, bounty = Progress(tell), playing.game, playing.bounty
    certificate = read_certificate(playing.place.folder, playing.played)
    credit = share_credit(game, progress=whole.part(0, 0.8))
    whole("Playing each team by itself", 0.8)
    certified = None if certificate is None else certificate.table
    teams = build_board(game, playing.played.entries, credit, certified)
    together, groups = stand_together(game), [accepted.entry.group for accepted in game.accepted]
    marks = pd.DataFrame(
        [
            {
                "team": leaderboard.EVERYONE,
                "submissions": teams["submissions"].sum(),
                "accepted": teams["accepted"].sum(),
                "certified": teams["certified"].sum(min_count=1),
                "credit": together.fall,
                "error": together.error,
                "gap": together.gap,
            },
            {
                "team": leaderboard.BASELINE,
                "submissions": pd.NA,
                "accepted": pd.NA,
                "certified": pd.NA,
                "credit": math.nan,
                "error": float(game.errors[0]),
                "gap": gap_of(bounty, game.models[0], groups),
            },
        ]
    )
    return Counted(_round(teams, game), _round(marks, game), credit, certificate)


def _round(board: pd.DataFrame, game: Game) -> pd.DataFrame:
    """Round a board as it may be shown."""
    return round_board(board, game.bounty, count_gap_rows(game))


def say_lead(teams: pd.DataFrame) -> str:
    """Return who has the most credit, in a sentence."""
    best = teams["credit"].max()
    if not best > 0:
        return f"{count(len(teams), 'team')} took part; none has credit to speak of yet."
    first = teams[teams["credit"] == best]["team"].tolist()
    return f"Of {count(len(teams), 'team')}, {join(first)} {'has' if len(first) == 1 else 'have'} the most credit."


def _explain(playing: Playing, counted: Counted) -> str:
    exact, orders = counted.credit.exact, counted.credit.n_orders
    how = "all orders of joining" if exact else f"{orders:,} orders of joining"
    n_rows = len(playing.bounty.rows_of(VALIDATION))
    step, coarse = (say_step(playing.terms, n) for n in (n_rows, count_gap_rows(playing.game)))
    return (
        f"Credit shares the fall of the whole loss among the accepted submissions (Shapley, over {how}), so that who "
        "came first has no advantage. Accuracy and gap of a team are those of its own submissions alone. They stand "
        f"in steps of {step}, about the chance in {n_rows:,} rows, the gap in steps of {coarse}, that in the smallest "
        f"group. {_say_certified(playing, counted.certificate)}"
    )


def _say_certified(playing: Playing, certificate: Certificate | None) -> str:
    if certificate is not None:
        return (
            "Certified counts those that held on the sealed split, which was opened on "
            f"{certificate.opened[:10]} after {count(certificate.decisions, 'decision')}; it cannot be opened again."
        )
    if len(playing.bounty.rows_of(SEALED)):
        return "Nothing is certified yet: whoever runs the bounty opens the sealed split once, at its end."
    return "No rows are sealed that anything could be certified by."
