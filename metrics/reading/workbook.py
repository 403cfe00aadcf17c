"""Excel and OpenDocument workbooks: how large they are is found out before a sheet is read."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

import pyarrow as pa

from metrics.errors import Finding, ResultsError, nearest, stop
from metrics.reading.content import Content, Kind, open_zip, unzip_member
from metrics.reading.delimited import Sheet, no_rows
from metrics.reading.layout import check_header, find_header
from metrics.reading.limits import Limits
from metrics.reading.plain import make_plain
from metrics.schema import FileOptions

_HEAD_ROWS = 1000
_LARGEST = 2**53
_PLACE = re.compile(rb"""\sr=["']([A-Za-z]{1,3})([0-9]{1,7})["']""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br=["']([0-9]{1,9})["']""")
# A cell with a formula and no value: what a program writes that does not calculate.
_NO_VALUE = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)"
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


@dataclass
class _Extent:
    """How far the cells of a sheet reach, and which formulas have no stored value."""

    rows: int = 0
    columns: int = 0
    formulas: list[str] = field(default_factory=list)
    n_formulas: int = 0


def read_workbook(
    content: Content, kind: Kind, options: FileOptions, limits: Limits, wanted: Sequence[str] = ()
) -> Sheet:
    """Read one sheet: the one that is named, else the one that holds the `wanted` columns.

    Raises ResultsError where the workbook is damaged or too large, or the sheet has no table.
    """
    extents = _measure(content, kind, limits)
    book = _guard(content, lambda: _open(content))
    names = list(book.sheet_names)
    if not names:
        raise stop(content.where, "has no sheets.", "Was the export finished?")
    chosen, findings = _choose(book, names, content, options, limits, wanted)
    extent = extents.get(chosen) or extents.get("") or _Extent()
    where = f"sheet {chosen!r} of {content.where}"
    rows = _rows(book, chosen, content)
    if not rows or not any(_is_filled(cell) for row in rows for cell in row):
        raise stop(where, "is empty.", f"Choose another sheet with --sheet (there are: {_listed(names)}).")
    width = max(map(len, rows))
    limits.check_shape(where, len(rows), width)
    at, said = _find_header(rows, options, where)
    header = [_write(cell) or "" for cell in rows[at]]
    while (
        len(header) > 1
        and not header[-1].strip()
        and not any(_is_filled(row[len(header) - 1]) for row in rows[at + 1 :])
    ):
        header.pop()
    body = rows[at + 1 :]
    if not body:
        raise no_rows(where, header)
    columns = [pa.chunked_array([_array([row[i] for row in body])]) for i in range(len(header))]
    header, data = make_plain(header, columns, where, limits)
    findings += [*said, *_formula_findings(extent, chosen)]
    used = replace(options, sheet=chosen, header_row=at + 1)
    return Sheet(header, data, at + 2, used, tuple(findings))


def _open(content: Content) -> Any:
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook.from_filelike(pa.BufferReader(content.data))


def _rows(book: Any, name: str, content: Content, most: int | None = None) -> list[list[Any]]:
    rows: list[list[Any]] = _guard(
        content, lambda: book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=most)
    )
    return rows


def _guard(content: Content, act: Any) -> Any:
    """Do something with a workbook; whatever fails in it is said of the file."""
    from python_calamine import PasswordError

    try:
        return act()
    except (KeyboardInterrupt, SystemExit, MemoryError, ResultsError):
        raise
    except PasswordError as error:
        raise stop(content.where, "is protected by a password.", "Save it without one.") from error
    except BaseException as error:  # a panic of the parser is no Exception
        found = f"is a damaged workbook ({str(error)[:120]})."
        raise stop(content.where, found, "Open it in a spreadsheet program and save it again.") from error


# -- sheets and headers --------------------------------------------------------------------------


def _choose(
    book: Any, names: list[str], content: Content, options: FileOptions, limits: Limits, wanted: Sequence[str]
) -> tuple[str, list[Finding]]:
    """Return the sheet to read, and why it is this one where there are several."""
    if isinstance(options.sheet, str) and options.sheet in names:
        return options.sheet, []
    if options.sheet is not None:
        text = str(options.sheet)
        if text.isdigit() and 1 <= int(text) <= len(names):
            return names[int(text) - 1], []
        found = f"has no sheet {options.sheet!r} (it has: {_listed(names)})."
        raise stop(content.where, found, nearest(text, names) or "Correct --sheet.")
    if len(names) == 1:
        return names[0], []
    headers = {}
    for name in names:
        rows = _rows(book, name, content, _HEAD_ROWS)
        filled = [row for row in rows if any(map(_is_filled, row))]
        if len(filled) > 1:
            at, _ = _find_header(rows, replace(options, header_row=None), name)
            headers[name] = {(_write(cell) or "").strip() for cell in rows[at]}
    if not headers:
        raise stop(
            content.where, f"has no sheet with rows below a header ({_listed(names)}).", "Was the export finished?"
        )
    held = {name: len(header & {w.strip() for w in wanted}) for name, header in headers.items()}
    best = max(held.values())
    likely = [name for name, n in held.items() if n == best]
    chosen = likely[0]
    where = f"sheet {chosen!r}"
    if len(likely) == 1:
        why = "holds the named columns" if best and len(headers) > 1 else "is the only one with a table"
        found = f"was read, because it {why} (the sheets are: {_listed(names)})."
        return chosen, [
            Finding("note", where, found, "Choose another with --sheet.", option="--sheet", answers=(chosen,))
        ]
    found = f"was read, one of {len(likely)} that may be meant ({_listed(likely)})."
    return chosen, [Finding("warn", where, found, "Choose with --sheet.", option="--sheet", answers=tuple(likely))]


def _find_header(rows: list[list[Any]], options: FileOptions, where: str) -> tuple[int, list[Finding]]:
    if options.header_row is not None:
        if not 1 <= options.header_row <= len(rows):
            found = f"has {len(rows):,} lines; the header cannot be line {options.header_row}."
            raise stop(where, found, "Correct --header-row.")
        at = options.header_row - 1
    else:
        # Rows of a sheet are all as wide as the widest: the cells that are never filled are no part of the table.
        some = [[_write(cell) or "" for cell in row] for row in rows[:_HEAD_ROWS]]
        width = max((i + 1 for row in some for i, cell in enumerate(row) if cell.strip()), default=1)
        usual = sorted(sum(map(bool, row)) for row in some if any(row))
        full = usual[len(usual) // 2] if usual else 1
        at = find_header([row[:width] for row in some])
        if 2 * sum(map(bool, some[at])) <= full:  # a title: the header is the first row as full as most
            at = next(i for i, row in enumerate(some) if 2 * sum(map(bool, row)) > full)
    findings = check_header([_write(cell) or "" for cell in rows[at]], f"line {at + 1} of {where}")
    titles = sum(any(map(_is_filled, row)) for row in rows[:at])
    if titles and options.header_row is None:
        found = f"above the header {'is' if titles == 1 else 'are'} no part of the table and left out."
        cure = f"The header is line {at + 1}; name another with --header-row."
        findings.insert(0, Finding("note", f"{titles} line{'s' if titles > 1 else ''}", found, cure, titles))
    return at, findings


def _formula_findings(extent: _Extent, sheet: str) -> list[Finding]:
    if not extent.n_formulas:
        return []
    places = ", ".join(extent.formulas[:5]) + (", ..." if extent.n_formulas > 5 else "")
    many = extent.n_formulas > 1
    found = (
        f"{'hold formulas' if many else 'holds a formula'} whose result is not stored in the file; "
        f"{extent.n_formulas:,} cell{'s were' if many else ' was'} read as empty."
    )
    cure = "Open the workbook in a spreadsheet program, which calculates them, and save it."
    return [Finding("warn", f"sheet {sheet!r}, cells {places}", found, cure, extent.n_formulas)]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:8])) + (", ..." if len(names) > 8 else "")


# -- cells ---------------------------------------------------------------------------------------


def _is_filled(cell: Any) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def _write(cell: Any) -> str | None:
    """Return a cell as text, None where empty."""
    if not _is_filled(cell):
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _LARGEST:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ").removesuffix(" 00:00:00")
    return str(cell)


def _array(cells: list[Any]) -> pa.Array:
    """Return cells as an array of their one kind, else of texts."""
    cells = [cell if _is_filled(cell) else None for cell in cells]
    kinds = {type(cell) for cell in cells if cell is not None}
    if not kinds:
        return pa.nulls(len(cells), pa.string())
    if kinds == {bool}:
        return pa.array(cells, pa.bool_())
    if kinds <= {int, float}:
        if all(c is None or (float(c).is_integer() and abs(c) < _LARGEST) for c in cells):
            return pa.array([None if c is None else int(c) for c in cells], pa.int64())
        return pa.array([None if c is None else float(c) for c in cells], pa.float64())
    if kinds == {dt.date}:
        return pa.array(cells, pa.date32())
    # As in CSV, an empty cell among texts is an empty text: a system that wrote nothing.
    return pa.array([_write(cell) or "" for cell in cells], pa.string())


# -- size ----------------------------------------------------------------------------------------


def _measure(content: Content, kind: Kind, limits: Limits) -> dict[str, _Extent]:
    """Return the extent of every sheet by its name ("" where that is not found); raises ResultsError over a limit."""
    if kind == "xls":
        limits.check(content.where, sheet_bytes=len(content))
        return {}
    with open_zip(content) as archive:
        parts = [e for e in archive.infolist() if e.filename.casefold().endswith((".xml", ".rels"))]
        size = sum(entry.file_size for entry in parts)
        limits.check(content.where, sheet_bytes=size)  # as declared; then as it is
        size, extents = 0, {}
        for entry in parts:
            part = bytes(unzip_member(content, entry, limits, "sheet_bytes"))
            size += len(part)
            if size > limits.sheet_bytes:
                raise limits.error(content.where, "sheet_bytes")
            if kind == "ods" and entry.filename == "content.xml":
                extents[""] = _measure_ods(part, content)
            elif kind == "xlsx" and "worksheets/" in entry.filename:
                extents[entry.filename.casefold()] = _measure_xlsx(part)
        for extent in extents.values():
            limits.check_shape(content.where, extent.rows, extent.columns)
        return extents if kind == "ods" else _by_name(archive, content, limits, extents)


def _measure_xlsx(part: bytes) -> _Extent:
    places = _PLACE.findall(part)
    columns = {letters.upper() for letters, _ in set(places)} if len(places) < 10**6 else {c.upper() for c, _ in places}
    rows = [int(row) for row in {row for _, row in places}] + [int(row) for row in _ROW.findall(part)]
    unplaced = part.count(b"<c>") + part.count(b"<row>")
    formulas = _NO_VALUE.findall(part) if b"<f" in part or b":f" in part else []
    named = [re.search(rb"""\br=["'](\w+)["']""", attributes) for attributes in formulas[:5]]
    return _Extent(
        max(rows, default=0) + unplaced,
        max((_column_number(letters) for letters in columns), default=0),
        [match[1].decode() for match in named if match],
        len(formulas),
    )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _by_name(
    archive: zipfile.ZipFile, content: Content, limits: Limits, extents: dict[str, _Extent]
) -> dict[str, _Extent]:
    """Return the extents by the names of the sheets."""
    entries = {entry.filename.casefold(): entry for entry in archive.infolist()}
    try:
        book, links = (
            ElementTree.fromstring(bytes(unzip_member(content, entries[name], limits, "sheet_bytes")))
            for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
        )
    except (KeyError, ElementTree.ParseError, ValueError):
        return {}
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    named = {}
    for sheet in book.iter():
        if sheet.tag.endswith("}sheet"):
            link = next((value for key, value in sheet.items() if key.endswith("}id")), None)
            target = targets.get(link, "").casefold()
            path = target[1:] if target.startswith("/") else f"xl/{target}"
            if path in extents:
                named[sheet.get("name", "")] = extents[path]
    return named


def _measure_ods(part: bytes, content: Content) -> _Extent:
    """Follow the repetitions by which a small file can stand for very many cells."""
    extent = _Extent()
    row = row_times = column = times = 0
    filled = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, row_times, column, times, filled
        if tag == "table:table":
            row = 0
        elif tag == "table:table-row":
            row_times, column, filled = _count(attributes.get("table:number-rows-repeated")), 0, False
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            times = _count(attributes.get("table:number-columns-repeated"))
            column += times
            if "table:formula" in attributes and "office:value-type" not in attributes:
                extent.n_formulas += 1
                extent.formulas.append(f"in row {row + 1}")
        if tag == "text:p" or "office:value-type" in attributes:
            filled = True
            extent.columns = max(extent.columns, column)

    def end(tag: str) -> None:
        nonlocal row
        if tag == "table:table-row":
            row += row_times
            extent.rows = max(extent.rows, row) if filled else extent.rows

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(part, True)
    except expat.ExpatError as error:
        raise stop(content.where, f"is a damaged workbook ({error}).", "Open it and save it again.") from error
    return extent


def _count(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 1
