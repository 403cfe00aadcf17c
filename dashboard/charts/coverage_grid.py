"""How much there is of every combination of two attributes: a map of amounts.

Grey and hatched is what is too few to judge, a sign beside the number says that a pass is out of reach, a dash that the
data do not have the combination; what is impossible is left empty. The last row and column are the attributes alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.charts.amounts import Amounts, lay_amounts
from dashboard.charts.format import NOTHING, cut_apart, format_count, format_difference, join_words, pick, tidy
from metrics.registry import Metric
from metrics.slices import MISSING, Slice

__all__ = ["OUT_OF_REACH", "SHOWN", "CoverageGrid", "describe_coverage", "lay_coverage"]

OUT_OF_REACH = "\N{MULTIPLICATION X}"
# What a cell can show: columns of the combinations, and what an amount then is.
SHOWN = {
    "units": "units",
    "below": "denominator of the metric",
    "half_width": "half-width of the interval of the value",
    "difference_half_width": "half-width of the interval of the difference from everyone else",
    "detectable_gap": "smallest gap to everyone else that would be seen",
}
_COUNTS = ("units", "below")


@dataclass(frozen=True)
class CoverageGrid:
    """A map of amounts, the slice behind every (row, column) of it, and where a pass is out of reach."""

    amounts: Amounts
    keys: Mapping[tuple[int, int], Slice]
    out: frozenset[tuple[int, int]]


def lay_coverage(
    combinations: pd.DataFrame,
    metric: Metric,
    shown: str,
    down: str,
    across: str | None,
    levels: Mapping[str, Sequence[str]],
) -> CoverageGrid:
    """Arrange one column of the combinations (`shown`, one of SHOWN) as the levels of `down` by those of `across`.

    `combinations` is of `metrics.coverage`, of one system; `levels` gives the order of the levels. Without `across`
    the attribute stands alone, in one column.
    """
    wanted = {down} | ({across} if across is not None else set())
    own = (combinations["metric"] == metric.name).to_numpy() & np.array(
        [wanted.issuperset(s) for s in combinations["slice"]], dtype=bool
    )
    mine = combinations[own]
    found: dict[tuple[str | None, str | None], dict[str, Any]] = {}
    for record in mine.to_dict("records"):
        if at := record["slice"].to_dict():
            found[at.get(down), at.get(across) if across is not None else None] = {str(k): v for k, v in record.items()}
    rows = _order(levels.get(down, ()), [one for one, _ in found])
    columns = _order(levels.get(across, ()) if across is not None else (), [other for _, other in found])
    keyed = [[((one, other), found.get((one, other))) for other in columns] for one in rows]
    records = [[record for _, record in row] for row in keyed]
    row_names = _name(rows, down)
    column_names = _name(columns, across) if across is not None else [SHOWN[shown]]

    def frame(cells: list[list[Any]]) -> pd.DataFrame:
        return pd.DataFrame(cells, index=row_names, columns=column_names)

    def text(one: str | None, other: str | None, record: Mapping[str, Any] | None) -> str:
        # What is absent without a level missing is impossible; where both attributes are left open stands nothing.
        absent = record is None and MISSING not in (one, other)
        return "" if absent else _text(record, shown, metric)

    amounts = lay_amounts(
        frame([[_amount(record, shown) for record in row] for row in records]),
        frame([[text(*key, record) for key, record in row] for row in keyed]),
        what=f"{SHOWN[shown]} by {tidy(down)}" + (f" and {tidy(across)}" if across is not None else ""),
        of=f"level of {tidy(down)}",
        hovers=frame([[_hover(record, metric) for record in row] for row in records]),
        apart=int(len(columns) > 1 and columns[-1] is None),
        apart_rows=int(len(rows) > 1 and rows[-1] is None),
        marked=frame([[_is_few(record) for record in row] for row in records]).astype(bool),
        mark="too few to judge",
        sort=False,
    )
    keys = {(i, j): r["slice"] for i, row in enumerate(records) for j, r in enumerate(row) if r is not None}
    out = frozenset((i, j) for i, row in enumerate(records) for j, record in enumerate(row) if _is_out(record))
    return CoverageGrid(amounts, keys, out)


def describe_coverage(grid: CoverageGrid) -> str:
    """Say in words what the map shows: where there is least, what is out of reach, what is not there at all."""
    amounts = grid.amounts
    n, m = len(amounts.rows) - amounts.apart_rows, len(amounts.columns) - amounts.apart
    said = [f"Heat map of the {amounts.what}: {n} down, {m} across, darker is more."]
    inner = [(i, j) for i in range(n) for j in range(m)]
    filled = [(amounts.values[i][j], i, j) for i, j in inner if not math.isnan(amounts.values[i][j])]
    for word, pick_one in (("Least", min), ("Most", max)):
        if filled:
            _, i, j = pick_one(filled)
            said.append(f"{word}: {amounts.rows[i]}, {amounts.columns[j]}, {_plain(amounts.texts[i][j])}.")
    few, out = (sum(place in where for place in inner) for where in (amounts.marked, grid.out))
    if few:
        said.append(f"{few} of {len(inner)} cells are hatched: {amounts.mark}.")
    if out:
        said.append(f"In {out} a pass is out of reach.")
    none = [f"{amounts.rows[i]} with {amounts.columns[j]}" for i, j in inner if amounts.texts[i][j] == NOTHING]
    if none:
        more = f" and {len(none) - 5} more" if len(none) > 5 else ""
        said.append(f"Nothing for {join_words(none[:5])}{more}.")
    return " ".join(said)


def _order(levels: Sequence[str], found: Sequence[str | None]) -> list[str | None]:
    """Return every level in its order, the missing one only where it occurs, the margin (None) last."""
    there = set(found)
    known = [*levels, *sorted({level for level in there if level is not None} - {*levels, MISSING})]
    missing = [MISSING] if MISSING in there and MISSING not in known else []
    return [*known, *missing, *([None] if None in there else [])]


def _name(levels: Sequence[str | None], axis: str) -> list[str]:
    named = cut_apart([level for level in levels if level is not None], 30)
    return named + [f"any {tidy(axis)}"] * (len(levels) - len(named))


def _amount(record: Mapping[str, Any] | None, shown: str) -> float:
    """Return the place on the colour scale: of counts the root, since a few groups hold most of the rows."""
    value = pick(record, shown) if record is not None else None
    if value is None or not math.isfinite(value) or (shown in _COUNTS and value <= 0):
        return math.nan
    return math.sqrt(value) if shown in _COUNTS else value


def _text(record: Mapping[str, Any] | None, shown: str, metric: Metric) -> str:
    if record is None or math.isnan(_amount(record, shown)):
        return NOTHING
    return f"{_number(record, shown, metric)}{f' {OUT_OF_REACH}' if _is_out(record) else ''}"


def _number(record: Mapping[str, Any], shown: str, metric: Metric) -> str:
    value = pick(record, shown)
    if shown in _COUNTS:
        return format_count(value)
    text = format_difference(metric, value, signed=False).removesuffix(" points").removesuffix(" point")
    return f"±{text}" if shown.endswith("half_width") and text != NOTHING else text


def _is_few(record: Mapping[str, Any] | None) -> bool:
    return record is not None and (pick(record, "units") or 0) > 0 and str(record["status"]) != "ok"


def _is_out(record: Mapping[str, Any] | None) -> bool:
    return record is not None and (pick(record, "units") or 0) > 0 and not bool(record["reachable"])


def _hover(record: Mapping[str, Any] | None, metric: Metric) -> str:
    if record is None or not pick(record, "units"):
        return "nobody in these data"
    lines = [f"{SHOWN[name]}: {_number(record, name, metric)}" for name in SHOWN]
    if pick(record, "clusters") is not None:
        lines.insert(2, f"clusters: {format_count(pick(record, 'clusters'))}")
    if str(record["status"]) != "ok":
        lines.append(str(record["status"]))
    return "\n".join([*lines, "a pass is out of reach" if _is_out(record) else "a pass is within reach"])


def _plain(text: str) -> str:
    return text.removesuffix(f" {OUT_OF_REACH}")
