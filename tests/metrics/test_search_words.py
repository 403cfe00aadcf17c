"""What the checks on a search say: never more than their numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from metrics.error_tree import LEAVES, NODES, ErrorTree
from metrics.find import Search
from metrics.halves import confirm
from metrics.permutation import Permutation, permute
from metrics.search_words import say_attribution, say_dealt, say_halves, say_leaf, say_tree
from metrics.shapley import attribute_search, attribute_slice
from tests.metrics.build import cube_of
from tests.metrics.found import FAIR_ROWS, PLANTED, PLANTED_ROWS, searched

FOUND = searched(PLANTED_ROWS)
METRIC = FOUND.metric
(CUBE,) = cube_of(PLANTED_ROWS, ["a", "b"])
(FAIR_CUBE,) = cube_of(FAIR_ROWS, ["a", "b"])


def dealt_of(z, p, floor=3.0, draws=99, dealt="rows") -> Permutation:
    table = pd.DataFrame({"slice": [PLANTED] * len(z), "system": None, "z": z, "p": p, "p_adjusted": p})
    return Permutation(table, draws, 0, dealt, 800, np.linspace(1, 4, draws), floor)


def test_a_slice_that_chance_never_reached_is_said_to_be_out_of_its_reach():
    said = say_dealt(dealt_of([9.0, 1.0], [0.01, 0.9]), METRIC)

    assert said.startswith(
        "The results were dealt out anew 99 times among the rows, the groups staying where they are."
    )
    assert (
        "In none of these files the worst of the 2 slices lay as far on the worse side of the rest as a = x, b = u"
        in said
    )
    assert "(p = 0.010)" in said
    assert said.endswith("1 slice lies beyond what 95 in 100 of these files show.")


def test_how_often_chance_reached_as_far_is_counted():
    said = say_dealt(dealt_of([2.0], [0.05]), METRIC)

    assert "In 4 of these files" in said
    assert "No slice lies beyond" in said


@pytest.mark.parametrize(
    ("dealt", "words"), [("clusters", "among whole clusters"), ("parts", "among clusters, each row of one drawn")]
)
def test_what_was_dealt_is_said(dealt, words):
    assert words in say_dealt(dealt_of([2.0], [0.05], dealt=dealt), METRIC)


def test_nothing_to_compare_is_said():
    assert "no slice has enough rows" in say_dealt(dealt_of([], []), METRIC)


def test_of_a_metric_without_a_worse_side_none_is_told():
    assert "lay as far from the rest as" in say_dealt(dealt_of([2.0], [0.05]), replace(METRIC, better="neither"))


def test_a_planted_slice_is_out_of_the_reach_of_a_real_check():
    assert "In none of these files" in say_dealt(permute(FOUND, CUBE, 99), METRIC)


def test_what_one_half_found_is_told_as_the_other_sees_it():
    halves = confirm(CUBE, FOUND.search)
    table = halves.table.assign(searched_difference=0.4, difference=0.3, confirmed=True)
    said = say_halves(replace(halves, table=table, rows=(410, 390)), METRIC)

    assert said.startswith("Searched 410 of the rows, chosen by chance, and looked at the ")
    assert "in the 390 others: beyond doubt " in said
    assert said.endswith(
        "On average they lie 40.0 points from the rest where they were searched, and 30.0 points in the others."
    )


def test_what_does_not_hold_in_the_other_half_is_counted():
    halves = confirm(CUBE, FOUND.search)
    table = pd.concat([halves.table.head(1)] * 3, ignore_index=True)

    for confirmed, words in (
        ([True, False, False], "1 of them"),
        ([False] * 3, "none of them"),
        ([True] * 3, "all of them"),
    ):
        assert f"beyond doubt {words} fare worse there too" in say_halves(
            replace(halves, table=table.assign(confirmed=confirmed)), METRIC
        )


def test_a_half_without_anything_worse_says_so():
    halves = confirm(FAIR_CUBE, Search("error_rate", ("a", "b")))

    assert "nothing to look at" in say_halves(replace(halves, table=halves.table.head(0)), METRIC)


def tree_of(*leaves) -> ErrorTree:
    """Leaves are (where, top, below, rest, half the interval of the difference, confirmed)."""
    rows = []
    for number, (where, top, below, rest, half, confirmed) in enumerate(leaves):
        value = top / below
        rows.append(
            dict.fromkeys(LEAVES, 0.0)
            | {"leaf": number, "where": where, "value": value, "low": value - 0.05, "high": value + 0.05}
            | {
                "difference": value - rest,
                "difference_low": value - rest - half,
                "difference_high": value - rest + half,
            }
            | {"top": top, "below": below, "units": below, "rest": rest, "confirmed": confirmed, "status": "ok"}
        )
    return ErrorTree("error_rate", ("a",), pd.DataFrame(rows), pd.DataFrame(columns=NODES), (400, 400), 0)


def test_the_worst_leaf_is_told_by_the_rows_that_did_not_choose_it():
    said = say_tree(tree_of(("a = x", 40, 100, 0.1, 0.05, True), ("a = y", 30, 300, 0.4, 0.05, False)), METRIC)

    assert said.startswith(
        "The worst leaf is a = x. On rows that had no part in choosing it, the error rate is 40 % [35, 45]"
    )
    assert said.endswith("1 of the 2 leaves fare worse than the other leaves beyond doubt.")


def test_a_tree_of_one_leaf_says_that_no_question_helps():
    assert "the tree has one leaf" in say_tree(tree_of(("everyone", 40, 400, 0.1, 0.05, False)), METRIC)


def test_a_leaf_that_may_be_chance_is_hedged():
    (leaf, *_) = tree_of(("a = x", 12, 100, 0.1, 0.05, False)).leaves.to_dict("records")

    assert "may be more or less than everyone else" in say_leaf(leaf, METRIC)


def test_the_share_of_a_condition_is_part_of_the_distance_from_everyone():
    # 80 of 200 is 22.5 points above everyone's 140 of 800; both conditions alike bring 11.25 of it.
    said = say_attribution(attribute_slice(CUBE, "error_rate", PLANTED), METRIC)

    assert said == "a = x, b = u: +22.5 points from everyone; of that, +11.3 points are due to a = x."


def test_over_a_search_the_first_condition_is_the_one_that_adds_the_most():
    assert say_attribution(attribute_search(FOUND), METRIC).startswith("Over all 8 slices, a = x adds the most: +")


def test_where_nothing_can_be_shared_out_it_is_said():
    shares = attribute_search(FOUND)

    assert "nothing to share out" in say_attribution(replace(shares, table=shares.table.head(0)), METRIC)
