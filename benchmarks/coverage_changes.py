"""How often the intervals of changes between two systems hold the truth: word errors of speakers, with a fixed seed.

Both systems find the same speakers and words hard. Run as a module, it prints the table of
docs/decisions/paired-systems.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.coverage_speakers import record_conditions, record_people
from benchmarks.simulated import GROUPS, Design, Floats, find_beta_quantile, make_metric
from metrics.changes import compare_gaps, compare_systems
from metrics.cube import Cubes, count_cells
from metrics.estimate import estimate
from metrics.intervals import difference_limits
from metrics.registry import Rate, Share
from metrics.scored import Axis, Layout, Scored, declared_products

KEPT = 0.8  # of the words that the first system gets wrong, the second gets wrong as well
SPEAKERS_DIFFER = 0.5  # SD of speakers' true rates, relative to the rate
AT_ONCE = 50


@dataclass(frozen=True)
class CoverageOfChanges:
    """Shares of the runs in which intervals held the truth, and the median width of the first group's.

    `apart` is the width of the difference if the systems had been measured on different units.
    """

    design: str
    change: float
    gap: float
    width: float
    apart: float

    @property
    def least(self) -> float:
        return min(self.change, self.gap)


def simulate_changes(
    design: Design, rates: tuple[float, float], changes: tuple[float, float], words: bool = True, runs: int = 500
) -> CoverageOfChanges:
    """Simulate two systems: the first's true rates in both groups, and by how much the second's are higher.

    With `words`, utterances of 3 to 18 words have word error rates; otherwise an utterance is right or wrong.
    """
    rng = np.random.default_rng(21)
    n = len(design.cluster)
    said = np.random.default_rng(7).integers(3, 19, n) if words else np.ones(n, dtype=np.int64)
    held: list[tuple[bool, bool]] = []
    widths: list[tuple[float, float]] = []
    for _ in range(-(-runs // AT_ONCE)):
        cubes = count_cells(
            _score(design, said, edits, name, words)
            for name, edits in zip(("old", "new"), _draw_edits(rng, design, said, rates, changes), strict=True)
        )
        change, gap = (ask(cubes, "old", "new", [("group",)]) for ask in (compare_systems, compare_gaps))
        change = change[change["slice"].map(str) == "group = a"]
        gap = gap[gap["slice"].map(str) == "group = a"]
        truths = (changes[0], changes[0] - changes[1])
        within = [
            (found["low"] <= true) & (true <= found["high"]) for found, true in zip((change, gap), truths, strict=True)
        ]
        held += list(zip(*within, strict=True))
        widths += list(zip(change["high"] - change["low"], _widths_apart(cubes), strict=True))
    both, width = np.mean(held, axis=0), np.median(widths, axis=0)
    return CoverageOfChanges(design.title, *map(float, (*both, *width)))


def _draw_edits(
    rng: np.random.Generator,
    design: Design,
    said: NDArray[np.int64],
    rates: tuple[float, float],
    changes: tuple[float, float],
) -> tuple[Floats, Floats]:
    """Draw the edits of both systems, each an array of runs x utterances."""
    uniform = rng.random((AT_ONCE, int(design.cluster.max()) + 1))

    by_group = np.stack([find_beta_quantile(uniform, m, _alike(m)) for m in rates])
    of_speaker = np.clip(by_group[design.group, :, design.cluster].T, 0, 1)
    old = rng.binomial(np.tile(said, (AT_ONCE, 1)), of_speaker)
    # The second is wrong where the first is, less often, and somewhere else now and then: so that the mean is true.
    missed = np.array([(m + c - KEPT * m) / (1 - m) for m, c in zip(rates, changes, strict=True)])
    uniform = rng.random(uniform.shape)
    by_group = np.stack([find_beta_quantile(uniform, m, _alike(m)) for m in missed])
    new = rng.binomial(old, KEPT) + rng.binomial(said - old, by_group[design.group, :, design.cluster].T)
    return old.astype(float), new.astype(float)


def _alike(rate: float) -> float:
    """Return the correlation of a beta distribution of this mean whose SD is in the given relation to it."""
    return SPEAKERS_DIFFER**2 * rate / (1 - rate)


def _score(design: Design, said: NDArray[np.int64], edits: Floats, system: str, words: bool) -> Scored:
    """Return one system's units, every run a metric of its own."""
    runs = range(len(edits))
    formulas = {
        f"run {i}": Rate(f"edits {i}", "words", "units", of_counts=True) if words else Share(f"edits {i}", "units")
        for i in runs
    }
    metrics = {name: make_metric(name, formula) for name, formula in formulas.items()}
    names = (*(f"edits {i}" for i in runs), "words")
    layout = Layout(
        n_outcomes=1,
        named={("units", None): np.ones(1)},
        values=names,
        centres=(0.0,) * len(names),
        carriers=("units",) * len(names),
        products=declared_products(metrics, names),
    )
    return Scored(
        task="transcription",
        system=system,
        layout=layout,
        metrics=metrics,
        axes=(Axis("group", GROUPS),),
        codes=(design.group.astype(np.uint8),),
        outcome=np.zeros(len(said), dtype=np.int64),
        rows=np.arange(len(said)),
        values=(*edits, said.astype(float)),
        clusters=design.cluster if design.clustered else None,
        cluster_names=tuple(map(str, range(int(design.cluster.max()) + 1))) if design.clustered else (),
    )


def _widths_apart(cubes: Cubes) -> Floats:
    """Return how wide the change of the first group would be without the pairing, a run each."""
    found = estimate(cubes, by=["group"])
    found = found[found["slice"].map(str) == "group = a"]
    old, new = (found[found["system"] == name] for name in ("old", "new"))
    ends = [side[c].to_numpy(float) for side in (new, old) for c in ("value", "low", "high")]
    low, high = difference_limits(*ends)
    return high - low


Case = tuple[Design, tuple[float, float], tuple[float, float], bool]


def list_cases() -> list[Case]:
    """Return what is simulated: who, the first system's rates, the changes, and whether words are counted."""
    people = [record_people(*sizes) for sizes in ((6, 6), (12, 12), (25, 25))]
    conditions = [record_conditions(n) for n in (12, 50)]
    rates = [((0.15, 0.25), (0.0, 0.0)), ((0.06, 0.06), (0.02, -0.01))]
    return [(design, *truth, words) for words in (True, False) for design in (*people, *conditions) for truth in rates]


def write_table(runs: int = 300) -> Iterator[str]:
    yield "| file | counted | rates | changes | change | change of the gap | width | if not paired |"
    yield "|---|---|---|---|--:|--:|--:|--:|"
    for case in list_cases():
        design, rates, changes, words = case
        found = simulate_changes(*case, runs=runs)
        told = (f"{a:g} and {b:g}" for a, b in (rates, changes))
        shown = " | ".join(f"{100 * x:.1f}" for x in (found.change, found.gap, found.width, found.apart))
        yield f"| {design.title} | {'words' if words else 'utterances'} | {' | '.join(told)} | {shown} |"


if __name__ == "__main__":
    for line in write_table():
        print(line, flush=True)
