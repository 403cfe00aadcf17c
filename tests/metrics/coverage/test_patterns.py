"""The most general combinations that lack units: by hand, and equal to going through all of them."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.coverage import Covering, cover, list_uncovered
from metrics.errors import QuestionError
from metrics.predicates import parse_predicate
from tests.metrics.build import cube_of
from tests.metrics.coverage.naive import LEVELS, count, cube_of_people, is_possible, maximal_uncovered, patterns, people

BY = tuple(LEVELS)
RULE = "sex = m and age = old"


def asked(by=BY, **more):
    return Covering(**{"by": tuple(by), "metrics": ("true_positive_rate",), **more})


def uncovered(covered):
    table = covered.uncovered
    return {frozenset(s.items()): int(n) for s, n in zip(table["slice"], table["units"], strict=True)}


def people_of(counts):
    return [{"sex": sex, "age": age} for (sex, age), n in counts.items() for _ in range(n)]


def test_what_is_lacking_is_said_as_generally_as_can_be():
    """Old people are 3 in all; young men are 1 of 3 young people and 5 men: neither parent lacks any."""
    rows = people_of({("f", "old"): 1, ("m", "old"): 2, ("f", "mid"): 4, ("m", "mid"): 4, ("f", "young"): 4})
    rows += people_of({("m", "young"): 1})
    found = cover(cube_of_people(rows, ["sex", "age"]), asked(["sex", "age"], min_units=4))

    assert uncovered(found) == {frozenset({("age", "old")}): 3, frozenset({("sex", "m"), ("age", "young")}): 1}


def test_a_combination_that_never_occurs_is_lacking_too():
    rows = people_of({("f", "old"): 9, ("m", "old"): 9, ("f", "mid"): 9, ("m", "mid"): 9, ("f", "young"): 9})
    found = cover(cube_of_people(rows, ["sex", "age"]), asked(["sex", "age"], min_units=4))

    assert uncovered(found) == {frozenset({("sex", "m"), ("age", "young")}): 0}


def test_too_few_in_all_is_said_once_of_everyone():
    found = cover(cube_of_people(people_of({("f", "old"): 3}), ["sex", "age"]), asked(["sex", "age"], min_units=4))

    assert uncovered(found) == {frozenset(): 3}


def test_without_a_metric_rows_count_and_the_metric_is_none():
    rows = people_of({("f", "old"): 5, ("m", "old"): 5})
    cube = cube_of_people(rows, ["sex"], label=["0"] * 5 + ["1"] * 5)
    by_rows = cover(cube, Covering(("sex",), min_units=5))
    by_positives = cover(cube, Covering(("sex",), ("true_positive_rate",), min_units=5))

    assert uncovered(by_rows) == {}
    assert uncovered(by_positives) == {frozenset({("sex", "f")}): 0}
    assert by_positives.uncovered["metric"].tolist() == ["true_positive_rate"]
    assert by_rows.uncovered["metric"].tolist() == []


def test_each_metric_has_its_own_denominator_and_both_have_to_be_enough():
    cube = cube_of_people(people_of({("f", "old"): 4, ("m", "old"): 4}), ["sex"], label=list("11001100"))
    found = cover(cube, Covering(("sex",), ("true_positive_rate", "false_positive_rate"), min_units=3))

    assert found.uncovered["metric"].tolist() == ["true_positive_rate"] * 2 + ["false_positive_rate"] * 2
    assert found.t_way["covered"].tolist() == [0]
    assert found.collect["units"].tolist() == [1, 1]


def test_the_smaller_class_is_what_the_area_under_the_curve_needs():
    frame = pd.DataFrame({"sex": ["f"] * 6 + ["m"] * 6, "label": list("111110111000"), "score": [0.1, 0.7] * 6})
    (cube,) = cube_of(frame, ["sex"], {"score": "score"})
    found = cover(cube, Covering(("sex",), ("roc_auc",), min_units=3))

    assert uncovered(found) == {frozenset({("sex", "f")}): 1}


def test_a_row_of_a_count_column_counts_as_many():
    rows = people_of({("f", "old"): 1, ("m", "old"): 1})
    found = cover(cube_of_people(rows, ["sex"], count=[30, 29]), Covering(("sex",), min_units=30))

    assert uncovered(found) == {frozenset({("sex", "m")}): 29}


def test_one_of_several_labels_is_to_be_covered_being_without_it_is_not():
    from dataclasses import replace

    frame = pd.DataFrame({"sex": ["f"] * 5 + ["m"] * 5, "accent: scots": ["yes"] * 9 + ["no"]})
    (cube,) = cube_of(frame.assign(label="1", prediction="1"), ["sex", "accent: scots"])
    assert cube.scored is not None
    axes = tuple(replace(a, family="accent" if a.name != "sex" else "") for a in cube.axes)
    scored = replace(cube.scored, axes=axes)
    cube = replace(cube, axes=axes, scored=scored, groupings={}, kept={})
    found = cover(cube, Covering(("sex", "accent"), ("accuracy",), min_units=5))

    assert uncovered(found) == {frozenset({("sex", "m"), ("accent: scots", "yes")}): 4}
    assert [s.to_dict() for s in found.collect["slice"]] == [{"sex": "m", "accent: scots": "yes"}]


@settings(max_examples=150, deadline=None)
@given(people(), st.integers(1, 3), st.integers(1, 8), st.booleans())
def test_the_quick_way_equals_going_through_all_of_them(rows, depth, least, with_rule):
    def impossible(row):
        return with_rule and (row["sex"], row["age"]) == ("m", "old")

    rules = (parse_predicate(RULE),) if with_rule else ()
    found = cover(cube_of_people(rows, BY), asked(depth=depth, min_units=least, rules=rules))

    assert uncovered(found) == maximal_uncovered(rows, BY, depth, least, impossible)
    for order, covered, possible, share, occurring in found.t_way.itertuples(index=False):
        own = [p for p in patterns(BY, depth) if len(p) == order and is_possible(p, BY, impossible)]
        assert (covered, possible) == (sum(count(rows, p) >= least for p in own), len(own))
        assert occurring == sum(count(rows, p) > 0 for p in own)
        assert share == pytest.approx(covered / possible)


def test_equal_rows_counted_together_give_the_same(monkeypatch):
    rows = people_of({("f", "old"): 7, ("m", "mid"): 5, ("m", "young"): 2})
    plain = cover(cube_of_people(rows, ["sex", "age"]), asked(["sex", "age"], min_units=5))
    monkeypatch.setattr("metrics.coverage.grid._MANY_ROWS", 0)
    merged = cover(cube_of_people(rows, ["sex", "age"]), asked(["sex", "age"], min_units=5))

    pd.testing.assert_frame_equal(plain.uncovered, merged.uncovered)


def test_a_cube_without_its_rows_answers_from_the_groupings_it_has():
    from dataclasses import replace

    cube = cube_of_people(people_of({("f", "old"): 7, ("m", "mid"): 5}), ["sex", "age"])
    whole = cover(cube, asked(["sex", "age"], depth=1, min_units=6))
    for names in ((), ("sex",), ("age",)):
        cube.by(names)
    bare = replace(cube, scored=None)

    pd.testing.assert_frame_equal(cover(bare, asked(["sex", "age"], depth=1, min_units=6)).uncovered, whole.uncovered)
    with pytest.raises(QuestionError, match="was not counted"):
        cover(bare, asked(["sex", "age"], depth=2))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"by": ("sx",)}, "Did you mean 'sex'"),
        ({"by": ()}, "name at least one"),
        ({"depth": 0}, "depth"),
        ({"depth": 6}, "depth"),
        ({"min_units": 0}, "1 or more"),
        ({"target_gap": 0.0}, "above 0"),
        ({"target_gap": float("nan")}, "above 0"),
        ({"power": 1.0}, "power"),
        ({"confidence": 1.0}, "confidence"),
        ({"correction": "bonferroni"}, "holm, bh or none"),
        ({"metrics": ("true_positive_rat",)}, "Did you mean 'true_positive_rate'"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_cure(more, said):
    cube = cube_of_people(people_of({("f", "old"): 3}), ["sex", "age"])

    with pytest.raises(QuestionError, match=said):
        cover(cube, asked(**{"by": ("sex", "age"), **more}))


def test_too_many_combinations_are_refused_with_their_number_and_the_cure(monkeypatch):
    monkeypatch.setattr("metrics.coverage.grid.MOST_COMBINATIONS", 20)
    cube = cube_of_people(people_of({("f", "old"): 3}), ["sex", "age"])
    cover(cube, asked(["sex", "age"]))

    rows = [{"sex": "f", "age": "old", "town": "n"}]
    with pytest.raises(QuestionError, match=r"35 combinations of up to 3 levels.*--depth 1 has 7"):
        cover(cube_of_people(rows, BY), asked())


def test_an_attribute_that_is_missing_everywhere_is_refused_by_name():
    from dataclasses import replace

    cube = cube_of_people(people_of({("f", "old"): 3}), ["sex", "age"])
    axes = (cube.axes[0], replace(cube.axes[1], levels=()))

    with pytest.raises(QuestionError, match="'age' has no level"):
        cover(replace(cube, axes=axes), asked(["sex", "age"]))


def test_what_is_lacking_can_be_had_alone():
    cube = cube_of_people(people_of({("f", "old"): 7, ("m", "mid"): 5}), ["sex", "age"], label=["1"] * 7 + ["0"] * 5)
    for metrics in (None, ("true_positive_rate", "accuracy")):
        question = asked(["sex", "age"], metrics=metrics, min_units=6)

        pd.testing.assert_frame_equal(list_uncovered(cube, question), cover(cube, question).uncovered)
