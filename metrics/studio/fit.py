"""Fitting thresholds: of all that meet the goal on these rows, those whose errors cost least.

One rate is made alike by sliding a window as wide as the gap allowed over all values that the rate takes: in each place
every group takes its cheapest threshold within the window. That is exact. Where lots may be drawn, a group reaches
every point between two of its thresholds too, and its cheapest ones lie on the lower hull of (rate, cost); for two
rates at once, on the hull of its ROC curve (Hardt, Price & Srebro 2016), which is a linear programme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cube
from metrics.errors import QuestionError
from metrics.estimate import MIN_CLUSTERS
from metrics.slices import Slice
from metrics.studio.counts import Curve, Group, count_groups
from metrics.studio.goals import Goal
from metrics.studio.hull import Hull, lower_hull, mix_at
from metrics.studio.odds import fit_both_rates
from metrics.studio.rules import Rule, Rules

__all__ = ["Fitted", "fit", "fit_groups"]

Floats = NDArray[np.float64]

_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Fitted:
    """Fitted rules: `rules` of the goal, `one` the cheapest threshold for everyone.

    `cost` is the mean cost per labelled unit of the groups fitted, on the rows fitted. `kept` are groups that have too
    few rows to be fitted; they, and whoever's group is missing, keep the threshold of everyone.
    """

    goal: Goal
    rules: Rules
    one: Rule
    cost: float
    kept: tuple[Slice, ...]


def fit(cube: Cube, by: Sequence[str], goal: Goal, *, min_units: int = 30) -> Fitted:
    """Fit the rules of a goal to the rows of a cube. Raises QuestionError where no thresholds can meet it."""
    return fit_groups(*count_groups(cube, by), goal, min_units=min_units)


def fit_groups(groups: Sequence[Group], everyone: Curve, goal: Goal, *, min_units: int = 30) -> Fitted:
    """Fit the rules of a goal to counted groups, as `fit` does."""
    one = Rule.at(_cheapest(everyone, goal))
    rates = goal.kind.rates
    if not goal.kind.by_group:
        loss = everyone.loss(goal.false_positive, goal.false_negative).min()
        return Fitted(goal, Rules(one), one, _mean(loss, [everyone]), ())
    used = [g for g in groups if g.has_enough(rates, min_units)]
    kept = tuple(g.slice for g in groups if g not in used)
    if len(used) < 2:
        raise QuestionError(
            f"{len(used) or 'None'} of {len(groups)} groups {'has' if len(used) == 1 else 'have'} enough rows where "
            f"thresholds are fitted: {min_units} in what a rate is a share of, and {MIN_CLUSTERS} clusters where there "
            "are some. It takes two groups to make anything alike: choose others, or a lower least number of rows."
        )
    curves = {g.slice: g.curve for g in used}
    if not rates:
        rules = {s: Rule.at(_cheapest(c, goal)) for s, c in curves.items()}
    elif len(rates) > 1:
        rules = fit_both_rates(curves, goal)
    else:
        rules = (_fit_hulls if goal.may_draw_lots else _fit_windows)(curves, rates[0], goal)
    loss = sum(_loss(rules[s], c, goal) for s, c in curves.items())
    return Fitted(goal, Rules(one, rules), one, _mean(loss, list(curves.values())), kept)


def _mean(loss: float, curves: Sequence[Curve]) -> float:
    return float(loss) / sum(c.positives + c.negatives for c in curves)


def _loss(rule: Rule, curve: Curve, goal: Goal) -> float:
    """Return what the errors of a rule cost in all: its cuts' losses, by how often each cut is drawn."""
    losses = curve.loss(goal.false_positive, goal.false_negative)
    total, before = 0.0, 0.0
    for begin, chance in rule.steps:
        total += (chance - before) * losses[np.searchsorted(curve.cuts, begin)]
        before = chance
    return float(total + (1 - before) * losses[-1])


def _cheapest(curve: Curve, goal: Goal) -> float:
    """Return the cut whose errors cost least, of several the one in the middle of the longest run."""
    losses = curve.loss(goal.false_positive, goal.false_negative)
    best = np.flatnonzero(losses <= losses.min() + _ROUNDING * max(1.0, losses.min()))
    runs = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    run = max(runs, key=len)
    return float(curve.cuts[run[len(run) // 2]])


def _fit_windows(curves: Mapping[Slice, Curve], rate: str, goal: Goal) -> dict[Slice, Rule]:
    """Give every group one threshold, all rates within a window; the cheapest window wins, then the narrowest."""
    groups = {cell: _choices(curve, rate, goal) for cell, curve in curves.items()}
    starts = np.unique(np.concatenate([g.rates for g in groups.values()]))
    total, chosen = np.zeros(len(starts)), []
    for g in groups.values():
        first = np.searchsorted(g.rates, starts - _ROUNDING, side="left")
        after = np.searchsorted(g.rates, starts + goal.within + _ROUNDING, side="right")
        at, least = _least_in_ranges(g, first, after)
        chosen.append(at)
        total = total + least
    if not np.isfinite(total).any():
        raise QuestionError(
            f"No thresholds bring these groups within {goal.within:.3g} of each other. Allow a larger gap, or let lots "
            "be drawn between two thresholds."
        )
    cheapest = np.flatnonzero(total <= total.min() + _ROUNDING * max(1.0, total.min()))
    taken = np.array([g.rates[at[cheapest]] for g, at in zip(groups.values(), chosen, strict=True)])
    window = cheapest[np.argmin(taken.max(axis=0) - taken.min(axis=0))]
    return {cell: Rule.at(float(g.cuts[at[window]])) for (cell, g), at in zip(groups.items(), chosen, strict=True)}


def _hull(curve: Curve, rate: str, goal: Goal) -> Hull:
    costs = goal.false_positive, goal.false_negative
    found: Hull = curve.keep(
        ("hull", rate, costs), lambda: lower_hull(curve.rate(rate), curve.loss(*costs), curve.cuts)
    )
    return found


@dataclass(frozen=True, eq=False)
class _Choices:
    """Every value that a rate takes in a group, ascending, with the least loss at it and the cut that has it.

    `tables` hold the place of the least loss of every run of 1, 2, 4, ... values.
    """

    rates: Floats
    losses: Floats
    cuts: Floats
    tables: list[NDArray[np.intp]]


def _choices(curve: Curve, rate: str, goal: Goal) -> _Choices:
    costs = goal.false_positive, goal.false_negative
    found: _Choices = curve.keep(("choices", rate, costs), lambda: _cheapest_by_rate(curve, rate, goal))
    return found


def _cheapest_by_rate(curve: Curve, rate: str, goal: Goal) -> _Choices:
    rates, losses = curve.rate(rate), curve.loss(goal.false_positive, goal.false_negative)
    order = np.lexsort((losses, rates))
    kept = order[np.append(True, np.diff(rates[order]) > _ROUNDING)]
    losses = losses[kept]
    tables = [np.arange(len(losses))]
    while 2 ** len(tables) <= len(losses):
        half, below = 2 ** (len(tables) - 1), tables[-1]
        left, right = below[:-half], below[half:]
        tables.append(np.where(losses[right] < losses[left], right, left))
    return _Choices(rates[kept], losses, curve.cuts[kept], tables)


def _least_in_ranges(
    choices: _Choices, first: NDArray[np.intp], after: NDArray[np.intp]
) -> tuple[NDArray[np.intp], Floats]:
    """Return the place and value of the least loss in each range [first, after), inf where it is empty.

    Two overlapping runs of a power of two cover any range; their minima are known.
    """
    losses, length = choices.losses, after - first
    level = np.floor(np.log2(np.maximum(length, 1))).astype(np.intp)
    at, least = np.zeros(len(first), np.intp), np.full(len(first), np.inf)
    for power, table in enumerate(choices.tables):
        here = np.flatnonzero((level == power) & (length > 0))
        one, two = table[first[here]], table[after[here] - 2**power]
        at[here] = np.where(losses[two] < losses[one], two, one)
    filled = length > 0
    least[filled] = losses[at[filled]]
    return at, least


def _fit_hulls(curves: Mapping[Slice, Curve], rate: str, goal: Goal) -> dict[Slice, Rule]:
    """Give every group a mix of two thresholds, all rates within a window, at the least cost.

    The cost of a group is convex in its rate, so that of all is convex in the place of the window, with corners where
    a group's corner, or the foot of its hull, meets an end of the window.
    """
    hulls = [_hull(c, rate, goal) for c in curves.values()]
    corners = np.concatenate([h.x for h in hulls])
    starts = np.unique(np.concatenate([corners, corners - goal.within]).clip(0, 1))
    total = np.zeros(len(starts))
    places = []
    for h in hulls:
        foot = h.x[int(np.argmin(h.y))]
        at = np.clip(foot, starts, starts + goal.within)
        outside = (at < h.x[0] - _ROUNDING) | (at > h.x[-1] + _ROUNDING)
        # Where the foot is out of reach the nearest end of the window is the cheapest; beyond the hull there is none.
        total = total + np.where(outside, np.inf, np.interp(at, h.x, h.y))
        places.append(at)
    if not np.isfinite(total).any():
        raise QuestionError(f"No thresholds bring these groups within {goal.within:.3g} of each other, nor do lots.")
    window = int(np.argmin(total))
    return {s: Rule.mix(mix_at(h, float(at[window]))) for s, h, at in zip(curves, hulls, places, strict=True)}
