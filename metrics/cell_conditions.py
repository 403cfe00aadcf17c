"""Conditions on levels, as slices are, written as conditions on the cells of the file, as saved slices are.

A level is what an attribute was cut or merged into: `age < 25` is a level called "< 25", while the file's column has
numbers. A saved slice asks the cells, whatever attributes there will be, so the one has to be told as the other.
"""

from __future__ import annotations

import math
from itertools import pairwise

from metrics.errors import ResultsError
from metrics.levels import name_bins
from metrics.predicates import (
    MISSING,
    All,
    Compare,
    Condition,
    IsMissing,
    Not,
    OneOf,
    Predicate,
    Some,
    parse_predicate,
    write_predicate,
)
from metrics.schema import Schema

__all__ = ["write_on_cells"]


class _CannotSay(Exception):  # noqa: N818  (no error: there is no such condition)
    """A level that no condition on cells tells."""


def write_on_cells(condition: str, schema: Schema) -> str | None:
    """Return a condition on levels as one on the cells of the file; None where there is none.

    That is so for merged levels (which of their words the file has is not known), for one of several labels in a cell,
    and for what is no condition, such as one that is too long. `schema` is that of results, which knows where numbers
    were cut.

    >>> from metrics.schema import Attribute
    >>> write_on_cells("sex = female & age = '< 25'", Schema(attributes=(Attribute("age", edges=(25.0, 65.0)),)))
    'sex = female and age < 25'
    """
    try:
        return write_predicate(Predicate(_rewrite(parse_predicate(condition).tree, schema)))
    except (_CannotSay, ResultsError):
        return None


def _rewrite(tree: Condition, schema: Schema) -> Condition:
    match tree:
        case All(parts):
            rewritten = (_rewrite(part, schema) for part in parts)
            return All(tuple(each for part in rewritten for each in (part.parts if isinstance(part, All) else (part,))))
        case Some(parts):
            return Some(tuple(_rewrite(part, schema) for part in parts))
        case Not(part):
            return Not(_rewrite(part, schema))
        case OneOf(column, values):
            return _match(column, values, schema)
        case IsMissing(column):
            return _match(column, (MISSING,), schema)
    return tree


def _match(column: str, values: tuple[str, ...], schema: Schema) -> Condition:
    saved = {s.name: s.where for s in schema.slices}
    attribute = schema.attribute(column)
    if column in saved:
        return _of_saved(saved[column], values)
    if attribute is None:
        if any(a.separator and column.startswith(f"{a.column}: ") for a in schema.attributes):
            raise _CannotSay
        return _one_of(column, values)
    merged = {**schema.recode.get(column, {}), **attribute.recode}
    if attribute.separator or any(value in merged or (value == MISSING and "" in merged) for value in values):
        raise _CannotSay
    if not attribute.edges:
        return _one_of(column, values)
    ends = (-math.inf, *attribute.edges, math.inf)
    bins = dict(zip(name_bins(attribute.edges), pairwise(ends), strict=True))
    parts = [_one_of(column, (value,)) if value == MISSING else _between(column, bins.get(value)) for value in values]
    return parts[0] if len(parts) == 1 else Some(tuple(parts))


def _of_saved(where: str, values: tuple[str, ...]) -> Condition:
    tree = parse_predicate(where).tree
    if values == ("yes",):
        return tree
    if values == ("no",):
        return Not(tree)
    raise _CannotSay


def _one_of(column: str, values: tuple[str, ...]) -> Condition:
    return IsMissing(column) if values == (MISSING,) else OneOf(column, values)


def _between(column: str, ends: tuple[float, float] | None) -> Condition:
    """Return the condition of a bin, closed on the left."""
    if ends is None:
        raise _CannotSay
    low, high = ends
    parts: list[Condition] = []
    if math.isfinite(low):
        parts.append(Compare(column, ">=", low))
    if math.isfinite(high):
        parts.append(Compare(column, "<", high))
    return parts[0] if len(parts) == 1 else All(tuple(parts))
