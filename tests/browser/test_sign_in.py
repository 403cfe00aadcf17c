"""Signing in, in a real browser, at a service that runs on this machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screen
from tests.https_proxy import speak_https
from tests.mock_issuer import BOB, Issuer, run_issuer
from tests.served import free_port, serve


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with run_issuer() as running:
        yield running


@pytest.fixture(scope="module")
def dashboard(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard on which uploading needs a sign-in."""
    folder, port = tmp_path_factory.mktemp("signed"), free_port()
    _set_up(folder, issuer, f"http://127.0.0.1:{port}")
    with serve(folder, port, environment={"FAIRNESS_DASHBOARD_SIGN_IN": "upload"}) as address:
        yield address


@pytest.fixture
def screen(page: Page, dashboard: str) -> Screen:
    return Screen(page, dashboard)


@pytest.fixture(autouse=True)
def by_the_book(issuer: Issuer) -> None:
    issuer.behave()


def _set_up(folder: Path, issuer: Issuer, address: str) -> None:
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(issuer.secrets(address))


def _sign_in(screen: Screen, path: str = "metrics") -> Page:
    """Open a page, sign in from it, and return the page that comes after."""
    page = screen.open(path)
    with page.expect_navigation(url=re.compile(r"/oauth2callback|" + re.escape(screen.base_url))):
        page.get_by_test_id("stSidebar").get_by_role("button", name="Sign in").click()
    screen.settle()
    return page


def _who(page: Page) -> str:
    """The e-mail at the side, without the sign that keeps it from becoming a link."""
    said = page.get_by_test_id("stSidebar").get_by_text(re.compile("^Signed in as"))
    expect(said).to_be_visible()
    return said.inner_text().removeprefix("Signed in as ").replace("\u2060", "")


def _is_nobody(page: Page) -> bool:
    expect(page.get_by_test_id("stSidebar").get_by_role("button", name="Sign in")).to_be_visible()
    return page.get_by_text("Signed in as").count() == 0


def test_whoever_signs_in_is_named_and_signs_out_again(screen, issuer):
    page = _sign_in(screen)
    assert _who(page) == "ann@example.org"

    page.reload()
    assert _who(page) == "ann@example.org"

    page.get_by_role("button", name="Sign out").click()
    assert _is_nobody(page)
    page.reload()
    assert _is_nobody(page)
    assert [cookie["name"] for cookie in page.context.cookies() if "user" in cookie["name"]] == []
    assert {"/authorize", "/token", "/jwks"} <= set(issuer.asked)


def test_nobody_sends_the_server_a_file(screen):
    """The session's name is in what the server tells each page: whoever wants to send something can read it there."""
    heard: list[str] = []

    def hear(frame: str | bytes) -> None:
        text = frame.decode("latin-1") if isinstance(frame, bytes) else frame
        heard.extend(re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", text))

    screen.page.on("websocket", lambda socket: socket.on("framereceived", hear))
    page = screen.open("evidence?data=lending")
    expect(page.get_by_test_id("stFileUploader")).to_have_count(0)
    assert set(_send_files(page, heard)) == {403}

    heard.clear()
    _sign_in(screen, "data?data=lending")
    assert 204 in _send_files(page, heard)


def _send_files(page: Page, sessions: list[str]) -> list[int]:
    """Send a file in the name of each of these sessions, as the page's own place for files does."""
    assert sessions
    return page.evaluate(
        """async sessions => {
            const token = document.cookie.match(/_streamlit_xsrf=([^;]*)/)[1];
            const send = async session => {
                const form = new FormData();
                form.append("file", new Blob(["a,b"]), "a.csv");
                const address = `/_stcore/upload_file/${session}/${crypto.randomUUID()}`;
                const headers = {"X-Xsrftoken": token};
                return (await fetch(address, {method: "PUT", body: form, headers})).status;
            };
            return await Promise.all([...new Set(sessions)].map(send));
        }""",
        sessions,
    )


def test_people_come_back_to_the_page_they_signed_in_from(screen):
    page = _sign_in(screen, "slices?data=screening&metric=Accuracy")

    expect(page).to_have_url(re.compile(r"/slices\?data=screening&metric=Accuracy$"))
    assert _who(page) == "ann@example.org"


def test_another_profile_is_somebody_else(another, issuer, dashboard):
    ann, bob, nobody = (Screen(another().page, dashboard) for _ in range(3))
    _sign_in(ann)
    issuer.user = BOB
    _sign_in(bob)
    nobody.open("metrics")

    assert _who(bob.page) == "bob@example.org"
    assert _who(ann.page) == "ann@example.org"
    assert _is_nobody(nobody.page)


def test_cookies_are_for_the_server_alone(screen):
    page = _sign_in(screen)

    kept = {cookie["name"]: cookie for cookie in page.context.cookies() if "user" in cookie["name"]}
    assert set(kept) == {"_streamlit_user", "_streamlit_user_tokens"}
    assert {(cookie["httpOnly"], cookie["sameSite"]) for cookie in kept.values()} == {(True, "Lax")}
    assert "_streamlit_user" not in page.evaluate("document.cookie")


def _change(**changed: object) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.update(changed)


SPOILED = {
    "for somebody else": _change(aud="another client"),
    "by another service": _change(iss="https://issuer.example.org"),
    "expired": _change(exp=1),
    "of another sign-in": _change(nonce="another one"),
    "without an end": lambda claims: claims.pop("exp"),
}


def test_a_token_that_does_not_hold_is_nobodys(screen, issuer):
    found = {}
    for name, spoil in SPOILED.items():
        issuer.spoil = spoil
        found[name] = _is_nobody(_sign_in(screen))
    issuer.behave()
    issuer.forge = True
    found["signed by somebody else"] = _is_nobody(_sign_in(screen))
    issuer.behave()

    assert found == dict.fromkeys([*SPOILED, "signed by somebody else"], True)
    assert _who(_sign_in(screen)) == "ann@example.org"


def test_an_address_that_is_not_verified_is_nobodys(screen, issuer):
    issuer.user = BOB | {"email_verified": False}
    page = _sign_in(screen, "data?data=lending")

    expect(page.get_by_text("Signed in, but without a verified e-mail address")).to_be_visible()
    expect(page.get_by_text("a verified e-mail address is needed")).to_be_visible()
    expect(page.get_by_test_id("stFileUploaderDropzoneInput")).to_have_count(0)


def test_a_cookie_that_was_altered_is_nobodys(screen):
    page = _sign_in(screen)
    (kept,) = [cookie for cookie in page.context.cookies() if cookie["name"] == "_streamlit_user"]
    payload, _, rest = kept["value"].strip('"').partition(".")
    page.context.add_cookies([{**kept, "value": f"{payload[:-2]}AA.{rest}"}])
    page.reload()

    assert _is_nobody(page)


def test_files_are_dropped_by_whoever_is_signed_in(screen, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text(
        "id,sex,label,prediction\n" + "".join(f"{i},{'fm'[i % 2]},{i % 3 % 2},{i % 2}\n" for i in range(90))
    )
    page = screen.open("data?data=lending")
    expect(page.get_by_text("Sign in to use a file of your own.")).to_be_visible()
    expect(page.get_by_test_id("stFileUploaderDropzoneInput")).to_have_count(0)

    _sign_in(screen, "data?data=lending")

    assert "data=" in screen.drop(file)
    assert screen.find_faults() == []


@pytest.fixture
def shut(issuer: Issuer, tmp_path: Path) -> Iterator[str]:
    """The address of a dashboard below a path, where everything needs a sign-in."""
    port = free_port()
    _set_up(tmp_path, issuer, f"http://127.0.0.1:{port}/fair")
    settings = {"FAIRNESS_DASHBOARD_SIGN_IN": "all"}
    with serve(tmp_path, port, "--base-path", "/fair", base_path="/fair", environment=settings) as address:
        yield address


def test_where_all_needs_a_sign_in_a_link_opens_after_it(shut, page):
    screen = Screen(page, shut)
    screen.open("slices?data=screening", title="Who is there?")
    expect(page.get_by_role("link", name="Slices")).to_have_count(0)
    assert screen.find_faults() == []
    screen.shoot("sign_in")

    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", level=1, name="How well does each group fare?")).to_be_visible()
    screen.settle()
    assert page.url == f"{shut}/slices?data=screening"
    assert _who(page) == "ann@example.org"
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Disparities").click()
    expect(page).to_have_url(re.compile(r"/fair/disparities\?"))
    screen.settle()
    assert screen.find_faults() == []


def test_behind_a_proxy_that_speaks_https_cookies_travel_by_https_alone(issuer, tmp_path, browser):
    port, inner = free_port(), free_port()
    address = f"https://localhost:{port}"
    _set_up(tmp_path, issuer, address)
    with serve(tmp_path, inner), speak_https(tmp_path, port, inner):
        screen = Screen(browser.new_context(ignore_https_errors=True).new_page(), address)
        answers = []
        screen.page.on("response", lambda answer: answers.append(answer))
        page = _sign_in(screen)

        assert _who(page) == "ann@example.org"
        own = [answer for answer in answers if answer.url.startswith(address)]
        assert {answer.headers.get("strict-transport-security") for answer in own} == {"max-age=31536000"}
        kept = {cookie["name"]: cookie["secure"] for cookie in page.context.cookies()}
        assert kept == dict.fromkeys(kept, True)
        assert "_streamlit_user" in kept
        page.get_by_role("button", name="Sign out").click()
        assert _is_nobody(page)
        page.context.close()


def test_two_servers_behind_one_name_know_the_same_person_and_files(issuer, tmp_path, browser):
    """With one secret and one workspace; a third server, of another secret, knows nobody."""
    file, port = tmp_path / "mine.csv", free_port()
    file.write_text(
        "id,sex,label,prediction\n" + "".join(f"{i},{'fm'[i % 2]},{i % 3 % 2},{i % 2}\n" for i in range(90))
    )
    secrets = issuer.secrets(f"https://localhost:{port}")
    others = re.sub(r'cookie_secret = ".*"', f'cookie_secret = "{"theirs" * 8}"', secrets)
    settings = {"FAIRNESS_DASHBOARD_SIGN_IN": "upload", "FAIRNESS_DASHBOARD_WORKSPACE": str(tmp_path / "workspace")}
    screen = Screen(browser.new_context(ignore_https_errors=True).new_page(), f"https://localhost:{port}")

    with ExitStack() as servers:
        inner = []
        for number, told in enumerate((secrets, secrets, others)):
            folder = tmp_path / str(number)
            (folder / ".streamlit").mkdir(parents=True)
            (folder / ".streamlit" / "secrets.toml").write_text(told)
            inner.append(free_port())
            servers.enter_context(serve(folder, inner[-1], environment=settings))
        with speak_https(tmp_path, port, inner[0]):
            page = _sign_in(screen, "data?data=lending")
            upload = screen.drop(file).rpartition("/")[2]
        with speak_https(tmp_path, port, inner[1]):
            screen.open(upload)
            expect(page.get_by_role("heading", name="mine.csv", exact=True)).to_be_visible()
            assert _who(page) == "ann@example.org"
        with speak_https(tmp_path, port, inner[2]):
            screen.open("metrics")
            assert _is_nobody(page)
    page.context.close()
