from __future__ import annotations

import pytest

from metrics.usage import measure_sensitivity, measure_usage
from metrics.usage import sensitivity as module
from tests.metrics.usage.bounties import bounty, send

ROWS = 1_000
MANY = bounty(
    sex=["f", "m"] * (ROWS // 2),
    age=list(range(ROWS)),
    city=["a", "b", None, "b"] * (ROWS // 4),
    constant=["x"] * ROWS,
)


def of(where=None, **more):
    return measure_sensitivity(MANY, [send("red", 1, where, **more)])[0]


@pytest.mark.parametrize(
    "where", ["age >= 0", "sex in [f, m]", "constant = x", "city is missing or city is not missing"]
)
def test_an_inert_condition_scores_nothing(where):
    assert set(of(where).values()) == {0.0}


def test_an_inert_part_beside_one_that_decides_scores_nothing():
    found = of("sex = f and age >= 0")

    assert found["age"] == 0
    assert found["sex"] > 0.4


def test_half_of_the_rows_change_where_a_coin_decides():
    # A row of a group of half the rows is a member after shuffling in half of the cases, and so is any other.
    assert of("sex = f")["sex"] == pytest.approx(0.5, abs=0.04)


def test_a_small_group_can_change_by_twice_its_share_at_most():
    # 2 p (1 - p) of the rows, p = 0.01.
    assert of("age < 10")["age"] == pytest.approx(2 * 0.01 * 0.99, abs=0.002)


def test_a_file_of_ids_has_no_feature_to_shuffle():
    assert of() == {}


def test_the_seed_decides_and_the_order_of_submissions_does_not():
    one, two = send("red", 1, "sex = f and age < 300"), send("red", 2, "age > 700 or city = a")

    assert measure_sensitivity(MANY, [one, two]) == measure_sensitivity(MANY, [two, one])[::-1]
    assert measure_sensitivity(MANY, [one], seed=1) != measure_sensitivity(MANY, [one], seed=2)


def test_of_many_rows_a_sample_tells_about_the_same(monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 400)

    assert of("sex = f")["sex"] == pytest.approx(0.5, abs=0.08)
    assert of("age >= 0")["age"] == 0


def test_of_a_team_it_is_the_mean_over_all_of_its_submissions():
    entries = [send("red", 1, "sex = f"), send("red", 2, "age < 10"), send("blue", 3, "sex = m")]
    table = measure_usage(MANY, entries, []).set_index(["team", "feature"])["sensitivity"]
    each = measure_sensitivity(MANY, entries)

    assert table["red", "sex"] == pytest.approx(each[0]["sex"] / 2)
    assert table["blue", "sex"] == pytest.approx(each[2]["sex"])
    assert table["(everyone)", "city"] == 0
