"""Dates as people write them: in the cells of a column, and in the names of files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metrics.errors import Finding
from metrics.reading.cells import Cells, cells_of
from metrics.reading.table import Table

__all__ = ["ORDERS", "Dates", "Day", "Order", "Span", "date_in", "find_date_columns", "parse_date", "read_dates"]

Order = Literal["day first", "month first"]
Span = Literal["day", "month", "quarter", "year"]

ORDERS: tuple[Order, ...] = ("day first", "month first")

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_TIME = re.compile(
    r"[T ]\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]\.?m\.?)?\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?$", re.IGNORECASE
)
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?")
_COMPACT = re.compile(r"((?:19|20)\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_QUARTER = re.compile(r"(?:(\d{4})[- ]?Q([1-4])|Q([1-4])[- /]?(\d{4}))", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d{2}")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
_DAY_NAMED = re.compile(rf"(\d{{1,2}})[ .-]+{_MONTH}[ ,-]+(\d{{4}}|\d{{2}})", re.IGNORECASE)
_NAMED_DAY = re.compile(rf"{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})", re.IGNORECASE)
_NAMED = re.compile(rf"{_MONTH}[ ,-]*(\d{{4}})", re.IGNORECASE)
_NAMED_YEAR = re.compile(r"year|date|jahr|ann[ée]e|año", re.IGNORECASE)

_TRIED = 200  # distinct words that tell whether a column holds dates
_ENOUGH = 0.9


class Day(NamedTuple):
    """The first day that a text names, and how much time it names."""

    day: date
    span: Span


@dataclass(frozen=True, eq=False)
class Dates:
    """The date of every row of a column.

    `days` has the type datetime64[D], NaT where a row has none; `span` is the longest time that a cell names; `order`
    is how days and months that are both written as numbers were read, and `is_open` whether nothing in the column
    tells, so that somebody must. `findings` say what could not be read.
    """

    column: str
    days: NDArray[np.datetime64]
    span: Span
    order: Order
    is_open: bool
    findings: tuple[Finding, ...]


def parse_date(text: str, order: Order = "day first") -> Day | None:
    """Return the date that a text is, None where it is none. A time of day is left off, its zone as it is written.

    >>> parse_date("2026-03-14T09:30"), parse_date("03/04/2026", "month first")
    (Day(day=datetime.date(2026, 3, 14), span='day'), Day(day=datetime.date(2026, 3, 4), span='day'))
    >>> parse_date("2026-Q2"), parse_date("14 Mar 26"), parse_date("30 Feb 2026")
    (Day(day=datetime.date(2026, 4, 1), span='quarter'), Day(day=datetime.date(2026, 3, 14), span='day'), None)
    """
    return _parse(_TIME.sub("", text.strip()), order)


def date_in(name: str) -> Day | None:
    """Return the date in the name of a file, None where there is none: what is written year first before a year alone.

    >>> date_in("loans_2026-03.csv"), date_in("loans 2026.csv"), date_in("loans.csv")
    (Day(day=datetime.date(2026, 3, 1), span='month'), Day(day=datetime.date(2026, 1, 1), span='year'), None)
    """
    stem = re.sub(r"(\.[A-Za-z]{2,8}){1,2}$", "", name).replace("_", " ")
    for pattern in _IN_NAMES:
        for found in pattern.finditer(stem):
            text = re.sub(r"(?<=\d) (?=\d)", "-", found[0])
            day = _parse(re.sub(r"^(\d{4})(\d{2})$", r"\1-\2", text), "day first")
            if day is not None:
                return day
    return None


# A number that goes on before or after is no date: 120260314 is an id.
_IN_NAMES = tuple(
    re.compile(rf"{before}{pattern}(?![0-9A-Za-z])", re.IGNORECASE)
    for before, pattern in (
        (r"(?<![0-9])", r"(?:19|20)\d{2}[-. ]\d{1,2}[-. ]\d{1,2}"),
        (r"(?<![0-9])", r"(?:19|20)\d{6}"),
        (r"(?<![0-9A-Za-z])", r"(?:(?:19|20)\d{2}[- ]?Q[1-4]|Q[1-4][- ]?(?:19|20)\d{2})"),
        (r"(?<![0-9])", r"(?:19|20)\d{2}[-. ](?:0[1-9]|1[0-2])"),
        (r"(?<![0-9])", r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])"),
        (r"(?<![0-9])", r"\d{1,2}[-.]\d{1,2}[-.](?:19|20)\d{2}"),
        (r"(?<![0-9])", rf"\d{{1,2}}[ .-]+{_MONTH}[ ,-]+(?:19|20)\d{{2}}"),
        (r"(?<![A-Za-z])", rf"{_MONTH}[ -]?(?:19|20)\d{{2}}"),
        (r"(?<![0-9])", r"(?:19|20)\d{2}"),
    )
)


def read_dates(table: Table, column: str, order: Order | None = None) -> Dates:
    """Read a column of a table as dates. Without an `order` that of the column's own days above 12 holds.

    Where none is above 12, days come first, which `is_open` and a finding say: the other order would give other dates.
    Cells that are no date have none, and are counted in a finding.
    """
    cells = cells_of(table, column)
    counts = dict(zip(cells.words, cells.counts.tolist(), strict=True))
    first, second, open_rows = _weigh_orders(counts)
    chosen: Order = order or ("month first" if second > first else "day first")
    days = [parse_date(word, chosen) for word in cells.words]
    findings = [*_say_order(column, chosen, order, first, second, open_rows), *_say_odd(column, cells, days)]
    found = np.array([np.datetime64("NaT") if d is None else d.day for d in days] + ["NaT"], "datetime64[D]")
    spans = {d.span for word, d in zip(cells.words, days, strict=True) if d is not None and counts[word]}
    longest: Span = max(spans, key=_SPANS.index, default="day")
    is_open = order is None and open_rows > 0 and first == second == 0
    return Dates(column, found[cells.codes], longest, chosen, is_open, tuple(findings))


_SPANS: tuple[Span, ...] = ("day", "month", "quarter", "year")


def find_date_columns(table: Table) -> tuple[str, ...]:
    """Return the columns that hold dates: nearly all of their words are some, and they are not all the same.

    Years alone count only where the column's name speaks of years or dates: an income may be 2,000 as well.
    """
    return tuple(name for name in table.data.column_names if _holds_dates(cells_of(table, name)))


def _holds_dates(cells: Cells) -> bool:
    words = cells.sample().present[:_TRIED]
    if len(words) < 2:
        return False
    days = [parse_date(word) or parse_date(word, "month first") for word in words]
    found = [d for d in days if d is not None]
    if len(found) < _ENOUGH * len(words):
        return False
    return any(d.span != "year" for d in found) or _NAMED_YEAR.search(cells.name) is not None


# -- reading one text ----------------------------------------------------------------------------


@lru_cache(maxsize=100_000)
def _parse(text: str, order: Order) -> Day | None:
    if found := _ISO.fullmatch(text):
        year, _, month, day = found.groups()
        return _make(year, month, day or 1, "day" if day else "month")
    if found := _COMPACT.fullmatch(text):
        return _make(found[1], found[2], found[3], "day")
    if found := _NUMERIC.fullmatch(text):
        one, _, two, year = found.groups()
        return _make(year, two, one, "day") if order == "day first" else _make(year, one, two, "day")
    if found := _QUARTER.fullmatch(text):
        return _make(found[1] or found[4], 3 * int(found[2] or found[3]) - 2, 1, "quarter")
    if _YEAR.fullmatch(text):
        return _make(text, 1, 1, "year")
    return _parse_named(text)


def _parse_named(text: str) -> Day | None:
    if found := _DAY_NAMED.fullmatch(text):
        return _make(found[3], _number(found[2]), found[1], "day")
    if found := _NAMED_DAY.fullmatch(text):
        return _make(found[3], _number(found[1]), found[2], "day")
    if found := _NAMED.fullmatch(text):
        return _make(found[2], _number(found[1]), 1, "month")
    return None


def _number(month: str) -> int:
    return _MONTHS.index(month[:3].casefold()) + 1


def _make(year: str | int, month: str | int, day: str | int, span: Span) -> Day | None:
    whole = int(year)
    if len(str(year)) == 2:  # as POSIX reads two digits
        whole += 1900 if whole >= 69 else 2000
    try:
        return Day(date(whole, int(month), int(day)), span)
    except ValueError:
        return None


# -- day or month first --------------------------------------------------------------------------


def _weigh_orders(counts: Mapping[str, int]) -> tuple[int, int, int]:
    """Return how many rows can only be read day first, only month first, and either way with another result."""
    first = second = either = 0
    for word, n in counts.items():
        found = _NUMERIC.fullmatch(_TIME.sub("", word.strip())) if n else None
        if found is None:
            continue
        one, two = int(found[1]), int(found[3])
        if one > 12 >= two:
            first += n
        elif two > 12 >= one:
            second += n
        elif one != two and found[2] != ".":  # with points, days come first wherever that is written
            either += n
    return first, second, either


def _say_order(column: str, chosen: Order, given: Order | None, first: int, second: int, either: int) -> list[Finding]:
    where = f"column {column!r}"
    if given is None and first == second == 0 and either:
        found = "has dates that could be read day first or month first, and nothing in it tells which."
        return [Finding("warn", where, found, f"They were read {chosen}; say which it is.", rows=either)]
    wrong = second if chosen == "day first" else first
    if wrong:
        found = f"has dates that cannot be read {chosen}, as the others are."
        return [Finding("warn", where, found, "These rows have no date here; write all dates year first.", rows=wrong)]
    return []


def _say_odd(column: str, cells: Cells, days: Sequence[Day | None]) -> list[Finding]:
    odd = [word for word, d, n in zip(cells.words, days, cells.counts, strict=True) if n and word and d is None]
    if not odd:
        return []
    rows = sum(int(n) for word, d, n in zip(cells.words, days, cells.counts, strict=True) if word and d is None)
    shown = ", ".join(map(repr, odd[:3])) + (", ..." if len(odd) > 3 else "")
    found = f"has cells that are no date, such as {shown}."
    return [Finding("warn", f"column {column!r}", found, "These rows have no date here.", rows=rows)]
