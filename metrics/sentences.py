"""Results in plain sentences, for pages and reports: which group fares worst, how large a gap is, what is not known.

A sentence never claims more than its interval: where that reaches parity, it says that the data cannot tell, and in
which range the truth may lie. Numbers are rounded as far as their intervals allow. Sentences hold names as they are
in the file: whoever shows them makes them safe for the place where they stand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from metrics.answers import find_worst, name_baseline, name_slice
from metrics.formatting import (
    NOTHING,
    format_difference,
    format_interval,
    format_ratio,
    format_support,
    format_value,
)
from metrics.registry import Metric, Share
from metrics.slices import MISSING

__all__ = [
    "decimals_of",
    "lower_title",
    "orient",
    "say_cannot_tell",
    "say_change",
    "say_changes",
    "say_difference",
    "say_gap",
    "say_gaps",
    "say_slice",
    "say_value",
    "say_worst",
]

Favourable = Literal["positive", "negative"] | None
Row = Mapping[str, Any]

_MOST_NAMES = 5


def orient(metric: Metric, favourable: Favourable) -> Metric:
    """Return a metric with the side that is better for the person, once it is said which prediction that is.

    Only the share of units that are predicted positive depends on it; others keep the side they declare.

    >>> from metrics.tasks.binary import SELECTION_RATE
    >>> orient(SELECTION_RATE, "positive").better, orient(SELECTION_RATE, None).better
    ('higher', 'neither')
    """
    if favourable is None or not _is_selection(metric):
        return metric
    return replace(metric, better="higher" if favourable == "positive" else "lower")


def say_worst(
    estimates: pd.DataFrame,
    disparities: pd.DataFrame,
    metric: Metric,
    *,
    favourable: Favourable = None,
    confidence: float = 0.95,
) -> str:
    """Say which slice fares worst, how badly, against what, and whether the data can tell.

    Both frames are of one system, `disparities` of one kind and baseline. Slices of missing groups and those with
    too few units are no candidates.
    """
    metric = orient(metric, favourable)
    kind = str(disparities["kind"].iloc[0]) if len(disparities) else "difference"
    # What the data can tell comes first, even where something larger may be chance.
    clear = disparities[np.array([_side(row) != 0 for row in _records(disparities)], dtype=bool)]
    worst = find_worst(clear, estimates, metric, kind)
    if worst is None or not _is_worse(worst, metric):
        worst = find_worst(disparities, estimates, metric, kind)
    if worst is None:
        return "No group has enough data to be compared with the others."
    baseline = name_baseline(str(worst["baseline"]))
    own = next(r for r in _records(estimates) if r["metric"] == metric.name and r["slice"] == worst["slice"])
    name, said = name_slice(worst["slice"]), _say_of(own, worst, metric, favourable)
    if not _is_worse(worst, metric):
        return f"No group fares {_worse(metric)} than {baseline}. Nearest to it is {name}: {said}."
    if _side(worst) == 0:
        unsure = f"The data cannot tell whether any group fares {_worse(metric)} than {baseline}."
        return f"{unsure} Furthest from it is {name}: {said}."
    said = f"{'Furthest from the others is' if metric.better == 'neither' else 'Worst for'} {name}: {said}."
    compared = [
        s
        for s, of, p in zip(disparities["slice"], disparities["metric"], disparities["p_adjusted"], strict=True)
        if of == metric.name and not pd.isna(p) and s.axes == worst["slice"].axes
    ]
    if len(compared) > 1 and worst["p_adjusted"] > 1 - confidence:
        said += f" Among {len(compared)} groups compared, chance alone may show as much."
    return said


def say_changes(changes: pd.DataFrame, metric: Metric, first: str, second: str, *, gaps: bool = False) -> str:
    """Say whom a second system helps and whom it harms, as far as the data can tell.

    `changes` has the columns of `metrics.compare_systems` (with `gaps`, of `compare_gaps`), of one metric.
    """
    rows = [r for r in _records(changes) if r["metric"] == metric.name and r["status"] == "ok"]
    clear = [r for r in rows if r["slice"].levels and _clear(r)]
    sign = -1 if metric.better == "higher" else 1
    clear.sort(key=lambda r: -sign * r["value"])
    what = f"the gap in {lower_title(metric.title)}" if gaps else f"the {lower_title(metric.title)}"
    said = []
    everyone = next((r for r in rows if not r["slice"].levels), None)
    if everyone is not None:
        change = f"{say_change(everyone, metric)} for everyone"
        unsure = "" if _clear(everyone) else ", which may be chance"
        said.append(f"From {first} to {second} {what} changes by {change}{unsure}.")
    else:
        said.append(f"From {first} to {second}:")
    if not clear:
        return " ".join([*said, "Of no single group can the data tell that it changed."])
    kinds = [("up", [r for r in clear if r["value"] > 0]), ("down", [r for r in reversed(clear) if r["value"] < 0])]
    for side, some in kinds:
        if some:
            told = "; ".join(f"{name_slice(r['slice'])} {say_change(r, metric)}" for r in some[:_MOST_NAMES])
            more = f" and {len(some) - _MOST_NAMES} more" if len(some) > _MOST_NAMES else ""
            said.append(f"It goes {side} for {told}{more}.")
    return " ".join(said)


def _clear(change: Row) -> bool:
    return bool(change["low"] > 0 or change["high"] < 0)


def say_change(change: Row, metric: Metric) -> str:
    """Return a signed difference with its interval, with the decimals that it deserves: "+9 points [+5, +13]"."""
    low, high = change["low"], change["high"]
    decimals = decimals_of(metric, low, high)
    size = format_difference(metric, change["value"], decimals)
    return f"{size} {format_interval(metric, low, high, 'difference', decimals)}"


def say_slice(estimate: Row, disparity: Row | None, metric: Metric, *, favourable: Favourable = None) -> str:
    """Say how one slice fares, and how far that is from its baseline where a disparity is given."""
    name = name_slice(estimate["slice"])
    if estimate["status"] == "suppressed":
        return (
            f"For {name}, the {lower_title(metric.title)} is not shown, so that nobody can be found in a small group."
        )
    if _missing(estimate["value"]):
        return f"For {name} there is no data for the {lower_title(metric.title)}."
    return f"For {name}, {_say_of(estimate, disparity, metric, favourable)}."


def say_value(estimate: Row, metric: Metric) -> str:
    """Return a value with its interval: "31 % [27, 36]"; "-" where it is undefined."""
    low, high, value = (estimate[c] for c in ("low", "high", "value"))
    if _missing(value):
        return NOTHING
    decimals = decimals_of(metric, low, high)
    text = format_value(metric, value, decimals)
    interval = format_interval(metric, low, high, decimals=decimals)
    return text if interval == NOTHING else f"{text} {interval}"


def say_difference(disparity: Row, metric: Metric) -> str:
    """Return a disparity as one says it, hedged where its interval reaches parity.

    "14 points more than everyone else [10, 19]"; "1.4 times that of everyone else [1.1, 1.8]"; "which may be more
    or less than everyone else (from 2 points less to 8 points more)".
    """
    baseline, kind, value = name_baseline(str(disparity["baseline"])), str(disparity["kind"]), disparity["value"]
    low, high = disparity["low"], disparity["high"]
    if _missing(value):
        return f"which cannot be compared with {baseline}"
    side = _side(disparity)
    if side == 0:
        return f"which may be more or less than {baseline}{_span(metric, kind, low, high)}"
    if kind == "ratio":
        return f"{format_ratio(value)} that of {baseline} {format_interval(metric, low, high, 'ratio')}"
    # Said as "more" or "less", so that no number needs a sign.
    ends = (low, high) if side > 0 else (_turn(high), _turn(low))
    decimals = decimals_of(metric, low, high)
    size = format_difference(metric, abs(value), decimals, signed=False)
    interval = format_interval(metric, ends[0], ends[1], decimals=decimals)
    return f"{size} {'more' if side > 0 else 'less'} than {baseline} {interval}"


def say_gap(spread: Row, metric: Metric) -> str:
    """Say how large a gap is, between which groups, and what chance alone would show.

    `spread` is a row of `metrics.spread`.
    """
    gap, floor = spread["difference"], spread["noise_floor"]
    by = " and ".join(spread["by"])
    if _missing(gap):
        return f"By {by} there is no gap to tell of: fewer than two groups have enough data."
    low, high = spread["low"], spread["high"]
    decimals = decimals_of(metric, low, high)
    size = format_difference(metric, gap, decimals, signed=False)
    interval = format_interval(metric, low, high, decimals=decimals)
    pair = f"{_levels(spread['highest'])} against {_levels(spread['lowest'])}"
    said = f"The largest gap by {by} is {size}{'' if interval == NOTHING else f' {interval}'} ({pair})"
    if _missing(floor):
        return f"{said}."
    chance = format_difference(metric, floor, decimals, signed=False)
    chance = chance.removesuffix(" points").removesuffix(" point")
    if gap > floor:
        return f"{said}; chance alone would show up to {chance}."
    return f"{said}, but chance alone would show up to {chance}: the data cannot tell these groups apart."


def say_gaps(spreads: pd.DataFrame, metric: Metric) -> str:
    """Say the largest gap of a metric, first of those that chance alone would not show; `spreads` of one system."""
    rows = [r for r in _records(spreads) if r["metric"] == metric.name and not _missing(r["difference"])]
    if not rows:
        return "There is no gap to tell of: no attribute has two groups with enough data."
    beyond = [r for r in rows if not _missing(r["noise_floor"]) and r["difference"] > r["noise_floor"]]
    said = say_gap(max(beyond or rows, key=lambda r: r["difference"]), metric)
    larger = [r for r in rows if beyond and r["difference"] > max(b["difference"] for b in beyond)]
    if larger:
        said = said.replace("The largest gap", "The largest gap beyond chance", 1)
        said += f" The gap by {' and '.join(larger[0]['by'])} is larger, but no larger than chance alone would show."
    return said


def say_cannot_tell(estimates: pd.DataFrame, metric: Metric, *, disparities: pd.DataFrame | None = None) -> str:
    """Say which slices the data say too little about; an empty text if there are none.

    With `disparities` also how many slices cannot be told from their baseline. Frames are of one system.
    """
    rows = [r for r in _records(estimates) if r["metric"] == metric.name and r["slice"].levels]
    few = [r["slice"] for r in rows if r["status"] == "too few" and not _missing(r["value"])]
    none = [r["slice"] for r in rows if _missing(r["value"]) and r["status"] != "suppressed"]
    hidden = [r["slice"] for r in rows if r["status"] == "suppressed"]
    said = []
    if few:
        said.append(f"{_groups(few, 'too few units to judge by')}: {_list(few)}.")
    if none:
        said.append(f"{_groups(none, f'no data for the {lower_title(metric.title)}')}: {_list(none)}.")
    if hidden:
        verb = "is" if len(hidden) == 1 else "are"
        said.append(
            f"{len(hidden)} {'group' if len(hidden) == 1 else 'groups'} {verb} not shown, so that nobody can be found "
            f"in a small group: {_list(hidden)}."
        )
    if disparities is not None:
        ok = [r for r in _records(disparities) if r["metric"] == metric.name and r["status"] == "ok"]
        ok = [r for r in ok if not _missing(r["low"]) or not _missing(r["high"])]
        ok = [r for r in ok if not any(level == MISSING for _, level in r["slice"].items())]
        unsure = [r for r in ok if _side(r) == 0]
        if unsure:
            baseline = name_baseline(str(unsure[0]["baseline"]))
            told = f"{len(unsure)} of the {len(ok)} groups with enough data cannot"
            if len(unsure) == len(ok):
                told = f"None of the {len(ok)} groups with enough data can"
            if len(ok) == 1:
                told = "The one group with enough data cannot"
            said.append(f"{told} be told from {baseline}, which is no proof of being alike.")
    return " ".join(said)


def _say_of(estimate: Row, disparity: Row | None, metric: Metric, favourable: Favourable) -> str:
    """Return what is said of a slice after its name: value, counts, distance from its baseline."""
    title = _name_selection(favourable) if favourable and _is_selection(metric) else f"the {lower_title(metric.title)}"
    support = format_support(metric, estimate["top"], estimate["below"], estimate["units"])
    few = ", too few to judge by" if estimate["status"] == "too few" else ""
    said = f"{title} is {say_value(estimate, metric)} ({support}{few})"
    return said if disparity is None else f"{said}, {say_difference(disparity, metric)}"


def _is_selection(metric: Metric) -> bool:
    """Say whether a metric is the share that is predicted positive, so that its better side is the person's."""
    formula = metric.formula
    return isinstance(formula, Share) and (formula.top, formula.below) == ("predicted_positives", "predicted")


def _name_selection(favourable: Favourable) -> str:
    good = "favourable" if favourable == "positive" else "unfavourable"
    return f"the share that gets the {good} prediction"


def _is_worse(disparity: Row, metric: Metric) -> bool:
    """Say whether a disparity is on the worse side (any side but parity, where none is better)."""
    distance = disparity["value"] - (1.0 if disparity["kind"] == "ratio" else 0.0)
    return bool({"lower": distance > 0, "higher": distance < 0, "neither": distance != 0}[metric.better])


def _worse(metric: Metric) -> str:
    return "differently" if metric.better == "neither" else "worse"


def _side(disparity: Row) -> int:
    """Return 1 where an interval lies above parity, -1 below, 0 where it reaches parity or there is none."""
    parity = 1.0 if disparity["kind"] == "ratio" else 0.0
    low, high = disparity["low"], disparity["high"]
    if not _missing(low) and low > parity:
        return 1
    return -1 if not _missing(high) and high < parity else 0


def _span(metric: Metric, kind: str, low: Any, high: Any) -> str:
    """Return the range in which the truth may lie: "(from 2 points less to 8 points more)"."""
    if _missing(low) or _missing(high):
        return ""
    if kind == "ratio":
        return f" (from {format_ratio(low)} to {format_ratio(high)})"
    decimals = decimals_of(metric, low, high)
    ends = []
    for end in (low, high):
        size = format_difference(metric, abs(end), decimals, signed=False)
        ends.append("no difference" if end == 0 else f"{size} {'more' if end > 0 else 'less'}")
    return f" (from {ends[0]} to {ends[1]})"


def decimals_of(metric: Metric, low: Any, high: Any) -> int | None:
    """Return the decimals that an interval of this width deserves: none for one of 2 points and more."""
    if _missing(low) or _missing(high) or not math.isfinite(high - low) or high <= low:
        return None
    if metric.unit == "share":
        width = 100 * (high - low)
        return 0 if width >= 2 else 1 if width >= 0.2 else 2
    return min(max(0, 1 - math.floor(math.log10(high - low))), 6)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = [str(c) for c in frame.columns]
    return [dict(zip(columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def _missing(value: Any) -> bool:
    return value is None or bool(np.isnan(value))


def _turn(value: Any) -> float | None:
    return None if _missing(value) else -value


def _levels(s: Any) -> str:
    return ", ".join(level for _, level in s.items())


def _groups(slices: Sequence[Any], what: str) -> str:
    return f"{len(slices)} {'group has' if len(slices) == 1 else 'groups have'} {what}"


def _list(slices: Sequence[Any]) -> str:
    names = [name_slice(s) for s in slices[:_MOST_NAMES]]
    more = len(slices) - len(names)
    return "; ".join(names) + (f"; and {more} more" if more else "")


def lower_title(title: str) -> str:
    """Return a title as it stands inside a sentence; abbreviations stay: "ROC", "F1"."""
    return title if title[:2].isupper() or title[1:2].isdigit() else title[:1].lower() + title[1:]
