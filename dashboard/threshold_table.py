"""What the Thresholds page shows beside its curves: the rates at one threshold, and the cost of the least gap."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.view import Loaded, View
from metrics.answers import name_slice
from metrics.cube import Cube, count_cells
from metrics.cuts import cut_at
from metrics.estimate import estimate
from metrics.formatting import format_interval, format_percent, format_points, format_value
from metrics.registry import Metric
from metrics.scored import score
from metrics.thresholds import RATES, LeastGap, choose_grid, gaps_of, threshold_curves

__all__ = ["curves_of", "grid_of", "name_gap", "name_least", "table_at"]


def grid_of(cube: Cube, score: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the thresholds that curves are drawn over, kept with the cube."""
    if "grid" not in cube.kept:
        cube.kept["grid"] = tuple(choose_grid(score).tolist())
    found: tuple[float, ...] = cube.kept["grid"]
    return found


def curves_of(cube: Cube, names: tuple[str, ...], grid: tuple[float, ...], least: int) -> pd.DataFrame:
    """Return the curves of a grouping, kept with the cube: moving the threshold does not count again."""
    key = ("curves", names, grid, least)
    if key not in cube.kept:
        cube.kept[key] = threshold_curves(cube, names, np.array(grid), min_units=least)
    found: pd.DataFrame = cube.kept[key]
    return found


def table_at(loaded: Loaded, view: View, names: tuple[str, ...], threshold: float) -> pd.DataFrame:
    """Return the rates of every slice at a threshold (in the units of the file) with intervals, as texts."""
    unit = 100.0 if loaded.results.schema.score_scale == "percent" else 1.0
    cube = cut_at(loaded.of(view)[0], names, threshold / unit)
    if cube is None:
        again = next(s for s in score(loaded.results, threshold=threshold) if s.system == view.system)
        (cube,) = count_cells([again])
    rates = {n: m for n, m in cube.metrics.items() if n in RATES}
    table = estimate(cube, [names], list(rates), confidence=view.confidence, min_units=view.min_units)
    rows: dict[str, dict[str, str]] = {}
    for values in table.itertuples(index=False, name=None):
        row = dict(zip(table.columns, values, strict=True))
        told = rows.setdefault(name_slice(row["slice"]), {"slice": name_slice(row["slice"])})
        told |= _cells(rates[row["metric"]], row)
    return pd.DataFrame(rows.values())


def _cells(metric: Metric, row: dict[str, Any]) -> dict[str, str]:
    value = format_value(metric, row["value"])
    interval = format_interval(metric, row["low"], row["high"])
    few = " (too few)" if row["status"] == "too few" else ""
    return {metric.title: f"{value} {interval}{few}" if interval != "-" else value}


def name_gap(curves: pd.DataFrame, everyone: pd.DataFrame, metric: Metric, by: str, at: str) -> str:
    """Say how far apart the slices are at the chosen threshold, the only one these curves are of."""
    gaps = gaps_of(curves, metric.name)
    if not len(gaps):
        return f"By {by}, no two groups have enough rows to be compared."
    gap = format_points(gaps.iloc[0], signed=False)
    said = f"At threshold {at}, {metric.title.lower()}s by {by} are up to {gap} apart"
    errors = everyone[everyone["metric"] == "error_rate"]["value"]
    return f"{said}; {format_percent(errors.iloc[0])} of all predictions are wrong." if len(errors) else f"{said}."


def name_least(least: LeastGap | None, unit: float) -> str:
    """Say where the gap is least and what that costs."""
    if least is None:
        return ""
    gap, error = format_points(least.gap, signed=False), format_percent(least.error)
    at = f"{least.threshold * unit:.4g}"
    return (
        f"They are closest at {at}: {gap} apart, with {error} wrong. "
        "That threshold is chosen on these very rows; on others the gap will be larger."
    )
