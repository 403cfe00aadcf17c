"""A condition on the rows of a file, to be asked and to be written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from metrics.predicates.evaluation import Evaluator, Truth, Values, check_column
from metrics.predicates.tree import Condition, columns_of
from metrics.predicates.writing import write_condition

__all__ = ["Predicate", "write_predicate"]


@dataclass(frozen=True)
class Predicate:
    """A condition on the rows of a file."""

    tree: Condition

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it needs, each once, in the order they are named."""
        return tuple(dict.fromkeys(columns_of(self.tree)))

    def check_columns(self, known: Iterable[str]) -> None:
        """Raise ResultsError where a column is not among `known`, suggesting the nearest."""
        known = list(known)
        for column in self.columns:
            check_column(column, known)

    def evaluate(
        self, columns: Mapping[str, Values], n_rows: int | None = None, *, keep_spelling: bool = False
    ) -> Truth:
        """Return where it holds and where it cannot be told, two arrays with one element a row.

        `n_rows` is needed only where no column is given. Values compare as numbers where both are,
        else as text, upper and lower case alike unless `keep_spelling`. Raises ResultsError for a
        column or a word that is not there, and where an order is asked of what is no number.
        Of many conditions on the same rows an `Evaluator` is asked: it works out each part once.
        """
        return Evaluator(columns, n_rows, keep_spelling=keep_spelling).evaluate(self.tree)

    def __str__(self) -> str:
        return write_condition(self.tree)


def write_predicate(predicate: Predicate) -> str:
    """Return a condition as text; `parse_predicate` of it gives the same tree.

    What `parse_predicate` reads can be written: text near the longest that is allowed is written without spaces.

    >>> from metrics.predicates import parse_predicate
    >>> write_predicate(parse_predicate("sex=female&(age between 25 and 45 or not city='New York')"))
    "sex = female and (age between 25 and 45 or city != 'New York')"
    """
    return write_condition(predicate.tree)
