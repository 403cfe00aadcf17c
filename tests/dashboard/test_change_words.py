"""What was changed, in one short line: every field is heeded, limits stand in their own units, names are bounded."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from dashboard.change_words import tell_schema, write_match_change, write_policy_change, write_schema_change
from metrics.policy import TEMPLATES, Policy, Rule, load_template
from metrics.schema import Attribute, FileOptions, NamedSlice, Schema, System
from metrics.two_sets.match import Match

GAP = Rule("gap", "false_negative_rate", at_most=0.07)
POLICY = Policy("Lending", (GAP, Rule("words", "word_error_rate", compare="ratio", at_least=0.8)))


def _with(**changed: Any) -> str:
    return write_policy_change(Policy("p", (GAP,)), Policy("p", (replace(GAP, **changed),)))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (Rule("r", "accuracy", at_most=0.07), Rule("r", "accuracy", at_most=0.023), "from 7 points to 2.3 points"),
        (
            Rule("r", "accuracy", compare="value", at_most=0.2),
            Rule("r", "accuracy", compare="value", at_most=0.01),
            "from 20 % to 1 %",
        ),
        (
            Rule("r", "accuracy", compare="ratio", at_most=1.25),
            Rule("r", "accuracy", compare="ratio", at_most=2),
            "from 1.25 times to 2 times",
        ),
        (
            Rule("r", criterion="equalized_odds", at_most=0.1),
            Rule("r", criterion="equalized_odds", at_most=0.01),
            "from 10 points to 1 point",
        ),
        (
            Rule("r", "mean_absolute_error", at_most=3.0),
            Rule("r", "mean_absolute_error", at_most=4.5),
            "from 3 to 4.5",
        ),
        (Rule("r", "of our own", at_most=0.1), Rule("r", "of our own", at_most=0.2), "from 0.1 to 0.2"),
    ],
)
def test_a_limit_is_told_in_its_own_unit(before, after, said):
    assert write_policy_change(Policy("p", (before,)), Policy("p", (after,))) == f"rule r: at most {said}"


def test_limits_that_come_and_go_are_told():
    assert _with(at_most=None, at_least=-0.05) == (
        "rule gap: at least from no limit to −5 points, at most from 7 points to no limit"
    )


CHANGED: dict[str, Any] = {
    "name": "another",
    "metric": "accuracy",
    "criterion": "equalized_odds",
    "compare": "ratio",
    "baseline": "best",
    "by": (("sex",), ("sex", "age, years")),
    "at_least": -0.1,
    "at_most": 0.1,
    "min_units": 7,
    "confidence": 0.9,
    "correction": "none",
    "system": "model B",
    "exclude": ("sex is missing",),
    "exclude_below": 0.01,
    "publish": True,
    "note": "because",
}


@pytest.mark.parametrize("field", [f.name for f in fields(Rule)])
def test_no_change_of_a_rule_goes_untold(field):
    said = _with(**{field: CHANGED[field]})

    assert said.startswith("rule gap: ")
    assert said != _with(**{("at_most" if field != "at_most" else "note"): CHANGED["at_most"] * 2})


def test_what_is_set_of_a_rule_is_told_in_words():
    assert _with(by=CHANGED["by"]) == 'rule gap: groups by from each attribute alone to sex, sex,"age, years"'
    assert _with(by=()) == "rule gap: groups by from each attribute alone to everyone"
    assert _with(confidence=0.9) == "rule gap: confidence from 95 % to 90 %"
    assert _with(min_units=7) == "rule gap: fewest units from 30 to 7"
    assert _with(publish=True) == "rule gap: to publish only from no to yes"
    assert _with(name="breach") == "rule gap: name from gap to breach"


def test_rules_that_come_and_go_are_told_with_their_limits():
    one, more = Policy("p", (GAP,)), Policy("p", (GAP, POLICY.rules[1]))

    assert write_policy_change(one, more) == "new rule words: at least 0.8 times"
    assert write_policy_change(more, one) == "rule words taken away (at least 0.8 times)"
    assert write_policy_change(more, Policy("p", more.rules[::-1])) == "the order of the rules"


def test_a_policy_that_comes_and_goes_is_told():
    assert write_policy_change(None, POLICY) == (
        "policy Lending (2 rules); rule gap: at most 7 points; rule words: at least 0.8 times"
    )
    assert write_policy_change(POLICY, None) == "no policy any more; it was Lending (2 rules)"
    assert write_policy_change(POLICY, replace(POLICY, name="Loans", source="x")) == (
        "name from Lending to Loans; another source"
    )


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_is_the_same_is_not_told(name):
    policy = load_template(name)

    assert write_policy_change(policy, Policy.loads(policy.dumps())) == ""
    assert write_policy_change(None, None) == ""


SCHEMA = Schema(
    task="classification",
    columns={"label": "y"},
    systems=(System("A", {"prediction": "a"}),),
    attributes=(Attribute("sex"), Attribute("age", edges=(25.0,))),
    slices=(NamedSlice("older women", "sex = f"),),
)
SCHEMAS: dict[str, tuple[Any, str]] = {
    "task": ("regression", "task from classification to regression"),
    "columns": ({"label": "z", "id": "n"}, "label from y to z; id from nothing to n"),
    "systems": ((System("A", {"prediction": "b"}), System("B", {"score": "c"})), "models from A to A, B"),
    "attributes": (
        (Attribute("sex", obtained="inferred"), Attribute("region")),
        "new group region; group age taken away; group sex: obtained",
    ),
    "without": (("id",), "not guessed from nothing to id"),
    "positive": (("yes", "y"), "positive words from nothing to yes, y"),
    "favourable": ("positive", "good for the person from nothing to positive"),
    "threshold": (0.5, "threshold from nothing to 0.5"),
    "score_scale": ("percent", "scale of the scores from nothing to percent"),
    "tolerance": (2.0, "tolerance from nothing to 2"),
    "strata": (("sex",), "strata from nothing to sex"),
    "where": ("age >= 25", "only rows where from nothing to age >= 25"),
    "normalizer": ("basic", "texts are made alike by from nothing to basic"),
    "terms": ("words.txt", "terms from nothing to words.txt"),
    "recode": ({"y": {"1": ("yes",)}}, "recode: y"),
    "slices": ((NamedSlice("older women", "sex = 'f'"), NamedSlice("north", "region = n")), None),
    "attributions": ({"age": "shap_age"}, "attributions: age"),
    "texts": ({"words.txt": "a"}, "texts: words.txt"),
    "file": (FileOptions(delimiter=";"), "file: delimiter"),
}


@pytest.mark.parametrize("field", [f.name for f in fields(Schema)])
def test_no_change_of_a_schema_goes_untold(field):
    value, said = SCHEMAS[field]

    assert write_schema_change(SCHEMA, replace(SCHEMA, **{field: value})) == (
        said or "new slice north; slice older women: where"
    )
    assert write_schema_change(SCHEMA, Schema.loads(SCHEMA.dumps())) == ""


def test_what_looks_alike_in_short_is_named_alone():
    other = replace(SCHEMA, systems=(System("A", {"prediction": "b"}),))
    long = [replace(SCHEMA, where=f"age > {'1' * 100}{i}") for i in range(2)]

    assert write_schema_change(SCHEMA, other) == "models"
    assert write_schema_change(*long) == "only rows where"


def test_a_threshold_that_alone_is_changed_has_a_word_of_its_own():
    higher = tell_schema(Schema(threshold=0.5), Schema(threshold=0.7), "ann@x.org")
    more = tell_schema(Schema(threshold=0.5), Schema(threshold=0.7, tolerance=1.0), "")

    assert higher is not None and more is not None
    assert (higher.who, higher.what, higher.detail) == ("ann@x.org", "changed threshold", "threshold from 0.5 to 0.7")
    assert more.what == "changed schema"
    assert tell_schema(SCHEMA, SCHEMA, "") is None


def test_a_match_is_told_by_the_names_of_the_reference_alone():
    """Who has the address of the one file must not learn the names of another one from its log."""
    matched = Match({"sex": "Geschlecht"}, {"A": "prod"}, {"accent": {"Indian": ("en-IN",)}})

    assert write_match_change(Match(), matched) == "columns sex; models A; levels of accent"
    assert write_match_change(matched, replace(matched, systems={})) == "models A"
    assert write_match_change(matched, matched) == ""


@pytest.mark.parametrize("n", [1, 50])
def test_the_line_is_short_whatever_is_changed(n):
    long = "é" * 5_000
    rules = tuple(Rule(f"{i} {long}", long, at_most=float(10**i), note=long, by=((long,),)) for i in range(n))
    less = tuple(replace(rule, at_most=0.1, exclude=(long,), note="") for rule in rules)
    schemas = Schema(), Schema(positive=(long,) * n, attributes=tuple(Attribute(f"{i}{long}") for i in range(n)))
    for said in (
        write_policy_change(None, Policy(long, rules)),
        write_policy_change(Policy(long, rules), Policy("p", less)),
        write_policy_change(Policy(long, rules), None),
        write_schema_change(*schemas),
        write_schema_change(*schemas[::-1]),
        write_match_change(Match(), Match(levels={f"{i}{long}": {"a": ("b",)} for i in range(n)})),
    ):
        assert 0 < len(said) <= 1_000  # what the log takes


def test_what_does_not_fit_into_the_line_is_counted():
    many = tuple(Rule(f"rule number {i} of a long list", "accuracy", at_most=0.1) for i in range(50))
    said = write_policy_change(None, Policy("p", many))

    told = said.count("at most 10 points")
    assert 5 < told < 50
    assert said.endswith(f"; and {50 - told} more")
