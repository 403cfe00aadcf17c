"""What every cut on the score would do to a group: the counts that thresholds are fitted to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cube
from metrics.errors import QuestionError
from metrics.estimate import MIN_CLUSTERS
from metrics.ranks import cells_of
from metrics.scored import Scored
from metrics.slices import Slice

__all__ = ["Curve", "Group", "count_curve", "count_groups", "scored_of"]

Floats = NDArray[np.float64]

_DECIMALS = range(-12, 17)


@dataclass(frozen=True, eq=False)
class Curve:
    """The weighted counts of a set of units at every cut that tells some of their scores apart.

    Arrays of shape (cuts,), ascending in `cuts`: whoever scores at or above a cut is predicted positive. The first cut
    is -inf (everyone), the last inf (nobody). `selected` are those predicted positive, with a label or without; `true`
    and `false` those of them who are positive, and who are not. The totals are of everyone with a score.
    """

    cuts: Floats
    selected: Floats
    true: Floats
    false: Floats
    units: float
    positives: float
    negatives: float
    kept: dict[Any, Any] = field(default_factory=dict)  # what was derived and is asked again

    def keep(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what was made under a key, which is made once."""
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    def rate(self, name: str) -> Floats:
        """Return a rate at every cut, by the name of its metric; NaN where its denominator is 0."""
        match name:
            case "selection_rate":
                top, below = self.selected, self.units
            case "false_negative_rate":
                top, below = self.positives - self.true, self.positives
            case "false_positive_rate":
                top, below = self.false, self.negatives
            case "error_rate":
                top, below = self.loss(1.0, 1.0), self.positives + self.negatives
            case _:
                raise QuestionError(f"Thresholds are fitted to rates of the counts at a cut; {name!r} is none.")
        return top / below if below > 0 else np.full(len(top), np.nan)

    def loss(self, false_positive: float, false_negative: float) -> Floats:
        """Return what the errors at every cut cost in all, given what one of each kind costs."""
        return false_positive * self.false + false_negative * (self.positives - self.true)


@dataclass(frozen=True, eq=False)
class Group:
    """A slice, its curve, and how many rows it has in the denominator of each rate, and clusters there."""

    slice: Slice
    curve: Curve
    rows: dict[str, float]
    clusters: dict[str, float]

    def has_enough(self, rates: Sequence[str], min_units: int) -> bool:
        """Whether thresholds can be fitted to it: rows and clusters for its errors and for each of the rates."""
        asked = {"error_rate", *rates}
        return all(self.rows[r] >= min_units and self.clusters[r] >= MIN_CLUSTERS for r in asked)


def scored_of(cube: Cube) -> Scored:
    """Return the rows of a cube. Raises QuestionError unless they are here with scores and labels."""
    scored = cube.scored
    if scored is None:
        raise QuestionError("Thresholds are fitted to rows, and the rows are not here.")
    if scored.score is None:
        raise QuestionError("Thresholds need a column of scores. Name one with --score.")
    if scored.positive is None or not (scored.positive >= 0).any():
        raise QuestionError("Thresholds are fitted to what turned out true. Name the column of labels with --label.")
    return scored


def count_curve(score: Floats, positive: NDArray[np.int8], weight: Floats) -> Curve:
    """Count units at every cut; `positive` is 1, 0, or -1 without a label. Units without a score are left out.

    A cut stands at the shortest number that tells two neighbouring scores apart.
    """
    has = ~np.isnan(score) & (weight > 0)
    score, positive, weight = score[has], positive[has], weight[has]
    values, place = np.unique(score, return_inverse=True)
    sums = [np.bincount(place, weights=w, minlength=len(values)) for w in (weight, weight * (positive == 1))]
    sums.append(np.bincount(place, weights=weight * (positive == 0), minlength=len(values)))
    # From above: how many score at least so much; the last entry is nobody.
    selected, true, false = (np.append(np.cumsum(s[::-1])[::-1], 0.0) for s in sums)
    cuts = np.concatenate([[-inf], _shortest(values[:-1], values[1:]), [inf]]) if len(values) else np.array([-inf])
    return Curve(cuts, selected, true, false, float(selected[0]), float(true[0]), float(false[0]))


def count_groups(cube: Cube, names: Sequence[str]) -> tuple[list[Group], Curve]:
    """Return every slice of a grouping whose levels are known, and the curve of everyone."""
    scored = scored_of(cube)
    assert scored.score is not None and scored.positive is not None
    grouping = cube.by(tuple(names))
    times = np.ones(len(scored)) if scored.multiplicity is None else scored.multiplicity.astype(np.float64)
    weight = times if scored.weights is None else times * scored.weights
    cell = cells_of(cube, grouping)
    groups = []
    for number in np.flatnonzero(grouping.known).tolist():
        inside = np.flatnonzero((cell == number) & ~np.isnan(scored.score))
        truth = scored.positive[inside]
        masks = {
            "selection_rate": np.ones(len(inside), bool),
            "error_rate": truth >= 0,
            "false_negative_rate": truth == 1,
            "false_positive_rate": truth == 0,
        }
        groups.append(
            Group(
                grouping.slices[number],
                count_curve(scored.score[inside], truth, weight[inside]),
                {name: float(times[inside[mask]].sum()) for name, mask in masks.items()},
                {name: _clusters(scored, inside[mask]) for name, mask in masks.items()},
            )
        )
    return groups, count_curve(scored.score, scored.positive, weight)


def _clusters(scored: Scored, rows: NDArray[np.int64]) -> float:
    """Count clusters; without a column of them they are never few."""
    return inf if scored.clusters is None else float(len(np.unique(scored.clusters[rows])))


def _shortest(low: Floats, high: Floats) -> Floats:
    """Return for each pair of numbers the one with the fewest decimals above the low and not above the high one.

    >>> _shortest(np.array([4.0, 0.4812, -0.3, 12.0]), np.array([5.0, 0.4821, -0.1, 977.0])).tolist()
    [5.0, 0.482, -0.2, 400.0]
    """
    found, left = high.copy(), np.arange(len(high))
    for decimals in _DECIMALS:
        # Dividing by a power of ten, not multiplying by its inverse, gives the float that the decimal number reads as.
        power = 10.0 ** abs(decimals)
        for near in (low / 2 + high / 2, high):
            number = np.floor(near[left] * power) / power if decimals >= 0 else np.floor(near[left] / power) * power
            fits = (low[left] < number) & (number <= high[left])
            found[left[fits]] = number[fits]
            left = left[~fits]
    return found
