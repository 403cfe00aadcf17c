"""McNemar's test and Newcombe's interval, held against published values and an independent library."""

from __future__ import annotations

from math import comb, isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as mcnemar_of_statsmodels

from benchmarks.coverage_paired_shares import simulate_pairs
from metrics.paired_shares import mcnemar, newcombe_limits

COUNTS = st.integers(0, 60)


def test_p_of_complete_responses_is_as_published():
    """Complete response before and after consolidation, 161 patients (Fagerland, Lydersen & Laake 2017, chapter 8)."""
    assert mcnemar(6, 16) == pytest.approx(0.034690, abs=5e-7)
    assert mcnemar(6, 16, exact=True) == pytest.approx(0.052479, abs=5e-7)


def test_p_of_airways_is_as_counted_by_hand():
    """One child of eight changed the other way: 2 (1 + 8) / 256, less 8 / 256 for mid-p (Bentur 2009's 21 children)."""
    assert mcnemar(7, 1, exact=True) == pytest.approx(18 / 256)
    assert mcnemar(7, 1) == pytest.approx(10 / 256)


def test_the_interval_of_complete_responses_is_as_published():
    """The same patients: 65 of 161 before, 75 after; -0.0621, from -0.1186 to -0.0046."""
    low, high = newcombe_limits(both=59, first=16, second=6, neither=80)

    assert (float(low), float(high)) == pytest.approx((-0.1186, -0.0046), abs=5e-5)


def test_the_interval_is_method_10_written_out():
    """Wilson's limits of both shares, and phi with half a unit taken off, as Newcombe prints them: 36, 12, 2 and 0."""
    a, b, c, d, z = 36, 12, 2, 0, 1.959963984540054
    n = a + b + c + d

    def wilson(k: int) -> tuple[float, float]:
        middle, half = 2 * k + z**2, z * sqrt(z**2 + 4 * k * (n - k) / n)
        return (middle - half) / (2 * (n + z**2)), (middle + half) / (2 * (n + z**2))

    (l1, u1), (l2, u2) = wilson(a + b), wilson(a + c)
    p1, p2 = (a + b) / n, (a + c) / n
    phi = (a * d - b * c) / sqrt((a + b) * (c + d) * (a + c) * (b + d))  # below 0: nothing is taken off
    reach = [sqrt(x**2 - 2 * phi * x * y + y**2) for x, y in ((p2 - l2, u1 - p1), (u2 - p2, p1 - l1))]

    low, high = newcombe_limits(a, b, c, d)
    assert (float(low), float(high)) == pytest.approx((p2 - p1 - reach[0], p2 - p1 + reach[1]))
    assert (float(low), float(high)) == pytest.approx((-0.3404, -0.0569), abs=5e-5)


def test_half_a_unit_is_taken_off_a_positive_correlation_and_no_more_than_there_is():
    strong, weak = newcombe_limits(20, 2, 3, 20), newcombe_limits(12, 11, 11, 12)

    phi = (20 * 20 - 2 * 3 - 45 / 2) / sqrt(22 * 23 * 23 * 22)
    assert _correlation_of(strong, 20, 2, 3, 20) == pytest.approx(phi)
    assert _correlation_of(weak, 12, 11, 11, 12) == pytest.approx(0, abs=1e-9)  # 144 - 121 is no more than 46 / 2


def _correlation_of(limits, a: int, b: int, c: int, d: int) -> float:
    """Return the correlation that a lower limit was made with."""
    n, z = a + b + c + d, 1.959963984540054
    ends = []
    for k in (a + b, a + c):
        middle, half = 2 * k + z**2, z * sqrt(z**2 + 4 * k * (n - k) / n)
        ends.append(((middle - half) / (2 * (n + z**2)), k / n, (middle + half) / (2 * (n + z**2))))
    x, y = ends[1][1] - ends[1][0], ends[0][2] - ends[0][1]
    reach = (c - b) / n - float(limits[0])
    return (x * x + y * y - reach * reach) / (2 * x * y)


@given(COUNTS, COUNTS)
def test_exact_p_is_that_of_statsmodels_and_mid_p_half_of_the_outcome_less(added, removed):
    n = added + removed
    told = mcnemar_of_statsmodels([[5, added], [removed, 5]], exact=True).pvalue if n else 1.0

    assert mcnemar(added, removed, exact=True) == pytest.approx(min(told, 1.0))
    itself = comb(n, added) / 2**n
    tail = sum(comb(n, k) for k in range(min(added, removed) + 1)) / 2**n
    assert mcnemar(added, removed) == pytest.approx(min(2 * tail - itself, 1.0))


@given(COUNTS, COUNTS)
def test_swapping_the_systems_keeps_p_and_turns_the_interval(b, c):
    assert mcnemar(b, c) == mcnemar(c, b)
    low, high = newcombe_limits(30, b, c, 20)
    turned = newcombe_limits(30, c, b, 20)

    assert (-high, -low) == pytest.approx(tuple(map(float, turned)))
    assert low <= (c - b) / (50 + b + c) <= high


def test_nothing_changed_is_no_evidence_and_nothing_is_no_number():
    assert mcnemar(0, 0) == 1
    assert mcnemar([nan, 1], [3, nan]).tolist() == pytest.approx([nan, nan], nan_ok=True)
    assert all(isnan(float(end)) for end in newcombe_limits(0, 0, 0, 0))


def test_of_huge_counts_p_is_still_a_number():
    assert 0 < mcnemar(500_000, 501_000) < 1
    assert np.isfinite(mcnemar(0, 10**6))


@pytest.mark.parametrize("n", [20, 50, 200])
@pytest.mark.parametrize("truth", [(0.7, 0.1, 0.1, 0.1), (0.4, 0.25, 0.25, 0.1), (0.3, 0.1, 0.4, 0.2)], ids=str)
def test_the_interval_of_a_change_holds_as_often_as_newcombes_and_is_about_as_narrow(n, truth):
    found = simulate_pairs(n, truth, runs=1500)

    assert found.ours >= min(0.935, found.newcombe - 0.01)
    assert found.width <= 1.03 * found.width_newcombe
