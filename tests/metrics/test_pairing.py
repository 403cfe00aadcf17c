"""Two systems on the same units: what is paired is counted once, and drops out of the interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics import Schema, System, count_cells, read_results, score
from metrics.changes import compare_gaps, compare_systems
from metrics.errors import QuestionError
from metrics.pairing import paired_metrics

CALLS = """speaker,accent,reference,old,new
ann,a,one two three four,one two,one two three
ann,a,five six,five six,five six
bob,a,seven,eight,seven
cid,b,one two,one two,one
cid,b,three four five,three,three four five
dan,b,six,six,
"""


def systems(text: str | bytes, **schema):
    return count_cells(score(read_results(text.encode() if isinstance(text, str) else text, Schema(**schema))))


def calls():
    names = (System("old", {"hypothesis": "old"}), System("new", {"hypothesis": "new"}))
    return systems(CALLS, systems=names)


def of(found: pd.DataFrame, cell: str, metric: str) -> pd.Series:
    return found[(found["slice"].map(str) == cell) & (found["metric"] == metric)].iloc[0]


def test_a_change_is_second_minus_first_over_the_units_that_both_have():
    found = compare_systems(calls(), "old", "new", ["accent"], ["word_error_rate", "sentence_error_rate"])

    # a: 3 of 7 words wrong before, 1 after. b: 2 of 6 before, 2 after.
    row = of(found, "accent = a", "word_error_rate")
    assert (row["first"], row["second"], row["units"], row["clusters"]) == (3 / 7, 1 / 7, 3, 2)
    assert row["value"] == pytest.approx(-2 / 7)
    assert of(found, "accent = b", "word_error_rate")["value"] == 0
    assert of(found, "everyone", "sentence_error_rate")["value"] == pytest.approx((3 - 3) / 6)


def test_a_unit_that_one_system_lacks_is_left_out():
    frame = pd.DataFrame(
        {
            "speaker": list("aabb"),
            "reference": ["x y", "z", "x", "y"],
            "old": ["x", "z", None, "y"],
            "new": list("xzxy"),
        }
    )
    names = (System(None, {"hypothesis": "old"}), System(None, {"hypothesis": "new"}))
    found = compare_systems(
        count_cells(score(read_results(frame, Schema(systems=names)))), "old", "new", [], ["word_error_rate"]
    ).iloc[0]

    assert (found["units"], found["first"], found["second"]) == (3, 1 / 4, 1 / 4)


def test_swapping_the_systems_turns_every_sign():
    cubes = calls()
    there, back = (compare_systems(cubes, *names, ["accent"]) for names in (("old", "new"), ("new", "old")))

    np.testing.assert_allclose(there["value"], -back["value"], atol=1e-12)
    np.testing.assert_allclose(there["low"], -back["high"], atol=1e-9)
    np.testing.assert_allclose(there["p"].dropna(), back["p"].dropna(), atol=1e-9)


def test_identical_systems_have_no_change_for_sure():
    found = compare_systems(calls(), "old", "old", ["accent"], ["word_error_rate", "sentence_error_rate"])

    assert (found["value"] == 0).all() and (found["p"] == 1).all()


def test_the_paired_error_of_many_units_is_that_of_their_differences():
    rng = np.random.default_rng(3)
    n = 4_000
    hard = rng.random(n)
    frame = pd.DataFrame({"group": rng.choice(["a", "b"], n), "label": "1"})
    frame["old"] = np.where(rng.random(n) < 0.25 + 0.5 * hard, "1", "0")
    frame["new"] = np.where(rng.random(n) < 0.9, frame["old"], "1")
    names = (System(None, {"prediction": "old"}), System(None, {"prediction": "new"}))
    schema = Schema(columns={"label": "label"}, positive=("1",), systems=names)
    cubes = count_cells(score(read_results(frame, schema, by=["group"])))

    row = compare_systems(cubes, "old", "new", [], ["accuracy"]).iloc[0]

    change = (frame["new"] == "1") * 1.0 - (frame["old"] == "1") * 1.0
    error = change.std(ddof=0) / np.sqrt(n)  # the paired difference of shares: McNemar's variance
    assert row["value"] == pytest.approx(change.mean())
    assert (row["high"] - row["low"]) / 2 == pytest.approx(1.96 * error, rel=0.02)
    apart = np.sqrt(sum((frame[c] == "1").var(ddof=0) for c in ("old", "new")) / n)
    assert error < 0.4 * apart  # unpaired, it would be more than twice as wide


def test_the_change_in_error_rate_agrees_with_matched_pairs():
    """NIST's MAPSSWE: the mean difference of errors per segment over its standard error (Gillick & Cox 1989)."""
    rng = np.random.default_rng(4)
    n = 3_000
    words = 10
    old = rng.binomial(words, rng.beta(2, 8, n))
    new = np.clip(old + rng.integers(-1, 2, n) - (rng.random(n) < 0.08), 0, words)
    said = " ".join(["w"] * words)

    def hear(wrong: np.ndarray) -> list[str]:
        return [" ".join(["x"] * k + ["w"] * (words - k)) for k in wrong]

    frame = pd.DataFrame({"reference": said, "old": hear(old), "new": hear(new)})
    names = (System(None, {"hypothesis": "old"}), System(None, {"hypothesis": "new"}))
    row = compare_systems(
        count_cells(score(read_results(frame, Schema(systems=names)))), "old", "new", [], ["word_error_rate"]
    ).iloc[0]

    from scipy.stats import norm

    change = (new - old).astype(float)
    z = change.mean() / (change.std(ddof=1) / np.sqrt(n))
    assert row["value"] == pytest.approx(change.mean() / words)
    assert norm.isf(row["p"] / 2) == pytest.approx(abs(z), rel=0.02)


def test_the_change_of_a_gap_is_the_change_of_the_slice_less_that_of_its_rest():
    found = compare_gaps(calls(), "old", "new", ["accent"], ["word_error_rate"])

    row = of(found, "accent = a", "word_error_rate")
    assert row["first"] == pytest.approx(3 / 7 - 2 / 6)
    assert row["second"] == pytest.approx(1 / 7 - 2 / 6)
    assert row["value"] == pytest.approx(-2 / 7)


def test_rows_of_their_own_are_matched_by_id():
    text = "id,model,group,label,prediction\n" + "".join(
        f"{i},{m},{'ab'[i % 2]},{i % 2},{p}\n"
        for m, answers in (("old", "0110"), ("new", "0101"))
        for i, p in enumerate(answers)
    )
    results = read_results(
        text.encode(), Schema(columns={"id": "id", "system": "model"}, positive=("1",)), by=["group"]
    )
    cubes = count_cells(score(results))

    found = compare_systems(cubes, "old", "new", [], ["accuracy"], ids=results.columns["id"]).iloc[0]

    assert (found["first"], found["second"], found["units"]) == (2 / 4, 4 / 4, 4)
    with pytest.raises(QuestionError, match="ids"):
        compare_systems(cubes, "old", "new", [], ["accuracy"])


def test_what_cannot_be_paired_is_refused():
    cubes = calls()
    first, second = cubes

    assert "word_error_rate" in paired_metrics(first, second) and "word_information_lost" not in paired_metrics(
        first, second
    )
    with pytest.raises(QuestionError, match="word_information_lost"):
        compare_systems(cubes, "old", "new", [], ["word_information_lost"])


@pytest.mark.parametrize("n_speakers", [12, 40])
def test_intervals_of_changes_hold_the_truth(n_speakers: int):
    """400 files in which both systems find the same speakers hard; 8 false alarms in 100 would be noticed."""
    rng = np.random.default_rng(n_speakers)
    held = gap_held = 0
    files = 400
    for _ in range(files):
        cubes = _draw_files(rng, n_speakers)
        change = compare_systems(cubes, "old", "new", ["accent"], ["word_error_rate"])
        row = of(change, "accent = a", "word_error_rate")
        held += row["low"] <= -0.05 <= row["high"]
        gap = of(compare_gaps(cubes, "old", "new", ["accent"], ["word_error_rate"]), "accent = a", "word_error_rate")
        gap_held += gap["low"] <= -0.05 <= gap["high"]

    assert held / files >= 0.92 and gap_held / files >= 0.92


def _draw_files(rng: np.random.Generator, n_speakers: int):
    """Speakers of two accents; the second system takes five points of errors off accent a, and none off b."""
    speaker = np.repeat(np.arange(n_speakers), 6)
    accent = np.where(speaker % 2 == 0, "a", "b")
    own = rng.beta(4, 12, n_speakers)[speaker]
    words = rng.integers(4, 16, len(speaker))
    old = rng.binomial(words, own)
    # Of the errors that accent a has, on average one word in twenty comes out right now.
    gain = np.where(accent == "a", rng.binomial(old, np.minimum(0.05 / np.maximum(own, 1e-9), 1)), 0)
    counts = {
        "speaker": speaker.astype(str),
        "accent": accent,
        "reference_words": words,
        "substitutions_old": old,
        "deletions_old": 0,
        "insertions_old": 0,
        "substitutions_new": old - gain,
        "deletions_new": 0,
        "insertions_new": 0,
    }
    roles = ("substitutions", "deletions", "insertions")
    names = tuple(System(s, {role: f"{role}_{s}" for role in roles}) for s in ("old", "new"))
    schema = Schema(systems=names, columns={"cluster": "speaker"})
    return count_cells(score(read_results(pd.DataFrame(counts), schema, by=["accent"])))
