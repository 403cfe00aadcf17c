"""A report opened by a double click: whole without network or script, fit to be heard, read on a telephone, printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from dashboard.report import write_html, write_pdf
from dashboard.report.pdf import BROWSER_VARIABLE
from metrics.document import Document
from tests.dashboard.report.documents import hostile, one_model, sample

# What each report holds is a part of it where the whole would only say the same again.
REPORTS: dict[str, tuple[Callable[[], Document], tuple[str, ...] | None]] = {
    "judged by a policy": (one_model, None),
    "transcripts of two models": (lambda: sample("call_centre"), ("summary", "systems", "speech", "coverage")),
    "hostile names": (hostile, ("summary", "verdicts", "groups", "maps", "limits", "receipt")),
}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
A4, LETTER = 688, 709  # CSS pixels between the margins

reports = pytest.mark.parametrize("name", REPORTS)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(offline=True)
    yield context
    context.close()


def _open(page: Page, folder: Path, html: str) -> list[str]:
    """Open a report from disk and return what it asks for, and what it complains of, from then on."""
    file = folder / "report.html"
    file.write_text(html, encoding="utf-8")
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.goto(file.as_uri())
    seen.remove(file.as_uri())
    return seen


def _write(name: str) -> str:
    document, sections = REPORTS[name]
    return write_html(document(), sections=sections)


def _find_faults(page: Page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
    return [f"{fault['id']}: {node['html'][:160]}" for fault in found for node in fault["nodes"]]


def _is_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@reports
def test_axe_finds_no_fault_in_light_and_dark(page: Page, tmp_path: Path, name: str):
    seen = _open(page, tmp_path, _write(name))
    faults = _find_faults(page)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")

    assert faults == [] and _find_faults(page) == []
    assert dark == "rgb(14, 17, 23)"
    assert seen == [], "It fetches nothing and says nothing."


@reports
def test_on_a_telephone_only_tables_move_sideways(page: Page, tmp_path: Path, name: str):
    page.set_viewport_size({"width": 390, "height": 844})
    _open(page, tmp_path, _write(name))

    assert not _is_wide(page)
    assert page.locator(".scroll").evaluate_all("all => all.every(e => e.tabIndex === 0 && e.ariaLabel)")


@reports
def test_nothing_is_clipped_on_paper(page: Page, tmp_path: Path, name: str):
    _open(page, tmp_path, _write(name))
    page.emulate_media(media="print", color_scheme="dark")
    for width in (A4, LETTER):
        page.set_viewport_size({"width": width, "height": 1000})
        wide = page.locator(".scroll, p, li, dd, pre, td, th, h1, h2, h3").evaluate_all(
            "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.slice(0, 80))"
        )
        assert not _is_wide(page) and wide == []
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).printColorAdjust") == "exact"
    assert page.locator("thead").first.evaluate("e => getComputedStyle(e).display") == "table-header-group"


def test_names_do_nothing_when_the_report_is_opened(page: Page, tmp_path: Path):
    _open(page, tmp_path, _write("hostile names"))

    assert page.title() == "</script><!--<script>"
    assert page.locator("img, iframe, a[href*='evil'], b").count() == 0


def test_charts_answer_where_a_script_may_run_and_stay_away_where_not(browser: Browser, tmp_path: Path):
    for runs in (True, False):
        context = browser.new_context(offline=True, java_script_enabled=runs)
        page = context.new_page()
        seen = _open(page, tmp_path, write_html(one_model(), interactive=True))
        if runs:
            page.locator("#plot-0 .main-svg").first.wait_for()
            assert page.locator(".js-plotly-plot").count() == 4
        assert page.locator("#charts").is_visible() == runs
        assert page.locator("#groups table").first.is_visible()
        assert seen == []
        context.close()


def test_the_first_key_leads_past_the_contents(page: Page, tmp_path: Path):
    _open(page, tmp_path, _write("judged by a policy"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize(("paper", "points"), [("A4", 595), ("Letter", 612)])
def test_a_browser_prints_a_tagged_pdf(
    browser_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paper: str, points: int
):
    monkeypatch.setenv(BROWSER_VARIABLE, str(browser_path))
    target = tmp_path / "report.pdf"
    write_pdf(write_html(one_model()), target, paper=paper)
    printed = target.read_bytes()

    assert printed.startswith(b"%PDF") and b"/StructTreeRoot" in printed and b"/Marked true" in printed
    assert b"/Lang (en)" in printed
    widths = {round(float(width)) for width in re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+)", printed)}
    assert widths == {points}
