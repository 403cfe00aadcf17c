"""Tests of a replacement against the model it met, by row and by cluster."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import xlogy
from scipy.stats import binomtest, norm, ttest_1samp
from statsmodels.stats.contingency_tables import mcnemar

from metrics.bounty.paired import mcnemar_p, measure_improvement, sign_flip_p


def differing(better: int, worse: int, alike: int = 0):
    """Errors before and after of so many rows, all in the group."""
    before = np.array([1.0] * better + [0.0] * worse + [1.0] * alike)
    after = np.array([0.0] * better + [1.0] * worse + [1.0] * alike)
    return before, after, np.ones(len(before), bool)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_that_of_statsmodels(better, worse):
    if better + worse:
        oracle = mcnemar([[7, better], [worse, 5]], exact=True).pvalue

        assert mcnemar_p(better, worse) == pytest.approx(oracle, rel=1e-12)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=10))
def test_turning_signs_equals_trying_every_choice_of_signs(sums):
    totals = [sum(s * x for s, x in zip(signs, sums, strict=True)) for signs in product([-1, 1], repeat=len(sums))]
    by_hand = np.mean([abs(total) >= abs(sum(sums)) for total in totals])

    assert sign_flip_p(np.array(sums, float)) == pytest.approx(by_hand)


@given(st.integers(0, 40), st.integers(0, 40))
def test_turning_the_signs_of_single_rows_is_mcnemars_test(better, worse):
    signs = np.array([1.0] * better + [-1.0] * worse)

    assert sign_flip_p(signs) == pytest.approx(mcnemar_p(better, worse))


def test_a_tenth_of_the_rows_set_right_is_an_improvement_of_a_tenth_of_the_split():
    before, after = np.array([1.0] * 10), np.array([0.0] * 3 + [1.0] * 7)
    group = np.array([True] + [False] * 9)

    found = measure_improvement(before, after, group)

    assert (found.units, found.better, found.worse, found.improvement) == (1, 1, 0, 0.1)
    assert (found.loss_before, found.loss_after) == (1.0, 0.0)


@pytest.mark.parametrize(("better", "worse"), [(9, 1), (30, 12), (4, 0), (0, 6), (20, 19)])
def test_limits_are_tangos_and_no_nearer_than_clopper_and_pearsons_of_the_rows_that_differ(better, worse):
    """At a limit of Tango's the score test, with the likeliest shares that differ by it, has z = 1.96."""
    found = measure_improvement(*differing(better, worse, alike=8))
    n, rows = better + worse, better + worse + 8
    share = binomtest(better, n).proportion_ci(0.95)
    conditional = [n * (2 * end - 1) / rows for end in share]

    def z(d: float) -> float:
        def unlikely(q: float) -> float:
            return -xlogy(better, q + d) - xlogy(worse, q) - xlogy(8, 1 - 2 * q - d)

        q = minimize_scalar(unlikely, bounds=(max(0, -d), (1 - d) / 2), method="bounded", options={"xatol": 1e-12}).x
        return abs(better - worse - rows * d) / np.sqrt(rows * (2 * q + d - d * d))

    limits, score = (found.low, found.high), norm.isf(0.025)
    assert found.low <= conditional[0] + 1e-9 and found.high >= conditional[1] - 1e-9
    for limit, other in zip(limits, conditional, strict=True):
        assert z(limit) == pytest.approx(score, rel=1e-4) or (limit == pytest.approx(other) and z(limit) > score)


@pytest.mark.parametrize(("better", "worse", "n"), [(0.1, 0.0, 100), (0.05, 0.01, 300), (0.02, 0.001, 800)])
def test_limits_cover_the_true_improvement_about_as_often_as_they_say(better, worse, n):
    """With only the rows that happen to differ taken for certain, 54 to 86 % do."""
    draw, covered = np.random.default_rng(4), 0
    for b, c, alike in draw.multinomial(n, [better, worse, 1 - better - worse], size=300):
        found = measure_improvement(*differing(b, c, alike=alike))
        covered += found.low <= better - worse <= found.high

    assert covered >= 0.915 * 300  # 95 % less 2.8 standard errors


def test_where_no_row_differs_the_limits_say_how_little_that_proves():
    found = measure_improvement(*differing(0, 0, alike=50))

    assert found.low == pytest.approx(-found.high) and 0.05 < found.high < 0.1


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_interval_leaves_out_nothing_exactly_when_p_is_small(better, worse):
    if better + worse:
        found = measure_improvement(*differing(better, worse))

        assert (found.p < 0.05) == (not found.low <= 0 <= found.high)


def test_other_losses_are_compared_by_the_paired_t_test_over_the_group():
    draw = np.random.default_rng(1)
    before, after = draw.random(80), draw.random(80) * 0.8
    group = draw.random(80) < 0.6

    found = measure_improvement(before, after, group, errors=False)
    oracle = ttest_1samp((before - after)[group], 0)
    limits = oracle.confidence_interval(0.95)

    assert found.p == pytest.approx(oracle.pvalue)
    assert [found.low, found.high] == pytest.approx([end * group.mean() for end in limits])


def test_with_clusters_the_sample_is_their_sums():
    draw = np.random.default_rng(2)
    clusters = np.repeat(np.arange(12), 5)
    before, after = draw.random(60), draw.random(60) * 0.7
    group = np.ones(60, bool)

    found = measure_improvement(before, after, group, clusters, errors=False)
    sums = [(before - after)[clusters == c].sum() for c in range(12)]

    assert (found.clusters, found.p) == (12, pytest.approx(ttest_1samp(sums, 0).pvalue))


def test_rows_of_one_cluster_count_once():
    """Twenty rows set right, all of one person: a test by row is sure, by person there is one observation."""
    before, after, group = differing(better=20, worse=0)
    one, each = np.zeros(20, int), np.arange(20)

    assert measure_improvement(before, after, group, each).p < 0.001
    assert not measure_improvement(before, after, group, one).p < 1


def test_few_rows_that_gained_alike_prove_nothing():
    """Without any spread a t test would be certain; turning the signs of three rows gives a quarter."""
    found = measure_improvement(np.full(3, 0.5), np.full(3, 0.2), np.ones(3, bool), errors=False)

    assert found.p == 0.25
    assert np.isnan([found.low, found.high]).all()


def test_a_group_of_nobody_has_no_p():
    found = measure_improvement(np.ones(4), np.zeros(4), np.zeros(4, bool))

    assert found.units == 0
    assert np.isnan([found.loss_before, found.loss_after, found.low, found.high, found.p]).all()


@pytest.mark.parametrize("clustered", [False, True])
def test_replacements_that_are_no_better_are_rarely_called_so(clustered):
    draw = np.random.default_rng(3)
    clusters = np.repeat(np.arange(40), 10) if clustered else None
    called = 0
    for _ in range(400):
        hard = draw.beta(1, 3, 40).repeat(10) if clustered else 0.25
        before, after = (draw.random((2, 400)) < hard).astype(float)
        called += measure_improvement(before, after, draw.random(400) < 0.3, clusters).p < 0.05

    assert called <= 32  # 5 % of 400 are 20; 32 is the point that one run in 200 exceeds
