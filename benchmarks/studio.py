"""`studio`: thresholds fitted to a goal on 100,000 rows, beside fairlearn's ThresholdOptimizer.

Theirs fits one goal on a grid. A study fits it for every gap allowed on one half and measures the other with intervals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

import metrics
from benchmarks.measuring import Outcome, alternate, faster, times
from benchmarks.report import run_alone
from metrics.cube import Cube
from metrics.studio import Goal, fit, study

ROWS = 100_000
SCHEMA = metrics.Schema.loads(
    """
task = "classification"
label = "label"
positive = ["1"]
threshold = 0.5
score_scale = "any"
[[system]]
score = "score"
"""
)


def outcomes() -> Iterator[Outcome]:
    """Measure the promises."""
    frame = make_rows(ROWS)
    cube = metrics.count_cells(metrics.score(metrics.read_results(frame, SCHEMA, by=["group"])))[0]
    goal = Goal("equal_opportunity", within=0.0, lots=True)
    theirs = fit_theirs(frame)
    assert abs(fit(cube, ["group"], goal).cost - _error_of(theirs, frame)) < 0.002
    ours, fairlearn, whole = alternate(
        [lambda: fit(_anew(cube), ["group"], goal), lambda: fit_theirs(frame), lambda: study(cube, ["group"], goal)], 5
    )
    yield faster("fairlearn's ThresholdOptimizer, one goal", ours, fairlearn, at_least=5)
    yield times("a study (twelve gaps allowed, both halves) over one fit of theirs", whole, fairlearn, at_most=1)


def make_rows(n: int) -> pd.DataFrame:
    """Return labels and scores of five groups, all scores different."""
    draw = np.random.default_rng(0)
    group = draw.choice(list("abcde"), n)
    label = draw.random(n) < 0.4
    score = draw.normal(np.where(label, 1.0, 0.0) - np.where(group == "b", 0.5, 0.0))
    return pd.DataFrame({"group": group, "label": label.astype(int).astype(str), "score": score})


def fit_theirs(frame: pd.DataFrame) -> Any:
    """Fit fairlearn's optimizer to the same goal."""
    from fairlearn.postprocessing import ThresholdOptimizer
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Score(ClassifierMixin, BaseEstimator):
        def fit(self, x: Any, y: Any) -> Any:
            self.fitted_ = True
            return self

        def predict(self, x: Any) -> Any:
            return np.asarray(x).ravel()

    optimizer = ThresholdOptimizer(
        estimator=Score().fit(None, None),
        constraints="false_negative_rate_parity",
        objective="accuracy_score",
        prefit=True,
        predict_method="predict",
    )
    return optimizer.fit(frame[["score"]].to_numpy(), frame["label"].astype(int), sensitive_features=frame["group"])


def _error_of(optimizer: Any, frame: pd.DataFrame) -> float:
    chance = optimizer._pmf_predict(frame[["score"]].to_numpy(), sensitive_features=frame["group"])[:, 1]
    return float(np.mean(np.where(frame["label"] == "1", 1 - chance, chance)))


def _anew(cube: Cube) -> Cube:
    return metrics.count_cells([cube.scored])[0] if cube.scored is not None else cube


if __name__ == "__main__":
    run_alone(outcomes())
