"""What a reader is taken to know of single people, with which sums of words or weights become equations about counts.

Somebody may know that each man has the weight 0.5 and each woman 1.5, or that nobody speaks more than 60 words: then
the sum of a slice says something of how many people of which kind are in it. Taken to be known is, of every sum that is
told, what one person adds to it wherever that follows from the levels; of the others, the least and the most.

- Where it follows for everybody, and only a few different amounts occur, the sum may tell by whole numbers how many
  people there are of each amount. That is taken to be known: the amount is a part of what came out.
- Where it follows and many amounts occur, or follows in some cells only, the sum is one more equation: people who
  change their cell take the known amount along.
- Elsewhere they take along the amount that is the mean of all: no sum changes. Those left behind must still be able to
  add what was left of it, which keeps some of them where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.sharing.amounts import range_by
from metrics.sharing.tables import Rows, SharedTable, number_alike

__all__ = ["Known", "know"]

Floats = NDArray[np.float64]

FEW_AMOUNTS = 12
_ENOUGH, _CHANCE = 10, 1e-3  # so many people who all add the same, which is hardly chance, are known to do so
_CLOSE = 1e-9


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of the people of every row beside their levels.

    `outcome` (rows,) is what came out together with amounts that are known by their levels, `kind` (rows,) numbers the
    latter. `fixed` (rows, sums) is what a person takes along to the sums that are equations. Of the amounts that are
    not known, `span` (rows, amounts) is how far apart the least and the most possible are, 0 for people of whom they
    are known, and `place` where between them (0 to 1) those of a row are on average. `least` (amounts,) says that
    people take along the least, and `by_outcome` that a sum is told for each outcome.
    """

    outcome: NDArray[np.int64]
    kind: NDArray[np.int64]
    fixed: Floats
    place: Floats
    span: Floats
    least: NDArray[np.bool_]
    by_outcome: NDArray[np.bool_]

    @property
    def by_levels(self) -> bool:
        """Whether it follows from levels what a person takes along."""
        return bool(self.kind.any()) or bool(self.fixed.shape[1])


def know(rows: Rows, tables: Sequence[SharedTable]) -> Known:
    """Return what is known of the people of every row; alike ones have been added up (`add_alike`)."""
    n = len(rows)
    inside = np.flatnonzero(np.any([t.cell >= 0 for t in tables], axis=0) & (rows.times > 0))
    kind, outcome = np.zeros(n, np.int64), rows.outcome.copy()
    fixed: list[Floats] = []
    place: list[Floats] = []
    span: list[Floats] = []
    least: list[bool] = []
    by_outcome: list[bool] = []
    if rows.amounts.n and len(inside):
        reading = _Reading(rows, tables, inside)
        others = reading.number_few()
        kind[inside], outcome[inside] = reading.kind, number_alike([rows.outcome[inside], reading.kind])
        for column in others:
            reading.take(column)
            if reading.tells_nothing:
                continue
            follows = reading.follows()
            if follows.any():
                fixed.append(reading.taken_along(follows))
            if not follows.all():
                span.append(reading.span(follows))
                place.append(reading.place())
                least.append(bool(follows.any()))
                by_outcome.append(bool(rows.amounts.by_outcome[column]))

    def whole(columns: list[Floats]) -> Floats:
        found = np.zeros((n, len(columns)))
        for number, column in enumerate(columns):
            found[inside, number] = column
        return found

    marks = np.array(least, bool), np.array(by_outcome, bool)
    return Known(outcome, kind, whole(fixed), whole(place), whole(span), *marks)


class _Reading:
    """One sum at a time: what is known of the amounts that people add to it. Arrays are of the rows inside."""

    def __init__(self, rows: Rows, tables: Sequence[SharedTable], inside: NDArray[np.int64]) -> None:
        self.amounts, self.inside = rows.amounts, inside
        self.times = rows.times[inside]
        levels = [*rows.levels.values(), *(t.cell for t in tables if t.apart)]
        self.level = number_alike([np.zeros(len(inside), np.int64), *(codes[inside] for codes in levels)])
        self.kind = np.zeros(len(inside), np.int64)
        self.cells = [self.level, *(t.cell[inside] for t in tables)]

    def number_few(self) -> list[int]:
        """Number the people by the amounts that are few and follow from levels; return the other sums."""
        kinds, others = [self.kind], []
        for column in range(self.amounts.n):
            self.take(column)
            numbered = self._numbered()
            if not self.tells_nothing and int(numbered.max()) < FEW_AMOUNTS and self.follows().all():
                kinds.append(numbered)
            else:
                others.append(column)
        self.kind = number_alike(kinds)
        return others

    def take(self, column: int) -> None:
        """Look at another sum."""
        self.mean, self.least, self.most, self.low, self.high = self.amounts.take(self.inside, column)
        self.given = bool(self.amounts.given[column])
        self.close = _CLOSE * max(float(np.abs(self.mean).max()), 1e-300)
        lowest, highest = range_by(self.kind, self.least, self.most)
        self.low, self.high = np.maximum(self.low, lowest[self.kind]), np.minimum(self.high, highest[self.kind])

    @property
    def tells_nothing(self) -> bool:
        """Whether everybody with the same outcome adds the same."""
        return bool((self.high - self.low <= self.close).all())

    def follows(self) -> NDArray[np.bool_]:
        """Return of whom it follows from their levels what they add: all in their cell add the same."""
        several = np.bincount(self.level, self.times) > 1
        least, most = range_by(self.level, self.least, self.most)
        if several.any() and (most - least <= self.close)[several].all():
            return np.ones(len(self.level), bool)
        numbered, found = self._numbered(), np.zeros(len(self.level), bool)
        if not self.given:
            return found
        share = (np.bincount(numbered, self.times * (self.most - self.least <= self.close)) / self.times.sum())[
            numbered
        ]
        for cell in self.cells:
            there = np.flatnonzero(cell >= 0)
            own = cell[there]
            least, most = range_by(own, self.least[there], self.most[there])
            n = np.bincount(own, self.times[there])
            chance = np.bincount(own, share[there] * self.times[there]) / np.maximum(n, 1)
            found[there] |= ((most - least <= self.close) & (n >= _ENOUGH) & (chance**n < _CHANCE))[own]
        return found

    def taken_along(self, follows: NDArray[np.bool_]) -> Floats:
        """Return what is known of a person, from the least that others take along, at most 1."""
        found = np.where(follows, self.mean - self.low, 0.0)
        return found / max(float(np.abs(found).max()), 1e-300)

    def span(self, follows: NDArray[np.bool_]) -> Floats:
        """Return how far apart the least and the most possible are, 0 for those of whom it follows."""
        return np.where(follows | (self.high - self.low <= self.close), 0.0, self.high - self.low)

    def place(self) -> Floats:
        """Return where between the least and the most possible people are, from 0 to 1."""
        span = np.maximum(self.high - self.low, self.close)
        return np.clip((self.mean - self.low) / span, 0, 1)

    def _numbered(self) -> NDArray[np.int64]:
        """Return the different amounts, numbered."""
        return np.unique(np.round(self.mean / self.close), return_inverse=True)[1].ravel().astype(np.int64)
