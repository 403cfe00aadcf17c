"""The Dockerfile keeps what docs/hosting.md promises, and its command serves where it may write next to nothing."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.paths import ROOT
from tests.served import free_port, serve

LINES = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8")).splitlines()
STEPS = [tuple(line.split(maxsplit=1)) for line in LINES if line and not line.startswith("#")]
LAST_STAGE = STEPS[max(number for number, (word, _) in enumerate(STEPS) if word == "FROM") :]
COPIED = [rest.split()[:-1] for word, rest in STEPS if word == "COPY" and "--from" not in rest]
IGNORED = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]


def _last(word: str) -> str:
    """What stands after the last of these words in the stage that is run."""
    return [rest for found, rest in LAST_STAGE if found == word][-1]


COMMAND = json.loads(_last("ENTRYPOINT"))
HEALTH = json.loads(_last("HEALTHCHECK").partition("CMD ")[2])


def test_the_base_is_named_by_version_and_is_the_same_in_every_stage():
    bases = {rest.split()[0] for word, rest in STEPS if word == "FROM"}

    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", bases.pop())


def test_the_python_is_one_that_the_package_runs_on():
    (version,) = {re.search(r"python:3\.(\d+)", rest)[1] for word, rest in STEPS if word == "FROM"}
    bound = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]

    assert int(version) >= int(bound.removeprefix(">=3."))


def test_it_does_not_run_as_root():
    words = [word for word, _ in LAST_STAGE]

    assert _last("USER") not in ("root", "0")
    assert f"useradd --system --uid 10001 --create-home --home-dir /home/dashboard {_last('USER')}" in _last("RUN")
    assert words.index("USER") < words.index("ENTRYPOINT")


def test_uploads_are_kept_in_the_volume():
    assert _last("VOLUME") == "/workspace"
    assert "FAIRNESS_DASHBOARD_WORKSPACE=/workspace" in _last("ENV")


def test_it_listens_where_the_port_leads_and_answers_to_one_host_until_more_are_named():
    assert COMMAND[COMMAND.index("--address") + 1] == "0.0.0.0"
    assert COMMAND[COMMAND.index("--port") + 1] == _last("EXPOSE")
    assert "FAIRNESS_DASHBOARD_HOST=localhost" in _last("ENV")


def test_the_health_check_asks_the_server_by_a_line_of_python():
    assert HEALTH[:2] == ["python", "-c"]
    assert f"http://127.0.0.1:{_last('EXPOSE')}" in HEALTH[2]
    assert "/_stcore/health" in HEALTH[2]
    ast.parse(HEALTH[2])


def test_nothing_is_compiled_and_versions_are_the_tested_ones():
    runs = " ".join(rest for word, rest in STEPS if word == "RUN")

    assert "--constraint constraints.txt" in runs
    assert not re.search(r"apt-get|gcc|build-essential|curl|wget", runs)


def test_extras_that_are_installed_are_there():
    extras = re.search(r"'\.\[([\w,]+)\]'", " ".join(rest for word, rest in STEPS if word == "RUN"))[1].split(",")

    assert set(extras) <= set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
    assert "auth" in extras


@pytest.mark.parametrize("path", [path for paths in COPIED for path in paths])
def test_what_is_copied_is_there_and_not_ignored(path):
    assert (ROOT / path).exists()
    assert f"!{path}" in IGNORED


def test_all_that_the_package_is_made_of_is_copied():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    folders = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    files = {project["project"]["readme"], *project["project"]["license-files"], "pyproject.toml"}

    assert folders | files <= {path for paths in COPIED for path in paths}


def test_secrets_stay_at_home():
    assert IGNORED[0] == "*"
    assert "**/.streamlit" in IGNORED
    assert {line[1:] for line in IGNORED if line.startswith("!")} == {path for paths in COPIED for path in paths}


# -- without Docker: the same files, the same command, the same settings -------------------------


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the image has of the package, in a folder that nobody writes to."""
    folder = tmp_path_factory.mktemp("image") / "source"
    for path in (path for paths in COPIED for path in paths):
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, folder / path, ignore=shutil.ignore_patterns("__pycache__", ".streamlit"))
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def _settings(image: Path) -> dict[str, str]:
    named = dict(setting.split("=", 1) for setting in _last("ENV").split())
    return {
        name: value for name, value in named.items() if name not in ("PATH", "HOME", "FAIRNESS_DASHBOARD_WORKSPACE")
    } | {"PYTHONPATH": str(image)}


@pytest.mark.slow
def test_its_command_serves_from_a_folder_that_it_cannot_write_to(image, tmp_path):
    assert COMMAND[0] == "fairness-dashboard"
    rest = [part for part in COMMAND[1:] if part not in ("--port", _last("EXPOSE"))]
    command = (sys.executable, "-c", "from dashboard.cli import main; main()", *rest)
    before = sorted(image.rglob("*"))

    port = free_port()
    with serve(tmp_path, port, command=command, environment=_settings(image)) as address:
        check = HEALTH[2].replace(_last("EXPOSE"), str(port))
        assert subprocess.run([sys.executable, *HEALTH[1:-1], check], check=False).returncode == 0
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"{address}/_stcore/metrics")

    assert subprocess.run([sys.executable, *HEALTH[1:-1], check], check=False, stderr=-3).returncode != 0
    assert sorted(image.rglob("*")) == before
    assert {path.name for path in tmp_path.iterdir()} <= {"log", "uploads"}


def test_without_a_host_its_command_says_what_is_missing(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", "from dashboard.cli import main; main()", *COMMAND[1:]],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "FAIRNESS_DASHBOARD_HOST": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 2
    assert "--host dashboard.example.org" in run.stderr
