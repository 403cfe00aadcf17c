"""The folder of a workspace: its locks, how much it holds, and how folders come into it and leave it.

Beside the file of the database and its locks, `workspace.*`, there is one folder for each thing that is kept, under
its id. Hidden ones are being made (`.copy-`, `.new-`) or removed (`.gone-`); `bounty-` are copies of a sample.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dashboard.store.database import make_root, open_database, scrub, writing
from dashboard.store.errors import ReadOnly, in_plain_words, over_quota
from dashboard.store.ids import is_id, new_id
from dashboard.store.locking import is_free, lock_file

__all__ = ["COPY", "GONE", "Home"]

COPY, GONE, _LOCK = ".copy-", ".gone-", ".lock"


@dataclass(frozen=True)
class Home:
    """A workspace as its parts see it: where it is, how long uploads live (hours) and the most it may hold (bytes)."""

    root: Path
    hours: float
    quota: float
    writable: bool

    def read(self) -> AbstractContextManager[sqlite3.Connection]:
        """Give a connection to read with; an empty database where there is no workspace."""
        return open_database(self.root, self.writable)

    def write(self) -> AbstractContextManager[sqlite3.Connection]:
        """Give a connection whose changes are made wholly or not at all. Raises ReadOnly where nothing may be."""
        return writing(self.root, self.writable)

    def check_writable(self) -> None:
        """Raise ReadOnly where nothing may be written."""
        if not self.writable:
            raise ReadOnly

    def make(self) -> None:
        """Make the folder where there is none. Raises ReadOnly where nothing may be written."""
        self.check_writable()
        with in_plain_words():
            make_root(self.root)

    def find_folder(self, thing: str) -> Path | None:
        """Return the folder of an id, which may be anything; None where there is none."""
        if not is_id(thing):
            return None
        folder = self.root / thing
        return folder if folder.is_dir() and not folder.is_symlink() else None

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Give a new hidden folder to build something in; what is in it at the end is removed unless it was moved away.

        It is locked meanwhile, so that others can tell one that is being filled from one whose process was killed.
        """
        made = self.root / (COPY + new_id())
        lock = made.with_name(made.name + _LOCK)
        with ExitStack() as after, in_plain_words():
            with self.write():  # nobody sweeps before the lock is held
                handle = lock_file(lock)
                after.callback(os.close, handle)
                after.callback(lock.unlink, missing_ok=True)
                after.callback(shutil.rmtree, made, ignore_errors=True)
                made.mkdir(mode=0o700)
            yield made

    def settle(self, made: Path, thing: str) -> None:
        """Move a folder that is complete to its place, for good: also if the power goes a moment later."""
        sync(made)
        made.rename(self.root / thing)
        sync(self.root)

    def remove(self, thing: str) -> None:
        """Remove the folder of an id with everything in it; it is out of its place at once."""
        folder = self.find_folder(thing)
        if folder is None:
            return
        gone = self.root / (GONE + new_id())
        with suppress(FileNotFoundError):  # somebody else removes it
            folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)  # of what cannot be removed now, sweeping takes care

    def scrub(self) -> bool:
        """Take what was deleted out of the database's file and its log."""
        return scrub(self.root)

    def count_bytes(self) -> int:
        """Return how many bytes everything in the folder takes."""
        return sum(_size(Path(folder) / name) for folder, _, names in os.walk(self.root) for name in names)

    def check_room(self, more: float = 0) -> float:
        """Return how many bytes still fit in. Raises ResultsError where `more` bytes do not."""
        used = self.count_bytes()
        if used + more > self.quota:
            raise over_quota(self.quota, used)
        return self.quota - used

    def remove_left_overs(self) -> None:
        """Remove what interrupted copies and removals left, to be called by whoever holds the write lock."""
        oldest = time.time() - self.hours * 3600
        for path in list(self.root.iterdir()) if self.root.is_dir() else ():
            name = path.name
            if name.startswith(COPY):
                made = path.with_name(name.removesuffix(_LOCK))
                lock = made.with_name(made.name + _LOCK)
                if is_free(lock):
                    shutil.rmtree(made, ignore_errors=True)
                    lock.unlink(missing_ok=True)
            elif name.startswith(GONE) or (name.startswith((".new-", "bounty-")) and _is_older(path, oldest)):
                shutil.rmtree(path, ignore_errors=True)


def sync(path: Path) -> None:
    """Have a file or folder written to the disk. Folders cannot be where the system knows no such thing."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # a folder, on Windows
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:  # it has gone meanwhile
        return 0


def _is_older(path: Path, than: float) -> bool:
    try:
        return path.stat().st_mtime < than
    except OSError:
        return False
