"""The game: each submission judged against the current model, accepted, and the model repaired for earlier groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Entry
from metrics.bounty.terms import EXPLORE, VALIDATION

__all__ = [
    "Accepted",
    "Decision",
    "Game",
    "dry_run",
    "group_losses",
    "judge_entry",
    "new_game",
    "pin",
    "play",
    "play_teams",
]


@dataclass(frozen=True)
class Decision:
    """What was decided of one submission; counts, mass and losses are of the validation split.

    `mass` is the group's share of the split's rows, `score` the mean over the split of g(x) * (loss of the current
    model - loss of the replacement) = mass * (loss_current - loss_replacement). `repairs` counts the repairs after it,
    `error_after` is the loss of the whole current model afterwards. Losses of a group without rows are NaN.
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
    # Per model, the unit losses of the validation rows; per accepted group, the places of its rows among those.
    unit_losses: tuple[NDArray[Any], ...] = ()
    members: tuple[NDArray[np.int64], ...] = ()
    best_totals: tuple[int, ...] = ()  # the best of each accepted group, in unit losses

    @property
    def current(self) -> NDArray[Any]:
        return self.models[-1]

    @property
    def errors(self) -> NDArray[np.float64]:
        """The whole validation loss of each published model, shape (models,)."""
        return np.array([_total(losses) / self.whole for losses in self.unit_losses])

    @property
    def whole(self) -> int:
        """What the largest loss of every validation row adds up to, in whole units."""
        return len(self.bounty.rows_of(VALIDATION)) * self.bounty.loss_scale


def new_game(bounty: Bounty) -> Game:
    """Return the state before any submission: the baseline is the current model."""
    losses = bounty.unit_losses(bounty.baseline, bounty.rows_of(VALIDATION))
    return Game(bounty, models=(bounty.baseline,), unit_losses=(losses,))


def judge_entry(game: Game, entry: Entry) -> Game:
    """Judge one more submission and return the state after it. Never raises for what a submission predicts.

    Accepted is a group of at least `minimum_group` validation rows whose score lies strictly above `alpha`. Then the
    current model is updated where the group holds, and repaired: of all accepted groups, in the order of acceptance,
    the first whose mass-weighted validation loss lies more than `alpha` above the least that any published model had
    on it is pointed back to that model (the earliest of equals); then the check starts again with the group accepted
    first, until none is found. The model at the end of the round is published under the next number.

    It ends: an update and every repair lower the loss of the whole model by more than `alpha` >= 0, as they change
    rows of one group only and lower the loss added up over it by more than that. No state comes twice, a row can
    have as many predictions as there are models, and with `alpha` > 0 there are fewer than 1 / `alpha` repairs.

    Sums are of whole numbers and quotients correctly rounded, so that nothing hangs on the order of rows. After
    Globus-Harris, Kearns & Roth 2022, algorithm of monotone updates; as there, the least is taken over every
    published model, those before the group was found included.
    """
    bounty, terms = game.bounty, game.bounty.terms
    predictions = _predictions_of(game, entry)
    rows = bounty.rows_of(VALIDATION)
    members = np.flatnonzero(entry.group[rows])
    losses = bounty.unit_losses(predictions, rows[members])
    decision = _measure(game, entry, members, losses, len(rows))
    if not decision.accepted:
        return replace(game, decisions=(*game.decisions, decision))
    model, unit_losses = game.current.copy(), game.unit_losses[-1].copy()
    model[entry.group] = predictions[entry.group]
    unit_losses[members] = losses
    number, whole = len(game.models), game.whole
    before = [_total(earlier[members]) for earlier in game.unit_losses]
    best = int(np.argmin(before))
    accepted = (*game.accepted, Accepted(entry, number, before[best] / whole, best))
    all_members, bests = (*game.members, members), (*game.best_totals, before[best])
    repairs = 0
    while True:
        now = [_total(unit_losses[m]) for m in all_members]
        worse = (k for k, (x, y) in enumerate(zip(now, bests, strict=True)) if (x - y) / whole > terms.alpha)
        hurt = next(worse, None)
        if hurt is None:
            break
        group, served = accepted[hurt].entry.group, accepted[hurt].best_model
        model[group] = game.models[served][group]
        unit_losses[all_members[hurt]] = game.unit_losses[served][all_members[hurt]]
        repairs += 1
    accepted = tuple(
        replace(a, best=x / whole, best_model=number) if x < y else a
        for a, x, y in zip(accepted, now, bests, strict=True)
    )
    decision = replace(decision, repairs=repairs, error_after=_total(unit_losses) / whole)
    return Game(
        bounty,
        (*game.models, model),
        accepted,
        (*game.decisions, decision),
        (*game.unit_losses, unit_losses),
        all_members,
        tuple(map(min, now, bests)),
    )


def play(bounty: Bounty, entries: Iterable[Entry]) -> Game:
    """Judge submissions in the order given."""
    game = new_game(bounty)
    for entry in entries:
        game = judge_entry(game, entry)
    return game


def pin(game: Game, entry: Entry) -> Entry:
    """Return an entry with its predictions, those of an earlier model as they are published now.

    What is pinned can be judged in any order and any game, whatever model has that number there.
    """
    return entry if entry.predictions is not None else replace(entry, predictions=_predictions_of(game, entry))


def play_teams(bounty: Bounty, entries: Iterable[Entry]) -> Mapping[str, Game]:
    """Return each team's private game: its own submissions alone, in the order given, against a model of its own.

    Accepted or not in the common game, each is judged by the same rules from the baseline on, so that a team can see
    what its work comes to by itself. Entries have to be pinned. After the class experiment of Globus-Harris, Harrison,
    Kearns, Perona & Roth 2024, "Diversified Ensembling", in which teams kept private lists beside the common one.
    """
    games: dict[str, Game] = {}
    for entry in entries:
        team = entry.submission.team
        games[team] = judge_entry(games.get(team) or new_game(bounty), entry)
    return games


def dry_run(game: Game, entry: Entry) -> Decision:
    """Measure a submission on the explore split alone, against the current model; nothing is decided by it.

    `accepted` says whether it would be if the explore split were that of validation, without repairs;
    `error_after` is the loss that the model would have on the explore split.
    """
    bounty = game.bounty
    rows = bounty.rows_of(EXPLORE)
    members = np.flatnonzero(entry.group[rows])
    losses = bounty.unit_losses(_predictions_of(game, entry), rows[members])
    explored = replace(game, unit_losses=(bounty.unit_losses(game.current, rows),))
    whole = max(1, len(rows) * bounty.loss_scale)
    return _measure(explored, entry, members, losses, len(rows), whole, "explore")


def group_losses(game: Game, accepted: Accepted) -> NDArray[np.float64]:
    """Return the mass-weighted validation loss of an accepted group under every published model, shape (models,)."""
    members = np.flatnonzero(accepted.entry.group[game.bounty.rows_of(VALIDATION)])
    return np.array([_total(losses[members]) / game.whole for losses in game.unit_losses])


def _predictions_of(game: Game, entry: Entry) -> NDArray[Any]:
    if entry.predictions is not None:
        return entry.predictions
    assert entry.model is not None
    return game.models[entry.model]


def _total(losses: NDArray[Any]) -> int:
    return int(losses.sum(dtype=np.int64))


def _measure(
    game: Game,
    entry: Entry,
    members: NDArray[np.int64],
    losses: NDArray[Any],
    n_rows: int,
    whole: int = 0,
    split: str = "validation",
) -> Decision:
    """Return the decision before any update: the group's losses, its score, and whether it is accepted."""
    terms, scale, whole = game.bounty.terms, game.bounty.loss_scale, whole or game.whole
    units = len(members)
    now, then = _total(game.unit_losses[-1][members]), _total(losses)
    score = (now - then) / whole
    if not units:
        reason = f"The group has no rows of the {split} split."
    elif units < terms.minimum_group:
        reason = f"The group has fewer than {terms.minimum_group:,} rows of the {split} split."
    elif not score > terms.alpha:
        how = "worse" if score < 0 else "no better" if score == 0 else "better, but by no more than alpha"
        reason = f"The replacement is {how}."
    else:
        reason = "The replacement is better by more than alpha."
    accepted = units >= terms.minimum_group and score > terms.alpha
    total = _total(game.unit_losses[-1])
    return Decision(
        submission=entry.submission.id,
        team=entry.submission.team,
        units=units,
        mass=units / n_rows if n_rows else nan,
        loss_current=now / (units * scale) if units else nan,
        loss_replacement=then / (units * scale) if units else nan,
        score=score,
        accepted=accepted,
        reason=reason,
        repairs=0,
        error_after=(total - (now - then if accepted else 0)) / whole,
    )
