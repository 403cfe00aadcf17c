"""Which of several files is the main one, whose rows are measured; the others are joined to it by id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from metrics.reading.named import named_columns
from metrics.reading.names import columns_named_for
from metrics.reading.table import Table
from metrics.schema import FileOptions, Schema

__all__ = ["Guess", "guess_main", "without_columns"]


@dataclass(frozen=True)
class Guess:
    """The number of the file that is most likely the main one, and why."""

    number: int
    reason: str


def guess_main(tables: Sequence[Table], schema: Schema) -> Guess:
    """Return which of several files the others are joined to.

    It is the one that has most of the columns that the schema names, else the only one with a column
    named like the truth, else the one with the most columns, else the first.
    """
    columns = [{name.strip() for name in table.data.column_names} for table in tables]
    named = {name.strip() for name in named_columns(schema)}
    best = _only_largest([len(named & names) for names in columns])
    if best is not None:
        return Guess(best, "has most of the columns that the schema names")
    labels = [columns_named_for("label", table.data.column_names) for table in tables]
    best = _only_largest([len(found[:1]) for found in labels])
    if best is not None:
        return Guess(best, f"alone has a column that is named like the truth ({labels[best][0]!r})")
    best = _only_largest([len(names) for names in columns])
    if best is not None:
        return Guess(best, f"has the most columns ({len(columns[best])})")
    return Guess(0, "comes first, and nothing else sets the files apart")


def without_columns(schema: Schema) -> Schema:
    """Return what a schema says of no column and of no single file: it holds whatever file is the main one."""
    file = FileOptions(missing=schema.file.missing, keep_spelling=schema.file.keep_spelling)
    return replace(
        schema,
        columns={},
        systems=(),
        attributes=(),
        without=(),
        strata=(),
        where=None,
        recode={},
        slices=(),
        file=file,
    )


def _only_largest(numbers: Sequence[int]) -> int | None:
    """Return the place of the largest number, None where several are."""
    most = max(numbers)
    return numbers.index(most) if list(numbers).count(most) == 1 else None
