"""What other normalizers do to gaps, to the order of systems and to references, in sentences.

They hold names from the file: whoever shows them makes them safe for the place they stand in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from metrics.answers import name_slice
from metrics.formatting import format_difference, format_number, format_percent, format_ratio
from metrics.registry import Metric
from metrics.sensitivity import LOOKS, rank_pairs
from metrics.slices import MISSING

__all__ = ["say_order", "say_pairs", "say_references"]

_LEAST_SHARE = 0.05  # of references that differ in how they are written, to be worth a sentence
_LEAST_LENGTH = 1.1  # times as many words
_MOST = 3
_HAVE = {
    "capitals": "capital letters",
    "digits": "digits",
    "punctuation": "punctuation",
    "marks": "accents or other marks",
}
_NO_PAIR = "No two groups have enough utterances under every normalizer to be compared."


def say_pairs(pairs: pd.DataFrame, metrics: Mapping[str, Metric]) -> list[str]:
    """Say whether a gap turns with normalizer or metric, from the table of `compare_pairs` of one system."""
    if not len(pairs):
        return [_NO_PAIR]
    first, *others = _records(rank_pairs(pairs))
    n = 1 + len(others)
    rows = [row for row in _records(pairs) if (row["one"], row["other"]) == (first["one"], first["other"])]
    between = f"{name_slice(first['one'])} and {name_slice(first['other'])}"
    if first["turns"]:
        ends = f"it is {_tell(max(rows, key=_gap), metrics)}, but {_tell(min(rows, key=_gap), metrics)}"
        more = [f"{k} more {kind}" for kind in ("clearly", "perhaps") if (k := _count(others, kind))]
        rest = [f"Of {_gaps(n)}, {' and '.join(more)}."] if more else []
        if first["turns"] == "clearly":
            return [f"The gap between {between} turns clearly: {ends}.", *rest]
        return [f"No gap clearly turns. That between {between} perhaps does: {ends}, intervals reaching 0.", *rest]
    said = [
        f"No gap turns: {_gaps(n)} between two groups keep{'s' if n == 1 else ''} the direction in every comparison."
    ]
    if first["moves"] > 0:
        widest = max(({m: [r for r in rows if r["metric"] == m] for m in metrics}).values(), key=_reach)
        ends = f"it is {_tell(min(widest, key=_gap), metrics)}, and {_tell(max(widest, key=_gap), metrics)}"
        said.append(f"The gap between {between} moves most: {ends}.")
    return said


def say_order(order: pd.DataFrame, metrics: Mapping[str, Metric]) -> str:
    """Say whether the order of the systems stays, from the table of `order_systems`; "" where there is only one."""
    if order["system"].nunique(dropna=False) < 2:
        return ""
    said = []
    for name, rows in order[order["moves"].astype(bool) & order["rank"].notna()].groupby("system", sort=False):
        ranked = sorted(_records(rows), key=lambda row: int(row["rank"]))
        best, worst = ranked[0], ranked[-1]
        said.append(
            f"{name} is number {best['rank']} by {_where(best, metrics)}, {worst['rank']} by {_where(worst, metrics)}"
        )
    return f"The order of the models changes: {'; '.join(said[:2])}." if said else "The order of the models stays."


def say_references(looks: pd.DataFrame, min_units: int = 30) -> list[str]:
    """Say in what the references of groups differ most, from the table of `describe_references`."""
    found: list[tuple[float, str]] = []
    known = looks[looks["utterances"] >= min_units]
    by_axes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in _records(known):
        if row["slice"].levels and MISSING not in row["slice"].to_dict().values():
            by_axes.setdefault(row["slice"].axes, []).append(row)
    for rows in by_axes.values():
        for look in LOOKS:
            least, most = min(rows, key=lambda r: r[look]), max(rows, key=lambda r: r[look])
            if look == "words":
                if most[look] >= _LEAST_LENGTH * least[look] > 0:
                    found.append((most[look] / least[look] - 1, _say_length(most, least)))
            elif most[look] - least[look] >= _LEAST_SHARE:
                found.append((most[look] - least[look], _say_share(look, most, least)))
    found.sort(key=lambda pair: -pair[0])
    if not found:
        return ["The references of all groups are written alike: no share differs by 5 points, no length by a tenth."]
    more = [f"So do {len(found) - _MOST} more."] if len(found) > _MOST else []
    return [said for _, said in found[:_MOST]] + more


def _say_share(look: str, most: Mapping[str, Any], least: Mapping[str, Any]) -> str:
    return (
        f"{format_percent(most[look])} of the references of {name_slice(most['slice'])} have {_HAVE[look]}, "
        f"of {name_slice(least['slice'])} {format_percent(least[look])}."
    )


def _say_length(most: Mapping[str, Any], least: Mapping[str, Any]) -> str:
    return (
        f"References of {name_slice(most['slice'])} have {format_number(most['words'])} words on average, those of "
        f"{name_slice(least['slice'])} {format_number(least['words'])}."
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _gap(row: Mapping[str, Any]) -> float:
    return float(row["difference"])


def _reach(rows: list[dict[str, Any]]) -> float:
    return max(map(_gap, rows)) - min(map(_gap, rows)) if rows else -1.0


def _count(pairs: list[dict[str, Any]], kind: str) -> int:
    return sum(pair["turns"] == kind for pair in pairs)


def _tell(row: Mapping[str, Any], metrics: Mapping[str, Metric]) -> str:
    ratio = f" ({format_ratio(row['ratio'])})" if row["ratio"] == row["ratio"] else ""
    return f"{format_difference(metrics[row['metric']], row['difference'])}{ratio} by {_where(row, metrics)}"


def _where(row: Mapping[str, Any], metrics: Mapping[str, Metric]) -> str:
    return f"{metrics[row['metric']].title.lower()} under {row['normalizer']}"


def _gaps(n: int) -> str:
    return f"{n:,} {'gap' if n == 1 else 'gaps'}"
