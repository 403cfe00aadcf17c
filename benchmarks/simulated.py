"""Simulated files: who is in them, and in how many of them the intervals held the truth.

Many runs share a file, each a metric of its own, so that whole files go through the functions that serve the screen and
the command line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.compare import compare
from metrics.cube import Cubes, count_cells
from metrics.estimate import estimate
from metrics.registry import Metric
from metrics.scored import Axis, Layout, Scored
from metrics.slices import Slice

RUNS = 1000
GROUPS = ("a", "b")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """Who is in a simulated file: `n_clusters` a group, or as many in all where they `span` both groups.

    `cluster` and `group` have one entry a unit. Cluster sizes differ two- to threefold. Without clusters every unit
    stands alone and `n_clusters` are units. `weights` are those of the units, the same in every run.
    """

    title: str
    n_clusters: tuple[int, int]
    cluster: NDArray[np.int64]
    group: NDArray[np.int64]
    clustered: bool = True
    weights: Floats | None = None


def nest_clusters(first: int, second: int, seed: int = 1) -> Design:
    """Return a file in which every cluster lies within one of the two groups."""
    sizes = np.random.default_rng(seed).integers(5, 16, first + second)
    cluster = np.repeat(np.arange(first + second), sizes)
    return Design(f"{first} and {second} clusters", (first, second), cluster, (cluster >= first).astype(np.int64))


def span_clusters(n: int, seed: int = 2) -> Design:
    """Return a file in which every cluster has units in both groups."""
    sizes = np.random.default_rng(seed).integers(3, 9, (n, 2)).ravel()
    cell = np.repeat(np.arange(2 * n), sizes)
    return Design(f"{n} clusters, each in both groups", (n, n), cell // 2, cell % 2)


def stand_alone(first: int, second: int) -> Design:
    """Return a file without clusters."""
    group = np.repeat([0, 1], [first, second])
    return Design(f"{first} and {second} units", (first, second), np.arange(first + second), group, clustered=False)


def weigh(design: Design, spread: float = 0.8, seed: int = 3) -> Design:
    """Return the same file with log-normal weights; at a spread of 0.8 a half of the units would tell as much."""
    weights = np.random.default_rng(seed).lognormal(0, spread, len(design.cluster))
    return replace(design, title=f"{design.title}, weighted", weights=weights)


@dataclass(frozen=True)
class SimulatedCoverage:
    """Shares of the runs in which intervals held the truth: of each group's value, and of the comparisons."""

    design: str
    truth: str
    values: tuple[float, float]
    difference: float
    ratio: float
    baseline: str = "rest"

    @property
    def least(self) -> float:
        return min(*self.values, self.difference, self.ratio)


def check_file(
    cubes: Cubes,
    truth: tuple[float, float],
    baseline: str,
    slices: tuple[str, str] = ("group = a", "group = b"),
    share: float = 0.0,
) -> pd.DataFrame:
    """Return, per run, whether the intervals of two slices and of the first against its baseline held the truth.

    `share` is that of the first slice in everyone.
    """
    first, second = truth
    if baseline == "overall":
        second = share * first + (1 - share) * second
    axes = [Slice.parse(s).axes[0] for s in slices]
    estimates = estimate(cubes, by=axes)
    compared = compare(cubes, by=axes[:1], kinds=("difference", "ratio"), baseline=baseline)
    of_first = compared["slice"].map(str) == slices[0]
    columns = {
        group: holds(estimates[estimates["slice"].map(str) == name], true)
        for group, name, true in zip(GROUPS, slices, truth, strict=True)
    }
    for kind, true in (("difference", first - second), ("ratio", first / second)):
        columns[kind] = holds(compared[of_first & (compared["kind"] == kind)], true)
    return pd.DataFrame(columns)


def count_file(
    design: Design,
    layout: Layout,
    metrics: dict[str, Metric],
    outcome: NDArray[np.int64],
    values: Sequence[Floats],
    axes: Mapping[str, tuple[Sequence[str], NDArray[np.int64]]],
    **scores: Any,
) -> Cubes:
    """Return the cube of a simulated file; `axes` are levels and codes."""
    scored = Scored(
        task="classification",
        system=None,
        layout=layout,
        metrics=metrics,
        axes=tuple(Axis(name, tuple(levels)) for name, (levels, _) in axes.items()),
        codes=tuple(codes.astype(np.uint8) for _, codes in axes.values()),
        outcome=outcome,
        rows=np.arange(len(outcome)),
        values=tuple(values),
        clusters=design.cluster if design.clustered else None,
        cluster_names=tuple(map(str, range(int(design.cluster.max()) + 1))) if design.clustered else (),
        weights=design.weights,
        **scores,
    )
    return count_cells([scored])


def holds(rows: pd.DataFrame, truth: float) -> Floats:
    # A high end that cannot be had (a ratio over 0) is no end: it holds. A value that cannot be had is no run.
    low, high = rows["low"].to_numpy(float), rows["high"].fillna(np.inf).to_numpy(float)
    return np.where(np.isnan(low), np.nan, (low <= truth) & (truth <= high))


def summarise(design: Design, truth: str, held: Sequence[pd.DataFrame], baseline: str) -> SimulatedCoverage:
    mean = pd.concat(held).mean()
    return SimulatedCoverage(design.title, truth, (mean["a"], mean["b"]), mean["difference"], mean["ratio"], baseline)


def make_metric(name: str, formula: Any) -> Metric:
    return Metric(name, name, formula, "neither", "", "", frozenset())


def find_beta_quantile(u: Floats, mean: float, rho: float) -> Floats:
    if rho == 0:
        return np.full_like(u, mean)
    from scipy.special import betaincinv

    return np.asarray(betaincinv(mean * (1 / rho - 1), (1 - mean) * (1 / rho - 1), u))
