"""The bootstrap that draws cells is the one that draws rows, and agrees with the intervals where it should."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.resample import bootstrap, draw_values
from tests.metrics.build import cube_of, rates, selections


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


def test_where_speakers_are_known_whole_speakers_are_drawn():
    generator = np.random.default_rng(5)
    speaker = np.repeat(np.arange(60), 20)
    own = generator.gamma(4, 0.05, 60)[speaker]
    words = generator.integers(4, 20, len(speaker))
    frame = pd.DataFrame(
        {
            "accent": np.where(speaker < 30, "a", "b"),
            "speaker": speaker,
            "words": words,
            "edits": generator.poisson(own * words),
        }
    )
    cube = rates(frame, ["accent"], cluster="speaker")[0]

    drawn = draw_values(cube, cube.by(("accent",)), ["word_error_rate"], 2000, np.random.default_rng(1))[:, 0, 0]

    whole = frame[frame["accent"] == "a"].groupby("speaker")[["edits", "words"]].sum().to_numpy()
    by_hand = np.empty(2000)
    for i in range(2000):
        # Sixty speakers are drawn from all sixty; those of accent a are among them by chance.
        n = generator.binomial(60, 0.5)
        some = whole[generator.integers(0, 30, n)]
        by_hand[i] = some[:, 0].sum() / some[:, 1].sum()
    assert drawn.mean() == pytest.approx(by_hand.mean(), abs=5 * by_hand.std() / np.sqrt(2000))
    assert drawn.std() == pytest.approx(by_hand.std(), rel=5 / np.sqrt(4000))


def test_with_many_speakers_the_drawn_limits_are_near_the_intervals():
    generator = np.random.default_rng(6)
    speaker = np.repeat(np.arange(400), 10)
    own = generator.gamma(4, 0.05, 400)[speaker]
    words = generator.integers(4, 20, len(speaker))
    frame = pd.DataFrame({"noise": generator.choice(["hum", "quiet"], len(speaker)), "speaker": speaker})
    frame = frame.assign(words=words, edits=generator.poisson(own * words))
    cube = rates(frame, ["noise"], cluster="speaker")[0]

    drawn, told = bootstrap(cube, ["noise"]), estimate(cube, ["noise"])

    width = (told["high"] - told["low"]).to_numpy()
    assert np.abs(drawn["low"] - told["low"]).max() < 0.15 * width.min()
    assert np.abs(drawn["high"] - told["high"]).max() < 0.15 * width.min()
