"""Verdicts as JSON and as plain text."""

from __future__ import annotations

import json
import math

import pytest

from metrics.formatting import decimals_apart
from metrics.judge import COLUMNS
from metrics.policy import Policy, Rule
from metrics.registry import Metric
from metrics.tasks.binary import ERROR_RATE, METRICS
from metrics.verdict_words import list_verdicts, say_policy, say_rule, write_value, write_value_alone
from metrics.verdict_writing import write_verdict_tables, write_verdicts_json
from tests.metrics.verdict_files import HOSTILE, checked_of, hostile, of_every_kind

NAMED: dict[str, Metric] = {m.name: m for m in METRICS}


@pytest.fixture(scope="module")
def checked():
    return of_every_kind()


@pytest.fixture(scope="module")
def tree(checked):
    return json.loads(write_verdicts_json(checked), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


# -- JSON ----------------------------------------------------------------------------------------


def test_the_json_says_what_it_is_and_holds_the_policy_as_it_was_written(checked, tree):
    assert (tree["format"], tree["version"]) == ("fairness-dashboard check", 1)
    assert Policy.from_dict(tree["policy"]) == checked.policy
    assert [r["verdict"] for r in tree["rules"]] == ["fail", "no data", None, "fail"]
    assert tree["verdict"] == "fail"


def test_every_verdict_has_the_fields_of_the_contract_and_no_others(tree):
    assert {tuple(v) for v in tree["verdicts"]} == {tuple(COLUMNS)}


def test_slices_are_objects_pairs_are_two_of_them_and_what_is_undefined_is_null(tree):
    by_rule = {rule: [v for v in tree["verdicts"] if v["rule"] == rule] for rule in ("errors", "none", "spread")}

    assert {"group": "few"} in [v["slice"] for v in by_rule["errors"]]
    (spread,) = by_rule["spread"]
    assert (spread["slice"], spread["pair"]) == (None, [{"group": "bad"}, {"group": "good"}])
    assert all(v["pair"] is None for v in by_rule["errors"])
    assert {v["value"] for v in by_rule["none"]} == {None}
    assert {v["at_least"] for v in by_rule["errors"]} == {None}


def test_units_needed_are_whole_numbers_or_null(tree):
    needed = [v["units_needed"] for v in tree["verdicts"]]

    assert {type(n) for n in needed} == {int, type(None)}
    assert all(v["verdict"] == "undecided" for v in tree["verdicts"] if v["units_needed"] is not None)


def test_what_the_policy_leaves_out_is_among_the_findings(tree):
    assert any("leaves out group = (missing) (1 row)" in f["found"] for f in tree["findings"])


def test_the_counts_behind_the_verdicts_stand_beside_them(tree):
    bad = [c for c in tree["counts"] if c["slice"] == {"group": "bad"} and c["metric"] == "error_rate"]

    assert [(c["top"], c["below"]) for c in bad] == [(600, 1000)]


# -- text ----------------------------------------------------------------------------------------


def test_the_table_tells_of_every_rule_and_slice_the_gravest_first(checked):
    text = write_verdict_tables(checked)

    lines = text.splitlines()
    rows = [line for line in lines if line.startswith("group = ")]
    assert [line.split("  ")[0] for line in rows[:4]] == ["group = bad", "group = close", "group = few", "group = good"]
    assert "600 of 1,000" in rows[0] and "60.0 %" in rows[0] and "fail" in rows[0]
    assert "errors: fail" in lines and "As agreed." in lines
    assert "What we decided." in text and "Source: Minutes" in text
    assert "leaves out group = (missing) (1 row)" in text


def test_a_rule_that_leaves_everybody_out_says_so():
    checked = checked_of({"a": (1, 50)}, Rule("r", "error_rate", compare="value", at_most=0.5, exclude=("everyone",)))

    assert "No group is left to judge." in write_verdict_tables(checked)
    assert checked.verdict == "no data"


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_steers_a_terminal(name):
    text = write_verdict_tables(hostile(name))

    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("name", HOSTILE)
def test_names_come_back_from_json_as_they_are(name):
    tree = json.loads(write_verdicts_json(hostile(name)))

    assert Policy.from_dict(tree["policy"]).rules[0].note == name
    assert {level for v in tree["verdicts"] if v["slice"] for level in v["slice"].values()} >= {"other", name.strip()}
    assert {v["system"] for v in tree["verdicts"]} == {name, "second"}


# -- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            Rule("r", "error_rate", by=(("sex",), ("sex", "race")), at_most=0.05),
            "Error rate of every group by sex and by sex and race together, against everyone else: "
            "at most 5 points either way.",
        ),
        (
            Rule("r", "selection_rate", compare="ratio", baseline="best", at_least=0.8),
            "Selection rate of every group by each attribute alone, over that of the best group: "
            "between 0.8 and 1.25 times.",
        ),
        (Rule("r", "error_rate", compare="value", by=(), at_most=0.125), "Error rate of everyone: at most 12.5 %."),
        (
            Rule("r", criterion="equalized_odds", by=(("sex",),), at_most=0.1),
            "Equalized odds (true positive rate and false positive rate): between any two groups by sex: "
            "at most 10 points either way.",
        ),
        (
            Rule("r", "error_rate", compare="value", system="B", publish=True),
            "Error rate of every group by each attribute alone (only B): to be published, without a verdict.",
        ),
        (
            Rule("r", "error_rate", at_least=-0.01, at_most=0.02),
            "Error rate of every group by each attribute alone, against everyone else: between −1 point and +2 points.",
        ),
    ],
)
def test_a_rule_is_said_in_a_sentence(rule, said):
    assert say_rule(rule, NAMED) == said


def test_the_whole_policy_is_said_in_a_sentence(checked):
    assert say_policy(checked) == "The policy fails: 2 rules fail and 1 has no data. 1 more has no limit."


@pytest.mark.parametrize(
    ("groups", "rules", "verdict", "said"),
    [
        ({"a": (10, 500), "b": (10, 500)}, [0.2], "pass", "The policy passes: 1 rule passes."),
        ({"a": (10, 500), "b": (1, 10)}, [0.2, 0.3], "undecided", "The policy is undecided: 2 rules are undecided."),
        ({"a": (10, 500), "b": (200, 500)}, [0.2, 0.9], "fail", "The policy fails: 1 rule fails and 1 passes."),
        ({"a": (10, 500), "b": (10, 500)}, [], None, "The policy sets no limit"),
    ],
)
def test_a_policy_fails_with_any_rule_and_passes_with_all(groups, rules, verdict, said):
    exclude = ("group is missing",)
    judged = [Rule(str(m), "error_rate", compare="value", at_most=m, exclude=exclude) for m in rules]
    checked = checked_of(groups, *judged, *([] if judged else [Rule("figures", "error_rate", publish=True)]))

    assert checked.verdict == verdict
    assert say_policy(checked).startswith(said)


def test_no_rounding_moves_a_number_to_the_other_side_of_its_limit():
    """2,004 of 10,000 is above 20 %, which "20.0 %" would not say."""
    rule = Rule("r", "error_rate", compare="value", at_most=0.2)
    checked = checked_of({"a": (2004, 10_000)}, rule)
    found = next(v for v in list_verdicts(checked, rule) if str(v["slice"]) == "group = a")

    assert write_value(found, rule, ERROR_RATE) == "20.04 %"
    assert write_value_alone(found, rule) == "fail"


@pytest.mark.parametrize(
    ("kind", "number", "limits", "decimals"),
    [
        ("value", 0.2004, [0.2], 2),
        ("value", 0.2, [0.2], None),
        ("value", 0.25, [0.2], None),
        ("ratio", 0.7999, [0.8, 1.25], 4),
        ("ratio", 0.36 / 0.45, [0.8, 1.25], None),
        ("difference", -0.05001, [-0.05, 0.05], 3),
        ("difference", 0.0504, [0.0504, math.inf], 2),
        ("value", math.nan, [0.2], None),
        ("value", 0.3, [math.nan], None),
    ],
)
def test_as_many_decimals_are_shown_as_tell_a_number_from_its_limits(kind, number, limits, decimals):
    assert decimals_apart(ERROR_RATE, kind, number, limits) == decimals


def test_what_floats_make_of_four_fifths_is_four_fifths():
    """36 of 100 over 45 of 100 is a hair below 0.8 in floating point."""
    rule = Rule("r", "selection_rate", compare="ratio", baseline="best", at_least=0.8, exclude=("group is missing",))
    checked = checked_of({"a": (64, 100), "b": (55, 100)}, rule)
    (found,) = list_verdicts(checked, rule)

    assert found["value"] < 0.8
    assert write_value_alone(found, rule) == "pass"
