"""What a hostile page, address or caller gets from the server: nothing."""

from __future__ import annotations

import http.client
import socket
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from dashboard.headers import HEADERS
from tests.browser.conftest import Screen


def _ask(base_url: str, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    """Ask for a path as it is written: no client tidies it up."""
    parts = urlsplit(base_url)
    line = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
    line.request(method, path, headers=headers)
    answer = line.getresponse()
    answer.content = answer.read()  # type: ignore[attr-defined]
    line.close()
    return answer


@pytest.mark.parametrize("path", ["/", "/slices", "/_stcore/health", "/media/nothing.csv", "/no/such/page"])
def test_every_answer_carries_every_header(base_url: str, path: str):
    answer = _ask(base_url, path)

    assert {name: answer.headers.get_all(name) for name, _ in HEADERS} == {name: [text] for name, text in HEADERS}


def test_the_policy_lets_nothing_in_from_outside():
    policy = dict(HEADERS)["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))

    assert "unsafe-eval" not in policy
    assert "*" not in policy
    assert "http" not in policy
    assert (rules["default-src"], rules["object-src"], rules["frame-ancestors"]) == ("'self'", "'none'", "'none'")


@pytest.mark.parametrize(
    ("host", "origin", "answer"),
    [
        ("127.0.0.1", "http://127.0.0.1", 101),
        ("127.0.0.1", "http://evil.example", 403),
        ("evil.example", "http://evil.example", 403),
        ("127.0.0.1.evil.example", "http://127.0.0.1.evil.example", 403),
    ],
)
def test_only_our_own_pages_get_a_socket(base_url: str, host: str, origin: str, answer: int):
    port = urlsplit(base_url).port
    lines = (
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host}:{port}",
        f"Origin: {origin}:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall("\r\n".join((*lines, "", "")).encode())
        said = line.recv(200).decode().splitlines()[0]

    assert said.split()[1] == str(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/static/../../../../etc/passwd",
        "/static/..%2f..%2f..%2f..%2fetc/passwd",
        "/media/..%2f..%2f..%2fetc%2fpasswd",
        "/app/static/%2e%2e/%2e%2e/app.py",
        "/component/x/..%2f..%2fapp.py",
    ],
)
def test_no_path_leads_out_of_the_pages(base_url: str, path: str):
    content = _ask(base_url, path).content  # type: ignore[attr-defined]

    assert b"root:" not in content
    assert b"import streamlit" not in content


def test_nothing_is_uploaded_without_a_session(base_url: str):
    answer = _ask(base_url, "/_stcore/upload_file/guess/guess", "PUT", Origin="http://evil.example")

    assert answer.status >= 400


@pytest.mark.parametrize("asked", ["../../etc/passwd", "..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "%00", "C:%5Cx"])
def test_an_address_that_is_a_path_leads_to_nothing(reader: Screen, asked: str):
    reader.open(f"data?data={asked}")

    expect(reader.page.get_by_text("There is no data under this address")).to_be_visible()
