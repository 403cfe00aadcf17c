"""Open a small bounty on the pages, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from dashboard.bounties import FOLDER_VARIABLE
from metrics.bounty.folder import judge_folder
from tests.bounty_folder import write_played
from tests.dashboard.pages import open_page, rerun


def open_bounty(monkeypatch: Any, folder: Path) -> None:
    """Say, as the command does, which bounty is served."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))


def play_small(monkeypatch: Any, tmp_path: Path, **more: Any) -> Path:
    """Write the small bounty, judge its three submissions, and open it."""
    folder = write_played(tmp_path / "bounty", **more)
    assert judge_folder(folder).new == 3
    open_bounty(monkeypatch, folder)
    return folder


def fill_in(team: str, where: str, constant: str = "1", page: str = "submit") -> AppTest:
    """Open the Submit page and fill in a team, a condition and one value for everyone."""
    app = open_page(page)
    app.radio(key="submit_replacement").set_value("constant")
    rerun(app)
    app.text_input(key="submit_team").set_value(team)
    app.text_input(key="submit_where").set_value(where)
    app.selectbox(key="submit_constant").set_value(constant)
    return rerun(app)


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    return rerun(app)
