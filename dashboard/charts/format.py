"""Texts in charts: names of slices, cut and made safe, and numbers (from `metrics.formatting`).

Names come from files of strangers. Plotly reads a small HTML and LaTeX between dollars in every text it draws,
so all of it goes through `escape`; names too long are cut, but never so that two become one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

from metrics.answers import name_slice
from metrics.formatting import (
    NOTHING,
    format_count,
    format_counts,
    format_difference,
    format_disparity,
    format_interval,
    format_number,
    format_p,
    format_percent,
    format_points,
    format_ratio,
    format_support,
    format_value,
)
from metrics.registry import Metric

__all__ = [
    "NOTHING",
    "break_in_two",
    "break_lines",
    "by_slice",
    "cut",
    "cut_apart",
    "escape",
    "format_count",
    "format_counts",
    "format_difference",
    "format_disparity",
    "format_interval",
    "format_number",
    "format_p",
    "format_percent",
    "format_points",
    "format_ratio",
    "format_support",
    "format_value",
    "is_everyone",
    "is_named",
    "join_words",
    "key",
    "label_slices",
    "name_slices",
    "pick",
    "shared_axes",
    "tidy",
]

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
_ISOLATE, _END_ISOLATE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_STEERING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MARKS_A_LETTER = 2


class SliceLike(Hashable, Protocol):
    """What charts need of a slice (`metrics.slices.Slice`)."""

    @property
    def title(self) -> str: ...

    def items(self) -> Iterable[tuple[str, str]]: ...


def tidy(text: str) -> str:
    """Return a text on one line: no control characters, no steering of direction, no towers of accents.

    >>> tidy("two\\nlines\\t"), tidy("a" + "\\u0301" * 50) == "a" + "\\u0301" * 2
    ('two lines', True)
    """
    kept: list[str] = []
    marks = 0
    for sign in text:
        kind = unicodedata.category(sign)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if sign in _STEERING or marks > _MARKS_A_LETTER:
            continue
        kept.append(" " if kind in ("Cc", "Zl", "Zp", "Zs", "Cs") else sign)
    return " ".join("".join(kept).split())


def cut(text: str, width: int) -> str:
    """Return a text cut to `width` columns, its end kept, since names often differ there.

    >>> cut("a rather long name of a group", 15), cut("short", 15)
    ('a rather…group', 'short')
    """
    if _width(text) <= width:
        return text
    tail_width = width // 3
    head = _take(text, width - 1 - tail_width)
    tail = _take(text[::-1], tail_width)[::-1]
    while tail and unicodedata.combining(tail[0]):
        tail = tail[1:]
    return f"{head.rstrip()}{ELLIPSIS}{tail.lstrip()}"


def cut_apart(texts: Sequence[str], width: int) -> list[str]:
    """Return the texts tidied and cut, those that would then be equal numbered.

    Equal texts stay equal. Empty ones are called "(empty)".

    >>> cut_apart(["x" * 30 + "y" * 30, "x" * 29 + "z" + "y" * 30], 12)
    ['xxxxxxx…yyyy', 'xxxxxxx…yyyy (2)']
    """
    given: dict[str, str] = {}
    taken: set[str] = set()
    for text in texts:
        if text in given:
            continue
        short = cut(tidy(text) or "(empty)", width)
        name, number = short, 1
        while name in taken:
            number += 1
            name = f"{short} ({number})"
        taken.add(name)
        given[text] = name
    return [given[text] for text in texts]


def escape(text: str) -> str:
    """Return a text that Plotly draws as it stands: no tags, no entities, no LaTeX; right-to-left text kept apart.

    >>> escape("<b>A & B</b> $x$")
    '&lt;b&gt;A &amp; B&lt;/b&gt; &#36;x&#36;'
    """
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")
    if any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in text):
        return f"{_ISOLATE}{safe}{_END_ISOLATE}"
    return safe


def break_lines(text: str, width: int, most: int = 3) -> list[str]:
    """Return a text as up to `most` lines of about `width` columns, the last one cut if need be.

    >>> break_lines("False negative rate of everyone else", 12)
    ['False', 'negative', 'rate of…else']
    """
    lines: list[str] = []
    words = text.split(" ")
    while words and len(lines) < most - 1:
        line = words.pop(0)
        while words and _width(line) + 1 + _width(words[0]) <= width:
            line = f"{line} {words.pop(0)}"
        if _width(line) > width:
            whole = line
            line = _take(whole, width)
            words.insert(0, whole[len(line) :])
        lines.append(line)
    if words:
        lines.append(cut(" ".join(words), width))
    return lines or [""]


def break_in_two(text: str, width: int) -> list[str]:
    """Return a text of up to two `width` as one line, or two: between words if they fit so, else inside one.

    >>> break_in_two("Nigerian English", 10), break_in_two("abcdefghijklmno", 10)
    (['Nigerian', 'English'], ['abcdefghij', 'klmno'])
    """
    lines = break_lines(text, width, most=2)
    if len(lines) == 1 or ELLIPSIS not in lines[1][:-1] or lines[1] in text:
        return lines
    head = _take(text, width)
    return [head.rstrip(), text[len(head) :].lstrip()]


def shared_axes(slices: Iterable[SliceLike]) -> tuple[str, ...]:
    """Return the axes of the slices, everyone aside, if all have the same ones, else nothing."""
    found = {tuple(axis for axis, _ in s.items()) for s in slices} - {()}
    return next(iter(found)) if len(found) == 1 else ()


def name_slices(slices: Sequence[SliceLike]) -> dict[Any, str]:
    """Return the whole name of each slice: only its levels where all slices have the same axes."""
    alone = bool(shared_axes(slices))
    names = {}
    for s in slices:
        levels = [level for _, level in s.items()]
        names[s] = ", ".join(levels) if levels and alone else name_slice(s)  # type: ignore[arg-type]
    return names


def label_slices(slices: Sequence[SliceLike], width: int = 36) -> dict[Any, str]:
    """Return a name for each slice that is tidy, no longer than `width`, and unlike the others'; not yet escaped."""
    names = name_slices(slices)
    whole = [names[s] for s in names]
    # Two slices may have one name ("a, b" and "a" with "b"): only equal slices may share a label.
    apart = whole if len(set(whole)) == len(whole) else [s.title for s in names]
    return dict(zip(names, cut_apart(apart, width), strict=True))


def join_words(words: Sequence[str]) -> str:
    """Return words as a list in a sentence.

    >>> join_words(["a", "b", "c"]), join_words(["a"])
    ('a, b and c', 'a')
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def is_everyone(s: SliceLike) -> bool:
    return not tuple(s.items())


def is_named(system: Any) -> bool:
    """Say whether a system has a name; there is none where there is only one."""
    return system is not None and not pd.isna(system)


def key(system: Any) -> str:
    """Return a system's name, "" where it has none (null, in any spelling)."""
    return str(system) if is_named(system) else ""


def by_slice(frame: pd.DataFrame | None, metric: Metric) -> dict[tuple[Any, str], Mapping[Any, Any]]:
    """Return the rows of one metric by slice and system."""
    if frame is None or not len(frame):
        return {}
    rows = frame.to_dict("records")
    return {(row["slice"], key(row["system"])): row for row in rows if row["metric"] == metric.name}


def pick(row: Mapping[Any, Any], name: str) -> float | None:
    """Return a number of a row, None where it is missing."""
    value = row.get(name)
    return None if value is None or value != value or value is pd.NA else float(value)


def _width(text: str) -> int:
    return sum(_columns(sign) for sign in text)


def _columns(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def _take(text: str, width: int) -> str:
    used = 0
    for place, sign in enumerate(text):
        used += _columns(sign)
        if used > width:
            return text[:place]
    return text
