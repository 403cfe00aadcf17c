"""Conditions on rows, such as `sex = female and age >= 65`: a small grammar, parsed into a typed tree.

    any        = all ("or" all)*
    all        = negation (("and" | "&") negation)*
    negation   = "not" negation | "(" any ")" | "everyone" | condition
    condition  = column ("=" | "==" | "!=" | "<" | "<=" | ">" | ">=") value
               | column ["not"] "in" "[" value ("," value)* "]"
               | column ["not"] "between" number "and" number
               | column "is" ["not"] "missing"

Words of letters, digits and `_ . - + / : % @ # $` stand as they are; others take quotes (single or
double, or backticks for a column), a quote inside quotes is doubled. Nothing is ever run as code.
Logic has three values (Kleene 1938): what rests on a missing cell is missing, unless the rest decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from metrics.errors import ResultsError, nearest, stop
from metrics.levels import as_number

MISSING = "(missing)"  # the level of cells without a value

LONGEST_TEXT = 2_000
MOST_CONDITIONS = 100
DEEPEST = 20

Order = Literal["<", "<=", ">", ">="]
Truth = tuple[NDArray[np.bool_], NDArray[np.bool_]]  # where it holds, where it cannot be told


class Values(Protocol):
    """A column as a condition sees it: words by code (-1 for an empty cell), or numbers (NaN)."""

    @property
    def words(self) -> Sequence[str]: ...
    @property
    def codes(self) -> NDArray[np.int32]: ...
    @property
    def is_number(self) -> bool: ...
    @property
    def numbers(self) -> NDArray[np.float64]: ...
    @property
    def odd(self) -> NDArray[np.bool_]:
        """The cells that are neither empty nor a number."""


# -- the tree ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Everyone:
    """Holds for every row."""


@dataclass(frozen=True)
class OneOf:
    """The column has one of these values; `(missing)` is an empty cell."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Compare:
    """The column's number lies on this side of `number`."""

    column: str
    order: Order
    number: float


@dataclass(frozen=True)
class IsMissing:
    column: str


@dataclass(frozen=True)
class Not:
    part: Condition


@dataclass(frozen=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Some:
    parts: tuple[Condition, ...]


Condition = Everyone | OneOf | Compare | IsMissing | Not | All | Some


@dataclass(frozen=True)
class Predicate:
    """A condition on the rows of a file."""

    tree: Condition

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it needs, each once, in the order they are named."""
        return tuple(dict.fromkeys(_columns(self.tree)))

    def check_columns(self, known: Iterable[str]) -> None:
        """Raise ResultsError where a column is not among `known`, suggesting the nearest."""
        known = list(known)
        for column in self.columns:
            if column not in known:
                raise stop(
                    f"column {column!r}", "of the condition is not there.", nearest(column, known) or _list(known)
                )

    def evaluate(
        self, columns: Mapping[str, Values], n_rows: int | None = None, *, keep_spelling: bool = False
    ) -> Truth:
        """Return where it holds and where it cannot be told, two arrays with one element a row.

        `n_rows` is needed only where no column is given. Values compare as numbers where both are,
        else as text, upper and lower case alike unless `keep_spelling`. Raises ResultsError for a
        column or a word that is not there, and where an order is asked of what is no number.
        """
        self.check_columns(columns)
        if n_rows is None:
            n_rows = len(next(iter(columns.values())).codes) if columns else 0
        return _evaluate(self.tree, columns, n_rows, keep_spelling)


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


def quote_value(word: str) -> str:
    """Return a value as it is written in a condition.

    >>> quote_value("65+"), quote_value("< 25"), quote_value("O'Neil")
    ('65+', "'< 25'", "'O''Neil'")
    """
    return word if _stands_alone(word) else "'" + word.replace("'", "''") + "'"


def quote_column(name: str) -> str:
    """Return a column's name as it is written in a condition.

    >>> quote_column("age"), quote_column("age group")
    ('age', '`age group`')
    """
    return name if _stands_alone(name) else "`" + name.replace("`", "``") + "`"


# -- evaluation ----------------------------------------------------------------------------------


def _columns(tree: Condition) -> list[str]:
    match tree:
        case OneOf() | Compare() | IsMissing():
            return [tree.column]
        case Not(part):
            return _columns(part)
        case All(parts) | Some(parts):
            return [column for part in parts for column in _columns(part)]
        case Everyone():
            return []


def _evaluate(tree: Condition, columns: Mapping[str, Values], n_rows: int, keep_spelling: bool) -> Truth:
    def of(part: Condition) -> Truth:
        return _evaluate(part, columns, n_rows, keep_spelling)

    match tree:
        case Everyone():
            return np.ones(n_rows, dtype=bool), np.zeros(n_rows, dtype=bool)
        case IsMissing(column):
            values = columns[column]
            return values.codes < 0, np.zeros(len(values.codes), dtype=bool)
        case Compare():
            return _compare(tree, columns[tree.column])
        case OneOf():
            return _match_words(tree, columns[tree.column], keep_spelling)
        case Not(part):
            true, missing = of(part)
            return ~(true | missing), missing
        case All(parts):
            # All hold unless some part does not: not (not a or not b).
            true, missing = _some([_not(of(part)) for part in parts])
            return ~(true | missing), missing
        case Some(parts):
            return _some([of(part) for part in parts])


def _not(truth: Truth) -> Truth:
    true, missing = truth
    return ~(true | missing), missing


def _some(truths: list[Truth]) -> Truth:
    true, missing = (np.logical_or.reduce(side) for side in zip(*truths, strict=True))
    return true, missing & ~true


def _compare(tree: Compare, values: Values) -> Truth:
    if values.odd.any():
        word = values.words[values.codes[int(np.flatnonzero(values.odd)[0])]]
        raise stop(
            f"column {tree.column!r}",
            f"holds {word!r}, but {tree.order} compares numbers only.",
            "Compare it with = or in [...]; if the word means that nothing is known, name it with --missing.",
        )
    numbers = values.numbers
    missing = np.isnan(numbers)
    with np.errstate(invalid="ignore"):
        match tree.order:
            case "<":
                true = numbers < tree.number
            case "<=":
                true = numbers <= tree.number
            case ">":
                true = numbers > tree.number
            case ">=":
                true = numbers >= tree.number
    return true, missing


def _match_words(tree: OneOf, values: Values, keep_spelling: bool) -> Truth:
    asked = [word for word in tree.values if word != MISSING]
    numbers = [_number(word) for word in asked]
    if values.is_number and None not in numbers:
        missing = np.isnan(values.numbers)
        true = np.isin(values.numbers, np.array([x for x in numbers if x is not None], dtype=float))
    else:
        missing = values.codes < 0
        chosen = np.zeros(len(values.words) + 1, dtype=bool)  # the last is the empty cell's
        chosen[[place for word in asked for place in _find_words(word, tree.column, values.words, keep_spelling)]] = (
            True
        )
        true = chosen[values.codes]
    if MISSING in tree.values:
        return true | missing, np.zeros_like(missing)
    return true & ~missing, missing


def _find_words(word: str, column: str, words: Sequence[str], keep_spelling: bool) -> list[int]:
    """Return the places of the words of a column that a word of the condition means."""
    key, number = _key(word, keep_spelling), as_number(word.strip())
    found = [place for place, there in enumerate(words) if there and _key(there, keep_spelling) == key]
    if number is not None:
        found += [place for place, there in enumerate(words) if as_number(there.strip()) == number]
    if not found:
        known = [there for there in words if there]
        raise stop(f"column {column!r}", f"never says {word!r}.", nearest(word, known) or _list(known))
    return found


def _key(word: str, keep_spelling: bool) -> str:
    plain = unicodedata.normalize("NFC", word.strip())
    return plain if keep_spelling else plain.casefold()


def _list(known: Sequence[str], most: int = 10) -> str:
    more = f" and {len(known) - most:,} more" if len(known) > most else ""
    return f"There are: {', '.join(map(repr, known[:most]))}{more}."


# -- parsing -------------------------------------------------------------------------------------

_WORD = r"[\w.+\-/:%@#$]+"
_TOKEN = re.compile(
    rf"""(?P<word>{_WORD})|(?P<sign>==|=|!=|<=|>=|<|>|\(|\)|\[|\]|,|&)"""
    r"""|(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<name>`(?:[^`]|``)*`)|(?P<space>\s+)""",
)
_KEYWORDS = frozenset({"and", "or", "not", "in", "between", "is", "missing", "everyone", "true"})
_COMPARISONS = ("=", "==", "!=", "<", "<=", ">", ">=")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")


def _stands_alone(word: str) -> bool:
    return re.fullmatch(_WORD, word) is not None and word.casefold() not in _KEYWORDS


def _number(word: str) -> float | None:
    return float(word) if _NUMBER.fullmatch(word.strip()) else None


@dataclass(frozen=True)
class _Token:
    kind: str  # word, sign, quoted, name, end
    text: str  # as it is meant: without quotes
    place: int  # of its first sign, from 1 on

    @property
    def keyword(self) -> str:
        return self.text.casefold() if self.kind == "word" else ""

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else repr(self.text)


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
        names_column = follows.text in _COMPARISONS and follows.kind == "sign"
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
        if self._next.kind != "sign" or self._next.text not in _COMPARISONS:
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
        number = _number(token.text)
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

    def _split(self) -> Iterable[_Token]:
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
                raise self._error(f"has {sign!r} at position {at + 1}, which is no part of a condition.", cure)
            kind, word = found.lastgroup or "", found.group()
            if kind in ("quoted", "name"):
                word = word[1:-1].replace(word[0] * 2, word[0])
            if kind != "space":
                yield _Token(kind, word, at + 1)
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
        raise self._error(f"has {self._next} at position {self._next.place}, where {expected} is expected.", cure)

    def _error(self, found: str, cure: str) -> ResultsError:
        return stop(f"the condition {self.text!r}", found, cure)


def _equal(column: str, word: str) -> Condition:
    return IsMissing(column) if word == MISSING else OneOf(column, (word,))
