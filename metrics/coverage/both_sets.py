"""What a customer's set covers that the reference does not, and the reverse."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.coverage.grid import Axes, Counts, Grid, count_denominator, count_units, make_grid
from metrics.coverage.patterns import asked_of
from metrics.coverage.possible import read_rules
from metrics.coverage.question import Covering, check_covering
from metrics.cube import Cube
from metrics.errors import QuestionError
from metrics.estimate import as_objects, choose_metrics, split_families
from metrics.two_sets.sets import TwoSets

__all__ = ["BOTH_SETS", "CUSTOMER_ONLY", "NEITHER", "REFERENCE_ONLY", "compare_coverage", "say_coverage"]

BOTH_SETS = ["slice", "reference", "customer", "covered_by"]
REFERENCE_ONLY, CUSTOMER_ONLY, NEITHER = "reference", "customer", "neither"


def compare_coverage(sets: TwoSets, asked: Covering) -> pd.DataFrame:
    """Return the most general combinations that only one of the sets covers, then those that neither does.

    Columns slice, reference, customer (units there), covered_by: "reference", "customer" or "neither". A combination is
    covered where it has at least `min_units` units, or of what the minimum of each metric named looks at. Listed is,
    of each kind, what no more general combination of the same kind contains. Attributes have to be in both sets; levels
    may be on one side only. Raises QuestionError for what the sets do not hold, and beyond the caps.
    """
    check_covering(asked)
    shared = set(sets.shared)
    names = [name for (name,) in sets.groupings(list(asked.by), everyone=False)]
    alone = [name for name in names if name not in shared]
    if alone:
        listed = ", ".join(map(repr, alone))
        raise QuestionError(f"{listed} {'is' if len(alone) == 1 else 'are'} in one of the two sets only. Leave it out.")
    cubes = (sets.reference[0], sets.customer[0])
    grid = make_grid([cubes[0].axis(name) for name in names], asked.depth)
    wanted = asked_of(grid, read_rules(cubes[0], grid, asked.rules))
    here, there = (_count(cube, grid, asked) for cube in cubes)
    enough = [{some: counts[some] >= asked.min_units for some in grid.sets} for counts in (here, there)]
    tables = []
    for kind, one, two in ((CUSTOMER_ONLY, False, True), (REFERENCE_ONLY, True, False), (NEITHER, False, False)):
        of_kind = {some: wanted[some] & (enough[0][some] == one) & (enough[1][some] == two) for some in grid.sets}
        tables += [_tabulate(grid, some, mask, here, there, kind) for some, mask in _most_general(grid, of_kind)]
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame({c: [] for c in BOTH_SETS})


def say_coverage(table: pd.DataFrame) -> str:
    """Say how many combinations each set alone covers, from the table of `compare_coverage`."""
    n = {kind: int((table["covered_by"] == kind).sum()) for kind in (CUSTOMER_ONLY, REFERENCE_ONLY, NEITHER)}
    if not any(n.values()):
        return "Both sets cover every combination."
    return (
        f"Said as generally as can be, {n[CUSTOMER_ONLY]} {_combinations(n[CUSTOMER_ONLY])} covered by the customer's "
        f"set only, {n[REFERENCE_ONLY]} by the reference only, and {n[NEITHER]} by neither."
    )


def _combinations(n: int) -> str:
    return "combination is" if n == 1 else "combinations are"


def _count(cube: Cube, grid: Grid, asked: Covering) -> Counts:
    if asked.metrics is None:
        return count_units(cube, grid)
    ((cube, chosen),) = choose_metrics(cube, asked.metrics)
    each = [count_denominator(cube, grid, split_families(cube, [metric])[0]) for metric in chosen]
    return {some: np.minimum.reduce([counts[some] for counts in each]) for some in grid.sets}


def _most_general(grid: Grid, of_kind: Mapping[Axes, NDArray[np.bool_]]) -> list[tuple[Axes, NDArray[np.bool_]]]:
    """Return, of each set of axes, the combinations of a kind that no more general one of the kind contains."""
    covered: dict[Axes, NDArray[np.bool_]] = {}  # contained in one of the kind, or of the kind
    found = []
    for some in grid.sets:
        inside = np.zeros(grid.shape(some), bool)
        for place in range(len(some)):
            inside |= np.expand_dims(covered[some[:place] + some[place + 1 :]], place)
        found.append((some, of_kind[some] & ~inside))
        covered[some] = inside | of_kind[some]
    return found


def _tabulate(grid: Grid, some: Axes, mask: NDArray[np.bool_], here: Counts, there: Counts, kind: str) -> pd.DataFrame:
    slices = grid.slices_of(some, np.argwhere(mask))
    return pd.DataFrame(
        {
            "slice": as_objects(slices),
            "reference": here[some][mask],
            "customer": there[some][mask],
            "covered_by": as_objects([kind] * len(slices)),
        }
    )
