"""Results files as people have them, read into a `Table` without interpreting anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

import pyarrow as pa

from metrics.errors import Finding, ResultsError, stop
from metrics.progress import Progress, Tell
from metrics.reading.content import Content, kind_of, open_content, unpack
from metrics.reading.delimited import Sheet, no_rows, read_delimited
from metrics.reading.encodings import read_text
from metrics.reading.frames import hash_columns, is_frame, read_frame
from metrics.reading.layout import leave_out, unique_names
from metrics.reading.limits import Limits
from metrics.reading.match import show_count
from metrics.reading.parquet import read_parquet
from metrics.reading.plain import make_plain
from metrics.reading.records import looks_like_json, read_records
from metrics.reading.signs import find_decimal, find_missing_words
from metrics.reading.speech import find_form, read_speech
from metrics.reading.speech_folder import Bundle, collect, open_archive, open_folder
from metrics.reading.speech_lines import Transcripts
from metrics.reading.table import Table, numbers, texts
from metrics.schema import FileOptions

__all__ = ["Limits", "Table", "numbers", "read_table", "texts"]


def read_table(
    source: Any,
    options: FileOptions | None = None,
    limits: Limits | None = None,
    name: str | None = None,
    wanted: Sequence[str] = (),
    progress: Tell | None = None,
) -> Table:
    """Read a path, bytes, a binary file object, or a dataframe of any library that narwhals knows.

    A path may be a folder, and a zip file may hold several files, where they are transcripts
    (`metrics.reading.speech_folder`).

    What `options` leaves open is found out; `wanted` names columns by which the sheet of a workbook
    is chosen. Nothing is dropped or repaired without a finding. `progress` is told what is being
    done and the share done; what it raises ends the reading. Raises ResultsError, with every
    reason, where the source is no table, is damaged or over the limits.
    """
    options, limits = options or FileOptions(), limits or Limits.command_line()
    whole = Progress(progress)
    opening, reading, tidying = whole.part(0, 0.2), whole.part(0.2, 0.9), whole.part(0.9, 1)
    if not isinstance(source, str | PurePath | bytes | bytearray | memoryview) and is_frame(source):
        whole("Reading the table")
        name = name or "dataframe"
        names, columns, findings = read_frame(source, f"file {name!r}", limits)
        origin = Content(name, pa.py_buffer(b""), "")
        sheet = _typed_sheet(names, columns, origin, options, limits, findings)
        # Words as numbers are fewer bytes to hash than words.
        return _finish(replace(origin, sha256=hash_columns(sheet.names, sheet.data.columns)), sheet, typed=True)
    if isinstance(source, str | PurePath) and Path(source).is_dir():
        folder = open_folder(Path(source), name)
        transcripts = collect(folder, options.encoding, limits, whole)
        if transcripts is None:
            raise _no_transcripts(folder)
        return _keep_transcripts(transcripts, folder.name, transcripts.sha256, options)
    content = open_content(source, name, limits, opening.part(0, 0.5))
    if (bundle := open_archive(content, limits)) is not None:
        transcripts = collect(bundle, options.encoding, limits, reading)
        if transcripts is not None:
            return _keep_transcripts(transcripts, content.name, content.sha256, options)
    content = unpack(content, limits, opening.part(0.5, 1))
    kind = kind_of(content)
    if kind == "parquet":
        data = read_parquet(content, limits, reading)
        sheet = _typed_sheet(list(data.column_names), list(data.columns), content, options, limits)
        return _finish(content, sheet, typed=True)
    if kind != "text":
        from metrics.reading.workbook import read_workbook

        reading("Reading the workbook")
        return _finish(content, read_workbook(content, kind, options, limits, wanted), typed=True)
    text = read_text(content, options.encoding, reading.part(0, 0.3))
    if looks_like_json(text, content.name):
        names, columns = read_records(text, content.where, limits, reading.part(0.3, 1))
        used = replace(options, encoding=text.encoding)
        return _finish(content, _typed_sheet(names, columns, content, used, limits, list(text.findings)), typed=True)
    if (form := find_form(text, content.name)) is not None:
        transcripts = read_speech(text, form, content.where, limits, reading.part(0.3, 1))
        used = replace(options, encoding=text.encoding)
        return _keep_transcripts(transcripts, content.name, content.sha256, used, text.findings)
    sheet = read_delimited(text, content.where, options, limits, reading.part(0.3, 1))
    tidying("Looking for rows that are no data")
    return _finish(content, replace(sheet, findings=(*text.findings, *sheet.findings)), typed=False)


def _no_transcripts(folder: Bundle) -> ResultsError:
    names = ", ".join(repr(member.name) for member in folder.members[:5])
    names += " ..." if len(folder.members) > 5 else ""
    found = (
        f"is a folder that holds {show_count(len(folder.members), 'file')} ({names})."
        if names
        else "is a folder without files."
    )
    whole = "Kaldi's data folders (text, utt2spk, ...) and transcripts in one JSON file a recording"
    return stop(folder.where, found, f"Name a file in it. Read as a whole are {whole}.")


def _keep_transcripts(
    read: Transcripts, name: str, sha256: str, options: FileOptions, findings: Sequence[Finding] = ()
) -> Table:
    """Return transcripts as a table. Every row of theirs is data: none is taken for a sum or a remark."""
    data = pa.table(read.columns)
    if not data.num_rows:
        raise stop(f"file {name!r}", "holds no transcripts.", "Was the export finished?")
    options = replace(options, decimal=".")
    said = (*findings, *read.findings, *find_missing_words(data, options.missing))
    return Table(name, sha256, data, None, options, said, data.num_rows, typed=True, form=read.form)


def _typed_sheet(
    names: list[str],
    columns: list[pa.ChunkedArray],
    content: Content,
    options: FileOptions,
    limits: Limits,
    findings: Sequence[Finding] = (),
) -> Sheet:
    if not columns:
        raise stop(content.where, "has no columns.", "Was the export finished?")
    names, data = make_plain(names, columns, content.where, limits)
    return Sheet(names, data, None, options, tuple(findings))


def _finish(content: Content, sheet: Sheet, typed: bool) -> Table:
    names, findings = unique_names(sheet.names, content.where)
    if not sheet.data.num_rows:
        raise no_rows(content.where, names)
    cleaned = leave_out(sheet.data, sheet.first_line, sheet.names)
    data = cleaned.data.rename_columns(names)
    if not data.num_rows:
        raise no_rows(content.where, names)
    decimal, asked = find_decimal(data, sheet.options.decimal, sheet.options.delimiter)
    options = replace(sheet.options, decimal=decimal)
    said = [*sheet.findings, *findings, *cleaned.findings, *asked, *find_missing_words(data, options.missing)]
    return Table(content.name, content.sha256, data, sheet.first_line, options, tuple(said), data.num_rows, typed)
