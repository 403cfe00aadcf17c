"""Two systems on the same units: what is paired is counted once, and drops out of the interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from benchmarks.coverage_changes import list_cases, simulate_changes
from metrics import Schema, System, count_cells, read_results, score
from metrics.changes import compare_gaps, compare_systems
from metrics.errors import QuestionError

CALLS = """speaker,accent,reference,old,new
ann,a,one two three four,one two,one two three
ann,a,five six,five six,five six
bob,a,seven,eight,seven
cid,b,one two,one two,one
cid,b,three four five,three,three four five
dan,b,six,six,
"""


PAIR, TRIO = ("old", "new"), ("old", "other", "new")


def calls(by: str = "accent"):
    names = (System("old", {"hypothesis": "old"}), System("new", {"hypothesis": "new"}))
    return count_cells(score(read_results(CALLS.encode(), Schema(systems=names), by=by.split(","))))


def draw(seed: int = 0, n_speakers: int = 24) -> pd.DataFrame:
    """Speakers of two accents, quiet and loud in turn; the second system spares a third of the errors of accent a."""
    rng = np.random.default_rng(seed)
    speaker = np.repeat(np.arange(n_speakers), 8)
    own = rng.beta(4, 12, n_speakers)[speaker]
    frame = pd.DataFrame({"speaker": speaker.astype(str), "accent": np.where(speaker % 2 == 0, "a", "b")})
    frame["noise"] = np.tile(["quiet", "loud"], len(frame) // 2)
    frame["words"] = rng.integers(3, 16, len(frame))
    for name in TRIO:
        frame[name] = rng.binomial(frame["words"], own)
    spared = rng.binomial(frame["old"], np.where(frame["accent"] == "a", 0.33, 0.05))
    frame["new"] = frame["old"] - spared + rng.binomial(frame["words"] - frame["old"], 0.02)
    return frame


def drawn(seed: int = 0, names: Sequence[str] = PAIR):
    return count_words(draw(seed), names)


def count_words(frame: pd.DataFrame, names: Sequence[str] = PAIR):
    """Count a frame of `words` and of each system's wrong words, all of them substitutions."""
    counts = frame.rename(columns={name: f"substitutions {name}" for name in names})
    for name in names:
        counts[f"deletions {name}"] = counts[f"insertions {name}"] = 0
    roles = ("substitutions", "deletions", "insertions")
    listed = tuple(System(name, {role: f"{role} {name}" for role in roles}) for name in names)
    columns = {"cluster": "speaker", "reference_words": "words"}
    return count_cells(score(read_results(counts, Schema(systems=listed, columns=columns), by=["accent", "noise"])))


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

    assert (found["units"], found["left_out"], found["first"], found["second"]) == (3, 1, 1 / 4, 1 / 4)


def test_swapping_the_systems_turns_every_sign():
    for ask in (compare_systems, compare_gaps):
        there, back = (ask(drawn(seed=5), *names, ["accent", "noise"]) for names in (("old", "new"), ("new", "old")))

        np.testing.assert_allclose(there["value"], -back["value"], atol=1e-12)
        np.testing.assert_allclose(there["low"], -back["high"], atol=1e-9)
        np.testing.assert_allclose(there["high"], -back["low"], atol=1e-9)
        np.testing.assert_allclose(there["p"], back["p"], atol=1e-9)
        np.testing.assert_allclose(there["p_adjusted"], back["p_adjusted"], atol=1e-9)
        assert there["status"].equals(back["status"])


def test_identical_systems_have_no_change_for_sure():
    for ask in (compare_systems, compare_gaps):
        found = ask(drawn(seed=6), "old", "old", ["accent", "noise"])

        assert (found["value"] == 0).all() and (found["p"] == 1).all()
        np.testing.assert_allclose(found["low"], -found["high"], atol=1e-12)
    tests = compare_systems(drawn(seed=6), "old", "old", []).set_index("metric")["matched_pairs_p"]
    assert list(tests[tests != 1].index) == ["mean_utterance_word_error_rate"]  # it has nothing to measure a change by


def test_a_bystander_changes_nothing():
    for ask in (compare_systems, compare_gaps):
        alone, beside = (ask(drawn(seed=7, names=names), "old", "new", ["accent"]) for names in (PAIR, TRIO))

        pd.testing.assert_frame_equal(alone, beside)


def test_interval_and_p_never_disagree():
    for ask in (compare_systems, compare_gaps):
        found = pd.concat([ask(drawn(seed), "old", "new", ["accent", "noise"]) for seed in range(4)])

        outside = (found["low"] > 0) | (found["high"] < 0)
        assert outside.equals(found["p"] < 0.05)
        assert 0 < outside.sum() < len(found)


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
    assert row["matched_pairs_p"] == pytest.approx(2 * norm.sf(abs(z)))
    assert norm.isf(row["p"] / 2) == pytest.approx(abs(z), rel=0.02)


def test_the_change_of_a_gap_is_the_change_of_the_slice_less_that_of_its_rest():
    found = compare_gaps(calls(), "old", "new", ["accent"], ["word_error_rate"])

    row = of(found, "accent = a", "word_error_rate")
    assert row["first"] == pytest.approx(3 / 7 - 2 / 6)
    assert row["second"] == pytest.approx(1 / 7 - 2 / 6)
    assert row["value"] == pytest.approx(-2 / 7)


def test_the_gap_to_a_named_slice_is_that_to_the_rest_where_there_are_two():
    rest = compare_gaps(drawn(seed=8), "old", "new", ["noise"])
    named = compare_gaps(drawn(seed=8), "old", "new", ["noise"], baseline="noise = loud")

    quiet = [found[found["slice"].map(str) == "noise = quiet"].reset_index(drop=True) for found in (rest, named)]
    numbers = ["first", "second", "value", "low", "high", "p", "units"]
    pd.testing.assert_frame_equal(quiet[0][numbers], quiet[1][numbers])
    loud = named[named["slice"].map(str) == "noise = loud"]
    assert (loud[["first", "second", "value", "low", "high"]] == 0).all(axis=None) and (loud["p"] == 1).all()
    assert loud["p_adjusted"].isna().all() and set(named["baseline"]) == {"noise = loud"}
    with pytest.raises(QuestionError, match="loud"):
        compare_gaps(drawn(seed=8), "old", "new", ["noise"], baseline="noise = lout")


def test_a_baseline_of_another_attribute_may_share_units_with_the_slice():
    found = compare_gaps(calls("accent,speaker"), "old", "new", ["accent"], baseline="speaker = ann")

    # a: 3 of 7 wrong before, 1 after; ann: 2 of 6 before, 1 after.
    row = of(found, "accent = a", "word_error_rate")
    assert row["value"] == pytest.approx((1 / 7 - 1 / 6) - (3 / 7 - 2 / 6))


def test_the_gaps_of_two_groups_are_one_test():
    found = compare_gaps(drawn(seed=9), "old", "new", ["noise"], ["word_error_rate"])

    assert set(found["status"]) == {"ok"}
    np.testing.assert_allclose(found["p_adjusted"], found["p"])


def test_rows_of_their_own_are_matched_by_id():
    text = "id,model,group,label,prediction\n" + "".join(
        f"{i},{m},{'ab'[i % 2]},{i % 2},{p}\n"
        for m, answers in (("old", "01101"), ("new", "0101"))
        for i, p in enumerate(answers)
    )
    results = read_results(
        text.encode(), Schema(columns={"id": "id", "system": "model"}, positive=("1",)), by=["group"]
    )
    cubes = count_cells(score(results))

    found = compare_systems(cubes, "old", "new", [], ["accuracy"], ids=results.columns["id"]).iloc[0]

    assert (found["first"], found["second"], found["units"], found["left_out"]) == (2 / 4, 4 / 4, 4, 1)
    with pytest.raises(QuestionError, match="ids"):
        compare_systems(cubes, "old", "new", [], ["accuracy"])


@pytest.mark.parametrize("case", list_cases()[2:12:4], ids=lambda case: f"{case[0].title}, {case[1]}, {case[3]}")
def test_changes_are_held_at_least_92_times_in_100_and_the_pairing_pays(case):
    found = simulate_changes(*case, runs=150)

    assert found.least >= 0.92
    assert found.width < found.apart
