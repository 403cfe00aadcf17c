"""CSV and its kin: delimiter, quotes and header are found out, every column is read as text."""

from __future__ import annotations

import csv
import io
import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from metrics.errors import Finding, ResultsError, stop
from metrics.progress import SILENT, Progress
from metrics.reading.encodings import Text
from metrics.reading.headless import name_headless
from metrics.reading.layout import check_header, empty_cells, find_header, is_remark
from metrics.reading.limits import Limits
from metrics.schema import FileOptions

_SAMPLE_BYTES = 2**18
_SAMPLE_ROWS = 1000
_BLOCK = 2**22
_LONG_BLOCK = 2**27  # for a row that is longer than a block
_DELIMITERS = "\t,;|^~\x01\x1f"
_SPOKEN = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_REMEMBERED = 100_000  # ragged lines
_REMARK_LINES = 20  # the last lines of a file may be remarks
_MANY_LINES = 100  # a cell of so many lines is an unclosed quotation mark
_MANY_WORDS = 0.5  # a column with more distinct words than this share of rows is not worth a dictionary


@dataclass(frozen=True, eq=False)
class Sheet:
    """Cells below their header; `first_line` is the line of the first row, None where a row is not a line."""

    names: list[str]
    data: pa.Table  # its columns are called 0, 1, ...
    first_line: int | None
    options: FileOptions
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class _Form:
    """How a delimited text is laid out."""

    delimiter: str
    names: list[str]
    header_line: int | None  # None: no line names the columns
    first_line: int
    start: int  # the byte at which the first line begins
    width: int  # of the rows, which may differ from the header's
    quotes: bool
    many_words: tuple[bool, ...]
    findings: tuple[Finding, ...]


@dataclass
class _Ragged:
    """Lines that have more or fewer cells than the header; they are kept apart while reading."""

    refuse: bool = False
    widths: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    n: int = 0
    lock: Any = field(default_factory=threading.Lock)

    def __call__(self, row: Any) -> str:
        text = row.text
        if not text.strip(" \t\r\n\x1a\f"):
            return "skip"
        if self.refuse:
            return "error"
        with self.lock:
            self.n += 1
            if self.n <= _REMEMBERED:
                self.widths.append(row.actual_columns)
                self.texts.append(text)
        return "skip"


def read_delimited(text: Text, where: str, options: FileOptions, limits: Limits, progress: Progress = SILENT) -> Sheet:
    """Read delimited text. Raises ResultsError where it has no rows, is ragged or too large."""
    form = _find_form(text, where, options)
    limits.check(where, columns=form.width)
    if form.start >= text.data.size:
        raise no_rows(where, form.names)
    body = text.data.slice(form.start)
    n_lines = text.n_lines - form.first_line + 1
    ragged = _Ragged()
    data = _parse(body, form, n_lines, where, limits, ragged, progress)
    findings = list(form.findings)
    if form.quotes and (data is None or ragged.n or data.num_rows < n_lines):
        # Lines are ragged or were joined: as they should be, if every quotation mark has its pair.
        odd_line = _find_odd_quote(body, form)
        if odd_line is not None:
            data = _parse(body, replace(form, quotes=False), n_lines, where, limits, _Ragged(refuse=True), progress)
            if data is None or form.width == 1:
                raise _odd_quote(odd_line)
            ragged, form = _Ragged(), replace(form, quotes=False)
            found = f"has quotation marks that belong to no pair (line {odd_line}); all were read as letters."
            findings.append(Finding("warn", where, found, "Look at the rows that have them."))
    if data is None:
        raise stop(where, "cannot be split into rows and cells.", "Export it again as plain CSV.")
    findings += _judge_ragged(ragged, body, form, where)
    names, data, more = _settle_width(form.names, data)
    if not data.num_rows:
        raise no_rows(where, names)
    used = replace(options, encoding=text.encoding, delimiter=form.delimiter, header_row=form.header_line)
    line = form.first_line if data.num_rows + ragged.n <= n_lines and data.num_rows + 3 >= n_lines - ragged.n else None
    return Sheet(names, data, line, used, (*findings, *more))


def no_rows(where: str, names: Sequence[str]) -> ResultsError:
    shown = ", ".join(repr(name[:40]) for name in names[:6]) + (", ..." if len(names) > 6 else "")
    return stop(where, f"has a header ({shown}) and no rows below it.", "Was the export finished?")


# -- layout --------------------------------------------------------------------------------------


def _find_form(text: Text, where: str, options: FileOptions) -> _Form:
    raw = bytes(memoryview(text.data)[:_SAMPLE_BYTES])
    lines = list(io.StringIO(raw.decode("utf-8", "ignore"), newline=""))
    if len(raw) < text.data.size and len(lines) > 1:
        lines.pop()  # it may be cut
    if not any(line.strip() for line in lines):
        raise stop(where, "holds nothing but blank space.", "Was the export finished?")
    said = re.fullmatch(r'"?sep=([^\w\s]|\t)"?\s*', lines[0], re.IGNORECASE)  # a first line for Excel
    above = 1 if said else 0
    if options.header_row is not None:
        above = options.header_row - 1
        if not 0 <= above < len(lines):
            found = f"has {text.n_lines:,} lines; the header cannot be line {options.header_row}."
            raise stop(where, found, "Correct --header-row.")
    given = _given(options.delimiter)
    delimiter = given or (said[1] if said and said[1] in _DELIMITERS else "") or _find_delimiter(lines[above:])
    rows, ends = _rows(lines[above:], delimiter)
    if not any(any(cell.strip() for cell in row) for row in rows):
        raise stop(where, "holds nothing but blank space and delimiters.", "Was the export finished?")
    names = name_headless(rows) if options.header_row is None else None
    if names is not None:
        found = f"is a row like the others, not names; the columns were called {names[0]!r} and {names[1]!r}."
        cure = "If it holds names, say --header-row 1."
        headless = Finding("note", f"line {above + 1}", found, cure, option="--header-row")
        return _lay_out(text, lines, delimiter, names, None, above, rows, [headless])
    at = find_header(rows) if options.header_row is None else 0
    header_line = above + (ends[at - 1] if at else 0) + 1
    n_above = above + ends[at]
    findings = check_header(rows[at], f"line {header_line}")
    if options.header_row is None and (n_titles := header_line - 1 - above):
        found = "above the header " + ("is" if n_titles == 1 else "are") + " no part of the table and left out."
        title = f"{n_titles} line{'s' if n_titles > 1 else ''}"
        cure = f"The header is line {header_line}; name another with --header-row."
        findings.insert(0, Finding("note", title, found, cure, n_titles))
    return _lay_out(text, lines, delimiter, rows[at], header_line, n_above, rows[at + 1 :], findings)


def _lay_out(
    text: Text,
    lines: Sequence[str],
    delimiter: str,
    names: list[str],
    header_line: int | None,
    n_above: int,
    rows: Sequence[Sequence[str]],
    findings: Sequence[Finding],
) -> _Form:
    """Return the form of a text with `n_above` lines above its rows."""
    body = [row for row in rows if any(cell.strip() for cell in row)]
    width = _usual_width(body, len(names))
    return _Form(
        delimiter,
        names,
        header_line,
        n_above + 1,
        sum(len(line.encode()) for line in lines[:n_above]),
        width,
        text.has_quotes,
        tuple(_has_many_words(body, column) for column in range(width)),
        tuple(findings),
    )


def _given(delimiter: str | None) -> str:
    if delimiter is None:
        return ""
    sign = _SPOKEN.get(delimiter, delimiter)
    if len(sign) != 1 or not sign.isascii() or sign in '"\r\n\0':
        raise stop(
            f"delimiter {delimiter!r}", "is not one plain character.", "Give one such as ',' or ';', or the word tab."
        )
    return sign


def _find_delimiter(lines: Sequence[str]) -> str:
    """Return the sign that splits most lines into the same number of cells, of equals the commoner one."""
    best, best_share = ",", 0.0
    for sign in _DELIMITERS:
        if not any(sign in line for line in lines):
            continue
        rows = [row for row in _rows(lines, sign)[0] if any(cell.strip() for cell in row)]
        widths = Counter(len(row) for row in rows if len(row) > 1)
        if not widths:
            continue
        times = max(widths.values())
        if (share := times / len(rows)) > best_share:
            best, best_share = sign, share
    return best


def _rows(lines: Sequence[str], delimiter: str) -> tuple[list[list[str]], list[int]]:
    """Return the first rows, and for each the number of lines up to its end."""
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
        reader = csv.reader(lines, delimiter=delimiter, quoting=quoting)
        rows: list[list[str]] = []
        ends: list[int] = []
        try:
            for row in reader:
                rows.append(row)
                ends.append(reader.line_num)
                if len(rows) == _SAMPLE_ROWS:
                    break
        except csv.Error:
            if quoting == csv.QUOTE_MINIMAL:
                continue
            rows, ends = [line.rstrip("\r\n").split(delimiter) for line in lines], list(range(1, len(lines) + 1))
        if quoting == csv.QUOTE_NONE or all(b - a < _MANY_LINES for a, b in zip([0, *ends], ends, strict=False)):
            break
    return rows, ends


def _usual_width(body: Sequence[Sequence[str]], named: int) -> int:
    """Return how many cells a row has: as many as the header, unless most have one more, or fewer."""
    widths = Counter(len(row) for row in body)
    if not widths or widths[named] * 2 >= len(body):
        return named
    width, times = widths.most_common(1)[0]
    return width if width == named + 1 and times * 2 > len(body) else named


def _has_many_words(body: Sequence[Sequence[str]], column: int) -> bool:
    words = [row[column] for row in body if len(row) > column]
    return len(words) >= 200 and len(set(words)) > _MANY_WORDS * len(words)


# -- reading -------------------------------------------------------------------------------------


@dataclass
class _Watched:
    """A buffer as a binary file that tells how much of it was read."""

    data: pa.Buffer
    progress: Progress
    at: int = 0
    closed: bool = False

    def read(self, most: int = -1) -> pa.Buffer:
        self.progress("Reading the rows", self.at / max(1, self.data.size))
        left = self.data.size - self.at
        some = self.data.slice(self.at, left if most < 0 else min(most, left))
        self.at += some.size
        return some

    def tell(self) -> int:
        return self.at

    def close(self) -> None:
        self.closed = True


def _parse(
    body: pa.Buffer, form: _Form, n_lines: int, where: str, limits: Limits, ragged: _Ragged, progress: Progress
) -> pa.Table | None:
    """Return the rows, or None where the text does not fit the form; stops as soon as a limit is passed."""
    from pyarrow import csv as arrow_csv

    dictionary = pa.dictionary(pa.int32(), pa.string())
    names = [str(i) for i in range(form.width)]
    types = {name: pa.string() if many else dictionary for name, many in zip(names, form.many_words, strict=True)}
    convert = arrow_csv.ConvertOptions(column_types=types, null_values=[], strings_can_be_null=False, check_utf8=False)
    sure = n_lines <= limits.rows and n_lines * form.width <= limits.cells
    for size in (_BLOCK, _LONG_BLOCK):
        size = min(size, max(body.size + 1, 64))
        read = arrow_csv.ReadOptions(column_names=names, block_size=size)
        parse = arrow_csv.ParseOptions(
            delimiter=form.delimiter,
            quote_char='"' if form.quotes else False,
            double_quote=form.quotes,
            newlines_in_values=form.quotes,
            ignore_empty_lines=False,
            invalid_row_handler=ragged,
        )
        source = pa.PythonFile(_Watched(body, progress), "r")
        try:
            if sure:  # a row has at least one line
                return arrow_csv.read_csv(source, read, parse, convert)
            batches, n_rows = [], 0
            for batch in arrow_csv.open_csv(source, read, parse, convert):
                n_rows += batch.num_rows
                if n_rows > limits.rows:
                    raise limits.error(where, "rows")
                if n_rows * form.width > limits.cells:
                    raise limits.error(where, "cells")
                batches.append(batch)
            return pa.Table.from_batches(batches)
        except pa.ArrowException as error:
            if "straddl" not in str(error):
                return None
            ragged.__init__(ragged.refuse)  # type: ignore[misc]
    return None


def _find_odd_quote(body: pa.Buffer, form: _Form) -> int | None:
    """Return the line of the first row with a quotation mark that is not closed, or goes on after its end."""
    lines = io.TextIOWrapper(pa.BufferReader(body), "utf-8", "replace", newline="")
    reader, line = csv.reader(lines, delimiter=form.delimiter, strict=True), form.first_line
    try:
        for _ in reader:
            line = form.first_line + reader.line_num
    except csv.Error as error:
        return None if "limit" in str(error) else line
    return None


def _odd_quote(line: int) -> ResultsError:
    found = "has a quotation mark that is not closed, or that stands inside a cell."
    return stop(f"line {line}", found, "Write quotation marks inside cells twice, or export the file again.")


# -- ragged lines --------------------------------------------------------------------------------


def _judge_ragged(ragged: _Ragged, body: pa.Buffer, form: _Form, where: str) -> list[Finding]:
    """Leave out remarks at the end of the file, with a finding; for other lines raise ResultsError, naming them."""
    if not ragged.n:
        return []
    raw = bytes(body)
    width_of = dict(zip(ragged.texts, ragged.widths, strict=True))
    remarks: list[str] = []
    for line in reversed(raw[-(2**16) :].decode("utf-8", "ignore").splitlines()[-_REMARK_LINES:]):
        if not line.strip(" \t\x1a\f"):
            continue
        cells = line.split(form.delimiter)
        if width_of.get(line, form.width) >= form.width or not is_remark(cells, form.width):
            break
        remarks.append(line)
    bad = [(w, t) for w, t in zip(ragged.widths, ragged.texts, strict=True) if t not in remarks]
    if bad:
        raise ResultsError(_ragged_findings(bad, ragged.n - len(remarks), raw, form))
    if not remarks:
        return []
    shown = "; ".join(repr(line[:40]) for line in reversed(remarks[-3:]))
    are = "is" if len(remarks) == 1 else "are"
    return [
        Finding(
            "warn",
            f"the last {len(remarks)} lines of {where}" if len(remarks) > 1 else f"the last line of {where}",
            f"({shown}) {are} no data and left out.",
            "If they are data, give them as many cells as the header has.",
            len(remarks),
        )
    ]


def _ragged_findings(bad: Sequence[tuple[int, str]], n: int, raw: bytes, form: _Form) -> list[Finding]:
    """Name the first lines that do not fit, each with its likely cause."""
    lines = _lines_of([text for _, text in bad[:1000]], raw, form.first_line)
    found = sorted((line, width, text) for line, (width, text) in zip(lines, bad[:1000], strict=True))
    findings = []
    for line, width, text in found[:5]:
        last = raw.rstrip().endswith(text.encode().rstrip())
        if width > form.width:
            cause = "Is there a delimiter inside a text without quotation marks around it?"
        elif last:
            cause = "Was the file cut off?"
        else:
            cause = "Is there a line break inside a text without quotation marks around it?"
        cells = "1 cell" if width == 1 else f"{width} cells"
        what = f"has {cells}, where {form.width} are expected: {text[:60]!r}."
        findings.append(Finding("stop", f"line {line}", what, cause, n if line == found[0][0] else 1))
    if n > 5:
        findings.append(Finding("stop", f"{n - 5:,} more lines", "have too many or too few cells.", "", n - 5))
    return findings


def _lines_of(texts: Sequence[str], raw: bytes, first_line: int) -> list[int]:
    """Return the line of each text, which is a whole line of the file, or several; equal texts stand one after another.

    The lines are walked through once, however long and many they are.
    """
    waiting: dict[bytes, list[int]] = {}  # places of texts by their first line, the last first
    for place in reversed(range(len(texts))):
        waiting.setdefault(_first_line_of(texts[place].encode()), []).append(place)
    lines, left = [first_line] * len(texts), len(texts)
    for number, found in enumerate(_LINE.finditer(raw), first_line):
        places = waiting.get(found[1], [])
        here = next((p for p in reversed(places) if raw.startswith(texts[p].encode(), found.start())), None)
        if here is not None:
            places.remove(here)
            lines[here], left = number, left - 1
            if not left:
                break
    return lines


_LINE = re.compile(rb"([^\r\n]*)(?:\r\n?|\n|\Z)")


def _first_line_of(text: bytes) -> bytes:
    found = _LINE.match(text)
    assert found is not None
    return found[1]


def _settle_width(names: list[str], data: pa.Table) -> tuple[list[str], pa.Table, list[Finding]]:
    """Make names and columns meet: a delimiter at every line's end is no column, and row names have no header in R."""
    findings = []
    if data.num_columns == len(names) + 1:
        if empty_cells(data.column(data.num_columns - 1)).all():
            data = data.select(range(len(names)))
            findings.append(Finding("note", "the rows", "end with a delimiter, which was left out.", ""))
        else:
            names = ["row", *names]
            found = "has no name in the header, which has one name less than the rows have cells; it was called 'row'."
            findings.append(Finding("note", "the first column", found, "Check that the other names stand right."))
    unnamed = 0
    while len(names) - unnamed > 1 and not names[-1 - unnamed].strip():
        if not empty_cells(data.column(len(names) - 1 - unnamed)).all():
            break
        unnamed += 1
    if unnamed:
        names = names[:-unnamed]
        data = data.select(range(len(names)))
        found = "without a name or a value were left out."
        findings.append(Finding("note", f"{unnamed} columns at the end", found, ""))
    return names, data, findings
