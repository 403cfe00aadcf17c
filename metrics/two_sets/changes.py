"""What changed from the reference to the customer's set in every slice: better here, worse here, or cannot be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.compare import Correction, Kind, Pairs, p_of_pairs
from metrics.constant import find_only_answer
from metrics.cube import Cube, Grouping
from metrics.errors import QuestionError
from metrics.estimate import (
    MIN_CLUSTERS,
    NO_DATA,
    OK,
    STATUSES,
    By,
    as_objects,
    check_level,
    join_tables,
    measure,
    split_families,
    statuses,
    words_at,
)
from metrics.registry import Metric
from metrics.sentences import orient
from metrics.sides import Measured
from metrics.slices import Slice
from metrics.two_sets.change_verdicts import (
    AMONG_MANY,
    FEW_CUSTOMER,
    NO_MARGIN,
    REASONS,
    VERDICTS,
    WIDE,
    Asked,
    Judged,
    adjust_changes,
)
from metrics.two_sets.sets import TwoSets
from metrics.units_needed import MORE, count_until

__all__ = ["CHANGES", "compare_sets"]

Floats = NDArray[Any]

CHANGES = ["slice", "system", "metric", "kind", "reference", "customer", "value", "low", "high", "p", "p_adjusted"]
CHANGES += [
    "adjusted_low",
    "adjusted_high",
    "verdict",
    "reason",
    "units_needed",
    "reference_low",
    "reference_high",
    "customer_low",
    "customer_high",
]
CHANGES += ["reference_units", "customer_units", "reference_clusters", "customer_clusters"]
CHANGES += ["reference_status", "customer_status", "status"]


def compare_sets(
    sets: TwoSets,
    by: By = None,
    metrics: Sequence[str] | None = None,
    *,
    kinds: Sequence[Kind] = ("difference",),
    confidence: float = 0.95,
    correction: Correction = "holm",
    min_units: int = 30,
    target_gap: float | None = None,
) -> pd.DataFrame:
    """Return a table of the change of every slice, everyone first: customer's value minus, or over, reference's.

    The two sets are independent samples: the interval is made of both sides' own limits, and `p` belongs to it (Zou &
    Donner 2008, Donner & Zou 2012). `p_adjusted` is over all slices of one metric and system that have enough on both
    sides, whatever the attributes (they are told together), everyone apart; the interval at that level is adjusted_low
    to adjusted_high. A slice of one side only is there with NaN on the other.

    `verdict` is "worse here" or "better here" where the interval of the difference at the adjusted level is clear of 0;
    "no change shown" where the whole plain interval lies within `target_gap` (by default 5 points for shares; other
    metrics have no margin of their own); else "cannot tell", and `reason` says why. `units_needed` is then how many
    more of the customer's units would tell at about four chances in five, the reference as it is: NaN where none up to
    a thousand million would, or where units are not what is wanting.
    Raises QuestionError for what neither set has.
    """
    check_level(confidence)
    if target_gap is not None and not target_gap >= 0:
        raise QuestionError(f"The target gap is a number from 0 up, in the metric's own units; it was {target_gap}.")
    chosen, groupings = sets.choose(metrics), sets.groupings(by)
    asked = Asked(1 - confidence, correction, min_units, target_gap)
    tables = [_compare(*cubes, chosen, groupings, kinds, asked) for cubes in sets.pairs()]
    return join_tables(tables, CHANGES)


@dataclass(frozen=True)
class _Place:
    """A slice of one of the groupings, and its place among the slices of either side, -1 where it is not there."""

    grouping: int
    cell: Slice
    reference: int
    customer: int


def _compare(
    reference: Cube,
    customer: Cube,
    chosen: Sequence[str],
    groupings: Sequence[tuple[str, ...]],
    kinds: Sequence[Kind],
    asked: Asked,
) -> pd.DataFrame:
    """Compare one system's two cubes: a row for each slice, metric and kind, in this order."""
    sides = [_groupings_of(cube, groupings) for cube in (reference, customer)]
    places = _merge(groupings, *sides)
    told = [
        _tell_family(reference, customer, families, sides, places, kinds, asked)
        for families in zip(
            *(split_families(cube, [cube.metrics[n] for n in chosen]) for cube in (reference, customer)), strict=True
        )
    ]
    table = pd.concat([part for parts in told for part in parts], ignore_index=True)
    order = {name: i for i, name in enumerate(chosen)}
    by_kind = {kind: i for i, kind in enumerate(kinds)}
    table = table.iloc[np.lexsort((table["kind"].map(by_kind), table["metric"].map(order), table["place"]))]
    table["slice"] = as_objects([p.cell for p in places])[table["place"].to_numpy()]
    table["system"] = words_at([reference.system], np.zeros(len(table)))
    return table[CHANGES].reset_index(drop=True)


def _groupings_of(cube: Cube, groupings: Sequence[tuple[str, ...]]) -> dict[int, Grouping]:
    """Return those of the groupings that a cube can have, by their number."""
    known = {a.name for a in cube.axes}
    return {i: cube.by(names) for i, names in enumerate(groupings) if known.issuperset(names)}


def _merge(
    groupings: Sequence[tuple[str, ...]], reference: Mapping[int, Grouping], customer: Mapping[int, Grouping]
) -> list[_Place]:
    """Return the slices of either side, those of a grouping in the order of its levels."""
    found: list[_Place] = []
    starts = [0, 0]
    for number in range(len(groupings)):
        there: dict[tuple[int, ...], list[int]] = {}
        cells: dict[tuple[int, ...], Slice] = {}
        for side, grouping in enumerate((reference.get(number), customer.get(number))):
            if grouping is None:
                continue
            for i, code in enumerate(map(tuple, grouping.codes.tolist())):
                there.setdefault(code, [-1, -1])[side] = starts[side] + i
                cells[code] = grouping.slices[i]
            starts[side] += len(grouping)
        found += [_Place(number, cells[code], *there[code]) for code in sorted(there)]
    return found


def _tell_family(
    reference: Cube,
    customer: Cube,
    families: tuple[Any, Any],
    sides: Sequence[Mapping[int, Grouping]],
    places: Sequence[_Place],
    kinds: Sequence[Kind],
    asked: Asked,
) -> list[pd.DataFrame]:
    """Return a table a kind of comparison, of one family of metrics over all slices."""
    cubes = (reference, customer)
    measured = [measure(c, f, *groupings.values()) for c, f, groupings in zip(cubes, families, sides, strict=True)]
    at = [np.array([getattr(p, name) for p in places], dtype=np.int64) for name in ("reference", "customer")]
    there = [place >= 0 for place in at]
    both = np.flatnonzero(there[0] & there[1])
    metrics = [orient(m, reference.favourable) for m in families[0].metrics]
    shape = (len(metrics), len(places))

    def spread(values: Any, some: NDArray[Any], blank: Any = np.nan) -> Any:
        whole = np.full(shape, blank, dtype=np.result_type(np.asarray(values), type(blank)))
        whole[:, some] = values
        return whole

    columns: dict[str, Any] = {}
    status = []
    for name, m, place, here in zip(("reference", "customer"), measured, at, there, strict=True):
        own = m.take(place[here])
        low, high = own.side.limits(asked.alpha)
        columns |= {name: spread(own.side.shown, here), f"{name}_low": spread(low, here)}
        columns |= {f"{name}_high": spread(high, here), f"{name}_units": spread(own.units, here, 0.0)}
        clusters = np.nan if own.clusters is None else own.clusters
        columns[f"{name}_clusters"] = spread(np.broadcast_to(clusters, own.side.value.shape), here)
        status.append(spread(statuses(own, asked.min_units), here, np.int8(NO_DATA)))
    one, two = (m.take(place[both]) for m, place in zip(measured, at, strict=True))
    zeros = np.zeros(one.side.value.size)
    pairs = Pairs(two.side.flat(), one.side.flat(), zeros, zeros, zeros + 1)
    p = spread(p_of_pairs(pairs).reshape(len(metrics), -1), both)
    difference = spread(pairs.value("difference").reshape(len(metrics), -1), both)
    joint = np.where(np.isnan(difference), NO_DATA, np.minimum(*status)).astype(np.int8)
    tested = np.where(joint == OK, p, np.nan)
    low, high = (spread(x.reshape(len(metrics), -1), both) for x in pairs.limits("difference", asked.alpha))
    groups = np.array([bool(p.cell.levels) for p in places])
    p_adjusted, level = adjust_changes(tested, groups, asked)
    clear_low, clear_high = (
        spread(x.reshape(len(metrics), -1), both) for x in pairs.limits("difference", level[:, both].ravel())
    )
    columns |= {"adjusted_low": clear_low, "adjusted_high": clear_high}
    constant = [[find_only_answer(cube, m) is not None for m in metrics] for cube in cubes]
    judged = Judged(metrics, asked, difference, low, high, p_adjusted, joint, status, there, np.array(constant))
    verdict, reason = judged.name()
    needed = _count_more(metrics, asked, two, pairs, both, reason, status, level)
    tables = []
    for kind in kinds:
        value = spread(pairs.value(kind).reshape(len(metrics), -1), both)
        limits = (spread(x.reshape(len(metrics), -1), both) for x in pairs.limits(kind, asked.alpha))
        columns |= dict(zip(("value", "low", "high"), (value, *limits), strict=True))
        # A ratio may lack the interval that the difference has, and then has no p either.
        bare = np.isnan(columns["low"]) & np.isnan(columns["high"])
        columns |= {"p": np.where(bare, np.nan, p), "p_adjusted": np.where(bare, np.nan, p_adjusted)}
        columns["units_needed"] = needed
        flat = {name: np.broadcast_to(x, shape).ravel() for name, x in columns.items()}
        table = pd.DataFrame(flat)
        table["kind"] = words_at([kind], np.zeros(p.size))
        table["metric"] = words_at([m.name for m in metrics], np.repeat(np.arange(len(metrics)), len(places)))
        table["place"] = np.tile(np.arange(len(places)), len(metrics))
        table["verdict"] = words_at(VERDICTS, verdict.ravel())
        table["reason"] = words_at(REASONS, reason.ravel())
        for name, one_status in zip(("reference_status", "customer_status", "status"), (*status, joint), strict=True):
            table[name] = words_at(STATUSES, one_status.ravel())
        table[["reference_units", "customer_units"]] = table[["reference_units", "customer_units"]].astype(np.int64)
        tables.append(table)
    return tables


def _count_more(
    metrics: Sequence[Metric],
    asked: Asked,
    customer: Measured,
    pairs: Pairs,
    both: NDArray[np.int64],
    reason: NDArray[np.int8],
    status: Sequence[NDArray[np.int8]],
    clear: Floats,
) -> Floats:
    """Return how many more of the customer's units (or clusters) would tell, (metrics, slices)."""
    needed = np.full(reason.shape, np.nan)
    may = np.isin(reason, [REASONS.index(word) for word in (FEW_CUSTOMER, AMONG_MANY, WIDE, NO_MARGIN)])[:, both]
    at = np.flatnonzero(may.ravel() & (status[0][:, both] == OK).ravel() & (pairs.two.kind != "quantile"))
    if not len(at):
        return needed
    units = customer.denominator.ravel()[at]
    now, minimum = units, np.full(len(at), float(asked.min_units))
    if customer.clusters is not None:
        now = customer.clusters.ravel()[at].astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            minimum = np.maximum(MIN_CLUSTERS, np.ceil(now * asked.min_units / units))
    margin = np.repeat([asked.margin(m) for m in metrics], len(both))[at]
    # Where neither direction is better, a clear change tells nothing.
    tells = np.repeat([m.better != "neither" for m in metrics], len(both))[at]
    alpha = clear[:, both].ravel()[at]

    def decides(some: NDArray[np.intp], factor: Floats) -> NDArray[np.bool_]:
        grown = pairs.at(at[some]).grown(factor)
        with np.errstate(invalid="ignore"):
            low, high = grown.limits("difference", asked.alpha, ..., MORE)
            within = (low >= -margin[some]) & (high <= margin[some])
            low, high = grown.limits("difference", alpha[some], ..., MORE)
            return within | (tells[some] & ((low > 0) | (high < 0)))

    usable = now > 0
    found = np.full(len(at), np.nan)
    places = np.flatnonzero(usable)
    found[places] = count_until(lambda i, f: decides(places[i], f), now[places], minimum[places]) - now[places]
    flat = np.full(pairs.r.shape, np.nan)
    flat[at] = found
    needed[:, both] = flat.reshape(len(metrics), -1)
    return needed
