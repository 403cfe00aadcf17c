"""Folders and zip files of transcripts: Kaldi's data folders, and one JSON file a recording.

Nothing is written anywhere: names inside a zip file are text, and links that lead out of a folder
are not followed.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import zipfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import pyarrow as pa

from metrics.errors import Finding, ResultsError, stop
from metrics.progress import SILENT, Progress
from metrics.reading.content import Content, open_zip, unzip_member, workbook_kind
from metrics.reading.encodings import read_text
from metrics.reading.limits import Limits
from metrics.reading.match import show_count, show_examples
from metrics.reading.speech_json import find_text, read_recording
from metrics.reading.speech_lines import Columns, Mistakes, Transcripts, over_pairs, read_kaldi_text
from metrics.reading.table import numbers

_MOST_FILES = 1_000_000
_MOST_ERRORS = 5
_ABOUT = re.compile(r"(utt|spk)2([a-z]\w*)")
_NO_ATTRIBUTES = {"spk2utt", "utt2uniq"}
_TITLES = {"spk": "speaker", "dur": "duration", "lang": "language"}
_LEADING_ZERO = re.compile(r"[+-]?0[0-9]")


@dataclass(frozen=True)
class Member:
    """A file in a folder or a zip file: its name below it, with `/`, its size, and how its bytes are had."""

    name: str
    size: int
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Bundle:
    """A folder or zip file: what it holds, and what there is to say of what was left out."""

    name: str
    where: str  # "folder 'data'"
    members: tuple[Member, ...]
    limit: str  # which limit holds for all that is read: file_bytes or decompressed_bytes
    findings: tuple[Finding, ...] = ()


def open_folder(path: Path, name: str | None = None) -> Bundle:
    """List the files of a folder and those inside it. Raises ResultsError where it cannot be read or holds too many."""
    name = name or path.name or path.resolve().name
    where, root = f"folder {name!r}", path.resolve()
    members: list[Member] = []
    astray: list[str] = []

    def refuse(error: OSError) -> None:
        raise stop(where, f"cannot be opened ({error}).", "Check who may read it.") from error

    for at, folders, files in os.walk(root, onerror=refuse):
        folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
        for file in sorted(files):
            inner = Path(at, file)
            if file.startswith("."):
                continue
            if inner.is_symlink() and not inner.resolve().is_relative_to(root):
                astray.append(inner.relative_to(root).as_posix())
            elif inner.is_file():
                size = inner.stat().st_size
                members.append(Member(inner.relative_to(root).as_posix(), size, _reader(inner, size, where)))
            if len(members) > _MOST_FILES:
                raise stop(
                    where, f"holds more than {_MOST_FILES:,} files.", "Name the folder of the transcripts alone."
                )
    findings = []
    if astray:
        found = f"leads out of the folder in {show_count(len(astray), 'place')}, such as {show_examples(astray)}, "
        found += "which is left out."
        findings.append(Finding("warn", where, found, "Copy the files into the folder.", len(astray)))
    return Bundle(name, where, tuple(sorted(members, key=lambda m: m.name)), "file_bytes", tuple(findings))


def _reader(path: Path, size: int, where: str) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with path.open("rb") as stream:
                if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                    raise stop(where, f"holds {path.name!r}, which is no plain file any more.", "Name it once more.")
                return stream.read(size)  # no more than was counted
        except OSError as error:
            raise stop(
                f"file {path.name!r} in {where}", f"cannot be opened ({error}).", "Check who may read it."
            ) from error

    return read


def open_archive(content: Content, limits: Limits) -> Bundle | None:
    """List the files of a zip file of several files; None for anything else, workbooks included."""
    if content.head(4) != b"PK\x03\x04":
        return None
    with open_zip(content) as archive:
        if workbook_kind(archive) is not None:
            return None
        entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_hidden(entry.filename)]
    if len(entries) < 2:
        return None
    for entry in entries:
        if ".." in re.split(r"[/\\]", entry.filename) or re.match(r"[/\\]|[A-Za-z]:", entry.filename):
            found = f"names a file outside of itself ({entry.filename[:60]!r})."
            raise stop(content.where, found, "Pack the folder again.")
    members = [
        Member(entry.filename.replace("\\", "/"), entry.file_size, _unpacker(content, entry, limits))
        for entry in entries
    ]
    return Bundle(content.name, content.where, tuple(sorted(members, key=lambda m: m.name)), "decompressed_bytes")


def _unpacker(content: Content, entry: zipfile.ZipInfo, limits: Limits) -> Callable[[], bytes]:
    def read() -> bytes:
        return bytes(unzip_member(content, entry, limits, "decompressed_bytes")) if entry.file_size else b""

    return read


def _is_hidden(name: str) -> bool:
    parts = re.split(r"[/\\]", name)
    return "__MACOSX" in parts or any(part.startswith(".") and part != ".." for part in parts)


def collect(bundle: Bundle, encoding: str | None, limits: Limits, progress: Progress = SILENT) -> Transcripts | None:
    """Read what a bundle holds of transcripts, None where it holds none in a form that is known.

    Kaldi: id, reference, speaker and a column for each other `utt2...` and `spk2...` file. JSON: id
    (the file's name without `.json`) and text. Raises ResultsError where a file is damaged, or too
    large, or where several data folders lie side by side.
    """
    used = _Used(bundle, encoding, limits)
    folder = _find_kaldi(bundle)
    recordings = [m for m in bundle.members if _is_recording(m)]
    if folder is not None:
        columns, findings = _read_kaldi(folder, used, progress)
        form = "kaldi"
    elif recordings:
        columns, findings = _read_recordings(recordings, used, progress)
        form = "recordings"
    else:
        return None
    findings = [*bundle.findings, *used.tell_others(), *findings]
    return Transcripts(form, columns, tuple(findings), used.digest.hexdigest())


def is_transcript(member: Member) -> bool:
    """Whether a file is one of those that are read: not a recording of sound that lies beside them."""
    name = PurePosixPath(member.name).name
    return _is_recording(member) or name in ("text", "wav.scp") or _ABOUT.fullmatch(name) is not None


def _is_recording(member: Member) -> bool:
    return member.name.casefold().endswith(".json")


class _Used:
    """Reads files of a bundle within the limits on them all, and hashes what was read."""

    def __init__(self, bundle: Bundle, encoding: str | None, limits: Limits) -> None:
        self.bundle, self.encoding, self.limits = bundle, encoding, limits
        self.digest, self.n_bytes, self.names = hashlib.sha256(), 0, set[str]()

    def check(self, members: Sequence[Member]) -> None:
        """Refuse files that are too large by the sizes they declare, before any is read."""
        self.limits.check(self.bundle.where, **{self.bundle.limit: sum(member.size for member in members)})

    def where(self, member: Member) -> str:
        return f"file {member.name!r} in {self.bundle.name!r}"

    def content(self, member: Member) -> Content:
        data = member.read()
        self.names.add(member.name)
        self.n_bytes += len(data)  # declared sizes are not believed
        if self.n_bytes > getattr(self.limits, self.bundle.limit):
            raise self.limits.error(self.bundle.where, self.bundle.limit)
        digest = hashlib.sha256(data).hexdigest()
        self.digest.update(f"{member.name}\0{digest}\n".encode("utf-8", "replace"))
        return Content(member.name, pa.py_buffer(data), digest)

    def tell_others(self) -> list[Finding]:
        """Say which files of the bundle were not read."""
        others = [member.name for member in self.bundle.members if member.name not in self.names]
        if not others:
            return []
        n_files = show_count(len(others), "other file")
        found = f"holds {n_files} that {'is' if len(others) == 1 else 'are'} not read, such as {show_examples(others)}."
        return [Finding("note", self.bundle.where, found, "", len(others))]


# -- Kaldi ---------------------------------------------------------------------------------------


def _find_kaldi(bundle: Bundle) -> dict[str, Member] | None:
    """Return the files of the data folder by their names: the one that has a `text` and files about its utterances."""
    folders: dict[str, dict[str, Member]] = defaultdict(dict)
    for member in bundle.members:
        path = PurePosixPath(member.name)
        folders[str(path.parent)][path.name] = member
    found = [
        at
        for at, files in folders.items()
        if "text" in files and (at == "." or any(_ABOUT.fullmatch(n) or n == "wav.scp" for n in files))
    ]
    if len(found) > 1:
        listed = show_examples(sorted(found))
        raise stop(bundle.where, f"holds {len(found)} data folders ({listed}).", "Name one of them.")
    return folders[found[0]] if found else None


def _read_kaldi(files: Mapping[str, Member], used: _Used, progress: Progress) -> tuple[Columns, list[Finding]]:
    about = [name for name in sorted(files) if _ABOUT.fullmatch(name) and name not in _NO_ATTRIBUTES]
    used.check([files["text"], *(files[name] for name in about)])
    content, where = used.content(files["text"]), used.where(files["text"])
    if not len(content):
        raise stop(where, "is empty (0 bytes).", "Was the export or the download finished?")
    text = read_text(content, used.encoding)
    columns, findings = read_kaldi_text(text, where, used.limits, progress)
    columns = {"id": columns["id"], "reference": columns["text"]}
    ids: list[str] = columns["id"].to_pylist()
    speakers: list[str | None] = [None] * len(ids)
    for name in sorted(about, key=lambda n: (n != "utt2spk", n)):  # speakers first: others go by them
        told = _read_pairs(files[name], used)
        kind, subject = name.split("2", 1)
        cells = [told.get(key) if key is not None else None for key in (ids if kind == "utt" else speakers)]
        title = _TITLES.get(subject, subject)
        title = title if title not in columns else f"{title} ({'utterance' if kind == 'utt' else 'speaker'})"
        used.limits.check_shape(used.bundle.where, len(ids), len(columns) + 1)
        columns[title] = _as_numbers_or_words(cells)
        if name == "utt2spk":
            speakers = cells
        if n_without := sum(cell is None for cell in cells):
            found = f"says nothing of {n_without:,} of {len(ids):,} utterances; their {title} is missing."
            findings.append(
                Finding("warn", used.where(files[name]), found, "Check that the files belong together.", n_without)
            )
    return columns, [*text.findings, *findings]


def _read_pairs(member: Member, used: _Used) -> dict[str, str]:
    content, where = used.content(member), used.where(member)
    told: dict[str, str] = {}
    mistakes = Mistakes(where)
    if not len(content):
        return told
    for number, (key, value) in over_pairs(read_text(content, used.encoding), where, used.limits):
        if not value:
            mistakes.add(number, f"has {key[:60]!r} and nothing beside it.", "Complete the line, or take it out.")
        elif told.setdefault(key, value) != value:
            found = f"says {value[:40]!r} of {key[:60]!r}, of which an earlier line said {told[key][:40]!r}."
            mistakes.add(number, found, "Keep one of them.")
    mistakes.check()
    return told


def _as_numbers_or_words(cells: Sequence[str | None]) -> pa.Array:
    words = pa.array(cells, pa.string())
    values, odd = numbers(words)
    if odd.any() or all(cell is None for cell in cells) or any(_LEADING_ZERO.match(cell) for cell in cells if cell):
        return words.dictionary_encode()
    mask = words.is_null().to_numpy(zero_copy_only=False)
    whole = all("." not in cell and "e" not in cell.casefold() for cell in cells if cell)
    return pa.array(values, pa.float64(), mask=mask).cast(pa.int64() if whole else pa.float64(), safe=False)


# -- one JSON a recording ------------------------------------------------------------------------


def _read_recordings(members: Sequence[Member], used: _Used, progress: Progress) -> tuple[Columns, list[Finding]]:
    used.limits.check_shape(used.bundle.where, len(members), 2)
    used.check(members)
    said: list[str | None] = []
    errors: list[Finding] = []
    bare: list[int] = []
    fields = ""
    for number, member in enumerate(members):
        if number % 500 == 0:
            progress("Reading the recordings", number / len(members))
        content, where = used.content(member), used.where(member)
        try:
            if not len(content):
                raise stop(where, "is empty (0 bytes).", "Export it again, or take it out of the folder.")
            value = read_recording(read_text(content, used.encoding), where, used.limits)
        except ResultsError as error:
            errors += [replace(f, where=where) for f in error.findings]
            if len(errors) >= _MOST_ERRORS:
                break
            continue
        said.append("" if value == {} else find_text(value))
        if said[-1] is None:
            bare.append(number)
            fields = fields or (
                ", ".join(map(repr, list(value)[:8])) if isinstance(value, dict) else "a list or a value"
            )
    if errors:
        raise ResultsError(errors)
    findings = []
    if len(bare) == len(members):
        found = f"has JSON files without a text that is known (the first has: {fields[:200]})."
        cure = "Known are those of Amazon Transcribe, Google, Azure, Deepgram and Whisper."
        raise stop(used.bundle.where, found, f"{cure} Make one table of the others, with the columns id and text.")
    if bare:
        shown = show_examples([members[number].name for number in bare])
        found = f"has no text that is known in {len(bare):,} of {len(members):,} files, such as {shown}; it is missing."
        findings.append(Finding("warn", used.bundle.where, found, "Did these recordings fail?", len(bare)))
    ids = [member.name[: -len(".json")] for member in members]
    return {"id": pa.array(ids, pa.string()), "text": pa.array(said, pa.string())}, findings
