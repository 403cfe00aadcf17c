"""What to predict for a group instead: one answer, or a small tree."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.hunters.ground import FEWEST_ROWS, Floats, Ground
from metrics.hunters.trees import write_tree

__all__ = ["choose_replacement"]

_DEPTH = 3


def choose_replacement(ground: Ground, members: NDArray[np.intp]) -> tuple[dict[str, Any], float]:
    """Return the better of one answer and a small tree for some explore rows, and its loss on rows not learned from.

    `members` are places among the explore rows. The loss is infinite where they cannot be halved.
    """
    tried = {kind: _cross_validate(ground, members, kind) for kind in ("constant", "tree")}
    kind = min(tried, key=tried.__getitem__)  # the simpler one where they are alike
    return _learn(ground, members, kind), tried[kind]


def _cross_validate(ground: Ground, members: NDArray[np.intp], kind: str) -> float:
    """Return the mean loss of a replacement on the half of the members, and then the other, it was not learned from."""
    draw = np.random.default_rng(ground.seed)
    lots = np.arange(len(members)) if ground.clusters is None else ground.clusters[members]
    halves = draw.random(int(lots.max()) + 1)[lots] < 0.5
    if halves.all() or not halves.any():
        return np.inf
    losses = np.empty(len(members))
    for half in (halves, ~halves):
        losses[~half] = _losses_of(ground, _learn(ground, members[half], kind), members[~half])
    return float(losses.mean())


def _learn(ground: Ground, members: NDArray[np.intp], kind: str) -> dict[str, Any]:
    label = ground.label[members]
    if kind == "constant":
        return {"constant": _answer(ground, label)}
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    shape = {
        "max_depth": _DEPTH,
        "min_samples_leaf": max(5, FEWEST_ROWS // 2),
        "random_state": ground.seed,
    }
    if ground.bounty.classes:
        grown = DecisionTreeClassifier(**shape).fit(ground.matrix[members], label)
        words = [ground.bounty.classes[code] for code in grown.classes_]
        return {"tree": write_tree(ground, grown.tree_, lambda values: words[int(np.argmax(values))])}
    grown = DecisionTreeRegressor(**shape).fit(ground.matrix[members], label)
    return {"tree": write_tree(ground, grown.tree_, lambda values: _round(float(values[0])))}


def _answer(ground: Ground, label: NDArray[Any]) -> str | float:
    """Return the one answer with the least loss: the commonest class, the median or the mean."""
    if ground.bounty.classes:
        return ground.bounty.classes[int(np.bincount(label).argmax())]
    return _round(float(np.median(label) if ground.bounty.terms.loss == "absolute" else label.mean()))


def _round(value: float) -> float:
    return round(value, 6)


def _losses_of(ground: Ground, replacement: dict[str, Any], members: NDArray[np.intp]) -> Floats:
    bounty = ground.bounty
    places = np.flatnonzero(ground.rows)[members]
    if "constant" in replacement:
        answers: list[str | float] = [replacement["constant"]] * len(bounty)
    else:
        answers = ground.answers_of_tree(replacement["tree"])
    if bounty.classes:
        code = {word: i for i, word in enumerate(bounty.classes)}
        return bounty.losses(np.array([code[str(a)] for a in answers], dtype=np.int64))[places]
    return bounty.losses(np.array(answers, dtype=float))[places]
