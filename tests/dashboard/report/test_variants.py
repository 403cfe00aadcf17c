"""Whatever was asked of whatever file: a report says it, and leaves out what is not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from dashboard.report import write_html, write_markdown
from metrics import Attribute, Schema, System, count_cells, read_results, score
from metrics.document import Document, make_document
from metrics.document_json import read_document, write_document
from metrics.policy import Policy
from metrics.question import Question
from tests.dashboard.report.reading import parse, rows_of
from tests.paths import SAMPLES


def ask(name: str, *, policy: str | None = None, **asked: Any) -> Document:
    results = read_results(SAMPLES / f"{name}.csv", Schema.load(SAMPLES / f"{name}.toml"))
    rules = None if policy is None else Policy.loads(policy)
    return make_document(results, count_cells(score(results)), Question(**asked), policy=rules, made="2026-01-31")


ASKED = {
    "everyone only": {"by": ()},
    "ratios": {"kinds": ("ratio",)},
    "both kinds": {"kinds": ("ratio", "difference")},
    "against a named slice": {"baseline": "sex = male", "by": ("sex",)},
    "against the best": {"baseline": "best"},
    "one metric": {"metrics": ("roc_auc",)},
    "metrics without a better side": {"metrics": ("base_rate",)},
    "a higher minimum than anyone has": {"min_units": 10**6},
    "intersections of three": {"by": (("sex", "age", "region"),), "metrics": ("accuracy", "false_rejection_rate")},
}


@pytest.mark.parametrize("name", ASKED)
def test_every_question_is_reported_in_every_form_and_read_again(name: str):
    document = ask("lending", **ASKED[name])
    html = write_html(document)

    assert parse(html).one("section", id="summary").text
    assert write_markdown(document).startswith("# Fairness of lending.csv")
    assert write_html(read_document(html)) == html
    assert write_html(read_document(write_document(document))) == html


def test_without_groups_the_report_says_so_and_has_no_empty_section():
    page = parse(write_html(ask("lending", by=())))
    sections = [s.attrs["id"] for s in page.all("section")]

    assert "no groups are compared" in page.one("section", id="summary").text
    assert {"groups", "gaps", "maps", "coverage"}.isdisjoint(sections)


def test_a_named_baseline_is_named_above_its_column():
    page = parse(write_html(ask("lending", baseline="sex = male", by=("sex",))))
    heads = rows_of(page, "False rejection rate of model A by group, the worst first")[0]

    assert "Difference from sex = male" in heads


def test_ratios_are_called_ratios():
    page = parse(write_html(ask("lending", kinds=("ratio",))))
    heads, first, *_ = rows_of(page, "False rejection rate of model A by group, the worst first")

    assert "Ratio to everyone else" in heads and first[0] == "everyone"
    assert "times the baseline" in page.one("section", id="maps").text


def test_several_labels_in_a_cell_are_groups_by_their_own_names():
    frame = pd.DataFrame(
        {
            "label": [1, 0] * 100,
            "predicted": [1, 0, 1, 1] * 50,
            "language": ["welsh;english", "english", "welsh", "english;polish"] * 50,
        }
    )
    schema = Schema(
        task="classification",
        columns={"label": "label"},
        positive=("1",),
        systems=(System(None, {"prediction": "predicted"}),),
        attributes=(Attribute("language", separator=";"),),
    )
    results = read_results(frame, schema, name="languages.csv")
    document = make_document(results, count_cells(score(results)), Question(), made="2026-01-31")
    page = parse(write_html(document))

    assert "language: welsh" in page.one("section", id="groups").text
    assert write_html(read_document(write_html(document))) == write_html(document)


def test_a_rule_on_every_criterion_is_drawn():
    policy = """
name = "Criteria"
[[rule]]
name = "odds"
criterion = "equalized_odds"
at_most = 0.2
[[rule]]
name = "parity"
criterion = "demographic_parity"
compare = "ratio"
at_least = 0.8
"""
    page = parse(write_html(ask("lending", policy=policy)))
    heads = rows_of(page, "odds: the deciding pair of groups")[0]

    assert {"Model", "Verdict", "Metric", "Value"} <= set(heads)
    assert "parity: the deciding pair of groups" in page.one("section", id="verdicts").text


def test_a_long_policy_shows_its_failures_and_counts_what_it_leaves_out():
    policy = """
name = "Long"
[[rule]]
name = "error"
metric = "error_rate"
by = ["sex,age,region"]
at_most = 0.01
min_units = 1
"""
    document = ask("lending", policy=policy)
    page = parse(write_html(document))
    rows = rows_of(page, "error: the value of every group")[1:]
    said = page.one("section", id="verdicts").text
    n = len(document.verdicts)

    assert len(rows) == min(n, 80)
    assert (f"{n - 80:,} more are not in this table" in said) == (n > 80)


@pytest.mark.parametrize("title", ["", "   "])
def test_a_document_without_a_title_has_a_heading_all_the_same(title: str):
    page = parse(write_html(replace(ask("waiting"), title=title)))

    assert page.one("h1").text == "Fairness report"


def test_a_document_in_which_nothing_was_measured_is_refused_in_words():
    document = ask("waiting")
    empty = replace(document, estimates=document.estimates.iloc[:0])

    with pytest.raises(ValueError, match="no estimates"):
        write_html(empty)
