"""A limit changed on an upload is seen by the next session that opens its address, with who changed it and when."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screen

TITLE = "Does the model keep to the rules?"
LOG = "Who changed what of these data, and when"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "decisions.csv"
    lines = [f"{tmp_path.name}-{i},{'fm'[i % 2]},{i % 3 > 0:d},{i % 4 > 0:d}" for i in range(400)]
    path.write_text("\n".join(["id,sex,label,prediction", *lines]) + "\n")
    return path


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.focus()
    page.keyboard.press("Enter")


def _keep_limit(screen: Screen, points: str) -> None:
    field = screen.page.get_by_label("At most (points)")
    expect(field).to_be_visible()
    field.fill(points)
    screen.page.keyboard.press("Enter")
    expect(screen.page.get_by_text(f"at most {points} points either way").last).to_be_visible()
    screen.settle()
    _press(screen.page, "Keep this rule")
    expect(screen.page.get_by_role("button", name="Keep this rule")).to_have_count(0)
    screen.settle()


def _open_log(screen: Screen, upload: str) -> list[dict[str, str]]:
    screen.open(f"data?data={upload}")
    screen.page.get_by_text("What was changed, and when (").click()
    screen.page.wait_for_timeout(600)  # it unfolds
    return screen.rows_of(LOG)


def test_a_limit_changed_on_an_upload_is_there_in_the_next_session_and_in_its_log(
    screen: Screen, another: Callable[[], Screen], base_url: str, file: Path
):
    upload = parse_qs(urlsplit(screen.drop(file)).query)["data"][0]
    screen.go("Policy")
    _press(screen.page, "Write a rule")
    screen.settle()
    _keep_limit(screen, "7")
    _press(screen.page, "Change")
    screen.settle()
    _keep_limit(screen, "3")

    second = Screen(screen.page.context.new_page(), base_url)
    page = second.open(f"policy?data={upload}", title=TITLE)
    expect(page.get_by_text("at most 3 points either way").first).to_be_visible()
    rows = _open_log(second, upload)
    assert [row["what"] for row in rows] == ["changed policy", "changed policy"]
    assert rows[0]["how"].endswith("at most from 7 points to 3 points")
    assert rows[0]["who"] == "whoever had the address"

    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(1000)  # tables draw themselves after the page stands still
        second.shoot(f"log-{theme}")
        assert second.find_faults() == []
    phone = another()
    phone.use_phone()
    assert len(_open_log(phone, upload)) == 2
    phone.shoot("log-phone")
    assert not phone.scrolls_sideways()
