"""Feature by slice: how much of what can be told about a metric's errors hangs on a feature, within a slice.

No model is needed, only its results. A forest (Breiman 2001; scikit-learn's) learns on one half of the clusters, or of
the rows, to tell each unit's part of the metric (an error or none, edits per word) from the attributes. On the other
half a feature's levels are dealt out anew among the units *of the slice*, all other features as they are, and what is
reported is how much worse the forest then tells the errors of the slice: the increase in squared error over the spread
of the slice's errors, that is the drop in explained variance. It speaks of the errors of the model whose results these
are, not of what that model looks at; features that say the same share their importance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.contributions import unit_contributions
from metrics.cube import Cube
from metrics.errors import QuestionError
from metrics.estimate import check_level, choose_metrics
from metrics.halves import split_in_halves
from metrics.intervals import quantile
from metrics.progress import SILENT, Progress, Tell
from metrics.scored import Scored
from metrics.slices import Slice

__all__ = ["IMPORTANCE", "LEAST_UNITS", "Importance", "mean_over_units", "measure_importance"]

# One row a slice and feature. `units` are those of the slice on the half not learned from; `value` is the drop in
# explained variance (1 is all of the spread), `low` and `high` its limits; NaN where `status` is "too few", "no data"
# (all units of the slice are alike) or "same" (the slice is a level of the feature, which cannot be dealt out in it).
IMPORTANCE = ["slice", "feature", "units", "value", "low", "high", "status"]
LEAST_UNITS = 200
_SHUFFLES = 10
_TREES = 100
_MOST_UNITS = 50_000  # of a half
_LEAST_LEAF = 30

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Importance:
    """`table` has the columns IMPORTANCE, everyone first; `explained` is the share of the spread of everyone's errors
    that the forest tells on the half it did not learn from (0 or less: nothing), `rows` the units of the two halves."""

    table: pd.DataFrame
    explained: float
    rows: tuple[int, int]


def measure_importance(
    cube: Cube,
    metric: str,
    features: Sequence[str],
    by: str | None = None,
    *,
    confidence: float = 0.95,
    seed: int = 0,
    progress: Tell | None = None,
) -> Importance:
    """Measure how much of a metric's errors hangs on each feature, for everyone and for each level of the axis `by`.

    Slices have at least 200 units with a part in the metric on the half not learned from. The interval is the plain one
    of a mean over units (over clusters where there are any), the forest as it is. Raises QuestionError for what the
    data do not hold, a metric of which no unit has a part of its own, and where a half has fewer than 200 units.
    """
    check_level(confidence)
    ((cube, (chosen,)),) = choose_metrics(cube, [metric])
    scored = cube.scored
    if scored is None:
        raise QuestionError("Importance is measured on the rows, and they are not here, only their counts.")
    axes = [cube.axis(name) for name in features]
    if not axes:
        raise QuestionError("Importance needs at least one feature.")
    parts = unit_contributions(scored, chosen)
    has = (parts.below > 0) & (parts.weight > 0)
    halves = [times * has for times in split_in_halves(scored, seed)]
    generator = np.random.default_rng(seed)
    learn, test = (_sample(times, generator) for times in halves)
    if min(len(learn), len(test)) < LEAST_UNITS:
        raise QuestionError(
            f"There are {len(learn):,} and {len(test):,} rows with a part in the {chosen.title.lower()} in two halves; "
            f"importance needs {LEAST_UNITS} in each."
        )
    whole = SILENT if progress is None else Progress(progress)
    codes = np.column_stack([_codes(scored, axis.name) for axis in axes]).astype(np.float32)
    target = np.divide(parts.top, parts.below, out=np.zeros(len(scored)), where=parts.below > 0)
    weight = parts.weight * parts.below
    whole("Learning where the errors are")
    forest = _grow(codes[learn], target[learn], weight[learn], seed)
    sets = {Slice(): np.arange(len(test))}
    if by is not None:
        axis, own = cube.axis(by), _codes(scored, by)[test]
        sets |= {Slice(((by, axis.level(c)),)): np.flatnonzero(own == c) for c in range(axis.size) if (own == c).any()}
    half = _Half(
        codes[test],
        target[test],
        weight[test],
        None if scored.clusters is None else scored.clusters[test],
        forest,
    )
    records: list[Any] = []
    for i, feature in enumerate(whole.part(0.2, 1).over(features, "Dealing out features")):
        for s, units in sets.items():
            records.append((s, feature, *half.measure(i, units, feature in s.axes, confidence, generator)))
    order = {s: i for i, s in enumerate(sets)}
    records.sort(key=lambda row: order[row[0]])
    one, other = (int(times.sum()) for times in halves)
    return Importance(pd.DataFrame(records, columns=IMPORTANCE), half.explained, (one, other))


@dataclass(frozen=True, eq=False)
class _Half:
    """The units that the forest did not learn from."""

    codes: NDArray[np.float32]
    target: Floats
    weight: Floats
    clusters: NDArray[np.int64] | None
    forest: Any

    @property
    def explained(self) -> float:
        told, spread = self._loss(self.codes), self._spread(np.arange(len(self.target)))
        return 1 - float(self.weight @ told / self.weight.sum()) / spread if spread > 0 else nan

    def _loss(self, codes: NDArray[np.float32], units: Any = slice(None)) -> Floats:
        """Return the squared error of every unit; of codes of several shuffles, its mean over them."""
        # Rows with the same levels are told alike, and mostly there are few.
        rows, place = np.unique(codes.reshape(-1, codes.shape[-1]), axis=0, return_inverse=True)
        off = self.target[units] - self.forest.predict(rows)[place.reshape(codes.shape[:-1])]
        return np.asarray((off * off).reshape(-1, codes.shape[-2]).mean(axis=0))

    def _spread(self, units: NDArray[np.intp]) -> float:
        y, w = self.target[units], self.weight[units]
        mean = w @ y / w.sum()
        return float(w @ (y - mean) ** 2 / w.sum())

    def measure(
        self, column: int, units: NDArray[np.intp], same: bool, confidence: float, generator: np.random.Generator
    ) -> tuple[int, float, float, float, str]:
        """Return units, value, low, high and status of one feature in one slice."""
        n = len(units)
        if same:
            return n, nan, nan, nan, "same"
        if n < LEAST_UNITS:
            return n, nan, nan, nan, "too few"
        spread = self._spread(units)
        if spread <= 0:
            return n, nan, nan, nan, "no data"
        mine = self.codes[units]
        dealt = np.repeat(mine[None], _SHUFFLES, axis=0)
        for shuffle in dealt:
            shuffle[:, column] = mine[generator.permutation(len(units)), column]
        worse = self._loss(dealt, units) - self._loss(mine, units)
        clusters = None if self.clusters is None else self.clusters[units]
        value, se, df = mean_over_units(worse, self.weight[units], np.ones(n, np.int64), clusters)
        reach = float(quantile(1 - confidence, np.array(df))) * se if df > 0 else nan
        return n, value / spread, (value - reach) / spread, (value + reach) / spread, "ok"


def mean_over_units(
    x: Floats, weight: Floats, times: NDArray[np.int64], clusters: NDArray[np.int64] | None
) -> tuple[float, float, int]:
    """Return a weighted mean, its linearised standard error over units or clusters, and the degrees of freedom.

    A row stands for `times` units of this `weight` each.
    """
    total = float(times @ weight)
    mean = float((times * weight) @ x / total)
    off = weight * (x - mean)
    if clusters is None:
        n, squares = int(times.sum()), float(times @ (off * off))
    else:
        sums = np.bincount(np.unique(clusters, return_inverse=True)[1], times * off)
        n, squares = len(sums), float(sums @ sums)
    if n < 2:
        return mean, nan, 0
    return mean, float(np.sqrt(n / (n - 1) * squares) / total), n - 1


def _grow(codes: NDArray[np.float32], target: Floats, weight: Floats, seed: int) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(
        n_estimators=_TREES, min_samples_leaf=_LEAST_LEAF, max_features=0.7, random_state=seed, n_jobs=1
    )
    return forest.fit(codes, target, sample_weight=weight)


def _codes(scored: Scored, name: str) -> NDArray[np.int64]:
    place = next(i for i, axis in enumerate(scored.axes) if axis.name == name)
    return scored.codes[place].astype(np.int64)


def _sample(times: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.intp]:
    """Return the row of each unit, a row as often as it has units; of very many units, of some chosen by chance."""
    total = int(times.sum())
    if total <= _MOST_UNITS:
        return np.repeat(np.arange(len(times)), times)
    chosen = np.sort(generator.choice(total, _MOST_UNITS, replace=False))
    return np.searchsorted(np.cumsum(times), chosen, side="right")
