"""What is said of models that serve groups differently: those that lose come first, and no more than is shown."""

from __future__ import annotations

from math import nan
from typing import Any

import pandas as pd
import pytest

from metrics.sentences import orient
from metrics.serves import judge_systems
from metrics.serves_reasons import say_turned
from metrics.serves_words import say_serves, say_trade_offs, say_verdict
from metrics.slices import Slice
from metrics.tasks.binary import ACCURACY, ERROR_RATE, SELECTION_RATE
from metrics.trade_offs import trade_offs
from tests.metrics.test_serves import MIXED, cells_of
from tests.metrics.test_trade_offs import systems_of

OLD = Slice((("age", "65+"),))
YOUNG = Slice((("age", "< 25"),))


def row(cell: Slice, value: float, low: float, high: float, verdict: str, **more: Any) -> dict[str, Any]:
    told = {"slice": cell, "metric": "error_rate", "value": value, "low": low, "high": high, "verdict": verdict}
    adjusted = {"adjusted_low": low, "adjusted_high": high}
    return told | adjusted | {"status": "ok", "reason": "", "units_needed": nan} | more


def said_of(*rows: dict[str, Any], metric=ERROR_RATE) -> str:
    return say_serves(pd.DataFrame(rows), metric, "A", "B")


def test_a_regression_that_the_gain_of_all_hides_is_said_in_the_first_sentence():
    said = said_of(row(Slice(), -0.02, -0.031, -0.009, "win"), row(OLD, 0.05, 0.02, 0.08, "loss"))

    assert (
        said
        == "By the error rate, B is 2 points better than A overall [1, 3], but worse for age = 65+: 5 points [2, 8]."
    )


def test_of_a_metric_that_should_be_high_the_numbers_turn_and_the_words_stay():
    rows = row(Slice(), 0.02, 0.009, 0.031, "win"), row(OLD, -0.05, -0.08, -0.02, "loss")
    said = said_of(*(r | {"metric": "accuracy"} for r in rows), metric=ACCURACY)

    assert (
        said == "By the accuracy, B is 2 points better than A overall [1, 3], but worse for age = 65+: 5 points [2, 8]."
    )


def test_where_all_lose_the_groups_that_lose_are_no_exception():
    said = said_of(row(Slice(), 0.02, 0.009, 0.031, "loss"), row(OLD, 0.05, 0.02, 0.08, "loss"))

    assert "B is 2 points worse than A overall [1, 3], and worse for age = 65+" in said


def test_what_may_be_chance_is_not_said_to_be_better_or_worse():
    said = said_of(row(Slice(), -0.01, -0.03, 0.01, "cannot tell"), row(OLD, 0.02, -0.01, 0.05, "cannot tell"))

    assert said == (
        "By the error rate, the data cannot tell whether B or A is better overall: B may be from 1.0 points worse to "
        "3.0 points better. Of no single group can the data tell."
    )


def test_a_group_that_looks_worse_among_many_is_named_with_its_doubt():
    nearly = row(OLD, 0.05, 0.01, 0.09, "cannot tell", adjusted_low=-0.01, adjusted_high=0.11)
    said = said_of(row(Slice(), -0.02, -0.031, -0.009, "win"), nearly, row(YOUNG, -0.04, -0.06, -0.02, "win"))

    assert "It is shown to be worse for no group." in said
    assert "It looks worse for age = 65+: 5 points [−1, 11], but among 2 groups chance alone may show as much." in said
    assert "Better with B: age < 25: 4 points [2, 6]." in said
    assert "For 1 of 2 groups the data cannot tell, which is no proof of being alike." in said


def test_of_many_groups_the_furthest_three_are_named_and_the_others_counted():
    rows = [row(Slice((("g", str(i)),)), i / 100, i / 200, i / 50, "loss") for i in range(1, 6)]
    said = said_of(row(Slice(), -0.02, -0.031, -0.009, "win"), *rows)

    assert said.index("g = 5") < said.index("g = 4") < said.index("g = 3") < said.index("and 2 more groups")


def test_a_metric_without_a_better_side_is_said_to_have_none():
    cubes = cells_of(MIXED)
    found = judge_systems(cubes, "old", "new", ["group"], ["selection_rate"])

    assert "neither side is better" in say_serves(found, SELECTION_RATE, "old", "new")
    oriented = orient(SELECTION_RATE, "positive")
    favourable = cells_of(MIXED, favourable="positive")
    found = judge_systems(favourable, "old", "new", ["group"], ["selection_rate"])
    assert "worse for group = b" in say_serves(found, oriented, "old", "new").replace(
        "Worse with new: g", "worse for g"
    )


def test_a_model_that_answers_everybody_alike_is_named_and_not_praised():
    reason = "B answers everybody alike (“1”), which helps nobody: that earns no win."
    said = said_of(row(Slice(), -0.2, -0.3, -0.1, "cannot tell", reason=reason))

    assert said == (
        "By the error rate, the data cannot tell whether B or A is better overall: B answers everybody alike (“1”), "
        "which helps nobody: that earns no win."
    )


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.02, 0.05, "from 5.0 points worse to 2.0 points better"),
        (0.0, 0.05, "from 5.0 points worse to no change"),
        (nan, 0.05, "of any size in one direction at least"),
    ],
)
def test_a_range_is_told_in_words_of_better_and_worse(low, high, said):
    assert say_turned(ERROR_RATE, low, high) == said


def test_a_verdict_is_told_with_its_size():
    assert say_verdict(row(OLD, 0.05, 0.02, 0.08, "loss"), ERROR_RATE) == "5 points worse [2, 8]"
    assert say_verdict(row(OLD, -0.05, -0.08, -0.02, "win"), ERROR_RATE) == "5 points better [2, 8]"
    assert say_verdict(row(OLD, 0.0, -0.08, 0.08, "cannot tell"), ERROR_RATE) == "no change"


def test_the_pareto_set_and_who_is_beaten_are_said():
    table = trade_offs(systems_of({"best": (380, 360), "even": (300, 300), "poor": (240, 140)}), "accuracy", "group")
    said = say_trade_offs(table, ACCURACY, ACCURACY, ["group"])

    assert said == (
        "Of 3 models 2 are in the Pareto set, where nobody else is better both in accuracy overall and in its gap by "
        "group: best and even. Clearly beaten in both: poor."
    )


def test_gaps_within_chance_are_said_to_be_so_and_two_metrics_are_both_named():
    table = trade_offs(systems_of({"one": (301, 300), "two": (300, 298)}), "accuracy", "group", gap_in="error_rate")
    said = say_trade_offs(table, ACCURACY, ERROR_RATE, ["group"])

    assert "The best of 2 models by the values, both overall (accuracy) and in the gap in error rate by group" in said
    assert "Beaten in both by the values, which may be chance: two." in said
    assert said.endswith("No model's gap is larger than chance alone would show.")


def test_a_model_whose_name_is_a_number_is_not_read_as_a_figure():
    rows = pd.DataFrame([row(Slice(), -0.02, -0.031, -0.009, "win")])

    assert "model 7 is 2 points better than model 5 overall" in say_serves(rows, ERROR_RATE, "5", "7")


def test_no_praise_for_a_constant_model():
    table = trade_offs(systems_of({"one": (301, 300), "two": (300, 298)}), "accuracy", "group")
    table = table.assign(constant=["“1”", None], standing=["constant", "pareto"])

    assert "alike for everybody: one (“1”) takes no place" in say_trade_offs(table, ACCURACY, ACCURACY, ["group"])
