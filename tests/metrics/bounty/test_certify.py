"""What is certified: on sealed rows with Holm, or on the validation rows at a level that pays for what was learned."""

from __future__ import annotations

from dataclasses import replace
from math import comb

import numpy as np
import pytest
from scipy.stats import binomtest

from metrics.bounty.certify import COLUMNS, adaptive_level, certify_adaptively, certify_sealed
from metrics.bounty.judge import play
from metrics.bounty.rows import Bounty
from metrics.bounty.terms import SEALED, VALIDATION
from metrics.errors import QuestionError
from tests.metrics.bounty.folders import make_bounty, make_entry

# Forty rows of the validation split and the same forty sealed; everybody is 1, the model says 0.
N = 40


def halves(alpha: float = 0.0) -> Bounty:
    bounty = make_bounty([1] * 2 * N, [0] * 2 * N, alpha=alpha)
    return replace(bounty, split=np.array([VALIDATION] * N + [SEALED] * N, dtype=np.int8))


def both(rows: range) -> list[int]:
    return [*rows, *(row + N for row in rows)]


def right_for(rows: list[int]) -> list[int]:
    return [int(row in rows) for row in range(2 * N)]


def test_what_is_tested_is_the_replacement_against_the_model_it_met_on_sealed_rows():
    """The second submission meets a model that has its first ten rows right already."""
    bounty = halves()
    first = make_entry(bounty, "1", both(range(10)), [1] * 2 * N)
    second = make_entry(bounty, "2", both(range(30)), [1] * 2 * N)

    table = certify_sealed(play(bounty, [first, second]))

    assert list(table.columns) == COLUMNS
    assert table["units"].tolist() == [10, 30]
    assert table["better"].tolist() == [10, 20]
    assert table["loss_met"].tolist() == [1.0, pytest.approx(20 / 30)]
    assert table["loss_replacement"].tolist() == [0.0, 0.0]
    assert table["improvement"].tolist() == [10 / N, 20 / N]
    assert table["p"].tolist() == [pytest.approx(binomtest(k, k).pvalue) for k in (10, 20)]


def test_holm_is_over_the_accepted_submissions_and_no_others():
    bounty = halves()
    gains, loses = (
        make_entry(bounty, "1", both(range(6)), [1] * 2 * N),
        make_entry(bounty, "2", both(range(9)), [0] * 2 * N),
    )

    alone = certify_sealed(play(bounty, [loses, gains]))
    more = certify_sealed(play(bounty, [gains, make_entry(bounty, "3", both(range(10, 17)), [1] * 2 * N)]))

    assert alone["p_adjusted"].tolist() == [0.03125] and alone["certified"].tolist() == [True]
    assert more["p_adjusted"].tolist() == [0.03125, 0.03125]  # 2/2^6 once, 2 x 2/2^7


def test_luck_on_the_validation_rows_alone_is_accepted_and_not_certified():
    bounty = halves()
    lucky = make_entry(bounty, "1", both(range(20)), right_for([*range(20)]))

    game = play(bounty, [lucky])

    assert game.decisions[0].accepted
    assert certify_sealed(game)["certified"].tolist() == [False]
    assert certify_adaptively(game)["certified"].tolist() == [True]


def test_a_replacement_that_is_worse_on_sealed_rows_is_not_certified_however_sure_that_is():
    bounty = replace(halves(), baseline=np.array([0] * N + [1] * N, dtype=np.int16))
    entry = make_entry(bounty, "1", both(range(20)), right_for([*range(20)]))

    table = certify_sealed(play(bounty, [entry]))

    assert table["p"].iloc[0] < 0.001
    assert table["certified"].tolist() == [False]


def test_a_published_model_as_replacement_is_tested_with_its_own_predictions():
    bounty = halves()
    spoil = make_entry(bounty, "1", both(range(30)), right_for([*range(20), *range(N, N + 20)]))
    again = replace(make_entry(bounty, "2", both(range(30, 40)), [1] * 2 * N), model=1, predictions=None)
    mended = make_entry(bounty, "3", both(range(20, 40)), [1] * 2 * N)

    table = certify_sealed(play(bounty, [spoil, again, mended]))

    assert table["submission"].tolist() == ["1", "3"]
    assert table["better"].tolist() == [20, 20]


def test_a_group_without_sealed_rows_is_no_part_of_the_family():
    bounty = halves()
    here = make_entry(bounty, "1", range(10), [1] * 2 * N)
    there = make_entry(bounty, "2", both(range(10, 16)), [1] * 2 * N)

    table = certify_sealed(play(bounty, [here, there]))

    assert np.isnan(table["p"].iloc[0]) and not table["certified"].iloc[0]
    assert table["p_adjusted"].iloc[1] == table["p"].iloc[1]


def test_without_sealed_rows_nothing_is_certified_on_fresh_ones():
    bounty = make_bounty([1] * 4, [0] * 4)

    with pytest.raises(QuestionError, match="No row is sealed"):
        certify_sealed(play(bounty, []))


@pytest.mark.parametrize("certify", [certify_sealed, certify_adaptively])
def test_of_nothing_accepted_nothing_is_certified(certify):
    table = certify(play(halves(), []))

    assert (list(table.columns), len(table)) == (COLUMNS, 0)


# -- the level that pays for what was learned ----------------------------------------------------


@pytest.mark.parametrize(("t", "k"), [(1, 0), (2, 0), (2, 1), (7, 3), (60, 12)])
def test_the_level_is_the_formula(t, k):
    assert adaptive_level(t, k, 0.05) == pytest.approx(0.05 * 6 / (np.pi**2 * t**2) * 2 ** -(k + 1) / comb(t - 1, k))


def test_all_histories_of_all_submissions_together_cost_no_more_than_delta():
    """Before submission t there are C(t-1, k) histories with k accepts, each with a level of its own."""
    spent = sum(comb(t - 1, k) * adaptive_level(t, k, 0.05) for t in range(1, 300) for k in range(t))

    assert 0.03 < spent < 0.05


def test_thousands_of_submissions_have_a_level_without_overflow():
    assert 0 <= adaptive_level(20_000, 5_000) < 1e-300


@pytest.mark.parametrize(("t", "k"), [(0, 0), (3, 3), (3, -1)])
def test_a_history_that_cannot_be_has_no_level(t, k):
    with pytest.raises(ValueError, match="accepts"):
        adaptive_level(t, k)


def test_rejected_submissions_count_in_the_level_of_later_ones():
    bounty = halves()
    useless = make_entry(bounty, "1", both(range(10)), [0] * 2 * N)
    good = make_entry(bounty, "2", both(range(20)), [1] * 2 * N)
    better = make_entry(bounty, "3", both(range(20, 40)), [1] * 2 * N)

    table = certify_adaptively(play(bounty, [useless, good, better]))

    assert table["level"].tolist() == pytest.approx([adaptive_level(2, 0), adaptive_level(3, 1)])
    assert table["p_adjusted"].isna().all()
    assert table["certified"].tolist() == [True, True]


def test_useless_submissions_are_hardly_ever_certified_by_either_scheme():
    """60 games of 30 lucky groups: each scheme may certify a useless one in 3 of them."""
    draw = np.random.default_rng(8)
    false = np.zeros(2, int)
    n = 200
    for _ in range(60):
        label, baseline, rival = draw.integers(0, 2, (3, 2 * n))
        bounty = replace(make_bounty(label, baseline), split=np.repeat([VALIDATION, SEALED], n).astype(np.int8))
        groups = [np.flatnonzero(draw.random(2 * n) < 0.2) for _ in range(30)]
        game = play(bounty, [make_entry(bounty, str(i), group.tolist(), rival) for i, group in enumerate(groups)])
        assert len(game.accepted) > 1
        false += [certify_sealed(game)["certified"].any(), certify_adaptively(game)["certified"].any()]

    assert (false <= 8).all()  # more than 8 of 60 happen once in 200 where the chance is 5 %
