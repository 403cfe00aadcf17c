"""Reading a condition: from text to its tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from metrics.errors import ResultsError, stop
from metrics.predicates.predicate import Predicate
from metrics.predicates.signs import COMPARISONS, WORD, read_number
from metrics.predicates.tree import MISSING, All, Compare, Condition, Everyone, IsMissing, Not, OneOf, Some

__all__ = ["DEEPEST", "LONGEST_TEXT", "MOST_CONDITIONS", "parse_predicate"]

LONGEST_TEXT = 2_000
MOST_CONDITIONS = 100
DEEPEST = 20
_QUOTED = 60  # signs on either side of a mistake


def parse_predicate(text: str) -> Predicate:
    """Parse a condition. Raises ResultsError, naming the place, what was found and the cure.

    >>> parse_predicate("sex = female & age >= 65").columns
    ('sex', 'age')
    """
    if len(text) > LONGEST_TEXT:
        raise stop(
            "the condition", f"is {len(text):,} signs long.", f"Shorten it; it may have up to {LONGEST_TEXT:,} signs."
        )
    return Predicate(_Parser(text).parse())


_TOKEN = re.compile(
    rf"""(?P<word>{WORD})|(?P<sign>==|=|!=|<=|>=|<|>|\(|\)|\[|\]|,|&)"""
    r"""|(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<name>`(?:[^`]|``)*`)|(?P<space>\s+)""",
)


class _Token(NamedTuple):
    kind: str  # word, sign, quoted, name, end
    text: str  # as it is meant: without quotes
    place: int  # of its first sign, from 1 on
    keyword: str = ""  # the word in lower case, where it stands without quotes

    def __str__(self) -> str:
        if self.kind == "end":
            return "the end"
        return repr(self.text if len(self.text) <= _QUOTED else f"{self.text[: _QUOTED - 1]}…")


class _Parser:
    """Recursive descent, one method a rule of the grammar; `self.at` is the next token's number."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._split())
        self.at = 0
        self.depth = 0
        self.conditions = 0

    def parse(self) -> Condition:
        tree = self._any()
        if self._next.kind != "end":
            self._fail("'and', 'or' or the end", "Join conditions with and, or; put values of several words in quotes.")
        return tree

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _all(self) -> Condition:
        parts = [self._negation()]
        while self._take("and") or self._take("&"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _negation(self) -> Condition:
        follows = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        names_column = follows.text in COMPARISONS and follows.kind == "sign"
        if names_column:
            return self._condition()
        if self._next.keyword == "not" or self._is_sign("("):
            self.depth += 1
            if self.depth > DEEPEST:
                self._fail(f"at most {DEEPEST} parentheses inside each other", "Write it with fewer of them.")
            tree: Condition
            if self._take("not"):
                tree = Not(self._negation())
            else:
                self._take("(")
                tree = self._any()
                self._expect(")", "Close the parenthesis.")
            self.depth -= 1
            return tree
        if self._take("everyone") or self._take("true"):
            return Everyone()
        return self._condition()

    def _condition(self) -> Condition:
        self.conditions += 1
        if self.conditions > MOST_CONDITIONS:
            self._fail(f"at most {MOST_CONDITIONS} conditions", "Use in [...] to list values.")
        if self._next.kind not in ("word", "name", "quoted"):
            self._fail("a column", "Write a condition such as age >= 65; odd column names stand in `backticks`.")
        column = self._step().text
        if self._take("is"):
            negated = self._take("not")
            self._expect("missing", "Write: is missing, or: is not missing.")
            return Not(IsMissing(column)) if negated else IsMissing(column)
        if self._take("in"):
            return OneOf(column, self._list())
        if self._take("between"):
            return self._between(column)
        if self._next.keyword == "not" and self.tokens[self.at + 1].keyword in ("in", "between"):
            self.at += 2
            listed = self.tokens[self.at - 1].keyword == "in"
            return Not(OneOf(column, self._list()) if listed else self._between(column))
        if self._next.kind != "sign" or self._next.text not in COMPARISONS:
            self._fail(
                f"a comparison after {column!r}",
                "Use = != < <= > >= in [...] between or is missing; put names of several words in quotes.",
            )
        return self._comparison(column, self._step().text)

    def _comparison(self, column: str, sign: str) -> Condition:
        token = self._value()
        match sign:
            case "<" | "<=" | ">" | ">=":
                return Compare(column, sign, self._number_of(token, f"a number after {sign}"))
            case "!=":
                return Not(_equal(column, token.text))
            case _:
                return _equal(column, token.text)

    def _between(self, column: str) -> Condition:
        """Both ends belong to it."""
        low = self._number_of(self._value(), "a number after between")
        self._expect("and", "Write between 25 and 45; both numbers belong to it.")
        high = self._number_of(self._value(), "a second number after between")
        if low > high:
            self.at -= 1
            self._fail(f"a number from {low:g} up", "Write the smaller number first.")
        return All((Compare(column, ">=", low), Compare(column, "<=", high)))

    def _number_of(self, token: _Token, expected: str) -> float:
        number = read_number(token.text)
        if number is None:
            self.at -= 1
            self._fail(expected, "Compare words with = or in [...].")
        return number

    def _list(self) -> tuple[str, ...]:
        self._expect("[", "List the values in brackets: in [a, b].")
        values = [self._value().text]
        while self._take(","):
            values.append(self._value().text)
        self._expect("]", "Separate values by commas, put those of several words in quotes, and close the bracket.")
        return tuple(dict.fromkeys(values))

    def _value(self) -> _Token:
        if self._next.kind not in ("word", "quoted"):
            self._fail("a value", "Put values that hold other signs than letters and digits in quotes: '< 25'.")
        return self._step()

    # -- tokens

    def _split(self) -> Iterator[_Token]:
        at = 0
        while at < len(self.text):
            found = _TOKEN.match(self.text, at)
            if found is None:
                sign = self.text[at]
                cure = {
                    "|": "Write or.",
                    "!": "Write not, or != for is not.",
                    "'": "Close the quotes; a quote inside quotes is doubled.",
                    '"': "Close the quotes; a quote inside quotes is doubled.",
                    "`": "Close the backticks.",
                }.get(sign, "Put names and values that hold it in quotes.")
                raise self._error(f"has {sign!r} at position {at + 1}, which is no part of a condition.", cure, at + 1)
            kind, word = found.lastgroup or "", found.group()
            if kind in ("quoted", "name"):
                word = word[1:-1].replace(word[0] * 2, word[0])
            if kind != "space":
                yield _Token(kind, word, at + 1, word.casefold() if kind == "word" else "")
            at = found.end()
        yield _Token("end", "", len(self.text) + 1)

    @property
    def _next(self) -> _Token:
        return self.tokens[self.at]

    def _step(self) -> _Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def _is_sign(self, text: str) -> bool:
        return self._next.kind == "sign" and self._next.text == text

    def _take(self, text: str) -> bool:
        """Step over this sign or keyword if it is next."""
        taken = self._is_sign(text) or self._next.keyword == text
        self.at += taken
        return taken

    def _expect(self, text: str, cure: str) -> None:
        if not self._take(text):
            self._fail(repr(text), cure)

    def _fail(self, expected: str, cure: str) -> NoReturn:
        place = self._next.place
        raise self._error(f"has {self._next} at position {place}, where {expected} is expected.", cure, place)

    def _error(self, found: str, cure: str, place: int) -> ResultsError:
        """Return the error of what was found at a place; of a long condition only the part around it is quoted."""
        start, end = max(0, place - _QUOTED), place + _QUOTED
        if len(self.text) <= 2 * _QUOTED:
            start, end = 0, len(self.text)
        quoted = f"{'…' * (start > 0)}{self.text[start:end]}{'…' * (end < len(self.text))}"
        return stop(f"the condition {quoted!r}", found, cure)


def _equal(column: str, word: str) -> Condition:
    return IsMissing(column) if word == MISSING else OneOf(column, (word,))
