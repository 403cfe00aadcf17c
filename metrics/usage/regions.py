"""Which levels of a feature the groups of a team admit, whatever else they ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Group, Submission
from metrics.bounty.tree import Leaf, Tree
from metrics.levels import FEW_NUMBERS, QUARTERS, count_words, name_cuts, number_text, quantile_edges, sort_levels
from metrics.predicates import (
    MISSING,
    All,
    Compare,
    Condition,
    Evaluator,
    Everyone,
    IsMissing,
    Not,
    OneOf,
    Some,
    Values,
)
from metrics.usage.groups import is_inside
from metrics.usage.teams import EVERYONE

__all__ = ["COLUMNS", "measure_regions"]

COLUMNS = ["team", "feature", "level", "submissions", "admitted"]

# What may come of a part, as a set of Kleene's three values: 1 does not hold, 2 cannot be told, 4 holds.
_NO, _UNTOLD, _YES, _ANY = 1, 2, 4, 7


def measure_regions(bounty: Bounty, submissions: Sequence[Submission]) -> pd.DataFrame:
    """Return which levels of a feature the groups of a team admit: `COLUMNS`, a row per team, feature and level.

    A level is admitted by a group if a row with it can be a member, whatever its other features are: from the condition
    or the tree alone, not from who there is. `submissions` are those of the team that reference the feature, `admitted`
    the share of them that admit the level. Numbers with more than 20 different values are cut into quarters; of a
    quarter of which only some is admitted, the part of its rows is. Teams in the order of first submission, everyone
    last; only features that the team references.
    """
    records = []
    points = {name: _points(values) for name, values in bounty.features.items()}
    teams = list(dict.fromkeys(sent.team for sent in submissions))
    admitted: dict[tuple[int, str], NDArray[np.float64]] = {}
    for i, sent in enumerate(submissions):
        group = sent.group
        for name in group.features:
            admitted[i, name] = points[name].share(_admit(group, name, points[name]))
    for team in [*teams, EVERYONE] if teams else []:
        mine = [i for i, sent in enumerate(submissions) if team in (sent.team, EVERYONE)]
        for name in bounty.features:
            shares = [admitted[i, name] for i in mine if (i, name) in admitted]
            if shares:
                means = np.mean(shares, axis=0)
                records += [
                    (team, name, level, len(shares), float(mean))
                    for level, mean in zip(points[name].levels, means, strict=True)
                ]
    return pd.DataFrame(records, columns=COLUMNS)


@dataclass(frozen=True, eq=False)
class _Points:
    """The different values of a column, one after another, the empty cell last.

    `level` is the number of each one's level and `weight` how many rows have it.
    `levels` are the names of the levels, `(missing)` last where there are empty cells.
    """

    words: Sequence[str]
    codes: NDArray[np.int32]
    is_number: bool
    numbers: NDArray[np.float64]
    odd: NDArray[np.bool_]
    level: NDArray[np.int64]
    weight: NDArray[np.int64]
    levels: tuple[str, ...]

    def share(self, admitted: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return which share of the rows of each level has an admitted value, shape (levels,)."""
        rows = np.bincount(self.level, self.weight, len(self.levels))
        return np.bincount(self.level, self.weight * admitted, len(self.levels)) / rows


def _points(values: Values) -> _Points:
    counts = count_words(values.codes, len(values.words))
    there = np.flatnonzero(counts)
    n_missing = len(values.codes) - int(counts.sum())
    numbers = np.full(len(values.words) + 1, np.nan)
    numbers[values.codes] = values.numbers if values.is_number else np.nan
    names = [values.words[i] for i in there.tolist()]
    if values.is_number:
        edges = quantile_edges(numbers[there], QUARTERS, counts[there]) if len(there) > FEW_NUMBERS else ()
        named = name_cuts(numbers[there], edges) if edges else None
        texts = [number_text(x) for x in numbers[there]]
        level = named.codes if named else _places(texts)
        levels = named.names if named else tuple(sort_levels(texts))
    else:
        level, levels = _places(names), tuple(sort_levels(names))
    empty = [1] if n_missing else []
    return _Points(
        words=values.words,  # also those that no row has: a condition may name them
        codes=np.array([*there, *(-1 for _ in empty)], dtype=np.int32),
        is_number=values.is_number,
        numbers=np.array([*numbers[there], *(np.nan for _ in empty)]),
        odd=np.zeros(len(names) + len(empty), dtype=bool),
        level=np.array([*level, *(len(levels) for _ in empty)], dtype=np.int64),
        weight=np.array([*counts[there], *(n_missing for _ in empty)]),
        levels=(*levels, *(MISSING for _ in empty)),
    )


def _places(names: Sequence[str]) -> NDArray[np.int64]:
    place = {name: i for i, name in enumerate(sort_levels(names))}
    return np.array([place[name] for name in names], dtype=np.int64)


# -- what a group admits ---------------------------------------------------------------------------


def _admit(group: Group, feature: str, points: _Points) -> NDArray[np.bool_]:
    """Return for which values of a feature a row can be a member, shape (points,)."""
    ask = Evaluator({feature: points}, len(points.codes))
    if group.where is not None:
        return (_outcomes(group.where.tree, feature, ask) & _YES) > 0
    if group.tree is not None:
        return _reach(group.tree, 0, feature, ask)
    return np.ones(len(points.codes), dtype=bool)


def _outcomes(tree: Condition, feature: str, ask: Evaluator) -> NDArray[np.uint8]:
    """Return what may come of a condition for every value of a feature, the others being anything."""
    match tree:
        case Everyone():
            return np.full(ask.n_rows, _YES, dtype=np.uint8)
        case OneOf() | Compare() | IsMissing():
            if tree.column != feature:
                return np.full(ask.n_rows, _NO | _YES if isinstance(tree, IsMissing) else _ANY, dtype=np.uint8)
            true, untold = ask.evaluate(tree)
            return np.where(true, _YES, np.where(untold, _UNTOLD, _NO)).astype(np.uint8)
        case Not(part):
            return _NEGATED[_outcomes(part, feature, ask)]
        case All(parts):
            return reduce(lambda one, other: _BOTH[one, other], (_outcomes(p, feature, ask) for p in parts))
        case Some(parts):
            return reduce(lambda one, other: _EITHER[one, other], (_outcomes(p, feature, ask) for p in parts))


def _reach(tree: Tree, at: int, feature: str, ask: Evaluator) -> NDArray[np.bool_]:
    """Return for which values of a feature a leaf of members can be reached from a node."""
    node = tree.nodes[at]
    if isinstance(node, Leaf):
        return np.full(ask.n_rows, is_inside(node), dtype=bool)
    yes, no = (_reach(tree, way, feature, ask) for way in (node.true, node.false))
    if node.feature != feature:
        return yes | no
    asked = Compare(feature, "<=", node.threshold) if node.op == "<=" else OneOf(feature, node.values)
    return np.where(ask.evaluate(asked)[0], yes, no)


def _join(choose: Callable[[int, int], int]) -> NDArray[np.uint8]:
    """Return a table of what may come of two parts together, by what may come of each."""
    table = np.zeros((8, 8), dtype=np.uint8)
    for one, other in product(range(8), repeat=2):
        for a, b in product(range(3), repeat=2):
            if one >> a & 1 and other >> b & 1:
                table[one, other] |= 1 << choose(a, b)
    return table


_BOTH, _EITHER = _join(min), _join(max)
_NEGATED = np.array([(s & _NO) << 2 | (s & _UNTOLD) | (s & _YES) >> 2 for s in range(8)], dtype=np.uint8)
