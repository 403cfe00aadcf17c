"""The command `verify`: 0 equal, 1 different and where, 2 what cannot be compared."""

from __future__ import annotations

import json

import pytest

from tests.dashboard.cli.contract import Asker
from tests.metrics.documents import ROWS
from tests.paths import SAMPLES

ROLES = ["--id", "id", "--label", "label", "--prediction", "pred", "--positive", "1", "--favourable", "positive"]


@pytest.fixture
def file(asker: Asker) -> str:
    return asker.write(ROWS, "people.csv")


def make(asker: Asker, file: str, *arguments: str, name: str = "report.html") -> str:
    path = asker.folder / name
    code, _, err = asker.run("report", file, *ROLES, *arguments, "-o", str(path))
    assert code == 0, err
    return str(path)


@pytest.mark.parametrize("name", ["report.html", "report.json"])
def test_the_same_file_is_equal(asker, file, name):
    report = make(asker, file, "--policy", "equal_opportunity", "--by", "sex,age", name=name)
    code, out, err = asker.run("verify", report, file)

    assert code == 0, err
    assert "'people.csv' here is that file" in out
    assert "records are the same." in out


def test_a_sample_with_two_systems_is_equal(asker):
    file, schema = str(SAMPLES / "lending.csv"), str(SAMPLES / "lending.toml")
    code, _, err = asker.run("report", file, "--schema", schema, "-o", str(asker.folder / "r.json"))
    assert code == 0, err

    assert asker.run("verify", str(asker.folder / "r.json"), file)[0] == 0


def test_one_changed_cell_is_different_and_the_first_differences_are_told(asker, file):
    report = make(asker, file)
    changed = asker.write(ROWS.replace("\n4,f,young,1,0,", "\n4,f,young,0,0,"), "changed.csv")
    code, out, _ = asker.run("verify", report, changed)

    assert code == 1
    lines = out.splitlines()
    assert "'changed.csv' here is another: sha256" in lines[2]
    assert "estimates, everyone; base_rate, top: 60 in the report, 59 from the file" in out
    assert len(lines) == 25
    assert lines[-1].strip().startswith("and ")


def test_a_changed_cell_that_no_number_uses_is_a_changed_file_with_the_same_numbers(asker, file):
    report = make(asker, file)
    changed = asker.write(ROWS.replace(",n7\n", ",n8\n"), "changed.csv")
    code, out, _ = asker.run("verify", report, changed)

    assert code == 1
    assert "is another: sha256" in out
    assert "records are the same: what changed in the file is in none of its numbers." in out


def test_a_changed_report_is_told_from_a_changed_file(asker, file):
    report = make(asker, file, name="report.json")
    tree = json.loads((asker.folder / "report.json").read_text())
    tree["estimates"][0]["value"] = 0.75
    (asker.folder / "report.json").write_text(json.dumps(tree))
    code, out, _ = asker.run("verify", report, file)

    assert code == 1
    assert "here is that file" in out
    assert "so the report was changed after it was made" in out
    assert "1 difference, in 1 of" in out
    assert "value: 0.75 in the report" in out
    tree["versions"]["numpy"] = "1.0"
    (asker.folder / "report.json").write_text(json.dumps(tree))
    assert "numpy 1.0 (here " in asker.run("verify", report, file)[1]


def test_records_on_one_side_only_are_told_as_such(asker, file):
    report = make(asker, file, name="report.json")
    tree = json.loads((asker.folder / "report.json").read_text())
    gone = next(r for r in tree["estimates"] if r["value"] is None)
    tree["estimates"].remove(gone)
    tree["criteria"].append(tree["criteria"][0])
    (asker.folder / "report.json").write_text(json.dumps(tree))
    code, out, _ = asker.run("verify", report, file)

    assert code == 1
    told = [line.rpartition(": ")[2] for line in out.splitlines() if ": only" in line]
    assert told == ["only from the file", "only in the report"]


def test_joined_files_are_named_again(asker):
    first = asker.write("id,sex,label,pred\n" + "".join(f"{i},{'fm'[i % 2]},{i % 3 % 2},{i % 2}\n" for i in range(90)))
    second = asker.write("id,answer\n" + "".join(f"{i},{i % 5 % 2}\n" for i in range(90)), "answers.csv")
    report = make(asker, first, "--join", f"B={second}", "--by", "sex", name="report.json")
    tree = json.loads((asker.folder / "report.json").read_text())

    assert [s["name"] for s in tree["sources"]] == ["data.csv", "answers.csv"]
    assert asker.run("verify", report, first, "--join", second)[0] == 0
    assert asker.run("verify", report, first, "--join", f"B={second}")[0] == 0
    said = asker.refuse(report, first, command="verify")
    assert "'data.csv', 'answers.csv'" in said and "--join" in said


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (ROWS, "without the numbers of a report"),
        ("", "is empty"),
        (b"%PDF-1.4", "is a PDF"),
        ('{"format": "fairness-dashboard measure"}', "not of a report"),
        ("{", "damaged JSON"),
    ],
)
def test_what_is_no_report_ends_with_2(asker, file, report, said):
    assert said in asker.refuse(asker.write(report, "report.x"), file, command="verify")


def test_a_file_that_lacks_the_columns_of_the_report_ends_with_2(asker, file):
    report = make(asker, file)
    other = asker.write("a,b\n1,2\n", "other.csv")

    said = asker.refuse(report, other, command="verify")
    assert "'label'" in said and "'pred'" in said and "'sex'" in said


def test_files_that_are_not_there_end_with_2(asker, file):
    assert "nowhere" in asker.refuse("nowhere.html", file, command="verify")
    assert "nowhere" in asker.refuse(make(asker, file), "nowhere.csv", command="verify")


def test_a_group_that_is_gone_ends_with_2_where_it_was_the_baseline(asker, file):
    report = make(asker, file, "--baseline", "sex=x", "--by", "sex")
    without = asker.write("".join(line for line in ROWS.splitlines(keepends=True) if ",x," not in line), "less.csv")

    assert "sex" in asker.refuse(report, without, command="verify")


def test_hostile_text_of_a_report_does_not_steer_the_terminal(asker, file):
    report = make(asker, file, "--title", "x\x1b[2J\u202e", name="report.json")
    code, out, _ = asker.run("verify", report, file)

    assert code == 0
    assert out.replace("\n", "").isprintable()
