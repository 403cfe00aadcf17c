"""What stands in a list of verdicts: who is judged, by which rule, in which numbers, and what the counts are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from metrics.answers import name_baseline, name_slice
from metrics.checked import Checked, metrics_of
from metrics.criteria import CRITERIA
from metrics.formatting import (
    NOTHING,
    decimals_apart,
    format_count,
    format_disparity,
    format_interval,
    format_number,
    format_support,
    format_value,
)
from metrics.policy import Rule
from metrics.registry import Metric
from metrics.sentences import lower_title
from metrics.verdict import FAIL, NO_DATA_VERDICT, PASS, UNDECIDED
from metrics.verdict_reasons import say_limits, value_alone

__all__ = [
    "HEADINGS",
    "NOBODY",
    "list_verdicts",
    "name_judged",
    "name_verdict",
    "row_of",
    "say_policy",
    "say_rule",
    "write_counts",
    "write_interval",
    "write_needed",
    "write_value",
    "write_value_alone",
]

Row = Mapping[str, Any]

HEADINGS = (
    "slice",
    "system",
    "metric",
    "value",
    "interval",
    "counts",
    "value alone",
    "verdict",
    "more needed",
    "why",
)
NOBODY = "No group is left to judge."

_ORDER = (FAIL, UNDECIDED, NO_DATA_VERDICT, PASS, None)


def say_policy(checked: Checked) -> str:
    """Say what came out for the whole policy.

    "The policy fails: 1 rule fails, 2 pass and 1 is undecided."
    """
    judged = [v for v in checked.rules["verdict"] if v is not None]
    figures = len(checked.rules) - len(judged)
    if not judged:
        return "The policy sets no limit: its figures are to be published, and there is no verdict."
    whole = {
        FAIL: "The policy fails",
        PASS: "The policy passes",
        UNDECIDED: "The policy is undecided",
        NO_DATA_VERDICT: "There is no data to judge the policy by",
    }[str(checked.verdict)]
    counts = {verdict: judged.count(verdict) for verdict in (FAIL, PASS, UNDECIDED, NO_DATA_VERDICT)}
    said = [(n, _verb(verdict, n)) for verdict, n in counts.items() if n]
    n, verb = said[0]
    first = f"{n} {'rule' if n == 1 else 'rules'} {verb}"
    told = f"{whole}: {_and([first, *(f'{n} {verb}' for n, verb in said[1:])])}."
    return f"{told} {figures} {'more has' if figures == 1 else 'more have'} no limit." if figures else told


def say_rule(rule: Rule, metrics: Mapping[str, Metric]) -> str:
    """Say what a rule asks: of what, of whom, against whom, and how much is allowed.

    >>> from metrics.tasks.binary import ERROR_RATE
    >>> say_rule(Rule("r", "error_rate", by=(("sex",), ("sex", "race")), at_most=0.05), {"error_rate": ERROR_RATE})
    'Error rate of every group by sex and by sex and race together, against everyone else: at most 5 points either way.'
    """
    titles = [metrics[name].title if name in metrics else name for name in metrics_of(rule)]
    criterion = next((c for c in CRITERIA if c.name == rule.criterion), None)
    what = titles[0] if criterion is None and titles else criterion.title if criterion else rule.name
    if criterion is not None and titles:
        what = f"{what} ({_and([lower_title(t) for t in titles])})"
    whom = _whom(rule)
    if rule.in_pairs:
        said = f"{what}: between any two groups {whom}"
    elif rule.compare == "value":
        said = f"{what} of {f'every group {whom}' if rule.by != () else 'everyone'}"
    else:
        over = "over that of" if rule.compare == "ratio" else "against"
        said = f"{what} of every group {whom}, {over} {name_baseline(rule.baseline)}"
    only = "" if rule.system is None else f" (only {rule.system})"
    metric = next((metrics[name] for name in metrics_of(rule) if name in metrics), None)
    if rule.publish or metric is None:
        return f"{said}{only}: {'to be published, without a verdict' if rule.publish else 'judged'}."
    return f"{said}{only}: {say_limits(rule, metric)}."


def name_verdict(verdict: str | None) -> str:
    """Return the verdict of a rule or policy in words, None being that of figures to publish."""
    return verdict or "no verdict (figures to publish)"


def list_verdicts(checked: Checked, rule: Rule) -> list[dict[str, Any]]:
    """Return the verdicts of one rule as mappings, the gravest first."""
    own = checked.verdicts[checked.verdicts["rule"] == rule.name]
    columns = [str(c) for c in own.columns]
    rows = [dict(zip(columns, row, strict=True)) for row in own.itertuples(index=False, name=None)]
    return sorted(rows, key=lambda row: _ORDER.index(row["verdict"]))


def row_of(checked: Checked, rule: Rule, verdict: Row) -> list[str]:
    """Return a verdict as the cells of a table with the columns `HEADINGS`."""
    metric = checked.metrics.get(verdict["metric"])
    return [
        name_judged(verdict),
        verdict["system"] or "",
        metric.title if rule.criterion and metric else "",
        write_value(verdict, rule, metric),
        write_interval(verdict, rule, metric),
        write_counts(checked, verdict, metric),
        write_value_alone(verdict, rule),
        verdict["verdict"] or "",
        write_needed(verdict),
        verdict["reason"],
    ]


def name_judged(verdict: Row) -> str:
    """Return the slice that a verdict is of, or the pair."""
    if verdict["slice"] is not None:
        return name_slice(verdict["slice"])
    if verdict["pair"] is None:
        return "no two groups" if verdict["verdict"] else "all groups"
    first, second = verdict["pair"]
    return f"{name_slice(first)} against {name_slice(second)}"


def write_value(verdict: Row, rule: Rule, metric: Metric | None) -> str:
    """Return the value, with as many decimals as it takes to read on the right side of the limits.

    Without a metric it is a criterion that is one number of its own.
    """
    if metric is None:
        return format_number(verdict["value"])
    decimals = decimals_apart(metric, rule.kind, verdict["value"], _limits(verdict))
    if rule.kind == "value":
        return format_value(metric, verdict["value"], decimals)
    return format_disparity(metric, rule.kind, verdict["value"], decimals)


def write_interval(verdict: Row, rule: Rule, metric: Metric | None) -> str:
    """Return the interval, likewise."""
    if metric is None:
        return NOTHING
    low, high = float(verdict["low"]), float(verdict["high"])
    found = [decimals_apart(metric, rule.kind, end, _limits(verdict)) for end in (low, high)]
    decimals = max((d for d in found if d is not None), default=None)
    return format_interval(metric, low, high, rule.kind, decimals)


def write_value_alone(verdict: Row, rule: Rule) -> str:
    """Return what the value alone would say, without its interval; "" of a figure to publish or without a value.

    Against the best group a ratio is held to the limit as it is written: only groups too small to be the best lie
    above it, and no rule means those.
    """
    if verdict["verdict"] is None:
        return ""
    least, most = float(verdict["at_least"]), float(verdict["at_most"])
    if rule.compare == "ratio" and rule.baseline == "best":
        least, most = (math.nan if limit is None else limit for limit in (rule.at_least, rule.at_most))
    return value_alone(float(verdict["value"]), least, most)


def write_needed(verdict: Row) -> str:
    """Return how many more units, or clusters, would decide; "" where none would or nothing is open."""
    needed = float(verdict["units_needed"])
    return "" if math.isnan(needed) else format_count(needed)


def write_counts(checked: Checked, verdict: Row, metric: Metric | None) -> str:
    """Return the counts behind a value: "12 of 340", of a pair those of both; "" where it has none."""
    slices = verdict["pair"] or ([] if verdict["slice"] is None else [verdict["slice"]])
    if metric is None:
        return ""
    said = []
    for s in slices:
        row = checked.counts_of(s, verdict["system"], verdict["metric"])
        said.append(NOTHING if row is None else format_support(metric, row["top"], row["below"], row["units"]))
    return " against ".join(said)


def _limits(verdict: Row) -> list[float]:
    return [float(verdict["at_least"]), float(verdict["at_most"])]


def _whom(rule: Rule) -> str:
    if rule.by is None:
        return "by each attribute alone"
    return _and([f"by {' and '.join(names)}{' together' if len(names) > 1 else ''}" for names in rule.by])


def _verb(verdict: str, n: int) -> str:
    one = n == 1
    return {
        FAIL: "fails" if one else "fail",
        PASS: "passes" if one else "pass",
        UNDECIDED: "is undecided" if one else "are undecided",
        NO_DATA_VERDICT: "has no data" if one else "have no data",
    }[verdict]


def _and(words: Sequence[str]) -> str:
    *first, last = words or [""]
    return f"{', '.join(first)} and {last}" if first else last
