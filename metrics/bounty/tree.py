"""Decision trees as JSON: nodes with a question about one feature, and leaves with a value. No code is ever run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from metrics.predicates import Values

__all__ = ["Leaf", "Node", "Tree", "parse_tree"]


@dataclass(frozen=True)
class Leaf:
    value: str | float


@dataclass(frozen=True)
class Node:
    """`feature` <= `threshold`, or `feature` in `values`; `true` and `false` are ids of nodes.

    A row whose feature is missing goes to `false`.
    """

    feature: str
    op: Literal["<=", "in"]
    true: int
    false: int
    threshold: float = 0.0
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tree:
    """Nodes by id; 0 is the root."""

    nodes: Mapping[int, Node | Leaf]

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(n.feature for n in self.nodes.values() if isinstance(n, Node)))

    def leaves(self, columns: Mapping[str, Values], n_rows: int) -> NDArray[np.int64]:
        """Return the id of the leaf that every row falls into, shape (rows,)."""
        raise NotImplementedError


def parse_tree(data: Any, where: str) -> Tree:
    """Check a tree as JSON holds it (CONTRACT form `{"nodes": [...]}`). Raises ResultsError, naming the node.

    Refused: loops, nodes that nothing leads to, unknown ids, other keys, more nodes or depth than the caps.
    """
    raise NotImplementedError
