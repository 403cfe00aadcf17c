"""Service cards and evidence sheets in a real browser: written, kept, taken away, printed, and read by everyone."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from dashboard.report.card import write_card
from dashboard.report.evidence import write_evidence
from metrics.card_words import SECTIONS, Words
from metrics.evidence import Told, answer_evidence
from tests.dashboard.report.documents import hostile, one_model
from tests.metrics.test_evidence import find, measure

CARD, EVIDENCE = "What should others know of this service?", "What would convince someone else?"
WORDS = Words({s.name: "It refuses {false_rejection_rate} wrongly.\n\n- one\n- two" for s in SECTIONS}, "Loans", "3")
TOLD = Told("An auditor", "All of 2025, drawn by lot, labelled by two people. " * 3, "A second look. " * 3)
CELL = "sex+%3D+female+%26+age+%3D+'<+25'"


def written(name: str) -> str:
    """The HTML of a card or a sheet."""
    if name == "card":
        return write_card(one_model(), WORDS, "html")
    if name == "hostile":
        return write_card(hostile(), Words(), "html")
    sheet = find({"a": (90, 300), "b": (30, 240)}, TOLD)
    if name == "answered":
        sheet = answer_evidence(sheet, measure({"a": (200, 800), "b": (100, 800)})[0], TOLD)
    return write_evidence(sheet, "html")


def test_words_are_written_downloaded_and_read_again_after_a_new_start(screen, tmp_path):
    page = screen.open("card?data=lending", title=CARD)
    page.get_by_text("Design", exact=True).first.click()
    box = page.get_by_role("textbox", name="Design")
    box.fill("A tree of {false_rejection_rate of model A: sex = female}.")
    box.press("Control+Enter")
    screen.settle()
    frame = page.frame_locator("iframe")
    expect(frame.locator("#design")).to_contain_text(re.compile(r"A tree of 12 % \[\d+, \d+\]\."))

    with page.expect_download() as waiting:
        page.get_by_role("button", name="Words", exact=True).click()
    kept = tmp_path / "card.toml"
    waiting.value.save_as(kept)
    page.reload()
    screen.settle()
    expect(frame.locator("#design")).to_contain_text("Not written yet.")

    page.get_by_text("Go on with words that were kept").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([kept])
    expect(frame.locator("#design")).to_contain_text("A tree of 12 %")
    assert not page.get_by_text("were written before").count()


def test_words_of_other_data_are_marked_on_screen(screen, tmp_path):
    old = {key: str(n) * 64 for n, key in enumerate(("files", "schema", "settings"))}
    kept = tmp_path / "card.toml"
    stamp = "".join(f'{key} = "{value}"\n' for key, value in old.items())
    kept.write_text(f'design = "A tree."\n[written_for.design]\n{stamp}', encoding="utf-8")
    page = screen.open("card?data=lending", title=CARD)
    page.get_by_text("Go on with words that were kept").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([kept])

    expect(page.get_by_text(re.compile("Design: these words were written before"))).to_be_visible()
    page.get_by_role("button", name="It still holds").click()
    screen.settle()
    expect(page.get_by_text(re.compile("Design: these words were written before"))).to_have_count(0)


def test_the_panel_of_a_cell_leads_to_its_sheet_which_is_answered_elsewhere(screen, tmp_path):
    page = screen.open("disparities?data=lending&cell=sex+%3D+female")
    page.get_by_role("button", name="Evidence sheet").click()
    expect(page.get_by_role("heading", name=EVIDENCE, level=1)).to_be_visible()
    screen.settle()
    expect(page.frame_locator("iframe").locator("#claim")).to_contain_text("the false rejection rate is")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="JSON", exact=True).click()
    theirs = tmp_path / "sheet.json"
    waiting.value.save_as(theirs)
    assert json.loads(theirs.read_text(encoding="utf-8"))["slice"] == "sex = female"

    page.get_by_text("Answer someone else's sheet").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([theirs])
    screen.settle()
    expect(page.frame_locator("iframe").locator("#claim")).to_contain_text("Answer: cannot tell. Both were counted in")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_fault_with_a_finding_on_screen(screen, theme):
    if theme == "dark":
        screen.use_dark()
    screen.open(f"evidence?data=lending&cell={CELL}", title=EVIDENCE)
    screen.page.wait_for_timeout(500)

    screen.shoot(f"evidence-{theme}")
    assert screen.find_faults() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["card", "hostile", "sheet", "answered"])
def test_the_files_themselves_are_read_by_everyone(screen, name, theme):
    if theme == "dark":
        screen.use_dark()
    screen.page.set_content(written(name))

    assert screen.find_faults() == []


@pytest.mark.parametrize("name", ["card", "hostile", "sheet", "answered"])
def test_the_files_themselves_fit_a_phone(screen, name):
    screen.use_phone()
    screen.page.set_content(written(name))

    assert screen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("name", ["sheet", "answered"])
def test_a_sheet_prints_on_one_page(screen, name, paper):
    screen.page.set_content(written(name))
    pdf = screen.page.pdf(format=paper)

    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
