"""A bounty in the browser: from the card of the sample to a decision, two people at once, names of strangers."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from tests.browser.conftest import Screen
from tests.dashboard.pages import HOSTILE

CONDITION = "channel = letter and floor >= 2"


def fill_in(screen: Screen, team: str, condition: str, note: str = "") -> None:
    screen.page.get_by_text("one value for everyone").click()
    screen.settle()
    for label, text in (("Team", team), ("Condition", condition), ("Note (may stay empty)", note)):
        box = screen.page.get_by_label(label, exact=True)
        box.fill(text)
        box.press("Control+Enter" if "Note" in label else "Enter")
        screen.settle()
    screen.choose("Value", "urgent")


def bounty_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["bounty"][0]


def test_from_the_card_of_the_sample_to_a_decision(screen):
    page = screen.open("data")
    page.get_by_role("button", name="Open the sample bounty").click()
    expect(page.get_by_role("heading", name="Which repairs are urgent?")).to_be_visible()
    screen.settle()
    assert bounty_of(page.url) == "sample"
    screen.go("Submit")
    fill_in(screen, "newcomers", CONDITION)
    expect(page.get_by_text(re.compile(r"of 924 rows to explore"))).to_be_visible()

    page.get_by_role("button", name="Try it on the explore split").click()
    expect(page.get_by_text(re.compile(r"On the explore split: \d+ rows, loss"))).to_be_visible()
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_text(re.compile(r"(Accepted|Rejected), as submission 00052"))).to_be_visible()
    screen.settle()

    assert len(bounty_of(page.url)) == 32
    page.get_by_role("link", name="See what became of the model").click()
    expect(page.get_by_test_id("stSidebar")).to_contain_text("52 submissions")
    screen.settle()
    assert screen.rows_of("Every decision, the last one first")[0]["team"] == "newcomers"
    page.reload()
    expect(page.get_by_test_id("stSidebar")).to_contain_text("52 submissions")


def test_two_people_who_submit_to_the_same_bounty_at_once_are_both_judged(screen, another: Callable[[], Screen]):
    screen.open("submit?bounty=sample")
    fill_in(screen, "first", CONDITION)
    screen.page.get_by_role("button", name="Submit", exact=True).click()
    expect(screen.page.get_by_text(re.compile("as submission 00052"))).to_be_visible()
    shared = bounty_of(screen.page.url)
    people = [another(), another()]
    for number, person in enumerate(people):
        person.open(f"submit?bounty={shared}")
        fill_in(person, f"team {number}", f"floor >= {number + 3}")

    for person in people:
        person.page.get_by_role("button", name="Submit", exact=True).click()
    for person in people:
        expect(person.page.get_by_text(re.compile("(Accepted|Rejected), as submission 0005[34]"))).to_be_visible()

    screen.open(f"bounty?bounty={shared}")
    rows = screen.rows_of("Every decision, the last one first")
    assert sorted(row["team"] for row in rows[:3]) == ["first", "team 0", "team 1"]


def test_hostile_words_are_text_and_fetch_nothing(screen):
    page = screen.open("submit?bounty=sample")
    fill_in(screen, "newcomers", CONDITION, note=" ".join(HOSTILE[:4]))
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_text(re.compile("as submission 00052"))).to_be_visible()
    screen.open(f"bounty?bounty={bounty_of(page.url)}&bounty_submission=newcomers/00052")

    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text(":red[c] $x^2$ <img src=x onerror=alert(1)>")
    assert main.locator("img").count() == 0 and main.get_by_role("link", name=re.compile("^[ab]$")).count() == 0


def test_without_a_bounty_the_pages_offer_the_sample_which_opens_there(screen):
    page = screen.open("leaderboard")

    page.get_by_role("button", name="Try the sample bounty").click()
    expect(page.get_by_test_id("stSidebar")).to_contain_text("Which repairs are urgent?")
    screen.settle()
    assert bounty_of(page.url) == "sample"
    assert [row["team"] for row in screen.rows_of("The teams, the one with the most credit first")][-2:] == [
        "(everyone)",
        "(baseline)",
    ]
