"""The README's worked example runs as it is written, and finds what was planted."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys

import pytest

from tests.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = [sys.executable, "-c", "from dashboard.cli import main; main()"]


def test_the_lines_of_python_run():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr


@pytest.fixture(scope="module")
def arguments() -> list[str]:
    """What follows the command's name in the README's command line."""
    (line,) = re.findall(r"fairness-dashboard (measure (?:.*\\\n)*.*)", README)
    return shlex.split(line.replace("\\\n", " "))


def test_the_command_prints_what_the_readme_shows(arguments):
    (shown,) = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    run = subprocess.run([*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
    assert "63 of 235" in shown
    for line in shown.splitlines():
        assert line == "..." or line in run.stdout


def test_the_command_finds_the_planted_counts(arguments):
    run = subprocess.run(
        [*COMMAND, *arguments, "--format", "json"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = {
        (row["system"], tuple(row["slice"].items())): (row["top"], row["below"])
        for row in json.loads(run.stdout)["estimates"]
    }

    assert found["model A", (("sex", "female"), ("region", "south"))] == (63, 235)
    assert found["model A", (("sex", "female"),)] == (219, 1774)
    assert found["model A", ()] == (383, 3542)
    assert found["model B", ()] == (360, 3542)
