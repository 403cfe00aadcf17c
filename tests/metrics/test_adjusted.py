"""Adjusted gaps are those of a hand-made regression, hold the truth as often as they say, and stop where they must."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.stats import t as student
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM

from metrics.adjusted import Gap, adjust_gap
from metrics.errors import QuestionError


class Speech(NamedTuple):
    """Utterances of a group and of everyone else, who are in noise less often."""

    edits: np.ndarray
    words: np.ndarray
    inside: np.ndarray
    covariates: pd.DataFrame
    speakers: np.ndarray


def draw_speech(
    seed: int, n_inside: int = 12, n_outside: int = 20, ratio: float = 1.3, noisy: tuple[float, float] = (0.7, 0.3)
) -> Speech:
    """Draw edits that scatter more than Poisson's, between speakers and between utterances.

    Noise doubles the errors. `noisy` is the mean share of noisy utterances of speakers inside and outside.
    """
    draw = np.random.default_rng(seed)
    inside = np.repeat([True, False], [n_inside, n_outside])
    often = np.clip(np.where(inside, *noisy) + draw.uniform(-0.25, 0.25, len(inside)), 0.02, 0.98)
    quality = draw.gamma(4, 1 / 4, len(inside))
    speakers = np.repeat(np.arange(len(inside)), draw.integers(5, 40, len(inside)))
    n = len(speakers)
    noise = draw.random(n) < often[speakers]
    words = draw.poisson(11, n) + 1
    expected = words * 0.12 * np.where(inside[speakers], ratio, 1) * np.where(noise, 2, 1) * quality[speakers]
    edits = draw.poisson(expected * draw.gamma(2, 1 / 2, n))
    covariates = pd.DataFrame(
        {
            "noise": np.where(noise, "loud", "quiet"),
            "device": draw.choice(["headset", "phone", "room"], n),
            "seconds": words * draw.uniform(0.3, 0.5, n),
        }
    )
    return Speech(edits, words, inside[speakers], covariates, speakers)


def none_of(speech: Speech) -> Speech:
    return speech._replace(covariates=speech.covariates[[]])


def fit_by_hand(edits: np.ndarray, words: np.ndarray, design: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Newton's iteration for a Poisson regression: coefficients and expected edits."""
    found = np.zeros(design.shape[1])
    found[0] = math.log(edits.sum() / words.sum())
    for _ in range(60):
        expected = words * np.exp(design @ found)
        found = found + np.linalg.solve(design.T @ (design * expected[:, None]), design.T @ (edits - expected))
    return found, words * np.exp(design @ found)


def design_of(speech: Speech) -> np.ndarray:
    covariates = speech.covariates
    return np.column_stack(
        [
            np.ones(len(speech.edits)),
            speech.inside,
            covariates["noise"] == "loud",
            covariates["device"] == "phone",
            covariates["device"] == "room",
            covariates["seconds"],
        ]
    ).astype(float)


def difference_by_hand(speech: Speech, design: np.ndarray) -> float:
    """Rates predicted with everyone inside, less those with everyone outside, over all words."""
    found, _ = fit_by_hand(speech.edits, speech.words, design)
    there, elsewhere = design.copy(), design.copy()
    there[:, 1], elsewhere[:, 1] = 1, 0
    predicted = np.exp(there @ found) - np.exp(elsewhere @ found)
    return float(np.average(predicted, weights=speech.words))


# -- the numbers ---------------------------------------------------------------------------------


def test_without_covariates_the_ratio_is_that_of_the_pooled_rates():
    speech = none_of(draw_speech(1))
    inside = speech.inside
    one, two = (speech.edits[side].sum() / speech.words[side].sum() for side in (inside, ~inside))

    gap = adjust_gap(*speech)

    assert gap.status == "ok" and gap.covariates == ()
    for found in (gap.raw, gap.adjusted):
        assert found.ratio == pytest.approx(one / two, rel=1e-12)
        assert found.difference == pytest.approx(one - two, rel=1e-12)


def test_raw_limits_come_from_leaving_out_each_speaker():
    """Without covariates a speaker's pull on the log rate is (edits - rate words) / (rate words of all the others)."""
    speech = draw_speech(2)
    squares = 0.0
    for side in (speech.inside, ~speech.inside):
        table = pd.DataFrame({"e": speech.edits[side], "x": speech.words[side]}).groupby(speech.speakers[side]).sum()
        rate = table["e"].sum() / table["x"].sum()
        squares += (((table["e"] - rate * table["x"]) / (rate * (table["x"].sum() - table["x"]))) ** 2).sum()
    error = math.sqrt(31 / 32 * squares)

    gap = adjust_gap(*speech, confidence=0.9).raw

    reach = student.ppf(0.95, 12 - 1) * error
    assert gap.ratio_low == pytest.approx(gap.ratio * math.exp(-reach), rel=1e-9)
    assert gap.ratio_high == pytest.approx(gap.ratio * math.exp(reach), rel=1e-9)
    assert gap.p == pytest.approx(2 * student.sf(abs(math.log(gap.ratio)) / error, 11), rel=1e-9)


def test_with_one_category_the_ratio_solves_the_profile_equation():
    """With a rate of its own in every stratum, the edits inside equal those that the ratio deals out of all edits."""
    speech = draw_speech(3)
    speech = speech._replace(covariates=speech.covariates[["noise"]])
    strata = [(speech.covariates["noise"] == level).to_numpy() for level in ("loud", "quiet")]

    def surplus(ratio: float) -> float:
        total = 0.0
        for stratum in strata:
            one, two = stratum & speech.inside, stratum & ~speech.inside
            x1, x2 = speech.words[one].sum() * ratio, speech.words[two].sum()
            total += speech.edits[one].sum() - speech.edits[stratum].sum() * x1 / (x1 + x2)
        return total

    assert adjust_gap(*speech).adjusted.ratio == pytest.approx(brentq(surplus, 0.1, 10, xtol=1e-14), rel=1e-9)


def test_with_several_covariates_the_gap_is_that_of_a_regression_by_hand():
    speech = draw_speech(4)
    design = design_of(speech)
    found, _ = fit_by_hand(speech.edits, speech.words, design)

    gap = adjust_gap(*speech)

    assert gap.covariates == ("noise", "device", "seconds")
    assert gap.adjusted.ratio == pytest.approx(math.exp(found[1]), rel=1e-9)
    assert gap.adjusted.difference == pytest.approx(difference_by_hand(speech, design), rel=1e-9)


def error_of(gap: Gap, df: int) -> float:
    return math.log(gap.ratio_high / gap.ratio_low) / 2 / float(student.ppf(0.975, df))


def test_the_error_is_the_sandwich_that_leaves_out_each_speaker():
    speech = draw_speech(5)
    design = design_of(speech)
    _, expected = fit_by_hand(speech.edits, speech.words, design)
    filling = np.zeros((6, 6))
    for speaker in np.unique(speech.speakers):
        own = speech.speakers == speaker
        others = design[~own].T @ (design[~own] * expected[~own, None])
        moved = np.linalg.inv(others) @ design[own].T @ (speech.edits - expected)[own]
        filling += np.outer(moved, moved)

    error = error_of(adjust_gap(*speech).adjusted, 11)

    assert error == pytest.approx(math.sqrt(31 / 32 * filling[1, 1]), rel=1e-8)


def test_with_many_speakers_it_is_the_usual_sandwich():
    speech = draw_speech(6, 300, 400)
    design = design_of(speech)
    model = GLM(speech.edits, design, family=Poisson(), offset=np.log(speech.words))
    usual = model.fit(cov_type="cluster", cov_kwds={"groups": speech.speakers})

    assert error_of(adjust_gap(*speech).adjusted, 299) == pytest.approx(usual.bse[1], rel=0.02)


def test_the_error_of_the_difference_is_about_that_of_fitting_without_each_speaker():
    speech = draw_speech(7, 40, 40)
    design = design_of(speech)
    without = []
    for speaker in np.unique(speech.speakers):
        others = speech.speakers != speaker
        left = speech._replace(edits=speech.edits[others], words=speech.words[others])
        without.append(difference_by_hand(left, design[others]))
    moved = np.array(without) - difference_by_hand(speech, design)
    error = math.sqrt(79 / 80 * (moved**2).sum())

    gap = adjust_gap(*speech).adjusted

    half = student.ppf(0.975, 39) * error
    assert gap.difference_high - gap.difference == pytest.approx(half, rel=0.02)
    assert gap.difference - gap.difference_low == pytest.approx(half, rel=0.02)


def test_speakers_on_both_sides_count_on_both():
    speech = draw_speech(8)
    loud = (speech.covariates["noise"] == "loud").to_numpy()
    both = pd.Series(speech.speakers).groupby(loud).nunique()

    gap = adjust_gap(speech.edits, speech.words, loud, speech.covariates[["device"]], speech.speakers)

    assert gap.clusters == (both[True], both[False]) and sum(gap.clusters) > 32
    assert gap.adjusted.ratio_low < 2 < gap.adjusted.ratio_high


# -- what must not matter ------------------------------------------------------------------------


def test_units_scales_orders_and_names_do_not_matter():
    speech = draw_speech(9)
    told = adjust_gap(*speech).adjusted
    other = speech.covariates.assign(
        seconds=speech.covariates["seconds"] * 1e200 - 5e199,
        noise=speech.covariates["noise"] == "loud",
        device=speech.covariates["device"].astype("category"),
    )
    order = np.random.default_rng(0).permutation(len(speech.edits))
    names = np.array([f"speaker {number}" for number in speech.speakers])

    again = adjust_gap(
        speech.edits[order], speech.words[order], speech.inside[order], other.iloc[order, ::-1], names[order]
    ).adjusted

    assert [*vars(again).values()] == pytest.approx([*vars(told).values()], rel=1e-7)


def test_seen_from_the_other_side_the_gap_is_turned_round():
    speech = draw_speech(10)
    gap = adjust_gap(*speech)

    turned = adjust_gap(*speech._replace(inside=~speech.inside))

    assert turned.adjusted.ratio == pytest.approx(1 / gap.adjusted.ratio)
    assert turned.adjusted.ratio_low == pytest.approx(1 / gap.adjusted.ratio_high)
    assert turned.adjusted.difference_low == pytest.approx(-gap.adjusted.difference_high)
    assert turned.adjusted.p == pytest.approx(gap.adjusted.p)


def test_units_in_neither_mask_play_no_part():
    speech = draw_speech(11)
    baseline = ~speech.inside & (speech.speakers % 3 > 0)
    kept = speech.inside | baseline

    gap = adjust_gap(*speech, outside=baseline)

    assert gap == adjust_gap(*(part[kept] for part in speech))
    assert gap.without_covariates == 0


def test_a_duration_is_taken_by_its_logarithm():
    speech = draw_speech(12)
    logs = speech._replace(covariates=speech.covariates.assign(seconds=np.log(speech.covariates["seconds"])))

    found = adjust_gap(*speech, durations=["seconds"]).adjusted

    assert found.ratio == pytest.approx(adjust_gap(*logs).adjusted.ratio)
    assert found.ratio != pytest.approx(adjust_gap(*speech).adjusted.ratio, rel=1e-6)


def test_a_duration_of_zero_leaves_all_as_they_are():
    speech = draw_speech(12)
    speech.covariates.loc[0, "seconds"] = 0

    assert adjust_gap(*speech, durations=["seconds"]) == adjust_gap(*speech)


# -- what is left out ----------------------------------------------------------------------------


def test_units_without_words_or_covariates_are_left_out_and_counted():
    speech = draw_speech(13)
    words = speech.words.astype(float)
    words[[0, 1, 2]] = 0, 0, math.nan
    covariates = speech.covariates.copy()
    covariates.loc[[2, 3], "noise"] = None
    covariates.loc[4, "seconds"] = math.inf
    covariates.loc[4, "device"] = None

    gap = adjust_gap(*speech._replace(words=words, covariates=covariates))

    assert (gap.without_words, gap.without_covariates) == (3, 2)
    assert sum(gap.units) == len(words) - 5
    clean = adjust_gap(*(part[5:] for part in speech))
    assert replace(clean, without_words=3, without_covariates=2) == gap


def test_an_utterance_without_a_speaker_is_a_speaker_of_its_own():
    speech = draw_speech(14)
    names = pd.Series(speech.speakers).astype("string")
    names[:3] = None

    assert adjust_gap(*speech._replace(speakers=names)).clusters == (12 + 3, 20)


def test_a_covariate_of_one_value_is_not_adjusted_for():
    speech = draw_speech(15)
    more = speech.covariates.assign(place="office", rate=16_000)

    assert adjust_gap(*speech._replace(covariates=more)) == adjust_gap(*speech)


# -- where nothing is claimed --------------------------------------------------------------------


@pytest.mark.parametrize(("n_inside", "n_outside", "where"), [(9, 30, "in the slice"), (30, 9, "in its baseline")])
def test_under_ten_speakers_a_side_nothing_is_claimed(n_inside, n_outside, where):
    gap = adjust_gap(*draw_speech(16, n_inside, n_outside))

    assert gap.status == "too few"
    assert gap.reason == f"Only 9 speakers {where}; nothing is claimed under 10 on a side."
    assert gap.raw.ratio > 0 and math.isnan(gap.raw.ratio_low) and math.isnan(gap.raw.p)
    assert all(map(math.isnan, vars(gap.adjusted).values()))


def test_speakers_who_lack_a_covariate_are_not_among_the_ten():
    speech = draw_speech(17, 10, 12)
    speech.covariates.loc[speech.speakers == 0, "device"] = None

    gap = adjust_gap(*speech)

    assert gap.status == "too few" and gap.clusters == (9, 12)


def without_edits(speech: Speech, where: np.ndarray) -> Speech:
    return speech._replace(edits=np.where(where, 0, speech.edits))


LOUD = draw_speech(18)
IN_NOISE = (LOUD.covariates["noise"] == "loud").to_numpy()
NO_ANSWER = {
    "no edits inside": (without_edits(LOUD, LOUD.inside), "no edits in the slice"),
    "no edits outside": (without_edits(LOUD, ~LOUD.inside), "no edits in its baseline"),
    "a category without edits": (without_edits(LOUD, IN_NOISE), "no edits where 'noise' is 'loud'"),
    "a mix without edits": (
        without_edits(
            LOUD._replace(covariates=pd.DataFrame({"a": IN_NOISE, "b": IN_NOISE & LOUD.inside})),
            IN_NOISE & ~LOUD.inside,
        ),
        "no finite answer",
    ),
    "the group again": (LOUD._replace(covariates=pd.DataFrame({"accent": LOUD.inside})), "completely"),
    "a covariate twice": (LOUD._replace(covariates=LOUD.covariates.assign(again=IN_NOISE)), "repeats"),
    "a category a speaker": (
        LOUD._replace(covariates=pd.DataFrame({"speaker": LOUD.speakers.astype(str)})),
        "'speaker' has 32 categories: too many",
    ),
    "a column a speaker": (
        LOUD._replace(covariates=pd.DataFrame(np.random.default_rng(0).normal(size=(len(LOUD.edits), 11)))),
        "11 covariates are too many",
    ),
    "no scatter": (LOUD._replace(edits=LOUD.words * np.where(LOUD.inside, 2, 1)), "same rate"),
    "nobody outside": (LOUD._replace(inside=LOUD.inside | True), "No unit in its baseline"),
    "nobody inside": (LOUD._replace(inside=LOUD.inside & False), "No unit in the slice"),
}


@pytest.mark.parametrize("case", NO_ANSWER)
def test_where_there_is_no_answer_a_sentence_says_why(case):
    speech, words = NO_ANSWER[case]

    gap = adjust_gap(*speech)

    assert gap.status == "no data"
    assert words in gap.reason and gap.reason.endswith(".")
    assert all(map(math.isnan, vars(gap.adjusted).values()))


def test_a_baseline_without_edits_makes_the_raw_ratio_infinite():
    gap = adjust_gap(*NO_ANSWER["no edits outside"][0])

    assert gap.raw.ratio == math.inf and gap.raw.difference > 0 and math.isnan(gap.raw.ratio_low)


def test_without_any_unit_there_is_no_data():
    gap = adjust_gap([], [], [], pd.DataFrame({"noise": []}), [])

    assert gap.status == "no data" and math.isnan(gap.raw.ratio)


def test_the_row_of_a_table_holds_everything_flat():
    row = adjust_gap(*draw_speech(19)).as_row()

    assert row["status"] == "ok" and row["covariates"] == "noise, device, seconds"
    assert row["raw_ratio"] > row["adjusted_ratio"] > row["adjusted_ratio_low"]
    assert (row["clusters"], row["clusters_baseline"]) == (12, 20)
    assert pd.DataFrame([row]).shape[0] == 1


# -- what cannot be asked ------------------------------------------------------------------------


def test_arguments_of_different_lengths_are_named():
    speech = draw_speech(20)

    with pytest.raises(ValueError, match=r"lengths differ: .*words 3"):
        adjust_gap(*speech._replace(words=speech.words[:3]))


def test_the_two_sides_must_not_overlap():
    with pytest.raises(ValueError, match="not both"):
        adjust_gap(*LOUD, outside=LOUD.inside)


@pytest.mark.parametrize("edits", [-1, math.nan])
def test_edits_are_counts(edits):
    with pytest.raises(ValueError, match="Edits are counts"):
        adjust_gap(*LOUD._replace(edits=np.where(IN_NOISE, edits, LOUD.edits)))


def test_a_confidence_is_a_share():
    with pytest.raises(QuestionError, match="confidence"):
        adjust_gap(*LOUD, confidence=95)


def test_without_statsmodels_the_error_names_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "statsmodels"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "statsmodels", None)

    with pytest.raises(QuestionError, match=r"fairness-dashboard\[adjusted\]"):
        adjust_gap(*LOUD)


# -- how often the truth is held -----------------------------------------------------------------


@pytest.mark.parametrize(("n_inside", "n_outside"), [(12, 12), (12, 30), (30, 30)])
def test_adjusted_limits_hold_the_truth_where_raw_ones_miss_it(n_inside, n_outside):
    runs, truth, raw, adjusted = 300, 1.3, 0, 0
    for run in range(runs):
        speech = draw_speech(1000 + run, n_inside, n_outside, truth, noisy=(0.75, 0.25))
        gap = adjust_gap(*speech._replace(covariates=speech.covariates[["noise"]]))
        raw += gap.raw.ratio_low < truth < gap.raw.ratio_high
        adjusted += gap.adjusted.ratio_low < truth < gap.adjusted.ratio_high

    assert adjusted / runs >= 0.92
    assert raw / runs < 0.85


def test_adjusted_limits_of_a_condition_that_all_pass_through_hold_the_truth():
    runs, held = 300, 0
    for run in range(runs):
        speech = draw_speech(5000 + run, 8, 8, ratio=1.5, noisy=(0.6, 0.4))
        loud = (speech.covariates["noise"] == "loud").to_numpy()
        accent = pd.DataFrame({"accent": speech.inside})
        gap = adjust_gap(speech.edits, speech.words, loud, accent, speech.speakers)
        held += gap.adjusted.ratio_low < 2 < gap.adjusted.ratio_high

    assert held / runs >= 0.92


def test_the_adjusted_difference_holds_the_truth():
    """Rates of .12 and .156 in quiet, twice that in noise, which is half of the words."""
    runs, truth, held = 300, (1.3 - 1) * 0.12 * 1.5, 0
    for run in range(runs):
        speech = draw_speech(9000 + run, 15, 15, 1.3, noisy=(0.75, 0.25))
        gap = adjust_gap(*speech._replace(covariates=speech.covariates[["noise"]])).adjusted
        held += gap.difference_low < truth < gap.difference_high

    assert held / runs >= 0.92
