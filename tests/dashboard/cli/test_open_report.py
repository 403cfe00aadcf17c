"""`open` on a bundle, on a workspace and as a viewer: what is wrong is said before anything is served."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboard.cli import run
from dashboard.workspace import FOLDER_VARIABLE, Workspace
from metrics.sharing.bundle import write_bundle
from tests.dashboard.views.shared import share_sample
from tests.paths import SAMPLES


@pytest.fixture
def launched(monkeypatch, tmp_path):
    calls = []
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "workspace"))

    def launch(path, schema_path, port, browser, **more):
        calls.append((path, more))
        return 0

    monkeypatch.setattr("dashboard.launch.launch", launch)
    return calls


@pytest.fixture
def bundle(tmp_path) -> Path:
    path = tmp_path / "Waiting.fairness.zip"
    path.write_bytes(write_bundle(share_sample("waiting")))
    return path


def test_a_bundle_is_kept_as_a_report_and_is_the_first_page(launched, bundle, tmp_path):
    assert run(["open", str(bundle), "--workspace", str(tmp_path / "other"), "--no-browser"]) == 0

    ((path, more),) = launched
    assert path is None
    assert os.environ[FOLDER_VARIABLE] == str(tmp_path / "other")
    report = Workspace.at_home().find_report(more["report"])
    assert report is not None
    assert report.path.read_bytes() == bundle.read_bytes()
    assert report.path.is_relative_to(tmp_path / "other")


def test_what_is_no_bundle_is_refused_and_nothing_is_kept(launched, bundle, tmp_path, capsys):
    bundle.write_bytes(b"PK\3\4" + bytes(100))

    assert run(["open", str(bundle)]) == 2

    assert "Waiting.fairness.zip" in capsys.readouterr().err
    assert launched == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([str(SAMPLES / "lending.csv")], "published reports only"),
        (["--bounty", str(SAMPLES / "bounty")], "published reports only"),
        (["--workspace", "nowhere"], "there is no such folder"),
    ],
)
def test_a_viewer_opens_nothing_else_and_makes_no_folder(launched, more, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert run(["open", "--viewer", *more]) == 2

    assert said in capsys.readouterr().err
    assert launched == []
    assert not Path("nowhere").exists()


def test_a_viewer_is_one(launched, tmp_path):
    assert run(["open", "--viewer", "--workspace", str(tmp_path)]) == 0

    assert launched[0][1]["viewer"] is True


def test_options_of_reading_are_of_no_use_for_a_bundle(launched, bundle, capsys):
    assert run(["open", str(bundle), "--label", "x"]) == 2

    assert "is a bundle" in capsys.readouterr().err
