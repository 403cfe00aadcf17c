"""The last mile in a real browser: two files from drop to verdicts, a level matched by keyboard, a second tab."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screen
from tests.dashboard.pages import HOSTILE

TITLE = "Does the model treat your groups like the reference's?"
HERE = ("Indian English", HOSTILE[0])
THERE = ("en-IN", HOSTILE[3])


def write(path: Path, levels: tuple[str, str], missed: int) -> Path:
    """A file of 600 loans; of the first accent one of every `missed` good ones is refused, of the other a tenth."""
    path.parent.mkdir(exist_ok=True)
    pd.DataFrame(
        {
            "accent": [levels[i % 2] for i in range(600)],
            "sex": [("female", "male")[i // 2 % 2] for i in range(600)],
            "label": [int(i % 6 != 0) for i in range(600)],
            "prediction": [int(i // 2 % (10 if i % 2 else missed) != 0) for i in range(600)],
        }
    ).to_csv(path, index=False)
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A reference and a customer's file, in which the first accent is refused twice as often."""
    return write(tmp_path / "r" / "reference.csv", HERE, 5), write(tmp_path / "c" / "ward_of_ours.csv", THERE, 2)


def test_two_files_are_compared_from_the_drop_to_the_verdicts(screen, another, files, tmp_path):
    screen.drop(files[0])
    screen.go("Last mile")
    page = screen.page
    expect(page.get_by_text("Here you will see for every group how it fares")).to_be_visible()
    assert screen.find_faults() == []
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files[1])
    expect(page.get_by_text("ward_of_ours.csv", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"customer=[A-Za-z0-9_-]{32}"))
    screen.settle()

    # Nothing is matched before somebody says so: the two names of one accent are two groups.
    slices = [row["slice"] for row in screen.rows_of(TABLE)]
    assert "accent = Indian English" in slices and "accent = en-IN" in slices
    screen.choose(r"accent: en\-IN (300 rows)", "Indian English")
    expect(page).to_have_url(re.compile("match="))
    expect(page.get_by_text(re.compile("Worse here: .*accent = Indian English"))).to_be_visible()
    verdicts = told(screen)
    assert verdicts["accent = Indian English"] == "worse here"
    assert "accent = en-IN" not in verdicts
    expect(page.get_by_test_id("stPlotlyChart").get_by_text("worse here, +").first).to_be_visible()

    with page.expect_download() as found:
        page.get_by_role("button", name="Download the match").click()
    found.value.save_as(tmp_path / "match.toml")
    match = tomllib.loads((tmp_path / "match.toml").read_text(encoding="utf-8"))
    assert match == {"levels": {"accent": {"Indian English": ["en-IN"]}}}

    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(1000)  # tables and the chart draw themselves after the page stands still
        screen.shoot(f"last-mile-{theme}")
        assert screen.find_faults() == []

    page.reload()
    screen.settle()
    assert told(screen) == verdicts
    second = another()
    second.page.goto(page.url)
    second.settle()
    assert told(second) == verdicts


TABLE = re.compile("of every group in both sets$")


def told(screen: Screen) -> dict[str, str]:
    """The verdict of every group, as the table has it."""
    expect(screen.page.get_by_role("region", name=TABLE)).to_be_visible()
    return {row["slice"]: row["verdict"] for row in screen.rows_of(TABLE)}


def test_the_two_change_places_and_what_is_deleted_is_gone(screen, another, files):
    screen.drop(files[0])
    screen.go("Last mile")
    page = screen.page
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files[1])
    expect(page.get_by_role("button", name="Change places")).to_be_visible()
    screen.settle()
    page.get_by_role("button", name="Change places").click()
    expect(page.get_by_test_id("stSidebar")).to_contain_text("ward_of_ours.csv")
    screen.settle()
    expect(page.get_by_text("cannot be compared yet")).to_have_count(0)

    address = page.url
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete now").click()
    expect(page.get_by_text("Here you will see for every group how it fares")).to_be_visible()
    reader = another()
    reader.page.goto(address)
    expect(reader.page.get_by_text("There is no second set under this address")).to_be_visible()
    expect(reader.page.get_by_test_id("stSidebar")).to_contain_text("ward_of_ours.csv")


def test_every_part_of_the_example_can_be_read_by_everyone_and_fits_a_phone(screen):
    screen.open("last-mile?data=call_centre", title=TITLE)
    page = screen.page
    page.get_by_role("button", name="Try the example: call centre and hospital ward").click()
    expect(page).to_have_url(re.compile("customer=ward"))
    screen.settle()
    for tab in ("Gaps", "Mix or model", "Mix itself", "Coverage", "Map of changes"):
        page.get_by_role("tab", name=tab).click()
        drawn = "stDataFrame" if tab == "Coverage" else "stPlotlyChart"  # what is covered is a list
        expect(page.get_by_role("tabpanel").get_by_test_id(drawn).first).to_be_visible()
        screen.settle()
        page.wait_for_timeout(1000)
        screen.shoot(f"last-mile-{tab.lower().replace(' ', '-')}")
        assert screen.find_faults() == []
    screen.use_phone()
    for tab in ("Groups", "Mix or model", "Mix itself"):
        page.get_by_role("tab", name=tab, exact=True).click()
        screen.settle()
        page.wait_for_timeout(1000)
        screen.shoot(f"last-mile-{tab.lower().replace(' ', '-')}-phone")
        assert not screen.scrolls_sideways()
