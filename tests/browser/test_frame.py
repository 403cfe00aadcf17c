"""The frame in a real browser: addresses, uploads of two people, themes, headers."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, expect

from dashboard.headers import HEADERS
from tests.browser.conftest import Screen

ROWS = "id,sex,age,label,prediction,score\n" + "".join(
    f"r{i},{'fm'[i % 2]},{20 + i % 50},{('good', 'bad')[i % 3 == 0]},{('good', 'bad')[i % 4 == 0]},{i % 100 / 100}\n"
    for i in range(200)
)
DATA_TITLE = "What is in your file?"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text(ROWS)
    return path


def _drop(screen: Screen, file: Path) -> str:
    """Drop a file on the Data page and return its address."""
    screen.open("data", title=DATA_TITLE)
    screen.page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    expect(screen.page.get_by_role("heading", name=file.name)).to_be_visible()
    screen.settle()
    return screen.page.url


def _data_in(address: str) -> str:
    return parse_qs(urlsplit(address).query)["data"][0]


def test_a_bare_address_opens_on_the_sample(screen):
    page = screen.open("")

    expect(page.get_by_test_id("stSidebar")).to_contain_text("lending.csv")
    assert _data_in(page.url) == "lending"


def test_every_answer_carries_the_headers(base_url):
    with urlopen(f"{base_url}/") as answer:
        sent = dict(answer.headers.items())

    assert {name: sent.get(name.lower(), sent.get(name)) for name, _ in HEADERS} == dict(HEADERS)


def _ask_for_a_socket(base_url: str, host: str) -> str:
    """The first line of the answer to a page that calls itself `host` and asks for the dashboard's WebSocket."""
    port = urlsplit(base_url).port
    lines = (
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host}:{port}",
        f"Origin: http://{host}:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall("\r\n".join((*lines, "", "")).encode())
        return line.recv(200).decode().splitlines()[0]


def test_a_site_that_borrows_our_address_gets_no_socket(base_url):
    """DNS rebinding: a foreign name that leads to this machine."""
    assert " 101 " in _ask_for_a_socket(base_url, "127.0.0.1")
    assert " 403 " in _ask_for_a_socket(base_url, "evil.example")


def test_a_dropped_file_is_there_after_f5_and_in_another_browser(screen, file, browser: Browser):
    address = _drop(screen, file)

    screen.page.reload()
    expect(screen.page.get_by_role("heading", name="mine.csv")).to_be_visible()
    other = browser.new_context()
    second = Screen(other.new_page(), screen.base_url)
    second.page.goto(address)

    expect(second.page.get_by_role("heading", name="mine.csv")).to_be_visible()
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", _data_in(address))
    other.close()


def test_two_people_do_not_see_each_others_files(screen, file, browser: Browser):
    _drop(screen, file)

    other = browser.new_context()
    second = Screen(other.new_page(), screen.base_url)
    second.open("data", title=DATA_TITLE)

    expect(second.page.get_by_role("heading", name="lending.csv")).to_be_visible()
    expect(second.page.get_by_text("mine.csv")).to_have_count(0)
    other.close()


def test_deleted_data_are_gone_from_every_address(screen, file):
    address = _drop(screen, file)

    screen.page.get_by_role("button", name="Delete my data").click()
    screen.page.get_by_role("button", name="Delete now").click()
    expect(screen.page.get_by_role("heading", name="lending.csv")).to_be_visible()
    screen.page.goto(address)

    expect(screen.page.get_by_text("There is no data under this address")).to_be_visible()


def test_what_is_chosen_stands_in_the_address_of_every_page(screen):
    page = screen.open("data?data=lending&metric=Accuracy&where=age+%3E%3D+65", title=DATA_TITLE)

    expect(page.get_by_role("combobox", name="Metric")).to_have_value("Accuracy")
    expect(page.get_by_test_id("stSidebar")).to_contain_text("of 5,000 rows")
    page.get_by_role("link", name="Slices", exact=True).click()
    screen.settle()
    there = parse_qs(urlsplit(page.url).query)
    assert (there["data"], there["metric"], there["where"]) == (["lending"], ["Accuracy"], ["age >= 65"])


def test_an_address_of_nonsense_falls_back_without_a_fault(screen):
    page = screen.open(
        "data?data=lending&metric=%3Cscript%3E&system=none&least=-5&confidence=9&by=zzz", title=DATA_TITLE
    )

    expect(page.get_by_role("combobox", name="Metric")).to_have_value("False rejection rate")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_data_page_can_be_read_by_everyone(screen, file, dark):
    if dark:
        screen.use_dark()
    _drop(screen, file)

    screen.shoot(f"data-{'dark' if dark else 'light'}")
    assert screen.find_faults() == []


def test_the_data_page_fits_a_phone(screen, file):
    screen.use_phone()
    _drop(screen, file)

    screen.shoot("data-phone")
    assert not screen.scrolls_sideways()


def test_measure_leads_to_the_numbers_of_the_same_data(screen, file):
    address = _drop(screen, file)

    screen.page.get_by_role("button", name="Measure").click()

    screen.page.wait_for_url(lambda address: urlsplit(address).path == "/")
    screen.settle()
    assert _data_in(screen.page.url) == _data_in(address)
