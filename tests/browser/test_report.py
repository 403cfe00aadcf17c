"""A report from the page to a file and back: downloaded, opened again, held against the data."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from metrics.document_json import read_document
from tests.browser.conftest import Screen
from tests.metrics.documents import ROWS

FORMS = {"HTML": ".html", "Markdown": ".md", "JSON": ".json", "Interactive HTML": ".html"}


def download(page: Page, name: str) -> Download:
    with page.expect_download() as given:
        page.get_by_test_id("stDownloadButton").get_by_role("button", name=name, exact=True).click()
    return given.value


def drop(screen: Screen, report: Path) -> None:
    screen.page.get_by_text("Open a report that was made earlier").click()
    screen.page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(report)
    expect(screen.page.get_by_role("button", name="Close this report")).to_be_visible()
    screen.settle()


@pytest.fixture
def data(screen: Screen, tmp_path: Path) -> str:
    """The address of a small file on the Report page."""
    file = tmp_path / "people.csv"
    file.write_text(ROWS)
    return f"report?{screen.drop(file).partition('?')[2]}"


def test_every_form_is_downloaded_and_html_and_json_hold_the_same_numbers(screen, data, tmp_path):
    page = screen.open(data)
    expect(page.get_by_test_id("stIFrame")).to_be_visible()
    files = {}
    for name, ending in FORMS.items():
        given = download(page, name)
        assert given.suggested_filename == f"fairness-of-people-csv{ending}"
        files[name] = tmp_path / f"{name}{ending}"
        given.save_as(files[name])

    documents = [read_document(files[name].read_bytes()) for name in ("HTML", "JSON", "Interactive HTML")]
    assert len({d.estimates.to_json(default_handler=str) for d in documents}) == 1
    assert documents[0].receipts[0].rows_read == ROWS.count("\n") - 1
    assert files["Markdown"].read_text().startswith("# Fairness of people")


def test_a_link_inside_the_preview_leads_to_its_section_and_nowhere_else(screen, data):
    page = screen.open(data)
    address = page.url
    frame = page.frame_locator("iframe").first
    frame.get_by_role("link", name="Receipt").click()

    expect(frame.get_by_role("heading", name="Receipt")).to_be_in_viewport()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Fairness of people.csv")
    assert page.url == address


def test_nothing_runs_in_the_preview_and_nothing_of_the_page_is_within_its_reach(screen, data):
    page = screen.open(data)
    expect(page.frame_locator("iframe").first.get_by_role("heading", level=1)).to_be_visible()
    (frame,) = [frame for frame in page.frames if frame.url.startswith("data:")]

    assert frame.evaluate("origin") == "null"
    assert frame.evaluate("() => { try { return parent.document.title } catch (error) { return error.name } }") == (
        "SecurityError"
    )
    assert frame.evaluate("document.scripts.length") == 0


def test_a_report_is_opened_and_computed_again(screen, data, tmp_path):
    page = screen.open(data)
    report = tmp_path / "report.html"
    download(page, "HTML").save_as(report)
    drop(screen, report)
    expect(page.get_by_text(re.compile("The data on screen, people.*are the same file"))).to_be_visible()

    page.get_by_role("button", name="Compute again and compare").click()

    expect(page.get_by_text(re.compile("Computed again, all .* records are the same"))).to_be_visible()
    screen.settle()
    screen.shoot("report-opened-light")
    assert screen.find_faults() == []


def test_a_changed_report_shows_where_it_differs_also_on_a_dark_phone(screen, data, tmp_path):
    screen.use_dark()
    page = screen.open(data)
    report = tmp_path / "report.json"
    download(page, "JSON").save_as(report)
    tree = json.loads(report.read_text())
    tree["estimates"][0]["value"] = 0.5
    report.write_text(json.dumps(tree))
    drop(screen, report)
    screen.use_phone()
    page.get_by_role("button", name="Compute again and compare").click()
    expect(page.get_by_text("the report was changed")).to_be_visible()
    screen.settle()

    (row,) = screen.rows_of("Where the report and the data differ")
    assert (row["list"], row["field"], row["in the report"]) == ("estimates", "value", "0.5")
    screen.shoot("report-changed-phone")
    assert screen.find_faults() == []
    assert not screen.scrolls_sideways()
