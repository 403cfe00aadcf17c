"""The browser tests drive the browser that is there; without one they skip, or fail where nobody would notice."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.find_browser import find_browser, missing_browser, must_have_browser
from tests.paths import ROOT

# A browser that fetches nothing by itself: the tests fail on any request beyond this machine.
_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_path() -> Path:
    found = find_browser()
    if found is None and must_have_browser():
        pytest.fail(missing_browser())
    if found is None:
        pytest.skip(missing_browser())
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], browser_path: Path) -> dict[str, Any]:
    return browser_type_launch_args | {"executable_path": str(browser_path), "args": list(_QUIET)}


# -- the server ----------------------------------------------------------------------------------

_LONGEST_START = 60.0  # seconds
expect.set_options(timeout=20_000)  # milliseconds; build servers are slow
_LAUNCH = (
    "import sys; from dashboard.launch import launch; sys.exit(launch(None, None, int(sys.argv[1]), browser=False))"
)


@pytest.fixture(scope="session")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard on the sample data, with a workspace of its own. Started from a strange folder."""
    folder = tmp_path_factory.mktemp("server")
    port = _free_port()
    environment = os.environ | {"FAIRNESS_DASHBOARD_WORKSPACE": str(folder / "uploads"), "PYTHONPATH": str(ROOT)}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, str(port)], cwd=folder, env=environment, stdout=log, stderr=log
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, server, folder / "log")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _LONGEST_START
    while time.monotonic() < end and server.poll() is None:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The dashboard did not start. Its log:\n{log.read_text()}")


# -- what every test holds -----------------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_request_leaves_this_machine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail any test whose pages asked for something beyond loopback."""
    if "context" not in request.fixturenames and "page" not in request.fixturenames:
        yield
        return
    asked: list[str] = []
    context: BrowserContext = request.getfixturevalue("context")
    context.on("request", lambda sent: asked.append(sent.url))
    yield
    assert [url for url in asked if not _is_here(url)] == []


def _is_here(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob", "about") or parts.hostname in ("127.0.0.1", "localhost")


@pytest.fixture
def screen(page: Page, base_url: str) -> Screen:
    """The dashboard in a fresh browser, with helpers to open pages and to look at them."""
    page.set_default_timeout(20_000)
    return Screen(page, base_url)


@dataclass(frozen=True)
class Screen:
    """A browser on the dashboard.

    `open("slices?data=lending")` waits until the page stands still; `find_faults()` gives what axe
    finds against WCAG A and AA; `shoot("slices")` saves a picture if SCREENSHOTS names a folder.
    """

    page: Page
    base_url: str

    def open(self, path: str = "", *, title: str | None = None) -> Page:
        self.page.goto(f"{self.base_url}/{path}")
        if title is not None:
            expect(self.page.get_by_role("heading", name=title, level=1)).to_be_visible()
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until the script has run and what it drew is there, and hold that it raised nothing."""
        app = '[data-testid="stApp"][data-test-script-state="notRunning"][data-test-connection-state="CONNECTED"]'
        self.page.wait_for_timeout(200)  # the state changes a moment after the click
        expect(self.page.locator(app)).to_be_visible()
        expect(self.page.locator('[data-testid="stSkeleton"]')).to_have_count(0)
        expect(self.page.locator('[data-testid="stException"]')).to_have_count(0)

    def use_dark(self) -> None:
        self.page.emulate_media(color_scheme="dark")

    def use_phone(self) -> None:
        self.page.set_viewport_size({"width": 390, "height": 844})

    def find_faults(self) -> list[str]:
        from axe_playwright_python.sync_playwright import Axe

        options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
        found = Axe().run(self.page, options=options).response["violations"]
        return [f"{fault['id']}: {node['html'][:160]}" for fault in found for node in fault["nodes"]]

    def scrolls_sideways(self) -> bool:
        """Whether the page, or the part of it that scrolls, is wider than the window."""
        wider = "e => e.scrollWidth > e.clientWidth + 1"
        main = self.page.get_by_test_id("stMain").evaluate(wider)
        return bool(main or self.page.locator("html").evaluate(wider))

    def shoot(self, name: str) -> None:
        """Save a picture of the whole page, however long (Streamlit scrolls inside), if SCREENSHOTS names a folder."""
        if folder := os.environ.get("SCREENSHOTS"):
            size = self.page.viewport_size or {"width": 1280, "height": 720}
            height = self.page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
            self.page.set_viewport_size({"width": size["width"], "height": max(size["height"], int(height) + 40)})
            self.page.wait_for_timeout(500)
            self.page.screenshot(path=Path(folder) / f"{name}.png")
            self.page.set_viewport_size(size)
