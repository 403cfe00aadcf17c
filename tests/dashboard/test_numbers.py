"""Whatever a widget is told to hold, what comes out of it is a number within its bounds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.numbers import bounded, whole

ANYTHING = st.one_of(st.none(), st.booleans(), st.text(), st.integers(), st.floats(), st.just(10**400))


@given(ANYTHING)
def test_a_whole_number_stays_within_its_bounds(value):
    found = whole(value, 2, 1, 5)

    assert type(found) is int
    assert 1 <= found <= 5


@given(ANYTHING)
def test_a_number_stays_within_its_bounds(value):
    found = bounded(value, 0.5, 0.0, 1.0)

    assert type(found) is float
    assert 0 <= found <= 1


@pytest.mark.parametrize("value", [None, "3", True, math.nan, math.inf, -math.inf, 10**400])
def test_what_is_no_number_is_what_stands_there_at_first(value):
    assert whole(value, 2, 1, 5) == 2
    assert bounded(value, 0.5, 0.0) == 0.5


@given(st.integers(1, 5))
def test_a_number_within_the_bounds_is_itself(value):
    assert whole(value, 2, 1, 5) == whole(float(value), 2, 1, 5) == bounded(value, 2.0, 1.0, 5.0) == value
