"""The leaderboard: what each team sent, what of it was accepted and certified, and how good its own model became.

Each team has a private model: its submissions alone, played from the baseline in the order in which they were judged.
What another team did first takes nothing away from it. `error` is the private model's mean loss on the validation
split. `gap` is how far the group that lies furthest from everyone else lies from them, over all groups that anybody's
accepted submission found: the same groups for every team, so that a team that helped one group at the cost of another
shows it. Groups with fewer rows of the validation split than the terms ask for, inside or outside, are left out.

Digits tell about the rows that they were counted on. What is published is rounded to steps of about the standard error
of a mean over the split (the step of Blum & Hardt's Ladder, 2015), and teams whose rounded credit is the same stand in
the order of their names.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.bounty.credit import Credit
from metrics.bounty.judge import Game, pin, play_teams
from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Entry
from metrics.bounty.terms import VALIDATION

__all__ = ["COLUMNS", "build_board", "gap_of", "round_board", "step_of"]

COLUMNS = ["team", "submissions", "accepted", "certified", "credit", "error", "gap"]
_ROUNDED = ["credit", "error", "gap"]


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
    rows = bounty.split == VALIDATION
    losses, least = bounty.losses(predictions)[rows], max(bounty.terms.minimum_group, 1)
    gaps = [
        abs(losses[inside].mean() - losses[~inside].mean())
        for inside in (group[rows] for group in groups)
        if least <= inside.sum() <= len(inside) - least
    ]
    return float(max(gaps, default=math.nan))


def step_of(bounty: Bounty) -> float:
    """Return the step that published digits are rounded to: 1, 2 or 5 times a power of ten.

    It is the least of these that is no smaller than 1/(2 sqrt(n)), the largest standard error of a mean of n losses
    between 0 and 1; n counts the rows of the validation split, or its clusters where they are named.
    """
    rows = bounty.split == VALIDATION
    n = int(rows.sum()) if bounty.clusters is None else len(np.unique(bounty.clusters[rows]))
    return _round_up(0.5 / math.sqrt(max(n, 1)))


def round_board(board: pd.DataFrame, step: float) -> pd.DataFrame:
    """Return the board as it may be published: losses in whole steps, the order made from what is left."""
    decimals = max(0, -math.floor(math.log10(step)))
    rounded = board.assign(**{name: (board[name] / step).round().mul(step).round(decimals) for name in _ROUNDED})
    return _sort(rounded)


def _round_up(value: float) -> float:
    power = math.floor(math.log10(value))
    times = next((t for t in (1, 2, 5) if t * 10.0**power >= value * (1 - 1e-12)), 10)
    return float(f"{times * 10.0**power:.12g}")


def _sort(board: pd.DataFrame) -> pd.DataFrame:
    return board.sort_values(["credit", "team"], ascending=[False, True], kind="stable", ignore_index=True)
