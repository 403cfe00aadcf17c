"""What to collect next as a table to send along: a column an axis, and how many units."""

from __future__ import annotations

import pandas as pd

from metrics.coverage.cover import Covered
from metrics.writing import write_frame

__all__ = ["tabulate_plan_columns", "write_plan_csv"]


def write_plan_csv(covered: Covered) -> str:
    """Return the plan as CSV in which no text is a formula: a column an axis, then units."""
    return write_frame(tabulate_plan_columns(covered))


def tabulate_plan_columns(covered: Covered) -> pd.DataFrame:
    """Return the plan with a column an axis of the question, then `units` (under a name that no axis has)."""
    axes = [axis.name for axis in covered.grid.axes]
    levels = [s.to_dict() for s in covered.collect["slice"]]
    units = "units"
    while units in axes:
        units += "_"
    columns = {axis: pd.Series([row[axis] for row in levels], dtype=object) for axis in axes}
    return pd.DataFrame({**columns, units: covered.collect["units"].to_numpy()})
