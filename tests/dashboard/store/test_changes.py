"""A change and its line in the log are one step: there is neither without the other, and none where nothing changed."""

from __future__ import annotations

import io
import sqlite3

import pytest

from dashboard.workspace import Change, Workspace
from metrics.errors import ResultsError
from metrics.schema import Schema
from tests.dashboard.store.made import keep


def _told(home: Workspace, upload: str) -> list[tuple[str, str, str]]:
    return [(entry.who, entry.what, entry.detail) for entry in home.read_log(upload)]


def test_a_text_and_its_line_are_written_together(tmp_path):
    home, upload = Workspace(tmp_path), keep(tmp_path).id
    told = lambda before: Change("ann@x.org", "changed policy", f"was {before}")  # noqa: E731

    home.save_text(upload, "policy", "a", told)
    home.save_text(upload, "policy", "b", told)
    home.save_text(upload, "policy", "b", told)  # nothing is changed
    home.save_text(upload, "policy", "", told)
    home.save_text(upload, "policy", "", told)

    assert _told(home, upload) == [("ann@x.org", "changed policy", f"was {before}") for before in (None, "a", "b")]


def test_a_schema_and_its_line_likewise(tmp_path):
    home, upload = Workspace(tmp_path), keep(tmp_path).id
    told = lambda before: Change("", "changed schema", f"was {before.positive}")  # noqa: E731

    home.save_schema(upload, Schema(positive=("yes",)), told)
    home.save_schema(upload, Schema(positive=("yes",)), told)
    home.save_schema(upload, Schema(), told)

    assert _told(home, upload) == [("", "changed schema", "was ()"), ("", "changed schema", "was ('yes',)")]


def test_another_main_file_its_schema_and_its_line_likewise(tmp_path):
    home, files = (
        Workspace(tmp_path),
        [("people.csv", io.BytesIO(b"id\n1\n")), ("model.csv", io.BytesIO(b"id,y\n1,2\n"))],
    )
    upload = home.keep(files, Schema(), 10**6).id

    with pytest.raises(sqlite3.Error):  # no text, so that the line cannot be written
        home.put_first(upload, 1, Schema(positive=("yes",)), Change("", object(), "main file model.csv"))
    before = home.find(upload)
    home.put_first(upload, 1, Schema(positive=("yes",)), Change("ann@x.org", "changed schema", "main file model.csv"))
    after = home.find(upload)

    assert ([f.name for f in before.files], before.schema) == (["people.csv", "model.csv"], Schema())
    assert ([f.name for f in after.files], after.schema) == (["model.csv", "people.csv"], Schema(positive=("yes",)))
    assert _told(home, upload) == [("ann@x.org", "changed schema", "main file model.csv")]


def test_what_cannot_be_told_is_not_changed(tmp_path):
    home, upload = Workspace(tmp_path), keep(tmp_path).id
    home.save_text(upload, "policy", "a")

    def fail(_: object) -> Change:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        home.save_text(upload, "policy", "b", fail)
    with pytest.raises(ZeroDivisionError):
        home.save_schema(upload, Schema(positive=("yes",)), fail)

    assert home.read_text(upload, "policy") == "a"
    assert home.find(upload).schema == Schema()
    assert _told(home, upload) == []


def test_nothing_is_told_where_there_is_nothing_to_tell(tmp_path):
    home, upload = Workspace(tmp_path), keep(tmp_path).id

    home.save_text(upload, "policy", "a", lambda _: None)

    assert home.read_text(upload, "policy") == "a"
    assert _told(home, upload) == []


def test_a_schema_counts_in_the_quota(tmp_path):
    upload = keep(tmp_path).id
    small = Workspace(tmp_path, quota=Workspace(tmp_path).status().used_bytes + 1_000)

    with pytest.raises(ResultsError, match="does not fit in"):
        small.save_schema(upload, Schema(positive=("x" * 2_000,)))

    assert small.find(upload).schema == Schema()


def test_the_whole_log_tells_things_apart_and_names_none(tmp_path):
    home, one, other = Workspace(tmp_path), keep(tmp_path).id, keep(tmp_path).id
    for upload in (one, other, one):
        home.log("ann@x.org", "changed policy", upload, "x")

    marks = [entry.about for entry in home.read_whole_log()]

    assert marks[0] == marks[2] != marks[1]
    assert not any(mark in upload for mark in marks for upload in (one, other))
