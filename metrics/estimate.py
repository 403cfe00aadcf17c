"""Estimates: the value of each metric in each slice, with its interval and the counts behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics import ranks
from metrics.cube import Cube, Cubes, Grouping, iterate_systems
from metrics.errors import QuestionError, unknown
from metrics.moments import Family
from metrics.registry import Metric
from metrics.sides import Measured, family_kind, join_sides, measure_side, pool

By = Sequence[str | tuple[str, ...]] | None

# Under so many clusters a slice is shown, but no verdict and no gap rests on it.
MIN_CLUSTERS = 10

COLUMNS = [
    "slice",
    "system",
    "metric",
    "value",
    "low",
    "high",
    "top",
    "below",
    "units",
    "effective_units",
    "clusters",
    "status",
]


def estimate(
    cubes: Cubes | Cube,
    by: By = None,
    metrics: Iterable[str] | None = None,
    *,
    confidence: float = 0.95,
    min_units: int = 30,
) -> pd.DataFrame:
    """Return a table of the metrics of every slice, everyone first, with intervals and counts.

    `by` lists attributes and tuples of attributes (intersections); None is each attribute alone.
    `metrics` are names; None is every metric that the columns allow. `status` is "ok", "no data"
    (the value is NaN) or "too few" (under `min_units` units in the metric's own denominator, or
    under ten clusters). Raises QuestionError for what the data do not hold.
    """
    check_level(confidence)
    asked = []
    for cube in iterate_systems(cubes):
        chosen = choose_metrics(cube, metrics)
        groupings = [cube.by(names) for names in choose_groupings(cube, by)]
        for family in split_families(cube, chosen):
            measured = [measure(cube, family, g) for g in groupings]
            low, high = join_sides([m.side.flat() for m in measured]).limits(1 - confidence)
            start = 0
            for place, (grouping, m) in enumerate(zip(groupings, measured, strict=True)):
                end = start + m.side.value.size
                asked.append(Asked(cube, family, chosen, grouping, place, m, low[start:end], high[start:end]))
                start = end
    return _tabulate(asked, min_units)


@dataclass(frozen=True)
class Asked:
    """One family of metrics over the slices of one grouping, as measured; limits are flat."""

    cube: Cube
    family: Family | ranks.RankFamily
    chosen: Sequence[Metric]
    grouping: Grouping
    place: int
    measured: Measured
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def measure(cube: Cube, family: Family | ranks.RankFamily, grouping: Grouping) -> Measured:
    """Return a family's values over the cells of a grouping, kept for the next question."""
    key = ("measured", tuple(m.name for m in family.metrics), grouping.names)
    if key not in cube.kept:
        if isinstance(family, ranks.RankFamily):
            cube.kept[key] = ranks.measure_cells(cube, family, grouping)
        else:
            cube.kept[key] = measure_side(family, family.of_cells(grouping), pool(cube, family))
    measured: Measured = cube.kept[key]
    return measured


def statuses(measured: Measured, min_units: int) -> NDArray[np.object_]:
    """Return the status of every value, shape (metrics, sets)."""
    few = measured.denominator < min_units
    if measured.clusters is not None:
        few = few | (measured.clusters < MIN_CLUSTERS)
    return np.where(np.isnan(measured.side.value), "no data", np.where(few, "too few", "ok")).astype(object)


def choose_metrics(cube: Cube, names: Iterable[str] | None) -> list[Metric]:
    """Return the metrics of these names, in their order. Raises QuestionError, suggesting the nearest."""
    if names is None:
        return [m for m in cube.metrics.values() if m.listed]
    chosen = []
    for name in names:
        if name not in cube.metrics:
            listed = [m.name for m in cube.metrics.values() if m.listed]
            raise unknown(name, "metric that these columns allow called", listed)
        chosen.append(cube.metrics[name])
    return list(dict.fromkeys(chosen))


def choose_groupings(cube: Cube, by: By, everyone: bool = True) -> list[tuple[str, ...]]:
    """Return the groupings asked for as tuples of attributes, everyone first, none twice."""
    asked = [a.name for a in cube.axes] if by is None else list(by)
    groupings = [(b,) if isinstance(b, str) else tuple(b) for b in asked]
    return list(dict.fromkeys([()] * everyone + groupings))


def split_families(cube: Cube, chosen: Sequence[Metric]) -> list[Family | ranks.RankFamily]:
    """Split metrics into families that are computed together."""
    kinds: dict[tuple[str, ...], list[Metric]] = {}
    for metric in chosen:
        kinds.setdefault(family_kind(metric), []).append(metric)
    families: list[Family | ranks.RankFamily] = []
    for kind, members in kinds.items():
        if kind[0] == "ranked":
            families += [ranks.RankFamily([m]) for m in members]
        else:
            families.append(Family(members, cube.layout))
    return families


def check_level(confidence: float) -> None:
    """Raise QuestionError unless 0 < confidence < 1."""
    if not 0 < confidence < 1:
        raise QuestionError(f"The confidence is a share between 0 and 1, such as 0.95; it was {confidence}.")


def _tabulate(asked: Sequence[Asked], min_units: int) -> pd.DataFrame:
    """Put the measured arrays into one frame, in the order systems, groupings, slices, metrics."""
    columns: dict[str, list[NDArray[np.generic]]] = {c: [] for c in COLUMNS}
    order: list[list[NDArray[np.int64]]] = [[], [], [], []]
    systems: dict[str | None, int] = {}
    for a in asked:
        m, shape = a.measured, a.measured.side.value.shape
        system = systems.setdefault(a.cube.system, len(systems))
        names = [metric.name for metric in a.chosen]
        metric_places = np.array([names.index(metric.name) for metric in a.family.metrics])
        positions: tuple[Any, ...] = (system, a.place, np.arange(shape[1])[None, :], metric_places[:, None])
        for column, places in zip(order, positions, strict=True):
            column.append(np.broadcast_to(places, shape).ravel())
        slices = np.empty(shape[1], dtype=object)
        slices[:] = a.grouping.slices
        metric_names = np.array([metric.name for metric in a.family.metrics], dtype=object)
        told = {
            "slice": slices[None, :],
            "system": np.array([[a.cube.system]], dtype=object),
            "metric": metric_names[:, None],
            "value": m.side.shown,
            "low": a.low.reshape(shape),
            "high": a.high.reshape(shape),
            "top": m.top,
            "below": m.below,
            "units": m.units,
            "effective_units": m.effective if a.cube.has_clusters or a.cube.has_weights else np.nan,
            "clusters": np.nan if m.clusters is None else m.clusters,
            "status": statuses(m, min_units),
        }
        for name, values in told.items():
            columns[name].append(np.broadcast_to(np.asarray(values), shape).ravel())
    if not asked:
        return pd.DataFrame({c: [] for c in COLUMNS})
    sequence = np.lexsort([np.concatenate(o) for o in reversed(order)])
    frame = pd.DataFrame({c: np.concatenate(v)[sequence] for c, v in columns.items()})
    frame["units"] = frame["units"].astype("int64")
    return frame
