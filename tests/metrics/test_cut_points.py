"""Cut points: the one that parts best, found among all, and never of the rows that it is tested on."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.cube import count_cells
from metrics.cut_points import add_axes, find_cuts, shortest_between
from metrics.errors import QuestionError
from metrics.estimate import estimate
from tests.metrics.build import cube_of


def people(ages: np.ndarray, wrong: np.ndarray):
    frame = pd.DataFrame({"g": "all", "label": "1", "prediction": np.where(wrong, "0", "1")}, index=range(len(ages)))
    return cube_of(frame, ["g"])[0]


def clearness(ages: np.ndarray, wrong: np.ndarray, cut: float) -> float:
    low, high = wrong[ages < cut], wrong[ages >= cut]
    return float((low.mean() - high.mean()) ** 2 / (1 / len(low) + 1 / len(high)))


@given(st.integers(0, 2**32 - 1))
def test_no_cut_between_two_values_parts_more_clearly(seed):
    rng = np.random.default_rng(seed)
    ages = rng.integers(18, 40, 300).astype(float)
    wrong = rng.random(300) < rng.choice([0.1, 0.4]) + 0.2 * (ages > rng.integers(20, 38))
    cube = people(ages, wrong)
    scored = cube.scored

    cuts = find_cuts(scored, cube.metrics["error_rate"], ages, least_units=1)

    if wrong.any() and not wrong.all():
        best = max(clearness(ages, wrong, (a + b) / 2) for a, b in pairwise(np.unique(ages)))
        assert clearness(ages, wrong, cuts[0]) == pytest.approx(best)


def test_a_planted_step_is_found_and_a_second_one_after_it():
    rng = np.random.default_rng(1)
    ages = np.round(rng.uniform(18, 90, 6000), 1)
    wrong = rng.random(6000) < np.select([ages < 30, ages < 70], [0.1, 0.2], 0.5)
    cube = people(ages, wrong)

    one, two = (find_cuts(cube.scored, cube.metrics["error_rate"], ages, most=n) for n in (1, 2))

    assert one == pytest.approx((70,), abs=1.5)
    assert two == pytest.approx((30, 70), abs=3)


def test_each_side_has_the_units_asked_for_and_missing_numbers_are_on_neither():
    ages = np.array([1.0] * 20 + [2.0] * 40 + [3.0] * 40 + [np.nan] * 40)
    wrong = np.array([True] * 20 + [False] * 40 + [True, False] * 20 + [True] * 40)
    cube = people(ages, wrong)

    free, large = (find_cuts(cube.scored, cube.metrics["error_rate"], ages, least_units=n) for n in (1, 30))

    assert free == (2.0,)
    assert large == (3.0,)


def test_equal_numbers_and_columns_of_nothing_have_no_cut():
    wrong = np.arange(100) % 3 == 0
    cube = people(wrong, wrong)

    for numbers in (np.full(100, 5.0), np.full(100, np.nan)):
        assert find_cuts(cube.scored, cube.metrics["error_rate"], numbers) == ()


def test_the_cuts_become_an_axis_whose_missing_numbers_are_missing():
    ages = np.array([20.0, 30.0, np.nan, 40.0])
    cube = people(ages, np.array([True, False, True, False]))

    (cut,) = count_cells([add_axes(cube.scored, {"age": ages}, {"age": (25.0,)})])

    values = estimate(cut, ["age"], ["error_rate"]).set_index("slice")
    assert {str(s): v for s, v in zip(values.index, values["top"], strict=True)} == {
        "everyone": 2.0,
        "age = '< 25'": 1.0,
        "age = '>= 25'": 0.0,
        "age is missing": 1.0,
    }


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_a_cut_lies_above_the_one_and_at_most_at_the_other(one, two):
    low, high = sorted((one, two))
    if low < high:
        assert low < shortest_between(low, high) <= high


@pytest.mark.parametrize(
    ("low", "high", "cut"), [(24, 25, 25), (0.137, 0.4312, 0.3), (17, 90, 50), (-0.4, 0.3, 0), (24.5, 25.5, 25)]
)
def test_a_cut_is_the_shortest_number(low, high, cut):
    assert shortest_between(low, high) == cut


def test_a_number_a_unit_is_asked_for():
    cube = people(np.zeros(3), np.zeros(3, bool))

    with pytest.raises(QuestionError, match="2 numbers for 3 units"):
        find_cuts(cube.scored, cube.metrics["error_rate"], [1.0, 2.0])
