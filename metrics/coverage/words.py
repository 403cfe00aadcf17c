"""What is covered, in sentences. They hold names as they are in the file: whoever shows them makes them safe."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from metrics.answers import name_slice
from metrics.coverage.cover import Covered
from metrics.estimate import MIN_CLUSTERS
from metrics.formatting import format_count, format_difference, format_limit, format_percent
from metrics.registry import Metric, Share
from metrics.sentences import lower_title
from metrics.slices import MISSING

__all__ = [
    "known_only",
    "name_counted",
    "name_minimum",
    "say_collect",
    "say_combinations",
    "say_contradicted",
    "say_limits_of_cover",
    "say_shares",
    "say_t_way",
    "say_uncovered",
    "say_unseen",
]

_MOST_NAMED = 3
# What the minimum of a metric looks at, by the denominator of a share.
_COUNTED = {
    "true_positives + false_negatives": "positives",
    "false_positives + true_negatives": "negatives",
    "true_positives + false_positives": "predicted positives",
    "true_negatives + false_negatives": "predicted negatives",
    "labelled": "labelled rows",
    "units": "rows",
    "utterances": "utterances",
}


def name_counted(covered: Covered) -> str:
    """Return what has to be enough, in the plural: "rows", "positives", "rows that each metric counts"."""
    if covered.asked.metrics is None:
        return "rows"
    names = list(dict.fromkeys(name_minimum(metric) for metric in covered.metrics.values()))
    return names[0] if len(names) == 1 else "rows that each metric counts"


def name_minimum(metric: Metric) -> str:
    """Return what a metric's minimum looks at, in the plural."""
    if isinstance(metric.formula, Share) and metric.of_class is None:
        return _COUNTED.get(metric.formula.below, "rows that the metric counts")
    return "utterances with a reference" if "reference" in metric.needs else "rows that the metric counts"


def say_combinations(covered: Covered) -> str:
    """Say how many have too few: "12 of 66 combinations of sex and race have fewer than 30 rows"."""
    possible, enough = int(covered.t_way["possible"].sum()), int(covered.t_way["covered"].sum())
    few, least = possible - enough, covered.asked.min_units
    names = [axis.name for axis in covered.grid.axes]
    if covered.grid.depth == 1:
        whole = f"levels of {_and(names) if len(names) <= _MOST_NAMED else f'{len(names)} attributes'}"
    elif covered.grid.depth == len(names):
        whole = f"combinations of {_and(names)}"
    else:
        whole = f"combinations of up to {covered.grid.depth} of {len(names)} attributes"
    counted = name_counted(covered)
    if not few:
        return f"Each of the {format_count(possible)} {whole} has at least {format_count(least)} {counted}."
    verb = "has" if few == 1 else "have"
    return f"{format_count(few)} of {format_count(possible)} {whole} {verb} fewer than {format_count(least)} {counted}."


def say_uncovered(covered: Covered) -> str:
    """Say how many most general combinations lack units, and name the first."""
    found = covered.uncovered
    if not len(found):
        return "No combination lacks any."
    named = [
        f"{name_slice(s)} ({format_count(n)})"
        for s, n in zip(found["slice"].iloc[:_MOST_NAMED], found["units"], strict=False)
    ]
    more = len(found) - len(named)
    others = f" and {format_count(more)} more" if more else ""
    if len(found) == 1:
        return f"What is lacking, said once: {named[0]}."
    return f"What is lacking, said as generally as can be: {'; '.join(named)}{others}."


def say_unseen(covered: Covered, metric: str) -> str:
    """Say which gaps of a metric would go unseen, and in how many combinations a pass is out of reach."""
    table, of = known_only(covered.combinations), covered.metrics[metric]
    own = table[table["metric"] == metric]
    there = own[own["counted"] > 0]
    # Where no gap can be seen the smallest one that is seen lies beyond all: it is no number to leave out.
    gaps = there["detectable_gap"].fillna(np.inf).to_numpy(float)
    blind, n = int(np.isinf(gaps).sum()), len(gaps)
    title, asked = lower_title(of.title), covered.asked
    if blind == n:
        return f"Of the {title}, no gap could be told from chance in any combination."
    middle = float(np.median(gaps))
    if np.isinf(middle):
        part = "more than half" if 2 * blind > n else "half"
        said = [
            f"In {format_count(blind)} of the {format_count(n)} combinations with data, {part} of them, no gap in the "
            f"{title} would be seen at all."
        ]
    else:
        none = f"; in {format_count(blind)} no gap at all would be seen" if blind else ""
        said = [
            f"In half of the {format_count(n)} combinations with data, a gap in the {title} under "
            f"{format_difference(of, middle, signed=False)} would likely go unseen (it is found less than "
            f"{format_percent(asked.power, 0)} of the time){none}."
        ]
    few = int((there["status"] == "too few").sum())
    if few:
        are = "is" if few == 1 else "are"
        said.append(f"{format_count(few)} of the {format_count(n)} {are} too few to be tested, whatever the gap.")
    limit = format_limit(of, "difference", asked.target_gap)
    out = int((~own["reachable"]).sum())
    if out:
        said.append(
            f'The verdict "pass" at {limit} is out of reach in {format_count(out)} of {format_count(len(own))}, '
            "however fair the model."
        )
    else:
        said.append(f'The verdict "pass" at {limit} is within reach in all {format_count(len(own))}.')
    return " ".join(said)


def say_collect(covered: Covered) -> str:
    """Say how many units the plan asks for, of how many combinations, and what counts as a unit."""
    plan, counted = covered.collect, name_counted(covered)
    if not len(plan):
        return "Nothing needs to be collected."
    total = int(plan["units"].sum())
    depth = covered.grid.depth
    levels = "each level" if depth == 1 else f"each combination of up to {depth} levels"
    one = "row" if counted == "rows" else counted
    spread = "of one full combination" if len(plan) == 1 else f"spread over {format_count(len(plan))} full combinations"
    said = (
        f"{format_count(total)} more {one if total == 1 else counted}, {spread}, {'gives' if total == 1 else 'give'} "
        f"{levels} at least {format_count(covered.asked.min_units)}."
    )
    if total > covered.least_units:
        said += f" No choice could do with fewer than {format_count(covered.least_units)}."
    else:
        said += " No choice could do with fewer."
    if covered.asked.metrics is not None and counted != "rows" and "utterances" not in counted:
        said += f" Each has to be one of the {counted}; a row that turns out otherwise does not count."
    return said


def say_t_way(covered: Covered) -> list[str]:
    """Say the t-way coverage, a sentence an order."""
    said = []
    least, counted = format_count(covered.asked.min_units), name_counted(covered)
    for row in covered.t_way.to_dict("records"):
        what = "single levels" if row["order"] == 1 else f"combinations of {row['order']} levels"
        if not row["possible"]:
            said.append(f"There are no {what}.")
            continue
        said.append(
            f"{format_percent(row['share'])} of the {format_count(row['possible'])} {what} have at least {least} "
            f"{counted}; {format_count(row['occurring'])} occur at all."
        )
    return said


def say_contradicted(covered: Covered) -> list[str]:
    """Say which rules the rows themselves contradict, a sentence each."""
    return [
        f"{format_count(row['units'])} {'row is' if row['units'] == 1 else 'rows are'} there though the rule "
        f"{row['rule']!r} calls them impossible: check the rule, and those rows."
        for row in covered.contradicted.to_dict("records")
    ]


def say_limits_of_cover(covered: Covered) -> list[str]:
    """Return what these numbers cannot tell, a sentence each."""
    asked, said = covered.asked, []
    if covered.combinations["clusters"].notna().any():
        said.append(
            f"Rows belong together in clusters: under {MIN_CLUSTERS} of them no verdict rests on a combination, however"
            " many rows it has. The plan counts rows; spread them over many clusters."
        )
    missing = [axis.name for axis in covered.grid.axes if axis.name in _axes_missing(covered.combinations)]
    if missing:
        said.append(
            f"Rows without a value of {_and(missing)} are counted where those attributes do not matter, and are no "
            "level to be covered."
        )
    tests = "" if asked.correction == "none" else ", among all slices of the same attributes"
    said += [
        f"The gap that would be seen is for the worse, against everyone else as they fare now, at a level of "
        f"{format_percent(1 - asked.confidence, 0)}{tests}: an estimate for planning, no test.",
        "Nothing counts as impossible unless a rule says so. The plan is a good one, not always the smallest.",
        "Enough rows make a number sure, not right: who was asked, and how, is not in the count.",
    ]
    return said


def say_shares(compared: pd.DataFrame, confidence: float = 0.95, weighted: bool = False) -> str:
    """Say which level lies furthest below what a table of shares expects (a table of `against_shares`).

    "Clearly" heeds all levels of an attribute. `weighted` is whether rows have weights, which these shares leave out.
    """
    clear = compared[(compared["difference"] < 0) & (compared["p_adjusted"] <= 1 - confidence)]
    heeded = " Clearly means: all levels of an attribute heeded, by Holm's correction."
    if weighted:
        heeded += " Shares are by rows, not by weight."
    if not len(clear):
        return f"No level has clearly less than its expected share.{heeded}"
    row = clear.iloc[int(clear["difference"].to_numpy().argmin())]
    others = len(clear) - 1
    more = f" {others} more {'lies' if others == 1 else 'lie'} clearly below." if others else ""
    share, expected, lacking = (float(row[name]) for name in ("share", "expected", "needed"))
    needed = "" if np.isnan(lacking) else f"; {format_count(lacking)} more of it alone would make that up"
    return (
        f"{row['axis']} = {row['level']} has {format_percent(share)} of the rows where {format_percent(expected)} are "
        f"expected, clearly less{needed}.{more}{heeded}"
    )


def known_only(combinations: pd.DataFrame) -> pd.DataFrame:
    """Return the combinations without a missing level."""
    kept = [all(level != MISSING for _, level in s.items()) for s in combinations["slice"]]
    return combinations[np.array(kept, dtype=bool)]


def _axes_missing(combinations: pd.DataFrame) -> set[str]:
    return {axis for s in combinations["slice"] for axis, level in s.items() if level == MISSING}


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
