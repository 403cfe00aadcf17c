"""The second tier: which accepted submissions hold up beyond the rows that they were accepted on.

*Accepted* is the game, and playing it long enough improves the validation split by luck alone (see
`metrics.bounty.overfit`). *Certified* needs proof. Tested is, for each accepted submission, its replacement against
the model it met, the current one when it was judged: the mean over a split of g(x) * (loss of the model it met - loss
of the replacement) is 0 under the null hypothesis. So a certificate speaks of the group and the replacement as they
were sent, not of what later submissions and repairs made of the model. The tests are those of
`metrics.bounty.paired`, two-sided, and a submission is certified if its replacement is better and the test says that
this is no chance.

Two schemes keep the chance of any false certificate at `delta`:

- `certify_sealed`: on the sealed split, that no decision has seen, with Holm over the accepted submissions. It holds
  for whatever was shown of the validation split, but for one opening: whoever has seen the results and goes on has
  seen the sealed rows.
- `certify_adaptively`: on the validation split itself, for organisers who show no digits of it. Submission t after k
  accepted ones is tested at the level `adaptive_level(t, k)`. Teams that learn only which submissions were accepted
  can have seen one of C(t - 1, k) histories, and the levels of all of them, of all k and of all t add up to no more
  than delta (a union bound as in Globus-Harris, Kearns & Roth 2022 and in Blum & Hardt 2015). A repair tells more than
  that one bit where teams see the repaired model, so the promise is for bounties that publish no models either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.bounty.judge import Accepted, Game, pin
from metrics.bounty.paired import Improvement, measure_improvement
from metrics.bounty.terms import SEALED, VALIDATION
from metrics.errors import QuestionError
from metrics.multiplicity import holm

__all__ = ["COLUMNS", "DELTA", "adaptive_level", "certify_adaptively", "certify_sealed"]

DELTA = 0.05

# One row an accepted submission, in the order of acceptance. `units` to `p` are of `Improvement`; `level` is what p
# (p_adjusted, where there is one) may not exceed.
COLUMNS = [
    "submission", "team", "units", "clusters", "better", "worse", "loss_met", "loss_replacement",
    "improvement", "low", "high", "p", "p_adjusted", "level", "certified",
]  # fmt: skip


def certify_sealed(game: Game, delta: float = DELTA) -> pd.DataFrame:
    """Test every accepted submission on the sealed split, with Holm over all of them: COLUMNS.

    A submission whose group has no sealed row has no p, is no part of the family and is not certified. Raises
    QuestionError where no row is sealed. Looks at the sealed split: call it once, when the bounty is over
    (`metrics.bounty.certificate` keeps to that).
    """
    if not (game.bounty.split == SEALED).any():
        raise QuestionError("No row is sealed, so that nothing can be certified on fresh rows.")
    table = _tabulate(game, _compare_on(game, SEALED, delta))
    table["p_adjusted"] = holm(table["p"].to_numpy(float), alpha=delta)[0]
    table["level"] = delta
    table["certified"] = (table["improvement"] > 0) & (table["p_adjusted"] <= delta)
    return table[COLUMNS]


def certify_adaptively(game: Game, delta: float = DELTA) -> pd.DataFrame:
    """Test every accepted submission on the validation split, at a level that pays for what teams learned: COLUMNS.

    `p_adjusted` is NaN: each submission has a level of its own instead.
    """
    table = _tabulate(game, _compare_on(game, VALIDATION, delta))
    table["p_adjusted"] = np.nan
    levels = [
        adaptive_level(number, k, delta)
        for number, k, decision in _count_accepts(game)
        if decision  # those in the order of acceptance
    ]
    table["level"] = np.array(levels, float)
    table["certified"] = (table["improvement"] > 0) & (table["p"] <= table["level"])
    return table[COLUMNS]


def adaptive_level(t: int, k: int, delta: float = DELTA) -> float:
    """Return delta * 6/(pi^2 t^2) * 2^-(k+1) / C(t-1, k): the level for submission t (from 1) after k accepts.

    Of thousands of submissions it can be too small for a float, and is then 0.

    >>> round(adaptive_level(1, 0), 5), round(adaptive_level(3, 1), 7)
    (0.0152, 0.0004222)
    """
    if not 0 <= k < t:
        raise ValueError(f"Before submission {t} there are between 0 and {t - 1} accepts; got {k}.")
    return math.exp(math.log(delta * 6 / (math.pi * t) ** 2) - (k + 1) * math.log(2) - math.log(math.comb(t - 1, k)))


def _count_accepts(game: Game) -> list[tuple[int, int, bool]]:
    """Return of each decision its number from 1, how many were accepted before it, and whether it was."""
    found, accepts = [], 0
    for number, decision in enumerate(game.decisions, 1):
        found.append((number, accepts, decision.accepted))
        accepts += decision.accepted
    return found


def _compare_on(game: Game, split: int, delta: float) -> list[Improvement]:
    bounty = game.bounty
    rows = bounty.split == split
    clusters = None if bounty.clusters is None else bounty.clusters[rows]
    return [
        measure_improvement(
            bounty.losses(_met(game, accepted))[rows],
            bounty.losses(_replacement(game, accepted))[rows],
            accepted.entry.group[rows],
            clusters,
            errors=bounty.terms.loss == "error",
            confidence=1 - delta,
        )
        for accepted in game.accepted
    ]


def _met(game: Game, accepted: Accepted) -> NDArray[Any]:
    """Return the predictions of the model that was current when a submission was judged."""
    return game.models[accepted.model - 1]


def _replacement(game: Game, accepted: Accepted) -> NDArray[Any]:
    entry = pin(game, accepted.entry)
    assert entry.predictions is not None
    # Outside the group nothing is promised of a replacement; there the model stays as it is.
    return np.where(entry.group, entry.predictions, _met(game, accepted))


def _tabulate(game: Game, found: Sequence[Improvement]) -> pd.DataFrame:
    table = pd.DataFrame([asdict(one) for one in found], columns=list(Improvement.__dataclass_fields__))
    table = table.rename(columns={"loss_before": "loss_met", "loss_after": "loss_replacement"})
    table["submission"] = [accepted.entry.submission.id for accepted in game.accepted]
    table["team"] = [accepted.entry.submission.team for accepted in game.accepted]
    numbers = ["loss_met", "loss_replacement", "improvement", "low", "high", "p"]
    return table.astype(dict.fromkeys(numbers, "float64"))
