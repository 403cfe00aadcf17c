"""What the numbers of a finding allow to be said, and what an answer's numbers say of it: from intervals alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from metrics.accounts import Account
from metrics.answers import name_baseline, name_slice
from metrics.formatting import format_difference, format_interval
from metrics.intervals import difference_limits
from metrics.registry import Metric
from metrics.sentences import lower_title
from metrics.slices import Slice

__all__ = ["Comparison", "compare_accounts", "say_claim", "say_interval"]

Outcome = Literal["confirmed", "not shown", "cannot tell"]


@dataclass(frozen=True)
class Comparison:
    """What a provider's data say of a claim: `value` is their gap less the auditor's, with its interval."""

    outcome: Outcome
    value: float
    low: float
    high: float
    words: str


def say_claim(cell: Slice, metric: Metric, account: Account) -> str:
    """Say what the numbers show of a slice, and no more than their interval does.

    "For accent = indian, sex = female, the word error rate is 9 points higher than for everyone else [5, 13]."
    """
    gap, name, title = account.gap, name_slice(cell), lower_title(metric.title)
    versus = name_baseline(gap.baseline)
    if math.isnan(gap.value):
        return f"For {name} the {title} cannot be compared with {versus}: there are no data for it."
    few = " There are too few units to judge by." if gap.status == "too few" else ""
    if gap.side == 0:
        return (
            f"For {name}, these data cannot tell whether the {title} is higher or lower than for {versus}: the "
            f"difference is {say_interval(metric, gap.value, gap.low, gap.high)}.{few}"
        )
    size = format_difference(metric, abs(gap.value), _decimals(metric, gap.low, gap.high), signed=False)
    ends = (gap.low, gap.high) if gap.side > 0 else (-gap.high, -gap.low)
    interval = format_interval(metric, *ends, decimals=_decimals(metric, gap.low, gap.high))
    side = "higher" if gap.side > 0 else "lower"
    said = f"For {name}, the {title} is {size} {side} than for {versus} {interval}.{few}"
    if gap.p_adjusted > 1 - account.confidence:
        said += f" Among {account.looked_at} groups looked at, chance alone may show as much."
    return said


def compare_accounts(cell: Slice, metric: Metric, finding: Account, answer: Account) -> Comparison:
    """Return whether a provider's data show a finding too. Decided from intervals alone.

    Confirmed: their interval lies on the finding's side of no difference. Not shown: theirs does not, and it is
    clear that their gap is another than the finding's. Else they cannot tell. The two samples are independent.
    """
    a, b = finding.gap, answer.gap
    low, high = (float(x) for x in difference_limits(b.value, b.low, b.high, a.value, a.low, a.high))
    value = b.value - a.value
    smaller = (high < 0) if a.side > 0 else (low > 0)
    larger = (low > 0) if a.side > 0 else (high < 0)
    said, name = _say_gap(metric, answer), name_slice(cell)
    outcome: Outcome
    if math.isnan(b.value):
        outcome, words = "cannot tell", f"The provider's data hold nothing on {name} that could be compared."
    elif {r.sha256 for r in finding.receipts} & {r.sha256 for r in answer.receipts}:
        outcome = "cannot tell"
        words = f"Both were counted in the same file, which is no second sample and can confirm nothing. {said}"
    elif not a.is_clear:
        outcome = "cannot tell"
        words = (
            f"The finding itself does not reach beyond what its sample can tell, so there is nothing to confirm. {said}"
        )
    elif b.status != "ok":
        outcome, words = "cannot tell", f"The provider's data hold too few units of {name} to judge by. {said}"
    elif b.side == a.side:
        outcome = "confirmed"
        words = f"The provider's data show it too. {said}"
        words += " Their gap is clearly smaller." if smaller else " Their gap is clearly larger." if larger else ""
    elif b.side == -a.side:
        outcome, words = "not shown", f"The provider's data do not show it but a gap the other way. {said}"
    elif smaller:
        outcome = "not shown"
        words = f"The provider's data do not show it, and their gap is clearly smaller than the finding's. {said}"
    else:
        outcome = "cannot tell"
        words = (
            f"The provider's data cannot tell: their interval reaches no difference, and their gap cannot be told from "
            f"the finding's either. {said}"
        )
    if not math.isnan(value):
        words += f" The difference between the two gaps is {say_interval(metric, value, low, high)}."
    return Comparison(outcome, value, low, high, words)


def _say_gap(metric: Metric, account: Account) -> str:
    gap = account.gap
    if math.isnan(gap.value):
        return ""
    told = say_interval(metric, gap.value, gap.low, gap.high)
    return f"There the difference from {name_baseline(gap.baseline)} is {told}."


def say_interval(metric: Metric, value: float, low: float, high: float) -> str:
    """Return a difference with its interval: "+9 points [+5, +13]"."""
    decimals = _decimals(metric, low, high)
    return f"{format_difference(metric, value, decimals)} {format_interval(metric, low, high, 'difference', decimals)}"


def _decimals(metric: Metric, low: float, high: float) -> int | None:
    """Return the decimals that an interval deserves: none for one of two points and more, if it keeps off 0."""
    if not math.isfinite(high - low) or high <= low:
        return None
    if metric.unit == "share":
        width = 100 * (high - low)
        return 0 if width >= 2 and min(abs(low), abs(high)) >= 0.005 else 1
    return min(max(0, 1 - math.floor(math.log10(high - low))), 6)
