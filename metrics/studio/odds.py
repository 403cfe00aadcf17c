"""Two rates made alike at once: equalized odds as a linear programme over the hulls of the groups' ROC curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.errors import QuestionError
from metrics.slices import Slice
from metrics.studio.counts import Curve
from metrics.studio.goals import Goal
from metrics.studio.hull import hull_of
from metrics.studio.rules import Rule

__all__ = ["fit_both_rates"]

Floats = NDArray[np.float64]


def fit_both_rates(curves: Mapping[Slice, Curve], goal: Goal) -> dict[Slice, Rule]:
    """Give every group a mix of thresholds so that each rate of the goal stays within a window, at the least cost.

    Every point in the hull of a group's ROC curve is a mix of its corners; the programme chooses the shares of the
    corners and where the two windows begin. A solution at a corner of it mixes three thresholds at the most.
    Raises QuestionError where the solver finds none.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    names = goal.kind.rates
    corners = [_corners(c, names) for c in curves.values()]
    n = sum(map(len, corners))
    costs, rows, bounds = np.zeros(n + len(names)), [], []
    equal = np.zeros((len(corners), n + len(names)))
    start = 0
    for g, (curve, places) in enumerate(zip(curves.values(), corners, strict=True)):
        here = slice(start, start + len(places))
        costs[here] = curve.loss(goal.false_positive, goal.false_negative)[places]
        equal[g, here] = 1
        for k, name in enumerate(names):
            row = np.zeros(n + len(names))
            row[here], row[n + k] = curve.rate(name)[places], -1
            rows += [row, -row]
            bounds += [goal.within, 0.0]
        start = here.stop
    scale = costs.max() or 1.0
    programme: Any = {"A_ub": csr_array(np.array(rows)), "A_eq": csr_array(equal)}
    found = linprog(
        costs / scale, b_ub=bounds, b_eq=np.ones(len(corners)), bounds=(0, 1), method="highs-ds", **programme
    )
    if not found.success:
        raise QuestionError(f"No thresholds bring these groups within {goal.within:.3g} of each other: {found.message}")
    solution = np.asarray(found.x, np.float64)
    rules, start = {}, 0
    for (cell, curve), places in zip(curves.items(), corners, strict=True):
        shares = np.clip(solution[start : start + len(places)], 0, 1)
        rules[cell] = Rule.mix(zip(curve.cuts[places].tolist(), shares.tolist(), strict=True))
        start += len(places)
    return rules


def _corners(curve: Curve, names: tuple[str, ...]) -> NDArray[np.intp]:
    found: NDArray[np.intp] = curve.keep(("corners", names), lambda: hull_of(*(curve.rate(name) for name in names)))
    return found
