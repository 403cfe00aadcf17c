"""Who is at the screen, and what that person may do: the claims of a sign-in, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.people import TRUST_VARIABLE
from dashboard.sign_in import NEEDED_VARIABLE
from tests.dashboard.pages import APP, bare, texts

AUTH = {"redirect_uri": "http://localhost/oauth2callback", "cookie_secret": "c" * 32, "client_id": "a"}
ANN = {"is_logged_in": True, "email": "Ann@Example.org", "email_verified": True}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    monkeypatch.delenv(NEEDED_VARIABLE, raising=False)
    monkeypatch.delenv(TRUST_VARIABLE, raising=False)


def _say_person() -> None:
    import streamlit as st

    from dashboard import people

    st.text(f"<{people.person()}>")
    people.draw_sign_in()
    st.text(people.need_person("publish"))


def _look(user: dict[str, Any], auth: dict[str, str] | None = AUTH, script: Any = _say_person) -> AppTest:
    app = AppTest.from_function(script) if callable(script) else AppTest.from_file(script, default_timeout=60)
    app.user = user
    if auth is not None:
        app.secrets["auth"] = auth
    app.run()
    assert not app.exception
    return app


def test_whoever_is_signed_in_is_a_person_by_the_folded_email():
    app = _look(ANN)

    assert [text.value for text in app.text] == ["<ann@example.org>", "ann@example.org"]
    assert [button.label for button in app.sidebar.button] == ["Sign out"]


@pytest.mark.parametrize(
    "changed",
    [
        {"is_logged_in": False},
        {"is_logged_in": "true"},
        {"email_verified": False},
        {"email_verified": "false"},
        {"email_verified": None},
        {"email_verified": 1},
        {"email": ""},
        {"email": None},
        {"email": ["ann@example.org"]},
        {"email": "ann"},
        {"email": "ann@example.org, bob@example.org"},
    ],
)
def test_whoever_is_not_vouched_for_is_nobody(changed):
    app = _look(ANN | changed)

    assert [text.value for text in app.text] == ["<>"]


def test_without_a_sign_in_nobody_is_anybody():
    app = _look(ANN, auth=None)

    assert [text.value for text in app.text] == ["<>"]
    assert len(app.sidebar.button) == 0
    assert "no sign-in is set up here" in app.error[0].value


def test_a_service_that_says_nothing_of_addresses_can_be_trusted_with_them(monkeypatch):
    silent = {name: value for name, value in ANN.items() if name != "email_verified"}
    assert _look(silent).text[0].value == "<>"

    monkeypatch.setenv(TRUST_VARIABLE, "1")

    assert _look(silent).text[0].value == "<ann@example.org>"
    assert _look(ANN | {"email_verified": False}).text[0].value == "<>"


def test_the_page_says_what_a_sign_in_would_be_for():
    app = _look({})

    assert app.info[0].value == "Sign in to publish."
    assert [button.label for button in app.main.button] == ["Sign in"]


def _ask_twice() -> None:
    from dashboard import people

    people.offer_sign_in("publish")
    people.offer_sign_in("read")


def test_a_page_may_ask_for_two_things():
    assert [info.value for info in _look({}, script=_ask_twice).info] == ["Sign in to publish.", "Sign in to read."]


def test_whoever_has_no_verified_address_is_told_so_and_can_sign_out():
    app = _look(ANN | {"email_verified": False})

    assert "a verified e-mail address is needed" in app.warning[0].value
    assert [button.label for button in app.sidebar.button] == ["Sign out"]


def test_what_stands_in_an_address_is_text():
    app = _look(ANN | {"email": "![a](http://evil.example/a.png)**b**@example.org"})

    (said,) = [text for text in texts(app) if text.startswith("Signed in as")]
    assert "evil.example" not in bare(said)
    assert "**" not in bare(said)


def test_where_all_needs_a_sign_in_nobody_sees_anything(monkeypatch):
    monkeypatch.setenv(NEEDED_VARIABLE, "all")

    shut, open_ = _look({}, script=str(APP)), _look(ANN, script=str(APP))

    assert [title.value for title in shut.title] == ["Who is there?"]
    assert len(shut.get("plotly_chart")) + len(shut.dataframe) + len(shut.sidebar.selectbox) == 0
    assert open_.title[0].value != "Who is there?"


@pytest.mark.parametrize("word", ["all", "upload", "some"])
def test_a_sign_in_that_is_asked_for_and_not_set_up_keeps_people_out(monkeypatch, word):
    monkeypatch.setenv(NEEDED_VARIABLE, word)

    app = AppTest.from_function(_ask_what_is_allowed).run()

    assert app.text[0].value == "False"


def _ask_what_is_allowed() -> None:
    import streamlit as st

    from dashboard import people

    st.text(str(people.may_upload()))


def test_a_word_that_is_none_keeps_out_everybody_rather_than_nobody(monkeypatch):
    monkeypatch.setenv(NEEDED_VARIABLE, "some")

    assert _look({}, script=str(APP)).title[0].value == "Who is there?"


def _go(user: dict[str, Any], page: str) -> AppTest:
    app = _look(user, script=str(APP))
    app.switch_page(f"views/{page}.py").run()
    assert not app.exception
    return app


@pytest.mark.parametrize("page", ["data", "last_mile", "over_time"])
def test_where_uploading_needs_a_sign_in_nobody_gets_a_drop_zone(monkeypatch, page):
    monkeypatch.setenv(NEEDED_VARIABLE, "upload")

    nobody, ann = _go({}, page), _go(ANN, page)

    assert [zone.label for zone in nobody.file_uploader if "TOML" not in zone.label] == []
    assert any("Sign in to" in info.value for info in nobody.info)
    assert len(ann.file_uploader) > 0


def _upload_all_the_same() -> None:
    import io

    from dashboard import uploads
    from metrics.schema import Schema

    uploads.upload([("a.csv", io.BytesIO(b"id,label\n1,1\n"))], Schema(), 1000)
    uploads.upload_beside([("a.csv", io.BytesIO(b"id,label\n1,1\n"))], Schema(), 1000)
    uploads.keep_beside([("a.csv", io.BytesIO(b"id,label\n1,1\n"))], 1000, lambda kept: None)


@pytest.mark.parametrize(("user", "kept"), [({}, False), (ANN, True)])
def test_files_of_nobody_are_refused_below_the_screen_too(monkeypatch, workspace_folder, user, kept):
    monkeypatch.setenv(NEEDED_VARIABLE, "upload")

    _look(user, script=_upload_all_the_same)

    assert (workspace_folder.is_dir() and any(workspace_folder.iterdir())) is kept
