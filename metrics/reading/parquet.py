"""Parquet files: the shape is checked by the file's own description before anything is read."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from metrics.errors import stop
from metrics.reading.content import Content
from metrics.reading.limits import Limits
from metrics.reading.table import is_text

# A file describes how much its columns hold unpacked; beyond this a cell it is no table of results.
_BYTES_PER_CELL = 16
_DICTIONARY_BYTES = 4  # numbers of words take less


def read_parquet(content: Content, limits: Limits) -> pa.Table:
    """Read a Parquet file, texts straight as dictionaries. Raises ResultsError where it is damaged or too large."""
    import pyarrow.parquet as pq

    try:
        source = pa.BufferReader(content.data)
        about = pq.read_metadata(source)
        limits.check_shape(content.where, about.num_rows, about.num_columns)
        size = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
        if size > _BYTES_PER_CELL * limits.cells:
            raise limits.error(
                content.where, "cells", f"holds {size:,} bytes unpacked, as much as {size // 16:,} cells"
            )
        schema = about.schema.to_arrow_schema()
        words = [field.name for field in schema if is_text(field.type) and not _has_many_words(about, field.name)]
        file = pq.ParquetFile(source, read_dictionary=words, metadata=about)
        data = file.read(use_threads=True)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        if isinstance(error, ValueError) and hasattr(error, "findings"):
            raise
        raise stop(
            content.where, f"is a damaged Parquet file ({str(error)[:200]}).", "Export or download it again."
        ) from error
    limits.check_shape(content.where, data.num_rows, data.num_columns)
    return data


def _has_many_words(about: Any, name: str) -> bool:
    """Return whether the cells of a column take so much space that a dictionary of them would be no gain."""
    group = about.row_group(0) if about.num_row_groups else None
    columns = [group.column(i) for i in range(group.num_columns)] if group is not None else []
    return any(
        c.num_values > 1000 and c.total_uncompressed_size > _DICTIONARY_BYTES * c.num_values
        for c in columns
        if c.path_in_schema == name
    )
