"""Months in a real browser: the next file is added with one upload, and F5 and a second tab show the same."""

from __future__ import annotations

import re

import pandas as pd
from playwright.sync_api import expect

from tests.paths import SAMPLES

TITLE = "How has each group fared over time?"


def _write_months(folder):
    loans = pd.read_csv(SAMPLES / "loans_by_month.csv", dtype=str)
    files = {}
    for month, rows in loans.groupby(loans["decided_on"].str[:7]):
        files[month] = folder / f"loans_{month}.csv"
        rows.drop(columns="decided_on").to_csv(files[month], index=False)
    return files


def test_the_next_months_file_is_added_with_one_upload(screen, another, tmp_path):
    files = _write_months(tmp_path)
    schema = tmp_path / "schema.toml"
    schema.write_text((SAMPLES / "loans_by_month.toml").read_text())
    screen.drop(files["2025-12"], schema, title=re.compile("loans_2025-12"))
    screen.go("Over time")
    page = screen.page
    expect(page.get_by_text("There is one set so far")).to_be_visible()

    for number, month in enumerate(("2026-02", "2026-03"), 2):
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files[month])
        expect(page.get_by_role("textbox", name=f"Name of set {number}")).to_have_value(month)
        screen.settle()

    said = page.get_by_text(re.compile(r"^The gap of sex = female to everyone else .* first clearly left 5 points"))
    expect(said).to_be_visible()
    text = said.inner_text()
    assert "2026-02" in text
    assert screen.find_faults() == []

    page.reload()
    expect(said).to_have_text(text)
    other = another()
    other.page.goto(page.url)
    expect(other.page.get_by_text(text)).to_be_visible()

    page.get_by_role("textbox", name="Name of set 3").fill("March")
    page.keyboard.press("Enter")
    screen.settle()
    page.reload()
    expect(page.get_by_role("textbox", name="Name of set 3")).to_have_value("March")
    screen.settle()

    page.get_by_role("button", name="Remove set 3").click()
    expect(page.get_by_role("textbox", name="Name of set 3")).to_have_count(0)
    screen.settle()
    assert page.url.count(",") == 0
    expect(page.get_by_role("heading", name=TITLE, level=1)).to_be_visible()
