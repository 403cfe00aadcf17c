"""A file as it was read (first thin version)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from metrics.errors import Finding
from metrics.schema import FileOptions


@dataclass(frozen=True)
class Table:
    name: str
    sha256: str
    data: pa.Table
    first_line: int | None
    options: FileOptions
    findings: tuple[Finding, ...]
    rows_read: int
    typed: bool


def texts(column):
    if pa.types.is_dictionary(column.type):
        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        if isinstance(column, pa.ChunkedArray):
            column = column.unify_dictionaries().chunk(0)
        return column
    c = column.cast(pa.string()) if not pa.types.is_floating(column.type) else pa.array(
        [None if v is None else (str(int(v)) if float(v).is_integer() else repr(float(v))) for v in column.to_pylist()], pa.string())
    e = pc.dictionary_encode(c)
    return e.combine_chunks() if isinstance(e, pa.ChunkedArray) else e


def numbers(column, decimal="."):
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        a = column.to_numpy().astype(float)
        return a, np.zeros(len(a), bool)
    d = texts(column)
    vals, bad = [], []
    for t in d.dictionary.to_pylist():
        try:
            vals.append(float(t.replace(decimal, "."))); bad.append(False)
        except ValueError:
            vals.append(np.nan); bad.append(t != "")
    idx = d.indices.to_pandas().fillna(-1).astype(int).to_numpy()
    return np.array(vals + [np.nan])[idx], np.array(bad + [False])[idx]
