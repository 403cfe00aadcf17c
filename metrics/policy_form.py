"""A policy as people fill it in: limits in points, per cent or times, templates with the names of their own data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from metrics.checked import attributes_of, metrics_of
from metrics.compare import BASELINES
from metrics.policy import Policy, Rule
from metrics.registry import Metric
from metrics.slices import Slice

__all__ = [
    "fit_policy",
    "guess_attribute",
    "lacking_metrics",
    "list_attributes",
    "read_limit",
    "show_limit",
    "unit_of_limit",
]

Unit = Literal["points", "%", "times", ""]

# What attributes are called in policies, and elsewhere.
_ALSO = {"sex": ("gender",), "race": ("ethnicity", "ethnic", "origin"), "age": ("years", "birth")}


def unit_of_limit(kind: str, metric: Metric | None) -> Unit:
    """Return the unit in which a limit is read and written; `kind` is "value", "difference", "ratio" or "spread".

    >>> from metrics.tasks.binary import ERROR_RATE
    >>> unit_of_limit("difference", ERROR_RATE), unit_of_limit("value", ERROR_RATE), unit_of_limit("ratio", None)
    ('points', '%', 'times')
    """
    if kind == "ratio":
        return "times"
    if metric is None or metric.unit != "share":
        return ""
    return "%" if kind == "value" else "points"


def show_limit(limit: float | None, unit: Unit) -> float | None:
    """Return a limit of a rule in a unit, without what floats add: 0.07 is 7 points, not 7.000000000000001."""
    return limit if limit is None else float(Decimal(str(limit)) * _times(unit))


def read_limit(number: float | None, unit: Unit) -> float | None:
    """Return the limit of a rule that a number in a unit means.

    >>> read_limit(7, "points"), read_limit(0.8, "times"), read_limit(None, "%")
    (0.07, 0.8, None)
    """
    return number if number is None else float(Decimal(str(number)) / _times(unit))


def list_attributes(policy: Policy) -> tuple[str, ...]:
    """Return the attributes that the rules of a policy name, each once."""
    return tuple(dict.fromkeys(name for rule in policy.rules for name in attributes_of(rule)))


def guess_attribute(name: str, known: Iterable[str]) -> str | None:
    """Return which of the known attributes is most likely meant, None where none is.

    >>> guess_attribute("race", ["sex", "Ethnicity"]), guess_attribute("sex", ["age"])
    ('Ethnicity', None)
    """
    attributes = list(known)
    for word in (name, *_ALSO.get(name, ())):
        for test in (str.__eq__, str.__contains__):
            for attribute in attributes:
                if test(attribute.casefold(), word.casefold()):
                    return attribute
    return None


def fit_policy(policy: Policy, names: Mapping[str, str | None], by: Iterable[str] = ()) -> Policy:
    """Return a policy with the attributes of the data in place of those it names.

    `names` gives the attribute of the data for each that the policy names, None where there is none: groupings by it
    are left out, and rules that then have no grouping. Rules that speak of each attribute speak of those in `by`,
    if any. Conditions of `exclude` stay as they are.
    """
    chosen = tuple((name,) for name in by) or None
    fitted = [
        _fit(rule, names) if rule.by else replace(rule, by=chosen if rule.by is None else ()) for rule in policy.rules
    ]
    return replace(policy, rules=tuple(rule for rule in fitted if rule is not None))


def _fit(rule: Rule, names: Mapping[str, str | None]) -> Rule | None:
    groupings = [tuple(names.get(name, name) for name in grouping) for grouping in rule.by or ()]
    kept = tuple(dict.fromkeys(tuple(n for n in g if n is not None) for g in groupings if None not in g))
    if not kept:
        return None
    baseline = rule.baseline
    if baseline not in BASELINES:
        levels = [(names.get(axis, axis), level) for axis, level in Slice.parse(baseline).items()]
        known = tuple((axis, level) for axis, level in levels if axis is not None)
        baseline = str(Slice(known)) if len(known) == len(levels) else "rest"
    return replace(rule, by=kept, baseline=baseline)


def lacking_metrics(policy: Policy, metrics: Mapping[str, Metric]) -> list[str]:
    """Return the metrics that a policy speaks of and the data do not allow."""
    return [n for n in dict.fromkeys(m for rule in policy.rules for m in metrics_of(rule)) if n not in metrics]


def _times(unit: Unit) -> Decimal:
    return Decimal(100 if unit in ("points", "%") else 1)
