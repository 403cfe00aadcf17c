"""Which levels and attributes of two sets probably are the same, to be confirmed by a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
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

    Both are results as they were read, the customer's by `read_customer` with this `match`.
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
    columns = [
        (column, *_near_column(column, customer.attributes[column], {n: reference.attributes[n] for n in lacking}))
        for column in alone
    ]
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
    """Return the nearest free level of each new one, with the reason; no free level is suggested twice."""
    scored = sorted(
        ((score, why, level, other) for level in new for other in free for score, why in [_likeness(level, other)]),
        key=lambda row: (-row[0], row[2], row[3]),
    )
    found: dict[str, tuple[str, str]] = {}
    taken: set[str] = set()
    for score, why, level, other in scored:
        if score >= _ALIKE and level not in found and other not in taken:
            found[level] = (other, why)
            taken.add(other)
    return {level: found.get(level, ("", "")) for level in new}


def _likeness(one: str, other: str) -> tuple[float, str]:
    """Return how alike two names are, from 0 to 1, and in what."""
    a, b = _plain(one), _plain(other)
    if a == b:
        return 1.0, "they differ in case, accents or signs only"
    words_a, words_b = set(a.split()), set(b.split())
    if words_a == words_b:
        return 0.99, "they have the same words"
    if (_code(one) and _code(one) in _codes_of(b)) or (_code(other) and _code(other) in _codes_of(a)):
        return 0.95, "one is the other's code"
    if words_a <= words_b or words_b <= words_a:
        return 0.9, "one has the words of the other and more"
    if _initials(a) == b.replace(" ", "") or _initials(b) == a.replace(" ", ""):
        return 0.85, "one is the other's initials"
    shorter, longer = sorted((a.replace(" ", ""), b.replace(" ", "")), key=len)
    if len(shorter) >= 1 and longer.startswith(shorter) and (len(shorter) >= 3 or len(words_a | words_b) == 2):
        return 0.8, "one begins like the other"
    letters = SequenceMatcher(None, a, b, autojunk=False).ratio()
    return (letters if letters >= _LEAST_LETTERS else 0.0), "their letters are alike"


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


def _near_column(column: str, values: pd.Series, lacking: Mapping[str, pd.Series]) -> tuple[str, str]:
    """Return the reference's attribute that a customer's own may be: alike in name, else in most of its levels."""
    best, why, score = "", "", _ALIKE
    mine = {_plain(level) for level in _count(values)}
    for name, other in lacking.items():
        alike, reason = _likeness(column, name)
        theirs = {_plain(level) for level in _count(other)}
        shared = len(mine & theirs) / max(len(mine | theirs), 1)
        if shared > alike:
            alike, reason = shared, "they have the same levels"
        if alike >= score:
            best, why, score = name, reason, alike
    return best, why
