"""Published reports: a bundle that whoever has the link may read, and what is remembered of what it showed.

What was handed on as a file is remembered alike: a report without a bundle, which nobody can read here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboard.roles import fold_email
from dashboard.store.home import Home
from dashboard.store.ids import is_id, new_id
from dashboard.store.log import Deed, note, note_end
from metrics.errors import QuestionError

__all__ = [
    "Report",
    "claim",
    "delete_report",
    "end_report",
    "find_report",
    "hand_on",
    "look_up",
    "may_change",
    "memories",
    "publish",
    "reports_of",
    "set_readers",
    "unclaimed",
    "withdraw",
]

_BUNDLE = "bundle.zip"
_UNCLAIMED = "unclaimed "  # stands before the digest of a key that nobody has been given yet, so that it opens nothing
_COLUMNS = "id, title, owner, readers, began, ends, size, sha256, withdrawn, is_file"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LONGEST_TITLE, _LONGEST_ADDRESS, _MOST_READERS = 200, 320, 1_000


@dataclass(frozen=True)
class Report:
    """A report under the id of its link.

    `owner` is an e-mail address, empty where nobody signs in; `readers` are such addresses, None where whoever has
    the link may read. `began` and `ends` are epoch seconds. `path` is its bundle, of `size` bytes. `withdrawn` is
    when the link was made dead, 0 while it is not. What `is_file` was handed on as a file, of which nothing is kept
    but what it showed: it ended when it began.
    """

    id: str
    title: str
    owner: str
    readers: tuple[str, ...] | None
    began: float
    ends: float
    size: int
    sha256: str
    path: Path
    withdrawn: float = 0.0
    is_file: bool = False


def publish(
    home: Home,
    bundle: bytes,
    title: str,
    owner: str,
    readers: Sequence[str] | None,
    ends: float,
    sources: Sequence[str],
    memory: str,
    deed: Deed | None,
    detail: str,
    claimed: bool,
) -> tuple[Report, str]:
    """Keep a bundle under a new link; see `Workspace.publish`."""
    home.check_writable()
    title, owner = _title(title), _address(owner)
    listed = None if readers is None else _addresses(readers)
    now = time.time()
    if not ends > now:
        raise QuestionError("A report ends in the future. Choose a later day.")
    _check_sources(sources)
    report, key, digest = new_id(), secrets.token_urlsafe(24), hashlib.sha256(bundle).hexdigest()
    home.check_room(len(bundle) + len(memory))
    with home.staging() as made:
        _write(made / _BUNDLE, bundle)
        try:
            with home.write() as db:
                home.settle(made, report)
                opens = ("" if claimed else _UNCLAIMED) + _hash(key)
                row = (report, opens, title, owner, listed, now, ends, 0.0, len(bundle), digest, memory, False)
                _insert(db, row, sources)
                if deed is not None:
                    note(db, owner, deed, report, detail)
        except BaseException:
            home.remove(report)
            raise
    found = find_report(home, report)
    assert found is not None
    return found, key


def hand_on(
    home: Home,
    bundle: bytes,
    title: str,
    owner: str,
    sources: Sequence[str],
    memory: str,
    claim_by: float | None = None,
) -> tuple[Report, str]:
    """Remember what a bundle shows that goes out as a file; see `Workspace.hand_on`."""
    home.check_writable()
    title, owner = _title(title), _address(owner)
    _check_sources(sources)
    report, key, digest, now = new_id(), secrets.token_urlsafe(24), hashlib.sha256(bundle).hexdigest(), time.time()
    home.check_room(len(memory))
    with home.write() as db:
        opens, ends = (_hash(key), now) if claim_by is None else (_UNCLAIMED + _hash(key), claim_by)
        row = (report, opens, title, owner, "[]", now, ends, now, len(bundle), digest, memory, True)
        _insert(db, row, sources)
        note(db, owner, "handed on", report, title)
    found = look_up(home, report)
    assert found is not None
    return found, key


def claim(home: Home, report: str, ends: float) -> bool:
    """Have a report's key open it from now on, and have it end then; see `Workspace.claim`."""
    home.check_writable()
    found = look_up(home, report)
    if found is None or report in unclaimed(home) or not (found.is_file or find_report(home, report)):
        return False
    with home.write() as db:
        change = "UPDATE reports SET key_sha256 = substr(key_sha256, ?), ends = ? WHERE id = ? AND key_sha256 LIKE ?"
        db.execute(change, (len(_UNCLAIMED) + 1, ends, report, f"{_UNCLAIMED}%"))
    return True


def unclaimed(home: Home) -> list[str]:
    """Return the reports whose time to be claimed is over."""
    with home.read() as db:
        query = "SELECT id FROM reports WHERE key_sha256 LIKE ? AND ends < ?"
        return [row[0] for row in db.execute(query, (f"{_UNCLAIMED}%", time.time()))]


def find_report(home: Home, report: str) -> Report | None:
    """Return a report by its id; None if it is no id, unknown, withdrawn, deleted or past its time."""
    found = None if home.find_folder(report) is None else look_up(home, report)
    if found is None or found.withdrawn or found.ends < time.time() or not found.path.is_file():
        return None
    return found


def look_up(home: Home, report: str) -> Report | None:
    """Return a report by its id, also where nobody can read it any more; None if it is no id, unknown or deleted."""
    if not is_id(report):
        return None
    with home.read() as db:
        row = db.execute(f"SELECT {_COLUMNS} FROM reports WHERE id = ?", (report,)).fetchone()
    return None if row is None else _report(home, row)


def may_change(home: Home, report: str, key: str, person: str) -> bool:
    """Return whether a secret key, or the address of a person who signed in, is that of the report's owner.

    Also of one that was withdrawn or has ended: its owner may still delete it. It takes as long for a wrong key as
    for the right one.
    """
    row = None
    if is_id(report):
        with home.read() as db:
            row = db.execute("SELECT key_sha256, owner FROM reports WHERE id = ?", (report,)).fetchone()
    key_sha256, owner = row or (_hash(secrets.token_urlsafe(24)), "")
    has_key = hmac.compare_digest(key_sha256.encode(), _hash(key).encode())
    is_owner = hmac.compare_digest(owner.encode(), _fold(person).encode())
    return row is not None and (has_key or (bool(owner) and is_owner))


def reports_of(home: Home, owner: str) -> list[Report]:
    """Return what somebody published, the newest first, also what was withdrawn or has ended; nothing of nobody."""
    if not _fold(owner):
        return []
    with home.read() as db:
        query = f"SELECT {_COLUMNS} FROM reports WHERE owner = ? ORDER BY began DESC"
        return [_report(home, row) for row in db.execute(query, (_fold(owner),))]


def set_readers(home: Home, report: str, readers: Sequence[str] | None) -> None:
    """Change who may read a report. Raises KeyError where there is none, or nobody can read it any more."""
    home.check_writable()
    listed = None if readers is None else _addresses(readers)
    if find_report(home, report) is None:
        raise KeyError("There is no such report (any more).")
    with home.write() as db:
        db.execute("UPDATE reports SET readers = ? WHERE id = ?", (listed, report))


def withdraw(home: Home, report: str) -> None:
    """Make a report's link dead and remove its bundle; what it showed stays remembered. Raises KeyError if none."""
    home.check_writable()
    with home.read() as db:
        _check_there(db, report)
    home.remove(report)  # first: on a full disk the database has no room before
    with home.write() as db:
        db.execute("UPDATE reports SET withdrawn = ? WHERE id = ? AND withdrawn = 0", (time.time(), report))


def end_report(home: Home, report: str) -> None:
    """Withdraw a report whose time is over, and forget its title, its readers and what was logged of it."""
    home.remove(report)
    with home.write() as db:
        change = "UPDATE reports SET withdrawn = max(withdrawn, ends), title = '', readers = '[]' WHERE id = ?"
        db.execute(change, (report,))
        note_end(db, report, "ended")


def delete_report(home: Home, report: str) -> bool:
    """Remove a report with all that is known of it, also what it showed, and tell whether it was there."""
    home.check_writable()
    if not is_id(report):
        return False
    with home.read() as db:
        if db.execute("SELECT 1 FROM reports WHERE id = ?", (report,)).fetchone() is None:
            return False
    home.remove(report)
    with home.write() as db:
        if db.execute("DELETE FROM reports WHERE id = ?", (report,)).rowcount:
            note_end(db, report, "deleted")
    home.scrub()
    return True


def memories(home: Home, sources: Sequence[str]) -> list[str]:
    """Return what is remembered of every report, also withdrawn ones, that has one of these sources."""
    wanted, nobodys = json.dumps(list(sources)), set(unclaimed(home))
    query = """SELECT id, memory FROM reports WHERE id IN (
        SELECT report FROM sources WHERE sha256 IN (SELECT value FROM json_each(?))
    ) ORDER BY began, id"""
    with home.read() as db:
        return [memory for report, memory in db.execute(query, (wanted,)) if report not in nobodys]


def _report(home: Home, row: Sequence) -> Report:
    report, title, owner, readers, began, ends, size, sha256, withdrawn, is_file = row
    listed = None if readers is None else tuple(json.loads(readers))
    path = home.root / report / _BUNDLE
    return Report(report, title, owner, listed, began, ends, size, sha256, path, withdrawn, bool(is_file))


def _insert(db: sqlite3.Connection, row: Sequence, sources: Sequence[str]) -> None:
    db.execute(f"INSERT INTO reports VALUES ({', '.join('?' * len(row))})", row)
    db.executemany("INSERT INTO sources VALUES (?, ?)", [(row[0], source) for source in set(sources)])


def _check_sources(sources: Sequence[str]) -> None:
    if not all(_DIGEST.fullmatch(source) for source in sources):
        raise ValueError("A source is the sha256 of a file, or a fingerprint of its rows, as 64 digits from 0 to f.")


def _title(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())[:_LONGEST_TITLE]


def _check_there(db: sqlite3.Connection, report: str) -> None:
    if not is_id(report) or db.execute("SELECT 1 FROM reports WHERE id = ?", (report,)).fetchone() is None:
        raise KeyError("There is no such report (any more).")


def _write(path: Path, bundle: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        target.write(bundle)
        target.flush()
        os.fsync(target.fileno())


def _addresses(readers: Sequence[str]) -> str:
    if len(readers) > _MOST_READERS:
        most = f"at most {_MOST_READERS:,} can be named"
        raise QuestionError(f"{len(readers):,} readers are named, and {most}. Let whoever has the link read it.")
    return json.dumps([_address(reader) for reader in readers])


def _address(text: str) -> str:
    folded = _fold(text)
    if len(folded) > _LONGEST_ADDRESS:
        raise QuestionError(f"An e-mail address has at most {_LONGEST_ADDRESS} letters; one has {len(folded):,}.")
    return folded


def _fold(text: str) -> str:
    """Return an address in the one form in which two are compared."""
    return fold_email(text).encode(errors="replace").decode()


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
