"""Two columns of ids and texts whose first line is a row like the others, not names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from metrics.reading.match import without_extension

_SHARE = 0.9  # of the rows have two cells
_HALF = 0.5  # of the ids are written like the first


def name_headless(rows: Sequence[Sequence[str]]) -> list[str] | None:
    """Return the names `id` and `text` in the order of the two columns, None where the first row is a header.

    It is none where its cell is an id as those below it are: the name of a recording, or the same
    letters with other digits.

    >>> name_headless([["a_01.wav", "so it was"], ["a_02.wav", ""]]), name_headless([["path", "said"], ["a_01", "so"]])
    (['id', 'text'], None)
    """
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    pairs = [row for row in rows if len(row) == 2]
    if len(pairs) < 2 or len(rows[0]) != 2 or len(pairs) < _SHARE * len(rows):
        return None
    for at, names in ((0, ["id", "text"]), (1, ["text", "id"])):
        ids, other = [row[at].strip() for row in pairs], [row[1 - at] for row in pairs]
        alike = sum(_written_alike(ids[0], name) for name in ids[1:])
        if len(set(ids)) == len(ids) and alike >= _HALF * (len(ids) - 1) and any(map(_is_words, other)):
            return names
    return None


def _written_alike(first: str, other: str) -> bool:
    if not first or " " in first:
        return False
    short = without_extension(first)
    if short != first and short != "":
        return first[len(short) :].casefold() == other[len(without_extension(other)) :].casefold()
    digits = re.findall(r"\d+", first)
    if not digits:
        return False
    if re.sub(r"\d+", "9", first) == re.sub(r"\d+", "9", other):
        return True
    return len(digits) > 1 and _outline(first) == _outline(other)


def _outline(name: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", name))


def _is_words(cell: str) -> bool:
    return len(re.findall(r"[^\W\d_]{2,}", cell)) > 1 or any(ord(sign) > 0x2E80 for sign in cell)
