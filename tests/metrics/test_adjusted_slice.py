"""A slice's gap with other things equal: the right units, sides and covariates go into the regression."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics import Attribute, QuestionError, Schema, Slice, System, read_results, score
from metrics.adjusted import adjust_gap
from metrics.adjusted_slice import UTTERANCE_WORDS, adjust_slice, list_covariates, say_adjusted

NORTH = Slice((("place", "north"),))


def build(n_speakers=24, extra=()):
    """Speakers of two places, north in noise three times of four, south once; an error is twice as likely in noise."""
    rows = []
    for speaker in range(n_speakers):
        place = "north" if speaker % 2 else "south"
        for k in range(8):
            noise = "loud" if (k < 6) == (place == "north") else "quiet"
            n_wrong = (2 if noise == "loud" else 1) + (speaker + k) % 3 // 2
            said = "one two three four five six"
            rows.append((place, noise, f"s{speaker}", said, "x " * n_wrong + said.split(" ", n_wrong)[-1]))
    return pd.DataFrame([*rows, *extra], columns=["place", "noise", "speaker", "said", "heard"])


def score_frame(frame, **columns):
    schema = Schema(
        task="transcription",
        columns={"reference": "said", "cluster": "speaker", **columns},
        systems=(System(None, {"hypothesis": "heard"}),),
        attributes=(Attribute("place"), Attribute("noise")),
    )
    return score(read_results(frame, schema))[0]


def test_the_units_are_those_of_the_slice_and_of_everyone_else_whose_group_is_known():
    extra = [
        (None, "quiet", "s90", "one two", "one"),
        ("south", None, "s91", "one two", "one"),
        ("south", "loud", "s92", "", "x"),
    ]
    found = adjust_slice(score_frame(build(extra=extra)), NORTH, ["noise"])

    assert found.units == (96, 96)
    assert (found.without_words, found.without_covariates) == (1, 1)
    assert found.covariates == ("noise",)


def test_the_gap_is_that_of_the_regression_on_the_counted_edits():
    frame = build()
    found = adjust_slice(score_frame(frame), NORTH, ["noise"], confidence=0.9)
    edits = np.array([sum(w == "x" for w in heard.split()) for heard in frame["heard"]])
    inside = (frame["place"] == "north").to_numpy()
    expected = adjust_gap(edits, np.full(len(frame), 6), inside, frame[["noise"]], frame["speaker"], 0.9)

    assert found.raw == expected.raw
    assert found.adjusted.ratio == pytest.approx(expected.adjusted.ratio)
    assert found.adjusted.difference_low == pytest.approx(expected.adjusted.difference_low)
    # By hand: each place has 24 x 8 / 2 utterances of 6 words.
    assert found.raw.ratio == pytest.approx(edits[inside].sum() / edits[~inside].sum())
    assert found.adjusted.ratio < found.raw.ratio


def test_words_per_utterance_can_be_held_equal_without_any_column():
    scored = score_frame(build())

    assert list_covariates(scored, NORTH) == [UTTERANCE_WORDS, "noise"]
    # All utterances have six words: there is nothing to adjust for.
    assert adjust_slice(scored, NORTH, [UTTERANCE_WORDS]).covariates == ()


def test_rows_that_stand_for_several_count_as_often():
    frame = build().assign(times=2)
    found = adjust_slice(score_frame(frame, count="times"), NORTH, ["noise"])
    once = adjust_slice(score_frame(build()), NORTH, ["noise"])

    assert found.units == (192, 192)
    assert found.adjusted.ratio == pytest.approx(once.adjusted.ratio)
    assert found.adjusted.ratio_low == pytest.approx(once.adjusted.ratio_low)


def test_other_covariates_are_refused_by_name():
    with pytest.raises(QuestionError, match="noise"):
        adjust_slice(score_frame(build()), NORTH, ["nois"])


def test_the_sentence_says_both_gaps_or_why_there_is_none():
    scored = score_frame(build())
    found = adjust_slice(scored, NORTH, ["noise"])

    said = say_adjusted(found, NORTH)
    assert said.startswith(
        f"place = north has {found.raw.ratio:.2f} times the word errors of everyone else as measured"
    )
    assert "with noise alike on both sides" in said

    few = adjust_slice(score_frame(build(n_speakers=8)), NORTH, ["noise"])
    assert say_adjusted(few, NORTH) == "Only 4 speakers in the slice; nothing is claimed under 10 on a side."
