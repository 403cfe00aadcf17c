"""The audit log: who did what to a report or an upload, and when. It dies with the thing, but for the end's time."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import Literal, get_args

from dashboard.store.home import Home
from dashboard.store.ids import is_id

__all__ = ["Deed", "Entry", "log", "note", "note_end", "read_log"]

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
]
_LONGEST = 1_000  # letters of who and detail


@dataclass(frozen=True)
class Entry:
    """One line of the log: when (epoch seconds), who (an address, or empty), what, about which id, and words on it."""

    at: float
    who: str
    what: str
    about: str
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


def note(db: sqlite3.Connection, who: str, what: str, about: str, detail: str) -> None:
    """Take down what somebody did, together with doing it."""
    _write(db, Entry(time.time(), _tidy(who), what, about, _tidy(detail)))


def note_end(db: sqlite3.Connection, about: str, what: Deed) -> None:
    """Put one line without names in the place of all that was taken down, and have the file scrubbed."""
    db.execute("DELETE FROM log WHERE about = ?", (about,))
    _write(db, Entry(time.time(), "", what, about, ""))
    db.execute("INSERT OR IGNORE INTO chores VALUES ('scrub')")


def _write(db: sqlite3.Connection, entry: Entry) -> None:
    row = (entry.at, entry.who, entry.what, entry.about, entry.detail)
    db.execute("INSERT INTO log (at, who, what, about, detail) VALUES (?, ?, ?, ?, ?)", row)


def _tidy(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())[:_LONGEST]
