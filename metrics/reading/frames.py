"""Dataframes of any library that narwhals knows, as Arrow columns."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pyarrow as pa

from metrics.errors import Finding, stop
from metrics.reading.limits import Limits

Columns = tuple[list[str], list[pa.ChunkedArray]]


def is_frame(source: Any) -> bool:
    """Return whether the source is something other than a path, bytes or a file."""
    return not hasattr(source, "read") or hasattr(source, "columns")


def read_frame(source: Any, where: str, limits: Limits) -> tuple[list[str], list[pa.ChunkedArray], list[Finding]]:
    """Return the names and columns of a dataframe. Raises ResultsError where it is none, or too large."""
    import narwhals as nw

    findings: list[Finding] = []
    if nw.dependencies.is_pandas_dataframe(source):
        limits.check_shape(where, len(source), source.shape[1])
        if not _is_counting(source.index):
            found = "has an index of its own, which was left out."
            findings.append(Finding("note", where, found, "Use reset_index() first if it holds something."))
        return *_from_pandas(source), findings
    if isinstance(source, pa.Table):
        limits.check_shape(where, source.num_rows, source.num_columns)
        return list(source.column_names), list(source.columns), findings
    try:
        frame = nw.from_native(source)
    except TypeError as error:
        kind = type(source).__name__
        raise stop(where, f"is a {kind}, not a file or a dataframe.", "Give a path, bytes or a dataframe.") from error
    if isinstance(frame, nw.LazyFrame):
        n_rows = int(frame.select(nw.len()).collect("pyarrow").item())
        limits.check_shape(where, n_rows, len(frame.collect_schema()))
        frame = frame.collect("pyarrow")
    elif not isinstance(frame, nw.DataFrame):
        raise stop(where, "is a single column.", "Give a dataframe.")
    limits.check_shape(where, len(frame), len(frame.columns))
    table = frame.to_arrow()
    return list(table.column_names), list(table.columns), findings


def hash_columns(names: list[str], columns: list[pa.ChunkedArray]) -> str:
    """Return the sha256 of names and cells: equal frames give equal digests, however they are cut into chunks."""
    digest = hashlib.sha256()
    for name, column in zip(names, columns, strict=True):
        digest.update(name.encode() + b"\0")
        whole = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        for part in whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]:
            sink = _Hashed(digest)
            with pa.ipc.new_stream(pa.PythonFile(sink, "w"), pa.schema([("", part.type)])) as stream:
                stream.write_batch(pa.record_batch([part], names=[""]))
    return digest.hexdigest()


class _Hashed(io.RawIOBase):
    """A file that keeps nothing but a digest of what is written."""

    def __init__(self, digest: Any) -> None:
        self.digest = digest

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.digest.update(data)
        return len(data)


def _is_counting(index: Any) -> bool:
    return index.name is None and type(index).__name__ == "RangeIndex"


def _from_pandas(frame: Any) -> Columns:
    """Return every column by its position, as names may repeat; columns of mixed values become text."""
    names = [" ".join(map(str, n)).strip() if isinstance(n, tuple) else str(n) for n in frame.columns]
    columns = []
    for at in range(frame.shape[1]):
        series = frame.iloc[:, at]
        try:
            array = pa.array(series, from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            missing = series.isna().tolist()
            words = [None if none else _word(value) for value, none in zip(series.tolist(), missing, strict=True)]
            array = pa.array(words, pa.string())
        columns.append(array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array]))
    return names, columns


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
