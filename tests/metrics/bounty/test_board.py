"""The board: what each team's own model became, and how far the groups that were found lie apart under it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from metrics.bounty.board import COLUMNS, build_board, count_gap_rows, gap_of, round_board, stand_together
from metrics.bounty.certify import certify_sealed
from metrics.bounty.credit import share_credit
from metrics.bounty.judge import play
from metrics.bounty.terms import SEALED, VALIDATION
from tests.metrics.bounty.folders import make_bounty, make_entry

ONES = [1] * 10
BOUNTY = make_bounty(ONES, [0] * 10)
RED = make_entry(BOUNTY, "1", range(4), ONES, team="red")
BLUE = make_entry(BOUNTY, "2", range(4), ONES, team="blue")  # the same again: of no use after red
WORSE = make_entry(BOUNTY, "3", range(4, 6), [0] * 10, team="blue")
MORE = make_entry(BOUNTY, "4", range(5, 10), ONES, team="red")


def board_of(*entries, bounty=BOUNTY, certified=None) -> pd.DataFrame:
    game = play(bounty, entries)
    return build_board(game, entries, share_credit(game), certified)


def test_each_team_is_counted_with_what_was_accepted_of_it():
    board = board_of(RED, BLUE, WORSE, MORE).set_index("team")

    assert list(board.columns) == COLUMNS[1:]
    assert board["submissions"].to_dict() == {"red": 2, "blue": 2}
    assert board["accepted"].to_dict() == {"red": 2, "blue": 0}
    assert board["credit"].to_dict() == pytest.approx({"red": 0.9, "blue": 0.0})


def test_error_is_that_of_the_teams_own_model_whatever_others_did_first():
    board = board_of(RED, BLUE, WORSE, MORE).set_index("team")

    assert board["error"].to_dict() == pytest.approx({"red": 0.1, "blue": 0.6})


def test_gap_is_the_furthest_that_a_group_found_lies_from_everyone_else():
    """Groups 0 to 3 and 5 to 9 were found. Blue has the first right and all others wrong: 100 points apart."""
    board = board_of(RED, BLUE, WORSE, MORE).set_index("team")

    assert board["gap"].to_dict() == pytest.approx({"red": 1 / 5, "blue": 1.0})


def test_a_group_too_small_inside_or_outside_makes_no_gap():
    bounty = make_bounty(ONES, [0] * 9 + [1], minimum=2)
    groups = [np.arange(10) == 9, np.arange(10) != 9, np.zeros(10, bool)]

    assert np.isnan(gap_of(bounty, bounty.baseline, groups))
    assert gap_of(bounty, bounty.baseline, [*groups, np.arange(10) >= 8]) == 0.5


def test_the_team_with_the_most_credit_stands_first_and_equals_by_name():
    first, second = (make_entry(BOUNTY, n, rows, ONES, team=t) for n, rows, t in (("1", [0], "b"), ("2", [1], "a")))
    third = make_entry(BOUNTY, "3", range(2, 9), ONES, team="z")

    assert board_of(first, second, third)["team"].tolist() == ["z", "a", "b"]


def test_nothing_is_said_of_certificates_before_the_sealed_split_is_opened():
    assert board_of(RED)["certified"].isna().all()


def test_certified_submissions_are_counted_by_team():
    twice = make_bounty([1] * 40, [0] * 40)
    bounty = replace(twice, split=np.repeat([VALIDATION, SEALED], 20).astype(np.int8))
    holds = make_entry(bounty, "1", [*range(10), *range(20, 30)], [1] * 40, team="red")
    lucky = make_entry(bounty, "2", [*range(10, 20), *range(30, 40)], [1] * 20 + [0] * 20, team="blue")

    certified = certify_sealed(play(bounty, [holds, lucky]))
    board = board_of(holds, lucky, bounty=bounty, certified=certified).set_index("team")

    assert board["accepted"].to_dict() == {"red": 1, "blue": 1}
    assert board["certified"].to_dict() == {"red": 1, "blue": 0}


def test_a_published_model_goes_with_the_team_that_named_it():
    """Blue points rows 0 to 2 back to the baseline, which was right of them."""
    bounty = make_bounty([0] * 3 + [1] * 7, [0] * 10)
    spoils = make_entry(bounty, "1", range(10), ONES, team="red")
    back = replace(make_entry(bounty, "2", range(3), ONES, team="blue"), predictions=None, model=0)
    after = make_entry(bounty, "3", range(3, 10), ONES, team="blue")

    board = board_of(spoils, back, after, bounty=bounty).set_index("team")

    assert board["error"].to_dict() == pytest.approx({"red": 0.3, "blue": 0.0})


def test_published_losses_are_rounded_and_the_order_is_made_from_what_is_left():
    bounty = make_bounty([1] * 1_000, [0] * 1_000)
    one = make_entry(bounty, "1", range(101), [1] * 1_000, team="b")
    two = make_entry(bounty, "2", range(101, 201), [1] * 1_000, team="a")
    board = board_of(one, two, bounty=bounty)

    shown = round_board(board, bounty, 101)

    assert board["team"].tolist() == ["b", "a"] and board["credit"].tolist() == pytest.approx([0.101, 0.1])
    assert shown["team"].tolist() == ["a", "b"] and shown["credit"].tolist() == [0.1, 0.1]
    assert shown["error"].tolist() == [0.9, 0.9]


def test_everybody_together_is_the_common_model():
    together = stand_together(play(BOUNTY, [RED, BLUE, MORE]))

    assert (together.fall, together.error) == (pytest.approx(0.9), pytest.approx(0.1))
    assert together.gap == pytest.approx(1 / 5)
    assert together.gap_rows == 4  # in the first group; five are in the second, and five outside


def test_a_published_gap_does_not_tell_the_label_of_one_row_of_a_small_group():
    """Two games that differ in one label of a group of 40 among 10,000 publish the same gaps."""
    shown = []
    for last in (0, 1):
        label = [1] * 39 + [last] + [0] * 9_960
        bounty = make_bounty(label, [0] * 10_000)
        entry = make_entry(bounty, "1", range(40), [1] * 10 + [0] * 10 + [1] * 10 + [0] * 9_970)
        game = play(bounty, [entry])
        board = build_board(game, [entry], share_credit(game), None)
        assert round(board["gap"].iloc[0] * 40) == 19 + last
        shown.append(round_board(board, bounty, count_gap_rows(game))["gap"].iloc[0])

    assert shown[0] == shown[1]


def test_a_board_of_nobody_is_empty():
    assert board_of().to_dict("list") == {name: [] for name in COLUMNS}
