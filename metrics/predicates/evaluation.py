"""Where a condition holds: whole columns at once, in Kleene's three values, each part worked out once.

A value is one byte a row: 0 does not hold, 1 cannot be told, 2 holds. Then "and" is the lesser, "or" the larger and
"not" two minus it (Kleene 1938). A condition on words is a table over the column's distinct words, looked up by code.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, reduce
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from metrics.errors import nearest, stop
from metrics.levels import as_number
from metrics.predicates.signs import quote_column, read_number
from metrics.predicates.tree import MISSING, All, Compare, Condition, Everyone, IsMissing, Not, OneOf, Some

__all__ = ["Evaluator", "Truth", "Values", "check_column"]

Truth = tuple[NDArray[np.bool_], NDArray[np.bool_]]  # where it holds, where it cannot be told
Kleene = NDArray[np.uint8]
Key = TypeVar("Key")

_NO, _UNTOLD, _YES = 0, 1, 2
_FEW = 16  # so many numbers are compared one by one
_MOST_KEPT = 64_000_000  # bytes of parts that are kept for a next condition
_MOST_COMPARED = 2_000  # words that are looked through for the nearest
_LONGEST_NAMED = 60  # letters of a word in a message


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


class Evaluator:
    """Columns of one length to be asked many conditions; what was worked out of a part serves the next.

    `n_rows` is needed only where no column is given. `keep_spelling`: upper and lower case are different words.
    """

    def __init__(
        self, columns: Mapping[str, Values], n_rows: int | None = None, *, keep_spelling: bool = False
    ) -> None:
        self.columns = columns
        self.keep_spelling = keep_spelling
        self._n_rows = n_rows
        self._asked: dict[str, _Column] = {}
        self._kept: dict[Condition, Kleene] = {}
        self._room = _MOST_KEPT

    @cached_property
    def n_rows(self) -> int:
        if self._n_rows is not None:
            return self._n_rows
        return len(next(iter(self.columns.values())).codes) if self.columns else 0

    def evaluate(self, tree: Condition) -> Truth:
        """Return where a condition holds and where it cannot be told, two arrays with one element a row.

        Raises ResultsError for a column or a word that is not there, and where an order is asked of what is no number.
        """
        values = self._values(tree)
        return values == _YES, values == _UNTOLD

    def _values(self, tree: Condition) -> Kleene:
        match tree:
            case Everyone():
                return np.full(self.n_rows, _YES, dtype=np.uint8)
            case IsMissing() | Compare() | OneOf():
                return self._part(tree)
            case Not(part):
                return np.subtract(np.uint8(_YES), self._values(part))
            case All(parts):
                return reduce(np.minimum, map(self._values, parts))
            case Some(parts):
                return reduce(np.maximum, map(self._values, parts))

    def _part(self, tree: IsMissing | Compare | OneOf) -> Kleene:
        found = self._kept.get(tree)
        if found is None:
            found = self._column(tree.column).ask(tree)
            found.flags.writeable = False
            if len(found) <= self._room:
                self._room -= len(found)
                self._kept[tree] = found
        return found

    def _column(self, name: str) -> _Column:
        if name not in self._asked:
            check_column(name, self.columns)
            self._asked[name] = _Column(name, self.columns[name], self.keep_spelling)
        return self._asked[name]


class _Column:
    """One column, and what conditions on it need again and again."""

    def __init__(self, name: str, values: Values, keep_spelling: bool) -> None:
        self.name, self.values, self.keep_spelling = name, values, keep_spelling

    def ask(self, tree: IsMissing | Compare | OneOf) -> Kleene:
        match tree:
            case IsMissing():
                return (self.codes < 0).astype(np.uint8) * np.uint8(_YES)
            case Compare():
                return self._compare(tree)
            case OneOf():
                return self._match(tree)

    @cached_property
    def codes(self) -> NDArray[np.intp]:
        return self.values.codes.astype(np.intp)

    @cached_property
    def numbers(self) -> tuple[NDArray[np.float64], Kleene]:
        """The cells as numbers, and which of them are none, as a value of its own."""
        numbers = self.values.numbers
        return numbers, np.isnan(numbers).astype(np.uint8)

    @cached_property
    def odd_word(self) -> str | None:
        """A word that is no number, if there is one."""
        odd = self.values.odd
        return self.values.words[self.values.codes[int(odd.argmax())]] if odd.any() else None

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """The places of the words by how they are spelled."""
        return _gather((self._key(word), place) for place, word in enumerate(self.values.words) if word)

    @cached_property
    def places_of_numbers(self) -> dict[float, list[int]]:
        numbers = ((as_number(word.strip()), place) for place, word in enumerate(self.values.words))
        return _gather((number, place) for number, place in numbers if number is not None)

    def _compare(self, tree: Compare) -> Kleene:
        if self.odd_word is not None:
            raise stop(
                f"column {self.name!r}",
                f"holds {_short(self.odd_word)!r}, but {tree.order} compares numbers only.",
                "Compare it with = or in [...]; if the word means that nothing is known, name it with --missing.",
            )
        numbers, missing = self.numbers
        return _to_kleene(_ORDERS[tree.order](numbers, tree.number), missing)

    def _match(self, tree: OneOf) -> Kleene:
        asked = [word for word in tree.values if word != MISSING]
        numbers = [number for number in map(read_number, asked) if number is not None]
        untold = _YES if MISSING in tree.values else _UNTOLD
        if self.values.is_number and len(numbers) == len(asked):
            cells, missing = self.numbers
            if len(numbers) > _FEW:
                true = np.isin(cells, np.array(numbers))
            else:
                true = reduce(np.logical_or, (cells == n for n in numbers), np.zeros(len(cells), dtype=bool))
            return _to_kleene(true, missing * np.uint8(untold))
        table = np.zeros(len(self.values.words) + 1, dtype=np.uint8)
        table[-1] = untold  # the empty cell's, whose code is -1
        table[[place for word in asked for place in self._find(word)]] = _YES
        # "wrap" is the one mode in which -1 is the last and nothing is copied to check the others.
        return table.take(self.codes, mode="wrap")

    def _find(self, word: str) -> list[int]:
        """Return the places of the words of the column that a word of the condition means."""
        number = as_number(word.strip())
        found = list(self.places.get(self._key(word), ()))
        if number is not None:
            found += self.places_of_numbers.get(number, ())
        if not found:
            raise stop(f"column {self.name!r}", f"never says {_short(word)!r}.", self._suggest(word))
        return found

    def _suggest(self, word: str) -> str:
        known = [there for there in self.values.words if there]
        if not word.strip():
            return f"Write {quote_column(self.name)} is missing for its empty cells."
        if len(known) > _MOST_COMPARED:
            first = self._key(word)[:1]
            known = [there for there in known if self._key(there)[:1] == first] or known
        return nearest(word, [w for w in known[:_MOST_COMPARED] if len(w) <= _LONGEST_NAMED]) or _list(known)

    def _key(self, word: str) -> str:
        plain = unicodedata.normalize("NFC", word.strip())
        return plain if self.keep_spelling else plain.casefold()


_ORDERS: dict[str, Callable[[NDArray[np.float64], float], NDArray[np.bool_]]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def _to_kleene(true: NDArray[np.bool_], else_: Kleene) -> Kleene:
    """Return 2 where it holds, elsewhere the other value; what cannot be told never holds."""
    values: Kleene = true.view(np.uint8) << np.uint8(1)
    values |= else_
    return values


def check_column(column: str, known: Iterable[str]) -> None:
    """Raise ResultsError where a column of a condition is not among `known`, suggesting the nearest."""
    if column not in known:
        known = list(known)
        cure = nearest(column, known) or _list(known)
        raise stop(f"column {_short(column)!r}", "of the condition is not there.", cure)


def _gather(pairs: Iterable[tuple[Key, int]]) -> dict[Key, list[int]]:
    found: dict[Key, list[int]] = {}
    for key, place in pairs:
        found.setdefault(key, []).append(place)
    return found


def _short(word: str) -> str:
    return word if len(word) <= _LONGEST_NAMED else f"{word[: _LONGEST_NAMED - 1]}…"


def _list(known: Sequence[str], most: int = 10) -> str:
    more = f" and {len(known) - most:,} more" if len(known) > most else ""
    return f"There are: {', '.join(repr(_short(word)) for word in known[:most])}{more}."
