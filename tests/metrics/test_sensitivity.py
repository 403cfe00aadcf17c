"""Gaps under several normalizers, by hand counts on tables that are small or repeat a few lines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics import Attribute, Schema, System, count_cells, estimate, read_results, score
from metrics.intervals import difference_limits
from metrics.progress import Progress
from metrics.sensitivity import compare_normalizers, compare_pairs, describe_references, order_systems
from metrics.text.normalize import load_normalizer

NONE, LOWER = load_normalizer("none"), load_normalizer("lower")


def read(rows, systems=("heard",), clusters=False):
    """Read rows of group, reference and what each system heard; each row may stand several times."""
    names = ["group", "said", *systems]
    frame = pd.DataFrame([row[1:] for row in rows for _ in range(row[0])], columns=names)
    frame["speaker"] = [f"s{i}" for i in range(len(frame))]
    columns = {"reference": "said"} | ({"cluster": "speaker"} if clusters else {})
    schema = Schema(
        task="transcription",
        columns=columns,
        systems=tuple(System(s if len(systems) > 1 else None, {"hypothesis": s}) for s in systems),
        attributes=(Attribute("group"),),
    )
    return read_results(frame, schema)


# Group a is written with capitals that the system does not write, group b has one wrong word in four.
CAPITALS = [
    (30, "a", "Ask Ann", "ask ann"),  # 2 of 2 words wrong as written, none in lower case
    (10, "a", "ask ann", "ask ann"),
    (30, "b", "go to bed now", "go to red now"),  # 1 of 4, whatever the case
    (10, "b", "go to bed now", "go to bed now"),
]


def table_of(rows, **options):
    return compare_pairs(compare_normalizers(read(rows), [NONE, LOWER]), ["group"], **options)


def test_each_pair_has_its_gap_and_ratio_under_each_normalizer_and_metric():
    found = table_of(CAPITALS).set_index(["metric", "normalizer"])

    assert len(found) == 4
    assert {str(s) for s in found["one"]} == {"group = a"}
    assert {str(s) for s in found["other"]} == {"group = b"}
    # Words: 60 of 80 against 30 of 160 as written, 0 of 80 against the same in lower case.
    assert found.loc[("word_error_rate", "none"), "difference"] == pytest.approx(60 / 80 - 30 / 160)
    assert found.loc[("word_error_rate", "none"), "ratio"] == pytest.approx((60 / 80) / (30 / 160))
    assert found.loc[("word_error_rate", "lower"), "difference"] == pytest.approx(-30 / 160)
    assert found.loc[("word_error_rate", "lower"), "ratio"] == 0
    # Characters: 2 of the 7 of "Ask Ann" thirty times in forty; 1 of the 13 of "go to bed now".
    assert found.loc[("character_error_rate", "none"), "difference"] == pytest.approx(60 / 280 - 30 / 520)
    assert found.loc[("character_error_rate", "lower"), "difference"] == pytest.approx(-30 / 520)


def test_a_gap_whose_intervals_lie_on_both_sides_of_0_turns_clearly():
    found = table_of(CAPITALS)

    assert set(found["turns"]) == {"clearly"}
    words = found[found["metric"] == "word_error_rate"].set_index("normalizer")
    assert words.loc["none", "low"] > 0 > words.loc["lower", "high"]


def test_a_gap_of_which_only_the_values_change_sides_turns_perhaps():
    # As written 3 of 80 words are wrong against 4 of 160: above. In lower case 1 of 80 against the same: below.
    rows = [
        (2, "a", "Ask ann", "ask ann"),
        (1, "a", "ask ann", "ask dan"),
        (37, "a", "ask ann", "ask ann"),
        (4, "b", "go to bed now", "go to red now"),
        (36, "b", "go to bed now", "go to bed now"),
    ]
    found = table_of(rows, metrics=["word_error_rate"])

    assert found.set_index("normalizer")["difference"].to_dict() == pytest.approx(
        {"none": 3 / 80 - 4 / 160, "lower": 1 / 80 - 4 / 160}
    )
    assert set(found["turns"]) == {"perhaps"}


def test_a_gap_that_keeps_its_side_does_not_turn():
    rows = [
        (40, "a", "Ask Ann", "ask dan"),
        (30, "b", "go to bed now", "go to red now"),
        (10, "b", "go to bed now", "go to bed now"),
    ]
    found = table_of(rows, metrics=["word_error_rate"])

    assert set(found["turns"]) == {""}
    assert (found["difference"] > 0).all()


def test_slices_with_too_few_utterances_under_any_setting_are_left_out():
    # c has enough utterances as written, but in lower case and without punctuation nothing is left to be said in most.
    rows = [*CAPITALS, (25, "c", "...", "..."), (10, "c", "yes", "no")]

    assert {str(s) for pair in ("one", "other") for s in table_of(rows)[pair]} == {"group = a", "group = b"}
    few = table_of(rows, min_units=5)
    assert {str(s) for pair in ("one", "other") for s in few[pair]} == {"group = a", "group = b", "group = c"}
    assert len(few) == 3 * 2 * 2


def test_of_very_many_groups_the_largest_are_compared():
    rows = [(2 + (g < 60), f"g{g}", "one two", "one too") for g in range(70)]
    rows += [(4, None, "one two", "one")]
    found = compare_pairs(compare_normalizers(read(rows), [NONE]), ["group"], ["word_error_rate"], min_units=1)

    assert len(found) == 60 * 59 / 2
    assert {str(s) for s in found["one"]} | {str(s) for s in found["other"]} == {f"group = g{g}" for g in range(60)}


def test_rows_without_a_group_are_in_no_pair():
    assert len(table_of([*CAPITALS, (40, None, "one two", "one")])) == 4


def test_nothing_to_compare_is_an_empty_table():
    found = table_of([(40, "a", "Ask Ann", "ask ann")])

    assert len(found) == 0
    assert "turns" in found


def test_the_interval_of_a_gap_is_made_of_those_of_its_two_slices():
    # Newcombe's way, by hand from the limits of the two groups: nobody is in both, so that they are independent.
    cubes = count_cells(score(read(CAPITALS)))
    sides = estimate(cubes, ["group"], ["word_error_rate"])
    sides = sides.set_index(sides["slice"].map(str))
    one, other = (sides.loc[f"group = {g}"] for g in "ab")
    low, high = difference_limits(one["value"], one["low"], one["high"], other["value"], other["low"], other["high"])
    found = compare_pairs([("none", cubes)], ["group"], ["word_error_rate"]).iloc[0]

    assert (found["low"], found["high"]) == pytest.approx((float(low), float(high)))


def test_speakers_who_pass_through_both_conditions_make_the_gap_surer():
    # Thirty speakers, each once in quiet and once in noise; who is bad in one is bad in the other.
    rows = [
        (
            noise,
            f"s{i}",
            "one two three four",
            ("x " * bad + "one two three four".split(" ", bad)[-1]),
        )
        for i in range(30)
        for noise, bad in (("quiet", i % 3), ("loud", i % 3 + 1))
    ]
    frame = pd.DataFrame(rows, columns=["noise", "speaker", "said", "heard"])
    schema = Schema(
        task="transcription",
        columns={"reference": "said", "cluster": "speaker"},
        systems=(System(None, {"hypothesis": "heard"}),),
        attributes=(Attribute("noise"),),
    )
    together = compare_pairs(compare_normalizers(read_results(frame, schema), [NONE]), None, ["word_error_rate"])
    frame["speaker"] = [f"{s} {n}" for s, n in zip(frame["speaker"], frame["noise"], strict=True)]
    apart = compare_pairs(compare_normalizers(read_results(frame, schema), [NONE]), None, ["word_error_rate"])
    reach = {name: float((t["high"] - t["low"]).iloc[0]) for name, t in (("together", together), ("apart", apart))}

    assert abs(together["difference"].iloc[0]) == pytest.approx(1 / 4)
    assert reach["together"] < reach["apart"] / 2


def test_the_best_system_is_the_first_and_one_that_changes_places_is_told():
    rows = [
        (3, "a", "Ask Ann", "Ask Ann", "ask ann", "ask"),  # 0, 2 and 2 of 2 words as written; 0, 0 and 1 in lower case
        (1, "a", "ask ann", "ask", "ask ann", "ask"),  # 1, 0 and 1 of 2
    ]
    counted = compare_normalizers(read(rows, systems=("x", "y", "z")), [NONE, LOWER])
    found = order_systems(counted, ["word_error_rate"])
    as_written, lower = (found[found["normalizer"] == n].set_index("system") for n in ("none", "lower"))

    assert as_written["value"].to_dict() == {"x": 1 / 8, "y": 6 / 8, "z": 7 / 8}
    assert as_written["rank"].to_dict() == {"x": 1, "y": 2, "z": 3}
    assert lower["value"].to_dict() == {"x": 1 / 8, "y": 0, "z": 4 / 8}
    assert lower["rank"].to_dict() == {"x": 2, "y": 1, "z": 3}
    assert as_written["moves"].to_dict() == {"x": True, "y": True, "z": False}


def test_systems_that_are_equally_good_share_a_rank():
    counted = compare_normalizers(read([(4, "a", "Ask Ann", "Ask ann", "ask Ann")], systems=("x", "y")), [NONE])

    assert order_systems(counted, ["word_error_rate"])["rank"].tolist() == [1, 1]


def test_every_normalizer_is_told_of_and_can_be_stopped():
    told: list[tuple[str, float]] = []
    compare_normalizers(read(CAPITALS), [LOWER, NONE], lambda words, share: told.append((words, share)))
    shares = [share for _, share in told]

    assert shares == sorted(shares)
    assert {"Normalising text", "Counting"} <= {words for words, _ in told}

    def stop(words: str, share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        compare_normalizers(read(CAPITALS), [LOWER], Progress(stop))


def test_references_are_described_as_they_are_written():
    rows = [
        (1, "a", "Ask Ann.", "x"),
        (1, "a", "bus 42 to my house", "x"),
        (1, "b", "un café", "x"),
        (1, "b", "हिन्दी", "x"),
    ]
    results = read(rows)
    (cube,) = count_cells(score(results))
    found = describe_references(results, cube, ["group"])
    by_slice = found.set_index(found["slice"].map(str)).drop(columns="slice").to_dict("index")

    assert list(by_slice) == ["everyone", "group = a", "group = b"]
    assert by_slice["group = a"] == {
        "utterances": 2, "words": 3.5, "capitals": 0.5, "digits": 0.5, "punctuation": 0.5, "marks": 0.0,
    }  # fmt: skip
    assert by_slice["group = b"] == {
        "utterances": 2, "words": 1.5, "capitals": 0.0, "digits": 0.0, "punctuation": 0.0, "marks": 1.0,
    }  # fmt: skip
    assert by_slice["everyone"]["words"] == 2.5


def test_a_missing_reference_is_not_described_and_an_empty_one_is():
    results = read([(1, "a", None, "x"), (1, "a", "", "x"), (1, "a", "one two", "x"), (1, "b", None, "x")])
    (cube,) = count_cells(score(results))
    found = describe_references(results, cube, ["group"])
    by_slice = found.set_index(found["slice"].map(str))

    assert by_slice.loc["group = a", ["utterances", "words"]].tolist() == [2, 1.0]
    assert by_slice.loc["group = b", "utterances"] == 0
    assert np.isnan(by_slice.loc["group = b", "words"])
