"""Transcripts line by line: sclite's `trn` (words, then the id in brackets) and Kaldi's `text` (the id, then words)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from metrics.errors import Finding, ResultsError
from metrics.progress import SILENT, Progress
from metrics.reading.encodings import Text
from metrics.reading.limits import Limits
from metrics.reading.match import show_count

Columns = dict[str, pa.Array]  # by name

_TOLD = 20_000  # lines between two words of progress
_MOST_ERRORS = 5
_DEEPEST = 20
_ALTERNATIVE_SIGN = re.compile(r"([{}]|(?<=\s)/(?=\s))")
_NO_WORD = "@"


@dataclass(frozen=True)
class Transcripts:
    """What was read of transcripts in a form of their own, and what there is to say of it."""

    form: str  # trn, kaldi, stm, ctm, recordings
    columns: Columns
    findings: tuple[Finding, ...]
    sha256: str = ""  # of a folder: of the names and contents of the files that were read


def over_lines(text: Text, where: str, limits: Limits, progress: Progress = SILENT) -> Iterator[tuple[int, str]]:
    """Return each line that is neither blank nor a remark (`;; ...`), trimmed, with its number."""
    n = 0
    for number, raw in enumerate(io.TextIOWrapper(pa.BufferReader(text.data), "utf-8", "replace"), 1):
        if number % _TOLD == 1:
            progress("Reading the lines", number / max(1, text.n_lines))
        line = raw.strip()
        if line and not line.startswith(";;"):
            n += 1
            if n > limits.rows:
                raise limits.error(where, "rows")
            yield number, line


class Mistakes:
    """Lines that do not fit their form: the first few are named, all are counted."""

    def __init__(self, file: str = "") -> None:
        self.n, self.file = 0, f" of {file}" if file else ""
        self.findings: list[Finding] = []

    def add(self, number: int, found: str, cure: str) -> None:
        self.n += 1
        if self.n <= _MOST_ERRORS:
            self.findings.append(Finding("stop", f"line {number}{self.file}", found, cure, 1))

    def check(self) -> None:
        """Raise ResultsError if there was any."""
        if self.n > _MOST_ERRORS:
            more = self.n - _MOST_ERRORS
            self.findings.append(Finding("stop", f"{more:,} more lines", "do not fit either.", "", more))
        if self.findings:
            raise ResultsError(self.findings)


# -- trn and text --------------------------------------------------------------------------------


def read_trn(text: Text, where: str, limits: Limits, progress: Progress = SILENT) -> tuple[Columns, list[Finding]]:
    """Return the columns id, text and, where ids begin with their speaker, speaker.

    The speaker is what stands before the first `-` or `_` of an id, as in sclite. Raises
    ResultsError, naming the lines, where one ends with no id.
    """
    ids, words, mistakes, told = list[str](), list[str](), Mistakes(), Alternatives()
    for number, line in over_lines(text, where, limits, progress):
        said, opened, name = line[:-1].rpartition("(") if line.endswith(")") else ("", "", "")
        if not opened or not name.strip() or re.search(r"[\s)]", name.strip()):
            found = f"does not end with an id in brackets, as in 'words (speaker-utterance)': {line[-60:]!r}."
            mistakes.add(number, found, "Add the id, or take the line out.")
            continue
        ids.append(name.strip())
        words.append(told.take_first(said.strip(), number, mistakes))
    mistakes.check()
    columns = {"id": pa.array(ids, pa.string()), "text": pa.array(words, pa.string())}
    findings = told.findings(where)
    speakers = [speaker_of(name) for name in ids]
    n_speakers = len({s for s in speakers if s is not None})
    if n_speakers > 1:
        columns["speaker"] = pa.array(speakers, pa.string()).dictionary_encode()
        found = f"was made of what stands before the first '-' or '_' of each id ({n_speakers:,} speakers)."
        findings.append(Finding("note", "column 'speaker'", found, "Use it only if ids begin with their speaker."))
    return columns, findings


def read_kaldi_text(
    text: Text, where: str, limits: Limits, progress: Progress = SILENT
) -> tuple[Columns, list[Finding]]:
    """Return the columns id and text; a line of an id alone has an empty text."""
    ids, words = list[str](), list[str]()
    for _, (name, said) in over_pairs(text, where, limits, progress):
        ids.append(name)
        words.append(said)
    return {"id": pa.array(ids, pa.string()), "text": pa.array(words, pa.string())}, []


def over_pairs(
    text: Text, where: str, limits: Limits, progress: Progress = SILENT
) -> Iterator[tuple[int, tuple[str, str]]]:
    """Return the first word and the rest of each line, with its number."""
    for number, line in over_lines(text, where, limits, progress):
        first, *rest = line.split(maxsplit=1)
        yield number, (first, rest[0] if rest else "")


def speaker_of(name: str) -> str | None:
    """Return the speaker in an id as sclite finds it, None where there is none.

    >>> speaker_of("4k0-4k0c0301"), speaker_of("sw_1"), speaker_of("a")
    ('4k0', 'sw', None)
    """
    speaker = re.match(r"([^-_]+)[-_]", name)
    return speaker[1] if speaker else None


# -- alternatives --------------------------------------------------------------------------------


@dataclass
class Alternatives:
    """Counts the alternatives `{um / uh / @}` of a file while the first of each is taken."""

    n: int = 0
    n_lines: int = 0
    example: str = ""

    def take_first(self, text: str, number: int, mistakes: Mistakes) -> str:
        """Return a text with the first of its alternatives only; what does not close is a mistake of its line."""
        try:
            short, n = first_alternatives(text)
        except ValueError as error:
            mistakes.add(number, str(error), "Close it, or leave out the braces.")
            return text
        if n:
            self.n, self.n_lines, self.example = self.n + n, self.n_lines + 1, self.example or text
        return short

    def findings(self, where: str) -> list[Finding]:
        if not self.n:
            return []
        how_often = (
            f"in {show_count(self.n_lines, 'line')} ({show_count(self.n, 'time')}, such as {self.example[:60]!r})"
        )
        found = f"gives alternatives {how_often}; the first of each was kept."
        cure = "A rules file (--normalizer FILE) can make the others equal to it."
        return [Finding("warn", where, found, cure, self.n_lines)]


def first_alternatives(text: str) -> tuple[str, int]:
    """Return a text with the first of each of its alternatives, and how many it gave; `@` is no word.

    Braces without a `/` in them stay. Raises ValueError where an alternative is not closed, or lies
    more than 20 deep.

    >>> first_alternatives("so {um / uh / @} yes {@ / well} {laughs}")
    ('so um yes {laughs}', 2)
    """
    if "{" not in text:
        return text, 0
    stack: list[_Braces] = [_Braces()]
    n = 0
    for piece in _ALTERNATIVE_SIGN.split(text):
        top = stack[-1]
        if piece == "{":
            if len(stack) > _DEEPEST:
                raise ValueError(f"has braces inside braces, more than {_DEEPEST} deep.")
            stack.append(_Braces())
        elif piece == "}" and len(stack) > 1:
            stack.pop()
            n += top.first is not None
            stack[-1].pieces.append(top.close())
        elif piece == "/" and len(stack) > 1:
            top.first, top.pieces = top.first if top.first is not None else top.pieces, []
        else:
            top.pieces.append(piece)
    if any(braces.first is not None for braces in stack):
        raise ValueError(f"has alternatives that are not closed with '}}': {text[:60]!r}.")
    if not n:
        return text, 0
    left = "{".join("".join(braces.pieces) for braces in stack)
    return " ".join(left.split()), n


class _Braces:
    """What stands in braces so far: the first alternative, once there is a second, and the pieces of the last."""

    def __init__(self) -> None:
        self.first: list[str] | None = None
        self.pieces: list[str] = []

    def close(self) -> str:
        if self.first is None:
            return "".join(("{", *self.pieces, "}"))
        chosen = "".join(self.first).strip()
        return f" {'' if chosen == _NO_WORD else chosen} "
