"""Find the browser that the browser tests drive, and get one where that can be done without asking.

`python -m tests.browser.find_browser` prints its path; with `--install`, root on Debian gets Chromium by apt first.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

HOW_TO_GET_ONE = "playwright install chromium"
_CANDIDATES = ("chromium", "google-chrome")


def find_browser() -> Path | None:
    """Return the first there is of `$BROWSER_PATH`, chromium, google-chrome and Playwright's own; else None.

    Raises FileNotFoundError where `$BROWSER_PATH` names no file: a wish is not passed over in silence.
    """
    if wish := os.environ.get("BROWSER_PATH"):
        if not Path(wish).is_file():
            raise FileNotFoundError(f"BROWSER_PATH is {wish!r}, but there is no such file.")
        return Path(wish)
    for name in _CANDIDATES:
        if found := shutil.which(name):
            return Path(found)
    return _find_playwrights_own()


def missing_browser() -> str:
    """Return what to tell someone who has no browser for the tests."""
    command = Path(sys.executable).parent / HOW_TO_GET_ONE
    return f"There is no browser for the browser tests. One command gets one: {command}"


def must_have_browser() -> bool:
    """Whether a missing browser is a failure: on a build server, where nobody would notice tests that skip."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def _find_playwrights_own() -> Path | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.is_file() else None


def _install_with_apt() -> None:
    """Get Chromium from the distribution's archive, where that is Debian's and we are root."""
    if os.geteuid() != 0 or not Path("/etc/debian_version").exists():
        return
    print("Getting Chromium for the browser tests (apt-get install chromium) ...", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        if subprocess.run(["apt-get", "-q", *step], env=environment, check=False).returncode != 0:
            print("apt-get could not get it.", flush=True)
            return


def main() -> int:
    parser = argparse.ArgumentParser(description="Find the browser that the browser tests drive.")
    parser.add_argument("--install", action="store_true", help="as root on Debian, get Chromium where none is there")
    wants = parser.parse_args()
    try:
        browser = find_browser()
        if browser is None and wants.install:
            _install_with_apt()
            browser = find_browser()
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    if browser is None:
        print(missing_browser(), file=sys.stderr)
        return 1 if must_have_browser() else 0
    print(f"Browser: {browser}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
