"""The Alignments page in a browser: a slice and an error are chosen, errors gone through by keys alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

TITLE = "What did it hear instead?"


def _names(page):
    """What the utterances of the list are called, from top to bottom."""
    return page.get_by_role("heading", level=4).all_text_contents()


def test_errors_of_a_slice_are_gone_through_by_keys(screen):
    page = screen.open("alignments?data=call_centre", title=TITLE)
    screen.choose("accent", "Scottish")
    screen.choose("Error", "Words left out")
    expect(page.get_by_text(re.compile("^1 to 10 of "))).to_be_visible()
    first = _names(page)

    page.get_by_role("heading", name=TITLE).click()  # keys go to the page, not to a box
    page.keyboard.press("Alt+n")
    expect(page.get_by_text(re.compile("^11 to 20 of "))).to_be_visible()
    screen.settle()
    second = _names(page)
    page.keyboard.press("Alt+p")
    expect(page.get_by_text(re.compile("^1 to 10 of "))).to_be_visible()
    screen.settle()

    assert not set(first[:10]) & set(second[:10])
    assert _names(page) == first
    following = page.get_by_role("button", name="Next errors")
    following.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("^11 to 20 of "))).to_be_visible()
    assert "cell=accent+%3D+Scottish" in page.url
    assert "alignments_error=Words+left+out" in page.url


def test_an_address_shows_the_same_errors_again(screen):
    page = screen.open(
        "alignments?data=call_centre&cell=accent+%3D+Scottish&alignments_error=Words+put+in+(insertions)"
    )
    page.get_by_role("button", name="Next errors").click()
    expect(page.get_by_text(re.compile("^11 to 20 of "))).to_be_visible()
    screen.settle()
    before = _names(page)

    page.reload()
    expect(page.get_by_text(re.compile("^11 to 20 of "))).to_be_visible()
    screen.settle()

    assert _names(page) == before
    expect(page.get_by_role("combobox", name="Error", exact=True)).to_have_value("Words put in (insertions)")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_two_models_and_the_texts_as_written_have_no_fault(screen, theme):
    if theme == "dark":
        screen.use_dark()
    page = screen.open("alignments?data=call_centre&system=release+1&alignments_other=release+2")
    page.get_by_text("As written too").click()
    expect(page.get_by_text("Heard, as written by release 2").first).to_be_visible()
    screen.settle()

    screen.shoot(f"alignments-two-{theme}")
    assert screen.find_faults() == []
