"""`open --bounty DIR`: the bounty is named to the pages; what is wrong with it is said before it is served."""

from __future__ import annotations

import pytest

from dashboard import launch as launching
from dashboard.bounties import FOLDER_VARIABLE
from dashboard.cli import run
from tests.bounty_folder import write_bounty


@pytest.fixture
def launched(monkeypatch):
    calls = []

    def launch(path, schema_path, port, browser, **more):
        calls.append((path, more.get("bounty")))
        return 0

    monkeypatch.setattr("dashboard.launch.launch", launch)
    return calls


def test_a_folder_is_served(launched, tmp_path):
    folder = write_bounty(tmp_path / "bounty")

    assert run(["open", "--bounty", str(folder), "--no-browser"]) == 0
    assert launched == [(None, folder)]


def test_a_file_may_be_on_screen_beside_it(launched, tmp_path):
    folder = write_bounty(tmp_path / "bounty")

    assert run(["open", str(folder / "rows.csv"), "--bounty", str(folder)]) == 0
    assert launched == [(folder / "rows.csv", folder)]


@pytest.mark.parametrize(
    ("terms", "problem"), [(None, "has no bounty.toml"), ("alpha = 2\n", "alpha"), ("name = ", "no valid TOML")]
)
def test_what_is_no_bounty_is_refused(terms, problem, launched, tmp_path, capsys):
    if terms is not None:
        (tmp_path / "bounty.toml").write_text(terms)

    assert run(["open", "--bounty", str(tmp_path)]) == 2
    assert problem in capsys.readouterr().err
    assert launched == []


def test_its_page_is_the_first_unless_there_is_a_file(monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, "")

    assert launching._first_page(False, True) == "bounty?bounty=opened"
    assert launching._first_page(True, True) == "data?data=opened"
    assert launching._first_page(False, False) == ""
