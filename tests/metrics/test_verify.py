"""Computed again from its file a document is the same; what was changed in the file or in the document is found."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics
from metrics.document import Document, make_document
from metrics.document_json import read_document, write_document
from metrics.errors import ResultsError
from metrics.question import Question
from metrics.verify import Difference, compare_documents, compute_again, has_same_files, read_again
from tests.metrics.documents import ROWS, make
from tests.paths import SAMPLES, SHARED, needs_shared


def again(document: Document, text: str | bytes, join: Any = ()) -> list[Difference]:
    """Compare a document, as somebody else has it, with what a file says."""
    document = read_document(write_document(document))
    data = text.encode() if isinstance(text, str) else text
    return compare_documents(document, compute_again(document, read_again(document, io.BytesIO(data), join)))


@pytest.fixture(scope="module")
def document() -> Document:
    return make()


def test_the_same_file_gives_the_same_document(document):
    assert again(document, ROWS) == []


@pytest.mark.parametrize("sample", ["lending", "screening", "routing", "waiting", "call_centre", "ward"])
def test_every_sample_gives_the_same_document(sample):
    file = SAMPLES / f"{sample}.csv"
    results = metrics.read_results(file, metrics.Schema.load(file.with_suffix(".toml")))
    document = make_document(results, metrics.count_cells(metrics.score(results)), Question())

    assert again(document, file.read_bytes()) == []


@needs_shared
@pytest.mark.parametrize(
    "name",
    ["slices/compas_discretized.csv", "slices/adult_slices.csv", "tabular/compas/compas-scores-two-years.csv"],
)
def test_what_was_guessed_is_said_and_not_guessed_again(name):
    """Without a schema everything is a guess; the document has each of them."""
    file = SHARED / "data" / name
    results = metrics.read_results(file)
    document = make_document(results, metrics.count_cells(metrics.score(results)), Question())

    assert again(document, file.read_bytes()) == []


def test_one_changed_cell_of_a_label_is_found_with_its_counts(document):
    differences = again(document, ROWS.replace("\n4,f,young,1,0,", "\n4,f,young,0,0,"))

    assert (differences[0].part, differences[0].field) == ("sources", "sha256")
    found = {(d.record, d.field): (d.given, d.again) for d in differences if d.part == "estimates"}
    # Of the 240 whose number is a multiple of four one less is positive; of 281 labelled rows it was 60.
    assert found["everyone; base_rate", "top"] == (60, 59)
    assert found["sex = f; base_rate", "top"] == (60, 59)
    assert ("sex = m; base_rate", "top") not in found


def test_a_changed_cell_that_no_number_uses_changes_the_file_alone(document):
    (difference,) = again(document, ROWS.replace(",n7\n", ",n8\n"))

    assert (difference.part, difference.record, difference.field) == ("sources", "file 1 (people.csv)", "sha256")


def test_rows_that_went_are_told_by_their_number(document):
    differences = again(document, ROWS.replace("400,,old,0,0,n\n", ""))

    assert [d.field for d in differences if d.part == "sources"] == ["sha256", "rows_read", "rows_used"]
    gone = [d.record for d in differences if d.part == "estimates" and d.field == ""]
    assert "sex = '(missing)'; accuracy" in gone or "sex is missing; accuracy" in gone


def test_a_number_that_was_changed_in_the_report_is_found(document):
    tree = json.loads(write_document(document))
    tree["verdicts"][0]["verdict"] = "pass"
    tree["estimates"][3]["value"] += 1e-6
    changed = read_document(json.dumps(tree))

    differences = again(changed, ROWS)
    assert [(d.part, d.field) for d in differences] == [("estimates", "value"), ("verdicts", "verdict")]
    assert differences[0].given - differences[0].again == pytest.approx(1e-6)


def test_a_record_that_was_taken_out_or_put_in_is_found(document):
    tree = json.loads(write_document(document))
    gone = tree["disparities"].pop(0)
    tree["criteria"].append(tree["criteria"][0])
    changed = read_document(json.dumps(tree))

    differences = again(changed, ROWS)
    assert [(d.part, d.field) for d in differences] == [("disparities", ""), ("criteria", "")]
    assert (differences[0].given, differences[1].again) == (None, None)
    assert differences[0].record.endswith(f"{gone['metric']}; {gone['kind']}")
    assert differences[1].record.endswith("(2)")


def test_a_record_without_a_value_that_was_taken_out_is_only_in_the_data(document):
    tree = json.loads(write_document(document))
    gone = next(r for r in tree["estimates"] if r["value"] is None)
    tree["estimates"].remove(gone)

    (difference,) = again(read_document(json.dumps(tree)), ROWS)
    assert (difference.field, difference.given, difference.again) == ("", None, "undefined")


def test_what_differs_by_rounding_alone_is_equal(document):
    tree = json.loads(write_document(document))
    for record in tree["estimates"]:
        for field in ("value", "low", "high"):
            if record[field] is not None:
                record[field] *= 1 + 1e-13
    assert again(read_document(json.dumps(tree)), ROWS) == []


def test_names_of_files_the_day_and_versions_are_not_compared(document):
    tree = json.loads(write_document(document))
    tree["sources"][0]["name"] = "renamed.csv"
    tree |= {"made": "2020-02-02", "versions": {}, "title": "T"}
    assert again(read_document(json.dumps(tree)), ROWS) == []


def test_the_order_of_records_does_not_matter(document):
    tree = json.loads(write_document(document))
    tree["estimates"].reverse()
    assert again(read_document(json.dumps(tree)), ROWS) == []


def test_a_file_without_a_column_of_the_report_is_refused(document):
    with pytest.raises(ResultsError, match="'pred'"):
        again(document, ROWS.replace("label,pred", "label,answer"))


def test_one_changed_cell_among_a_hundred_thousand_rows_is_found():
    rng = np.random.default_rng(5)
    rows = pd.DataFrame(
        {
            "id": np.arange(100_000),
            "sex": rng.choice(["f", "m"], 100_000),
            "region": rng.choice(["north", "south", "east"], 100_000),
            "label": rng.integers(0, 2, 100_000),
            "pred": rng.integers(0, 2, 100_000),
            "note": "-",
        }
    )
    text = rows.to_csv(index=False)
    schema = metrics.Schema(
        columns={"id": "id", "label": "label"},
        systems=(metrics.System(None, {"prediction": "pred"}),),
        attributes=(metrics.Attribute("sex"), metrics.Attribute("region")),
        positive=("1",),
    )
    results = metrics.read_results(io.BytesIO(text.encode()), schema, name="large.csv")
    document = make_document(results, metrics.count_cells(metrics.score(results)), Question())

    assert again(document, text) == []
    used, unused = rows.copy(), rows.copy()
    used.loc[77_777, "pred"] = 1 - used.loc[77_777, "pred"]
    unused.loc[77_777, "note"] = "+"
    counts = [d for d in again(document, used.to_csv(index=False)) if d.record == "everyone; accuracy"]
    assert ("top", 1) in [(d.field, abs(d.given - d.again)) for d in counts]
    assert [d.field for d in again(document, unused.to_csv(index=False))] == ["sha256"]


# -- several files -------------------------------------------------------------------------------


def joined(folder: Any) -> tuple[Any, Any]:
    first, second = folder / "people.csv", folder / "answers.csv"
    first.write_text("id,sex,label,one\n" + "".join(f"{i},{'fm'[i % 2]},{i % 3 % 2},{i % 2}\n" for i in range(90)))
    second.write_text("id,answer\n" + "".join(f"{i},{i % 5 % 2}\n" for i in reversed(range(90))))
    return first, second


@pytest.mark.parametrize("name", [None, "B"])
def test_a_report_of_several_files_names_them_all_and_knows_which_system_each_is(name, tmp_path):
    first, second = joined(tmp_path)
    roles = metrics.Schema(
        columns={"id": "id", "label": "label"},
        systems=(metrics.System("A", {"prediction": "one"}),),
        positive=("1",),
    )
    results = metrics.read_results(first, roles, join=[(name, second)], by=["sex"])
    document = make_document(results, metrics.count_cells(metrics.score(results)), Question(metrics=("accuracy",)))

    assert set(document.estimates["system"]) == {"A", name or "answers"}
    assert has_same_files(document, [r.sha256 for r in results.receipts])
    assert again(document, first.read_bytes(), [(None, second)]) == []
    second.write_text(second.read_text().replace("\n7,0\n", "\n7,1\n"))
    differences = again(document, first.read_bytes(), [(None, second)])
    assert (differences[0].record, differences[0].field) == ("file 2 (answers.csv)", "sha256")
    assert {d.record.split("; ")[1] for d in differences if d.part == "estimates"} == {name or "answers"}


def test_too_few_files_are_refused_by_name(tmp_path):
    first, second = joined(tmp_path)
    results = metrics.read_results(first, metrics.Schema(positive=("1",)), join=[(None, second)])
    document = make_document(results, metrics.count_cells(metrics.score(results)), Question(metrics=("accuracy",)))

    with pytest.raises(ResultsError, match=r"made from 2 files \('people.csv', 'answers.csv'\), and 1 are given"):
        again(document, first.read_bytes())


def test_no_file_that_the_report_names_is_opened(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("a => b\n")
    rows = "id,g,said,heard\n" + "".join(f"{i},{'ab'[i % 2]},go,go\n" for i in range(80))
    schema = metrics.Schema(
        "transcription",
        columns={"reference": "said"},
        systems=(metrics.System(None, {"hypothesis": "heard"}),),
        attributes=(metrics.Attribute("g"),),
    )
    results = metrics.read_results(io.BytesIO(rows.encode()), schema, name="calls.csv")
    document = make_document(
        results, metrics.count_cells(metrics.score(results)), Question(metrics=("word_error_rate",))
    )
    tree = json.loads(write_document(document))
    tree["schema"]["normalizer"] = str(secret)

    with pytest.raises(ResultsError, match=r"secret\.txt"):
        again(read_document(json.dumps(tree)), rows)
    tree["schema"] |= {"normalizer": "none", "terms": str(secret)}
    with pytest.raises(ResultsError, match="is not here"):
        again(read_document(json.dumps(tree)), rows)
