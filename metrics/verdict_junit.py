"""Verdicts as JUnit XML, which continuous integration shows as tests: a suite a rule, a test a slice or pair."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET  # only written with: nothing from outside is parsed

from metrics.checked import Checked, UndecidedIs
from metrics.formatting import NOTHING
from metrics.policy import Rule
from metrics.verdict import FAIL, NO_DATA_VERDICT, UNDECIDED
from metrics.verdict_words import (
    NOBODY,
    list_verdicts,
    name_judged,
    name_verdict,
    say_rule,
    write_counts,
    write_interval,
    write_value,
    write_value_alone,
)
from metrics.writing import show

__all__ = ["write_verdicts_junit"]

_OUTCOMES = {"failures": "failure", "errors": "error", "skipped": "skipped"}
_NUMBERS = ("value", "low", "high", "adjusted_low", "adjusted_high", "at_least", "at_most", "units_needed")


def write_verdicts_junit(checked: Checked, undecided_is: UndecidedIs = None) -> str:
    """Return the verdicts as JUnit XML.

    `fail` is a failure. `undecided` is skipped, or what `undecided_is` makes of it; `no data` and figures to publish
    are skipped. Every test holds its numbers as properties; undefined and infinite ones are left out.
    """
    root = ET.Element("testsuites", {"name": show(checked.policy.name)})
    for rule in checked.policy.rules:
        root.append(_suite(checked, rule, undecided_is))
    for kind in ("tests", *_OUTCOMES):
        root.set(kind, str(sum(int(suite.get(kind, "0")) for suite in root)))
    root.set("time", "0")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(checked: Checked, rule: Rule, undecided_is: UndecidedIs) -> ET.Element:
    suite = ET.Element("testsuite", {"name": show(rule.name)})
    _properties(
        suite,
        {
            "policy": checked.policy.name,
            "rule": say_rule(rule, checked.metrics),
            "verdict": name_verdict(checked.verdict_of(rule)),
            "note": rule.note,
            "confidence": f"{rule.confidence:g}",
            "correction": rule.correction,
            "min_units": str(rule.min_units),
            "to_know": "; ".join(str(f) for f in checked.findings if f.where == f"rule {rule.name!r}"),
        },
    )
    found = list_verdicts(checked, rule)
    for verdict in found:
        suite.append(_case(checked, rule, verdict, undecided_is))
    if not found:
        case = ET.SubElement(suite, "testcase", _name(checked, rule, "no group"))
        ET.SubElement(case, "skipped", {"message": NOBODY})
    cases = suite.findall("testcase")
    counts = {kind: sum(case.find(tag) is not None for case in cases) for kind, tag in _OUTCOMES.items()}
    suite.attrib.update({"tests": str(len(cases)), **{kind: str(n) for kind, n in counts.items()}, "time": "0"})
    return suite


def _case(checked: Checked, rule: Rule, verdict: Mapping[str, Any], undecided_is: UndecidedIs) -> ET.Element:
    metric = checked.metrics.get(verdict["metric"])
    name = name_judged(verdict)
    name += f" ({metric.title})" if rule.criterion and metric else ""
    name += f", {verdict['system']}" if verdict["system"] is not None else ""
    case = ET.Element("testcase", _name(checked, rule, name))
    numbers = {key: float(verdict[key]) for key in _NUMBERS}
    _properties(
        case,
        {
            "verdict": name_verdict(verdict["verdict"]),
            "value_alone": write_value_alone(verdict, rule),
            "metric": verdict["metric"],
            "system": verdict["system"] or "",
            "counts": write_counts(checked, verdict, metric),
            **{key: repr(number) for key, number in numbers.items() if math.isfinite(number)},
        },
    )
    shown = [write_value(verdict, rule, metric), write_interval(verdict, rule, metric)]
    shown = [text for text in shown if text != NOTHING]
    said = f"{' '.join(shown)}: {verdict['reason']}" if shown else verdict["reason"]
    outcome = _outcome(verdict["verdict"], undecided_is)
    if outcome:
        told = {"message": show(said)} | ({"type": verdict["verdict"]} if outcome == "failure" else {})
        child = ET.SubElement(case, outcome, told)
        child.text = show(f"{name_judged(verdict)}. {say_rule(rule, checked.metrics)} {said}")
    return case


def _outcome(verdict: str | None, undecided_is: UndecidedIs) -> str:
    """Return the element that tells what became of a test; "" for one that passes."""
    if verdict == UNDECIDED and undecided_is is not None:
        return "failure" if undecided_is == "fail" else ""
    if verdict in (UNDECIDED, NO_DATA_VERDICT, None):
        return "skipped"
    return "failure" if verdict == FAIL else ""


def _name(checked: Checked, rule: Rule, name: str) -> dict[str, str]:
    return {"name": show(name), "classname": show(f"{checked.policy.name}.{rule.name}"), "time": "0"}


def _properties(of: ET.Element, told: Mapping[str, str]) -> None:
    group = ET.SubElement(of, "properties")
    for name, value in told.items():
        if value:
            ET.SubElement(group, "property", {"name": name, "value": show(value)})
