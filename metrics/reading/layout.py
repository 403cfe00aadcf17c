"""Where a sheet of cells has its header, and which of its rows are no data."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from metrics.errors import Finding
from metrics.reading.table import is_text

# Words that people write before the sums under a table.
_TOTAL = re.compile(
    r"(?:grand |sub)?totals?\b|sums?$|summe|gesamt|averages?$|mean$|mittelwert|total |totale\b|somme\b|suma\b",
    re.IGNORECASE,
)
_REMARK = re.compile(r"(?:source|note|notes|quelle|nota|remark|legend|©|\*|\(?\d[\d,]* rows?\b)", re.IGNORECASE)
_LAST_ROWS = 20
_NUMBER = re.compile(r"[+-]?[0-9.,]+(?:[eE][+-]?[0-9]+)?%?")

Bools = NDArray[np.bool_]


def find_header(rows: Sequence[Sequence[str]]) -> int:
    """Return which of the first rows names the columns: the first that is as wide and as full as a table's."""
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    if not widths:
        return 0
    width = max(widths, key=lambda w: (widths[w], w))
    for at, row in enumerate(rows):
        filled = [bool(cell.strip()) for cell in row]
        names_one_less = len(row) == width - 1 and at + 1 < len(rows) and all(filled) and width > 2
        if names_one_less and len(rows[at + 1]) == width and not _looks_like_data(row):
            return at
        if len(row) == width and (2 * sum(filled) > width or (width > 1 and all(filled[1:]))):
            return at
    return next(at for at, row in enumerate(rows) if any(cell.strip() for cell in row))


def _looks_like_data(row: Sequence[str]) -> bool:
    return all(_NUMBER.fullmatch(cell.strip()) for cell in row if cell.strip())


def check_header(names: Sequence[str], where: str) -> list[Finding]:
    """Return what is odd about a header: names that are numbers are probably data."""
    if names and any(n.strip() for n in names) and _looks_like_data(names) and len(names) > 1:
        shown = ", ".join(names[:4])
        found = f"holds numbers ({shown}) where the names of columns are expected; they were taken as names."
        return [Finding("warn", where, found, "Add a line with names, or say which line has them with --header-row.")]
    return []


def unique_names(names: Sequence[str], where: str) -> tuple[list[str], list[Finding]]:
    """Return trimmed names, none empty and none twice: the second `x` is `x (2)`.

    >>> unique_names(["a", " a", ""], "the header")[0]
    ['a', 'a (2)', 'column 3']
    """
    plain = [unicodedata.normalize("NFC", " ".join(name.split())) for name in names]
    plain = [name or f"column {at}" for at, name in enumerate(plain, 1)]
    taken, unique, findings = set(plain), [], []
    seen: Counter[str] = Counter()
    for name in plain:
        seen[name] += 1
        if seen[name] == 1:
            unique.append(name)
            continue
        number = seen[name]
        while f"{name} ({number})" in taken:
            number += 1
        unique.append(f"{name} ({number})")
        taken.add(unique[-1])
    for name, times in seen.items():
        if times > 1:
            found = f"is there {times} times; the first keeps the name, the next is called '{name} (2)'."
            findings.append(Finding("note", f"column {name!r}", found, "Choose by these names."))
    empty = [at for at, name in enumerate(names, 1) if not name.strip()]
    if empty:
        found = f"names {len(empty)} of {len(names)} columns with nothing; the first is called 'column {empty[0]}'."
        findings.append(Finding("note", where, found, ""))
    return unique, findings


# -- rows that are no data -----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Cleaned:
    """The rows that are data, which rows they were, and what is said of the others."""

    data: pa.Table
    kept: Bools | None  # None: all
    findings: tuple[Finding, ...]


def leave_out(data: pa.Table, first_line: int | None, names: Sequence[str]) -> Cleaned:
    """Leave out blank rows, repeated headers, and sums and remarks under the table, and say so.

    `first_line` is the line of the first row, None where lines cannot be told.
    """
    n = data.num_rows
    out = np.zeros(n, dtype=bool)
    findings = []
    blank = _all_empty(data)
    if blank.any():
        out |= blank
        rows = int(blank.sum())
        where = _lines(blank, first_line)
        findings.append(Finding("note", where, f"{_are(rows, 'blank')} and left out.", "", rows=rows))
    again = _repeats_header(data, names)
    if again.any():
        out |= again
        found = f"{_are(int(again.sum()), 'the header once more')} and left out."
        findings.append(
            Finding("warn", _lines(again, first_line), found, "Were several files put together?", rows=int(again.sum()))
        )
    under, words = _under_the_table(data, out)
    if under.any():
        rows = int(under.sum())
        shown = ", ".join(repr(w[:40]) for w in words[:3])
        found = f"{_are(rows, 'no data but a sum or a remark')} ({shown}) and left out."
        findings.append(
            Finding("warn", _lines(under, first_line), found, "If it is data, name it differently.", rows=rows)
        )
        out |= under
    if not out.any():
        return Cleaned(data, None, ())
    return Cleaned(data.filter(pa.array(~out)), ~out, tuple(findings))


def empty_cells(column: pa.ChunkedArray) -> Bools:
    """Return which cells are empty: null, or text of nothing but spaces."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        parts = []
        for chunk in column.chunks:
            words = chunk.dictionary
            none = np.append(_no_text(words) if is_text(words.type) else np.zeros(len(words), dtype=bool), True)
            if not none[:-1].any() and not chunk.null_count:
                parts.append(np.zeros(len(chunk), dtype=bool))
                continue
            parts.append(none[chunk.indices.cast(pa.int64()).fill_null(len(words)).to_numpy(zero_copy_only=False)])
        return np.concatenate([np.empty(0, dtype=bool), *parts])
    if is_text(kind):
        return np.concatenate([np.empty(0, dtype=bool), *(_no_text(chunk) for chunk in column.chunks)])
    nulls: Bools = np.asarray(column.is_null().to_numpy(), dtype=bool)
    return nulls


def _no_text(words: pa.Array) -> Bools:
    bare = pc.equal(pc.utf8_trim_whitespace(words), "").fill_null(True)
    empty: Bools = bare.to_numpy(zero_copy_only=False)
    return empty


def _all_empty(data: pa.Table) -> Bools:
    empty = np.ones(data.num_rows, dtype=bool)
    for column in data.columns:
        empty &= empty_cells(column)
        if not empty.any():
            break
    return empty


def _repeats_header(data: pa.Table, names: Sequence[str]) -> Bools:
    same = np.ones(data.num_rows, dtype=bool)
    for column, name in zip(data.columns, names, strict=True):
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if not is_text(kind):
            return np.zeros(data.num_rows, dtype=bool)
        at = None if same.all() else np.flatnonzero(same)
        cells = column if at is None else column.take(pa.array(at))
        hit = np.concatenate([np.empty(0, dtype=bool), *(_is_word(chunk, name) for chunk in cells.chunks)])
        if at is None:
            same &= hit
        else:
            same[at] = hit
        if not same.any():
            break
    return same


def _is_word(chunk: pa.Array, word: str) -> Bools:
    if pa.types.is_dictionary(chunk.type):
        hit: Bools = np.append(_is_word(chunk.dictionary, word), False)
        if not hit.any():
            return np.zeros(len(chunk), dtype=bool)
        found: Bools = hit[chunk.indices.cast(pa.int64()).fill_null(len(hit) - 1).to_numpy(zero_copy_only=False)]
        return found
    same: Bools = pc.equal(chunk, word).fill_null(False).to_numpy(zero_copy_only=False)
    return same


def is_remark(cells: Sequence[str], usual: int) -> bool:
    """Return whether a row at the end of a table, where `usual` cells of a row are filled, is a sum or a remark."""
    filled = [cell.strip().strip('"') for cell in cells if cell.strip()]
    if not filled or len(filled) > usual:
        return False
    if _TOTAL.fullmatch(filled[0].rstrip(":")) and (len(filled) < usual or cells[0].strip()):
        return True
    if len(filled) == usual:
        return False
    if _TOTAL.match(filled[0]):
        return True
    first = cells[0].strip().strip('"')
    words = bool(_REMARK.match(first)) or (" " in first and usual > 2)
    return len(filled) == 1 and words and not _NUMBER.fullmatch(first)


def _under_the_table(data: pa.Table, out: Bools) -> tuple[Bools, list[str]]:
    """Return which of the last rows are no data, and how they begin."""
    under, words = np.zeros(len(out), dtype=bool), []
    first = max(1, len(out) - _LAST_ROWS) if data.num_columns > 1 else len(out)
    usual = None
    for at in range(len(out) - 1, first - 1, -1):
        if out[at]:
            continue
        (row,) = data.slice(at, 1).to_pylist()
        cells = ["" if value is None else str(value).strip() for value in row.values()]
        if all(cells) and not is_remark(cells, len(cells)):
            break  # a full row, and no sum, whatever is usual
        usual = _usually_filled(data) if usual is None else usual
        if not is_remark(cells, usual):
            break
        under[at] = True
        words.append(next(cell for cell in cells if cell))
    return under, words[::-1]


def _usually_filled(data: pa.Table) -> int:
    """Return how many cells of a row are filled, as a rule (by up to 1,000 rows)."""
    some = data.slice(0, 1000)
    filled = sum((~empty_cells(column)).astype(int) for column in some.columns)
    return int(np.median(filled))


def _lines(rows: Bools, first_line: int | None) -> str:
    at = np.flatnonzero(rows)
    numbers = [int(i) + (first_line if first_line is not None else 1) for i in at[:5]]
    what = ("line" if first_line is not None else "row") + ("s" if len(at) > 1 else "")
    more = f" and {len(at) - 5:,} more" if len(at) > 5 else ""
    return f"{what} {', '.join(map(str, numbers))}{more}"


def _are(n: int, what: str) -> str:
    return f"{'is' if n == 1 else 'are'} {what}"
