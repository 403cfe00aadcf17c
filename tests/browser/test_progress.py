"""A file that takes a while to read: how far it is, a way to stop it, and to take it up again."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

N_ROWS = 1_500_000
DATA_TITLE = "What is in your file?"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with an id in every row: some seconds of reading."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    draw = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "case": [f"case {n}" for n in range(N_ROWS)],
            "sex": draw.choice(["female", "male"], N_ROWS),
            "label": draw.choice(["yes", "no"], N_ROWS),
            "prediction": draw.choice(["yes", "no"], N_ROWS),
        }
    )
    frame.to_csv(path, index=False)
    return path


def _filter_at_the_side(page: Page) -> Locator:
    """The field for a look at some rows; the Data page has one of the same name, which is kept with the data."""
    return page.get_by_test_id("stSidebar").get_by_role("textbox", name="Only rows where")


def test_a_large_file_says_how_far_it_is_and_can_be_stopped_and_read_again(screen, large):
    page = screen.open("data", title=DATA_TITLE)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(large)
    expect(page.get_by_role("heading", name="large.csv")).to_be_visible()

    expect(page.get_by_role("progressbar")).to_be_visible()
    screen.shoot("progress")
    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_text("Reading the file was stopped. The file is kept; nothing is lost.")).to_be_visible()
    screen.shoot("progress-stopped")
    assert screen.find_faults() == []
    page.get_by_role("button", name="Read it again").click()
    expect(page.get_by_text("1,500,000 rows, 1,500,000 of them used")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_reloading_the_page_goes_on_with_the_same_work(screen, large):
    page = screen.open("data", title=DATA_TITLE)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(large)
    expect(page.get_by_role("heading", name="large.csv")).to_be_visible()
    _filter_at_the_side(page).fill("sex = female")
    page.keyboard.press("Enter")
    expect(page).to_have_url(
        re.compile("where=")
    )  # the work has begun; it may be done before anybody sees how far it is

    page.reload()

    expect(page.get_by_text("of 1,500,000 rows").first).to_be_visible(timeout=60_000)
    assert parse_qs(urlsplit(page.url).query)["where"] == ["sex = female"]


def test_choices_outlive_the_reading(screen, large):
    page = screen.open("data?metric=Accuracy&confidence=90%25", title=DATA_TITLE)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(large)
    expect(page.get_by_text("1,500,000 rows, 1,500,000 of them used")).to_be_visible(timeout=60_000)
    _filter_at_the_side(page).fill("sex = male")
    page.keyboard.press("Enter")

    expect(page.get_by_text("of 1,500,000 rows").first).to_be_visible(timeout=60_000)
    screen.settle()

    expect(page.get_by_role("combobox", name="Metric")).to_have_value("Accuracy")
    asked = parse_qs(urlsplit(page.url).query)
    assert (asked["metric"], asked["confidence"]) == (["Accuracy"], ["90%"])
