"""A bounty's rows counted, so that the engine that measures files measures groups of a bounty too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.bounty.rows import Bounty
from metrics.cube import Cube, count_cells
from metrics.results import Results
from metrics.schema import Attribute, Schema, System
from metrics.scored import score

__all__ = ["METRIC_OF_LOSS", "Levels", "count_rows", "yes_no"]

Levels = tuple[tuple[str, ...], NDArray[np.int64]]  # the levels of an axis, and each row's code, -1 for none

METRIC_OF_LOSS = {
    "error": "error_rate",
    "squared": "root_mean_squared_error",
    "absolute": "mean_absolute_error",
}


def count_rows(bounty: Bounty, predictions: NDArray[Any], rows: NDArray[np.bool_], axes: Mapping[str, Levels]) -> Cube:
    """Count some rows of a bounty under a model's predictions, by the axes given.

    `predictions` (rows,) are as `Bounty.label`, `rows` says which count, codes of `axes` are of all rows. The
    cluster of the terms is the cluster of the counts.
    """
    classes = bool(bounty.classes)

    def answers(values: NDArray[Any]) -> pd.Series:
        chosen = values[rows]
        if not classes:
            return pd.Series(chosen.astype(float))
        return pd.Series(pd.Categorical.from_codes(chosen, pd.Index(list(bounty.classes), dtype="str")))

    attributes = {
        name: pd.Categorical.from_codes(codes[rows], pd.Index(list(levels), dtype="str"))
        for name, (levels, codes) in axes.items()
    }
    columns = {"label": answers(bounty.label)}
    if bounty.clusters is not None:
        columns["cluster"] = pd.Series(bounty.clusters[rows]).astype("string").astype("category")
    schema = Schema(
        task="classification" if classes else "regression",
        columns={role: role for role in columns},
        systems=(System(None, {"prediction": "prediction"}),),
        attributes=tuple(Attribute(name) for name in axes),
    )
    results = Results(
        schema=schema,
        attributes=pd.DataFrame(attributes, index=pd.RangeIndex(int(rows.sum()))),
        columns=columns,
        answers=({"prediction": answers(predictions)},),
        receipts=(),
        findings=(),
    )
    return count_cells(score(results))[0]


def yes_no(group: NDArray[np.bool_]) -> Levels:
    """Return a group as the levels of an axis."""
    return ("yes", "no"), np.where(group, 0, 1).astype(np.int64)
