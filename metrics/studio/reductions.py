"""A model of the file's features, trained under the same constraint by fairlearn's reductions, beside the thresholds.

Thresholds by group must know the group of whoever is decided about. A model that was trained under the constraint
(Agarwal et al. 2018, A reductions approach to fair classification) needs the group in training only. It is trained on
the half that thresholds are fitted to and measured on the other. The classifier draws lots between several models;
what they would give is counted by its expectation.
"""

from __future__ import annotations

import warnings
from copy import copy
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.errors import QuestionError
from metrics.progress import Progress, Tell
from metrics.studio.features import encode_features
from metrics.studio.measuring import COLUMNS
from metrics.studio.rules import number_groups
from metrics.studio.study import Study

__all__ = ["MODELS", "Trained", "train"]

Floats = NDArray[np.float64]
Model = Literal["logistic", "tree"]

MODELS = {"tree": "a tree of four levels", "logistic": "logistic regression"}
_ROUNDS = 25
_LEVELS_OF_CHANCE = 1000  # chances are rounded to so many parts


@dataclass(frozen=True, eq=False)
class Trained:
    """What models of the features do: `table` has the COLUMNS of a study, with the rules "plain" and "constrained".

    "plain" is the same model without a constraint. `features` were used; `rows` counts those trained on. `is_constant`
    says that under the constraint everybody on the other half is answered alike.
    """

    model: Model
    features: tuple[str, ...]
    table: pd.DataFrame
    rows: int
    is_constant: bool


def train(
    study: Study,
    features: pd.DataFrame,
    *,
    model: Model = "tree",
    seed: int = 0,
    progress: Tell | None = None,
) -> Trained:
    """Train a model under the constraint of a study's goal, and measure it as the study's thresholds are.

    `features` has a row per row of the file, at the places that `Scored.rows` names. Raises QuestionError without
    fairlearn, for goals that make no rate alike, for weighted rows, and where there is nothing to learn.
    """
    told = Progress(progress)
    told("Preparing the features", 0.0)
    goal, (fit_half, other) = study.goal, study.halves
    if not goal.kind.rates:
        raise QuestionError(f"{goal.kind.title} makes no rate alike: there is no constraint to train a model under.")
    if not len(features.columns):
        raise QuestionError("A model needs at least one feature.")
    if fit_half.scored.weights is not None or fit_half.scored.multiplicity is not None:
        raise QuestionError(
            "A model is trained on rows that count as one each; these have weights or a column of counts."
        )
    reductions = _import_fairlearn()
    group = number_groups(fit_half.scored, list(study.fitted.rules.groups))
    truth = fit_half.scored.positive
    assert truth is not None
    known = (group >= 0) & (truth >= 0)
    if len(np.unique(truth[known])) < 2:
        raise QuestionError("There is nothing to learn: all rows that a model could be trained on have the same label.")
    inputs = encode_features(features, fit_half.scored.rows[known])
    x, y = inputs[fit_half.scored.rows[known]], truth[known].astype(np.int64)
    plain = _Told(_make(model, seed), told.part(0.05, 0.1), 1).fit(x, y)
    constraint = _constrain(reductions, goal.kind.rates, goal.within / 2)
    learner = _Told(_make(model, seed), told.part(0.1, 0.9), _ROUNDS * 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on convergence, and by versions of what it calls
        mixture = reductions.ExponentiatedGradient(learner, constraint, eps=0.01, max_iter=_ROUNDS)
        mixture.fit(x, y, sensitive_features=group[known])
    told("Measuring the model on the other half", 0.95)
    rules: dict[str, Any] = {
        "plain": lambda part: plain.predict(part).astype(np.float64),
        "constrained": lambda part: np.asarray(mixture._pmf_predict(part), np.float64)[:, 1],
    }
    records, is_constant = [], False
    for rule, decide in rules.items():
        for half in (fit_half, other):
            chance = np.round(decide(inputs[half.scored.rows]).clip(0, 1) * _LEVELS_OF_CHANCE) / _LEVELS_OF_CHANCE
            within = goal.within if rule == "constrained" else np.nan
            is_constant = len(np.unique(chance)) < 2  # the last one is asked of: the constrained on the other half
            records.append(half.measure(rule, chance, allowed=within, honest=half is other))
    table = pd.DataFrame.from_records(records, columns=COLUMNS)
    return Trained(model, tuple(map(str, features.columns)), table, int(known.sum()), is_constant)


def _constrain(reductions: Any, rates: tuple[str, ...], bound: float) -> Any:
    """Return fairlearn's constraint. Its bound is on the distance from everyone: twice that lies between two groups."""
    kinds = {
        "selection_rate": reductions.DemographicParity,
        "false_negative_rate": reductions.TruePositiveRateParity,
        "false_positive_rate": reductions.FalsePositiveRateParity,
        "error_rate": reductions.ErrorRateParity,
    }
    kind: Any = kinds[rates[0]] if len(rates) == 1 else reductions.EqualizedOdds
    return kind(difference_bound=max(bound, 1e-6))


def _make(model: Model, seed: int) -> Any:
    if model == "tree":
        from sklearn.tree import DecisionTreeClassifier

        return DecisionTreeClassifier(max_depth=4, min_samples_leaf=20, random_state=seed)
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=500)


class _Told:
    """A model that tells how often it was trained: what listens may end the work, and copies go on counting."""

    def __init__(self, model: Any, progress: Progress, of: int) -> None:
        self.model, self.progress, self.of, self.count = model, progress, of, [0]

    def __deepcopy__(self, memo: dict[int, Any]) -> _Told:
        from sklearn.base import clone

        other = copy(self)  # the counter is shared
        other.model = clone(self.model)
        return other

    def fit(self, x: Floats, y: NDArray[Any], sample_weight: Floats | None = None) -> _Told:
        done = self.count[0] / (self.count[0] + self.of)
        self.progress("Training a model under the same constraint", 2 * done if done < 0.5 else 1.0)
        self.count[0] += 1
        self.model.fit(x, y, sample_weight=sample_weight)
        return self

    def predict(self, x: Floats) -> NDArray[Any]:
        return np.asarray(self.model.predict(x))


def _import_fairlearn() -> Any:
    try:
        from fairlearn import reductions
    except ImportError:
        raise QuestionError(
            "A model under the same constraint needs the optional package fairlearn: "
            "pip install 'fairness-dashboard[reductions]'."
        ) from None
    return reductions
