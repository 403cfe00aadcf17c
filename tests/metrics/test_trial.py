from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pytest

from metrics import NamedSlice, Schema, System, compare, count_cells, estimate, read_results, score
from metrics.errors import ResultsError
from metrics.predicates import parse_predicate
from metrics.reading.cells import Cells
from metrics.trial import say_trial, try_condition

ROWS = pd.DataFrame(
    {
        "sex": ["f", "m", None, "f"] * 50,
        "age": list(range(20, 70)) * 4,
        "label": [1, 0, 1, 1, 0] * 40,
        "pred": [1, 0, 0, 1] * 50,
    }
)
SCHEMA = Schema(
    task="classification",
    positive=("1",),
    columns={"label": "label"},
    systems=(System(None, {"prediction": "pred"}),),
).with_attributes(["sex"])
COLUMNS = {name: Cells(name, pa.chunked_array([pa.array(ROWS[name], from_pandas=True)])) for name in ROWS}


def scored(schema=SCHEMA):
    (only,) = score(read_results(ROWS, schema))
    return only


def attempt(text, schema=SCHEMA):
    return try_condition(scored(schema), COLUMNS, parse_predicate(text), "accuracy")


@pytest.mark.parametrize("text", ["sex = f", "sex = f and age >= 40", "age < 30 or sex is missing"])
def test_a_condition_is_measured_as_if_it_were_saved(text):
    saved = replace(SCHEMA, slices=(NamedSlice("mine", text),))
    cubes = count_cells(score(read_results(ROWS, saved)))
    values = {
        r["slice"].to_dict()["mine"]: r for r in estimate(cubes, [("mine",)], ["accuracy"]).to_dict("records")[1:]
    }
    (gap,) = (
        r
        for r in compare(cubes, [("mine",)], ["accuracy"]).to_dict("records")
        if r["slice"].to_dict() == {"mine": "yes"}
    )
    tried = attempt(text)

    for side, level in ((tried.inside, "yes"), (tried.outside, "no")):
        assert [side[c] for c in ("value", "low", "high", "units")] == [
            values[level][c] for c in ("value", "low", "high", "units")
        ]
    assert [tried.gap[c] for c in ("value", "low", "high")] == [gap[c] for c in ("value", "low", "high")]


def test_rows_and_those_of_which_it_cannot_be_told_are_counted():
    tried = attempt("sex = f")

    assert (tried.rows, tried.untold, tried.of) == (100, 50, 200)
    assert say_trial(tried, scored().metrics["accuracy"])[:2] == [
        "It holds for 100 of 200 rows (50.0 %).",
        "Of 50 it cannot be told, because a cell is empty.",
    ]


def test_only_rows_that_the_filter_keeps_are_counted():
    tried = attempt("sex = f", replace(SCHEMA, where="age >= 45"))

    assert tried.of == 100
    assert tried.rows == sum((ROWS["sex"] == "f") & (ROWS["age"] >= 45))


def test_nobody_has_no_value_and_everyone_no_gap():
    nobody, everyone = attempt("age > 99"), attempt("everyone")

    assert (nobody.rows, nobody.inside, nobody.gap) == (0, None, None)
    assert (everyone.rows, everyone.outside, everyone.gap) == (200, None, None)


def test_few_rows_are_said_to_be_few():
    assert say_trial(attempt("age = 20"), scored().metrics["accuracy"])[-1] == "These are too few rows to judge by."


def test_what_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(ResultsError, match="Did you mean 'sex'"):
        attempt("sax = f")
