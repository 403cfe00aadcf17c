"""Spreads: the largest gap between any two groups, beside what chance alone would show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics import noise
from metrics.apart import FamilyApart
from metrics.cube import Cube, Cubes, Grouping
from metrics.estimate import (
    OK,
    By,
    as_objects,
    check_level,
    choose_groupings,
    choose_metrics,
    measure,
    split_families,
    statuses,
)
from metrics.intervals import difference_limits
from metrics.moments import Family, Moments, add_within
from metrics.registry import Rate, Share
from metrics.sides import Measured, pool
from metrics.slices import Slice

Floats = NDArray[Any]

_PAIRS_AT_ONCE = 2_000_000

COLUMNS = [
    "by",
    "system",
    "metric",
    "difference",
    "low",
    "high",
    "ratio",
    "highest",
    "lowest",
    "noise_floor",
    "left_out",
]
_OBJECTS = {"by", "system", "highest", "lowest", "left_out"}


def spread(
    cubes: Cubes | Cube,
    by: By = None,
    metrics: Iterable[str] | None = None,
    *,
    confidence: float = 0.95,
    min_units: int = 30,
    seed: int = 0,
    floors: bool = True,
) -> pd.DataFrame:
    """Return a table of the spread of each metric over the slices of each grouping.

    `difference` is the largest value minus the smallest, `ratio` the smallest over the largest, over
    slices whose status is "ok" and whose group is known; `left_out` lists the others. `low` is the
    largest lower limit over all pairs, at Bonferroni's level, and `high` the largest upper limit at
    the plain one. `noise_floor` is the 95 % point of the same spread if only chance were at work
    (`floors=False` leaves it out: it is drawn, which takes longer than all the rest).
    """
    check_level(confidence)
    found: dict[str, list[Any]] = {column: [] for column in COLUMNS}
    for cube, chosen in choose_metrics(cubes, metrics):
        groupings = [cube.by(names) for names in choose_groupings(cube, by, everyone=False)]
        spreads: dict[tuple[int, str], Spread] = {}
        for family in split_families(cube, chosen) if groupings else ():
            spreads |= _spread_family(cube, family, groupings, 1 - confidence, min_units, seed, floors)
        for i, grouping in enumerate(groupings):
            for metric in chosen:
                row = (grouping.names, cube.system, metric.name, *spreads[i, metric.name])
                for column, value in zip(found.values(), row, strict=True):
                    column.append(value)
    return pd.DataFrame({c: as_objects(v) if c in _OBJECTS else v for c, v in found.items()})


class Spread(NamedTuple):
    """The largest gap between two slices of a grouping; the fields are columns of the table."""

    difference: float
    low: float
    high: float
    ratio: float
    highest: Slice | None
    lowest: Slice | None
    noise_floor: float
    left_out: list[Slice]


def pair_correlations(
    cube: Cube, family: Family, m: int, grouping: Grouping, measured: Measured, cells: NDArray[np.int64]
) -> Floats | float:
    """Return the correlation between every two of these cells over the clusters in both, shape (cells, cells)."""
    c = grouping.clusters
    if c is None:
        return 0.0
    place = np.full(len(grouping), -1)
    place[cells] = np.arange(len(cells))
    kept = place[c.cell] >= 0
    at = place[c.cell[kept]], c.cluster[kept]
    influence = np.einsum("eq,eq->e", family.entries(m, c)[kept], measured.gradient[m][c.cell[kept]])
    table, inside = np.zeros((2, len(cells), c.n_clusters))
    table[at], inside[at] = influence, family.touched(m, c)[kept].any(axis=1)
    own = inside.sum(axis=1)
    either = own[:, None] + own[None, :] - inside @ inside.T
    variance = measured.side.variance[m][cells]
    with np.errstate(divide="ignore", invalid="ignore"):
        r = table @ table.T * either / (either - 1) / np.sqrt(variance[:, None] * variance[None, :])
    return np.where(np.isfinite(r), np.clip(r, -1, 1), 0.0)


def _spread_family(
    cube: Cube,
    family: Family | FamilyApart,
    groupings: Sequence[Grouping],
    alpha: float,
    min_units: int,
    seed: int,
    floors: bool,
) -> dict[tuple[int, str], Spread]:
    """Return the spreads of a family by the place of the grouping and the name of the metric."""
    found = {}
    together = measure(cube, family, *groupings)
    known = np.concatenate([g.known for g in groupings])
    all_used = (statuses(together, min_units) == OK) & known
    all_ends = _ends(together, all_used, alpha, [len(g) for g in groupings])
    start = 0
    for i, grouping in enumerate(groupings):
        sets = slice(start, start + len(grouping))
        start = sets.stop
        measured, used, slices = measure(cube, family, grouping), all_used[:, sets], grouping.slices
        shown = np.where(used, measured.side.shown, np.nan)
        low, high = _limits(cube, family, grouping, measured, used, shown, all_ends[:, :, sets])
        moments = family.of_cells(grouping) if floors and isinstance(family, Family) else None
        for m, metric in enumerate(family.metrics):
            inside = used[m].tolist()
            cells = [c for c, here in enumerate(inside) if here]
            left_out = [slices[c] for c, here in enumerate(inside) if not here]
            if len(cells) < 2:
                found[i, metric.name] = Spread(np.nan, np.nan, np.nan, np.nan, None, None, np.nan, left_out)
                continue
            values = shown[m, cells].tolist()
            top, bottom = max(values), min(values)
            # Ties: the first in order is the highest, the last the lowest.
            highest, lowest = values.index(top), len(values) - 1 - values[::-1].index(bottom)
            floor = np.nan
            if floors:
                floor = floor_of(cube, family, grouping, measured, moments, m, np.array(cells), seed)
            ratio = bottom / top if top > 0 and bottom >= 0 else np.nan
            pair = slices[cells[highest]], slices[cells[lowest]]
            found[i, metric.name] = Spread(top - bottom, low[m], high[m], ratio, *pair, floor, left_out)
    return found


def _ends(measured: Measured, used: NDArray[np.bool_], alpha: float, lengths: Sequence[int]) -> Floats:
    """Return the limits of every value, (4, metrics, slices): low and high at Bonferroni's level, at the plain one.

    Bonferroni's is over the pairs of slices used in each of several groupings of so many slices.
    """
    count = add_within(used.astype(np.float64), lengths)
    bonferroni = alpha / np.maximum(count * (count - 1) / 2, 1)
    plain = np.full_like(bonferroni, alpha)
    return np.stack([*measured.side.limits(bonferroni), *measured.side.limits(plain)])


def _limits(
    cube: Cube,
    family: Family | FamilyApart,
    grouping: Grouping,
    measured: Measured,
    used: NDArray[np.bool_],
    value: Floats,
    ends: Floats,
) -> tuple[Floats, Floats]:
    """Return the limits of the spreads (metrics,) from those of the differences of all ordered pairs.

    The low end is the largest lower limit at Bonferroni's level over the pairs and never below 0, the
    high end the largest upper limit at the plain level; `ends` as in `_ends`, `value` is NaN where not used.
    """
    n_metrics, n = used.shape
    r: Floats | float = 0.0
    if isinstance(family, FamilyApart):
        found = family.pair_correlations(cube, grouping)
        r = 0.0 if found is None else found[None]
    elif grouping.clusters is not None:
        r = np.zeros((n_metrics, n, n))
        for m in range(n_metrics):
            r[m] = pair_correlations(cube, family, m, grouping, measured, np.arange(n))
    low, high = np.full((2, n_metrics), -np.inf)
    unbounded = np.zeros(n_metrics, dtype=bool)
    bonferroni_low, bonferroni_high, plain_low, plain_high = ends
    # Blocks of rows bound the memory where there are thousands of slices.
    block = max(1, _PAIRS_AT_ONCE // max(1, n_metrics * n))
    for start in range(0, n, block):
        one = np.s_[:, start : start + block, None]
        part = r if isinstance(r, float) else r[:, start : start + block]
        # A difference's low end is made of one's low and the other's high limit, its high end of the other two.
        least, most = difference_limits(
            value[one],
            bonferroni_low[one],
            plain_high[one],
            value[:, None],
            plain_low[:, None],
            bonferroni_high[:, None],
            part,
        )
        itself = np.arange(start, min(start + block, n))
        least[:, itself - start, itself] = most[:, itself - start, itself] = np.nan
        # A pair without limits, such as one with a correlation of 1, may be the widest: then there is no high end.
        lacking = np.isnan(most) & used[one] & used[:, None]
        lacking[:, itself - start, itself] = False
        unbounded |= lacking.any(axis=(1, 2))
        low = np.fmax(low, np.fmax.reduce(least.reshape(n_metrics, -1), axis=1, initial=-np.inf))
        high = np.fmax(high, np.fmax.reduce(most.reshape(n_metrics, -1), axis=1, initial=-np.inf))
    low, high = (np.where(np.isneginf(x), np.nan, x) for x in (low, high))
    return np.maximum(low, 0.0), np.where(unbounded, np.nan, high)


def floor_of(
    cube: Cube,
    family: Family | FamilyApart,
    grouping: Grouping,
    measured: Measured,
    moments: Moments | None,
    m: int,
    cells: NDArray[np.int64],
    seed: int,
) -> float:
    """Return the noise floor of one metric over some cells, by the rule of its kind; `moments` are the grouping's."""
    if isinstance(family, FamilyApart):
        floor = family.noise_floor(cube, grouping, cells, seed)
        return _floor_of_other(measured, m, cells, seed) if floor is None else floor
    if moments is None:
        return _floor_of_other(measured, m, cells, seed)
    formula, clusters = family.metrics[m].formula, grouping.clusters
    if not isinstance(formula, Share | Rate):
        return _floor_of_other(measured, m, cells, seed)
    transform = formula.transform if isinstance(formula, Share) else ""
    moments = moments.take(cells)
    top, below = moments.sums[m, :, 0] + family.centres[m, 0] * moments.sums[m, :, 1], moments.sums[m, :, 1]
    design = np.ones(len(cells))
    if clusters is not None:
        # Clusters span groups for this metric where they have something in its sums in more than one.
        chosen = np.isin(clusters.cell, cells) & family.touched(m, clusters).any(axis=1)
        # RMSE is left to the rule for spanning clusters: its root has no place in a deal of sums.
        if not (isinstance(formula, Rate) and formula.root) and len(np.unique(clusters.cluster[chosen])) == int(
            chosen.sum()
        ):
            x = family.entries(m, clusters)[chosen]
            whole = x[:, 0] + family.centres[m, 0] * x[:, 1]
            return noise.cluster_floor(clusters.cell[chosen], x[:, 1], whole, seed=seed, transform=transform)
        assert moments.cluster_products is not None
        squares = moments.cluster_products[m, :, 1, 1] / moments.products[m, :, 1, 1]
        design = 1 + (squares - 1) * pool(cube, family).rho[m, 0]
    if isinstance(formula, Rate):
        return _floor_of_rate(formula, moments.sums[m], moments.products[m], top, design, seed)
    share = float(top.sum() / below.sum())
    if clusters is None and not cube.has_weights:
        return noise.share_floor(below, top, seed=seed, transform=transform)
    kish = below**2 / moments.products[m, :, 1, 1]
    return noise.spanning_floor(kish, design, share, seed=seed, transform=transform)


def _floor_of_rate(formula: Rate, sums: Floats, products: Floats, top: Floats, design: Floats, seed: int) -> float:
    """Normal draws with se_g^2 = phi R/X_g times the design effect, phi over the groups shown."""
    below = sums[:, 1]
    if not top.sum() > 0:
        return np.nan
    slope = np.stack([np.ones(len(sums)), -sums[:, 0] / below], axis=1)
    phi = np.einsum("sa,sab,sb->", slope, products, slope) / top.sum()
    rate = top.sum() / below.sum()
    errors = np.sqrt(phi * rate / below * design)
    if formula.root:
        errors = errors / (2 * np.sqrt(rate))  # the root's slope at the pooled rate
    return noise.normal_floor(errors, seed=seed)


def _floor_of_other(measured: Measured, m: int, cells: NDArray[np.int64], seed: int) -> float:
    """Normal draws with se_g^2 = s^2/n_g, s^2 the groups' own variances pooled by their units."""
    n, variance = measured.units[m, cells], measured.side.variance[m, cells]
    if np.isnan(variance).any():
        return np.nan
    pooled = (n * n * variance).sum() / n.sum()
    return noise.normal_floor(np.sqrt(pooled / n), seed=seed)
