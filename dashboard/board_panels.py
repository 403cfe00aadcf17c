"""The leaderboard: built beside the page, rounded as it may be shown, drawn and tabulated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import bounty_play, state
from dashboard.bounty_play import Playing
from dashboard.charts import leaderboard
from dashboard.parts import say, show_figure, show_table
from dashboard.waiting import Waiting, draw_waiting
from dashboard.words import count
from metrics.bounty.board import build_board, gap_of, round_board, step_of
from metrics.bounty.credit import Credit, share_credit
from metrics.bounty.terms import SEALED, VALIDATION
from metrics.progress import Progress, Tell

__all__ = ["draw_board"]


@dataclass(frozen=True, eq=False)
class Standing:
    """The board with everyone together and the baseline, rounded to `step`, and what the credit rests on."""

    board: pd.DataFrame
    step: float
    credit: Credit


def draw_board(playing: Playing) -> None:
    """Draw the teams as dots and as a table; until they are counted, how far that is."""
    if not playing.game.decisions:
        st.markdown("Nothing was submitted yet: the first team may be yours.")
        return
    found = bounty_play.work_out(playing, "board", partial(_count, playing))
    if isinstance(found, Waiting):
        draw_waiting(found, "Counting was stopped; nothing is lost.", "Count again", key="board_waiting")
        state.keep_choices()
        st.stop()
    standing: Standing = found
    say(say_standing(standing))
    unit = playing.unit
    credit = {row["team"]: _write(row["credit"], unit) for row in standing.board.to_dict("records")}
    table = leaderboard.table_board(standing.board, unit, credit)
    show_figure(
        leaderboard.draw_board(standing.board, unit, theme=state.theme().name),
        key="board_figure",
        alt=leaderboard.describe_board(standing.board, unit),
        table=table,
    )
    show_table(table, key="board_table", alt="The teams, the one with the most credit first")
    st.caption(_explain(playing, standing))


def _count(playing: Playing, tell: Tell) -> Standing:
    """Build the board. Everyone together and the baseline are measured by the same groups as the teams."""
    whole, game, bounty = Progress(tell), playing.game, playing.bounty
    credit = share_credit(game, progress=whole.part(0, 0.8))
    whole("Playing each team by itself", 0.8)
    step = step_of(bounty)
    teams = round_board(build_board(game, [*playing.played.entries], credit, None), step)
    groups = [a.entry.group for a in game.accepted]
    together = {
        leaderboard.EVERYONE: (game.current, game.errors[-1], credit.total),
        leaderboard.BASELINE: (game.models[0], game.errors[0], float("nan")),
    }
    sums = teams[["submissions", "accepted", "certified"]].sum(min_count=1)
    more = [
        {"team": name, "error": error, "gap": gap_of(bounty, model, groups), "credit": earned}
        | ({key: sums[key] for key in sums.index} if name == leaderboard.EVERYONE else {})
        for name, (model, error, earned) in together.items()
    ]
    marked = round_board(pd.DataFrame(more, columns=teams.columns), step)
    board = pd.concat([teams, marked.astype(teams.dtypes.to_dict(), errors="ignore")], ignore_index=True)
    return Standing(board, step, credit)


def say_standing(standing: Standing) -> str:
    """Return who has the most credit, in a sentence."""
    teams = standing.board[~standing.board["team"].isin([leaderboard.EVERYONE, leaderboard.BASELINE])]
    best = teams["credit"].max()
    if not best > 0:
        return f"{count(len(teams), 'team')} took part; none has credit to speak of yet."
    first = teams[teams["credit"] == best]["team"].tolist()
    lead = first[0] if len(first) == 1 else f"{', '.join(first[:-1])} and {first[-1]}"
    return f"Of {count(len(teams), 'team')}, {lead} {'has' if len(first) == 1 else 'have'} the most credit."


def _explain(playing: Playing, standing: Standing) -> str:
    how = (
        "over all orders of joining" if standing.credit.exact else f"over {standing.credit.n_orders} orders of joining"
    )
    step = _write(standing.step, playing.unit)
    n_rows = len(playing.bounty.rows_of(VALIDATION))
    sealed = len(playing.bounty.rows_of(SEALED))
    certified = "Certified is counted once the sealed split is opened" if sealed else "No rows are sealed to certify by"
    return (
        f"Credit shares the fall of the whole loss among the accepted submissions (Shapley, {how}), so that "
        f"who came first has no advantage. Accuracy and gap of a team are those of its own submissions alone. All "
        f"three are rounded to steps of {step}, about the chance in {n_rows:,} rows. {certified}."
    )


def _write(value: float, unit: str) -> str:
    if value != value:
        return "-"
    return f"{round(100 * value, 3):g} points" if unit == "%" else f"{round(value, 6):g}"
