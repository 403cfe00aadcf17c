"""The words and signs that conditions are written in."""

from __future__ import annotations

import re

__all__ = ["COMPARISONS", "KEYWORDS", "WORD", "quote_column", "quote_value", "read_number", "stands_alone"]

WORD = r"[\w.+\-/:%@#$]+"
KEYWORDS = frozenset({"and", "or", "not", "in", "between", "is", "missing", "everyone", "true"})
COMPARISONS = ("=", "==", "!=", "<", "<=", ">", ">=")

_WHOLE_WORD = re.compile(WORD)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")


def stands_alone(word: str) -> bool:
    """Whether a name or a value needs no quotes."""
    return _WHOLE_WORD.fullmatch(word) is not None and word.casefold() not in KEYWORDS


def read_number(word: str) -> float | None:
    """Return the number that a word of a condition is, or None.

    >>> read_number("-1.5e3"), read_number("007"), read_number("old")
    (-1500.0, 7.0, None)
    """
    return float(word) if _NUMBER.fullmatch(word.strip()) else None


def quote_value(word: str) -> str:
    """Return a value as it is written in a condition.

    >>> quote_value("65+"), quote_value("< 25"), quote_value("O'Neil")
    ('65+', "'< 25'", "'O''Neil'")
    """
    return word if stands_alone(word) else "'" + word.replace("'", "''") + "'"


def quote_column(name: str) -> str:
    """Return a column's name as it is written in a condition.

    >>> quote_column("age"), quote_column("age group")
    ('age', '`age group`')
    """
    return name if stands_alone(name) else "`" + name.replace("`", "``") + "`"
