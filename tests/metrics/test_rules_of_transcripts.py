"""What counts as a unit, what is too few and what is no data where results are transcripts."""

from __future__ import annotations

import sys
from math import inf, isnan, sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from metrics.cube import Cubes
from metrics.estimate import estimate
from metrics.spread import spread
from tests.metrics import naive
from tests.metrics.build import rates, transcripts

SINGLE = [
    # accent, said, written
    ("a", "one two three", "one too three"),
    ("a", "", "uh um"),
    ("a", "four", "four five six seven"),
    ("b", "", "hello"),
    ("b", "", ""),
    ("c", "eight", None),
    ("c", None, "nine"),
    ("d", "ten eleven", "ten eleven"),
]


def _single() -> pd.DataFrame:
    return pd.DataFrame(SINGLE, columns=["accent", "reference", "hypothesis"], dtype=object)


def _measure(metric: str, **options: Any) -> dict[str, Any]:
    found = estimate(transcripts(_single(), ["accent"]), ["accent"], [metric], **options)
    return {str(row.slice).removeprefix("accent = "): row for row in found.itertuples()}


def test_insertions_of_an_empty_reference_count_in_the_pooled_numerator():
    row = _measure("word_error_rate")["a"]

    assert (row.top, row.below, row.units) == (6, 4, 3)  # one substitution, two and three insertions


def test_a_rate_above_one_is_never_clipped():
    rows = _measure("word_error_rate")

    assert rows["a"].value == 1.5 and rows["a"].high > 1.5
    assert rows["everyone"].value == 7 / 6


def test_without_reference_words_there_is_no_rate_and_never_a_zero():
    for metric in ("word_error_rate", "character_error_rate", "insertion_rate", "mean_utterance_word_error_rate"):
        row = _measure(metric)["b"]
        assert row.status == "no data" and isnan(row.value) and isnan(row.low) and isnan(row.high)
    row = _measure("word_error_rate")["b"]
    assert (row.top, row.below, row.units) == (1, 0, 2)


def test_utterances_with_either_text_missing_count_nowhere():
    for metric in ("word_error_rate", "sentence_error_rate", "empty_output_rate", "word_information_lost"):
        row = _measure(metric)["c"]
        assert row.status == "no data" and isnan(row.value) and row.units == 0


def test_sentence_errors_and_empty_outputs_count_every_known_utterance():
    assert [(_measure(m)["b"].top, _measure(m)["b"].below) for m in ("sentence_error_rate", "empty_output_rate")] == [
        (1, 2),
        (1, 2),
    ]


@pytest.mark.parametrize("metric", ["word_error_rate", "substitution_rate", "mean_utterance_word_error_rate"])
def test_too_few_are_utterances_with_a_reference_not_with_edits(metric):
    assert _measure(metric, min_units=2)["a"].status == "ok"
    assert _measure(metric, min_units=3)["a"].status == "too few"
    assert _measure(metric, min_units=1)["d"].status == "ok"
    assert _measure(metric, min_units=2)["d"].status == "too few"


@pytest.mark.parametrize("metric", ["mean_speaker", "median_speaker", "sd_speaker"])
def test_speakers_without_reference_words_are_left_out(metric):
    frame = _single().assign(cluster=list("stuvwxyz"))
    found = estimate(transcripts(frame, ["accent"]), [], [f"{metric}_word_error_rate"], min_units=1).iloc[0]

    assert found["clusters"] == 3  # s, u and z
    assert found["units"] == 6 and found["status"] == "too few"  # under ten speakers
    expected = {"mean_speaker": 10 / 9, "median_speaker": 1 / 3, "sd_speaker": np.std([1 / 3, 3, 0], ddof=1)}
    assert found["value"] == pytest.approx(expected[metric])
    assert isnan(found["top"]) and isnan(found["below"])


def test_a_single_speaker_has_a_mean_without_limits_and_no_spread():
    frame = _single().assign(cluster="s")
    names = [f"{kind}_speaker_word_error_rate" for kind in ("mean", "median", "sd")]
    mean, median, sd = estimate(transcripts(frame, ["accent"]), [], names).itertuples()

    assert mean.value == median.value == 7 / 6
    assert isnan(mean.low) and isnan(mean.high)
    assert (median.low, median.high) == (0, inf)
    assert isnan(sd.value) and sd.status == "no data"


def _people(spanning: bool) -> pd.DataFrame:
    """Forty speakers of three utterances, in one group each or in both."""
    rng = np.random.default_rng(8)
    speaker = np.repeat(np.arange(40), 3)
    words = rng.integers(3, 15, 120)
    edits = rng.poisson(words * rng.gamma(4, 0.05, 40)[speaker])
    group = np.arange(120) % 2 if spanning else speaker % 2
    return pd.DataFrame({"group": np.where(group, "b", "a"), "speaker": speaker, "words": words, "edits": edits})


def _floor(cubes: Cubes) -> float:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["metrics.estimate"], "MIN_CLUSTERS", 0)
        return float(spread(cubes, ["group"], min_units=1)["noise_floor"].iloc[0])


def test_the_floor_of_a_rate_deals_whole_speakers_where_each_is_in_one_group():
    frame = _people(spanning=False)
    sums = frame.groupby("speaker")[["edits", "words"]].sum().to_numpy()
    rng, drawn = np.random.default_rng(9), []
    for _ in range(20_000):
        dealt = sums[rng.permutation(40)]
        one, two = dealt[:20].sum(axis=0), dealt[20:].sum(axis=0)
        drawn.append(abs(one[0] / one[1] - two[0] / two[1]))

    assert np.quantile(drawn, 0.93) <= _floor(rates(frame, ["group"], "speaker")) <= np.quantile(drawn, 0.97)


def test_the_floor_of_a_rate_has_the_pooled_design_effect_where_speakers_span_the_groups():
    frame = _people(spanning=True)
    units = [
        {"group": g, "c": c, "w": 1.0, "row": i, "y": y, "x": x}
        for i, (g, c, x, y) in enumerate(frame.itertuples(index=False))
    ]
    file = naive.File(units, ["group"], lambda u: (u["y"], u["x"]), "rate", clustered=True)
    pooled = frame["edits"].sum() / frame["words"].sum()
    variance = 0.0
    for level in ("a", "b"):
        sums = naive.Sums(file, [u for u in units if u["group"] == level])
        variance += file.phi * pooled / sums.x * (1 + (sums.m - 1) * file.rho)
    # Of two groups the spread is the size of one normal difference; its 93 and 97 % points.
    low, high = (z * sqrt(variance) for z in (1.8119, 2.1701))

    assert low <= _floor(rates(frame, ["group"], "speaker")) <= high
