"""Writing a condition: from its tree to text that is read as the same tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from math import isinf

from metrics.levels import number_text
from metrics.predicates.signs import quote_column, quote_value
from metrics.predicates.tree import MISSING, All, Compare, Condition, Everyone, IsMissing, Not, OneOf, Some

__all__ = ["write_condition"]

_LONG = 2_000
_AND = "&"  # between conditions; between two numbers stands the word
_IN_WORD = re.compile(r"[\w.+\-/:%@#$]")
_BEFORE_NUMBERS = frozenset({"<", "<=", ">", ">=", "between", "and"})
_NO_SPACE_BEFORE = frozenset(",)]")
_NO_SPACE_AFTER = frozenset("([")


def write_condition(tree: Condition) -> str:
    """Return a condition as text, parentheses only where they are needed."""
    parts = list(_write(tree))
    text = ""
    for before, word in pairwise(["(", *parts]):
        space = "" if word in _NO_SPACE_BEFORE or before in _NO_SPACE_AFTER else " "
        text += space + ("and" if word == _AND else word)
    return text if len(text) <= _LONG else _write_tight(parts)


def _write_tight(parts: list[str]) -> str:
    """Write a long condition in the fewest signs: never more than people need for the same tree."""
    text = ""
    for before, part in pairwise(["", *_shorten(parts)]):
        word = _write_shortest(part) if before in _BEFORE_NUMBERS else _quote_shortest(part)
        words = bool(text) and all(map(_IN_WORD.match, (text[-1], word)))
        # Two quoted words in a row would be one with a quote inside.
        quotes = bool(text) and text[-1] == word[0] and word[0] in "'\"`"
        text += f" {word}" if words or quotes else word
    return text


def _shorten(parts: list[str]) -> list[str]:
    """Use the shorter of words that mean the same."""
    found: list[str] = []
    for part in parts:
        if part == "missing" and found[-2:] == ["is", "not"]:
            found[-2:] = ["!=", f"'{MISSING}'"]
        else:
            found.append("true" if part == "everyone" else part)
    return found


def _quote_shortest(part: str) -> str:
    """Use the kind of quotes that is doubled less often."""
    if not part.startswith("'"):
        return part
    word = part[1:-1].replace("''", "'")
    return min(part, '"' + word.replace('"', '""') + '"', key=len)


def _write_shortest(part: str) -> str:
    """Write a number in the fewest signs."""
    number = float(part)
    if isinf(number):
        return part
    mantissa, _, exponent = f"{number:.16e}".partition("e")
    scaled = [f"{float(mantissa):.{digits}f}e{int(exponent)}" for digits in range(17)]
    same = [text for text in (part, repr(number).replace("e+", "e"), *scaled) if float(text) == number]
    return min(same, key=len)


def _write(tree: Condition) -> Iterator[str]:
    match tree:
        case Everyone():
            yield "everyone"
        case OneOf(column, values):
            yield from (quote_column(column), *_ask_words(values, ("=",), ("in",)))
        case IsMissing(column):
            yield from (quote_column(column), "is", "missing")
        case Compare(column, order, number):
            yield from (quote_column(column), order, _write_number(number))
        case Not(part):
            yield from _write_not(part)
        case All(parts):
            if _is_between(tree):
                yield from _between(tree)
            else:
                yield from _join(_AND, parts)
        case Some(parts):
            yield from _join("or", parts)


def _write_not(part: Condition) -> Iterator[str]:
    """Write a negation with the sign that there is for it: nothing is then nested deeper than it was."""
    match part:
        case OneOf(column, values):
            yield from (quote_column(column), *_ask_words(values, ("!=",), ("not", "in")))
        case IsMissing(column):
            yield from (quote_column(column), "is", "not", "missing")
        case All() if _is_between(part):
            column, *others = _between(part)
            yield from (column, "not", *others)
        case All() | Some():
            yield from ("not", "(", *_write(part), ")")
        case _:
            yield from ("not", *_write(part))


def _join(word: str, parts: tuple[Condition, ...]) -> Iterator[str]:
    for i, part in enumerate(parts):
        if i:
            yield word
        # "and" binds closer than "or".
        nested = isinstance(part, Some) or (isinstance(part, All) and word == _AND and not _is_between(part))
        yield from ("(", *_write(part), ")") if nested else _write(part)


def _ask_words(values: tuple[str, ...], one: tuple[str, ...], several: tuple[str, ...]) -> Iterator[str]:
    if len(values) == 1 and values[0] != MISSING:
        yield from (*one, quote_value(values[0]))
        return
    yield from (*several, "[")
    for i, value in enumerate(values):
        if i:
            yield ","
        yield quote_value(value)
    yield "]"


def _is_between(tree: All) -> bool:
    match tree.parts:
        case (Compare(one, ">=", low), Compare(other, "<=", high)):
            return one == other and low <= high
        case _:
            return False


def _between(tree: All) -> Iterator[str]:
    low, high = tree.parts
    assert isinstance(low, Compare)
    assert isinstance(high, Compare)
    yield from (quote_column(low.column), "between", _write_number(low.number), "and", _write_number(high.number))


def _write_number(number: float) -> str:
    if isinf(number):
        return "1e999" if number > 0 else "-1e999"
    return number_text(number)
