"""Why a second system wins, loses, or cannot be told from the first in one slice, and what would tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Any

from metrics.estimate import MIN_CLUSTERS
from metrics.formatting import format_count, format_difference
from metrics.registry import Metric

__all__ = ["Facts", "say_reason", "say_turned"]

_MOST_TIMES = 100  # beyond so many times the units of now, the number of them is no plan


@dataclass(frozen=True)
class Facts:
    """What the reasons of one table rest on; `praised` is what each system answers to everybody, None else."""

    metric: Metric
    first: str
    second: str
    praised: tuple[str | None, ...]
    n_tests: int
    min_units: int
    in_clusters: bool


def say_reason(facts: Facts, row: Mapping[Any, Any], denominator: float) -> str:
    """Return the reason of a row of `metrics.serves.judge_systems`, a sentence or two.

    `denominator` are the units of the slice that minimums look at.
    """
    if row["verdict"] != "cannot tell":
        return _say_told(facts, row)
    if row["status"] == "no data":
        return "There is no unit that both models answered and that this metric counts."
    if facts.metric.better == "neither":
        return "Of this metric neither side is better in itself."
    few = _say_few(facts, row, denominator)
    if few:
        return f"{few}{_say_needed(facts, row, denominator)}"
    for name, only in ((facts.second, facts.praised[1]), (facts.first, facts.praised[0])):
        if only is not None:
            return f"{name} answers everybody alike ({only}), which helps nobody: that earns no win."
    if isnan(row["low"]) and isnan(row["high"]):
        return "The change has no interval that could be judged."
    if row["value"] == 0:
        return f"Both fare alike here; the change may be {say_turned(facts.metric, row['low'], row['high'])}."
    if row["low"] > 0 or row["high"] < 0:
        reach = say_turned(facts.metric, row["adjusted_low"], row["adjusted_high"])
        counted = f"Alone it would be clear, but not among the {facts.n_tests} groups that were compared"
        return f"{counted}: it may be {reach}.{_say_needed(facts, row, denominator)}"
    return f"It may be {say_turned(facts.metric, row['low'], row['high'])}.{_say_needed(facts, row, denominator)}"


def say_turned(metric: Metric, low: float, high: float) -> str:
    """Return from where to where a change may lie, in words of better and worse: "from 2 points worse to 1 better"."""
    ends = (high, low) if metric.better == "lower" else (low, high)
    if not all(map(isfinite, ends)):
        return "of any size in one direction at least"
    return f"from {_say_end(metric, ends[0])} to {_say_end(metric, ends[1])}"


def _say_end(metric: Metric, change: float) -> str:
    if change == 0:
        return "no change"
    better = (change < 0) == (metric.better == "lower")
    return f"{format_difference(metric, abs(change), signed=False)} {'better' if better else 'worse'}"


def _say_told(facts: Facts, row: Mapping[Any, Any]) -> str:
    reach = say_turned(facts.metric, row["adjusted_low"], row["adjusted_high"])
    if not row["slice"].levels or facts.n_tests < 2:
        return f"The interval leaves out 0: {reach}."
    return f"Even widened for the {facts.n_tests} groups that were compared, the interval leaves out 0: {reach}."


def _say_few(facts: Facts, row: Mapping[Any, Any], denominator: float) -> str:
    if row["status"] != "too few":
        return ""
    if denominator < facts.min_units:
        return f"Too few to judge by: {format_count(denominator)} of at least {facts.min_units} units."
    return f"Too few to judge by: {format_count(row['clusters'])} of at least {MIN_CLUSTERS} clusters."


def _say_needed(facts: Facts, row: Mapping[Any, Any], denominator: float) -> str:
    needed = row["units_needed"]
    if row["value"] == 0 or (isnan(row["low"]) and isnan(row["high"])):
        return ""
    now = row["clusters"] if facts.in_clusters else denominator
    what = "clusters" if facts.in_clusters else "units"
    if isnan(needed) or needed > _MOST_TIMES * now:
        return f" More than {_MOST_TIMES} times as many {what} would be needed to tell."
    about = round(needed, -max(0, len(str(int(needed))) - 2))
    many = what if about != 1 else what.removesuffix("s")
    group = " of this group" if row["slice"].levels else ""
    return f" About {format_count(about)} more {many}{group} would tell, should its rates stay as they are."
