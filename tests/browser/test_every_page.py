"""What holds on every page: it can be read by everyone, it fits a phone, and it is never empty without a way on."""

from __future__ import annotations

import ast

import pytest
from playwright.sync_api import expect

from tests.paths import ROOT
from tests.sources import tree_of


def _list_pages() -> tuple[str, ...]:
    """The addresses of the pages that the app lists: a new page is held to all of this from its first day."""
    tree = tree_of(ROOT / "dashboard" / "app.py")
    (listed,) = [n.value for n in tree.body if isinstance(n, ast.AnnAssign) and ast.unparse(n.target) == "PAGES"]
    titles = [ast.literal_eval(page.elts[1]) for page in listed.elts]  # type: ignore[union-attr]
    return tuple("" if title == "Overview" else title.lower().replace(" ", "-") for title in titles)


PAGES = _list_pages()
NAMES = tuple(page or "overview" for page in PAGES)
# A page is shown only for data that can feed it.
SAMPLE_OF = {
    "alignments": "call_centre",
    "wording": "call_centre",
    "last-mile": "call_centre",
    "over-time": "loans_by_month",
}
TITLE_OF = {"lending": "lending", "call_centre": "call centre", "loans_by_month": "loans by month"}


BOUNTY_PAGES = ("bounty", "leaderboard", "submit")


def _sample(path: str) -> str:
    return SAMPLE_OF.get(path, "lending")


def _address(path: str) -> str:
    beside = {"last-mile": "&customer=ward"} | dict.fromkeys(BOUNTY_PAGES, "&bounty=sample")
    return f"{path}?data={_sample(path)}{beside.get(path, '')}"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_axe_finds_no_fault(screen, path, theme):
    if theme == "dark":
        screen.use_dark()
    screen.open(_address(path))
    screen.page.wait_for_timeout(1000)  # charts draw themselves after the page stands still

    screen.shoot(f"{path or 'overview'}-{theme}")
    assert screen.find_faults() == []


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_a_phone_shows_it_without_scrolling_sideways(screen, path):
    screen.use_phone()
    screen.open(_address(path))
    screen.page.wait_for_timeout(1000)

    screen.shoot(f"{path or 'overview'}-phone")
    assert not screen.scrolls_sideways()


NEVER_EMPTY = ("data", "metrics", "published", *BOUNTY_PAGES)


@pytest.mark.parametrize("path", [path for path in PAGES if path not in NEVER_EMPTY])
def test_without_data_it_offers_an_example_that_opens_there(screen, path):
    screen.open(f"{path}?data={'A' * 32}")
    expect(screen.page.get_by_role("link", name="Use your own file")).to_be_visible()

    screen.page.get_by_role("button", name=f"Try the {TITLE_OF[_sample(path)]} example").click()

    expect(screen.page.get_by_test_id("stSidebar")).to_contain_text(f"{_sample(path)}.csv")
    screen.settle()
    assert f"data={_sample(path)}" in screen.page.url
