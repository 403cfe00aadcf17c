"""The game: each submission judged against the current model, accepted, and the model repaired for earlier groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Entry

__all__ = ["Accepted", "Decision", "Game", "judge_entry", "new_game"]


@dataclass(frozen=True)
class Decision:
    """What was decided of one submission; counts, mass and losses are of the validation split.

    `mass` is the group's share of the split's rows, `score` the mean over the split of g(x) * (loss of the current
    model - loss of the replacement) = mass * (loss_current - loss_replacement). `repairs` counts the repairs after it,
    `error_after` is the loss of the whole current model afterwards.
    """

    submission: str
    team: str
    units: int
    mass: float
    loss_current: float
    loss_replacement: float
    score: float
    accepted: bool
    reason: str
    repairs: int
    error_after: float


@dataclass(frozen=True, eq=False)
class Accepted:
    """An accepted group: `model` is the number of the model published with it, `best` the least mass-weighted
    validation loss that its rows ever had at the end of a round, `best_model` the published model that reached it."""

    entry: Entry
    model: int
    best: float
    best_model: int


@dataclass(frozen=True, eq=False)
class Game:
    """The state after some decisions. `models[k]` are the published models' predictions on all rows, 0 the baseline;
    the last is the current one. `accepted` in the order of acceptance, `errors` (rounds + 1,) the current model's
    validation loss after each round."""

    bounty: Bounty
    models: tuple[NDArray[Any], ...]
    accepted: tuple[Accepted, ...] = ()
    decisions: tuple[Decision, ...] = ()

    @property
    def current(self) -> NDArray[Any]:
        return self.models[-1]


def new_game(bounty: Bounty) -> Game:
    """Return the state before any submission: the baseline is the current model."""
    raise NotImplementedError


def judge_entry(game: Game, entry: Entry) -> Game:
    """Judge one more submission and return the state after it. Never raises for what a submission predicts."""
    raise NotImplementedError


def play(bounty: Bounty, entries: Iterable[Entry]) -> Game:
    """Judge submissions in the order given."""
    game = new_game(bounty)
    for entry in entries:
        game = judge_entry(game, entry)
    return game


def group_losses(game: Game, accepted: Accepted) -> NDArray[np.float64]:
    """Return the mass-weighted validation loss of an accepted group under every published model, shape (models,)."""
    raise NotImplementedError
