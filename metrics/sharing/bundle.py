"""A bundle: a file with what is shared of a results file, to be opened in any other installation.

A zip file of `bundle.json` (`bundle_head`), Parquet files of numbers (`bundle_numbers`) and, where words go along,
`examples.json` (`bundle_examples`). It may come from a stranger, and is checked as a whole before anything is made of
it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metrics.errors import QuestionError, stop
from metrics.sharing.bundle_archive import ASK, MOST_BYTES, fetch, pack, unpack
from metrics.sharing.bundle_checks import MOST_OPENED, check_tables
from metrics.sharing.bundle_examples import MOST_WORDS, read_examples, write_examples
from metrics.sharing.bundle_head import MOST_HEAD, MOST_QUESTIONS, WITH_EXAMPLES, head_of, read_head, write_head
from metrics.sharing.bundle_numbers import columns_of, count_opened, cubes_of, table_kinds
from metrics.sharing.plain_parquet import Columns, read_columns, write_columns
from metrics.sharing.shared_cube import Shared

__all__ = ["MOST_NUMBERS", "SUFFIX", "read_bundle", "write_bundle"]

SUFFIX = ".fairness.zip"
_HEAD, _EXAMPLES = "bundle.json", "examples.json"
_TABLES = ("answers", "cells", "correlations", "floors", "pairs", "parts")
_MEMBERS = (_HEAD, *(f"{name}.parquet" for name in _TABLES))
MOST_NUMBERS = 24_000_000  # rows times columns of all tables: 8 bytes each, and as many again while reading


def write_bundle(shared: Shared) -> bytes:
    """Return the file. The same shared numbers give the same bytes (with the same versions of the libraries).

    Raises QuestionError where that is more than a bundle may hold.
    """
    head = head_of(shared)
    questions = len(head.systems) * len(head.groupings) * len(head.terms.metrics)
    _check_amount(questions, MOST_QUESTIONS, "questions (systems times groupings times metrics)")
    cells = [[len(cube.by(names)) for names in head.groupings] for cube in shared.cubes]
    _check_amount(count_opened(head, np.array(cells)), MOST_OPENED, "numbers once it is open")
    tables = columns_of(shared, head)
    numbers = sum(len(column) for table in tables.values() for column in table.values())
    _check_amount(numbers, MOST_NUMBERS, "numbers")
    told = write_head(head)
    _check_amount(len(told), MOST_HEAD, "bytes of names and words")
    members = {_HEAD: told, **{f"{name}.parquet": write_columns(table) for name, table in tables.items()}}
    if shared.examples:
        members[_EXAMPLES] = write_examples(shared.examples)
        _check_amount(len(members[_EXAMPLES]), MOST_WORDS, "bytes of transcripts")
    data = pack(members)
    _check_amount(len(data), MOST_BYTES, "bytes")
    return data


def _check_amount(amount: int, most: int, what: str) -> None:
    if amount > most:
        raise QuestionError(
            f"This is too much for one file: {amount:,} {what}; at most {most:,} are written. "
            "Share fewer groupings, metrics or examples."
        )


def read_bundle(source: Any, name: str = "bundle") -> Shared:
    """Read a bundle from bytes, a path or a binary stream; `name` is what problems call it.

    Raises ResultsError for what is no bundle, is damaged, of a later version or over the limits, and for numbers that
    cannot be.
    """
    where = f"file {name!r}"
    members = unpack(fetch(source, where), _MEMBERS, where, optional=(_EXAMPLES,))
    head = read_head(members.pop(_HEAD), where)
    if (_EXAMPLES in members) != (head.version >= WITH_EXAMPLES):
        holds, has = ("holds", "has not") if _EXAMPLES in members else ("lacks", "has")
        raise stop(where, f"{holds} {_EXAMPLES!r}, which version {head.version} of the format {has}.", ASK)
    tables: dict[str, Columns] = {}
    left = MOST_NUMBERS
    for table, kinds in table_kinds(head).items():
        try:
            tables[table] = read_columns(members.pop(f"{table}.parquet"), kinds, left // len(kinds))
        except ValueError as error:
            raise stop(f"{where}, {table}.parquet,", f"{error}.", ASK) from error
        left -= len(kinds) * len(tables[table][next(iter(kinds))])
    check_tables(head, tables, where)
    return Shared(
        terms=head.terms,
        made=head.made,
        versions=head.versions,
        sources=head.sources,
        schema=head.schema,
        left_out=head.left_out,
        cubes=cubes_of(head, tables),
        examples=read_examples(members[_EXAMPLES], head, tables, where) if _EXAMPLES in members else None,
    )
