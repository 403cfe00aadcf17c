"""How often one of two systems is said to serve a group better, or to be beaten, where all systems are equally good.

Run as a module, it prints the table of docs/decisions/paired-systems.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.cube import Cubes, count_cells
from metrics.results import read_results
from metrics.schema import Schema, System
from metrics.scored import score
from metrics.serves import CANNOT_TELL, judge_systems
from metrics.trade_offs import BEATEN, BEATEN_IN_ONE, trade_offs

NAMES = ("one", "two", "three", "four")
# How many groups, units in each, the share that is right, and how often systems answer on their own.
SHARES = ((2, 50, 0.7, 0.4), (10, 40, 0.5, 0.9), (10, 200, 0.9, 0.3), (30, 100, 0.8, 0.2))
# How many groups, speakers in each, utterances of a speaker.
SPEAKERS = ((2, 12, 8), (6, 12, 8))


@dataclass(frozen=True)
class FalseVerdicts:
    """Shares of the files with any false verdict of a group, a false one overall, and any system falsely beaten."""

    groups: float
    overall: float
    beaten: float
    beaten_in_one: float


def simulate_shares(
    groups: int, units: int, right: float, alone: float, runs: int = 300, seed: int = 3
) -> FalseVerdicts:
    """Simulate files of equally good systems whose answers are often the same, since units are as hard for all."""
    rng = np.random.default_rng(seed)
    return _tell([count_answers(rng, groups, units, right, alone) for _ in range(runs)], "accuracy")


def count_answers(rng: np.random.Generator, groups: int, units: int, right: float, alone: float) -> Cubes:
    """Return the cubes of one such file."""
    n = groups * units
    frame = pd.DataFrame({"group": np.repeat([f"g{i}" for i in range(groups)], units), "label": "1"})
    shared = rng.random(n) < right
    for name in NAMES:
        own = np.where(rng.random(n) < alone, rng.random(n) < right, shared)
        frame[name] = np.where(own, "1", "0")
    counted = frame.value_counts(sort=False).rename("rows").reset_index()
    systems = tuple(System(name, {"prediction": name}) for name in NAMES)
    schema = Schema(columns={"label": "label", "count": "rows"}, positive=("1",), systems=systems)
    return count_cells(score(read_results(counted, schema, by=["group"])))


def simulate_speakers(groups: int, speakers: int, utterances: int, runs: int = 150, seed: int = 4) -> FalseVerdicts:
    """Simulate files of word errors of speakers who differ, equally many by every system."""
    rng = np.random.default_rng(seed)
    return _tell([count_speakers(rng, groups, speakers, utterances) for _ in range(runs)], "word_error_rate")


def count_speakers(rng: np.random.Generator, groups: int, speakers: int, utterances: int) -> Cubes:
    """Return the cubes of one such file."""
    speaker = np.repeat(np.arange(groups * speakers), utterances)
    words = rng.integers(3, 16, len(speaker))
    own = rng.beta(3, 15, groups * speakers)[speaker]
    columns: dict[str, object] = {
        "speaker": [f"s{i}" for i in speaker],
        "group": [f"g{i // speakers}" for i in speaker],
        "words": words,
    }
    shared = rng.binomial(words, own)
    roles = ("substitutions", "deletions", "insertions")
    for name in NAMES:
        kept = rng.binomial(shared, 0.7)
        columns |= {f"{role} {name}": np.zeros(len(words), dtype=int) for role in roles[1:]}
        columns[f"substitutions {name}"] = kept + rng.binomial(words - shared, np.clip(0.3 * own / (1 - own), 0, 1))
    systems = tuple(System(name, {role: f"{role} {name}" for role in roles}) for name in NAMES)
    schema = Schema(systems=systems, columns={"cluster": "speaker", "reference_words": "words"})
    return count_cells(score(read_results(pd.DataFrame(columns), schema, by=["group"])))


def _tell(files: list[Cubes], metric: str) -> FalseVerdicts:
    found = []
    for cubes in files:
        verdicts = judge_systems(cubes, *NAMES[:2], ["group"], [metric])
        told = verdicts["verdict"] != CANNOT_TELL
        group = np.array([bool(s.levels) for s in verdicts["slice"]])
        standing = set(trade_offs(cubes, metric, "group")["standing"])
        found.append(((told & group).any(), (told & ~group).any(), BEATEN in standing, BEATEN_IN_ONE in standing))
    return FalseVerdicts(*(float(x) for x in np.mean(found, axis=0)))


def write_table() -> Iterator[str]:
    yield "| files | any group told | overall told | any beaten in both | any beaten in one |"
    yield "|---|--:|--:|--:|--:|"
    for groups, units, right, alone in SHARES:
        found = simulate_shares(groups, units, right, alone)
        yield _write(f"{groups} groups of {units}, {right:g} right, {alone:g} answered alone", found)
    for groups, speakers, utterances in SPEAKERS:
        found = simulate_speakers(groups, speakers, utterances)
        yield _write(f"{groups} groups of {speakers} speakers with {utterances} utterances, words", found)


def _write(title: str, found: FalseVerdicts) -> str:
    return f"| {title} | {' | '.join(f'{100 * x:.1f}' for x in found.__dict__.values())} |"


if __name__ == "__main__":
    for line in write_table():
        print(line, flush=True)
