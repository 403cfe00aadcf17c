"""Who may read and who may change what was published, by the e-mail that the sign-in service vouches for."""

from __future__ import annotations

import re
from typing import Protocol

__all__ = ["Shared", "fold_email", "is_email", "may_change", "may_read"]

_EMAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+")
_LONGEST = 254  # letters; RFC 5321
_TO_SMALL = {ord(letter): ord(letter.lower()) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


class Shared(Protocol):
    """What somebody shares: whose it is, and who may read it."""

    @property
    def owner(self) -> str:
        """The owner's e-mail; "" where it was made without a sign-in."""

    @property
    def readers(self) -> tuple[str, ...] | None:
        """The e-mails of those who may read it; None: whoever has the link."""


def may_read(report: Shared, person: str) -> bool:
    """Whether a person ("" for nobody in particular) who has the link to a report may read it."""
    return report.readers is None or may_change(report, person) or any(_is_same(r, person) for r in report.readers)


def may_change(report: Shared, person: str) -> bool:
    """Whether a report is this person's own. One that was made without a sign-in is nobody's by name."""
    return _is_same(report.owner, person)


def fold_email(email: str) -> str:
    """Return an e-mail in the one form in which two are compared: without outer spaces, A to Z as a to z.

    Other letters stay as they are: Unicode's small letters run different addresses together (the Kelvin sign
    becomes k, and a folded ß becomes ss), and then one person would be taken for another.

    >>> fold_email(" Ann@Example.org ")
    'ann@example.org'
    """
    return email.strip().translate(_TO_SMALL)


def is_email(text: str) -> bool:
    """Whether a text can be a person's e-mail: one @ with something on both sides, and no spaces or separators.

    >>> is_email("ann@example.org"), is_email("@example.org"), is_email("ann, bob@example.org")
    (True, False, False)
    """
    return len(text) <= _LONGEST and _EMAIL.fullmatch(text.strip()) is not None


def _is_same(email: str, other: str) -> bool:
    return bool(fold_email(email)) and fold_email(email) == fold_email(other)
