"""Whether a gap depends on how utterances are weighed: by their words, each the same, or each speaker the same."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from metrics.answers import name_slice
from metrics.compare import compare
from metrics.cube import Cube
from metrics.estimate import By, estimate
from metrics.formatting import format_difference, format_value
from metrics.slices import Slice

__all__ = ["WEIGHTINGS", "compare_weightings", "say_weightings"]

# The same errors, weighed differently, by the name of the metric.
WEIGHTINGS = {
    "word_error_rate": "all words pooled",
    "mean_utterance_word_error_rate": "the mean of utterances",
    "mean_speaker_word_error_rate": "the mean of speakers",
}
_MOST = 3


def compare_weightings(cube: Cube, by: By = None, *, baseline: str = "rest", min_units: int = 30) -> pd.DataFrame:
    """Return the gap of every slice that can be judged under each weighting, a column each, and whether its sign turns.

    The columns are slice, one for each of `WEIGHTINGS` that the data allow, and `turns`: some gaps lie above 0 and
    others below. Slices that one weighting cannot judge are left out.
    """
    names = [name for name in WEIGHTINGS if name in cube.metrics]
    gaps = compare(cube, by, names, baseline=baseline, min_units=min_units, correction="none")
    gaps = gaps[gaps["status"] == "ok"]
    wide = {name: _by_slice(gaps, name) for name in names}
    slices = [s for s in _by_slice(gaps, names[0]) if all(s in wide[name] for name in names)] if names else []
    table = pd.DataFrame({"slice": slices} | {name: [wide[name][s] for s in slices] for name in names})
    signs = np.sign(table[names].to_numpy(dtype=float)) if len(table) else np.zeros((0, 1))
    table["turns"] = (signs.max(axis=1, initial=-1) > 0) & (signs.min(axis=1, initial=1) < 0)
    return table


def say_weightings(cube: Cube, by: By = None, *, baseline: str = "rest", min_units: int = 30) -> list[str]:
    """Return a sentence for each slice whose gap changes its sign, and pair whose order changes, with the weighting."""
    if sum(name in cube.metrics for name in WEIGHTINGS) < 2:
        return []
    table = compare_weightings(cube, by, baseline=baseline, min_units=min_units)
    names = [name for name in WEIGHTINGS if name in table]
    said = []
    for row in table[table["turns"]].to_dict("records"):
        told = ", ".join(f"{format_difference(cube.metrics[n], row[n])} by {WEIGHTINGS[n]}" for n in names)
        said.append(f"The gap of {name_slice(row['slice'])} turns with the weighting: {told}.")
    said += _say_orders(cube, by, names, min_units)
    more = [f"So do {len(said) - _MOST} more."] if len(said) > _MOST else []
    return said[:_MOST] + more


def _say_orders(cube: Cube, by: By, names: list[str], min_units: int) -> list[str]:
    """Say which two groups, the best and the worst of an attribute by one weighting, change places by another."""
    found = estimate(cube, by, names, min_units=min_units)
    found = found[found["status"] == "ok"]
    values: dict[tuple[str, ...], dict[Slice, dict[str, float]]] = {}
    for s, metric, value in zip(found["slice"], found["metric"], found["value"], strict=True):
        if s.levels:
            values.setdefault(s.axes, {}).setdefault(s, {})[metric] = float(value)
    said = []
    for slices in values.values():
        whole = {s: told for s, told in slices.items() if len(told) == len(names)}
        if len(whole) < 2:
            continue
        ends = {n: (min(whole, key=lambda s: whole[s][n]), max(whole, key=lambda s: whole[s][n])) for n in names}
        for one, other in combinations(names, 2):
            best, worst = ends[one]
            if whole[best][other] > whole[worst][other]:
                said.append(_say_order(cube, best, worst, whole, one, other))
                break
    return said


def _say_order(cube: Cube, best: Slice, worst: Slice, told: dict[Slice, dict[str, float]], one: str, other: str) -> str:
    def write(cell: Slice, name: str) -> str:
        return format_value(cube.metrics[name], told[cell][name])

    return (
        f"{name_slice(best)} fares better than {name_slice(worst)} by {WEIGHTINGS[one]} ({write(best, one)} against "
        f"{write(worst, one)}), but worse by {WEIGHTINGS[other]} ({write(best, other)} against {write(worst, other)})."
    )


def _by_slice(gaps: pd.DataFrame, metric: str) -> dict[Any, float]:
    rows = gaps[gaps["metric"] == metric]
    return dict(zip(rows["slice"], rows["value"].astype(float), strict=True))
