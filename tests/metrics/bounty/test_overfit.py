"""Useless submissions improve the rows they are judged on, and no others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics.bounty.overfit import COLUMNS, overfit_losses
from metrics.errors import QuestionError


def one_in_five_wrong(n: int) -> np.ndarray:
    return (np.arange(n) % 5 == 0).astype(float)


def test_two_thousand_useless_submissions_gain_six_points_that_a_fresh_sample_does_not_show():
    table = overfit_losses(one_in_five_wrong(5_000), one_in_five_wrong(20_000), 2_000, seed=4)
    fall = table[["validation", "fresh"]].iloc[0] - table[["validation", "fresh"]].iloc[-1]

    assert 0.05 < fall["validation"] < 0.07
    assert abs(fall["fresh"]) < 0.01


def test_the_table_has_a_row_before_the_first_submission_and_one_for_each():
    table = overfit_losses(one_in_five_wrong(100), one_in_five_wrong(50), 30)

    assert list(table.columns) == COLUMNS
    assert table["submissions"].tolist() == list(range(31))
    assert table.iloc[0].to_dict() == {"submissions": 0, "accepted": 0, "validation": 0.2, "fresh": 0.2}


def test_the_validation_loss_falls_with_every_acceptance_and_only_then():
    table = overfit_losses(one_in_five_wrong(500), one_in_five_wrong(500), 200, seed=1)
    falls, accepts = -table["validation"].diff()[1:], table["accepted"].diff()[1:]

    assert set(accepts) == {0, 1}
    assert ((falls > 1e-12) == (accepts == 1)).all()


def test_a_higher_bar_is_crossed_by_fewer():
    low, high = (
        overfit_losses(one_in_five_wrong(500), one_in_five_wrong(500), 300, alpha=alpha) for alpha in (0.0, 0.01)
    )

    assert high["accepted"].iloc[-1] < low["accepted"].iloc[-1]
    assert (-high["validation"].diff()[1:][high["accepted"].diff()[1:] == 1] > 0.01).all()


def test_the_same_seed_gives_the_same_table():
    tables = [overfit_losses(one_in_five_wrong(200), one_in_five_wrong(200), 50, seed=9) for _ in range(2)]

    pd.testing.assert_frame_equal(*tables)


def test_it_says_how_far_it_is_and_can_be_stopped():
    told = []

    def stop_at_half(words: str, share: float) -> None:
        told.append(share)
        if share >= 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        overfit_losses(one_in_five_wrong(50), one_in_five_wrong(50), 1_000, progress=stop_at_half)

    assert told == sorted(told) and told[-1] == 0.5


@pytest.mark.parametrize(
    ("change", "words"),
    [({"validation": np.ones(0)}, "need rows"), ({"mass": 0.0}, "above 0"), ({"submissions": 10**6}, "20,000")],
)
def test_what_cannot_be_tried_is_said(change, words):
    asked = {"validation": np.ones(5), "fresh": np.ones(5), **change}

    with pytest.raises(QuestionError, match=words):
        overfit_losses(**asked)
