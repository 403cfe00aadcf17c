"""The browser tests never vanish without a word."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.browser import find_browser as finding


@pytest.fixture
def path_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A search path that holds only the named programs, no wish and no browser of Playwright's own."""

    def arrange(*names: str) -> Path:
        for name in names:
            program = tmp_path / name
            program.write_text("#!/bin/sh\n")
            program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv("BROWSER_PATH", raising=False)
        monkeypatch.setattr(finding, "_find_playwrights_own", lambda: None)
        return tmp_path

    return arrange


def test_the_browser_that_was_wished_for_comes_first(path_with, monkeypatch):
    folder = path_with("chromium", "my-browser")
    monkeypatch.setenv("BROWSER_PATH", str(folder / "my-browser"))

    assert finding.find_browser() == folder / "my-browser"


def test_a_wish_for_a_browser_that_is_not_there_is_an_error(path_with, monkeypatch):
    path_with("chromium")
    monkeypatch.setenv("BROWSER_PATH", "/nowhere/browser")

    with pytest.raises(FileNotFoundError, match="/nowhere/browser"):
        finding.find_browser()


def test_chromium_comes_before_google_chrome(path_with):
    folder = path_with("google-chrome", "chromium")

    assert finding.find_browser() == folder / "chromium"


def test_google_chrome_will_do(path_with):
    folder = path_with("google-chrome")

    assert finding.find_browser() == folder / "google-chrome"


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_a_missing_browser_fails_only_on_a_build_server(path_with, monkeypatch, capsys, ci, code):
    path_with()
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(sys, "argv", ["find_browser"])

    assert finding.main() == code
    assert "playwright install chromium" in capsys.readouterr().err
