"""Link, data and picture of a chart are taken away by keyboard alone, and the names in them do no harm."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, Locator, Page, expect

from tests.browser.conftest import Screen

LEVELS = ("=cmd|'/c calc'!A1", "@SUM(A1)", "plain")


@pytest.fixture
def opened(screen: Screen, tmp_path: Path) -> Screen:
    file = tmp_path / "=cmd x.csv"
    lines = ["id,group,label,prediction"]
    lines += [f'r{i},"{LEVELS[i % 3]}",{i % 2},{int(i % 2 != (i % 5 == 0))}' for i in range(240)]
    file.write_text("\n".join(lines) + "\n")
    screen.drop(file)
    screen.go("Slices")
    return screen


def _press(page: Page, what: Locator) -> None:
    what.focus()
    page.keyboard.press("Enter")


def _take(page: Page, what: Locator) -> Download:
    expect(what).to_be_visible()
    with page.expect_download() as found:
        _press(page, what)
    return found.value


def test_the_data_of_a_chart_are_a_file_without_formulas(opened: Screen):
    opened.go("Overview")
    taken = _take(opened.page, opened.page.get_by_role("button", name="Download data"))

    assert re.fullmatch(r"cmd-x-overview-[a-z-]+\.csv", taken.suggested_filename)
    with Path(taken.path()).open(newline="", encoding="utf-8-sig") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert {f"'{level}" for level in LEVELS[:2]} <= set(cells)
    assert [cell for cell in cells if cell.startswith(("=", "@"))] == []


def test_the_picture_of_a_chart_is_named_after_it(opened: Screen):
    taken = _take(opened.page, opened.page.get_by_role("button", name="Download picture"))

    assert re.fullmatch(r"cmd-x-slices-[a-z-]+\.png", taken.suggested_filename)
    assert Path(taken.path()).read_bytes().startswith(b"\x89PNG")


def test_the_link_of_a_chart_shows_the_same_elsewhere(opened: Screen, browser: Browser):
    page = opened.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened.choose("Metric", "Accuracy")
    _press(page, page.get_by_role("button", name="Copy link"))
    expect(page.get_by_text("Whoever has this link sees the data, rows included")).to_be_visible()
    assert opened.find_faults() == []

    page.get_by_test_id("stCode").focus()
    expect(page.get_by_role("button", name="Copy to clipboard")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url

    context = browser.new_context()
    other = Screen(context.new_page(), opened.base_url)
    other.page.goto(link)
    expect(other.page.get_by_role("combobox", name="Metric", exact=True)).to_have_value("Accuracy")
    expect(other.page.get_by_test_id("stSidebar")).to_contain_text("x.csv")
    context.close()
