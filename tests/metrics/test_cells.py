from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics.cells import look_into
from metrics.compare import compare
from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.slices import MISSING, Slice
from tests.metrics.build import cube_of, selections

# Selected: 6 of 10 in a, 3 of 10 in b, 1 of 20 in c.
CUBE = selections({"a": (6, 10), "b": (3, 10), "c": (1, 20)})[0]
A = Slice((("group", "a"),))


def look(baseline="rest", cell=A, cube=CUBE):
    return look_into(cube, cell, "selection_rate", baseline, min_units=1)


def test_a_cell_has_its_own_counts_and_those_of_the_rest():
    found = look()

    assert (found.own.top, found.own.below, found.own.value) == (6, 10, 0.6)
    assert (found.baseline.top, found.baseline.below) == (4, 30)
    assert found.baseline.value == pytest.approx(4 / 30)


@pytest.mark.parametrize(
    ("baseline", "top", "below", "name"),
    [("overall", 10, 40, "overall"), ("largest", 1, 20, "group = c"), ("group = b", 3, 10, "group = b")],
)
def test_every_baseline_has_its_counts(baseline, top, below, name):
    found = look(baseline).baseline

    assert (found.top, found.below, found.name) == (top, below, name)
    assert found.value == pytest.approx(top / below)


@pytest.mark.parametrize("baseline", ["rest", "overall", "largest", "best", "group = b"])
def test_the_disparities_are_those_of_compare_and_of_the_two_values(baseline):
    found = look(baseline)
    table = compare(CUBE, ["group"], ["selection_rate"], kinds=("difference", "ratio"), baseline=baseline, min_units=1)
    mine = table[[s == A for s in table["slice"]]].set_index("kind")

    assert found.difference["value"] == mine.loc["difference", "value"]
    assert found.ratio["low"] == mine.loc["ratio", "low"]
    assert found.difference["value"] == pytest.approx(found.own.value - found.baseline.value)
    assert found.ratio["value"] == pytest.approx(found.own.value / found.baseline.value)


def test_the_rest_has_the_interval_of_the_same_counts_taken_as_a_slice():
    two = selections({"a": (6, 10), "others": (4, 30)})[0]
    table = estimate(two, ["group"], ["selection_rate"], min_units=1)
    others = table[[s.to_dict().get("group") == "others" for s in table["slice"]]].iloc[0]

    assert (look().baseline.low, look().baseline.high) == pytest.approx((others["low"], others["high"]))


def test_the_missing_group_is_no_part_of_the_rest():
    rows = [("a", "1")] * 3 + [("a", "0")] + [("b", "0")] * 2 + [(None, "1")] * 5
    cube = cube_of(pd.DataFrame(rows, columns=["group", "prediction"]), ["group"])[0]

    assert look(cube=cube).baseline.below == 2
    assert look(cube=cube, cell=Slice((("group", MISSING),))).baseline.below == 6


def test_a_group_without_any_rest_has_an_undefined_baseline_not_zero():
    found = look(cube=selections({"a": (6, 10)})[0])

    assert np.isnan(found.baseline.value)
    assert np.isnan(found.difference["value"])


def test_everyone_and_combinations_that_do_not_occur_are_no_cells():
    assert look(cell=Slice()) is None
    assert look(cell=Slice((("group", "z"),))) is None


def test_a_metric_that_the_data_do_not_have_is_refused():
    with pytest.raises(QuestionError):
        look_into(CUBE, A, "accuracy")
