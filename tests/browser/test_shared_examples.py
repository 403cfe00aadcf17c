"""Transcripts go along: the owner ticks it, looks at all of them, publishes; a reader sees the same, group by group."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Screen, watch

ADDRESS = "publish?data=call_centre&publish_attributes=noise&publish_attributes=gender&publish_order=1"
TITLE = "Calls of May"


def _examples(page: Page) -> list[str]:
    """What is drawn of the transcripts, from top to bottom."""
    return [" ".join(text.split()) for text in page.locator("div.al:has(h4)").all_inner_texts()]


def _tick(screen: Screen) -> Page:
    page = screen.open(ADDRESS, title="What will you share?")
    page.get_by_role("textbox", name="Title", exact=True).fill(TITLE)
    page.keyboard.press("Tab")
    screen.settle()
    page.get_by_text("Share examples of transcripts").click()
    screen.settle()
    return page


@pytest.fixture(scope="module")
def published(browser: Browser, base_url: str) -> tuple[str, list[str]]:
    """The reader's link, and the transcripts as the owner saw them."""
    context = browser.new_context()
    with watch(context):
        screen = Screen(context.new_page(), base_url)
        page = _tick(screen)
        screen.shoot("examples-not-looked-at")
        assert page.get_by_role("button", name="Publish", exact=True).is_disabled()
        assert _examples(page) == []
        page.get_by_role("button", name="Look at all 10").click()
        expect(page.locator("div.al:has(h4)")).to_have_count(10)
        screen.settle()
        shown = _examples(page)
        page.get_by_role("button", name="Publish", exact=True).click()
        expect(page.get_by_text("It is published")).to_be_visible()
        screen.settle()
        link = page.locator(".st-key-publish_done code").first.text_content() or ""
    context.close()
    return link.strip(), shown


def test_a_reader_sees_exactly_what_the_owner_saw_and_those_of_a_group(
    published: tuple[str, list[str]], another: Callable[[], Screen]
):
    reader = another()
    reader.page.goto(published[0])
    expect(reader.page.get_by_role("heading", name=TITLE, level=1)).to_be_visible()
    reader.settle()

    expect(reader.page.get_by_role("heading", name="Examples")).to_be_visible()
    assert _examples(reader.page) == published[1]
    reader.choose("Look into", "noise = street")
    expect(reader.page.get_by_text("of noise = street.")).to_be_visible()
    reader.settle()
    assert _examples(reader.page) == [text for text in published[1] if "noise = street" in text]
    assert "published_cell=noise" in reader.page.url


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_examples_are_readable_before_and_after_they_are_published(
    published: tuple[str, list[str]], screen: Screen, theme: str
):
    if theme == "dark":
        screen.use_dark()
    page = _tick(screen)
    page.get_by_role("button", name="Look at all 10").click()
    expect(page.locator("div.al:has(h4)")).to_have_count(10)
    screen.settle()
    screen.shoot(f"examples-before-{theme}")
    assert screen.find_faults() == []

    page.goto(published[0])
    expect(page.get_by_role("heading", name="Examples")).to_be_visible()
    screen.settle()
    screen.shoot(f"examples-{theme}")
    assert screen.find_faults() == []


def test_a_phone_shows_examples_without_scrolling_sideways(published: tuple[str, list[str]], screen: Screen):
    screen.use_phone()
    page = _tick(screen)
    page.get_by_role("button", name="Look at all 10").click()
    expect(page.locator("div.al:has(h4)")).to_have_count(10)
    screen.settle()
    screen.shoot("examples-before-phone")
    assert not screen.scrolls_sideways()

    page.goto(published[0])
    expect(page.get_by_role("heading", name="Examples")).to_be_visible()
    screen.settle()
    screen.shoot("examples-phone")
    assert not screen.scrolls_sideways()
