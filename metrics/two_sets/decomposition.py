"""How much of a change comes from another mix of groups, and how much from the same groups scoring differently.

The parts (`parts.py`) add up to the change over everyone, exactly; each has its interval (`part_limits.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.cube import Cube
from metrics.errors import QuestionError
from metrics.estimate import By, as_objects, check_level, split_families
from metrics.intervals import difference_limits, quantile
from metrics.moments import Family
from metrics.two_sets.cells import BothSides, is_weighted_mean, meet_cells
from metrics.two_sets.level_bars import tabulate_bars
from metrics.two_sets.part_limits import limit_sum, standard_side, vary_side
from metrics.two_sets.parts import Part, Weighing, split_change
from metrics.two_sets.sets import TwoSets

__all__ = ["decomposable", "decompose", "decompose_levels", "standardize"]

Floats = NDArray[Any]

COLUMNS = ["by", "system", "metric", "part", "value", "low", "high"]
STANDARD_COLUMNS = ["by", "system", "metric", "rates_of", "mix_of", "value", "low", "high"]


def decomposable(sets: TwoSets) -> list[str]:
    """Return the names of the metrics of both sets that are a weighted mean of slices, so that a change has parts."""
    return [name for name, metric in sets.metrics.items() if is_weighted_mean(metric)]


def decompose(
    sets: TwoSets, by: By = None, metrics: Iterable[str] | None = None, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Return a table of the parts of the change over everyone, customer minus reference.

    `by` are attributes and tuples of them, each attribute of both sets alone by default; `metrics` names, all that
    have parts by default. The parts are `mix`, `rates` and, where a level is on one side only, `one_sided`; their sum
    is `total`. Over two attributes A and B, `mix[A]`, `mix[B]` and `mix[A x B]` come first: their sum is `mix`.
    Without a level in common, or with an attribute that one set lacks, the parts are NaN and the total stays; without
    anything that varies, limits are NaN.

    Raises QuestionError for a metric that is no weighted mean of slices.
    Kitagawa 1955; Das Gupta 1993; Oaxaca 1973 and Blinder 1973 for two attributes.
    """
    check_level(confidence)
    rows: list[tuple[Any, ...]] = []
    for names, system, both in _meet(sets, by, metrics):
        parts = _limit_parts(both, split_change(both), 1 - confidence)
        parts.append(("total", *_limit_total(both, 1 - confidence)))
        for m, metric in enumerate(both.metrics):
            told = [p for p in parts if p[0] != "one_sided" or both.one_sided[m].any()]
            rows += [(names, system, metric.name, name, value[m], low[m], high[m]) for name, value, low, high in told]
    return _tabulate(rows, COLUMNS, _choose(sets, metrics))


def standardize(
    sets: TwoSets, by: By = None, metrics: Iterable[str] | None = None, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Return what each set's rates would come to at the other's mix of the levels that both have, with limits.

    Direct standardisation; `rates_of` and `mix_of` say which set gives what. Arguments and errors as in `decompose`.
    """
    check_level(confidence)
    rows: list[tuple[Any, ...]] = []
    for names, system, both in _meet(sets, by, metrics):
        weighing = Weighing(both)
        for which, (mine, other) in enumerate((("reference", "customer"), ("customer", "reference"))):
            value, low, high = _standardize_side(both, weighing, which, 1 - confidence)
            for m, metric in enumerate(both.metrics):
                rows.append((names, system, metric.name, mine, other, value[m], low[m], high[m]))
    return _tabulate(rows, STANDARD_COLUMNS, _choose(sets, metrics))


def decompose_levels(
    sets: TwoSets,
    by: str | Sequence[str],
    metric: str,
    system: str | None = None,
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return what every level adds to the parts of a change: a bar each of `mix` and `rates`, or one of `one_sided`.

    A bar of the mix is centred: the level's change of share times how far its rate lies from the mean of all, so that
    a share that grows in a level like the others adds nothing. The bars of a part add up to it. `reference_share` and
    `customer_share` are shares of the metric's denominator, among all levels. Errors as in `decompose`.
    """
    check_level(confidence)
    chosen = sets.only(system) if system is not None else sets
    if len(chosen.systems) != 1:
        raise QuestionError("Bars of levels are those of one system. Name one of several.")
    groupings = chosen.groupings([by if isinstance(by, str) else tuple(by)], everyone=False)
    if len(groupings) > 1:
        labels = ", ".join(map(repr, dict.fromkeys(name for names in groupings for name in names)))
        raise QuestionError(
            f"Bars are those of one grouping, and a column of several labels is many: name one of {labels}."
        )
    (names,) = groupings
    missing = [name for name in names if name not in sets.shared]
    if missing:
        side = "customer's set" if missing[0] in {a.name for a in sets.reference.axes} else "reference"
        raise QuestionError(f"The {side} has no attribute {missing[0]!r}, so that no level of it is on both sides.")
    (_, _, both), *_ = _meet(chosen, [names], [metric])
    return tabulate_bars(both, 1 - confidence)


def _meet(
    sets: TwoSets, by: By, metrics: Iterable[str] | None
) -> Iterator[tuple[tuple[str, ...], str | None, BothSides]]:
    """Yield the cells of every grouping, system and family of metrics."""
    chosen = _choose(sets, metrics)
    groupings = _choose_groupings(sets, by)
    for reference, customer in sets.pairs():
        families = zip(*(_families(cube, chosen) for cube in (reference, customer)), strict=True)
        for one, two in families:
            for names in groupings:
                # An attribute of one set only leaves no level in common: all that can be told is the whole change.
                known = set(names) <= set(sets.shared)
                both = meet_cells(reference, customer, one, two, names if known else (), apart=not known)
                yield names, reference.system, both


def _families(cube: Cube, names: Sequence[str]) -> list[Family]:
    return [f for f in split_families(cube, [cube.metrics[n] for n in names]) if isinstance(f, Family)]


def _choose(sets: TwoSets, metrics: Iterable[str] | None) -> list[str]:
    if metrics is None:
        return decomposable(sets)
    chosen = sets.choose(metrics)
    for name in chosen:
        if not is_weighted_mean(sets.metrics[name]):
            others = ", ".join(decomposable(sets)[:6])
            raise QuestionError(
                f"{sets.metrics[name].title} is no weighted mean of slices, so that a change of it has no part that "
                f"comes from another mix. Choose another metric, such as: {others}."
            )
    return chosen


def _choose_groupings(sets: TwoSets, by: By) -> list[tuple[str, ...]]:
    if by is None:
        return [(name,) for name in sets.shared]
    groupings = sets.groupings(by, everyone=False)
    if () in groupings:
        raise QuestionError("A change has parts by attributes; name at least one.")
    return groupings


def _limit_parts(both: BothSides, parts: Sequence[Part], alpha: float) -> list[tuple[Any, ...]]:
    """Return name, value, low and high of every part, the last three (metrics,)."""
    told: list[tuple[Any, ...]] = []
    for part, here, there in zip(parts, *(_vary_parts(both, which, parts) for which in range(2)), strict=True):
        if part.name == "rates":
            limits = _limit_rates(both, (here, there), alpha)
        else:
            limits = limit_sum(part.value, (here, there), alpha)
        void = np.isnan(part.value)
        told.append((part.name, part.value, *(np.where(void, np.nan, limit) for limit in limits)))
    return told


def _vary_parts(both: BothSides, which: int, parts: Sequence[Part]) -> list[tuple[Floats, Floats]]:
    """Return variance and degrees of freedom of every part on one side, each (metrics,)."""
    side, slopes = both.sides[which], np.stack([p.customer if which else p.reference for p in parts], axis=1)
    common = [i for i, part in enumerate(parts) if part.name != "one_sided"]
    variance, df = np.empty((2, *slopes.shape[:2]))
    for some, used in ((common, both.common), ([i for i in range(len(parts)) if i not in common], _all(both))):
        variance[:, some], df[:, some] = vary_side(side, slopes[:, some], used)
    return [(variance[:, i], df[:, i]) for i in range(len(parts))]


def _all(both: BothSides) -> NDArray[np.bool_]:
    return both.common | both.one_sided


def _limit_rates(
    both: BothSides, reaches: tuple[tuple[Floats, Floats], tuple[Floats, Floats]], alpha: float
) -> tuple[Floats, Floats]:
    """Return the limits of the part of other rates.

    Each side's rates at the mean mix are a value like any other, with the limits of its kind; with one level alone the
    part is the total, and so are its limits.
    """
    weighing = Weighing(both)
    sides = []
    for which, (variance, df) in enumerate(reaches):
        value = (weighing.mean_weight * weighing.rates[which]).sum(axis=1)
        sides.append(standard_side(both.sides[which], value, weighing.mean_weight, variance, df))
    here, there = sides
    return difference_limits(there.value, *there.limits(alpha), here.value, *here.limits(alpha))


def _limit_total(both: BothSides, alpha: float) -> tuple[Floats, Floats, Floats]:
    """Return the change over everyone and its limits, those of comparing everyone on both sides."""
    one, two = (side.everyone.side for side in (both.customer, both.reference))
    low, high = difference_limits(one.value, *one.limits(alpha), two.value, *two.limits(alpha))
    return (one.value - two.value)[:, 0], low[:, 0], high[:, 0]


def _standardize_side(both: BothSides, weighing: Weighing, which: int, alpha: float) -> tuple[Floats, Floats, Floats]:
    """Return one side's rates at the other's mix, with limits, each (metrics,)."""
    rate, weight = weighing.rates[which], weighing.weights[1 - which]
    value = np.where(weighing.known, (rate * weight).sum(axis=1), np.nan)
    none = np.zeros_like(rate)
    slopes = weighing.slopes(which, weight, none), weighing.slopes(1 - which, none, rate)
    (variance, df), other = (
        vary_side(both.sides[side], s[:, None], both.common) for side, s in zip((which, 1 - which), slopes, strict=True)
    )
    side = standard_side(both.sides[which], value, weight, variance[:, 0], df[:, 0])
    low, high = side.limits(alpha)
    # What is not sure about the other's mix adds to it.
    with np.errstate(invalid="ignore"):
        more = np.where(other[0] == 0, 0.0, quantile(alpha, other[1]) ** 2 * other[0])[:, 0]
        low, high = value - np.sqrt((value - low) ** 2 + more), value + np.sqrt((high - value) ** 2 + more)
    bounds = both.metrics[0].bounds
    return value, np.maximum(low, bounds[0]), np.minimum(high, bounds[1])


def _tabulate(rows: Sequence[tuple[Any, ...]], columns: Sequence[str], metrics: Sequence[str]) -> pd.DataFrame:
    """Put rows that begin with by, system and metric into a frame: systems and groupings as they came, then metrics."""
    place = {name: i for i, name in enumerate(metrics)}
    first: dict[tuple[Any, ...], int] = {}
    for row in rows:
        first.setdefault((row[1], row[0]), len(first))
    rows = sorted(rows, key=lambda row: (first[row[1], row[0]], place[row[2]]))
    frame = pd.DataFrame({name: [row[i] for row in rows] for i, name in enumerate(columns[1:], 1)})
    frame.insert(0, columns[0], as_objects([row[0] for row in rows]))
    return frame
