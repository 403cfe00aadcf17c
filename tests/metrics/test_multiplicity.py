from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from metrics.intervals import difference_limits, p_of_touch, quantile, share_limits
from metrics.multiplicity import benjamini_hochberg, holm
from tests.metrics.vectors import examples

p_values = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1e-14, 1e-9, 0.01, 0.05, 1.0])), max_size=30)
families = st.lists(st.tuples(st.integers(-3, 3), st.floats(0, 1)), max_size=60)


@pytest.mark.parametrize("vector", examples("holm"))
def test_holm_gives_the_published_values_and_levels(vector):
    alpha, expected = vector["input"]["alpha"], vector["expected"]

    adjusted, level = holm(vector["input"]["p"], alpha=alpha)

    assert adjusted.tolist() == pytest.approx(expected["p_adjusted"], abs=1e-12)
    assert level.tolist() == pytest.approx(expected["levels"], abs=1e-9)
    assert (adjusted <= alpha).tolist() == expected["rejected"]


@pytest.mark.parametrize("vector", examples("bh"))
def test_benjamini_hochberg_gives_the_published_values(vector):
    adjusted = benjamini_hochberg(vector["input"]["p"])

    assert adjusted.tolist() == pytest.approx(vector["expected"]["p_adjusted"], abs=1e-9)


@given(p_values)
def test_one_family_is_adjusted_as_in_statsmodels(p):
    if not p:
        assert holm(p)[0].shape == benjamini_hochberg(p).shape == (0,)
        return
    assert holm(p)[0] == pytest.approx(multipletests(p, method="holm")[1], rel=1e-12)
    assert benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1], rel=1e-12)


@given(families)
def test_many_families_at_once_are_each_adjusted_alone(tests):
    family, p = np.array([f for f, _ in tests], int), np.array([p for _, p in tests], float)

    adjusted, level = holm(p, family)
    discovered = benjamini_hochberg(p, family)

    for one in set(family.tolist()):
        own = family == one
        assert adjusted[own] == pytest.approx(holm(p[own])[0], rel=1e-12)
        assert level[own] == pytest.approx(holm(p[own])[1], rel=1e-12)
        assert discovered[own] == pytest.approx(benjamini_hochberg(p[own]), rel=1e-12)


@given(families, st.lists(st.booleans(), min_size=60, max_size=60))
def test_a_missing_p_is_no_part_of_its_family(tests, missing):
    family, p = np.array([f for f, _ in tests], int), np.array([p for _, p in tests], float)
    there = ~np.array(missing[: len(tests)], bool)
    holed = np.where(there, p, np.nan)

    adjusted, level = holm(holed, family)

    assert np.isnan(adjusted[~there]).all()
    assert np.isnan(level[~there]).all()
    assert np.isnan(benjamini_hochberg(holed, family)[~there]).all()
    assert adjusted[there] == pytest.approx(holm(p[there], family[there])[0], rel=1e-12)
    assert level[there] == pytest.approx(holm(p[there], family[there])[1], rel=1e-12)


def test_tests_that_say_the_same_count_once_and_share_their_result():
    p = [0.02, 0.02, 0.03, np.nan]
    same = [7, 7, 1, 7]

    adjusted, level = holm(p, same=same)

    assert adjusted.tolist() == pytest.approx([0.04, 0.04, 0.04, np.nan], nan_ok=True)
    assert level.tolist() == pytest.approx([0.975, 0.975, 0.95, np.nan], nan_ok=True)
    assert benjamini_hochberg(p, same=same).tolist() == pytest.approx([0.03, 0.03, 0.03, np.nan], nan_ok=True)


def test_an_id_means_the_same_test_only_within_one_family():
    adjusted, _ = holm([0.01, 0.01, 0.01, 0.04], family=[0, 0, 1, 1], same=[5, 5, 5, 6])

    assert adjusted.tolist() == pytest.approx([0.01, 0.01, 0.02, 0.04])


@given(families, st.integers(1, 4))
def test_repeating_every_test_changes_nothing(tests, times):
    family, p = np.array([f for f, _ in tests], int), np.array([p for _, p in tests], float)
    ids = np.arange(len(p))

    adjusted, level = holm(np.tile(p, times), np.tile(family, times), same=np.tile(ids, times))

    assert adjusted == pytest.approx(np.tile(holm(p, family)[0], times))
    assert level == pytest.approx(np.tile(holm(p, family)[1], times))


@given(p_values, st.randoms())
def test_the_order_of_the_tests_does_not_matter(p, random):
    order = list(range(len(p)))
    random.shuffle(order)
    shuffled = np.array(p, float)[order]

    assert holm(shuffled)[0] == pytest.approx(holm(p)[0][order])
    assert benjamini_hochberg(shuffled) == pytest.approx(benjamini_hochberg(p)[order])


@given(p_values, st.sampled_from([0.01, 0.05, 0.1]))
def test_a_test_is_rejected_exactly_where_its_p_is_at_most_one_minus_its_level(p, alpha):
    adjusted, level = holm(p, alpha=alpha)

    at_the_edge = np.abs(np.array(p) - (1 - level)) < 1e-12
    assert ((adjusted <= alpha) == (np.array(p) <= 1 - level))[~at_the_edge].all()


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=12))
def test_an_adjusted_interval_leaves_out_zero_exactly_where_the_adjusted_p_is_at_most_alpha(hits):
    a, b = np.array(hits, float).T / 60

    def limits_at(alpha: Any, index: Any) -> Any:
        q = quantile(alpha)
        return difference_limits(a[index], *share_limits(a[index], 60, q), b[index], *share_limits(b[index], 60, q))

    adjusted, level = holm(p_of_touch(limits_at, a - b, 0.0))
    low, high = limits_at(1 - level, np.arange(len(a)))

    assert ((low > 0) | (high < 0)).tolist() == (adjusted <= 0.05).tolist()


@pytest.mark.parametrize("vector", examples("verdict"))
def test_p_adjusted_p_and_level_of_a_rule_are_the_published_ones(vector):
    slices = [s for s in vector.get("expected", {}).get("slices", []) if "p_adjusted" in s]
    p = [s["p"] for s in slices]

    adjusted, level = holm(p, same=p if "two_groups_one_test" in vector["name"] else None)

    assert adjusted.tolist() == pytest.approx([s["p_adjusted"] for s in slices], rel=1e-8)
    assert level.tolist() == pytest.approx([s["level"] for s in slices], abs=1e-8)


def test_thousands_of_families_keep_the_digits_of_small_p_values():
    family = np.repeat(np.arange(5000), 3)
    p = np.tile([1e-13, 2e-13, 0.5], 5000)

    adjusted, _ = holm(p, family)

    assert adjusted[-3:].tolist() == pytest.approx([3e-13, 4e-13, 0.5], rel=1e-12)
