"""A sheet travels as JSON: it comes back as it was, and what a stranger wrote into it is refused."""

from __future__ import annotations

import io
import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import metrics
from metrics.document import make_document
from metrics.errors import ResultsError
from metrics.evidence import Told, answer_evidence, make_evidence
from metrics.evidence_json import MOST_BYTES, read_sheet, sheet_settings, write_sheet
from metrics.question import Question
from tests.metrics.test_evidence import METRIC, A, find, measure

TOLD = Told(author="An auditor", sampling="All of them.", overturn="A second look.", note="<b>", looked_at=40)
DOCUMENT, _ = measure({"a": (200, 800), "b": (100, 800)})
SHEET = answer_evidence(find({"a": (90, 300), "b": (30, 240)}, TOLD), DOCUMENT, Told(author="The provider"))
METRICS = DOCUMENT.metrics


def changed(**changes):
    """The JSON of the sheet with other values, at keys such as finding__gap__low."""
    tree = json.loads(write_sheet(SHEET))
    for path, value in changes.items():
        *way, last = path.split("__")
        at = tree
        for key in way:
            at = at[key]
        at[last] = value
    return json.dumps(tree)


def refused(text):
    with pytest.raises(ResultsError) as error:
        read_sheet(text, METRICS)
    return str(error.value)


def test_a_sheet_comes_back_as_it_was():
    back = read_sheet(write_sheet(SHEET), METRICS)

    assert write_sheet(back) == write_sheet(SHEET)
    assert (back.cell, back.metric.name, back.finding.told) == (A, METRIC, TOLD)
    assert back.comparison == SHEET.comparison


def test_a_sheet_without_an_answer_comes_back_too():
    sheet = find({"a": (90, 300), "b": (30, 240)})

    assert write_sheet(read_sheet(write_sheet(sheet).encode(), METRICS)) == write_sheet(sheet)


def test_it_says_what_its_answer_has_to_ask():
    assert sheet_settings(write_sheet(SHEET)) == (A, METRIC, "rest", 0.95, 30)


def test_its_claim_is_written_anew_from_its_numbers():
    text = changed(claim="All is well.", comparison=None)

    assert read_sheet(text, METRICS).claim == SHEET.claim


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": "else"}, "no evidence sheet"),
        ({"version": 2}, "version '2'"),
        ({"version": True}, "version"),
        ({"slice": "everyone"}, "is everyone"),
        ({"slice": "g = 'a' or g = 'b'"}, "cannot be read"),
        ({"slice": 3}, "is no text"),
        ({"metric": "selection_rat"}, "Did you mean 'selection_rate'?"),
        ({"odd": 1}, "unknown key 'odd'"),
        ({"finding": []}, "is no object"),
        ({"finding__gap__low": "x"}, "finding.gap.low is no number"),
        ({"finding__gap__low": True}, "finding.gap.low is no number"),
        ({"finding__gap__low": 0.9}, "value outside its own interval"),
        ({"finding__gap__p": 2}, "p that is no chance"),
        ({"finding__own__units": -1}, "count under 0"),
        ({"finding__own__status": "fine"}, "'fine'"),
        ({"finding__confidence": 1.0}, "share between 0 and 1"),
        ({"finding__left_out": -1}, "count under 0"),
        ({"finding__looked_at": 1.5}, "no whole number"),
        ({"finding__correction": "mine"}, "'mine'"),
        ({"finding__made": "yesterday"}, "no day"),
        ({"finding__basis__files": "abc"}, "digest that is none"),
        ({"finding__receipts": [{"name": "x"}]}, "has no 'sha256'"),
        ({"finding__told__sampling": "x" * 20_001}, "no text of at most"),
        ({"finding__overturn": ["x"] * 101}, "no list of at most"),
        ({"finding__definitions": [["a"]]}, "pairs of texts"),
        ({"answer__gap": None}, "answer.gap is no object"),
    ],
)
def test_what_is_not_as_it_should_be_is_refused(changes, said):
    assert said in refused(changed(**changes))


def test_every_problem_is_told_at_once():
    told = refused(changed(finding__made="x", finding__correction="y", answer__confidence=7))

    assert len(told.splitlines()) == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"format": NaN}',
        '{"a": 1, "a": 2}',
        '"\\ud800"',
        "[" * 100_000,
        b"\xff\xfe",
        "x" * (MOST_BYTES + 1),
    ],
)
def test_what_is_no_sheet_is_refused(text):
    with pytest.raises(ResultsError):
        read_sheet(text, METRICS)


LEAVES = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5)
TREES = st.recursive(LEAVES, lambda t: st.lists(t, max_size=3) | st.dictionaries(st.text(max_size=5), t, max_size=3))


def paths_of(tree, way=()):
    yield way
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from paths_of(value, (*way, key))


PATHS = ["__".join(way) for way in paths_of(json.loads(write_sheet(SHEET))) if way]


@given(st.sampled_from(PATHS), TREES)
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_whatever_stands_in_one_place_is_read_or_refused(path, value):
    text = changed(**{path: value})

    try:
        sheet = read_sheet(text, METRICS)
    except ResultsError as error:
        assert error.findings
    else:
        assert write_sheet(sheet)


@given(st.sampled_from(PATHS), TREES)
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_what_an_answer_would_ask_is_read_or_refused(path, value):
    try:
        sheet_settings(changed(**{path: value}))
    except ResultsError as error:
        assert error.findings


def test_an_infinite_value_comes_back_infinite():
    # Missed positives over false alarms: group a has no false alarm, so that its value is infinite.
    rows = "g,label,pred\n" + "a,1,0\n" * 40 + "a,1,1\n" * 40 + "b,1,0\n" * 20 + "b,0,1\n" * 30 + "b,1,1\n" * 40
    schema = metrics.Schema(
        columns={"label": "label"}, systems=(metrics.System(None, {"prediction": "pred"}),), positive=("1",)
    ).with_attributes(["g"])
    results = metrics.read_results(io.BytesIO(rows.encode()), schema, name="g.csv")
    name = "false_negatives_per_false_positive"
    question = Question(by=("g",), metrics=(name,), min_units=1)
    document = make_document(results, metrics.count_cells(metrics.score(results)), question)
    sheet = make_evidence(document, A, name)

    assert sheet.finding.gap.value == math.inf and sheet.finding.gap.low > 0
    back = read_sheet(write_sheet(sheet), document.metrics)
    assert back.finding.gap == sheet.finding.gap
    assert back.claim == sheet.claim
