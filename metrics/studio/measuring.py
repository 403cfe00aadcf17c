"""What decisions do on one half of the rows: what their errors cost, and how far apart the groups are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.changes import compare_systems
from metrics.cube import Cube, Cubes, count_cells
from metrics.estimate import estimate
from metrics.registry import Metric
from metrics.scored import Scored
from metrics.spread import spread
from metrics.studio.goals import Goal
from metrics.studio.rules import chances_today, predict

__all__ = ["COLUMNS", "Half", "told_rates"]

Floats = NDArray[np.float64]

TODAY = "today"
COLUMNS = [
    "rule", "allowed", "half", "lots", "cost", "cost_low", "cost_high", "change", "change_low", "change_high",
    "metric", "gap", "gap_low", "gap_high", "noise_floor", "highest", "lowest", "left_out",
]  # fmt: skip


def told_rates(scored: Scored, goal: Goal) -> tuple[str, ...]:
    """Return the names of the rates whose gaps are told for a goal, in the words of the favourable outcome.

    A goal that makes nothing alike is told by wrong refusals.
    """
    favourable = scored.definitions.get("favourable")
    rejected = "false_positive_rate" if favourable == "negative" else "false_negative_rate"
    if favourable is None:
        return goal.kind.rates or (rejected,)
    words = {rejected: "false_rejection_rate"}
    words["false_positive_rate" if rejected == "false_negative_rate" else "false_negative_rate"] = (
        "false_acceptance_rate"
    )
    return tuple(words.get(rate, rate) for rate in goal.kind.rates or (rejected,))


@dataclass(frozen=True, eq=False)
class Half:
    """One half of the rows, and how decisions are measured on it; `today` is what the file's predictions do."""

    name: str
    scored: Scored
    by: tuple[str, ...]
    goal: Goal
    rates: tuple[str, ...]
    today: Cube
    confidence: float
    min_units: int
    seed: int

    @classmethod
    def of(
        cls, name: str, scored: Scored, by: Sequence[str], goal: Goal, confidence: float, min_units: int, seed: int
    ) -> Half:
        """Return a half of these rows."""
        today = _decide(scored, chances_today(scored), goal, TODAY)
        return cls(name, scored, tuple(by), goal, told_rates(scored, goal), today, confidence, min_units, seed)

    def metric(self, name: str) -> Metric:
        """Return one of the metrics that decisions are measured by."""
        return self.today.metrics[name]

    def measure(
        self, rule: str, chance: Floats | None, *, allowed: float = np.nan, honest: bool = True
    ) -> dict[str, Any]:
        """Return a row of COLUMNS: what decisions with these chances do (None: today's), together and by group.

        Without `honest` there are no limits, no floor and no change: the rows had a part in choosing the decisions.
        """
        cube = self.today if chance is None else _decide(self.scored, chance, self.goal, rule)
        asked = {"confidence": self.confidence, "min_units": self.min_units}
        everyone = estimate(cube, [], [self.goal.objective], **asked).iloc[0]  # type: ignore[arg-type]
        gaps = spread(cube, [self.by], self.rates, floors=honest, seed=self.seed, **asked)  # type: ignore[arg-type]
        # Of two rates, the gap is the larger one.
        widest = gaps.iloc[int(np.argmax(gaps["difference"].fillna(-1.0).to_numpy()))]
        row = dict.fromkeys(COLUMNS, np.nan) | {"rule": rule, "allowed": allowed, "half": self.name}
        row |= {"lots": chance is not None and bool(((chance > 0) & (chance < 1)).any())}
        row |= {"cost": everyone["value"], "gap": widest["difference"]}
        row |= {name: widest[name] for name in ("metric", "highest", "lowest", "left_out")}
        if honest:
            row |= {"cost_low": everyone["low"], "cost_high": everyone["high"]}
            row |= {"gap_low": widest["low"], "gap_high": widest["high"], "noise_floor": widest["noise_floor"]}
            row |= self._change(cube) if chance is not None else {}
        return row

    def by_group(self, rule: str, chance: Floats | None) -> pd.DataFrame:
        """Return the estimates of every group, and of everyone, under these decisions: rates and what errors cost."""
        cube = self.today if chance is None else _decide(self.scored, chance, self.goal, rule)
        names = dict.fromkeys([*self.rates, "selection_rate", "error_rate", self.goal.objective])
        return estimate(cube, [self.by], list(names), confidence=self.confidence, min_units=self.min_units)

    def _change(self, cube: Cube) -> dict[str, float]:
        """Return what the errors cost more than today's, on the same units, with the limits of that difference."""
        told = compare_systems(
            Cubes([self.today, cube]),
            TODAY,
            str(cube.system),
            [],
            [self.goal.objective],
            confidence=self.confidence,
            min_units=self.min_units,
        ).iloc[0]
        return {"change": told["value"], "change_low": told["low"], "change_high": told["high"]}


def _decide(scored: Scored, chance: Floats, goal: Goal, system: str) -> Cube:
    costs = {"false_positive": goal.false_positive, "false_negative": goal.false_negative}
    return count_cells([predict(scored, chance, system=system, **costs)])[0]
