"""No command writes over what it reads, nor two answers into one file."""

from __future__ import annotations

import os
import shutil

import pytest

ROWS = "sex,label,prediction\n" + "f,1,1\nf,0,0\nm,1,0\nm,0,0\n" * 20
COMMANDS = {
    "measure": (),
    "find": ("--metric", "accuracy"),
    "check": ("--policy", "four_fifths"),
    "coverage": ("--by", "sex"),
    "compare": ("{file}",),
}


@pytest.fixture
def file(asker):
    return asker.write(ROWS, "z.csv")


def refuse(asker, file, command, *more):
    options = (option.format(file=file) for option in COMMANDS[command])
    code, out, err = asker.run(command, file, *options, "--positive", "1", *more)
    assert (code, out) == (2, ""), err
    return err


@pytest.mark.parametrize("command", COMMANDS)
def test_the_file_that_is_read_is_never_written_over(asker, file, command):
    assert "would overwrite" in refuse(asker, file, command, "-o", file)
    assert (asker.folder / "z.csv").read_text() == ROWS


@pytest.mark.parametrize("command", COMMANDS)
def test_nor_is_its_schema(asker, file, command):
    schema = asker.write("threshold = 0.5\n", "schema.toml")

    assert "would overwrite" in refuse(asker, file, command, "--schema", schema, "-o", schema)
    assert (asker.folder / "schema.toml").read_text() == "threshold = 0.5\n"


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_nor_is_it_by_another_name(asker, file, link):
    link(file, asker.folder / "other.csv")

    assert "would overwrite" in refuse(asker, file, "measure", "-o", str(asker.folder / "other.csv"))
    assert (asker.folder / "z.csv").read_text() == ROWS


def test_nor_are_a_match_a_policy_a_joined_file_and_shares(asker, file):
    match = asker.write("", "match.toml")
    assert "would overwrite" in refuse(asker, file, "compare", "--match", match, "-o", match)
    shares = asker.write("axis,level,share\nsex,f,0.5\nsex,m,0.5\n", "shares.csv")
    assert "would overwrite" in refuse(asker, file, "coverage", "--shares", shares, "--plan", shares)
    joined = shutil.copy(file, asker.folder / "joined.csv")
    assert "would overwrite" in refuse(asker, file, "measure", "--join", f"b={joined}", "-o", str(joined))
    _, policy, _ = asker.run("check", "--show-template", "four_fifths")
    path = asker.write(policy, "policy.toml")
    assert "would overwrite" in refuse(asker, file, "check", "--policy", path, "-o", path)


def test_a_plan_is_written_neither_over_the_file_nor_over_the_answer(asker, file):
    assert "--plan" in refuse(asker, file, "coverage", "--plan", file)
    both = str(asker.folder / "p.csv")
    assert "both name" in refuse(asker, file, "coverage", "--plan", both, "-o", both)
    assert not (asker.folder / "p.csv").exists()
    assert (asker.folder / "z.csv").read_text() == ROWS


def test_an_answer_of_before_is_written_anew_and_devices_take_several(asker, file):
    old = asker.write("old", "answer.csv")
    options = ("coverage", file, "--by", "sex", "--positive", "1")

    assert asker.run(*options, "-o", old, "--plan", str(asker.folder / "p.csv"))[0] == 0
    assert (asker.folder / "answer.csv").read_text() != "old"
    assert asker.run(*options, "-o", os.devnull, "--plan", os.devnull)[0] == 0
