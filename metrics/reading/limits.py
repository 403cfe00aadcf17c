"""How large a file may be. Limits are checked before or while reading, never after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from metrics.errors import ResultsError, nearest, stop

_MEGABYTE = 2**20
_TITLES = {
    "file_bytes": "bytes",
    "rows": "rows",
    "columns": "columns",
    "cells": "cells (rows times columns)",
    "decompressed_bytes": "bytes when unpacked",
    "sheet_bytes": "bytes of sheets",
    "levels": "levels in an attribute",
}


@dataclass(frozen=True)
class Limits:
    """The most that is read of anything; each field is at least 1."""

    file_bytes: int = 300 * _MEGABYTE
    rows: int = 10_000_000
    columns: int = 2_000
    cells: int = 100_000_000
    decompressed_bytes: int = 200 * _MEGABYTE  # of a gzip or zip file
    sheet_bytes: int = 100 * _MEGABYTE  # of the sheets inside a workbook
    levels: int = 100_000

    @classmethod
    def browser(cls) -> Limits:
        """Return what a page accepts."""
        return cls()

    @classmethod
    def command_line(cls) -> Limits:
        """Return what the command line and a notebook accept: ten times the bytes, rows and cells."""
        page = cls()
        return replace(page, file_bytes=10 * page.file_bytes, rows=10 * page.rows, cells=10 * page.cells)

    def with_settings(self, settings: Mapping[str, int | str]) -> Limits:
        """Return the limits with some of them changed. Raises ResultsError for a name or number that is none.

        >>> Limits.browser().with_settings({"rows": "5"}).rows
        5
        """
        known = [f.name for f in fields(self)]
        changed = {}
        for name, value in settings.items():
            if name not in known:
                raise stop(f"limit {name!r}", f"is not one of {', '.join(known)}.", nearest(name, known))
            try:
                number = int(str(value).replace(",", ""))
            except ValueError:
                number = 0
            if number < 1:
                raise stop(f"limit {name!r}", f"cannot be {value!r}.", "Give a whole number from 1 up.")
            changed[name] = number
        return replace(self, **changed)

    def check(self, where: str, **amounts: int) -> None:
        """Raise ResultsError if one of the amounts, named like the limits, is over its limit."""
        for name, amount in amounts.items():
            most = getattr(self, name)
            if amount > most:
                raise self.error(where, name, f"has {amount:,} {_TITLES[name]}", amount)

    def check_shape(self, where: str, rows: int, columns: int) -> None:
        """Raise ResultsError if a table of this shape is too large."""
        self.check(where, rows=rows, columns=columns, cells=rows * columns)

    def error(self, where: str, name: str, found: str = "", amount: int | None = None) -> ResultsError:
        """Return the error of going over the limit `name`; `amount` is None where reading stopped before the end."""
        most = getattr(self, name)
        found = found or f"has more than {most:,} {_TITLES[name]}"
        raised = f"{name}={amount}" if amount else f"{name}=N"
        return stop(
            where,
            f"{found}; at most {most:,} are read.",
            f"Use a part of it, or raise the limit with --limit {raised}.",
        )
