"""The plan as a table to send along."""

from __future__ import annotations

import csv
import io

import pandas as pd

from metrics.coverage import Covering, cover, plan_collection, write_plan_csv
from tests.metrics.build import cube_of


def plan_of(frame, by, **more):
    (cube,) = cube_of(frame.assign(label="1", prediction="1"), by)
    return list(csv.reader(io.StringIO(write_plan_csv(cover(cube, Covering(tuple(by), ("accuracy",), **more))))))


def test_a_plan_has_a_column_an_axis_and_the_number_of_units():
    frame = pd.DataFrame({"sex": ["f", "f", "m"], "age": ["old", "old", "young"]})

    assert plan_of(frame, ["sex", "age"], min_units=2) == [
        ["sex", "age", "units"],
        ["f", "young", "2"],
        ["m", "old", "2"],
        ["m", "young", "1"],
    ]


def test_no_level_and_no_name_is_a_formula():
    frame = pd.DataFrame({"=cmd": ["=1+1", "@x"], "age": ["-5 to 0", "old"]})
    rows = plan_of(frame, ["=cmd", "age"], min_units=1)

    assert rows[0] == ["'=cmd", "age", "units"]
    assert ["'=1+1", "old", "1"] in rows
    assert ["'@x", "'-5 to 0", "1"] in rows


def test_an_axis_may_be_called_units():
    frame = pd.DataFrame({"units": ["a", "b"], "age": ["old", "young"]})

    assert plan_of(frame, ["units", "age"], min_units=1)[0] == ["units", "age", "units_"]


def test_a_plan_of_nothing_has_its_heading():
    frame = pd.DataFrame({"sex": ["f", "m"]})

    assert plan_of(frame, ["sex"], min_units=1) == [["sex", "units"]]


def test_a_plan_that_is_asked_for_later_is_the_same():
    frame = pd.DataFrame({"sex": ["f", "f", "m"], "age": ["old", "old", "young"]})
    (cube,) = cube_of(frame.assign(label="1", prediction="1"), ["sex", "age"])
    asked = Covering(("sex", "age"), ("accuracy",), min_units=2)
    whole, without = cover(cube, asked), cover(cube, asked, plan=False)

    assert (len(without.collect), without.least_units) == (0, 0)
    assert list(without.collect.columns) == list(whole.collect.columns)
    pd.testing.assert_frame_equal(without.combinations, whole.combinations)
    later = plan_collection(cube, without)
    pd.testing.assert_frame_equal(later.collect, whole.collect)
    assert later.least_units == whole.least_units == 5
