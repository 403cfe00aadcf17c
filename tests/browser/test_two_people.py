"""What one person drops, no other finds by looking, guessing or altering an address; deleted is deleted."""

from __future__ import annotations

import string
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screen

EMPTY = "There is no data under this address"
SECRET = "Marguerite-Zephyr"  # stands in the file and nowhere else


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "patients.csv"
    lines = [f"{SECRET}-{i},{'ab'[i % 2]},{i % 3 == 0:d},{i % 4 == 0:d}" for i in range(100)]
    lines.append(f"{tmp_path.name},a,1,1")  # no other test drops these bytes
    path.write_text("\n".join(["id,ward,label,prediction", *lines]) + "\n")
    return path


def _id_in(address: str) -> str:
    return parse_qs(urlsplit(address).query)["data"][0]


def _copies(folder: Path, file: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.read_bytes() == file.read_bytes()]


def _expect_nothing(screen: Screen, path: str) -> None:
    screen.open(path)
    expect(screen.page.get_by_text(EMPTY)).to_be_visible()
    assert SECRET not in screen.page.content()
    assert "patients.csv" not in screen.page.content()


def test_neither_finds_the_others_file(another: Callable[[], Screen], file: Path, tmp_path: Path):
    mine, theirs = another(), another()
    other_file = tmp_path / "loans.csv"
    other_file.write_text(file.read_text().replace(SECRET, "Other").replace("ward", "branch"))
    first, second = mine.drop(file), theirs.drop(other_file)

    assert _id_in(first) != _id_in(second)
    for page in ("Overview", "Slices", "Rows"):
        theirs.go(page)
        assert "patients.csv" not in theirs.page.content()
        assert SECRET not in theirs.page.content()
    mine.go("Rows")
    assert any(SECRET in row["id"] for row in mine.rows_of("The rows"))
    assert "loans.csv" not in mine.page.content()
    # The same bytes dropped by another are another upload: deleting one leaves the other.
    assert _id_in(theirs.drop(file)) != _id_in(first)


def test_altered_and_guessed_addresses_lead_to_nothing(another: Callable[[], Screen], file: Path):
    mine, guesser = another(), another()
    found = _id_in(mine.drop(file))
    last = next(sign for sign in string.ascii_letters if sign != found[-1])
    guesses = [found[:-1] + last, found[:-1], found + "A", found.swapcase(), f"./{found}", f"../uploads/{found}", "*"]

    for guess in guesses:
        _expect_nothing(guesser, f"rows?data={quote(guess, safe='')}")


def test_delete_my_data_leaves_nothing_for_anyone(another: Callable[[], Screen], file: Path, uploads: Path):
    mine, other = another(), another()
    address = mine.drop(file)
    assert _copies(uploads, file)
    other.page.goto(address)
    other.settle()
    other.go("Rows")
    there = other.page.url

    mine.page.get_by_role("button", name="Delete my data").click()
    mine.page.get_by_role("button", name="Delete now").click()
    expect(mine.page.get_by_role("heading", name="lending.csv")).to_be_visible()

    assert not (uploads / _id_in(address)).exists()
    assert _copies(uploads, file) == []
    other.choose("Outcome", "All rows")  # the tab that is still open asks for something
    other.go("Slices")
    expect(other.page.get_by_text(EMPTY)).to_be_visible()
    _expect_nothing(other, there.removeprefix(f"{other.base_url}/"))
    _expect_nothing(another(), f"?data={_id_in(address)}")


def test_a_download_address_of_one_person_is_nothing_to_remember(another: Callable[[], Screen], file: Path):
    """Media that Streamlit hands out for a session are under their digest: no name or number leads to them."""
    mine, guesser = another(), another()
    mine.drop(file)
    for path in ("media/", "media/1.csv", "media/patients.csv", "_stcore/upload_file/1/1"):
        answer = guesser.page.request.get(f"{guesser.base_url}/{path}")
        assert SECRET not in answer.text()
