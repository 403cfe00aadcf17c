"""The levels of an attribute: which words are one, what they are called, in which order they stand.

Everything here works on the distinct words of a column and how often each occurs, never on its
rows: a column of ten million cells with forty different words costs forty steps and one lookup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.errors import Finding, nearest

Codes = NDArray[np.int32]

MISSING_CODE = -1
FEW_NUMBERS = 20  # a numeric attribute with up to so many distinct values keeps them as levels
MANY_LEVELS = 1_000
_BLOCK = 131_072
QUARTERS = 4


@dataclass(frozen=True)
class Naming:
    """How the words of a column become levels.

    `names` are the levels in display order, `codes[i]` the level of word i or -1 for missing, and
    `respelled[i]` whether word i is read as another spelling of it (empty where none is).
    """

    codes: Codes
    names: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    respelled: tuple[bool, ...] = ()

    def categorical(self, words: Codes) -> pd.Categorical:
        """Return the levels of rows given as numbers of words, -1 for an empty cell; all levels are kept."""
        smallest = np.int8 if len(self.names) < 128 else np.int16 if len(self.names) < 32_768 else np.int32
        codes: NDArray[Any] = np.append(self.codes, MISSING_CODE).astype(smallest).take(words)
        return pd.Categorical.from_codes(codes, pd.Index(list(self.names), dtype="str"), validate=False)


def count_words(codes: Codes, n_words: int) -> NDArray[np.int64]:
    """Return how many rows have each word."""
    counts = np.zeros(n_words + 1, dtype=np.int64)
    # In blocks that stay in the processor's cache: bincount widens what it is given.
    for start in range(0, len(codes), _BLOCK):
        counts += np.bincount(codes[start : start + _BLOCK] + 1, minlength=n_words + 1)
    return counts[1:]


def name_levels(
    words: Sequence[str],
    counts: NDArray[np.int64],
    *,
    where: str,
    recode: Mapping[str, tuple[str, ...]] | None = None,
    order: Sequence[str] = (),
    keep_spelling: bool = False,
    report: bool = True,
) -> Naming:
    """Return the levels that `words` stand for; `counts` says how often each occurs.

    Words that differ only in case or outer spaces are one level under the commonest spelling,
    unless `keep_spelling`; words of numbers take one form ("1.0" is "1") where all words are
    numbers. `recode` then maps new level -> old levels, "" being missing. The order is `order`
    first, else natural. Look-alikes are reported, if `report`, and kept apart.

    >>> name_levels(["b", "B ", "a"], np.array([5, 1, 2]), where="column 'x'").names
    ('a', 'b')
    """
    findings: list[Finding] = []
    level = ["" if n == 0 else (w if keep_spelling else w.strip()) for w, n in zip(words, counts, strict=True)]
    written = level = _one_form_for_numbers(level)
    if not keep_spelling:
        level = _merge_spellings(level, counts, where, findings)
    respelled = tuple(a != b for a, b in zip(written, level, strict=True)) if findings else ()
    if report:
        _report_lookalikes(level, where, findings)
    if recode:
        level = _recode(level, recode, where, findings)
    names = sort_levels(level, order)
    number = {name: i for i, name in enumerate(names)}
    codes = np.array([number.get(name, MISSING_CODE) for name in level], dtype=np.int32)
    return Naming(codes, tuple(names), tuple(findings), respelled)


def sort_levels(names: Sequence[str], order: Sequence[str] = ()) -> list[str]:
    """Return the distinct names, those of `order` first, the others in natural order.

    Numbers inside names count as numbers, "< 25" or "under 25" stands before "25 to 45", and the
    words of common scales stand from little to much.

    >>> sort_levels(["High", "Low", "Medium"])
    ['Low', 'Medium', 'High']
    >>> sort_levels(["week 10", "week 9", "Greater than 45", "25 - 45", "Less than 25"])
    ['Less than 25', '25 - 45', 'Greater than 45', 'week 9', 'week 10']
    """
    distinct = set(names) - {""}
    first = [name for name in dict.fromkeys(order) if name in distinct]
    others = distinct.difference(first)
    for scale in _SCALES:
        if len(others) > 1 and all(name.casefold() in scale for name in others):
            return first + sorted(others, key=lambda name: (scale.index(name.casefold()), name))
    numbers = {name: as_number(name) for name in others}
    if None not in numbers.values():
        return first + sorted(others, key=lambda name: (numbers[name], name))
    return first + sorted(others, key=_natural_key)


def as_number(word: str) -> float | None:
    """Return the number a word is, or None; digits with a leading zero are text, and so is what is beyond all bounds.

    >>> as_number("1.0"), as_number("007"), as_number("one")
    (1.0, None, None)
    """
    value = float(word) if _NUMBER.fullmatch(word) else inf
    return value if isfinite(value) else None


def number_text(value: float) -> str:
    """Return a number as people write it, without `.0`.

    >>> number_text(25.0), number_text(0.1)
    ('25', '0.1')
    """
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def plain_word(word: str) -> str:
    """Return a word trimmed, and a number in one form.

    >>> plain_word(" 1.0 "), plain_word("007")
    ('1', '007')
    """
    number = as_number(word.strip())
    return word.strip() if number is None else number_text(number)


# -- bins of numbers ----------------------------------------------------------------------------


def quantile_edges(
    values: NDArray[np.float64], bins: int, counts: NDArray[np.int64] | None = None
) -> tuple[float, ...]:
    """Return the edges that cut `values` into `bins` parts of about equal size, all of them values that occur.

    `counts` says how often each value occurs (once). Fewer edges come back where many are equal.

    >>> quantile_edges(np.arange(1, 101.0), 4)
    (26.0, 51.0, 76.0)
    """
    counts = np.ones(len(values), dtype=np.int64) if counts is None else counts
    kept = np.isfinite(values) & (counts > 0)
    if not kept.any():
        return ()
    order = np.argsort(values[kept])
    ordered, last = values[kept][order], np.cumsum(counts[kept][order])
    # The next value up from the interpolated quantile cuts exactly as it does, and is a number of the file.
    places = np.ceil(np.arange(1, bins) / bins * (last[-1] - 1) - 1e-9)
    edges = np.unique(ordered[np.searchsorted(last, places, side="right")])
    return tuple(map(float, edges[edges > ordered[0]]))


def width_edges(values: NDArray[np.float64], width: float) -> tuple[float, ...]:
    """Return the multiples of `width` that lie above the least and up to the largest value.

    >>> width_edges(np.array([3.0, 11.0]), 5)
    (5.0, 10.0)
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return ()
    steps = np.arange(np.floor(finite.min() / width) + 1, np.floor(finite.max() / width) + 1)
    return tuple(float(f"{step * width:.12g}") for step in steps)


def count_widths(values: NDArray[np.float64], width: float) -> float:
    """Return how many edges `width_edges` would give, before any is made."""
    finite = values[np.isfinite(values)]
    return float((finite.max() - finite.min()) / width) if len(finite) else 0.0


def name_bins(edges: Sequence[float]) -> list[str]:
    """Return the names of the bins that ascending `edges` make, each closed on the left.

    >>> name_bins([25, 45])
    ['< 25', '25 to < 45', '>= 45']
    """
    text = [number_text(edge) for edge in edges]
    if not text:
        return ["all values"]
    between = [f"{low} to < {high}" for low, high in pairwise(text)]
    return [f"< {text[0]}", *between, f">= {text[-1]}"]


def name_cuts(values: NDArray[np.float64], edges: Sequence[float]) -> Naming:
    """Return the bin of each value, closed on the left; NaN is missing. Only bins that occur are levels.

    >>> name_cuts(np.array([20.0, 25.0, np.nan]), [25, 65]).names
    ('< 25', '25 to < 65')
    """
    bins = np.searchsorted(np.asarray(edges, float), values, side="right").astype(np.int32)
    bins[np.isnan(values)] = MISSING_CODE
    occur = count_words(bins, len(edges) + 1) > 0
    number = np.append(np.where(occur, np.cumsum(occur) - 1, MISSING_CODE), MISSING_CODE).astype(np.int32)
    return Naming(number[bins], tuple(name for name, there in zip(name_bins(edges), occur, strict=True) if there))


# -- helpers ------------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?(0|[1-9]\d{0,14})(\.\d+)?([eE][+-]?\d{1,3})?")
_SIDES = re.compile(
    r"^(?P<below><=?|≤|less than|under|below|up to|younger than)\s*(?=\d)"
    r"|^(?P<above>>=?|≥|greater than|more than|over|above|older than)\s*(?=\d)"
)
# Words that have an order of their own.
_SCALES = (
    ("none", "very low", "low", "medium", "moderate", "average", "high", "very high"),
    ("never", "rarely", "seldom", "sometimes", "often", "usually", "always"),
    ("very poor", "poor", "fair", "good", "very good", "excellent"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
)
_DIGITS = re.compile(r"(\d+(?:\.\d+)?)")

# Letters of other alphabets that look like a Latin one (a small part of Unicode's confusables.txt).
_LOOKS_LIKE = str.maketrans(
    "АВЕКМНОРСТУХаеорсухіјѕԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορυχ‐‑‒–—−_’",
    "ABEKMHOPCTYXaeopcyxijsdqwABEZHIKMNOPTYXavopux-------'",
)
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")


def _natural_key(name: str) -> tuple[tuple[Any, ...], ...]:
    folded = name.casefold()
    side = 0
    if found := _SIDES.match(folded):
        side = -1 if found["below"] else 1
        folded = folded[found.end() :]
    parts = [part for part in _DIGITS.split(folded) if part]
    key = [(0, float(part), side, "") if part[0].isdecimal() else (1, 0.0, 0, part) for part in parts]
    return (*key, (2, 0.0, 0, name))


def _one_form_for_numbers(level: list[str]) -> list[str]:
    numbers = [as_number(name) if name else None for name in level]
    if any(number is None for number, name in zip(numbers, level, strict=True) if name):
        return level
    return [name if number is None else number_text(number) for number, name in zip(numbers, level, strict=True)]


def _group(level: Sequence[str], key: Callable[[str], str]) -> list[list[str]]:
    """Return the groups of two and more distinct names that share a key."""
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys(level):
        if name:
            groups.setdefault(key(name), []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def _merge_spellings(level: list[str], counts: NDArray[np.int64], where: str, findings: list[Finding]) -> list[str]:
    rows: dict[str, int] = {}
    for name, count in zip(level, counts, strict=True):
        rows[name] = rows.get(name, 0) + int(count)
    instead: dict[str, str] = {}
    said: list[str] = []
    for names in _group(level, str.casefold):
        # The commonest spelling; of equally common ones the first in the alphabet, whatever the order of the rows.
        best = min(names, key=lambda name: (-rows[name], name))
        others = sorted(name for name in names if name != best)
        instead |= dict.fromkeys(others, best)
        said.append(f"{_quote(others)} as {best!r}")
    if said:
        findings.append(
            Finding(
                "warn",
                where,
                f"has levels that differ only in upper and lower case; read {_first(said, '; ')}.",
                "If they are different groups, keep them apart with --keep-spelling.",
                rows=sum(rows[name] for name in instead),
            )
        )
    return [instead.get(name, name) for name in level]


def _report_lookalikes(level: Sequence[str], where: str, findings: list[Finding]) -> None:
    # Names that differ in case only are kept apart because somebody asked for it.
    alike = [names for names in _group(level, _skeleton) if len({name.casefold() for name in names}) > 1]
    if alike:
        said = [_quote(names) for names in alike]
        findings.append(
            Finding(
                "warn",
                where,
                f"has levels that look alike but are written with different signs: {_first(said, '; ')}. "
                "They were kept apart.",
                f"If they are one group, merge them with --recode{_recode_example(where, alike[0])}.",
            )
        )


def _skeleton(name: str) -> str:
    import unicodedata

    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", name)).translate(_LOOKS_LIKE)
    return " ".join(_HYPHEN.sub(" ", plain).split()).casefold()


def _recode_example(where: str, names: Sequence[str]) -> str:
    column = where.removeprefix("column ")
    return f" (such as '{column[1:-1]}:{names[1]}={names[0]}')" if column != where else ""


def _recode(level: list[str], recode: Mapping[str, tuple[str, ...]], where: str, findings: list[Finding]) -> list[str]:
    present = list(dict.fromkeys(name for name in level if name))
    instead: dict[str, str] = {}
    for new, olds in recode.items():
        for old in olds:
            found = find_word(old, present)
            if found is None:
                findings.append(
                    Finding(
                        "warn",
                        where,
                        f"has no level {old!r} to recode.",
                        nearest(old, present) or f"It has: {_first(map(repr, present))}.",
                    )
                )
            else:
                instead[found] = new
    return [instead.get(name, name) for name in level]


def find_word(word: str, present: Sequence[str]) -> str | None:
    """Return the level that `word` means: the same text, the same number, or the same but for case.

    >>> find_word("1.0", ["0", "1"]), find_word("YES", ["no", "yes"]), find_word("x", ["y"])
    ('1', 'yes', None)
    """
    word = word.strip()
    if word in present:
        return word
    number = as_number(word)
    if number is not None:
        return next((name for name in present if as_number(name) == number), None)
    alike = [name for name in present if name.casefold() == word.casefold()]
    return alike[0] if len(alike) == 1 else None


def _quote(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))


def _first(said: Any, between: str = ", ", most: int = 5) -> str:
    """Join the first few texts, and say how many more there are."""
    said = list(said)
    more = f"{between}and {len(said) - most} more" if len(said) > most else ""
    return between.join(said[:most]) + more
