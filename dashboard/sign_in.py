"""What the host has set up for signing in: the `[auth]` section of `secrets.toml`, and what a sign-in is needed for."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from streamlit.config import get_config_files

__all__ = ["NEEDED_VARIABLE", "auth_section", "find_faults", "needed_for"]

NEEDED_VARIABLE = "FAIRNESS_DASHBOARD_SIGN_IN"
_NEEDED_FOR = ("", "upload", "all")
_KEYS = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
_SHORTEST_SECRET = 32  # letters
_RETURN = "/oauth2callback"


def auth_section() -> Mapping[str, Any]:
    """Return the `[auth]` section; empty where there is none, or no file that can be read."""
    if not st.secrets.load_if_toml_exists():
        return {}
    section = st.secrets.get("auth")
    return section if isinstance(section, Mapping) else {}


def needed_for() -> str:
    """Return what a sign-in is needed for: "", `upload` or `all`; a word that is none of these keeps out everybody."""
    st.secrets.load_if_toml_exists()  # puts what stands above its sections into the environment
    named = _tidy(os.environ.get(NEEDED_VARIABLE, ""))
    return named if named in _NEEDED_FOR else "all"


def find_faults(hosts: tuple[str, ...] = (), base_path: str = "") -> list[str]:
    """Return what keeps the sign-in from working, as sentences for the host; nothing where it is off or complete.

    `hosts` are the names that the dashboard answers to besides this machine's own, `base_path` what its addresses
    begin with ("" or "/fairness"). To be called before the server has its settings: the files are read by themselves.
    """
    try:
        secrets = _read_secrets()
    except ValueError as error:
        return [str(error)]
    named = _tidy(secrets.get(NEEDED_VARIABLE, os.environ.get(NEEDED_VARIABLE, "")))
    auth = secrets.get("auth")
    faults = [] if named in _NEEDED_FOR else [f"{NEEDED_VARIABLE} is {named!r}; it can be upload or all."]
    if isinstance(auth, Mapping):
        return faults + _auth_faults(auth, hosts, base_path)
    return [*faults, f"{NEEDED_VARIABLE} asks for a sign-in, but secrets.toml has no [auth] section."] if named else []


def _tidy(named: object) -> str:
    return str(named).strip().lower()


def _read_secrets() -> dict[str, Any]:
    """Return what the files say, the later ones above the earlier; raises ValueError for one that cannot be read."""
    secrets: dict[str, Any] = {}
    for name in get_config_files("secrets.toml"):
        path = Path(name)
        try:
            if path.is_file():
                secrets |= tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ValueError(f"{path} cannot be read as TOML: {error}") from error
    return secrets


def _auth_faults(auth: Mapping[str, Any], hosts: tuple[str, ...], base_path: str) -> list[str]:
    faults = []
    missing = [key for key in _KEYS if not isinstance(auth.get(key), str) or not auth[key].strip()]
    if missing:
        faults.append(f"The [auth] section of secrets.toml lacks {', '.join(missing)}.")
    if "cookie_secret" not in missing and len(auth["cookie_secret"]) < _SHORTEST_SECRET:
        faults.append(
            f"The cookie_secret in secrets.toml has {len(auth['cookie_secret'])} letters; whoever guesses it can sign "
            f"in as anyone. Take at least {_SHORTEST_SECRET} random ones."
        )
    if "redirect_uri" not in missing:
        faults += _redirect_faults(auth["redirect_uri"], hosts, base_path)
    if find_spec("authlib") is None or find_spec("httpx") is None:
        faults.append("The sign-in needs two more packages: pip install 'fairness-dashboard[auth]'.")
    return faults


def _redirect_faults(redirect: str, hosts: tuple[str, ...], base_path: str) -> list[str]:
    here = ("127.0.0.1", "localhost")
    try:
        parts = urlsplit(redirect)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path != base_path + _RETURN:
        return [
            f"redirect_uri in secrets.toml is {redirect!r}; it is the dashboard's own address with "
            f"{base_path}{_RETURN}, such as https://dashboard.example.org{base_path}{_RETURN}."
        ]
    if parts.scheme == "http" and parts.hostname not in here:
        return [f"redirect_uri in secrets.toml is {redirect!r}; beyond this machine it has to begin with https://."]
    if not any(_answers_to(host, parts.hostname) for host in (*here, *hosts)):
        return [
            f"redirect_uri in secrets.toml leads to {parts.hostname}, which the dashboard does not answer to. "
            f"Start it with --host {parts.hostname}."
        ]
    return []


def _answers_to(host: str, name: str) -> bool:
    return name.endswith(host[1:]) if host.startswith("*.") else name == host
