"""The archive of a bundle: a zip file with known members, whose sizes are counted and never believed."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from metrics.errors import stop

__all__ = ["ASK", "MOST_BYTES", "MOST_UNPACKED", "fetch", "pack", "unpack"]

ASK = "Ask whoever sent it for a new file."
MOST_BYTES = 64 * 2**20  # of a bundle
MOST_UNPACKED = 256 * 2**20  # of all its members

_MOST_LISTED = 2**16  # bytes of the list of members at the end
_END = 22  # bytes of the end of a zip file without a comment
_BLOCK = 2**20
_DATE = (1980, 1, 1, 0, 0, 0)


def fetch(source: Any, where: str) -> bytes:
    """Return the bytes of a path, bytes or a binary stream. Raises ResultsError for more than a bundle may have."""
    if isinstance(source, bytes | bytearray | memoryview):
        if len(source) > MOST_BYTES:
            raise _too_large(where)
        return bytes(source)
    if isinstance(source, str | Path):
        try:
            with Path(source).open("rb") as stream:
                return fetch(stream, where)
        except (OSError, ValueError) as error:
            if isinstance(error, ValueError) and hasattr(error, "findings"):
                raise
            raise stop(where, f"cannot be opened ({error}).", "Check its name and who may read it.") from error
    data = source.read(MOST_BYTES + 1)
    if not isinstance(data, bytes | bytearray):
        raise stop(where, "was opened as text.", "Open it in binary mode ('rb').")
    if len(data) > MOST_BYTES:
        raise _too_large(where)
    return bytes(data)


def pack(members: Mapping[str, bytes]) -> bytes:
    """Return a zip file of these members in the order of their names: the same members give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, members[name])
    return out.getvalue()


def unpack(data: bytes, names: Sequence[str], where: str, optional: Sequence[str] = ()) -> dict[str, bytes]:
    """Return the members of a zip file: all of these, of the `optional` ones those it has, and no others.

    Raises ResultsError for anything else.
    """
    entries = _list(data, where)
    found = [entry.filename for entry in entries]
    for name in found:
        if name not in (*names, *optional):
            raise stop(where, f"holds {name[:80]!r}, which no bundle has.", ASK)
    for name in (*names, *(name for name in optional if name in found)):
        if found.count(name) != 1:
            many = "lacks" if name not in found else "has more than one"
            raise stop(where, f"{many} {name!r}.", ASK)
    members: dict[str, bytes] = {}
    left = MOST_UNPACKED
    for entry in sorted(entries, key=lambda entry: entry.filename):
        members[entry.filename] = _unpack_one(data, entry, left, where)
        left -= len(members[entry.filename])
    return members


def _list(data: bytes, where: str) -> list[zipfile.ZipInfo]:
    """Return what a zip file says that it has, where that list is short."""
    if not data:
        raise stop(where, "is empty (0 bytes).", "Was the download finished?")
    if not data.startswith(b"PK\x03\x04"):
        raise stop(where, "is no bundle.", "Choose the file that Publish or `share` made, or have it sent again.")
    end = data[-_END:]
    if len(end) < _END or end[:4] != b"PK\x05\x06" or end[-2:] != b"\0\0":
        raise stop(where, "was cut off before its end, or something was added to it.", "Copy or download it again.")
    # Of a list that is long by its own account nothing is made.
    if int.from_bytes(end[12:16], "little") > _MOST_LISTED or data[-_END - 20 :][:4] == b"PK\x06\x07":
        raise stop(where, "has more files in it than a bundle has.", ASK)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, OverflowError) as error:
        raise stop(where, f"is a damaged zip file ({str(error)[:100]}).", "Copy or download it again.") from error
    for entry in entries:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or entry.is_dir():
            raise stop(where, f"holds {entry.filename[:80]!r}, which is no plain file.", ASK)
        if entry.flag_bits & 1:
            raise stop(where, "is protected by a password.", ASK)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise stop(where, "is packed in an unusual way.", ASK)
    return entries


def _unpack_one(data: bytes, entry: zipfile.ZipInfo, most: int, where: str) -> bytes:
    """Unpack a member in blocks, and stop at `most` bytes whatever it said of its size."""
    at = entry.header_offset
    header = data[at : at + 30]
    if header[:4] != b"PK\x03\x04" or len(header) < 30:
        raise stop(where, "is a damaged zip file.", "Copy or download it again.")
    at += 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    packed = memoryview(data)[at : at + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        if len(packed) > most:
            raise _unpacks_too_large(where)
        found = bytes(packed)
    else:
        found = _inflate(packed, most, where)
    if len(found) != entry.file_size or zlib.crc32(found) != entry.CRC:
        raise stop(where, f"is damaged: {entry.filename!r} is not what it was.", "Copy or download it again.")
    return found


def _inflate(packed: memoryview, most: int, where: str) -> bytes:
    engine, out, feed, at = zlib.decompressobj(-15), io.BytesIO(), b"", 0
    try:
        while not engine.eof and (feed or at < len(packed)):
            if not feed:
                feed, at = bytes(packed[at : at + _BLOCK]), at + _BLOCK
            out.write(engine.decompress(feed, _BLOCK))
            feed = engine.unconsumed_tail
            if out.tell() > most:
                raise _unpacks_too_large(where)
        while not engine.eof:  # what the engine still holds
            rest = engine.decompress(b"", _BLOCK)
            if not rest:
                break
            out.write(rest)
            if out.tell() > most:
                raise _unpacks_too_large(where)
    except zlib.error as error:
        raise stop(where, f"is damaged ({error}).", "Copy or download it again.") from error
    if not engine.eof:
        raise stop(where, "was cut off before its end.", "Copy or download it again.")
    return out.getvalue()


def _too_large(where: str) -> Exception:
    return stop(where, f"is larger than {MOST_BYTES // 2**20} MB, which no bundle is.", ASK)


def _unpacks_too_large(where: str) -> Exception:
    return stop(where, f"unpacks to more than {MOST_UNPACKED // 2**20} MB, which no bundle does.", ASK)
