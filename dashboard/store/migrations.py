"""The layouts of the workspace's file, one after the other. A migration that was released is never changed.

Version 0 is a folder without the file: a sub-folder an upload, with `receipt.json` and `schema.toml` beside the data.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dashboard.store.ids import is_id

__all__ = ["LATEST", "MIGRATIONS", "Migration", "is_old_upload"]

_RECEIPT, _SCHEMA = "receipt.json", "schema.toml"
_STORED = re.compile(r"file-[0-9]{1,6}")


@dataclass(frozen=True)
class Migration:
    """Statements that lead from the layout before to this one, and what is taken over from the folder.

    `adopt` is called inside the transaction, `tidy` after it: it removes what is in the file now.
    """

    statements: tuple[str, ...]
    adopt: Callable[[sqlite3.Connection, Path], None] | None = None
    tidy: Callable[[Path], None] | None = None


def _adopt_uploads(connection: sqlite3.Connection, root: Path) -> None:
    """Take down the uploads that lie in the folder; one that cannot be read is left out."""
    for folder in _old_uploads(root):
        try:
            receipt = json.loads((folder / _RECEIPT).read_text(encoding="utf-8"))
            schema = (folder / _SCHEMA).read_text(encoding="utf-8")
            files = [
                (folder.name, place, str(f["name"]), str(f["stored"]), str(f["sha256"]), int(f["size"]))
                for place, f in enumerate(receipt["files"])
            ]
            began = float(receipt["began"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if files and all(_STORED.fullmatch(stored) for _, _, _, stored, _, _ in files):
            connection.execute("INSERT INTO uploads (id, began, schema) VALUES (?, ?, ?)", (folder.name, began, schema))
            connection.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)", files)


def _tidy_uploads(root: Path) -> None:
    for folder in _old_uploads(root):
        for name in (_RECEIPT, _SCHEMA):
            (folder / name).unlink(missing_ok=True)


def _old_uploads(root: Path) -> Iterator[Path]:
    for folder in root.iterdir() if root.is_dir() else ():
        if is_old_upload(folder):
            yield folder


def is_old_upload(folder: Path) -> bool:
    """Return whether a folder is an upload as version 0 kept it."""
    return is_id(folder.name) and not folder.is_symlink() and (folder / _RECEIPT).is_file()


MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        (
            "CREATE TABLE uploads (id TEXT PRIMARY KEY, began REAL NOT NULL, schema TEXT NOT NULL)",
            """CREATE TABLE files (
                upload TEXT NOT NULL REFERENCES uploads ON DELETE CASCADE,
                place INTEGER NOT NULL,
                name TEXT NOT NULL,
                stored TEXT NOT NULL,
                sha256 TEXT NOT NULL,
                size INTEGER NOT NULL,
                PRIMARY KEY (upload, stored)
            )""",
            """CREATE TABLE texts (
                upload TEXT NOT NULL REFERENCES uploads ON DELETE CASCADE,
                name TEXT NOT NULL,
                text TEXT NOT NULL,
                PRIMARY KEY (upload, name)
            )""",
            "CREATE TABLE chores (name TEXT PRIMARY KEY)",
        ),
        _adopt_uploads,
        _tidy_uploads,
    ),
    Migration(
        (
            """CREATE TABLE reports (
                id TEXT PRIMARY KEY,
                key_sha256 TEXT NOT NULL,
                title TEXT NOT NULL,
                owner TEXT NOT NULL,
                readers TEXT,
                began REAL NOT NULL,
                ends REAL NOT NULL,
                withdrawn REAL NOT NULL DEFAULT 0,
                size INTEGER NOT NULL,
                sha256 TEXT NOT NULL,
                memory TEXT NOT NULL
            )""",
            """CREATE TABLE sources (
                report TEXT NOT NULL REFERENCES reports ON DELETE CASCADE,
                sha256 TEXT NOT NULL,
                PRIMARY KEY (report, sha256)
            )""",
            "CREATE INDEX reports_of_a_source ON sources (sha256)",
            "CREATE INDEX reports_of_an_owner ON reports (owner)",
            """CREATE TABLE log (
                number INTEGER PRIMARY KEY,
                at REAL NOT NULL,
                who TEXT NOT NULL,
                what TEXT NOT NULL,
                about TEXT NOT NULL,
                detail TEXT NOT NULL
            )""",
            "CREATE INDEX log_about ON log (about)",
        )
    ),
    Migration(("ALTER TABLE reports ADD COLUMN is_file INTEGER NOT NULL DEFAULT 0",)),
)
LATEST = len(MIGRATIONS)
