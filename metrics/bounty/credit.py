"""Who made how much of the improvement: credit that does not hang on who came first.

The Shapley value (1953) of the accepted submissions, by orders: they are played again from the baseline in many
orders, and a submission's marginal is the mean fall of the validation loss in the round in which it joins. As in the
game, a submission that does not help any more when its turn comes is not accepted and moves nothing.

Other orders may end at another model, so the marginals add up to the mean fall over the orders. Credit is each
submission's share of that mean times the fall that really happened: it adds up to what the leaderboard shows.
Rejected submissions earn nothing, or copying an accepted one would be a way to share its credit. A copy that adds more
than alpha of its own is accepted, and comes first in half of the orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.bounty.judge import Game, judge_entry, new_game, pin
from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Entry
from metrics.bounty.terms import VALIDATION
from metrics.progress import Progress, Tell

__all__ = ["Credit", "count_orders", "share_credit"]


@dataclass(frozen=True, eq=False)
class Credit:
    """What each submission earned of the fall of the validation loss.

    `submissions` has the columns submission, team, credit, standard_error (0 where all orders were played) and
    marginal; `total` is the fall from the baseline to the current model, `mean_total` the mean fall over the orders,
    `n_orders` how many were played, `exact` whether those are all there are.
    """

    submissions: pd.DataFrame
    total: float
    mean_total: float
    n_orders: int
    exact: bool

    @property
    def teams(self) -> pd.Series:
        """The credit of each team, largest first; of equals the first in order."""
        sums = self.submissions.groupby("team", sort=True)["credit"].sum()
        return sums.sort_values(ascending=False, kind="stable")


def count_orders(n_accepted: int) -> int:
    """Return how many orders are drawn if nobody says: 200, fewer where many were accepted, but never under 20.

    So about 4,000 submissions are judged again, which takes some seconds: 52 orders of 77 on 20,000 rows took 4 to 10.

    >>> count_orders(5), count_orders(77), count_orders(1_000)
    (200, 52, 20)
    """
    return 2 * (max(20, min(200, 4_000 // max(n_accepted, 1) + 1)) // 2)


def share_credit(game: Game, *, orders: int | None = None, seed: int = 0, progress: Tell | None = None) -> Credit:
    """Share the fall of the validation loss among the accepted submissions of a game.

    Up to `orders` orders (`count_orders` of them if None) are all played where there are no more, else so many are
    drawn, in pairs of an order and its reverse, which halves the error where early and late differ most. Raises
    ValueError for under two orders.
    """
    orders = count_orders(len(game.accepted)) if orders is None else orders
    if orders < 2:
        raise ValueError(f"Credit needs at least two orders; got {orders}.")
    bounty, entries = _narrow(game)
    total, n = float(game.errors[0] - game.errors[-1]), len(entries)
    exact = factorial(n) <= orders if n < 20 else False
    chosen = list(permutations(range(n)) if exact else _draw_orders(n, orders, seed))
    falls = np.array(list(_play_orders(bounty, entries, chosen, Progress(progress)))).reshape(len(chosen), n)
    marginal = falls.mean(axis=0)
    mean_total = float(marginal.sum())
    factor = total / mean_total if mean_total else 0.0
    table = pd.DataFrame(
        {
            "submission": [entry.submission.id for entry in entries],
            "team": [entry.submission.team for entry in entries],
            "credit": marginal * factor,
            "standard_error": np.zeros(n) if exact else _standard_error(falls) * factor,
            "marginal": marginal,
        }
    )
    return Credit(table, total, mean_total, len(chosen), exact)


def _narrow(game: Game) -> tuple[Bounty, list[Entry]]:
    """Return the validation rows and the accepted submissions on them: no decision hangs on any other row."""
    bounty, rows = game.bounty, game.bounty.rows_of(VALIDATION)
    small = replace(
        bounty,
        ids=tuple(bounty.ids[row] for row in rows.tolist()),
        features={},
        label=bounty.label[rows],
        baseline=bounty.baseline[rows],
        split=bounty.split[rows],
        clusters=None,
    )
    entries = []
    for accepted in game.accepted:
        entry = pin(game, accepted.entry)
        assert entry.predictions is not None
        entries.append(replace(entry, group=entry.group[rows], predictions=entry.predictions[rows]))
    return small, entries


def _draw_orders(n: int, orders: int, seed: int) -> Iterator[tuple[int, ...]]:
    draw = np.random.default_rng(seed)
    for _ in range((orders + 1) // 2):
        order = tuple(draw.permutation(n).tolist())
        yield order
        yield order[::-1]


def _play_orders(
    bounty: Bounty, entries: Sequence[Entry], orders: Sequence[Sequence[int]], work: Progress
) -> Iterator[list[float]]:
    """Yield for each order by how much the loss falls as each entry joins; a beginning in common is played once."""
    games: list[Game] = [new_game(bounty)]
    losses = [float(games[0].errors[-1])]
    before: Sequence[int] = ()
    for order in work.over(orders, "Playing the submissions in another order"):
        same = next((i for i, (a, b) in enumerate(zip(before, order, strict=False)) if a != b), len(before))
        del games[same + 1 :], losses[same + 1 :]
        for place in order[same:]:
            games.append(judge_entry(games[-1], entries[place]))
            losses.append(float(games[-1].errors[-1]))
        falls = [0.0] * len(order)
        for step, place in enumerate(order):
            falls[place] = losses[step] - losses[step + 1]
        yield falls
        before = order


def _standard_error(falls: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard error of the mean over pairs of an order and its reverse, shape (submissions,)."""
    pairs = falls.reshape(-1, 2, falls.shape[1]).mean(axis=1)
    if len(pairs) < 2:
        return np.full(falls.shape[1], np.nan)
    return np.asarray(pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs)))
