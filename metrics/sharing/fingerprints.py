"""Fingerprints of the rows of a file, by which they are known again in another format, or with other columns.

A file is one by its bytes; saved anew it is another file of the same people. These digests are of what the rows say:
they do not depend on the format, the order of columns, or columns that are not named here. Equal ones by
accident are out of the question (the sums have 128 bits, the digests 256); somebody who wants two files to look alike
can have that, and harms their own protection alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from metrics.reading.cells import Cells, cells_of
from metrics.reading.table import Table, numbers, texts
from metrics.schema import Schema

__all__ = ["fingerprint_rows"]

Hashes = NDArray[np.uint64]

_FEWEST_CHANGES = 30  # from one row to the next, for an order to be one that no other file has
_FEWEST_KINDS = 8  # of rows, for the counts of each to be such
_FEW_ROWS = 1_000
_EMPTY, _GOLDEN = np.uint64(0x9AE16A3B2F90404F), np.uint64(0x9E3779B97F4A7C15)


def fingerprint_rows(table: Table, schema: Schema) -> tuple[str, ...]:
    """Return the fingerprints of the rows of a file, as SHA-256 in hexadecimal: two files with one in common are alike.

    `schema` names the columns; those that are not in the file, and its filter, do not matter. *In their order*, rows
    are known by what is true (where that is not known, by what a system says) beside one answer or attribute; *in
    any order*, by what is true beside an answer, an answer and an attribute, or all attributes. So the same rows are
    found with columns more or fewer, or with the answers of another system. What hardly changes from row to row, or
    has hardly any kinds of rows, gives none: many files would share it.
    """
    there = set(table.data.column_names)
    truth = [c for role, c in schema.columns.items() if role in ("label", "reference") and c in there]
    answers = _distinct([c for system in schema.systems for c in system.columns.values()], there)
    attributes = _distinct([a.column for a in schema.attributes], there)
    names = _distinct([*truth, *answers, *attributes], there)
    hashes = {name: _hash_cells(cells_of(table, name)) for name in names}
    found: dict[str, None] = {}
    for base in truth or answers:
        for other in (*answers, *attributes):
            found |= dict.fromkeys(_in_order([hashes[base], hashes[other]]))
        for some in _in_any_order_of(base, answers, attributes):
            found |= dict.fromkeys(_in_any_order([hashes[name] for name in some]))
    return tuple(found)


def _in_any_order_of(base: str, answers: Sequence[str], attributes: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Name the columns that rows are known by in any order."""
    yield from ((base, answer) for answer in answers)
    yield from ((base, answer, other) for answer, other in product(answers, attributes))
    yield (base, *sorted(attributes))


def _distinct(names: Sequence[str], there: set[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name in there]


def _in_order(columns: Sequence[Hashes]) -> Iterator[str]:
    rows = _combine(columns)
    if int((rows[1:] != rows[:-1]).sum()) >= _FEWEST_CHANGES:
        yield hashlib.sha256(b"in order" + rows.tobytes()).hexdigest()


def _in_any_order(columns: Sequence[Hashes]) -> Iterator[str]:
    rows = _combine(columns)
    if _has_kinds(rows):
        sums = [int(rows.sum()), int(_mix(rows ^ _GOLDEN).sum())]
        yield hashlib.sha256(f"in any order {len(rows)} {sums}".encode()).hexdigest()


def _has_kinds(rows: Hashes) -> bool:
    """Whether there are enough kinds of rows; the first rows mostly tell."""
    if len(np.unique(rows[:_FEW_ROWS])) >= _FEWEST_KINDS:
        return True
    for _ in range(_FEWEST_KINDS - 1):
        if not len(rows):
            return False
        rows = rows[rows != rows[0]]
    return len(rows) > 0


def _combine(columns: Sequence[Hashes]) -> Hashes:
    rows = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        rows = _mix(rows * np.uint64(3) + column)
    return rows


def _hash_cells(cells: Cells) -> Hashes:
    """Return a number for every cell: the same for 1, 1.0 and "1.0", for True and "true", for all that is empty."""
    if not cells.is_text and cells.is_number:
        return _hash_numbers(numbers(cells.data)[0])
    # Distinct words, by Arrow alone: ids are as many as rows.
    encoded = texts(cells.data)
    codes, words = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), pc.utf8_lower(encoded.dictionary)
    missing = pa.array([word.lower() for word in cells.missing], pa.string())
    empty = pc.or_(words.is_null(), pc.is_in(words, missing)).to_numpy(zero_copy_only=False)
    values, odd = numbers(words, cells.decimal)
    occurs = np.bincount(codes + 1, minlength=len(words) + 1)[1:] > 0
    if (odd & occurs & ~empty).any():
        values_of_words = pd.util.hash_array(words.to_numpy(zero_copy_only=False).astype(object), categorize=False)
    else:
        values_of_words = _hash_numbers(values)
    known: Hashes = np.append(np.where(empty, _EMPTY, values_of_words), _EMPTY)[codes]
    return known


def _hash_numbers(values: NDArray[np.float64]) -> Hashes:
    values = values + 0.0  # there are two zeros
    return np.where(np.isnan(values), _EMPTY, _mix(values.view(np.uint64)))


def _mix(numbers: Hashes) -> Hashes:
    """Return numbers of which every bit hangs on every bit of those given (Steele, Lea & Flood 2014, SplitMix64)."""
    mixed = numbers + _GOLDEN
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return mixed
