"""What is covered as a page says it: one combination in a sentence, and all of them as a table of numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from metrics.answers import name_slice
from metrics.coverage.question import Covering
from metrics.coverage.words import name_minimum
from metrics.estimate import MIN_CLUSTERS
from metrics.formatting import format_count, format_difference
from metrics.registry import Metric, Share
from metrics.sentences import lower_title

__all__ = ["count_below", "name_below", "say_combination", "table_combinations"]

# What the counts below the line of a share are called.
_BELOW = {
    frozenset({"true_positives", "false_negatives"}): "positives",
    frozenset({"true_negatives", "false_positives"}): "negatives",
    frozenset({"true_positives", "false_positives"}): "predicted positives",
    frozenset({"true_negatives", "false_negatives"}): "predicted negatives",
    frozenset({"false_negatives", "false_positives"}): "errors",
}

_OF_CLASS = {
    "positives": "rows that are {}",
    "negatives": "rows that are not {}",
    "predicted positives": "rows predicted {}",
    "predicted negatives": "rows not predicted {}",
}


def name_below(metric: Metric) -> str:
    """Return what a metric is a share of, in the plural.

    >>> from metrics.tasks.binary import ACCURACY, FALSE_NEGATIVE_RATE
    >>> name_below(FALSE_NEGATIVE_RATE), name_below(ACCURACY)
    ('positives', 'rows')
    """
    if metric.per:
        return metric.per
    if not isinstance(metric.formula, Share):
        return "rows"
    named = _BELOW.get(frozenset(part.strip() for part in metric.formula.below.split("+")), "rows")
    if metric.of_class is None:
        return named
    return _OF_CLASS.get(named, named).format(metric.of_class)


def count_below(metric: Metric) -> str:
    """Return the column of `Covered.combinations` that counts what `name_below` names.

    Units are counted whatever they weigh; what a unit has several of (words) is added up by weight.
    """
    return "below" if metric.per else "counted"


def say_combination(row: Mapping[Any, Any], metric: Metric, asked: Covering, weighted: bool = False) -> str:
    """Say of a row of `Covered.combinations` how many there are, and what could be seen of them.

    `weighted` is whether rows have weights.
    """
    name = name_slice(row["slice"])
    units, below = _number(row["units"]), _number(row[count_below(metric)])
    if not units:
        return f"{name}: nobody in these data."
    there = f"{format_count(units)} {'row' if units == 1 else 'rows'}"
    if (what := name_below(metric)) != "rows" and below is not None:
        there += f", {format_count(below)} {what}{_by_weight(metric, weighted)}"
    if (clusters := _number(row["clusters"])) is not None:
        there += f", {format_count(clusters)} {'cluster' if clusters == 1 else 'clusters'}"
    said = [f"{name}: {there}."]
    half, apart, gap = (_number(row[c]) for c in ("half_width", "difference_half_width", "detectable_gap"))
    title = lower_title(metric.title)
    few = row["status"] == "too few"
    if half is None:
        nothing = (
            f"Their {title} has no interval." if row["status"] != "no data" else f"There is no data for their {title}."
        )
        return " ".join([said[0], nothing, *([_say_few(row, metric, asked)] if few else [])])
    if apart is not None:
        said.append(
            f"Their {title} is known to within ±{format_difference(metric, half, signed=False)}, its difference from "
            f"everyone else to within ±{format_difference(metric, apart, signed=False)}."
        )
    if gap is not None:
        tested = not few and apart is not None  # what is too few is no part of any test
        said.append(
            f"{'A' if tested else 'Were it tested, a'} difference for the worse {'is' if tested else 'would be'} seen "
            f"{asked.power:.0%} of the time from {format_difference(metric, gap, signed=False)} up."
        )
    limit = format_difference(metric, asked.target_gap, signed=False)
    if few:
        said.append(_say_few(row, metric, asked))
    elif apart is None:
        said.append("There are too few others to compare with, or they have no interval: no verdict is given here.")
    elif not row["reachable"]:
        said.append(f"No model can be shown to keep within {limit} here: the interval is wider than that.")
    elif not row["likely"]:
        said.append(f"A fair model would pass within {limit} here, but less than four times in five.")
    return " ".join(said)


def _say_few(row: Mapping[Any, Any], metric: Metric, asked: Covering) -> str:
    """Say what is too few for a verdict: what the minimum looks at, or clusters."""
    least = []
    if row["counted"] < asked.min_units:
        least.append(f"{format_count(asked.min_units)} {name_minimum(metric)}")
    clusters = _number(row["clusters"])
    if clusters is not None and clusters < MIN_CLUSTERS:
        least.append(f"{MIN_CLUSTERS} clusters")
    return f"These are too few to judge by: under {' or '.join(least)} no verdict is given."


def _by_weight(metric: Metric, weighted: bool) -> str:
    return " by weight" if weighted and metric.per else ""


def table_combinations(combinations: pd.DataFrame, metric: Metric, weighted: bool = False) -> pd.DataFrame:
    """Return the combinations as a table to be sorted: numbers stay numbers, shares of a whole are in points."""
    times = 100.0 if metric.unit == "share" else 1.0
    unit = " (points)" if metric.unit == "share" else ""
    what = name_below(metric)
    table = pd.DataFrame(
        {
            "combination": [name_slice(s) for s in combinations["slice"]],
            "levels": [len(s.levels) for s in combinations["slice"]],
            "rows": combinations["units"].astype(float),
        }
    )
    if what != "rows":
        table[what + _by_weight(metric, weighted)] = combinations[count_below(metric)].astype(float).to_numpy()
    if combinations["clusters"].notna().any():
        table["clusters"] = combinations["clusters"].astype(float).to_numpy()
    widths = {
        f"± value{unit}": "half_width",
        f"± difference{unit}": "difference_half_width",
        f"gap seen{unit}": "detectable_gap",
    }
    for title, column in widths.items():
        table[title] = (times * combinations[column].astype(float)).round(2).to_numpy()
    table["a pass"] = [
        "none here" if not units else "out of reach" if not within else "likely if fair" if likely else "within reach"
        for units, within, likely in zip(*(combinations[c] for c in ("units", "reachable", "likely")), strict=True)
    ]
    table["status"] = combinations["status"].astype(str).to_numpy()
    return table


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) or math.isinf(float(value)) else float(value)
