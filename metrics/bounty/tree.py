"""Decision trees as JSON: nodes with a question about one feature, and leaves with a value. No code is ever run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from metrics.errors import Finding, ResultsError, nearest, stop
from metrics.levels import number_text
from metrics.predicates import OneOf, Predicate, Values

__all__ = ["DEEPEST", "MOST_NODES", "Leaf", "Node", "Tree", "parse_tree", "write_word"]

MOST_NODES = 2_047
DEEPEST = 40  # questions on the way to a leaf
_MOST_VALUES = 1_000
_MOST_TOLD = 10


@dataclass(frozen=True)
class Leaf:
    value: str | float


@dataclass(frozen=True)
class Node:
    """`feature` <= `threshold`, or `feature` in `values`; `true` and `false` are ids of nodes.

    A row whose feature is missing goes to `false`, unless `(missing)` is among the values.
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
        """Return the id of the leaf that every row falls into, shape (rows,).

        Raises ResultsError for a feature or a word that is not there, and where `<=` is asked of what is no number.
        """
        for name in self.features:
            if name not in columns:
                raise stop(f"feature {name!r}", "of the tree is not there.", nearest(name, columns) or _list(columns))
        found = np.zeros(n_rows, dtype=np.int64)
        waiting = [(0, np.arange(n_rows))]
        while waiting:
            at, rows = waiting.pop()
            node = self.nodes[at]
            if isinstance(node, Leaf):
                found[rows] = at
                continue
            yes = _ask(node, columns[node.feature], rows)
            waiting += [(node.true, rows[yes]), (node.false, rows[~yes])]
        return found

    def values(self, columns: Mapping[str, Values], n_rows: int, read: Callable[[str | float], Any]) -> NDArray[Any]:
        """Return the value of every row's leaf, each read by `read`, shape (rows,); raises what `read` raises."""
        leaves = sorted((at, node.value) for at, node in self.nodes.items() if isinstance(node, Leaf))
        values = np.array([read(value) for _, value in leaves])
        return np.asarray(values[np.searchsorted([at for at, _ in leaves], self.leaves(columns, n_rows))])

    def to_dict(self) -> dict[str, Any]:
        """Return the tree as JSON holds it; `parse_tree(tree.to_dict(), "") == tree`."""
        return {"nodes": [{"id": at, **_write(node)} for at, node in sorted(self.nodes.items())]}


def _write(node: Node | Leaf) -> dict[str, Any]:
    if isinstance(node, Leaf):
        return {"value": node.value}
    asked = {"threshold": node.threshold} if node.op == "<=" else {"values": list(node.values)}
    return {"feature": node.feature, "op": node.op, **asked, "true": node.true, "false": node.false}


def _ask(node: Node, values: Values, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    if node.op == "in":
        return Predicate(OneOf(node.feature, node.values)).evaluate({node.feature: values})[0][rows]
    if values.odd.any():
        word = values.words[values.codes[int(np.flatnonzero(values.odd)[0])]]
        raise stop(f"feature {node.feature!r}", f"holds {word!r}, but <= compares numbers only.", 'Ask with "in".')
    with np.errstate(invalid="ignore"):
        return np.asarray(values.numbers[rows] <= node.threshold)


def write_word(value: str | float | bool) -> str:
    """Return a value of JSON as the rows hold it.

    >>> write_word(1.0), write_word(True), write_word("a")
    ('1', 'true', 'a')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.strip() if isinstance(value, str) else number_text(value)


# -- reading -------------------------------------------------------------------------------------


def parse_tree(data: Any, where: str) -> Tree:
    """Check a tree as JSON holds it (CONTRACT form `{"nodes": [...]}`). Raises ResultsError, naming the node.

    Refused: loops, nodes that nothing leads to, unknown ids, other keys, more nodes or depth than the caps. The ids
    are whole numbers from 0 up, in any order; each node but the root is led to from exactly one other.
    """
    return _Reader(where).read(data)


_QUESTION = {"<=": "threshold", "in": "values"}


class _Reader:
    """Reads a tree and collects every problem on the way."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[Finding] = []

    def read(self, data: Any) -> Tree:
        if not isinstance(data, dict) or set(data) != {"nodes"} or not isinstance(data["nodes"], list):
            self._problem("", 'is not of the form {"nodes": [...]}.', "List its nodes, the root with the id 0.")
        elif not data["nodes"]:
            self._problem("", "has no nodes.", 'A tree of one answer is {"nodes": [{"id": 0, "value": 1}]}.')
        elif len(data["nodes"]) > MOST_NODES:
            self._problem("", f"has {len(data['nodes']):,} nodes.", f"Prune it; it may have up to {MOST_NODES:,}.")
        self._give_up()
        nodes: dict[int, Node | Leaf] = {}
        for place, item in enumerate(data["nodes"], 1):
            node = self._node(item, place)
            if node is None:
                continue
            if item["id"] in nodes:
                self._problem(f"node {item['id']}", "stands twice.", "Give each node an id of its own.")
            nodes[item["id"]] = node
        self._give_up()
        self._check_ways(nodes)
        self._give_up()
        return Tree(nodes)

    def _node(self, item: Any, place: int) -> Node | Leaf | None:
        before = len(self.problems)
        at = item.get("id") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not _is_id(at):
            cure = 'Write {"id": 0, "feature": ..., "op": "<=", "threshold": ..., "true": 1, "false": 2}.'
            self._problem(f"node {place} of the list", "has no id that is a whole number from 0 up.", cure)
            return None
        name = f"node {at}"
        if "value" in item:
            self._check_keys(item, ("id", "value"), name)
            value = item["value"]
            if not _is_word(value):
                self._problem(name, f"has the value {_short(value)}.", "Write a text or a finite number.")
            return (
                Leaf(write_word(value) if isinstance(value, bool) else value) if len(self.problems) == before else None
            )
        op = item.get("op")
        if op != "<=" and op != "in":
            cure = 'A question asks "<=" with a "threshold", or "in" with "values"; a leaf has a "value".'
            self._problem(name, f"has the op {_short(op)}." if "op" in item else "has neither op nor value.", cure)
            return None
        self._check_keys(item, ("id", "feature", "op", _QUESTION[op], "true", "false"), name)
        if len(self.problems) > before:
            return None
        if not isinstance(item["feature"], str) or not item["feature"]:
            self._problem(name, f"asks of the feature {_short(item['feature'])}.", "Name a column in quotes.")
        for side in ("true", "false"):
            if not _is_id(item[side]):
                self._problem(name, f"leads to {_short(item[side])} where {side}.", "Name the id of a node.")
        threshold, values = item.get("threshold", 0.0), item.get("values", [])
        if op == "<=" and not _is_number(threshold):
            self._problem(name, f"has the threshold {_short(threshold)}.", "Write a finite number.")
        if op == "in" and not (
            isinstance(values, list) and 0 < len(values) <= _MOST_VALUES and all(map(_is_word, values))
        ):
            self._problem(name, f"has the values {_short(values)}.", f"List 1 to {_MOST_VALUES:,} texts or numbers.")
        if len(self.problems) > before:
            return None
        words = tuple(dict.fromkeys(map(write_word, values)))
        return Node(item["feature"], op, item["true"], item["false"], float(threshold), words)

    def _check_keys(self, item: Mapping[str, Any], known: tuple[str, ...], name: str) -> None:
        for key in item:
            if key not in known:
                self._problem(name, f"has {_short(key)}.", f"{nearest(key, known)} It has {', '.join(known)}.".strip())
        lacking = [key for key in known if key not in item]
        if lacking:
            self._problem(name, f"lacks {', '.join(map(repr, lacking))}.", f"It has {', '.join(known)}.")

    def _check_ways(self, nodes: Mapping[int, Node | Leaf]) -> None:
        """Walk from the root: each node is reached once, so there is neither a loop nor a way that meets another."""
        if 0 not in nodes:
            self._problem("", "has no node 0.", "The root has the id 0.")
            return
        seen = {0}
        level, depth = [0], 0
        while level:
            following = []
            for at in level:
                node = nodes[at]
                if isinstance(node, Leaf):
                    continue
                for to in (node.true, node.false):
                    if to not in nodes:
                        self._problem(
                            f"node {at}", f"leads to node {to}, which is not there.", "Add it, or mend the id."
                        )
                    elif to in seen:
                        cure = "Lead to each node but the root from one place only."
                        self._problem(f"node {at}", f"leads to node {to}, which is reached already.", cure)
                    else:
                        seen.add(to)
                        following.append(to)
            level = following
            depth += bool(level)
            if depth > DEEPEST:
                self._problem("", f"is deeper than {DEEPEST} questions.", "Prune it.")
                return
        lost = sorted(set(nodes) - seen)
        if lost and not self.problems:
            self._problem(f"node {lost[0]}", "is one that nothing leads to.", "Take it out, or lead to it.")

    def _problem(self, place: str, found: str, cure: str) -> None:
        where = f"{self.where}, {place}" if place else self.where
        self.problems.append(Finding("stop", where, found, cure))

    def _give_up(self) -> None:
        if len(self.problems) > _MOST_TOLD:
            more = f"has {len(self.problems) - _MOST_TOLD:,} further problems."
            self.problems[_MOST_TOLD:] = [Finding("stop", self.where, more, "Mend these first.")]
        if self.problems:
            raise ResultsError(self.problems)


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


def _is_number(value: Any) -> bool:
    # A whole number of hundreds of digits is none that a float can hold.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 and isfinite(value)


def _is_word(value: Any) -> bool:
    return isinstance(value, bool) or _is_number(value) or (isinstance(value, str) and 0 < len(value.strip()) <= 1_000)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _list(known: Mapping[str, Any]) -> str:
    return f"There are: {', '.join(map(repr, list(known)[:10]))}{', ...' if len(known) > 10 else ''}."
