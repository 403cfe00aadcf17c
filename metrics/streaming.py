"""Parquet files of any length counted block by block, equal rows added together, in little memory.

What a measurement needs of a file are its cells, and there are few: rows that agree in every column asked about are
one row that stands for several. So the file is read block by block, each block's rows are counted by the numbers that
Parquet itself gives to words, and the short table of distinct rows goes on as any other file, with a column of counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from metrics.cube import Cubes, count_cells
from metrics.levels import FEW_NUMBERS
from metrics.reading.content import kind_of, open_content
from metrics.reading.limits import Limits
from metrics.reading.named import named_columns
from metrics.reading.parquet import open_parquet, refuse_damage
from metrics.reading.table import is_text
from metrics.results import Results, read_results
from metrics.schema import Schema
from metrics.scored import score

__all__ = ["count_file", "read_distinct"]

_ROWS_AT_ONCE = 2**20
_MOST_WORDS = 2**16  # of one column; beyond this, equal rows are too rare to be worth adding up
_MOST_DISTINCT = 2_000_000
_DENSE = 2**22
_COUNT = "rows of the file"

Numbers = NDArray[Any]


def count_file(
    path: str | Path,
    schema: Schema,
    *,
    by: Sequence[Any] = (),
    limits: Limits | None = None,
    threshold: float | None = None,
) -> Cubes:
    """Return the cubes of a file, as `count_cells(score(read_results(path, schema, by=by)))` does, in less memory.

    A Parquet file whose columns hold few different values is never in memory as a whole; any other file is read as
    usual. Raises what `read_results` raises.
    """
    results = read_distinct(path, schema, by=by, limits=limits)
    if results is None:
        results = read_results(path, schema, by=by, limits=limits)
    return count_cells(score(results, threshold=threshold))


def read_distinct(
    path: str | Path, schema: Schema, *, by: Sequence[Any] = (), limits: Limits | None = None
) -> Results | None:
    """Return the distinct rows of a Parquet file with how many rows of the file each stands for.

    Only the columns that `schema` and `by` name are read. None where that cannot be done, or would not be the same:
    the file is no Parquet file; rows are weighted, clustered, filtered or counted already; a column holds scores or
    many different values; or how often a word occurs decides how it is read (spellings that differ in case only,
    numbers to be cut into quarters).
    """
    limits = limits or Limits.command_line()
    content = open_content(path, None, limits)
    names = list(dict.fromkeys([*named_columns(schema), *_flat(by)]))
    if kind_of(content) != "parquet" or not names or not _adds_up(schema):
        return None
    file = open_parquet(content, limits)
    kinds = {f.name: f.type for f in file.schema_arrow}
    if not set(names) <= kinds.keys():
        return None
    columns = [_Column(name, kinds[name]) for name in names]
    with refuse_damage(content):
        counts = _add_up(file.iter_batches(_ROWS_AT_ONCE, columns=names), columns)
    if counts is None or any(c.depends_on_rows(schema) for c in columns):
        return None
    data = pa.table(
        {c.name: c.values(codes) for c, codes in zip(columns, counts[0], strict=True)} | {_COUNT: counts[1]}
    )
    counted = replace(schema, columns={**schema.columns, "count": _COUNT})
    results = read_results(data, counted, by=by, limits=limits, name=content.name)
    n_rows = int(counts[1].sum())
    receipt = replace(results.receipts[0], sha256=content.sha256, rows_read=n_rows, rows_used=n_rows)
    return replace(results, receipts=(receipt,))


@dataclass
class _Column:
    """The values of a column, numbered as they come; number 0 is none."""

    name: str
    kind: pa.DataType
    place: dict[Any, int] = field(default_factory=lambda: {None: 0})

    @property
    def is_text(self) -> bool:
        kind = self.kind.value_type if pa.types.is_dictionary(self.kind) else self.kind
        return is_text(kind)

    def number(self, words: Sequence[Any]) -> Numbers:
        """Return the number of each of these values, new ones among them."""
        return np.array([self.place.setdefault(word, len(self.place)) for word in words], dtype=np.int64)

    def values(self, numbers: Numbers) -> pa.Array:
        kind = self.kind.value_type if pa.types.is_dictionary(self.kind) else self.kind
        return pa.array(list(self.place), kind).take(pa.array(numbers))

    def depends_on_rows(self, schema: Schema) -> bool:
        """Return whether how often each value occurs decides how the column is read."""
        words = [word for word in self.place if word is not None]
        if self.is_text:
            folded = {str(word).strip().casefold() for word in words}
            numeric = all(str(word).strip().replace(".", "", 1).isdigit() for word in words)
            return len(folded) < len(words) or (numeric and self._wide(words, schema))
        return self._wide(words, schema)

    def _wide(self, words: Sequence[Any], schema: Schema) -> bool:
        edged = any(a.column == self.name and a.edges for a in schema.attributes)
        return len(words) > FEW_NUMBERS and not edged


def _adds_up(schema: Schema) -> bool:
    """Return whether equal rows may be added together, and every row counts once."""
    roles = {"weight", "count", "cluster", "id"} & {r for r, column in schema.columns.items() if column}
    scores = any("score" in system.columns for system in schema.systems)
    several = any(a.separator or a.quantiles or a.width for a in schema.attributes)
    return not (roles or scores or several or schema.where or schema.slices or schema.task == "regression")


def _add_up(batches: Iterator[Any], columns: Sequence[_Column]) -> tuple[list[Numbers], Numbers] | None:
    """Return the numbers of every distinct row's values, and how many rows of all the batches have them."""
    found: list[tuple[list[Numbers], Numbers]] = []
    n_found = 0
    for batch in batches:
        batch.validate(full=True)  # damaged pages give numbers of words that are not there
        encoded = [_encode(column) for column in batch.columns]
        if any(len(e.dictionary) > _MOST_WORDS for e in encoded):
            return None
        codes, counts = _count_batch(encoded)
        known = [c.number(e.dictionary.to_pylist()) for c, e in zip(columns, encoded, strict=True)]
        # A code of the batch is the place in its dictionary, the one after the last a missing value.
        found.append(([np.append(k, 0)[code] for k, code in zip(known, codes, strict=True)], counts))
        n_found += len(counts)
        if n_found > _MOST_DISTINCT:
            found, n_found = [_merge(found, columns)], 0
    if any(len(c.place) > _MOST_WORDS for c in columns):
        return None
    return _merge(found, columns) if found else None


def _encode(column: pa.Array) -> pa.DictionaryArray:
    return column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)


def _count_batch(columns: Sequence[pa.DictionaryArray]) -> tuple[list[Numbers], Numbers]:
    """Return the codes of the distinct rows of a batch, and how many rows each stands for."""
    sizes = [len(c.dictionary) + 1 for c in columns]
    if np.prod([float(s) for s in sizes]) > 2**62:
        raise OverflowError("The columns hold too many different values to be counted together.")
    n_cells = int(np.prod(sizes))
    ids: Numbers = np.zeros(len(columns[0]), dtype=np.uint32 if n_cells <= 2**32 else np.int64)
    for column, size in zip(columns, sizes, strict=True):
        ids *= ids.dtype.type(size)
        indices = column.indices
        if column.null_count:
            indices = pc.fill_null(indices, size - 1)
        np.add(ids, indices.to_numpy(zero_copy_only=False), out=ids, casting="unsafe")
    if n_cells <= _DENSE:
        counts = np.bincount(ids, minlength=n_cells)
        cells = np.flatnonzero(counts)
        counts = counts[cells]
    else:
        cells, counts = np.unique(ids, return_counts=True)
    return list(np.unravel_index(cells, sizes)), counts


def _merge(found: Sequence[tuple[list[Numbers], Numbers]], columns: Sequence[_Column]) -> tuple[list[Numbers], Numbers]:
    """Add together the distinct rows of several batches."""
    codes = [np.concatenate(parts) for parts in zip(*(c for c, _ in found), strict=True)]
    sizes = [len(c.place) for c in columns]
    cells, of = np.unique(np.ravel_multi_index(codes, sizes), return_inverse=True)
    counts = np.bincount(of, weights=np.concatenate([n for _, n in found])).astype(np.int64)
    return list(np.unravel_index(cells, sizes)), counts


def _flat(by: Sequence[Any]) -> list[str]:
    return [name for entry in by for name in ([entry] if isinstance(entry, str) else entry)]
