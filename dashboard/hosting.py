"""Where the dashboard listens, and the names that it answers to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

__all__ = ["HERE", "Hosting"]

HERE = "127.0.0.1"
_OWN_NAMES = (HERE, "localhost")
_HOST = re.compile(r"(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_BASE_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


@dataclass(frozen=True)
class Hosting:
    """An address to listen at, the hosts that browsers may name, and what every path begins with.

    Browsers are answered only where they ask for one of `hosts` (`dashboard.example.org`, `*.example.org`) or for
    this machine by its own names: else a page on the web could have its own name lead here, and read what is on
    screen (DNS rebinding). Hence an address that others can reach needs a host. `base_path` is "" or `/fairness`.

    Raises ValueError, with what to do, for what is no address, no host or no path.
    """

    address: str = HERE
    hosts: tuple[str, ...] = ()
    base_path: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "hosts", tuple(host.strip().lower().rstrip(".") for host in self.hosts))
        object.__setattr__(self, "base_path", _tidy_path(self.base_path))
        for host in self.hosts:
            _check_host(host)
        if not _is_here(self.address) and not self.hosts:
            raise ValueError(
                f"--address {self.address} lets other machines in. Say by which name browsers reach the dashboard, "
                "such as --host dashboard.example.org: under any other name it does not answer, so that no page on "
                "the web can reach it through a visitor's browser."
            )

    @property
    def allowed(self) -> list[str]:
        """The hosts that browsers may name, this machine's own names among them."""
        return [*_OWN_NAMES, *(host for host in self.hosts if host not in _OWN_NAMES)]

    @property
    def shown(self) -> str:
        """The host that the dashboard's own links name."""
        return next((host for host in self.hosts if not host.startswith("*.")), HERE)

    @property
    def near(self) -> str:
        """The address at which this machine itself reaches the dashboard."""
        return {"0.0.0.0": HERE, "::": "::1"}.get(self.address, self.address)

    def link(self, port: int) -> str:
        """Return the address to open in a browser on this machine, with a slash at its end."""
        name = f"[{self.near}]" if ":" in self.near else self.near
        return f"http://{name}:{port}{self.base_path}/"


def _is_here(address: str) -> bool:
    """Whether an address to listen at is this machine's alone. Raises ValueError where it is no address."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        raise ValueError(
            f"--address {address} is no IP address. 127.0.0.1 lets in this machine alone, 0.0.0.0 every other one; "
            "names go to --host."
        ) from None


def _check_host(host: str) -> None:
    if host == "*":
        raise ValueError("--host * would answer to any name, and so protect nobody. Name the hosts one by one.")
    try:
        ip_address(host)
    except ValueError:
        if not _HOST.fullmatch(host):
            raise ValueError(
                f"--host {host} is no name of a host. Give it without https://, port and path, such as "
                "dashboard.example.org."
            ) from None


def _tidy_path(path: str) -> str:
    tidy = "/" + path.strip("/") if path.strip("/") else ""
    if not _BASE_PATH.fullmatch(tidy):
        raise ValueError(f"--base-path {path} is no path. Letters, digits and - . _ ~ are, such as /fairness.")
    return tidy
