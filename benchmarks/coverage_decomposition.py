"""How often the intervals of the parts of a change hold the truth: two simulated sets of other mixes and rates.

Run as a module, it prints the table of docs/decisions/last-mile.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.simulated import Floats, make_metric
from metrics.cube import count_cells
from metrics.registry import Rate, Share
from metrics.scored import Axis, Layout, Scored, declared_products
from metrics.two_sets.decomposition import decompose, standardize
from metrics.two_sets.sets import TwoSets

ALIKE = 0.1  # correlation of two units of a cluster
PEOPLE_DIFFER = 0.4  # SD of speakers' true word error rates, relative to the rate
LATIN = "abcdefghij"


@dataclass(frozen=True)
class Sets:
    """A reference and a customer's set: cells' shares and true rates on both sides, and how many units.

    `levels` says how many levels each attribute has: the shares are those of the cells, in order. With `clusters`, so
    many a side, of about equal or of very different size, each in one cell or `spanning` them.
    """

    title: str
    shares: tuple[tuple[float, ...], tuple[float, ...]]
    rates: tuple[tuple[float, ...], tuple[float, ...]]
    n: tuple[int, int]
    levels: tuple[int, ...] = ()
    words: bool = False
    clusters: tuple[int, int] | None = None
    unequal: bool = False
    spanning: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return self.levels or (len(self.shares[0]),)

    def draw(self, side: int, rng: np.random.Generator) -> Scored:
        """Draw one of the two sets."""
        share, rate, n = np.array(self.shares[side]), np.array(self.rates[side]), self.n[side]
        cluster = None
        if self.clusters is None:
            cell = rng.choice(len(share), n, p=share)
            true = rate[cell]
        else:
            k = self.clusters[side]
            mean = n / k
            sizes = rng.poisson(rng.gamma(1.5, mean / 1.5, k) if self.unequal else np.full(k, mean))
            cluster = np.repeat(np.arange(k), sizes)
            cell = rng.choice(len(share), k, p=share)[cluster]
            if self.spanning:
                cell = rng.choice(len(share), len(cluster), p=share)
            true = (
                rate[cell] * self._differ(k, rng)[cluster] if self.words else self._alike(rate[cell], k, rng, cluster)
            )
        below = 3 + rng.poisson(9, len(cell)) if self.words else np.ones(len(cell), np.int64)
        top = rng.poisson(true * rng.gamma(2, 0.5, len(cell)) * below) if self.words else rng.random(len(cell)) < true
        return self._score(cell, below, top, cluster)

    def _differ(self, k: int, rng: np.random.Generator) -> Floats:
        shape = PEOPLE_DIFFER**-2
        return np.asarray(rng.gamma(shape, 1 / shape, k))

    def _alike(self, rate: Floats, k: int, rng: np.random.Generator, cluster: NDArray[np.int64]) -> Floats:
        # One number a cluster moves its rates in all cells alike.
        from scipy.special import betaincinv

        uniform, strength = rng.random(k)[cluster], 1 / ALIKE - 1
        return np.asarray(betaincinv(rate * strength, (1 - rate) * strength, uniform))

    def _score(
        self, cell: NDArray[np.int64], below: NDArray[Any], top: NDArray[Any], cluster: NDArray[np.int64] | None
    ) -> Scored:
        codes = np.unravel_index(cell, self.shape)
        names = ("edits", "words") if self.words else ()
        formula = Rate("edits", "words", "units", of_counts=True) if self.words else Share("hits", "units")
        metrics = {"metric": make_metric("metric", formula)}
        layout = Layout(
            n_outcomes=2,
            named={("units", None): np.ones(2), ("hits", None): np.array([0.0, 1.0])},
            values=names,
            centres=(0.0,) * len(names),
            carriers=("units",) * len(names),
            products=declared_products(metrics, names),
        )
        n_clusters = 0 if cluster is None else int(cluster.max(initial=-1)) + 1
        return Scored(
            task="transcription",
            system=None,
            layout=layout,
            metrics=metrics,
            axes=tuple(Axis(name, tuple(LATIN[:k])) for name, k in zip("AB", self.shape, strict=False)),
            codes=tuple(code.astype(np.uint8) for code in codes),
            outcome=np.zeros(len(cell), np.int64) if self.words else top.astype(np.int64),
            rows=np.arange(len(cell)),
            values=(top.astype(float), below.astype(float)) if self.words else (),
            clusters=cluster,
            cluster_names=tuple(map(str, range(n_clusters))),
        )

    def truth(self) -> dict[str, float]:
        """Return the true parts."""
        (w, v), (r, s) = (np.array(a) for a in (self.shares, self.rates))
        found = {
            "mix": (v - w) @ (r + s) / 2,
            "rates": (v + w) @ (s - r) / 2,
            "total": v @ s - w @ r,
            "reference at the customer's mix": v @ r,
            "customer at the reference's mix": w @ s,
        }
        if len(self.shape) == 2:
            codes = np.unravel_index(np.arange(len(w)), self.shape)
            dummies = np.concatenate([np.eye(k)[c] for k, c in zip(self.shape, codes, strict=True)], axis=1)
            root = np.sqrt((w + v) / 2)
            effects = np.linalg.lstsq(dummies * root[:, None], (r + s) / 2 * root, rcond=None)[0]
            first = self.shape[0]
            found["mix[A]"] = (v - w) @ (dummies[:, :first] @ effects[:first])
            found["mix[B]"] = (v - w) @ (dummies[:, first:] @ effects[first:])
            found["mix[A x B]"] = found["mix"] - found["mix[A]"] - found["mix[B]"]
        return {name: float(value) for name, value in found.items()}


def simulate_parts(sets: Sets, runs: int = 1000, seed: int = 5) -> pd.Series:
    """Return in which share of the runs the interval of each part held the truth."""
    rng, truth = np.random.default_rng(seed), sets.truth()
    held: list[dict[str, bool]] = []
    by = [("A",) if len(sets.shape) == 1 else ("A", "B")]
    for _ in range(runs):
        here, there = (count_cells([sets.draw(side, rng)]) for side in range(2))
        both = TwoSets(here, there)
        parts = decompose(both, by).set_index("part")
        standard = standardize(both, by)
        standard.index = pd.Index(
            [f"{a} at the {b}'s mix" for a, b in zip(standard["rates_of"], standard["mix_of"], strict=True)]
        )
        told = pd.concat([parts, standard])
        held.append({name: bool(told["low"][name] <= true <= told["high"][name]) for name, true in truth.items()})
    return pd.DataFrame(held).mean()


THREE = ((0.5, 0.3, 0.2), (0.2, 0.3, 0.5))
SIX = ((0.4, 0.2, 0.2, 0.1, 0.08, 0.02), (0.1, 0.2, 0.2, 0.2, 0.2, 0.1))
CROSS = ((0.3, 0.2, 0.1, 0.1, 0.2, 0.1), (0.1, 0.1, 0.2, 0.2, 0.1, 0.3))
FAR, NEAR = ((0.1, 0.3, 0.5), (0.15, 0.3, 0.45)), ((0.2, 0.2, 0.2), (0.2, 0.2, 0.2))
RARE = ((0.02, 0.05, 0.08), (0.03, 0.05, 0.06))
SPREAD = ((0.1, 0.2, 0.3, 0.3, 0.4, 0.6), (0.15, 0.2, 0.25, 0.35, 0.4, 0.5))
CROSSED = ((0.1, 0.3, 0.2, 0.4, 0.3, 0.6), (0.15, 0.3, 0.25, 0.4, 0.4, 0.5))


def list_sets() -> list[Sets]:
    """Return what is simulated."""
    plain = [
        Sets("3 levels, far apart", THREE, FAR, (1000, 200)),
        Sets("3 levels, far apart", THREE, FAR, (100, 100)),
        Sets("3 levels, all alike", THREE, NEAR, (1000, 200)),
        Sets("one mix, all alike", (THREE[0], THREE[0]), NEAR, (500, 200)),
        Sets("3 levels, rare", THREE, RARE, (1000, 200)),
        Sets("3 levels, rare", THREE, RARE, (200, 100)),
        Sets("6 levels, shares from .02", SIX, SPREAD, (2000, 300)),
        Sets("6 levels, shares from .02", SIX, SPREAD, (500, 150)),
        Sets("two attributes, 2 x 3", CROSS, CROSSED, (1000, 300), (2, 3)),
    ]
    words = [replace(s, words=True, title=f"{s.title}, words") for s in (plain[0], plain[1], plain[4], plain[7])]
    clustered = [
        replace(s, clusters=k, unequal=unequal, spanning=spanning, title=f"{s.title}, {k[0]} and {k[1]} clusters{how}")
        for s in (
            Sets("3 levels, far apart", THREE, FAR, (1000, 400)),
            Sets("3 levels, rare", THREE, RARE, (1000, 400)),
        )
        for k, unequal, spanning, how in (
            ((60, 30), False, False, ""),
            ((60, 15), True, False, " of unequal size"),
            ((30, 30), True, True, " of unequal size over all levels"),
        )
    ]
    both = [replace(s, words=True, title=f"{s.title}, words") for s in clustered[:3]]
    return [*plain, *words, *clustered, *both]


def write_table(runs: int = 1000) -> Iterator[str]:
    names = ["mix", "rates", "total", "reference at the customer's mix", "customer at the reference's mix"]
    names += ["mix[A]", "mix[B]", "mix[A x B]"]
    yield f"| sets | units | {' | '.join(names)} |"
    yield f"|---|---|{'--:|' * len(names)}"
    for sets in list_sets():
        found = simulate_parts(sets, runs)
        told = " | ".join(f"{100 * found[name]:.1f}" if name in found else "" for name in names)
        yield f"| {sets.title} | {sets.n[0]} and {sets.n[1]} | {told} |"


if __name__ == "__main__":
    for line in write_table():
        print(line, flush=True)
