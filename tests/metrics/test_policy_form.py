"""A policy as people fill it in: units of limits, and templates under the names of one's own data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.policy import Policy, Rule, load_template
from metrics.policy_form import (
    fit_policy,
    guess_attribute,
    lacking_metrics,
    list_attributes,
    read_limit,
    show_limit,
    unit_of_limit,
)
from metrics.tasks.binary import ERROR_RATE
from metrics.tasks.transcription import METRICS as TRANSCRIPTS

WER = TRANSCRIPTS[0]


@pytest.mark.parametrize(
    ("kind", "metric", "unit"),
    [
        ("difference", ERROR_RATE, "points"),
        ("spread", ERROR_RATE, "points"),
        ("value", ERROR_RATE, "%"),
        ("ratio", ERROR_RATE, "times"),
        ("ratio", None, "times"),
        ("difference", None, ""),
    ],
)
def test_limits_are_read_in_the_unit_of_what_they_limit(kind, metric, unit):
    assert unit_of_limit(kind, metric) == unit


@given(st.integers(0, 10_000).map(lambda n: n / 100), st.sampled_from(["points", "%", "times", ""]))
def test_a_limit_that_was_typed_is_shown_as_it_was_typed(number, unit):
    assert show_limit(read_limit(number, unit), unit) == number


@pytest.mark.parametrize(("typed", "kept"), [(7, 0.07), (0.1, 0.001), (2.3, 0.023), (100, 1.0), (None, None)])
def test_points_are_hundredths_without_what_floats_add(typed, kept):
    assert read_limit(typed, "points") == kept


def test_the_attributes_of_a_policy_are_listed_once():
    assert list_attributes(load_template("local_law_144")) == ("sex", "race")
    assert list_attributes(load_template("equal_opportunity")) == ()


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("sex", ["age", "Sex"], "Sex"),
        ("sex", ["gender_identity", "sex at birth"], "sex at birth"),
        ("race", ["sex", "ethnicity"], "ethnicity"),
        ("race", ["sex", "region"], None),
    ],
)
def test_an_attribute_is_guessed_by_its_name_or_another_word_for_it(name, known, found):
    assert guess_attribute(name, known) == found


def test_a_template_is_fitted_to_the_names_of_the_data():
    fitted = fit_policy(load_template("local_law_144"), {"sex": "gender", "race": "ethnicity"})

    assert [rule.by for rule in fitted.rules] == [(("gender",), ("ethnicity",), ("gender", "ethnicity"))] * 2


def test_groupings_by_what_the_data_lack_are_left_out_and_then_rules_without_any():
    policy = Policy(
        "p", (Rule("both", "accuracy", by=(("sex",), ("sex", "race"))), Rule("race", "accuracy", by=(("race",),)))
    )

    fitted = fit_policy(policy, {"sex": "gender", "race": None})

    assert [(rule.name, rule.by) for rule in fitted.rules] == [("both", (("gender",),))]


def test_rules_of_each_attribute_speak_of_those_that_are_chosen_and_of_everyone_stay_so():
    policy = Policy("p", (Rule("each", "accuracy"), Rule("all", "accuracy", by=())))

    assert [rule.by for rule in fit_policy(policy, {}, ["sex", "age"]).rules] == [(("sex",), ("age",)), ()]
    assert fit_policy(policy, {}) == policy


def test_a_baseline_that_is_a_slice_goes_by_the_new_name_too():
    policy = Policy("p", (Rule("r", "accuracy", by=(("sex",),), baseline="sex = 'a & b'"),))

    assert fit_policy(policy, {"sex": "gender"}).rules[0].baseline == "gender = 'a & b'"


def test_what_the_data_cannot_measure_is_named():
    policy = Policy("p", (Rule("a", "word_error_rate"), Rule("b", "error_rate"), Rule("c", criterion="equalized_odds")))

    assert lacking_metrics(policy, {"error_rate": ERROR_RATE}) == [
        "word_error_rate",
        "true_positive_rate",
        "false_positive_rate",
    ]
