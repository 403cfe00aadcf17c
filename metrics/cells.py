"""One cell looked into: a slice and its baseline side by side, with both counts, both intervals and their distance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from metrics.compare import Correction, compare, compare_cube
from metrics.cube import Cube
from metrics.estimate import estimate
from metrics.registry import Metric
from metrics.slices import Slice

__all__ = ["Look", "Side", "look_into"]


@dataclass(frozen=True)
class Side:
    """A value with its limits and counts; NaN where undefined. `name` is the slice's text or the baseline's."""

    name: str
    value: float
    low: float
    high: float
    top: float
    below: float
    units: float


@dataclass(frozen=True)
class Look:
    """A cell: the slice, what it is compared with, and the disparity of each kind (records of `compare`)."""

    cell: Slice
    metric: Metric
    own: Side
    baseline: Side
    difference: Mapping[str, Any]
    ratio: Mapping[str, Any]
    status: str


def look_into(
    cube: Cube,
    cell: Slice,
    metric: str,
    baseline: str = "rest",
    *,
    confidence: float = 0.95,
    correction: Correction = "holm",
    min_units: int = 30,
) -> Look | None:
    """Return a cell of one system; None where no unit has these levels.

    Raises QuestionError for a metric or a baseline that the data do not have.
    """
    by = [cell.axes]
    options: dict[str, Any] = {"confidence": confidence, "min_units": min_units}
    estimates = estimate(cube, by, [metric], **options)
    found = dict(zip(estimates["slice"], estimates.to_dict("records"), strict=True))
    if not cell.levels or cell not in found:
        return None
    pairs = compare(
        cube, by, [metric], kinds=("difference", "ratio"), baseline=baseline, correction=correction, **options
    )
    difference, ratio = _records(pairs, cell)
    return Look(
        cell=cell,
        metric=cube.metrics[metric],
        own=_side(found[cell], str(cell)),
        baseline=_baseline(cube, cell, metric, str(difference["baseline"]), baseline, found, options),
        difference=difference,
        ratio=ratio,
        status=str(found[cell]["status"]),
    )


def _baseline(
    cube: Cube,
    cell: Slice,
    metric: str,
    named: str,
    baseline: str,
    found: Mapping[Slice, Mapping[str, Any]],
    options: Mapping[str, Any],
) -> Side:
    """Return the other side: from the estimates where it is a slice or everyone, else as `compare` measured it."""
    if baseline == "overall":
        return _side(found[Slice()], named)
    if baseline == "rest":
        return _rest(cube, cell, metric, **options)
    slice_ = Slice.parse(named) if named else Slice()
    if slice_ in found:
        return _side(found[slice_], named)
    rows = estimate(cube, [slice_.axes], [metric], **options)
    return _side(_records(rows, slice_)[0], named)


def _rest(cube: Cube, cell: Slice, metric: str, confidence: float, min_units: int) -> Side:
    """Everyone else whose group is known, with the limits that the difference is made of."""
    (compared,) = compare_cube(cube, [cell.axes], [cube.metrics[metric]], "rest", min_units)
    (grouping,) = compared.groupings
    at = grouping.slices.index(cell)
    low, high = compared.pairs.two.limits(1 - confidence)
    two = compared.against.two
    counts = [float(count[0, at]) for count in (two.top, two.below, two.units)]
    return Side("rest", float(compared.pairs.two.shown[at]), float(low[at]), float(high[at]), *counts)


def _records(table: pd.DataFrame, cell: Slice) -> list[dict[str, Any]]:
    """Return the rows of a slice as records."""
    return [dict(zip(table.columns, row, strict=True)) for row in table.itertuples(index=False) if row[0] == cell]


def _side(row: Mapping[str, Any], name: str) -> Side:
    return Side(name, *(float(row[c]) for c in ("value", "low", "high", "top", "below", "units")))
