"""Credit does not hang on who came first, and adds up to the fall of the loss."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.bounty.credit import share_credit
from metrics.bounty.judge import Game, play
from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Entry
from metrics.bounty.terms import SEALED, VALIDATION
from tests.metrics.bounty.folders import make_bounty, make_entry

ONES = [1] * 10


def everybody_wrong(**kind: float) -> Bounty:
    return make_bounty(ONES, [0] * 10, **kind)  # type: ignore[arg-type]


def fall(game: Game) -> float:
    return float(game.errors[0] - game.errors[-1])


@st.composite
def games(draw, most: int = 5) -> tuple[Bounty, list[Entry]]:
    bounty = make_bounty(draw(st.lists(st.integers(0, 1), min_size=8, max_size=8)), [0, 1] * 4)
    entries = []
    for number in range(draw(st.integers(1, most))):
        group = draw(st.sets(st.integers(0, 7), min_size=1))
        says = draw(st.lists(st.integers(0, 1), min_size=8, max_size=8))
        entries.append(make_entry(bounty, str(number), sorted(group), says, team=draw(st.sampled_from("ab"))))
    return bounty, entries


def test_groups_apart_earn_what_they_gained():
    bounty = everybody_wrong()
    one, two = make_entry(bounty, "1", range(3), ONES), make_entry(bounty, "2", range(3, 8), ONES, team="blue")

    credit = share_credit(play(bounty, [one, two]))

    assert credit.exact and credit.n_orders == 2
    assert credit.submissions["credit"].tolist() == pytest.approx([0.3, 0.5])
    assert credit.submissions["standard_error"].tolist() == [0.0, 0.0]
    assert credit.teams.to_dict() == pytest.approx({"blue": 0.5, "red": 0.3})


def test_rows_that_two_would_have_set_right_are_shared():
    """Ten rows wrong; one sets 0 to 5 right, the other 4 to 9: the two in common go half and half."""
    bounty = everybody_wrong()
    one, two = make_entry(bounty, "1", range(6), ONES), make_entry(bounty, "2", range(4, 10), ONES)

    for order in ([one, two], [two, one]):
        credit = share_credit(play(bounty, order))
        assert credit.submissions["credit"].tolist() == pytest.approx([0.5, 0.5])


def test_who_came_first_does_not_matter():
    bounty = everybody_wrong()
    entries = [
        make_entry(bounty, "1", range(5), ONES, team="a"),
        make_entry(bounty, "2", range(3, 8), ONES, team="b"),
        make_entry(bounty, "3", range(7, 10), ONES, team="c"),
    ]
    shared = [share_credit(play(bounty, order)).teams.sort_index() for order in permutations(entries)]

    for credit in shared[1:]:
        assert credit.to_dict() == pytest.approx(shared[0].to_dict())


@given(games())
def test_credit_adds_up_to_the_fall_and_none_is_negative(case):
    bounty, entries = case
    game = play(bounty, entries)

    credit = share_credit(game)

    assert credit.total == pytest.approx(fall(game))
    assert credit.submissions["credit"].sum() == pytest.approx(credit.total)
    assert (credit.submissions["credit"] >= 0).all()
    assert credit.teams.sum() == pytest.approx(credit.total)


@given(games(most=4))
def test_the_marginal_is_the_mean_over_every_order(case):
    bounty, entries = case
    accepted = [a.entry for a in play(bounty, entries).accepted]
    by_hand = {entry.submission.id: 0.0 for entry in accepted}
    orders = list(permutations(accepted))
    for order in orders:
        for n, entry in enumerate(order):
            gained = fall(play(bounty, order[: n + 1])) - fall(play(bounty, order[:n]))
            by_hand[entry.submission.id] += gained / len(orders)

    credit = share_credit(play(bounty, entries)).submissions

    assert dict(zip(credit["submission"], credit["marginal"], strict=True)) == pytest.approx(by_hand)


def test_sampled_credit_lies_within_its_standard_errors_of_the_exact_one():
    draw = np.random.default_rng(5)
    label = draw.integers(0, 2, 300)
    bounty = make_bounty(label, draw.integers(0, 2, 300))
    entries = [make_entry(bounty, str(i), np.flatnonzero(draw.random(300) < 0.4).tolist(), label) for i in range(5)]
    game = play(bounty, entries)

    exact, drawn = share_credit(game, orders=120), share_credit(game, orders=60, seed=1)

    assert exact.exact and not drawn.exact and drawn.n_orders == 60
    off = np.abs(exact.submissions["credit"] - drawn.submissions["credit"])
    assert (off <= 4 * drawn.submissions["standard_error"] + 1e-12).all()
    assert (drawn.submissions["standard_error"] > 0).any()


def test_credit_is_of_the_validation_rows_alone():
    bounty = replace(make_bounty([1] * 20, [0] * 20), split=np.repeat([VALIDATION, SEALED], 10).astype(np.int8))
    one = make_entry(bounty, "1", range(0, 20, 2), [1] * 20)
    two = make_entry(bounty, "2", range(10), [1] * 20)

    credit = share_credit(play(bounty, [one, two]))

    assert credit.total == 1.0
    assert credit.submissions["credit"].tolist() == pytest.approx([0.25, 0.75])


def test_the_same_seed_gives_the_same_credit():
    bounty = everybody_wrong()
    entries = [make_entry(bounty, str(i), range(i, i + 4), ONES) for i in range(6)]
    game = play(bounty, entries)

    once, again = (share_credit(game, orders=10, seed=2).submissions for _ in range(2))

    assert once.equals(again)


def test_a_submission_that_named_a_published_model_keeps_its_predictions_in_every_order():
    bounty = everybody_wrong()
    spoils = make_entry(bounty, "1", range(10), [1, 1, 1, 1, 1, 1, 0, 0, 0, 0])
    back = replace(make_entry(bounty, "2", range(3), ONES), predictions=None, model=1)
    credit = share_credit(play(bounty, [spoils, back]))

    assert credit.submissions["submission"].tolist() == ["1"]
    assert credit.submissions["credit"].tolist() == [pytest.approx(0.6)]


def test_without_an_accepted_submission_nobody_earns():
    bounty = everybody_wrong()
    credit = share_credit(play(bounty, [make_entry(bounty, "1", range(3), [0] * 10)]))

    assert (len(credit.submissions), credit.total, credit.teams.to_dict()) == (0, 0.0, {})


def test_it_says_how_far_it_is():
    bounty = everybody_wrong()
    told: list[float] = []

    share_credit(play(bounty, [make_entry(bounty, "1", range(3), ONES)]), progress=lambda _, share: told.append(share))

    assert told == [0.0]


def test_one_order_is_too_few():
    with pytest.raises(ValueError, match="two orders"):
        share_credit(play(everybody_wrong(), []), orders=1)


@pytest.mark.parametrize(("alpha", "earned"), [(0.0, [0.2, 0.3]), (0.15, [0.4])])
def test_a_copy_shares_credit_where_alpha_is_less_than_what_it_adds(alpha, earned):
    """Four rows, sent again with a fifth: half of the orders have the copy first, unless a fifth row is too little."""
    bounty = everybody_wrong(alpha=alpha)
    one, copy = make_entry(bounty, "1", range(4), ONES), make_entry(bounty, "2", range(5), ONES, team="blue")

    assert share_credit(play(bounty, [one, copy])).submissions["credit"].tolist() == pytest.approx(earned)
