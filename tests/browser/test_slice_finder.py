"""The slice finder in a real browser: a file of ten attributes from drop to evidence sheet."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.paths import SHARED, needs_shared

ADULT = SHARED / "data" / "slices" / "adult_slices.csv"
TITLE = "Where does the model fare worst?"


@needs_shared
def test_adult_is_searched_whole_from_the_drop_to_the_evidence_sheet(screen):
    screen.drop(ADULT)
    screen.go("Slice finder")
    page = screen.page
    screen.choose("Metric", "False positive rate")

    expect(page.get_by_text("Searched 3,321 slices;")).to_be_visible()
    page.locator(".st-key-slice_finder_1").get_by_text("similar slices hidden").click()
    screen.settle()
    page.get_by_text("All 3,321 slices that were searched").click()
    screen.settle()
    expect(page.get_by_role("region", name="All 3,321 slices that were searched")).to_be_visible()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(1000)  # tables and the chart draw themselves after the page stands still
        screen.shoot(f"slice-finder-adult-{theme}")
        assert screen.find_faults() == []

    for tab in ("Which condition?", "Tree", "Is it real?"):
        page.get_by_role("tab", name=tab).click()
        screen.settle()
    page.get_by_role("button", name="Deal out 1,000 times").click()
    # It takes seconds, or less than anybody sees; that it can be stopped is tested without a browser.
    expect(page.get_by_text("The results were dealt out anew 1,000 times")).to_be_visible(timeout=60_000)
    assert screen.find_faults() == []

    page.get_by_role("tab", name="Findings").click()
    page.locator(".st-key-slice_finder_1").get_by_role("button", name="Evidence sheet").click()
    expect(page.get_by_role("heading", name="What would convince someone else?", level=1)).to_be_visible()
    screen.settle()
    expect(page.get_by_role("spinbutton", name="How many groups you looked at in all")).to_have_value("3321")

    screen.go("Slice finder")
    page.get_by_role("spinbutton", name="Levels together").fill("1")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("slice_finder_depth=1"))
    screen.settle()
    searched = page.get_by_text(re.compile("^Searched "))
    said = searched.inner_text()
    screen.use_phone()
    page.reload()
    expect(page.get_by_role("heading", name=TITLE, level=1)).to_be_visible()
    expect(searched).to_have_text(said)
    page.wait_for_timeout(1000)
    screen.shoot("slice-finder-adult-phone")
    assert not screen.scrolls_sideways()
