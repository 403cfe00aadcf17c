"""The groups of submissions as conditions or trees on columns: who is a member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from metrics.bounty.submission import Group
from metrics.bounty.tree import Leaf, write_word
from metrics.predicates import Evaluator, Values

__all__ = ["Chosen", "find_members", "is_inside"]


def find_members(group: Group, evaluator: Evaluator, columns: Mapping[str, Values], n_rows: int) -> NDArray[np.bool_]:
    """Return who is in a group given by a condition or a tree, shape (rows,); of a file of ids nobody.

    `evaluator` holds the same columns. Where a condition cannot be told for a missing cell, the row is no member.
    """
    if group.where is not None:
        return evaluator.evaluate(group.where.tree)[0]
    if group.tree is None:
        return np.zeros(n_rows, dtype=bool)
    inside = [number for number, node in group.tree.nodes.items() if isinstance(node, Leaf) and is_inside(node)]
    return np.isin(group.tree.leaves(columns, n_rows), inside)


def is_inside(leaf: Leaf) -> bool:
    """Whether the rows of a leaf are members: its value is 1."""
    return write_word(leaf.value) == "1"


@dataclass(frozen=True, eq=False)
class Chosen:
    """Some rows of a column, in an order of their own: `rows` are their places, shape (chosen,)."""

    values: Values
    rows: NDArray[np.int64]

    @property
    def words(self) -> Sequence[str]:
        return self.values.words

    @cached_property
    def codes(self) -> NDArray[np.int32]:
        return self.values.codes[self.rows]

    @property
    def is_number(self) -> bool:
        return self.values.is_number

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        return self.values.numbers[self.rows]

    @cached_property
    def odd(self) -> NDArray[np.bool_]:
        return self.values.odd[self.rows]
