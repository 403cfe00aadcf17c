"""What a threshold on the score would do: rates of every slice over all thresholds, exactly, ROC and calibration.

Thresholds are on the scale that scores are kept in (fractions where the file has per cent), and
score >= threshold predicts positive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.cube import Cube, Cubes, Grouping, count_cells
from metrics.errors import QuestionError
from metrics.estimate import MIN_CLUSTERS, estimate
from metrics.ranks import CALIBRATION_BINS, cells_of
from metrics.scored import Axis, Scored
from metrics.slices import Slice

__all__ = [
    "RATES",
    "LeastGap",
    "calibrate",
    "choose_grid",
    "find_least_gap",
    "first_threshold",
    "gaps_of",
    "roc_curves",
    "threshold_curves",
]

RATES = ("selection_rate", "false_positive_rate", "false_negative_rate", "error_rate")
_POINTS = 101
_BIN = "\N{NULL}score bin"  # no column of a file is called so

Floats = NDArray[np.float64]


def choose_grid(score: Floats) -> Floats:
    """Return the thresholds to draw curves over, ascending; at the last one nobody is predicted positive.

    Every distinct score where there are few, else evenly spaced ones and quantiles.

    >>> choose_grid(np.array([1.0, 3.0, 3.0, np.nan])).tolist()
    [1.0, 3.0, 3.0000000000000004]
    """
    known = score[np.isfinite(score)]
    if not len(known):
        return np.array([])
    grid = np.unique(known)
    if len(grid) > 2 * _POINTS:
        even = np.linspace(known.min(), known.max(), _POINTS)
        grid = np.unique(np.concatenate([even, np.quantile(known, np.linspace(0, 1, _POINTS), method="lower")]))
    return np.append(grid, np.nextafter(grid[-1], np.inf))


def threshold_curves(
    cube: Cube, names: Sequence[str] = (), thresholds: Floats | None = None, *, min_units: int = 30
) -> pd.DataFrame:
    """Return the rates of every slice of a grouping at every threshold, exact at each.

    Columns: slice, threshold, metric, value, top, below, units, status, known; `metric` is the selection rate and,
    where there are labels, the false positive, false negative and error rate; `known` tells slices without a
    missing group. `thresholds` are
    those of `choose_grid` if not given. Raises QuestionError without scores or without the rows.
    """
    grouping = cube.by(tuple(names))
    grid = np.unique(choose_grid(_scores(cube)) if thresholds is None else np.asarray(thresholds, dtype=np.float64))
    above, units = _count_above(cube, grouping, grid)
    labelled = bool(units[:, :, 1:].sum() > 0)
    parts = []
    for metric in RATES if labelled else RATES[:1]:
        top, below, rows = _rate(metric, above, units)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(below > 0, top / np.where(below > 0, below, 1), np.nan)
        few = (rows < min_units) | (_count_clusters(cube, grouping, metric) < MIN_CLUSTERS)[:, None]
        status = np.where(below > 0, np.where(few, "too few", "ok"), "no data")
        parts.append(_tabulate(grouping, grid, metric, value, top, below, rows, status))
    return pd.concat(parts, ignore_index=True)


def roc_curves(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the false and true positive rate of every slice at every threshold of `threshold_curves`.

    Columns: slice, threshold, false_positive_rate, true_positive_rate.
    """
    false, miss = (curves[curves["metric"] == m] for m in ("false_positive_rate", "false_negative_rate"))
    return pd.DataFrame(
        {
            "slice": false["slice"].to_numpy(),
            "threshold": false["threshold"].to_numpy(),
            "false_positive_rate": false["value"].to_numpy(),
            "true_positive_rate": 1 - miss["value"].to_numpy(),
        }
    )


@dataclass(frozen=True)
class LeastGap:
    """The threshold at which a rate of the slices is closest together, and the error rate of everyone there."""

    threshold: float
    gap: float
    error: float


def find_least_gap(curves: pd.DataFrame, everyone: pd.DataFrame, metric: str) -> LeastGap | None:
    """Return the threshold at which the slices differ least in a metric; None where there is none to choose.

    `curves` and `everyone` are of `threshold_curves`, over the same thresholds. Slices that are too small, or
    whose group is missing, are left out. Near the ends every gap vanishes, because everyone is treated alike and
    the score is of no use: only thresholds count that keep half of what the best one spares in errors.
    """
    errors = everyone[everyone["metric"] == "error_rate"].set_index("threshold")["value"]
    gaps = gaps_of(curves, metric)
    if not len(errors) or not len(gaps):
        return None
    constant = min(errors.iloc[0], errors.iloc[-1])
    most = (errors.min() + constant) / 2
    useful = gaps[(errors.reindex(gaps.index) <= most) & gaps.notna()] if errors.min() < constant else gaps[:0]
    if not len(useful):
        return None
    best = useful[np.isclose(useful, useful.min(), rtol=1e-12, atol=1e-15)]
    costs = errors.reindex(best.index).to_numpy(dtype=np.float64)
    at = int(costs.argmin())
    return LeastGap(float(best.index.to_numpy(dtype=np.float64)[at]), float(best.iloc[at]), float(costs[at]))


def first_threshold(scored: Scored) -> float:
    """Return the threshold to begin with: the declared one, else one that gives the file's own predictions, else 0.5.

    Scores that are no fractions have no 0.5: of them it is the median.
    """
    declared, score = scored.definitions.get("threshold"), scored.score
    if declared is not None:
        return float(declared)
    known = np.isfinite(score) if score is not None else np.zeros(0, dtype=bool)
    if score is None or not known.any():
        return 0.5
    positive, predicted = (
        scored.layout.outcomes(c, None)[scored.outcome] > 0 for c in ("predicted_positives", "predicted")
    )
    high = float(score[known & positive].min(initial=np.inf))
    low = float(score[known & predicted & ~positive].max(initial=-np.inf))
    half = 0.5 if score[known].min() >= 0 and score[known].max() <= 1 else float(np.median(score[known]))
    return half if low < half <= high or not low < high < np.inf else high


def gaps_of(curves: pd.DataFrame, metric: str) -> pd.Series:
    """Return the spread of a metric over the slices with enough units, by threshold."""
    rows = curves[(curves["metric"] == metric) & (curves["status"] == "ok") & curves["known"]]
    grouped = rows.groupby("threshold")["value"]
    return (grouped.max() - grouped.min())[grouped.count() > 1]


def calibrate(cube: Cube, names: Sequence[str] = (), *, confidence: float = 0.95, min_units: int = 30) -> pd.DataFrame:
    """Return the observed share of positives of every slice in each score bin, with its interval.

    The bins have equal width, [0, .1), ..., [.9, 1]. Columns: slice, score (the bin's mean score), value, low,
    high, units, status. The intervals are those of any share, by whole clusters where there are any.
    """
    scored = _scored(cube)
    bins = np.minimum(np.nan_to_num(_scores(cube)) * CALIBRATION_BINS, CALIBRATION_BINS - 1).astype(np.uint8)
    bins[np.isnan(_scores(cube))] = CALIBRATION_BINS  # missing
    # No attribute of the file: what intervals borrow from all units must not hang on the bins.
    axis = Axis(_BIN, tuple(str(i) for i in range(CALIBRATION_BINS)), saved=True)
    binned = count_cells([replace(scored, axes=(*scored.axes, axis), codes=(*scored.codes, bins))])
    by = (*names, _BIN)
    table = estimate(binned, [by], ["base_rate"], confidence=confidence, min_units=min_units)
    table = table[[s.to_dict().get(_BIN) in axis.levels for s in table["slice"]]]
    means = _mean_scores(binned, by)
    return pd.DataFrame(
        {
            "slice": [Slice(tuple((a, v) for a, v in s.items() if a != _BIN)) for s in table["slice"]],
            "score": [means[s] for s in table["slice"]],
            **{c: table[c].to_numpy() for c in ("value", "low", "high", "units", "status")},
        }
    )


def _mean_scores(binned: Cubes, by: tuple[str, ...]) -> dict[Slice, float]:
    """Return the mean score of the labelled units of every cell."""
    cube = binned[0]
    grouping, scored = cube.by(by), _scored(cube)
    labelled = scored.layout.outcomes("labelled", None)[scored.outcome] > 0
    score, weight = _scores(cube), _weights(scored)
    used = labelled & ~np.isnan(score)
    cell = cells_of(cube, grouping)[used]
    total = np.bincount(cell, weights=weight[used], minlength=len(grouping))
    sums = np.bincount(cell, weights=weight[used] * score[used], minlength=len(grouping))
    with np.errstate(divide="ignore", invalid="ignore"):
        return dict(zip(grouping.slices, (sums / total).tolist(), strict=True))


def _count_above(cube: Cube, grouping: Grouping, grid: Floats) -> tuple[Floats, Floats]:
    """Count the scored units of every cell at or above every threshold.

    Returns weighted counts of shape (cells, thresholds + 1, 3), the first of the thresholds below all scores;
    the last axis is all units, positives and negatives; then the same, unweighted, of shape (cells, 1, 3).
    """
    scored, score = _scored(cube), _scores(cube)
    has = np.flatnonzero(~np.isnan(score))
    truth = np.full(len(has), -1) if scored.positive is None else scored.positive[has].astype(np.int64)
    # How many thresholds a score reaches; whoever reaches t of them is counted at the first t.
    reached = np.searchsorted(grid, score[has], side="right")
    k, n = len(grid) + 1, len(grouping)
    place = (cells_of(cube, grouping)[has] * k + reached) * 3 + (truth + 1)
    times = None if scored.multiplicity is None else scored.multiplicity[has].astype(np.float64)
    weighted = np.bincount(place, weights=_weights(scored)[has], minlength=n * k * 3).reshape(n, k, 3)
    plain = np.bincount(place, weights=times, minlength=n * k * 3).reshape(n, k, 3).sum(axis=1, keepdims=True)
    above = np.cumsum(weighted[:, ::-1], axis=1)[:, ::-1]
    return _all_and_classes(above), _all_and_classes(plain)


def _count_clusters(cube: Cube, grouping: Grouping, metric: str) -> Floats:
    """Count the clusters behind a rate in every cell; without clusters they are infinitely many, never few."""
    scored, score = _scored(cube), _scores(cube)
    if scored.clusters is None:
        return np.full(len(grouping), np.inf)
    truth = np.full(len(score), -1) if scored.positive is None else scored.positive
    wanted = {"selection_rate": (-1, 0, 1), "false_positive_rate": (0,), "false_negative_rate": (1,)}.get(
        metric, (0, 1)
    )
    has = np.flatnonzero(~np.isnan(score) & np.isin(truth, wanted))
    pairs = np.unique(np.stack([cells_of(cube, grouping)[has], scored.clusters[has]]), axis=1)
    return np.bincount(pairs[0], minlength=len(grouping)).astype(np.float64)


def _all_and_classes(counts: NDArray[Any]) -> Floats:
    """Turn counts of (unlabelled, negative, positive) into those of (all, positive, negative)."""
    return np.stack([counts.sum(axis=-1), counts[..., 2], counts[..., 1]], axis=-1).astype(np.float64)


def _rate(metric: str, above: Floats, units: Floats) -> tuple[Floats, Floats, Floats]:
    """Return numerator, denominator and units of a rate, each of shape (cells, thresholds)."""
    at, total = above[:, 1:], above[:, :1]
    match metric:
        case "selection_rate":
            top, below, rows = at[..., 0], total[..., 0], units[..., 0]
        case "false_positive_rate":
            top, below, rows = at[..., 2], total[..., 2], units[..., 2]
        case "false_negative_rate":
            top, below, rows = total[..., 1] - at[..., 1], total[..., 1], units[..., 1]
        case _:
            top = at[..., 2] + total[..., 1] - at[..., 1]
            below, rows = total[..., 1] + total[..., 2], units[..., 1] + units[..., 2]
    return top, np.broadcast_to(below, top.shape), np.broadcast_to(rows, top.shape)


def _tabulate(grouping: Grouping, grid: Floats, metric: str, *columns: NDArray[Any]) -> pd.DataFrame:
    slices = np.empty(len(grouping), dtype=object)
    slices[:] = grouping.slices
    names = ("value", "top", "below", "units", "status")
    return pd.DataFrame(
        {
            "slice": np.repeat(slices, len(grid)),
            "threshold": np.tile(grid, len(grouping)),
            "metric": metric,
            **{name: values.ravel() for name, values in zip(names, columns, strict=True)},
            "known": np.repeat(grouping.known, len(grid)),
        }
    )


def _scored(cube: Cube) -> Scored:
    if cube.scored is None or cube.scored.score is None:
        raise QuestionError("Thresholds need the rows and their scores, which are not here.")
    return cube.scored


def _scores(cube: Cube) -> Floats:
    score = _scored(cube).score
    assert score is not None
    return score


def _weights(scored: Scored) -> Floats:
    times = np.ones(len(scored)) if scored.multiplicity is None else scored.multiplicity.astype(np.float64)
    return times if scored.weights is None else times * scored.weights
