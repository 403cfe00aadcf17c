from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from dashboard.charts.palette import contrast
from dashboard.theme import SETTINGS
from metrics.reading.limits import Limits
from tests.paths import ROOT

# What only one of the two needs: a developer's server watches its files and greets; the launcher sets its own address.
ONLY_OF_THE_COMMAND = {"server.fileWatcherType", "logger.hideWelcomeMessage"}
ONLY_OF_THE_FILE = {"server.address"}


def _flatten(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def test_the_command_and_the_file_say_the_same():
    file = dict(_flatten(tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())))

    assert {k: v for k, v in SETTINGS.items() if k not in ONLY_OF_THE_COMMAND} == {
        k: v for k, v in file.items() if k not in ONLY_OF_THE_FILE
    }


def test_nothing_is_told_to_anyone():
    assert SETTINGS["browser.gatherUsageStats"] is False


def test_the_server_refuses_what_reading_would_refuse():
    assert SETTINGS["server.maxUploadSize"] * 2**20 == Limits.browser().file_bytes


def test_white_can_be_read_on_buttons_and_tags_of_both_themes():
    assert {
        t: round(contrast(SETTINGS[f"theme.{t}.primaryColor"], "#FFFFFF"), 2) >= 4.5 for t in ("light", "dark")
    } == {
        "light": True,
        "dark": True,
    }
