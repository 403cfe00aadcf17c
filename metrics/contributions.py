"""What each unit adds to the two sums that a metric is the ratio of: errors and chances, edits and words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.errors import QuestionError
from metrics.registry import Metric, Rate, Share, SignedMean
from metrics.scored import Scored

__all__ = ["Contributions", "unit_contributions"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contributions:
    """Numerator and denominator of every unit, arrays of the length of the file; both are 0 where it has no part.

    `weight` is how much a unit counts (1 without weights), `times` how many units its row stands for.
    """

    top: Floats
    below: Floats
    weight: Floats
    times: NDArray[np.int64]

    @property
    def used(self) -> NDArray[np.bool_]:
        """The units that have a part in the metric and some weight."""
        found: NDArray[np.bool_] = ((self.below > 0) | (self.top != 0)) & (self.weight > 0)
        return found

    @property
    def value(self) -> float:
        """The ratio over everyone; NaN where there is nothing to divide by."""
        scale = self.weight * self.times
        below = float(scale @ self.below)
        return float(scale @ self.top) / below if below > 0 else float("nan")


def unit_contributions(scored: Scored, metric: Metric) -> Contributions:
    """Return what each unit adds to the numerator and denominator of a metric.

    Shares of units give 0 or 1 over 1, word error rates edits over words, means their value over 1; F1 and FN/FP the
    share they are a function of, root mean squared errors the squares. Raises QuestionError for a metric that is no
    ratio of two sums over units, such as AUC, balanced accuracy or a median of speakers.
    """
    match metric.formula:
        case Share(top, below) | Rate(top, below):
            forms = (top, below)
        case SignedMean(value, units):
            forms = (value, units)
        case _:
            raise QuestionError(
                f"{metric.title} is no sum over units divided by another: no unit has a part of it that could be "
                "looked at alone. Choose a share, a rate or a mean, such as the error rate or the word error rate."
            )
    n = len(scored)
    sums = [_add_up(scored, form, metric.of_class) for form in forms]
    return Contributions(
        sums[0],
        sums[1],
        np.ones(n) if scored.weights is None else scored.weights,
        np.ones(n, np.int64) if scored.multiplicity is None else scored.multiplicity,
    )


def _add_up(scored: Scored, form: str, of_class: str | None) -> Floats:
    lay = scored.layout
    total: Floats = lay.outcomes(form, of_class)[scored.outcome]
    for times, values, centre, carrier in zip(lay.weights(form), scored.values, lay.centres, lay.carriers, strict=True):
        if times:
            # Values are kept shifted by their centre, for the units that have them.
            total = total + times * (values + centre * lay.named[carrier, None][scored.outcome])
    return total
