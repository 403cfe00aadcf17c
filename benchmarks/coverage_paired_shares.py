"""How often two intervals of a change of a share hold the truth, on the same simulated units, with a fixed seed.

The one is the product's, made of what a second system adds and removes; the other is Newcombe's (1998) method 10. Run
as a module, it prints the table of docs/decisions/paired-systems.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.changes import compare_systems
from metrics.cube import count_cells
from metrics.paired_shares import mcnemar, newcombe_limits
from metrics.results import read_results
from metrics.schema import Schema, System
from metrics.scored import score

Floats = NDArray[np.float64]

SIZES = (20, 50, 100, 200)
# Chances that a unit is right under both, under the first only, under the second only, under neither.
TRUTHS = (
    (0.70, 0.10, 0.10, 0.10),
    (0.40, 0.25, 0.25, 0.10),
    (0.90, 0.03, 0.03, 0.04),
    (0.70, 0.05, 0.15, 0.10),
    (0.90, 0.00, 0.05, 0.05),
    (0.30, 0.10, 0.40, 0.20),
)


@dataclass(frozen=True)
class Held:
    """Shares of the runs in which each interval held the truth, mean widths, and how often no change was rejected."""

    ours: float
    newcombe: float
    width: float
    width_newcombe: float
    rejected: float
    rejected_mcnemar: float


def simulate_pairs(n: int, truth: tuple[float, float, float, float], runs: int = 4000, seed: int = 5) -> Held:
    """Simulate `runs` files of `n` units; each is a level of one attribute, and a slice of its own."""
    counts = np.random.default_rng(seed).multinomial(n, truth, size=runs)
    change = truth[2] - truth[1]
    low, high, p = _ask(counts)
    low_newcombe, high_newcombe = newcombe_limits(*counts.T)
    held = [(a <= change + 1e-12) & (change - 1e-12 <= b) for a, b in ((low, high), (low_newcombe, high_newcombe))]
    return Held(
        *(float(h.mean()) for h in held),
        float((high - low).mean()),
        float((high_newcombe - low_newcombe).mean()),
        float((p < 0.05).mean()),
        float((mcnemar(counts[:, 2], counts[:, 1]) < 0.05).mean()),
    )


def _ask(counts: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Return low, high and p of the change in accuracy of every run, as `compare_systems` gives them."""
    runs = len(counts)
    kind = np.concatenate([np.repeat(np.arange(4), c) for c in counts])
    run = np.repeat(np.arange(runs), counts.sum(axis=1))
    right = {"old": kind < 2, "new": kind % 2 == 0}
    frame = pd.DataFrame({"run": np.char.add("r", run.astype(str)), "label": "1"})
    for name, hits in right.items():
        frame[name] = np.where(hits, "1", "0")
    systems = tuple(System(name, {"prediction": name}) for name in right)
    schema = Schema(columns={"label": "label"}, positive=("1",), systems=systems)
    cubes = count_cells(score(read_results(frame, schema, by=["run"])))
    found = compare_systems(cubes, "old", "new", ["run"], ["accuracy"], min_units=1)
    found = found[[bool(s.levels) for s in found["slice"]]]
    order = [int(str(next(iter(s.items()))[1])[1:]) for s in found["slice"]]
    placed = found.iloc[np.argsort(order)]
    low, high, p = (placed[c].to_numpy(float) for c in ("low", "high", "p"))
    return low, high, p


def write_table(runs: int = 4000) -> Iterator[str]:
    yield "| units | right: both, first, second, neither | held | Newcombe | width | Newcombe | rejected | McNemar |"
    yield "|--:|---|--:|--:|--:|--:|--:|--:|"
    for truth in TRUTHS:
        for n in SIZES:
            found = simulate_pairs(n, truth, runs)
            shown = [100 * x for x in found.__dict__.values()]
            yield f"| {n} | {', '.join(f'{p:g}' for p in truth)} | {' | '.join(f'{x:.1f}' for x in shown)} |"


if __name__ == "__main__":
    for line in write_table():
        print(line, flush=True)
