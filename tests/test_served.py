"""A dashboard that is hosted: what it answers to, and with which headers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from dashboard.headers import HEADERS
from tests.served import free_port, serve


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    arguments = ("--address", "0.0.0.0", "--host", "dashboard.example.org", "--base-path", "/fair")
    with serve(tmp_path_factory.mktemp("hosted"), free_port(), *arguments, base_path="/fair") as served:
        yield served


def _ask_for_a_socket(address: str, host: str, origin: str | None = None) -> str:
    """The first line of the answer to a page of `origin` (`host` itself unless said) that asks for the WebSocket."""
    parts = urlsplit(address)
    with socket.create_connection(("127.0.0.1", parts.port), timeout=20) as connection:
        connection.sendall(
            f"GET {parts.path}/_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin or f'https://{host}'}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        return connection.recv(1000).decode().partition("\r\n")[0]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("dashboard.example.org", "101"),
        ("Dashboard.Example.org:8443", "101"),
        ("localhost", "101"),
        ("evil.example", "403"),
        ("dashboard.example.org.evil.example", "403"),
        ("192.0.2.7", "403"),
    ],
)
def test_it_answers_to_the_hosts_that_were_named_and_no_others(address, host, status):
    assert status in _ask_for_a_socket(address, host)


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost", "null", "https://[", "https://0.0.0.0"])
def test_a_page_of_another_site_gets_no_socket(address, origin):
    assert "403" in _ask_for_a_socket(address, "dashboard.example.org", origin)


PATHS = [
    "/",
    "/slices?data=lending",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/metrics",
    "/media/none.csv",
    "/%2e%2e/x",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_headers(address, path):
    answer = httpx.get(address + path)

    assert {name: answer.headers.get_list(name) for name, _ in HEADERS} == {name: [value] for name, value in HEADERS}


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/_stcore//metrics", "/_stcore/%6detrics"])
def test_figures_about_the_server_are_for_nobody(address, path):
    answer = httpx.get(address + path, headers={"Accept": "application/x-protobuf"})

    assert "memory_bytes" not in answer.text
    assert answer.status_code == 404 or answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS"])
def test_nor_by_another_method(address, method):
    assert httpx.request(method, f"{address}/_stcore/metrics").status_code == 404
