"""Which levels and attributes of two sets probably are the same, to be confirmed by a person."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np
import pandas as pd

from metrics.results import Results
from metrics.two_sets.match import Match

__all__ = ["Suggestions", "suggest"]

LEVELS = ["attribute", "customer_level", "suggestion", "rows", "why"]
ONLY_REFERENCE = ["attribute", "level", "rows"]
COLUMNS = ["customer_column", "suggestion", "why"]

_ALIKE = 0.75
_LEAST_LETTERS = 0.85  # in order: "male" has 80 % of "female", and is not the same
_LONGEST = 60  # letters of a name that is compared letter by letter
_MOST_PAIRS = 20_000  # of an attribute's levels that are held against each other
_SAME = "they differ in case, accents or signs only"


@dataclass(frozen=True, eq=False)
class Suggestions:
    """What is on one side only, with what it may be on the other; nothing is matched before somebody says so.

    `levels` has a row for each customer's level that the reference lacks: `suggestion` is a level of the reference
    that the customer lacks, "" where none is near, `why` says why. `only_reference` lists the reference's levels that
    the customer lacks. `columns` has a row for each attribute that the customer alone has.
    """

    levels: pd.DataFrame
    only_reference: pd.DataFrame
    columns: pd.DataFrame

    def apply(self, match: Match) -> Match:
        """Return the match with every suggestion of a level and of a column taken."""
        levels = {attribute: dict(pairs) for attribute, pairs in match.levels.items()}
        for row in self.levels.to_dict("records"):
            if row["suggestion"]:
                pairs = levels.setdefault(str(row["attribute"]), {})
                pairs[row["suggestion"]] = (*pairs.get(row["suggestion"], ()), str(row["customer_level"]))
        columns = dict(match.columns)
        for row in self.columns.to_dict("records"):
            if row["suggestion"] and row["suggestion"] not in columns:
                columns[str(row["suggestion"])] = str(row["customer_column"])
        return replace(match, levels=levels, columns=columns)


def suggest(reference: Results, customer: Results, match: Match | None = None) -> Suggestions:
    """Return what of the two sets' attributes and levels is on one side only, and what it may be on the other.

    Both are results as they were read, the customer's by `read_customer` with this `match`. Where an attribute has very
    many levels that do not go together by their plain names (over 20,000 pairs), nothing else is suggested of it; the
    spelling of names of over 60 letters is not compared letter by letter.
    """
    match = match or Match()
    here, names = list(map(str, reference.attributes.columns)), list(map(str, customer.attributes.columns))
    called = {name: match.attribute_of(name, [n for n in here if n not in names or n == name]) for name in names}
    there = {called[name]: customer.attributes[name] for name in names}
    levels, only = [], []
    for name in here:
        if name not in there:
            continue
        here_counts, there_counts = _count(reference.attributes[name]), _count(there[name])
        named = {level: word for level, word in match.levels_of(name).items() if word in here_counts}
        met = {named.get(level, level) for level in there_counts}
        free = [level for level in here_counts if level not in met]
        new = [level for level in there_counts if named.get(level, level) not in here_counts]
        for level, (near, why) in _pair_up(new, free).items():
            levels.append((name, level, near, there_counts[level], why))
        only += [(name, level, here_counts[level]) for level in free]
    alone = [name for name in names if called[name] not in here]
    lacking = [name for name in here if name not in there]
    missed = {name: _plain_levels(reference.attributes[name]) for name in lacking}
    columns = [(column, *_near_column(column, customer.attributes[column], missed)) for column in alone]
    return Suggestions(
        pd.DataFrame(levels, columns=LEVELS),
        pd.DataFrame(only, columns=ONLY_REFERENCE),
        pd.DataFrame(columns, columns=COLUMNS),
    )


def _count(column: pd.Series) -> dict[str, int]:
    """Return the levels that occur, with their rows."""
    codes = column.cat.codes.to_numpy()
    counts = np.bincount(codes[codes >= 0], minlength=len(column.cat.categories))
    return {str(level): int(n) for level, n in zip(column.cat.categories, counts, strict=True) if n}


def _pair_up(new: Sequence[str], free: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return the nearest free level of each new one, with the reason; no free level is suggested twice.

    Levels of the same plain name go together first. Of the others every one is held against every one, where that are
    at most 20,000 pairs: beyond, as with the names of thousands of towns, only the same plain names are suggested.
    """
    mine, others = ([_Name.of(level) for level in sorted(levels)] for levels in (new, free))
    found: dict[str, tuple[str, str]] = {}
    alike: dict[str, deque[str]] = {}
    for other in others:
        alike.setdefault(other.plain, deque()).append(other.text)
    for name in mine:
        if alike.get(name.plain):
            found[name.text] = (alike[name.plain].popleft(), _SAME)
    taken = {other for other, _ in found.values()}
    mine = [name for name in mine if name.text not in found]
    others = [other for other in others if other.text not in taken]
    if len(mine) * len(others) <= _MOST_PAIRS:
        scored = [(*_likeness(name, other), name.text, other.text) for name in mine for other in others]
        near = [row for row in scored if row[0] >= _ALIKE]
        for _, why, level, other_level in sorted(near, key=lambda row: (-row[0], row[2], row[3])):
            if level not in found and other_level not in taken:
                found[level] = (other_level, why)
                taken.add(other_level)
    return {level: found.get(level, ("", "")) for level in new}


@dataclass(frozen=True)
class _Name:
    """A name with what of it is compared, worked out once: it is held against many."""

    text: str
    plain: str  # see `_plain`
    words: frozenset[str]
    code: str
    codes: frozenset[str]
    joined: str  # the plain form without spaces
    initials: str
    pairs: frozenset[tuple[str, int]]  # neighbouring letters of the plain form, each with how many such came before

    @classmethod
    def of(cls, text: str) -> _Name:
        plain = _plain(text)
        words, codes, joined = frozenset(plain.split()), frozenset(_codes_of(plain)), plain.replace(" ", "")
        return cls(text, plain, words, _code(text), codes, joined, _initials(plain), frozenset(_pairs(plain)))


def _likeness(one: _Name, other: _Name) -> tuple[float, str]:
    """Return how alike two names are, from 0 to 1, and in what."""
    if one.plain == other.plain:
        return 1.0, _SAME
    if one.words == other.words:
        return 0.99, "they have the same words"
    if one.code in other.codes or other.code in one.codes:
        return 0.95, "one is the other's code"
    if one.words <= other.words or other.words <= one.words:
        return 0.9, "one has the words of the other and more"
    if one.initials == other.joined or other.initials == one.joined:
        return 0.85, "one is the other's initials"
    shorter, longer = sorted((one.joined, other.joined), key=len)
    if len(shorter) >= 1 and longer.startswith(shorter) and (len(shorter) >= 3 or len(one.words | other.words) == 2):
        return 0.8, "one begins like the other"
    return _share_letters(one, other), "their letters are alike"


def _share_letters(one: _Name, other: _Name) -> float:
    """Return the share of letters that two names have in the same order; 0 where it is too low, or a name too long."""
    a, b = one.plain, other.plain
    both = len(a) + len(b)
    # The ratio takes time that grows with the square of the length: what is cheap to say no by comes first. With
    # enough letters in common at most so many are taken out of one and put into the other to make them the same; taking
    # one out parts two pairs of neighbours, putting one in parts one.
    apart = math.floor((1 - _LEAST_LETTERS) * both + 1e-9)
    out = (apart + len(a) - len(b)) // 2
    if max(len(a), len(b)) > _LONGEST or abs(len(a) - len(b)) > apart:
        return 0.0
    if len(one.pairs & other.pairs) < len(a) - 1 - apart - out:
        return 0.0
    letters = SequenceMatcher(None, a, b, autojunk=False).ratio()
    return letters if letters >= _LEAST_LETTERS else 0.0


def _pairs(plain: str) -> Iterator[tuple[str, int]]:
    seen: Counter[str] = Counter()
    for i in range(min(len(plain), _LONGEST + 1) - 1):
        pair = plain[i : i + 2]
        yield pair, seen[pair]
        seen[pair] += 1


def _plain(name: str) -> str:
    """Return a name in lower case, without accents, its signs as spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", bare).split())


def _initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in words) if len(words) > 1 else ""


# The region of a language tag (BCP 47), and what people of it or their speech are called.
_REGIONS: Mapping[str, tuple[str, ...]] = {
    "au": ("australian", "australia"),
    "ca": ("canadian", "canada"),
    "gb": ("british", "uk", "england", "english uk", "united kingdom", "great britain"),
    "ie": ("irish", "ireland"),
    "in": ("indian", "india"),
    "ke": ("kenyan", "kenya"),
    "ng": ("nigerian", "nigeria"),
    "nz": ("new zealand",),
    "ph": ("filipino", "philippines"),
    "sg": ("singaporean", "singapore"),
    "us": ("american", "us", "usa", "united states"),
    "za": ("south african", "south africa"),
}


def _code(name: str) -> str:
    """Return the region of a language tag such as en-IN, in lower case, else ""."""
    found = re.fullmatch(r"[a-z]{2,3}[-_]([A-Za-z]{2})", name.strip())
    return found[1].lower() if found else ""


def _codes_of(plain: str) -> set[str]:
    """Return the regions that a name speaks of."""
    padded = f" {plain} "
    return {code for code, words in _REGIONS.items() if any(f" {word} " in padded for word in words)}


def _plain_levels(column: pd.Series) -> set[str]:
    return {_plain(level) for level in _count(column)}


def _near_column(column: str, values: pd.Series, lacking: Mapping[str, set[str]]) -> tuple[str, str]:
    """Return the reference's attribute that a customer's own may be: alike in name, else in most of its levels.

    `lacking` has the plain levels of every attribute that the customer lacks.
    """
    best, why, score = "", "", _ALIKE
    mine, asked = _plain_levels(values), _Name.of(column)
    for name, theirs in lacking.items():
        alike, reason = _likeness(asked, _Name.of(name))
        shared = len(mine & theirs) / max(len(mine | theirs), 1)
        if shared > alike:
            alike, reason = shared, "they have the same levels"
        if alike >= score:
            best, why, score = name, reason, alike
    return best, why
