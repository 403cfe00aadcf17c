"""Thresholds by group in a real browser: by the keyboard, with the address, in both themes and on a phone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

TITLE = "What would equal treatment cost?"
WARNING = "Thresholds by group can be unlawful"


def test_a_goal_is_chosen_by_the_keyboard_and_stands_in_the_address(screen):
    page = screen.open("threshold-studio?data=lending&studio_by=sex", title=TITLE)
    screen.settle()
    expect(page.get_by_text(WARNING)).to_be_visible()

    screen.choose("Goal", "Equalized odds: false rejections and false acceptances")
    page.get_by_role("spinbutton", name="Gap allowed (points)").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("studio_within=0"))
    expect(page).to_have_url(re.compile("studio_goal=Equalized"))
    expect(page.get_by_text("Lots are drawn")).to_be_visible(timeout=60_000)

    page.reload()
    expect(page.get_by_text("Lots are drawn")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("spinbutton", name="Gap allowed (points)")).to_have_value("0")

    screen.choose("Goal", "One threshold for everyone")
    expect(page.get_by_text(WARNING)).to_have_count(0, timeout=60_000)


def test_thresholds_are_downloaded_with_every_group_and_everyone_else(screen):
    page = screen.open("threshold-studio?data=lending&studio_by=sex", title=TITLE)
    screen.settle()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download thresholds as CSV").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()

    assert lines[0] == "sex,at_or_above,chance_of_positive"
    assert {line.split(",")[0] for line in lines[1:]} == {"female", "male", "(everyone else)"}


def test_a_model_is_trained_and_the_page_reads_well_everywhere(screen):
    page = screen.open("threshold-studio?data=lending&studio_by=sex", title=TITLE)
    screen.settle()
    page.get_by_role("button", name="Train the model").click()
    # Age, region and ethnicity hardly tell who repays.
    expect(page.get_by_text("It answers everybody alike")).to_be_visible(timeout=120_000)
    screen.settle()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(1000)  # tables and the chart draw themselves after the page stands still
        screen.shoot(f"threshold-studio-{theme}")
        assert screen.find_faults() == []

    screen.use_phone()
    page.wait_for_timeout(1000)
    screen.shoot("threshold-studio-phone")
    assert not screen.scrolls_sideways()
