"""An error tree: the few conditions that part the rows where a metric is bad from those where it is good.

A shallow regression tree (CART: Breiman, Friedman, Olshen & Stone 1984; scikit-learn's) is grown on one half of the
clusters, or rows, to tell each unit's part of the metric from its attributes, and its leaves are measured on the other
half, which had no part in choosing them (Athey & Imbens 2016 call such trees honest). A unit's part is its numerator
over its denominator, weighed by the denominator: an error or none among those who could have one, edits per word
weighed by words. A leaf's mean is then the metric of its units, as it is everywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from metrics.compare import compare
from metrics.contributions import unit_contributions
from metrics.cube import Cube, count_cells
from metrics.cut_points import shortest_between
from metrics.errors import QuestionError
from metrics.estimate import check_level, choose_metrics, estimate
from metrics.find import searched_axes
from metrics.halves import split_in_halves, take_units
from metrics.levels import number_text
from metrics.multiplicity import holm
from metrics.predicates import quote_column, quote_value
from metrics.registry import Metric, Rate, Share
from metrics.scored import Axis, Scored, smallest_unsigned
from metrics.sentences import orient

__all__ = ["LEAVES", "MOST_FEATURES", "NODES", "ErrorTree", "grow_error_tree"]

LEAVES = [
    "leaf", "where", "conditions", "system", "searched_units", "searched_value", "value", "low", "high", "top", "below",
    "units", "rows", "rest", "difference", "difference_low", "difference_high", "p", "p_adjusted", "status",
    "confirmed",
]  # fmt: skip
NODES = ["node", "parent", "condition", "leaf", "searched_units", "searched_value"]
DEEPEST = 6
MOST_FEATURES = 2_000
_MOST_NUMBERS = 200_000_000
_MOST_UNITS = 20_000_000
_LEAF = "(leaf)"

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ErrorTree:
    """Where a metric is bad, as a tree.

    `leaves` has LEAVES, one row a leaf, the worst of the search first: `where` is a condition (`metrics.predicates`)
    that holds for its rows alone, `conditions` how many there are on the way to it; `searched_units` and
    `searched_value` are of the half that the tree was grown on, everything else of the other: the comparison is with
    all other leaves together, `p_adjusted` Holm's over the leaves, and `confirmed` says that the leaf fares worse
    there. `nodes` has NODES, one row a node, the root first: `condition` is what leads to it from its `parent` (-1:
    none), `leaf` the leaf it is (-1: none). `rows` are how many rows the tree was grown on and how many it was
    measured on.
    """

    metric: str
    attributes: tuple[str, ...]
    leaves: pd.DataFrame
    nodes: pd.DataFrame
    rows: tuple[int, int]
    seed: int


def grow_error_tree(
    cube: Cube,
    metric: str,
    attributes: Sequence[str],
    *,
    numbers: Mapping[str, ArrayLike] | None = None,
    depth: int = 3,
    least_units: int = 100,
    confidence: float = 0.95,
    min_units: int = 30,
    seed: int = 0,
) -> ErrorTree:
    """Grow a tree of where a metric is bad on one half, and measure its leaves on the other.

    It asks for levels of `attributes`, missing ones among them, and for numbers of the columns in `numbers` (by name,
    one number a unit of the cube, NaN for missing), which take the place of an attribute of that name. Leaves have at
    least `least_units` units with a part in the metric. Raises QuestionError for what the data do not hold, a metric of
    which no unit has a part of its own (AUC, balanced accuracy), and where a half has no such unit.
    """
    check_level(confidence)
    if not 1 <= depth <= DEEPEST:
        raise QuestionError(f"The depth of an error tree is a number from 1 to {DEEPEST}; it was {depth}.")
    if least_units < 1:
        raise QuestionError(f"A leaf has at least one unit; it was to have {least_units}.")
    ((cube, (chosen,)),) = choose_metrics(cube, [metric])
    better = orient(chosen, cube.favourable).better
    scored = cube.scored
    if scored is None:
        raise QuestionError("An error tree is grown from the rows, and they are not here, only their counts.")
    given = {name: np.asarray(column, np.float64) for name, column in (numbers or {}).items()}
    given = {name: np.where(np.isfinite(column), column, np.nan) for name, column in given.items()}
    for name, column in given.items():
        if column.shape != (len(scored),):
            raise QuestionError(f"There are {len(column):,} numbers of {name!r} for {len(scored):,} units.")
    axes = [a for a in searched_axes(cube, attributes) if a.name not in given] if attributes else []
    if not axes and not given:
        raise QuestionError("An error tree needs at least one attribute.")
    parts = unit_contributions(scored, chosen)
    has = (parts.below > 0) & (parts.weight > 0)
    first, second = split_in_halves(scored, seed)
    if not first[has].any() or not second[has].any():
        raise QuestionError(f"There are too few rows with {chosen.title.lower()} to grow a tree on one half of them.")
    if first[has].sum() > _MOST_UNITS:
        raise QuestionError(f"An error tree is grown on up to {_MOST_UNITS:,} units.")
    rows = np.repeat(np.arange(len(scored)), first * has)
    columns = _Columns(scored, axes, given)
    features = columns.ask(rows, least_units)
    target, weight = parts.top[rows] / parts.below[rows], (parts.weight * parts.below)[rows]
    nodes, paths = _grow(columns, features, rows, target, weight, depth, least_units, seed)
    nodes["searched_value"] = [_show(chosen, value) for value in nodes["searched_value"]]
    paths = [(steps, units, _show(chosen, value)) for steps, units, value in paths]
    leaf = columns.find_leaves(paths)
    away = -1 if better == "higher" else 1
    order = np.argsort([-away * value for _, _, value in paths], kind="stable")
    number = np.argsort(order)
    told = nodes["leaf"].to_numpy(dtype=np.int64)
    nodes["leaf"] = np.where(told >= 0, number[told], -1)
    paths, leaf = [paths[i] for i in order], number[leaf]
    worse = 0 if better == "neither" else away
    leaves = _measure(cube, chosen.name, columns, paths, leaf, second, (confidence, min_units), worse)
    names = tuple([a.name for a in axes] + list(given))
    return ErrorTree(chosen.name, names, leaves, nodes, (int(first.sum()), int(second.sum())), seed)


@dataclass(frozen=True)
class _Asked:
    """A question: is it this level of an attribute, or a number of at least `cut` (infinite: or is there none)?"""

    column: str
    level: int = -1
    cut: float = np.nan


@dataclass(frozen=True)
class _Step:
    """An answer to a question; `with_missing` says whether rows whose number is missing go along."""

    asked: _Asked
    yes: bool
    with_missing: bool = False


_Path = tuple[tuple[_Step, ...], int, float]  # the answers that lead to a leaf, its units and value where it was grown


class _Columns:
    """What a tree may ask of the rows, and the words for it."""

    def __init__(self, scored: Scored, axes: Sequence[Axis], numbers: Mapping[str, Floats]) -> None:
        place = {a.name: i for i, a in enumerate(scored.axes)}
        self.axes = {a.name: a for a in axes}
        self.codes = {a.name: scored.codes[place[a.name]] for a in axes}
        self.numbers = dict(numbers)
        self.ranks = {name: _rank(column) for name, column in numbers.items()}
        self.has_missing = {name: bool((self.codes[name] == a.size - 1).any()) for name, a in self.axes.items()}
        self.has_missing |= {name: bool(np.isnan(x).any()) for name, x in self.numbers.items()}
        self.n_rows = len(scored)

    def ask(self, rows: NDArray[np.intp], least_units: int) -> list[_Asked]:
        """Return the questions that enough of these rows answer with yes."""
        features = [_Asked(name) for name in self.numbers]
        for name, axis in self.axes.items():
            counts = np.bincount(self.codes[name][rows], minlength=axis.size)
            often = [code for code in range(axis.size) if least_units <= counts[code] <= len(rows) - least_units]
            features += [_Asked(name, code) for code in (often[:1] if len(often) == 2 == (counts > 0).sum() else often)]
        if len(features) > MOST_FEATURES or len(features) * len(rows) > _MOST_NUMBERS:
            raise QuestionError(
                f"The attributes have {len(features):,} levels with {least_units:,} units and more, in "
                f"{len(rows):,} rows: too many for an error tree. Choose fewer attributes or larger leaves."
            )
        return features

    def answer(self, asked: _Asked, rows: Any) -> NDArray[np.float32]:
        """Return these rows' answers to a question: 1 for yes, 0 for no, or the place of the number in order."""
        number = asked.level < 0
        found: NDArray[Any] = (self.ranks if number else self.codes)[asked.column][rows]
        answers: NDArray[np.float32] = (found if number else found == asked.level).astype(np.float32)
        return answers

    def find_leaves(self, paths: Sequence[_Path]) -> NDArray[np.intp]:
        """Return the leaf of every row of the file."""
        leaf = np.full(self.n_rows, -1, np.intp)
        for number, (steps, _, _) in enumerate(paths):
            inside = np.ones(self.n_rows, bool)
            for step in steps:
                inside &= self._holds(step)
            leaf[inside] = number
        return leaf

    def _holds(self, step: _Step) -> NDArray[np.bool_]:
        asked = step.asked
        found: NDArray[np.bool_]
        if asked.level >= 0:
            found = (self.codes[asked.column] == asked.level) == step.yes
            return found
        numbers = self.numbers[asked.column]
        found = (numbers >= asked.cut) if step.yes else (numbers < asked.cut)
        return found | np.isnan(numbers) if step.with_missing else found

    def write(self, steps: Sequence[_Step]) -> str:
        """Return a condition that holds for the rows that give all these answers, and for no others."""
        conditions = []
        for name in dict.fromkeys(step.asked.column for step in steps):
            own = [step for step in steps if step.asked.column == name]
            conditions.append(self._write_number(name, own) if name in self.numbers else self._write_levels(name, own))
        return " and ".join(c for c in conditions if c) or "everyone"

    def _write_number(self, name: str, steps: Sequence[_Step]) -> str:
        column = quote_column(name)
        if any(s.yes and np.isinf(s.asked.cut) for s in steps):
            return f"{column} is missing"
        least = max((s.asked.cut for s in steps if s.yes), default=-np.inf)
        most = min((s.asked.cut for s in steps if not s.yes), default=np.inf)
        parts = [f"{column} >= {number_text(least)}"] if np.isfinite(least) else []
        parts += [f"{column} < {number_text(most)}"] if np.isfinite(most) else []
        text = " and ".join(parts) or f"{column} is not missing"
        if self.has_missing[name] and all(s.with_missing for s in steps):
            return f"({text} or {column} is missing)"
        return text

    def _write_levels(self, name: str, steps: Sequence[_Step]) -> str:
        column, axis = quote_column(name), self.axes[name]
        missing = axis.size - 1
        chosen = [s.asked.level for s in steps if s.yes]
        if chosen:
            return (
                f"{column} is missing" if chosen[0] == missing else f"{column} = {quote_value(axis.levels[chosen[0]])}"
            )
        others = [s.asked.level for s in steps]
        words = [quote_value(axis.levels[code]) for code in others if code != missing]
        if not words:
            return f"{column} is not missing"
        text = f"{column} != {words[0]}" if len(words) == 1 else f"{column} not in [{', '.join(words)}]"
        return f"({text} or {column} is missing)" if self.has_missing[name] and missing not in others else text


def _show(metric: Metric, ratio: float) -> float:
    """Return a ratio as its metric is shown, in the order it has: the root of a mean square, F1, odds."""
    match metric.formula:
        case Rate(root=True):
            return float(np.sqrt(ratio))
        case Share(transform="dice"):
            return 2 * ratio / (1 + ratio)
        case Share(transform="odds"):
            return ratio / (1 - ratio) if ratio < 1 else float("inf")
    return ratio


def _rank(numbers: Floats) -> Floats:
    """Return each number's place among those that occur, which is all that a tree looks at; NaN where missing."""
    places = np.searchsorted(np.unique(numbers[~np.isnan(numbers)]), numbers).astype(np.float64)
    return np.where(np.isnan(numbers), np.nan, places)


def _grow(
    columns: _Columns,
    features: Sequence[_Asked],
    rows: NDArray[np.intp],
    target: Floats,
    weight: Floats,
    depth: int,
    least_units: int,
    seed: int,
) -> tuple[pd.DataFrame, list[_Path]]:
    """Return the nodes of a tree and the paths to its leaves, in the order in which `nodes` numbers them."""
    from sklearn.tree import DecisionTreeRegressor

    everyone = ((), len(rows), float(np.average(target, weights=weight)))
    if not features:
        return pd.DataFrame([[0, -1, "", 0, len(rows), everyone[2]]], columns=NODES), [everyone]
    x = np.stack([columns.answer(asked, rows) for asked in features], axis=1)
    grown = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=least_units, random_state=seed)
    tree = grown.fit(x, target, sample_weight=weight).tree_
    paths: list[_Path] = []
    nodes: list[list[Any]] = []

    def visit(node: int, parent: int, steps: tuple[_Step, ...]) -> None:
        place = len(nodes)
        is_leaf = tree.children_left[node] < 0
        units, value = int(tree.n_node_samples[node]), float(tree.value[node].ravel()[0])
        condition = columns.write(steps[-1:]) if steps else ""
        nodes.append([place, parent, condition, len(paths) if is_leaf else -1, units, value])
        if is_leaf:
            paths.append((steps, units, value))
            return
        asked, left_missing = features[tree.feature[node]], bool(tree.missing_go_to_left[node])
        if asked.level < 0:
            values, ranks = columns.numbers[asked.column][rows], columns.ranks[asked.column][rows]
            low, high = values[ranks <= tree.threshold[node]], values[ranks > tree.threshold[node]]
            # Beyond all numbers: the tree asks whether there is one.
            between = shortest_between(float(low.max()), float(high.min())) if len(high) else np.inf
            asked = replace(asked, cut=between)
        # The tree sends what is at most the threshold to the left: levels that are not there, numbers below the cut.
        visit(int(tree.children_right[node]), place, (*steps, _Step(asked, True, not left_missing)))
        visit(int(tree.children_left[node]), place, (*steps, _Step(asked, False, left_missing)))

    visit(0, -1, ())
    return pd.DataFrame(nodes, columns=NODES), paths


def _measure(
    cube: Cube,
    metric: str,
    columns: _Columns,
    paths: Sequence[_Path],
    leaf: NDArray[np.intp],
    times: NDArray[np.int64],
    asked: tuple[float, int],
    worse: int,
) -> pd.DataFrame:
    """Return the table of the leaves, measured on `times` units of each row. `worse` is the sign of worse, or 0."""
    scored = cube.scored
    assert scored is not None
    names = tuple(str(i) for i in range(len(paths)))
    # A saved slice, so to speak: what intervals borrow from the file's attributes stays what it is.
    axis = Axis(_LEAF, names, saved=True)
    codes = leaf.astype(smallest_unsigned(axis.size))
    other = take_units(replace(scored, axes=(*scored.axes, axis), codes=(*scored.codes, codes)), times)
    (counted,) = count_cells([other])
    confidence, min_units = asked
    options: dict[str, Any] = {"confidence": confidence, "min_units": min_units}
    estimates, compared = (
        table.set_index(pd.Index([s.to_dict().get(_LEAF) for s in table["slice"]])).reindex(names)
        for table in (
            estimate(counted, [_LEAF], [metric], **options),
            compare(counted, [_LEAF], [metric], correction="none", **options),
        )
    )
    n_rows = np.bincount(leaf, weights=times, minlength=len(paths))
    status = compared["status"].fillna("no data")
    p = compared["p"].to_numpy(dtype=np.float64)
    p_adjusted = holm(np.where(status == "ok", p, np.nan), alpha=1 - confidence)[0]
    difference = compared["value"].to_numpy(dtype=np.float64)
    table = pd.DataFrame(
        {
            "leaf": np.arange(len(paths)),
            "where": [columns.write(steps) for steps, _, _ in paths],
            "conditions": [len(steps) for steps, _, _ in paths],
            "system": [cube.system] * len(paths),
            "searched_units": [units for _, units, _ in paths],
            "searched_value": [value for _, _, value in paths],
            **{name: estimates[name].to_numpy(dtype=np.float64) for name in ("value", "low", "high", "top", "below")},
            "units": estimates["units"].fillna(0).to_numpy(dtype=np.int64),
            "rows": n_rows.astype(np.int64),
            "rest": estimates["value"].to_numpy(dtype=np.float64) - difference,
            "difference": difference,
            "difference_low": compared["low"].to_numpy(dtype=np.float64),
            "difference_high": compared["high"].to_numpy(dtype=np.float64),
            "p": p,
            "p_adjusted": p_adjusted,
            "status": status.to_list(),
            "confirmed": (p_adjusted <= 1 - confidence) & (difference * worse > 0 if worse else difference != 0),
        }
    )
    return table[LEAVES]
