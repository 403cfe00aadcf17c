"""Results files as people have them, read into a `Table` without interpreting anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

import pyarrow as pa

from metrics.errors import Finding, stop
from metrics.reading.content import Content, kind_of, open_content, unpack
from metrics.reading.delimited import Sheet, read_delimited
from metrics.reading.encodings import read_text
from metrics.reading.layout import leave_out, unique_names
from metrics.reading.limits import Limits
from metrics.reading.parquet import read_parquet
from metrics.reading.signs import find_decimal, find_missing_words
from metrics.reading.table import Table, numbers, texts
from metrics.schema import FileOptions

__all__ = ["Limits", "Table", "numbers", "read_table", "texts"]


def read_table(
    source: Any,
    options: FileOptions | None = None,
    limits: Limits | None = None,
    name: str | None = None,
    wanted: Sequence[str] = (),
) -> Table:
    """Read a path, bytes, a binary file object, or a dataframe of any library that narwhals knows.

    What `options` leaves open is found out; `wanted` names columns by which the sheet of a workbook
    is chosen. Nothing is dropped or repaired without a finding. Raises ResultsError, with every
    reason, where the source is no table, is damaged or over the limits.
    """
    options, limits = options or FileOptions(), limits or Limits.command_line()
    content = unpack(open_content(source, name, limits), limits)
    sheet = _read(content, options, limits, wanted)
    return _finish(content, sheet, limits, typed=False)


def _read(content: Content, options: FileOptions, limits: Limits, wanted: Sequence[str]) -> Sheet:
    kind = kind_of(content)
    if kind == "parquet":
        data = read_parquet(content, limits)
        return Sheet(list(data.column_names), data, None, options, ())
    text = read_text(content, options.encoding)
    sheet = read_delimited(text, content.where, options, limits)
    return replace(sheet, findings=(*text.findings, *sheet.findings))


def _finish(content: Content, sheet: Sheet, limits: Limits, typed: bool) -> Table:
    names, findings = unique_names(sheet.names, content.where)
    cleaned = leave_out(sheet.data, sheet.first_line, sheet.names)
    data = cleaned.data.rename_columns(names)
    if not data.num_rows:
        raise stop(content.where, "has a header and no rows below it.", "Was the export finished?")
    decimal, asked = find_decimal(data, sheet.options.decimal, sheet.options.delimiter)
    options = replace(sheet.options, decimal=decimal)
    said = [*sheet.findings, *findings, *cleaned.findings, *asked, *find_missing_words(data, options.missing)]
    return Table(content.name, content.sha256, data, sheet.first_line, options, tuple(said), data.num_rows, typed)
