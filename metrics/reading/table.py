"""A file as it was read, and its cells as numbers or as texts."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from metrics.errors import Finding
from metrics.levels import number_text
from metrics.schema import FileOptions

Numbers = tuple[NDArray[np.float64], NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class Table:
    """A file as it was read; nothing is interpreted yet.

    The text columns of `data` are dictionary<int32, string> or string, typed columns keep their
    type, none is nested; names are trimmed and unique (a repeated name is followed by ` (2)`).
    `options` holds how the file is written, as given or found out. `rows_read` counts the rows of
    `data`; lines left out are among the `findings`.
    """

    name: str
    sha256: str
    data: pa.Table
    first_line: int | None  # line of the first row, where lines mean something
    options: FileOptions
    findings: tuple[Finding, ...]
    rows_read: int
    typed: bool  # numbers came as numbers, not as text
    form: str = ""  # of transcripts in a form of their own: trn, stm, ctm, kaldi, recordings
    kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False)  # what was worked out of a column

    def __post_init__(self) -> None:
        names = self.data.column_names
        if len(set(names)) != len(names):
            raise ValueError("The names of the columns of a table are unique.")


# -- numbers -------------------------------------------------------------------------------------


def numbers(column: pa.ChunkedArray | pa.Array, decimal: str = ".") -> Numbers:
    """Return the cells as numbers (NaN where there is none), and which cells hold something that is no number.

    Texts are trimmed; `decimal` is the sign before the decimals, and the other one of `.` and `,`
    may stand between groups of three digits. Empty cells are no numbers, but not odd either.

    >>> numbers(pa.array(["1.5", " 2", "", "two"]))
    (array([1.5, 2. , nan, nan]), array([False, False, False,  True]))
    """
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    parts = [_chunk_numbers(chunk, decimal) for chunk in chunks]
    if len(parts) == 1:
        return parts[0]
    values = np.concatenate([np.empty(0), *(p[0] for p in parts)])
    return values, np.concatenate([np.empty(0, dtype=bool), *(p[1] for p in parts)])


def _chunk_numbers(chunk: pa.Array, decimal: str) -> Numbers:
    kind = chunk.type
    if pa.types.is_dictionary(kind):
        values, odd = _chunk_numbers(chunk.dictionary, decimal)
        at = chunk.indices.cast(pa.int64()).fill_null(len(values)).to_numpy(zero_copy_only=False)
        return np.append(values, np.nan)[at], np.append(odd, False)[at]
    if is_text(kind):
        return _parse(chunk, decimal)
    if pa.types.is_boolean(kind) or pa.types.is_decimal(kind):
        chunk = chunk.cast(pa.float64())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_floating(chunk.type):
        values = chunk.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
        return values, np.zeros(len(chunk), dtype=bool)
    return np.full(len(chunk), np.nan), chunk.is_valid().to_numpy(zero_copy_only=False)


def _parse(words: pa.Array, decimal: str) -> Numbers:
    if not pc.any(pc.match_substring_regex(words, "[0-9]")).as_py():
        empty = pc.equal(pc.utf8_trim_whitespace(words.cast(pa.string())), "").fill_null(True)
        return np.full(len(words), np.nan), ~np.asarray(empty.to_numpy(zero_copy_only=False), dtype=bool)
    group = "," if decimal == "." else "."
    words = pc.replace_substring(pc.utf8_trim_whitespace(words.cast(pa.string())), "\N{MINUS SIGN}", "-")
    digits = rf"[0-9]+|[0-9]{{1,3}}(?:[{group}][0-9]{{3}})+"
    pattern = rf"^[+-]?(?:(?:{digits})(?:[{decimal}][0-9]*)?|[{decimal}][0-9]+)(?:[eE][+-]?[0-9]+)?$"
    is_number = pc.match_substring_regex(words, pattern).fill_null(False)
    plain = pc.utf8_ltrim(pc.replace_substring(words, group, ""), "+")
    if decimal != ".":
        plain = pc.replace_substring(plain, decimal, ".")
    plain = pc.if_else(is_number, plain, pa.scalar(None, pa.string()))
    try:
        values = plain.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:  # a form that only Python reads
        values = np.array([np.nan if w is None else float(w) for w in plain.to_pylist()])
    odd = pc.and_not(pc.not_equal(words, "").fill_null(False), is_number).to_numpy(zero_copy_only=False)
    beyond = np.isinf(values)  # more than a number can hold
    return np.where(beyond, np.nan, values), odd | beyond


# -- texts ---------------------------------------------------------------------------------------


def texts(column: pa.ChunkedArray | pa.Array, *, trim: bool = True) -> pa.DictionaryArray:
    """Return the cells as trimmed text in composed Unicode form (NFC), null where empty or of spaces only.

    Whole numbers have no `.0`, booleans are `true` and `false`, dates are written year first. The
    words of the dictionary are distinct and none is empty.

    >>> texts(pa.array([1.0, 2.5, None])).to_pylist()
    ['1', '2.5', None]
    """
    column = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_floating(kind) and not pa.types.is_dictionary(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, kind), column)
    codes, words = _encode(column)
    words = words.cast(pa.string()) if is_text(kind) else write_values(words)
    bare = pc.utf8_trim_whitespace(words)
    tidy = pc.if_else(pc.equal(bare, ""), pa.scalar(None, pa.string()), _compose(bare if trim else words))
    if tidy.null_count == 0 and tidy.equals(words):
        return pa.DictionaryArray.from_arrays(codes, words)
    merged = tidy.dictionary_encode()
    return pa.DictionaryArray.from_arrays(merged.indices.take(codes), merged.dictionary)


def _compose(words: pa.Array) -> pa.Array:
    """Return the words in composed form (NFC)."""
    if pc.all(pc.string_is_ascii(words)).as_py() is not False:
        return words
    # Not Arrow's utf8_normalize: before version 26 it took é apart whatever form was asked for (apache/arrow#51225).
    return pa.array([w if w is None else unicodedata.normalize("NFC", w) for w in words.to_pylist()], pa.string())


def _encode(column: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Return the number of each cell's value and the distinct values."""
    if pa.types.is_null(column.type):
        column = column.cast(pa.string())
    was_encoded = pa.types.is_dictionary(column.type)
    column = column if was_encoded else column.dictionary_encode()
    if column.num_chunks == 0:
        return pa.array([], pa.int32()), pa.array([], column.type.value_type)
    if was_encoded and column.num_chunks > 1:  # else the chunks share one, which would be hashed again for each of them
        column = column.unify_dictionaries()
    parts = [chunk.indices.cast(pa.int32()) for chunk in column.chunks]
    codes = parts[0] if len(parts) == 1 else pa.concat_arrays(parts)  # one part as it is: a copy is megabytes
    words = column.chunk(0).dictionary
    if was_encoded and len(words.unique()) != len(words):  # dictionaries of others may repeat a value
        again = words.dictionary_encode()
        codes, words = again.indices.take(codes), again.dictionary
    return codes, words


def write_values(values: pa.Array) -> pa.Array:
    """Return typed values as text."""
    kind = values.type
    if pa.types.is_floating(kind):
        if not pa.types.is_float64(kind):  # 0.1 of a narrow type is 0.1, not 0.10000000149011612
            values = values.cast(pa.float32()).cast(pa.string()).cast(pa.float64())
        return _write_floats(values)
    if pa.types.is_decimal(kind):
        return pa.array([None if v is None else _plain_decimal(str(v)) for v in values.to_pylist()], pa.string())
    if pa.types.is_timestamp(kind):
        written = values.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.string())
        return pc.replace_substring_regex(written, r"\.0+(Z?)$", r"\1")
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([None if v is None else _decode(v) for v in values.to_pylist()], pa.string())
    try:
        return values.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([None if v is None else str(v) for v in values.to_pylist()], pa.string())


def _write_floats(values: pa.Array) -> pa.Array:
    """Return numbers as `number_text` writes them; Arrow does so faster, but for very large and small ones."""
    size = pc.abs(values)
    usual = pc.and_(pc.greater_equal(size, 1e-4), pc.less(size, 1e9)).fill_null(False)
    words = pc.if_else(usual, values, pa.scalar(None, pa.float64())).cast(pa.string())
    others = pc.indices_nonzero(pc.invert(usual)).to_pylist()
    if not others:
        return words
    named = [None if v is None or v != v else number_text(v) for v in values.take(others).to_pylist()]
    return pc.replace_with_mask(words, pc.invert(usual), pa.array(named, pa.string()))


def _plain_decimal(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text and "E" not in text else text


def _decode(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()


def is_text(kind: pa.DataType) -> bool:
    """Return whether cells of this type are texts."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
