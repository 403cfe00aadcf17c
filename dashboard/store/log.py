"""The audit log: who did what to a report or an upload, and when. It dies with the thing, but for the end's time."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from dataclasses import dataclass, replace
from typing import Literal, get_args

from dashboard.store.home import Home
from dashboard.store.ids import is_id

__all__ = ["Change", "Deed", "Entry", "have_scrubbed", "log", "note", "note_end", "read_log", "read_whole_log"]

Deed = Literal[
    "published",
    "handed on",  # as a file
    "withdrew",
    "deleted",
    "ended",  # its time was over
    "opened",
    "changed readers",
    "changed policy",
    "changed threshold",
    "changed schema",
    "changed match",
]
_LONGEST = 1_000  # letters of who and detail
_MARK = 8  # letters of the digest of an id


@dataclass(frozen=True)
class Entry:
    """One line of the log: when (epoch seconds), who (an address, or empty), what, about which id, and words on it."""

    at: float
    who: str
    what: str
    about: str
    detail: str


@dataclass(frozen=True)
class Change:
    """What is to be taken down with a change: who made it (an address, or empty), what it is, and words on it."""

    who: str
    what: Deed
    detail: str


def log(home: Home, who: str, what: str, about: str, detail: str) -> None:
    """Take down what somebody did to a report or an upload; of what is not kept (any more) nothing is.

    Raises ValueError where `what` is no `Deed`.
    """
    if what not in get_args(Deed):
        raise ValueError(f"The log takes {', '.join(get_args(Deed))}; got {what!r}.")
    home.check_writable()
    if not is_id(about):
        return
    with home.write() as db:
        there = "SELECT 1 FROM uploads WHERE id = :id UNION SELECT 1 FROM reports WHERE id = :id"
        if db.execute(there, {"id": about}).fetchone() is not None:
            note(db, who, what, about, detail)


def read_log(home: Home, about: str) -> list[Entry]:
    """Return what was done to a report or an upload, the oldest first; empty where nothing is known of it."""
    if not is_id(about):
        return []
    with home.read() as db:
        rows = db.execute("SELECT at, who, what, about, detail FROM log WHERE about = ? ORDER BY number", (about,))
        return [Entry(*row) for row in rows]


def read_whole_log(home: Home) -> list[Entry]:
    """Return what was done to anything, the oldest first. In place of an id stands a mark, which opens nothing."""
    with home.read() as db:
        entries = [Entry(*row) for row in db.execute("SELECT at, who, what, about, detail FROM log ORDER BY number")]
    return [replace(entry, about=hashlib.sha256(entry.about.encode()).hexdigest()[:_MARK]) for entry in entries]


def note(db: sqlite3.Connection, who: str, what: str, about: str, detail: str) -> None:
    """Take down what somebody did, together with doing it."""
    _write(db, Entry(time.time(), _tidy(who), what, about, _tidy(detail)))


def note_end(db: sqlite3.Connection, about: str, what: Deed) -> None:
    """Put one line without names in the place of all that was taken down, and have the file scrubbed."""
    db.execute("DELETE FROM log WHERE about = ?", (about,))
    _write(db, Entry(time.time(), "", what, about, ""))
    have_scrubbed(db)


def have_scrubbed(db: sqlite3.Connection) -> None:
    """Have what is deleted in this step taken out of the file by whoever scrubs next."""
    db.execute("INSERT OR IGNORE INTO chores VALUES ('scrub')")


def _write(db: sqlite3.Connection, entry: Entry) -> None:
    row = (entry.at, entry.who, entry.what, entry.about, entry.detail)
    db.execute("INSERT INTO log (at, who, what, about, detail) VALUES (?, ?, ?, ?, ?)", row)


def _tidy(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())[:_LONGEST]
