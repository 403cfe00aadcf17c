"""The browser tests drive the browser that is there; without one they skip, or fail where nobody would notice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.find_browser import find_browser, missing_browser, must_have_browser

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
