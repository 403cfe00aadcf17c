"""Somebody publishes, somebody else reads: what the reader can change, and what they never reach."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from dashboard.workspace import Workspace
from tests.browser.conftest import Screen, watch
from tests.served import free_port, serve

NOTHING = "There is no report under this address"
NOTHING_ASKED = "Open the link that you were sent"
TITLE = "Loans of the spring"
LENDING = "publish?data=lending&publish_attributes=sex&publish_attributes=age"


def publish(screen: Screen, address: str = LENDING, title: str = TITLE) -> tuple[str, str]:
    """Publish what is on screen and return the reader's link and the owner's own, as they are shown."""
    page = screen.open(address, title="What will you share?")
    page.get_by_role("textbox", name="Title", exact=True).fill(title)
    page.keyboard.press("Tab")
    screen.settle()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("It is published")).to_be_visible()
    screen.settle()
    links = page.locator(".st-key-publish_done code").all_text_contents()
    return links[0].strip(), links[1].strip()


def follow(screen: Screen, link: str, title: str = TITLE) -> None:
    screen.page.goto(link)
    expect(screen.page.get_by_role("heading", name=title, level=1)).to_be_visible()
    screen.settle()


def expect_nothing(screen: Screen, address: str) -> None:
    screen.page.goto(address)
    expect(screen.page.get_by_text(NOTHING)).to_be_visible()
    assert TITLE not in screen.page.content()


@pytest.fixture(scope="module")
def published(browser: Browser, base_url: str) -> tuple[str, str]:
    context = browser.new_context()
    with watch(context):
        links = publish(Screen(context.new_page(), base_url))
    context.close()
    return links


def test_another_person_reads_it_by_its_link_alone(published: tuple[str, str], another: Callable[[], Screen]):
    reader = another()

    follow(reader, published[0])

    page = reader.page
    assert urlsplit(page.url).path == "/published"
    assert set(parse_qs(urlsplit(page.url).query)) == {"report"}
    expect(page.get_by_test_id("stMain")).to_contain_text("Made on")
    expect(page.get_by_test_id("stMain")).to_contain_text("Worst for age < 25: the false rejection rate is 21 %")
    expect(page.get_by_test_id("stSidebar")).not_to_contain_text("lending.csv")
    assert page.get_by_role("link", name=re.compile("Rows behind")).count() == 0
    assert page.get_by_role("button", name=re.compile("Rows behind|Evidence")).count() == 0


def test_what_a_reader_chooses_is_in_the_address_and_another_browser_shows_it(
    published: tuple[str, str], another: Callable[[], Screen]
):
    reader, friend = another(), another()
    follow(reader, published[0])

    reader.choose("Metric", "Accuracy")
    reader.choose("Groups by", "sex and age")
    reader.choose("Compared with", "sex = female & age = '< 25'")
    reader.choose("Look into", "sex = male & age = '>= 65'")
    expect(reader.page.get_by_test_id("stMetricValue")).to_have_count(3)
    values = reader.page.get_by_test_id("stMetricValue").all_text_contents()

    follow(friend, reader.page.url)
    expect(friend.page.get_by_test_id("stMetricValue")).to_have_count(3)
    assert friend.page.get_by_test_id("stMetricValue").all_text_contents() == values
    assert "data=" not in friend.page.url
    reader.page.reload()
    reader.settle()
    expect(reader.page.get_by_test_id("stMetricValue").first).to_have_text(values[0])


def test_a_reader_reaches_nothing_of_the_owner(another: Callable[[], Screen], tmp_path: Path):
    """From the link of a report no way leads to the file, its rows, or to changing anything."""
    owner, reader = another(), another()
    file = tmp_path / "patients.csv"
    lines = [f"Marguerite-Zephyr-{i},{'ab'[i % 2]},{i % 3 == 0:d},{i % 4 == 0:d}" for i in range(200)]
    file.write_text("\n".join(["id,ward,label,prediction", *lines, f"{tmp_path.name},a,1,1"]) + "\n")
    data = parse_qs(urlsplit(owner.drop(file)).query)["data"][0]
    link, _ = publish(owner, f"publish?data={data}")
    report = parse_qs(urlsplit(link).query)["report"][0]

    follow(reader, link)
    assert data not in reader.page.content()
    for page in ("rows", "data", "slices", "evidence"):
        for address in (f"{page}?data={report}", f"{page}?report={report}&data={report}"):
            reader.page.goto(f"{reader.base_url}/{address}")
            reader.settle()
            assert "Marguerite" not in reader.page.content()
            assert "patients.csv" not in reader.page.get_by_test_id("stMain").inner_text()
    reader.page.goto(f"{reader.base_url}/publish?own={report}.{'A' * 32}")
    expect(reader.page.get_by_text("There is no report of yours under this address")).to_be_visible()
    assert reader.page.get_by_role("button", name="Withdraw").count() == 0
    last = "B" if report[-1] != "B" else "C"
    for guess in (report[:-1] + last, report[:-1], report.swapcase(), f"../{report}", data):
        expect_nothing(reader, f"{reader.base_url}/published?report={guess}")


def test_withdrawn_is_gone_for_everyone_and_only_the_own_link_withdraws(another: Callable[[], Screen]):
    owner, reader = another(), another()
    link, own = publish(owner)
    follow(reader, link)

    elsewhere = another()
    elsewhere.page.goto(own)
    expect(elsewhere.page.get_by_text("Published on")).to_be_visible()
    assert "own=" not in elsewhere.page.url
    key = own.rpartition(".")[2]
    elsewhere.settle()
    elsewhere.page.go_back()
    elsewhere.settle()
    assert key not in elsewhere.page.url
    expect(elsewhere.page.get_by_text("Published on")).to_be_visible()
    elsewhere.page.get_by_role("button", name="Withdraw").click()
    elsewhere.page.get_by_role("button", name="Withdraw it now").click()
    expect(elsewhere.page.get_by_text("It was withdrawn, or its time is over")).to_be_visible()

    expect_nothing(another(), link)
    reader.page.get_by_role("radio", name="99%").check(force=True)
    expect(reader.page.get_by_text(NOTHING)).to_be_visible()


def test_a_reload_while_it_is_published_loses_nothing(another: Callable[[], Screen], uploads: Path):
    """Somebody else publishes meanwhile, so that it waits."""
    owner = another()
    page = owner.open(LENDING, title="What will you share?")
    with Workspace(uploads).publishing():
        page.get_by_role("button", name="Publish", exact=True).click()
        expect(page.get_by_text("Waiting for others who publish")).to_be_visible()
        expect(page.get_by_role("textbox", name="Title", exact=True)).to_have_count(0)
        assert page.get_by_role("progressbar").count() == 1
        owner.shoot("publish-under-way")
        page.reload()
        expect(page.get_by_text("Waiting for others who publish")).to_be_visible()
    expect(page.get_by_text("It is published")).to_be_visible()
    owner.settle()
    links = page.locator(".st-key-publish_done code").all_text_contents()
    page.reload()
    expect(page.get_by_text("It is published")).to_be_visible()
    owner.settle()
    assert page.locator(".st-key-publish_done code").all_text_contents() == links

    page.get_by_role("button", name="I have kept the links").click()
    expect(page.get_by_role("textbox", name="Title", exact=True)).to_be_visible()
    owner.settle()
    assert "publishing=" not in page.url
    assert "publish_attributes=age" in page.url
    follow(another(), links[0].strip(), "lending")


def test_the_own_data_are_not_on_the_page_of_a_report(published: tuple[str, str], another: Callable[[], Screen]):
    """Who has a filter and choices of their own, reads somebody's report and goes back has them as they were."""
    screen = another()
    screen.open("slices?data=screening&metric=Accuracy&where=sex+%3D+female")
    expect(screen.page.get_by_test_id("stSidebar")).to_contain_text("of 3,931 rows")
    screen.page.get_by_test_id("stSidebarNav").get_by_role("link", name="Published", exact=True).click()
    expect(screen.page.get_by_text(NOTHING_ASKED)).to_be_visible()
    screen.settle()
    assert "?" not in screen.page.url
    expect(screen.page.get_by_test_id("stSidebar")).not_to_contain_text("screening.csv")

    screen.page.get_by_test_id("stSidebarNav").get_by_role("link", name="Slices", exact=True).click()
    screen.settle()
    expect(screen.page.get_by_test_id("stSidebar")).to_contain_text("screening.csv")
    expect(screen.page.get_by_role("combobox", name="Metric", exact=True)).to_have_value("Accuracy")
    expect(screen.page.get_by_role("textbox", name="Only rows where")).to_have_value("sex = female")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("picture", ["Every group", "All metrics", "Gaps"])
def test_axe_finds_no_fault_in_a_report(published: tuple[str, str], screen: Screen, picture: str, theme: str):
    if theme == "dark":
        screen.use_dark()
    cell = "&published_cell=" + "age = '< 25'".replace(" ", "%20")
    follow(screen, f"{published[0]}&published_view={picture.replace(' ', '+')}{cell}")
    expect(screen.page.get_by_role("radio", name=picture)).to_be_checked()
    screen.page.wait_for_timeout(1000)

    screen.shoot(f"report-{picture.lower().replace(' ', '-')}-{theme}")
    assert screen.find_faults() == []


@pytest.mark.parametrize("picture", ["Every group", "All metrics", "Gaps"])
def test_a_phone_shows_a_report_without_scrolling_sideways(published: tuple[str, str], screen: Screen, picture: str):
    screen.use_phone()
    follow(screen, f"{published[0]}&published_view={picture.replace(' ', '+')}")
    screen.page.wait_for_timeout(1000)

    screen.shoot(f"report-{picture.lower().replace(' ', '-')}-phone")
    assert not screen.scrolls_sideways()


# -- other installations -------------------------------------------------------------------------


@pytest.fixture
def installation(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Screen]]:
    """Each call starts one more dashboard on a workspace, and gives it in a fresh browser."""
    with ExitStack() as stack:

        def start(workspace: Path, viewer: bool = False) -> Screen:
            folder = tmp_path / f"server-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            told = ["--workspace", str(workspace), *(["--viewer"] if viewer else [])]
            address = stack.enter_context(serve(folder, free_port(), *told))
            context = browser.new_context()
            stack.enter_context(watch(context))
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(20_000)
            return Screen(page, address)

        yield start


def test_a_bundle_file_is_opened_in_a_second_installation(
    another: Callable[[], Screen], installation: Callable[..., Screen], tmp_path: Path
):
    owner = another()
    page = owner.open(LENDING, title="What will you share?")
    page.get_by_role("button", name="Make the bundle file").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the bundle").click()
    assert download.value.suggested_filename.endswith(".fairness.zip")
    bundle = tmp_path / "from elsewhere.zip"
    download.value.save_as(bundle)

    other = installation(tmp_path / "second")
    page = other.open("published")
    page.get_by_text("Open a bundle file").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(bundle)
    expect(page.get_by_role("heading", name="lending", level=1)).to_be_visible()
    other.settle()

    expect(page.get_by_test_id("stMain")).to_contain_text("Worst for age < 25: the false rejection rate is 21 %")
    assert "report=" in page.url
    page.reload()
    expect(page.get_by_role("heading", name="lending", level=1)).to_be_visible()


def test_a_viewer_shows_reports_and_nothing_else(
    published: tuple[str, str], uploads: Path, installation: Callable[..., Screen]
):
    viewer = installation(uploads, viewer=True)
    report = parse_qs(urlsplit(published[0]).query)["report"][0]

    follow(viewer, f"{viewer.base_url}/published?report={report}")
    names = viewer.page.get_by_test_id("stSidebarNavLink").all_text_contents()
    assert [name.rpartition("public")[2].rpartition("school")[2] for name in names] == ["Published", "Metrics"]
    viewer.choose("Metric", "Accuracy")
    expect(viewer.page.get_by_text("Open a bundle file")).to_have_count(0)
    viewer.page.get_by_test_id("stSidebarNav").get_by_role("link", name="Metrics").click()
    expect(viewer.page.get_by_role("heading", name="Accuracy", exact=True)).to_be_visible()
    assert viewer.find_faults() == []

    for page in ("data", "rows", "slices", "publish", "report", "overview", ""):
        viewer.page.goto(f"{viewer.base_url}/{page}?data=lending")
        viewer.settle()
        assert "lending.csv" not in viewer.page.content()
        expect(viewer.page.get_by_text(NOTHING_ASKED)).to_be_visible()
        expect(viewer.page.get_by_test_id("stFileUploader")).to_have_count(0)
