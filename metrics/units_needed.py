"""How many more units would decide a verdict: the smallest number at which the same rates have a deciding interval."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MORE", "MOST_UNITS", "count_for_fair_pass", "count_needed", "count_until"]

Floats = NDArray[Any]
# The limits of some elements with so many times the units of now: (places, factor) -> (low, high).
LimitsOfGrown = Callable[[NDArray[np.intp], Floats], tuple[Floats, Floats]]
# Whether some elements are decided with so many times the units of now: (places, factor) -> decided.
Decides = Callable[[NDArray[np.intp], Floats], NDArray[np.bool_]]

# Added to the quantile, so that about four samples in five of that size do decide: the normal's 80 % point.
MORE = 0.8416212335729143
MOST_UNITS = 1e9


def count_needed(limits: LimitsOfGrown, now: Floats, at_least_now: Floats, least: float, most: float) -> Floats:
    """Return the smallest whole number of units from `at_least_now` up whose interval lies within or outside.

    `now` (elements,) are the units there are; `limits` gives the limits at the quantile plus `MORE`. Within is
    between `least` and `most`, outside wholly below or above. NaN where no number up to a thousand million does.
    """

    def decides(at: NDArray[np.intp], factor: Floats) -> NDArray[np.bool_]:
        low, high = limits(at, factor)
        return ((low >= least) & (high <= most)) | (low > most) | (high < least)

    return count_until(decides, now, at_least_now)


def count_until(decides: Decides, now: Floats, at_least_now: Floats) -> Floats:
    """Return the smallest whole number of units from `at_least_now` up at which an element is decided.

    `decides` is asked of some elements, each with so many times its units `now` (elements,). NaN where no number up
    to a thousand million decides.
    """
    n = len(now)
    low, high = np.maximum(now, at_least_now), np.full(n, np.nan)
    todo = np.arange(n)
    size = low.copy()
    while len(todo):  # double until it decides
        decided = decides(todo, size / now[todo])
        high[todo[decided]] = size[decided]
        low[todo[~decided]] = size[~decided]
        going = ~decided & (size < MOST_UNITS)
        todo, size = todo[going], np.minimum(2 * size[going], MOST_UNITS)
    todo = np.flatnonzero(high > np.maximum(now, at_least_now))
    while len(todo):  # halve the bracket (low decides not, high does)
        middle = np.floor((low[todo] + high[todo]) / 2)
        decided = decides(todo, middle / now[todo])
        high[todo[decided]], low[todo[~decided]] = middle[decided], middle[~decided]
        todo = todo[high[todo] - low[todo] > 1]
    return high


def count_for_fair_pass(rate: float, limit: float, confidence: float = 0.95, chance: float = 0.8) -> int:
    """Return how many units each of two groups needs for a fair model to pass a limit on their difference.

    Both groups have the same `rate`; the model then passes with this `chance`. By the normal approximation the limit
    is z + Phi^-1((1 + chance)/2) standard errors of the difference.

    >>> count_for_fair_pass(0.9, 0.01)
    18914
    """
    from statistics import NormalDist

    normal = NormalDist()
    errors = normal.inv_cdf(0.5 + confidence / 2) + normal.inv_cdf(0.5 + chance / 2)
    return ceil(2 * rate * (1 - rate) * (errors / limit) ** 2)
