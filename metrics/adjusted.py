"""A gap in error rates, adjusted for what else differs: utterances of one group may be shorter or noisier.

Poisson regression on the edits of an utterance with the log of its reference words as offset (McCullagh & Nelder 1989,
ch. 6), so that rates are multiplied by the group and by each covariate. Nothing is assumed about the scatter: errors
come from leaving out one cluster (speaker) at a time, linearised at the fit (CR3: Bell & McCaffrey 2002; MacKinnon,
Nielsen & Webb 2023), with t of the smaller side's clusters less 1. The plain sandwich (CR0, CR1) is too narrow here:
with 12 speakers a side and a covariate that belongs to the person it covers 89 % where this covers 94 %.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection
from dataclasses import dataclass, fields
from math import inf, nan
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from metrics.errors import QuestionError
from metrics.estimate import MIN_CLUSTERS, check_level
from metrics.intervals import quantile

__all__ = ["AdjustedGap", "Gap", "adjust_gap"]

Status = Literal["ok", "too few", "no data"]
Floats = NDArray[np.float64]

CLUSTERS_PER_COLUMN = 3  # a covariate, or a category beyond the first, needs at least so many clusters
_WORST_CONDITION = 1e10  # of the information matrix: beyond this some coefficient has run off towards infinity
_NO_SCATTER = 1e-9  # a standard error of the log ratio that is rounding


@dataclass(frozen=True)
class Gap:
    """The rate of the slice over, and minus, that of its baseline, with limits; what is not there is NaN.

    Rates are edits per reference word, so a `difference` of .05 is 5 points of word error rate. `p` is of the ratio
    against 1. `ratio` is infinite where the baseline alone is without edits.
    """

    ratio: float = nan
    ratio_low: float = nan
    ratio_high: float = nan
    difference: float = nan
    difference_low: float = nan
    difference_high: float = nan
    p: float = nan


@dataclass(frozen=True)
class AdjustedGap:
    """A gap as it is and as it would be if the covariates were alike on both sides, over the same units.

    `units` and `clusters` count the slice and its baseline; a cluster with units on both sides counts on each.
    `covariates` are those that were adjusted for: columns of a single value are left out. `without_words` and
    `without_covariates` count units left out because they have no reference words, or lack a covariate.

    With the status "too few" (under 10 clusters on a side) nothing is claimed: the raw gap has no limits and there is
    no adjusted one. With "no data" there is no adjusted gap either. `reason` says why, in a sentence.
    """

    status: Status
    reason: str
    raw: Gap
    adjusted: Gap
    units: tuple[int, int]
    clusters: tuple[int, int]
    covariates: tuple[str, ...]
    without_words: int
    without_covariates: int
    confidence: float

    def as_row(self) -> dict[str, Any]:
        """Return everything flat, for a table with one row a slice: `raw_ratio`, `adjusted_p`, `units_baseline`, ..."""
        row: dict[str, Any] = {}
        for kind, gap in (("raw", self.raw), ("adjusted", self.adjusted)):
            row |= {f"{kind}_{field.name}": getattr(gap, field.name) for field in fields(Gap)}
        row |= {"units": self.units[0], "units_baseline": self.units[1]}
        row |= {"clusters": self.clusters[0], "clusters_baseline": self.clusters[1]}
        row |= {"without_words": self.without_words, "without_covariates": self.without_covariates}
        return row | {"covariates": ", ".join(self.covariates), "status": self.status, "reason": self.reason}


def adjust_gap(
    edits: ArrayLike,
    words: ArrayLike,
    inside: ArrayLike,
    covariates: pd.DataFrame,
    clusters: ArrayLike,
    confidence: float = 0.95,
    *,
    outside: ArrayLike | None = None,
    durations: Collection[str] = (),
) -> AdjustedGap:
    """Return the gap between the units `inside` a slice and those `outside` (everyone else), raw and adjusted.

    All arguments are as long as there are units (utterances): `edits` and reference `words` are counts, `inside` and
    `outside` masks, `clusters` names of speakers, a unit without one being a cluster of its own. Numeric columns of
    `covariates` are standardised, those named in `durations` by their logarithm if all are above 0; other columns are
    categories. Units without words, or with a missing or infinite covariate, are left out and counted.

    The adjusted ratio is exp of the group's coefficient. The adjusted difference is the mean rate that the fit predicts
    for all units if they were inside, minus that if they were outside, weighted by words (standardisation: Lane &
    Nelder 1982), its error that of coefficients and covariates together.

    Raises ValueError where the arguments do not fit together, QuestionError without the optional package statsmodels.
    """
    check_level(confidence)
    y, x = np.asarray(edits, float), np.asarray(words, float)
    one = np.asarray(inside, bool)
    two = ~one if outside is None else np.asarray(outside, bool)
    speakers = _number_clusters(clusters)
    _check_lengths(edits=y, words=x, inside=one, outside=two, covariates=covariates, clusters=speakers)
    if np.any(one & two):
        raise ValueError("A unit lies inside the slice or outside, not both: the masks share some.")

    asked = one | two
    wordless = asked & ~(x > 0)
    missing = asked & ~wordless & _lack_any(covariates)
    used = np.flatnonzero(asked & ~wordless & ~missing)
    y, x, one, speakers = y[used], x[used], one[used], speakers[used]
    if not np.all(y >= 0):
        raise ValueError("Edits are counts: 0 or above, and known for every unit that has reference words.")

    n_clusters = len(np.unique(speakers[one])), len(np.unique(speakers[~one]))
    raw, adjusted = _describe(y, x, one), Gap()
    kept: tuple[str, ...] = ()
    status, reason = _look_for_data(y, one, n_clusters)
    if status == "ok":
        alpha, df = 1 - confidence, min(n_clusters) - 1
        units = _Units(y, x, one, np.unique(speakers, return_inverse=True)[1])
        try:
            raw = _measure(units, units.group, alpha, df)
            columns, kept = _encode(
                covariates.iloc[used], y, set(durations), most=units.n_clusters // CLUSTERS_PER_COLUMN
            )
            adjusted = _measure(units, np.column_stack([units.group, *columns]), alpha, df)
        except _NoFitError as why:
            status, reason = "no data", str(why)
    return AdjustedGap(
        status=status,
        reason=reason,
        raw=raw,
        adjusted=adjusted,
        units=(int(one.sum()), int((~one).sum())),
        clusters=n_clusters,
        covariates=kept,
        without_words=int(wordless.sum()),
        without_covariates=int(missing.sum()),
        confidence=confidence,
    )


class _NoFitError(Exception):
    """The regression has no answer; the text says why."""


@dataclass(frozen=True)
class _Units:
    """What is counted of each unit, and its cluster's number."""

    edits: Floats
    words: Floats
    inside: NDArray[np.bool_]
    clusters: NDArray[np.intp]

    @property
    def group(self) -> Floats:
        """The columns of the intercept and of the slice."""
        return np.column_stack([np.ones(len(self.edits)), self.inside])

    @property
    def n_clusters(self) -> int:
        return int(self.clusters.max()) + 1

    def add_up(self, values: Floats) -> Floats:
        """Add the values of each cluster's units together."""
        return np.asarray(np.bincount(self.clusters, values, self.n_clusters), float)


def _number_clusters(clusters: ArrayLike) -> NDArray[np.intp]:
    numbers, _ = pd.factorize(pd.Series(clusters))
    alone = numbers < 0
    numbers[alone] = len(numbers) + np.arange(alone.sum())
    return np.asarray(numbers)


def _check_lengths(**given: Any) -> None:
    lengths = {name: len(values) for name, values in given.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"Every argument holds one value for each unit, but their lengths differ: {told}.")


def _lack_any(covariates: pd.DataFrame) -> NDArray[np.bool_]:
    lacking = covariates.isna().any(axis=1).to_numpy()
    for place in range(covariates.shape[1]):
        if _is_numeric(covariates.iloc[:, place]):
            lacking = lacking | np.isinf(_numbers(covariates.iloc[:, place]))
    return np.asarray(lacking, bool)


def _is_numeric(column: pd.Series[Any]) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _numbers(column: pd.Series[Any]) -> Floats:
    return column.to_numpy(dtype=float, na_value=nan)


def _describe(edits: Floats, words: Floats, inside: NDArray[np.bool_]) -> Gap:
    """Return the raw gap without limits: pooled rates need no regression."""
    if inside.all() or not inside.any():
        return Gap()
    one, two = (edits[side].sum() / words[side].sum() for side in (inside, ~inside))
    ratio = one / two if two > 0 else (inf if one > 0 else nan)
    return Gap(ratio=float(ratio), difference=float(one - two))


def _look_for_data(edits: Floats, inside: NDArray[np.bool_], clusters: tuple[int, int]) -> tuple[Status, str]:
    for side, called, n in ((inside, "in the slice", clusters[0]), (~inside, "in its baseline", clusters[1])):
        if n == 0:
            return "no data", f"No unit {called} has reference words and all covariates."
        if n < MIN_CLUSTERS:
            return "too few", f"Only {n} speakers {called}; nothing is claimed under {MIN_CLUSTERS} on a side."
        if not edits[side].any():
            return "no data", f"There are no edits {called}, so that no ratio can be fitted."
    return "ok", ""


def _encode(
    covariates: pd.DataFrame, edits: Floats, durations: Collection[str], most: int
) -> tuple[list[Floats], tuple[str, ...]]:
    """Return the columns of the regression and the covariates that they stand for.

    Raises _NoFitError where a category is without edits (its coefficient would run off to minus infinity), and where
    there would be more than `most` columns.
    """
    columns: list[Floats] = []
    kept: list[str] = []
    for place, name in enumerate(map(str, covariates.columns)):
        column = covariates.iloc[:, place]
        if column.nunique() < 2:
            continue
        kept.append(name)
        if _is_numeric(column):
            columns.append(_standardise(_numbers(column), as_duration=name in durations))
            continue
        codes, levels = pd.factorize(column.astype("string"))
        if len(columns) + len(levels) - 1 > most:
            raise _NoFitError(f"'{name}' has {len(levels)} categories: too many for so few speakers. Merge some.")
        for code in np.flatnonzero(np.bincount(codes, edits) == 0):
            raise _NoFitError(
                f"There are no edits where '{name}' is '{levels[int(code)]}'. Merge it with another category."
            )
        commonest = np.bincount(codes).argmax()  # what the others are held against
        columns += [np.asarray(codes == code, float) for code in range(len(levels)) if code != commonest]
    if len(columns) > most:
        raise _NoFitError(f"{len(columns)} covariates are too many for so few speakers. Leave some out.")
    return columns, tuple(kept)


def _standardise(values: Floats, *, as_duration: bool) -> Floats:
    if as_duration and np.all(values > 0):
        values = np.log(values)
    values = values / np.abs(values).max()  # so that squares of huge numbers do not overflow
    spread = values.std()
    return np.asarray((values - values.mean()) / spread) if spread > 0 else np.zeros(len(values))


def _measure(units: _Units, design: Floats, alpha: float, df: int) -> Gap:
    """Fit the regression and return its gap; column 1 of `design` is the slice. Raises _NoFitError."""
    from scipy.special import stdtr

    coefficients = _fit(units, design)
    expected = units.words * np.exp(design @ coefficients)
    per_cluster = _leave_out_each(units, design, expected)

    effect = coefficients[1]
    n = units.n_clusters
    error = np.sqrt((n - 1) / n * np.sum(per_cluster[:, 1] ** 2))
    if not error > _NO_SCATTER:
        raise _NoFitError("All speakers have the same rate, so that nothing tells how far chance reaches.")
    reach = float(quantile(alpha, df)) * error

    # Everyone outside, everyone inside: the same units with the group's column set to 0, then to 1.
    outside = np.exp(design @ coefficients - effect * design[:, 1])
    inside = outside * np.exp(effect)
    weight = units.words / units.words.sum()
    difference = weight @ (inside - outside)
    slope = (weight * (inside - outside)) @ design
    slope[1] = weight @ inside
    own = units.add_up(units.words * (inside - outside - difference))
    moves = own / (units.words.sum() - units.add_up(units.words)) + per_cluster @ slope
    half = float(quantile(alpha, df)) * np.sqrt((n - 1) / n * np.sum(moves**2))
    return Gap(
        ratio=float(np.exp(effect)),
        ratio_low=float(np.exp(effect - reach)),
        ratio_high=float(np.exp(effect + reach)),
        difference=float(difference),
        difference_low=float(difference - half),
        difference_high=float(difference + half),
        p=float(2 * stdtr(df, -abs(effect) / error)),
    )


def _fit(units: _Units, design: Floats) -> Floats:
    """Return the coefficients of the Poisson regression. Raises _NoFitError where they cannot be had."""
    if design.shape[1] == 2:  # without covariates the pooled rates are the fit
        outside, inside = (units.edits[side].sum() / units.words[side].sum() for side in (~units.inside, units.inside))
        return np.array([np.log(outside), np.log(inside / outside)])
    try:
        from statsmodels.genmod.families import Poisson
        from statsmodels.genmod.generalized_linear_model import GLM
    except ImportError as error:
        raise QuestionError(
            "Adjusted gaps need the optional package statsmodels: pip install 'fairness-dashboard[adjusted]'."
        ) from error

    if np.linalg.matrix_rank(design) < design.shape[1]:
        others = np.delete(design, 1, axis=1)
        if np.linalg.matrix_rank(others) == others.shape[1]:
            raise _NoFitError("The covariates tell the slice from its baseline completely: no unit is like one there.")
        raise _NoFitError("One covariate repeats what others say. Leave one of them out.")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # what they warn of is looked at below
        try:
            model = GLM(units.edits, design, family=Poisson(), offset=np.log(units.words))
            fitted = model.fit(tol=1e-10, tol_criterion="params")
        except (ValueError, np.linalg.LinAlgError) as error:
            raise _NoFitError(f"The regression has no answer ({error}).") from error
    coefficients = np.asarray(fitted.params, float)
    information = _information(design, np.asarray(fitted.mu, float))
    if not fitted.converged or not np.all(np.isfinite(information)) or _condition(information) > _WORST_CONDITION:
        raise _NoFitError(
            "Some mix of covariates is without edits, so that the regression has no finite answer. Use fewer."
        )
    return coefficients


def _information(design: Floats, expected: Floats) -> Floats:
    return np.asarray((design * expected[:, None]).T @ design)


def _condition(information: Floats) -> float:
    """The condition number once every column has length 1."""
    size = np.sqrt(np.diag(information))
    return float(np.linalg.cond(information / np.outer(size, size))) if size.all() else inf


def _leave_out_each(units: _Units, design: Floats, expected: Floats) -> Floats:
    """Return by how much each cluster moves the coefficients, (clusters, coefficients): one Newton step without it.

    What a cluster alone can tell (a category of its own) is no longer asked without it: the pseudo-inverse.
    """
    residuals, (_, k) = units.edits - expected, design.shape
    score = np.column_stack([units.add_up(design[:, i] * residuals) for i in range(k)])
    own = np.empty((units.n_clusters, k, k))
    for i in range(k):
        for j in range(i + 1):
            own[:, i, j] = own[:, j, i] = units.add_up(design[:, i] * design[:, j] * expected)
    without = np.linalg.pinv(own.sum(axis=0) - own, rcond=1 / _WORST_CONDITION, hermitian=True)
    return np.asarray(np.einsum("cij,cj->ci", without, score))
