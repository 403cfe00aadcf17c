"""Verdicts as Markdown: what GitHub makes of them, and what it must not."""

from __future__ import annotations

import re

import pytest

from metrics.policy import Rule
from metrics.verdict_markdown import escape_markdown, write_verdicts_markdown
from tests.metrics.verdict_files import HOSTILE, checked_of, hostile, of_every_kind


@pytest.fixture(scope="module")
def text():
    return write_verdicts_markdown(of_every_kind())


def tables(text: str) -> list[list[list[str]]]:
    """Return the tables of a text: rows of cells, split at pipes that no backslash takes out of action."""
    found: list[list[list[str]]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            found[-1].append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif found[-1]:
            found.append([])
    return [table for table in found if table]


def test_policy_rules_slices_and_exclusions_are_told(text):
    rules, errors, *_ = tables(text)

    assert text.startswith("## All of it: fail\n")
    assert rules[0] == ["rule", "verdict", "pass", "fail", "undecided", "no data"]
    assert rules[2] == ["errors", "fail", "1", "1", "2", "0"]
    assert errors[0] == ["slice", "value", "interval", "counts", "value alone", "verdict", "more needed", "why"]
    assert [row[0] for row in errors[2:]] == ["group = bad", "group = close", "group = few", "group = good"]
    assert errors[2][1:6] == ["60.0 %", r"\[56.9, 63.0\]", "600 of 1,000", "fail", "fail"]
    assert "at most 20 %" in text and "leaves out group = (missing) (1 row)" in text


def test_what_the_value_alone_says_stands_beside_the_verdict(text):
    close = next(row for row in tables(text)[1] if row[0] == "group = close")

    assert close[4:6] == ["pass", "undecided"]


def test_many_that_pass_are_folded_away():
    groups = {f"g{i:02}": (10, 500) for i in range(12)}
    rule = Rule("r", "error_rate", compare="value", at_most=0.2)
    text = write_verdicts_markdown(checked_of({**groups, "bad": (300, 500)}, rule))

    before, folded = text.split("<details><summary>12 that pass</summary>\n\n")
    assert "group = bad" in before and "group = g00" not in before
    assert [row[0] for row in tables(folded)[0][2:]] == [f"group = g{i:02}" for i in range(12)]
    assert folded.count("</details>") == 1


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_is_taken_for_markdown_or_html(name):
    text = write_verdicts_markdown(hostile(name))

    assert all(len({len(row) for row in table}) == 1 for table in tables(text))
    for line in text.splitlines():
        assert "<" not in line and ">" not in line
        assert re.findall(r"(?<!\\)(?:\\\\)*[`*_~$\[]", line) == []
        shown = line.replace("&#8203;", "\u200b")
        assert re.findall(r"@(?!\u200b)|://|www\.|#(?=\d)", shown) == []
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a | b", r"a \| b"),
        ("\\|", "\\\\\\|"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("@you", "@&#8203;you"),
        ("https://x.org", "https:&#8203;/&#8203;/x.org"),
        ("WWW.x.org", "WWW&#8203;.x.org"),
        ("#12 # 1", r"\#&#8203;12 \# 1"),
        ("two\nlines", "two\\\\nlines"),
        ("10 % of a-b (c)", "10 % of a-b (c)"),
    ],
)
def test_what_markdown_would_act_on_is_taken_out_of_action(text, escaped):
    assert escape_markdown(text) == escaped
