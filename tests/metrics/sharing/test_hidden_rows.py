"""Tables with slices that are hidden are written and said without a number of them, and never as `nan`."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import replace
from functools import cache

import pytest

from metrics.answers import find_worst, list_limits, list_limits_briefly
from metrics.document import make_document
from metrics.document_json import read_document, write_document
from metrics.errors import ResultsError
from metrics.judge import judge
from metrics.policy import Policy
from metrics.question import Answer, Question
from metrics.sentences import say_cannot_tell, say_difference, say_gap, say_gaps, say_slice, say_value, say_worst
from metrics.sharing.ask import _without_rows, ask_shared, write_shared_json
from metrics.sharing.bundle import read_bundle, write_bundle
from metrics.sharing.shared_cube import Shared
from metrics.writing import guard_frame, records, write_csv, write_frame, write_tables
from tests.metrics.sharing.shared_files import FORMS, RECEIPT, share_results

NUMBERS = ("value", "low", "high", "top", "below", "units", "effective_units", "clusters", "p", "p_adjusted")
NAN = re.compile(r"\bnan\b|<NA>|\bNone\b(?! of the)", re.IGNORECASE)


@cache
def shared_of(name: str) -> Shared:
    return read_bundle(write_bundle(share_results(FORMS[name]())))


@cache
def answer_of(name: str) -> Answer:
    return ask_shared(shared_of(name), Question(kinds=("difference", "ratio")))


def hidden_of(frame):
    return frame[frame["status"] == "suppressed"]


@pytest.mark.parametrize("name", FORMS)
def test_hidden_slices_have_no_numbers_in_any_writer(name):
    found = answer_of(name)
    assert len(hidden_of(found.estimates)) and len(hidden_of(found.disparities))
    tree = json.loads(write_shared_json(shared_of(name), found), parse_constant=pytest.fail)

    for rows in (tree["estimates"], tree["disparities"], records(found.estimates)):
        for row in (r for r in rows if r["status"] == "suppressed"):
            assert [row[n] for n in NUMBERS if n in row] == [None] * len([n for n in NUMBERS if n in row])
    for row in tree["estimates"]:
        assert row["units"] is None or type(row["units"]) is int
    for text in (write_csv(found), write_tables(found)):
        assert "suppressed" in text
        assert not NAN.search(text)
    for frame in (found.estimates, found.disparities):
        assert ",nan," not in write_frame(frame.assign(slice=frame["slice"].map(str), system="")).lower()
        assert len(guard_frame(frame.drop(columns="slice"))) == len(frame)


@pytest.mark.parametrize("name", FORMS)
def test_sentences_about_hidden_slices_hold_no_number_of_them(name):
    found, shared = answer_of(name), shared_of(name)
    for cube in shared.cubes:
        ours = [
            f[f["system"].isna() if cube.system is None else f["system"] == cube.system] for f in found.tables.values()
        ]
        estimates, disparities, spreads, _ = ours
        disparities = disparities[disparities["kind"] == "difference"]
        for metric in cube.metrics.values():
            said = [say_worst(estimates, disparities, metric), say_gaps(spreads, metric)]
            said += [say_cannot_tell(estimates, metric, disparities=disparities)]
            said += list_limits(cube, estimates, metric, 30) + list_limits_briefly(cube, estimates, metric)
            for row in records(hidden_of(estimates[estimates["metric"] == metric.name])):
                row["slice"] = next(s for s in estimates["slice"] if s.to_dict() == row["slice"])
                assert "is not shown" in say_slice(row, None, metric)
                said += [say_slice(row, None, metric), say_value(row, metric)]
            for row in records(hidden_of(disparities[disparities["metric"] == metric.name])):
                said.append(say_difference(row, metric))
            for row in records(spreads[spreads["metric"] == metric.name]):
                row["highest"] = row["lowest"] = estimates["slice"].iloc[1]
                said.append(say_gap(row, metric))
            assert not [text for text in said if NAN.search(text)]
            assert any("not shown" in text for text in said)
            worst = find_worst(disparities, estimates, metric)
            assert worst is None or worst["status"] == "ok"


def test_limits_of_an_attribute_that_is_shared_in_combinations_only_are_told():
    shared = share_results(FORMS["plain"](), groupings=(("sex", "age"),))
    found = ask_shared(shared, Question())
    cube = shared.cubes[0]

    assert list_limits(cube, found.estimates, cube.metrics["accuracy"], 30)


def _policy() -> Policy:
    return Policy.loads(
        'name = "P"\n[[rule]]\nname = "a"\nmetric = "accuracy"\nby = ["sex"]\nat_most = 0.1\n'
        '[[rule]]\nname = "b"\nmetric = "accuracy"\ncompare = "spread"\nby = ["sex"]\nat_most = 0.1\n'
    )


def test_a_hidden_slice_has_no_verdict_but_no_data():
    found = judge(shared_of("plain").cubes, _policy())
    hidden = {s for s in hidden_of(answer_of("plain").estimates)["slice"] if s.axes == ("sex",)}

    rows = [r for r in found.to_dict("records") if r["slice"] in hidden and r["rule"] == "a"]
    assert rows and {r["verdict"] for r in rows} == {"no data"}
    assert not [r["reason"] for r in found.to_dict("records") if NAN.search(r["reason"])]


def test_a_document_of_what_is_shared_is_written_and_read_again():
    shared = shared_of("plain")
    results = replace(_without_rows(shared), receipts=(RECEIPT,))
    document = make_document(results, shared.cubes, Question(by=("sex",)), policy=_policy(), made="2026-01-31")

    for packed in (False, True):
        text = write_document(document, packed=packed)
        again = read_document(text)
        assert write_document(again, packed=packed) == text
        assert (again.estimates["status"] == "suppressed").sum() == (document.estimates["status"] == "suppressed").sum()


@pytest.mark.parametrize("column", ["value", "units", "p"])
def test_a_document_with_numbers_of_a_hidden_slice_is_refused(column):
    shared = shared_of("plain")
    results = replace(_without_rows(shared), receipts=(RECEIPT,))
    tree = json.loads(write_document(make_document(results, shared.cubes, Question(by=("sex",)))))
    name = "disparities" if column == "p" else "estimates"
    next(row for row in tree[name] if row["status"] == "suppressed")[column] = 1

    with pytest.raises(ResultsError, match="is not shown and has"):
        read_document(json.dumps(tree))
    next(row for row in tree[name] if row["status"] == "suppressed")[column] = None
    read_document(json.dumps(tree))
    tree["estimates"][0]["units"] = None
    with pytest.raises(ResultsError, match="a whole number"):
        read_document(json.dumps(tree))


def test_every_sentence_is_tried():
    """A sentence that is new is to be tried with hidden slices, too."""
    from metrics import sentences

    tried = inspect.getsource(test_sentences_about_hidden_slices_hold_no_number_of_them)
    of_one_system = {n for n in sentences.__all__ if n.startswith("say_") and not n.startswith("say_change")}
    assert {name for name in of_one_system if name not in tried} == set()
