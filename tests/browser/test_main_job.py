"""The main job, by mouse and by keyboard: a file in, questions answered, the heat map, a cell of it, its rows."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from metrics import Schema, Slice, compare, count_cells, estimate, read_results, score
from tests.browser.conftest import Screen

CELL = "sex = woman"
METRIC, TITLE = "true_positive_rate", "True positive rate"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Loans: women are judged wrongly twice as often as men. Which word is good, the file does not say."""
    chance = random.Random(7)
    lines = ["applicant,sex,region,outcome,decision"]
    for i in range(600):
        sex, truth = ("woman", "man")[i % 2], "paid" if chance.random() < 0.6 else "late"
        wrong = chance.random() < (0.35 if sex == "woman" else 0.15)
        decision = {"paid": "late", "late": "paid"}[truth] if wrong else truth
        lines.append(f"a{i},{sex},{('north', 'south', 'west')[i % 3]},{truth},{decision}")
    path = tmp_path_factory.mktemp("loans") / "loans.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def address(reader: Screen, file: Path) -> str:
    """The file on screen, its question answered: late is what the model is to find."""
    page = reader.page
    reader.drop(file)
    expect(page.get_by_text("Please confirm")).to_be_visible()
    page.get_by_role("radiogroup", name="Answer").get_by_text("late", exact=True).click()
    reader.settle()
    expect(page.get_by_text("Please confirm")).to_have_count(0)
    page.get_by_role("button", name="Measure").click()
    expect(page.get_by_role("heading", name="Does the model treat everyone alike?")).to_be_visible()
    reader.settle()
    return parse_qs(urlsplit(page.url).query)["data"][0]


def _cell_by_the_core(file: Path) -> dict[str, tuple[str, str]]:
    """What the panel must say of the cell and of everyone else: value and counts."""
    schema = Schema.loads('label = "outcome"\npositive = ["late"]\n[[system]]\nprediction = "decision"\n')
    cubes = count_cells(score(read_results(file, schema, by=["sex"])))
    estimates = {str(row["slice"]): row for row in estimate(cubes, ["sex"], [METRIC]).to_dict("records")}
    gaps = {str(row["slice"]): row for row in compare(cubes, ["sex"], [METRIC]).to_dict("records")}
    said = {}
    for side, name in (("own", CELL), ("else", "sex = man")):  # everyone else are the men
        row = estimates[name]
        said[side] = (f"{100 * row['value']:.1f} %", f"{row['top']:,.0f} of {row['below']:,.0f}")
    gap = gaps[CELL]
    said["gap"] = (f"{100 * gap['value']:+.1f} points", f"[{100 * gap['low']:+.1f}, {100 * gap['high']:+.1f}]")
    return {side: (value.replace("-", "−"), more.replace("-", "−")) for side, (value, more) in said.items()}


def _expect_panel(page: Page, said: dict[str, tuple[str, str]]) -> None:
    main = page.get_by_test_id("stMain")
    numbers = main.get_by_test_id("stMetricValue")
    for place, side in enumerate(("own", "else", "gap")):
        expect(numbers.nth(place)).to_have_text(said[side][0])
        expect(main.get_by_text(said[side][1]).first).to_be_visible()


def _click_cell(page: Page, row: str, column: str) -> None:
    """Click a cell of the heat map, found by the names at its edges."""
    chart = page.locator(".st-key-disparities_figure")
    expect(chart.locator(".ytick text").first).to_be_visible()
    page.wait_for_timeout(500)  # the picture takes clicks a moment after it is drawn
    names = [["".join(text.split()) for text in chart.locator(ticks).all_text_contents()] for ticks in _TICKS]
    down, across = names[0].index("".join(row.split())), names[1].index("".join(column.split()))
    place = chart.locator(".nsewdrag").first
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    x, y = (across + 0.5) * box["width"] / len(names[1]), (down + 0.5) * box["height"] / len(names[0])
    page.mouse.move(box["x"] + x - 3, box["y"] + y)
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.wait_for_timeout(100)
    page.mouse.click(box["x"] + x, box["y"] + y)


_TICKS = (".ytick text", ".xtick text")


def test_a_click_on_the_heat_map_opens_the_cell_with_the_numbers_of_the_core(reader: Screen, file: Path, address: str):
    reader.open(f"disparities?data={address}")

    _click_cell(reader.page, CELL, TITLE)

    _expect_panel(reader.page, _cell_by_the_core(file))
    query = parse_qs(urlsplit(reader.page.url).query)
    assert query["cell"] == [CELL]


def test_the_keyboard_opens_the_same_cell(reader: Screen, file: Path, address: str):
    reader.open(f"disparities?data={address}")

    reader.choose("Look into", CELL)
    reader.choose("Metric of the cell", TITLE)

    _expect_panel(reader.page, _cell_by_the_core(file))


def test_the_rows_behind_a_cell_are_its_rows_and_can_be_taken_away(
    reader: Screen, file: Path, address: str, tmp_path: Path
):
    page = reader.page
    reader.open(f"disparities?data={address}&cell=sex+%3D+woman&metric=True+positive+rate")

    page.get_by_role("button", name="Rows behind this cell").or_(
        page.get_by_role("link", name="Rows behind this cell")
    ).click()
    expect(page.get_by_role("heading", name="Which rows are behind a number?")).to_be_visible()
    reader.settle()
    reader.choose("Outcome", "False negatives")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV", exact=True).click()
    download.value.save_as(tmp_path / "rows.csv")

    rows = list(csv.DictReader(file.read_text().splitlines()))
    missed = [r["applicant"] for r in rows if (r["sex"], r["outcome"], r["decision"]) == ("woman", "late", "paid")]
    taken = csv.DictReader((tmp_path / "rows.csv").read_text().splitlines())
    assert [row["applicant"] for row in taken] == missed
    assert [row["applicant"] for row in reader.rows_of("The rows")][:5] == missed[:5]
    expect(page.get_by_test_id("stMain")).to_contain_text(f"{len(missed)} rows")


def test_the_table_twin_says_what_the_core_says(reader: Screen, file: Path, address: str):
    reader.open(f"slices?data={address}&metric=True+positive+rate&by=sex")

    shown = {row["slice"]: row for row in reader.rows_of(f"{TITLE} of every group")}

    said = _cell_by_the_core(file)
    assert (shown["woman"]["value"], shown["woman"]["counts"]) == said["own"]
    assert (shown["man"]["value"], shown["man"]["counts"]) == said["else"]
    assert set(shown) == {"everyone", "woman", "man"}
    assert Slice.parse(CELL).axes == ("sex",)
