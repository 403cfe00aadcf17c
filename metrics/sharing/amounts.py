"""What is told of a slice beside counts: sums of what each unit adds, of weights, words and errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.registry import MeanOfShares, Metric, Ranked
from metrics.scored import Scored, sums_of

__all__ = ["Amounts", "amounts_of", "positive_weights", "range_by"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Amounts:
    """What one unit of each row adds to every sum that is told: arrays (rows, sums).

    A row that stands for several people has their `mean`, and the `least` and the `most` that one of them adds. `low`
    and `high` are the least and the most that anybody adds with whom the same came out. Sums are told of everybody in a
    slice together, and where `by_outcome` (sums,) says so, also of those alone with whom something came out. `given`
    (sums,) are those that do not depend on what comes out: weights, words, and how many units a cluster has.
    """

    mean: Floats
    least: Floats
    most: Floats
    low: Floats
    high: Floats
    by_outcome: NDArray[np.bool_]
    given: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.mean)

    @property
    def n(self) -> int:
        """How many sums there are."""
        return int(self.mean.shape[1])

    def take(self, rows: NDArray[np.int64], column: int) -> tuple[Floats, ...]:
        """Return all arrays of one sum at some rows."""
        return tuple(a[rows, column] for a in self._arrays)

    def longer(self, n: int) -> Amounts:
        """Return the same for `n` rows; those behind add nothing."""
        arrays: Any = [np.pad(a, ((0, n - len(a)), (0, 0))) for a in self._arrays]
        marks: Any = self._marks
        return Amounts(*arrays, *marks)

    def without(self, rows: NDArray[np.int64]) -> Amounts:
        """Return the same with some rows that add nothing."""
        arrays: list[Any] = [a.copy() for a in self._arrays]
        for a in arrays:
            a[rows] = 0
        marks: Any = self._marks
        return Amounts(*arrays, *marks)

    def beside(self, other: Amounts) -> Amounts:
        """Return these sums and those of another reading of the same rows, each once."""
        there = {column.tobytes() for column in self.mean.T}
        new = [i for i, column in enumerate(other.mean.T) if column.tobytes() not in there]
        pairs = zip(self._arrays, other._arrays, strict=True)
        arrays: list[Any] = [np.concatenate([own, more[:, new]], axis=1) for own, more in pairs]
        marks: Any = [np.concatenate([own, more[new]]) for own, more in zip(self._marks, other._marks, strict=True)]
        return Amounts(*arrays, *marks)

    def add_up(self, number: NDArray[np.int64], times: NDArray[np.int64]) -> Amounts:
        """Return one row for all of a `number`, who count by their `times` and with whom the same came out."""
        n = int(number.max(initial=-1)) + 1
        counted = np.flatnonzero(times > 0)
        at = number[counted]
        first = np.zeros(n, np.int64)
        first[at[::-1]] = counted[::-1]
        people = np.bincount(at, times[counted], minlength=n)
        mean, least, most = np.zeros((3, n, self.n))
        for column in range(self.n):
            added = np.bincount(at, self.mean[counted, column] * times[counted], minlength=n)
            mean[:, column] = np.divide(added, people, out=np.zeros(n), where=people > 0)
            lo, hi = range_by(at, self.least[counted, column], self.most[counted, column], n)
            least[:, column], most[:, column] = np.where(people > 0, (lo, hi), 0)
        mean = np.clip(mean, least, most)
        return Amounts(mean, least, most, self.low[first], self.high[first], *self._marks)

    def by_cluster(self, rows: NDArray[np.int64], cluster: NDArray[np.int64], times: NDArray[np.int64]) -> Amounts:
        """Return what clusters add: their units and the sums of these, and the squares of both.

        `rows` are the units' places among these, `cluster` (rows,) is the number of each one's cluster, and `times` how
        many units each stands for.
        """
        own: list[Any] = [np.bincount(cluster, times * amount) for amount in (np.ones(len(rows)), *self.mean[rows].T)]
        given = np.append(True, self.given)
        columns = [*own, *(amount * amount for amount in own)]
        return _whole(columns, np.zeros(len(own[0]), np.int64), np.tile(given, 2))

    @property
    def _arrays(self) -> tuple[Floats, ...]:
        return self.mean, self.least, self.most, self.low, self.high

    @property
    def _marks(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        return self.by_outcome, self.given


def amounts_of(scored: Scored, n: int) -> Amounts:
    """Return what the scored units add to the sums of their system, as rows of a file of `n`.

    Of every metric the sums that it is made of, and their products, of which its variance is; with weights their sum
    and that of their squares, and sums by weight and products by its square. Sums of outcomes alone are left out.
    """
    sums: list[tuple[Floats, bool]] = []
    products: list[tuple[Floats, bool]] = []
    for metric in scored.metrics.values():
        if isinstance(metric.formula, Ranked | MeanOfShares):
            continue
        own = [
            (_added(scored, form, metric), form == getattr(metric.formula, "below", None))
            for form in sums_of(metric)
            if scored.layout.weights(form).any()
        ]
        sums += own
        products += [(a * b, given and too) for i, (a, given) in enumerate(own) for b, too in own[i:]]
    columns = [*sums, *products]
    if scored.weights is not None:
        w, squared = scored.weights, scored.weights**2
        columns = [
            (w, True),
            (squared, True),
            *((w * added, given) for added, given in sums),
            *((squared * added, given) for added, given in columns),
        ]
    # The same amount may be given for one metric, and what came out for another.
    given = {amount.tobytes() for amount, is_given in columns if is_given}
    distinct = {amount.tobytes(): amount for amount, _ in columns}
    outcome, n_weights = scored.outcome.astype(np.int64), 0 if scored.weights is None else 2
    found = _whole(list(distinct.values()), outcome, np.array([key in given for key in distinct], bool))
    whole = np.zeros((5, n, found.n))
    whole[:, scored.rows] = found._arrays
    arrays: Any = (*whole, np.arange(found.n) < n_weights, found.given)
    return Amounts(*arrays)


def _added(scored: Scored, form: str, metric: Metric) -> Floats:
    """Return what each unit adds to a sum of named counts."""
    layout = scored.layout
    found = layout.outcomes(form, metric.of_class)[scored.outcome]
    for value, weight in zip(scored.values, layout.weights(form), strict=True):
        found = found + weight * value
    return np.asarray(found, np.float64)


def _whole(columns: Sequence[Floats], outcome: NDArray[np.int64], given: NDArray[np.bool_]) -> Amounts:
    """Return amounts of rows that stand for themselves."""
    mean = np.stack(columns, axis=1) if columns else np.zeros((len(outcome), 0))
    low, high = mean.copy(), mean.copy()
    for column in range(mean.shape[1]):
        lo, hi = range_by(outcome, mean[:, column], mean[:, column])
        low[:, column], high[:, column] = lo[outcome], hi[outcome]
    return Amounts(mean, mean, mean, low, high, np.zeros(len(columns), bool), given)


def range_by(group: NDArray[np.int64], least: Floats, most: Floats, n: int = 0) -> tuple[Floats, Floats]:
    """Return the least and the most of every group, of `n` at least, infinite where there is nobody."""
    n = max(n, int(group.max(initial=-1)) + 1)
    lo, hi = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(lo, group, least)
    np.maximum.at(hi, group, most)
    return lo, hi


def positive_weights(scored: Scored) -> NDArray[np.bool_]:
    """Return which units weigh anything: only these are in a weighted share."""
    return np.ones(len(scored), bool) if scored.weights is None else scored.weights > 0
