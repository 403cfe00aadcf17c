"""The plan: nothing lacks units afterwards, nothing impossible is asked for, and it is close to the smallest."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from metrics.coverage import Covering, cover
from metrics.coverage import collect as module
from metrics.predicates import parse_predicate
from tests.metrics.coverage.naive import LEVELS, count, cube_of_people, is_possible, lacking, patterns, people

BY = tuple(LEVELS)
RULES = ("sex = m and age = old", "town = s and age != mid")


def impossible(row):
    return (row["sex"], row["age"]) == ("m", "old") or (row["town"] == "s" and row["age"] != "mid")


def plan_of(rows, depth, least, rules=(), by=BY):
    asked = Covering(by, ("true_positive_rate",), depth, least, rules=tuple(map(parse_predicate, rules)))
    return cover(cube_of_people(rows, by), asked)


def collected(covered):
    table = covered.collect
    return [row.to_dict() for row, n in zip(table["slice"], table["units"], strict=True) for _ in range(n)]


def smallest(rows, depth, least, out=lambda row: False):
    """Return the number of rows of the smallest plan there is, by integer programming over all full combinations."""
    full = [dict(zip(BY, levels, strict=True)) for levels in product(*LEVELS.values())]
    full = [row for row in full if not out(row)]
    wanted = [p for p in patterns(BY, depth) if is_possible(p, BY, out)]
    hits = np.array([[all(row[a] == level for a, level in p) for row in full] for p in wanted], float)
    lack = np.array([max(least - count(rows, p), 0) for p in wanted], float)
    found = milp(np.ones(len(full)), integrality=np.ones(len(full)), bounds=Bounds(0, np.inf),
                 constraints=LinearConstraint(hits, lb=lack))  # fmt: skip
    return round(found.fun)


@settings(max_examples=100, deadline=None)
@given(people(), st.integers(1, 3), st.integers(1, 8), st.booleans(), st.booleans())
def test_after_collecting_nothing_is_lacking_to_that_depth(rows, depth, least, with_rules, few):
    out = impossible if with_rules else lambda row: False
    with pytest.MonkeyPatch.context() as patch:
        if few:  # as if there were too many full combinations to compare them all
            patch.setattr(module, "MOST_FULL", 0)
        covered = plan_of(rows, depth, least, RULES if with_rules else ())
    more = collected(covered)

    assert lacking([*rows, *more], BY, depth, least, out) == []
    assert not any(out(row) for row in more)
    assert covered.least_units <= smallest(rows, depth, least, out) <= len(more)


def test_what_is_counted_again_with_the_plan_is_covered_whole():
    rng = np.random.default_rng(3)
    rows = [{a: str(rng.choice(levels)) for a, levels in LEVELS.items()} for _ in range(30)]
    covered = plan_of(rows, 2, 9)
    again = plan_of([*rows, *collected(covered)], 2, 9)

    assert len(covered.uncovered)
    assert len(again.uncovered) == len(again.collect) == 0
    assert again.t_way["share"].tolist() == [1, 1]


def test_the_plan_is_close_to_the_smallest_there_is():
    """Of 60 random files both ways together ask for at most 4 % more than the smallest plans, and never for 25 %."""
    rng = np.random.default_rng(20)
    found = []
    for _ in range(30):
        n, depth, least = int(rng.integers(1, 30)), int(rng.integers(1, 4)), int(rng.integers(1, 9))
        rows = [{a: str(rng.choice(levels)) for a, levels in LEVELS.items()} for _ in range(n)]
        best = smallest(rows, depth, least)
        for most in (module.MOST_FULL, 0):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(module, "MOST_FULL", most)
                found.append((len(collected(plan_of(rows, depth, least))), best))
    ours, theirs = np.array(found).T

    assert ours.sum() <= 1.04 * theirs.sum()
    assert (ours <= np.maximum(1.25 * theirs, theirs + 1)).all()


def test_one_unit_serves_as_many_combinations_as_it_can():
    """Nobody is there: six rows hold every pair of 2, 3 and 2 levels, as many as there are pairs of the widest two."""
    covered = plan_of([{"sex": None, "age": None, "town": None}], 2, 1)

    assert covered.collect["units"].sum() == covered.least_units == 6
    rows = collected(covered)
    for one, two in combinations(BY, 2):
        assert {(row[one], row[two]) for row in rows} == set(product(LEVELS[one], LEVELS[two]))


def test_what_becomes_visible_under_a_collected_pattern_is_collected_too():
    """Only "old" is lacking as a single level; collecting old people uncovers old women and old men."""
    rows = [{"sex": sex, "age": age} for sex in "fm" for age in ("mid", "young") for _ in range(2)]
    covered = plan_of(rows, 2, 2, by=("sex", "age"))

    assert [s.to_dict() for s in covered.uncovered["slice"]] == [{"age": "old"}]
    plan = {
        tuple(s.to_dict().values()): n for s, n in zip(covered.collect["slice"], covered.collect["units"], strict=True)
    }
    assert plan == {("f", "old"): 2, ("m", "old"): 2}


def test_the_largest_numbers_come_first_then_the_order_of_the_levels():
    rows = [{"sex": "m", "age": "old"}]
    plan = plan_of(rows, 2, 3, by=("sex", "age")).collect

    assert plan["units"].tolist() == [3, 3, 3, 3, 3, 2]
    assert plan["slice"].iloc[-1].to_dict() == {"sex": "m", "age": "old"}


def test_where_nothing_lacks_there_is_nothing_to_collect():
    rows = [{"sex": sex, "age": age} for sex in "fm" for age in ("mid", "young", "old")]
    covered = plan_of(rows, 2, 1, by=("sex", "age"))

    assert len(covered.collect) == covered.least_units == 0
    assert list(covered.collect.columns) == ["slice", "units"]
