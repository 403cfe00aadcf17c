"""Names in a file that would be links, pictures, code or formulas are shown as text, on every page."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screen
from tests.browser.test_every_page import PAGES

COLUMN = "![a](http://evil.example/a.png)"
OTHER = "<img src=x onerror=document.title='gone'> [b](http://evil.example)"
MODEL = "=cmd|'/c calc'!A1"
LEVELS = (
    '=HYPERLINK("http://evil.example")',
    "![c](http://evil.example/c.png) www.evil.example e@evil.example",
    "<script>document.title='gone'</script>",
    "two\nlines :red[d] $x^2$",
    "\u202eright to left \u05d0\u05d1",
    "x" * 200,
)


@pytest.fixture(scope="module")
def address(reader: Screen, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file and a schema that names its columns, dropped together."""
    folder = tmp_path_factory.mktemp("hostile")
    file, schema = folder / "[e](http:evil.example) <b>.csv", folder / "schema.toml"
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(["id", COLUMN, OTHER, "label", "score"])
    for i in range(240):
        lines.writerow([f"+{i}=cmd", LEVELS[i % 6], LEVELS[i // 6 % 2], i % 2, i * 37 % 100 / 100])
    file.write_text(text.getvalue())
    schema.write_text(
        f"""
task = "classification"
id = "id"
label = "label"
positive = ["1"]
favourable = "positive"
threshold = 0.5
[[system]]
name = '''{MODEL}'''
score = "score"
[[attribute]]
column = '''{COLUMN}'''
[[attribute]]
column = '''{OTHER}'''
"""
    )
    url = reader.drop(file, schema, title=re.compile("evil"))
    return url.partition("?")[2]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path or "overview")
def test_nothing_of_them_is_a_link_a_picture_or_code(reader: Screen, address: str, path: str):
    page = reader.open(f"{path}?{address}&least=1")
    expect(page.get_by_test_id("stMain")).to_contain_text("?")
    page.wait_for_timeout(500)  # charts draw themselves a moment later

    body = page.locator("body")
    assert body.locator("a[href*='evil']:not([href^='#'])").count() == 0
    assert body.locator("img[src*='evil'], img[src='x'], [onerror]").count() == 0
    assert body.get_by_test_id("stMarkdownContainer").locator(".stMarkdownColoredText").count() == 0
    assert page.title() != "gone"
    assert not reader.scrolls_sideways()


def test_what_is_taken_away_runs_in_no_spreadsheet(reader: Screen, address: str):
    page = reader.open(f"rows?{address}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV", exact=True).click()

    rows = list(csv.reader(Path(download.value.path()).read_text().splitlines(keepends=True)))
    cells = {cell for row in rows for cell in row}
    assert len(rows) == 241
    assert f"'{LEVELS[0]}" in cells
    assert not [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell and not cell[1:].replace(".", "").isdigit()]
    assert download.value.suggested_filename == "rows.csv"


def test_a_cell_with_such_a_name_is_opened_by_its_name(reader: Screen, address: str):
    page = reader.open(f"disparities?{address}&least=1")
    box = page.get_by_role("combobox", name="Look into", exact=True)
    box.focus()
    page.keyboard.type("HYPERLINK")
    page.keyboard.press("Enter")
    reader.settle()

    expect(page.get_by_test_id("stMetricValue")).to_have_count(3)
    expect(page.get_by_test_id("stMain")).to_contain_text("HYPERLINK")
    assert page.locator("a[href*='evil']").count() == 0
