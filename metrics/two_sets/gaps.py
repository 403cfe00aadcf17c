"""Whether the gap of a slice to others has grown from the reference to the customer's set: the differential effect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.compare import BASELINES, Compared, Correction, Pairs, adjust, compare_cube
from metrics.cube import Cube
from metrics.estimate import NO_DATA, OK, STATUSES, By, as_objects, check_level, join_tables, words_at
from metrics.intervals import difference_limits, p_of_touch
from metrics.slices import Slice
from metrics.two_sets.sets import TwoSets

__all__ = ["GAP_CHANGES", "compare_set_gaps"]

Floats = NDArray[Any]

GAP_CHANGES = ["slice", "baseline", "system", "metric", "reference", "customer", "value", "low", "high"]
GAP_CHANGES += ["p", "p_adjusted", "status"]


def compare_set_gaps(
    sets: TwoSets,
    by: By = None,
    metrics: Sequence[str] | None = None,
    *,
    baseline: str | Slice = "rest",
    confidence: float = 0.95,
    correction: Correction = "holm",
    min_units: int = 30,
) -> pd.DataFrame:
    """Return how the gap of every slice to a baseline differs between the sets: the customer's minus the reference's.

    `reference` and `customer` are the gaps (slice minus baseline, as `compare` gives them). Both sets are independent,
    so that the interval is made of the two gaps' own limits (Zou & Donner 2008); `p` belongs to it, `p_adjusted` is
    over all slices of one metric and system, whatever the attributes. "largest" and "best" are chosen in the
    reference, and are the same slice in both. Slices of one side only, and attributes that one side lacks, have NaN on
    the other.
    Raises QuestionError for what neither set has.
    """
    check_level(confidence)
    chosen, groupings = sets.choose(metrics), sets.groupings(by, everyone=False)
    tables = []
    for cubes in sets.pairs():
        for number, names in enumerate(groupings):
            for base, of in _baselines(*cubes, names, chosen, str(baseline), min_units).items():
                # The reference's own choice of the best widens its gaps; for the customer's set it is a given slice.
                asked = ("best" if baseline == "best" and base not in BASELINES else base, base)
                sides = [_measure_gaps(c, names, of, b, min_units) for c, b in zip(cubes, asked, strict=True)]
                tables += [_tabulate(cubes[0], m, base, sides, 1 - confidence).assign(grouping=number) for m in of]
    table = join_tables([t for t in tables if len(t)], [*GAP_CHANGES, "tested", "twin", "grouping"])
    table["p_adjusted"] = _adjust(table, 1 - confidence, correction)
    return table[GAP_CHANGES]


def _adjust(table: pd.DataFrame, alpha: float, correction: Correction) -> Floats:
    """Return p adjusted over all gaps of one metric and system, whatever the attributes: they are told together."""
    if not len(table):
        return np.zeros(0)
    family = np.asarray(table.groupby(["system", "metric"], sort=False, dropna=False).ngroup(), dtype=np.int64)
    each, grouping = np.arange(len(table)), table["grouping"].to_numpy(dtype=np.int64)
    same = np.where(table["twin"].to_numpy(dtype=bool), -1 - grouping, each)
    return adjust(table["tested"].to_numpy(dtype=float), family, same, alpha, correction)


def _baselines(
    reference: Cube, customer: Cube, names: tuple[str, ...], chosen: Sequence[str], baseline: str, min_units: int
) -> dict[str, list[str]]:
    """Return the metrics by what their gaps are measured against; where the data choose, those of the reference do."""
    if baseline not in ("largest", "best"):
        return {baseline: list(chosen)}
    cube = reference if _has(reference, names) else customer
    picked: dict[str, list[str]] = {}
    for compared in compare_cube(cube, [names], [cube.metrics[n] for n in chosen], baseline, min_units):
        for metric, row in zip(compared.family.metrics, compared.against.names, strict=True):
            picked.setdefault(str(row[0]), []).append(metric.name)
    return picked


@dataclass(frozen=True)
class _Gaps:
    """The gaps of one side: a metric's place in its family of comparisons, and the slices by their codes."""

    of: Mapping[str, tuple[Compared, int]]
    slices: Mapping[tuple[int, ...], Slice]

    def numbers(self, metric: str) -> tuple[Floats, NDArray[np.int8], NDArray[np.bool_], NDArray[np.int64]]:
        """Return gap, status, whether a slice is its own baseline, and the number of its test, each (slices,)."""
        compared, i = self.of[metric]
        shape, itself = compared.status.shape, compared.against.itself[i]
        value = np.where(itself, 0.0, compared.pairs.value("difference").reshape(shape)[i])
        return value, np.where(np.isnan(value), NO_DATA, compared.status[i]), itself, compared.against.same[i]

    def pairs(self, metric: str, places: NDArray[np.intp]) -> Pairs:
        """Return the two sides of the gaps of these slices."""
        compared, i = self.of[metric]
        return compared.pairs.at(i * compared.status.shape[1] + places)


_NONE = _Gaps({}, {})


def _has(cube: Cube, names: Iterable[str]) -> bool:
    return {a.name for a in cube.axes}.issuperset(names)


def _measure_gaps(cube: Cube, names: tuple[str, ...], metrics: Sequence[str], base: str, min_units: int) -> _Gaps:
    axes = names if base in BASELINES else (*names, *Slice.parse(base).axes)
    if not _has(cube, axes):
        return _NONE
    compared = compare_cube(cube, [names], [cube.metrics[n] for n in metrics], base, min_units)
    codes = [tuple(row) for row in compared[0].groupings[0].codes.tolist()]
    of = {m.name: (c, i) for c in compared for i, m in enumerate(c.family.metrics)}
    return _Gaps(of, dict(zip(codes, compared[0].slices, strict=True)))


def _tabulate(cube: Cube, metric: str, base: str, sides: Sequence[_Gaps], alpha: float) -> pd.DataFrame:
    """Put the changes of one metric's gaps over one grouping into a frame, slices in the order of their levels."""
    cells = {code: cell for side in sides for code, cell in side.slices.items()}
    order = sorted(cells)
    gaps, statuses = np.full((2, len(order)), np.nan), np.full((2, len(order)), NO_DATA, dtype=np.int8)
    itself, twin = np.zeros(len(order), dtype=bool), np.zeros((2, len(order)), dtype=bool)
    for number, side in enumerate(sides):
        if not side.slices:
            continue
        place = {code: i for i, code in enumerate(side.slices)}
        here = np.array([code in place for code in order])
        at = np.array([place[code] for code in order if code in place], dtype=np.intp)
        value, status, own, tests = (x[at] for x in side.numbers(metric))
        gaps[number, here], statuses[number, here] = value, status
        itself[here] |= own
        twin[number, here] = tests < 0
    low, high, p = np.full((3, len(order)), np.nan)
    value = gaps[1] - gaps[0]
    both = np.flatnonzero(~np.isnan(value) & ~itself)
    if len(both):
        low[both], high[both], p[both] = _limits(sides, metric, [order[i] for i in both], gaps[:, both], alpha)
    known = itself & ~np.isnan(value)
    low, high, p = (np.where(known, x, y) for x, y in zip((0.0, 0.0, 1.0), (low, high, p), strict=True))
    status = np.where(np.isnan(value), NO_DATA, statuses.min(axis=0))
    tested = np.where((status == OK) & ~itself, p, np.nan)
    return pd.DataFrame(
        {
            "slice": as_objects([cells[code] for code in order]),
            "baseline": words_at([base], np.zeros(len(order))),
            "system": words_at([cube.system], np.zeros(len(order))),
            "metric": words_at([metric], np.zeros(len(order))),
            "reference": gaps[0],
            "customer": gaps[1],
            "value": value,
            "low": low,
            "high": high,
            "p": p,
            "tested": tested,
            "twin": twin.all(axis=0),  # two groups, each the other's rest on both sides, are one test
            "status": words_at(STATUSES, status),
        }
    )


def _limits(
    sides: Sequence[_Gaps], metric: str, codes: Sequence[tuple[int, ...]], gaps: Floats, alpha: float
) -> tuple[Floats, Floats, Floats]:
    """Return the limits of the changes of gaps that both sides have, and p of no change."""
    pairs = []
    for side in sides:
        place = {code: i for i, code in enumerate(side.slices)}
        pairs.append(side.pairs(metric, np.array([place[code] for code in codes], dtype=np.intp)))

    def reach(level: Any, at: Any = ...) -> tuple[Floats, Floats]:
        (l1, u1), (l2, u2) = (p.limits("difference", level, at) for p in pairs)
        return difference_limits(gaps[1][at], l2, u2, gaps[0][at], l1, u1)

    low, high = reach(alpha)
    value = np.where(np.isnan(low) & np.isnan(high), np.nan, gaps[1] - gaps[0])
    return low, high, p_of_touch(reach, value, 0.0)
