"""Two shares of the same units: McNemar's test of a change, and Newcombe's interval for its size.

Both are of independent units without weights. The interval that pages and tables show comes from what is added and
removed (`metrics.measured_changes`), which also heeds clusters; these are the names that statisticians look for, and
what it is held against (docs/decisions/paired-systems.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.intervals import difference_limits, quantile, share_limits

__all__ = ["mcnemar", "newcombe_limits"]

Floats = NDArray[np.float64]


def mcnemar(added: ArrayLike, removed: ArrayLike, *, exact: bool = False) -> Floats:
    """Return McNemar's p of no change, both sides, from how many units changed one way and how many the other.

    Given how many changed at all, either way has the chance one half. By default it is the mid-p, which counts half of
    the chance of the outcome itself and is seldom above its level; with `exact` the whole of it, which is often far
    below. Where nothing changed p is 1. NaN in is NaN out. Fagerland, Lydersen & Laake 2013, BMC Medical Research
    Methodology 13:91.

    >>> mcnemar(6, 16).round(4).tolist(), mcnemar(6, 16, exact=True).round(4).tolist()
    (0.0347, 0.0525)
    """
    from scipy.special import bdtr, gammaln

    one, two = np.broadcast_arrays(np.asarray(added, float), np.asarray(removed, float))
    known = ~np.isnan(one + two)
    one, two = (np.where(known, x, 0.0) for x in (one, two))
    n, fewer = one + two, np.minimum(one, two)
    itself = np.exp(gammaln(n + 1) - gammaln(fewer + 1) - gammaln(n - fewer + 1) - n * np.log(2))
    tail = bdtr(fewer, n.astype(np.int64), 0.5)
    p = np.minimum(2 * tail if exact else 2 * tail - itself, 1.0)
    return np.where(known, p, np.nan)


def newcombe_limits(
    both: ArrayLike, first: ArrayLike, second: ArrayLike, neither: ArrayLike, alpha: ArrayLike = 0.05
) -> tuple[Floats, Floats]:
    """Return the limits of the second share minus the first, of the same units, at level 1 - alpha.

    The counts are of units with the event under both, under the first or the second only, and under neither.
    Wilson's limits of the two shares are put together with the correlation phi of the two events; where that is
    positive, half a unit is taken off its numerator. Newcombe 1998, Statistics in Medicine 17:2635, method 10.

    >>> low, high = newcombe_limits(59, 16, 6, 80)
    >>> round(float(low), 4), round(float(high), 4)
    (-0.1186, -0.0046)
    """
    a, b, c, d = np.broadcast_arrays(*(np.asarray(x, float) for x in (both, first, second, neither)))
    n = a + b + c + d
    with np.errstate(divide="ignore", invalid="ignore"):
        p1, p2 = (a + b) / n, (a + c) / n
        product = a * d - b * c
        shrunk = np.where(product > 0, np.maximum(product - n / 2, 0), product)
        margins = np.sqrt((a + b) * (c + d) * (a + c) * (b + d))
        phi = np.where(margins > 0, shrunk / margins, 0.0)
    q = quantile(alpha)
    return difference_limits(p2, *share_limits(p2, n, q), p1, *share_limits(p1, n, q), phi)
