"""What a search found, in sentences: how much was looked at, what chance alone would show, what fares worst.

Sentences hold names as they are in the file: whoever shows them makes them safe for the place they stand in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from metrics.answers import name_slice
from metrics.estimate import MIN_CLUSTERS
from metrics.find import Found, Search
from metrics.formatting import (
    NOTHING,
    format_count,
    format_difference,
    format_interval,
    format_p,
    format_support,
    format_value,
)
from metrics.registry import Metric
from metrics.sentences import lower_title, say_difference, say_value

__all__ = [
    "HEADINGS",
    "levels_alone",
    "row_of",
    "say_excess",
    "say_findings",
    "say_floor",
    "say_limits_of_search",
    "say_rest",
    "say_search",
    "say_seen",
]

# The columns of findings in a table for people; `row_of` fills them.
HEADINGS = (
    "slice", "value", "interval", "counts", "the rest", "difference", "interval of difference",
    "excess", "adjusted p", "similar slices hidden", "status",
)  # fmt: skip

# What there is more (or less) of in a slice, by metric; for others it is left unsaid.
_EVENTS = {
    "false_rejection_rate": "wrongly refused",
    "false_acceptance_rate": "wrongly accepted",
    "false_negative_rate": "false negatives",
    "false_positive_rate": "false positives",
    "false_discovery_rate": "wrong among the predicted positives",
    "false_omission_rate": "wrong among the predicted negatives",
    "error_rate": "errors",
    "accuracy": "right",
    "true_positive_rate": "true positives",
    "true_negative_rate": "true negatives",
    "selection_rate": "predicted positive",
    "base_rate": "positive in truth",
    "word_error_rate": "word errors",
    "character_error_rate": "character errors",
    "substitution_rate": "words replaced",
    "deletion_rate": "words left out",
    "insertion_rate": "words put in",
    "sentence_error_rate": "utterances with an error",
    "empty_output_rate": "empty outputs",
}


def say_search(found: Found) -> str:
    """Say how much was searched, and what the worst of so many would show in a fair file.

    "Searched 3,321 slices; in a fair file the worst of them, likely a small one, would look up to 8.5 points worse
    than the rest."
    """
    looked = f"Searched {format_count(found.searched)} {'slice' if found.searched == 1 else 'slices'}"
    floor = say_floor(found)
    if not floor:
        return f"{looked}; what the worst of them would show in a fair file could not be worked out for this metric."
    small = "of them, likely a small one, would"
    if found.metric.better == "neither":
        said = f"{looked}; in a fair file the furthest {small} lie up to {floor} from the rest."
    else:
        said = f"{looked}; in a fair file the worst {small} look up to {floor} worse than the rest."
    # A finding below the floor is no slip: it is large.
    if (found.findings["difference"].abs() <= found.noise_floor).any():
        said += (
            " Larger ones stray less: each finding lies further off than chance takes one of its size, among so many."
        )
    return said


def say_floor(found: Found) -> str:
    """Return the noise floor with its unit, empty where there is none."""
    if not math.isfinite(found.noise_floor):
        return ""
    return format_difference(found.metric, found.noise_floor, signed=False)


def say_findings(found: Found, findings: pd.DataFrame) -> str:
    """Say the worst of the findings (as `list_findings` gives them), or that there is none and what would be seen."""
    metric = found.metric
    if not len(findings):
        if not found.searched:
            return f"No slice was searched: none has enough rows. {say_how(found.search)}"
        return f"No slice fares {_worse(metric)} than the rest beyond what chance would show. {say_seen(found)}".strip()
    worst = {str(name): findings[name].iloc[0] for name in findings.columns}
    first = "Furthest from the rest" if metric.better == "neither" else "Worst"
    others = len(findings) - 1
    more = f" {others} more {'finding' if others == 1 else 'different findings'} below." if others else ""
    support = format_support(metric, *(_number(worst[c]) for c in ("top", "below", "units")))
    return (
        f"{first}: {name_slice(worst['slice'])}. The {lower_title(metric.title)} is {say_value(worst, metric)} "
        f"({support}), {say_rest(worst, metric)}.{more}"
    )


def say_seen(found: Found) -> str:
    """Say which differences would have stood out among so many slices; empty where no slice has enough rows.

    What a slice of its size needs is half its interval, widened to hold for all slices at once (Bonferroni).
    """
    judged = found.lattice[found.lattice["status"] == "ok"]
    half = ((judged["difference_high"] - judged["difference_low"]) / 2).dropna()
    half = half[half > 0]
    if not len(half):
        return ""
    alpha = 1 - found.search.confidence
    wider = _z(alpha / len(judged)) / _z(alpha)
    ends = [format_difference(found.metric, float(end) * wider, signed=False) for end in (half.min(), half.max())]
    return (
        f"To stand out among so many, the largest slices have to lie about {ends[0]} from the rest, "
        f"the smallest about {ends[1]}: smaller gaps may be there, unseen."
    )


def _z(alpha: float) -> float:
    return NormalDist().inv_cdf(1 - alpha / 2)


def say_how(search: Search) -> str:
    """Say which slices are searched."""
    some = len(search.attributes)
    of = "one attribute" if some == 1 else f"{some} attributes"
    most = min(search.depth, some)
    depth = "one level" if most == 1 else f"up to {most} levels together"
    return f"Slices are {depth} of {of}, with at least {100 * search.support:g} % of the rows each."


def say_rest(row: Mapping[Any, Any], metric: Metric) -> str:
    """Say how far a slice lies from everyone else: "12 points more than everyone else [9, 15]"."""
    told = {"baseline": "rest", "kind": "difference", "value": row["difference"]}
    return say_difference(told | {"low": row["difference_low"], "high": row["difference_high"]}, metric)


def say_excess(row: Mapping[Any, Any], metric: Metric) -> str:
    """Say how many more events there are than at the rest's rate; empty where the metric counts none.

    "132 more wrongly refused than at the rest's rate"
    """
    excess, difference = _number(row["excess"]), _number(row["difference"])
    if excess is None or difference is None:
        return ""
    size = abs(excess)
    number = format_count(round(size)) if size >= 1 else "less than 1"
    what = _EVENTS.get(metric.name.partition("[")[0], "")
    return f"{number} {'more' if difference >= 0 else 'fewer'} {what}".rstrip() + " than at the rest's rate"


def say_limits_of_search(found: Found) -> list[str]:
    """Return what a search cannot tell, a sentence each."""
    said = [f"{say_how(found.search)} Smaller ones, and conditions on other columns, were not looked at."]
    unsure = int((found.lattice["status"] != "ok").sum())
    if unsure:
        clusters = f", or {MIN_CLUSTERS} clusters," if found.lattice["clusters"].notna().any() else ""
        said.append(
            f"{format_count(unsure)} of the {format_count(found.searched)} slices have fewer than "
            f"{found.search.min_units} rows{clusters} that the metric counts, or leave fewer to the rest: too few to "
            "judge by, and so no findings."
        )
    if len(found.findings):
        said.append(
            "A slice is shown because it stood out in these rows, so expect its gap to be somewhat smaller on others; "
            "check it on rows that were not searched before acting on it."
        )
    return [
        *said,
        "Intervals are of one slice each; the adjusted p, and the order of the list (how much worse a slice fares at "
        "the least, were all slices to hold at once), heed how many were searched.",
        "A slice says where the model fares worse, not why.",
    ]


def levels_alone(found: Found) -> pd.DataFrame:
    """Return the slices of a single level that can be judged, as rows of the lattice."""
    lattice, counted = found.lattice, found.counted
    single = np.array([len(g.axes) == 1 for g in counted.groupings], dtype=bool)
    alone = single[counted.grouping[lattice.index.to_numpy()]]
    levels: pd.DataFrame = lattice[alone & (lattice["status"] == "ok").to_numpy()]
    return levels


def row_of(row: Mapping[Any, Any], metric: Metric) -> list[str]:
    """Return the cells of a slice under HEADINGS."""
    number = {name: _number(row[name]) for name in _NUMBERS}
    excess = number["excess"]
    signed = "" if excess is None else f"{'+' if excess > 0 else ''}{format_count(round(excess))}"
    return [
        name_slice(row["slice"]),
        format_value(metric, number["value"]),
        format_interval(metric, number["low"], number["high"]),
        format_support(metric, number["top"], number["below"], number["units"]),
        format_value(metric, number["rest"]),
        format_difference(metric, number["difference"]),
        format_interval(metric, number["difference_low"], number["difference_high"], "difference"),
        signed or NOTHING,
        format_p(number["p_adjusted"]),
        format_count(row["hidden"]) if row.get("hidden") else "",
        "" if row["status"] == "ok" else str(row["status"]),
    ]


_NUMBERS = (
    "value", "low", "high", "top", "below", "units", "rest",
    "difference", "difference_low", "difference_high", "excess", "p_adjusted",
)  # fmt: skip


def _worse(metric: Metric) -> str:
    return "differently" if metric.better == "neither" else "worse"


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
