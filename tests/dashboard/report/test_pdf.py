"""PDF: which browser prints, how it is called, and what is said where none is."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from dashboard.report import PrintError, find_printer, pdf, write_pdf


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty search path; the folder is on it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(pdf.BROWSER_VARIABLE, raising=False)
    monkeypatch.setattr(pdf, "_PLACES", ())
    return tmp_path


def test_without_a_browser_it_says_to_print_from_one(nothing_installed: Path):
    assert find_printer() is None
    with pytest.raises(PrintError, match=r"Chromium, Chrome or Edge.*choose Print"):
        write_pdf("<html></html>", nothing_installed / "report.pdf")
    assert not (nothing_installed / "report.pdf").exists()


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome", "msedge"])
def test_a_browser_of_the_family_is_found_by_its_name(nothing_installed: Path, name: str):
    _install(nothing_installed / name, "exit 0")

    assert find_printer() == nothing_installed / name


def test_the_variable_goes_before_what_is_installed(nothing_installed: Path, monkeypatch: pytest.MonkeyPatch):
    _install(nothing_installed / "chromium", "exit 0")
    mine = _install(nothing_installed / "my browser", "exit 0")
    monkeypatch.setenv(pdf.BROWSER_VARIABLE, str(mine))

    assert find_printer() == mine


def test_a_variable_that_names_nothing_is_not_passed_over(nothing_installed: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(pdf.BROWSER_VARIABLE, "/nowhere/chromium")

    with pytest.raises(PrintError, match="/nowhere/chromium"):
        find_printer()


def test_it_is_called_with_a_list_of_arguments_and_a_profile_of_its_own(nothing_installed: Path):
    """Whatever the path: no shell reads it."""
    calls = nothing_installed / "calls"
    _install(
        nothing_installed / "chromium",
        f'for a in "$@"; do echo "$a" >> "{calls}"; case "$a" in --print-to-pdf=*) echo pdf > "${{a#*=}}";; esac; done',
    )
    target = nothing_installed / "a b; echo $HOME.pdf"
    write_pdf("<html><head></head></html>", target, paper="Letter")
    told = calls.read_text().splitlines()

    assert target.read_text() == "pdf\n"
    assert {"--headless", "--no-pdf-header-footer", "--export-tagged-pdf"} <= set(told)
    (profile,) = [a.partition("=")[2] for a in told if a.startswith("--user-data-dir=")]
    assert not Path(profile).parent.exists(), "Page and profile are gone."
    assert told[-1].startswith("file://")


@pytest.mark.parametrize("does", ["exit 3", "exit 0"])
def test_a_browser_that_prints_nothing_is_an_error_in_words(nothing_installed: Path, does: str):
    _install(nothing_installed / "chromium", does)

    with pytest.raises(PrintError, match="printed nothing"):
        write_pdf("<html><head></head></html>", nothing_installed / "report.pdf")


def test_a_browser_that_hangs_is_given_up(nothing_installed: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pdf, "_LONGEST", 0.5)
    _install(nothing_installed / "chromium", "exec /bin/sleep 30")

    with pytest.raises(PrintError, match=r"did not end within 0\.5 seconds"):
        write_pdf("<html><head></head></html>", nothing_installed / "report.pdf")


def test_another_paper_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="'A4' or 'Letter'"):
        write_pdf("<html></html>", tmp_path / "report.pdf", paper="A5")


def _install(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path
