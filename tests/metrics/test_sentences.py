"""Sentences say what the numbers say, and no more."""

from __future__ import annotations

import re
from math import inf, nan

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.sentences import (
    orient,
    say_cannot_tell,
    say_difference,
    say_gap,
    say_gaps,
    say_slice,
    say_value,
    say_worst,
)
from metrics.slices import Slice
from metrics.tasks import binary, regression

METRICS = {m.name: m for m in binary.METRICS + regression.METRICS}
MISSED, ACCURACY, SELECTED = (METRICS[n] for n in ("false_negative_rate", "accuracy", "selection_rate"))
ERROR = METRICS["mean_absolute_error"]
A, B, C = (Slice((("g", n),)) for n in "ABC")
EVERYONE = Slice(())


def _estimates(*rows, metric=MISSED) -> pd.DataFrame:
    """Rows are (slice, top, below, low, high, status)."""
    names = ("slice", "top", "below", "low", "high", "status")
    made = [dict(zip(names, row, strict=True)) for row in rows]
    return pd.DataFrame(
        [
            r | {"metric": metric.name, "value": r["top"] / r["below"] if r["below"] else nan, "units": r["below"]}
            for r in made
        ]
    )


def _disparities(*rows, metric=MISSED, kind="difference", baseline="rest") -> pd.DataFrame:
    """Rows are (slice, value, low, high, p_adjusted, status)."""
    names = ("slice", "value", "low", "high", "p_adjusted", "status")
    fixed = {"metric": metric.name, "kind": kind, "baseline": baseline}
    return pd.DataFrame([dict(zip(names, row, strict=True)) | fixed for row in rows])


def _difference(value, low, high, kind="difference", baseline="rest"):
    return {"value": value, "low": low, "high": high, "kind": kind, "baseline": baseline}


def _gap(gap, low, high, floor, by=("g",), metric=MISSED):
    names = {"difference": gap, "low": low, "high": high, "noise_floor": floor}
    return names | {"by": by, "metric": metric.name, "highest": A, "lowest": B}


ESTIMATES = _estimates(
    (EVERYONE, 40, 200, 0.15, 0.26, "ok"), (A, 27, 90, 0.216, 0.401, "ok"), (B, 13, 110, 0.07, 0.192, "ok")
)


def test_the_worst_group_is_named_with_value_counts_and_distance():
    apart = _disparities((A, 0.18, 0.07, 0.29, 0.003, "ok"), (B, -0.18, -0.29, -0.07, 0.003, "ok"))

    assert say_worst(ESTIMATES, apart, MISSED) == (
        "Worst for g = A: the false negative rate is 30 % [22, 40] (27 of 90), "
        "18 points more than everyone else [7, 29]."
    )


def test_of_a_metric_that_should_be_high_the_lowest_is_worst():
    rows = ESTIMATES.assign(metric="accuracy")
    apart = _disparities((A, 0.18, 0.07, 0.29, 0.003, "ok"), (B, -0.18, -0.29, -0.07, 0.003, "ok"), metric=ACCURACY)

    said = say_worst(rows, apart, ACCURACY)

    assert said.startswith("Worst for g = B: the accuracy is 12 % [7, 19]")
    assert "18 points less than everyone else [7, 29]" in said


def test_where_the_interval_reaches_parity_the_data_cannot_tell():
    apart = _disparities((A, 0.03, -0.02, 0.08, 0.3, "ok"), (B, -0.03, -0.08, 0.02, 0.3, "ok"))

    assert say_worst(ESTIMATES, apart, MISSED) == (
        "The data cannot tell whether any group fares worse than everyone else. Furthest from it is g = A: the false "
        "negative rate is 30 % [22, 40] (27 of 90), which may be more or less than everyone else "
        "(from 2 points less to 8 points more)."
    )


def test_a_clear_group_comes_before_one_that_is_further_but_unsure():
    apart = _disparities((A, 0.30, -0.05, 0.6, 0.1, "ok"), (B, 0.05, 0.03, 0.07, 0.001, "ok"))

    assert say_worst(ESTIMATES, apart, MISSED).startswith("Worst for g = B")


def test_among_many_groups_a_clear_interval_may_still_be_chance():
    apart = _disparities(*[(s, v, v - 0.01, v + 0.3, 0.2, "ok") for s, v in ((A, 0.02), (B, -0.1), (C, -0.1))])
    apart["low"] = [0.01, -0.3, -0.3]

    assert say_worst(ESTIMATES, apart, MISSED).endswith("Among 3 groups compared, chance alone may show as much.")


def test_where_no_group_is_on_the_worse_side_it_says_so():
    apart = _disparities((A, -0.1, -0.2, -0.01, 0.03, "ok"))

    assert say_worst(ESTIMATES, apart, MISSED).startswith("No group fares worse than everyone else.")


def test_without_a_better_side_nobody_is_worst():
    rows = ESTIMATES.assign(metric="selection_rate")
    apart = _disparities((A, 0.18, 0.07, 0.29, 0.003, "ok"), metric=SELECTED)

    said = say_worst(rows, apart, SELECTED)

    assert said.startswith("Furthest from the others is g = A: the selection rate is 30 %")
    assert "orst" not in said


@pytest.mark.parametrize(
    ("favourable", "worst", "word"), [("positive", "B", "favourable"), ("negative", "A", "unfavourable")]
)
def test_what_is_favourable_decides_who_is_worse_off_by_selection(favourable, worst, word):
    rows = ESTIMATES.assign(metric="selection_rate")
    apart = _disparities((A, 0.18, 0.07, 0.29, 0.003, "ok"), (B, -0.18, -0.29, -0.07, 0.003, "ok"), metric=SELECTED)

    said = say_worst(rows, apart, SELECTED, favourable=favourable)

    assert said.startswith(f"Worst for g = {worst}: the share that gets the {word} prediction is")


def test_only_selection_turns_with_what_is_favourable():
    assert [orient(m, "positive").better for m in (MISSED, ACCURACY)] == ["lower", "higher"]
    assert orient(SELECTED, "negative").better == "lower"
    assert orient(METRICS["base_rate"], "positive").better == "neither"


def test_without_a_group_to_compare_it_says_so():
    few = _disparities((A, 0.18, 0.07, 0.29, nan, "too few"))

    for empty in (few, few.iloc[:0]):
        assert say_worst(ESTIMATES, empty, MISSED) == "No group has enough data to be compared with the others."


def test_a_difference_is_more_or_less_and_needs_no_sign():
    assert say_difference(_difference(0.14, 0.10, 0.19), MISSED) == "14 points more than everyone else [10, 19]"
    assert say_difference(_difference(-0.14, -0.19, -0.10), MISSED) == "14 points less than everyone else [10, 19]"
    assert say_difference(_difference(5.02, 3.96, 6.15), ERROR) == "5.0 more than everyone else [4.0, 6.2]"
    assert say_difference(_difference(0.004, 0.003, 0.005), MISSED) == "0.4 points more than everyone else [0.3, 0.5]"


def test_a_ratio_is_so_many_times():
    assert (
        say_difference(_difference(1.4, 1.1, 1.8, "ratio"), MISSED) == "1.40 times that of everyone else [1.10, 1.80]"
    )
    unsure = say_difference(_difference(1.4, 0.9, 1.8, "ratio", "largest"), MISSED)
    assert unsure == "which may be more or less than the largest group (from 0.90 times to 1.80 times)"


def test_an_infinite_ratio_keeps_its_lower_limit():
    assert say_difference(_difference(inf, 3.46, inf, "ratio"), MISSED) == "∞ times that of everyone else [3.46, ∞]"


def test_what_cannot_be_compared_is_said():
    assert say_difference(_difference(nan, nan, nan), MISSED) == "which cannot be compared with everyone else"
    assert "may be more or less" in say_difference(_difference(0.1, nan, nan), MISSED)


def test_a_limit_of_exactly_nothing_is_not_clear_of_it():
    assert "may be more or less" in say_difference(_difference(0.1, 0.0, 0.2), MISSED)


@given(st.floats(-1, 1), st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_more_or_less_is_said_only_of_intervals_on_one_side(value, below, above):
    said = say_difference(_difference(value, value - below, value + above), MISSED)

    assert ("may be" in said) == (value - below <= 0 <= value + above)
    if "may be" not in said:
        assert ("more" in said) == (value > 0)


def test_a_value_is_rounded_as_far_as_its_interval_allows():
    assert say_value({"value": 0.3121, "low": 0.27, "high": 0.36}, MISSED) == "31 % [27, 36]"
    assert say_value({"value": 0.3121, "low": 0.307, "high": 0.317}, MISSED) == "31.2 % [30.7, 31.7]"
    assert say_value({"value": 0.004, "low": 0.001, "high": 0.03}, MISSED) == "0.4 % [0.1, 3]"
    assert say_value({"value": 12.94, "low": 12.0, "high": 13.97}, ERROR) == "12.9 [12.0, 14.0]"
    assert say_value({"value": 0.3, "low": nan, "high": nan}, MISSED) == "30.0 %"
    assert say_value({"value": nan, "low": nan, "high": nan}, MISSED) == "-"


def test_a_slice_is_said_with_or_without_a_comparison():
    own = ESTIMATES.iloc[0].to_dict()

    assert say_slice(own, None, MISSED) == "For everyone, the false negative rate is 20 % [15, 26] (40 of 200)."


def test_a_slice_without_data_or_with_too_little_says_so():
    rows = _estimates((A, 0, 0, nan, nan, "no data"), (B, 4, 9, 0.19, 0.73, "too few"))

    assert say_slice(rows.iloc[0].to_dict(), None, MISSED) == "For g = A there is no data for the false negative rate."
    assert "(4 of 9, too few to judge by)" in say_slice(rows.iloc[1].to_dict(), None, MISSED)


def test_a_gap_names_its_pair_and_what_chance_would_show():
    assert say_gap(_gap(0.17, 0.09, 0.25, 0.06), MISSED) == (
        "The largest gap by g is 17 points [9, 25] (A against B); chance alone would show up to 6."
    )


def test_a_gap_within_its_noise_floor_tells_no_groups_apart():
    assert say_gap(_gap(0.03, 0.0, 0.09, 0.06), MISSED) == (
        "The largest gap by g is 3 points [0, 9] (A against B), but chance alone would show up to 6: "
        "the data cannot tell these groups apart."
    )


def test_no_gap_and_no_floor_are_said():
    assert say_gap(_gap(nan, nan, nan, nan), MISSED) == (
        "By g there is no gap to tell of: fewer than two groups have enough data."
    )
    assert say_gap(_gap(0.17, nan, nan, nan), MISSED) == "The largest gap by g is 17.0 points (A against B)."


def test_the_gap_that_is_told_is_one_that_chance_would_not_show():
    gaps = pd.DataFrame([_gap(0.2, 0.0, 0.4, 0.25, ("many",)), _gap(0.1, 0.05, 0.15, 0.04, ("few",))])

    assert say_gaps(gaps, MISSED) == (
        "The largest gap beyond chance by few is 10 points [5, 15] (A against B); chance alone would show up to 4. "
        "The gap by many is larger, but no larger than chance alone would show."
    )


def test_if_all_gaps_are_within_chance_the_largest_is_told():
    gaps = pd.DataFrame([_gap(0.2, 0.0, 0.4, 0.25, ("many",)), _gap(0.1, 0.0, 0.15, 0.12, ("few",))])

    assert say_gaps(gaps, MISSED).startswith("The largest gap by many is 20 points")
    assert "no gap to tell of" in say_gaps(gaps, ACCURACY)


def test_what_cannot_be_told_is_listed():
    rows = _estimates(
        (EVERYONE, 40, 200, 0.15, 0.26, "ok"), (A, 4, 9, 0.1, 0.7, "too few"), (B, 0, 0, nan, nan, "no data")
    )
    apart = _disparities((A, 0.3, 0.1, 0.5, nan, "too few"), (C, 0.03, -0.02, 0.08, 0.3, "ok"))

    assert say_cannot_tell(rows, MISSED, disparities=apart) == (
        "1 group has too few units to judge by: g = A. 1 group has no data for the false negative rate: g = B. "
        "The one group with enough data cannot be told from everyone else, which is no proof of being alike."
    )


def test_of_several_groups_those_that_cannot_be_told_apart_are_counted():
    unsure, clear = (A, 0.03, -0.02, 0.08, 0.3, "ok"), (B, 0.1, 0.05, 0.2, 0.001, "ok")

    one = say_cannot_tell(ESTIMATES, MISSED, disparities=_disparities(unsure, clear))
    both = say_cannot_tell(ESTIMATES, MISSED, disparities=_disparities(unsure, (B, *unsure[1:])))

    assert one.startswith("1 of the 2 groups with enough data cannot be told from everyone else")
    assert both.startswith("None of the 2 groups with enough data can be told from everyone else")


def test_if_all_can_be_told_nothing_is_said():
    apart = _disparities((A, 0.18, 0.07, 0.29, 0.003, "ok"))

    assert say_cannot_tell(ESTIMATES, MISSED, disparities=apart) == ""


def test_long_lists_are_counted():
    rows = _estimates(*[(Slice((("g", str(i)),)), 1, 3, 0.1, 0.7, "too few") for i in range(8)])

    assert say_cannot_tell(rows, MISSED).endswith("g = 4; and 3 more.")


@given(
    st.floats(-0.5, 0.5),
    st.floats(0, 0.5),
    st.floats(0, 0.5),
    st.floats(0, 1),
    st.sampled_from([MISSED, ACCURACY, SELECTED]),
)
def test_no_sentence_calls_anything_significant_or_proved(value, below, above, p, metric):
    apart = _disparities((A, value, value - below, value + above, p, "ok"), metric=metric)
    rows = ESTIMATES.assign(metric=metric.name)
    said = [
        say_worst(rows, apart, metric),
        say_cannot_tell(rows, metric, disparities=apart),
        say_gap(_gap(abs(value), 0, above, p, metric=metric), metric),
    ]

    assert not re.search("significan|prove[sdn]|biased|unfair", " ".join(said))
    assert "nan" not in " ".join(said)
