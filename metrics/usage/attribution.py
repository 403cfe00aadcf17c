"""Feature by slice, as a model itself tells: the mean absolute attribution of each feature in each slice.

Attributions (Shapley values, integrated gradients, ...) stand in columns of the file, one a feature, a number a row:
columns called `shap_` and the feature's name, or those that the schema declares under `[attribution]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.errors import QuestionError, unknown
from metrics.estimate import check_level
from metrics.intervals import quantile
from metrics.schema import Schema, attribution_columns
from metrics.scored import Scored
from metrics.slices import Slice
from metrics.usage.importance import mean_over_units

__all__ = ["ATTRIBUTION", "find_attributions", "measure_attribution"]

# One row a slice and feature. `value` is the mean absolute attribution in the unit of the attributions, `share` its
# share of the slice's sum over all features; NaN where no unit of the slice has one.
ATTRIBUTION = ["slice", "feature", "units", "value", "low", "high", "share", "status"]


def find_attributions(schema: Schema, columns: Iterable[str]) -> dict[str, str]:
    """Return the column of attributions of every feature: those declared, else those called `shap_` and the feature.

    Raises QuestionError where a declared column is not among `columns`.
    """
    columns = list(columns)
    gone = [column for column in schema.attributions.values() if column not in columns]
    if gone:
        raise QuestionError(f"The schema declares attributions in {gone[0]!r}, which is no column of the file.")
    return attribution_columns(schema, columns)


def measure_attribution(
    scored: Scored,
    attributions: Mapping[str, NDArray[np.float64]],
    by: Sequence[str] = (),
    *,
    confidence: float = 0.95,
    min_units: int = 30,
) -> pd.DataFrame:
    """Return ATTRIBUTION for everyone and for each level of the axes `by`, each alone.

    `attributions` has a number a unit of `scored`, NaN where there is none; infinite ones count as none. The interval
    is that of a mean over units, over clusters where there are any; a slice with fewer than `min_units` units has the
    status `too few`, one without any `no data`.
    """
    check_level(confidence)
    weight = np.ones(len(scored)) if scored.weights is None else scored.weights
    times = np.ones(len(scored), np.int64) if scored.multiplicity is None else scored.multiplicity
    sets = {Slice(): np.ones(len(scored), dtype=bool)}
    for name in by:
        place = next((i for i, axis in enumerate(scored.axes) if axis.name == name), None)
        if place is None:
            raise unknown(name, "attribute", [a.name for a in scored.axes])
        axis, codes = scored.axes[place], scored.codes[place]
        sets |= {Slice(((name, axis.level(c)),)): codes == c for c in range(axis.size) if (codes == c).any()}
    records = []
    for s, inside in sets.items():
        rows = []
        for feature, numbers in attributions.items():
            units = inside & np.isfinite(numbers) & (weight > 0)
            n = int(times[units].sum())
            if not n:
                rows.append((s, feature, 0, nan, nan, nan, "no data"))
                continue
            clusters = None if scored.clusters is None else scored.clusters[units]
            value, se, df = mean_over_units(np.abs(numbers[units]), weight[units], times[units], clusters)
            reach = float(quantile(1 - confidence, np.array(df))) * se if df > 0 else nan
            low = max(0.0, value - reach) if reach == reach else nan
            rows.append((s, feature, n, value, low, value + reach, "ok" if n >= min_units else "too few"))
        total = sum(row[3] for row in rows if row[3] == row[3])
        records += [(*row[:6], row[3] / total if total > 0 else nan, row[6]) for row in rows]
    return pd.DataFrame(records, columns=ATTRIBUTION)
