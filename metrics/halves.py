"""Search one half of the rows, report the other: what the slices that looked worst are worth on rows not searched.

Whatever looks worst of thousands of slices looks worse than it is (the winner's curse). So half of the clusters, or of
the rows where there are none, is searched, and the few slices it puts first are measured on the other half, which had
no part in choosing them: its intervals hold as they stand, and only so many tests are corrected for. Cox 1975, "A note
on data-splitting for the evaluation of significance levels". A line of a file with counts stands for many units, and
each of them falls into a half by itself: dealt out whole, the lines of a small table would leave two halves of which
neither is like the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from metrics.compare import compare
from metrics.cube import Cube, count_cells
from metrics.cut_points import add_axes, find_cuts
from metrics.errors import QuestionError
from metrics.estimate import choose_metrics, estimate
from metrics.find import Found, Search, find, list_findings
from metrics.multiplicity import holm
from metrics.progress import Progress, Tell
from metrics.scored import Scored
from metrics.slices import Slice

__all__ = ["COLUMNS", "Halves", "confirm", "split_in_halves", "take_units"]

COLUMNS = [
    "slice", "system", "searched_value", "searched_difference", "searched_finding", "value", "low", "high", "top",
    "below", "units", "rest", "difference", "difference_low", "difference_high", "p", "p_adjusted", "status",
    "confirmed",
]  # fmt: skip
_MOST_LOOKED_AT = 50_000_000


@dataclass(frozen=True, eq=False)
class Halves:
    """What one half put first, measured on the other.

    `found` is the search of the first half. `table` has COLUMNS, one row a slice that was carried over, in the order of
    the search: `searched_value` and `searched_difference` (slice minus rest) as they looked on the half searched, and
    whether it was a finding there by itself; all the others of the half not searched, the limits at the level of one
    interval, `p_adjusted` Holm's over the slices carried over. `confirmed` says that it fares worse there too, with
    `p_adjusted` within the level asked for. `edges` are the cuts of columns of numbers, found on the half searched.
    `cube` holds the counts of the half not searched; `rows` are how many rows were searched and how many not, a line of
    a file with counts being as many as it stands for.
    """

    found: Found
    table: pd.DataFrame
    edges: Mapping[str, tuple[float, ...]]
    cube: Cube
    rows: tuple[int, int]
    seed: int

    @property
    def searched_difference(self) -> float:
        """The mean difference to the rest on the half searched, over the slices that both halves have a value of."""
        return self._mean("searched_difference")

    @property
    def difference(self) -> float:
        """The mean difference on the half not searched: what is left of it."""
        return self._mean("difference")

    def _mean(self, column: str) -> float:
        both = self.table[["searched_difference", "difference"]].dropna()
        return float(both[column].mean()) if len(both) else float("nan")


def confirm(
    cube: Cube,
    search: Search,
    *,
    most: int = 10,
    overlap: float = 0.5,
    seed: int = 0,
    numbers: Mapping[str, ArrayLike] | None = None,
    cuts: int = 1,
    progress: Tell | None = None,
) -> Halves:
    """Search one half, and measure on the other the slices that fared worst there.

    At most `most` slices are carried over, findings first, then by their p value; one that shares more than `overlap`
    of its rows with one before is not. `numbers` are columns of numbers by name, one number a unit of the cube: each
    becomes an attribute of the search, cut at `cuts` points found on the half searched. `progress` is told how far it
    is. Raises QuestionError for what cannot be searched, and where a half has no rows.
    """
    ((cube, (metric,)),) = choose_metrics(cube, [search.metric])
    told, scored = Progress(progress), cube.scored
    if scored is None:
        raise QuestionError("The rows cannot be split in halves: they are not here, only their counts.")
    first, second = split_in_halves(scored, seed)
    if not first.any() or not second.any():
        raise QuestionError("There are too few rows or clusters to split in halves: one half would have none.")
    edges: dict[str, tuple[float, ...]] = {}
    for name, column in (numbers or {}).items():
        told(f"Choosing where to cut {name}", 0.0)
        values = np.asarray(column, np.float64)
        if values.shape != first.shape:
            raise QuestionError(f"There are {len(values):,} numbers of {name!r} for {len(first):,} units.")
        edges[name] = find_cuts(take_units(scored, first), metric, values[first > 0], cuts, search.min_units)
    scored = add_axes(scored, numbers or {}, edges)
    names = (*search.attributes, *(n for n, found in edges.items() if found and n not in search.attributes))
    one, other = (count_cells([take_units(scored, times)])[0] for times in (first, second))
    found = find(one, replace(search, attributes=names), told.part(0.05, 0.8))
    carried = _carry_over(found, most, overlap)
    told("Measuring what was found on the other half", 0.8)
    table = _measure(found, carried, other, search)
    return Halves(found, table, edges, other, (int(first.sum()), int(second.sum())), seed)


def split_in_halves(scored: Scored, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many units of each row are in the first half and in the other, two arrays of shape (rows,).

    A cluster lies whole in one half, by its name, and so does a row that stands for one unit, by its place in the file.
    Of a row that stands for m, without clusters, the first half has Binomial(m, 1/2). The same seed puts the same
    clusters and units on the same side, whatever else the file holds.
    """
    times = np.ones(len(scored), np.int64) if scored.multiplicity is None else scored.multiplicity
    if scored.clusters is not None:
        key = (seed % 2**64).to_bytes(8, "little")
        sides = [blake2b(name.encode(), digest_size=1, key=key).digest()[0] & 1 for name in scored.cluster_names]
        first = times * (np.array(sides, np.uint8) == 0)[scored.clusters]
        return first, times - first
    # The finaliser of MurmurHash3 (Appleby): neighbours in the file have nothing to do with each other.
    mixed = scored.rows.astype(np.uint64) + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    for odd in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        mixed = (mixed ^ (mixed >> np.uint64(33))) * np.uint64(odd)
    mixed ^= mixed >> np.uint64(33)
    first = (mixed & np.uint64(1) == 0).astype(np.int64)
    if (times != 1).any():
        first = _draw_half(times, mixed)
    return first, times - first


def _draw_half(times: NDArray[np.int64], mixed: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return Binomial(times, 1/2) numbers, each by its own 64 random bits; of 1 by the last bit, 1 where that is 0."""
    from scipy.stats import binom

    turned = (mixed >> np.uint64(1)) | (mixed << np.uint64(63))  # the last bit first
    uniform = ((turned >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53
    other: NDArray[np.int64] = np.asarray(binom.ppf(uniform, times, 0.5)).astype(np.int64)
    return times - other


def take_units(scored: Scored, times: NDArray[np.int64]) -> Scored:
    """Return so many units of each row, rows of none left out; `times` has shape (rows,), as `split_in_halves` has."""
    kept = times > 0
    taken = scored.take(kept)
    return taken if scored.multiplicity is None else replace(taken, multiplicity=times[kept])


def _carry_over(found: Found, most: int, overlap: float) -> pd.DataFrame:
    """Return the rows of the lattice that are carried over, no two of them of nearly the same rows."""
    lattice = found.lattice
    worse = lattice[lattice["worse"] & lattice["p_adjusted"].notna()]
    ranked = worse.assign(unsure=~worse["finding"]).sort_values(["unsure", "p"], kind="stable")
    # To look which rows slices share takes time: of many rows, only the first are looked at.
    first = ranked.head(max(50 * most, _MOST_LOOKED_AT // len(found.counted.scored)))
    listed = list_findings(replace(found, lattice=first.assign(finding=True)), most, overlap)
    return lattice.loc[listed.index]


def _measure(found: Found, carried: pd.DataFrame, other: Cube, search: Search) -> pd.DataFrame:
    """Return the table of the slices carried over, measured on the other half."""
    metric, alpha = found.metric, 1 - search.confidence
    groupings = list(dict.fromkeys(s.axes for s in carried["slice"]))
    asked = {"confidence": search.confidence, "min_units": search.min_units}
    estimates = _by_slice(estimate(other, groupings, [metric.name], **asked))  # type: ignore[arg-type]
    compared = _by_slice(compare(other, groupings, [metric.name], correction="none", **asked))  # type: ignore[arg-type]
    rows = []
    for cell, value, difference, finding in zip(
        carried["slice"], carried["value"], carried["difference"], carried["finding"], strict=True
    ):
        here, beside = estimates.get(cell, {}), compared.get(cell, {})
        told = {name: here.get(name, np.nan) for name in ("value", "low", "high", "top", "below")}
        gap = {f"difference_{name}": beside.get(name, np.nan) for name in ("low", "high")}
        rows.append(
            {
                "slice": cell,
                "system": found.system,
                "searched_value": value,
                "searched_difference": difference,
                "searched_finding": bool(finding),
                **told,
                "units": here.get("units", 0),
                "rest": told["value"] - beside.get("value", np.nan),
                "difference": beside.get("value", np.nan),
                **gap,
                "p": beside.get("p", np.nan),
                "status": beside.get("status", "no data"),
            }
        )
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c not in ("p_adjusted", "confirmed")])
    p = np.where(table["status"] == "ok", table["p"].to_numpy(dtype=np.float64), np.nan)
    table["p_adjusted"] = holm(p, alpha=alpha)[0]
    difference, before = (table[c].to_numpy(dtype=np.float64) for c in ("difference", "searched_difference"))
    table["confirmed"] = (difference * before > 0) & (table["p_adjusted"].to_numpy(dtype=np.float64) <= alpha)
    return table[COLUMNS]


def _by_slice(table: pd.DataFrame) -> dict[Slice, dict[str, Any]]:
    records = table.to_dict("records")
    return {record["slice"]: {str(k): v for k, v in record.items()} for record in records}
