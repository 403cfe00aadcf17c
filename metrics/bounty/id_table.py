"""Small files whose rows are found by their id: the labels, predictions and members that others send."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from metrics.errors import Finding, nearest, stop
from metrics.levels import count_words
from metrics.reading import Limits, read_table
from metrics.reading.cells import Cells, cells_of
from metrics.reading.table import Table

__all__ = ["Ids", "count_of", "find_column", "listed", "read_columns"]

UNKNOWN = -1


def read_columns(data: bytes, name: str, columns: Sequence[str], limits: Limits) -> list[Cells]:
    """Return columns of a small table, as texts; `name` is the file's, `columns` those that it must have.

    A comma-separated UTF-8 file whose first line names the columns is read quickly; any other form as results files
    are. Raises ResultsError where it cannot be read or lacks a column.
    """
    cells = _read_plain(data, columns)
    if cells is None:
        table = read_table(data, limits=limits, name=name, wanted=columns)
        cells = [cells_of(table, find_column(table, column)) for column in columns]
    limits.check(f"file {name!r}", rows=len(cells[0]))
    return cells


def find_column(table: Table, column: str) -> str:
    """Return the name of a column. Raises ResultsError where the table lacks it, suggesting the nearest."""
    names = table.data.column_names
    if column not in names:
        cure = nearest(column, names) or "Check its first line, and what the terms call it."
        raise stop(f"column {column!r}", f"is not in the file {table.name!r} (it has: {', '.join(names[:20])}).", cure)
    return column


def _read_plain(data: bytes, columns: Sequence[str]) -> list[Cells] | None:
    """Read a file in the plain form, None where it is in another: other signs, quotes over lines, uneven lines."""
    from pyarrow import csv as arrow

    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        header = next(csv.reader([data[: data.index(b"\n")].decode("utf-8")]), [])
        if any(header.count(column) != 1 for column in columns) or b'"' in data:
            return None
        table = arrow.read_csv(
            pa.BufferReader(data),
            arrow.ReadOptions(use_threads=False),
            convert_options=arrow.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()),
                include_columns=list(columns),
                strings_can_be_null=False,
            ),
        )
    except (ValueError, pa.ArrowInvalid, csv.Error):
        return None
    return [Cells(column, table.column(column)) for column in columns]


@dataclass(frozen=True, eq=False)
class Ids:
    """The ids of a bounty's rows, each once, in the order of the rows."""

    words: pa.Array

    def __len__(self) -> int:
        return len(self.words)

    def find(self, cells: Cells) -> NDArray[np.int64]:
        """Return the row of each id, UNKNOWN where there is none; empty cells are unknown."""
        data = cells.data
        if data.type == self.words.type:  # nearly always the very same words: then none of them is looked at in Python
            if data.equals(pa.chunked_array([self.words])):
                return np.arange(len(data))
            places = pc.index_in(data, value_set=self.words)
            if not places.null_count:
                return np.asarray(places.to_numpy(), dtype=np.int64)
        words = pa.array(cells.words, pa.string())
        places = pc.index_in(words, value_set=self.words).fill_null(UNKNOWN).to_numpy().astype(np.int64)
        return np.append(places, UNKNOWN)[cells.codes]


def count_of(number: int, word: str) -> str:
    """Return a number with its word.

    >>> count_of(1, "row"), count_of(2_000, "id")
    ('1 row', '2,000 ids')
    """
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def count_cells_of(cells: Cells, words: Sequence[str]) -> int:
    """Return how many cells say one of these words."""
    asked = set(words)
    chosen = np.array([word in asked for word in cells.words] + [False])
    return int(chosen[cells.codes].sum())


def listed(words: Sequence[str], most: int = 3) -> str:
    """Return the first words as examples.

    >>> listed(["a", "b", "c", "d"])
    "'a', 'b', 'c' and 1 more"
    """
    more = f" and {len(words) - most:,} more" if len(words) > most else ""
    return ", ".join(map(repr, words[:most])) + more


def check_ids(cells: Cells, where: str) -> list[Finding]:
    """Return what is wrong with ids that have to be there and to differ."""
    problems = []
    empty = int((cells.codes < 0).sum())
    if empty:
        problems.append(
            Finding("stop", where, f"is empty in {count_of(empty, 'row')}.", "Give each row its id.", empty)
        )
    counts = count_words(cells.codes, len(cells.words))
    twice = [word for word, count in zip(cells.words, counts, strict=True) if count > 1]
    if twice:
        rows = int(counts[counts > 1].sum())
        found = f"has {count_of(len(twice), 'id')} more than once, in {count_of(rows, 'row')}: {listed(twice)}."
        problems.append(Finding("stop", where, found, "Give each row an id of its own.", rows))
    return problems


def read_file(path: Path, most_bytes: int) -> bytes:
    """Return what a file holds. Raises ResultsError where it cannot be read or is too large."""
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for, without an end
            raise stop(f"file {path.name!r}", "is no file with content of its own.", "Put the file itself there.")
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise stop(f"file {path.name!r}", f"cannot be read ({error.strerror}).", "Check that it is there.") from error
    if len(data) > most_bytes:
        cure = "Leave out columns and rows that are not needed."
        raise stop(f"file {path.name!r}", f"is larger than {most_bytes / 2**20:g} MB.", cure)
    return data


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def small_limits(rows: int, file_bytes: int) -> Limits:
    """Return the limits of a file that has about so many rows."""
    return replace(Limits.browser(), file_bytes=file_bytes, rows=2 * rows + 1_000)
