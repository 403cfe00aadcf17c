"""What can be in the way of reading or writing the workspace, in plain words."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from metrics.errors import Finding, ResultsError, stop

__all__ = ["ReadOnly", "in_plain_words", "is_full", "no_room", "over_quota"]

_FULL = {errno.ENOSPC, errno.EDQUOT}
_MAY_NOT = {errno.EROFS, errno.EACCES, errno.EPERM}
_WHERE = "the workspace"


class ReadOnly(ResultsError):  # noqa: N818  (a person meets the words, not the name)
    """Something was to be written where only reading is allowed."""

    def __init__(self) -> None:
        found, cure = "is open for reading only.", "Do it where the dashboard is run by its owner, not as a viewer."
        super().__init__([Finding("stop", _WHERE, found, cure)])


def is_full(error: OSError) -> bool:
    """Return whether an error says that the disk, or its owner's share of it, is full."""
    return error.errno in _FULL


def no_room() -> ResultsError:
    """Return the error of a full disk."""
    cure = "Nothing was kept. Delete data that are no longer needed, or make room on the disk, and try again."
    return stop("the disk of the workspace", "is full.", cure)


def over_quota(quota: float, used: float) -> ResultsError:
    """Return the error of what would make the workspace larger than `quota` bytes; `used` are taken up already."""
    found = f"may hold {quota / 1e9:,.1f} GB, and holds {used / 1e9:,.1f} GB already: this does not fit in."
    cure = (
        "Delete data that are no longer needed, wait until older uploads end, or have whoever runs the dashboard "
        "raise FAIRNESS_DASHBOARD_QUOTA_GB."
    )
    return stop(_WHERE, found, cure)


def _not_writable() -> ResultsError:
    return stop(_WHERE, "cannot be written to.", "Check who may write to its folder and files.")


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Say what the system or the database reports as a person would: the place, what was found and the cure."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise no_room() from error
        if error.errno in _MAY_NOT:
            raise _not_writable() from error
        raise
    except sqlite3.DatabaseError as error:
        text, name = str(error), getattr(error, "sqlite_errorname", "")
        if name in ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"):
            raise no_room() from error
        if "locked" in text or "busy" in text:
            raise stop(_WHERE, "is being written to by somebody else.", "Try again in a moment.") from error
        if "readonly" in text or "unable to open" in text:
            raise _not_writable() from error
        if "disk I/O" in text:
            raise stop("the disk of the workspace", f"fails ({name}).", "Check the disk, then try again.") from error
        if "malformed" in text or "not a database" in text:
            cure = "Restore it from a backup, or move the folder away to begin with an empty one."
            raise stop("file 'workspace.sqlite'", f"is damaged ({text}).", cure) from error
        raise
