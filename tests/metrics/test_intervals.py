from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from metrics.intervals import (
    SMALLEST_P,
    atanh_limits,
    auc_effective_n,
    auc_variance,
    difference_limits,
    hanley_mcneil,
    log1m_limits,
    mean_limits,
    mean_of_limits,
    p_of_touch,
    quantile,
    rate_limits,
    ratio_limits,
    share_limits,
    transform_share,
    wilson,
)
from tests.metrics.vectors import examples, number

Z = 1.959963984540054
counts = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
inner_counts = st.integers(2, 500).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n)))
correlations = st.floats(-0.9, 0.9)
alphas = st.floats(1e-6, 0.5)
degrees = st.sampled_from([1, 2, 7, 60, np.inf])


# Quantiles


@pytest.mark.parametrize("alpha", [0.5, 0.05, 1e-3, 1e-8, 1e-14])
@pytest.mark.parametrize("df", [1, 2, 5.5, 30, 1000, np.inf])
def test_a_quantile_is_that_of_student_or_of_the_normal_however_small_alpha(alpha, df):
    expected = stats.norm.isf(alpha / 2) if df == np.inf else stats.t.isf(alpha / 2, df)

    assert quantile(alpha, df) == pytest.approx(expected, rel=1e-9)


def test_quantiles_of_finite_and_infinite_degrees_of_freedom_stand_side_by_side():
    found = quantile([[0.05], [0.01]], df=[3, np.inf])

    assert found == pytest.approx(np.array([[3.182446, 1.959964], [5.840909, 2.575829]]), rel=1e-6)


@pytest.mark.parametrize("df", [0, -1, np.nan])
def test_one_cluster_has_no_quantile(df):
    assert np.isnan(quantile(0.05, df))


def test_a_quantile_at_alpha_one_is_zero_and_outside_zero_to_one_is_undefined():
    assert quantile([1, 1], [np.inf, 4]).tolist() == [0, 0]
    assert np.isnan(quantile([1.5, np.nan, -0.1])).all()
    assert np.isnan(quantile([1.5, np.nan, -0.1], df=4)).all()


# Shares


@pytest.mark.parametrize("vector", examples("share"))
def test_a_share_has_the_published_limits(vector):
    top, below = vector["input"]["top"], vector["input"]["below"]

    low, high = wilson(top, of=below, confidence=vector["input"]["level"])

    assert number(low) == pytest.approx(vector["expected"]["low"], abs=1e-9)
    assert number(high) == pytest.approx(vector["expected"]["high"], abs=1e-9)


@given(counts, alphas)
def test_limits_of_a_share_are_those_of_statsmodels(count, alpha):
    hits, n = count

    assert wilson(hits, of=n, confidence=1 - alpha) == pytest.approx(
        np.array(proportion_confint(hits, n, alpha, method="wilson")), abs=1e-9
    )


def test_the_limits_of_none_and_of_all_are_exactly_zero_and_one():
    low, high = share_limits([0.0, 1.0], np.array([7.0, 7.0]), Z)

    assert low[0] == 0
    assert high[1] == 1


def test_a_share_of_nothing_has_no_limits():
    assert np.isnan(wilson(0, of=0)).all()
    assert np.isnan(share_limits(np.nan, 5, Z)).all()
    assert np.isnan(share_limits(0.0, 5, np.nan)).all()
    assert np.isnan(share_limits(0.0, np.nan, Z)).all()


@given(counts, alphas)
def test_limits_of_a_share_hold_it_and_are_mirrored_by_its_complement(count, alpha):
    hits, n = count
    q = quantile(alpha)
    low, high = share_limits(hits / n, n, q)
    other_low, other_high = share_limits(1 - hits / n, n, q)

    assert 0 <= low <= hits / n <= high <= 1
    assert (1 - other_high, 1 - other_low) == pytest.approx((float(low), float(high)), abs=1e-9)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_that_is_no_share_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence is a share between 0 and 1"):
        wilson(3, of=10, confidence=confidence)


@pytest.mark.parametrize("hits", [-1, 11])
def test_more_hits_than_units_are_refused(hits):
    with pytest.raises(ValueError, match="between 0 and its `of`"):
        wilson(hits, of=10)


@pytest.mark.parametrize("vector", examples("f1"))
def test_f1_has_the_published_limits(vector):
    tp, fp, fn = (vector["input"][name] for name in ("tp", "fp", "fn"))
    n = tp + fp + fn
    j = tp / n if n else np.nan

    found = [number(transform_share(limit, "dice")) for limit in (j, *share_limits(j, n, Z))]

    assert found == pytest.approx([vector["expected"][name] for name in ("value", "low", "high")], abs=1e-6)


@pytest.mark.parametrize("vector", examples("fn_fp_ratio"))
def test_fn_over_fp_has_the_published_limits(vector):
    fn, fp = vector["input"]["fn"], vector["input"]["fp"]
    s = fn / (fn + fp)

    found = [number(transform_share(limit, "odds")) for limit in (s, *share_limits(s, fn + fp, Z))]

    assert found == pytest.approx([vector["expected"][name] for name in ("value", "low", "high")], abs=1e-6)


# Rates and means


def _rate(edits: Any, words: Any) -> tuple[float, float, int]:
    """A rate, its linearised standard error and its units, written out."""
    e, x = np.array(edits, float), np.array(words, float)
    n, r = len(x), e.sum() / x.sum()
    if n < 2:
        return r, np.nan, n
    return r, np.sqrt(n / (n - 1) * ((e - r * x) ** 2).sum()) / x.sum(), n


@pytest.mark.parametrize("vector", [v for v in examples("rate") if "zero" not in v.id and "no_spread" not in v.id])
def test_a_rate_has_the_published_limits(vector):
    r, se, n = _rate(vector["input"]["edits"], vector["input"]["words"])

    found = [number(limit) for limit in rate_limits(r, se, quantile(0.05, n - 1))]

    assert found == pytest.approx([vector["expected"]["low"], vector["expected"]["high"]], abs=1e-6)


@pytest.mark.parametrize("vector", [v for v in examples("rate") if "zero" in v.id])
def test_a_rate_of_zero_has_the_published_limits(vector):
    expected = vector["expected"]

    low, high = rate_limits(0.0, 0.0, expected["t"], expected["n_eff"])

    assert low == 0
    assert high == pytest.approx(expected["high"], abs=1e-6)


@pytest.mark.parametrize("vector", [v for v in examples("rate") if "no_spread" in v.id])
def test_a_rate_without_spread_has_the_published_limits(vector):
    expected = vector["expected"]

    found = rate_limits(expected["value"], expected["se"], expected["t"])

    assert found == pytest.approx((expected["low"], expected["high"]), abs=1e-6)


@pytest.mark.parametrize("vector", examples("rmse"))
def test_a_root_mean_squared_error_has_the_published_limits(vector):
    squares = np.array(vector["input"]["errors"]) ** 2
    r, se, n = _rate(squares, np.ones_like(squares))

    found = np.sqrt([r, *rate_limits(r, se, quantile(0.05, n - 1))])

    assert found.tolist() == pytest.approx([vector["expected"][k] for k in ("value", "low", "high")], abs=1e-6)


@given(st.floats(1e-4, 50), st.floats(1e-4, 20), st.floats(0.1, 30))
def test_limits_of_a_rate_are_wilsons_without_its_one_minus_p(r, se, q):
    n = r / se**2
    half = q * np.sqrt(r / n + q**2 / (4 * n**2))
    low, high = rate_limits(r, se, q)

    assert high == pytest.approx(r + q**2 / (2 * n) + half, rel=1e-9)
    assert low == pytest.approx(r * r / high, rel=1e-9)


def test_a_rate_of_zero_is_the_limit_of_small_rates():
    small = 1e-9
    n = 50

    _, high = rate_limits(small, np.sqrt(small / n), Z)

    assert high == pytest.approx(rate_limits(0.0, 0.0, Z, n)[1], rel=1e-3)


def test_a_rate_without_a_standard_error_or_of_zero_without_others_has_no_high_end():
    assert np.isnan(rate_limits(0.2, np.nan, Z)).all()
    assert rate_limits(0.0, 0.0, Z)[0] == 0
    assert np.isnan(rate_limits(0.0, 0.0, Z)[1])
    assert np.isnan(rate_limits(0.0, 0.0, np.nan, 10)).all()


@pytest.mark.parametrize("vector", examples("signed_mean"))
def test_a_signed_mean_has_the_published_limits(vector):
    errors = np.array(vector["input"]["errors"])
    se = errors.std(ddof=1) / np.sqrt(len(errors))

    found = mean_limits(errors.mean(), se, quantile(0.05, len(errors) - 1))

    assert found == pytest.approx((vector["expected"]["low"], vector["expected"]["high"]), abs=1e-6)
    assert found == pytest.approx(tuple(stats.ttest_1samp(errors, 0).confidence_interval()), abs=1e-9)


@pytest.mark.parametrize("vector", examples("mcc"))
def test_matthews_correlation_has_the_published_limits(vector):
    expected = vector["expected"]

    found = atanh_limits(expected["value"], expected["se"], Z)

    assert found == pytest.approx((expected["low"], expected["high"]), abs=1e-5)


def test_a_perfect_correlation_has_no_limits():
    assert np.isnan(atanh_limits([1.0, -1.0], 0.0, Z)).all()


def test_limits_of_r_squared_are_symmetric_on_its_log_scale_and_stay_below_one():
    low, high = log1m_limits(0.6, 0.1, 2.0)

    assert np.log(1 - low) - np.log(0.4) == pytest.approx(2 * 0.1 / 0.4)
    assert np.log(1 - high) - np.log(0.4) == pytest.approx(-2 * 0.1 / 0.4)
    assert high < 1
    assert np.isnan(log1m_limits(1.0, 0.0, 2.0)).all()


# AUC


def _placements(positives: Any, negatives: Any) -> tuple[Any, Any]:
    above = np.subtract.outer(np.array(positives, float), np.array(negatives, float))
    wins = (above > 0) + (above == 0) / 2
    return wins.mean(axis=1), wins.mean(axis=0)


@pytest.mark.parametrize("vector", [v for v in examples("auc") if "one_class" not in v.id])
def test_an_auc_has_the_published_limits(vector):
    of_pos, of_neg = _placements(vector["input"]["positives"], vector["input"]["negatives"])
    p, n, expected = len(of_pos), len(of_neg), vector["expected"]

    variance = auc_variance(of_pos.mean(), of_pos.var(ddof=1), of_neg.var(ddof=1), p, n)
    n_eff = auc_effective_n(of_pos.mean(), variance, p, n)
    low, high = share_limits(of_pos.mean(), n_eff, Z)

    assert hanley_mcneil(of_pos.mean(), p, n) == pytest.approx(expected["V_hanley"], abs=1e-9)
    assert variance == pytest.approx(max(expected["V_hanley"], expected["V_delong"]), abs=1e-9)
    assert (n_eff, low, high) == pytest.approx((expected["n_eff"], expected["low"], expected["high"]), abs=1e-6)


def test_an_auc_over_one_class_is_undefined_throughout():
    variance = auc_variance(np.nan, np.nan, np.nan, 2, 0)

    assert np.isnan(variance)
    assert np.isnan(auc_effective_n(np.nan, variance, 2, 0))


@pytest.mark.parametrize("near", [1e-7, 1 - 1e-7])
def test_the_effective_n_of_a_perfect_auc_is_the_limit_of_nearly_perfect_ones(near):
    assert auc_effective_n(near, hanley_mcneil(near, 6, 9), 6, 9) == pytest.approx(
        float(auc_effective_n(round(near), 0.0, 6, 9)), rel=1e-5
    )


# Means of several values


def test_the_mean_of_two_shares_has_half_the_reach_of_their_difference():
    values, lows, highs = [0.8, 0.6], [0.7, 0.45], [0.88, 0.72]

    low, high = mean_of_limits(values, lows, highs)

    assert low == pytest.approx(0.7 - np.hypot(0.1, 0.15) / 2)
    assert high == pytest.approx(0.7 + np.hypot(0.08, 0.12) / 2)


def test_fully_correlated_values_have_the_mean_of_their_limits():
    values, lows, highs = np.array([[0.8, 0.6], [0.5, 0.2]]), np.array([[0.7, 0.45], [0.4, 0.1]]), np.ones((2, 2))

    low, high = mean_of_limits(values, lows, highs, correlations=np.ones((2, 2, 2)), axis=1)

    assert low == pytest.approx(lows.mean(axis=1))
    assert high == pytest.approx(np.array([1, 1]))


# Differences and ratios


def _newcombe(k1: float, n1: float, k2: float, n2: float, q: Any = Z) -> tuple[Any, ...]:
    """(p1, l1, u1, p2, l2, u2) of two shares."""
    p1, p2 = k1 / n1 if n1 else np.nan, k2 / n2 if n2 else np.nan
    return (p1, *share_limits(p1, n1, q), p2, *share_limits(p2, n2, q))


def _p_of_shares(k1: float, n1: float, k2: float, n2: float, tested: float = 0, ratio: bool = False) -> float:
    value, compare = _compared(k1, n1, k2, n2, ratio)

    def limits_at(alpha: Any, index: Any) -> Any:
        return compare(*_newcombe(k1, n1, k2, n2, quantile(alpha)))

    return float(p_of_touch(limits_at, value, tested))


def _compared(k1: float, n1: float, k2: float, n2: float, ratio: bool) -> tuple[float, Callable[..., Any]]:
    p1, _, _, p2, _, _ = _newcombe(k1, n1, k2, n2)
    if not ratio:
        return p1 - p2, difference_limits
    return (p1 / p2 if p2 else np.inf if p1 else np.nan), ratio_limits


def _four(vector: dict[str, Any]) -> tuple[int, int, int, int]:
    given_counts = vector["input"]
    return tuple(given_counts[k] for k in ("top", "below", "baseline_top", "baseline_below"))  # type: ignore[return-value]


@pytest.mark.parametrize("vector", [v for v in examples("difference") if "rates" not in v.id])
def test_a_difference_of_shares_has_the_published_limits_and_p(vector):
    low, high = difference_limits(*_newcombe(*_four(vector)))

    found = [number(x) for x in (low, high, _p_of_shares(*_four(vector)))]

    assert found == pytest.approx([vector["expected"][k] for k in ("low", "high", "p")], abs=1e-6)


@pytest.mark.parametrize("vector", [v for v in examples("ratio") if "rates" not in v.id])
def test_a_ratio_of_shares_has_the_published_limits_and_p(vector):
    low, high = ratio_limits(*_newcombe(*_four(vector)))

    found = [number(x) for x in (low, high, _p_of_shares(*_four(vector), tested=1, ratio=True))]

    assert found == pytest.approx([vector["expected"][k] for k in ("low", "high", "p")], abs=1e-6)


@pytest.mark.parametrize("vector", [v for v in examples("difference", "ratio") if "rates" in v.id])
def test_comparisons_of_rates_have_the_published_limits_and_p(vector):
    r1, se1, n1 = _rate(vector["input"]["edits"], vector["input"]["words"])
    r2, se2, n2 = _rate(vector["input"]["baseline_edits"], vector["input"]["baseline_words"])
    ratio = vector["rule"] == "ratio"
    compare = ratio_limits if ratio else difference_limits

    def limits_at(alpha: Any, index: Any = None) -> Any:
        sides = (rate_limits(r, se, quantile(alpha, n - 1)) for r, se, n in ((r1, se1, n1), (r2, se2, n2)))
        (l1, u1), (l2, u2) = sides
        return compare(r1, l1, u1, r2, l2, u2)

    low, high = limits_at(0.05)
    p = p_of_touch(limits_at, r1 / r2 if ratio else r1 - r2, 1 if ratio else 0)

    assert [low, high, p] == pytest.approx([vector["expected"][k] for k in ("low", "high", "p")], abs=1e-6)


@pytest.mark.parametrize("vector", examples("p_value"))
def test_p_is_the_published_alpha_at_which_the_interval_touches(vector):
    assert _p_of_shares(*_four(vector), tested=vector["input"]["tested"]) == pytest.approx(
        vector["expected"]["p"], abs=1e-9
    )


@pytest.mark.parametrize("vector", examples("overlap"))
def test_overlapping_slices_have_the_published_limits(vector):
    sides, expected = _newcombe(*_four(vector)), vector["expected"]

    assert difference_limits(*sides, r=expected["r"]) == pytest.approx((expected["low"], expected["high"]), abs=1e-6)
    if "ratio" in expected:
        assert ratio_limits(*sides, r=expected["r"]) == pytest.approx(
            (expected["ratio_low"], expected["ratio_high"]), abs=1e-6
        )


@pytest.mark.parametrize("vector", examples("cluster_difference"))
def test_comparisons_over_clusters_have_the_published_limits_and_p(vector):
    expected = vector["expected"]
    one, two, r = expected["slice"], expected["baseline"], expected["r"]

    def sides(alpha: Any) -> Any:
        for side in (one, two):
            yield side["p"]
            yield from share_limits(side["p"], side["n_eff"], quantile(alpha, side["C"] - 1))

    p = p_of_touch(lambda alpha, index: difference_limits(*sides(alpha), r=r), one["p"] - two["p"], 0)

    assert difference_limits(*sides(0.05), r=r) == pytest.approx((expected["low"], expected["high"]), abs=1e-6)
    assert ratio_limits(*sides(0.05), r=r) == pytest.approx((expected["ratio_low"], expected["ratio_high"]), abs=1e-6)
    assert p == pytest.approx(expected["p"], abs=1e-6)


@given(counts, counts, alphas)
def test_a_difference_of_shares_is_newcombes_as_in_statsmodels(one, two, alpha):
    theirs = confint_proportions_2indep(*one, *two, method="newcomb", compare="diff", alpha=alpha)

    assert difference_limits(*_newcombe(*one, *two, quantile(alpha))) == pytest.approx(theirs, abs=1e-8)


@given(counts, counts, alphas, correlations)
def test_swapping_the_sides_turns_a_difference_round_and_a_ratio_upside_down(one, two, alpha, r):
    there, back = _newcombe(*one, *two, quantile(alpha)), _newcombe(*two, *one, quantile(alpha))
    low, high = difference_limits(*there, r=r)

    assert difference_limits(*back, r=r) == pytest.approx((-high, -low), abs=1e-12)
    low, high = ratio_limits(*there, r=r)
    if low > 0 and high < 1e6:
        assert ratio_limits(*back, r=r) == pytest.approx((1 / high, 1 / low), rel=1e-6)


@given(counts, counts, alphas, correlations)
def test_a_ratio_holds_one_exactly_when_the_difference_holds_zero(one, two, alpha, r):
    sides = _newcombe(*one, *two, quantile(alpha))
    low, high = difference_limits(*sides, r=r)
    assume(one[0] or two[0])
    assume(min(abs(low), abs(high)) > 1e-9)

    ratio_low, ratio_high = ratio_limits(*sides, r=r)

    assert (low <= 0 <= high) == (ratio_low <= 1 <= ratio_high)


@given(inner_counts, inner_counts, alphas, correlations)
def test_at_either_limit_of_a_ratio_the_difference_from_that_multiple_touches_zero(one, two, alpha, r):
    p1, l1, u1, p2, l2, u2 = _newcombe(*one, *two, quantile(alpha))
    low, high = ratio_limits(p1, l1, u1, p2, l2, u2, r)

    if low > 0:
        assert difference_limits(p1, l1, u1, low * p2, low * l2, low * u2, r)[0] == pytest.approx(0, abs=1e-7)
    assert difference_limits(p1, l1, u1, high * p2, high * l2, high * u2, r)[1] == pytest.approx(0, abs=1e-5 * high)


@given(counts, counts, correlations)
def test_ends_hold_the_value_and_widen_with_the_level(one, two, r):
    narrow, wide = (_newcombe(*one, *two, quantile(alpha)) for alpha in (0.1, 0.01))
    d = narrow[0] - narrow[3]

    low, high = difference_limits(*narrow, r=0)
    wide_low, wide_high = difference_limits(*wide, r=0)

    assert wide_low <= low <= d <= high <= wide_high


def test_a_baseline_of_zero_gives_an_infinite_high_end_and_a_finite_low_one():
    low, high = ratio_limits(*_newcombe(10, 10, 0, 10))

    assert 3 < low < 4
    assert high == np.inf


def test_nothing_over_nothing_has_no_ratio_but_a_difference():
    sides = _newcombe(0, 10, 0, 12)

    assert np.isnan(ratio_limits(*sides)).all()
    assert np.isfinite(difference_limits(*sides)).all()


def test_missing_sides_have_no_comparison():
    sides = _newcombe(3, 40, 0, 0)

    assert np.isnan(ratio_limits(*sides)).all()
    assert np.isnan(difference_limits(*sides)).all()


def test_a_limit_that_cannot_be_had_spoils_only_the_end_it_enters():
    low, high = difference_limits(0.2, 0.1, 0.3, 0.0, 0.0, np.nan)

    assert np.isnan(low)
    assert high == pytest.approx(0.3)


def test_a_ratio_of_numbers_that_may_be_negative_has_no_limits():
    assert np.isnan(ratio_limits(0.5, -0.1, 0.8, 0.2, 0.1, 0.3)).all()
    assert np.isnan(ratio_limits(0.5, 0.3, 0.8, 0.2, -0.1, 0.3)).all()


INFINITE, FINITE = (np.inf, 3.0, np.inf), (1.5, 0.8, 2.8)


def test_an_infinite_value_keeps_the_distance_of_the_nearer_ends():
    low, high = difference_limits(*INFINITE, *FINITE)
    ratio_low, ratio_high = ratio_limits(*INFINITE, *FINITE)

    assert (low, high) == pytest.approx((3.0 - 2.8, np.inf))
    assert (ratio_low, ratio_high) == pytest.approx((3.0 / 2.8, np.inf))


def test_an_infinite_baseline_keeps_the_distance_of_the_nearer_ends():
    low, high = difference_limits(*FINITE, *INFINITE)
    ratio_low, ratio_high = ratio_limits(*FINITE, *INFINITE)

    assert (low, high) == pytest.approx((-np.inf, 2.8 - 3.0))
    assert (ratio_low, ratio_high) == pytest.approx((0.0, 2.8 / 3.0))


def test_two_infinite_values_cannot_be_compared():
    assert np.isnan(difference_limits(*INFINITE, *INFINITE)).all()
    assert np.isnan(ratio_limits(*INFINITE, *INFINITE)).all()


def test_one_infinite_limit_makes_only_its_own_end_infinite():
    wide = (1.5, 0.8, np.inf)

    assert difference_limits(*wide, *FINITE)[0] == pytest.approx(float(difference_limits(*FINITE, *FINITE)[0]))
    assert difference_limits(*wide, *FINITE)[1] == np.inf
    assert difference_limits(*FINITE, *wide)[0] == -np.inf
    assert difference_limits(*FINITE, *wide)[1] == pytest.approx(float(difference_limits(*FINITE, *FINITE)[1]))
    assert ratio_limits(*wide, *FINITE)[0] == pytest.approx(float(ratio_limits(*FINITE, *FINITE)[0]))
    assert ratio_limits(*wide, *FINITE)[1] == np.inf
    assert ratio_limits(*FINITE, *wide)[0] == 0
    assert ratio_limits(*FINITE, *wide)[1] == pytest.approx(float(ratio_limits(*FINITE, *FINITE)[1]))


def test_infinite_and_finite_sides_stand_side_by_side_in_one_array():
    one, two = np.array([INFINITE, FINITE, FINITE]), np.array([FINITE, INFINITE, FINITE])

    for compare in (difference_limits, ratio_limits):
        together = np.array(compare(*one.T, *two.T))
        alone = np.array([compare(*a, *b) for a, b in zip(one, two, strict=True)])
        assert np.allclose(together.T, alone)


# The alpha at which an interval touches


def _bisect_p(k1: int, n1: int, k2: int, n2: int, tested: float, ratio: bool = False) -> float:
    """The same p by plain bisection on log alpha."""
    value, compare = _compared(k1, n1, k2, n2, ratio)
    if value == tested:
        return 1.0
    low_alpha, high_alpha = np.log(SMALLEST_P), 0.0
    for _ in range(100):
        middle = (low_alpha + high_alpha) / 2
        low, high = compare(*_newcombe(k1, n1, k2, n2, quantile(np.exp(middle))))
        if low <= tested <= high:
            low_alpha = middle
        else:
            high_alpha = middle
    return float(np.exp(low_alpha))


@settings(max_examples=60, deadline=None)
@given(counts, counts, st.integers(-99, 99).map(lambda points: points / 100))
def test_p_is_what_bisection_finds(one, two, tested):
    assert _p_of_shares(*one, *two, tested) == pytest.approx(_bisect_p(*one, *two, tested), rel=1e-8)


@settings(max_examples=60, deadline=None)
@given(counts, counts, st.integers(5, 2000).map(lambda points: points / 100))
def test_p_of_a_ratio_is_what_bisection_finds(one, two, tested):
    assume(one[0] or two[0])
    assert _p_of_shares(*one, *two, tested, ratio=True) == pytest.approx(
        _bisect_p(*one, *two, tested, ratio=True), rel=1e-8
    )


@given(counts, counts)
def test_difference_and_ratio_have_one_p(one, two):
    assume(one[0] or two[0])
    assert _p_of_shares(*one, *two) == pytest.approx(_p_of_shares(*one, *two, tested=1, ratio=True), rel=1e-6)


@given(st.floats(0.1, 10), st.floats(-40, 40), degrees)
def test_p_of_a_plain_mean_is_that_of_students_test(se, t, df):
    found = p_of_touch(lambda alpha, index: mean_limits(5.0, se, quantile(alpha, df)), 5.0, 5.0 - t * se)

    expected = 2 * (stats.norm.sf(abs(t)) if df == np.inf else stats.t.sf(abs(t), df))
    assert found == pytest.approx(max(expected, SMALLEST_P), rel=1e-6)


def _two_sided(q: float, df: float) -> float:
    return max(2 * float(stats.norm.sf(q) if df == np.inf else stats.t.sf(q, df)), SMALLEST_P)


@given(st.floats(0.01, 20), st.floats(0.01, 5), st.floats(0.01, 40), degrees)
def test_p_of_a_rate_is_the_one_that_solving_its_limits_gives(r, se, tested, df):
    assume(abs(r - tested) > 1e-6)
    q = abs(2 * r * np.sinh(np.log(r / tested) / 2)) / se

    found = p_of_touch(lambda alpha, index: rate_limits(r, se, quantile(alpha, df)), r, tested)

    assert found == pytest.approx(_two_sided(q, df), rel=1e-6)


@given(st.floats(-0.95, 0.95), st.floats(0.01, 0.5), st.floats(-0.95, 0.95), degrees)
def test_p_of_a_correlation_and_of_r_squared_are_those_that_solving_their_limits_gives(value, se, tested, df):
    assume(abs(value - tested) > 1e-6)
    q_atanh = abs(np.arctanh(value) - np.arctanh(tested)) * (1 - value**2) / se
    q_log = abs(np.log((1 - tested) / (1 - value))) * (1 - value) / se

    for limits, q in ((atanh_limits, q_atanh), (log1m_limits, q_log)):
        found = p_of_touch(lambda alpha, index, at=limits: at(value, se, quantile(alpha, df)), value, tested)
        assert found == pytest.approx(_two_sided(q, df), rel=1e-6)


def test_p_of_many_values_is_each_ones_own():
    rng = np.random.default_rng(1)
    n1, n2 = rng.integers(5, 300, (2, 7, 11))
    k1, k2 = rng.integers(0, n1 + 1), rng.integers(0, n2 + 1)
    flat = [a.ravel() for a in (k1, n1, k2, n2)]

    def limits_at(alpha: Any, index: Any) -> Any:
        a, b, c, d = (values[index] for values in flat)
        q = quantile(alpha)
        return difference_limits(a / b, *share_limits(a / b, b, q), c / d, *share_limits(c / d, d, q))

    found = p_of_touch(limits_at, k1 / n1 - k2 / n2, 0.1)

    assert found.shape == (7, 11)
    for position in [(0, 0), (3, 5), (6, 10), (2, 9)]:
        alone = _p_of_shares(*(int(a[position]) for a in (k1, n1, k2, n2)), 0.1)
        assert found[position] == pytest.approx(alone, rel=1e-8)


def test_p_is_one_at_the_estimate_smallest_where_none_reaches_and_missing_where_missing():
    def limits_at(alpha: Any, index: Any) -> Any:
        return mean_limits(np.array([2.0, 0.0, np.nan, 1.0])[index], 0.1, quantile(alpha))

    assert p_of_touch(limits_at, [2.0, 0.0, np.nan, 1.0], [2.0, 50.0, 0.0, np.nan]) == pytest.approx(
        np.array([1.0, SMALLEST_P, np.nan, np.nan]), nan_ok=True
    )


def test_p_of_a_value_without_an_interval_is_missing():
    assert np.isnan(p_of_touch(lambda alpha, index: mean_limits(1.0, np.nan, quantile(alpha)), 1.0, 0.0))


def test_an_infinite_difference_is_tested_by_its_finite_end():
    def limits_at(alpha: Any, index: Any) -> Any:
        q = quantile(alpha)
        odds = [transform_share(limit, "odds") for limit in (1.0, *share_limits(1.0, 12, q))]
        other = [transform_share(limit, "odds") for limit in (0.6, *share_limits(0.6, 40, q))]
        return difference_limits(*odds, *other)

    p = p_of_touch(limits_at, np.inf, 0.0)

    assert 0 < p < 1
    assert limits_at(p, None)[0] == pytest.approx(0, abs=1e-6)


@given(counts, counts, st.floats(0.001, 0.5))
def test_p_is_below_alpha_exactly_where_the_interval_leaves_the_tested_value_out(one, two, alpha):
    low, high = difference_limits(*_newcombe(*one, *two, quantile(alpha)))
    p = _p_of_shares(*one, *two)
    assume(abs(p - alpha) > 1e-7)

    assert (p < alpha) == (not low <= 0 <= high)
