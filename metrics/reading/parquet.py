"""Parquet files: the shape is checked by the file's own description before anything is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from metrics.errors import stop
from metrics.progress import SILENT, Progress
from metrics.reading.content import Content
from metrics.reading.limits import Limits
from metrics.reading.table import is_text

# A file describes how much its columns hold unpacked; beyond this a cell it is no table of results.
_BYTES_PER_CELL = 16
_SAMPLE_ROWS = 1000
_PART_BYTES = 2**25  # read at a time, by whole row groups


def read_parquet(content: Content, limits: Limits, progress: Progress = SILENT) -> pa.Table:
    """Read a Parquet file, texts straight as dictionaries. Raises ResultsError where it is damaged or too large."""
    file = open_parquet(content, limits)
    sizes = [file.metadata.row_group(i).total_byte_size for i in range(file.num_row_groups)]
    parts = []
    for groups in _split(sizes):
        progress("Reading the rows", sum(sizes[: groups[0]]) / max(1, sum(sizes)) if groups else 0.0)
        with refuse_damage(content):
            part = file.read_row_groups(groups, use_threads=True)
            part.validate(full=True)  # damaged pages give numbers of words that are not there
        parts.append(part)
    data = pa.concat_tables(parts)
    pa.default_memory_pool().release_unused()  # unpacking takes as much again as what it leaves
    limits.check_shape(content.where, data.num_rows, data.num_columns)
    return data


def open_parquet(content: Content, limits: Limits) -> Any:
    """Return a Parquet file (pyarrow's) whose description is within the limits; texts come as dictionaries."""
    import pyarrow.parquet as pq

    with refuse_damage(content):
        source = pa.BufferReader(content.data)
        about = pq.read_metadata(source)
        limits.check_shape(content.where, about.num_rows, about.num_columns)
        size = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
        if size > _BYTES_PER_CELL * limits.cells:
            raise limits.error(
                content.where, "cells", f"holds {size:,} bytes unpacked, as much as {size // 16:,} cells"
            )
        schema = about.schema.to_arrow_schema()
        words = [field.name for field in schema if is_text(field.type)]
        few = _with_few_words(pq.ParquetFile(source, metadata=about), words)
        return pq.ParquetFile(source, read_dictionary=few, metadata=about, page_checksum_verification=True)


def _split(sizes: list[int]) -> list[list[int]]:
    """Return the numbers of the row groups in runs of some size; one run, of none, where there are none."""
    runs: list[list[int]] = [[]]
    filled = 0
    for number, size in enumerate(sizes):
        if runs[-1] and filled + size > _PART_BYTES:
            runs.append([])
            filled = 0
        runs[-1].append(number)
        filled += size
    return runs


@contextmanager
def refuse_damage(content: Content) -> Iterator[None]:
    """Turn what pyarrow says of a damaged file into a ResultsError."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        if isinstance(error, ValueError) and hasattr(error, "findings"):
            raise
        raise stop(
            content.where, f"is a damaged Parquet file ({str(error)[:200]}).", "Export or download it again."
        ) from error


def _with_few_words(file: Any, names: list[str]) -> list[str]:
    """Return the columns whose first cells repeat, so that a dictionary of their words is a gain.

    The description of the column chunks would tell too, but a damaged one ends the whole program.
    """
    some = next(file.iter_batches(_SAMPLE_ROWS, columns=names), None) if names else None
    if some is None or some.num_rows < _SAMPLE_ROWS:
        return names
    pairs = zip(some.schema.names, some.columns, strict=True)
    many = {name for name, cells in pairs if 2 * len(cells.unique()) > len(cells)}
    return [name for name in names if name not in many]
