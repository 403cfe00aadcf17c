"""What is wrong with a sign-in is said at the start, in words that say what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard import sign_in
from dashboard.cli import run
from dashboard.sign_in import NEEDED_VARIABLE, find_faults

WHOLE = """\
[auth]
redirect_uri = "https://dashboard.example.org/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "a"
client_secret = "b"
server_metadata_url = "https://issuer.example.org/.well-known/openid-configuration"
"""
HOSTS = ("dashboard.example.org",)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Write the `secrets.toml` of this home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(NEEDED_VARIABLE, raising=False)
    (tmp_path / ".streamlit").mkdir()

    def write(text: str) -> None:
        (tmp_path / ".streamlit" / "secrets.toml").write_text(text)

    return write


def test_no_sign_in_is_no_fault(write):
    assert find_faults() == []


def test_a_whole_section_is_no_fault(write):
    write(WHOLE)

    assert find_faults(HOSTS) == []
    assert find_faults(("*.example.org",)) == []


@pytest.mark.parametrize("key", ["redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url"])
def test_a_key_that_lacks_is_named(write, key):
    write("\n".join(line for line in WHOLE.splitlines() if not line.startswith(key)))

    assert find_faults(HOSTS) == [f"The [auth] section of secrets.toml lacks {key}."]


def test_a_section_with_nothing_in_it_lacks_everything(write):
    write("[auth]\n")

    assert "lacks redirect_uri, cookie_secret, client_id, client_secret, server_metadata_url" in find_faults()[0]


@pytest.mark.parametrize(
    ("redirect", "said"),
    [
        ("https://dashboard.example.org/", "it is the dashboard's own address with /oauth2callback"),
        ("dashboard.example.org/oauth2callback", "it is the dashboard's own address"),
        ("https://[/oauth2callback", "it is the dashboard's own address"),
        ("http://dashboard.example.org/oauth2callback", "it has to begin with https://"),
        ("https://other.example.org/oauth2callback", "Start it with --host other.example.org"),
    ],
)
def test_an_address_to_return_to_is_this_dashboards_own(write, redirect, said):
    write(WHOLE.replace("https://dashboard.example.org/oauth2callback", redirect))

    (fault,) = find_faults(HOSTS)
    assert said in fault


def test_on_this_machine_http_will_do(write):
    write(WHOLE.replace("https://dashboard.example.org", "http://localhost:8501"))

    assert find_faults() == []


def test_below_a_path_the_address_to_return_to_has_it_too(write):
    write(WHOLE)

    assert "/fairness/oauth2callback" in find_faults(HOSTS, "/fairness")[0]


def test_a_secret_that_can_be_guessed_is_refused(write):
    write(WHOLE.replace("0123456789abcdef0123456789abcdef", "hunter2"))

    assert "has 7 letters" in find_faults(HOSTS)[0]


def test_packages_that_lack_are_named(write, monkeypatch):
    write(WHOLE)
    monkeypatch.setattr(sign_in, "find_spec", lambda name: None)

    assert find_faults(HOSTS) == ["The sign-in needs two more packages: pip install 'fairness-dashboard[auth]'."]


def test_a_file_that_is_no_toml_is_named(write):
    write("[auth\n")

    assert "secrets.toml cannot be read as TOML" in find_faults()[0]


@pytest.mark.parametrize("from_file", [False, True])
def test_a_sign_in_that_is_asked_for_must_be_set_up(write, monkeypatch, from_file):
    write(f'{NEEDED_VARIABLE} = "upload"\n' if from_file else "")
    if not from_file:
        monkeypatch.setenv(NEEDED_VARIABLE, "upload")

    assert find_faults() == [f"{NEEDED_VARIABLE} asks for a sign-in, but secrets.toml has no [auth] section."]


def test_a_word_that_asks_for_nothing_known_is_told(write, monkeypatch):
    write(WHOLE)
    monkeypatch.setenv(NEEDED_VARIABLE, "some")

    assert find_faults(HOSTS) == [f"{NEEDED_VARIABLE} is 'some'; it can be upload or all."]


def test_nothing_is_served_with_a_sign_in_that_would_not_work(write, capsys):
    write(WHOLE.replace("client_id", "client"))

    assert run(["open", "--no-browser", "--host", "dashboard.example.org"]) == 2
    assert "lacks client_id" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--address", "0.0.0.0"], "lets other machines in"),
        (["--host", "https://example.org"], "is no name of a host"),
        (["--base-path", "/a b"], "is no path"),
    ],
)
def test_nothing_is_served_where_it_should_not_be(arguments, said, capsys):
    assert run(["open", "--no-browser", *arguments]) == 2
    assert said in capsys.readouterr().err.replace("\n", " ")
