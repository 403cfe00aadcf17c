"""A copy of the workspace, made while it is in use, and what it holds in figures."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from dashboard.store.database import FILE, make_folder
from dashboard.store.errors import in_plain_words
from dashboard.store.home import Home, sync
from dashboard.store.ids import new_id
from metrics.errors import stop

__all__ = ["Status", "back_up", "look"]


@dataclass(frozen=True)
class Status:
    """How many uploads and reports are kept, how many were withdrawn, and the bytes there are and may be.

    `files` are the bundles that were handed on, of which what they showed is remembered.
    """

    uploads: int
    reports: int
    withdrawn: int
    files: int
    used_bytes: int
    quota_bytes: float


def look(home: Home) -> Status:
    """Return what a workspace holds, in figures."""
    with home.read() as db:
        uploads = db.execute("SELECT count(*) FROM uploads").fetchone()[0]
        kinds = ("withdrawn = 0", "withdrawn > 0 AND NOT is_file", "is_file")
        counts = ", ".join(f"count(*) FILTER (WHERE {kind})" for kind in kinds)
        reports, withdrawn, files = db.execute(f"SELECT {counts} FROM reports").fetchone()
    return Status(uploads, reports, withdrawn, files, home.count_bytes(), home.quota)


def back_up(home: Home, target: Path) -> None:
    """Copy the workspace into a new folder, as it was at one moment, while others use it.

    The folder appears when it is complete; it is a workspace itself. Tables that were kept to read faster and copies
    of the sample bounty are left out. Raises ResultsError where there is something at `target`.
    """
    if not home.root.is_dir():
        raise stop(f"folder '{home.root}'", "is no workspace: there is no such folder.", "Name the one to be copied.")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise stop(f"folder '{target}'", "is there already.", "Name a new folder for the backup.")
    made = target.with_name(f".{target.name}-{new_id()}")
    try:
        with in_plain_words():
            make_folder(made)
            with home.read() as db, closing(sqlite3.connect(made / FILE, isolation_level=None)) as copy:
                (made / FILE).chmod(0o600)
                db.backup(copy)
                copy.execute("PRAGMA foreign_keys = ON")
                _copy_folders(home, copy, made)
            sync(made)
            if target.exists():
                target.rmdir()
            made.rename(target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _copy_folders(home: Home, copy: sqlite3.Connection, made: Path) -> None:
    """Copy the folders of everything that the copied database knows. What was deleted since is deleted there, too."""
    uploads = [row[0] for row in copy.execute("SELECT id FROM uploads")]
    reports = [row[0] for row in copy.execute("SELECT id FROM reports WHERE withdrawn = 0")]
    copy.execute("PRAGMA secure_delete = ON")
    for thing in (*uploads, *reports):
        try:
            _copy_files(home.root / thing, made / thing)
        except FileNotFoundError:
            shutil.rmtree(made / thing, ignore_errors=True)
            copy.execute("DELETE FROM uploads WHERE id = ?", (thing,))
            copy.execute("DELETE FROM reports WHERE id = ?", (thing,))
    copy.execute("VACUUM")
    copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy_files(folder: Path, copy: Path) -> None:
    make_folder(copy)
    for path in sorted(folder.iterdir()):
        if not path.name.startswith(("coded-", ".")):
            shutil.copyfile(path, copy / path.name)
            (copy / path.name).chmod(0o600)
            sync(copy / path.name)
