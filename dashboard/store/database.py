"""The one SQLite file of a workspace: opened for each step and closed after it, and brought up to date when opened.

It is kept with a write-ahead log, so that several processes read while one writes. What is deleted is overwritten
(`secure_delete`), and `scrub` takes it out of the log and the free pages, too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from dashboard.store.errors import ReadOnly, in_plain_words
from dashboard.store.locking import held
from dashboard.store.migrations import LATEST, MIGRATIONS, is_old_upload
from metrics.errors import stop

__all__ = ["FILE", "MOST_WAIT", "make_folder", "make_root", "open_database", "scrub", "writing"]

FILE, LOCK = "workspace.sqlite", "workspace.lock"
MOST_WAIT = 30.0  # seconds for another one's writing to end
_SCRUB_WAIT = 2.0
_OURS = ("workspace.", "bounty-", ".")  # how the names of what is in a workspace begin, but for ids
_NO_LOG = ("SQLITE_FULL", "SQLITE_IOERR_SHM", "SQLITE_READONLY", "SQLITE_CANTOPEN")  # a log cannot be made


@contextmanager
def open_database(root: Path, writable: bool, wait: float = MOST_WAIT) -> Iterator[sqlite3.Connection]:
    """Give a connection to the workspace in `root`, of the newest layout; an empty one where there is no workspace.

    Raises ResultsError where it is of a newer version than this program, damaged, or busy for longer than `wait`
    seconds.
    """
    with in_plain_words():
        if writable and _has_something(root):
            connection = _connect_or_read(root, wait)
        elif not writable and (root / FILE).is_file():
            connection = _connect_to_read(root, wait)
        else:
            connection = _empty()
        with closing(connection):
            yield connection


@contextmanager
def writing(root: Path, writable: bool) -> Iterator[sqlite3.Connection]:
    """Give a connection that holds the workspace's write lock: what is done with it is done wholly or not at all.

    Makes the folder and the file where there are none. Raises ReadOnly where nothing may be written.
    """
    if not writable:
        raise ReadOnly
    with in_plain_words():
        make_root(root)
        with closing(_connect(root, MOST_WAIT)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


def scrub(root: Path) -> bool:
    """Take out of the file and its log what was deleted, and return whether that is done.

    It is not where others are reading: the next one does it.
    """
    try:
        with closing(_connect(root, _SCRUB_WAIT)) as connection:
            if connection.execute("SELECT count(*) FROM chores WHERE name = 'scrub'").fetchone()[0]:
                connection.execute("VACUUM")
                (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if busy:
                    return False
                connection.execute("DELETE FROM chores WHERE name = 'scrub'")
    except sqlite3.OperationalError:  # somebody else writes, or there is no room for a copy
        return False
    return True


def make_root(root: Path) -> None:
    """Make the folder of a workspace where there is none. Raises ResultsError where it is somebody's other folder."""
    if not (root / FILE).exists():
        _check_is_ours(root)
    make_folder(root)


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner can look into."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def _check_is_ours(root: Path) -> None:
    """Raise ResultsError where a folder without a database holds other things: sweeping could take some for its own."""
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        is_harmless = path.name.startswith(_OURS) or path.name == "lost+found" or path.is_symlink()
        if not is_harmless and not is_old_upload(path):
            found = f"holds something else already: {path.name[:80]!r}."
            raise stop(f"folder '{root}'", found, "Name a new folder, or an empty one, for the workspace.")


def _has_something(root: Path) -> bool:
    return (root / FILE).is_file() or (root.is_dir() and any(root.iterdir()))


def _connect(root: Path, wait: float) -> sqlite3.Connection:
    path = root / FILE
    if not path.exists():
        _check_is_ours(root)
        path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=wait, isolation_level=None)
    try:
        _set_up(connection)
        _migrate(connection, root)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_or_read(root: Path, wait: float) -> sqlite3.Connection:
    try:
        return _connect(root, wait)
    except sqlite3.OperationalError as error:
        if not error.sqlite_errorname.startswith(_NO_LOG) or not (root / FILE).is_file():
            raise
    return _connect_to_read(root, wait)


def _connect_to_read(root: Path, wait: float) -> sqlite3.Connection:
    address = (root / FILE).resolve().as_uri()
    try:
        return _open_address(f"{address}?mode=ro", wait)
    except sqlite3.OperationalError:
        log = root / f"{FILE}-wal"
        if log.is_file() and log.stat().st_size:
            raise
    # Nothing waits in a log, and none can be made beside the file: the disk is full, or may only be read.
    return _open_address(f"{address}?immutable=1", wait)


def _open_address(address: str, wait: float) -> sqlite3.Connection:
    connection = sqlite3.connect(address, uri=True, timeout=wait, isolation_level=None)
    try:
        version = _version(connection)
        if version < LATEST:
            cure = "Open it once as its owner, with `fairness-dashboard open`: that brings it up to date."
            raise stop("the workspace", f"is of an earlier version ({version}; needed is {LATEST}).", cure)
    except BaseException:
        connection.close()
        raise
    return connection


def _empty() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for migration in MIGRATIONS:
        for statement in migration.statements:
            connection.execute(statement)
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA temp_store = MEMORY")  # a copy on the disk would outlive a deletion


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > LATEST:
        cure = "Update it (`pip install --upgrade fairness-dashboard`), or name another folder with --workspace."
        raise stop("the workspace", f"is of version {version}; this program knows versions up to {LATEST}.", cure)
    return version


def _migrate(connection: sqlite3.Connection, root: Path) -> None:
    """Bring the file up to date, one migration after the other, each wholly or not at all."""
    if _version(connection) == LATEST:
        return
    with held(root / LOCK, MOST_WAIT, "is being brought up to date by somebody else."):
        connection.execute("PRAGMA journal_mode = WAL")
        _migrate_alone(connection, root)


def _migrate_alone(connection: sqlite3.Connection, root: Path) -> None:
    for number, migration in enumerate(MIGRATIONS, start=1):
        connection.execute("BEGIN EXCLUSIVE")
        try:
            if _version(connection) >= number:  # another process was quicker
                connection.execute("ROLLBACK")
                continue
            for statement in migration.statements:
                connection.execute(statement)
            if migration.adopt is not None:
                migration.adopt(connection, root)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        if migration.tidy is not None:
            migration.tidy(root)
