"""Finding reports: read strictly, measured by the engine that measures files, reviewed in a chained list."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics import compare, count_cells, estimate, read_results, score
from metrics.bounty.ledger import locked
from metrics.bounty.reports import COLUMNS, list_reports, measure_report, parse_report, read_report
from metrics.bounty.reviews import FILE, list_states, read_reviews, review_report
from metrics.bounty.rows import open_bounty
from metrics.errors import QuestionError, ResultsError
from metrics.schema import Schema
from tests.metrics.bounty.folders import write_bounty
from tests.paths import SAMPLES


def report(team: str = "red", number: str = "1", **parts) -> dict:
    usual = {
        "team": team,
        "id": number,
        "group": {"where": "age >= 65"},
        "metric": "error_rate",
        "harm": "The old are told that they are well.",
        "narrative": "We asked three of them.",
        "evidence": ["r1", "r2"],
    }
    return usual | parts


def put(folder, tree):
    place = folder / "reports" / tree["team"]
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{tree['id']}.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path):
    return write_bounty(tmp_path / "bounty")


# -- reading -------------------------------------------------------------------------------------


def test_a_report_is_read_as_it_was_sent(folder):
    put(folder, report("red", "2"))
    put(folder, report("blue", "1", evidence=[]))

    first, second = map(read_report, list_reports(folder))

    assert (first.key, second.key) == ("blue/1", "red/2")
    assert (second.metric, second.evidence, second.group.features) == ("error_rate", ("r1", "r2"), ("age",))
    assert len(second.digest) == 64 != first.digest


def test_narrative_and_evidence_may_be_missing():
    tree = report()
    del tree["narrative"], tree["evidence"]

    read = parse_report(tree, "it")

    assert (read.narrative, read.evidence) == ("", ())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"harms": "x"}, "Did you mean 'harm'"),
        ({"harm": " "}, "has no harm"),
        ({"metric": ""}, "has no metric"),
        ({"harm": "x" * 501}, "up to 500 signs"),
        ({"narrative": 3}, "narrative that is no text"),
        ({"evidence": "r1"}, "no list of ids"),
        ({"evidence": [True]}, "no list of ids"),
        ({"evidence": ["r1"] * 201}, "up to 200 ids"),
        ({"group": {"where": "age >="}}, "where a value is expected"),
        ({"group": {}}, "has a group that is not one thing"),
        ({"team": "../x"}, "has the team"),
        ({"replacement": {"constant": 1}}, "has 'replacement'"),
    ],
)
def test_what_is_wrong_with_a_report_is_said(change, words):
    with pytest.raises(ResultsError) as error:
        parse_report(report(**change), "report 'red/1'")

    assert words in str(error.value)
    assert all(finding.where.startswith("report 'red/1'") for finding in error.value.findings)


def test_every_mistake_is_named_at_once():
    with pytest.raises(ResultsError) as error:
        parse_report(report(harm="", evidence=3, group={"where": "("}), "it")

    assert len(error.value.findings) == 3


@pytest.mark.parametrize("text", ["", "[", "[]", "NaN", '{"team": 1, "team": 2}', "[" * 100_000])
def test_damaged_files_are_refused_in_words(folder, text):
    path = put(folder, report())
    path.write_text(text)

    with pytest.raises(ResultsError, match="report 'red/1'"):
        read_report(path)


def test_a_report_says_the_name_of_its_place(folder):
    path = put(folder, report())
    other = path.with_name("2.json")
    path.rename(other)

    with pytest.raises(ResultsError, match="says that it is 'red/1'"):
        read_report(other)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*report(), "other"]), JSON))
def test_whatever_stands_in_a_report_is_read_or_refused_in_words(change):
    try:
        read = parse_report(report() | change, "it")
    except ResultsError as error:
        assert error.findings and all(finding.found and finding.cure for finding in error.findings)
    else:
        assert read.harm.strip() and read.metric.strip()


# -- measuring -----------------------------------------------------------------------------------


def test_it_is_measured_on_the_explore_and_the_validation_rows(folder):
    """By hand: of the ten validation rows five are old, all of whom the model gets wrong, and none of the others."""
    bounty = open_bounty(folder)

    table = measure_report(bounty, parse_report(report(), "it"), bounty.baseline).set_index("split")

    assert [table.index.name, *table.columns] == COLUMNS
    assert table["units"].to_dict() == {"explore": 0, "validation": 5}
    assert table.loc["validation", ["value", "rest", "difference"]].tolist() == [1.0, 0.0, 1.0]
    assert table.loc["validation", "status"] == "too few"
    assert np.isnan(table.loc["explore", "difference"])


def test_its_numbers_are_those_of_measuring_the_file():
    bounty = open_bounty(SAMPLES / "bounty")
    sent = parse_report(report(group={"where": "floor >= 6"}, metric="error_rate", evidence=[]), "it")
    rows = pd.read_csv(SAMPLES / "bounty/rows.csv").merge(pd.read_csv(SAMPLES / "bounty/labels.csv"))
    frame = pd.DataFrame(
        {
            "truth": rows["truth"],
            "model": rows["model"],
            "high": np.where(rows["floor"] >= 6, "yes", "no"),
            "split": bounty.split.astype(str),
        }
    )
    schema = Schema.loads('task = "classification"\nlabel = "truth"\nprediction = "model"\nwhere = "split = 1"')
    cubes = count_cells(score(read_results(frame, schema.with_attributes(["high"]))))
    value, gap = (f(cubes, ["high"], ["error_rate"]) for f in (estimate, compare))
    value, gap = (t[t["slice"].map(str) == "high = yes"].iloc[0] for t in (value, gap))

    found = measure_report(bounty, sent, bounty.baseline).set_index("split").loc["validation"]

    assert found["units"] == value["units"]
    assert found[["value", "low", "high"]].tolist() == pytest.approx(value[["value", "low", "high"]].tolist())
    assert found[["difference", "difference_low", "difference_high", "p"]].tolist() == pytest.approx(
        gap[["value", "low", "high", "p"]].tolist()
    )


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"group": {"where": "agee > 3"}}, ResultsError, "Did you mean 'age'"),
        ({"group": {"where": "age > 300"}}, ResultsError, "holds none of the 12 rows"),
        ({"group": {"ids": "who.csv"}}, ResultsError, "is not there"),
        ({"group": {"ids": "../../labels.csv"}}, ResultsError, "outside"),
        ({"evidence": ["r1", "r99"]}, ResultsError, "r99"),
        ({"metric": "eror_rate"}, QuestionError, "Did you mean 'error_rate'"),
    ],
)
def test_what_cannot_be_measured_is_said(folder, change, error, words):
    bounty = open_bounty(folder)
    path = put(folder, report(**change))

    with pytest.raises(error, match=words) as raised:
        measure_report(bounty, read_report(path), bounty.baseline)

    assert "submission 'red" not in str(raised.value)


def test_clusters_are_the_sample_where_they_are_named(folder):
    draw = np.random.default_rng(1)
    n = 400
    people = draw.integers(0, 25, n)
    sick = draw.random(25)[people] > draw.random(n)
    rows = pd.DataFrame({"id": [f"i{i}" for i in range(n)], "who": people, "age": draw.integers(20, 90, n)})
    rows = rows.assign(split="validation", model=0)
    labels = pd.DataFrame({"id": rows["id"], "label": sick.astype(int)})
    text = (folder / "bounty.toml").read_text()
    sent = parse_report(report(evidence=[]), "it")
    tables = []
    for terms in (text, text + 'cluster = "who"\n'):
        write_bounty(folder, terms, rows.to_csv(index=False), labels.to_csv(index=False))
        bounty = open_bounty(folder)
        tables.append(measure_report(bounty, sent, bounty.baseline).iloc[0])

    by_row, by_cluster = tables
    assert by_row["value"] == by_cluster["value"]
    assert by_cluster["high"] - by_cluster["low"] > by_row["high"] - by_row["low"]


# -- reviewing -----------------------------------------------------------------------------------


def reports_of(folder, *numbers: str):
    for number in numbers:
        put(folder, report(number=number))
    return [read_report(path) for path in list_reports(folder)]


def states(folder, reports):
    table = list_states(reports, read_reviews(folder))
    return dict(zip(table["report"], table["state"], strict=True))


def test_a_report_is_new_until_it_is_reviewed_and_the_last_review_counts(folder):
    reports = reports_of(folder, "1", "2", "3")

    review_report(folder, reports, "red/1", "not shown")
    review_report(folder, reports, "red/1", "confirmed", note="Seen again on new rows.")
    review_report(folder, reports, "red/3", "duplicate", of="red/1")

    assert states(folder, reports) == {"1": "confirmed", "2": "new", "3": "duplicate"}
    table = list_states(reports, read_reviews(folder)).set_index("report")
    assert (table.loc["3", "of"], table.loc["1", "note"]) == ("red/1", "Seen again on new rows.")


def test_a_report_that_was_changed_since_is_new_again(folder):
    reports = reports_of(folder, "1")
    review_report(folder, reports, "red/1", "confirmed")

    put(folder, report(harm="Something else altogether."))

    assert states(folder, reports_of_now(folder)) == {"1": "new"}


def test_a_report_whose_file_of_ids_was_changed_is_new_again(folder):
    put(folder, report(group={"ids": "who.csv"}))
    who = folder / "reports" / "red" / "who.csv"
    who.write_text("id\nr1\n")
    review_report(folder, reports_of_now(folder), "red/1", "confirmed")
    assert states(folder, reports_of_now(folder)) == {"1": "confirmed"}

    who.write_text("id\nr1\nr2\n")

    assert states(folder, reports_of_now(folder)) == {"1": "new"}


def reports_of_now(folder):
    return [read_report(path) for path in list_reports(folder)]


@pytest.mark.parametrize(
    ("key", "state", "of", "words"),
    [
        ("red/9", "confirmed", "", "There is no report 'red/9'"),
        ("red/1", "confirmd", "", "Did you mean 'confirmed'"),
        ("red/1", "new", "", "A review says one of"),
        ("red/1", "duplicate", "", "names the report that it repeats"),
        ("red/1", "confirmed", "red/2", "nothing else does"),
        ("red/1", "duplicate", "red/1", "duplicate of itself"),
        ("red/1", "duplicate", "red/9", "There is no report 'red/9'"),
        ("red/1", "duplicate", "red/3", "is a duplicate itself; name 'red/2'"),
        ("red/2", "duplicate", "red/1", "has a duplicate, 'red/3'"),
    ],
)
def test_reviews_that_make_no_sense_are_refused_and_not_written(folder, key, state, of, words):
    reports = reports_of(folder, "1", "2", "3")
    review_report(folder, reports, "red/3", "duplicate", of="red/2")
    before = (folder / FILE).read_bytes()

    with pytest.raises(QuestionError, match=words):
        review_report(folder, reports, key, state, of=of)

    assert (folder / FILE).read_bytes() == before


def tamper(lines: list[bytes]) -> dict[str, list[bytes]]:
    one, two, three = lines
    return {
        "changed": [one, two.replace(b"not shown", b"confirmed"), three],
        "taken out": [one, three],
        "moved": [two, one, three],
        "begins late": [two, three],
        "cut": [one, two, three[:-10]],
        "no JSON": [one, b"{", three],
        "another form": [one, b'{"number": 2}', three],
    }


@pytest.mark.parametrize("how", tamper([b""] * 3))
def test_a_list_of_reviews_that_was_tampered_with_is_refused(folder, how):
    reports = reports_of(folder, "1", "2")
    for key, state in (("red/1", "confirmed"), ("red/2", "not shown"), ("red/2", "confirmed")):
        review_report(folder, reports, key, state)
    lines = (folder / FILE).read_bytes().splitlines()
    assert len(read_reviews(folder)) == 3

    changed = tamper(lines)[how]
    (folder / FILE).write_bytes(b"\n".join(changed) + (b"" if how == "cut" else b"\n"))

    with pytest.raises(ResultsError, match=r"reviews\.jsonl"):
        read_reviews(folder)


def test_who_reviews_waits_for_the_folder(folder, monkeypatch):
    reports = reports_of(folder, "1")
    monkeypatch.setattr("metrics.bounty.reviews.locked", lambda folder: locked(folder, 0.0))

    with locked(folder), pytest.raises(ResultsError, match="somebody else"):
        review_report(folder, reports, "red/1", "confirmed")

    assert read_reviews(folder) == ()


def test_a_review_is_of_the_report_as_it_was_read(folder):
    (sent,) = reports_of(folder, "1")

    review = review_report(folder, [replace(sent, digest="d" * 64)], "red/1", "confirmed", reviewed="2026-01-01")

    assert (review.number, review.previous, review.digest, review.reviewed) == (1, "0" * 64, "d" * 64, "2026-01-01")
    assert states(folder, [sent]) == {"1": "new"}
