"""A date column of one file cut into months, quarters or years: one set of units a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from metrics.errors import Finding, QuestionError, unknown
from metrics.reading.table import Table
from metrics.scored import Scored
from metrics.series.dates import Order, read_dates
from metrics.series.sets import DatedSet, Series, line_up
from metrics.slices import MISSING

__all__ = ["EVERY", "MOST_PERIODS", "Every", "Periods", "cut_by_period", "name_period", "read_periods"]

Every = Literal["month", "quarter", "year"]

EVERY: tuple[Every, ...] = ("month", "quarter", "year")
MOST_PERIODS = 120
_MONTHS_IN: dict[Every, int] = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, eq=False)
class Periods:
    """The period of every row of a file.

    `starts` are the first days of the periods that occur, ascending, `names` how they are called; `codes` (rows,) has
    the number of each row's period, -1 where it has no date. `is_open` says that days and months may be the other way
    round, as in `Dates`.
    """

    column: str
    every: Every
    starts: tuple[date, ...]
    names: tuple[str, ...]
    codes: NDArray[np.int64]
    order: Order
    is_open: bool
    findings: tuple[Finding, ...]


def name_period(start: date, every: Every) -> str:
    """Return how a period is called that begins on this day; names stand in their order in time.

    >>> name_period(date(2026, 4, 1), "month"), name_period(date(2026, 4, 1), "quarter")
    ('2026-04', '2026 Q2')
    """
    if every == "year":
        return f"{start.year:04d}"
    return f"{start.year:04d}-{start.month:02d}" if every == "month" else f"{start.year:04d} Q{start.month // 3 + 1}"


def read_periods(table: Table, column: str, every: Every = "month", order: Order | None = None) -> Periods:
    """Cut a column of dates into periods. Rows without a date are told in a finding.

    Raises QuestionError for a column that is not there or holds no date, for periods shorter than what its cells name,
    and for more than `MOST_PERIODS`.
    """
    if column not in table.data.column_names:
        raise unknown(column, "column called", table.data.column_names)
    if every not in EVERY:
        raise unknown(every, "period called", EVERY)
    dates = read_dates(table, column, order)
    known = ~np.isnat(dates.days)
    if not known.any():
        raise QuestionError(f"The column {column!r} holds no date that can be read, such as 2026-03-14.")
    if dates.span in EVERY and EVERY.index(dates.span) > EVERY.index(every):
        raise QuestionError(f"The column {column!r} names {dates.span}s only, so that it cannot be cut by {every}.")
    step = _MONTHS_IN[every]
    months = dates.days.astype("datetime64[M]").astype(np.int64) // step * step
    distinct, codes = np.unique(months[known], return_inverse=True)
    if len(distinct) > MOST_PERIODS:
        longer = "a longer period" if every != "year" else "another column"
        raise QuestionError(f"The column {column!r} has {len(distinct):,} {every}s; choose {longer}.")
    starts = tuple(np.datetime64(int(month), "M").astype("datetime64[D]").item() for month in distinct)
    of_row = np.full(len(known), -1)
    of_row[known] = codes
    names = tuple(name_period(start, every) for start in starts)
    found = [*dates.findings]
    left = int((~known).sum())
    if left:
        cure = f"They are shown as the set {MISSING}, which has no place in time."
        found.append(Finding("warn", f"column {column!r}", "has rows without a date.", cure, rows=left))
    return Periods(column, every, starts, names, of_row, dates.order, dates.is_open, tuple(found))


def cut_by_period(scored: Sequence[Scored], periods: Periods) -> Series:
    """Return the units of one file as a series: a set a period, and one for those without a date.

    Numbers are those of files that hold one period each: what intervals borrow is that of the period alone. Raises
    QuestionError where the periods are those of another file.
    """
    last = max((int(s.rows.max(initial=-1)) for s in scored), default=-1)
    if last >= len(periods.codes):
        raise QuestionError("The periods are those of another file: it has fewer rows.")
    found = []
    for code, (name, start) in enumerate(zip(periods.names, periods.starts, strict=True)):
        found.append(DatedSet(name, _take(scored, periods.codes, code), start))
    found.append(DatedSet(MISSING, _take(scored, periods.codes, -1), None))
    return line_up([s for s in found if any(len(units) for units in s.scored)], findings=periods.findings)


def _take(scored: Sequence[Scored], codes: NDArray[np.int64], code: int) -> tuple[Scored, ...]:
    return tuple(s.take(codes[s.rows] == code) for s in scored)
