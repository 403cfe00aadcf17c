"""A browser that is behind: the server has drawn other data already, and what it drew is still on its way."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Screen


class _Line:
    """The line to the dashboard, which holds back what the server says from a message with these words on."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._held: list[str | bytes] = []
        self._words = b""
        self._holds = False
        page.route_web_socket(lambda address: "/_stcore/stream" in address, self._open)

    def _open(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()
        browser.on_message(server.send)
        server.on_message(self._hear)
        self._browser = browser

    def _hear(self, message: str | bytes) -> None:
        if self._holds:
            self._held.append(message)
            return
        self._browser.send(message)
        self._holds = bool(self._words) and isinstance(message, bytes) and self._words in message

    def hold_after(self, words: str) -> None:
        self._words = words.encode()

    def wait(self) -> None:
        """Wait until the server has said all it has to say."""
        heard = 0
        while not self._held or heard < len(self._held):
            heard = len(self._held)
            self._page.wait_for_timeout(2000)

    def release(self) -> None:
        self._holds, self._words = False, b""
        for message in self._held:
            self._browser.send(message)


def test_a_filter_typed_before_the_new_data_have_arrived_is_of_these_and_brings_none_back(
    screen: Screen, uploads: Path
):
    line = _Line(screen.page)
    page = screen.open("data?data=lending", title="What is in your file?")
    before = {folder.name for folder in uploads.glob("*")}
    line.hold_after("data=screening")
    page.get_by_role("button", name="Open screening").click()
    line.wait()
    expect(page.get_by_role("heading", name="lending.csv")).to_be_visible()

    page.get_by_test_id("stSidebar").get_by_role("textbox", name="Only rows where").fill("sex = female")
    page.keyboard.press("Enter")
    page.wait_for_timeout(1000)  # the server has heard it
    line.release()

    expect(page.get_by_role("heading", name="screening.csv")).to_be_visible()
    expect(page.get_by_test_id("stSidebar").get_by_text("of 3,931 rows")).to_be_visible()
    screen.settle()
    assert {folder.name for folder in uploads.glob("*")} == before


def test_the_filter_of_the_data_before_is_gone_at_the_side_as_on_the_page(screen: Screen):
    page = screen.open("data?data=lending", title="What is in your file?")
    side = page.get_by_test_id("stSidebar")
    side.get_by_role("textbox", name="Only rows where").fill("sex = female")
    page.keyboard.press("Enter")
    expect(side.get_by_text("of 5,000 rows")).to_be_visible()
    screen.settle()

    page.get_by_role("button", name="Open screening").click()

    expect(page.get_by_text("3,931 rows, 3,931 of them used")).to_be_visible()
    screen.settle()
    expect(side.get_by_text("of 3,931 rows")).to_have_count(0)
    expect(side.get_by_role("textbox", name="Only rows where")).to_have_value("")
