from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from metrics.noise import cluster_floor, normal_floor, share_floor, spanning_floor
from metrics.spread import spread
from tests.metrics.build import cube_of
from tests.metrics.vectors import examples

denominators = st.lists(st.integers(1, 400), min_size=2, max_size=8)


def _within(floor: float, expected: dict[str, Any]) -> bool:
    return expected["range_low"] - 1e-9 <= floor <= expected["range_high"] + 1e-9


def _chance_of_at_most(spreads: Any, floor: float, weights: Any) -> float:
    return float(np.sum(np.asarray(weights)[np.asarray(spreads) <= floor + 1e-12]))


@pytest.mark.parametrize("vector", [v for v in examples("noise_floor") if not v.id.endswith(("rs", "ing", "rates"))])
@pytest.mark.parametrize("seed", range(3))
def test_a_floor_of_shares_lies_where_published(vector, seed):
    floor = share_floor(vector["input"]["below"], vector["input"]["pooled_top"], seed=seed)

    assert _within(floor, vector["expected"])


@pytest.mark.parametrize("vector", examples("spread"))
def test_the_floor_beside_a_spread_lies_where_published(vector):
    groups = vector["input"]["groups"].values()

    floor = share_floor([g["below"] for g in groups], [g["top"] for g in groups])

    if "noise_floor_low" in vector["expected"]:
        assert vector["expected"]["noise_floor_low"] - 1e-9 <= floor <= vector["expected"]["noise_floor_high"] + 1e-9
    else:
        assert np.isnan(floor)


@pytest.mark.parametrize("vector", [v for v in examples("noise_floor") if v.id.endswith("whole_clusters")])
@pytest.mark.parametrize("seed", range(3))
def test_a_floor_of_whole_clusters_is_the_published_one(vector, seed):
    clusters = vector["input"]["clusters"]

    floor = cluster_floor(*([c[k] for c in clusters] for k in ("group", "below", "top")), seed=seed)

    assert floor == pytest.approx(vector["expected"]["exact"], abs=1e-9)


@pytest.mark.parametrize("vector", [v for v in examples("noise_floor") if v.id.endswith("spanning")])
def test_a_floor_where_clusters_span_groups_lies_where_published(vector):
    expected = vector["expected"]

    floor = spanning_floor([72, 48], expected["design_effects"], expected["pooled"])

    assert _within(floor, expected)
    assert floor == share_floor(expected["reduced_below"], expected["reduced_top"])


@pytest.mark.parametrize("vector", [v for v in examples("noise_floor") if v.id.endswith("rates")])
@pytest.mark.parametrize("seed", range(3))
def test_a_floor_of_rates_lies_where_published(vector, seed):
    floor = normal_floor(vector["expected"]["standard_errors"], seed=seed)

    assert _within(floor, vector["expected"])


@given(st.integers(1, 60), st.integers(1, 60), st.floats(0, 1))
def test_the_floor_of_two_groups_is_the_hypergeometric_one_up_to_the_draws(one, two, share):
    hits = round(share * (one + two))
    first = np.arange(max(0, hits - two), min(one, hits) + 1)
    chances = stats.hypergeom(one + two, one, hits).pmf(first)
    spreads = np.abs(first / one - (hits - first) / two)

    floor = share_floor([one, two], hits)

    # 2,000 draws find a share of .95 to within .005 or so; the steps between possible spreads add what they must.
    assert _chance_of_at_most(spreads, floor, chances) >= 0.93
    assert _chance_of_at_most(spreads, floor - 1e-9, chances) <= 0.97


@pytest.mark.parametrize(
    ("below", "hits"), [([800] * 8, 320), ([3500] * 6, 210), ([40, 400, 5000, 700], 3000), ([200, 5000, 60000], 32000)]
)
def test_the_floor_of_large_groups_is_that_of_an_exact_deal(below, hits):
    dealt = np.random.default_rng(5).multivariate_hypergeometric(below, hits, size=20_000, method="marginals")
    spreads = np.ptp(dealt / np.array(below), axis=1)

    floor = share_floor(below, hits, draws=20_000)

    assert np.mean(spreads < floor + 1e-9) >= 0.945
    assert np.mean(spreads < floor - 1e-9) <= 0.955


@pytest.mark.parametrize("transform", ["odds", "dice"])
def test_a_transformed_share_is_dealt_and_then_transformed(transform):
    # Two of each: the first group gets 0, 1 or 2 of the two events with chances 1/6, 2/3, 1/6.
    expected = {"odds": np.inf, "dice": 1.0}[transform]

    assert share_floor([2, 2], 2, transform=transform) == expected
    assert share_floor([2, 2], 2, confidence=0.5, transform=transform) == 0


def test_odds_that_are_infinite_everywhere_have_no_spread():
    assert share_floor([5, 9], 14, transform="odds") == 0


@given(denominators, st.floats(0, 1), st.randoms())
def test_a_floor_depends_on_the_seed_alone_not_on_the_order_of_groups(below, share, random):
    hits = share * sum(below)
    shuffled = random.sample(below, len(below))

    assert share_floor(below, hits, seed=3, draws=200) == share_floor(shuffled, hits, seed=3, draws=200)


@given(denominators, st.floats(0, 1))
def test_a_metric_and_its_complement_have_one_floor(below, share):
    hits = round(share * sum(below))

    assert share_floor(below, hits, draws=200) == share_floor(below, sum(below) - hits, draws=200)


@given(denominators, st.floats(0, 1))
def test_a_floor_of_shares_lies_between_zero_and_one(below, share):
    assert 0 <= share_floor(below, share * sum(below), draws=100) <= 1


def test_nobody_and_everybody_have_no_spread_by_chance():
    assert share_floor([30, 50], 0) == 0
    assert share_floor([30, 50], 80) == 0
    assert share_floor([3000, 50000], 53000) == 0


def test_numerators_of_groups_are_pooled():
    assert share_floor([60, 80, 100], [30, 24, 10]) == share_floor([60, 80, 100], 64)


@pytest.mark.parametrize("below", [[], [40], [40, 0], [40, np.nan]])
def test_under_two_groups_there_is_no_floor(below):
    assert np.isnan(share_floor(below, 10))
    assert np.isnan(spanning_floor(below, 1.0, 0.3))
    assert np.isnan(normal_floor([0.1, np.nan]))
    assert np.isnan(cluster_floor([0] * len(below), below, np.zeros(len(below))))


def test_without_a_pooled_share_there_is_no_floor():
    assert np.isnan(spanning_floor([30, 40], 1.0, np.nan))
    assert np.isnan(share_floor([30, 40], np.nan))


def test_a_design_effect_makes_the_floor_that_of_fewer_units():
    assert spanning_floor([80, 40], [2.0, 4.0], 0.3) == share_floor([40, 10], 15)
    assert spanning_floor([4, 4], 100.0, 0.5) == share_floor([1, 1], 1)


# Clusters


def _clusters(sizes: list[int], seed: int) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    below = rng.integers(1, 12, sum(sizes))
    top = rng.binomial(below, rng.beta(1, 3, sum(sizes)))
    return np.repeat(np.arange(len(sizes)), sizes), below, top


def _every_deal(group: Any, below: Any, top: Any) -> Any:
    """The spreads of every way to deal the clusters into two groups of these sizes."""
    of_first = int((group == 0).sum())
    firsts = np.array([np.isin(np.arange(len(group)), chosen) for chosen in combinations(range(len(group)), of_first)])
    return np.abs(firsts @ top / (firsts @ below) - ~firsts @ top / (~firsts @ below))


@pytest.mark.parametrize(("sizes", "seed"), [([4, 5], 1), ([3, 8], 2), ([6, 6], 3)])
def test_the_floor_of_a_few_clusters_is_that_of_every_way_to_deal_them(sizes, seed):
    group, below, top = _clusters(sizes, seed)
    spreads = _every_deal(group, below, top)

    floor = cluster_floor(group, below, top)

    assert np.mean(spreads <= floor + 1e-9) >= 0.93
    assert np.mean(spreads <= floor - 1e-9) <= 0.97


@pytest.mark.parametrize("sizes", [[400, 700, 1500], [2000, 2000]])
def test_the_floor_of_many_clusters_is_that_of_shuffling_them(sizes):
    group, below, top = _clusters(sizes, seed=4)
    rng, spreads = np.random.default_rng(6), []
    for _ in range(3000):
        dealt = rng.permutation(group)
        shares = np.bincount(dealt, top) / np.bincount(dealt, below)
        spreads.append(np.ptp(shares))

    floor = cluster_floor(group, below, top)

    assert 0.93 <= np.mean(np.array(spreads) <= floor) <= 0.97


def test_the_order_and_names_of_clusters_and_groups_do_not_change_a_floor():
    group, below, top = _clusters([5, 9, 30], seed=7)
    order = np.random.default_rng(1).permutation(len(group))
    renamed = np.array(["z", "a", "m"])[group]

    assert cluster_floor(renamed[order], below[order], top[order]) == pytest.approx(cluster_floor(group, below, top))


@pytest.mark.parametrize("sizes", [[5, 9, 30], [900, 1100]])
def test_over_clusters_too_a_metric_and_its_complement_have_one_floor(sizes):
    group, below, top = _clusters(sizes, seed=8)

    assert cluster_floor(group, below, below - top) == pytest.approx(cluster_floor(group, below, top), rel=1e-9)


def test_clusters_with_nothing_in_them_are_not_dealt():
    group, below, top = _clusters([5, 9], seed=7)

    padded = cluster_floor([*group, 0, 0, 1], [*below, 0, 0, 0], [*top, 0, 0, 0])

    assert padded == cluster_floor(group, below, top)


def test_clusters_that_are_all_alike_have_no_spread_by_chance():
    assert cluster_floor([0, 0, 1, 1, 1], [4] * 5, [1] * 5) == 0
    assert cluster_floor(np.arange(2000) % 2, np.full(2000, 4), np.full(2000, 1)) == pytest.approx(0, abs=1e-12)


def test_clusters_of_one_unit_have_about_the_floor_of_units():
    top = np.r_[np.zeros(200), np.ones(100)]
    group = np.arange(300) % 3

    assert cluster_floor(group, np.ones(300), top) == pytest.approx(share_floor([100] * 3, 100), abs=0.011)


# Normal draws


@pytest.mark.parametrize("groups", [2, 5, 20])
def test_equal_errors_have_the_floor_of_the_studentised_range(groups):
    floor = normal_floor([0.3] * groups)

    assert 0.935 <= stats.studentized_range.cdf(floor / 0.3, groups, np.inf) <= 0.965


def test_a_floor_of_normal_draws_grows_with_the_errors_and_ignores_their_order():
    assert normal_floor([0.2, 0.4]) == pytest.approx(2 * normal_floor([0.2, 0.1]))
    assert normal_floor([0.0, 0.0]) == 0


def test_perfectly_calibrated_scores_exceed_the_calibration_floor_in_one_file_of_twenty():
    rng = np.random.default_rng(8)
    score, group = rng.random(900), rng.permutation(np.repeat(["a", "b", "c"], [600, 200, 100]))
    exceeded = 0
    for seed in range(60):
        label = (np.random.default_rng(seed).random(900) < score).astype(int)
        frame = pd.DataFrame({"group": group, "label": label, "score": score})
        found = spread(cube_of(frame, ["group"], {"score": "score"}), metrics=["expected_calibration_error"]).iloc[0]
        exceeded += found["difference"] > found["noise_floor"]

    assert exceeded <= 8  # 3 are expected; more than 8 of 60 happen once in 300 such tests
