"""Adjusting p values for the number of slices looked at, many families at once.

A family is the slices of one rule, or of one metric on one screen. Tests that say the same (women and men each against
the rest) carry one id in `same` and count once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


def holm(
    p: ArrayLike, family: ArrayLike = 0, alpha: float = 0.05, same: ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """Return Holm's adjusted p values, and the level at which each test's adjusted interval is drawn.

    `p`, `family` and `same` are one-dimensional: p in [0, 1] or NaN (no part of its family, NaN out), the id of the
    family, and the id of the test within it. The j-th smallest of m tests has the level 1 - alpha/(m - j + 1), tests
    with one p that of the first of them, whatever their order; from the first that is not rejected on, all have that
    one's level, so that an adjusted interval leaves out the value tested exactly where p_adjusted <= alpha. Holm 1979.

    >>> adjusted, level = holm([0.001, 0.012, 0.014, 0.2, 0.6])
    >>> adjusted.round(3).tolist(), level.round(4).tolist()
    ([0.005, 0.048, 0.048, 0.4, 0.6], [0.99, 0.9875, 0.9833, 0.975, 0.975])
    """
    tests = _Tests(p, family, same)
    left = tests.size - tests.rank  # m - j + 1
    adjusted = _running_maximum(np.minimum(left * tests.p, 1.0), tests.family)
    # The first test that is not rejected has the running maximum's first value above alpha, and stops the rest.
    stopped = _running_maximum((left * tests.p > alpha).astype(float), tests.family) > 0
    first = stopped & ~np.concatenate([[False], stopped[:-1] & (tests.family[1:] == tests.family[:-1])])
    stop_left = np.zeros(tests.family.max(initial=-1) + 1)
    stop_left[tests.family[first]] = left[first]
    level = 1 - alpha / np.where(stopped, stop_left[tests.family], left[tests.first_of_ties])
    return tests.spread_out(adjusted), tests.spread_out(level)


def benjamini_hochberg(p: ArrayLike, family: ArrayLike = 0, same: ArrayLike | None = None) -> Floats:
    """Return Benjamini and Hochberg's adjusted p values; arguments as in `holm`. Benjamini & Hochberg 1995.

    >>> benjamini_hochberg([0.001, 0.012, 0.014, 0.2, 0.6]).round(4).tolist()
    [0.005, 0.0233, 0.0233, 0.25, 0.6]
    """
    tests = _Tests(p, family, same)
    raw = tests.size * tests.p / (tests.rank + 1)
    backwards = _running_maximum(-raw[::-1], tests.family.max(initial=0) - tests.family[::-1])
    return tests.spread_out(np.minimum(-backwards[::-1], 1.0))


class _Tests:
    """The distinct tests of all families, sorted by family and then p, and the way back to the rows."""

    def __init__(self, p: ArrayLike, family: ArrayLike, same: ArrayLike | None) -> None:
        given = np.asarray(p, float)
        family_of = np.broadcast_to(np.asarray(family), given.shape)
        same_of = np.arange(len(given)) if same is None else np.broadcast_to(np.asarray(same), given.shape)
        self.n_rows, self.rows = len(given), np.flatnonzero(~np.isnan(given))
        family_of, same_of, given = family_of[self.rows], same_of[self.rows], given[self.rows]

        order = np.lexsort((same_of, family_of))
        new = _starts(family_of[order]) | _starts(same_of[order])
        self.test_of_row = np.empty(len(order), np.intp)
        self.test_of_row[order] = np.cumsum(new) - 1
        begins = np.flatnonzero(new)
        smallest = np.minimum.reduceat(given[order], begins) if len(begins) else given
        family_of_test = family_of[order][begins]

        self.order: Integers = np.lexsort((smallest, family_of_test))
        self.p: Floats = smallest[self.order]
        begin = _starts(family_of_test[self.order])
        self.family: Integers = np.cumsum(begin) - 1
        starts = np.flatnonzero(begin)
        self.rank: Integers = np.arange(len(self.p)) - starts[self.family]
        self.first_of_ties: Integers = np.flatnonzero(apart := begin | _starts(self.p))[np.cumsum(apart) - 1]
        self.size: Integers = np.bincount(self.family, minlength=len(starts))[self.family]

    def spread_out(self, of_sorted_tests: Floats) -> Floats:
        of_tests = np.empty(len(self.order))
        of_tests[self.order] = of_sorted_tests
        of_rows = np.full(self.n_rows, np.nan)
        of_rows[self.rows] = of_tests[self.test_of_row]
        return of_rows


def _starts(sorted_ids: NDArray[np.generic]) -> NDArray[np.bool_]:
    starts = np.ones(len(sorted_ids), bool)
    starts[1:] = sorted_ids[1:] != sorted_ids[:-1]
    return starts


def _running_maximum(values: Floats, segment: Integers) -> Floats:
    # Over ranks, not values: integers can be lifted segment by segment without losing the digits of small p values.
    n = len(values)
    in_order = np.argsort(values, kind="stable")
    rank = np.empty(n, np.int64)
    rank[in_order] = np.arange(n)
    lifted = np.maximum.accumulate(rank + segment * n)
    return values[in_order[lifted - segment * n]]
