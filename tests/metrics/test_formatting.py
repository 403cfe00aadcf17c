"""Numbers as people read them."""

from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formatting import (
    format_count,
    format_counts,
    format_difference,
    format_disparity,
    format_interval,
    format_number,
    format_p,
    format_percent,
    format_points,
    format_ratio,
    format_support,
    format_value,
)
from metrics.tasks import binary, regression

METRICS = {m.name: m for m in binary.METRICS + regression.METRICS}
MISSED, RMSE = METRICS["false_negative_rate"], METRICS["root_mean_squared_error"]


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.3121, "31.2 %"), (0, "0 %"), (1, "100 %"), (0.004, "0.4 %"), (0.0004, "0.04 %"), (0.9996, "99.96 %")],
)
def test_shares_are_written_in_per_cent(share, text):
    assert format_percent(share) == text


@given(st.floats(1e-9, 1 - 1e-9), st.integers(0, 3))
def test_a_share_reads_as_nothing_or_everything_only_if_it_is(share, decimals):
    text = format_percent(share, decimals)

    assert float(text.removesuffix(" %").lstrip("<> ")) not in (0, 100)


@pytest.mark.parametrize("nothing", [None, nan])
def test_what_is_undefined_is_a_dash_never_a_zero(nothing):
    written = [
        format_percent(nothing),
        format_points(nothing),
        format_number(nothing),
        format_ratio(nothing),
        format_count(nothing),
        format_counts(nothing, 3),
        format_p(nothing),
        format_interval(MISSED, nothing, nothing),
    ]

    assert set(written) == {"-"}


def test_a_limit_that_cannot_be_had_is_a_dash_inside_the_interval():
    assert format_interval(MISSED, 0.1, None) == "[10.0, -]"


def test_differences_carry_their_sign_unless_told_otherwise():
    assert format_points(0.14) == "+14.0 points"
    assert format_points(-0.14) == "−14.0 points"
    assert format_points(0.14, 0, signed=False) == "14 points"
    assert format_points(0.01, 0, signed=False) == "1 point"


def test_differences_of_shares_are_points_and_of_errors_numbers():
    assert format_difference(MISSED, 0.05) == "+5.0 points"
    assert format_difference(RMSE, 0.05) == "+0.0500"
    assert format_value(RMSE, 12.34) == "12.3"
    assert format_interval(RMSE, 1.5, 2.5) == "[1.50, 2.50]"


def test_infinite_values_are_said_to_be():
    assert format_ratio(inf) == "∞ times"
    assert format_interval(MISSED, 1.2, inf, "ratio") == "[1.20, ∞]"


def test_a_ratio_of_nearly_one_is_not_called_one():
    assert format_ratio(1.0) == "1 times"
    assert format_ratio(1.001) == "1.001 times"
    assert format_disparity(MISSED, "ratio", 0.8) == "0.80 times"


def test_counts_are_whole_and_sums_of_weights_keep_a_decimal():
    assert format_counts(12, 340) == "12 of 340"
    assert format_counts(1234.0, 56789) == "1,234 of 56,789"
    assert format_counts(12.25, 340.0) == "12.2 of 340"


def test_a_sum_of_errors_is_not_shown_as_so_many_of_so_many():
    assert format_support(RMSE, 812.5, 340, 340) == "340 units"
    assert format_support(MISSED, 12, 340, 340) == "12 of 340"


@pytest.mark.parametrize(
    ("p", "text"), [(0.5, "0.50"), (0.0312, "0.031"), (0.00001, "< 0.001"), (1, "1"), (0.05, "0.050")]
)
def test_p_values_are_never_zero(p, text):
    assert format_p(p) == text


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_numbers_keep_their_sign_and_their_size(value):
    text = format_number(value, signed=True)

    read = float(text.replace(",", "").replace("−", "-"))
    assert read == pytest.approx(value, rel=0.006)
