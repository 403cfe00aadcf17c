from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.cube import count_cells
from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.rows import find_rows, list_outcomes, name_outcomes, write_rows
from metrics.scored import score
from metrics.slices import MISSING, Slice
from tests.metrics.build import results_of

ROWS = pd.DataFrame(
    {
        "group": ["a", "a", "a", "a", "b", None, "b"],
        "label": ["1", "0", "1", "0", "1", "0", None],
        "prediction": ["1", "1", "0", "0", None, "1", "1"],
    }
)


def scored_of(frame=ROWS, answers=None, **schema):
    return score(results_of(frame, ["group"], answers or {"prediction": "prediction"}, **schema))[0]


def rows_of(text="", outcome="all", frame=ROWS, **options):
    return find_rows(scored_of(frame), Slice.parse(text) if text else Slice(), outcome, **options).tolist()


@pytest.mark.parametrize(
    ("outcome", "rows"),
    [
        ("all", [0, 1, 2, 3, 4, 5, 6]),
        ("true_positives", [0]),
        ("false_positives", [1, 5]),
        ("false_negatives", [2]),
        ("true_negatives", [3]),
        ("missing", [4, 6]),
    ],
)
def test_rows_are_found_by_their_outcome(outcome, rows):
    assert rows_of(outcome=outcome) == rows


def test_rows_are_found_by_their_group_the_missing_one_too():
    assert rows_of("group = a") == [0, 1, 2, 3]
    assert find_rows(scored_of(), Slice((("group", MISSING),))).tolist() == [5]


def test_a_level_called_as_the_missing_one_is_kept_apart_from_it():
    frame = ROWS.assign(group=["(missing)", "a", "a", "a", "b", None, "b"])

    assert find_rows(scored_of(frame), Slice((("group", MISSING),))).tolist() == [5]


def test_the_rows_of_a_metric_are_those_it_counts():
    scored = scored_of()
    metric = scored.metrics["false_positive_rate"]

    assert find_rows(scored, Slice(), "top", metric).tolist() == [1, 5]
    assert find_rows(scored, Slice(), "below", metric).tolist() == [1, 3, 5]


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("01"), st.sampled_from("01")), min_size=1, max_size=30)
)
def test_there_are_as_many_rows_as_the_table_of_estimates_says(rows):
    frame = pd.DataFrame(rows, columns=["group", "label", "prediction"])
    scored = scored_of(frame)
    table = estimate(count_cells([scored]), ["group"], ["false_negative_rate", "selection_rate"], min_units=1)

    for row in table.to_dict("records"):
        metric = scored.metrics[row["metric"]]
        assert len(find_rows(scored, row["slice"], "top", metric)) == row["top"]
        assert len(find_rows(scored, row["slice"], "below", metric)) == row["below"]


def test_outcomes_are_named_row_by_row():
    assert name_outcomes(scored_of(), np.arange(5)) == [
        "true positive",
        "false positive",
        "false negative",
        "true negative",
        "label or prediction missing",
    ]


def test_without_labels_rows_are_predicted_positive_or_negative():
    scored = scored_of(ROWS.drop(columns="label"))

    assert list(list_outcomes(scored)) == ["all", "predicted_positives", "predicted_negatives", "missing"]
    assert find_rows(scored, Slice(), "predicted_negatives").tolist() == [2, 3]


def test_rows_of_several_classes_are_right_or_wrong():
    frame = pd.DataFrame({"group": ["a"] * 3, "label": ["x", "y", "z"], "prediction": ["x", "z", "z"]})
    scored = scored_of(frame, positive=())

    assert find_rows(scored, Slice(), "wrong").tolist() == [1]


def test_rows_of_a_regression_come_with_the_largest_error_first():
    frame = pd.DataFrame({"group": ["a"] * 4, "label": [1.0, 1, 1, 1], "prediction": [2.0, -4, 1, np.nan]})
    scored = scored_of(frame, task="regression", positive=())

    assert find_rows(scored, Slice()).tolist() == [1, 0, 2, 3]
    assert find_rows(scored, Slice(), "too low").tolist() == [1]
    assert name_outcomes(scored, np.arange(4)) == [
        "predicted too high",
        "predicted too low",
        "exactly right",
        "label or prediction missing",
    ]


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [(Slice((("grup", "a"),)), "all"), (Slice((("group", "z"),)), "all"), (Slice(), "true_positive")],
)
def test_what_the_data_do_not_have_is_refused(cell, outcome):
    with pytest.raises(QuestionError):
        find_rows(scored_of(), cell, outcome)


def test_rows_written_as_csv_are_read_back_and_run_as_no_formula():
    table = pa.table({"=name": ["=1+1", "a,b", None, '"q"'], "n": [-1.5, 2, 3, None], "t": ["-5", "-x", "@y", "ü"]})
    text = b"".join(write_rows(table, {"row": [1, 2, 3, 4]})).decode()

    assert list(csv.reader(io.StringIO(text))) == [
        ["row", "'=name", "n", "t"],
        ["1", "'=1+1", "-1.5", "-5"],
        ["2", "a,b", "2", "'-x"],
        ["3", "", "3", "'@y"],
        ["4", '"q"', "", "ü"],
    ]
