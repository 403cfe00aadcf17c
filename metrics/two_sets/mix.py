"""Who is in either set: the shares of every level of every attribute, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from metrics.cube import Cube
from metrics.estimate import By, check_level
from metrics.intervals import difference_limits
from metrics.two_sets.sets import TwoSets
from metrics.two_sets.tally import Tally, tally_axis

__all__ = ["MIX", "compare_mix", "tally_sides"]

MIX = ["axis", "level", "reference", "customer", "reference_units", "customer_units", "difference", "low", "high"]
MIX += ["status"]


def compare_mix(sets: TwoSets, by: By = None, *, confidence: float = 0.95) -> pd.DataFrame:
    """Return the share of units of every level on both sides, and how much larger it is in the customer's set.

    A row a level of each attribute (those of `by`, by default all of both sets), `(missing)` last where it occurs.
    `status` is "ok", "new" (in the customer's set only: `reference` is NaN), "vanished" (in the reference only) or
    "one set" where the other lacks the whole attribute, and there is nothing to compare. The interval is made of both
    shares' own limits, by clusters where there are clusters (Newcombe 1998); that of a new level counts it as none of
    the reference's units. Units are those of the first system, by weight where they have weights.
    """
    check_level(confidence)
    reference, customer = next(iter(sets.pairs()))
    names = dict.fromkeys(name for names in sets.groupings(by, everyone=False) for name in names)
    rows: list[tuple[Any, ...]] = []
    for name in names:
        rows += _compare_axis(name, *tally_sides(reference, customer, name), 1 - confidence)
    return pd.DataFrame({column: [row[i] for row in rows] for i, column in enumerate(MIX)})


def tally_sides(reference: Cube, customer: Cube, name: str) -> tuple[Tally | None, Tally | None]:
    """Return the tallies of an attribute, None on the side that lacks it; both have the same levels."""
    here, there = (
        tally_axis(cube, name) if any(a.name == name for a in cube.axes) else None for cube in (reference, customer)
    )
    return here, there


def _compare_axis(name: str, here: Tally | None, there: Tally | None, alpha: float) -> list[tuple[Any, ...]]:
    given = [tally for tally in (here, there) if tally is not None]
    if len(given) < 2:
        return [
            (name, level, *(_share(t, i) for t in (here, there)), *(_units(t, i) for t in (here, there)))
            + (np.nan, np.nan, np.nan, "one set")
            for i, level in enumerate(given[0].levels)
            if given[0].units[i]
        ]
    assert here is not None and there is not None
    one, two = there.side(), here.side()
    low, high = difference_limits(one.value, *one.limits(alpha), two.value, *two.limits(alpha))
    rows: list[tuple[Any, ...]] = []
    for i, level in enumerate(here.levels):
        old, new = here.units[i] > 0, there.units[i] > 0
        if old or new:
            told = (one.value[i] - two.value[i], low[i], high[i], "ok" if old and new else "new" if new else "vanished")
            shares = (_share(tally, i) for tally in (here, there))
            rows.append((name, level, *shares, int(here.units[i]), int(there.units[i]), *told))
    return rows


def _share(tally: Tally | None, level: int) -> float:
    return float("nan") if tally is None or not tally.units[level] else float(tally.shares[level])


def _units(tally: Tally | None, level: int) -> int:
    return 0 if tally is None else int(tally.units[level])
