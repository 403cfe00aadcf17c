"""A document holds what its JSON holds, the same numbers as the answer, and everything they hang on."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import metrics
from metrics.compare import COLUMNS as DISPARITIES
from metrics.criteria import COLUMNS as CRITERIA
from metrics.document import Document, make_document
from metrics.document_tables import TABLES
from metrics.errors import QuestionError, ResultsError
from metrics.estimate import COLUMNS as ESTIMATES
from metrics.judge import COLUMNS as VERDICTS
from metrics.policy import Policy
from metrics.progress import Progress
from metrics.question import Question
from metrics.spread import COLUMNS as SPREADS
from metrics.verify import compare_documents
from tests.metrics.documents import POLICY, QUESTION, ROWS, SCHEMA, make, read

MODULES = {
    "estimates": ESTIMATES,
    "disparities": DISPARITIES,
    "spreads": SPREADS,
    "criteria": CRITERIA,
    "verdicts": VERDICTS,
}


@pytest.fixture(scope="module")
def document() -> Document:
    return make()


@pytest.mark.parametrize("name", MODULES)
def test_every_list_has_the_columns_of_its_table(name, document):
    assert list(TABLES[name]) == MODULES[name] == list(document.tables[name].columns)
    assert len(document.tables[name]) > 0


def test_the_numbers_are_those_of_the_answer(document):
    cubes = metrics.count_cells(metrics.score(read()))
    asked = metrics.estimate(cubes.only(cubes.systems[0]), QUESTION.by)

    for column in ("value", "low", "high", "top", "below", "units"):
        np.testing.assert_array_equal(document.estimates[column], asked[column])
    assert document.estimates["slice"].tolist() == asked["slice"].tolist()


def test_an_interval_without_end_keeps_having_none(document):
    """Of all others no negative is predicted positive, so x has a ratio without end: its low limit stands."""
    cubes = metrics.count_cells(metrics.score(read()))
    asked = metrics.compare(cubes, QUESTION.by, kinds=QUESTION.kinds)
    open_ended = np.isfinite(asked["low"]) & np.isposinf(asked["high"])

    assert open_ended.any() and np.isposinf(asked["value"]).any()
    np.testing.assert_array_equal(document.disparities["high"], asked["high"])
    np.testing.assert_array_equal(document.disparities["value"], asked["value"])


def test_what_a_policy_leaves_out_is_a_finding(document):
    assert any(f.where == "rule 'misses'" and "sex = (missing)" in f.found for f in document.findings)


def test_without_a_policy_there_are_no_verdicts_but_their_columns():
    document = make(policy=None)

    assert (len(document.verdicts), list(document.verdicts.columns)) == (0, VERDICTS)


def test_it_names_the_metrics_of_its_tables_and_of_its_criteria(document):
    named = set(document.estimates["metric"]) | {"false_negatives_per_false_positive"}

    assert set(document.metrics) == named
    assert document.metrics["selection_rate"].better == "higher"  # the positive prediction is the good one


def test_metrics_of_several_classes_are_found_again_by_their_names():
    rows = pd.DataFrame({"g": list("ab") * 60, "label": list("xyz") * 40, "pred": list("xxyzzy") * 20})
    results = metrics.read_results(rows, by=["g"])
    cubes = metrics.count_cells(metrics.score(results))

    document = make_document(results, cubes, Question(metrics=("accuracy", "true_positive_rate[y]")))

    assert document.metrics == {n: cubes.metrics[n] for n in ("accuracy", "true_positive_rate[y]")}


def test_title_and_day_have_defaults():
    results = read()
    cubes = metrics.count_cells(metrics.score(results))
    document = make_document(results, cubes, Question(metrics=("accuracy",)))

    assert document.title == "Fairness of people.csv"
    assert pd.Timestamp(document.made) >= pd.Timestamp("2026-01-01")
    assert {"fairness-dashboard", "numpy", "pandas", "scipy"} <= document.versions.keys()


def test_a_policy_that_does_not_fit_the_data_is_refused():
    with pytest.raises(QuestionError, match="word_error_rate"):
        make(policy=Policy.loads('[[rule]]\nmetric = "word_error_rate"\nat_most = 0.1\n'))


def test_what_progress_raises_ends_the_work():
    def stop(words: str, share: float) -> None:
        told.append((words, share))
        if share > 0.7:
            raise KeyboardInterrupt

    told: list[tuple[str, float]] = []
    results = read()
    with pytest.raises(KeyboardInterrupt):
        make_document(results, metrics.count_cells(metrics.score(results)), QUESTION, progress=Progress(stop))
    assert [share for _, share in told] == sorted(share for _, share in told)


def test_rules_and_terms_of_transcripts_are_carried_along(tmp_path):
    rules = tmp_path / "rules.txt"
    rules.write_text("gonna => going to\n")
    rows = "id,g,said,heard\n" + "".join(f"{i},{'ab'[i % 2]},going to bed,gonna bed\n" for i in range(80))
    schema = metrics.Schema(
        "transcription",
        columns={"id": "id", "reference": "said"},
        systems=(metrics.System(None, {"hypothesis": "heard"}),),
        attributes=(metrics.Attribute("g"),),
        normalizer=f"lower+{rules}",
    )
    results = metrics.read_results(io.BytesIO(rows.encode()), schema, name="calls.csv")
    document = make_document(
        results, metrics.count_cells(metrics.score(results)), Question(metrics=("word_error_rate",))
    )

    assert document.schema.normalizer == "lower+rules.txt"
    assert document.schema.texts == {"rules.txt": "gonna => going to\n"}
    assert document.estimates["value"].tolist() == [0.0] * 3


def test_a_file_that_a_schema_without_transcripts_names_is_not_opened(tmp_path):
    """Nothing has opened it on reading: an uploaded schema could name any file of the server."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    schema = replace(SCHEMA, normalizer=str(secret), terms=str(secret))
    results = metrics.read_results(io.BytesIO(ROWS.encode()), schema, name="people.csv", open_files=False)
    document = make_document(results, metrics.count_cells(metrics.score(results)), Question(metrics=("accuracy",)))

    assert document.schema.texts == {}


def test_a_document_equals_itself(document):
    assert compare_documents(document, make()) == []


def test_a_missing_column_of_a_rule_is_refused():
    policy = Policy("P", (replace(POLICY.rules[0], by=(("height",),)),))
    with pytest.raises((QuestionError, ResultsError), match="height"):
        make(policy=policy)
