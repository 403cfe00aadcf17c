from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.store import backup
from dashboard.workspace import Change, Workspace
from metrics.errors import ResultsError
from tests.dashboard.kept import things_in
from tests.dashboard.store.made import BUNDLE, ROWS, SOURCE, keep, publish


def test_what_is_lost_is_there_again_after_the_backup_is_copied_back(tmp_path):
    root, safe = tmp_path / "workspace", tmp_path / "backup"
    upload, (report, key) = keep(root), publish(root, owner="ann@x.org", memory="shown")
    withdrawn, _ = publish(root, memory="gone")
    home = Workspace(root)
    home.withdraw(withdrawn.id)
    home.save_text(upload.id, "policy", "a policy", lambda _: Change("ann@x.org", "changed policy", "a limit"))
    home.save_text(upload.id, "match with another", "a match")
    home.log("ann@x.org", "published", report.id)

    home.backup(safe)
    shutil.rmtree(root)
    assert home.find(upload.id) is None
    shutil.copytree(safe, root)

    assert home.find(upload.id) == upload
    assert home.find(upload.id).files[0].path.read_bytes() == ROWS
    assert home.find_report(report.id) == report
    assert home.find_report(report.id).path.read_bytes() == BUNDLE
    assert home.may_change(report.id, key=key)
    assert home.read_text(upload.id, "policy") == "a policy"
    assert home.read_text(upload.id, "match with another") == "a match"
    assert [(e.who, e.what, e.detail) for e in home.read_log(upload.id)] == [("ann@x.org", "changed policy", "a limit")]
    assert sorted(home.memories((SOURCE,))) == ["gone", "shown"]
    assert len(home.read_log(report.id)) == 1
    home.sweep()
    assert set(things_in(root)) == {upload.id, report.id}


def test_a_backup_is_the_owners_alone(tmp_path):
    keep(tmp_path / "workspace")

    Workspace(tmp_path / "workspace").backup(tmp_path / "backup")

    paths = [tmp_path / "backup", *(tmp_path / "backup").rglob("*")]
    assert {p.stat().st_mode & 0o777 for p in paths if p.is_dir()} == {0o700}
    assert {p.stat().st_mode & 0o777 for p in paths if p.is_file()} == {0o600}


def test_a_backup_is_whole_while_others_keep_and_delete(tmp_path):
    root = tmp_path / "workspace"
    stays = keep(root).id

    def keep_and_delete(_):
        for _ in range(5):
            Workspace(root).delete(keep(root, data=b"x" * 100_000).id)
            publish(root)

    with ThreadPoolExecutor(3) as pool:
        busy = [pool.submit(keep_and_delete, n) for n in range(2)]
        for number in range(4):
            Workspace(root).backup(tmp_path / f"backup-{number}")
        for one in busy:
            one.result()

    for number in range(4):
        copy = tmp_path / f"backup-{number}"
        assert Workspace(copy).find(stays).files[0].path.read_bytes() == ROWS
        with sqlite3.connect(copy / "workspace.sqlite") as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            known = {row[0] for row in db.execute("SELECT id FROM uploads UNION SELECT id FROM reports")}
        db.close()
        assert set(things_in(copy)) == known


def test_what_is_deleted_while_it_is_copied_is_not_in_the_backup(tmp_path, monkeypatch):
    root, safe = tmp_path / "workspace", tmp_path / "backup"
    gone, stays = keep(root, name="Zephyrine.csv").id, keep(root).id
    copy_files = backup._copy_files

    def delete_first(folder, copy):
        if folder.name == gone:
            Workspace(root).delete(gone)
        copy_files(folder, copy)

    monkeypatch.setattr(backup, "_copy_files", delete_first)
    Workspace(root).backup(safe)

    assert things_in(safe) == [stays]
    assert not any(b"Zephyrine" in path.read_bytes() for path in safe.glob("workspace.*"))


def test_nothing_is_written_over(tmp_path):
    keep(tmp_path / "workspace")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")

    with pytest.raises(ResultsError, match="is there already"):
        Workspace(tmp_path / "workspace").backup(tmp_path / "mine")

    assert sorted(p.name for p in tmp_path.iterdir() if p.name != "uploads") == ["mine", "workspace"]


def test_of_a_backup_that_fails_nothing_is_left(tmp_path, monkeypatch):
    keep(tmp_path / "workspace")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", fail)
    with pytest.raises(ResultsError, match="is full"):
        Workspace(tmp_path / "workspace").backup(tmp_path / "backup")

    assert [p.name for p in tmp_path.iterdir() if p.name != "uploads"] == ["workspace"]
