"""What is asked of the cover of a file: which attributes, how deep, how many are enough, which gap matters."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from metrics.compare import Correction
from metrics.errors import QuestionError
from metrics.estimate import check_level
from metrics.predicates import Predicate

__all__ = ["DEEPEST", "MOST_UNITS", "Covering", "check_covering"]

DEEPEST = 5
MOST_UNITS = 1_000_000_000  # of one combination: plans add up many, and stay whole numbers of 64 bits


@dataclass(frozen=True)
class Covering:
    """Whether all combinations of up to `depth` levels of the attributes `by` have enough units, and to say what.

    `by` are names of axes, or of columns with several labels in a cell, which stand for each of their labels. Without
    `metrics` every metric is asked about in every combination, and rows are what has to be enough; with them it is
    what each metric's minimum looks at (positives, utterances with a reference): at least `min_units`. `target_gap` is
    in the metrics' own units. `correction` "holm" and "bh" plan with Bonferroni's share of alpha over the slices of one
    grouping. What one of the `rules` is true of is impossible.
    """

    by: tuple[str, ...]
    metrics: tuple[str, ...] | None = None
    depth: int = 3
    min_units: int = 30
    target_gap: float = 0.05
    confidence: float = 0.95
    power: float = 0.8
    correction: Correction = "holm"
    rules: tuple[Predicate, ...] = ()


def check_covering(asked: Covering) -> None:
    """Raise QuestionError for what no file could answer."""
    check_level(asked.confidence)
    if not asked.by:
        raise QuestionError("Coverage is of combinations of attributes; name at least one.")
    if not 1 <= asked.depth <= DEEPEST:
        raise QuestionError(f"The depth is a number from 1 to {DEEPEST}; it was {asked.depth}.")
    if asked.min_units < 1:
        raise QuestionError(f"The least number of units is 1 or more; it was {asked.min_units}.")
    if asked.min_units > MOST_UNITS:
        raise QuestionError(f"The least number of units is at most {MOST_UNITS:,}; it was more.")
    if not (isfinite(asked.target_gap) and asked.target_gap > 0):
        raise QuestionError(f"The gap that matters is a number above 0, such as 0.05; it was {asked.target_gap}.")
    if not 0.5 <= asked.power < 1:
        raise QuestionError(f"The power is a share from 0.5 to below 1, such as 0.8; it was {asked.power}.")
    if asked.correction not in ("holm", "bh", "none"):
        raise QuestionError(f"The correction is holm, bh or none, not {asked.correction!r}.")
