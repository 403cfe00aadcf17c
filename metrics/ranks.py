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
_NUMBERS_AT_ONCE = 2_000_000


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

    def measure_slices(
        self, cube: Cube, grouping: Grouping, cells: NDArray[np.int64]
    ) -> tuple[Measured, Measured, Floats]:
        ranks = rank_units(cube)
        if not ranks.is_plain or not ranks.levels:
            return super().measure_slices(cube, grouping, cells)
        where = cells_of(cube, grouping)[ranks.rows]
        known = grouping.known[where]
        whole = _histograms(ranks, np.zeros(int(known.sum()), np.int64), known, 1)
        place = np.full(len(grouping), -1)
        place[cells] = np.arange(len(cells))
        found: list[list[Floats]] = [[], []]
        at_once = max(1, _NUMBERS_AT_ONCE // ranks.levels)
        for start in range(0, len(cells), at_once):
            some = cells[start : start + at_once]
            inside = (place[where] >= start) & (place[where] < start + len(some))
            own = _histograms(ranks, place[where[inside]] - start, inside, len(some))
            # A cell without a level of each attribute is no part of the known, and has all of them as its rest.
            rest = whole - own * grouping.known[some][None, :, None]
            found[0].append(_plain_areas(*own))
            found[1].append(_plain_areas(*rest))
        one, two = (_measure_columns(np.concatenate(f, axis=1) if f else np.zeros((7, 0))) for f in found)
        return one, two, np.zeros((1, len(cells)))

    def measure_beside(
        self, cube: Cube, grouping: Grouping, cell: int, beside: NDArray[np.bool_]
    ) -> tuple[Measured, Floats]:
        ranks = rank_units(cube)
        if not ranks.is_plain:
            return super().measure_beside(cube, grouping, cell, beside)
        units = beside[cells_of(cube, grouping)[ranks.rows]]
        histograms = _histograms(ranks, np.zeros(int(units.sum()), np.int64), units, 1)
        return _measure_columns(_plain_areas(*histograms)), np.zeros((1, 1))

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

    @property
    def is_plain(self) -> bool:
        """Whether every unit is a row of its own and counts as one."""
        return self.cluster is None and bool((self.weight == 1).all() and (self.times == 1).all())


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
    n_cells = int(np.prod([float(size) for size in sizes]))
    if n_cells > len(scored):
        return np.searchsorted(keys, ids)
    place = np.zeros(n_cells, np.int64)
    place[keys] = np.arange(len(keys))
    return place[ids]


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


def _histograms(ranks: Ranks, sets: NDArray[np.int64], units: NDArray[np.bool_], n_sets: int) -> Floats:
    """Count the positives and negatives of each set over the distinct scores: shape (2, sets, levels)."""
    positive, key = ranks.positive[units], sets * ranks.levels + ranks.rank[units]
    size = n_sets * ranks.levels
    counts = [np.bincount(key[mask], minlength=size).reshape(n_sets, -1) for mask in (positive, ~positive)]
    return np.stack(counts).astype(np.float64)


def _plain_areas(pos: Floats, neg: Floats) -> Floats:
    """Return what `area` gives of units that all count as one, from histograms (sets, levels): shape (7, sets)."""
    n_pos, n_neg = pos.sum(axis=1), neg.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        place_pos = (np.cumsum(neg, axis=1) - neg / 2) / n_neg[:, None]
        place_neg = 1 - (np.cumsum(pos, axis=1) - pos / 2) / n_pos[:, None]
        value = np.einsum("sl,sl->s", place_pos, pos) / n_pos
        delong = np.zeros(len(pos))
        for place, hist, n in ((place_pos, pos, n_pos), (place_neg, neg, n_neg)):
            away = place - value[:, None]
            squares = np.einsum("sl,sl,sl->s", away, away, hist) / (n * n)
            delong += np.where(n > 1, squares * n / (n - 1), np.nan)
        (lowest_pos, highest_pos), (lowest_neg, highest_neg) = _ends(pos), _ends(neg)
        both = (n_pos > 0) & (n_neg > 0)
        value = np.where(lowest_pos > highest_neg, 1.0, np.where(highest_pos < lowest_neg, 0.0, value))
        value = np.where(both, value, np.nan)
        variance = np.where(both, np.fmax(delong, hanley_mcneil(value, n_pos, n_neg)), np.nan)
    return np.stack([value, variance, n_pos, n_neg, n_pos, n_neg, np.full(len(pos), np.nan)])


def _ends(histogram: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last level that occurs in every set."""
    there = histogram > 0
    return there.argmax(axis=1), there.shape[1] - 1 - there[:, ::-1].argmax(axis=1)


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
    return _measure_columns(np.array(rows, dtype=np.float64).reshape(-1, 7).T)


def _measure_columns(columns: Floats) -> Measured:
    """Return AUCs as a side; the columns are those of `Area`, shape (7, sets)."""
    value, variance, pos, neg, n_pos, n_neg, clusters = columns[:, None, :]
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
