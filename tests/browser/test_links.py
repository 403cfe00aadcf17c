"""An address is the whole view: in a fresh browser, after F5 and in a second tab the same is on screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screen

CHOSEN = {
    "metric": ["Accuracy"],
    "by": ["sex", "region"],
    "baseline": ["sex = man"],
    "cell": ["sex = woman & region = south"],
    "compare": ["Ratio"],
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = ["id,sex,region,label,prediction"]
    for i in range(360):
        wrong = i % 7 == 0 or (i % 2 == 0 and i % 5 == 0)
        label = i % 3 == 0
        region = ("north", "south", "west")[i % 9 // 3]
        lines.append(f"r{i},{('woman', 'man')[i % 2]},{region},{int(label)},{int(label != wrong)}")
    path = tmp_path_factory.mktemp("links") / "links.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def _look(page: Page) -> dict[str, object]:
    """What a person sees of the view: title, data, choices, the numbers of the cell."""
    expect(page.get_by_test_id("stMetricValue")).to_have_count(3)
    boxes = ("Metric", "Compared with", "Look into")
    return {
        "title": page.get_by_role("heading", level=1).inner_text(),
        "data": "links.csv" in page.get_by_test_id("stSidebar").inner_text(),
        "boxes": [page.get_by_role("combobox", name=name, exact=True).input_value() for name in boxes],
        "by": sorted(page.get_by_role("group", name="Selected values").first.inner_text().split()),
        "ratio": page.get_by_role("radio", name="Ratio").is_checked(),
        "numbers": page.get_by_test_id("stMetricValue").all_inner_texts(),
    }


@pytest.fixture(scope="module")
def chosen(reader: Screen, file: Path) -> tuple[str, dict[str, object]]:
    """An address that was made by choosing everything on screen, and what was to be seen there."""
    reader.drop(file)
    reader.go("Disparities")
    reader.choose("Metric", "Accuracy")
    reader.choose("Groups by", "sex")
    reader.page.keyboard.press("Escape")
    reader.choose("Groups by", "region")
    reader.page.keyboard.press("Escape")
    reader.choose("Compared with", "sex = man")
    reader.page.get_by_role("radiogroup", name="Compared by").get_by_text("Ratio").click()
    reader.settle()
    reader.choose("Look into", "sex = woman & region = south")
    return reader.page.url, _look(reader.page)


def test_everything_chosen_stands_in_the_address(chosen: tuple[str, dict[str, object]]):
    address, _ = chosen

    assert urlsplit(address).path == "/disparities"
    query = parse_qs(urlsplit(address).query)
    assert {name: query.get(name) for name in CHOSEN} == CHOSEN


def test_a_fresh_browser_shows_the_same(chosen: tuple[str, dict[str, object]], another: Callable[[], Screen]):
    address, seen = chosen
    other = another()

    other.page.goto(address)
    other.settle()

    assert _look(other.page) == seen


def test_f5_and_a_second_tab_show_the_same(reader: Screen, chosen: tuple[str, dict[str, object]]):
    address, seen = chosen
    reader.page.goto(address)
    reader.settle()

    reader.page.reload()
    reader.settle()
    tab = reader.page.context.new_page()
    tab.goto(address)
    Screen(tab, reader.base_url).settle()

    assert _look(reader.page) == seen
    assert _look(tab) == seen
    tab.close()


def test_pages_keep_what_was_chosen(reader: Screen, chosen: tuple[str, dict[str, object]]):
    address, seen = chosen
    reader.page.goto(address)
    reader.settle()

    reader.go("Overview")
    reader.go("Disparities")

    assert _look(reader.page) == seen


def test_the_overview_answers_by_its_name_too(reader: Screen):
    query = "data=screening&metric=Accuracy&confidence=90%25"

    page = reader.open(f"overview?{query}", title="Does the model treat everyone alike?")

    assert parse_qs(urlsplit(page.url).query) == parse_qs(query)
    assert page.get_by_role("combobox", name="Metric", exact=True).input_value() == "Accuracy"
    reader.go("Overview")
    assert parse_qs(urlsplit(page.url).query) == parse_qs(query)
