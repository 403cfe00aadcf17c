from __future__ import annotations

import pytest
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from dashboard.hosting import Hosting


def test_without_a_word_the_dashboard_answers_to_this_machine_alone():
    hosting = Hosting()

    assert hosting.address == "127.0.0.1"
    assert hosting.allowed == ["127.0.0.1", "localhost"]
    assert hosting.link(8501) == "http://127.0.0.1:8501/"


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.7", "2001:db8::7"])
def test_an_address_that_others_reach_needs_a_host(address):
    with pytest.raises(ValueError, match=r"lets other machines in.* --host dashboard\.example\.org"):
        Hosting(address)

    assert Hosting(address, ("dashboard.example.org",)).address == address


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.9", "::1"])
def test_an_address_of_this_machine_alone_needs_no_host(address):
    assert Hosting(address).hosts == ()


@pytest.mark.parametrize("address", ["", "localhost", "example.org", "0.0.0.0:80", "http://0.0.0.0"])
def test_what_is_no_ip_address_is_none(address):
    with pytest.raises(ValueError, match="is no IP address"):
        Hosting(address, ("example.org",))


@pytest.mark.parametrize(
    "host",
    [
        "*",
        "",
        "https://example.org",
        "example.org:8501",
        "example.org/fairness",
        "a b",
        "*.",
        "*.*.org",
        "user@example.org",
    ],
)
def test_a_host_is_a_name_alone(host):
    with pytest.raises(ValueError, match="--host"):
        Hosting(hosts=(host,))


@pytest.mark.parametrize(
    ("hosts", "asked", "answered"),
    [
        (("Dashboard.Example.org.",), "dashboard.example.org", True),
        (("dashboard.example.org",), "dashboard.example.org:8443", True),
        (("dashboard.example.org",), "evil.example", False),
        (("dashboard.example.org",), "dashboard.example.org.evil.example", False),
        (("*.example.org",), "a.example.org", True),
        (("*.example.org",), "example.org", False),
        (("192.0.2.7",), "192.0.2.7:8501", True),
        (("2001:db8::7",), "[2001:db8::7]:8501", True),
        ((), "localhost:8501", True),
        ((), "dashboard.example.org", False),
    ],
)
def test_what_is_allowed_is_what_the_server_answers_to(hosts, asked, answered):
    before = config.get_option("server.allowedHosts")
    config.set_option("server.allowedHosts", Hosting(hosts=hosts).allowed)
    try:
        assert is_host_allowed(asked) is answered
    finally:
        config.set_option("server.allowedHosts", before)


def test_links_name_a_host_that_is_one():
    assert Hosting("0.0.0.0", ("*.example.org", "fair.example.org")).shown == "fair.example.org"
    assert Hosting("0.0.0.0", ("*.example.org",)).shown == "127.0.0.1"


@pytest.mark.parametrize(
    ("given", "kept"), [("", ""), ("/", ""), ("fairness", "/fairness"), ("/fairness/", "/fairness"), ("/a/b", "/a/b")]
)
def test_a_base_path_begins_with_a_slash_and_ends_without(given, kept):
    assert Hosting(base_path=given).base_path == kept


@pytest.mark.parametrize("path", ["/../etc", "/a//b", "/a b", "/a?b", "/a\nb", "https://example.org/a"])
def test_what_is_no_path_is_none(path):
    with pytest.raises(ValueError, match="--base-path"):
        Hosting(base_path=path)


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("0.0.0.0", "http://127.0.0.1:8501/f/"),
        ("::", "http://[::1]:8501/f/"),
        ("192.0.2.7", "http://192.0.2.7:8501/f/"),
    ],
)
def test_the_link_that_is_told_leads_from_this_machine(address, link):
    assert Hosting(address, ("example.org",), "/f").link(8501) == link
