"""What the checks on a search say, in sentences: results dealt out anew, the other half, a tree, shares of conditions.

Sentences hold names as they are in the file: whoever shows them makes them safe for the place they stand in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from metrics.answers import name_slice
from metrics.error_tree import ErrorTree
from metrics.formatting import format_count, format_difference, format_p
from metrics.halves import Halves
from metrics.levels import number_text
from metrics.permutation import Permutation
from metrics.registry import Metric
from metrics.sentences import lower_title, say_difference, say_value
from metrics.shapley import GlobalAttribution, SliceAttribution

__all__ = ["say_attribution", "say_cuts", "say_dealt", "say_halves", "say_leaf", "say_tree"]

_DEALT = {
    "rows": "among the rows",
    "clusters": "among whole clusters",
    "parts": "among clusters, each row of one drawn from the rows of another",
}


def say_dealt(dealt: Permutation, metric: Metric) -> str:
    """Say how often the worst of the slices lay as far out where the results were dealt out anew."""
    how = f"The results were dealt out anew {format_count(dealt.draws)} times {_DEALT[dealt.dealt]}"
    slices = f"{format_count(len(dealt.table))} slices"
    if not len(dealt.table):
        return f"{how}; no slice has enough rows to be compared."
    best = dealt.table.iloc[0]
    times = round(float(best["p"]) * (1 + dealt.draws)) - 1
    number = format_count(times) if times else "none"
    beyond = int((dealt.table["z"] > dealt.floor).sum())
    off = "from the rest" if metric.better == "neither" else "on the worse side of the rest"
    said = (
        f"{how}, the groups staying where they are. In {number} of these files the worst of the {slices} lay as far "
        f"{off} as {name_slice(best['slice'])} does in yours (p {_p(float(best['p']))})."
    )
    if beyond == 0:
        return f"{said} No slice lies beyond what 95 in 100 of these files show."
    lie = "slice lies" if beyond == 1 else "slices lie"
    return f"{said} {format_count(beyond)} {lie} beyond what 95 in 100 of these files show."


def _p(p: float) -> str:
    text = format_p(p)
    return text if text.startswith("<") else f"= {text}"


def say_halves(halves: Halves, metric: Metric) -> str:
    """Say how many of the slices that looked worst on one half fare worse on the other, and what is left of it."""
    searched, other = (format_count(n) for n in halves.rows)
    table = halves.table
    if not len(table):
        return f"Of the {searched} rows searched no slice fares worse than the rest: nothing to look at in the others."
    n, confirmed = len(table), int(table["confirmed"].sum())
    worse = "lie to the same side" if metric.better == "neither" else "fare worse"
    number = {0: "none", n: "all" if n > 1 else "it"}.get(confirmed, format_count(confirmed))
    said = (
        f"Searched {searched} of the rows, chosen by chance, and looked at the {format_count(n)} "
        f"{'slice' if n == 1 else 'slices'} that fare worst there in the {other} others: beyond doubt {number} of them "
        f"{worse} there too."
    )
    before, after = halves.searched_difference, halves.difference
    if math.isnan(before) or math.isnan(after):
        return said
    gaps = [format_difference(metric, abs(gap), signed=False) for gap in (before, after)]
    return f"{said} On average they lie {gaps[0]} from the rest where they were searched, and {gaps[1]} in the others."


def say_cuts(halves: Halves) -> str:
    """Say where columns of numbers were cut on the half searched, empty where none was."""
    said = [f"{name} at {', '.join(map(number_text, cuts))}" for name, cuts in halves.edges.items() if cuts]
    kept = [name for name, cuts in halves.edges.items() if not cuts]
    found = f"Cut on the half searched: {'; '.join(said)}." if said else ""
    left = f"No cut of {', '.join(kept)} tells rows apart there; the levels are those of the page." if kept else ""
    return f"{found} {left}".strip()


def say_tree(tree: ErrorTree, metric: Metric) -> str:
    """Say which leaf fares worst, and how it fares on the rows that had no part in choosing it."""
    leaves = tree.leaves
    if len(leaves) < 2:
        return "No question about the attributes tells rows apart that differ in this metric: the tree has one leaf."
    worst = _record(leaves, 0)
    confirmed = int(leaves["confirmed"].sum())
    fares = "differ from" if metric.better == "neither" else "fare worse than"
    number = "None" if confirmed == 0 else format_count(confirmed)
    return (
        f"The worst leaf is {worst['where']}. On rows that had no part in choosing it, the "
        f"{lower_title(metric.title)} is {say_leaf(worst, metric)}. {number} of the {len(leaves)} leaves "
        f"{fares} the other leaves beyond doubt."
    )


def say_leaf(leaf: Mapping[Any, Any], metric: Metric) -> str:
    """Say how one leaf of a tree fares: value with interval, and its distance from the other leaves."""
    told = {"baseline": "rest", "kind": "difference", "value": leaf["difference"]}
    told |= {"low": leaf["difference_low"], "high": leaf["difference_high"]}
    return f"{say_value(leaf, metric)}, {say_difference(told, metric)}"


def say_attribution(shares: SliceAttribution | GlobalAttribution, metric: Metric) -> str:
    """Say which condition a divergence is due to first of all."""
    table = shares.table.dropna(subset=["contribution"])
    if not len(table):
        return "There is nothing to share out: no part of it has a value."
    away = -1 if metric.better == "higher" else 1
    size = table["contribution"].abs() if metric.better == "neither" else away * table["contribution"]
    first = _record(table, int(size.to_numpy().argmax()))
    share = format_difference(metric, float(first["contribution"]))
    if isinstance(shares, SliceAttribution):
        whole = format_difference(metric, shares.divergence)
        return (
            f"{name_slice(shares.slice)}: {whole} from everyone; of that, {share} are due to "
            f"{name_slice(first['condition'])}."
        )
    return (
        f"Over all {format_count(shares.slices)} slices, {name_slice(first['condition'])} adds the most: "
        f"{share} (its global divergence)."
    )


def _record(table: pd.DataFrame, place: int) -> dict[str, Any]:
    return {str(name): table[name].iloc[place] for name in table.columns}
