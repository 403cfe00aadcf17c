"""Every combination of some axes: its counts, the interval to be had, the gap that would be seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.apart import FamilyApart
from metrics.compare import Pairs, same_tests
from metrics.coverage.grid import Axes, Grid, grouping_of
from metrics.coverage.power import detectable_gaps
from metrics.coverage.question import Covering
from metrics.cube import Cube, Grouping
from metrics.errors import QuestionError
from metrics.estimate import NO_DATA, OK, STATUSES, as_objects, split_families, statuses, words_at
from metrics.moments import Family, oppose_rest
from metrics.progress import SILENT, Progress
from metrics.ranks import CalibrationFamily
from metrics.registry import Metric
from metrics.sentences import orient
from metrics.sides import Measured, correlation, join_measured, measure_side, pool

__all__ = ["COLUMNS", "FAIR_PASS", "MOST_ROWS", "tabulate_combinations"]

COLUMNS = [
    "slice", "system", "units", "clusters", "metric", "below", "counted", "half_width", "detectable_gap", "status",
    "reachable", "difference_half_width", "likely",
]  # fmt: skip
MOST_ROWS = 700_000
# Added to the quantile of a test: a fair model passes a limit of so many standard errors four times in five.
FAIR_PASS = 1.2815515655446004

_MOST_CELLS = 30_000  # cells that are measured at a time
_MOST_ENTRIES = 2_000_000  # pairs of cluster and cell at a time

Floats = NDArray[Any]


def tabulate_combinations(
    cube: Cube,
    chosen: Sequence[Metric],
    asked: Covering,
    grid: Grid,
    possible: dict[Axes, NDArray[np.bool_]],
    progress: Progress = SILENT,
) -> pd.DataFrame:
    """Return COLUMNS, a row a combination and metric: the sets of axes in order, levels in order, metrics in order.

    `possible` says which combinations of known levels are to be there also where they never occur. Raises
    QuestionError where there are more rows than the cap.
    """
    sets = [some for some in grid.sets if some]
    n_rows = sum(int(possible[some].sum()) for some in sets) * len(chosen)
    if n_rows > MOST_ROWS:
        raise QuestionError(
            f"{n_rows // len(chosen):,} combinations by {len(chosen)} metrics are {n_rows:,} lines, and at most "
            f"{MOST_ROWS:,} are written. Name the metrics with --metric, fewer attributes with --by or a smaller depth "
            "with --depth."
        )
    oriented = [orient(m, cube.favourable) for m in chosen]
    tables, done = [], 0
    progress("Measuring the combinations")
    for some, groupings in _batches(cube, grid, sets):
        part = progress.part(done / len(sets), (done + len(some)) / len(sets))
        tables.append(_tabulate(cube, oriented, asked, grid, possible, some, groupings, part))
        done += len(some)
    return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)


def _batches(cube: Cube, grid: Grid, sets: Sequence[Axes]) -> Iterator[tuple[list[Axes], list[Grouping]]]:
    """Go through the groupings, as many at a time as are measured in hardly more time than one."""
    some: list[Axes] = []
    groupings: list[Grouping] = []
    cells = entries = 0
    for axes in sets:
        grouping = grouping_of(cube, grid.names(axes))
        some.append(axes)
        groupings.append(grouping)
        cells += len(grouping)
        entries += 0 if grouping.clusters is None else len(grouping.clusters.cell)
        if cells > _MOST_CELLS or entries > _MOST_ENTRIES:
            yield some, groupings
            some, groupings, cells, entries = [], [], 0, 0
    if groupings:
        yield some, groupings


@dataclass(frozen=True)
class _Told:
    """What is told of the cells of some groupings; arrays (metrics, cells)."""

    units: Floats
    clusters: Floats
    below: Floats
    counted: Floats
    half_width: Floats
    gap: Floats
    status: Floats
    apart: Floats
    likely: Floats


def _tabulate(
    cube: Cube,
    chosen: Sequence[Metric],
    asked: Covering,
    grid: Grid,
    possible: dict[Axes, NDArray[np.bool_]],
    sets: Sequence[Axes],
    groupings: Sequence[Grouping],
    progress: Progress,
) -> pd.DataFrame:
    told = _tell(cube, chosen, asked, groupings, progress)
    slices, places, start = [], [], 0
    nowhere = sum(map(len, groupings))  # the place of what never occurs
    for some, grouping in zip(sets, groupings, strict=True):
        codes, at = _rows_of(grid, possible[some], some, grouping)
        slices += grid.slices_of(some, codes)
        places.append(np.where(at >= 0, at + start, nowhere))
        start += len(grouping)
    order, n = np.concatenate(places), len(chosen)

    def column(of: Floats, empty: float) -> Floats:
        return np.concatenate([of, np.full((n, 1), empty)], axis=1)[:, order].T.ravel()

    counted = np.isfinite(told.below).any(axis=1)
    below = np.concatenate([told.below, np.where(counted, 0.0, np.nan)[:, None]], axis=1)[:, order].T.ravel()
    has_clusters = not np.isnan(told.clusters).all()
    difference = column(told.apart, np.nan)
    with np.errstate(invalid="ignore"):
        reachable, likely = difference <= asked.target_gap, column(told.likely, np.nan) <= asked.target_gap
    status = column(told.status, NO_DATA).astype(np.intp)
    return pd.DataFrame(
        {
            "slice": as_objects(slices).repeat(n),
            "system": words_at([cube.system], np.zeros(len(slices) * n)),
            "units": column(told.units, 0).astype(np.int64),
            "clusters": column(told.clusters, 0 if has_clusters else np.nan),
            "metric": words_at([m.name for m in chosen], np.tile(np.arange(n), len(slices))),
            "below": below,
            "counted": column(told.counted, 0).astype(np.int64),
            "half_width": column(told.half_width, np.nan),
            "detectable_gap": column(told.gap, np.nan),
            "status": words_at(STATUSES, status),
            "reachable": reachable & (status == OK),
            "difference_half_width": difference,
            "likely": likely & (status == OK),
        }
    )


def _rows_of(
    grid: Grid, possible: NDArray[np.bool_], some: Axes, grouping: Grouping
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the levels' codes of the combinations to tell of, in order, and the cell of each (-1: it has none)."""
    sizes = tuple(size + 1 for size in grid.shape(some))  # missing is the last
    wanted = np.zeros(sizes, bool)
    wanted[(slice(None, -1),) * len(some)] = possible
    cell = np.full(sizes, -1)
    told = ~_without_label(grid, some, grouping)
    there = tuple(grouping.codes[told].T)
    cell[there] = np.flatnonzero(told)
    wanted[there] = True  # what is there is told, though a rule calls it impossible
    codes = np.argwhere(wanted)
    return codes, cell[wanted]


def _without_label(grid: Grid, some: Axes, grouping: Grouping) -> NDArray[np.bool_]:
    out = np.zeros(len(grouping), bool)
    for i, a in enumerate(some):
        axis = grid.axes[a]
        if axis.family and "no" in axis.levels:
            out |= grouping.codes[:, i] == axis.levels.index("no")
    return out


def _tell(
    cube: Cube, chosen: Sequence[Metric], asked: Covering, groupings: Sequence[Grouping], progress: Progress
) -> _Told:
    place = {metric.name: i for i, metric in enumerate(chosen)}
    families = split_families(cube, list(chosen))
    each = [
        _tell_family(cube, family, asked, groupings, progress.nth(number, len(families)))
        for number, family in enumerate(families)
    ]
    order = np.argsort([place[metric.name] for family in families for metric in family.metrics])
    return _Told(*(np.concatenate(arrays)[order] for arrays in zip(*(vars(t).values() for t in each), strict=True)))


def _tell_family(
    cube: Cube, family: Family | FamilyApart, asked: Covering, groupings: Sequence[Grouping], progress: Progress
) -> _Told:
    one, two, r = _sides(cube, family, groupings, progress)
    alpha, shape = 1 - asked.confidence, one.side.value.shape
    status, status_of_rest = statuses(one, asked.min_units), statuses(two, asked.min_units)
    low, high = one.side.limits(alpha)
    pairs = Pairs(one.side.flat(), two.side.flat(), r.ravel(), np.zeros(r.size), np.ones(r.size))
    with np.errstate(invalid="ignore"):
        half = (high - low) / 2
        apart, likely = (
            np.subtract(*reversed(pairs.limits("difference", alpha, more=more))).reshape(shape) / 2
            for more in (0.0, FAIR_PASS)
        )
    level = alpha / _tests(family, one, two, asked, groupings)
    gaps = []
    for m, metric in enumerate(family.metrics):
        a, b = _one_metric(one, m), _one_metric(two, m)
        gaps.append(detectable_gaps(metric, a, b, r[m], level[m], asked.power))
    nothing = np.full(shape, np.nan)
    finite = [np.where(np.isfinite(x), x, np.nan) for x in (half, apart, likely)]
    return _Told(
        units=one.units,
        clusters=nothing if one.clusters is None else one.clusters,
        below=one.below,
        counted=one.denominator,
        half_width=finite[0],
        gap=np.stack(gaps),
        status=status,
        # Nothing is said of a difference from a rest that is too small itself.
        apart=np.where(status_of_rest == OK, finite[1], np.nan),
        likely=np.where(status_of_rest == OK, finite[2], np.nan),
    )


def _sides(
    cube: Cube, family: Family | FamilyApart, groupings: Sequence[Grouping], progress: Progress
) -> tuple[Measured, Measured, Floats]:
    """Measure every cell, everyone else whose group is known, and the correlation of the two."""
    if isinstance(family, FamilyApart):
        each = progress.over(groupings, "Measuring the combinations")
        if isinstance(family, CalibrationFamily):  # without limits no difference has any: the rest need not be measured
            one = join_measured([family.measure_cells(cube, g) for g in each])
            return one, one, np.zeros(one.side.value.shape)
        found = [family.measure_slices(cube, g, np.arange(len(g))) for g in each]
        one, two = (join_measured([f[i] for f in found]) for i in range(2))  # type: ignore[misc]
        return one, two, np.concatenate([f[2] for f in found], axis=1)
    pooled, cells = pool(cube, family), family.of_cells(*groupings)
    opposite = oppose_rest(family, groupings, cells, np.concatenate([g.known for g in groupings]))
    one, two = measure_side(family, cells, pooled), measure_side(family, opposite.moments, pooled)
    return one, two, correlation(family, one, two, opposite)


def _tests(
    family: Family | FamilyApart, one: Measured, two: Measured, asked: Covering, groupings: Sequence[Grouping]
) -> Floats:
    """Return among how many tests of one grouping each slice's would be, (metrics, cells): Bonferroni's divisor.

    Those are of the slices that can be judged, and of the slice itself; two that are each other's rest count once.
    """
    status = statuses(one, asked.min_units)
    if asked.correction == "none":
        return np.ones(status.shape)
    ok = (status == OK) & (statuses(two, asked.min_units) == OK)
    known = np.concatenate([g.known for g in groupings])
    same = same_tests(family, one, known, groupings)
    number, start = np.ones(status.shape), 0
    for grouping in groupings:
        at = slice(start, start + len(grouping))
        judged, twins = ok[:, at], same[:, at] == -1
        tests = judged.sum(axis=1) - np.maximum((judged & twins).sum(axis=1) - 1, 0)
        more = ~judged & ~(twins & (judged & twins).any(axis=1, keepdims=True))
        number[:, at] = np.maximum(tests[:, None] + more, 1)
        start += len(grouping)
    return number


def _one_metric(measured: Measured, m: int) -> Measured:
    """Return what was measured of one of the metrics, (1, sets)."""
    side = measured.side._map(lambda a, _: a[m : m + 1])
    arrays = ((f.name, getattr(measured, f.name)) for f in fields(measured)[1:])
    some: dict[str, Any] = {name: None if a is None else a[m : m + 1] for name, a in arrays}
    return replace(measured, side=side, **some)
