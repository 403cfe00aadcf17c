"""The hunters: each yields groups in which a model seems to lose more than elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.bounty.counted import METRIC_OF_LOSS, count_rows
from metrics.cube import Cube
from metrics.errors import QuestionError
from metrics.find import Found as FoundSlices
from metrics.find import Search, find
from metrics.formatting import format_number, format_percent
from metrics.hunters.ground import FEWEST_ROWS, LONGEST_WORD, MOST_WORDS, Ground, Mask
from metrics.hunters.trees import list_paths, write_path, write_tree
from metrics.levels import number_text, quantile_edges
from metrics.predicates import Values, quote_column, quote_value
from metrics.progress import Progress

__all__ = ["Found", "audit", "find_slices", "grow_error_tree"]

_DEPTH, _AUDIT_DEPTH = 3, 4
_QUARTERS = 4
_MOST_SLICES, _MOST_OVERLAP = 10, 0.5


@dataclass(frozen=True)
class Found:
    """A group as its JSON and as its rows of the explore split."""

    group: dict[str, Any]
    features: tuple[str, ...]
    members: Mask
    note: str


def grow_error_tree(ground: Ground, work: Progress) -> Iterator[Found]:
    from sklearn.tree import DecisionTreeRegressor

    work("Growing a tree of the errors")
    grown = DecisionTreeRegressor(max_depth=_DEPTH, min_samples_leaf=ground.fewest, random_state=ground.seed)
    tree = grown.fit(ground.matrix, ground.losses).tree_
    overall = float(ground.losses.mean())
    for path in list_paths(tree, 0, ()):
        if not path:
            continue  # no question was worth asking
        where = write_path(ground, path)
        members = ground.members(where)
        if members.sum() < ground.fewest or ground.losses[members].mean() <= overall:
            continue
        features = tuple(dict.fromkeys(ground.questions[column][0] for column, _, _ in path))
        yield Found({"where": where}, features, members, f"A leaf of the error tree: {_tell(ground, members)}")


def find_slices(ground: Ground, work: Progress) -> Iterator[Found]:
    axes, conditions = {}, {}
    for name, values in ground.bounty.features.items():
        levels, codes, written = _levels_of(name, values, ground.rows)
        if 1 < len(levels) <= MOST_WORDS and max(map(len, levels)) <= LONGEST_WORD:
            axes[name] = (levels, codes)
            conditions.update({(name, level): text for level, text in zip(levels, written, strict=True)})
    if not axes:
        return
    cube = count_rows(ground.bounty, ground.predictions, ground.rows, axes)
    found = _search(cube, tuple(axes), ground.fewest / ground.n_rows, METRIC_OF_LOSS[ground.bounty.terms.loss], work)
    listed: list[Mask] = []
    for slice_ in found.lattice["slice"][found.lattice["worse"]]:
        where = " and ".join(conditions.get(item, f"{quote_column(item[0])} is missing") for item in slice_.items())
        members = ground.members(where)
        if members.sum() < ground.fewest or any(_overlap(members, other) > _MOST_OVERLAP for other in listed):
            continue
        note = f"Found by the slice finder: {_tell(ground, members)}"
        yield Found({"where": where}, slice_.axes, members, note)
        listed.append(members)
        if len(listed) == _MOST_SLICES:
            return


def _search(cube: Cube, axes: tuple[str, ...], support: float, metric: str, work: Progress) -> FoundSlices:
    """Search as deep as can be: a lattice that is too large with three conditions may do with two."""
    for depth in range(min(_DEPTH, len(axes)), 1, -1):
        try:
            return find(cube, Search(metric, axes, depth=depth, support=support), work)
        except QuestionError:
            continue
    return find(cube, Search(metric, axes, depth=1, support=support), work)


def _overlap(one: Mask, two: Mask) -> float:
    """Return which share of the smaller of two groups is in the other as well."""
    return float((one & two).sum() / min(one.sum(), two.sum()))


def audit(ground: Ground, work: Progress) -> Iterator[Found]:
    from sklearn.tree import DecisionTreeClassifier

    work("Auditing by linear regression")
    centred = ground.matrix - ground.matrix.mean(axis=0)
    spread = centred.std(axis=0)
    scaled = centred / np.where(spread > 0, spread, 1)
    excess = ground.losses - ground.losses.mean()
    # A ridge of one row's weight: common words of one feature add up to 1, which plain least squares cannot take.
    gram = scaled.T @ scaled + np.eye(scaled.shape[1])
    predicted = scaled @ np.linalg.solve(gram, scaled.T @ excess)
    order = np.argsort(-predicted, kind="stable")
    gains = np.cumsum(excess[order])
    fewest, most = ground.fewest, ground.n_rows - ground.fewest
    if fewest >= most:
        return
    n_best = fewest + int(np.argmax(gains[fewest - 1 : most]))
    auditors = predicted >= predicted[order[n_best - 1]]
    if auditors.all():
        return
    grown = DecisionTreeClassifier(max_depth=_AUDIT_DEPTH, min_samples_leaf=FEWEST_ROWS // 2, random_state=ground.seed)
    tree = write_tree(ground, grown.fit(ground.matrix, auditors).tree_, lambda values: int(np.argmax(values)))
    if len(tree["nodes"]) == 1:
        return
    members = ground.members_of_tree(tree)
    if members.sum() < ground.fewest or ground.losses[members].mean() <= ground.losses.mean():
        return
    alike = float((members == auditors).mean())
    features = tuple(dict.fromkeys(node["feature"] for node in tree["nodes"] if "feature" in node))
    note = (
        f"Where a linear auditor predicts the most excess loss, as a tree; they agree on {format_percent(alike)} "
        f"of the explore rows: {_tell(ground, members)}"
    )
    yield Found({"tree": tree}, features, members, note)


def _levels_of(name: str, values: Values, rows: Mask) -> tuple[tuple[str, ...], NDArray[np.int64], list[str]]:
    """Return the levels of a feature, every row's code and each level as a condition; numbers are cut into quarters."""
    column = quote_column(name)
    if not values.is_number:
        words = [word for word in values.words if word]
        place = {word: i for i, word in enumerate(words)}
        codes = np.array([*(place.get(word, -1) for word in values.words), -1], dtype=np.int64)[values.codes]
        return tuple(words), codes, [f"{column} = {quote_value(word)}" for word in words]
    edges = quantile_edges(values.numbers[rows], _QUARTERS)
    codes = np.where(np.isnan(values.numbers), -1, np.searchsorted(edges, values.numbers, side="right"))
    ends = [number_text(edge) for edge in edges]
    written = [f"{column} < {ends[0]}"] if ends else []
    written += [f"{column} >= {low} and {column} < {high}" for low, high in pairwise(ends)]
    written += [f"{column} >= {ends[-1]}"] if ends else []
    return tuple(written), codes.astype(np.int64), written


def _tell(ground: Ground, members: Mask) -> str:
    mean, overall = (format_number(float(losses.mean())) for losses in (ground.losses[members], ground.losses))
    return f"mean loss {mean} over {int(members.sum()):,} explore rows, {overall} over all of them."
