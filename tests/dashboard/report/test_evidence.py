"""An evidence sheet on one page: both parties' numbers, and no name that acts."""

from __future__ import annotations

import json
import re

import pytest

from dashboard.report.evidence import FORMS, write_evidence
from metrics.evidence import Told, answer_evidence, make_evidence
from metrics.evidence_json import read_sheet, write_sheet
from metrics.slices import Slice
from tests.dashboard.report.documents import HOSTILE, hostile
from tests.dashboard.report.test_card import Tags
from tests.metrics.test_evidence import METRIC, A, find, measure

FINDING = find({"a": (90, 300), "b": (30, 240)}, Told(author="An auditor", sampling="All of\n\nthem."))
ANSWERED = answer_evidence(FINDING, measure({"a": (200, 800), "b": (100, 800)})[0], Told(author="The provider"))


@pytest.mark.parametrize("form", ["html", "md"])
def test_a_sheet_holds_claim_numbers_sample_doubts_and_receipt(form):
    text = write_evidence(FINDING, form)

    for said in ("The claim", "The numbers", "How the sample was drawn", "What would overturn it", "Receipt"):
        assert said in text
    assert "18 points higher than for everyone else" in text
    assert "90 of 300" in text and "30 of 240" in text
    assert "2 slices were looked at" in text
    assert "All of" in text
    assert FINDING.finding.receipts[0].sha256 in text


def test_a_sample_that_nobody_told_of_is_said_not_to_be_told():
    sheet = find({"a": (90, 300), "b": (30, 240)})

    assert "Not told." in write_evidence(sheet, "md")
    assert "Not told." in write_evidence(sheet, "html")


@pytest.mark.parametrize("form", ["html", "md"])
def test_an_answer_stands_on_the_same_sheet(form):
    text = write_evidence(ANSWERED, form)

    assert "Answer: confirmed. The provider" in text
    for said in ("90 of 300", "200 of 800", "An auditor", "The provider", "less the finding"):
        assert said in text


def test_what_is_defined_otherwise_in_the_answer_is_named():
    sheet = answer_evidence(FINDING, measure({"a": (200, 800), "b": (100, 800)})[0])
    assert "Defined otherwise" not in write_evidence(sheet, "md")

    changed = json.loads(write_sheet(sheet))
    changed["finding"]["definitions"] = [["positive", "yes"]]
    again = read_sheet(json.dumps(changed), measure({"a": (1, 2)})[0].metrics)
    assert "positive: yes in the finding, 1 in the answer" in write_evidence(again, "md")


def test_the_html_needs_no_script_and_holds_the_sheet():
    html = write_evidence(ANSWERED, "html")
    tags = Tags(html).tags

    assert [a.get("type") for tag, a in tags if tag == "script"] == ["application/json"]
    (held,) = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert json.loads(held) == json.loads(write_sheet(ANSWERED))


def test_hostile_names_and_words_act_in_no_form():
    document = hostile()
    axis = next(s for s in document.estimates["slice"] if s.levels).axes[0]
    cell = next(s for s in document.estimates["slice"] if s.axes == (axis,))
    system = str(document.estimates["system"].iloc[0])
    told = Told(author=HOSTILE[0], sampling="\n\n".join(HOSTILE), overturn=HOSTILE[3], note=HOSTILE[1])
    metric = "false_rejection_rate"
    sheet = make_evidence(document, cell, metric, told, system=system)

    html, markdown, text = (write_evidence(sheet, form) for form in FORMS)
    assert Tags(html).names.count("script") == 1
    assert "img" not in Tags(html).names and "b" not in Tags(html).names
    assert not re.search(r"(?<!\\)<(script|b|!--)", markdown)
    assert not re.search(r"(?<!\\)\]\(http", markdown)
    assert "\u202e" not in html.split("<script")[0] + markdown
    assert write_sheet(read_sheet(text, document.metrics)) == text


def test_a_sheet_of_a_group_without_data_is_written_too():
    sheet = make_evidence(measure({"a": (0, 1), "b": (30, 240)})[0], A, METRIC)

    assert "too few units to judge by" in write_evidence(sheet, "md")


def test_the_page_says_the_slice_as_it_is_parsed():
    text = write_evidence(FINDING, "md")

    (said,) = re.findall(r"\*\*Slice:\*\* (.*)", text)
    assert Slice.parse(said) == A
