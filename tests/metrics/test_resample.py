"""The bootstrap that draws cells is the one that draws rows, and agrees with the intervals where it should."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.resample import bootstrap, draw_values
from tests.metrics.build import cube_of, selections


def _rows(n: int = 900) -> pd.DataFrame:
    generator = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "sex": generator.choice(["f", "m"], n, p=[0.7, 0.3]),
            "label": generator.integers(0, 2, n),
            "prediction": generator.integers(0, 2, n),
        }
    )


def test_drawn_cells_have_the_law_of_drawn_rows():
    frame = _rows()
    cube = cube_of(frame, ["sex"])[0]
    grouping, draws = cube.by(("sex",)), 4000
    drawn = draw_values(cube, grouping, ["true_positive_rate"], draws, np.random.default_rng(1))[:, 1, 0]

    generator, by_rows = np.random.default_rng(2), np.empty(draws)
    men, positive, found = (frame["sex"] == "m").to_numpy(), frame["label"] == 1, frame["prediction"] == 1
    below, top = men & positive.to_numpy(), men & (positive & found).to_numpy()
    for i in range(draws):
        sample = generator.integers(0, len(frame), len(frame))
        by_rows[i] = top[sample].sum() / below[sample].sum()

    assert drawn.mean() == pytest.approx(by_rows.mean(), abs=5 * by_rows.std() / np.sqrt(draws))
    assert drawn.std() == pytest.approx(by_rows.std(), rel=5 / np.sqrt(2 * draws))


def test_large_slices_have_bootstrap_limits_near_their_intervals():
    cube = cube_of(_rows(20_000), ["sex"])[0]
    metrics = ["accuracy", "f1", "balanced_accuracy", "matthews_correlation"]

    drawn, told = bootstrap(cube, ["sex"], metrics), estimate(cube, ["sex"], metrics)

    assert drawn["slice"].tolist() == told["slice"].tolist() and drawn["metric"].tolist() == told["metric"].tolist()
    width = told["high"] - told["low"]
    assert ((drawn["low"] - told["low"]).abs() < 0.15 * width).all()
    assert ((drawn["high"] - told["high"]).abs() < 0.15 * width).all()


def test_a_share_of_nothing_found_has_no_width_here():
    drawn = bootstrap(selections({"a": (0, 40), "b": (20, 40)})[0], ["group"], ["selection_rate"]).iloc[1]

    assert (drawn["low"], drawn["high"]) == (0.0, 0.0)


def test_weights_are_refused():
    cube = cube_of(_rows(60).assign(weight=np.linspace(1, 2, 60)), ["sex"])[0]

    with pytest.raises(QuestionError, match="weights"):
        bootstrap(cube, ["sex"])


def test_metrics_of_ranks_are_refused():
    frame = _rows(60).assign(score=np.linspace(0, 1, 60))
    cube = cube_of(frame, ["sex"], {"prediction": "prediction", "score": "score"})[0]

    with pytest.raises(QuestionError, match="no function of counts"):
        bootstrap(cube, ["sex"], ["roc_auc"])
