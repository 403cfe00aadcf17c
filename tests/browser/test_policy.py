"""A policy in a browser: chosen and changed by keyboard, kept over F5 and in a copied address, readable by everyone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from dashboard.packing import pack
from metrics.policy import Policy, Rule
from tests.browser.conftest import Screen

TITLE = "Does the model keep to the rules?"
POLICY = Policy(
    "Lending",
    (
        Rule("false rejections", "false_rejection_rate", at_most=0.05, exclude=("region = 'south'",)),
        Rule("selection", "selection_rate", compare="ratio", baseline="best", by=(("ethnicity",),), at_least=0.8),
        Rule("odds", criterion="equalized_odds", at_most=0.5),
        Rule("figure", "selection_rate", compare="value", by=(("sex",),), publish=True),
        Rule("words", "word_error_rate", at_most=0.1),
    ),
)


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.focus()
    page.keyboard.press("Enter")


def _verdicts(page: Page) -> list[str]:
    expect(page.get_by_text("The policy fails")).to_be_visible()
    return page.locator("strong").all_inner_texts()


def test_a_template_is_taken_by_keyboard_and_outlives_f5(screen: Screen, another: Callable[[], Screen]):
    page = screen.open("policy?data=lending", title=TITLE)
    screen.choose("Template", "Equal opportunity")
    _press(page, "Judge by this template")
    expect(page.get_by_role("heading", name="Equal opportunity within 1 point")).to_be_visible()
    screen.settle()
    before = _verdicts(page)

    page.reload()
    screen.settle()
    assert _verdicts(page) == before

    other = another()
    other.page.goto(page.url)
    other.settle()
    assert _verdicts(other.page) == before

    screen.go("Overview")
    expect(page.get_by_text("Verdicts of the policy Equal opportunity within 1 point")).to_be_visible()


def test_a_limit_is_changed_by_keyboard_and_the_verdict_follows(screen: Screen):
    policy = Policy("p", (Rule("r", "false_rejection_rate", by=(("age",),), at_most=0.05),))
    page = screen.open(f"policy?data=lending&policy={pack(policy.dumps())}", title=TITLE)
    expect(page.get_by_text("The policy fails: 1 rule fails.")).to_be_visible()
    _press(page, "Change")
    screen.settle()
    field = page.get_by_label("At most (points)")
    field.focus()
    field.fill("40")
    page.keyboard.press("Enter")
    screen.settle()
    _press(page, "Keep this rule")

    expect(page.get_by_text("The policy passes: 1 rule passes.")).to_be_visible()
    screen.settle()
    expect(page.get_by_text("at most 40 points either way")).to_be_visible()


def test_a_verdict_leads_to_its_rows(screen: Screen):
    page = screen.open(f"policy?data=lending&policy={pack(POLICY.dumps())}", title=TITLE)
    # When it is known what the verdicts hang on, the page is drawn again, under the hands of whoever types.
    expect(page.get_by_text("Looking whether a verdict hangs on a choice")).to_have_count(0)
    page.get_by_text("The counts:").first.click()
    page.wait_for_timeout(600)  # it unfolds, and a list of options closes where its box moves
    screen.choose("Look into", "age = '< 25'")
    _press(page, "Rows behind it")

    expect(page.get_by_role("heading", name="Which rows are behind a number?")).to_be_visible()
    expect(page.get_by_text("age < 25: ")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_fault_in_verdicts_and_the_form(screen: Screen, theme):
    if theme == "dark":
        screen.use_dark()
    page = screen.open(f"policy?data=lending&policy={pack(POLICY.dumps())}", title=TITLE)
    for text in ("The counts:", "The policy as TOML", "Another policy"):
        page.get_by_text(text).first.click()
    _press(page, "Change")
    screen.settle()
    page.get_by_text("Confidence, exclusions and more").click()
    page.wait_for_timeout(1000)

    screen.shoot(f"policy-open-{theme}")
    assert screen.find_faults() == []


def test_verdicts_and_the_form_fit_a_phone(screen: Screen):
    screen.use_phone()
    page = screen.open(f"policy?data=lending&policy={pack(POLICY.dumps())}", title=TITLE)
    _press(page, "Change")
    screen.settle()

    screen.shoot("policy-open-phone")
    assert not screen.scrolls_sideways()
