"""A report as PDF, printed by a browser of the Chromium family where one is found."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

__all__ = ["BROWSER_VARIABLE", "PrintError", "find_printer", "write_pdf"]

BROWSER_VARIABLE = "FAIRNESS_DASHBOARD_BROWSER"  # names the browser to print with

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
_LONGEST = 120.0  # seconds
_QUIET = (
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--export-tagged-pdf",
)
_OTHERWISE = (
    "Write the report as HTML, open it in any browser and choose Print, then Save as PDF: it is laid out for A4 and "
    "Letter."
)


class PrintError(RuntimeError):
    """A PDF cannot be printed here; the text says why and what to do instead."""


def find_printer() -> Path | None:
    """Return the browser that `FAIRNESS_DASHBOARD_BROWSER` names, else the first that is installed, else None.

    Raises PrintError where the variable names no file.
    """
    if wish := os.environ.get(BROWSER_VARIABLE):
        found = shutil.which(wish)
        if found is None:
            raise PrintError(f"{BROWSER_VARIABLE} is {wish!r}, but there is no such program. {_OTHERWISE}")
        return Path(found)
    for name in _NAMES:
        if found := shutil.which(name):
            return Path(found)
    return next((Path(place) for place in _PLACES if Path(place).is_file()), None)


def write_pdf(html: str, path: str | Path, *, paper: str = "A4") -> None:
    """Print a report's HTML to a tagged PDF at `path`; `paper` is "A4" or "Letter".

    Raises PrintError where no browser is found, or where it prints nothing, and ValueError for another paper.
    """
    if paper not in ("A4", "Letter"):
        raise ValueError(f"paper is 'A4' or 'Letter'; got {paper!r}.")
    browser = find_printer()
    if browser is None:
        raise PrintError(f"PDF needs Chromium, Chrome or Edge, and none was found. {_OTHERWISE}")
    with tempfile.TemporaryDirectory(prefix="fairness-report-", ignore_cleanup_errors=True) as folder:
        page, printed = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_text(_on_paper(html, paper), encoding="utf-8")
        _print(browser, page, printed, Path(folder) / "profile")
        shutil.copyfile(printed, path)


def _on_paper(html: str, paper: str) -> str:
    return html.replace("</head>", f"<style>@page{{size:{paper}}}</style></head>", 1)


def _print(browser: Path, page: Path, printed: Path, profile: Path) -> None:
    command = [str(browser), *_QUIET, f"--user-data-dir={profile}", f"--print-to-pdf={printed}", page.as_uri()]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # a browser run as root refuses to start with one
    try:
        done = subprocess.run(command, capture_output=True, timeout=_LONGEST, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        why = f"did not end within {_LONGEST:g} seconds" if isinstance(error, subprocess.TimeoutExpired) else "no start"
        raise PrintError(f"The browser {browser.name} printed nothing ({why}). {_OTHERWISE}") from error
    if done.returncode or not printed.is_file() or not printed.stat().st_size:
        raise PrintError(f"The browser {browser.name} printed nothing (exit code {done.returncode}). {_OTHERWISE}")
