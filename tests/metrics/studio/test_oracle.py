"""fairlearn's ThresholdOptimizer fits for the same goals, on a grid: the same error on the same rows."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn.postprocessing import ThresholdOptimizer
from sklearn.base import BaseEstimator, ClassifierMixin

from metrics.studio import Goal, fit
from tests.metrics.studio.rows import scored_cube, simulate

GRID = 4000
SAME = {
    "equal_selection": "demographic_parity",
    "equal_opportunity": "false_negative_rate_parity",
    "predictive_equality": "false_positive_rate_parity",
    "equalized_odds": "equalized_odds",
}


class _Score(ClassifierMixin, BaseEstimator):
    """A model whose score is its only feature."""

    def fit(self, x, y):
        self.fitted_ = True
        return self

    def predict(self, x):
        return np.asarray(x).ravel()


@pytest.mark.parametrize("goal", list(SAME))
@pytest.mark.parametrize("seed", [1, 2])
def test_the_error_is_that_of_fairlearns_optimizer(goal, seed):
    frame = simulate(900, seed)
    truth, score = frame["label"].astype(int).to_numpy(), frame[["score"]].to_numpy()
    theirs = ThresholdOptimizer(
        estimator=_Score().fit(None, None),
        constraints=SAME[goal],
        objective="accuracy_score",
        grid_size=GRID,
        prefit=True,
        predict_method="predict",
    ).fit(score, truth, sensitive_features=frame["group"])
    chance = theirs._pmf_predict(score, sensitive_features=frame["group"])[:, 1]
    error = float(np.mean(np.where(truth == 1, 1 - chance, chance)))

    ours = fit(scored_cube(frame), ["group"], Goal(goal, within=0.0, lots=True))

    # Theirs tries the points of a grid, ours all there are: it is never worse, and no better than a step of the grid.
    assert ours.cost <= error + 1e-9
    assert ours.cost == pytest.approx(error, abs=2 / GRID)
