"""How far a mix has shifted: one number for all levels of an attribute, and how much of it chance alone would show."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from metrics.estimate import By, as_objects, check_level
from metrics.multiplicity import holm
from metrics.two_sets.answer_tallies import tally_answers
from metrics.two_sets.dealing import DRAWS, count_dealt, deal
from metrics.two_sets.mix import tally_sides
from metrics.two_sets.sets import TwoSets
from metrics.two_sets.tally import Tally

__all__ = ["SHIFT", "chi_square", "measure_shift", "stability_index"]

Floats = NDArray[Any]

SHIFT = ["axis", "of", "system", "psi", "psi_floor", "chi_square", "df", "p", "p_adjusted", "cramers_v"]
SHIFT += ["new_levels", "vanished_levels"]

_LEAST_EXPECTED = 5  # Cochran 1954: from here on chi-square's own law serves


def measure_shift(sets: TwoSets, by: By = None, *, confidence: float = 0.95, seed: int = 0) -> pd.DataFrame:
    """Return how far the mix of every attribute of both sets has shifted, then labels, predictions and scores.

    `psi` is the population stability index, `psi_floor` the 95 % point of what two samples of one mix would show: it
    grows as sets get small and levels many, so that no fixed limit (.1, .25) says anything. `chi_square` is that of
    homogeneity with `df` degrees of freedom, `p` from its own law where units are independent and at least five are
    expected everywhere, else from the same deals as the floor; `cramers_v` says how strong it is, from 0 to 1.
    `p_adjusted` is Holm's over the attributes (and over the others of a system). `new_levels` and `vanished_levels`
    name what is in the customer's set or the reference only; half a unit stands in for them in the index. The unit of
    the weights changes nothing.

    `of` is "attribute", "label", "prediction" or "score" (by tenths of the reference's). Attributes are those of the
    first system's units; attributes of one set only are left out. Labels, predictions and scores need the rows where
    they are numbers. Sicilia, Siddiqi: credit scoring; floor: see docs/decisions/last-mile.md.
    """
    check_level(confidence)
    reference, customer = next(iter(sets.pairs()))
    names = dict.fromkeys(name for names in sets.groupings(by, everyone=False) for name in names)
    found: list[tuple[Any, ...]] = []
    for name in names:
        here, there = tally_sides(reference, customer, name)
        if here is not None and there is not None:
            found.append((name, "attribute", None, *_measure(here, there, confidence, seed)))
    for one, two in sets.pairs():
        for of, (here, there) in tally_answers(one, two).items():
            found.append((of, of, one.system, *_measure(here, there, confidence, seed)))
    columns = [name for name in SHIFT if name != "p_adjusted"]
    frame = pd.DataFrame({name: [row[i] for row in found] for i, name in enumerate(columns)})
    frame["system"] = as_objects([row[2] for row in found])  # of attributes it is None, which is no missing text
    family = [0 if row[1] == "attribute" else 1 + sets.systems.index(row[2]) for row in found]
    adjusted = holm(frame["p"], family)[0] if found else frame["p"]
    frame.insert(SHIFT.index("p_adjusted"), "p_adjusted", adjusted)
    return frame


def stability_index(one: ArrayLike, two: ArrayLike) -> Floats:
    """Return the population stability index of counts by level (the last axis): sum of (p - q) log(p/q).

    It is the same both ways. Half a unit stands in for a level that is empty on one side, where it would be infinite.

    >>> float(stability_index([50, 50], [50, 50])), round(float(stability_index([90, 10], [50, 50])), 3)
    (0.0, 0.879)
    """
    counts = [np.asarray(c, float) for c in (one, two)]
    either = (counts[0] + counts[1]) > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        p, q = (np.where(either, np.where(c > 0, c, 0.5), np.nan) / c.sum(axis=-1, keepdims=True) for c in counts)
        return np.asarray(np.nansum((p - q) * np.log(p / q), axis=-1))


def chi_square(one: ArrayLike, two: ArrayLike) -> Floats:
    """Return chi-square of homogeneity of counts by level (the last axis); levels without any are left out.

    >>> float(chi_square([10, 20], [20, 10])).__round__(3)
    6.667
    """
    a, b = np.asarray(one, float), np.asarray(two, float)
    both = a + b
    n, m = a.sum(axis=-1, keepdims=True), b.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        # The two rows of the table together: of level k, (a m - b n)^2 / (n m (a + b)).
        return np.asarray(np.nansum((a * m - b * n) ** 2 / (n * m * both), axis=-1))


def _measure(here: Tally, there: Tally, confidence: float, seed: int) -> tuple[Any, ...]:
    """Return the row of two tallies from `psi` on, without the adjusted p."""
    new, vanished = (
        tuple(level for level, a, b in zip(here.levels, x.units, y.units, strict=True) if a and not b)
        for x, y in ((there, here), (here, there))
    )
    if not here.n or not there.n:
        return (*[np.nan] * 6, new, vanished)
    one, two = count_dealt(here, there)
    index, square = float(stability_index(one, two)), float(chi_square(one, two))
    filled = (one + two) > 0
    df = int(filled.sum()) - 1
    n = float(one.sum() + two.sum())
    dealt = deal(here, there, DRAWS, seed)
    floor = _point(stability_index(*dealt), confidence)
    if df < 1:
        return index, floor, 0.0, 0, 1.0, 0.0, new, vanished
    p = _own_law(here, there, one[filled], two[filled], square, df)
    if p is None:
        draws = chi_square(*dealt)
        p = (1 + np.count_nonzero(draws >= square * (1 - 1e-9))) / (1 + len(draws))
    return index, floor, square, df, p, float(np.sqrt(min(square / n, 1.0))), new, vanished


def _own_law(here: Tally, there: Tally, one: Floats, two: Floats, square: float, df: int) -> float | None:
    """Return p by chi-square's own law; None where units are not independent or too few are expected."""
    if here.by_cluster is not None or there.by_cluster is not None:
        return None
    sizes = np.array([one.sum(), two.sum()])
    if sizes.min() / sizes.sum() * (one + two).min() < _LEAST_EXPECTED:
        return None
    from scipy.special import chdtrc

    return float(chdtrc(df, square))


def _point(values: Floats, confidence: float) -> float:
    """Return the smallest value that at least so many of the draws do not exceed."""
    position = ceil(confidence * len(values) - 1e-9) - 1
    return float(np.partition(values, position)[position])
