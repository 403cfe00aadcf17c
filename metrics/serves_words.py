"""Which model serves whom, in sentences: groups that lose while all gain come first.

Sentences hold names as they are in the file: whoever shows them makes them safe for the place they stand in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from metrics.answers import name_slice
from metrics.formatting import format_difference, format_interval
from metrics.registry import Metric
from metrics.sentences import decimals_of, lower_title
from metrics.serves import CANNOT_TELL, LOSS, WIN
from metrics.serves_reasons import say_turned
from metrics.trade_offs import BEATEN, BEATEN_IN_ONE, CONSTANT, NOT_TOLD, PARETO

__all__ = ["say_serves", "say_trade_offs", "say_verdict"]

Row = Mapping[str, Any]

_MOST_NAMES = 3


def say_serves(verdicts: pd.DataFrame, metric: Metric, first: str, second: str) -> str:
    """Say whether the second model is better, and first of all for whom it is worse.

    `verdicts` are the rows of `metrics.serves.judge_systems` of one metric, which has the side that is better.
    "Model B is 2 points better than model A overall [1, 3], but worse for age = 65+: 5 points [2, 8]."
    """
    first, second = _call(first), _call(second)
    rows = [r for r in _records(verdicts) if r["metric"] == metric.name]
    everyone = next((r for r in rows if not r["slice"].levels), None)
    groups = [r for r in rows if r["slice"].levels]
    title = lower_title(metric.title)
    if metric.better == "neither":
        return (
            f"Of the {title} neither side is better, so that no model wins by it. Choose another metric, or say which "
            "prediction is good for the person."
        )
    losses, wins = ([r for r in groups if r["verdict"] == v] for v in (LOSS, WIN))
    said = [_say_overall(everyone, metric, first, second, losses)]
    nearly = [r for r in groups if r["status"] == "ok" and r["verdict"] == CANNOT_TELL and _looks_worse(r, metric)]
    if groups and not losses:
        said.append("It is shown to be worse for no group." if wins else "Of no single group can the data tell.")
    if nearly and not losses:
        worst = max(nearly, key=lambda r: abs(r["value"]))
        n = len([r for r in groups if r["status"] == "ok"])
        said.append(f"It looks worse for {_list([worst], metric)}, but among {n} groups chance alone may show as much.")
    if wins:
        said.append(f"Better with {second}: {_list(wins, metric)}.")
    unsure = [r for r in groups if r["verdict"] == CANNOT_TELL]
    if unsure and (wins or losses):
        said.append(
            f"For {len(unsure)} of {len(groups)} groups the data cannot tell, which is no proof of being alike."
        )
    return " ".join(said)


def say_verdict(row: Row, metric: Metric) -> str:
    """Return how much better or worse a slice fares with the second model: "5 points worse [2, 8]"."""
    if row["value"] == 0:
        return "no change"
    return f"{_size(row, metric)} {'better' if _gains(row, metric) else 'worse'} {_span(row, metric)}".strip()


def say_trade_offs(table: pd.DataFrame, good: Metric, wide: Metric, by: Sequence[str]) -> str:
    """Say which models are in the Pareto set, which are beaten, and which answer everybody alike.

    `table` is that of `metrics.trade_offs.trade_offs`; `good` says how good a model is, `wide` has the gap.
    """
    rows = _records(table)
    of = {name: [r for r in rows if r["standing"] == name] for name in {r["standing"] for r in rows}}
    pareto = of.get(PARETO, [])
    both = f"overall ({lower_title(good.title)}) and in the gap in {lower_title(wide.title)} by {' and '.join(by)}"
    if good.name == wide.name:
        both = f"in {lower_title(good.title)} overall and in its gap by {' and '.join(by)}"
    if not pareto:
        said = [f"No model can be compared {both}: fewer than two groups have enough data, or all answer alike."]
    elif len(pareto) == len(rows):
        said = [f"No model is better than another both {both}: what one gains in one, it loses in the other."]
    elif len(pareto) == 1:
        said = [f"The best of {len(rows)} models by the values, both {both}, is {_call(pareto[0]['system'])}."]
    else:
        said = [
            f"Of {len(rows)} models {len(pareto)} are in the Pareto set, where nobody else is better both {both}: "
            f"{_names(pareto)}."
        ]
    for standing, text in (
        (BEATEN, "Clearly beaten in both"),
        (BEATEN_IN_ONE, "Beaten in both by the values, clearly in one of the two"),
        (NOT_TOLD, "Beaten in both by the values, which may be chance"),
    ):
        said += [f"{text}: {_names(of[standing])}."] if standing in of else []
    if CONSTANT in of:
        told = " and ".join(f"{_call(r['system'])} ({r['constant']})" for r in of[CONSTANT])
        said.append(f"No praise for an answer that is alike for everybody: {told} takes no place.")
    floors = [r for r in rows if r["disparity"] == r["disparity"] and r["noise_floor"] == r["noise_floor"]]
    if floors and all(r["disparity"] <= r["noise_floor"] for r in floors):
        said.append("No model's gap is larger than chance alone would show.")
    return " ".join(said)


def _say_overall(everyone: Row | None, metric: Metric, first: str, second: str, losses: Sequence[Row]) -> str:
    """Say who is better overall, and for whom the second is worse."""
    title = lower_title(metric.title)
    worse = f"worse for {_list(losses, metric)}." if losses else ""
    if everyone is None or everyone["verdict"] == CANNOT_TELL:
        why = "" if everyone is None else _why_not(everyone, metric, second)
        unsure = f"By the {title}, the data cannot tell whether {second} or {first} is better overall{why}."
        return f"{unsure} Worse with {second}: {_list(losses, metric)}." if losses else unsure
    better = everyone["verdict"] == WIN
    side = "better" if better else "worse"
    said = (
        f"By the {title}, {second} is {_size(everyone, metric)} {side} than {first} overall {_span(everyone, metric)}"
    )
    if not worse:
        return f"{said}."
    return f"{said}, {'but' if better else 'and'} {worse}"


def _why_not(everyone: Row, metric: Metric, second: str) -> str:
    if "answers everybody alike" in everyone["reason"]:
        name, _, rest = everyone["reason"].partition(" answers everybody alike")
        return f": {name} answers everybody alike{rest.removesuffix('.')}"
    if everyone["status"] != "ok" or everyone["low"] != everyone["low"] or everyone["high"] != everyone["high"]:
        return ""
    return f": {second} may be {say_turned(metric, everyone['low'], everyone['high'])}"


def _list(rows: Sequence[Row], metric: Metric) -> str:
    """Return groups with by how much, the furthest first: "age = 65+: 5 points [2, 8]; and 2 more groups"."""
    ordered = sorted(rows, key=lambda r: -abs(r["value"]))
    told = [f"{name_slice(r['slice'])}: {_size(r, metric)} {_span(r, metric)}" for r in ordered[:_MOST_NAMES]]
    more = len(rows) - len(told)
    return "; ".join(told) + (f"; and {more} more {'group' if more == 1 else 'groups'}" if more else "")


def _size(row: Row, metric: Metric) -> str:
    decimals = decimals_of(metric, *_limits(row))
    return format_difference(metric, abs(row["value"]), decimals, signed=False)


def _span(row: Row, metric: Metric) -> str:
    """Return the interval in the direction that is told, "[2, 8]": that of the verdict, where there is one."""
    low, high = _limits(row)
    ends = (low, high) if row["value"] > 0 else (-high, -low)
    found = format_interval(metric, *ends, decimals=decimals_of(metric, low, high))
    return "" if low != low and high != high else found


def _limits(row: Row) -> tuple[float, float]:
    adjusted = row["adjusted_low"], row["adjusted_high"]
    return adjusted if all(x == x for x in adjusted) else (row["low"], row["high"])


def _looks_worse(row: Row, metric: Metric) -> bool:
    """Say whether the plain interval, of this group alone, lies on the worse side."""
    return bool((row["low"] > 0 or row["high"] < 0) and not _gains(row, metric))


def _gains(row: Row, metric: Metric) -> bool:
    return bool((row["value"] > 0) == (metric.better == "higher"))


def _names(rows: Sequence[Row]) -> str:
    names = [_call(r["system"]) for r in rows]
    shown, more = names[:5], len(names) - 5
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _call(system: Any) -> str:
    """Return a model's name as one says it: a number alone would read as one of the figures."""
    name = str(system)
    return name if any(letter.isalpha() for letter in name) else f"model {name}"


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]
