"""The game: hand counts, laws, and a literal implementation that every decision has to equal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.bounty.judge import dry_run, group_losses, judge_entry, new_game, pin, play, play_teams
from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Entry
from metrics.bounty.terms import EXPLORE, VALIDATION
from tests.metrics.bounty.folders import make_bounty, make_entry
from tests.metrics.bounty.literal import Sent, play_literally

# -- by hand: ten people, everybody is 1 ---------------------------------------------------------

ONES = [1] * 10


def test_a_replacement_that_is_better_by_more_than_alpha_becomes_the_model_where_the_group_is():
    bounty = make_bounty(ONES, [0] * 10, alpha=0.1)

    game = play(bounty, [make_entry(bounty, "1", range(4), [1, 1, 1, 0, *[1] * 6])])

    (decision,) = game.decisions
    assert (decision.units, decision.mass, decision.accepted, decision.repairs) == (4, 0.4, True, 0)
    assert (decision.loss_current, decision.loss_replacement) == (1.0, 0.25)
    assert decision.score == pytest.approx(0.3)
    assert decision.error_after == 0.7
    assert game.current.tolist() == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert game.errors.tolist() == [1.0, 0.7]


@pytest.mark.parametrize("alpha", [0.07, 0.29, 0.3, 0.58])
def test_a_score_of_alpha_itself_is_not_enough(alpha):
    """Also where the float of alpha times the number of rows is a little less than that whole number."""
    n = round(100 * alpha)
    bounty = make_bounty([1] * 100, [0] * 100, alpha=alpha)
    exactly, one_more = (make_entry(bounty, "1", range(k), [1] * 100) for k in (n, n + 1))

    assert [judge_entry(new_game(bounty), entry).decisions[0].accepted for entry in (exactly, one_more)] == [
        False,
        True,
    ]


def test_a_small_group_is_not_accepted_however_good():
    bounty = make_bounty(ONES, [0] * 10, minimum=4)

    game = play(bounty, [make_entry(bounty, "1", range(3), ONES)])

    assert not game.decisions[0].accepted
    assert game.decisions[0].reason == "The group has fewer than 4 rows of the validation split."
    assert len(game.models) == 1


def test_a_group_that_an_update_harms_is_pointed_back_to_the_model_that_served_it_best():
    bounty = make_bounty(ONES, [0] * 10, alpha=0.1)
    first = make_entry(bounty, "1", range(6), ONES)
    second = make_entry(bounty, "2", range(4, 10), [1, 1, 1, 1, 0, 0, 1, 1, 1, 1])  # wrong of 4 and 5, whom 1 got right

    game = play(bounty, [first, second])

    assert [d.repairs for d in game.decisions] == [0, 1]
    assert game.decisions[1].score == pytest.approx(0.2)
    assert game.current.tolist() == ONES
    assert [a.best for a in game.accepted] == [0.0, 0.0]
    assert [a.best_model for a in game.accepted] == [1, 2]


@pytest.mark.parametrize(("n_harmed", "repairs"), [(2, 0), (3, 1)])
def test_harm_of_alpha_itself_is_let_be_and_any_more_is_not(n_harmed, repairs):
    bounty = make_bounty([1] * 20, [0] * 20, alpha=0.1)
    first = make_entry(bounty, "1", range(10), [1] * 20)
    harmful = make_entry(bounty, "2", range(10 - n_harmed, 20), [0] * 10 + [1] * 10)

    game = play(bounty, [first, harmful])

    assert [d.accepted for d in game.decisions] == [True, True]
    assert game.decisions[1].repairs == repairs


def test_of_several_harmed_groups_the_one_accepted_first_is_repaired_first():
    """The other way round, two repairs would be needed: 4 and 5 are right in the model of 1 and wrong in that of 2."""
    bounty = make_bounty([1] * 20, [0] * 20, alpha=0.1)
    entries = [
        make_entry(bounty, "1", range(6), [1] * 20),
        make_entry(bounty, "2", range(4, 11), [0] * 6 + [1] * 14),
        make_entry(bounty, "3", [0, 6, 7, 8, *range(11, 20)], [0] * 11 + [1] * 9),
    ]

    game = play(bounty, entries)

    assert [(d.accepted, d.repairs) for d in game.decisions] == [(True, 0), (True, 0), (True, 1)]
    assert np.flatnonzero(game.current == 0).tolist() == [6, 7, 8]


def test_a_group_is_served_at_least_as_well_as_by_a_model_from_before_it_was_found():
    """The model of round 1 harmed four whom nobody had named; who names them gets the baseline back."""
    bounty = make_bounty(ONES, [1] * 4 + [0] * 6, alpha=0.1)
    first = make_entry(bounty, "1", range(10), [0] * 4 + [1] * 6)
    second = make_entry(bounty, "2", range(4), [1, 1, 0, 0] + [0] * 6)

    game = play(bounty, [first, second])

    assert [(d.accepted, d.repairs, d.error_after) for d in game.decisions] == [(True, 0, 0.4), (True, 1, 0.0)]
    assert game.current.tolist() == ONES


def test_a_published_model_may_serve_a_group():
    bounty = make_bounty(ONES, [1] * 4 + [0] * 6, alpha=0.1)
    first = make_entry(bounty, "1", range(10), [0] * 4 + [1] * 6)
    back = Entry(make_entry(bounty, "2", range(4), ONES).submission, np.arange(10) < 4, None, model=0)

    game = play(bounty, [first, back])

    assert [d.accepted for d in game.decisions] == [True, True]
    assert game.current.tolist() == ONES


def test_a_group_without_validation_rows_has_no_loss():
    bounty = make_bounty(ONES, [0] * 10)
    bounty = replace(bounty, split=np.array([EXPLORE] * 5 + [VALIDATION] * 5, dtype=np.int8))

    (decision,) = play(bounty, [make_entry(bounty, "1", range(5), ONES)]).decisions

    assert (decision.units, decision.score, decision.accepted) == (0, 0.0, False)
    assert np.isnan([decision.loss_current, decision.loss_replacement]).all()


def test_a_dry_run_looks_at_the_explore_split_alone():
    bounty = make_bounty([1] * 10, [0] * 10, alpha=0.1)
    bounty = replace(bounty, split=np.array([EXPLORE] * 4 + [VALIDATION] * 6, dtype=np.int8))
    entry = make_entry(bounty, "1", range(2, 10), [1, 1, 1, 0] + [0] * 6)  # of validation all wrong

    found = dry_run(new_game(bounty), entry)

    assert (found.units, found.mass, found.loss_current, found.loss_replacement) == (2, 0.5, 1.0, 0.5)
    assert (found.score, found.accepted, found.error_after) == (0.25, True, 0.75)
    assert not judge_entry(new_game(bounty), entry).decisions[0].accepted


def test_each_team_has_a_list_of_its_own():
    """What red did first takes nothing away from blue in blue's own game."""
    bounty = make_bounty(ONES, [0] * 10, alpha=0.1)
    entries = [make_entry(bounty, id_, range(6), ONES, team) for id_, team in (("1", "red"), ("2", "blue"))]

    common, private = play(bounty, entries), play_teams(bounty, entries)

    assert [d.accepted for d in common.decisions] == [True, False]
    assert {team: game.errors.tolist() for team, game in private.items()} == {"red": [1.0, 0.4], "blue": [1.0, 0.4]}


def test_a_pinned_model_is_the_same_in_any_order():
    bounty = make_bounty(ONES, [0] * 10, alpha=0.1)
    first = make_entry(bounty, "1", range(6), ONES)
    game = play(bounty, [first])
    unpinned = Entry(make_entry(bounty, "2", range(3), ONES).submission, np.arange(10) < 3, None, model=1)

    pinned = pin(game, unpinned)

    assert play(bounty, [pinned, first]).decisions[0].score == pytest.approx(0.3)


# -- laws ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scenario:
    bounty: Bounty
    entries: list[Entry]
    alpha: str


def make_scenario(seed: int, loss: str, alpha: str) -> Scenario:
    """Rows in blocks, and submissions on several blocks each, right about some blocks and wrong about others.

    So a submission often is worth more than alpha as a whole, and harms a group that was accepted before.
    """
    rng = np.random.default_rng(seed)
    n, n_blocks, n_sent = rng.choice([5, 20, 40]), rng.choice([8, 12]), rng.choice([6, 24, 40])
    n_classes, quality = rng.integers(2, 4), rng.uniform(0.4, 0.8)
    block = rng.integers(0, n_blocks, n)

    def values() -> np.ndarray:
        return rng.integers(0, n_classes, n) if loss == "error" else rng.integers(0, 21, n) / 20

    def guess(right: float) -> np.ndarray:
        is_right = (rng.random(n_blocks) < right)[block] ^ (rng.random(n) < 0.05)
        return np.where(is_right, label, values())

    label = values()
    bounty = make_bounty(label, guess(0.3), alpha=float(alpha), minimum=int(rng.integers(1, 4)), loss=loss)
    entries = []
    for number in range(n_sent):
        group = np.flatnonzero((rng.random(n_blocks) < 0.4)[block] ^ (rng.random(n) < 0.05))
        entries.append(make_entry(bounty, str(number), group, guess(quality)))
    return Scenario(bounty, entries, alpha)


LOSSES, ALPHAS = ("error", "squared", "absolute"), ("0", "0.01", "0.02", "0.05")
scenarios = st.builds(make_scenario, st.integers(0, 2**32 - 1), st.sampled_from(LOSSES), st.sampled_from(ALPHAS))


def _literally(scenario: Scenario):
    bounty = scenario.bounty
    as_model = lambda values: {row: Fraction(str(value)) for row, value in enumerate(values.tolist())}  # noqa: E731
    sent = []
    for entry in scenario.entries:
        said = as_model(entry.predictions)
        members = frozenset(np.flatnonzero(entry.group).tolist())
        sent.append(Sent(members, {row: said[row] for row in members}))
    terms = bounty.terms
    alpha = Fraction(scenario.alpha)
    return play_literally(
        as_model(bounty.label), as_model(bounty.baseline), sent, alpha, terms.minimum_group, terms.loss
    )


@given(scenarios)
def test_decisions_and_models_are_those_of_the_algorithm_word_by_word(scenario):
    game = play(scenario.bounty, scenario.entries)

    told, published = _literally(scenario)
    for decision, one in zip(game.decisions, told, strict=True):
        assert (decision.units, decision.accepted, decision.repairs) == (one.units, one.accepted, one.repairs)
        assert (decision.score, decision.error_after) == (float(one.score), float(one.error_after))
        for found, expected in (
            (decision.loss_current, one.loss_current),
            (decision.loss_replacement, one.loss_replacement),
        ):
            np.testing.assert_equal(found, np.nan if expected is None else float(expected))
    assert [[Fraction(str(x)) for x in model.tolist()] for model in game.models] == [
        list(m.values()) for m in published
    ]


def test_the_scenarios_hold_repairs_of_several_groups():
    """Else the claims of this file would say little."""
    made = (make_scenario(seed, LOSSES[seed % 3], ALPHAS[seed % 4]) for seed in range(120))

    most = [max(d.repairs for d in play(scenario.bounty, scenario.entries).decisions) for scenario in made]

    assert sum(n >= 1 for n in most) >= 20
    assert sum(n >= 2 for n in most) >= 3


@given(scenarios)
def test_no_accepted_group_ever_ends_a_round_more_than_alpha_above_its_best(scenario):
    """In mass-weighted loss on the validation split, over every model published so far."""
    alpha, game = Fraction(scenario.alpha), new_game(scenario.bounty)
    for entry in scenario.entries:
        game = judge_entry(game, entry)
        for accepted in game.accepted:
            losses = [_exactly(loss) for loss in group_losses(game, accepted)]
            assert losses[-1] <= min(losses) + alpha
            assert _exactly(accepted.best) == min(losses)
            assert losses.index(min(losses)) == accepted.best_model


@given(scenarios)
def test_the_whole_loss_falls_by_more_than_alpha_with_every_update_and_every_repair(scenario):
    """So it never rises, and the repairs come to an end: with alpha above 0 after fewer than 1 / alpha steps."""
    alpha, game = Fraction(scenario.alpha), play(scenario.bounty, scenario.entries)
    errors = [_exactly(error) for error in game.errors]
    steps = [1 + decision.repairs for decision in game.decisions if decision.accepted]

    for (before, after), n in zip(pairwise(errors), steps, strict=True):
        assert before - after > alpha * n
    assert sum(steps) * alpha <= 1


@given(scenarios)
def test_what_is_not_accepted_changes_nothing(scenario):
    game = play(scenario.bounty, scenario.entries)
    taken = [entry for entry, decision in zip(scenario.entries, game.decisions, strict=True) if decision.accepted]

    again = play(scenario.bounty, taken)

    assert again.decisions == tuple(decision for decision in game.decisions if decision.accepted)
    np.testing.assert_array_equal(again.current, game.current)


@given(scenarios, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_is_no_part_of_the_decisions(scenario, random):
    bounty = scenario.bounty
    order = np.array(random.sample(range(len(bounty)), len(bounty)))
    turned = replace(bounty, label=bounty.label[order], baseline=bounty.baseline[order])
    entries = [replace(e, group=e.group[order], predictions=e.predictions[order]) for e in scenario.entries]

    assert play(turned, entries).decisions == play(bounty, scenario.entries).decisions


def _exactly(value: float) -> Fraction:
    """The fraction of few digits that a float stands for."""
    return Fraction(float(value)).limit_denominator(400 * 40)
