"""ProPublica's published table of COMPAS, cell for cell on screen, from the file as it was published."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screen
from tests.paths import SHARED, needs_shared

pytestmark = needs_shared

FOLDER = SHARED / "data" / "tabular" / "compas"
FILE = FOLDER / "compas-scores-two-years.csv"
# Titles of the published rates, and the counts above and below the line of which each is made.
RATES = {
    "False positive rate": ("fpr_percent", "fp", ("fp", "tn")),
    "False negative rate": ("fnr_percent", "fn", ("fn", "tp")),
    "Positive predictive value": ("ppv", "tp", ("tp", "fp")),
    "Negative predictive value": ("npv", "tn", ("tn", "fn")),
    "True positive rate": ("sensitivity", "tp", ("tp", "fn")),
    "True negative rate": ("specificity", "tn", ("tn", "fp")),
    "Base rate": ("prevalence", "tp+fn", ("tp", "fp", "tn", "fn")),
}
GROUPS = {"All defendants": "everyone"}


def _name_label(screen: Screen) -> None:
    """Answer which of the columns that may be the truth is it."""
    asked = screen.page.get_by_role("radiogroup", name="Answer")
    asked.get_by_text("two_year_recid", exact=True).click()
    screen.settle()
    expect(screen.page.get_by_text("the label was not found")).to_have_count(0)


def _cut_at(screen: Screen, threshold: int) -> None:
    box = screen.page.get_by_role("spinbutton", name="Threshold")
    box.fill(str(threshold))
    box.press("Enter")
    screen.settle()
    expect(screen.page.get_by_role("spinbutton", name="Threshold")).to_have_value(str(threshold))


def _read_table(screen: Screen, table: str) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    """Return what the screen shows and what was published: (group, metric) -> "44.8 % = 805 of 1,795"."""
    published = json.loads((FOLDER / "propublica_headline.json").read_text(encoding="utf-8"))[table]
    shown, expected = {}, {}
    for title, (name, top, below) in RATES.items():
        screen.choose("Metric", title)
        rows = {row["slice"]: row for row in screen.rows_of(f"{title} of every group")}
        for group, cells in published.items():
            over, under = sum(cells[c] for c in top.split("+")), sum(cells[c] for c in below)
            row = rows[GROUPS.get(group, group)]
            shown[group, title] = f"{row['value']} = {row['counts']}"
            expected[group, title] = f"{100 * over / under:.1f} % = {over:,} of {under:,}"
            if name in cells:
                percent = cells[name] if name.endswith("percent") else 100 * cells[name]
                assert abs(percent - float(row["value"].rstrip(" %"))) <= (0.06 if name.endswith("percent") else 0.56)
    return shown, expected


@pytest.fixture
def compas(another: Callable[[], Screen]) -> Screen:
    screen = another()
    screen.drop(FILE)
    return screen


def test_the_table_is_on_screen_cell_for_cell(compas: Screen):
    page = compas.page
    expect(page.get_by_test_id("stMain")).to_contain_text("7,214 rows, 7,214 of them used")
    _name_label(compas)
    _cut_at(compas, 5)
    page.get_by_role("button", name="Measure").click()
    compas.settle()
    compas.go("Slices")
    compas.choose("Groups by", "race")
    page.keyboard.press("Escape")  # its list stays open for more, and all else is hidden meanwhile

    shown, expected = _read_table(compas, "medium_or_high")

    assert shown == expected
    compas.go("Data")  # the same people, judged by another line: high alone
    _cut_at(compas, 8)
    compas.go("Slices")
    shown, expected = _read_table(compas, "high_only")
    assert shown == expected
