"""The Coverage page in a real browser: by keyboard from the attributes to the sampling plan."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Screen
from tests.paths import SHARED, needs_shared

TITLE = "Whom do these data cover?"
COMPAS = SHARED / "data" / "slices" / "compas_discretized.csv"
RULES = "Impossible combinations, one condition a line"


def _type(page: Page, label: str, text: str) -> None:
    box = page.get_by_role("textbox", name=label)
    box.focus()
    box.fill(text)
    page.keyboard.press("Control+Enter")


def _take_plan(page: Page) -> list[list[str]]:
    with page.expect_download() as found:
        page.get_by_role("button", name="Download the sampling plan").focus()
        page.keyboard.press("Enter")
    assert re.fullmatch(r"[a-z0-9-]+-sampling-plan\.csv", found.value.suggested_filename)
    with Path(found.value.path()).open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))


def test_attributes_are_chosen_by_keyboard_and_the_plan_is_taken_away(screen: Screen):
    page = screen.open("coverage?data=lending", title=TITLE)
    screen.choose("Attributes", "age")
    screen.choose("Attributes", "ethnicity")
    page.keyboard.press("Escape")  # the list of attributes stays open, and all else is hidden while it is

    expect(page).to_have_url(re.compile("coverage_by=age&coverage_by=ethnicity"))
    expect(page.get_by_text(re.compile(r"ethnicity = Other.*16 of 30 positives, 14 more needed"))).to_be_visible()
    head, *rows = _take_plan(page)
    assert head == ["age", "ethnicity", "units"]
    assert {row[1] for row in rows} <= {"Mixed", "Other"}
    assert all(int(row[2]) > 0 for row in rows)

    page.reload()
    screen.settle()
    expect(page.get_by_text(re.compile(r"16 of 30 positives, 14 more needed"))).to_be_visible()
    assert _take_plan(page) == [head, *rows]


def test_a_bad_rule_is_refused_where_it_stands_and_a_good_one_changes_the_plan(screen: Screen):
    page = screen.open("coverage?data=lending", title=TITLE)
    before = _take_plan(page)
    _type(page, RULES, "ethnicty = Other")

    expect(page.get_by_text("Line 1 is left out.")).to_contain_text("Did you mean 'ethnicity'?")
    screen.settle()
    assert _take_plan(page) == before

    _type(page, RULES, "ethnicity = Other")
    expect(page.get_by_text("calls them impossible")).to_be_visible()
    screen.settle()
    assert "Other" not in {cell for row in _take_plan(page) for cell in row}
    assert screen.find_faults() == []


def test_a_cell_is_opened_without_a_mouse_and_a_table_of_shares_is_read(screen: Screen):
    page = screen.open("coverage?data=lending", title=TITLE)
    screen.choose("Across", "ethnicity")
    screen.choose("Look into", "sex = female & ethnicity = Other")

    expect(page.get_by_text(re.compile(r"^sex = female, ethnicity = Other: \d+ rows, 9 positives\."))).to_be_visible()

    page.get_by_text("A table of shares", exact=True).click()
    _type(page, "Or its text", "axis,level,share\nsex,female,much")
    expect(page.get_by_text("The text, line 2")).to_be_visible()
    _type(page, "Or its text", "axis,level,share\nsex,female,40 %\nsex,male,60 %")
    expect(page.get_by_text("sex = male has 49.5 % of the rows where 60.0 % are expected")).to_be_visible()


@needs_shared
def test_a_dropped_file_of_real_people_is_covered_in_both_themes_and_on_a_phone(screen: Screen):
    screen.drop(COMPAS)
    screen.go("Coverage")
    page = screen.page

    expect(page.get_by_text(re.compile(r"race = Native American.*11 of 30 rows, 19 more needed"))).to_be_visible()
    page.get_by_text("combinations as a table").click()
    screen.settle()
    expect(page.get_by_role("region", name="Every combination: how many, and what could be seen")).to_be_visible()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.wait_for_timeout(1000)  # tables and charts draw themselves after the page stands still
        screen.shoot(f"coverage-compas-{theme}")
        assert screen.find_faults() == []
    screen.use_phone()
    page.wait_for_timeout(1000)
    assert not screen.scrolls_sideways()
