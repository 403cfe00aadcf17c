"""What is covered as JSON, CSV and text: the same numbers, nothing undefined as a number."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pandas as pd

from metrics.coverage import Covering, cover
from metrics.coverage.writing import (
    write_covered_csv,
    write_covered_json,
    write_covered_markdown,
    write_covered_tables,
)
from metrics.cube import count_cells
from metrics.scored import score
from tests.metrics.build import results_of

FRAME = pd.DataFrame({"sex": ["f"] * 40 + ["m"] * 40, "age": ["old"] * 70 + ["young"] * 10, "label": "1"})
FRAME["prediction"] = ["1", "1", "1", "0"] * 20


def answer(metrics=("false_negative_rate",), frame=FRAME, **more):
    results = results_of(frame, ["sex", "age"], {"prediction": "prediction"})
    cubes = count_cells(score(results))
    return results, [cover(cube, Covering(("sex", "age"), metrics, **more)) for cube in cubes]


def read(text):
    return json.loads(text, parse_constant=lambda name: (_ for _ in ()).throw(AssertionError(name)))


def test_json_has_the_tables_as_they_are_undefined_as_null():
    results, covered = answer()
    told = read(write_covered_json(results, covered))
    table = covered[0].combinations

    assert len(told["combinations"]) == len(table) == 8
    for row, (_, own) in zip(told["combinations"], table.iterrows(), strict=True):
        assert row["slice"] == own["slice"].to_dict()
        for name in ("half_width", "detectable_gap", "difference_half_width", "clusters", "below"):
            assert row[name] == (None if np.isnan(own[name]) else own[name])
    (nobody,) = (row for row in told["combinations"] if row["slice"] == {"sex": "f", "age": "young"})
    assert (nobody["units"], nobody["half_width"]) == (0, None)
    assert [row["slice"] for row in told["collect"]] == [s.to_dict() for s in covered[0].collect["slice"]]
    assert [type(row["units"]) for row in told["collect"]] == [int] * len(told["collect"])


def test_systems_that_lack_the_same_share_one_list():
    twice = pd.concat([FRAME.assign(system="one"), FRAME.assign(system="two", prediction="1")], ignore_index=True)
    results, covered = answer(frame=twice)
    told = read(write_covered_json(results, covered))

    assert [row["system"] for row in told["combinations"]] == ["one"] * 8 + ["two"] * 8
    assert {row["system"] for name in ("uncovered", "collect", "t_way") for row in told[name]} == {None}

    results, covered = answer(("positive_predictive_value",), twice)
    told = read(write_covered_json(results, covered))
    assert {row["system"] for row in told["uncovered"]} == {"one", "two"}


def test_csv_says_which_table_a_line_is_from():
    results, covered = answer()
    lines = list(csv.DictReader(io.StringIO(write_covered_csv(results, covered))))

    assert [line["table"] for line in lines].count("combinations") == 8
    assert {line["table"] for line in lines} == {"combinations", "uncovered", "collect", "t_way"}
    assert [line["units"] for line in lines if line["table"] == "collect"] == [
        str(n) for n in covered[0].collect["units"]
    ]


def test_text_for_reading_names_what_is_left_out_of_long_tables():
    frame = pd.DataFrame({"sex": ["f", "m"] * 40, "age": [f"a{i:02}" for i in range(80)], "label": "1"})
    results, covered = answer(("accuracy",), frame.assign(prediction="1"))
    for write in (write_covered_tables, write_covered_markdown):
        text = write(results, covered)
        assert "(the first 20 of 80; csv and json have all)" in text
        assert "(the first 20 of 242; csv and json have all)" in text
        assert "nan" not in text.lower()


def test_without_a_metric_named_the_reading_form_leaves_the_grid_to_csv_and_json():
    results, covered = answer(None)

    assert "What could be said" not in write_covered_tables(results, covered)
    assert "What could be said" in write_covered_tables(*answer())


def test_with_weights_the_table_for_reading_counts_rows():
    text = write_covered_tables(*answer(frame=FRAME.assign(weight=50.0)))
    told = json.loads(write_covered_json(*answer(frame=FRAME.assign(weight=50.0))))["combinations"][0]

    assert (told["below"], told["counted"], told["units"]) == (2000, 40, 40)
    assert "2,000" not in text
