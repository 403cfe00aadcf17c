"""Whether a replacement is better than the model it met, on rows where both predict: tests by row and by cluster."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.intervals import quantile

__all__ = ["Improvement", "mcnemar_p", "measure_improvement", "sign_flip_p"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Improvement:
    """How much smaller the loss is after than before, as a mean over all rows of a split that counts only a group's.

    `units` are the group's rows, `clusters` its clusters (None where none are named), `better` and `worse` the rows
    whose loss is smaller and larger than before. `low` and `high` are the limits of `improvement`, `p` is two-sided.
    Losses and p are NaN for a group of nobody, the limits where there are none.
    """

    units: int
    clusters: int | None
    better: int
    worse: int
    loss_before: float
    loss_after: float
    improvement: float
    low: float
    high: float
    p: float


def measure_improvement(
    before: Floats,
    after: Floats,
    group: NDArray[np.bool_],
    clusters: NDArray[np.int64] | None = None,
    *,
    errors: bool = True,
    confidence: float = 0.95,
) -> Improvement:
    """Compare two losses of the same rows within a group; all arrays have the shape (rows,) of one split.

    `errors` says that each loss is 0 or 1. By row, those are compared by McNemar's exact test (1947). The limits are
    Tango's (1998) of a difference of paired shares, at each end no nearer than Clopper and Pearson's (1934) of the
    share of `better` among the rows that differ: these agree with the test, but take the number of such rows for
    certain, so that of ten rows that all became better no more than ten could have. Other losses are compared by the
    paired t test over the group's rows. With `clusters` the sample is their sums: t with clusters - 1, and of errors
    also the exact test that turns the signs of whole clusters; p is the larger of the two. No p is smaller than turning
    the signs of what differs allows, so that three rows that all gained alike prove nothing.
    """
    n_rows = len(group)
    gained = (before - after)[group]
    better, worse = int((gained > 0).sum()), int((gained < 0).sum())
    sums = gained if clusters is None else _sum_up(gained, clusters[group])
    nobody = not len(gained)
    improvement = float(gained.sum() / n_rows) if n_rows else np.nan
    if nobody:
        low = high = p = np.nan
    elif errors and clusters is None:
        p = mcnemar_p(better, worse)
        low, high = _limits_of_errors(better, worse, n_rows, 1 - confidence)
    else:
        flipped = sign_flip_p(sums) if errors else _least_p(sums)
        total, half, student = _student(sums, 1 - confidence)
        low, high = (total - half) / n_rows, (total + half) / n_rows
        p = float(np.fmax(student, flipped))
    return Improvement(
        units=len(gained),
        clusters=None if clusters is None else len(sums),
        better=better,
        worse=worse,
        loss_before=np.nan if nobody else float(before[group].mean()),
        loss_after=np.nan if nobody else float(after[group].mean()),
        improvement=improvement,
        low=low,
        high=high,
        p=p,
    )


def mcnemar_p(better: int, worse: int) -> float:
    """Return the two-sided exact p of so many rows that only one of two models has right. McNemar 1947.

    >>> round(mcnemar_p(9, 1), 4), mcnemar_p(0, 0)
    (0.0215, 1.0)
    """
    from scipy.special import bdtr

    return float(min(1.0, 2 * bdtr(min(better, worse), better + worse, 0.5))) if better + worse else 1.0


def sign_flip_p(sums: Floats) -> float:
    """Return how often the total of whole numbers is as far from 0 as it is, were each sign that of a fair coin.

    Exact, from the law of the total; for numbers of -1 and 1 it is McNemar's p.

    >>> sign_flip_p(np.array([3.0, 2.0, 1.0]))
    0.25
    """
    sizes = np.abs(sums[sums != 0]).astype(int)
    law = np.ones(1)  # the chance of each total of heads, from 0 up
    for size in np.sort(sizes):
        longer = np.zeros(len(law) + size)
        longer[: len(law)] += law / 2
        longer[size:] += law / 2
        law = longer
    totals = 2 * np.arange(len(law)) - (len(law) - 1)
    return float(min(1.0, law[np.abs(totals) >= abs(round(float(sums.sum())))].sum()))


def _sum_up(values: Floats, clusters: NDArray[np.int64]) -> Floats:
    places = np.unique(clusters, return_inverse=True)[1]
    return np.asarray(np.bincount(places, weights=values), float)


def _least_p(sums: Floats) -> float:
    """Return the smallest p that turning signs can give: no other choice of signs has so large a total."""
    return float(min(1.0, 2.0 ** (1 - int((sums != 0).sum()))))


def _student(sums: Floats, alpha: float) -> tuple[float, float, float]:
    """Return the total of a sample's values, the half width of its limits and the p of a total of 0."""
    from scipy.special import stdtr

    n, total = len(sums), float(sums.sum())
    if n < 2:
        return total, np.nan, np.nan
    se = float(np.sqrt(n) * sums.std(ddof=1))
    if se == 0:
        return total, np.nan, 1.0 if total == 0 else 0.0
    return total, float(quantile(alpha, n - 1)) * se, float(2 * stdtr(n - 1, -abs(total) / se))


def _limits_of_errors(better: int, worse: int, n_rows: int, alpha: float) -> tuple[float, float]:
    """Return the limits of `better - worse` over all rows: the wider of what both ways give at either end."""
    ends = [_score_limits(better, worse, n_rows, alpha)]
    if better + worse:
        low, high = _discordant_limits(better, worse, alpha)
        ends.append((low / n_rows, high / n_rows))
    return min(low for low, _ in ends), max(high for _, high in ends)


def _score_limits(better: int, worse: int, n_rows: int, alpha: float) -> tuple[float, float]:
    """Return the differences of paired shares at which the score test is just passed. Tango 1998."""
    z, found = float(quantile(alpha)), (better - worse) / n_rows

    def is_inside(d: float) -> bool:
        # The likeliest share of rows that became worse, were the difference d: a root of a square equation.
        half = (better + worse - (2 * n_rows - better + worse) * d) / (4 * n_rows)
        share = half + math.sqrt(max(half * half + worse * d * (1 - d) / (2 * n_rows), 0.0))
        return (better - worse - n_rows * d) ** 2 <= z * z * n_rows * (2 * share + d * (1 - d))

    def search(inside: float, outside: float) -> float:
        for _ in range(50):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if is_inside(middle) else (inside, middle)
        return (inside + outside) / 2

    return search(found, -1.0), search(found, 1.0)


def _discordant_limits(better: int, worse: int, alpha: float) -> tuple[float, float]:
    """Return the limits of `better - worse`, given how many rows differ at all (above none)."""
    from scipy.special import betaincinv

    n = better + worse
    low = betaincinv(better, worse + 1, alpha / 2) if better else 0.0
    high = betaincinv(better + 1, worse, 1 - alpha / 2) if worse else 1.0
    return float(n * (2 * low - 1)), float(n * (2 * high - 1))
