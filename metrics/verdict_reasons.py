"""Why a verdict is what it is, and what would decide it, in a sentence or two."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isclose, isfinite, isnan, nan

from metrics.formatting import format_count, format_interval, format_limit
from metrics.policy import Rule
from metrics.registry import Metric
from metrics.verdict import FAIL, NO_DATA_VERDICT, PASS

__all__ = ["Facts", "say_limits", "say_reason", "value_alone"]


@dataclass(frozen=True)
class Facts:
    """What a reason is made of; `too_few` says of what there is too little, `searched` whether more units may help."""

    rule: Rule
    metric: Metric
    verdict: str | None
    value: float = nan
    low: float = nan
    high: float = nan
    adjusted_low: float = nan
    adjusted_high: float = nan
    too_few: str = ""
    only_answer: str | None = None
    grows_by_chance: bool = False
    needed: float = nan
    in_clusters: bool = False
    searched: bool = False
    n_tests: int = 1
    pairs: bool = False  # it is of a pair of groups


def say_reason(f: Facts) -> str:
    """Return the reason of a verdict."""
    if f.verdict is None:
        few = f" It rests on little: {f.too_few}." if f.too_few else ""
        return f"A figure to publish: the rule sets no limit.{few}"
    if f.verdict == NO_DATA_VERDICT:
        if not isnan(f.value):
            return "It has no interval, and so no verdict."
        if f.rule.kind == "ratio":
            return "There is no such ratio: no data, 0 over 0, or a value below 0."
        return "There is nothing to compute it from."
    if f.verdict == PASS:
        if f.pairs:
            return "Of no two groups does the interval reach beyond the limit; these two lie furthest apart."
        return "The whole interval lies within the limit."
    if f.verdict == FAIL:
        side = "above" if f.adjusted_low > f.rule.limits[1] else "below"
        if f.n_tests < 2:
            return f"The interval lies wholly {side} what is allowed."
        wide = format_interval(f.metric, f.adjusted_low, f.adjusted_high, f.rule.kind)
        counted = f"Even widened for the {f.n_tests} comparisons of this rule, to {wide},"
        return f"{counted} it lies wholly {side} what is allowed."
    said = _say_undecided(f)
    return f"{said} {_say_needed(f)}" if f.searched else said


def _say_undecided(f: Facts) -> str:
    least, most = f.rule.limits
    if f.too_few:
        return f"Too few to judge by: {f.too_few}."
    if f.grows_by_chance:
        return (
            "This number is the larger by chance alone the fewer units there are, so it gets no verdict: "
            "compare it with its noise floor."
        )
    if f.only_answer is not None:
        return f"The system answers everybody alike ({f.only_answer}), which helps nobody: that earns no pass."
    if isnan(f.low) and isnan(f.high):
        return "These two have no interval that could be judged." if f.pairs else "It has no interval to be judged by."
    if isnan(f.low) or isnan(f.high):
        end = "upper" if isnan(f.high) else "lower"
        return f"The interval has no {end} end, so it is not known how far it reaches."
    if f.low > most or f.high < least:
        return (
            f"The interval lies beyond what is allowed, but not once the {f.n_tests} comparisons of this rule are "
            "counted: among so many, chance alone may show one like it."
        )
    if least <= f.value <= most:
        return "The value lies within the limit, but its interval reaches beyond."
    return "The value lies beyond the limit, but its interval reaches back within."


def _say_needed(f: Facts) -> str:
    group = "the smaller group" if f.pairs else "this group"
    if isnan(f.needed):
        return f"More of {group} alone would not decide it."
    what = "cluster" if f.in_clusters else "unit"
    if f.needed != 1:
        what += "s"
    if not f.in_clusters:
        what += " that this metric counts"
    return f"About {format_count(f.needed)} more {what} of {group} would decide it, if the rates stay as they are."


def say_limits(rule: Rule, metric: Metric) -> str:
    """Return the limits of a rule in words: "at most 5 points either way", "between 0.8 and 1.25 times".

    "no limit" for figures to publish.
    """
    least, most = rule.limits
    if rule.publish or (least == -inf and most == inf):
        return "no limit"

    def write(x: float) -> str:
        return format_limit(metric, rule.kind, x, signed=rule.kind == "difference" and least != -most)

    if rule.kind == "difference" and least == -most:
        return f"at most {write(most)} either way"
    if isfinite(least) and isfinite(most):
        return f"between {write(least).removesuffix(' times')} and {write(most)}"
    return f"at most {write(most)}" if isfinite(most) else f"at least {write(least)}"


def value_alone(value: float, least: float, most: float) -> str:
    """Return what the value alone, without its interval, would say: "pass", "fail", or "" where there is none.

    `least` and `most` are NaN where there is no limit. Rules of law are often written so.
    """
    if isnan(value) or (isnan(least) and isnan(most)):
        return ""
    at_limit = any(isclose(value, limit, rel_tol=1e-12, abs_tol=1e-12) for limit in (least, most))  # 0.36 / 0.45 is 0.8
    return FAIL if (value < least or value > most) and not at_limit else PASS
