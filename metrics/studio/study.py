"""A study of thresholds: fitted on one half of the rows or clusters, shown on the other, for one gap allowed and many.

Whatever is best on the rows it was chosen on looks better than it is. So the rules are fitted to one half, and what
they do is told of the other half, which had no part in it. The curve does that for a grid of allowed gaps: how much
error the groups' thresholds cost at the least, given that they may differ by so much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from metrics.cube import Cube, count_cells
from metrics.errors import QuestionError
from metrics.estimate import check_level
from metrics.halves import split_in_halves, take_units
from metrics.progress import Progress, Tell
from metrics.registry import Metric
from metrics.studio.counts import count_groups, scored_of
from metrics.studio.fit import Fitted, fit_groups
from metrics.studio.goals import Goal
from metrics.studio.measuring import COLUMNS, TODAY, Half
from metrics.studio.rules import Rules

__all__ = ["ALLOWED", "FITTED", "OTHER", "Study", "study"]

# The gaps of the curve, as shares; 1 is no limit.
ALLOWED = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 1.0)
FITTED, OTHER = "fitted", "other"


@dataclass(frozen=True, eq=False)
class Study:
    """What thresholds fitted to one half do on it, and on the other.

    `table` has COLUMNS, a row per rule and half. The rules are "today" (the file's own predictions), "one" (the
    cheapest threshold for everyone), "chosen" (the goal as asked) and "curve" (the same for each gap allowed; 1: none).
    `cost` is the error rate, or the expected cost where errors do not cost 1 each; `change` is the cost less today's on
    the same units; `gap` the spread of `metric` over the groups, of two rates the larger one. Limits are those of the
    other half: that which was fitted to has none. `groups` has the estimates of every group on the other half, with a
    column `rule` of "today" and "chosen". `rows` counts the rows of the two halves, a line of a file with counts as
    often as it stands for.
    """

    by: tuple[str, ...]
    fitted: Fitted
    table: pd.DataFrame
    groups: pd.DataFrame
    objective: Metric
    rates: tuple[Metric, ...]
    halves: tuple[Half, Half]
    rows: tuple[int, int]
    seed: int

    @property
    def goal(self) -> Goal:
        return self.fitted.goal

    @property
    def curve(self) -> pd.DataFrame:
        """The rows of the curve alone, both halves, by the gap allowed."""
        return self.table[self.table["rule"] == "curve"]

    def row(self, rule: str, half: str = OTHER) -> pd.Series:
        """Return the row of "today", "one" or "chosen" on a half."""
        return self.table[(self.table["rule"] == rule) & (self.table["half"] == half)].iloc[0]


def study(
    cube: Cube,
    by: Sequence[str],
    goal: Goal,
    *,
    allowed: Sequence[float] = ALLOWED,
    confidence: float = 0.95,
    min_units: int = 30,
    seed: int = 0,
    progress: Tell | None = None,
) -> Study:
    """Fit the thresholds of a goal, and its curve, to one half of a cube's rows, and measure them on the other.

    `by` are the attributes whose groups get thresholds. Clusters lie whole in one half; `seed` chooses the halves.
    Raises QuestionError without rows, scores, labels or enough of them, and where no thresholds can meet the goal.
    """
    check_level(confidence)
    told, scored = Progress(progress), scored_of(cube)
    first, second = split_in_halves(scored, seed)
    if not first.any() or not second.any():
        raise QuestionError("There are too few rows or clusters to split in halves: one half would have none.")
    told("Counting what every threshold would do", 0.0)
    halves = tuple(
        Half.of(name, take_units(scored, times), by, goal, confidence, min_units, seed)
        for name, times in ((FITTED, first), (OTHER, second))
    )
    counted = count_groups(count_cells([halves[0].scored])[0], by)
    told("Fitting thresholds to one half", 0.1)
    fitted = fit_groups(*counted, goal, min_units=min_units)
    asked: list[tuple[str, float, Rules | None]] = [(TODAY, np.nan, None), ("one", np.nan, Rules(fitted.one))]
    asked.append(("chosen", goal.within if goal.kind.rates else np.nan, fitted.rules))
    free, curve = None, []
    for within in told.part(0.1, 0.4).over(_grid(goal, allowed), "Fitting thresholds for each gap allowed"):
        try:
            rules = fit_groups(*counted, replace(goal, within=within), min_units=min_units).rules
        except QuestionError:
            continue  # no thresholds come so close; the goal as asked was met
        free = free or rules  # the widest comes first: a gap that binds nothing gives the same rules as no limit
        if within == 1 or within == goal.within or rules != free:
            curve.append(("curve", within, rules))
    asked += reversed(curve)
    records = [
        half.measure(
            rule, None if rules is None else rules.chances(half.scored), allowed=within, honest=half is halves[1]
        )
        for rule, within, rules in told.part(0.4, 0.95).over(asked, "Measuring them on the other half")
        for half in halves
    ]
    other = halves[1]
    groups = pd.concat(
        [
            other.by_group(rule, chance).assign(rule=rule)
            for rule, chance in ((TODAY, None), ("chosen", fitted.rules.chances(other.scored)))
        ],
        ignore_index=True,
    )
    return Study(
        tuple(by),
        fitted,
        pd.DataFrame.from_records(records, columns=COLUMNS),
        groups,
        other.metric(goal.objective),
        tuple(other.metric(name) for name in other.rates),
        (halves[0], halves[1]),
        (int(first.sum()), int(second.sum())),
        seed,
    )


def _grid(goal: Goal, allowed: Sequence[float]) -> list[float]:
    """Return the gaps allowed of the curve, the widest first, the one asked for among them; none without a rate.

    A gap of nothing is met by single thresholds only where they do the same to everyone.
    """
    if not goal.kind.rates:
        return []
    return sorted({w for w in (*allowed, goal.within) if w > 0 or goal.may_draw_lots}, reverse=True)
