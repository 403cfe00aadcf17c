"""Rules of decision: which chance of a positive prediction a score has, in each group; and what units do under them.

A rule is one threshold, or several that lots are drawn between. What lots would give is counted by its expectation: a
unit whose chance is .3 is three tenths of a positive prediction, so that no draw adds noise. The limits of shares take
units to be right or wrong, which vary more; with lots they are a little wide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import inf
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.registry import Metric, Rate
from metrics.scored import Layout, Scored, smallest_unsigned
from metrics.slices import Slice
from metrics.tasks import binary

__all__ = ["EXPECTED_COST", "Rule", "Rules", "chances_today", "number_groups", "predict", "table_rules"]

Floats = NDArray[np.float64]

_SURE = 1e-9  # a chance nearer to 0 than this comes from rounding
_METRICS = (
    "selection_rate", "error_rate", "accuracy", "true_positive_rate", "false_negative_rate", "false_positive_rate",
    "true_negative_rate", "false_rejection_rate", "false_acceptance_rate",
)  # fmt: skip

EXPECTED_COST = Metric(
    name="expected_cost",
    title="Expected cost",
    formula=Rate("cost", below="units", units="units"),
    better="lower",
    meaning="What the errors cost per unit, given what one false positive and one false negative cost.",
    source="Elkan 2001, The foundations of cost-sensitive learning",
    needs=frozenset({"label", "prediction"}),
    bounds=(0, inf),
    unit="number",
)


@dataclass(frozen=True)
class Rule:
    """The chance of a positive prediction by score: `steps` are (score from which, chance), both ascending.

    The first step begins at -inf. Raises ValueError for anything else.
    """

    steps: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        begins = [start for start, _ in self.steps]
        chances = [chance for _, chance in self.steps]
        rising = all(a < b for row in (begins, chances) for a, b in pairwise(row))
        if not begins or begins[0] != -inf or not rising or not (chances[0] >= 0 and chances[-1] <= 1):
            raise ValueError(
                f"A rule's chances rise with the score, from -inf on and from 0 to 1; it was {self.steps}."
            )

    @classmethod
    def at(cls, threshold: float) -> Rule:
        """Return the rule of one threshold: score >= threshold predicts positive; -inf everyone, inf nobody."""
        return cls.mix([(threshold, 1.0)])

    @classmethod
    def mix(cls, thresholds: Iterable[tuple[float, float]]) -> Rule:
        """Return the rule that draws lots between thresholds, each with its probability.

        >>> Rule.mix([(0.6, 0.25), (0.4, 0.75)]).steps
        ((-inf, 0.0), (0.4, 0.75), (0.6, 1.0))
        """
        kept = sorted((cut, share) for cut, share in thresholds if share > _SURE)
        total = sum(share for _, share in kept)
        steps, so_far = [(-inf, 0.0)], 0.0
        for number, (cut, share) in enumerate(kept):
            so_far += share / total
            chance = 1.0 if number == len(kept) - 1 else min(so_far, 1.0)
            if cut == inf:
                continue
            if steps[-1][0] == cut:
                steps[-1] = (cut, chance)
            elif chance > steps[-1][1]:
                steps.append((cut, chance))
        return cls(tuple(steps))

    @property
    def draws_lots(self) -> bool:
        """Whether some scores have a chance that is neither 0 nor 1."""
        return any(0 < chance < 1 for _, chance in self.steps)

    def chances(self, score: Floats) -> Floats:
        """Return the chance of each score to be predicted positive; NaN where there is no score."""
        begins, chances = (np.array(column) for column in zip(*self.steps, strict=True))
        place = np.searchsorted(begins, score, side="right") - 1
        return np.where(np.isnan(score), np.nan, chances[np.maximum(place, 0)])


@dataclass(frozen=True)
class Rules:
    """Who is decided by which rule: `groups` by theirs, everybody else by `everyone`'s."""

    everyone: Rule
    groups: Mapping[Slice, Rule] = field(default_factory=dict)

    @property
    def draw_lots(self) -> bool:
        return any(rule.draws_lots for rule in (self.everyone, *self.groups.values()))

    def chances(self, scored: Scored) -> Floats:
        """Return the chance of each unit to be predicted positive; NaN without a score."""
        assert scored.score is not None
        found = self.everyone.chances(scored.score)
        number = number_groups(scored, list(self.groups))
        for place, rule in enumerate(self.groups.values()):
            inside = number == place
            found[inside] = rule.chances(scored.score[inside])
        return found


def number_groups(scored: Scored, slices: Sequence[Slice]) -> NDArray[np.int64]:
    """Return the place of each unit's slice among some that share no unit, -1 where it is in none of them."""
    axes = {axis.name: (axis, code) for axis, code in zip(scored.axes, scored.codes, strict=True)}
    found = np.full(len(scored), -1, np.int64)
    for place, cell in enumerate(slices):
        inside = np.ones(len(scored), bool)
        for name, level in cell.items():
            axis, code = axes[name]
            inside &= code == axis.levels.index(level)
        found[inside] = place
    return found


def table_rules(rules: Rules, kept: Sequence[Slice] = ()) -> pd.DataFrame:
    """Return a row per group and step of its rule: `slice`, `at_or_above` (-inf: any score) and `chance`.

    Everybody else, whose slice is everyone, comes last; `kept` are groups that are listed with everyone's rule.
    """
    listed = {**rules.groups, **dict.fromkeys(kept, rules.everyone), Slice(): rules.everyone}
    rows = [(cell, *step) for cell, rule in listed.items() for step in rule.steps]
    return pd.DataFrame(rows, columns=["slice", "at_or_above", "chance"])


def chances_today(scored: Scored) -> Floats:
    """Return the file's own predictions as chances: 1, 0, and NaN where there is none."""
    positive, predicted = (scored.layout.outcomes(name, None)[scored.outcome] for name in _PREDICTED)
    return np.where(predicted > 0, positive, np.nan)


_PREDICTED = ("predicted_positives", "predicted")


def predict(
    scored: Scored, chance: Floats, *, system: str, false_positive: float = 1.0, false_negative: float = 1.0
) -> Scored:
    """Return the units as if each were predicted positive with its chance (NaN: not at all).

    The metrics are rates of counts and the expected cost, given what one error of each kind costs.
    """
    labelled, positive = (
        scored.layout.outcomes(name, None)[scored.outcome] > 0 for name in ("labelled", "labelled_positives")
    )
    truth = np.where(labelled, positive, 2).astype(np.int64)
    known = ~np.isnan(chance)
    values, place = np.unique(chance[known], return_inverse=True)
    answer = np.full(len(scored), len(values), np.int64)
    answer[known] = place
    width = len(values) + 1
    named = _name_counts(values)
    named["cost", None] = (
        false_positive * named["false_positives", None] + false_negative * named["false_negatives", None]
    )
    layout = Layout(n_outcomes=3 * width, named=named)
    declared = {m.name: m for m in (*binary.metrics_for(scored.definitions.get("favourable")), EXPECTED_COST)}
    return replace(
        scored,
        system=system,
        layout=layout,
        metrics={name: declared[name] for name in (*_METRICS, EXPECTED_COST.name) if name in declared},
        outcome=(truth * width + answer).astype(smallest_unsigned(3 * width)),
        values=(),
        score=None,
        positive=None,
        only_answer=None,
    )


def _name_counts(chances: Floats) -> dict[tuple[str, str | None], NDArray[Any]]:
    """Return the named counts of outcomes: truth (0, 1, none) by chance (ascending, then none)."""
    width = len(chances) + 1
    share = {1: np.append(chances, 0.0), 0: np.append(1 - chances, 0.0), None: np.append(np.zeros(width - 1), 1.0)}
    row = {0: 0, 1: 1, None: 2}
    named: dict[tuple[str, str | None], NDArray[Any]] = {}
    for name, pairs in binary.COUNTS.items():
        vector = np.zeros((3, width))
        for truth, predicted in pairs:
            vector[row[truth]] += share[predicted]
        named[name, None] = vector.ravel()
    return named
