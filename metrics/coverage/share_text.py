"""A reference mix as text: how large each group is elsewhere, say by a census, one line a level.

The text comes from anybody, so it is cut off in size, read by a plain CSV parser and checked whole before any of it is
used: every problem is told at once, with its line.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from metrics.errors import Finding, ResultsError, nearest

__all__ = ["COLUMNS", "MOST_BYTES", "MOST_LINES", "parse_shares", "write_shares"]

COLUMNS = ("axis", "level", "share")
MOST_BYTES = 200_000
MOST_LINES = 2_000
_MOST_TOLD = 20
_SLACK = 0.02  # shares are often rounded: so far from 1 their sum may be
_ALIASES = {"attribute": "axis", "variable": "axis", "group": "level", "category": "level", "percent": "share"}
_HEADER = "Begin with the line axis,level,share."


@dataclass
class _Read:
    """What was read so far: (axis, level) -> share, which axes were given in per cent, and what is wrong."""

    where: str
    shares: dict[tuple[str, str], float] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)

    def refuse(self, line: int, found: str, cure: str) -> None:
        place = f"{self.where}, line {line}" if line else self.where
        self.problems.append(Finding("stop", place, found, cure))


def parse_shares(text: str | bytes, levels: Mapping[str, Sequence[str]], where: str = "the shares") -> pd.DataFrame:
    """Return a table of shares, a row a level: columns axis, level and share, the shares of an axis adding up to 1.

    `text` is CSV with a header (commas, semicolons or tabs between the cells), the shares fractions or per cent; levels
    that the reference does not name may be left out, those that the data do not have may be named. `levels` are the
    attributes of the data with their levels. Raises ResultsError with every line that is wrong, and its cure.
    """
    read = _Read(where)
    rows = _split(_decode(text, where), where)
    head = [_ALIASES.get(cell, cell) for cell in (name.strip().lower() for name in rows[0][1])]
    if missing := [name for name in COLUMNS if head.count(name) != 1]:
        read.refuse(rows[0][0], f"has no column {' and no column '.join(map(repr, missing))}.", _HEADER)
        raise ResultsError(read.problems)
    places = [head.index(name) for name in COLUMNS]
    for line, cells in rows[1:]:
        _read_line(read, line, cells, places, levels)
    if not rows[1:]:
        read.refuse(0, "has a header, but no line below it.", "Add a line for each level, such as sex,female,0.51.")
    scale = _check_sums(read) if not read.problems else {}
    if read.problems:
        told = read.problems[:_MOST_TOLD]
        if len(read.problems) > _MOST_TOLD:
            more = len(read.problems) - _MOST_TOLD
            told.append(Finding("stop", where, f"has {more} more problems.", "Mend those above first."))
        raise ResultsError(told)
    return pd.DataFrame(
        [(axis, level, share / scale[axis]) for (axis, level), share in read.shares.items()], columns=list(COLUMNS)
    )


def write_shares(levels: Mapping[str, Sequence[str]]) -> str:
    """Return text that `parse_shares` reads: equal shares of all levels of each attribute, to begin with.

    >>> print(write_shares({"sex": ["female", "male"]}), end="")
    axis,level,share
    sex,female,0.5
    sex,male,0.5
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for axis, names in levels.items():
        writer.writerows([axis, name, f"{1 / len(names):.5g}"] for name in names)
    return out.getvalue()


def _decode(text: str | bytes, where: str) -> str:
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "replace"))
    if size > MOST_BYTES:
        raise _refuse(where, f"is larger than {MOST_BYTES // 1000} kB.", "A table of shares has a line a level.")
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refuse(where, "is not UTF-8 text.", "Save it as CSV in UTF-8.") from error


def _split(text: str, where: str) -> list[tuple[int, list[str]]]:
    """Return the lines that are not empty as (number, cells)."""
    if "\x00" in text:
        raise _refuse(where, "holds signs that no text has.", "Save it as CSV in UTF-8.")
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    rows = []
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, cells))
            if len(rows) > MOST_LINES + 1:
                raise _refuse(where, f"has more than {MOST_LINES:,} lines.", "A table of shares has a line a level.")
    except csv.Error as error:
        at = f"{where}, line {reader.line_num}"
        raise _refuse(at, "is no CSV: a quote is not closed.", "Close it, or double quotes inside quotes.") from error
    if not rows:
        raise _refuse(where, "is empty.", _HEADER)
    return rows


def _read_line(
    read: _Read, line: int, cells: Sequence[str], places: Sequence[int], levels: Mapping[str, Sequence[str]]
) -> None:
    if len(cells) <= max(places):
        read.refuse(line, f"has {len(cells)} of the {max(places) + 1} cells.", "Fill in axis, level and share.")
        return
    axis, level, written = (cells[place].strip() for place in places)
    if axis not in levels:
        known = ", ".join(list(levels)[:20]) or "none"
        hint = nearest(axis, levels) or "Choose one of these."
        read.refuse(line, f"names the attribute {axis!r}, which is not among those of the data ({known}).", hint)
        return
    share = _read_share(written)
    if share is None:
        read.refuse(line, f"has the share {written!r}, which is no number from 0 up.", "Write 0.25, or 25 %.")
    elif (axis, level) in read.shares:
        read.refuse(line, f"names {axis} = {level} a second time.", "Leave one of the two lines.")
    else:
        read.shares[axis, level] = share


_NUMBER = re.compile(r"(\d{1,12}(?:[.,]\d{1,12})?|[.,]\d{1,12})(e-\d{1,2})?\s*(%?)", re.IGNORECASE)


def _read_share(text: str) -> float | None:
    """Return a share as it is written, per cent as hundredths; None where it is no number from 0 up."""
    found = _NUMBER.fullmatch(text.replace("\N{NO-BREAK SPACE}", " "))
    if not found:
        return None
    number = float(found[1].replace(",", ".") + (found[2] or ""))
    return number / 100 if found[3] else number


def _check_sums(read: _Read) -> dict[str, float]:
    """Return what the shares of each axis are divided by, so that they add up to 1."""
    sums: dict[str, float] = {}
    for (axis, _), share in read.shares.items():
        sums[axis] = sums.get(axis, 0.0) + share
    for axis, total in sums.items():
        if not any(math.isclose(total, whole, rel_tol=_SLACK) for whole in (1, 100)):
            read.refuse(
                0,
                f"gives {axis} shares that add up to {total:.4g}, not to 1 or to 100 %.",
                "Name every level of the attribute, those that the data lack as well; divide counts by their sum.",
            )
    return sums


def _refuse(where: str, found: str, cure: str) -> ResultsError:
    return ResultsError([Finding("stop", where, found, cure)])
