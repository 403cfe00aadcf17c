"""Another threshold without another pass over the rows: counts of scores by bin, and the rows of the one bin it cuts.

Scores are put into bins of about equal numbers of rows once per grouping, and counted by cell, label and bin, cumulated
from above. A threshold lies in one bin: the bins above are known, and of that one the few rows are looked at. So the
counts are exact at any threshold, whatever was typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cube, Grouping
from metrics.ranks import cells_of
from metrics.tasks import binary

__all__ = ["cut_at"]

_BINS = 4096
_LABELS = 3  # negative, positive, none: the first digit of an outcome

Integers = NDArray[np.int64]


def cut_at(cube: Cube, names: Sequence[str], threshold: float) -> Cube | None:
    """Return everyone and one grouping, counted as if score >= threshold were the prediction.

    It has the metrics of labels and predictions. `threshold` is on the scale that scores are kept in. None where there
    are no scores, or weights, counts or clusters: then the units are to be scored again.
    """
    scored = cube.scored
    if scored is None or scored.score is None or scored.weights is not None or scored.clusters is not None:
        return None
    if scored.multiplicity is not None or cube.layout.n_outcomes not in (9, 18):
        return None
    groupings = {g: _cut_grouping(cube, g, threshold) for g in ((), tuple(names))}
    have = {"prediction"} | ({"label"} if scored.positive is not None else set())
    declared = binary.METRICS + (binary.favoured_metrics(cube.favourable) if cube.favourable else ())
    return Cube(
        layout=cube.layout,
        metrics={m.name: m for m in declared if m.needs <= have},
        axes=groupings[tuple(names)].axes,
        system=cube.system,
        groupings=groupings,
        definitions={**cube.definitions, "threshold": threshold},
    )


@dataclass(frozen=True, eq=False)
class _Bins:
    """Scores of a grouping's rows by bin.

    `least` (bins,) is the lowest score of each bin; `above` (bins + 1, pairs) counts the rows in this bin and higher by
    pair of cell and label; `score` and `pair` are those of the rows in order of their bins, which begin at `starts`.
    `unscored` (pairs,) counts rows without a score.
    """

    least: NDArray[np.float64]
    above: Integers
    starts: Integers
    score: NDArray[np.float64]
    pair: NDArray[np.int32]
    unscored: Integers


def _cut_grouping(cube: Cube, names: tuple[str, ...], threshold: float) -> Grouping:
    grouping = cube.by(names)
    key = ("cuts", names)
    if key not in cube.kept:
        cube.kept[key] = _sort_into_bins(cube, grouping)
    bins: _Bins = cube.kept[key]
    n_pairs = len(grouping) * _LABELS
    at = max(int(np.searchsorted(bins.least, threshold, side="right")) - 1, 0)
    here = slice(bins.starts[at], bins.starts[at + 1])
    cut = np.bincount(bins.pair[here][bins.score[here] >= threshold], minlength=n_pairs)
    positive = bins.above[at + 1] + cut
    by_prediction = np.stack([bins.above[0] - positive, positive, bins.unscored], axis=1)
    rows = by_prediction.reshape(len(grouping), _LABELS * 3)
    if cube.layout.n_outcomes == 18:  # the upper nine have a score
        scored = rows.copy()
        scored[:, 2::3] = 0
        rows = np.concatenate([rows - scored, scored], axis=1)
    counts = rows.astype(np.float64)
    nothing = np.zeros((len(grouping), len(cube.layout.values)))
    products = np.zeros((len(grouping), len(cube.layout.products)))
    return Grouping(grouping.axes, grouping.codes, rows, counts, counts, nothing, nothing, products)


def _sort_into_bins(cube: Cube, grouping: Grouping) -> _Bins:
    scored = cube.scored
    assert scored is not None and scored.score is not None
    label = np.full(len(scored), 2) if scored.positive is None else np.where(scored.positive < 0, 2, scored.positive)
    pair = (cells_of(cube, grouping) * _LABELS + label).astype(np.int32)
    n_pairs = len(grouping) * _LABELS
    has = ~np.isnan(scored.score)
    unscored = np.bincount(pair[~has], minlength=n_pairs)
    score, pair = scored.score[has], pair[has]
    some = np.sort(score[:: max(1, len(score) // (16 * _BINS))])
    least = np.unique(np.append(-np.inf, some[:: max(1, len(some) // _BINS)]))
    bins = (np.searchsorted(least, score, side="right") - 1).astype(np.uint16)
    order = np.argsort(bins, kind="stable")
    counts = np.bincount(bins * np.int64(n_pairs) + pair, minlength=len(least) * n_pairs).reshape(len(least), n_pairs)
    above = np.concatenate([np.cumsum(counts[::-1], axis=0)[::-1], np.zeros((1, n_pairs), np.int64)])
    starts = np.concatenate([[0], np.cumsum(np.bincount(bins, minlength=len(least)))])
    return _Bins(least, above, starts, score[order], pair[order], unscored)
