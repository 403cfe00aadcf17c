"""What cannot be read is refused by its cause, on screen, and nothing is lost by it."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screen

GOOD = "id,sex,label,prediction\n" + "".join(f"r{i},{'fm'[i % 2]},{i % 3 % 2},{i % 4 % 2}\n" for i in range(60))
BAD = {
    "empty": (b"", "empty"),
    "header only": (b"id,sex,label,prediction\n", "row"),
    "pickle": (pickle.dumps({"label": [1, 2], "text": "x" * 50}), "pickle"),
    "ragged": (GOOD.encode().replace(b"r7,m,1,1\n", b"r7,m,1,1,9,9\n"), "line 9"),
    "too many columns": ((",".join(f"c{i}" for i in range(2_001)) + "\n" + "1," * 2_000 + "1\n").encode(), "2,000"),
}


@pytest.mark.parametrize("kind", BAD)
def test_the_message_names_the_cause(reader: Screen, tmp_path: Path, kind: str):
    content, cause = BAD[kind]
    file = tmp_path / "mine.csv"
    file.write_bytes(content)

    reader.drop(file)

    main = reader.page.get_by_test_id("stMain")
    expect(main).to_contain_text(re.compile(cause, re.IGNORECASE))
    expect(main).to_contain_text("nothing is lost")
    assert "Traceback" not in main.inner_text()


def test_other_pages_say_it_too_and_lead_back(reader: Screen, tmp_path: Path):
    file = tmp_path / "mine.csv"
    file.write_bytes(b"id,sex,label,prediction\n")
    reader.drop(file)

    reader.go("Overview")

    page = reader.page
    expect(page.get_by_test_id("stMain")).to_contain_text("nothing is lost")
    page.get_by_role("link", name="Mend it on the Data page").click()
    expect(page.get_by_role("heading", name="mine.csv")).to_be_visible()


def test_a_bad_file_after_a_good_one_leaves_the_good_one_where_it_was(
    reader: Screen, another: Callable[[], Screen], tmp_path: Path
):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(GOOD)
    bad.write_bytes(b"")
    address = reader.drop(good)

    other = another()
    other.drop(bad)
    other.page.goto(address)

    expect(other.page.get_by_role("heading", name="good.csv")).to_be_visible()
