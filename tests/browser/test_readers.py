"""A report that is meant for one person, on a dashboard where people sign in: from link to sign-in to report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screen
from tests.mock_issuer import BOB, run_issuer
from tests.served import free_port, serve

TITLE = "For Bob alone"
NOTHING = "There is no report under this address"


@pytest.fixture
def people(another: Callable[[], Screen], tmp_path: Path) -> Iterator[Callable[..., Screen]]:
    """Each call gives the dashboard in the browser of one more person: as whom a sign-in ends, None: without one."""
    port = free_port()
    (tmp_path / ".streamlit").mkdir()
    settings = {"FAIRNESS_DASHBOARD_SIGN_IN": "upload"}
    with run_issuer() as issuer:
        (tmp_path / ".streamlit" / "secrets.toml").write_text(issuer.secrets(f"http://127.0.0.1:{port}"))
        with serve(tmp_path, port, environment=settings) as address:

            def arrive(at: str, user: dict[str, object] | None = None) -> Screen:
                screen = Screen(another().page, address)
                screen.open(at.removeprefix(address + "/"))
                if user is not None:
                    issuer.user = user
                    screen.page.get_by_test_id("stSidebar").get_by_role("button", name="Sign in").click()
                    expect(screen.page.get_by_role("button", name="Sign out")).to_be_visible()
                    screen.settle()
                return screen

            yield arrive


def test_a_report_for_one_person_is_read_by_its_owner_and_that_person(people):
    ann = people(
        "publish?data=lending&publish_attributes=sex&publish_order=each+alone",
        {"sub": "1", "email": "Ann@Example.org", "email_verified": True},
    )
    link = _publish_for(ann, "Bob@Example.org")

    ann.page.goto(link)
    expect(ann.page.get_by_role("heading", name=TITLE, level=1)).to_be_visible()
    bob = people(link, BOB)  # Bob follows the link first, and signs in there
    expect(bob.page.get_by_role("heading", name=TITLE, level=1)).to_be_visible()
    for user in (None, BOB | {"email": "bob@example.org.evil.example"}, BOB | {"email_verified": False}):
        stranger = people(link, user)
        expect(stranger.page.get_by_text(NOTHING)).to_be_visible()
        assert TITLE not in stranger.page.content()


def _publish_for(screen: Screen, reader: str) -> str:
    """Publish what is on screen for one reader, and return the link."""
    page = screen.page
    expect(page.get_by_role("heading", name="What will you share?", level=1)).to_be_visible()
    page.get_by_role("textbox", name="Title", exact=True).fill(TITLE)
    page.keyboard.press("Tab")
    screen.settle()
    page.get_by_text("These people, signed in").click()
    screen.settle()
    page.get_by_role("textbox", name="Their e-mail addresses").fill(reader)
    page.keyboard.press("Tab")
    screen.settle()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("It is published")).to_be_visible()
    screen.settle()
    return page.locator(".st-key-publish_done code").all_text_contents()[0].strip()
