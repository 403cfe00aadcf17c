"""The leaderboard: what each team sent, what of it was accepted and certified, and how good its own model became.

Each team has a private model: its submissions alone, played from the baseline in the order in which they were judged.
What another team did first takes nothing away from it. `error` is the private model's mean loss on the validation
split. `gap` is how far the group that lies furthest from everyone else lies from them, over all groups that anybody's
accepted submission found: the same groups for every team, so that a team that helped one group at the cost of another
shows it. Groups with fewer rows of the validation split than the terms ask for, inside or outside, are left out.

Digits tell about the rows that they were counted on. What is published is rounded as all losses of the validation
split are (`metrics.bounty.telling`), a gap as the loss of the fewest rows that may make it, and teams whose rounded
credit is the same stand in the order of their names.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.bounty.credit import Credit
from metrics.bounty.judge import Game, pin, play_teams
from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Entry
from metrics.bounty.telling import round_loss
from metrics.bounty.terms import VALIDATION

__all__ = ["COLUMNS", "Standing", "build_board", "count_gap_rows", "gap_of", "round_board", "stand_together"]

COLUMNS = ["team", "submissions", "accepted", "certified", "credit", "error", "gap"]


@dataclass(frozen=True)
class Standing:
    """How good the common model is: by how much its validation loss fell, what it is now, and its largest gap.

    `gap_rows` is the least number of rows, in a group or outside, that any gap hangs on; 0 without groups.
    """

    fall: float
    error: float
    gap: float
    gap_rows: int


def stand_together(game: Game) -> Standing:
    """Return how good the model of everybody's accepted submissions is."""
    first, last = float(game.errors[0]), float(game.errors[-1])
    groups = [accepted.entry.group for accepted in game.accepted]
    return Standing(first - last, last, gap_of(game.bounty, game.current, groups), count_gap_rows(game))


def build_board(game: Game, entries: Sequence[Entry], credit: Credit, certified: pd.DataFrame | None) -> pd.DataFrame:
    """Return a row a team, the one with the most credit first: COLUMNS, with all digits.

    `entries` are the submissions of all decisions, in the order in which they were judged. `certified` is what
    `metrics.bounty.certify` gives; where it is None nothing was certified yet, and the column is missing throughout.
    """
    groups = [accepted.entry.group for accepted in game.accepted]
    earned, private = credit.teams, play_teams(game.bounty, [pin(game, entry) for entry in entries])
    rows = []
    for team in dict.fromkeys(decision.team for decision in game.decisions):
        decided = [decision for decision in game.decisions if decision.team == team]
        own = private[team]
        rows.append(
            {
                "team": team,
                "submissions": len(decided),
                "accepted": sum(decision.accepted for decision in decided),
                "certified": None
                if certified is None
                else int(certified["certified"][certified["team"] == team].sum()),
                "credit": float(earned.get(team, 0.0)),
                "error": float(own.errors[-1]),
                "gap": gap_of(game.bounty, own.current, groups),
            }
        )
    board = pd.DataFrame(rows, columns=COLUMNS).astype({"certified": "Int64"})
    return _sort(board)


def gap_of(bounty: Bounty, predictions: NDArray[Any], groups: Iterable[NDArray[np.bool_]]) -> float:
    """Return the largest distance between a group's mean validation loss and everyone else's; NaN without groups."""
    losses = bounty.losses(predictions)[bounty.split == VALIDATION]
    gaps = [abs(losses[inside].mean() - losses[~inside].mean()) for inside in _compared(bounty, groups)]
    return float(max(gaps, default=math.nan))


def count_gap_rows(game: Game) -> int:
    """Return the least number of validation rows, in a group found or outside, that a gap hangs on; 0 without any."""
    groups = _compared(game.bounty, (accepted.entry.group for accepted in game.accepted))
    return min((int(min(inside.sum(), (~inside).sum())) for inside in groups), default=0)


def _compared(bounty: Bounty, groups: Iterable[NDArray[np.bool_]]) -> Iterator[NDArray[np.bool_]]:
    """Yield who of the validation rows is in each group that is large enough, inside and outside."""
    rows, least = bounty.split == VALIDATION, max(bounty.terms.minimum_group, 1)
    for inside in (group[rows] for group in groups):
        if least <= inside.sum() <= len(inside) - least:
            yield inside


def round_board(board: pd.DataFrame, bounty: Bounty, gap_rows: int) -> pd.DataFrame:
    """Return the board as it may be published: losses in steps, the order made from what is left.

    Gaps are rounded as means over `gap_rows` rows (`count_gap_rows`): all but one row of a small group being known, a
    gap in the steps of the whole split would tell that row's label.
    """
    n_rows = len(bounty.rows_of(VALIDATION))
    rows = {"credit": n_rows, "error": n_rows, "gap": gap_rows}
    rounded = {name: [round_loss(value, n) for value in board[name]] for name, n in rows.items()}
    return _sort(board.assign(**rounded))


def _sort(board: pd.DataFrame) -> pd.DataFrame:
    return board.sort_values(["credit", "team"], ascending=[False, True], kind="stable", ignore_index=True)
