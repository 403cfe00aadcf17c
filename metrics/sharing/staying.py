"""Who has to stay in a cell, so that those left behind can add what is left of sums when others go.

Those who change their cell take along an amount that is the same for all with their outcome: then no sum changes. Those
left behind add what is left, and each of them must add between the least and the most that is possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Kinds", "share_staying"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Kinds:
    """The kinds of people with one outcome: `count` (kinds,), and the same number in `cells` for the same cells shown.

    `place` and `span` (kinds, amounts) are those of `knowledge.Known`.
    """

    cells: Floats
    count: Floats
    place: Floats
    span: Floats


def share_staying(outcomes: Sequence[Kinds], least: NDArray[np.bool_], by_outcome: NDArray[np.bool_]) -> list[Floats]:
    """Return the share of every kind that has to stay, by outcome.

    Kinds in the same cells that are shown may have any part of what they add together: all of them, or those with one
    outcome, are taken to be at the same place between the least and the most that they may add. `least` (amounts,) says
    that the least is what people take along, `by_outcome` that the sum is told for each outcome.
    """
    ends = np.cumsum([len(one.count) for one in outcomes])
    staying = np.zeros(int(ends[-1]) if len(ends) else 0)
    if len(least) and len(staying):
        number = np.repeat(np.arange(len(outcomes)), np.diff(ends, prepend=0))
        together = np.unique(np.concatenate([one.cells for one in outcomes]), return_inverse=True)[1].ravel()
        with_outcome = np.unique(number * len(number) + together, return_inverse=True)[1].ravel()
        groups = [np.arange(len(number)), with_outcome, together]
        place = np.concatenate([one.place for one in outcomes])
        sizes = np.concatenate([one.span * one.count[:, None] for one in outcomes])
        for amount in range(len(least)):
            size = sizes[:, amount]
            stays = [
                _least_staying(_middle(place[:, amount], size, group), size, number, bool(least[amount]))
                for group in (groups[:2] if by_outcome[amount] else groups)
            ]
            stay = min(stays, key=lambda stay: float(stay @ size))
            staying = np.maximum(staying, np.where(size > 0, stay, 0.0))
    return np.split(staying, ends[:-1])


def _middle(place: Floats, size: Floats, group: NDArray[np.int64]) -> Floats:
    """Return the place at which all of a group add together what they do."""
    total = np.bincount(group, size)
    middle = np.bincount(group, place * size) / np.where(total > 0, total, 1)
    return np.asarray(np.clip(middle[group], 0, 1))


def _least_staying(place: Floats, size: Floats, number: NDArray[np.int64], least: bool) -> Floats:
    """Return who stays where people take along, of every outcome, what leaves most of them free to go.

    That is the least, what all have on average, or the most; `least` says that it is the least.
    """
    if least:
        return place
    total = np.bincount(number, size)
    mean = (np.bincount(number, place * size) / np.where(total > 0, total, 1))[number]
    found, best = place, np.bincount(number, place * size)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.where(place > mean, (place - mean) / (1 - mean), (mean - place) / mean)
    for stay in (np.where(place == mean, 0.0, between), 1 - place):
        summed = np.bincount(number, stay * size)
        found = np.where((summed < best)[number], stay, found)
        best = np.minimum(best, summed)
    return found
