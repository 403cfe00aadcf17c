"""Estimates: the value of each metric in each slice, with its interval and the counts behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.apart import FamilyApart
from metrics.cluster_rates import ClusterFamily
from metrics.cube import Cube, Cubes, Grouping, iterate_systems
from metrics.errors import QuestionError, unknown
from metrics.moments import Family
from metrics.ranks import AreaFamily, CalibrationFamily
from metrics.registry import Metric
from metrics.sides import Measured, family_kind, join_measured, measure_side, pool
from metrics.tasks.needs import say_needs

By = Sequence[str | tuple[str, ...]] | None

# Under so many clusters a slice is shown, but no verdict and no gap rests on it.
MIN_CLUSTERS = 10

# From the least to the best, so that two sides together have the lesser of their statuses.
STATUSES = ("suppressed", "no data", "too few", "ok")
SUPPRESSED, NO_DATA, TOO_FEW, OK = range(4)

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
    tables = []
    for cube, chosen in choose_metrics(cubes, metrics):
        groupings = [cube.by(names) for names in choose_groupings(cube, by)]
        measured = [(f, measure(cube, f, *groupings)) for f in split_families(cube, chosen)]
        if measured and groupings:
            tables.append(_tabulate(cube, chosen, groupings, measured, 1 - confidence, min_units))
    return join_tables(tables, COLUMNS)


def measure(cube: Cube, family: Family | FamilyApart, *groupings: Grouping) -> Measured:
    """Return a family's values over the cells of groupings, one grouping after another, kept for the next question."""
    names = tuple(m.name for m in family.metrics)
    keys = [("measured", names, g.names) for g in groupings]
    new = {key: g for key, g in zip(keys, groupings, strict=True) if key not in cube.kept}
    if isinstance(family, FamilyApart):
        cube.kept.update({key: family.measure_cells(cube, g) for key, g in new.items()})
    elif new:
        # Together: what numpy does to one grouping it does to all of them in hardly more time.
        together = measure_side(family, family.of_cells(*new.values()), pool(cube, family))
        cube.kept.update(zip(new, split_sets(together, list(new.values())), strict=True))
    return join_measured([cube.kept[key] for key in keys])


def split_sets(measured: Measured, groupings: Sequence[Grouping]) -> list[Measured]:
    """Return what was measured of each of several groupings."""
    ends = np.cumsum([len(g) for g in groupings]).tolist()
    return [measured.take(slice(a, b)) for a, b in pairwise([0, *ends])]


def statuses(measured: Measured, min_units: int) -> NDArray[np.int8]:
    """Return the status of every value as a place in `STATUSES`, shape (metrics, sets)."""
    few = measured.denominator < min_units
    if measured.clusters is not None:
        few = few | (measured.clusters < MIN_CLUSTERS)
    found = np.where(np.isnan(measured.side.value), NO_DATA, np.where(few, TOO_FEW, OK))
    return (found if measured.hidden is None else np.where(measured.hidden, SUPPRESSED, found)).astype(np.int8)


def choose_metrics(cubes: Cubes | Cube, names: Iterable[str] | None) -> Iterator[tuple[Cube, list[Metric]]]:
    """Yield every system with the metrics of these names that its columns allow, in their order.

    Raises QuestionError for a name that no system has, suggesting the nearest.
    """
    systems = list(iterate_systems(cubes))
    if names is None:
        yield from ((cube, [m for m in cube.metrics.values() if m.listed]) for cube in systems)
        return
    names = list(dict.fromkeys(names))
    for name in names:
        if not any(name in cube.metrics for cube in systems):
            listed = dict.fromkeys(m.name for cube in systems for m in cube.metrics.values() if m.listed)
            raise unknown(name, "metric that these columns allow called", listed, hint=say_needs(name, listed))
    yield from ((cube, [cube.metrics[n] for n in names if n in cube.metrics]) for cube in systems)


def choose_groupings(cube: Cube, by: By, everyone: bool = True) -> list[tuple[str, ...]]:
    """Return the groupings asked for as tuples of attributes, everyone first, none twice.

    The column of several labels in a cell stands for each of its labels in turn.
    """
    asked = [a.name for a in cube.axes] if by is None else list(by)
    groupings = [(b,) if isinstance(b, str) else tuple(b) for b in asked]
    names = {a.name for a in cube.axes}
    families: dict[str, list[str]] = {}
    for axis in cube.axes:
        if axis.family and axis.family not in names:
            families.setdefault(axis.family, []).append(axis.name)
    if families:
        groupings = [g for by in groupings for g in product(*(families.get(name, [name]) for name in by))]
    return list(dict.fromkeys([()] * everyone + groupings))


def split_families(cube: Cube, chosen: Sequence[Metric]) -> list[Family | FamilyApart]:
    """Split metrics into families that are computed together, kept for the next question."""
    key = ("families", tuple(m.name for m in chosen))
    if key not in cube.kept:
        cube.kept[key] = _split_families(cube, chosen)
    families: list[Family | FamilyApart] = cube.kept[key]
    return families


_FAMILIES_APART: dict[str, type[FamilyApart]] = {
    "auc": AreaFamily,
    "ece": CalibrationFamily,
    "clusters": ClusterFamily,
}


def _split_families(cube: Cube, chosen: Sequence[Metric]) -> list[Family | FamilyApart]:
    apart = cube.families_apart
    if apart:
        return [apart[metric.name] for metric in chosen]
    kinds: dict[tuple[str, ...], list[Metric]] = {}
    for metric in chosen:
        kinds.setdefault(family_kind(metric), []).append(metric)
    families: list[Family | FamilyApart] = []
    for kind, members in kinds.items():
        if kind[0] == "apart":
            families += [_FAMILIES_APART[kind[1]](m) for m in members]
        else:
            families.append(Family(members, cube.layout))
    return families


def check_level(confidence: float) -> None:
    """Raise QuestionError unless 0 < confidence < 1."""
    if not 0 < confidence < 1:
        raise QuestionError(f"The confidence is a share between 0 and 1, such as 0.95; it was {confidence}.")


def join_tables(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Put the tables of several systems below each other; without any, return one without rows."""
    if not tables:
        return pd.DataFrame({c: [] for c in columns})
    return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)


def words_at(words: Sequence[str | None], places: NDArray[Any]) -> Any:
    """Return a column of words, each given by its place among a few."""
    return pd.Series(list(words)).array.take(np.asarray(places, dtype=np.intp))


def repeat_slices(groupings: Sequence[Grouping], times: int) -> NDArray[np.object_]:
    """Return every slice of the groupings, each so many times in a row."""
    return as_objects([s for g in groupings for s in g.slices]).repeat(times)


def as_objects(things: Sequence[Any]) -> NDArray[np.object_]:
    """Return things in an array of one dimension, tuples and lists among them."""
    return np.fromiter(things, dtype=object, count=len(things))


def _whole_where_known(units: Any) -> Any:
    return units if np.isnan(units).any() else units.astype(np.int64)


def _tabulate(
    cube: Cube,
    chosen: Sequence[Metric],
    groupings: Sequence[Grouping],
    measured: Sequence[tuple[Family | FamilyApart, Measured]],
    alpha: float,
    min_units: int,
) -> pd.DataFrame:
    """Put what was measured of one system into a frame: groupings, slices, metrics in order."""
    place = {metric.name: i for i, metric in enumerate(chosen)}
    order = np.argsort([place[metric.name] for family, _ in measured for metric in family.metrics])

    def column(of: Callable[[Measured], Any]) -> Any:
        parts = [np.broadcast_to(of(m), m.side.value.shape) for _, m in measured]
        return np.concatenate(parts)[order].T.ravel()

    limits = {id(m): m.side.limits(alpha) for _, m in measured}
    n_sets = sum(map(len, groupings))
    approximate = cube.has_clusters or cube.has_weights
    return pd.DataFrame(
        {
            "slice": repeat_slices(groupings, len(chosen)),
            "system": words_at([cube.system], np.zeros(n_sets * len(chosen))),
            "metric": words_at(list(place), np.tile(np.arange(len(chosen)), n_sets)),
            "value": column(lambda m: m.side.shown),
            "low": column(lambda m: limits[id(m)][0]),
            "high": column(lambda m: limits[id(m)][1]),
            "top": column(lambda m: m.top),
            "below": column(lambda m: m.below),
            "units": _whole_where_known(column(lambda m: m.units)),
            "effective_units": column(lambda m: m.effective if approximate else np.nan),
            "clusters": column(lambda m: np.nan if m.clusters is None else m.clusters),
            "status": words_at(STATUSES, column(lambda m: statuses(m, min_units))),
        }
    )
