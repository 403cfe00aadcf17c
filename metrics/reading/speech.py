"""Transcripts in the forms of speech teams, recognised by content and name, and read into columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Literal

from metrics.errors import Finding
from metrics.progress import SILENT, Progress
from metrics.reading.encodings import Text
from metrics.reading.limits import Limits
from metrics.reading.speech_lines import Columns, Transcripts, read_kaldi_text, read_trn
from metrics.reading.speech_times import is_time, read_ctm, read_stm

Form = Literal["stm", "ctm", "trn", "kaldi"]

_SAMPLE_BYTES = 2**18
_SAMPLE_LINES = 1000
_KALDI = re.compile(r"(?:text|hyp|ref|hypothesis|reference|transcripts?)(?:[_.-]\w+)*(?:\.txt)?", re.IGNORECASE)
_MARKED = re.compile(r"[ \t]*;;[ \t]*(?:CATEGORY|LABEL)\b", re.IGNORECASE)


def find_form(text: Text, name: str) -> Form | None:
    """Return the form that a text of transcripts has, None for any other table.

    A name alone is not believed: at least half of the lines have to fit the form it promises.
    Without such a name all lines do, and in a way that no table has by chance.
    """
    raw = bytes(memoryview(text.data)[:_SAMPLE_BYTES]).decode("utf-8", "ignore").splitlines()
    if len(raw) > 1 and text.data.size > _SAMPLE_BYTES:
        raw.pop()  # it may be cut
    lines = [line.strip() for line in raw[:_SAMPLE_LINES]]
    marked = any(_MARKED.match(line) for line in lines)
    lines = [line for line in lines if line and not line.startswith(";;")]
    if not lines:
        return None
    name = PurePath(name.casefold().removesuffix(".gz").removesuffix(".zip")).name
    for form, fits in _FITS.items():
        if name.endswith(f".{form}") and 2 * sum(map(fits, lines)) >= len(lines):
            return form
    if len(lines) > 1 or marked:
        if all(map(_fits_stm, lines)) and (marked or all(_has_labels(line) for line in lines)):
            return "stm"
        if all(map(_fits_ctm, lines)) and not any(set(",;|\t") & set(line) for line in lines):
            return "ctm"
        if all(map(_fits_trn, lines)) and _are_distinct([line.rpartition("(")[2] for line in lines]):
            return "trn"
    return "kaldi" if _is_kaldi(lines, name) else None


def read_speech(text: Text, form: Form, where: str, limits: Limits, progress: Progress = SILENT) -> Transcripts:
    """Return the columns of a text of transcripts by name, and what there is to say of it.

    trn: id, text and speaker; kaldi: id, text; stm: one row a segment (`read_stm`); ctm: one row a
    word (`read_ctm`). Raises ResultsError, naming the lines, where some do not fit the form.
    """
    columns, findings = _READ[form](text, where, limits, progress)
    n_rows = len(next(iter(columns.values()), ()))
    limits.check_shape(where, n_rows, len(columns))
    return Transcripts(form, columns, tuple(findings))


_READ: dict[Form, Callable[[Text, str, Limits, Progress], tuple[Columns, list[Finding]]]] = {
    "stm": read_stm,
    "ctm": read_ctm,
    "trn": read_trn,
    "kaldi": read_kaldi_text,
}


# -- which form ----------------------------------------------------------------------------------


def _fits_stm(line: str) -> bool:
    fields = line.split(maxsplit=5)
    return len(fields) > 4 and is_time(fields[3]) and is_time(fields[4]) and float(fields[3]) <= float(fields[4])


def _has_labels(line: str) -> bool:
    return any(rest.startswith("<") for rest in line.split(maxsplit=5)[5:])


def _fits_ctm(line: str) -> bool:
    fields = line.split()
    if len(fields) == 5 and fields[4].upper() in ("<ALT_BEGIN>", "<ALT>", "<ALT_END>"):
        return True
    return 5 <= len(fields) <= 8 and is_time(fields[2]) and is_time(fields[3]) and not is_time(fields[4])


def _fits_trn(line: str) -> bool:
    opened = line.rpartition("(")
    return line.endswith(")") and bool(opened[1]) and re.fullmatch(r"\s*[^\s()]+\s*\)", opened[2]) is not None


_FITS: dict[Form, Callable[[str], bool]] = {"stm": _fits_stm, "ctm": _fits_ctm, "trn": _fits_trn}


def _is_kaldi(lines: Sequence[str], name: str) -> bool:
    """Whether lines begin with ids that are all different, where a table would have its delimiters."""
    named = _KALDI.fullmatch(name) is not None
    suffix = PurePath(name).suffix
    if not named and (suffix not in ("", ".txt") or len(lines) < 2):
        return False
    ids = [line.split(maxsplit=1)[0] for line in lines]
    if any(set(',;|"{}[]<>()\x00') & set(name) for name in ids) or not _are_distinct(ids):
        return False
    if "\t" in lines[0] and all("\t" in line for line in lines):
        return False  # a table of two columns
    if not any(re.search(r"\s\D*[^\W\d_]", line) for line in lines):
        return False  # numbers only
    n_with_digits = sum(any(map(str.isdigit, name)) for name in ids)
    return n_with_digits == len(ids) or (named and n_with_digits == 0)


def _are_distinct(words: Sequence[str]) -> bool:
    return len(set(words)) == len(words)
