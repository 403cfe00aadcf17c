"""Metrics of the scores' order and bins: AUC with its error, expected calibration error.

They do not add up over slices, so they are counted per grouping from the scored rows: units are
sorted by score once, and every set of units is a histogram of positives and negatives over the
distinct scores, exact whatever the scores are. A rest is the difference of two histograms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics import noise
from metrics.apart import FamilyApart
from metrics.cube import Cube, Grouping, _mix
from metrics.errors import QuestionError
from metrics.intervals import auc_effective_n, hanley_mcneil
from metrics.scored import Scored
from metrics.sides import Measured, Side

Floats = NDArray[Any]

# Calibration is stated over ten bins of equal width, [0, .1), ..., [.9, 1].
CALIBRATION_BINS = 10


class AreaFamily(FamilyApart):
    """The area under the ROC curve, from the ranks of the scores."""

    def measure_cells(self, cube: Cube, grouping: Grouping) -> Measured:
        return _measure_areas(_areas(cube, grouping))

    def measure_against(
        self, cube: Cube, grouping: Grouping, masks: Sequence[NDArray[np.bool_]], joint: Grouping | None = None
    ) -> tuple[Measured, Floats]:
        ranks = rank_units(cube)
        where = cells_of(cube, joint or grouping)[ranks.rows]
        made: dict[bytes, Area] = {}
        others = []
        for mask in masks:
            key = mask.tobytes()
            if key not in made:
                made[key] = area(ranks, np.flatnonzero(mask[where]))
            others.append(made[key])
        pairs = zip(_areas(cube, grouping), others, strict=True)
        return _measure_areas(others), np.array([[_correlation(ranks, a, b) for a, b in pairs]])

    def pair_correlations(self, cube: Cube, grouping: Grouping) -> Floats | None:
        return _pair_correlations(cube, grouping)

    def noise_floor(self, cube: Cube, grouping: Grouping, cells: NDArray[np.int64], seed: int) -> float | None:
        return None


class CalibrationFamily(FamilyApart):
    """Expected calibration error, from bins of the scores. It has a noise floor but no honest interval."""

    def measure_cells(self, cube: Cube, grouping: Grouping) -> Measured:
        return _measure_calibration(rank_units(cube), _units_by_cell(cube, grouping))

    def measure_against(
        self, cube: Cube, grouping: Grouping, masks: Sequence[NDArray[np.bool_]], joint: Grouping | None = None
    ) -> tuple[Measured, Floats]:
        ranks = rank_units(cube)
        where = cells_of(cube, joint or grouping)[ranks.rows]
        found = _measure_calibration(ranks, [np.flatnonzero(mask[where]) for mask in masks])
        return found, np.zeros_like(found.side.value)

    def pair_correlations(self, cube: Cube, grouping: Grouping) -> Floats | None:
        return None

    def noise_floor(self, cube: Cube, grouping: Grouping, cells: NDArray[np.int64], seed: int) -> float | None:
        """Return what perfectly calibrated scores would show; not to be had of weights or clusters."""
        if grouping.clusters is not None or cube.has_weights:
            return np.nan
        tables = calibration_tables(cube, grouping)[cells]
        return noise.calibration_floor(tables[:, :, 0], tables[:, :, 2], seed=seed)


@dataclass(frozen=True, eq=False)
class Ranks:
    """The labelled and scored units of a cube, by the rank of their score.

    `rank` (units,) numbers the distinct scores ascending; `weight`, `times` and `cluster` belong to
    the same units, `rows` are their positions among the scored ones.
    """

    rows: NDArray[np.int64]
    rank: NDArray[np.int64]
    positive: NDArray[np.bool_]
    score: Floats
    weight: Floats
    times: Floats
    cluster: NDArray[np.int64] | None
    levels: int


def rank_units(cube: Cube) -> Ranks:
    """Rank the labelled and scored units once. Raises QuestionError for a cube without rows."""
    if "ranks" not in cube.kept:
        scored = cube.scored
        if scored is None or scored.score is None or scored.positive is None:
            raise QuestionError("The order of the scores cannot be had: the rows, scores or labels are not here.")
        has = np.flatnonzero((scored.positive >= 0) & ~np.isnan(scored.score))
        distinct, rank = np.unique(scored.score[has], return_inverse=True)
        times = np.ones(len(has)) if scored.multiplicity is None else scored.multiplicity[has].astype(np.float64)
        weight = times if scored.weights is None else scored.weights[has] * times
        clusters = None if scored.clusters is None else scored.clusters[has]
        cube.kept["ranks"] = Ranks(
            has, rank, scored.positive[has] == 1, scored.score[has], weight, times, clusters, len(distinct)
        )
    ranks: Ranks = cube.kept["ranks"]
    return ranks


def cells_of(cube: Cube, grouping: Grouping) -> NDArray[np.int64]:
    """Return the cell of every scored row of a cube in a grouping, shape (rows,)."""
    scored: Scored | None = cube.scored
    assert scored is not None
    sizes = tuple(a.size for a in grouping.axes)
    ids = _mix(scored, grouping.axes).astype(np.int64)
    if not sizes:
        return ids
    keys = np.ravel_multi_index(tuple(grouping.codes.T), sizes)
    return np.searchsorted(keys, ids)


@dataclass(frozen=True)
class Area:
    """An AUC with what its limits need.

    `positives` and `negatives` are effective (Kish's where there are weights), `n_positive` and
    `n_negative` count units. `units` and `influence` tell what each unit adds to the error.
    """

    value: float
    variance: float
    positives: float
    negatives: float
    n_positive: float
    n_negative: float
    n_clusters: float
    units: NDArray[np.int64]
    influence: Floats


def area(ranks: Ranks, inside: NDArray[np.int64]) -> Area:
    """Return the AUC of the units at these positions, and its variance.

    The variance is the larger of DeLong's (placements summed per cluster where there are clusters:
    Obuchowski 1997) and Hanley & McNeil's. Weighted units enter DeLong's by their squared weights
    and the other by Kish's numbers.
    """
    all_pos, all_times = ranks.positive[inside], ranks.times[inside]
    n_pos, n_neg = float(all_times[all_pos].sum()), float(all_times[~all_pos].sum())
    inside = inside[ranks.weight[inside] > 0]  # a unit that weighs nothing is in no pair, but in the minimum
    rank, is_pos, w, times = ranks.rank[inside], ranks.positive[inside], ranks.weight[inside], ranks.times[inside]
    cluster = None if ranks.cluster is None else ranks.cluster[inside]
    n_clusters = float(len(np.unique(cluster))) if cluster is not None else np.nan
    pos = np.bincount(rank, weights=w * is_pos, minlength=ranks.levels)
    neg = np.bincount(rank, weights=w * ~is_pos, minlength=ranks.levels)
    total_pos, total_neg = pos.sum(), neg.sum()
    if not (total_pos > 0 and total_neg > 0):
        return Area(np.nan, np.nan, n_pos, n_neg, n_pos, n_neg, n_clusters, inside, np.zeros(len(inside)))
    place_pos = (np.cumsum(neg) - neg / 2) / total_neg
    place_neg = 1 - (np.cumsum(pos) - pos / 2) / total_pos
    value = float((place_pos * pos).sum() / total_pos)
    # Perfect order, either way, is told from the ranks: rounding of weights must not hide it.
    if rank[is_pos].min() > rank[~is_pos].max():
        value = 1.0
    elif rank[is_pos].max() < rank[~is_pos].min():
        value = 0.0

    influence = np.where(is_pos, (place_pos[rank] - value) / total_pos, (place_neg[rank] - value) / total_neg) * w
    # A row that stands for several units is so many equal ones: divided among them, their squares add up.
    squares = influence * influence / np.maximum(times, 1)
    unit_squares = w * w / np.maximum(times, 1)
    if cluster is None:
        delong = _over_less_one(squares[is_pos].sum(), times[is_pos].sum())
        delong += _over_less_one(squares[~is_pos].sum(), times[~is_pos].sum())
    else:
        _, index = np.unique(cluster, return_inverse=True)
        by_cluster = np.bincount(index, weights=influence)
        delong = _over_less_one((by_cluster * by_cluster).sum(), n_clusters)
    kish_pos = float(total_pos**2 / unit_squares[is_pos].sum())
    kish_neg = float(total_neg**2 / unit_squares[~is_pos].sum())
    hanley = float(hanley_mcneil(value, kish_pos, kish_neg))
    variance = float(np.fmax(delong, hanley))
    return Area(value, variance, kish_pos, kish_neg, n_pos, n_neg, n_clusters, inside, influence)


def _areas(cube: Cube, grouping: Grouping) -> list[Area]:
    key = ("areas", grouping.names)
    if key not in cube.kept:
        ranks = rank_units(cube)
        cube.kept[key] = [area(ranks, units) for units in _units_by_cell(cube, grouping)]
    areas: list[Area] = cube.kept[key]
    return areas


def _units_by_cell(cube: Cube, grouping: Grouping) -> list[NDArray[np.int64]]:
    """Return the positions of the ranked units of every cell."""
    cell = cells_of(cube, grouping)[rank_units(cube).rows]
    order = np.argsort(cell, kind="stable")
    return np.split(order, np.searchsorted(cell[order], np.arange(1, len(grouping))))


def _correlation(ranks: Ranks, one: Area, two: Area) -> float:
    """Return the correlation of two AUCs over the units, or the clusters, that are in both."""
    if not one.variance * two.variance > 0:
        return 0.0
    if ranks.cluster is None:
        shared, at_one, at_two = np.intersect1d(one.units, two.units, assume_unique=True, return_indices=True)
        if not len(shared):
            return 0.0
        together = (one.influence[at_one] * two.influence[at_two] / np.maximum(ranks.times[shared], 1)).sum()
    else:
        n = int(ranks.cluster.max(initial=0)) + 1
        sums = [np.bincount(ranks.cluster[a.units], weights=a.influence, minlength=n) for a in (one, two)]
        either = len(np.union1d(ranks.cluster[one.units], ranks.cluster[two.units]))
        together = _over_less_one((sums[0] * sums[1]).sum(), either)
    return float(np.clip(together / np.sqrt(one.variance * two.variance), -1, 1))


def _pair_correlations(cube: Cube, grouping: Grouping) -> Floats | None:
    areas, cluster = _areas(cube, grouping), rank_units(cube).cluster
    if cluster is None:
        return None
    n = int(cluster.max(initial=0)) + 1
    table = np.stack([np.bincount(cluster[a.units], weights=a.influence, minlength=n) for a in areas])
    inside = np.stack([np.bincount(cluster[a.units], minlength=n) > 0 for a in areas]).astype(np.float64)
    own, error = inside.sum(axis=1), np.sqrt([a.variance for a in areas])
    either = own[:, None] + own[None, :] - inside @ inside.T
    with np.errstate(divide="ignore", invalid="ignore"):
        r = table @ table.T * either / (either - 1) / (error[:, None] * error[None, :])
    return np.where(np.isfinite(r), np.clip(r, -1, 1), 0.0)


def _measure_areas(areas: Sequence[Area]) -> Measured:
    """Return AUCs as a measured side of shape (1, sets): Wilson's limits at the effective n."""
    rows = [[a.value, a.variance, a.positives, a.negatives, a.n_positive, a.n_negative, a.n_clusters] for a in areas]
    columns = np.array(rows, dtype=np.float64).reshape(-1, 7).T[:, None, :]
    value, variance, pos, neg, n_pos, n_neg, clusters = columns
    n = auc_effective_n(value, variance, pos, neg)
    nothing = np.full_like(value, np.nan)
    clustered = not np.isnan(clusters).all()
    df = np.where(clusters > 1, clusters - 1, np.nan) if clustered else np.full_like(value, np.inf)
    return Measured(
        side=Side("share", value, n, nothing, nothing, df),
        top=nothing,
        below=nothing,
        units=n_pos + n_neg,
        denominator=np.minimum(n_pos, n_neg),
        effective=n,
        clusters=clusters if clustered else None,
        gradient=np.zeros((*value.shape, 1)),
        weight=nothing,
    )


def calibration_bins(score: Floats) -> NDArray[np.int64]:
    """Return the calibration bin of every score."""
    bins: NDArray[np.int64] = np.minimum((score * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    return bins


def calibration_table(ranks: Ranks, inside: NDArray[Any]) -> NDArray[np.float64]:
    """Return (units, weight, sum of scores, weight of positives) per calibration bin: shape (bins, 4)."""
    bins = calibration_bins(ranks.score[inside])
    w = ranks.weight[inside]
    columns = (ranks.times[inside], w, w * ranks.score[inside], w * ranks.positive[inside])
    return np.stack([np.bincount(bins, weights=c, minlength=CALIBRATION_BINS) for c in columns], axis=1)


def calibration_tables(cube: Cube, grouping: Grouping) -> NDArray[np.float64]:
    """Return the calibration table of every cell of a grouping: shape (cells, bins, 4)."""
    ranked = rank_units(cube)
    return np.stack([calibration_table(ranked, units) for units in _units_by_cell(cube, grouping)])


def _measure_calibration(ranks: Ranks, sets: Sequence[NDArray[np.int64]]) -> Measured:
    """Return expected calibration errors as a side without limits, shape (1, sets)."""
    tables = [calibration_table(ranks, units) for units in sets]
    weights = np.array([[t[:, 1].sum() for t in tables]])
    gaps = np.array([[np.abs(t[:, 2] - t[:, 3]).sum() for t in tables]])
    units = np.array([[t[:, 0].sum() for t in tables]])
    values = np.where(weights > 0, gaps / np.where(weights > 0, weights, 1), np.nan)
    blank = np.full_like(values, np.nan)
    clusters = None
    if ranks.cluster is not None:
        clusters = np.array([[float(len(np.unique(ranks.cluster[units]))) for units in sets]])
    return Measured(
        side=Side("mean", values, blank, blank, blank, blank),
        top=blank,
        below=blank,
        units=units,
        denominator=units,
        effective=blank,
        clusters=clusters,
        gradient=np.zeros((*values.shape, 1)),
        weight=weights,
    )


def _over_less_one(squares: float, n: float) -> float:
    return float(squares * n / (n - 1)) if n > 1 else np.nan
