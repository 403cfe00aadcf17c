"""What thresholds are fitted for: the named goals, the rates they make alike, and what errors cost."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from metrics.errors import QuestionError, unknown

__all__ = ["GOALS", "RATES", "Goal", "GoalKind"]

# The rates that thresholds can make alike, by the names of their metrics.
RATES = ("selection_rate", "false_negative_rate", "false_positive_rate", "error_rate")


@dataclass(frozen=True)
class GoalKind:
    """A goal: its title, the rates that are to be alike over groups, what it asks for, and where it comes from.

    `by_group` says whether each group gets a threshold of its own; `lots` whether lots are always drawn for it.
    """

    name: str
    title: str
    rates: tuple[str, ...]
    meaning: str
    source: str
    by_group: bool = True
    lots: bool = False


_HARDT = "Hardt, Price & Srebro 2016, Equality of opportunity in supervised learning"

GOALS = {
    kind.name: kind
    for kind in (
        GoalKind(
            "equal_opportunity",
            "Equal opportunity",
            ("false_negative_rate",),
            "Of those who are positive, the same share is missed in every group.",
            _HARDT,
        ),
        GoalKind(
            "predictive_equality",
            "Predictive equality",
            ("false_positive_rate",),
            "Of those who are negative, the same share is predicted positive in every group.",
            "Corbett-Davies et al. 2017, Algorithmic decision making and the cost of fairness",
        ),
        GoalKind(
            "equalized_odds",
            "Equalized odds",
            ("false_negative_rate", "false_positive_rate"),
            "Both error rates are the same in every group.",
            _HARDT,
            lots=True,
        ),
        GoalKind(
            "equal_selection",
            "Equal selection",
            ("selection_rate",),
            "The same share of every group is predicted positive.",
            "Feldman et al. 2015, Certifying and removing disparate impact",
        ),
        GoalKind(
            "equal_accuracy",
            "Equal accuracy",
            ("error_rate",),
            "The same share of every group is predicted wrong: reached by making more errors in the groups that have "
            "fewest.",
            "Berk et al. 2021, Fairness in criminal justice risk assessments",
        ),
        GoalKind(
            "cost",
            "Least cost in each group",
            (),
            "Each group's errors cost as little as they can; no rate is made alike.",
            "Elkan 2001, The foundations of cost-sensitive learning",
        ),
        GoalKind(
            "one",
            "One threshold for everyone",
            (),
            "The errors of everyone together cost as little as they can; no group is told apart.",
            "Elkan 2001, The foundations of cost-sensitive learning",
            by_group=False,
        ),
    )
}


@dataclass(frozen=True)
class Goal:
    """What is asked of thresholds: a goal of `GOALS` by its name, how far apart rates may be, and what errors cost.

    `within` is the largest gap allowed on the rows that are fitted, a share (.01: one point). `lots` lets lots be drawn
    between thresholds. What is made least is the mean cost of an error; costs of 1 and 1 make that the error rate.
    Raises QuestionError for what is no such goal.
    """

    name: str = "equal_opportunity"
    within: float = 0.01
    lots: bool = False
    false_positive: float = 1.0
    false_negative: float = 1.0

    def __post_init__(self) -> None:
        if self.name not in GOALS:
            raise unknown(self.name, "goal", GOALS)
        if not 0 <= self.within <= 1:
            raise QuestionError(f"The gap allowed is a share from 0 to 1, such as 0.01; it was {self.within}.")
        costs = self.false_positive, self.false_negative
        if not all(isfinite(cost) and cost >= 0 for cost in costs) or not sum(costs):
            raise QuestionError(
                f"What errors cost are numbers from 0 up, one above 0; they were {costs[0]}, {costs[1]}."
            )

    @property
    def kind(self) -> GoalKind:
        return GOALS[self.name]

    @property
    def may_draw_lots(self) -> bool:
        return self.lots or self.kind.lots

    @property
    def objective(self) -> str:
        """The name of the metric that is made as small as it can be."""
        return "error_rate" if self.false_positive == self.false_negative == 1 else "expected_cost"
