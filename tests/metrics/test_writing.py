from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metrics
from metrics.errors import Finding
from metrics.slices import Slice
from metrics.writing import (
    Answer,
    dump_json,
    guard_frame,
    guard_text,
    name_file,
    records,
    show,
    write_csv,
    write_findings,
    write_frame,
    write_json,
    write_section,
    write_tables,
)

WOMEN = Slice((("sex", "f"),))


@pytest.fixture(scope="module")
def answer() -> Answer:
    """Two groups of three, of which one has no negatives, and one row whose group is missing."""
    rows = pd.DataFrame(
        {
            "sex": ["f", "f", "f", "m", "m", "m", None],
            "label": [1, 1, 1, 1, 0, 0, 0],
            "pred": [1, 0, 0, 1, 1, 0, 0],
        }
    )
    results = metrics.read_results(rows, by=["sex"])
    cubes = metrics.count_cells(metrics.score(results))
    names = ["false_positive_rate", "accuracy"]
    return Answer(
        results,
        metrics.estimate(cubes, metrics=names, min_units=1),
        metrics.compare(cubes, metrics=names, min_units=1, kinds=["difference", "ratio"]),
        metrics.spread(cubes, metrics=names, min_units=1),
        metrics.criteria(cubes, min_units=1),
        cubes.metrics,
    )


# -- JSON ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, None, pd.NA])
def test_what_is_no_finite_number_is_null(value):
    assert records(pd.DataFrame({"value": [value, 0.5], "top": [value, 2.0]})) == [
        {"value": None, "top": None},
        {"value": 0.5, "top": 2},
    ]


def test_values_of_tables_become_those_of_json():
    table = pd.DataFrame(
        {
            "slice": [WOMEN, Slice()],
            "by": [("sex", "age"), ()],
            "left_out": [[WOMEN], []],
            "highest": [WOMEN, None],
            "below": [np.float64(3), 2.5],
            "units": np.array([3, 4], dtype="int64"),
            "system": [None, "A"],
        }
    )

    assert records(table) == [
        {
            "slice": {"sex": "f"},
            "by": ["sex", "age"],
            "left_out": [{"sex": "f"}],
            "highest": {"sex": "f"},
            "below": 3,
            "units": 3,
            "system": None,
        },
        {"slice": {}, "by": [], "left_out": [], "highest": None, "below": 2.5, "units": 4, "system": "A"},
    ]


def test_whole_values_stay_fractions():
    (record,) = records(pd.DataFrame({"value": [1.0], "top": [1.0]}))

    assert json.dumps(record) == '{"value": 1.0, "top": 1}'


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_json_reads_back_as_it_was(tree):
    assert json.loads(dump_json(tree)) == tree


def test_an_undefined_rate_keeps_its_record(answer):
    rows = json.loads(write_json(answer))["estimates"]

    (row,) = [r for r in rows if r["metric"] == "false_positive_rate" and r["slice"] == {"sex": "f"}]
    assert (row["value"], row["low"], row["high"]) == (None, None, None)
    assert (row["top"], row["below"], row["units"], row["status"]) == (0, 0, 3, "no data")


# -- CSV -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "|cmd", "%0A"])
def test_formulas_are_defused(text):
    assert guard_text(text) == "'" + text


@pytest.mark.parametrize("text", ["65+", "a=b", "", "< 25", "'=1", "sex = f"])
def test_other_text_stays_as_it_is(text):
    assert guard_text(text) == text


def test_csv_has_every_row_of_every_table(answer):
    rows = list(csv.DictReader(io.StringIO(write_csv(answer))))

    assert {name: sum(row["table"] == name for row in rows) for name in answer.tables} == {
        name: len(table) for name, table in answer.tables.items()
    }
    (row,) = [r for r in rows if (r["table"], r["metric"], r["slice"]) == ("estimates", "accuracy", "sex = f")]
    assert (float(row["value"]), row["top"], row["below"], row["kind"]) == (1 / 3, "1", "3", "")
    (undefined,) = [
        r for r in rows if (r["table"], r["metric"], r["slice"]) == ("estimates", "false_positive_rate", "sex = f")
    ]
    assert (undefined["value"], undefined["status"]) == ("", "no data")


def test_slices_in_csv_are_conditions_that_can_be_read_again(answer):
    rows = csv.DictReader(io.StringIO(write_csv(answer)))

    assert [Slice.parse(row["slice"]) for row in rows if row["table"] == "estimates"] == list(answer.estimates["slice"])


# -- plain text ----------------------------------------------------------------------------------


def test_tables_say_counts_and_what_is_undefined(answer):
    lines = [" ".join(line.split()) for line in write_tables(answer).splitlines()]

    assert any(line.startswith("sex = f Accuracy 33.3 %") and line.endswith("1 of 3") for line in lines)
    assert "sex = f False positive rate - - 0 of 0 no data" in lines


def test_tables_leave_out_criteria_whose_metrics_were_not_asked_for(answer):
    text = write_tables(answer)

    assert "predictive equality" in text
    assert "equal opportunity" not in text
    assert "equal_opportunity" in set(answer.criteria["name"])


def test_a_long_list_of_slices_is_cut(answer):
    spreads = answer.spreads.head(1).assign(left_out=[[Slice((("g", str(i)),)) for i in range(5)]])
    text = write_tables(replace(answer, spreads=spreads))

    assert "g = 0; g = 1; g = 2; and 2 more" in text


def test_one_long_name_does_not_pad_every_line():
    long, fits = "x" * 5000, "y" * 100
    text = write_section("Estimates", [["slice", "value"], [long, "17 %"], [fits, "18 %"], ["short", "19 %"]])

    assert f"{'x' * 99}…  17 %" in text and f"{fits}  18 %" in text
    assert max(map(len, text.splitlines())) == len(f"{fits}  value")


def test_columns_stand_below_each_other_whatever_the_script():
    table = write_tables_of_groups(["日本語", "é", "long name of a group"])

    heads = {
        line.index("Accuracy") + wide for line in table for wide in [line.count("日本語") * 3] if "Accuracy" in line
    }
    assert len(heads) == 1


def write_tables_of_groups(names: list[str]) -> list[str]:
    rows = pd.DataFrame({"group": names * 2, "label": [0, 1] * len(names), "pred": [1, 0] * len(names)})
    cubes = metrics.count_cells(metrics.score(metrics.read_results(rows, by=["group"])))
    estimates = metrics.estimate(cubes, metrics=["accuracy"])
    empty = pd.DataFrame()
    results = metrics.read_results(rows, by=["group"])
    return write_tables(Answer(results, estimates, empty, empty, empty, cubes.metrics)).splitlines()


@given(st.text())
def test_nothing_steers_the_terminal(text):
    assert show(text).isprintable()


def test_printable_text_is_shown_as_it_is():
    assert show("größe 日本 = 65+") == "größe 日本 = 65+"
    assert show("a\x1b]0;x\x07\u202eb") == "a\\x1b]0;x\\x07\\u202eb"


def test_findings_stand_one_a_line_the_gravest_first():
    found = [
        Finding("note", "the task", "is a guess.", ""),
        Finding("warn", "the positive class", "is open.", "Say --positive.", option="--positive", answers=("a", "b")),
        Finding("stop", "column 'x\n'", "is not there.", "Name another."),
    ]

    assert write_findings(found).splitlines() == [
        "Error: column 'x\\n' is not there. Name another.",
        "Warning: the positive class is open. Say --positive. (answers: a, b)",
        "Note: the task is a guess.",
    ]


def test_a_table_on_screen_guards_names_and_leaves_numbers():
    frame = pd.DataFrame(
        {
            "=cmd": ["=1+1", "@x", "a"],
            "n": [-1, 2, 3],
            "gap": ["+12.5 points", "\N{MINUS SIGN}3", "-0.5"],
            "none": ["-", None, "-x"],
        }
    )

    shown = guard_frame(frame)

    assert shown.columns.tolist() == ["'=cmd", "n", "gap", "none"]
    assert shown["'=cmd"].tolist() == ["'=1+1", "'@x", "a"]
    assert shown["n"].tolist() == [-1, 2, 3]
    assert shown["gap"].tolist() == frame["gap"].tolist()
    assert shown["none"].tolist()[::2] == ["-", "'-x"]


def test_names_of_columns_stay_apart_when_they_are_guarded():
    frame = pd.DataFrame([[1, 2, 3]], columns=["'=a", "=a", "b"])

    assert guard_frame(frame).columns.tolist() == ["'=a", "''=a", "b"]


def test_a_table_for_people_as_csv_holds_no_formula_and_names_the_filter():
    frame = pd.DataFrame({"=cmd": ["=1+1", 'say "a",\nb'], "gap": ["-0.5", "-"], "where": ["here", None]})

    rows = list(csv.reader(io.StringIO(write_frame(frame, "=A1"))))

    assert rows == [
        ["'=cmd", "gap", "where", "where_"],
        ["'=1+1", "-0.5", "here", "'=A1"],
        ['say "a",\nb', "-", "", "'=A1"],
    ]


def test_a_table_of_all_rows_has_no_column_for_the_filter():
    assert write_frame(pd.DataFrame({"slice": ["a"], "units": [3]})) == "slice,units\na,3\n"


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("lending", "slices", "false_rejection_rate"), "lending-slices-false-rejection-rate"),
        (("../../etc/passwd\0", "CON:"), "etc-passwd-con"),
        (("\u202egnp.exe", "=cmd|'x'"), "gnp-exe-cmd-x"),
        (("\u8bed\u97f3",), "data"),
        (("x" * 300, "slices"), "x" * 100),
    ],
)
def test_a_file_is_named_by_letters_and_digits_whatever_the_data_are_called(parts, name):
    assert name_file(*parts) == name
