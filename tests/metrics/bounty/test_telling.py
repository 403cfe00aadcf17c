"""What a bounty tells: rules in words, and losses in digits too coarse to give a row away."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.bounty.judge import Decision
from metrics.bounty.submission import Group, Replacement
from metrics.bounty.telling import (
    explain_law,
    find_step,
    round_loss,
    say_alpha,
    say_exactly,
    say_group,
    say_loss,
    say_reason,
    say_replacement,
    say_score,
    say_step,
)
from metrics.bounty.terms import Terms
from metrics.predicates import parse_predicate

TERMS = Terms("Loans", "rows.csv", "id", "repaid", "model", "split", alpha=0.005, minimum_group=30)
SQUARED = replace(TERMS, task="regression", loss="squared")


def decide(**given_values):
    told = {
        "submission": "1",
        "team": "a",
        "units": 100,
        "mass": 0.05,
        "loss_current": 0.4,
        "loss_replacement": 0.1,
        "score": 0.015,
        "accepted": True,
        "reason": "",
        "repairs": 0,
        "error_after": 0.2,
    }
    return Decision(**(told | given_values))


@given(st.integers(25, 100_000), st.data())
def test_one_row_moves_a_shown_loss_by_at_most_one_step(n, data):
    wrong = data.draw(st.integers(0, n - 1))

    moved = round_loss((wrong + 1) / n, n) - round_loss(wrong / n, n)

    assert -1e-9 <= moved <= find_step(n) + 1e-9


@given(st.integers(25, 5_000))
def test_most_rows_move_nothing_that_is_shown(n):
    """Of the n steps from none wrong to all, at most one in five is seen."""
    shown = [round_loss(wrong / n, n) for wrong in range(n + 1)]

    assert sum(a != b for a, b in pairwise(shown)) <= n / 5 + 1


@pytest.mark.parametrize("n", [0, 1, 24])
def test_a_loss_of_few_rows_is_not_shown_at_all(n):
    assert isnan(round_loss(0.5, n))
    assert say_loss(TERMS, 0.5, n) == "-"


def test_errors_are_shares_and_other_losses_numbers():
    assert (say_loss(TERMS, 0.2337, 600), say_loss(SQUARED, 0.2337, 600)) == ("25 %", "0.25")
    assert (say_score(TERMS, 0.0163, 2_000), say_score(SQUARED, -0.0163, 2_000)) == ("+2 points", "−0.02")
    assert (say_score(TERMS, 0.0001, 2_000), say_score(TERMS, -0.0001, 2_000)) == ("0 points", "0 points")
    assert (say_alpha(TERMS), say_alpha(SQUARED)) == ("0.5 points", "0.005")
    assert (say_exactly(TERMS, 0.23371), say_exactly(SQUARED, 0.23371)) == ("23.4 %", "0.2337")


def test_steps_are_said_in_the_unit_of_the_loss():
    assert (say_step(TERMS, 2_000), say_step(TERMS, 3_000), say_step(SQUARED, 300)) == ("2 points", "1 point", "0.05")
    assert say_step(TERMS, 10) == "-"


def test_the_law_names_alpha_and_the_split():
    assert explain_law(TERMS) == (
        "No group found earlier ends worse off by more than alpha (0.5 points), in mass-weighted loss on the "
        "validation split."
    )


def test_a_reason_rests_on_rounded_digits():
    accepted = say_reason(TERMS, decide(score=0.01634), 2_000)
    small = say_reason(TERMS, decide(units=29, accepted=False, score=0.01634), 2_000)
    weak = say_reason(TERMS, decide(accepted=False, score=0.00234), 2_000)

    assert accepted == "its score lies above alpha, 0.5 points: about +2 points"
    assert small == "the group has 29 rows in the validation split, fewer than the 30 asked"
    assert weak == "its score does not lie above alpha, 0.5 points"


def test_a_rejection_says_the_same_however_bad_the_predictions_were():
    """Else one who is rejected costs nothing and asks again with one row more, until a rounded number turns."""
    said = {say_reason(TERMS, decide(accepted=False, score=score), 2_000) for score in (-0.9, -0.05, 0.0, 0.0049)}

    assert said == {"its score does not lie above alpha, 0.5 points"}


def test_a_reason_never_shows_a_score_on_the_wrong_side_of_alpha():
    """In steps of two points, 0.6 points are shown as none and 1.1 as two."""
    alike = replace(TERMS, alpha=0.015)

    assert say_reason(TERMS, decide(score=0.006), 2_000) == "its score lies above alpha, 0.5 points"
    assert (
        say_reason(alike, decide(accepted=False, score=0.011), 2_000)
        == "its score does not lie above alpha, 1.5 points"
    )


def test_groups_and_replacements_are_said_in_words():
    where = Group(where=parse_predicate("age < 25"), text="age < 25")

    assert say_group(where) == "age < 25"
    assert say_group(Group(where=parse_predicate("true"), text="true")) == "everyone"
    assert say_group(Group(ids="members.csv")) == "a list of ids"
    assert say_replacement(Replacement(constant="yes")) == "yes for everyone"
    assert say_replacement(Replacement(model=0)) == "the baseline"
    assert say_replacement(Replacement(model=3)) == "model 3"
    assert say_replacement(Replacement(predictions="p.csv")) == "a file of predictions"
