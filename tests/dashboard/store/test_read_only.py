"""A viewer opens the workspace to read, and can write nothing, whatever the page asks for."""

from __future__ import annotations

import inspect
import io
import sqlite3
import time

import pytest

from dashboard.store.database import FILE, open_database
from dashboard.workspace import ReadOnly, Workspace
from metrics.errors import ResultsError
from metrics.reading.limits import Limits
from metrics.schema import FileOptions, Schema
from tests.dashboard.kept import things_in
from tests.dashboard.store.made import SOURCE, keep, publish

WRITES = {
    "keep": lambda home, id_: home.keep([("x.csv", io.BytesIO(b"x"))], Schema(), 10),
    "save_schema": lambda home, id_: home.save_schema(id_, Schema()),
    "put_first": lambda home, id_: home.put_first(id_, 0),
    "save_text": lambda home, id_: home.save_text(id_, "policy", "x"),
    "delete": lambda home, id_: home.delete(id_),
    "publish": lambda home, id_: home.publish(
        b"x", title="", owner="", readers=None, ends=time.time() + 60, sources=(), memory=""
    ),
    "hand_on": lambda home, id_: home.hand_on(b"x", title="", owner="", sources=(), memory=""),
    "claim": lambda home, id_: home.claim(id_, time.time() + 60),
    "publishing": lambda home, id_: home.publishing(),
    "set_readers": lambda home, id_: home.set_readers(id_, None),
    "withdraw": lambda home, id_: home.withdraw(id_),
    "delete_report": lambda home, id_: home.delete_report(id_),
    "log": lambda home, id_: home.log("ann@x.org", "opened", id_),
    "sweep": lambda home, id_: home.sweep(),
}
READS = {
    "find",
    "read_text",
    "find_report",
    "look_up",
    "may_change",
    "reports_of",
    "memories",
    "read_log",
    "read_whole_log",
    "status",
    "backup",
}
TABLES = {"keep_coded", "read_coded"}


def test_every_method_is_known_to_read_or_to_write():
    methods = {n for n, _ in inspect.getmembers(Workspace, inspect.isfunction) if not n.startswith("_")}

    assert methods == set(WRITES) | READS | TABLES


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("kind", ["upload", "report", "unknown", "no id"])
def test_no_write_is_done_by_who_may_only_read(tmp_path, name, kind):
    upload, report = keep(tmp_path).id, publish(tmp_path)[0].id
    things = things_in(tmp_path)
    home = Workspace(tmp_path, writable=False)

    with pytest.raises(ReadOnly, match="the workspace is open for reading only"):
        WRITES[name](home, {"upload": upload, "report": report, "unknown": "a" * 32, "no id": ".."}[kind])

    assert things_in(tmp_path) == things
    assert Workspace(tmp_path).read_log(report) == []


def test_what_there_is_can_be_read(tmp_path):
    upload = keep(tmp_path)
    report, key = publish(tmp_path, owner="ann@x.org", memory="shown")
    Workspace(tmp_path).save_text(upload.id, "policy", "a policy")
    Workspace(tmp_path).log("ann@x.org", "published", report.id)
    home = Workspace(tmp_path, writable=False)

    assert home.find(upload.id).files == upload.files
    assert home.find_report(report.id) == report
    assert home.may_change(report.id, key=key)
    assert home.reports_of("ann@x.org") == [report]
    assert home.memories((SOURCE,)) == ["shown"]
    assert home.read_text(upload.id, "policy") == "a policy"
    assert len(home.read_log(report.id)) == 1
    assert (home.status().uploads, home.status().reports) == (1, 1)


def test_the_database_itself_refuses(tmp_path):
    keep(tmp_path)

    with (
        pytest.raises(ResultsError, match="cannot be written to"),
        open_database(tmp_path, writable=False) as db,
    ):
        db.execute("DELETE FROM uploads")


def test_what_is_past_its_time_is_not_shown_and_not_removed(tmp_path):
    upload = keep(tmp_path)

    assert Workspace(tmp_path, hours=1e-9, writable=False).find(upload.id) is None
    assert things_in(tmp_path) == [upload.id]


def test_nothing_is_made_where_there_is_no_workspace(tmp_path):
    home = Workspace(tmp_path / "none", writable=False)

    assert home.find("a" * 32) is None
    assert home.find_report("a" * 32) is None
    assert home.memories((SOURCE,)) == []
    assert not (tmp_path / "none").exists()


def test_no_table_is_kept(tmp_path):
    file = keep(tmp_path).files[0]

    assert not Workspace(tmp_path, writable=False).keep_coded(file, FileOptions(), Limits(), None)


def test_a_viewer_sees_what_is_published_while_it_is_open(tmp_path):
    publish(tmp_path)
    home = Workspace(tmp_path, writable=False)
    with sqlite3.connect(tmp_path / FILE) as other:  # so that the log stays a file of its own
        other.execute("SELECT count(*) FROM reports").fetchone()
        report, _ = publish(tmp_path)

        assert home.find_report(report.id) == report
        Workspace(tmp_path).withdraw(report.id)
        assert home.find_report(report.id) is None
    other.close()
