"""What every cut would do to a group, counted by hand."""

from __future__ import annotations

from math import inf

import numpy as np
import pandas as pd
import pytest

from metrics.errors import QuestionError
from metrics.studio.counts import count_curve, count_groups
from tests.metrics.build import cube_of
from tests.metrics.studio.rows import TINY, scored_cube


def test_the_cuts_of_a_group_are_counted_by_hand():
    (a, b), everyone = count_groups(scored_cube(TINY), ["group"])

    # Group a: 1 1 2 3 3 4, of which 2, one 3 and 4 are positive.
    assert a.curve.cuts.tolist() == [-inf, 2, 3, 4, inf]
    assert a.curve.selected.tolist() == [6, 4, 3, 1, 0]
    assert a.curve.true.tolist() == [3, 3, 2, 1, 0]
    assert a.curve.false.tolist() == [3, 1, 1, 0, 0]
    assert b.curve.loss(1, 1).tolist() == [3, 3, 1, 2, 3]
    assert b.curve.loss(5, 1).tolist() == [15, 11, 1, 2, 3]
    assert everyone.selected.tolist() == [12, 8, 5, 2, 0]


def test_rates_have_the_denominators_of_their_metrics():
    (a, _), _ = count_groups(scored_cube(TINY), ["group"])

    assert a.curve.rate("selection_rate").tolist() == [1, 4 / 6, 3 / 6, 1 / 6, 0]
    assert a.curve.rate("false_negative_rate").tolist() == pytest.approx([0, 0, 1 / 3, 2 / 3, 1])
    assert a.curve.rate("false_positive_rate").tolist() == [1, 1 / 3, 1 / 3, 0, 0]
    assert a.curve.rate("error_rate").tolist() == [3 / 6, 1 / 6, 2 / 6, 2 / 6, 3 / 6]


def test_units_without_a_label_are_selected_but_in_no_error():
    curve = count_curve(np.array([1.0, 2, 3]), np.array([1, -1, 0], np.int8), np.ones(3))

    assert curve.rate("selection_rate").tolist() == [1, 2 / 3, 1 / 3, 0]
    assert curve.loss(1, 1).tolist() == [1, 2, 2, 1]


def test_weights_and_rows_that_stand_for_several_are_counted_as_such():
    heavy = scored_cube(TINY.assign(weight=[2.0] + [1.0] * 11))
    several = scored_cube(TINY.assign(count=[2] + [1] * 11))

    for cube in (heavy, several):
        (a, _), _ = count_groups(cube, ["group"])
        assert a.curve.selected.tolist() == [7, 5, 3, 1, 0]
        assert a.curve.positives == 4


def test_a_group_that_is_missing_and_a_score_that_is_missing_take_no_part():
    frame = TINY.assign(group=[None, *TINY["group"][1:]], score=[2.0, np.nan, *TINY["score"][2:]])

    groups, everyone = count_groups(scored_cube(frame), ["group"])

    assert [(g.slice.title, g.curve.units) for g in groups] == [("group = a", 4), ("group = b", 6)]
    assert everyone.units == 11


def test_cuts_are_short_numbers_that_tell_the_scores_apart():
    score = np.array([0.4812, 0.4821, 12.0, 977.0, 1e300])

    cuts = count_curve(score, np.ones(5, np.int8), np.ones(5)).cuts[1:-1]

    assert cuts.tolist()[:3] == [0.482, 10.0, 400.0]
    assert ((score[:-1] < cuts) & (cuts <= score[1:])).all()


def test_neighbouring_floats_are_told_apart_too():
    low = 0.1
    score = np.array([low, np.nextafter(low, 1), np.nextafter(np.nextafter(low, 1), 1)])

    assert count_curve(score, np.ones(3, np.int8), np.ones(3)).cuts[1:-1].tolist() == score[1:].tolist()


@pytest.mark.parametrize(
    ("frame", "answers", "said"),
    [
        (TINY.assign(prediction="1"), {"prediction": "prediction"}, "--score"),
        (TINY.drop(columns="label"), {"score": "score"}, "--label"),
    ],
)
def test_without_scores_or_labels_it_says_which_column_to_name(frame, answers, said):
    with pytest.raises(QuestionError, match=said):
        count_groups(cube_of(pd.DataFrame(frame), ["group"], answers)[0], ["group"])
