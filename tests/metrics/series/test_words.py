"""Sentences about a series: which gap left its limit, when, and what it did since."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.series.left import first_left
from metrics.series.over_time import over_time
from metrics.series.sets import line_up
from metrics.series.words import list_limits_of_series, say_change_of_gap, say_left, sort_left
from metrics.slices import MISSING, Slice
from metrics.tasks.binary import METRICS
from tests.metrics.series.test_left import gaps_of
from tests.metrics.series.test_sets import dated

FALSE_NEGATIVES = next(m for m in METRICS if m.name == "false_negative_rate")


def say(*values: tuple[float, float], **more: object) -> str:
    return say_left(first_left(gaps_of(*values, metric="false_negative_rate", **more)), FALSE_NEGATIVES)


def test_a_gap_that_left_and_stayed_is_said_with_its_adjusted_interval():
    assert say((0.0, 0.02), (0.12, 0.02), (0.15, 0.02)) == (
        "The gap of sex = female to everyone else in false negative rate first clearly left 5 points in set 2 "
        "(+12.0 points, adjusted interval [+8.0, +16.0]) and has stayed beyond it since."
    )


def test_earlier_values_beyond_are_said_to_be_perhaps_chance():
    assert "was beyond it in set 2 already, which may have been chance" in say((0.0, 0.02), (0.06, 0.02), (0.12, 0.02))


def test_a_gap_that_came_back_is_not_said_to_have_stayed():
    said = say((0.0, 0.02), (0.12, 0.02), (0.01, 0.02))

    assert "in set 3 its value was within it again" in said and "stayed" not in said


def test_a_gap_that_lies_beyond_on_the_other_side_is_not_said_to_have_stayed():
    said = say((0.0, 0.02), (0.12, 0.02), (-0.12, 0.02))

    assert "in set 3 its value lay beyond the limit on the other side." in said and "stayed" not in said


def test_beyond_from_the_first_set_on_is_not_called_leaving():
    said = say((0.2, 0.02), (0.2, 0.02))

    assert "was clearly beyond 5 points in the first set that can be judged, set 1" in said and "left" not in said


def test_nothing_clear_is_said_without_praise():
    said = say((0.0, 0.04), (0.02, 0.06))

    assert said == "No gap in false negative rate has clearly left 5 points. Of 1 group the data cannot tell."


def test_what_is_shown_to_be_within_is_counted():
    assert "1 group is shown to be within 5 points in every set." in say((0.0, 0.02))


def test_without_a_limit_none_can_be_left():
    assert say((0.2, 0.01), limit=np.nan).startswith("No limit is named")


def test_of_two_groups_that_are_each_others_rest_the_worse_one_is_named():
    women = gaps_of((0.0, 0.02), (0.12, 0.02), metric="false_negative_rate")
    men = women.assign(
        slice=[Slice((("sex", "male"),))] * 2,
        value=-women["value"],
        adjusted_low=-women["adjusted_high"],
        adjusted_high=-women["adjusted_low"],
    )
    left = first_left(pd.concat([men, women]))

    assert [str(s) for s in sort_left(left, FALSE_NEGATIVES)["slice"]] == ["sex = female", "sex = male"]
    assert say_left(left, FALSE_NEGATIVES).count("The gap of") == 1
    assert "sex = female" in say_left(left, FALSE_NEGATIVES)


def test_the_change_of_a_gap_is_chance_unless_its_adjusted_p_says_otherwise():
    change = {"slice": Slice((("sex", "female"),)), "baseline": "rest", "status": "ok"}
    change |= {"value": 0.1, "low": 0.01, "high": 0.2, "p_adjusted": 0.2}

    assert say_change_of_gap(change, FALSE_NEGATIVES, "May", "June").endswith("[+1.0, +20.0], which may be chance.")
    assert "may be chance" not in say_change_of_gap(change | {"p_adjusted": 0.01}, FALSE_NEGATIVES, "May", "June")
    assert "cannot be compared: too few" in say_change_of_gap(change | {"status": "too few"}, FALSE_NEGATIVES, "a", "b")


def test_what_cannot_be_told_is_listed():
    sets = [dated("1", {"a": (9, 40), "b": (3, 9)}), dated("2", {"a": (9, 40)}), dated(MISSING, {"a": (9, 40)})]
    series = line_up(sets)
    said = list_limits_of_series(series, over_time(series, ["group"], ["selection_rate"]).values, 30)

    assert any("under 30 units" in s and "group = b" in s for s in said)
    assert any("nobody to measure of group = b" in s for s in said)
    assert any("without a date" in s for s in said)
    assert any("Holm" in s for s in said)
