"""A condition of the reference asked of a customer's file: under its names of columns, in its words for levels."""

from __future__ import annotations

from collections.abc import Callable

from metrics.errors import QuestionError, ResultsError
from metrics.predicates import parse_predicate
from metrics.predicates.tree import All, Compare, Condition, IsMissing, Not, OneOf, Some, columns_of
from metrics.predicates.writing import write_condition
from metrics.two_sets.match import Match

__all__ = ["translate_condition"]

Find = Callable[[str], str | None]  # a column of the reference -> the customer's, None where there is none


def translate_condition(where: str, find: Find, match: Match) -> tuple[str, list[str]]:
    """Return a condition as the customer's file can answer it, and the columns that it lacks.

    A level that `match` names becomes the customer's levels that are the same. A text that is no condition is returned
    as it is: what is wrong with it is said where it is read.
    """
    try:
        tree = parse_predicate(where).tree
    except (QuestionError, ResultsError, ValueError):
        return where, []
    lacking = [column for column in dict.fromkeys(columns_of(tree)) if find(column) is None]
    return (where, lacking) if lacking else (write_condition(_translate(tree, find, match)), [])


def _translate(tree: Condition, find: Find, matched: Match) -> Condition:
    match tree:
        case OneOf(column, values):
            same = matched.levels.get(column, {})
            words = [word for value in values for word in same.get(value, (value,))]
            return OneOf(find(column) or column, tuple(dict.fromkeys(words)))
        case Compare(column, order, number):
            return Compare(find(column) or column, order, number)
        case IsMissing(column):
            return IsMissing(find(column) or column)
        case Not(part):
            return Not(_translate(part, find, matched))
        case All(parts):
            return All(tuple(_translate(part, find, matched) for part in parts))
        case Some(parts):
            return Some(tuple(_translate(part, find, matched) for part in parts))
    return tree
