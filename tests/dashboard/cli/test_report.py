"""The command `report`: four forms by the file's ending, the same numbers as `measure`, and nothing half-written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dashboard import report as reports
from dashboard.cli import report
from dashboard.report import write_html, write_markdown
from dashboard.report.pdf import BROWSER_VARIABLE
from metrics.document_json import read_document, write_document
from tests.browser.find_browser import find_browser, missing_browser, must_have_browser
from tests.dashboard.cli.contract import Asker
from tests.metrics.documents import ROWS
from tests.paths import SAMPLES

ROLES = ["--id", "id", "--label", "label", "--prediction", "pred", "--positive", "1", "--favourable", "positive"]
LENDING = [str(SAMPLES / "lending.csv"), "--schema", str(SAMPLES / "lending.toml")]


@pytest.fixture
def file(asker: Asker) -> str:
    return asker.write(ROWS, "people.csv")


def write(asker: Asker, name: str, *arguments: str) -> str:
    """Write a report and return its text."""
    path = asker.folder / name
    code, out, err = asker.run("report", *arguments, "-o", str(path))
    assert (code, out) == (0, ""), err
    return path.read_text(encoding="utf-8")


def test_json_holds_the_numbers_of_measure(asker, file):
    asked = [*ROLES, "--by", "sex", "--by", "sex,age", "--compare", "ratio", "--baseline", "sex=m", "--seed", "3"]
    measured = asker.measure(file, *asked)
    found = json.loads(write(asker, "report.json", file, *asked))

    for name in ("sources", "schema", "findings", "estimates", "disparities", "spreads", "criteria"):
        assert found[name] == measured[name], name
    assert (found["format"], found["policy"], found["verdicts"]) == ("fairness-dashboard report", None, [])
    assert found["question"]["by"] == [["sex"], ["sex", "age"]]
    assert (found["question"]["baseline"], found["question"]["seed"]) == ("sex=m", 3)


def test_the_policy_gives_the_verdicts_of_check(asker, file):
    code, out, err = asker.run("check", file, *ROLES, "--policy", "equal_opportunity", "--format", "json")
    assert code in (0, 1, 3), err
    found = json.loads(write(asker, "report.json", file, *ROLES, "--policy", "equal_opportunity"))

    assert found["verdicts"] == json.loads(out)["verdicts"]
    assert found["policy"]["rule"][0]["metric"] == "true_positive_rate"
    assert {tuple(e["slice"]) for e in found["estimates"]} >= {(), ("sex",), ("age",)}  # as without the policy


def test_html_and_markdown_are_drawn_from_the_same_document(asker, file):
    document = read_document(write(asker, "report.json", file, *ROLES, "--title", "Who waits?"))

    html = write(asker, "report.html", file, *ROLES, "--title", "Who waits?")
    assert html == write_html(document)
    assert write_document(read_document(html)) == write_document(document)
    assert write(asker, "report.md", file, *ROLES, "--title", "Who waits?") == write_markdown(document)
    assert "<h1>Who waits?</h1>" in html


def test_a_report_read_again_is_drawn_the_same(asker):
    """Also where intervals have no end, which JSON cannot say."""
    text = write(
        asker, "report.html", *LENDING, "--compare", "ratio", "--policy", "equal_opportunity", "--by", "sex,region"
    )

    assert write_html(read_document(text)) == text


def test_sections_are_those_named(asker, file):
    html = write(asker, "report.html", file, *ROLES, "--sections", "summary,receipt")
    heads = re.findall(r"<h2[^>]*>(.*?)</h2>", html)
    whole = re.findall(r"<h2[^>]*>(.*?)</h2>", write(asker, "whole.html", file, *ROLES))

    assert len(heads) == 2 < len(whole)
    assert set(heads) < set(whole)


def test_interactive_html_holds_its_script_and_fetches_none(asker, file):
    html = write(asker, "report.html", file, *ROLES, "--interactive", "--metric", "accuracy")

    assert len(html) > 3_000_000
    assert re.findall(r"<script[^>]*\bsrc", html) == []


@pytest.fixture
def printer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser that the browser tests drive; without one, as they do, skip, or fail where nobody would notice."""
    found = find_browser()
    if found is None and must_have_browser():
        pytest.fail(missing_browser())
    if found is None:
        pytest.skip(missing_browser())
    monkeypatch.setenv(BROWSER_VARIABLE, str(found))


@pytest.mark.usefixtures("printer")
def test_pdf_is_printed(asker, file):
    path = asker.folder / "report.PDF"
    code, _, err = asker.run("report", file, *ROLES, "--metric", "accuracy", "-o", str(path))

    assert code == 0, err
    assert path.read_bytes()[:5] == b"%PDF-"


def test_without_a_browser_pdf_is_refused_with_a_way_out(asker, file, monkeypatch):
    monkeypatch.setattr(reports, "find_printer", lambda: None)

    assert "print that from any browser" in refuse(asker, "report.pdf", file, *ROLES)


# -- what goes wrong -----------------------------------------------------------------------------


def refuse(asker: Asker, name: str, *arguments: str) -> str:
    """Return what is said of a report that is not written, of which nothing is left."""
    before = sorted(asker.folder.iterdir())
    code, out, err = asker.run("report", *arguments, "-o", str(asker.folder / name))
    assert (code, out) == (2, ""), err
    assert sorted(asker.folder.iterdir()) == before
    return err


@pytest.mark.parametrize("name", ["report", "report.txt", "report.htm", "report.html.gz", ".html"])
def test_another_ending_is_refused_with_the_four(asker, file, name):
    assert ".html, .pdf, .md or .json" in refuse(asker, name, file, *ROLES)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("nowhere/report.html", "", "there is no folder"),
        ("report.html", "--sections sumary", "Did you mean 'summary'?"),
        ("report.html", "--sections ''", "there is no section"),
        ("report.json", "--sections summary", "the JSON always holds everything"),
        ("report.md", "--interactive", "--interactive is of HTML"),
        ("report.html", "--policy nowhere.toml", "nowhere.toml"),
        ("report.html", "--policy equal_word_error_rate", "word_error_rate"),
        ("report.html", "--title " + "x" * 201, "201 signs"),
        ("report.html", "--by sx", "Did you mean 'sex'?"),
        ("report.html", "--metric acuracy", "Did you mean 'accuracy'?"),
        ("report.html", "--baseline sex=nobody", "nobody"),
        ("report.html", "--format json", "--format"),
    ],
)
def test_what_cannot_be_written_ends_with_2_and_leaves_nothing(asker, file, name, arguments, said):
    assert said in refuse(asker, name, file, *ROLES, *arguments.split())


def test_without_an_output_it_asks_for_one(asker, file):
    code, out, err = asker.run("report", file, *ROLES)

    assert (code, out) == (2, "")
    assert "--output" in err


def test_it_never_overwrites_what_it_is_made_from(asker, file):
    rows = asker.write('{"label": 1, "pred": 1, "sex": "f"}\n' * 40, "rows.json")
    before = Path(rows).read_bytes()

    assert "would overwrite" in refuse(asker, "rows.json", rows)
    assert Path(rows).read_bytes() == before


def test_where_writing_fails_the_old_report_stays(asker, file, monkeypatch):
    path = asker.folder / "report.json"
    path.write_text("the old one")

    def fail(document: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report, "write_document", fail)
    assert "No space left" in refuse(asker, "report.json", file, *ROLES)
    assert path.read_text() == "the old one"


def test_a_report_goes_where_a_link_leads(asker, file):
    (asker.folder / "target.json").write_text("old")
    (asker.folder / "report.json").symlink_to(asker.folder / "target.json")
    write(asker, "report.json", file, *ROLES)

    assert (asker.folder / "report.json").is_symlink()
    assert json.loads((asker.folder / "target.json").read_text())["estimates"]
