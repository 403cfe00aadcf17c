"""Rules: what they are true of is impossible, and so is what they leave no completion."""

from __future__ import annotations

import pytest

from metrics.coverage import Covering, cover
from metrics.coverage import possible as module
from metrics.errors import QuestionError
from metrics.predicates import parse_predicate
from tests.metrics.coverage.naive import LEVELS, cube_of_people

ROWS = [{"sex": "f", "age": "old", "town": "n"}]


def combinations_of(*rules, by=("sex", "age"), rows=ROWS, depth=2):
    asked = Covering(tuple(by), ("true_positive_rate",), depth, 1, rules=tuple(map(parse_predicate, rules)))
    return cover(cube_of_people(rows, tuple(LEVELS)), asked)


def titles(covered):
    return {s.title for s in covered.combinations["slice"]}


def test_a_combination_that_a_rule_is_true_of_is_not_there():
    covered = combinations_of("sex = m and age = old")

    assert "sex = m & age = old" not in titles(covered)
    assert {"sex = m", "age = old", "sex = m & age = mid"} <= titles(covered)
    assert covered.t_way["possible"].tolist() == [5, 5]


def test_a_level_of_which_every_completion_is_ruled_out_is_impossible_by_itself():
    covered = combinations_of("sex = m and age in [old, mid]", "age = young and sex = m")

    assert not any("sex = m" in title for title in titles(covered))
    assert covered.t_way["possible"].tolist() == [4, 3]


def test_a_rule_of_an_attribute_that_is_not_asked_about_leaves_what_some_level_of_it_allows():
    allowed = combinations_of("sex = m and age = old and town = n")
    ruled_out = combinations_of("sex = m and age = old and town = n", "sex = m and age = old and town = s")

    assert "sex = m & age = old" in titles(allowed)
    assert "sex = m & age = old" not in titles(ruled_out)


def test_rules_that_share_no_attribute_hold_each_by_itself():
    covered = combinations_of("sex = m and age = old", "town = s", by=("sex", "age", "town"), depth=3)

    assert not any("town = s" in t or ("sex = m" in t and "age = old" in t) for t in titles(covered))
    assert covered.t_way["possible"].tolist() == [6, 10, 5]


def test_rows_that_contradict_a_rule_are_counted_and_stay():
    covered = combinations_of("sex = f and age = old", "sex = m and age = old", rows=ROWS * 3)

    assert covered.contradicted.to_dict("records") == [{"rule": "sex = f and age = old", "units": 3}]
    assert "sex = f & age = old" in titles(covered)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("sx = m", "Did you mean 'sex'"),
        ("sex = male", "never says 'male'"),
        ("age > 30", "compares numbers only"),
        ("everyone", "No combination is left possible"),
        ("sex in [f, m]", "No combination is left possible"),
    ],
)
def test_a_rule_that_cannot_be_read_off_the_levels_is_refused_by_name(rule, said):
    with pytest.raises(QuestionError, match=said):
        combinations_of(rule)


def test_rules_that_hang_together_over_too_much_are_refused_with_the_numbers(monkeypatch):
    monkeypatch.setattr(module, "MOST_CELLS", 5)

    with pytest.raises(QuestionError, match="2 attributes with 6 combinations, and at most 5"):
        combinations_of("sex = m and age = old")
