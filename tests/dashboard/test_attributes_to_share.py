"""Attributes that are mostly missing, or that tell what came out, are not for sharing unasked."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard.attributes_to_share import find_reasons
from metrics import read_results, score
from metrics.schema import Schema, System

N = 120
ROWS = range(N)


def reasons(schema: Schema | None = None, **columns: list) -> dict[str, str]:
    """Find them among `columns`, beside a label of every third row and predictions that are right mostly."""
    rows = {
        "label": ["yes" if i % 3 == 0 else "no" for i in ROWS],
        "said": ["yes" if i % 3 == 0 or i % 7 == 0 else "no" for i in ROWS],
    }
    schema = schema or Schema(
        task="classification",
        columns={"label": "label"},
        systems=(System(None, {"prediction": "said"}),),
        positive=("yes",),
    )
    told = schema.with_attributes(list(columns))
    return find_reasons(score(read_results(pd.DataFrame(rows | columns), told)))


def test_an_ordinary_attribute_is_for_sharing():
    assert reasons(sex=["fm"[i % 2] for i in ROWS], age=["young", "old", "older", "oldest"] * 30) == {}


def test_what_is_mostly_missing_is_not():
    found = reasons(
        most=[None if i % 5 < 4 else "ab"[i % 2] for i in ROWS],
        half=[None if i % 2 else "ab"[i % 3 // 2] for i in ROWS],
    )

    assert found == {"most": "80% of the rows have no value of it"}


@pytest.mark.parametrize(
    ("attribute", "reason"),
    [
        (["repaid" if i % 3 else "defaulted" for i in ROWS], "it tells the label"),  # under other words
        (["none" if i % 3 else "early" if i % 2 else "late" for i in ROWS], "it tells the label"),  # and finer
        (["in" if i % 3 == 0 or i % 7 == 0 else "out" for i in ROWS], "it tells the prediction"),
        ([None if i % 4 == 0 else "repaid" if i % 3 else "defaulted" for i in ROWS], "it tells the label"),
    ],
)
def test_what_tells_the_label_or_the_prediction_is_not(attribute, reason):
    assert reasons(outcome=attribute) == {"outcome": reason}


def test_one_row_that_contradicts_is_no_telling():
    told = ["repaid" if i % 3 else "defaulted" for i in ROWS]

    assert reasons(outcome=["defaulted", *told[1:]]) == {"outcome": "it tells the label"}
    assert reasons(outcome=["repaid", *told[1:]]) == {}


def test_groups_of_few_rows_are_alike_by_chance():
    assert reasons(street=[str(i // 2 if i % 3 else i) for i in ROWS]) == {}


def test_of_several_classes_one_that_follows_from_them_tells_them():
    schema = Schema(task="classification", columns={"label": "kind"}, systems=(System(None, {"prediction": "guess"}),))
    kinds = ["abc"[i % 3] for i in ROWS]
    guesses = ["abc"[i % 3 if i % 5 else 0] for i in ROWS]

    found = reasons(schema, kind=kinds, guess=guesses, vowel=["yes" if k == "a" else "no" for k in kinds])

    assert found["vowel"] == "it tells the label"


def test_numbers_and_words_have_no_classes_to_tell():
    schema = Schema(task="regression", columns={"label": "true"}, systems=(System(None, {"prediction": "told"}),))
    rows = {"true": [float(i) for i in ROWS], "told": [i + 1.0 for i in ROWS], "late": ["yes", "no"] * 60}

    assert find_reasons(score(read_results(pd.DataFrame(rows), schema.with_attributes(["late"])))) == {}
