from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import pytest

from dashboard.store.database import FILE
from dashboard.store.migrations import LATEST, MIGRATIONS
from dashboard.workspace import ReadOnly, Workspace
from metrics.errors import ResultsError
from metrics.schema import Schema
from tests.dashboard.kept import things_in
from tests.dashboard.store.made import BUNDLE, ROWS, SOURCE, keep, publish

OLD = "Q" * 32
SCHEMA = 'positive = ["yes"]\nlabel = "label"\n'


def _old_upload(root: Path, name: str = OLD, began: float | None = None) -> Path:
    """Write an upload as it lay in the folder before there was a database."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "file-0").write_bytes(b"id,a\n1,x\n")
    (folder / "file-1").write_bytes(ROWS)
    receipt = [
        {"name": "main.csv", "sha256": "a" * 64, "size": len(ROWS), "stored": "file-1"},
        {"name": "joined.csv", "sha256": "b" * 64, "size": 9, "stored": "file-0"},
    ]
    began = time.time() if began is None else began
    (folder / "receipt.json").write_text(json.dumps({"began": began, "files": receipt}))
    (folder / "schema.toml").write_text(SCHEMA)
    return folder


def test_uploads_of_the_layout_before_are_there_as_they_were(tmp_path):
    began = time.time() - 3600
    folder = _old_upload(tmp_path, began=began)

    kept = Workspace(tmp_path).find(OLD)

    assert [(f.name, f.sha256, f.size) for f in kept.files] == [
        ("main.csv", "a" * 64, len(ROWS)),
        ("joined.csv", "b" * 64, 9),
    ]
    assert kept.files[0].path.read_bytes() == ROWS
    assert kept.schema == Schema(columns={"label": "label"}, positive=("yes",))
    assert kept.ends == began + 24 * 3600
    assert sorted(path.name for path in folder.iterdir()) == ["file-0", "file-1"]
    assert Workspace(tmp_path).find(OLD) == kept


def test_an_upload_of_the_layout_before_can_be_corrected_and_deleted(tmp_path):
    _old_upload(tmp_path)
    home = Workspace(tmp_path)

    home.save_schema(OLD, Schema())
    home.put_first(OLD, 1)
    assert [f.name for f in home.find(OLD).files] == ["joined.csv", "main.csv"]
    assert home.delete(OLD)

    assert things_in(tmp_path) == []


def test_one_past_its_time_or_broken_is_swept_out(tmp_path):
    _old_upload(tmp_path, began=time.time() - 25 * 3600)
    for name, receipt in (("r" * 32, "{"), ("s" * 32, '{"began": 1, "files": [{"stored": "../x"}]}'), ("t" * 32, "[]")):
        (_old_upload(tmp_path, name) / "receipt.json").write_text(receipt)
    climbing = json.loads((_old_upload(tmp_path, "u" * 32) / "receipt.json").read_text())
    climbing["files"][0]["stored"] = "../../secret"
    (tmp_path / ("u" * 32) / "receipt.json").write_text(json.dumps(climbing))

    Workspace(tmp_path).sweep()

    assert things_in(tmp_path) == []


def test_a_link_is_not_taken_over(tmp_path):
    _old_upload(tmp_path / "elsewhere")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / OLD).symlink_to(tmp_path / "elsewhere" / OLD)

    assert Workspace(tmp_path / "root").find(OLD) is None
    Workspace(tmp_path / "root").sweep()
    assert (tmp_path / "elsewhere" / OLD / "receipt.json").is_file()


def test_a_workspace_of_the_first_version_gets_room_for_reports(tmp_path):
    keep(tmp_path)
    (tmp_path / FILE).unlink()
    with sqlite3.connect(tmp_path / FILE) as db:
        for statement in MIGRATIONS[0].statements:
            db.execute(statement)
        db.execute("INSERT INTO uploads VALUES (?, ?, ?)", (OLD, time.time(), ""))
        db.execute("PRAGMA user_version = 1")
    db.close()
    (tmp_path / OLD).mkdir()

    publish(tmp_path)

    assert Workspace(tmp_path).find(OLD) is not None
    assert Workspace(tmp_path).memories((SOURCE,)) == ["{}"]


def test_a_workspace_of_the_second_version_remembers_its_reports_and_takes_files(tmp_path):
    with sqlite3.connect(tmp_path / FILE) as db:
        for migration in MIGRATIONS[:2]:
            for statement in migration.statements:
                db.execute(statement)
        row = (OLD, "0" * 64, "Lending", "ann@x.org", None, 1.0, time.time() + 60, 0.0, 5, "0" * 64, "before")
        db.execute("INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        db.execute("INSERT INTO sources VALUES (?, ?)", (OLD, SOURCE))
        db.execute("PRAGMA user_version = 2")
    db.close()
    (tmp_path / OLD).mkdir()
    (tmp_path / OLD / "bundle.zip").write_bytes(b"12345")

    home = Workspace(tmp_path)
    found = home.find_report(OLD)
    home.hand_on(BUNDLE, title="Loans", owner="", sources=(SOURCE,), memory="after")

    assert (found.title, found.owner, found.is_file, found.path.read_bytes()) == (
        "Lending",
        "ann@x.org",
        False,
        b"12345",
    )
    assert home.memories((SOURCE,)) == ["before", "after"]


def test_a_migration_that_fails_changes_nothing(tmp_path, monkeypatch):
    _old_upload(tmp_path)
    broken = MIGRATIONS[1].statements + ("CREATE TABLE uploads (twice)",)
    first, second, *_ = MIGRATIONS
    monkeypatch.setattr("dashboard.store.database.MIGRATIONS", (first, type(second)(broken)))
    with pytest.raises(sqlite3.OperationalError):
        Workspace(tmp_path).find(OLD)
    monkeypatch.undo()

    with sqlite3.connect(tmp_path / FILE) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'reports'").fetchone() == (0,)
    db.close()
    assert Workspace(tmp_path).find(OLD) is not None


def test_a_newer_version_is_refused_and_left_alone(tmp_path):
    upload = keep(tmp_path).id
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute(f"PRAGMA user_version = {LATEST + 1}")
    db.close()

    for home in (Workspace(tmp_path), Workspace(tmp_path, writable=False)):
        with pytest.raises(ResultsError, match=f"version {LATEST + 1}; this program knows versions up to {LATEST}"):
            home.find(upload)
    with pytest.raises(ResultsError, match="Update it"):
        keep(tmp_path)


def test_who_may_only_read_is_told_that_an_older_one_must_be_opened_first(tmp_path):
    _old_upload(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("CREATE TABLE x (y)")
    db.close()

    with pytest.raises(ResultsError, match="earlier version"):
        Workspace(tmp_path, writable=False).find(OLD)
    with pytest.raises(ReadOnly):
        Workspace(tmp_path, writable=False).sweep()


def test_a_damaged_file_is_named_with_a_cure(tmp_path):
    upload = keep(tmp_path).id
    (tmp_path / FILE).write_bytes(b"no database, but longer than its header would be" * 100)

    with pytest.raises(ResultsError, match=r"is damaged .*Restore it from a backup"):
        Workspace(tmp_path).find(upload)


def test_the_file_is_the_owners_alone_and_has_a_write_ahead_log(tmp_path):
    keep(tmp_path)

    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("workspace.*")} == {0o600}
    with sqlite3.connect(tmp_path / FILE) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()
