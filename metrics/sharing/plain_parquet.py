"""Parquet files of plain columns of numbers, written by pyarrow and read here without it.

What a stranger sends must not end the program, and pyarrow ends it on some descriptions of columns that are damaged
on purpose, or unpacks pages of any size. So a bundle's columns are required, plain and not compressed (the zip file
around them is), and reading them is reading a description and taking the numbers from where they lie. Never more
comes out than goes in.

The description is Thrift's compact protocol: https://github.com/apache/parquet-format (parquet.thrift).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["Columns", "read_columns", "write_columns"]

Columns = Mapping[str, NDArray[Any]]

_MARK = b"PAR1"
_MOST_DESCRIBED = 2**16  # bytes of the description
_MOST_DEPTH = 12
_MOST_GROUPS = 100
_LONGEST_HEADER = 2**10  # of a page
_FEWEST_VALUES = 1_000  # of a page that is not the last: pages of a few would take hours
_ROWS_PER_GROUP = 2**26
_REQUIRED = _PLAIN = _UNCOMPRESSED = _DATA_PAGE = 0
_TYPES = {"<i4": 1, "<i8": 2, "<f8": 5}  # Parquet's numbers of them
_ARROW = {"<i4": pa.int32(), "<i8": pa.int64(), "<f8": pa.float64()}


def write_columns(columns: Columns) -> bytes:
    """Return a Parquet file of these columns, of the types `<i4`, `<i8` and `<f8` and of one length."""
    import pyarrow.parquet as pq

    kinds = {name: _ARROW[values.dtype.newbyteorder("<").str] for name, values in columns.items()}
    schema = pa.schema([pa.field(name, kind, nullable=False) for name, kind in kinds.items()])
    table = pa.table([pa.array(values, kinds[name]) for name, values in columns.items()], schema=schema)
    out = io.BytesIO()
    pq.write_table(
        table,
        out,
        row_group_size=_ROWS_PER_GROUP,
        version="2.6",
        use_dictionary=False,
        compression="none",
        write_statistics=False,
        column_encoding=dict.fromkeys(kinds, "PLAIN"),
        data_page_version="1.0",
        store_schema=False,
    )
    return out.getvalue()


def read_columns(data: bytes, kinds: Mapping[str, str], most_rows: int) -> dict[str, NDArray[Any]]:
    """Return the columns of a Parquet file, which are those of `kinds` (name to type) in their order.

    Raises ValueError, saying what it is, for a file that has other columns, more rows or another form.
    """
    rows, groups = _describe(data, kinds)
    if rows > most_rows:
        raise ValueError(f"has {rows:,} rows, more than a bundle has")
    width = sum(np.dtype(kind).itemsize for kind in kinds.values())
    if rows * width > len(data):
        raise ValueError(f"says that it has {rows:,} rows, and is too short for them")
    found: dict[str, list[NDArray[Any]]] = {name: [] for name in kinds}
    for group in groups:
        n = _whole(group, 3)
        chunks = _get(group, 1, list)
        if len(chunks) != len(kinds):
            raise ValueError("has columns that it does not describe")
        for (name, kind), chunk in zip(kinds.items(), chunks, strict=True):
            found[name] += _read_chunk(data, _get(chunk, 3, dict), name, kind, n)
    columns: dict[str, NDArray[Any]] = {
        name: np.concatenate([np.zeros(0, kinds[name]), *parts]) for name, parts in found.items()
    }
    if any(len(column) != rows for column in columns.values()):
        raise ValueError("has columns of other lengths than it says")
    return columns


def _describe(data: bytes, kinds: Mapping[str, str]) -> tuple[int, list[dict[int, Any]]]:
    """Return the number of rows and the row groups, once the columns are the right ones."""
    if len(data) < 12 or data[:4] != _MARK or data[-4:] != _MARK:
        raise ValueError("is no Parquet file")
    size = int.from_bytes(data[-8:-4], "little")
    if size > min(_MOST_DESCRIBED, len(data) - 12):
        raise ValueError("has a description of a wrong length")
    about, _ = _read_struct(data[len(data) - 8 - size : len(data) - 8], 0)
    elements = _get(about, 2, list)
    told = []
    for element in elements[1:]:
        if element.get(3) != _REQUIRED or element.get(5):
            raise ValueError("has columns of another form")
        told.append((_get(element, 4, bytes).decode("utf-8", "replace"), element.get(1)))
    wanted = [(name, _TYPES[kind]) for name, kind in kinds.items()]
    if told != wanted:
        raise ValueError(f"has other columns than {', '.join(kinds)}, or other kinds of numbers in them")
    groups = _get(about, 4, list)
    rows = _whole(about, 3)
    if len(groups) > _MOST_GROUPS or sum(_whole(group, 3) for group in groups) != rows:
        raise ValueError("counts its rows wrongly")
    return rows, groups


def _read_chunk(data: bytes, about: dict[int, Any], name: str, kind: str, n: int) -> list[NDArray[Any]]:
    """Return the pages of a column in one row group, `n` values together."""
    if (_whole(about, 1), _whole(about, 4), _whole(about, 5)) != (_TYPES[kind], _UNCOMPRESSED, n):
        raise ValueError(f"has a column {name!r} of another form")
    pages, at, left, width = [], _whole(about, 9), n, np.dtype(kind).itemsize
    while left:
        header, used = _read_struct(data[at : at + _LONGEST_HEADER], 0)
        at += used
        if _whole(header, 1) != _DATA_PAGE or _whole(_get(header, 5, dict), 2) != _PLAIN:
            raise ValueError(f"has a column {name!r} of another form")
        values, size = _whole(header[5], 1), _whole(header, 3)
        if (
            not (values == left or _FEWEST_VALUES <= values < left)
            or size != values * width
            or size != _whole(header, 2)
            or at + size > len(data) - 8
        ):
            raise ValueError(f"has a column {name!r} that lies about its size")
        pages.append(np.frombuffer(data, kind, values, at))
        at, left = at + size, left - values
    return pages


# -- Thrift's compact protocol -------------------------------------------------------------------

_YES, _NO, _BYTE = 1, 2, 3
_NUMBERS = (4, 5, 6)  # of 16, 32 and 64 bits
_DOUBLE, _BINARY = 7, 8
_LISTS = (9, 10)  # and sets
_STRUCT = 12


def _get(struct: dict[int, Any], field: int, kind: type) -> Any:
    value = struct.get(field)
    if not isinstance(value, kind):
        raise ValueError("has a damaged description")
    if isinstance(value, list) and not all(isinstance(entry, dict) for entry in value):
        raise ValueError("has a damaged description")
    return value


def _whole(struct: dict[int, Any], field: int) -> int:
    value = struct.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("has a damaged description")
    return value


def _read_struct(data: bytes, at: int, depth: int = 0) -> tuple[dict[int, Any], int]:
    """Return the fields of a struct by their numbers, and where it ends."""
    if depth > _MOST_DEPTH:
        raise ValueError("has a damaged description")
    fields: dict[int, Any] = {}
    number = 0
    while True:
        head, at = _read_byte(data, at)
        if not head:
            return fields, at
        kind = head & 15
        if head >> 4:
            number += head >> 4
        else:
            number, at = _read_number(data, at)
        if kind in (_YES, _NO):
            fields[number] = kind == _YES
        else:
            fields[number], at = _read_value(data, at, kind, depth)


def _read_value(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (_YES, _NO, _BYTE):  # yes and no of a list take a byte
        return _read_byte(data, at)
    if kind in _NUMBERS:
        return _read_number(data, at)
    if kind == _DOUBLE:
        return None, _skip(data, at, 8)
    if kind == _BINARY:
        size, at = _read_varint(data, at)
        end = _skip(data, at, size)
        return data[at:end], end
    if kind in _LISTS:
        return _read_list(data, at, depth)
    if kind == _STRUCT:
        return _read_struct(data, at, depth + 1)
    raise ValueError("has a damaged description")


def _read_list(data: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    if depth > _MOST_DEPTH:
        raise ValueError("has a damaged description")
    head, at = _read_byte(data, at)
    size, kind = head >> 4, head & 15
    if size == 15:
        size, at = _read_varint(data, at)
    found = []
    for _ in range(size):  # each takes a byte at least, so that a length that lies meets the end
        value, at = _read_value(data, at, kind, depth + 1)
        found.append(value)
    return found, at


def _read_number(data: bytes, at: int) -> tuple[int, int]:
    value, at = _read_varint(data, at)
    return (value >> 1) ^ -(value & 1), at


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte, at = _read_byte(data, at)
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("has a damaged description")


def _read_byte(data: bytes, at: int) -> tuple[int, int]:
    if not 0 <= at < len(data):
        raise ValueError("has a damaged description")
    return data[at], at + 1


def _skip(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        raise ValueError("has a damaged description")
    return at + size
