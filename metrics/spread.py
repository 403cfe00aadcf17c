"""Spreads: the largest gap between any two groups, beside what chance alone would show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics import noise, ranks
from metrics.cube import Cube, Cubes, Grouping, iterate_systems
from metrics.estimate import By, check_level, choose_groupings, choose_metrics, measure, split_families, statuses
from metrics.intervals import difference_limits
from metrics.moments import Family
from metrics.registry import Rate, Share
from metrics.sides import Measured, pool

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
    rows: list[dict[str, Any]] = []
    for cube in iterate_systems(cubes):
        chosen = choose_metrics(cube, metrics)
        families = split_families(cube, chosen)
        for names in choose_groupings(cube, by, everyone=False):
            grouping = cube.by(names)
            found: dict[str, dict[str, Any]] = {}
            for family in families:
                found |= _spread_family(cube, family, grouping, 1 - confidence, min_units, seed, floors)
            rows += [{"by": names, "system": cube.system, "metric": m.name, **found[m.name]} for m in chosen]
    return pd.DataFrame(rows, columns=COLUMNS)


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
    family: Family | ranks.RankFamily,
    grouping: Grouping,
    alpha: float,
    min_units: int,
    seed: int,
    floors: bool,
) -> dict[str, dict[str, Any]]:
    measured = measure(cube, family, grouping)
    used = (statuses(measured, min_units) == "ok") & grouping.known
    shown = np.where(used, measured.side.shown, np.nan)
    low, high = _limits(cube, family, grouping, measured, used, alpha)
    found = {}
    for m, metric in enumerate(family.metrics):
        cells = np.flatnonzero(used[m])
        row: dict[str, Any] = {
            **dict.fromkeys(("difference", "low", "high", "ratio", "noise_floor"), np.nan),
            **dict.fromkeys(("highest", "lowest")),
            "left_out": [grouping.slices[i] for i in np.flatnonzero(~used[m])],
        }
        if len(cells) >= 2:
            values = shown[m, cells]
            # Ties: the first in order is the highest, the last the lowest.
            highest, lowest = int(values.argmax()), len(values) - 1 - int(values[::-1].argmin())
            # Two infinite odds (x/0) have no difference.
            top, bottom = values[highest], values[lowest]
            bounded = np.isfinite(bottom)
            row |= {
                "difference": top - bottom if bounded else np.nan,
                "low": low[m],
                "high": high[m],
                "ratio": bottom / top if bounded and top > 0 and bottom >= 0 else np.nan,
                "highest": grouping.slices[cells[highest]],
                "lowest": grouping.slices[cells[lowest]],
            }
            if floors:
                row["noise_floor"] = _floor(cube, family, grouping, measured, m, cells, 1 - alpha, seed)
        found[metric.name] = row
    return found


def _limits(
    cube: Cube,
    family: Family | ranks.RankFamily,
    grouping: Grouping,
    measured: Measured,
    used: NDArray[np.bool_],
    alpha: float,
) -> tuple[Floats, Floats]:
    """Return the limits of the spreads (metrics,) from those of the differences of all ordered pairs.

    The low end is the largest lower limit at Bonferroni's level over the pairs and never below 0, the
    high end the largest upper limit at the plain level.
    """
    n_metrics, n = used.shape
    count = used.sum(axis=1, keepdims=True)
    pairs = np.maximum(count * (count - 1) / 2, 1)
    value = np.where(used, measured.side.shown, np.nan)
    r: Floats | float = 0.0
    if isinstance(family, Family) and grouping.clusters is not None:
        r = np.zeros((n_metrics, n, n))
        for m in range(n_metrics):
            r[m] = pair_correlations(cube, family, m, grouping, measured, np.arange(n))
    low, high = np.full((2, n_metrics), np.nan)
    # Blocks of rows bound the memory where there are thousands of slices.
    block = max(1, _PAIRS_AT_ONCE // max(1, n_metrics * n))
    for at_bonferroni in (True, False):
        lows, highs = measured.side.limits(np.broadcast_to(alpha / pairs if at_bonferroni else alpha, used.shape))
        for start in range(0, n, block):
            one = np.s_[:, start : start + block, None]
            part = r if isinstance(r, float) else r[:, start : start + block]
            least, most = difference_limits(
                value[one], lows[one], highs[one], value[:, None], lows[:, None], highs[:, None], part
            )
            here = least if at_bonferroni else most
            itself = np.arange(start, min(start + block, n))
            here[:, itself - start, itself] = np.nan
            largest = np.fmax.reduce(here.reshape(n_metrics, -1), axis=1, initial=-np.inf)
            largest[np.isneginf(largest)] = np.nan
            if at_bonferroni:
                low = np.fmax(low, largest)
            else:
                high = np.fmax(high, largest)
    return np.maximum(low, 0.0), high


def _floor(
    cube: Cube,
    family: Family | ranks.RankFamily,
    grouping: Grouping,
    measured: Measured,
    m: int,
    cells: NDArray[np.int64],
    confidence: float,
    seed: int,
) -> float:
    """Return the noise floor of one metric over some cells, by the rule of its kind."""
    if isinstance(family, ranks.RankFamily):
        return _floor_of_other(measured, m, cells, confidence, seed)
    formula, clusters = family.metrics[m].formula, grouping.clusters
    if not isinstance(formula, Share | Rate):
        return _floor_of_other(measured, m, cells, confidence, seed)
    transform = formula.transform if isinstance(formula, Share) else ""
    moments = family.of_cells(grouping).take(cells)
    top, below = moments.sums[m, :, 0] + family.centres[m, 0] * moments.sums[m, :, 1], moments.sums[m, :, 1]
    design = np.ones(len(cells))
    if clusters is not None:
        chosen = np.isin(clusters.cell, cells)
        # RMSE is left to the rule for spanning clusters: its root has no place in a deal of sums.
        if not (isinstance(formula, Rate) and formula.root) and len(np.unique(clusters.cluster[chosen])) == int(
            chosen.sum()
        ):
            x = family.entries(m, clusters)[chosen]
            whole = x[:, 0] + family.centres[m, 0] * x[:, 1]
            return noise.cluster_floor(
                clusters.cell[chosen], x[:, 1], whole, confidence, seed=seed, transform=transform
            )
        assert moments.cluster_products is not None
        squares = moments.cluster_products[m, :, 1, 1] / moments.products[m, :, 1, 1]
        design = 1 + (squares - 1) * pool(cube, family).rho[m, 0]
    if isinstance(formula, Rate):
        return _floor_of_rate(formula, moments.sums[m], moments.products[m], top, design, confidence, seed)
    share = float(top.sum() / below.sum())
    if clusters is None and not cube.has_weights:
        return noise.share_floor(below, top, confidence, seed=seed, transform=transform)
    kish = below**2 / moments.products[m, :, 1, 1]
    return noise.spanning_floor(kish, design, share, confidence, seed=seed, transform=transform)


def _floor_of_rate(
    formula: Rate, sums: Floats, products: Floats, top: Floats, design: Floats, confidence: float, seed: int
) -> float:
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
    return noise.normal_floor(errors, confidence, seed=seed)


def _floor_of_other(measured: Measured, m: int, cells: NDArray[np.int64], confidence: float, seed: int) -> float:
    """Normal draws with se_g^2 = s^2/n_g, s^2 the groups' own variances pooled by their units."""
    n, variance = measured.denominator[m, cells], measured.side.variance[m, cells]
    if np.isnan(variance).any():
        return np.nan
    pooled = (n * n * variance).sum() / n.sum()
    return noise.normal_floor(np.sqrt(pooled / n), confidence, seed=seed)
