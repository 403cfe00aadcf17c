"""How often 95 % intervals hold the truth: enumerated where counts allow, else simulated with a fixed seed.

`python -m benchmarks.coverage` prints the tables of docs/coverage.md and, with `--write`, puts them there. The tests
run the same code.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.coverage_speakers import SPEAKER_RUNS, tabulate
from benchmarks.simulated import (
    GROUPS,
    RUNS,
    Design,
    Floats,
    SimulatedCoverage,
    check_file,
    count_file,
    find_beta_quantile,
    make_metric,
    nest_clusters,
    span_clusters,
    stand_alone,
    summarise,
    weigh,
)
from metrics.compare import compare
from metrics.estimate import estimate
from metrics.intervals import difference_limits, quantile, ratio_limits, share_limits
from metrics.registry import Metric, Rate, Share
from metrics.scored import Layout
from metrics.slices import Slice
from metrics.tasks.binary import ROC_AUC

PAGE = Path(__file__).resolve().parents[1] / "docs" / "coverage.md"
SIZES = (10, 30, 100, 1000)
NEAR = (0.02, 0.1, 0.5, 0.9)
PAIRS = ((10, 10), (10, 100), (30, 30), (30, 300), (100, 100), (300, 300))
GRID = np.linspace(0.05, 0.95, 37)  # the true shares of either side


# Enumerated: every count that can occur, with its chance


def cover_share(n: int, p: Floats) -> Floats:
    """Return the chance that Wilson's interval of n units holds the truth, for every p."""
    from scipy.stats import binom

    counts = np.arange(n + 1)
    low, high = share_limits(counts / n, n, quantile(0.05))
    truth = np.asarray(p, float)[:, None]
    held = (low <= truth) & (truth <= high)
    return np.asarray((binom.pmf(counts, n, truth) * held).sum(axis=1))


def average_share(n: int, near: float) -> float:
    """Return the coverage averaged over p within 20 % of `near`, as far as p stays below 1."""
    return float(cover_share(n, np.linspace(0.8 * near, min(1.2 * near, 1), 401)).mean())


def least_share(n: int) -> float:
    """Return the least coverage at any p in (.05, .95): it lies beside one of the limits, where coverage jumps."""
    ends = np.concatenate(share_limits(np.arange(n + 1) / n, n, quantile(0.05)))
    beside = np.concatenate([ends - 1e-9, ends + 1e-9])
    return float(cover_share(n, beside[(beside > 0.05) & (beside < 0.95)]).min())


@dataclass(frozen=True)
class PairCoverage:
    """Coverage over a grid of the two sides' true shares, shape (p1, p2)."""

    difference: Floats
    ratio: Floats


def cover_pair(n1: int, n2: int, p: Floats) -> PairCoverage:
    """Return the chance that the interval of a difference, and of a ratio, of two disjoint groups holds the truth.

    Both true shares run over the grid `p`. The ratio's is among the outcomes that have one (not 0 over 0).
    """
    from scipy.stats import binom

    q = quantile(0.05)
    first, second = (np.arange(n1 + 1) / n1)[:, None], (np.arange(n2 + 1) / n2)[None, :]
    sides = (first, *share_limits(first, n1, q), second, *share_limits(second, n2, q))
    (low, high), (ratio_low, ratio_high) = difference_limits(*sides), ratio_limits(*sides)
    defined = ~np.isnan(ratio_low)
    chance1, chance2 = binom.pmf(np.arange(n1 + 1), n1, p[:, None]), binom.pmf(np.arange(n2 + 1), n2, p[:, None])
    found = np.empty((2, len(p), len(p)))
    for i, p1 in enumerate(p):
        for j, p2 in enumerate(p):
            of_difference = (low <= p1 - p2) & (p1 - p2 <= high)
            of_ratio = (ratio_low <= p1 / p2) & (p1 / p2 <= ratio_high)
            found[0, i, j] = chance1[i] @ of_difference @ chance2[j]
            found[1, i, j] = (chance1[i] @ of_ratio @ chance2[j]) / (chance1[i] @ defined @ chance2[j])
    return PairCoverage(*found)


# Simulated: whole files, through estimate and compare. Many runs share a file, each a metric of its own


def simulate_shares(
    design: Design,
    p: tuple[float, float],
    rho: float = 0.0,
    chosen: float = 1.0,
    baseline: str = "rest",
    runs: int = RUNS,
) -> SimulatedCoverage:
    """Simulate shares p of the two groups, beta-binomial within clusters with correlation rho.

    A cluster that spans both groups is as good or bad, for its group, in the one as in the other. Only a random part
    `chosen` of the units enters the denominator, as for a predictive value.
    """
    rng = np.random.default_rng(11)
    digits = 3 if chosen < 1 else 2  # no event, event, not in the denominator
    at_once = 5 if chosen < 1 else 8
    n_clusters, held = int(design.cluster.max()) + 1, []
    for _ in range(-(-runs // at_once)):
        uniform = rng.random((at_once, n_clusters))
        event_chance = np.stack([find_beta_quantile(uniform, share, rho) for share in p])[
            design.group, :, design.cluster
        ]
        events = (rng.random(event_chance.shape) < event_chance).astype(np.int64)
        events = np.where(rng.random(events.shape) < chosen, events, 2)
        layout, metrics = _digits(at_once, digits)
        outcome = events @ digits ** np.arange(at_once)
        held.append(_ask(design, layout, metrics, outcome, (), p, chosen, baseline))
    return summarise(design, f"{p[0]:g} and {p[1]:g}" + (f", rho {rho:g}" if rho else ""), held, baseline)


def simulate_rates(
    design: Design, r: tuple[float, float], spread: float = 0.3, baseline: str = "rest", runs: int = RUNS
) -> SimulatedCoverage:
    """Simulate edits per word: Poisson edits whose rate differs between clusters with the relative SD `spread`."""
    rng = np.random.default_rng(12)
    at_once, held = 50, []
    n_clusters, n = int(design.cluster.max()) + 1, len(design.cluster)
    words = rng.integers(4, 16, n).astype(float)
    names = tuple(f"edits{i}" for i in range(at_once))
    values = (*names, "words")
    layout = Layout(
        n_outcomes=1,
        named={("units", None): np.ones(1)},
        values=values,
        centres=(0.0,) * len(values),
        carriers=("units",) * len(values),
        products=tuple((i, j) for i in range(len(values)) for j in sorted({i, at_once})),
    )
    metrics = {name: make_metric(name, Rate(name, "words", "units", of_counts=True)) for name in names}
    for _ in range(-(-runs // at_once)):
        effect = rng.gamma(1 / spread**2, spread**2, (at_once, n_clusters))[:, design.cluster]
        edits = rng.poisson(np.array(r)[design.group] * words * effect).astype(float)
        outcome = np.zeros(n, np.int64)
        held.append(_ask(design, layout, metrics, outcome, (*edits, words), r, 1.0, baseline))
    return summarise(design, f"{r[0]:g} and {r[1]:g}, SD {spread:g}", held, baseline)


def _ask(
    design: Design,
    layout: Layout,
    metrics: dict[str, Metric],
    outcome: NDArray[np.int64],
    values: Sequence[Floats],
    truth: tuple[float, float],
    chosen: float,
    baseline: str,
) -> pd.DataFrame:
    """Return, per run, whether the intervals of a file held the truth; NaN where there is none to hold."""
    cubes = count_file(design, layout, metrics, outcome, values, {"group": (GROUPS, design.group)})
    return check_file(cubes, truth, baseline, share=float(np.mean(design.group == 0)))


def simulate_areas(design: Design, area: float, effect: float = 0.0, runs: int = RUNS) -> SimulatedCoverage:
    """Simulate scores of equal AUC `area` in both groups: normal, a third of the units positive.

    `effect` is the part of a score's variance that the units of a cluster share.
    """
    from scipy.special import ndtri

    rng, n, held = np.random.default_rng(13), len(design.cluster), []
    layout, metrics = Layout(n_outcomes=1, named={("units", None): np.ones(1)}), {"roc_auc": ROC_AUC}
    for _ in range(runs):
        positive = (np.arange(n) % 3 == 0).astype(np.int8)
        shared = rng.normal(size=int(design.cluster.max()) + 1)[design.cluster]
        noise = np.sqrt(effect) * shared + np.sqrt(1 - effect) * rng.normal(size=n)
        scores = {"score": np.sqrt(2) * ndtri(area) * positive + noise, "positive": positive}
        cubes = count_file(
            design, layout, metrics, np.zeros(n, np.int64), (), {"group": (GROUPS, design.group)}, **scores
        )
        held.append(check_file(cubes, (area, area), "rest"))
    return summarise(design, f"{area:g}" + (f", effect {effect:g}" if effect else ""), held, "rest")


def simulate_overlap(
    design: Design, p: tuple[float, float, float], rho: float = 0.0, runs: int = RUNS
) -> SimulatedCoverage:
    """Simulate two conditions of which a third of the units meet both: the first against the second.

    `p` are the true shares of the units that meet the first alone, both, and the second alone.
    """
    rng, at_once, held = np.random.default_rng(14), 8, []
    n, n_clusters = len(design.cluster), int(design.cluster.max()) + 1
    cell = rng.integers(0, 3, n)
    one, two = (cell < 2).astype(np.int64), (cell > 0).astype(np.int64)
    weights = np.ones(n) if design.weights is None else design.weights
    chance = np.array(p)[cell]
    truth = tuple(float(np.average(chance[member == 1], weights=weights[member == 1])) for member in (one, two))
    layout, metrics = _digits(at_once, 2)
    for _ in range(-(-runs // at_once)):
        uniform = rng.random((at_once, n_clusters))
        of_cluster = np.stack([find_beta_quantile(uniform, share, rho) for share in p])[cell, :, design.cluster]
        events = (rng.random(of_cluster.shape) < of_cluster).astype(np.int64)
        axes = {"one": (("no", "yes"), one), "two": (("no", "yes"), two)}
        cubes = count_file(design, layout, metrics, events @ 2 ** np.arange(at_once), (), axes)
        held.append(check_file(cubes, (truth[0], truth[1]), "two = yes", ("one = yes", "two = yes")))
    title = "{:g}, {:g} and {:g}".format(*p) + (f", rho {rho:g}" if rho else "")
    return summarise(design, title, held, "two = yes")


def simulate_best(n_groups: int, units: int, p: float, runs: int = RUNS) -> tuple[float, float]:
    """Return the shares of fair files whose intervals all hold 0: every group against the best, and naively so.

    All groups have the same true share `p`. Naively is against the best, but at the plain level.
    """
    rng, at_once = np.random.default_rng(15), 8
    group = np.repeat(np.arange(n_groups), units)
    design = Design(f"{n_groups} groups of {units}", (units, units), np.arange(len(group)), group, clustered=False)
    layout, metrics = _digits(at_once, 2)
    axes = {"group": ([str(g) for g in range(n_groups)], group)}
    held: list[Any] = []
    for _ in range(-(-runs // at_once)):
        events = (rng.random((len(group), at_once)) < p).astype(np.int64)
        cubes = count_file(design, layout, metrics, events @ 2 ** np.arange(at_once), (), axes)
        compared = compare(cubes, by=["group"], baseline="best")
        compared["held"] = (compared["low"] <= 0) & (compared["high"] >= 0)
        naive = estimate(cubes, by=["group"])
        naive = naive[naive["slice"] != Slice()].set_index("metric")
        best = naive.loc[naive.groupby("metric")["value"].transform("max") == naive["value"]]
        best = best[~best.index.duplicated()].loc[naive.index]
        sides = [side[c].to_numpy(float) for side in (naive, best) for c in ("value", "low", "high")]
        naive["naive"] = difference_limits(*sides)[1] >= 0
        both = [compared.groupby("metric")["held"].all(), naive.groupby(level="metric")["naive"].all()]
        held.append(pd.concat(both, axis=1))
    together = pd.concat(held).mean()
    return float(together["held"]), float(together["naive"])


def _digits(runs: int, digits: int) -> tuple[Layout, dict[str, Metric]]:
    """Return a layout whose outcomes are numbers of `runs` digits: digit 1 is an event, 0 none, 2 left out."""
    outcomes = np.arange(digits**runs)
    named: dict[tuple[str, str | None], NDArray[np.float64]] = {("units", None): np.ones(len(outcomes))}
    metrics = {}
    for run in range(runs):
        digit = outcomes // digits**run % digits
        named[f"top{run}", None], named[f"below{run}", None] = (digit == 1) * 1.0, (digit < 2) * 1.0
        metrics[f"share{run}"] = make_metric(f"share{run}", Share(f"top{run}", f"below{run}"))
    return Layout(n_outcomes=len(outcomes), named=named), metrics


# The tables


def list_designs() -> list[Design]:
    """Return the clustered files that are simulated."""
    nested = [nest_clusters(*pair) for pair in ((5, 5), (5, 100), (20, 20), (100, 100))]
    return [*nested, *(span_clusters(n) for n in (5, 20, 100))]


def list_clustered_shares() -> list[tuple[Design, tuple[float, float], float]]:
    """Return what is simulated of clustered shares: who, the true shares and their correlation within clusters."""
    truths = (((0.03, 0.03), 0.05), ((0.1, 0.1), 0.15), ((0.3, 0.5), 0.15))
    return [(design, p, rho) for design in list_designs() for p, rho in truths]


def list_clustered_rates() -> list[tuple[Design, tuple[float, float], float]]:
    """Return what is simulated of clustered rates: who, the true rates and their relative SD between clusters."""
    truths = (((0.1, 0.15), 0.3), ((0.1, 0.1), 0.8))
    return [(design, r, spread) for design in list_designs() for r, spread in truths]


def list_against_everyone() -> list[tuple[Design, tuple[float, float], float]]:
    """Return what is simulated of a slice against everyone: who, the true shares and their correlation."""
    alone = [(stand_alone(*sizes), (0.2, 0.4), 0.0) for sizes in ((60, 60), (60, 600))]
    return [*alone, (nest_clusters(20, 20), (0.2, 0.4), 0.15), (span_clusters(20), (0.2, 0.4), 0.15)]


def list_weighted() -> list[tuple[Design, tuple[float, float], float]]:
    """Return what is simulated with weights: who, the true shares and their correlation within clusters."""
    alone = [(weigh(stand_alone(100, 300)), p, 0.0) for p in ((0.1, 0.1), (0.5, 0.7))]
    return [*alone, *((weigh(d), (0.3, 0.5), 0.15) for d in (nest_clusters(20, 20), span_clusters(20)))]


def list_areas() -> list[tuple[Design, float, float]]:
    """Return what is simulated of AUC: who, the true area and what the scores of a cluster share."""
    alone = [(stand_alone(*sizes), area, 0.0) for sizes in ((30, 300), (100, 100)) for area in (0.7, 0.95)]
    return [
        *alone,
        (nest_clusters(20, 20), 0.8, 0.2),
        (span_clusters(20), 0.8, 0.2),
        (weigh(stand_alone(100, 300)), 0.8, 0.0),
    ]


def list_overlaps() -> list[tuple[Design, tuple[float, float, float], float]]:
    """Return what is simulated of slices that overlap: who, the true shares and their correlation."""
    alone = [(stand_alone(60, 60), (0.2, 0.4, 0.6), 0.0), (stand_alone(150, 150), (0.1, 0.1, 0.1), 0.0)]
    return [*alone, (span_clusters(20), (0.2, 0.4, 0.6), 0.15), (weigh(span_clusters(20)), (0.2, 0.4, 0.6), 0.15)]


def list_best() -> list[tuple[int, int, float]]:
    """Return what is simulated of the best group as baseline: how many groups of how many units, the true share."""
    return [(3, 100, 0.5), (10, 30, 0.3), (10, 100, 0.9), (10, 300, 0.5)]


def simulate_against_everyone(
    design: Design, p: tuple[float, float], rho: float, runs: int = RUNS
) -> SimulatedCoverage:
    """Simulate a slice against everyone, itself included, with a denominator that is itself a matter of chance."""
    return simulate_shares(design, p, rho, chosen=0.5, baseline="overall", runs=runs)


def write_enumerated() -> str:
    """Return the enumerated tables as Markdown."""
    return "\n".join(_enumerated())


def write_simulated(runs: int = RUNS) -> str:
    """Return the simulated tables as Markdown."""
    everyone = [simulate_against_everyone(*case, runs=runs) for case in list_against_everyone()]
    shares = [simulate_shares(*case, runs=runs) for case in list_clustered_shares()]
    rates = [simulate_rates(*case, runs=runs) for case in list_clustered_rates()]
    weighted = [simulate_shares(*case, runs=runs) for case in list_weighted()]
    areas = [simulate_areas(*case, runs=runs) for case in list_areas()]
    overlaps = [simulate_overlap(*case, runs=runs) for case in list_overlaps()]
    tables = [
        *_simulated("A slice against everyone, itself included", everyone, runs),
        *_simulated("Shares in clusters", shares, runs),
        *_simulated("Rates in clusters", rates, runs),
        *_simulated("Weighted shares", weighted, runs),
        *_simulated("Area under the ROC curve", areas, runs),
        *_simulated("Slices that overlap", overlaps, runs),
        *_best(runs),
        *(line for title, found in tabulate() for line in _simulated(title, found, SPEAKER_RUNS)),
    ]
    return "\n".join(tables)


def _enumerated() -> Iterator[str]:
    yield "### One share (enumerated)\n"
    yield f"| units | {' | '.join(f'p about {near:g}' for near in NEAR)} | least, p from .05 to .95 |"
    yield "|--:" * (len(NEAR) + 2) + "|"
    for n in SIZES:
        yield _row(f"{n:,}", *(average_share(n, near) for near in NEAR), least_share(n))
    yield "\n### Difference and ratio of two disjoint groups (enumerated)\n"
    yield "| units | difference: mean | least | ratio: mean | least |"
    yield "|--:|--:|--:|--:|--:|"
    for sizes in PAIRS:
        found = cover_pair(*sizes, GRID)
        grids = (found.difference, found.ratio)
        yield _row(f"{sizes[0]} and {sizes[1]}", *(x for grid in grids for x in (grid.mean(), grid.min())))


def _simulated(title: str, found: Sequence[SimulatedCoverage], runs: int) -> Iterator[str]:
    yield f"\n### {title} (simulated, {runs:,} files a line)\n"
    yield "| file | truth | first value | second value | difference | ratio |"
    yield "|---|---|--:|--:|--:|--:|"
    for f in found:
        yield f"| {f.design} | {f.truth} " + _row(*f.values, f.difference, f.ratio)


def _best(runs: int) -> Iterator[str]:
    yield f"\n### Fair files in which no group is told from the best (simulated, {runs:,} files a line)\n"
    yield "| file | truth | as printed | at the plain level |"
    yield "|---|---|--:|--:|"
    for n_groups, units, p in list_best():
        yield f"| {n_groups} groups of {units} | {p:g} " + _row(*simulate_best(n_groups, units, p, runs))


def _row(*cells: str | float) -> str:
    return "| " + " | ".join(c if isinstance(c, str) else f"{100 * c:.1f}" for c in cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description="Print how often intervals hold the truth.")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE.name}")
    tables = f"{write_enumerated()}\n{write_simulated()}\n"
    if parser.parse_args().write:
        text = PAGE.read_text(encoding="utf-8")
        mark = r"(<!-- tables -->\n).*?(<!-- end of tables -->)"
        PAGE.write_text(
            re.sub(mark, lambda m: m[1] + "\n" + tables + "\n" + m[2], text, flags=re.DOTALL), encoding="utf-8"
        )
    else:
        print(tables)


if __name__ == "__main__":
    main()
