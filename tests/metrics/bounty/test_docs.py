"""The examples of docs/bounties.md are what the program reads."""

from __future__ import annotations

import json
import re

from metrics.bounty.submission import parse_submission
from metrics.bounty.terms import parse_terms
from metrics.bounty.tree import parse_tree
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "bounties.md").read_text(encoding="utf-8")


def examples(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_of_terms_is_one():
    (text,) = examples("toml")

    assert parse_terms(text).name == "Loans"


def test_the_examples_of_a_submission_and_a_tree_are_some():
    sent, tree = map(json.loads, examples("json"))

    assert parse_submission(sent, "example").group.features == ("age", "sex")
    assert parse_tree(tree, "example").features == ("age", "sex")
