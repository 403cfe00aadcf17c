"""Sentences about normalizers: what they say is what the tables hold."""

from __future__ import annotations

from metrics import Slice, count_cells, score
from metrics.sensitivity import (
    compare_normalizers,
    compare_pairs,
    describe_references,
    order_systems,
    orient_pairs,
    rank_pairs,
    take_telling,
)
from metrics.wording import say_order, say_pairs, say_references
from tests.metrics.test_sensitivity import CAPITALS, LOWER, NONE, read


def count(rows, systems=("heard",)):
    counted = compare_normalizers(read(rows, systems), [NONE, LOWER])
    return counted, counted[0][1].metrics


def pairs_of(rows, metrics=("word_error_rate", "character_error_rate")):
    counted, known = count(rows)
    return compare_pairs(counted, ["group"], metrics), {name: known[name] for name in metrics}


def test_a_gap_that_turns_clearly_is_said_with_both_ends():
    (said,) = say_pairs(*pairs_of(CAPITALS))

    assert said == (
        "The gap between group = a and group = b turns clearly: it is +56.2 points (4.00 times) by word error rate "
        "under none, but −18.8 points (0 times) by word error rate under lower."
    )


def test_a_gap_that_perhaps_turns_is_not_called_a_turn():
    rows = [
        (2, "a", "Ask ann", "ask ann"),
        (1, "a", "ask ann", "ask dan"),
        (37, "a", "ask ann", "ask ann"),
        (4, "b", "go to bed now", "go to red now"),
        (36, "b", "go to bed now", "go to bed now"),
    ]
    (said,) = say_pairs(*pairs_of(rows, ["word_error_rate"]))

    assert said.startswith("No gap clearly turns. That between group = a and group = b perhaps does: it is +1.2 points")
    assert said.endswith("intervals reaching 0.")


def test_gaps_that_stay_are_counted_and_the_one_that_moves_most_is_told():
    rows = [
        (20, "a", "Ask Ann", "ask dan"),  # both words as written, one in lower case
        (20, "a", "ask ann", "ask dan"),
        (30, "b", "go to bed now", "go to red now"),
        (10, "b", "go to bed now", "go to bed now"),
    ]
    first, second = say_pairs(*pairs_of(rows, ["word_error_rate"]))

    assert first == "No gap turns: 1 gap between two groups keeps the direction in every comparison."
    assert second == (
        "The gap between group = a and group = b moves most: it is +31.2 points (2.67 times) by word error rate under "
        "lower, and +56.2 points (4.00 times) by word error rate under none."
    )


def test_without_two_groups_there_is_no_gap_to_speak_of():
    assert say_pairs(*pairs_of([(40, "a", "Ask Ann", "ask ann")]))[0].startswith("No two groups")


def test_pairs_are_turned_so_that_the_first_gap_is_not_below_0():
    rows = [(n, {"a": "b", "b": "a"}[g], said, heard) for n, g, said, heard in CAPITALS]
    pairs, _ = pairs_of(rows, ["word_error_rate"])
    turned = orient_pairs(pairs)

    assert pairs["difference"].tolist()[0] < 0 < pairs["difference"].tolist()[1]
    assert turned["difference"].tolist() == [-d for d in pairs["difference"]]
    assert turned["low"].tolist() == [-h for h in pairs["high"]]
    assert turned["high"].tolist() == [-low for low in pairs["low"]]
    assert set(turned["one"]) == {Slice((("group", "b"),))}
    assert turned["ratio"].tolist()[0] == 4
    assert turned["ratio"].tolist()[1] == 0  # 0 errors against 30: the other way round there was no ratio


def test_the_pair_that_turns_comes_before_the_one_that_moves():
    rows = [*CAPITALS, (40, "c", "Go To Bed Now", "x x x x")]  # as written and in lower case all wrong
    ranked = rank_pairs(pairs_of(rows, ["word_error_rate"])[0])

    assert ranked["turns"].tolist() == ["clearly", "", ""]
    assert [str(s) for s in ranked.loc[0, ["one", "other"]]] == ["group = a", "group = b"]
    # Against c, a moves by its 75 points, b not at all.
    assert ranked["moves"].tolist() == [0.75, 0.75, 0]


def test_the_most_telling_pairs_are_taken_with_all_their_rows():
    rows = [*CAPITALS, (40, "c", "Go To Bed Now", "x x x x")]
    pairs, _ = pairs_of(rows)
    taken = take_telling(pairs, 1)

    assert len(pairs) == 12
    assert len(taken) == 4
    assert {(str(a), str(b)) for a, b in zip(taken["one"], taken["other"], strict=True)} == {("group = a", "group = b")}


def test_the_order_of_systems_is_said_to_stay_or_to_change():
    rows = [(3, "a", "Ask Ann", "Ask Ann", "ask ann"), (1, "a", "ask ann", "ask", "ask ann")]
    counted, metrics = count(rows, ("x", "y"))
    order = order_systems(counted, ["word_error_rate"])

    assert say_order(order, metrics) == (
        "The order of the models changes: x is number 1 by word error rate under none, 2 by word error rate under "
        "lower; y is number 1 by word error rate under lower, 2 by word error rate under none."
    )
    assert (
        say_order(order[order["normalizer"] == "none"].assign(moves=False), metrics) == "The order of the models stays."
    )
    assert say_order(order[order["system"] == "x"], metrics) == ""


def test_the_largest_differences_between_references_are_said():
    results = read([(20, "a", "Go home", "x"), (20, "a", "go home", "x"), (40, "b", "it is four o'clock now", "x")])
    (cube,) = count_cells(score(results))
    said = say_references(describe_references(results, cube, ["group"]))

    assert said == [
        "References of group = b have 5.00 words on average, those of group = a 2.00.",
        "100 % of the references of group = b have punctuation, of group = a 0 %.",
        "50.0 % of the references of group = a have capital letters, of group = b 0 %.",
    ]


def test_references_that_are_written_alike_are_said_to_be():
    results = read([(40, "a", "go home", "x"), (40, "b", "come here", "x"), (5, "c", "GO, go, go!", "x")])
    (cube,) = count_cells(score(results))

    assert say_references(describe_references(results, cube, ["group"]))[0].startswith(
        "The references of all groups are"
    )
