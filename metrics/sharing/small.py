"""Which slices are too small to be shown by themselves: too few people, or a few of whom all have come out alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cube, Cubes, Grouping
from metrics.errors import QuestionError
from metrics.ranks import cells_of
from metrics.registry import MeanOfShares, Metric, Share, Smooth
from metrics.sharing.amounts import positive_weights
from metrics.sharing.leftovers import tells_of_each
from metrics.sharing.terms import Terms

__all__ = ["NOBODY", "SameOfAll", "check_everyone", "find_same_of_all", "find_small", "told_shares", "varying_shares"]

NOBODY = np.zeros(0, np.int64)

_TopAndBelow = tuple[NDArray[np.float64], NDArray[np.float64]]  # of every outcome, what it adds to the two


@dataclass(frozen=True)
class SameOfAll:
    """A share that is 0 or 1 of all `units` it is about, so that it says of each of them what came out."""

    title: str
    system: str | None
    is_all: bool
    units: int


def find_small(
    cube: Cube,
    grouping: Grouping,
    terms: Terms,
    told: Sequence[str] = (),
    known_clusters: NDArray[np.int64] = NOBODY,
) -> NDArray[np.bool_]:
    """Return which cells are too small by themselves, or tell what came out for each of a few.

    `told` are the metrics that readers know, those of the terms where it is empty. `known_clusters` are people of whom
    readers know some rows: the others have to be enough without them.
    """
    units = grouping.rows.sum(axis=1)
    small: NDArray[np.bool_] = units < terms.min_cell
    if grouping.clusters is not None and terms.people == "clusters":
        cell = grouping.clusters.cell[~np.isin(grouping.clusters.cluster, known_clusters)]
        small |= np.bincount(cell, minlength=len(grouping)) < terms.min_cell
    shares = varying_shares(cube, told or terms.metrics)
    for top, below in shares:
        small |= tells_of_each(grouping.rows @ top, grouping.rows @ below, terms.min_cell)
    return small | _weigh_little(cube, grouping, terms, shares) if cube.has_weights else small


def _weigh_little(
    cube: Cube,
    grouping: Grouping,
    terms: Terms,
    shares: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> NDArray[np.bool_]:
    """Return the cells in which a few have nearly all of the weight, or a weighted share tells of each of a few.

    Their effective number of units is under the minimum: the value is that of the few. Who weighs nothing is in no
    weighted share.
    """
    with np.errstate(invalid="ignore"):
        effective = grouping.weighted.sum(axis=1) ** 2 / grouping.squared.sum(axis=1)
    few: NDArray[np.bool_] = ~(effective >= terms.min_cell)
    rows = _count_weighing(cube, grouping)
    for top, below in shares:
        few |= tells_of_each(rows @ top, rows @ below, terms.min_cell)
    return few


def _count_weighing(cube: Cube, grouping: Grouping) -> NDArray[np.float64]:
    """Return how many people weigh anything, by cell and outcome: (cells, outcomes)."""
    if not cube.has_weights:
        return grouping.rows.astype(np.float64)
    scored, n = cube.scored, cube.layout.n_outcomes
    assert scored is not None
    times = positive_weights(scored) * (1.0 if scored.multiplicity is None else scored.multiplicity)
    place = cells_of(cube, grouping) * n + scored.outcome.astype(np.int64)
    rows = np.bincount(place, times, minlength=len(grouping) * n).reshape(len(grouping), n)
    return rows.astype(np.float64)


def varying_shares(cube: Cube, names: Sequence[str]) -> list[_TopAndBelow]:
    """Return the shares that are told and not the same for everyone.

    One that is 0 or 1 of everyone says of each person what came out, whatever else is shown: hiding a slice of it
    keeps nothing back. It is the owner who has to know (`find_same_of_all`).
    """
    everyone = cube.by(()).rows[0]
    return [(top, below) for top, below in told_shares(cube, names) if 0 < everyone @ top < everyone @ below]


def find_same_of_all(cubes: Cubes, names: Sequence[str]) -> list[SameOfAll]:
    """Return the shares that these metrics tell, or that can be worked out from them, and that are the same for all.

    Each is named once, by a metric of `names` if one says it: that nobody is rejected is that everybody is not. With
    weights it is so of all who weigh anything.
    """
    found: dict[tuple[str | None, bytes, frozenset[bytes]], SameOfAll] = {}
    for cube in cubes:
        everyone = _count_weighing(cube, cube.by(()))[0]
        sums = _sums_of(cube, names)
        told = {(top.tobytes(), below.tobytes()) for top, below in _told(cube, sums, ~_seen_never(cube, sums))}
        for metric in sorted(cube.metrics.values(), key=lambda m: m.name not in names):
            for top, below in _shares_of(cube, metric):
                n, n_top = float(everyone @ below), float(everyone @ top)
                if n and n_top in (0.0, n) and (top.tobytes(), below.tobytes()) in told:
                    key = (cube.system, below.tobytes(), frozenset((top.tobytes(), (below - top).tobytes())))
                    found.setdefault(key, SameOfAll(metric.title, cube.system, n_top > 0, int(n)))
    return list(found.values())


def told_shares(cube: Cube, names: Sequence[str]) -> list[_TopAndBelow]:
    """Return the shares of people that these metrics tell, as the outcomes of numerator and denominator.

    Also those that can be worked out: accuracy, base rate and selection rate together tell every kind of error.
    """
    key = ("told shares", tuple(names))
    if key in cube.kept:
        found: list[_TopAndBelow] = cube.kept[key]
        return found
    found = _told(cube, _sums_of(cube, names), cube.by(()).rows[0] > 0)
    cube.kept[key] = found
    return found


def _told(cube: Cube, sums: Sequence[NDArray[np.float64]], may_be: NDArray[np.bool_]) -> list[_TopAndBelow]:
    """Return the shares that follow from these sums of outcomes, where only some outcomes may be."""
    span = np.array([np.ones(cube.layout.n_outcomes), *sums])[:, may_be]
    rank = np.linalg.matrix_rank(span)
    told = [
        pair
        for metric in cube.metrics.values()
        for pair in _shares_of(cube, metric)
        if sums and np.linalg.matrix_rank(np.vstack([span, *(side[may_be] for side in pair)])) == rank
    ]
    distinct = {(top.tobytes(), below.tobytes()): (top, below) for top, below in told}
    return list(distinct.values())


def _seen_never(cube: Cube, sums: Sequence[NDArray[np.float64]]) -> NDArray[np.bool_]:
    """Return the outcomes of which a reader sees that they never are: what is in a sum that is 0, or in no other."""
    everyone, never = _count_weighing(cube, cube.by(()))[0], np.zeros(cube.layout.n_outcomes, bool)
    distinct = {side.tobytes(): side for side in (np.ones(cube.layout.n_outcomes), *sums)}
    whole = list(distinct.values())
    while True:
        before = never.copy()
        for more, less in product(whole, [np.zeros(cube.layout.n_outcomes), *whole]):
            left = np.where(never, 0, more - less)
            if (left >= 0).all() and everyone @ left == 0:
                never = never | (left > 0)
        if np.array_equal(never, before):
            return never


def _sums_of(cube: Cube, names: Sequence[str]) -> list[NDArray[np.float64]]:
    return [side for name in names if name in cube.metrics for side in _told_sums(cube, cube.metrics[name])]


def _told_sums(cube: Cube, metric: Metric) -> list[NDArray[np.float64]]:
    """Return the counts that a metric tells, as outcomes: of a smooth function of counts, all that go into it."""
    if isinstance(metric.formula, Smooth):
        forms = (*metric.formula.sums, metric.formula.units)
        return [cube.layout.outcomes(form, metric.of_class) for form in forms]
    return [side for pair in _shares_of(cube, metric) for side in pair]


def _shares_of(cube: Cube, metric: Metric) -> list[_TopAndBelow]:
    formula = metric.formula
    formulas = formula.shares if isinstance(formula, MeanOfShares) else (formula,)
    over_classes = isinstance(formula, MeanOfShares) and formula.over_classes
    return [
        (cube.layout.outcomes(f.top, of_class), cube.layout.outcomes(f.below, of_class))
        for f, of_class in product(formulas, cube.layout.classes if over_classes else (metric.of_class,))
        if isinstance(f, Share) and not f.units
    ]


def check_everyone(cubes: Cubes, terms: Terms, told: Sequence[str]) -> None:
    """Raise QuestionError where what is told of everyone tells of each of a few, or everyone is too few."""
    for cube in cubes:
        everyone = cube.by(())
        if everyone.rows.sum() < 2 * terms.min_cell:
            raise QuestionError(
                f"There are {int(everyone.rows.sum()):,} people in all: at least {2 * terms.min_cell} are needed to "
                f"share anything with a minimum of {terms.min_cell}."
            )
        shares = told_shares(cube, told)
        if cube.has_weights and _weigh_little(cube, everyone, terms, shares).any():
            raise QuestionError(
                f"Fewer than {terms.min_cell} people have nearly all of the weight, or all in a metric: the numbers "
                "would be theirs. Share the numbers without weights (switch the role of the weight off)."
            )
        for metric in cube.metrics.values():
            for top, below in _shares_of(cube, metric):
                few = tells_of_each(everyone.rows @ top, everyone.rows @ below, terms.min_cell)
                if few.any() and any(np.array_equal(top, t) and np.array_equal(below, b) for t, b in shares):
                    raise QuestionError(
                        f"{metric.title} is about {int((everyone.rows @ below)[0]):,} people in all and the same for "
                        "each of them: it would say of each what came out. Leave it out, and the metrics that it can "
                        "be worked out from, or choose a smaller minimum."
                    )
