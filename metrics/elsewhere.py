"""What other libraries call a disparity, with their sign: one cell under each of its names.

AIF360 and Clarify compare one group with one other: the slice here is their unprivileged group, or
disadvantaged facet d, its baseline their privileged group, or facet a. Aequitas divides by a reference group.
Fairlearn compares the extremes of all groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from metrics.compare import compare
from metrics.cube import Cube
from metrics.registry import Metric
from metrics.slices import Slice
from metrics.spread import spread

__all__ = ["NAMES", "NameElsewhere", "also_known_as"]

Form = Literal["difference", "reversed", "ratio", "mean", "gap", "smallest over largest"]

_SIGNS: dict[Form, str] = {
    "difference": "group - baseline",
    "reversed": "baseline - group",
    "ratio": "group / baseline",
    "mean": "mean of both differences, group - baseline",
    "gap": "largest - smallest of all groups",
    "smallest over largest": "smallest / largest of all groups",
}


@dataclass(frozen=True)
class NameElsewhere:
    """A library's name for a disparity of some metrics, and its form."""

    library: str
    name: str
    form: Form
    metrics: tuple[str, ...]

    @property
    def sign(self) -> str:
        return _SIGNS[self.form]


def _aif360() -> list[NameElsewhere]:
    """AIF360, aif360.metrics.ClassificationMetric: unprivileged minus, or over, privileged."""
    rates = (
        "true_positive_rate",
        "false_positive_rate",
        "false_negative_rate",
        "false_discovery_rate",
        "false_omission_rate",
        "error_rate",
    )
    names = [
        NameElsewhere("AIF360", "statistical_parity_difference", "difference", ("selection_rate",)),
        NameElsewhere("AIF360", "disparate_impact", "ratio", ("selection_rate",)),
        NameElsewhere("AIF360", "equal_opportunity_difference", "difference", ("true_positive_rate",)),
        NameElsewhere("AIF360", "average_odds_difference", "mean", ("true_positive_rate", "false_positive_rate")),
    ]
    names += [NameElsewhere("AIF360", f"{r}_difference", "difference", (r,)) for r in rates]
    return names + [NameElsewhere("AIF360", f"{r}_ratio", "ratio", (r,)) for r in rates[1:]]


def _clarify() -> list[NameElsewhere]:
    """Amazon SageMaker Clarify, post-training bias metrics."""
    table: tuple[tuple[str, Form, str], ...] = (
        ("DPPL", "reversed", "selection_rate"),
        ("DI", "ratio", "selection_rate"),
        ("RD", "reversed", "true_positive_rate"),
        ("SD", "difference", "true_negative_rate"),
        ("DAR", "reversed", "positive_predictive_value"),
        ("DRR", "difference", "negative_predictive_value"),
        ("AD", "reversed", "accuracy"),
        ("TE", "difference", "false_negatives_per_false_positive"),
    )
    return [NameElsewhere("Clarify", name, form, (metric,)) for name, form, metric in table]


def _aequitas() -> list[NameElsewhere]:
    """Aequitas, aequitas.bias.Bias: a group's metric over that of its reference group."""
    table = {
        "pprev": "selection_rate",
        "precision": "positive_predictive_value",
        "npv": "negative_predictive_value",
        "fdr": "false_discovery_rate",
        "for": "false_omission_rate",
        "fpr": "false_positive_rate",
        "fnr": "false_negative_rate",
        "tpr": "true_positive_rate",
        "tnr": "true_negative_rate",
    }
    return [NameElsewhere("Aequitas", f"{short}_disparity", "ratio", (metric,)) for short, metric in table.items()]


def _fairlearn() -> list[NameElsewhere]:
    """Fairlearn, fairlearn.metrics: over all groups of the attribute."""
    table = {
        "demographic_parity": "selection_rate",
        "equal_opportunity": "true_positive_rate",
        "true_positive_rate": "true_positive_rate",
        "true_negative_rate": "true_negative_rate",
        "false_positive_rate": "false_positive_rate",
        "false_negative_rate": "false_negative_rate",
        "accuracy_score": "accuracy",
        "zero_one_loss": "error_rate",
    }
    both = ("true_positive_rate", "false_positive_rate")
    names = []
    for name, metrics in [*((n, (m,)) for n, m in table.items()), ("equalized_odds", both)]:
        names.append(NameElsewhere("Fairlearn", f"{name}_difference", "gap", metrics))
        names.append(NameElsewhere("Fairlearn", f"{name}_ratio", "smallest over largest", metrics))
    return names


NAMES: tuple[NameElsewhere, ...] = (*_fairlearn(), *_aif360(), *_clarify(), *_aequitas())

COLUMNS = ["library", "name", "sign", "value"]


def also_known_as(cube: Cube, cell: Slice, metric: Metric, baseline: str = "rest") -> pd.DataFrame:
    """Return a cell under the names other libraries have for it: library, name, sign, value (a fraction).

    Values are computed as those libraries do, without a minimum of units; groups that are missing are in none.
    The table is empty where no library has a name for a disparity of this metric.
    """
    own = _canonical(cube, metric)
    names = [n for n in NAMES if own in n.metrics and all(m in cube.metrics for m in n.metrics)]
    wanted = list(dict.fromkeys(m for n in names for m in n.metrics))
    if not names or not cell.levels:
        return pd.DataFrame(columns=COLUMNS)
    pairs = compare(
        cube, [cell.axes], wanted, kinds=("difference", "ratio"), baseline=baseline, correction="none", min_units=1
    )
    values = pairs[[s == cell for s in pairs["slice"]]].set_index(["metric", "kind"])["value"]
    gaps = spread(cube, [cell.axes], wanted, min_units=1, floors=False).set_index("metric")
    rows = [(n.library, n.name, n.sign, _value(n, values, gaps)) for n in names]
    return pd.DataFrame(rows, columns=COLUMNS)


def _canonical(cube: Cube, metric: Metric) -> str:
    """Return the name under which the metric is known: a false rejection rate is the rate that it is made of."""
    known = {m for n in NAMES for m in n.metrics}
    if metric.name in known:
        return metric.name
    alike = [m.name for m in cube.metrics.values() if m.formula == metric.formula and m.name in known]
    return alike[0] if alike and metric.of_class is None else metric.name


def _value(name: NameElsewhere, pairs: pd.Series, gaps: pd.DataFrame) -> float:
    """The value in the library's own form; NaN where a part of it is undefined, as in `max` and `mean` of NaN."""

    def of(kind: str) -> Sequence[float]:
        return [float(pairs.get((m, kind), np.nan)) for m in name.metrics]

    match name.form:
        case "difference":
            return of("difference")[0]
        case "reversed":
            return -of("difference")[0]
        case "ratio":
            return of("ratio")[0]
        case "mean":
            return float(np.mean(of("difference")))
        case "gap":
            return float(np.max([gaps["difference"].get(m, np.nan) for m in name.metrics]))
        case "smallest over largest":
            return float(np.min([gaps["ratio"].get(m, np.nan) for m in name.metrics]))
