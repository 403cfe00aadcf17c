"""`bounty board` tells who found what: JSON with all digits, rounded ones to publish, the sealed split opened once."""

from __future__ import annotations

import json
import math
import re
import shutil

import pytest

from dashboard.cli import bounty_board
from tests.metrics.bounty.folders import submission, write_bounty
from tests.metrics.bounty.test_certificate import LABELS, ROWS, TERMS, judged
from tests.paths import SAMPLES

BOARD = ["team", "submissions", "accepted", "certified", "credit", "error", "gap"]
USAGE = ["team", "feature", "submissions", "share", "accepted_share", "weighted_share", "sensitivity"]


@pytest.fixture
def folder(tmp_path):
    folder = write_bounty(tmp_path / "bounty", TERMS, ROWS, LABELS)
    judged(folder, "1", where="age = 70")
    judged(folder, "2", where="age = 80", team="blue")
    return folder


def board(asker, folder, *more):
    code, out, err = asker.run("bounty", "board", str(folder), "--format", "json", *more)
    assert code == 0, err
    return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON")), err


def test_json_has_decisions_board_and_usage(asker, folder):
    told, _ = board(asker, folder)

    assert [(d["team"], d["submission"], d["accepted"]) for d in told["decisions"]] == [
        ("red", "1", True),
        ("blue", "2", True),
    ]
    assert [list(row) for row in told["board"]] == [BOARD, BOARD]
    assert {list(row) == USAGE for row in told["usage"]} == {True}
    assert {row["team"] for row in told["usage"]} == {"red", "blue", "(everyone)"}


def test_the_board_counts_and_shares(asker, folder):
    """A third of the rows is 70, a third 80: each team gains a third, and is alone wrong of the other third."""
    rows = {row["team"]: row for row in board(asker, folder)[0]["board"]}

    for team in ("red", "blue"):
        assert rows[team] == {
            "team": team,
            "submissions": 1,
            "accepted": 1,
            "certified": 1,
            "credit": pytest.approx(1 / 3),
            "error": pytest.approx(1 / 3),
            "gap": pytest.approx(1.0),
        }


def test_the_first_board_opens_the_sealed_split_and_says_so(asker, folder):
    _, first = board(asker, folder)
    _, second = board(asker, folder)

    assert "was opened now" in first and "opened once" in first
    assert "was opened now" not in second
    assert (folder / "certified.json").exists()


def test_keep_sealed_leaves_it_closed(asker, folder):
    told, err = board(asker, folder, "--keep-sealed")

    assert [row["certified"] for row in told["board"]] == [None, None]
    assert told["certificates"] == [] and "stays sealed" in err
    assert not (folder / "certified.json").exists()


def test_without_digits_of_the_validation_split_it_is_tested_there_and_nothing_is_opened(asker, folder):
    told, _ = board(asker, folder, "--certify", "validation")
    text = asker.run("bounty", "board", str(folder), "--certify", "validation")[1]

    levels = [0.05 * 6 / math.pi**2 / 2, 0.05 * 6 / (4 * math.pi**2) / 4]
    assert [row["level"] for row in told["certificates"]] == pytest.approx(levels)
    assert [row["certified"] for row in told["board"]] == [1, 1]
    assert "told no more of it than which submissions were accepted" in text
    assert not (folder / "certified.json").exists()


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_a_board_certified_without_digits_publishes_none(asker, folder, form):
    """Each team, what it sent, had accepted and certified; each submission and its verdict; no loss, count or p."""
    text = asker.run("bounty", "board", str(folder), "--certify", "validation", "--format", form)[1]
    lines = [re.split(r" {2,}| \| ", line.strip("| ")) for line in text.splitlines()]

    assert ["blue", "1", "1", "1", "-", "-", "-"] in lines
    assert ["(everyone)", "2", "2", "2", "-", "-", "-"] in lines
    assert ["1", "red", "certified"] in lines and ["2", "blue", "certified"] in lines
    assert "%" not in text and "points" not in text


@pytest.mark.parametrize(("answer", "opened"), [(True, True), (False, False)])
def test_on_a_terminal_it_asks_first(asker, folder, monkeypatch, answer, opened):
    monkeypatch.setattr(bounty_board, "_is_watched", lambda: True)
    monkeypatch.setattr("click.confirm", lambda *_, **__: answer)

    board(asker, folder)

    assert (folder / "certified.json").exists() is opened


def test_what_waits_to_be_judged_is_said(asker, folder):
    (folder / "submissions" / "red" / "3.json").write_text(json.dumps(submission(number="3")))

    assert "1 submission is not judged" in board(asker, folder, "--keep-sealed")[1]


def test_what_is_published_is_rounded_and_ends_with_everyone(asker, folder):
    code, out, _ = asker.run("bounty", "board", str(folder), "--keep-sealed")

    assert code == 0
    lines = [re.split(r"  +", line) for line in out.splitlines()]
    # 90 rows: steps of 10 points.
    assert ["blue", "1", "1", "-", "+30 points", "30 %", "100 points"] in lines
    assert lines[-1] == ["(everyone)", "2", "2", "-", "+70 points", "0 %", "0 points"]


def test_markdown_shows_names_as_they_are(asker, tmp_path):
    terms = TERMS.replace('"Twelve"', '"A <b>bold</b> | @bounty"')
    folder = write_bounty(tmp_path / "odd", terms, ROWS, LABELS)
    judged(folder, "1", where="age = 70", team="a_b")

    code, out, _ = asker.run("bounty", "board", str(folder), "--format", "markdown")

    assert code == 0
    assert out.startswith("## A &lt;b&gt;bold&lt;/b&gt; \\| @&#8203;bounty\n")
    assert "| a\\_b | 1 | 1 | 1 |" in out
    assert "| 1 | a\\_b | 30 | 30 | 0 |" in out


def test_a_board_of_nothing_judged_is_empty(asker, tmp_path):
    folder = write_bounty(tmp_path / "new", TERMS, ROWS, LABELS)
    told, err = board(asker, folder)

    assert (told["decisions"], told["board"]) == ([], [])
    assert "it takes an accepted submission" in err


def test_a_folder_that_is_no_bounty_is_said(asker, tmp_path):
    code, out, err = asker.run("bounty", "board", str(tmp_path))

    assert (code, out) == (2, "")
    assert "bounty.toml" in err


def test_the_sample_bounty_tells_four_teams_apart(asker, tmp_path):
    folder = tmp_path / "sample"
    shutil.copytree(SAMPLES / "bounty", folder)
    assert asker.run("bounty", "judge", str(folder))[0] == 0

    told, _ = board(asker, folder)
    rows = {row["team"]: row for row in told["board"]}
    inert = {row["feature"]: row for row in told["usage"] if row["team"] == "inert"}

    assert {team: (row["submissions"], row["accepted"], row["certified"]) for team, row in rows.items()} == {
        "brute": (40, 5, 0),
        "hand": (4, 2, 2),
        "hunters": (4, 1, 1),
        "inert": (3, 1, 1),
    }
    fall = told["decisions"][-1]["error_after"]
    assert sum(row["credit"] for row in rows.values()) == pytest.approx(376 / 1215 - fall)
    assert all(inert[feature]["sensitivity"] == 0 < inert[feature]["share"] for feature in ("built", "month"))
