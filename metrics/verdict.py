"""One verdict, and the table of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

import numpy as np
import pandas as pd

from metrics.policy import Rule
from metrics.registry import Metric, OfClusters, Ranked
from metrics.slices import Slice

__all__ = ["COLUMNS", "FAIL", "NO_DATA_VERDICT", "PASS", "UNDECIDED", "VERDICTS", "Verdict", "frame_of"]

VERDICTS = PASS, FAIL, UNDECIDED, NO_DATA_VERDICT = "pass", "fail", "undecided", "no data"

COLUMNS = [
    "rule",
    "slice",
    "pair",
    "system",
    "metric",
    "value",
    "low",
    "high",
    "adjusted_low",
    "adjusted_high",
    "at_least",
    "at_most",
    "verdict",
    "units_needed",
    "reason",
]


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a rule says of a slice, or of a pair of them; `verdict` is None for a figure to publish."""

    rule: Rule
    system: str | None
    metric: str  # its name; the criterion's where that is one number of its own
    verdict: str | None
    reason: str
    slice: Slice | None = None
    pair: tuple[Slice, Slice] | None = None
    value: float = nan
    low: float = nan
    high: float = nan
    adjusted_low: float = nan
    adjusted_high: float = nan
    units_needed: float = nan


def frame_of(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """Return a table of verdicts, one a row."""
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for v in verdicts:
        least, most = (nan, nan) if v.rule.publish else v.rule.limits
        told = {
            "rule": v.rule.name,
            "pair": None if v.pair is None else list(v.pair),
            "at_least": least if isfinite(least) else nan,
            "at_most": most if isfinite(most) else nan,
        }
        for name, column in columns.items():
            column.append(told[name] if name in told else getattr(v, name))
    texts = ("rule", "slice", "pair", "system", "metric", "verdict", "reason")
    return pd.DataFrame({name: _objects(c) if name in texts else np.array(c, float) for name, c in columns.items()})


def grows_by_chance(metric: Metric) -> bool:
    """Whether a metric is the larger, by chance alone, the fewer units there are: it gets no verdict."""
    formula = metric.formula
    return (isinstance(formula, Ranked) and formula.kind == "ece") or (
        isinstance(formula, OfClusters) and formula.kind == "sd"
    )


def _objects(things: Sequence[Any]) -> pd.Series:
    """Return a column of objects; one of texts would turn None into NaN."""
    return pd.Series(np.fromiter(things, dtype=object, count=len(things)), dtype=object)
