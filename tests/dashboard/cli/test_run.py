"""What the commands say, where they say it, and how they end."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.cli import commands, run
from metrics.schema import Schema
from tests.paths import ROOT, SAMPLES

LENDING = ["measure", str(SAMPLES / "lending.csv"), "--schema", str(SAMPLES / "lending.toml")]

SMALL = """\
sex,age,label,pred
f,20,1,1
f,30,1,0
f,40,0,0
m,20,1,1
m,30,0,1
m,50,0,0
,60,1,1
"""


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.csv"
    path.write_text(SMALL)
    return str(path)


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    code = run([*arguments, "--format", "json"])
    out, err = capsys.readouterr()
    assert code == 0, err
    return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


# -- measure -------------------------------------------------------------------------------------


def test_the_json_has_the_promised_lists_and_fields(small, capsys):
    found = ask(
        capsys, "measure", small, "--by", "sex", "--min-units", "1", "--compare", "ratio", "--compare", "difference"
    )

    assert list(found) == [
        *("format", "version", "sources", "schema", "findings"),
        *("estimates", "disparities", "spreads", "criteria"),
    ]
    fields = {
        "sources": "name sha256 rows_read rows_used",
        "findings": "severity where found cure rows",
        "estimates": "slice system metric value low high top below units effective_units clusters status",
        "disparities": "slice system metric kind baseline value low high p p_adjusted status",
        "spreads": "by system metric difference low high ratio highest lowest noise_floor left_out",
        "criteria": "name by system value difference ratio status left_out",
    }
    for name, names in fields.items():
        assert found[name], name
        assert {tuple(record) for record in found[name]} == {tuple(names.split())}, name
    assert {row["kind"] for row in found["disparities"]} == {"ratio", "difference"}


def test_the_numbers_of_a_file_one_can_count(small, capsys):
    found = ask(capsys, "measure", small, "--by", "sex", "--metric", "true_positive_rate", "--min-units", "1")

    rates = [(row["slice"], row["top"], row["below"], row["units"], row["status"]) for row in found["estimates"]]
    assert rates == [
        ({}, 3, 4, 7, "ok"),
        ({"sex": "f"}, 1, 2, 3, "ok"),
        ({"sex": "m"}, 1, 1, 3, "ok"),
        ({"sex": "(missing)"}, 1, 1, 1, "ok"),
    ]
    (spread,) = found["spreads"]
    assert (spread["by"], spread["difference"], spread["ratio"]) == (["sex"], 0.5, 0.5)
    assert (spread["highest"], spread["lowest"], spread["left_out"]) == (
        {"sex": "m"},
        {"sex": "f"},
        [{"sex": "(missing)"}],
    )


def test_undefined_is_null_and_its_record_stays(small, capsys):
    found = ask(capsys, "measure", small, "--by", "sex", "--metric", "false_positive_rate", "--min-units", "1")

    row = found["estimates"][-1]
    assert row["slice"] == {"sex": "(missing)"}
    assert (row["value"], row["low"], row["high"], row["top"], row["below"]) == (None, None, None, 0, 0)
    assert row["status"] == "no data"


def test_json_is_alone_on_stdout_and_findings_are_on_stderr(small, capsys):
    run(["measure", small, "--format", "json"])

    out, err = capsys.readouterr()
    assert json.loads(out)["findings"]
    assert "Note: " in err


def test_part_of_the_rows_is_named_in_the_output(small, capsys):
    found = ask(capsys, "measure", small, "--by", "sex", "--where", "age >= 30 and sex is not missing")

    assert found["schema"]["where"] == "age >= 30 and sex is not missing"
    assert (found["sources"][0]["rows_read"], found["sources"][0]["rows_used"]) == (7, 4)


def test_bins_and_intersections(small, capsys):
    found = ask(
        capsys, "measure", small, "--bins", "age=30,45", "--by", "sex,age", "--metric", "base_rate", "--min-units", "1"
    )

    assert {(tuple(r["slice"].values()), r["top"], r["below"]) for r in found["estimates"]} == {
        ((), 4, 7),
        (("f", "< 30"), 1, 1),
        (("f", "30 to < 45"), 1, 2),
        (("m", "< 30"), 1, 1),
        (("m", "30 to < 45"), 0, 1),
        (("m", ">= 45"), 0, 1),
        (("(missing)", ">= 45"), 1, 1),
    }


def test_a_slice_can_be_the_baseline(small, capsys):
    found = ask(
        capsys, "measure", small, "--by", "sex", "--metric", "base_rate", "--baseline", "sex=m", "--min-units", "1"
    )

    gaps = {row["slice"]["sex"]: row["value"] for row in found["disparities"]}
    assert gaps["f"] == pytest.approx(2 / 3 - 1 / 3)
    assert {row["baseline"] for row in found["disparities"]} == {"sex=m"}


def test_several_systems_from_one_file_and_from_a_joined_one(tmp_path, capsys):
    first, third = tmp_path / "first.csv", tmp_path / "third.csv"
    first.write_text("case,sex,label,one,two\n1,f,1,1,0\n2,f,0,0,0\n3,m,1,1,1\n4,m,0,1,0\n")
    third.write_text("case,answer\n4,0\n3,0\n2,0\n1,1\n")  # in another order: only ids count
    roles = ["--id", "case", "--label", "label", "--prediction", "A=one", "--prediction", "two", "--join", f"C={third}"]

    found = ask(capsys, "measure", str(first), *roles, "--by", "sex", "--metric", "accuracy")

    right = {(r["system"], r["slice"].get("sex")): (r["top"], r["below"]) for r in found["estimates"]}
    assert right == {
        ("A", None): (3, 4),
        ("A", "f"): (2, 2),
        ("A", "m"): (1, 2),
        ("two", None): (3, 4),
        ("two", "f"): (1, 2),
        ("two", "m"): (2, 2),
        ("C", None): (3, 4),
        ("C", "f"): (2, 2),
        ("C", "m"): (1, 2),
    }
    assert list(dict.fromkeys(r["system"] for r in found["estimates"])) == ["A", "two", "C"]
    assert [(s["name"], s["rows_read"], s["rows_used"]) for s in found["sources"]] == [
        ("first.csv", 4, 4),
        ("third.csv", 4, 4),
    ]


def test_a_row_can_stand_for_several_units(tmp_path, capsys):
    path = tmp_path / "counts.csv"
    path.write_text("sex,label,pred,n\nf,1,1,10\nf,0,1,20\nm,1,0,5\nm,0,0,65\n")

    found = ask(capsys, "measure", str(path), "--count", "n", "--by", "sex", "--metric", "accuracy")

    assert [(r["top"], r["below"], r["units"], r["status"]) for r in found["estimates"]] == [
        (75, 100, 100, "ok"),
        (10, 30, 30, "ok"),
        (65, 70, 70, "ok"),
    ]


def test_weights_count_in_values_and_rows_in_units(tmp_path, capsys):
    path = tmp_path / "weights.csv"
    path.write_text("sex,label,pred,w\nf,1,1,1.5\nf,0,1,0.5\nm,1,0,2\n")

    found = ask(capsys, "measure", str(path), "--weight", "w", "--by", "sex", "--metric", "accuracy")

    assert [(r["top"], r["below"], r["units"], r["status"]) for r in found["estimates"]] == [
        (1.5, 4, 3, "too few"),
        (1.5, 2, 2, "too few"),
        (0, 2, 1, "too few"),
    ]
    assert all(r["effective_units"] is not None for r in found["estimates"])


def test_csv_holds_all_tables_and_text_stays_text(tmp_path, capsys):
    path = tmp_path / "hostile.csv"
    path.write_text("group,label,pred\n" + "=1+1,1,1\n=1+1,0,0\n@x,1,0\n@x,0,0\n")

    code = run(["measure", str(path), "--by", "group", "--metric", "accuracy", "--format", "csv"])

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert code == 0
    assert {row["table"] for row in rows} == {"estimates", "disparities", "spreads", "criteria"}
    cells = [cell for row in rows for cell in row.values()]
    assert [cell for cell in cells if cell[:1] in ("=", "+", "-", "@") and not re.fullmatch(r"-[0-9.e-]+", cell)] == []
    assert {row["slice"] for row in rows if row["table"] == "estimates"} == {
        "everyone",
        "group = '=1+1'",
        "group = @x",
    }


def test_the_table_says_the_counts_in_words(small, capsys):
    code = run(["measure", small, "--by", "sex", "--metric", "true_positive_rate", "--min-units", "1"])

    out = capsys.readouterr().out
    assert code == 0
    line = next(line for line in out.splitlines() if line.startswith("sex = f "))
    assert line.endswith("1 of 2")


def test_the_answer_can_go_to_a_file(small, tmp_path, capsys):
    path = tmp_path / "answer.json"

    code = run(["measure", small, "--format", "json", "-o", str(path)])

    assert (code, capsys.readouterr().out) == (0, "")
    assert json.loads(path.read_text(encoding="utf-8"))["format"] == "fairness-dashboard measure"


def test_two_runs_give_the_same_bytes(capsys):
    answers = []
    for _ in range(2):
        assert run([*LENDING, "--by", "sex", "--metric", "accuracy", "--format", "json"]) == 0
        answers.append(capsys.readouterr().out)

    assert answers[0] == answers[1]


# -- what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--label lable", "Did you mean 'label'?"),
        ("--by sx", "Did you mean 'sex'?"),
        ("--metric acuracy", "Did you mean 'accuracy'?"),
        ("--baseline sex=x", "level"),
        ("--baseline rset", "Did you mean 'rest'?"),
        ("--where age>>3", "position 5"),
        ("--lable y", "--label"),
        ("--format xml", "xml"),
        ("--limit rows=5", "rows"),
        ("--schema nowhere.toml", "nowhere.toml"),
        ("-o /nowhere/at/all.json", "/nowhere/at/all.json"),
    ],
)
def test_bad_input_ends_with_2_and_says_what_to_do(arguments, said, small, capsys):
    code = run(["measure", small, *arguments.split()])

    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_every_problem_is_said_at_once(small, capsys):
    code = run(["measure", small, "--label", "truth", "--prediction", "answer", "--weight", "w"])

    err = capsys.readouterr().err
    assert code == 2
    assert all(name in err for name in ("'truth'", "'answer'", "'w'"))


def test_a_question_stops_and_names_the_flag_that_answers_it(tmp_path, capsys):
    path = tmp_path / "question.csv"
    path.write_text("sex,label,pred\nf,good,good\nf,bad,good\nm,good,bad\nm,bad,bad\n")

    assert run(["measure", str(path)]) == 2
    assert "--positive" in capsys.readouterr().err
    assert run(["measure", str(path), "--positive", "good"]) == 0


def test_a_failure_of_the_program_is_one_line_and_a_log(small, tmp_path, capsys, monkeypatch):
    def fail(*_):
        raise RuntimeError("broken\nin two")

    monkeypatch.setattr("dashboard.cli.measure.answer", fail)
    monkeypatch.setattr("platformdirs.user_log_path", lambda *_, **__: tmp_path)
    capsys.readouterr()

    code = run(["measure", small, "--format", "json"])

    out, err = capsys.readouterr()
    last = err.splitlines()[-1]
    log = tmp_path / "failures.log"
    assert (code, out) == (70, "")
    assert "broken in two" in last
    assert str(log) in last
    assert "Traceback" not in err
    assert "RuntimeError: broken" in log.read_text(encoding="utf-8")


def test_a_word_that_is_no_command_gets_a_suggestion(capsys):
    assert run(["mesure", "x.csv"]) == 2
    assert "Did you mean 'measure'?" in capsys.readouterr().err


def test_output_that_nobody_reads_to_the_end_is_no_failure():
    command = [sys.executable, "-c", "from dashboard.cli import main; main()", *LENDING, "--format", "json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        err = process.stderr.read().decode()
        assert (process.wait(), "BrokenPipe" in err, "Traceback" in err) == (0, False, False)


# -- inspect -------------------------------------------------------------------------------------


def test_inspect_prints_a_schema_that_measure_takes(small, tmp_path, capsys):
    saved = tmp_path / "schema.toml"

    assert run(["inspect", small, "--save", str(saved)]) == 0

    printed = capsys.readouterr().out
    assert printed == saved.read_text(encoding="utf-8")
    schema = Schema.load(saved)
    assert schema.columns["label"] == "label"
    assert schema.systems[0].columns["prediction"] == "pred"
    assert "# Note: column" in printed
    by_file = ask(capsys, "measure", small, "--schema", str(saved))
    assert by_file["estimates"] == ask(capsys, "measure", small)["estimates"]


def test_inspect_shows_a_question_with_its_answers_and_goes_on(tmp_path, capsys):
    path = tmp_path / "question.csv"
    path.write_text("sex,label,pred\nf,good,good\nf,bad,good\nm,good,bad\nm,bad,bad\n")

    assert run(["inspect", str(path)]) == 0
    out = capsys.readouterr().out
    assert "--positive" in out
    assert Schema.loads(out).positive


def test_inspect_as_json(small, capsys):
    found = ask(capsys, "inspect", small)

    assert found["schema"]["label"] == "label"
    assert found["sources"][0]["rows_read"] == 7


# -- open ----------------------------------------------------------------------------------------


@pytest.fixture
def launched(monkeypatch):
    calls = []

    def launch(path, schema_path, port, browser, **more):
        text = None if schema_path is None else Path(schema_path).read_text(encoding="utf-8")
        calls.append((path, text, port, browser))
        return 0

    monkeypatch.setattr("dashboard.launch.launch", launch)
    return calls


def test_without_a_command_the_sample_data_open(launched):
    assert run([]) == 0
    assert launched == [(None, None, None, True)]


def test_open_takes_a_file_and_what_its_columns_mean(launched, small):
    assert run(["open", small, "--port", "8600", "--no-browser", "--label", "label"]) == 0

    ((path, text, port, browser),) = launched
    assert (str(path), port, browser) == (small, 8600, False)
    assert Schema.loads(text) == Schema(columns={"label": "label"})


def test_open_hands_joined_files_on_by_the_names_of_their_systems(monkeypatch, small, tmp_path):
    given = {}
    monkeypatch.setattr("dashboard.launch.launch", lambda *_, **more: given.update(more) or 0)
    other = tmp_path / "other.csv"
    other.write_text("id,prediction\n1,0\n")

    assert run(["open", str(small), "--join", f"B={other}", "--join", str(other), "--limit", "rows=5"]) == 0
    assert given["joined"] == [("B.csv", other), ("other.csv", other)]
    assert given["limits"].rows == 5
    assert run(["open", str(small), "--join", "nowhere.csv"]) == 2


def test_open_without_flags_hands_the_schema_file_on(launched, small):
    schema = SAMPLES / "lending.toml"

    assert run(["open", small, "--schema", str(schema)]) == 0
    assert launched[0][1] == schema.read_text(encoding="utf-8")


def test_open_gives_back_the_code_of_the_server(monkeypatch):
    monkeypatch.setattr("dashboard.launch.launch", lambda *_, **more: 2)

    assert run(["open", "--no-browser"]) == 2


# -- help ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", [["--help"], ["measure", "--help"], ["inspect", "-h"], ["open", "-h"], ["--version"]]
)
def test_help_ends_with_0(arguments, capsys):
    assert run(arguments) == 0
    assert "fairness-dashboard" in capsys.readouterr().out


def test_commands_that_read_a_file_share_their_options():
    shared = {option.name for option in commands.commands["measure"].params}

    assert {option.name for option in commands.commands["inspect"].params} - {"save"} == shared
