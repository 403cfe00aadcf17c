"""Which conditions a divergence is due to: Shapley values inside one slice, and of every condition over a search.

A slice's divergence is its value less everyone's. Inside a slice the conditions are the players and the divergence of
each part of them (their slices) is what they are worth together; every part is counted, so the values are exact. Over
a whole search the global divergence of a condition is what it adds to other slices, averaged as in Shapley's value over
the sets of attributes they name and over the levels these may have. Shapley 1953; Pastor, de Alfaro & Baralis 2021,
"Looking for Trouble: Analyzing Classifier Behavior via Pattern Divergence" (DivExplorer), sections 4.3 and 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.cube import Cube
from metrics.errors import QuestionError, unknown
from metrics.estimate import as_objects, choose_metrics, measure, split_families
from metrics.find import Found
from metrics.slices import MISSING, Slice

__all__ = ["MOST_CONDITIONS", "GlobalAttribution", "SliceAttribution", "attribute_search", "attribute_slice"]

MOST_CONDITIONS = 10


@dataclass(frozen=True, eq=False)
class SliceAttribution:
    """What each condition of a slice has to do with its divergence.

    `table` has one row a condition: `condition` (a slice of one level), `contribution` (its Shapley value; they add up
    to `divergence`), `alone` (the divergence of the condition by itself) and `last` (what it adds to all others).
    `parts` has the slices of every part of the conditions, `rows`, `value` and `divergence`; everyone comes first and
    the slice itself last. Numbers are in the unit of the metric, NaN where a part has no value.
    """

    slice: Slice
    metric: str
    overall: float
    value: float
    divergence: float
    table: pd.DataFrame
    parts: pd.DataFrame


@dataclass(frozen=True, eq=False)
class GlobalAttribution:
    """What each condition has to do with the divergence of all slices of a search.

    `table` has one row a condition, what adds most for the worse first: `condition`, `attribute`, `contribution` (its
    global divergence), `alone` (the divergence of the condition by itself) and `rows`. `slices` is how many slices it
    rests on; `left_out` of them have no value, or contain one without, and add nothing.
    """

    metric: str
    table: pd.DataFrame
    slices: int
    left_out: int


def attribute_slice(cube: Cube, metric: str, cell: Slice) -> SliceAttribution:
    """Return the Shapley value of every condition of a slice, from the counts of all their parts.

    Raises QuestionError for a metric, attribute or level that the data do not have, for everyone (who has no
    condition), and for more than `MOST_CONDITIONS` conditions.
    """
    n = len(cell.levels)
    if not n:
        raise QuestionError("Everyone is no slice with conditions: name at least one, such as sex = female.")
    if n > MOST_CONDITIONS:
        raise QuestionError(f"The slice has {n} conditions; up to {MOST_CONDITIONS} can be told apart.")
    ((cube, chosen),) = choose_metrics(cube, [metric])
    (family,) = split_families(cube, chosen)
    for name, level in cell.levels:
        _check_level(cube, name, level)
    worth, rows, parts = {}, [], []
    for size in range(n + 1):
        for chosen_places in combinations(range(n), size):
            part = Slice(tuple(cell.levels[i] for i in chosen_places))
            grouping = cube.by(part.axes)
            at = np.flatnonzero(grouping.find(part.to_dict()))
            value = float(measure(cube, family, grouping).side.shown[0, at[0]]) if len(at) else float("nan")
            worth[chosen_places] = value
            parts.append(part)
            rows.append(int(grouping.rows[at].sum()))
    overall = worth[()]
    worth = {places: value - overall for places, value in worth.items()}
    everything = tuple(range(n))
    table = pd.DataFrame(
        {
            "condition": as_objects([Slice((level,)) for level in cell.levels]),
            "contribution": [_shapley_value(i, n, worth) for i in everything],
            "alone": [worth[i,] for i in everything],
            "last": [worth[everything] - worth[everything[:i] + everything[i + 1 :]] for i in everything],
        }
    )
    divergence = list(worth.values())
    told = pd.DataFrame({"slice": as_objects(parts), "rows": rows, "value": np.array(divergence) + overall})
    told["divergence"] = divergence
    value = overall + worth[everything]
    return SliceAttribution(cell, metric, overall, value, worth[everything], table, told)


def attribute_search(found: Found) -> GlobalAttribution:
    """Return the global divergence of every condition that a search looked at.

    For a condition i of attribute a it is the sum over the slices J without a of
    |B|! (|A| - |B| - 1)! / (|A|! m_a times the product of m_b over B) (divergence of J and i - divergence of J), B the
    attributes of J, A all attributes with a slice and m_b how many levels of b are slices. Combinations that were not
    searched (too few rows, or too deep) add nothing, as in DivExplorer.
    """
    lattice = found.counted
    divergence = np.full(len(lattice), np.nan)
    divergence[found.lattice.index.to_numpy()] = found.lattice["divergence"].to_numpy(dtype=np.float64)
    conditions, condition, attribute = _number_conditions(found)
    n_levels = np.bincount(attribute)
    n_attributes = len(n_levels)

    used = condition >= 0
    length = used.sum(axis=1)
    levels = np.where(used, n_levels[attribute[condition]], 1).prod(axis=1)
    ways = np.array([factorial(k) * factorial(max(n_attributes - k - 1, 0)) for k in range(n_attributes + 1)], float)
    weight = ways[length - 1] / factorial(n_attributes) / levels
    without = np.where(lattice.parents >= 0, divergence[lattice.parents], np.nan)
    without[length == 1, 0] = 0.0  # everyone's divergence
    added = weight[:, None] * (divergence[:, None] - without)
    told = used & ~np.isnan(added)
    contribution = np.bincount(condition[told], weights=added[told], minlength=len(conditions))
    alone = np.flatnonzero(length == 1)
    table = pd.DataFrame(
        {
            "condition": as_objects([lattice.slices[i] for i in alone]),
            "attribute": [lattice.slices[i].axes[0] for i in alone],
            "contribution": contribution[condition[alone, 0]],
            "alone": divergence[alone],
            "rows": lattice.rows[alone],
        }
    )
    size = table["contribution"].to_numpy() * {"lower": 1, "higher": -1}.get(found.metric.better, np.nan)
    order = np.argsort(-np.where(np.isnan(size), table["contribution"].abs(), size), kind="stable")
    left_out = int((used & np.isnan(added)).any(axis=1).sum())
    return GlobalAttribution(found.metric.name, table.iloc[order].reset_index(drop=True), len(lattice), left_out)


def _shapley_value(player: int, n: int, worth: dict[tuple[int, ...], float]) -> float:
    """Return what a player adds to each set of the others, weighed by how often it comes in right after them."""
    others = [i for i in range(n) if i != player]
    return sum(
        factorial(size)
        * factorial(n - size - 1)
        / factorial(n)
        * (worth[tuple(sorted((*before, player)))] - worth[before])
        for size in range(n)
        for before in combinations(others, size)
    )


def _check_level(cube: Cube, name: str, level: str) -> None:
    axis = cube.axis(name)
    if level not in (*axis.levels, MISSING):
        raise unknown(level, f"level of {name!r} called", axis.levels)


def _number_conditions(found: Found) -> tuple[list[int], NDArray[np.int64], NDArray[np.int64]]:
    """Number the conditions of a lattice: the slices of one, each slice's conditions, and the attribute of each.

    The second has the shape (slices, depth), -1 beyond a slice's conditions.
    """
    lattice = found.counted
    names = list(dict.fromkeys(axis.name for grouping in lattice.groupings for axis in grouping.axes))
    place = {name: i for i, name in enumerate(names)}
    depth = lattice.codes.shape[1]
    of_grouping = np.full((len(lattice.groupings), depth), -1, np.int64)
    for g, grouping in enumerate(lattice.groupings):
        of_grouping[g, : len(grouping.axes)] = [place[axis.name] for axis in grouping.axes]
    axes = of_grouping[lattice.grouping]
    size = int(lattice.codes.max(initial=0)) + 1
    keys = np.where(axes >= 0, axes * size + lattice.codes, -1)
    alone = np.flatnonzero((axes >= 0).sum(axis=1) == 1)
    known = keys[alone, 0]  # ascending: attributes in order, then their levels
    condition = np.where(keys >= 0, np.searchsorted(known, keys), -1)
    _, attribute = np.unique(axes[alone, 0], return_inverse=True)
    return known.tolist(), condition, attribute
