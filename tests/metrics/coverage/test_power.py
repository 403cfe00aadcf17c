"""The gap that would be seen: the product's own test finds it four times in five, exactly counted or simulated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import power_proportions_2indep

from metrics.compare import compare
from metrics.coverage import Covering, cover
from metrics.intervals import difference_limits, quantile, share_limits
from tests.metrics.build import cube_of, rates


def gap_of(cube, metric, group="a", **more):
    table = cover(cube, Covering(("group",), (metric,), 1, **{"correction": "none", **more})).combinations
    return float(table["detectable_gap"][[s.to_dict() == {"group": group} for s in table["slice"]]].iloc[0])


def misses(n1, n2, share):
    """Return a cube of n1 and n2 positives of which this share of the second group is missed, none of the first."""
    missed = round(n2 * share)
    frame = pd.DataFrame({"group": ["a"] * n1 + ["b"] * n2, "label": "1"})
    frame["prediction"] = ["1"] * n1 + ["0"] * missed + ["1"] * (n2 - missed)
    return cube_of(frame, ["group"])[0]


def chance_to_find(n1, p1, n2, p2, alpha):
    """Return how often the interval of the difference leaves 0 out, over all counts there can be."""
    one, two = np.arange(n1 + 1), np.arange(*binom.ppf([1e-9, 1 - 1e-9], n2, p2) + [0, 1])
    a, b, q = one[:, None] / n1, two[None, :] / n2, quantile(alpha)
    low, high = difference_limits(a, *share_limits(a, n1, q), b, *share_limits(b, n2, q), np.zeros(1))
    return float(binom.pmf(one, n1, p1) @ ((low > 0) | (high < 0)) @ binom.pmf(two, n2, p2))


@pytest.mark.parametrize("confidence", [0.95, 0.995])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.8])
@pytest.mark.parametrize(("n1", "n2"), [(50, 1000), (100, 100), (200, 1000), (500, 5000)])
def test_a_gap_of_that_size_is_found_four_times_in_five(n1, n2, share, confidence):
    gap = gap_of(misses(n1, n2, share), "false_negative_rate", confidence=confidence)

    if np.isnan(gap):
        assert chance_to_find(n1, 1.0, n2, share, 1 - confidence) < 0.85
    else:
        assert chance_to_find(n1, share + gap, n2, share, 1 - confidence) == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_where_higher_is_better_the_gap_is_downwards(share):
    gap = gap_of(misses(100, 900, share), "true_positive_rate")

    assert chance_to_find(100, 1 - share - gap, 900, 1 - share, 0.05) == pytest.approx(0.8, abs=0.04)
    assert gap == pytest.approx(gap_of(misses(100, 900, share), "false_negative_rate"))


def test_without_a_better_direction_the_gap_is_the_larger_of_both():
    cube = misses(100, 900, 0.1)
    upwards, either = gap_of(cube, "false_negative_rate"), gap_of(cube, "selection_rate")

    assert either == pytest.approx(upwards)  # a share scatters more towards one half


def test_other_chances_and_statsmodels_agree():
    for power in (0.5, 0.8, 0.95):
        gap = gap_of(misses(80, 640, 0.25), "false_negative_rate", power=power)
        found = power_proportions_2indep(gap, 0.25, 80, ratio=8, alpha=0.05).power
        assert found == pytest.approx(power, abs=0.01)


def test_a_mean_needs_what_students_test_needs():
    rng = np.random.default_rng(5)
    label = rng.normal(0, 3, 460)
    frame = pd.DataFrame(
        {"group": ["a"] * 60 + ["b"] * 400, "label": label, "prediction": label + rng.normal(0, 2, 460)}
    )
    gap = gap_of(cube_of(frame, ["group"], task="regression")[0], "mean_error")
    rest = (frame["prediction"] - frame["label"])[60:].std()

    expected = TTestIndPower().solve_power(nobs1=60, ratio=400 / 60, alpha=0.05, power=0.8)
    assert gap / rest == pytest.approx(expected, rel=0.02)


def test_where_not_even_the_worst_value_would_be_seen_there_is_no_gap():
    assert np.isnan(gap_of(misses(5, 500, 0.9), "false_negative_rate"))
    assert np.isnan(gap_of(misses(50, 500, 1.0), "false_negative_rate"))


def test_more_units_see_smaller_gaps():
    gaps = [gap_of(misses(n, 1000, 0.2), "false_negative_rate") for n in (30, 60, 120, 240, 480)]

    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] / gaps[2] == pytest.approx(2, rel=0.15)


def test_a_correction_plans_at_its_share_of_alpha():
    """Three groups of enough rows are three tests; two that are each other's rest are one."""
    frame = pd.DataFrame({"group": list("abc") * 60, "label": "1", "prediction": ["1", "1", "1", "0"] * 45})
    (cube,) = cube_of(frame, ["group"])
    two = misses(60, 120, 0.2)

    assert gap_of(cube, "accuracy", correction="holm") == gap_of(cube, "accuracy", correction="bh")
    third = gap_of(cube, "accuracy", confidence=1 - 0.05 / 3)
    assert gap_of(cube, "accuracy", correction="holm") == pytest.approx(third)
    assert gap_of(two, "accuracy", correction="holm") == pytest.approx(gap_of(two, "accuracy"))


# -- simulated -----------------------------------------------------------------------------------


def share_found(make, metric, times=120):
    """Return how often the gap that would be seen is found, the gap being the mean over fair files."""
    gap = float(np.mean([gap_of(make(0.0), metric) for _ in range(10)]))

    def p(cube):
        table = compare(cube, ["group"], [metric])
        return table["p"][[s.to_dict() == {"group": "a"} for s in table["slice"]]].iloc[0]

    return np.mean([p(make(gap)) <= 0.05 for _ in range(times)])


def test_with_clusters_a_gap_of_that_size_is_found_about_four_times_in_five():
    rng = np.random.default_rng(8)

    def make(gap):
        rows = []
        for group, clusters, share in (("a", 30, 0.2 + gap), ("b", 90, 0.2)):
            for c in range(clusters):  # a correlation within clusters of 0.1
                missed = rng.random(8) < rng.beta(9 * share, 9 * (1 - share))
                rows += [(group, "1", "0" if m else "1", f"{group}{c}") for m in missed]
        return cube_of(pd.DataFrame(rows, columns=["group", "label", "prediction", "cluster"]), ["group"])[0]

    assert share_found(make, "false_negative_rate") == pytest.approx(0.8, abs=0.12)


def test_word_error_rates_likewise():
    rng = np.random.default_rng(9)

    def make(gap):
        rows = [(g, rng.poisson((0.15 + gap * (g == "a")) * 10 * rng.gamma(2, 0.5)), 10) for g in "a" * 60 + "b" * 240]
        return rates(pd.DataFrame(rows, columns=["group", "edits", "words"]), ["group"])[0]

    assert share_found(make, "word_error_rate") == pytest.approx(0.8, abs=0.12)


def test_mean_absolute_errors_likewise():
    rng = np.random.default_rng(10)

    def make(gap):
        size = rng.exponential([1 + gap] * 60 + [1.0] * 400)
        label = rng.normal(0, 3, 460)
        frame = pd.DataFrame({"group": ["a"] * 60 + ["b"] * 400, "label": label})
        frame["prediction"] = label + size * rng.choice([-1, 1], 460)
        return cube_of(frame, ["group"], task="regression")[0]

    assert share_found(make, "mean_absolute_error") == pytest.approx(0.8, abs=0.12)


def test_areas_under_the_curve_likewise():
    rng = np.random.default_rng(11)
    from scipy.stats import norm

    def make(gap):
        areas = np.array([0.75 - gap] * 120 + [0.75] * 500)
        label = rng.integers(0, 2, 620)
        score = norm.cdf(rng.normal(0, 1, 620) + np.sqrt(2) * norm.ppf(areas) * label - 0.5)
        frame = pd.DataFrame({"group": ["a"] * 120 + ["b"] * 500, "label": label.astype(str), "score": score})
        return cube_of(frame, ["group"], {"score": "score"})[0]

    assert share_found(make, "roc_auc") == pytest.approx(0.8, abs=0.12)
