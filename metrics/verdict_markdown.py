"""Verdicts as Markdown, as it is shown by GitHub: for the summary of a step, or a comment.

Text from files is data: signs that Markdown, HTML or GitHub would act on are taken out of action.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from metrics.checked import Checked
from metrics.policy import Rule
from metrics.verdict import PASS
from metrics.verdict_words import (
    HEADINGS,
    NOBODY,
    list_verdicts,
    name_verdict,
    row_of,
    say_policy,
    say_rule,
)
from metrics.writing import name_part, show

__all__ = ["escape_markdown", "write_markdown_table", "write_verdicts_markdown"]

_FOLD = 10  # so many passing slices of a rule stand in the open; more are folded away

_SIGNS = re.compile(r"([\\`*_\[\]#|~$])")
# A sign of no width keeps GitHub from making a link, a mention or a reference of what stands around it.
_BREAK = "\N{ZERO WIDTH SPACE}"
_LIVE = {r"@": f"@{_BREAK}", r"://": f":{_BREAK}/{_BREAK}/", r"(?<=www)\.": f"{_BREAK}.", r"(?<=#)(?=\d)": _BREAK}


def write_verdicts_markdown(checked: Checked) -> str:
    """Return the verdicts as Markdown: the policy, its rules, a table a rule, and what was left out."""
    policy = checked.policy
    parts = [
        f"## {escape_markdown(policy.name)}: {name_verdict(checked.verdict)}",
        escape_markdown(say_policy(checked)),
    ]
    parts += [
        escape_markdown(text) for text in (policy.description, policy.source and f"Source: {policy.source}") if text
    ]
    parts += [_judged_files(checked), write_markdown_table(*_rules(checked))]
    parts += [part for rule in policy.rules for part in _rule(checked, rule)]
    told = [*checked.findings, *(f for f in checked.results.findings if f.severity == "warn")]
    if told:
        parts += ["### To know", "\n".join(f"- {escape_markdown(str(finding))}" for finding in told)]
    return "\n\n".join(part for part in parts if part) + "\n"


def escape_markdown(text: str) -> str:
    """Return a text that Markdown shows as it is, in a paragraph or in a cell of a table.

    >>> escape_markdown("a|b `c` <i> @you")
    'a\\\\|b \\\\`c\\\\` &lt;i&gt; @&#8203;you'
    """
    plain = show(text)
    for sign, broken in _LIVE.items():
        plain = re.sub(sign, broken, plain, flags=re.IGNORECASE)
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SIGNS.sub(r"\\\1", plain).replace(_BREAK, "&#8203;")


def _judged_files(checked: Checked) -> str:
    files = [
        f"{r.name} ({r.rows_used:,} of {r.rows_read:,} rows, SHA-256 {r.sha256})" for r in checked.results.receipts
    ]
    said = escape_markdown(f"Judged: {'; '.join(files)}.")
    part = name_part(checked.results).rstrip("\n")
    return f"{said} {escape_markdown(part)}." if part else said


def _rules(checked: Checked) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    columns = ("passed", "failed", "undecided", "no_data")
    rows = [
        (r["rule"], name_verdict(r["verdict"]), *(str(r[c]) for c in columns)) for r in checked.rules.to_dict("records")
    ]
    return ("rule", "verdict", "pass", "fail", "undecided", "no data"), rows


def _rule(checked: Checked, rule: Rule) -> list[str]:
    verdict = checked.verdict_of(rule)
    parts = [f"### {escape_markdown(rule.name)}: {name_verdict(verdict)}"]
    parts += [escape_markdown(text) for text in (say_rule(rule, checked.metrics), rule.note) if text]
    found = list_verdicts(checked, rule)
    if not found:
        return [*parts, NOBODY]
    rows = [(r["verdict"], row_of(checked, rule, r)) for r in found]
    passing = [row for verdict, row in rows if verdict == PASS]
    if len(passing) <= _FOLD or len(passing) == len(rows):
        return [*parts, write_markdown_table(HEADINGS, [row for _, row in rows])]
    parts.append(write_markdown_table(HEADINGS, [row for verdict, row in rows if verdict != PASS]))
    return [
        *parts,
        f"<details><summary>{len(passing)} that pass</summary>",
        write_markdown_table(HEADINGS, passing),
        "</details>",
    ]


def write_markdown_table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table without the columns that say nothing."""
    filled = [i for i in range(len(headings)) if any(row[i] for row in rows)]
    lines = [[headings[i] for i in filled], ["---"] * len(filled)]
    lines += [[escape_markdown(str(row[i])) for i in filled] for row in rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
