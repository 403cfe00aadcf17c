"""A condition tried on the rows: how many it holds for, and how they fare against everyone else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from metrics.compare import compare
from metrics.cube import count_cells
from metrics.estimate import estimate
from metrics.formatting import format_percent
from metrics.predicates import Predicate, Values
from metrics.registry import Metric
from metrics.scored import Axis, Scored
from metrics.sentences import lower_title, say_difference, say_value
from metrics.slices import Slice

__all__ = ["Trial", "say_trial", "try_condition"]

_NAME = "\N{SYMBOL FOR NULL}condition"  # no column is called by it
YES, NO = (Slice(((_NAME, level),)) for level in ("yes", "no"))


@dataclass(frozen=True)
class Trial:
    """What a condition comes to: `rows` it holds for, `untold` where a missing cell decides, of how many.

    `inside`, `outside` are rows of `metrics.estimate` and `gap` of `metrics.compare` (against everyone else for whom it
    can be told), None where nobody is in it (or outside).
    """

    rows: int
    untold: int
    of: int
    inside: Mapping[str, Any] | None
    outside: Mapping[str, Any] | None
    gap: Mapping[str, Any] | None


def try_condition(
    scored: Scored,
    columns: Mapping[str, Values],
    predicate: Predicate,
    metric: str,
    *,
    confidence: float = 0.95,
    min_units: int = 30,
    keep_spelling: bool = False,
) -> Trial:
    """Try a condition on scored units: what would be measured if it were saved as a slice.

    `columns` are those of the file, whose rows `scored.rows` names. Raises ResultsError for a column or a word that is
    not there.
    """
    n_rows = int(scored.rows.max()) + 1 if len(scored.rows) else 0
    true, untold = (side[scored.rows] for side in predicate.evaluate(columns, n_rows, keep_spelling=keep_spelling))
    codes = np.where(untold, 2, np.where(true, 0, 1)).astype(np.uint8)
    tried = replace(scored, axes=(*scored.axes, Axis(_NAME, ("yes", "no"), saved=True)), codes=(*scored.codes, codes))
    cubes = count_cells([tried])
    options: dict[str, Any] = {"confidence": confidence, "min_units": min_units}
    values = _by_slice(estimate(cubes, [(_NAME,)], [metric], **options))
    gaps = _by_slice(compare(cubes, [(_NAME,)], [metric], **options))
    inside, outside = values.get(YES), values.get(NO)
    gap = gaps.get(YES) if inside is not None and outside is not None else None
    return Trial(int(true.sum()), int(untold.sum()), len(codes), inside, outside, gap)


def _by_slice(table: pd.DataFrame) -> dict[Slice, Mapping[str, Any]]:
    return {row["slice"]: {str(k): v for k, v in row.items()} for row in table.to_dict("records")}


def say_trial(trial: Trial, metric: Metric, *, rows: str = "rows") -> list[str]:
    """Say how many rows a condition holds for, and how they fare against everyone else."""
    share = format_percent(trial.rows / trial.of) if trial.of else "-"
    said = [f"It holds for {trial.rows:,} of {trial.of:,} {rows} ({share})."]
    if trial.untold:
        said.append(f"Of {trial.untold:,} it cannot be told, because a cell is empty.")
    if trial.inside is None:
        return said
    name = lower_title(metric.title)
    value = say_value(trial.inside, metric)
    if trial.inside["value"] != trial.inside["value"]:
        return [*said, f"There is no data for their {name}."]
    compared = f", {say_difference(trial.gap, metric)}" if trial.gap is not None and _is_told(trial.gap) else ""
    said.append(f"Their {name} is {value}{compared}.")
    if trial.outside is not None and compared:
        said.append(f"Everyone else's is {say_value(trial.outside, metric)}.")
    if trial.inside["status"] == "too few":
        said.append("These are too few rows to judge by.")
    return said


def _is_told(gap: Mapping[str, Any]) -> bool:
    return bool(gap["value"] == gap["value"])
