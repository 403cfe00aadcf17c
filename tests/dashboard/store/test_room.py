"""The quota of the folder, and a disk that is full."""

from __future__ import annotations

import errno
import io
import os
import shutil
import sqlite3
import subprocess
import sys

import pytest

from dashboard.store import uploads
from dashboard.workspace import Workspace, most_bytes_of_all
from metrics.errors import ResultsError
from metrics.schema import Schema
from tests.dashboard.kept import things_in
from tests.dashboard.store.made import BUNDLE, keep, publish
from tests.paths import ROOT


class _Lying(io.BytesIO):
    """A stream that holds more than its end says."""

    def seek(self, offset, whence=0):
        return 10 if whence == os.SEEK_END else super().seek(offset, whence)


class _Failing(io.BytesIO):
    """A stream that fails after a part, as a disk does."""

    def __init__(self, code: int) -> None:
        super().__init__(b"x" * 100)
        self.code, self.turn = code, 0

    def read(self, size=-1):
        self.turn += 1
        if self.turn == 3:
            raise OSError(self.code, os.strerror(self.code))
        return super().read(10)


def test_what_does_not_fit_into_the_quota_is_refused_before_it_is_copied(tmp_path, monkeypatch):
    kept = keep(tmp_path)
    monkeypatch.setattr(uploads, "_copy", lambda *_: pytest.fail("copied"))

    with pytest.raises(ResultsError) as refused:
        keep(tmp_path, data=b"x" * 100_000, quota=150_000)

    (finding,) = refused.value.findings
    assert finding.where == "the workspace"
    assert "may hold 0.0 GB" in finding.found
    assert "FAIRNESS_DASHBOARD_QUOTA_GB" in finding.cure
    assert things_in(tmp_path) == [kept.id]


def test_a_stream_that_grows_is_refused_while_it_is_copied(tmp_path, monkeypatch):
    kept = keep(tmp_path)
    monkeypatch.setattr(uploads, "_BLOCK", 1_000)
    home = Workspace(tmp_path, quota=Workspace(tmp_path).status().used_bytes + 50_000)

    with pytest.raises(ResultsError, match="does not fit in"):
        home.keep([("mine.csv", _Lying(b"x" * 200_000))], Schema(), 10**9)

    assert things_in(tmp_path) == [kept.id]


def test_what_others_put_in_meanwhile_counts(tmp_path, monkeypatch):
    kept = keep(tmp_path)
    monkeypatch.setattr(uploads, "_BLOCK", 1_000)
    monkeypatch.setattr(uploads, "_LOOK_AGAIN", 10_000)
    home = Workspace(tmp_path, quota=Workspace(tmp_path).status().used_bytes + 150_000)

    class Meanwhile(io.BytesIO):
        def read(self, size=-1):
            if self.tell() == 50_000:
                (kept.files[0].path.parent / "more").write_bytes(b"x" * 100_000)
            return super().read(size)

    with pytest.raises(ResultsError, match="does not fit in"):
        home.keep([("mine.csv", Meanwhile(b"x" * 100_000))], Schema(), 10**9)

    assert things_in(tmp_path) == [kept.id]


def test_a_deletion_makes_room(tmp_path):
    first = keep(tmp_path, data=b"x" * 300_000)
    with pytest.raises(ResultsError):
        keep(tmp_path, data=b"y" * 300_000, quota=500_000)

    Workspace(tmp_path).delete(first.id)

    assert keep(tmp_path, data=b"y" * 300_000, quota=500_000)


def test_a_report_over_the_quota_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRNESS_DASHBOARD_QUOTA_GB", "0.0002")

    with pytest.raises(ResultsError, match="does not fit in"):
        publish(tmp_path, b"x" * 300_000)

    assert things_in(tmp_path) == []


@pytest.mark.parametrize(("said", "gigabytes"), [("1.5", 1.5), ("0", 20), ("-1", 20), ("much", 20), ("inf", 20)])
def test_the_quota_can_be_set_to_a_positive_number(monkeypatch, said, gigabytes):
    monkeypatch.setenv("FAIRNESS_DASHBOARD_QUOTA_GB", said)

    assert most_bytes_of_all() == gigabytes * 1e9
    assert Workspace.at_home().quota == gigabytes * 1e9


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_in_plain_words_and_leaves_nothing(tmp_path, code):
    kept = keep(tmp_path)

    with pytest.raises(ResultsError, match=r"the disk of the workspace is full\. Nothing was kept\. Delete data"):
        Workspace(tmp_path).keep([("mine.csv", _Failing(code))], Schema(), 10**9)

    assert things_in(tmp_path) == [kept.id]


def test_any_other_failure_leaves_nothing_either(tmp_path):
    with pytest.raises(OSError, match="Input/output"):
        Workspace(tmp_path).keep([("mine.csv", _Failing(errno.EIO))], Schema(), 10**9)

    assert things_in(tmp_path) == []


@pytest.mark.parametrize("make", [keep, publish])
@pytest.mark.parametrize("turn", range(1, 5))
def test_a_disk_that_is_full_when_it_is_made_to_write_leaves_nothing(tmp_path, monkeypatch, make, turn):
    """The system may say so only when what is written is forced to the disk: the file, its folder, their folder."""
    publish(tmp_path)
    before, sync, turns = things_in(tmp_path), os.fsync, 0

    def fail(handle):
        nonlocal turns
        turns += 1
        if turns == turn:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    monkeypatch.setattr(os, "fsync", fail)
    try:
        make(tmp_path)
    except ResultsError as error:
        assert "is full" in str(error)
        assert things_in(tmp_path) == before
    else:
        assert turns < turn
        assert len(things_in(tmp_path)) == len(before) + 1


def _keep_much(root):
    return Workspace(root).keep([("x.csv", io.BytesIO(b"x"))], Schema(positive=("x" * 100_000,)), 1000)


def _publish_much(root):
    return publish(root, memory="x" * 100_000)


@pytest.mark.parametrize("make", [_keep_much, _publish_much])
def test_a_database_that_cannot_grow_leaves_no_files(tmp_path, monkeypatch, make):
    publish(tmp_path)
    before = things_in(tmp_path)
    connect = sqlite3.connect

    def connect_to_little(*told, **settings):
        connection = connect(*told, **settings)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {max(pages, 1)}")
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_to_little)
    with pytest.raises(ResultsError, match="is full"):
        make(tmp_path)
    monkeypatch.undo()

    assert things_in(tmp_path) == before
    assert publish(tmp_path)[0].path.read_bytes() == BUNDLE


_MOUNT = 'mount -t tmpfs -o size=3m tmpfs "$1" && exec "$0" -m tests.dashboard.store.filled "$1"'


def _may_mount() -> bool:
    """Whether this account may have a small disk of its own."""
    if shutil.which("unshare") is None:
        return False
    probe = ["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _may_mount(), reason="mounting a small disk is not allowed here; the tests above pretend one")
def test_on_a_disk_that_is_really_full_nothing_half_made_stays_and_the_rest_can_be_read_and_deleted(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", _MOUNT, sys.executable, str(disk)]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
    kept, refused = map(int, run.stdout.split())
    assert kept > 10
    assert refused > 10
