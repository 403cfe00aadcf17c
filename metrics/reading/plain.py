"""Typed columns of any origin in the few forms that a `Table` has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.compute as pc

from metrics.reading.limits import Limits
from metrics.reading.table import is_text, write_values

_DICTIONARY = pa.dictionary(pa.int32(), pa.string())
_SAMPLE = 10_000
_ROWS_ALONE = 200_000  # longer columns are encoded side by side; of shorter ones threads cost what they save


def make_plain(
    names: list[str], columns: list[pa.ChunkedArray], where: str, limits: Limits
) -> tuple[list[str], pa.Table]:
    """Return columns that are texts, numbers, booleans or dates; fields of nested ones are called `outer.inner`.

    The columns of the table are called 0, 1, ..., the names stand beside it. Lists become JSON text.
    """
    plain: list[tuple[str, pa.ChunkedArray]] = []
    for name, column in zip(names, columns, strict=True):
        for flat in _flatten(name, column):
            plain.append(flat)
            limits.check(where, columns=len(plain))
    n_rows = len(columns[0]) if columns else 0
    limits.check_shape(where, n_rows, len(plain))
    if n_rows > _ROWS_ALONE:
        with ThreadPoolExecutor() as pool:  # Arrow works outside Python's lock
            arrays = list(pool.map(_simplify, (column for _, column in plain)))
    else:
        arrays = [_simplify(column) for _, column in plain]
    return [name for name, _ in plain], pa.Table.from_arrays(arrays, [str(i) for i in range(len(arrays))])


def _flatten(name: str, column: pa.ChunkedArray) -> Iterator[tuple[str, pa.ChunkedArray]]:
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        yield from _flatten(name, pa.chunked_array([c.storage for c in column.chunks], kind.storage_type))
    elif pa.types.is_struct(kind):
        for i, part in enumerate(column.flatten()):
            yield from _flatten(f"{name}.{kind.field(i).name}", part)
    else:
        yield name, column


def _simplify(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_run_end_encoded(kind):
        column = pa.chunked_array([pc.run_end_decode(c) for c in column.chunks], kind.value_type)
        kind = column.type
    if pa.types.is_dictionary(kind):
        if kind == _DICTIONARY:
            return column
        if is_text(kind.value_type):
            return column.cast(pa.dictionary(pa.int32(), kind.value_type)).cast(_DICTIONARY)
        return _simplify(column.cast(kind.value_type))
    if pa.types.is_null(kind):
        return pa.chunked_array([pa.nulls(len(column), pa.string())])
    if is_text(kind):
        return encode_words(column)
    if pa.types.is_nested(kind):
        texts = [None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in column.to_pylist()]
        return encode_words(pa.chunked_array([pa.array(texts, pa.string())]))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return encode_words(pa.chunked_array([write_values(c) for c in column.chunks], pa.string()))
    if pa.types.is_float16(kind):
        return column.cast(pa.float32())
    return column


def encode_words(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return texts as a dictionary, or as they are where most are different."""
    if column.type != pa.string():
        column = column.cast(pa.string())
    some = column.slice(0, _SAMPLE)
    if len(some) >= 200 and 2 * pc.count_distinct(some).as_py() > len(some):
        return column
    return column.dictionary_encode()
