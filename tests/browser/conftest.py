"""The browser tests drive the browser that is there; without one they skip, or fail where nobody would notice."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.find_browser import find_browser, missing_browser, must_have_browser
from tests.served import free_port, serve

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
            # On a busy machine a browser may lose a race that no person would. It gets one more try, which the
            # summary names; what fails twice has failed.
            item.add_marker(pytest.mark.flaky(reruns=1))


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

_LONGEST_WAIT = 20_000  # milliseconds: machines may be busy
expect.set_options(timeout=20_000)  # milliseconds; build servers are slow


@pytest.fixture(scope="session")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the dashboard keeps uploads."""
    return tmp_path_factory.mktemp("workspace") / "uploads"


@pytest.fixture(scope="session")
def base_url(tmp_path_factory: pytest.TempPathFactory, uploads: Path) -> Iterator[str]:
    """The address of a dashboard on the sample data, with a workspace of its own. Started from a strange folder."""
    kept = {"FAIRNESS_DASHBOARD_WORKSPACE": str(uploads)}
    with serve(tmp_path_factory.mktemp("server"), free_port(), environment=kept) as address:
        yield address


# -- what every test holds -----------------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_request_leaves_this_machine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail any test whose pages asked for something beyond loopback."""
    if "context" not in request.fixturenames and "page" not in request.fixturenames:
        yield
        return
    with watch(request.getfixturevalue("context")):
        yield


@contextmanager
def watch(context: BrowserContext) -> Iterator[None]:
    asked: list[str] = []
    context.on("request", lambda sent: asked.append(sent.url))
    yield
    assert [url for url in asked if not _is_here(url)] == []


def _is_here(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob", "about", "file") or parts.hostname in ("127.0.0.1", "localhost")


@pytest.fixture
def screen(page: Page, base_url: str) -> Screen:
    """The dashboard in a fresh browser, with helpers to open pages and to look at them."""
    return _look(page, base_url)


@pytest.fixture(scope="module")
def reader(browser: Browser, base_url: str) -> Iterator[Screen]:
    """One browser for all the tests of a file, where they only read: what it has fetched it need not fetch again."""
    context = browser.new_context()
    with watch(context):
        yield _look(context.new_page(), base_url)
        context.close()


@pytest.fixture
def another(browser: Browser, base_url: str) -> Iterator[Callable[[], Screen]]:
    """Each call gives the dashboard in the browser of one more person, who shares nothing with the others."""
    contexts: list[BrowserContext] = []
    watches = ExitStack()

    def arrive() -> Screen:
        contexts.append(browser.new_context())
        watches.enter_context(watch(contexts[-1]))
        return _look(contexts[-1].new_page(), base_url)

    with watches:
        yield arrive
        for context in contexts:
            context.close()


def _look(page: Page, base_url: str) -> Screen:
    expect.set_options(timeout=_LONGEST_WAIT)
    page.set_default_timeout(_LONGEST_WAIT)
    return Screen(page, base_url)


@dataclass(frozen=True)
class Screen:
    """A browser on the dashboard.

    `open("slices?data=lending")` waits until the page stands still; `drop(file)` uploads; `rows_of(name)` reads
    a table off its canvas; `find_faults()` gives what axe finds against WCAG A and AA; `shoot("slices")` saves
    a picture if SCREENSHOTS names a folder.
    """

    page: Page
    base_url: str

    def open(self, path: str = "", *, title: str | None = None) -> Page:
        self.page.goto(f"{self.base_url}/{path}")
        if title is not None:
            expect(self.page.get_by_role("heading", name=title, level=1)).to_be_visible()
        self.settle()
        return self.page

    def drop(self, *files: Path, title: str | re.Pattern[str] | None = None) -> str:
        """Drop files on the Data page, wait until they are there, and return the address they have."""
        self.open("data")
        self.page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files)
        expect(self.page.get_by_role("heading", name=title or files[0].name, exact=True)).to_be_visible()
        self.settle()
        return self.page.url

    def go(self, name: str) -> None:
        """Go to a page by its link at the side."""
        self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
        path = "" if name == "Overview" else name.lower().replace(" ", "-")
        expect(self.page).to_have_url(re.compile(rf"/{path}\?"))
        self.settle()

    def choose(self, label: str, option: str) -> None:
        """Choose an option in a select box, typing its text as one does without a mouse."""
        box = self.page.get_by_role("combobox", name=label, exact=True)
        # The list of options closes where the page scrolls beneath it: the box comes to the middle first.
        box.evaluate("box => box.scrollIntoView({block: 'center'})")
        box.focus()
        self.page.keyboard.type(option)
        # Enter takes the first of the options: it has to be one that the text has left.
        expect(self.page.get_by_role("option").first).to_contain_text(option, ignore_case=True)
        self.page.keyboard.press("Enter")
        if not box.evaluate("box => box.closest('[data-testid=stMultiSelect]') !== null"):
            expect(box).to_have_value(re.compile(re.escape(option), re.IGNORECASE))
        self.settle()

    def rows_of(self, name: str) -> list[dict[str, str]]:
        """Return what a table shows, by its name: rows as column -> text, as screen readers are told them."""
        table = self.page.get_by_role("region", name=name)
        table.scroll_into_view_if_needed()
        expect(table.locator("td").first).to_be_attached()
        self.page.wait_for_timeout(400)  # what is told follows what is drawn by 200 ms
        names = table.locator("th").all_text_contents()
        rows = table.locator("tbody tr").all()
        return [dict(zip(names, row.locator("td").all_text_contents(), strict=True)) for row in rows]

    def settle(self) -> None:
        """Wait until the script has run and what it drew is there, and hold that it raised nothing."""
        app = '[data-testid="stApp"][data-test-script-state="notRunning"][data-test-connection-state="CONNECTED"]'
        self.page.wait_for_timeout(200)  # the state changes a moment after the click
        expect(self.page.locator(app)).to_be_visible()
        waiting = self.page.locator(".st-key-waiting, .st-key-copying, .st-key-saving")
        expect(waiting).to_have_count(0)  # files that take a while to read
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
