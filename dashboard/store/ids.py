"""Ids that nobody can guess: whoever has one has what is kept under it. They are derived from nothing."""

from __future__ import annotations

import re
import secrets

__all__ = ["is_id", "new_id"]

_ID = re.compile(r"[A-Za-z0-9_-]{32}")  # secrets.token_urlsafe(24)


def new_id() -> str:
    """Return a new id of 192 random bits."""
    return secrets.token_urlsafe(24)


def is_id(text: object) -> bool:
    """Return whether a text has the form of an id; anything may be asked."""
    return isinstance(text, str) and bool(_ID.fullmatch(text))
