"""A data dictionary: what a condition may say of each column, with counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from metrics.formatting import format_count, format_percent
from metrics.levels import count_words, number_text, sort_levels
from metrics.predicates import Values, quote_column, quote_value

__all__ = ["Entry", "add_condition", "describe_columns", "write_levels", "write_range"]

MOST_LEVELS = 200
_MOST_TOLD = 6


@dataclass(frozen=True)
class Entry:
    """One column: its words with how many rows have each, or the least and the largest of its numbers.

    `levels` are in their natural order, at most 200, the commonest ones; `n_levels` is how many there are. Where the
    column holds numbers `low` and `high` are its ends, else None. `missing` is how many cells are empty.
    """

    column: str
    meaning: str
    rows: int
    missing: int
    levels: tuple[tuple[str, int], ...]
    n_levels: int
    low: float | None = None
    high: float | None = None

    @property
    def is_number(self) -> bool:
        return self.low is not None

    @property
    def holds(self) -> str:
        """Return in words what the column holds.

        >>> Entry("age", "", 10, 1, (), 9, 18.0, 90.0).holds
        'numbers from 18 to 90; 1 cell empty'
        """
        if self.low is not None and self.high is not None:
            said = f"numbers from {number_text(self.low)} to {number_text(self.high)}"
        elif not self.levels:
            said = "nothing"
        else:
            told = [f"{word} ({format_count(n)})" for word, n in self.levels[:_MOST_TOLD]]
            more = self.n_levels - len(told)
            said = ", ".join(told) + (f" and {more:,} more" if more > 0 else "")
        if not self.missing:
            return said
        return f"{said}; {format_count(self.missing)} {'cell' if self.missing == 1 else 'cells'} empty"

    def share(self, count: int) -> str:
        """Return which share of the rows so many are."""
        return format_percent(count / self.rows) if self.rows else "-"


def describe_columns(columns: Mapping[str, Values], meanings: Mapping[str, str] | None = None) -> list[Entry]:
    """Describe columns as conditions see them, in their order; `meanings` says what they are for."""
    return [_describe(name, values, (meanings or {}).get(name, "")) for name, values in columns.items()]


def write_levels(column: str, levels: list[str]) -> str:
    """Return the condition that a column has one of these words.

    >>> write_levels("sex", ["f"]), write_levels("home town", ["Bath", "New York"])
    ('sex = f', "`home town` in [Bath, 'New York']")
    """
    words = [quote_value(level) for level in levels]
    return (
        f"{quote_column(column)} = {words[0]}" if len(words) == 1 else f"{quote_column(column)} in [{', '.join(words)}]"
    )


def write_range(column: str, low: float, high: float) -> str:
    """Return the condition that a column's number lies between two others; both ends belong to it.

    >>> write_range("age", 25, 45.5)
    'age between 25 and 45.5'
    """
    low, high = min(low, high), max(low, high)
    return f"{quote_column(column)} between {number_text(low)} and {number_text(high)}"


def add_condition(text: str, condition: str) -> str:
    """Return a text with one more condition at its end.

    >>> add_condition("", "a = 1"), add_condition("a = 1", "b = 2"), add_condition("a = 1 or", "b = 2")
    ('a = 1', 'a = 1 and b = 2', 'a = 1 or b = 2')
    """
    text = text.strip()
    if not text:
        return condition
    open_end = text.endswith(("(", "&")) or text.casefold().split()[-1] in ("and", "or", "not")
    return f"{text} {condition}" if open_end else f"{text} and {condition}"


def _describe(name: str, values: Values, meaning: str) -> Entry:
    rows = len(values.codes)
    if values.is_number:
        known = values.numbers[np.isfinite(values.numbers)]
        missing = rows - len(known)
        if len(known):
            return Entry(name, meaning, rows, missing, (), 0, float(known.min()), float(known.max()))
    counts = count_words(values.codes, len(values.words))
    present = np.flatnonzero(counts)
    commonest = present[np.argsort(-counts[present], kind="stable")][:MOST_LEVELS]
    number = {values.words[i]: int(counts[i]) for i in commonest.tolist() if values.words[i]}
    levels = tuple((word, number[word]) for word in sort_levels(list(number)))
    return Entry(name, meaning, rows, rows - int(counts.sum()), levels, len(present))
