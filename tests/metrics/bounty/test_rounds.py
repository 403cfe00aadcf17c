"""The rounds of a game, counted by hand."""

from __future__ import annotations

from math import isnan

import pytest

from metrics.bounty.folder import judge_folder
from metrics.bounty.rounds import ROUNDS, trace_rounds
from tests.bounty_folder import write_bounty, write_submission


@pytest.fixture
def game(tmp_path):
    """Of 300 validation rows the 38 young all repay and are refused; what is sent of the north comes after them."""
    folder = write_bounty(tmp_path / "bounty")
    write_submission(folder, "a", "1", {"where": "age < 25"}, {"constant": "1"})
    write_submission(folder, "a", "2", {"where": "region = north and age >= 25"}, {"model": 1})
    write_submission(folder, "a", "3", {"where": "region = north"}, {"constant": "1"})
    return judge_folder(folder).game


def test_there_is_a_row_for_everyone_and_each_group_and_round(game):
    table = trace_rounds(game)
    n_rounds = len(game.accepted)

    assert list(table.columns) == ROUNDS
    assert len(table) == (n_rounds + 1) * (n_rounds + 1)
    assert table[table["who"] == -1]["units"].unique().tolist() == [300]


def test_losses_are_shown_in_steps_and_limits_follow_the_best(game):
    """38 rows are shown in steps of 20 points; alpha is 1 point of 300 rows, so 3 rows of the 38."""
    young = trace_rounds(game)
    young = young[young["who"] == 0]

    assert young["loss"].tolist()[:2] == [1.0, 0.0]
    assert isnan(young["limit"].iloc[0])
    assert young["limit"].iloc[1:].unique().tolist() == [round(0.01 * 300 / 38, 3)]


def test_before_anything_is_accepted_there_is_the_baseline_alone(tmp_path):
    table = trace_rounds(judge_folder(write_bounty(tmp_path / "bounty")).game)

    assert table[["who", "round", "loss"]].to_dict("records") == [{"who": -1, "round": 0, "loss": 0.25}]
