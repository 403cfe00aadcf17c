"""The rounds of a game as a table: the loss of everyone and of each group found, after every acceptance."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from metrics.bounty.judge import Game, group_losses
from metrics.bounty.telling import round_loss
from metrics.bounty.terms import VALIDATION

__all__ = ["ROUNDS", "trace_rounds"]

# `who` is -1 for everyone, else the place of the group among those accepted; `round` 0 is the baseline. `loss` is the
# mean over the `units` validation rows of `who`, rounded as it may be shown, `limit` what it must not exceed from then
# on (NaN before the group was found).
ROUNDS = ["who", "round", "units", "loss", "limit"]


def trace_rounds(game: Game) -> pd.DataFrame:
    """Return the losses after each round, a row for everyone and each accepted group and round; columns as ROUNDS.

    A group's `limit` is the least mass-weighted loss that a model published so far had on it, plus alpha, over its
    mass.
    """
    n_rows = len(game.bounty.rows_of(VALIDATION))
    records = [(-1, r, n_rows, round_loss(e, n_rows), math.nan) for r, e in enumerate(game.errors.tolist())]
    for who, (accepted, members) in enumerate(zip(game.accepted, game.members, strict=True)):
        units, weighted = len(members), group_losses(game, accepted)
        losses, leeway = weighted * n_rows / units, game.bounty.terms.alpha * n_rows / units
        for r, (loss, best) in enumerate(zip(losses, np.minimum.accumulate(losses), strict=True)):
            limit = round(min(round_loss(best, units) + leeway, 1.0), 3) if r > who else math.nan
            records.append((who, r, units, round_loss(loss, units), limit))
    return pd.DataFrame(records, columns=ROUNDS)
