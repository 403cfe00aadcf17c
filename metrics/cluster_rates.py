"""Metrics of the clusters' own rates: mean, median and standard deviation over the speakers of a group.

A speaker's rate in a group is that of their own units there, so the rates do not add up over cells: they are
made of the sums that every grouping keeps per cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics import noise
from metrics.apart import FamilyApart
from metrics.cube import Cube, Grouping
from metrics.registry import Metric, OfClusters
from metrics.sides import Measured, Side

Floats = NDArray[Any]

_FEWEST_FOR_SD = 5  # Bonett's kurtosis divides by sqrt(n - 4)


@dataclass(frozen=True)
class Rates:
    """The rates of the clusters in a set of units: `cluster` numbers and `rate`, both (clusters,), and two counts."""

    cluster: NDArray[np.int64]
    rate: Floats
    units: float
    enough: float


class ClusterFamily(FamilyApart):
    """Mean, median or standard deviation of the rates of clusters, each cluster weighing the same."""

    def __init__(self, metric: Metric) -> None:
        super().__init__(metric)
        assert isinstance(metric.formula, OfClusters)
        self.formula = metric.formula

    def measure_cells(self, cube: Cube, grouping: Grouping) -> Measured:
        return self._measure(cube, self._rates_of_cells(cube, grouping))

    def measure_against(
        self, cube: Cube, grouping: Grouping, masks: Sequence[NDArray[np.bool_]], joint: Grouping | None = None
    ) -> tuple[Measured, Floats]:
        made: dict[bytes, Rates] = {}
        for mask in masks:
            if mask.tobytes() not in made:
                made[mask.tobytes()] = self._rates(cube, joint or grouping, mask)
        others = [made[mask.tobytes()] for mask in masks]
        pairs, phi = zip(self._rates_of_cells(cube, grouping), others, strict=True), self._dispersion(cube)
        return self._measure(cube, others), np.array([[self._correlation(a, b, phi) for a, b in pairs]])

    def pair_correlations(self, cube: Cube, grouping: Grouping) -> Floats | None:
        rates, phi = self._rates_of_cells(cube, grouping), self._dispersion(cube)
        r = np.eye(len(rates))
        for i, one in enumerate(rates):
            for j in range(i):
                r[i, j] = r[j, i] = self._correlation(one, rates[j], phi)
        return r

    def noise_floor(self, cube: Cube, grouping: Grouping, cells: NDArray[np.int64], seed: int) -> float | None:
        """Return the floor where speakers are dealt out anew over the groups, each keeping its number of them.

        That is chance alone where each cluster lies in one group; where clusters span groups it is left to normal
        draws, but for the standard deviation, which has no floor then.
        """
        rates = [self._rates_of_cells(cube, grouping)[cell] for cell in cells]
        everyone = np.concatenate([r.cluster for r in rates])
        if len(np.unique(everyone)) < len(everyone):
            return None if self.formula.kind == "mean" else np.nan
        return noise.rearranged_floor([r.rate for r in rates], self.formula.kind, seed=seed)

    def borrowed(self, cube: Cube) -> dict[Any, float]:
        return {self._key("dispersion"): self._dispersion(cube), self._key("kurtosis"): self._pooled_kurtosis(cube)}

    # -- rates

    def _key(self, what: str) -> tuple[str, ...]:
        return (f"{what} of rates", self.formula.top, self.formula.below)

    def _rates_of_cells(self, cube: Cube, grouping: Grouping) -> list[Rates]:
        key = ("cluster rates", self.formula.top, self.formula.below, grouping.names)
        if key not in cube.kept:
            cells = np.arange(len(grouping))
            cube.kept[key] = [self._rates(cube, grouping, cells == cell) for cell in cells]
        rates: list[Rates] = cube.kept[key]
        return rates

    def _rates(self, cube: Cube, grouping: Grouping, mask: NDArray[np.bool_]) -> Rates:
        clusters, layout = grouping.clusters, cube.layout
        assert clusters is not None
        inside = mask[clusters.cell]
        cluster, sums = clusters.cluster[inside], clusters.sums[inside]
        top, below = (
            np.bincount(cluster, sums @ layout.weights(form), minlength=clusters.n_clusters)
            for form in (self.formula.top, self.formula.below)
        )
        known = np.flatnonzero(below > 0)
        units, enough = (
            float(grouping.rows[mask].sum(axis=0) @ layout.outcomes(form, None))
            for form in (self.formula.units, self.formula.enough)
        )
        return Rates(known, top[known] / below[known], units, enough)

    # -- what is made of them

    def _measure(self, cube: Cube, sets: Sequence[Rates]) -> Measured:
        value, n, se, n_zero, df = np.full((5, 1, len(sets)), np.nan)
        samples = np.empty((1, len(sets)), dtype=object)
        phi = self._dispersion(cube)
        for i, rates in enumerate(sets):
            w = rates.rate
            samples[0, i] = np.sort(w)
            n[0, i] = count = len(w)
            if not count:
                continue
            df[0, i] = count - 1 if count > 1 else np.nan
            if self.formula.kind == "mean":
                value[0, i], n_zero[0, i] = w.mean(), count / phi if phi > 0 else np.nan
                se[0, i] = np.sqrt(_variance_of_mean(w, phi))
            elif self.formula.kind == "median":
                value[0, i] = np.median(w)
            elif count > 1:
                value[0, i] = w.std(ddof=1)
                own = _kurtosis(w)
                # Hard speakers are rare, and a sample without one looks less heavy-tailed than its group is.
                kurtosis = np.fmax(own, self._pooled_kurtosis(cube)) if own > 0 else np.nan
                se[0, i] = np.sqrt(np.maximum(kurtosis - (count - 3) / count, 0.0) / (count - 1))
        kind = {"mean": "rate", "median": "quantile", "sd": "sd"}[self.formula.kind]
        df = np.full_like(df, np.inf) if kind == "quantile" else df
        side = Side(kind, value, n, se, n_zero, df, bounds=self.metrics[0].bounds, samples=samples)
        nothing = np.full_like(value, np.nan)
        return Measured(
            side=side,
            top=nothing,
            below=nothing,
            units=np.array([[rates.units for rates in sets]]),
            denominator=np.array([[rates.enough for rates in sets]]),
            effective=n,
            clusters=n,
            gradient=np.zeros((*value.shape, 1)),
            weight=nothing,
        )

    def _dispersion(self, cube: Cube) -> float:
        """Return the variance of the rates over their mean, pooled over the levels of all attributes, each singly."""
        key = self._key("dispersion")
        if key not in cube.kept:
            rates = [w for w in self._rates_of_levels(cube) if len(w) > 1]
            total = sum(float(w.sum()) for w in rates)
            squares = sum(float(((w - w.mean()) ** 2).sum()) for w in rates)
            # Without any scatter to borrow, rates that are all alike have no limits.
            cube.kept[key] = squares / total if squares > 0 else np.nan
        phi: float = cube.kept[key]
        return phi

    def _pooled_kurtosis(self, cube: Cube) -> float:
        """Return the kurtosis of the rates, weighted by clusters, over the levels of all attributes, each singly."""
        key = self._key("kurtosis")
        if key not in cube.kept:
            found = [(len(w), _kurtosis(w)) for w in self._rates_of_levels(cube)]
            known = [(n, kurtosis) for n, kurtosis in found if not np.isnan(kurtosis)]
            total = sum(n for n, _ in known)
            cube.kept[key] = sum(n * kurtosis for n, kurtosis in known) / total if known else np.nan
        pooled: float = cube.kept[key]
        return pooled

    def _rates_of_levels(self, cube: Cube) -> list[Floats]:
        groupings = [cube.by((a.name,)) for a in cube.axes if not a.saved] or [cube.by(())]
        return [r.rate for g in groupings for r in self._rates_of_cells(cube, g) if len(r.rate)]

    def _correlation(self, one: Rates, two: Rates, phi: float) -> float:
        """Return the correlation of two values over the clusters in both, from what each cluster pulls them by."""
        shared, at_one, at_two = np.intersect1d(one.cluster, two.cluster, assume_unique=True, return_indices=True)
        if not len(shared):
            return 0.0
        pull = [_pull(rates.rate, self.formula.kind) for rates in (one, two)]
        size = np.sqrt((pull[0] ** 2).sum() * (pull[1] ** 2).sum())
        together = float((pull[0][at_one] * pull[1][at_two]).sum())
        if self.formula.kind == "mean" and size > 0:
            # Their covariance is measured, however large the variances are taken to be.
            for rates in (one, two):
                size *= np.sqrt(_variance_of_mean(rates.rate, phi) / _variance_of_mean(rates.rate, 0.0))
        return float(np.clip(together / size, -1, 1)) if size > 0 else 0.0


def _variance_of_mean(w: Floats, phi: float) -> float:
    """Return the variance of the mean of rates: the larger of their own and of what their dispersion `phi` gives.

    Own variances alone are too small where by chance no cluster of a few was hard: clusters' rates are skew.
    """
    n = len(w)
    variance = np.fmax(w.var(ddof=1), phi * w.mean()) if n > 1 else np.nan
    # Equal rates of a few clusters are no certainty.
    return float(variance) / n if variance > 0 else np.nan


def _kurtosis(w: Floats) -> float:
    """Return the kurtosis of a sample about its trimmed mean (Bonett 2006); NaN under five values, or equal ones."""
    n = len(w)
    squares = ((w - w.mean()) ** 2).sum()
    if n < _FEWEST_FOR_SD or not squares > 0:
        return np.nan
    cut = int(n / (2 * np.sqrt(n - 4)))
    middle = np.sort(w)[cut : n - cut].mean() if n > 2 * cut else float(np.median(w))
    return float(n * ((w - middle) ** 4).sum() / squares**2)


def _pull(w: Floats, kind: str) -> Floats:
    """Return what each cluster pulls the value by, but for a factor (its influence: Hampel 1974)."""
    if kind == "mean":
        return np.asarray(w - w.mean())
    if kind == "median":
        return np.asarray(np.sign(w - np.median(w)))
    squares = (w - w.mean()) ** 2
    return np.asarray(squares - squares.mean())
