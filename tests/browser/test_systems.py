"""The Systems page in a real browser: nine recognisers in one plane, two of them by group, by mouse and keyboard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screen
from tests.paths import SHARED, needs_shared

CORPUS = SHARED / "data" / "asr" / "artie_bias_corpus_wide.csv.gz"
TITLE = "Which model serves whom?"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_regression_that_all_gains_hide_is_on_the_page_and_axe_finds_no_fault(screen: Screen, theme: str):
    if theme == "dark":
        screen.use_dark()
    screen.open("systems?data=call_centre&by=accent")
    page = screen.page
    expect(page.get_by_role("heading", name=TITLE, level=1)).to_be_visible()
    expect(page.get_by_text(re.compile("but worse for accent = Polish: 6 points"))).to_be_visible()
    rows = screen.rows_of("What changed for every group, and for whom it is shown")
    assert [(row["slice"], row["verdict"]) for row in rows[:2]] == [
        ("everyone", "better with release 2"),
        ("Polish", "worse with release 2"),
    ]
    screen.settle()
    page.wait_for_timeout(1000)
    screen.shoot(f"systems-call-centre-{theme}")
    assert screen.find_faults() == []


def test_two_models_are_chosen_by_keyboard_and_the_address_keeps_them(screen: Screen):
    screen.open("systems?data=lending&by=age")
    page = screen.page
    box = page.get_by_role("combobox", name="From")
    box.focus()
    page.keyboard.type("model B")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("systems_first=model"))
    expect(page.get_by_text(re.compile("Worse with model A: age < 25"))).to_be_visible()

    page.reload()
    expect(page.get_by_text(re.compile("Worse with model A: age < 25"))).to_be_visible()


def test_a_phone_shows_both_pictures_without_scrolling_sideways(screen: Screen):
    screen.use_phone()
    screen.open("systems?data=call_centre&by=accent")
    expect(screen.page.locator("[data-testid=stPlotlyChart]")).to_have_count(2)
    screen.settle()
    screen.page.wait_for_timeout(500)
    assert not screen.scrolls_sideways()
    screen.shoot("systems-call-centre-phone")


@needs_shared
def test_nine_recognisers_from_the_drop_to_who_is_beaten(screen: Screen):
    screen.drop(Path(CORPUS))
    screen.go("Systems")
    page = screen.page
    expect(page.get_by_text(re.compile(r"Of 9 models|The best of 9 models")).first).to_be_visible(timeout=60_000)
    told = screen.rows_of("How good every model is, and its gap between groups")
    assert len(told) == 9
    assert {row["standing"].split(":")[0].split(",")[0] for row in told} <= {
        "Pareto set",
        "beaten",
        "clearly beaten in both",
        "too few groups to compare",
    }
    screen.settle()
    screen.shoot("systems-nine")
