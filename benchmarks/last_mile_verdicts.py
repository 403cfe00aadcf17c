"""How often the verdicts of two sets are wrong.

Simulated pairs of sets with a fixed seed: units alone, and utterances of speakers who differ. Run as a module, it
prints the table of docs/decisions/last-mile.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.results import Results
from metrics.schema import Attribute, Schema, System
from metrics.scored import Scored, score
from metrics.two_sets.change_verdicts import BETTER, SAME, WORSE
from metrics.two_sets.changes import compare_sets
from metrics.two_sets.sets import align

METRIC = "false_negative_rate"
GROUPS = 5
MARGIN = 0.05


@dataclass(frozen=True)
class Setting:
    """Two sets of `speakers` a side, each with so many units; `spread` is how far they differ on the logit scale."""

    title: str
    speakers: tuple[int, int]
    units: int
    rate: float
    spread: float = 0.0

    @property
    def clustered(self) -> bool:
        return self.units > 1


SETTINGS = (
    Setting("1,000 against 500 units, rate .1", (1000, 500), 1, 0.1),
    Setting("3,000 against 300 units, rate .3", (3000, 300), 1, 0.3),
    Setting("20,000 against 10,000 units, rate .1", (20_000, 10_000), 1, 0.1),
    Setting("200 against 100 speakers, 10 units each", (200, 100), 10, 0.15, 0.8),
    Setting("100 against 60 speakers, 20 units each", (100, 60), 20, 0.15, 1.2),
)


def judge(setting: Setting, change: float, runs: int, seed: int = 5) -> pd.DataFrame:
    """Return the verdicts of five groups and of everyone in each run; the customer's rate is higher by `change`."""
    rng = np.random.default_rng(seed)
    tables = []
    for run in range(runs):
        sides = [
            _draw(rng, setting, n, setting.rate + more) for n, more in zip(setting.speakers, (0, change), strict=True)
        ]
        tables.append(compare_sets(align(*sides), ["group"], [METRIC], target_gap=MARGIN).assign(run=run))
    return pd.concat(tables, ignore_index=True)


def _draw(rng: np.random.Generator, setting: Setting, speakers: int, rate: float) -> tuple[Scored, ...]:
    own = _rates(rng, speakers, rate, setting.spread)
    speaker = np.repeat(np.arange(speakers), setting.units)
    missed = rng.uniform(size=len(speaker)) < own[speaker]
    group = rng.integers(0, GROUPS, speakers)[speaker]
    index = pd.RangeIndex(len(speaker))
    words = pd.Categorical.from_codes(np.where(missed, 0, 1), ["0", "1"])
    columns = {"label": pd.Series(pd.Categorical.from_codes(np.ones(len(index), np.int8), ["0", "1"]), index=index)}
    if setting.clustered:
        columns["cluster"] = pd.Series(speaker, index=index)
    results = Results(
        schema=Schema(
            task="classification",
            columns={role: role for role in columns},
            systems=(System(None, {"prediction": "prediction"}),),
            attributes=(Attribute("group"),),
            positive=("1",),
        ),
        attributes=pd.DataFrame({"group": pd.Categorical.from_codes(group, [*"abcde"])}, index=index),
        columns=columns,
        answers=({"prediction": pd.Series(words, index=index)},),
        receipts=(),
        findings=(),
    )
    return score(results)


def _rates(rng: np.random.Generator, speakers: int, rate: float, spread: float) -> NDArray[np.float64]:
    """Return rates of speakers whose mean is `rate`."""
    if not spread:
        return np.full(speakers, rate)
    away = spread * rng.standard_normal(speakers)
    grid = spread * np.random.default_rng(1).standard_normal(20_000)
    low, high = -10.0, 10.0
    for _ in range(60):  # the middle at which speakers average to the rate
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-(middle + grid)))).mean() < rate else (low, middle)
    return np.asarray(1 / (1 + np.exp(-(low + away))))


def main(runs: int = 400) -> None:
    """Print, for each setting, how often verdicts are wrong."""
    print("| two sets | worse or better, none changed (any of 5 groups) | no change shown, changed by the margin |")
    print("|---|---|---|")
    for setting in SETTINGS:
        fair, changed = judge(setting, 0.0, runs), judge(setting, MARGIN, runs)
        groups = fair[[bool(s.levels) for s in fair["slice"]]]
        alarms = groups["verdict"].isin([WORSE, BETTER]).groupby(groups["run"]).any().mean()
        groups = changed[[bool(s.levels) for s in changed["slice"]]]
        print(f"| {setting.title} | {alarms:.1%} | {(groups['verdict'] == SAME).mean():.1%} |")


if __name__ == "__main__":
    main()
