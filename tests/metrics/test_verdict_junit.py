"""Verdicts as JUnit XML, read back by a parser."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from metrics.policy import Rule
from metrics.verdict_junit import write_verdicts_junit
from metrics.writing import show
from tests.metrics.verdict_files import HOSTILE, checked_of, hostile, of_every_kind


@pytest.fixture(scope="module")
def checked():
    return of_every_kind()


def parse(text: str) -> ET.Element:
    return ET.fromstring(text.encode())


def outcomes(root: ET.Element, suite: str) -> dict[str, list[str]]:
    """Return the elements that tell what became of each test of a suite."""
    cases = root.findall(f"testsuite[@name='{suite}']/testcase")
    return {c.get("name", ""): [e.tag for e in c if e.tag != "properties"] for c in cases}


def test_a_rule_is_a_suite_and_a_slice_or_pair_a_test(checked):
    root = parse(write_verdicts_junit(checked))

    assert [suite.get("name") for suite in root] == ["errors", "none", "figures", "spread"]
    assert outcomes(root, "errors") == {
        "group = bad": ["failure"],
        "group = close": ["skipped"],
        "group = few": ["skipped"],
        "group = good": [],
    }
    assert set(map(tuple, outcomes(root, "none").values())) == {("skipped",)}
    assert set(map(tuple, outcomes(root, "figures").values())) == {("skipped",)}
    assert outcomes(root, "spread") == {"group = bad against group = good": ["failure"]}


@pytest.mark.parametrize(("undecided_is", "outcome"), [("fail", ["failure"]), ("pass", [])])
def test_undecided_is_what_one_says_it_is_and_no_data_stays_skipped(checked, undecided_is, outcome):
    root = parse(write_verdicts_junit(checked, undecided_is))

    assert outcomes(root, "errors")["group = close"] == outcome
    assert outcomes(root, "errors")["group = few"] == outcome
    assert set(map(tuple, outcomes(root, "none").values())) == {("skipped",)}


@pytest.mark.parametrize("undecided_is", [None, "fail", "pass"])
def test_the_counts_of_suites_are_those_of_their_tests(checked, undecided_is):
    root = parse(write_verdicts_junit(checked, undecided_is))

    for suite in [*root, root]:
        cases = suite.findall(".//testcase")
        told = {"tests": len(cases), "errors": 0}
        told["failures"] = sum(c.find("failure") is not None for c in cases)
        told["skipped"] = sum(c.find("skipped") is not None for c in cases)
        assert {name: int(suite.get(name, "-1")) for name in told} == told


def test_a_test_holds_its_numbers_and_its_reason(checked):
    root = parse(write_verdicts_junit(checked))

    case = root.find("testsuite/testcase[@name='group = bad']")
    assert case is not None
    properties = {p.get("name"): p.get("value", "") for p in case.iter("property")}
    (row,) = [
        v for v in checked.verdicts.to_dict("records") if str(v["slice"]) == "group = bad" and v["rule"] == "errors"
    ]
    for name in ("value", "low", "high", "adjusted_low", "adjusted_high", "at_most"):
        assert float(properties[name]) == row[name]
    assert "at_least" not in properties
    assert properties["counts"] == "600 of 1,000"
    failure = case.find("failure")
    assert (
        failure is not None and row["reason"] in failure.get("message", "") and "at most 20 %" in (failure.text or "")
    )


def test_a_suite_names_what_its_rule_leaves_out(checked):
    suite = parse(write_verdicts_junit(checked))[0]

    told = {p.get("name"): p.get("value", "") for p in suite.findall("properties/property")}
    assert "group = (missing) (1 row)" in told["to_know"]


def test_a_rule_without_a_group_is_a_skipped_test_and_no_empty_suite():
    checked = checked_of({"a": (1, 50)}, Rule("r", "error_rate", compare="value", at_most=0.5, exclude=("everyone",)))

    assert outcomes(parse(write_verdicts_junit(checked)), "r") == {"no group": ["skipped"]}


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_read_back_with_what_cannot_be_shown_written_out(name):
    root = parse(write_verdicts_junit(hostile(name)))

    assert root.get("name") == root[0].get("name") == show(name)
    assert {suite.tag for suite in root} == {"testsuite"}
    assert {e.tag for suite in root for e in suite} == {"properties", "testcase"}
    cases = [case.get("name", "") for case in root[0].iter("testcase")]
    assert any(show(name.strip()) in case for case in cases)
