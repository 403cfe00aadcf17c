"""What the words of a table say about how it is written: its decimal sign, its words for missing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa

from metrics.errors import Finding
from metrics.levels import count_words
from metrics.reading.table import is_text

_SAMPLE_WORDS = 2000
_MISSING_WORDS = frozenset(
    [
        "na",
        "n/a",
        "n.a.",
        "#n/a",
        "<na>",
        "nan",
        "none",
        "null",
        "nil",
        "missing",
        "(missing)",
        "unknown",
        "-",
        "--",
        ".",
        "?",
        "k.a.",
    ]
)
_SELDOM = 0.01  # of the rows of a column
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
_POINT = re.compile(r"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:[,.][0-9]{3})+")


def find_decimal(data: pa.Table, given: str | None, delimiter: str | None) -> tuple[str, list[Finding]]:
    """Return the decimal sign of the texts that are numbers; where it may be either, a finding asks."""
    if given is not None:
        return given, []
    commas: list[str] = []
    points: list[str] = []
    unsure: list[str] = []  # 1,234 may be either
    for name, column in zip(data.column_names, data.columns, strict=True):
        words = [w.strip() for w in _some_words(column)]
        words = [w for w in words if w and w.casefold() not in _MISSING_WORDS]
        numbers = [w for w in words if not _WHOLE.fullmatch(w)]
        if not numbers:
            continue
        if all(_COMMA.fullmatch(w) for w in numbers):
            (unsure if all(_THOUSANDS.fullmatch(w) for w in numbers) else commas).append(name)
        elif all(_POINT.fullmatch(w) for w in numbers):
            points.append(name)
    decimal = "," if len(commas) > len(points) else "."
    if commas and points:
        found = f"write decimals with a comma ({_few(commas)}) and with a point ({_few(points)})."
        cure = f"'{decimal}' was taken for the sign of all; choose with --decimal."
        return decimal, [
            Finding("warn", "the columns", found, cure, option="--decimal", answers=(decimal, ",."[decimal == ","]))
        ]
    if commas:
        found = f"were read with a decimal comma ({_few(commas)})."
        return ",", [Finding("note", "numbers", found, "Say otherwise with --decimal.", option="--decimal")]
    if unsure and not points:
        likely = "," if delimiter not in (",", None) else "."
        found = (
            f"hold numbers such as {_example(data, unsure[0])!r}, which may be thousands or decimals ({_few(unsure)})."
        )
        cure = (
            f"They were read as {'decimals' if likely == ',' else 'thousands'}; choose the decimal sign with --decimal."
        )
        answers = (likely, "." if likely == "," else ",")
        return likely, [Finding("warn", "the columns", found, cure, option="--decimal", answers=answers)]
    return decimal, []


def find_missing_words(data: pa.Table, missing: tuple[str, ...]) -> Iterator[Finding]:
    """Say of words such as NA that they are read as text, where they occur much."""
    cells: dict[str, int] = {}
    columns: dict[str, list[str]] = {}
    for name, column in zip(data.column_names, data.columns, strict=True):
        for word, n in _count_missing_words(column):
            if word not in missing and n >= _SELDOM * len(column):
                cells[word] = cells.get(word, 0) + n
                columns.setdefault(word, []).append(name)
    for word, n in sorted(cells.items(), key=lambda item: -item[1]):
        found = f"stands in {n:,} cells ({_few(columns[word])}) and is read as text, a group or class of its own."
        cure = f"If it means missing, say so with --missing {word!r}."
        yield Finding("note", f"the word {word!r}", found, cure, n, "--missing", ("", word))


def _count_missing_words(column: pa.ChunkedArray) -> Iterator[tuple[str, int]]:
    """Return the words of a dictionary column that may mean missing, and how often each occurs."""
    if not pa.types.is_dictionary(column.type):
        return
    total: dict[str, int] = {}
    for chunk in column.chunks:
        if len(chunk.dictionary) > 50_000:
            continue
        words = [w.strip() if isinstance(w, str) and len(w) < 12 else "" for w in chunk.dictionary.to_pylist()]
        if not any(word.casefold() in _MISSING_WORDS for word in words):
            continue
        codes = chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        for word, n in zip(words, count_words(codes, len(words)).tolist(), strict=True):
            if word.casefold() in _MISSING_WORDS:
                total[word] = total.get(word, 0) + n
    yield from total.items()


def _some_words(column: pa.ChunkedArray) -> list[str]:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not is_text(kind) or not column.num_chunks:
        return []
    chunk = max(column.chunks, key=len)
    words = chunk.dictionary if pa.types.is_dictionary(column.type) else chunk
    return [w for w in words.slice(0, _SAMPLE_WORDS).to_pylist() if w is not None]


def _example(data: pa.Table, name: str) -> str:
    return next(w for w in _some_words(data.column(name)) if "," in w)


def _few(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
