"""What only a browser can show of feature usage and the editor of slices: fit, contrast, counting while typing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

TEAMS = "feature-usage?bounty=sample"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_fault_in_teams_and_features(screen, theme):
    if theme == "dark":
        screen.use_dark()
    screen.open(TEAMS, title="Which features did the teams look at?")
    expect(screen.page.locator(".heatmaplayer").first).to_be_visible()

    screen.shoot(f"feature-usage-teams-{theme}")
    assert screen.find_faults() == []


def test_a_phone_shows_teams_and_features_without_scrolling_sideways(screen):
    screen.use_phone()
    screen.open(TEAMS, title="Which features did the teams look at?")
    expect(screen.page.locator(".heatmaplayer").first).to_be_visible()

    screen.shoot("feature-usage-teams-phone")
    assert not screen.scrolls_sideways()


def test_a_condition_is_counted_while_it_is_typed(screen):
    page = screen.open("slices?data=lending&slices_editor=true")
    field = page.get_by_role("textbox", name="Rows where", exact=True)

    field.press_sequentially("sex = female and reg")  # no Enter, and the field keeps the cursor
    expect(page.get_by_test_id("stAlert")).to_contain_text("a comparison after 'reg'")
    field.press_sequentially("ion = south")

    expect(page.get_by_text("It holds for 360 of 5,000 rows")).to_be_visible()
    expect(field).to_be_focused()
    screen.shoot("slice-editor")
    assert screen.find_faults() == []
