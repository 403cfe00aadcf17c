"""Reading, as the contract tells it: the options one by one, and the same table in every form."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from tests.dashboard.cli.contract import Asker, of, one, slices, table, told, words

ACCURACY = ["--metric", "accuracy", "--by", "g", "--min-units", "1"]


def rights(found, axis: str = "g") -> dict:
    """Return slice -> (right, rows) of the only metric and system."""
    return {row["slice"].get(axis): (row["top"], row["below"]) for row in found["estimates"]}


# -- options -------------------------------------------------------------------------------------


def test_the_encoding_can_be_told(asker: Asker):
    file = asker.write("g,label,pred\nné,1,1\nné,0,0\nb,1,0\n".encode("cp1252"))

    assert set(rights(asker.measure(file, *ACCURACY, "--encoding", "cp1252"))) == {None, "né", "b"}
    assert set(rights(asker.measure(file, *ACCURACY, "--encoding", "mac_roman"))) == {None, "nÈ", "b"}
    assert "encoding" in asker.refuse(file, *ACCURACY, "--encoding", "utf-8").casefold()


def test_an_encoding_that_there_is_not_is_bad_input(asker: Asker):
    assert "utf-ate" in asker.refuse(asker.write("g,label,pred\na,1,1\nb,0,0\n"), "--encoding", "utf-ate")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings_are_found_out(encoding, asker: Asker):
    text = "g,label,pred\nGroße Straße,1,1\nGroße Straße,0,0\nCafé,1,0\nCafé,0,0\n"

    assert set(rights(asker.measure(asker.write(text.encode(encoding)), *ACCURACY))) == {None, "Große Straße", "Café"}


@pytest.mark.parametrize(("sign", "flag"), [(";", ";"), ("\t", "tab"), ("|", "|"), ("~", "~")])
def test_the_delimiter_can_be_told(sign, flag, asker: Asker):
    file = asker.write(sign.join(["g", "label", "pred"]) + "\n" + "\n".join(sign.join(r) for r in ("a11", "b10")))

    assert rights(asker.measure(file, *ACCURACY, "--delimiter", flag)) == {None: (1, 2), "a": (1, 1), "b": (0, 1)}


def test_the_decimal_sign_can_be_told_and_is_found_out(asker: Asker):
    file = asker.write("g;label;score\na;1;0,9\na;0;0,25\nb;1;0,4\nb;0;0,61\n")
    ask = words("--by g --metric brier_score --min-units 1")

    expected = (0.1**2 + 0.25**2 + 0.6**2 + 0.61**2) / 4
    for flags in ([], ["--decimal", ","]):
        assert one(asker.measure(file, *ask, *flags), slice={})["value"] == pytest.approx(expected)


def test_header_row_1_is_the_first_line_of_the_file(asker: Asker):
    file = asker.write("g,label,pred\nG,LABEL,PRED\na,1,1\nb,0,1\n")
    found = asker.measure(
        file, "--header-row", "2", "--label", "LABEL", "--prediction", "PRED", "--by", "G", "--metric", "accuracy"
    )

    assert rights(found, "G") == {None: (1, 2), "a": (1, 1), "b": (0, 1)}
    titled = asker.write("Report of May\n\ng,label,pred\na,1,1\nb,0,1\n")
    assert rights(asker.measure(titled, *ACCURACY, "--header-row", "3")) == rights(asker.measure(titled, *ACCURACY))


@pytest.fixture
def workbook(tmp_path: Path) -> str:
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"nothing": ["to", "see"]}).to_excel(book, sheet_name="Cover", index=False)
        first = pd.DataFrame({"g": ["a", "b"], "label": [1, 0], "pred": [1, 0]})
        first.to_excel(book, sheet_name="First", index=False)
        second = pd.DataFrame({"g": ["a", "b"], "label": [1, 0], "answer": [0, 0]})
        second.to_excel(book, sheet_name="Second", index=False)
    return str(path)


def test_a_sheet_goes_by_name_or_number_and_by_default_by_the_columns_named(workbook, asker: Asker):
    roles = [*ACCURACY, "--label", "label", "--prediction"]

    assert rights(asker.measure(workbook, *roles, "pred"))[None] == (2, 2)
    assert rights(asker.measure(workbook, *roles, "answer"))[None] == (1, 2)
    assert rights(asker.measure(workbook, *roles, "answer", "--sheet", "Second"))[None] == (1, 2)
    assert rights(asker.measure(workbook, *roles, "answer", "--sheet", "3"))[None] == (1, 2)
    assert "Second" in asker.refuse(workbook, *roles, "pred", "--sheet", "Third")
    assert "pred" in asker.refuse(workbook, *roles, "pred", "--sheet", "Second")


def test_words_for_missing_are_told_beside_the_empty_cell(asker: Asker):
    file = asker.write("g,label,pred\na,1,1\nNA,1,0\nNone,0,0\n,0,1\n-,1,1\n")

    assert set(rights(asker.measure(file, *ACCURACY))) == {None, "a", "NA", "None", "-", "(missing)"}
    found = asker.measure(file, *ACCURACY, "--missing", "NA", "--missing", "-")
    assert rights(found) == {None: (3, 5), "a": (1, 1), "None": (1, 1), "(missing)": (1, 3)}


def test_words_for_missing_hold_for_labels_and_predictions_too(asker: Asker):
    file = asker.write("g,label,pred\na,1,1\na,?,1\nb,0,0\nb,1,?\n")

    assert rights(asker.measure(file, *ACCURACY, "--missing", "?")) == {None: (2, 2), "a": (1, 1), "b": (1, 1)}


def test_levels_that_differ_in_case_or_outer_spaces_are_one_unless_spelling_is_kept(asker: Asker):
    file = asker.write("g,label,pred\nNorth,1,1\nNorth,0,0\nnorth,1,0\n North ,0,0\nSouth,1,1\n")

    found = asker.measure(file, *ACCURACY)
    assert rights(found) == {None: (4, 5), "North": (3, 4), "South": (1, 1)}
    assert told(found, "north")
    kept = rights(asker.measure(file, *ACCURACY, "--keep-spelling", "--baseline", "g=North"))
    assert kept == {None: (4, 5), "North": (2, 2), "north": (0, 1), " North ": (1, 1), "South": (1, 1)}


@pytest.mark.parametrize("limit", ["rows=3", "columns=2", "cells=11", "file_bytes=20"])
def test_a_limit_is_a_clear_refusal(limit, asker: Asker):
    file = asker.write("g,label,pred\na,1,1\na,0,0\nb,1,0\nb,0,0\n")
    name, number = limit.split("=")

    said = asker.refuse(file, *ACCURACY, "--limit", limit)
    assert name.replace("file_bytes", "limit") in said or number in said
    assert rights(asker.measure(file, *ACCURACY, "--limit", f"{name}={int(number) + 1000}"))


def test_many_limits_may_be_told(asker: Asker):
    file = asker.write("g,label,pred\na,1,1\na,0,0\nb,1,0\nb,0,0\n")

    asker.measure(file, *ACCURACY, "--limit", "rows=4", "--limit", "columns=3", "--limit", "levels=2")
    asker.refuse(file, *ACCURACY, "--limit", "rows=4", "--limit", "columns=3", "--limit", "levels=1")


# -- names of columns ----------------------------------------------------------------------------


def test_names_match_after_trimming_and_of_equal_names_the_plain_one_is_the_first(asker: Asker):
    file = asker.write(" g ,label,pred, pred ,  pred\na,1,1,0,1\nb,0,1,0,0\n")
    ask = [*ACCURACY, "--label", "label", "--prediction"]

    assert rights(asker.measure(file, *ask, "pred"))[None] == (1, 2)
    assert rights(asker.measure(file, *ask, "pred (2)"))[None] == (1, 2)
    assert rights(asker.measure(file, *ask, "pred (2)"))["b"] == (1, 1)
    assert rights(asker.measure(file, *ask, " pred (3) "))[None] == (2, 2)


def test_a_field_of_a_nested_column_is_outer_dot_inner(asker: Asker):
    rows = [
        {"person": {"group": g, "home": {"town": t}}, "out": {"label": y, "pred": p}}
        for g, t, y, p in (("a", "X", 1, 1), ("a", "Y", 0, 1), ("b", "X", 1, 1))
    ]
    file = asker.write("\n".join(map(json.dumps, rows)), "data.jsonl")
    roles = ["--label", "out.label", "--prediction", "out.pred", "--metric", "accuracy"]

    assert rights(asker.measure(file, *roles, "--by", "person.group"), "person.group") == {
        None: (2, 3),
        "a": (1, 2),
        "b": (1, 1),
    }
    assert rights(asker.measure(file, *roles, "--by", "person.home.town"), "person.home.town")["X"] == (2, 2)


# -- levels --------------------------------------------------------------------------------------


def test_digits_with_leading_zeros_are_text(asker: Asker):
    file = asker.write("g,label,pred\n007,1,1\n7,1,0\n07,0,0\n")

    assert rights(asker.measure(file, *ACCURACY)) == {None: (2, 3), "007": (1, 1), "7": (0, 1), "07": (1, 1)}


def test_levels_of_typed_files_are_text_without_a_point_zero_and_booleans_in_lower_case(asker: Asker):
    data = pd.DataFrame(
        {"g": [1.0, 2.0, None, 2.5], "old": [True, False, True, None], "label": [1, 0, 1, 0], "pred": [1, 1, 1, 0]}
    )
    data["old"] = data["old"].astype("boolean")
    path = asker.folder / "typed.parquet"
    data.to_parquet(path)

    found = asker.measure(str(path), "--by", "g", "--by", "old", "--metric", "accuracy", "--min-units", "1")
    assert slices(found) == [
        {},
        *({"g": level} for level in ("1", "2", "2.5", "(missing)")),
        *({"old": level} for level in ("false", "true", "(missing)")),
    ]


def test_composed_and_decomposed_letters_are_one_level(asker: Asker):
    file = asker.write("g,label,pred\nCaf\u00e9,1,1\nCafe\u0301,0,1\nb,1,1\n")

    assert rights(asker.measure(file, *ACCURACY)) == {None: (2, 3), "Caf\u00e9": (1, 2), "b": (1, 1)}


def test_levels_stand_in_their_natural_order(asker: Asker):
    levels = ["ward 10", "ward 2", "ward 1"]
    file = asker.write("g,label,pred\n" + "".join(f"{g},1,1\n{g},0,0\n" for g in levels))

    assert list(rights(asker.measure(file, *ACCURACY))) == [None, "ward 1", "ward 2", "ward 10"]


# -- the same table in every form ----------------------------------------------------------------


def rows_of(n: int = 300) -> list[dict]:
    draw = random.Random(8)
    return [
        {
            "unit": f"u{i}",
            "sex": draw.choice(["female", "male", None]),
            "ward": draw.choice([1, 2, 10]),
            "trained": draw.choice([True, False]),
            "label": draw.choice([0, 1]),
            "pred": draw.choice([0, 1]),
            "score": draw.randrange(0, 65) / 64,
        }
        for i in range(n)
    ]


ASK = words("--id unit --label label --prediction pred --score score --by sex --by ward,sex --by trained")
ASK += ["--compare", "difference", "--compare", "ratio"]


def without_receipts(found):
    return {key: value for key, value in found.items() if key != "sources"}


def write_forms(asker: Asker) -> dict[str, str]:
    rows = rows_of()
    plain = [{k: str(v).lower() if isinstance(v, bool) else v for k, v in row.items()} for row in rows]
    frame = pd.DataFrame(rows)
    text = table(plain)
    tabs = io.StringIO()
    writer = csv.DictWriter(tabs, list(plain[0]), dialect="excel-tab")
    writer.writeheader()
    writer.writerows(plain)
    files = {
        "csv": asker.write(text),
        "tsv": asker.write(tabs.getvalue(), "data.tsv"),
        "gz": asker.write(gzip.compress(text.encode()), "data.csv.gz"),
        "json": asker.write(json.dumps(rows), "data.json"),
        "jsonl": asker.write("\n".join(map(json.dumps, rows)), "data.jsonl"),
        "jsonl.gz": asker.write(gzip.compress("\n".join(map(json.dumps, rows)).encode()), "data.jsonl.gz"),
        "utf-16": asker.write(text.encode("utf-16"), "wide.csv"),
    }
    for name, write in (("parquet", frame.to_parquet), ("xlsx", frame.to_excel)):
        files[name] = str(asker.folder / f"data.{name}")
        write(files[name], index=False)
    return files


def test_the_same_table_gives_the_same_json_in_every_form(asker: Asker):
    files = write_forms(asker)
    first = without_receipts(asker.measure(files.pop("csv"), *ASK))
    first["schema"].pop("file", None)

    for form, file in files.items():
        other = without_receipts(asker.measure(file, *ASK))
        other["schema"].pop("file", None)
        for key, expected in first.items():
            if key == "findings":
                continue
            assert other[key] == expected, (form, key)
        assert [f for f in other["findings"] if f["severity"] != "note"] == [
            f for f in first["findings"] if f["severity"] != "note"
        ], form


def test_the_order_of_rows_does_not_matter(asker: Asker):
    rows = rows_of()
    shuffled = random.Random(3).sample(rows, len(rows))

    found, other = (asker.measure(asker.write(table(r), f"{i}.csv"), *ASK) for i, r in enumerate((rows, shuffled)))
    for name in ("estimates", "disparities", "spreads", "criteria", "schema"):
        for mine, theirs in zip(found[name], other[name], strict=True):
            if isinstance(mine, dict):
                for key in mine:
                    same = pytest.approx(mine[key]) if isinstance(mine[key], float) else mine[key]
                    assert theirs[key] == same, (name, key)


def test_the_order_of_columns_does_not_matter(asker: Asker):
    rows = rows_of()
    names = list(rows[0])

    found, other = (
        asker.measure(asker.write(table(rows, *columns), f"{columns[0]}.csv"), *ASK) for columns in (names, names[::-1])
    )
    for name in ("estimates", "disparities", "spreads", "criteria", "schema"):
        assert found[name] == other[name]


# -- flags and the schema file -------------------------------------------------------------------

TOML = """\
task = "classification"
label = "truth"
positive = ["yes"]
favourable = "positive"
threshold = 0.5
where = "not g = c or g is missing"

[file]
missing = ["NA"]
delimiter = ";"

[[system]]
name = "A"
prediction = "first"
score = "s1"

[[attribute]]
column = "g"
recode = { "B" = ["b", "beta"] }

[[attribute]]
column = "age"
edges = [30]
"""

TEXT = """\
g;age;truth;other;first;second;s1;s2
a;20;yes;no;yes;no;.9;.4
a;40;no;no;yes;no;.6;.2
b;30;yes;no;yes;yes;.8;.7
beta;29;no;yes;no;no;.3;.5
NA;55;yes;yes;no;yes;.2;.9
c;35;no;no;no;yes;.1;.8
"""


@pytest.fixture
def declared(asker: Asker) -> list[str]:
    return [asker.write(TEXT), "--schema", asker.write(TOML, "schema.toml"), "--min-units", "1"]


def test_the_schema_file_is_heeded(declared, asker: Asker):
    found = asker.measure(*declared)

    rows = {tuple(r["slice"].values()): (r["top"], r["below"]) for r in of(found, metric="true_positive_rate")}
    assert rows == {
        (): (2, 3),
        ("a",): (1, 1),
        ("B",): (1, 1),
        ("(missing)",): (0, 1),
        ("< 30",): (1, 1),
        (">= 30",): (1, 2),
    }
    assert one(found, slice={}, metric="false_rejection_rate")["top"] == 1
    assert found["schema"]["system"] == [{"name": "A", "prediction": "first", "score": "s1"}]


@pytest.mark.parametrize(
    ("flags", "metric", "expected"),
    [
        ("--label other", "true_positive_rate", (0, 2)),
        ("--score s2 --threshold .6", "selection_rate", (2, 5)),
        ("--positive no", "base_rate", (2, 5)),
        ("--threshold .25", "selection_rate", (4, 5)),
        ("--where g=c", "selection_rate", (0, 1)),
        ("--favourable negative", "false_rejection_rate", (1, 2)),
        ("--delimiter ;", "selection_rate", (3, 5)),
    ],
)
def test_flags_overrule_the_schema_file(flags, metric, expected, declared, asker: Asker):
    row = one(asker.measure(*declared, *flags.split()), slice={}, metric=metric)

    assert (row["top"], row["below"]) == expected


def test_bins_recodings_and_missing_words_overrule_the_schema_file_too(declared, asker: Asker):
    found = asker.measure(
        *(*declared, "--bins", "age=25,50", "--recode", "g:beta=Beta", "--missing", "a", "--by", "age", "--by", "g")
    )

    assert slices(found) == [
        {},
        *({"age": level} for level in ("< 25", "25 to < 50", ">= 50")),
        *({"g": level} for level in ("B", "Beta", "NA", "(missing)")),
    ]


def test_an_unknown_key_of_the_schema_file_suggests_the_nearest(asker: Asker):
    file = asker.write("g,label,pred\na,1,1\nb,0,0\n")

    assert "Did you mean 'threshold'" in asker.refuse(file, "--schema", asker.write("treshold = 0.5\n", "s.toml"))
    assert "line" in asker.refuse(file, "--schema", asker.write("label = \n", "s.toml"))


def test_a_saved_schema_gives_the_same_numbers(asker: Asker):
    saved = str(asker.folder / "saved.toml")
    data = asker.write(TEXT)
    flags = ["--label", "truth", "--prediction", "A=first", "--score", "A=s1", "--prediction", "B=second"]
    flags += ["--positive", "yes", "--favourable", "negative", "--bins", "age=quantile:2", "--recode", "g:beta=b"]
    flags += ["--missing", "NA", "--where", "age > 20", "--attribute", "g"]

    code, _, err = asker.run("inspect", data, *flags, "--save", saved)
    assert code == 0, err
    first, second = asker.measure(data, *flags), asker.measure(data, "--schema", saved)
    assert first["schema"] == second["schema"]
    for name in ("estimates", "disparities", "spreads", "criteria", "sources"):
        assert first[name] == second[name]


def test_a_schema_saved_without_any_flag_gives_the_same_numbers(asker: Asker):
    saved = str(asker.folder / "saved.toml")
    data = asker.write(table(rows_of()))

    code, _, err = asker.run("inspect", data, "--save", saved)
    assert code == 0, err
    first, second = asker.measure(data), asker.measure(data, "--schema", saved)
    for name in ("schema", "estimates", "disparities", "spreads", "criteria", "sources"):
        assert first[name] == second[name]
    assert [f for f in second["findings"] if "taken as" in f["found"]] == []


def test_a_schema_saved_with_joined_files_gives_the_same_numbers(asker: Asker):
    saved = str(asker.folder / "saved.toml")
    data = asker.write("case,g,truth,answer\n1,a,1,1\n2,a,0,0\n3,b,1,0\n4,b,0,1\n")
    joined = asker.write("case,answer,note\n1,0,x\n2,0,y\n3,1,x\n4,0,y\n", "other.csv")
    flags = ["--id", "case", "--label", "truth", "--prediction", "answer", "--by", "g"]

    code, _, err = asker.run("inspect", data, *flags, "--join", f"B={joined}", "--save", saved)
    assert code == 0, err
    first = asker.measure(data, *flags, "--join", f"B={joined}")
    second = asker.measure(data, "--schema", saved, "--join", f"B={joined}")
    for name in ("schema", "estimates", "disparities", "spreads", "criteria", "sources"):
        assert first[name] == second[name]
    assert {row["system"] for row in first["estimates"]} == {"answer", "B"}


def test_a_table_in_a_zip_is_read(asker: Asker):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.csv", "g,label,pred\na,1,1\nb,0,1\n")

    assert rights(asker.measure(asker.write(held.getvalue(), "data.zip"), *ACCURACY)) == {
        None: (1, 2),
        "a": (1, 1),
        "b": (0, 1),
    }
