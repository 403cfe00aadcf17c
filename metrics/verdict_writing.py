"""Verdicts as JSON and as plain text for a terminal."""

from __future__ import annotations

from textwrap import fill

from metrics.checked import Checked
from metrics.policy import Rule
from metrics.verdict_words import HEADINGS, NOBODY, list_verdicts, name_verdict, row_of, say_policy, say_rule
from metrics.writing import (
    describe_findings,
    describe_results,
    dump_json,
    name_part,
    records,
    show,
    write_findings,
    write_section,
)

__all__ = ["FORMAT", "VERSION", "write_verdict_tables", "write_verdicts_json"]

FORMAT = "fairness-dashboard check"
VERSION = 1

_WIDTH = 120  # signs a line of what a policy says of itself


def write_verdicts_json(checked: Checked) -> str:
    """Return the verdicts as JSON text: a head as that of `measure`, then policy, rules, verdicts and counts."""
    head = describe_results(checked.results, form=FORMAT, version=VERSION)
    head["findings"] += describe_findings(checked.findings)
    return dump_json(
        {
            **head,
            "policy": checked.policy.to_dict(),
            "verdict": checked.verdict,
            "rules": records(checked.rules),
            "verdicts": records(checked.verdicts),
            "counts": records(checked.counts),
        }
    )


def write_verdict_tables(checked: Checked) -> str:
    """Return the verdicts as tables to read in a terminal, a table a rule, the gravest verdicts first."""
    policy = checked.policy
    head = [f"Policy: {policy.name}", say_policy(checked)]
    head += [f"{word}: {text}" for word, text in (("About", policy.description), ("Source", policy.source)) if text]
    parts = ["".join(f"{fill(show(line), _WIDTH)}\n" for line in head), name_part(checked.results)]
    parts.append(write_section("Rules", _rules_as_text(checked)))
    parts += [_rule_as_text(checked, rule) for rule in policy.rules]
    if checked.findings:
        parts.append(f"What else to know\n\n{write_findings(checked.findings)}\n")
    return "\n".join(part for part in parts if part)


def _rules_as_text(checked: Checked) -> list[list[str]]:
    rows = [["rule", "verdict", "pass", "fail", "undecided", "no data"]]
    for r in checked.rules.to_dict("records"):
        counts = [str(r[c]) for c in ("passed", "failed", "undecided", "no_data")]
        rows.append([r["rule"], name_verdict(r["verdict"]), *counts])
    return rows


def _rule_as_text(checked: Checked, rule: Rule) -> str:
    lines = [f"{rule.name}: {name_verdict(checked.verdict_of(rule))}", say_rule(rule, checked.metrics), rule.note]
    title = "\n".join(show(line) for line in lines if line)
    found = list_verdicts(checked, rule)
    if not found:
        return f"{title}\n\n{NOBODY}\n"
    return write_section(title, [list(HEADINGS), *(row_of(checked, rule, verdict) for verdict in found)])
