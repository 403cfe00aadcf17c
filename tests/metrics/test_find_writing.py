"""What was found as JSON, CSV, Markdown and text: the same numbers, undefined ones null, nothing that runs."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pandas as pd
import pytest

from metrics.find import COLUMNS, find, list_findings
from metrics.find_writing import (
    Listed,
    write_found_csv,
    write_found_json,
    write_found_markdown,
    write_found_tables,
    write_lattice,
)
from metrics.results import Receipt
from tests.metrics.build import cube_of, results_of
from tests.metrics.found import FAIR_ROWS, PLANTED, PLANTED_ROWS, searched

CONTRACT = ["slice", "system", "units", "top", "below", "value", "low", "high", "divergence", "t", "p_adjusted"]
RECEIPT = Receipt("planted.csv", "0" * 64, 800, 800)
RESULTS = replace(results_of(PLANTED_ROWS, ["a", "b"], {"prediction": "prediction"}), receipts=(RECEIPT,))
FOUND = searched(PLANTED_ROWS)
FINDINGS = Listed(FOUND, list_findings(FOUND))
EVERYTHING = Listed(FOUND, FOUND.lattice)
NOTHING = Listed(searched(FAIR_ROWS), list_findings(searched(FAIR_ROWS)))


def tree_of(*listed):
    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return json.loads(write_found_json(RESULTS, listed), parse_constant=refuse)


def test_the_json_begins_like_that_of_measure_and_says_what_was_searched():
    tree = tree_of(FINDINGS)

    assert list(tree)[:5] == ["format", "version", "sources", "schema", "findings"]
    assert tree["format"] == "fairness-dashboard find"
    assert tree["search"] == {
        "metric": "error_rate",
        "attributes": ["a", "b"],
        "depth": 3,
        "support": 0.01,
        "confidence": 0.95,
        "min_units": 30,
    }
    assert (tree["overall"], tree["searched"]) == (pytest.approx(0.175), 8)
    assert tree["noise_floor"] == pytest.approx(FOUND.noise_floor)


def test_a_finding_has_the_fields_of_the_contract_first_and_what_is_hidden_behind_it():
    (record,) = tree_of(FINDINGS)["slices"]

    assert list(record)[: len(CONTRACT)] == CONTRACT
    assert record["slice"] == {"a": "x", "b": "u"}
    assert (record["units"], record["top"], record["below"]) == (200, 80, 200)
    assert record["value"] == pytest.approx(0.4)
    assert record["divergence"] == pytest.approx(0.4 - 0.175)
    assert (record["hidden"], record["twins"]) == (2, [{"a": "x"}, {"b": "u"}])


def test_all_slices_are_listed_with_null_where_a_metric_is_undefined():
    frame = PLANTED_ROWS.assign(label=PLANTED_ROWS["label"].where(PLANTED_ROWS["a"] == "x", "1"))
    found = searched(frame, metric="false_positive_rate")
    tree = tree_of(Listed(found, found.lattice))
    record = next(r for r in tree["slices"] if r["slice"] == {"a": "y"})

    assert len(tree["slices"]) == tree["searched"]
    assert [record[c] for c in ("value", "low", "high", "divergence", "difference", "p_adjusted")] == [None] * 6
    assert (record["top"], record["below"], record["status"]) == (0, 0, "no data")
    assert "hidden" not in record


def test_of_several_systems_each_has_its_own_numbers():
    other = replace(EVERYTHING.found, system="model B", searched=7)
    tree = tree_of(Listed(replace(FOUND, system="model A"), FINDINGS.slices), Listed(other, FINDINGS.slices))

    assert [tree[n] for n in ("overall", "searched", "noise_floor")] == [None] * 3
    assert [(s["system"], s["searched"], s["findings"]) for s in tree["systems"]] == [
        ("model A", 8, 3),
        ("model B", 7, 3),
    ]
    assert len(tree["slices"]) == 2


def test_nothing_found_is_an_empty_list():
    assert tree_of(NOTHING)["slices"] == []


def test_the_csv_has_a_line_a_system_and_a_line_a_slice():
    lines = list(csv.DictReader(io.StringIO(write_found_csv(RESULTS, [EVERYTHING]))))

    assert [line["table"] for line in lines] == ["systems", *["slices"] * 8]
    assert (lines[0]["searched"], lines[1]["slice"], lines[1]["top"]) == ("8", str(PLANTED), "80")


def test_the_text_says_what_was_searched_before_it_lists():
    text = write_found_tables(RESULTS, [FINDINGS])

    assert text.index("Searched 8 slices") < text.index("Worst: a = x, b = u.") < text.index("80 of 200")


def test_the_text_of_nothing_found_has_no_table():
    text = write_found_tables(RESULTS, [NOTHING])

    assert "No slice fares worse" in text.replace("\n", " ")
    assert "interval" not in text


def test_the_text_of_several_systems_names_each():
    both = [Listed(replace(FOUND, system=name), FINDINGS.slices) for name in ("one", "two")]
    text = write_found_tables(RESULTS, both)

    assert "one: Error rate: 17.5 % of everyone." in text
    assert "two: Error rate: 17.5 % of everyone." in text


def hostile() -> Listed:
    frame = PLANTED_ROWS.assign(a=PLANTED_ROWS["a"].map({"x": "=1+1|<b>@me", "y": "y"}))
    (cube,) = cube_of(frame, ["a", "b"])
    found = find(cube, FOUND.search)
    return Listed(found, found.lattice)


def test_markdown_acts_on_nothing_from_the_file():
    text = write_found_markdown(RESULTS, [hostile()])

    assert "<b>" not in text
    assert "=1+1\\|&lt;b&gt;@&#8203;me" in text
    assert "| slice | value |" in text


def test_no_cell_of_the_lattice_is_a_formula():
    listed = hostile()
    table = pd.read_csv(io.StringIO(write_lattice(listed.found, "a != '-'")))

    assert list(table.columns) == [*COLUMNS, "slice name", "where"]
    assert len(table) == 8
    assert set(table["where"]) == {"a != '-'"}
    assert not any(str(cell).startswith(("=", "+", "@")) for cell in table["slice name"])
