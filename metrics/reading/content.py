"""The bytes of a file: fetched within the limits, hashed, unpacked, and recognised by how they begin."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any, Literal

import pyarrow as pa

from metrics.errors import nearest, stop
from metrics.progress import SILENT, Progress
from metrics.reading.limits import Limits

Kind = Literal["text", "parquet", "xlsx", "xls", "ods"]

_BLOCK = 2**22
_OPENING = "Opening the file"
_GZIP = 31  # zlib's number for the format
_UNUSED = "Save the table as CSV, Excel or Parquet and choose that file."

# How files begin that people have beside tables, and what to say of them.
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "is a PDF document"),
    (b"\x89PNG", "is an image (PNG)"),
    (b"\xff\xd8\xff", "is an image (JPEG)"),
    (b"GIF8", "is an image (GIF)"),
    (b"RIFF", "is a sound, film or image (RIFF)"),
    (b"ID3", "is a sound (MP3)"),
    (b"OggS", "is a sound (Ogg)"),
    (b"fLaC", "is a sound (FLAC)"),
    (b"{\\rtf", "is a text document (RTF)"),
    (b"\x93NUMPY", "is a NumPy array"),
    (b"\x89HDF", "is an HDF5 file"),
    (b"SQLite format 3", "is an SQLite database"),
    (b"ARROW1", "is an Arrow (Feather) file"),
    (b"ORC", "is an ORC file"),
    (b"Obj\x01", "is an Avro file"),
    (b"BZh", "is packed with bzip2"),
    (b"\xfd7zXZ", "is packed with xz"),
    (b"\x28\xb5\x2f\xfd", "is packed with Zstandard"),
    (b"7z\xbc\xaf", "is a 7-Zip archive"),
    (b"Rar!", "is a RAR archive"),
    (b"\x7fELF", "is a program"),
    (b"MZ\x90", "is a program"),
    (b"$FL2", "is an SPSS file"),
    (b"<stata_dta>", "is a Stata file"),
    (b"RDX", "is an R data file"),
    (b"RDA", "is an R data file"),
    (b"PAR1", "is a Parquet file that was cut off"),
)
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_OLD_PICKLE = re.compile(rb"(?:\(lp|\(dp|c[\w.]+\n\w+\n|ccopy_reg\n)")
_PAGE = re.compile(rb"<(?:!doctype html|html|head|body|table|div|meta|style|script|center)\b", re.IGNORECASE)
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, eq=False)
class Content:
    """The bytes of a file in memory, or mapped into it; `sha256` is that of the file as it was given."""

    name: str
    data: pa.Buffer
    sha256: str
    packed: str = ""  # "gzip", "zip"

    @property
    def where(self) -> str:
        return f"file {self.name!r}"

    @property
    def view(self) -> memoryview:
        return memoryview(self.data)

    def __len__(self) -> int:
        return int(self.data.size)

    def head(self, n: int = 4096) -> bytes:
        return bytes(self.view[:n])

    def blocks(self, progress: Progress = SILENT, doing: str = "") -> Iterator[memoryview]:
        """Return the bytes in blocks, telling before each one."""
        for at in range(0, len(self), _BLOCK):
            progress(doing, at / len(self))
            yield self.view[at : at + _BLOCK]


def open_content(source: Any, name: str | None, limits: Limits, progress: Progress = SILENT) -> Content:
    """Fetch a path, bytes or a binary file object. Raises ResultsError if it cannot be had, is empty or too large."""
    if isinstance(source, str | PurePath):
        data, name = _map(Path(source), limits, progress), name or PurePath(source).name
    elif isinstance(source, bytes | bytearray | memoryview):
        name = name or "data"
        limits.check(f"file {name!r}", file_bytes=len(source))
        data = pa.py_buffer(source)
    else:
        name = name or PurePath(str(getattr(source, "name", "data"))).name
        data = _fetch(source, f"file {name!r}", limits, progress)
    if not data.size:
        raise stop(f"file {name!r}", "is empty (0 bytes).", "Was the export or the download finished?")
    digest = hashlib.sha256()
    content = Content(name, data, "")
    for block in content.blocks(progress, _OPENING):
        digest.update(block)
    return replace(content, sha256=digest.hexdigest())


def _map(path: Path, limits: Limits, progress: Progress) -> pa.Buffer:
    """Map a file into memory, without a copy."""
    where = f"file {path.name!r}"
    if re.match(r"[a-z]{2,}:/", str(path), re.IGNORECASE):
        raise stop(where, "is a web address.", "Download the file first and name it.")
    try:
        if path.is_dir():
            raise stop(where, "is a folder.", "Name a file in it.")
        if path.is_file():
            size = path.stat().st_size
            limits.check(where, file_bytes=size)
            return pa.memory_map(str(path)).read_buffer() if size else pa.py_buffer(b"")
        with path.open("rb") as stream:  # a pipe
            return _fetch(stream, where, limits, progress)
    except FileNotFoundError as error:
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise stop(where, f"was not found (in '{path.parent}').", nearest(path.name, beside)) from error
    except (OSError, ValueError) as error:
        if isinstance(error, ValueError) and "null" not in str(error):
            raise
        raise stop(where, f"cannot be opened ({error}).", "Check its name and who may read it.") from error


def _fetch(stream: Any, where: str, limits: Limits, progress: Progress) -> pa.Buffer:
    parts, size = [], 0
    while block := stream.read(_BLOCK):
        progress(_OPENING)
        if not isinstance(block, bytes | bytearray):
            raise stop(where, "was opened as text.", "Open it in binary mode ('rb').")
        size += len(block)
        if size > limits.file_bytes:
            raise limits.error(where, "file_bytes")
        parts.append(block)
    return pa.py_buffer(b"".join(parts))


# -- unpacking -----------------------------------------------------------------------------------


def unpack(content: Content, limits: Limits, progress: Progress = SILENT) -> Content:
    """Return what a gzip file, or a zip file with one file in it, holds; other files as they are.

    Raises ResultsError as soon as more comes out than `limits.decompressed_bytes`.
    """
    if content.head(2) == b"\x1f\x8b":
        inner = _inflate(content, content.view, _GZIP, limits, progress=progress)
        return replace(content, data=inner, packed="gzip")
    if content.head(4) == b"PK\x05\x06":
        raise stop(content.where, "is a zip file with nothing in it.", "Choose the table itself.")
    if content.head(4) == b"PK\x03\x04":
        with open_zip(content) as archive:
            if workbook_kind(archive) is None:
                return _unzip(content, archive, limits, progress)
    return content


def open_zip(content: Content) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(pa.BufferReader(content.data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, OverflowError) as error:
        raise stop(
            content.where, f"is a damaged zip or Excel file ({error}).", "Export or download it again."
        ) from error


def workbook_kind(archive: zipfile.ZipFile) -> Kind | Literal["xlsb"] | None:
    """Return which workbook a zip file is, or None."""
    names = set(archive.namelist())
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(name.casefold() == "xl/workbook.xml" for name in names):
        return "xlsx"
    if {"content.xml", "mimetype"} <= names:
        return "ods"
    return None


def _unzip(content: Content, archive: zipfile.ZipFile, limits: Limits, progress: Progress) -> Content:
    files = [
        entry
        for entry in archive.infolist()
        if not entry.is_dir()
        and not entry.filename.startswith("__MACOSX/")
        and PurePath(entry.filename).name[:1] != "."
    ]
    if not files:
        raise stop(content.where, "is a zip file with nothing in it.", "Choose the table itself.")
    if any(entry.filename in ("word/document.xml", "ppt/presentation.xml") for entry in files):
        raise stop(content.where, "is a text document or a presentation.", _UNUSED)
    if any(PurePath(entry.filename).name == "data.pkl" for entry in files):
        raise stop(content.where, "is a saved PyTorch model: a pickle, which could run programs.", _UNUSED)
    if len(files) > 1:
        names = ", ".join(repr(entry.filename) for entry in files[:5]) + (" ..." if len(files) > 5 else "")
        raise stop(content.where, f"holds {len(files)} files ({names}).", "Unpack it and choose one of them.")
    inner = unzip_member(content, files[0], limits, "decompressed_bytes", progress)
    return replace(content, data=inner, packed="zip")


def unzip_member(
    content: Content, entry: zipfile.ZipInfo, limits: Limits, limit: str, progress: Progress = SILENT
) -> pa.Buffer:
    """Return the bytes of one file in a zip file; the size that the zip file declares is not believed."""
    if entry.flag_bits & 1:
        raise stop(content.where, "is protected by a password.", "Save it without one.")
    start = entry.header_offset
    header = bytes(content.view[start : start + 30])
    if header[:4] != b"PK\x03\x04" or len(header) < 30:
        raise stop(content.where, "is a damaged zip or Excel file.", "Export or download it again.")
    start += 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    packed = content.view[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        limits.check(content.where, **{limit: len(packed)})
        return pa.py_buffer(bytes(packed))
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise stop(content.where, "is packed in an unusual way.", "Unpack it and choose the table itself.")
    return _inflate(content, packed, -15, limits, limit, progress)


def _inflate(
    content: Content,
    packed: memoryview,
    form: int,
    limits: Limits,
    limit: str = "decompressed_bytes",
    progress: Progress = SILENT,
) -> pa.Buffer:
    """Decompress, also several gzip streams one after another, and stop at the limit."""
    most, out, at, feed = getattr(limits, limit), io.BytesIO(), 0, b""
    engine = zlib.decompressobj(form)
    try:
        while True:
            if not feed:
                progress("Unpacking the file", at / max(1, len(packed)))
                feed, at = bytes(packed[at : at + _BLOCK]), at + _BLOCK
            if not feed:
                break
            if engine.eof:
                if form != _GZIP or feed[:1] != b"\x1f":  # padding
                    break
                engine = zlib.decompressobj(form)
            out.write(engine.decompress(feed, _BLOCK))
            if out.tell() > most:
                raise limits.error(content.where, limit)
            feed = engine.unused_data if engine.eof else engine.unconsumed_tail
        out.write(engine.flush())
    except zlib.error as error:
        raise stop(content.where, f"is packed, and damaged ({error}).", "Export or download it again.") from error
    if not engine.eof:
        raise stop(content.where, "is packed, and was cut off before its end.", "Export or download it again.")
    if not out.tell():
        raise stop(content.where, "is packed, with nothing in it.", "Was the export finished?")
    return pa.py_buffer(out.getvalue())


# -- kinds ---------------------------------------------------------------------------------------


def kind_of(content: Content) -> Kind:
    """Return what kind of table the unpacked bytes hold. Raises ResultsError where it is none, saying what it is."""
    head = content.head()
    if head[:4] == b"PAR1" and bytes(content.view[-4:]) == b"PAR1" and len(content) >= 12:
        return "parquet"
    if head[:4] == b"PK\x03\x04":
        with open_zip(content) as archive:
            kind = workbook_kind(archive)
        if kind == "xlsb":
            raise stop(content.where, "is a binary Excel workbook (xlsb).", "Save it as .xlsx.")
        if kind is None:
            raise stop(content.where, "is an archive inside an archive.", "Unpack it and choose the table itself.")
        return kind
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        if "EncryptedPackage".encode("utf-16-le") in bytes(content.view):
            raise stop(content.where, "is an Excel file protected by a password.", "Save it without one.")
        return "xls"
    for mark, what in _FOREIGN:
        if head.startswith(mark):
            raise stop(content.where, f"{what}, not a table.", _UNUSED)
    if _PICKLE.match(head) or _OLD_PICKLE.match(head):
        raise stop(content.where, "is a pickle, which could run programs when it is opened.", _UNUSED)
    start = head.removeprefix(_MARKS[0]).replace(b"\0", b"").lstrip(b"\xff\xfe \t\r\n")
    called = _called(content.name)
    if _PAGE.match(re.sub(rb"^(?:<\?xml[^>]*>|<!--.*?-->|\s)+", b"", start, flags=re.DOTALL)):
        raise stop(
            content.where, f"is a web page (HTML){called}.", "Open it in a spreadsheet program and save it as .xlsx."
        )
    if start.startswith(b"<?xml"):
        what = "is an XML spreadsheet of Excel 2003" if b"Excel.Sheet" in head or b":spreadsheet" in head else "is XML"
        raise stop(content.where, f"{what}{called}, not a table that can be read.", "Open it and save it as .xlsx.")
    return "text"


def _called(name: str) -> str:
    suffix = PurePath(name).suffix.casefold()
    return f", though it is called {suffix}" if suffix not in ("", ".html", ".htm", ".xml") else ""
