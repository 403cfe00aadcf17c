"""One question of everything: what is asked of a file, and the four tables that answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from metrics.compare import Correction, Kind, compare
from metrics.criteria import criteria
from metrics.cube import Cubes
from metrics.estimate import estimate
from metrics.progress import SILENT, Progress
from metrics.registry import Metric
from metrics.results import Results
from metrics.spread import spread

__all__ = ["Answer", "Question", "answer"]


@dataclass(frozen=True)
class Question:
    """What is asked of the counts.

    `by` and `metrics` are None where nothing was named: each attribute alone, every metric there is.
    """

    by: tuple[str | tuple[str, ...], ...] | None = None
    metrics: tuple[str, ...] | None = None
    kinds: tuple[Kind, ...] = ("difference",)
    baseline: str = "rest"
    confidence: float = 0.95
    correction: Correction = "holm"
    min_units: int = 30
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Answer:
    """What was measured of one file: its results and the four tables, and the metrics they name."""

    results: Results
    estimates: pd.DataFrame
    disparities: pd.DataFrame
    spreads: pd.DataFrame
    criteria: pd.DataFrame
    metrics: Mapping[str, Metric]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        return {
            "estimates": self.estimates,
            "disparities": self.disparities,
            "spreads": self.spreads,
            "criteria": self.criteria,
        }


def answer(results: Results, cubes: Cubes, q: Question, progress: Progress = SILENT) -> Answer:
    """Ask the counts of `results`. Raises QuestionError for what they do not hold."""
    cubes = drop_only_name(cubes)
    asked, sure, least = (cubes, q.by, q.metrics), q.confidence, q.min_units
    progress("Measuring every group", 0.1)
    estimates = estimate(*asked, confidence=sure, min_units=least)
    progress("Comparing the groups", 0.3)
    disparities = compare(
        *asked, kinds=q.kinds, baseline=q.baseline, confidence=sure, correction=q.correction, min_units=least
    )
    progress("Working out what chance alone would do", 0.6)
    spreads = spread(*asked, confidence=sure, min_units=least, seed=q.seed)
    progress("Checking the criteria", 0.9)
    return Answer(
        results,
        estimates=estimates,
        disparities=disparities,
        spreads=spreads,
        criteria=criteria(cubes, q.by, strata=results.schema.strata, min_units=least),
        metrics={m.name: m for cube in cubes for m in cube.metrics.values()},
    )


def drop_only_name(cubes: Cubes) -> Cubes:
    """Return the cubes with a system that is the only one going without its name."""
    return Cubes([replace(cubes[0], system=None)]) if len(cubes) == 1 else cubes
