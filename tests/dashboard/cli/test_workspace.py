"""`workspace status|log|sweep|backup`."""

from __future__ import annotations

import time

import pytest

from dashboard.cli import run
from dashboard.workspace import Workspace
from tests.dashboard.kept import things_in
from tests.dashboard.store.made import ROWS, SOURCE, keep, publish


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRNESS_DASHBOARD_WORKSPACE", str(tmp_path / "named"))
    return tmp_path / "workspace"


def test_status_counts_and_names_nothing(root, capsys):
    upload, (report, _) = keep(root), publish(root)
    Workspace(root).withdraw(publish(root)[0].id)

    assert run(["workspace", "status", "--workspace", str(root)]) == 0

    said = capsys.readouterr().out
    assert "Kept: 1 upload, 1 published report (1 more withdrawn or ended)" in said
    assert "of 20.00 GB are taken up" in said
    assert "Remembered" not in said
    assert not any(secret in said for secret in (upload.id, report.id, "mine.csv", "Lending"))


def test_status_counts_bundle_files_apart_from_reports(root, capsys):
    for title in ("Lending", "Loans"):
        Workspace(root).hand_on(b"PK", title=title, owner="", sources=(SOURCE,), memory="{}")

    assert run(["workspace", "status", "--workspace", str(root)]) == 0

    said = capsys.readouterr().out
    assert "Kept: 0 uploads, 0 published reports\nRemembered: what 2 bundle files showed\n" in said


def test_a_workspace_that_is_not_there_is_empty_and_is_not_made(root, capsys):
    assert run(["workspace", "status"]) == 0

    assert "Kept: 0 uploads, 0 published reports" in capsys.readouterr().out
    assert not (root.parent / "named").exists()


def test_sweep_removes_what_is_past_its_time(root, capsys, monkeypatch):
    keep(root)
    publish(root)
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 25 * 3600)

    assert run(["workspace", "sweep", "--workspace", str(root)]) == 0

    assert "Removed: 1 upload, 1 published report" in capsys.readouterr().out
    assert things_in(root) == []


def test_log_says_who_did_what_to_one_thing_and_when(root, capsys):
    upload, other = keep(root).id, keep(root).id
    home = Workspace(root)
    home.log("ann@x.org", "changed policy", upload, "rule gap: at most from 7 points to 5 points")
    home.log("", "changed schema", upload, "threshold\u202e")
    home.log("bob@x.org", "changed policy", other)

    assert run(["workspace", "log", upload, "--workspace", str(root)]) == 0

    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("  ann@x.org  changed policy  rule gap: at most from 7 points to 5 points")
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(home.read_log(upload)[0].at))
    assert first.startswith(f"{at}  ")
    assert second.endswith("  -  changed schema  threshold")


def test_the_log_of_all_there_is_names_no_address(root, capsys):
    upload, (report, _) = keep(root), publish(root, owner="ann@x.org", deed="published", detail="Lending")
    Workspace(root).log("bob@x.org", "changed policy", upload.id)

    assert run(["workspace", "log", "--workspace", str(root)]) == 0

    said = capsys.readouterr().out
    assert "  ann@x.org  published  Lending" in said
    assert "  bob@x.org  changed policy" in said
    assert not any(secret in said for secret in (upload.id, report.id))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ([], "Nothing was done yet."),
        (["x" * 32], "Nothing is known of it."),
        (["-" + "x" * 31], "Nothing is known of it."),
        (["--" + "x" * 30], "Nothing is known of it."),
    ],
)
def test_a_log_that_is_empty_says_so(root, capsys, address, said):
    assert run(["workspace", "log", *address, "--workspace", str(root)]) == 0

    assert capsys.readouterr().out == f"{said}\n"


def test_backup_makes_a_workspace_of_its_own(root, tmp_path, capsys):
    upload = keep(root)

    assert run(["workspace", "backup", str(tmp_path / "safe"), "--workspace", str(root)]) == 0

    assert Workspace(tmp_path / "safe").find(upload.id).files[0].path.read_bytes() == ROWS


def test_backup_writes_over_nothing_and_wants_a_workspace(root, tmp_path, capsys):
    keep(root)
    (tmp_path / "safe").mkdir()
    (tmp_path / "safe" / "letter.txt").write_text("dear")

    assert run(["workspace", "backup", str(tmp_path / "safe"), "--workspace", str(root)]) == 2
    assert run(["workspace", "backup", str(tmp_path / "new")]) == 2

    said = capsys.readouterr().err
    assert "is there already" in said
    assert "is no workspace" in said
    assert not (tmp_path / "new").exists()
