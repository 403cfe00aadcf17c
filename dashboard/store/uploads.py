"""Uploads: files of a stranger, kept for some hours, what is declared of them, and short texts beside them.

Names of files are kept as text and never become paths.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dashboard.store.home import Home
from dashboard.store.ids import is_id, new_id
from dashboard.store.log import Change, have_scrubbed, note, note_end
from metrics.errors import QuestionError, stop
from metrics.progress import Progress
from metrics.schema import Schema

__all__ = ["DataFile", "Kept", "delete", "find", "keep", "put_first", "read_text", "save_schema", "save_text"]

_BLOCK = 1 << 20
_LONGEST_NAME = 200
_LONGEST_TEXT = 2_000_000
_LOOK_AGAIN = 64 << 20  # bytes after which it is counted anew what others have put into the folder


@dataclass(frozen=True)
class DataFile:
    """A file of results: the name people know it by, where its bytes are, and their digest."""

    name: str
    path: Path
    sha256: str
    size: int


@dataclass(frozen=True)
class Kept:
    """An upload that is kept: its first file and those joined to it, its schema, and when it ends (epoch seconds)."""

    id: str
    files: tuple[DataFile, ...]
    schema: Schema
    ends: float


def keep(
    home: Home, sources: Sequence[tuple[str, BinaryIO]], schema: Schema, most_bytes: int, progress: Progress
) -> str:
    """Copy named streams into a new folder and return its id; see `Workspace.keep`."""
    sizes = [_measure(stream, _tidy(name), most_bytes) for name, stream in sources]
    home.check_room(sum(sizes))
    with home.staging() as made:
        files = [
            _copy(stream, made / f"file-{number}", _tidy(name), most_bytes, progress.nth(number, len(sources)), home)
            for number, (name, stream) in enumerate(sources)
        ]
        upload = new_id()
        try:
            with home.write() as db:
                home.settle(made, upload)
                db.execute("INSERT INTO uploads VALUES (?, ?, ?)", (upload, time.time(), schema.dumps()))
                rows = [(upload, place, f.name, f.path.name, f.sha256, f.size) for place, f in enumerate(files)]
                db.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)", rows)
        except BaseException:
            home.remove(upload)
            raise
    return upload


def find(home: Home, upload: str) -> Kept | None:
    """Return what is kept under an id; None if it is no id, unknown, deleted or past its time."""
    folder = home.find_folder(upload)
    if folder is None:
        return None
    with home.read() as db:
        row = db.execute("SELECT began, schema FROM uploads WHERE id = ?", (upload,)).fetchone()
        files = db.execute(
            "SELECT name, stored, sha256, size FROM files WHERE upload = ? ORDER BY place", (upload,)
        ).fetchall()
    if row is None:
        return None
    ends = row[0] + home.hours * 3600
    if ends < time.time():
        if home.writable:
            delete(home, upload)
        return None
    # Not by its path: a stranger's schema must not learn which files lie beside it.
    schema = Schema.loads(row[1])
    return Kept(upload, tuple(DataFile(name, folder / stored, *rest) for name, stored, *rest in files), schema, ends)


def save_schema(home: Home, upload: str, schema: Schema, tell: Callable[[Schema], Change | None] | None = None) -> None:
    """Put a corrected schema in the place of the one an upload has; see `Workspace.save_schema`."""
    home.check_writable()
    text = schema.dumps()
    home.check_room(len(text))
    with home.write() as db:
        _check_there(db, upload)
        before = db.execute("SELECT schema FROM uploads WHERE id = ?", (upload,)).fetchone()[0]
        if text != before:
            db.execute("UPDATE uploads SET schema = ? WHERE id = ?", (text, upload))
            _note(db, upload, tell and tell(Schema.loads(before)))


def put_first(home: Home, upload: str, number: int, schema: Schema | None = None, change: Change | None = None) -> None:
    """Make another file (counted from 0) the one that others are joined to; see `Workspace.put_first`."""
    with home.write() as db:
        _check_there(db, upload)
        order = [row[0] for row in db.execute("SELECT stored FROM files WHERE upload = ? ORDER BY place", (upload,))]
        order.insert(0, order.pop(number))
        for place, stored in enumerate(order):
            db.execute("UPDATE files SET place = ? WHERE upload = ? AND stored = ?", (place, upload, stored))
        if schema is not None:
            db.execute("UPDATE uploads SET schema = ? WHERE id = ?", (schema.dumps(), upload))
        _note(db, upload, change)


def save_text(
    home: Home, upload: str, name: str, text: str, tell: Callable[[str | None], Change | None] | None = None
) -> None:
    """Put a short text beside an upload, in the place of what has this name; see `Workspace.save_text`."""
    if len(text) > _LONGEST_TEXT or len(name) > _LONGEST_NAME:
        most = f"{_LONGEST_TEXT:,} letters, its name {_LONGEST_NAME}"
        raise QuestionError(f"The text has {len(text):,} letters; at most {most} can be kept. Take a shorter one.")
    home.check_writable()
    if text:
        home.check_room(len(text))
    with home.write() as db:
        _check_there(db, upload)
        before = _text(db, upload, name)
        if text == (before or ""):
            return
        db.execute("DELETE FROM texts WHERE upload = ? AND name = ?", (upload, name))
        if text:
            db.execute("INSERT INTO texts VALUES (?, ?, ?)", (upload, name, text))
        else:
            have_scrubbed(db)
        _note(db, upload, tell and tell(before))
    if not text:
        home.scrub()


def read_text(home: Home, upload: str, name: str) -> str | None:
    """Return a text that was put beside an upload; None where there is none, or no such upload (any more)."""
    if home.find_folder(upload) is None:
        return None
    oldest = time.time() - home.hours * 3600
    with home.read() as db:
        is_there = db.execute("SELECT 1 FROM uploads WHERE id = ? AND began >= ?", (upload, oldest)).fetchone()
        return _text(db, upload, name) if is_there else None


def delete(home: Home, upload: str) -> bool:
    """Remove an upload with everything in it, and tell whether it was there."""
    home.check_writable()
    if home.find_folder(upload) is None:
        return False
    with home.read() as db:
        if db.execute("SELECT 1 FROM uploads WHERE id = ?", (upload,)).fetchone() is None:
            return False
    home.remove(upload)  # first: on a full disk the database has no room before
    with home.write() as db:
        if db.execute("DELETE FROM uploads WHERE id = ?", (upload,)).rowcount:  # else somebody swept at that moment
            note_end(db, upload, "deleted")
    home.scrub()
    return True


def _text(db: sqlite3.Connection, upload: str, name: str) -> str | None:
    row = db.execute("SELECT text FROM texts WHERE upload = ? AND name = ?", (upload, name)).fetchone()
    return None if row is None else row[0]


def _note(db: sqlite3.Connection, upload: str, change: Change | None) -> None:
    """Take a change down together with making it: there is neither without the other."""
    if change is not None:
        note(db, change.who, change.what, upload, change.detail)


def _check_there(db: sqlite3.Connection, upload: str) -> None:
    if not is_id(upload) or db.execute("SELECT 1 FROM uploads WHERE id = ?", (upload,)).fetchone() is None:
        raise KeyError("There is no such upload (any more).")


def _measure(stream: BinaryIO, name: str, most_bytes: int) -> int:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if size > most_bytes:
        raise _too_large(name, most_bytes)
    return size


def _too_large(name: str, most_bytes: int) -> Exception:
    return stop(
        f"file '{name}'",
        f"is larger than {most_bytes / 1e6:,.0f} MB.",
        "Take fewer rows or columns, save it as Parquet, or open it by the command line.",
    )


def _copy(stream: BinaryIO, path: Path, name: str, most_bytes: int, progress: Progress, home: Home) -> DataFile:
    digest, size = hashlib.sha256(), 0
    whole = max(1, stream.seek(0, os.SEEK_END))
    stream.seek(0)
    left, looked = home.check_room(), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        while block := stream.read(_BLOCK):
            size += len(block)
            if size > most_bytes:
                raise _too_large(name, most_bytes)
            if size - looked > min(left, _LOOK_AGAIN):
                target.flush()
                left, looked = home.check_room(len(block)), size - len(block)
            digest.update(block)
            target.write(block)
            progress("Copying", size / whole)
        target.flush()
        os.fsync(target.fileno())
    return DataFile(name, path, digest.hexdigest(), size)


def _tidy(name: str) -> str:
    """Return the last part of a file's name, as text to show."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(sign for sign in last if sign.isprintable())[:_LONGEST_NAME] or "file"
