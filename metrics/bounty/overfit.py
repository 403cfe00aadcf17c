"""How far useless submissions would bring a leaderboard: what accepting on the same rows again and again costs.

A useless submission is a group of rows drawn by lot and a rival that is exactly as good as the baseline, its losses
falling elsewhere by chance: on a fresh sample it helps nobody. Accepted by the plain rule, the lucky half of such
submissions "improves" the validation split all the same, about six points after 2,000 of them on 5,000 rows that the
baseline gets wrong one time in five. Blum & Hardt 2015, "The Ladder".
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.errors import QuestionError
from metrics.progress import Progress, Tell

__all__ = ["COLUMNS", "MOST_SUBMISSIONS", "overfit_losses"]

COLUMNS = ["submissions", "accepted", "validation", "fresh"]
MOST_SUBMISSIONS = 20_000
_BLOCK = 50  # submissions between two words about how far it is


def overfit_losses(
    validation: NDArray[np.float64],
    fresh: NDArray[np.float64],
    submissions: int = 2_000,
    *,
    mass: float = 0.1,
    alpha: float = 0.0,
    seed: int = 0,
    progress: Tell | None = None,
) -> pd.DataFrame:
    """Send so many useless submissions and return a row for each, and one before the first: COLUMNS.

    `validation` and `fresh` are the baseline's losses on two samples of rows, each in [0, 1]. Each submission's group
    is a share `mass` of all rows, and it is accepted if the mean of g(x) * (loss now - loss of the rival) over the
    validation rows lies strictly above `alpha`; the model then is the rival in the group, on both samples.
    `validation` and `fresh` of the frame are the model's mean losses, `accepted` how many were accepted until then.
    Raises QuestionError for an empty sample, and for shares and numbers out of range.
    """
    if not len(validation) or not len(fresh):
        raise QuestionError("Useless submissions need rows to be judged on, and other rows to be checked with.")
    if not 0 < mass <= 1:
        raise QuestionError(f"The share of the rows in a group lies above 0 and up to 1; got {mass:g}.")
    if not 0 <= submissions <= MOST_SUBMISSIONS:
        raise QuestionError(f"Between 0 and {MOST_SUBMISSIONS:,} submissions can be tried; got {submissions:,}.")
    draw, work = np.random.default_rng(seed), Progress(progress)
    pool = np.asarray(validation, float)
    seen, unseen = pool.copy(), np.asarray(fresh, float).copy()
    told = np.empty((submissions + 1, 3))
    told[0] = 0, seen.mean(), unseen.mean()
    for number in range(1, submissions + 1):
        if number % _BLOCK == 1:
            work("Sending useless submissions", (number - 1) / submissions)
        group = np.flatnonzero(draw.random(len(seen)) < mass)
        rival = draw.choice(pool, len(group))
        lucky = (seen[group] - rival).sum() / len(seen) > alpha
        if lucky:
            seen[group] = rival
            # Drawn from the same losses as before: were it from the validation rows, the rival would be another model.
            other = np.flatnonzero(draw.random(len(unseen)) < mass)
            unseen[other] = draw.choice(np.asarray(fresh, float), len(other))
        told[number] = told[number - 1, 0] + lucky, seen.mean(), unseen.mean()
    table = pd.DataFrame(told, columns=COLUMNS[1:])
    table.insert(0, "submissions", np.arange(submissions + 1))
    return table.astype({"accepted": "int64"})
