"""Limits of the mean, median and standard deviation of speakers' own rates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from metrics.compare import compare
from metrics.estimate import estimate
from metrics.intervals import deviation_limits, median_limits
from tests.metrics.build import transcripts

KINDS = ("mean", "median", "sd")


def _limits_of_median(values, alpha):
    low, high = median_limits(np.array([np.sort(values), None], dtype=object)[:1], alpha)
    return float(low[0]), float(high[0])


@pytest.mark.parametrize("n", [6, 9, 10, 25])
def test_limits_of_a_median_are_those_of_the_sign_test_at_the_levels_that_it_has(n):
    values = np.random.default_rng(n).gamma(2, 0.1, n)
    for k in range(1, n // 2):
        alpha = 2 * stats.binom.cdf(k - 1, n, 0.5)
        theirs = stats.quantile_test(values, q=np.median(values), p=0.5).confidence_interval(1 - alpha * (1 + 1e-9))
        assert _limits_of_median(values, alpha * (1 + 1e-9)) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_between_two_levels_the_limits_of_a_median_are_interpolated_as_published():
    # Ten values, 95 %: the levels are 97.85 % (2nd and 9th) and 89.06 % (3rd and 8th). Hettmansperger & Sheather:
    # I = (.97852 - .95)/(.97852 - .89063) = .32444, lambda = 8 I/(2 + 6 I) = .65766.
    low, high = _limits_of_median(np.arange(1.0, 11.0), 0.05)

    assert (low, high) == pytest.approx((2.65766, 8.34234), abs=1e-5)


def test_under_six_values_a_median_has_the_limits_that_rates_have_anyway():
    assert _limits_of_median([0.1, 0.2, 0.3, 0.4, 0.5], 0.05) == (0, np.inf)
    assert _limits_of_median([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 0.05)[0] > 0


@given(st.lists(st.floats(0, 3), min_size=1, max_size=40), st.floats(1e-9, 1), st.floats(1e-9, 1))
def test_limits_of_a_median_hold_it_and_widen_with_the_level(values, one, two):
    (outer, inner) = (_limits_of_median(values, alpha) for alpha in sorted((one, two)))

    assert outer[0] <= inner[0] <= np.median(values) + 1e-12
    assert np.median(values) - 1e-12 <= inner[1] <= outer[1]


def test_limits_of_a_deviation_are_bonetts():
    # s = .1, n = 20, se = .4, q = 2: c = 20/18; exp((log(c s^2) -+ c q se)/2).
    low, high = deviation_limits(0.1, 20, 0.4, 2.0)

    c = 20 / 18
    assert (low, high) == pytest.approx((0.1 * c**0.5 * np.exp(-c * 0.4), 0.1 * c**0.5 * np.exp(c * 0.4)))


def test_a_level_beyond_the_reach_of_few_values_leaves_a_deviation_open():
    assert [float(x) for x in deviation_limits(0.1, 5, 0.4, 5.0)] == [0, np.inf]
    assert np.isnan(deviation_limits([np.nan, 0.1], 20, [0.4, np.nan], 2.0)).all()


def _speech(sizes: dict[str, int], words: int = 10, seed: int = 0) -> pd.DataFrame:
    """One utterance of ten words a speaker; each has between none and nine of them wrong."""
    rng = np.random.default_rng(seed)
    said = " ".join(map(str, range(words)))
    rows = []
    for group, n in sizes.items():
        for wrong in rng.binomial(words - 1, rng.beta(1, 4, n)):
            heard = ["x" if i < wrong else str(i) for i in range(words)]
            rows.append((group, f"{group}{len(rows)}", said, " ".join(heard), wrong / words))
    return pd.DataFrame(rows, columns=["group", "cluster", "reference", "hypothesis", "rate"])


def test_limits_of_speakers_take_the_larger_of_their_own_and_the_pooled_spread():
    frame = _speech({"a": 12, "b": 15, "c": 40}, seed=1)
    groups = {g: rows["rate"].to_numpy() for g, rows in frame.groupby("group")}
    phi = sum(((w - w.mean()) ** 2).sum() for w in groups.values()) / sum(w.sum() for w in groups.values())
    found = estimate(transcripts(frame, ["group"]), ["group"], ["mean_speaker_word_error_rate"], min_units=1)
    for row in found.iloc[1:].itertuples():
        w = groups[row.slice.levels[0][1]]
        r, t = w.mean(), stats.t.ppf(0.975, len(w) - 1)
        u = t * np.sqrt(max(w.var(ddof=1), phi * r) / len(w)) / (2 * r)
        assert (row.low, row.high) == pytest.approx((r * np.exp(-2 * np.arcsinh(u)), r * np.exp(2 * np.arcsinh(u))))


def test_one_speaker_a_group_has_a_mean_and_neither_limits_nor_a_fault():
    found = estimate(transcripts(_speech({"a": 1, "b": 1}), ["group"]), ["group"], min_units=1)
    found = found[found["metric"].isin([f"{kind}_speaker_word_error_rate" for kind in KINDS])].iloc[3:]

    assert found["value"].notna().tolist() == [True, True, False] * 2
    assert found[found["metric"].str.startswith("mean")][["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_p_value_of_speakers_says_what_its_interval_says(kind):
    cubes = transcripts(_speech({"a": 12, "b": 15, "c": 40}, seed=2), ["group"])
    table = compare(cubes, ["group"], [f"{kind}_speaker_word_error_rate"], kinds=["difference", "ratio"], min_units=1)

    assert table["p"].notna().all()
    for row in table.itertuples():
        parity = 0 if row.kind == "difference" else 1
        assert (row.low <= parity <= row.high) == (row.p > 0.05)


def test_speakers_alike_have_no_spread_and_no_limits_of_certainty():
    frame = pd.DataFrame({"group": list("aaabbb"), "cluster": list("stuvwx"), "reference": "one two"})
    found = estimate(transcripts(frame.assign(hypothesis="one"), ["group"]), ["group"], min_units=1)
    found = found[found["slice"].map(str) == "group = a"].set_index("metric")

    assert found.loc["mean_speaker_word_error_rate", "value"] == 0.5
    assert found.loc["sd_speaker_word_error_rate", "value"] == 0
    assert (
        found.loc[["mean_speaker_word_error_rate", "sd_speaker_word_error_rate"], ["low", "high"]].isna().all(axis=None)
    )
