"""A document is written and read without loss; what comes from outside is read, or refused with a reason."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import metrics
from metrics.document import make_document
from metrics.document_json import FORMAT, ID, MOST_BYTES, VERSION, read_document, write_document
from metrics.errors import ResultsError
from metrics.question import Question
from tests.metrics.documents import make
from tests.paths import SAMPLES

TEXT = write_document(make(title="Who \N{RIGHT-TO-LEFT OVERRIDE} <b>", words={"summary": 'Mine:\n1 < 2 & "so"'}))


def tree() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(TEXT)
    return found


def refuse(changed: dict[str, Any] | str | bytes) -> str:
    """Return what is said of a report that is refused."""
    text = json.dumps(changed) if isinstance(changed, dict) else changed
    with pytest.raises(ResultsError) as error:
        read_document(text, "report 'x.json'")
    finding = error.value.findings[0]
    assert finding.where.startswith("report 'x.json'")
    assert finding.found
    return str(error.value)


# -- there and back ------------------------------------------------------------------------------


def test_it_has_the_promised_keys_and_lists():
    found = tree()

    assert list(found) == [
        *("format", "version", "title", "made", "versions", "words", "sources", "schema", "findings"),
        *("question", "policy", "estimates", "disparities", "spreads", "criteria", "verdicts"),
    ]
    assert (found["format"], found["version"]) == (FORMAT, VERSION) == ("fairness-dashboard report", 1)
    assert found["question"] == {
        "by": [["sex"], ["sex", "age"]],
        "metrics": None,
        "compare": ["ratio", "difference"],
        "baseline": "rest",
        "confidence": 0.95,
        "correction": "holm",
        "min_units": 30,
        "seed": 3,
    }


def test_json_has_no_nan_and_no_infinity():
    found = json.loads(TEXT, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))

    (row,) = [
        r
        for r in found["disparities"]
        if (r["slice"], r["metric"], r["kind"]) == ({"sex": "x"}, "false_positive_rate", "ratio")
    ]
    assert (row["value"], row["high"]) == (None, None)
    assert row["low"] > 0


def test_what_is_read_is_what_was_written():
    read = read_document(TEXT)
    made = make(title="Who \N{RIGHT-TO-LEFT OVERRIDE} <b>", words={"summary": 'Mine:\n1 < 2 & "so"'})

    assert write_document(read) == TEXT
    for name, table in made.tables.items():
        pd.testing.assert_frame_equal(read.tables[name], table, check_exact=True)
    for field in ("title", "made", "versions", "words", "receipts", "schema", "findings", "question", "policy"):
        assert getattr(read, field) == getattr(made, field), field
    assert list(read.metrics.items()) == list(made.metrics.items())


@pytest.mark.parametrize("sample", ["lending", "screening", "routing", "waiting", "call_centre", "ward"])
def test_every_sample_comes_back_as_it_was(sample):
    schema = metrics.Schema.load(SAMPLES / f"{sample}.toml")
    results = metrics.read_results(SAMPLES / f"{sample}.csv", schema)
    document = make_document(
        results, metrics.count_cells(metrics.score(results)), Question(kinds=("difference", "ratio"))
    )
    text = write_document(document)
    read = read_document(text)

    assert write_document(read) == text
    assert list(read.metrics) == list(document.metrics)
    assert read.schema == document.schema


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=60, deadline=None)
def test_every_number_survives_to_the_last_bit(number):
    found = tree()
    found["estimates"][0] |= {"value": number, "low": number, "high": number}
    read = read_document(json.dumps(found))

    assert np.array_equal(read.estimates.loc[0, ["value", "low", "high"]].astype(float), [number] * 3)
    assert json.loads(write_document(read))["estimates"][0]["value"] == number


def test_a_report_in_html_is_found_in_its_element():
    text = TEXT.replace("<", "\\u003c")
    page = f'<!doctype html><script>var a = "{{"</script><p>{ID}</p>'
    page += f'<SCRIPT id="{ID}" type="application/json">{text}</SCRIPT><p>after</p>'

    assert write_document(read_document(page)) == TEXT
    assert write_document(read_document(("\ufeff" + page).encode())) == TEXT


# -- what is no report ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("   \n", "is empty"),
        ("# Fairness of lending.csv\n\nIn short ...", "without the numbers"),
        ("<html><p>nothing</p></html>", "is a page without the numbers"),
        (f'<script type="text/javascript" id="{ID}">{{}}</script>', "without the numbers"),
        (f'<!-- --><script type="application/json" id="{ID}">{{"format"', "ends in the middle"),
        (f'<script type="application/json" id="{ID}">{{}}</script>' * 2, "several reports"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"\xff\xfe{\x00}\x00", "UTF-16"),
        (b"{\xff\xfe}", "UTF-8"),
        ("{", "damaged JSON"),
        ("{}", "is no report"),
        ('{"format": "fairness-dashboard measure", "version": 1}', "the JSON of 'measure', not of a report"),
        ('{"format": ["fairness-dashboard report"]}', "is no report"),
        ('{"format": "fairness-dashboard report", "version": 2}', "that wrote it, or a later one"),
        ('{"format": "fairness-dashboard report", "version": true}', "version True"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": 1e999}', "too large"),
        ('{"a": ' + "9" * 400 + "}", "too large"),
        ('{"a": ' + "9" * 5000 + "}", "damaged JSON"),
        ('{"a": 1, "a": 2}', "stands twice"),
        ('{"a": "\\ud800"}', "half a sign"),
        ('{"a": "' + "x" * 200_001 + '"}', "200,001 signs"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested deeper"),
        ('{"a": ' + "[" * 14 + "]" * 14 + "}", "nested deeper"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_report_is_refused_with_a_reason(text, said):
    assert said in refuse(text)


def test_what_is_too_large_is_refused_before_it_is_looked_at():
    assert "larger than" in refuse(b"{" + b" " * MOST_BYTES)


def test_a_page_made_to_keep_a_parser_busy_is_refused_at_once():
    for piece in ("<", "<!", "<script ", "<a ", "<!--", "<script type='", "&#"):
        assert "without the numbers" in refuse("<p>" + piece * (500_000 // len(piece)))


def put(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    """Return what changes a tree at one place."""

    def change(found: Any) -> None:
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = value

    change.__name__ = ".".join(map(str, path)) + f"={value!r:.20}"
    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("more", value=1), "unknown key 'more'"),
        (put("esimates", value=[]), "Did you mean 'estimates'?"),
        (put("title", value=None), "it is a text"),
        (put("made", value="yesterday"), "it is a day"),
        (put("made", value="2026-02-30"), "it is a day"),
        (put("versions", "numpy", value=2), "versions, 'numpy'"),
        (put("words", value=["x"]), "it is an object"),
        (put("words", value={str(i): "" for i in range(101)}), "more than 100"),
        (put("sources", value=[]), "names no file"),
        (put("sources", 0, "sha256", value="x"), "as a sha256"),
        (put("sources", 0, "rows_read", value=-1), "it is a count"),
        (put("sources", 0, "rows_read", value=True), "it is a whole number"),
        (put("schema", "task", value="dance"), "schema"),
        (put("schema", "label", value=["label"]), "It is a text"),
        (put("findings", 0, "severity", value="fatal"), "severity 'fatal'"),
        (put("findings", 0, "option", value="--label"), "unknown key 'option'"),
        (put("question", "confidence", value=1), "share between 0 and 1"),
        (put("question", "confidence", value=True), "share between 0 and 1"),
        (put("question", "min_units", value=0), "min_units = 0"),
        (put("question", "seed", value=-1), "seed = -1"),
        (put("question", "seed", value=1.0), "it is a whole number"),
        (put("question", "compare", value=[]), "compare = []"),
        (put("question", "compare", value=["sum"]), "compare = ['sum']"),
        (put("question", "correction", value="bonferroni"), "correction"),
        (put("question", "baseline", value="the best"), "baseline"),
        (put("question", "by", value=[["sex", 1]]), "question, by"),
        (put("question", "by", value=[["sex"]] * 101), "more than 100 groupings"),
        (put("policy", value=[]), "it is an object"),
        (put("policy", "rule", 0, "at_most", value="much"), "Write a number"),
        (put("policy", value=None), "which its policy does not have"),
        (put("estimates", value="x"), "estimates"),
        (put("estimates", 1, value=None), "estimates, entry 2 is None"),
        (put("estimates", 0, "vlaue", value=1), "unknown field 'vlaue'"),
        (put("estimates", 0, "value", value="much"), "it is a number or null"),
        (put("estimates", 0, "value", value=True), "it is a number or null"),
        (put("estimates", 0, "units", value=1.5), "it is a whole number"),
        (put("estimates", 0, "units", value=None), "it is a whole number"),
        (put("estimates", 0, "status", value="fine"), "it is one of suppressed, no data, too few, ok"),
        (put("estimates", 0, "slice", value={"sex": 1}), "attributes and their levels"),
        (put("estimates", 0, "slice", value=[]), "attributes and their levels"),
        (put("estimates", 0, "metric", value="goodness"), "no metric called 'goodness'"),
        (put("disparities", 0, "kind", value="sum"), "it is one of difference, ratio"),
        (put("spreads", 0, "by", value="sex"), "a list of attributes"),
        (put("spreads", 0, "left_out", value=[None]), "attributes and their levels"),
        (put("criteria", 0, "name", value="fairness"), "criteria, entry 1"),
        (put("verdicts", 0, "verdict", value="perhaps"), "null, pass, fail"),
        (put("verdicts", 0, "pair", value=[{}]), "a list of two slices"),
        (put("verdicts", 0, "rule", value="another"), "'another', which its policy does not have"),
    ],
    ids=lambda value: getattr(value, "__name__", "")[:60],
)
def test_what_a_report_cannot_hold_is_refused_with_its_place(change, said):
    found = tree()
    change(found)

    assert said in refuse(found)


@pytest.mark.parametrize("key", [key for key in tree() if key not in ("format", "version")])
def test_no_key_may_be_missing(key):
    found = tree()
    del found[key]

    assert f"lacks '{key}'" in refuse(found)


def test_too_many_records_are_refused():
    found = tree()
    found["criteria"] = [None] * 500_001

    assert "more than 500,000 records" in refuse(found)


def test_metrics_of_endlessly_many_classes_are_refused():
    found = tree()
    found["estimates"] = [found["estimates"][0] | {"metric": f"true_positive_rate[{i}]"} for i in range(10_001)]

    assert "more than 10,000 metrics" in refuse(found)


ODD = (None, True, -1, 0, 2**70, 1.5, "", "x", "\u0000", [], {}, [None], {"": None}, [[]], "sex = ", ["a"] * 3)


@given(st.integers(0, 2**32), st.sampled_from(ODD))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_stands_anywhere_is_read_or_refused(seed, odd):
    """Read it writes itself again; nothing but ResultsError comes out."""
    found = _small(tree())
    spots = list(_spots(found))
    holder, place = random.Random(seed).choice(spots)
    holder[place] = copy.deepcopy(odd)

    try:
        read = read_document(json.dumps(found))
    except ResultsError:
        return
    again = write_document(read)
    assert write_document(read_document(again)) == again


def _small(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value[:2] if isinstance(value, list) else value for key, value in found.items()}


def _spots(found: Any) -> Any:
    if isinstance(found, dict | list):
        for place in list(found) if isinstance(found, dict) else range(len(found)):
            yield found, place
            yield from _spots(found[place])
