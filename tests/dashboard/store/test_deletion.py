"""What is deleted leaves no bytes behind: not in the database, its log or its free pages, nor in any file."""

from __future__ import annotations

import io
import random
import sqlite3
import time
from pathlib import Path

import pytest

from dashboard.store.database import FILE
from dashboard.store.home import Home
from dashboard.workspace import Change, Workspace
from metrics.schema import Schema
from tests.dashboard.kept import things_in
from tests.dashboard.store.made import SOURCE, keep, publish

MARK = "Zephyrine"


def _marked_upload(root: Path, mark: str = MARK) -> str:
    home = Workspace(root)
    sources = [(f"{mark}-{n}.csv", io.BytesIO(f"{mark}, rows".encode())) for n in range(3)]
    upload = home.keep(sources, Schema(positive=(f"{mark}-schema",)), 1000).id
    home.save_schema(upload, Schema(positive=(f"{mark}-corrected", mark * 500)))
    home.put_first(upload, 2)
    for name in ("policy", f"{mark}-text"):
        home.save_text(upload, name, f"{mark}-policy {mark * 2000}")
    home.save_text(upload, "policy", f"{mark}-again", lambda _: Change(f"{mark}@x.org", "changed policy", mark * 40))
    home.save_text(upload, f"match with {mark}", f"{mark}-match {mark * 3000}")
    home.save_text(upload, f"match with {mark}", f"{mark}-other", lambda was: Change("", "changed match", was or ""))
    told = lambda before: Change(f"{mark}@x.org", "changed schema", before.positive[0])  # noqa: E731
    home.save_schema(upload, Schema(positive=(f"{mark}-once more",)), told)
    home.log(f"{mark}@x.org", "changed policy", upload, f"{mark}-detail")
    return upload


def _marked_report(root: Path, mark: str = MARK) -> str:
    report, _ = publish(
        root,
        f"{mark}-bundle".encode(),
        title=f"{mark}-title",
        owner=f"{mark}@x.org",
        readers=(f"{mark}.reader@x.org",),
        sources=(SOURCE,),
        memory=f"{mark}-memory {mark * 5000}",
    )
    Workspace(root).set_readers(report.id, (f"{mark}.other@x.org",))
    Workspace(root).log(f"{mark}@x.org", "published", report.id, f"{mark}-detail")
    return report.id


def _holding(root: Path, mark: str = MARK) -> list[str]:
    """The names of the files in which the mark stands, in whatever case; a name counts as well."""
    found = []
    for path in root.rglob("*"):
        told = path.name.encode() + (path.read_bytes() if path.is_file() else b"")
        if mark.lower().encode() in told.lower():
            found.append(path.name)
    return found


def test_a_deleted_upload_leaves_no_bytes(tmp_path):
    other = keep(tmp_path).id
    upload = _marked_upload(tmp_path)
    assert FILE in _holding(tmp_path)  # the search finds what there is

    Workspace(tmp_path).delete(upload)

    assert _holding(tmp_path) == []
    assert things_in(tmp_path) == [other]


def test_a_deleted_report_leaves_no_bytes(tmp_path):
    publish(tmp_path)
    report = _marked_report(tmp_path)
    assert FILE in _holding(tmp_path)

    Workspace(tmp_path).delete_report(report)

    assert _holding(tmp_path) == []
    assert SOURCE not in {path.name for path in tmp_path.rglob("*")}


def test_nor_does_a_bundle_file_that_is_forgotten(tmp_path):
    told = {"title": f"{MARK}-title", "owner": f"{MARK}@x.org", "memory": f"{MARK}-memory {MARK * 5000}"}
    file, _ = Workspace(tmp_path).hand_on(f"{MARK}-bundle".encode(), sources=(SOURCE,), **told)
    assert _holding(tmp_path) == [FILE]
    assert f"{MARK}-bundle".encode() not in (tmp_path / FILE).read_bytes()

    Workspace(tmp_path).delete_report(file.id)

    assert _holding(tmp_path) == []


def test_nor_do_an_upload_and_a_report_past_their_time(tmp_path, monkeypatch):
    upload, report = _marked_upload(tmp_path), _marked_report(tmp_path)
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 25 * 3600)
    Workspace(tmp_path).sweep()

    assert things_in(tmp_path) == []
    (left,) = Workspace(tmp_path).reports_of(f"{MARK}@x.org")  # the owner, who may still delete what is remembered
    assert left.id == report
    assert Workspace(tmp_path).delete(upload) is False
    Workspace(tmp_path).delete_report(report)
    assert _holding(tmp_path) == []


@pytest.mark.parametrize("seed", range(5))
def test_not_whatever_was_kept_and_deleted_before(tmp_path, seed):
    """Pages of the database are filled, split, emptied and joined; the marks of what is left are told apart."""
    chance = random.Random(seed)
    there: dict[str, tuple[str, str]] = {}
    for turn in range(12):
        mark = f"{MARK}{turn:03}X"
        kind = chance.choice(["upload", "report"])
        there[mark] = (kind, (_marked_upload if kind == "upload" else _marked_report)(tmp_path, mark))
        if chance.random() < 0.6:
            gone = chance.choice(sorted(there))
            kind, thing = there.pop(gone)
            home = Workspace(tmp_path)
            assert home.delete(thing) if kind == "upload" else home.delete_report(thing)
            assert _holding(tmp_path, gone) == []
    assert all(_holding(tmp_path, mark) for mark in there)


def test_an_open_reader_does_not_keep_bytes_for_long(tmp_path):
    """While somebody is reading, the log cannot be cut off: the next sweeping does it."""
    upload = _marked_upload(tmp_path)
    reader = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM uploads").fetchone()

    assert Workspace(tmp_path).delete(upload)
    assert Workspace(tmp_path).find(upload) is None
    reader.execute("COMMIT")
    Workspace(tmp_path).sweep()

    assert _holding(tmp_path) == []
    reader.close()


def test_an_idle_connection_is_not_in_the_way(tmp_path):
    upload = _marked_upload(tmp_path)
    idle = sqlite3.connect(tmp_path / FILE)
    idle.execute("SELECT count(*) FROM uploads").fetchone()

    Workspace(tmp_path).delete(upload)

    assert _holding(tmp_path) == []
    idle.close()


def test_a_text_that_is_replaced_is_gone_with_the_upload_at_the_latest(tmp_path):
    upload = keep(tmp_path).id
    home = Workspace(tmp_path)
    home.save_text(upload, "policy", MARK)
    home.save_text(upload, "policy", "another")
    assert home.read_text(upload, "policy") == "another"

    home.delete(upload)

    assert _holding(tmp_path) == []


def test_a_text_that_is_removed_leaves_no_bytes(tmp_path):
    upload = keep(tmp_path).id
    home = Workspace(tmp_path)
    home.save_text(upload, f"match with {MARK}", MARK * 5_000)
    assert _holding(tmp_path)

    home.save_text(upload, f"match with {MARK}", "")

    assert _holding(tmp_path) == []
    assert things_in(tmp_path) == [upload]


def test_sweeping_at_the_same_moment_is_no_matter(tmp_path, monkeypatch):
    upload = _marked_upload(tmp_path)
    remove = Home.remove

    def remove_and_sweep(home, thing):
        remove(home, thing)
        monkeypatch.undo()
        Workspace(tmp_path).sweep()

    monkeypatch.setattr(Home, "remove", remove_and_sweep)

    assert Workspace(tmp_path).delete(upload) is True

    assert [entry.what for entry in Workspace(tmp_path).read_log(upload)] == ["deleted"]
    assert _holding(tmp_path) == []
