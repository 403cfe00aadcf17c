"""What would overturn a finding, as far as its own numbers tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.accounts import Account
from metrics.answers import name_baseline
from metrics.claims import say_interval
from metrics.formatting import format_difference
from metrics.intervals import share_limits, wilson
from metrics.registry import Metric, Share
from metrics.units_needed import MORE, count_needed

__all__ = ["list_doubts"]

Floats = NDArray[Any]


def list_doubts(metric: Metric, account: Account) -> Iterator[str]:
    """Say what would overturn a finding, as far as its own numbers tell."""
    gap, own = account.gap, account.own
    if math.isnan(gap.value) or math.isnan(gap.low) or math.isnan(gap.high):
        return
    versus = name_baseline(gap.baseline)
    if gap.side == 0:
        yield (
            f"The interval reaches no difference from {versus}: as it stands, chance alone may have made it "
            f"({say_interval(metric, gap.value, gap.low, gap.high)})."
        )
        yield from _more_units(metric, account)
    else:
        end = format_difference(metric, min(abs(gap.low), abs(gap.high)), 1, signed=False)
        yield f"At its nearest the interval lies {end} from no difference; another sample may come out anywhere in it."
        if (turned := _turned(metric, account)) is not None:
            yield turned
        if gap.p_adjusted > 1 - account.confidence:
            yield (
                f"Heeding that {account.looked_at} groups were looked at, chance alone may show as much "
                f"(adjusted p {gap.p_adjusted:.2g})."
            )
    unclear = [g for g in account.others if g.side != gap.side]
    if unclear and gap.side != 0:
        names = ", ".join(name_baseline(g.baseline) for g in unclear)
        yield f"It does not show against every baseline: not against {names}."
    if not account.cluster and own.units > 0:
        yield (
            "The rows are taken as independent of one another. If several belong to one person, the interval is wider."
        )


def _more_units(metric: Metric, account: Account) -> Iterator[str]:
    """Say about how many more units would put the interval clear of no difference, were the values as they are."""
    gap, own = account.gap, account.own
    if gap.baseline != "rest" or gap.value == 0 or not own.units or account.cluster:
        return
    reach, other = _reaches_of_grown(metric, account)
    if math.isnan(other + float(reach(np.ones(1))[0])):
        return
    now = np.array([own.units])

    def limits(_: NDArray[np.intp], factor: Floats) -> tuple[Floats, Floats]:
        nearest = abs(gap.value) - np.hypot(reach(factor), other)
        return nearest, np.full_like(nearest, np.inf)

    more = float(count_needed(limits, now, now, -np.inf, 0.0)[0]) - own.units
    if math.isnan(more):
        yield "More units of this group alone would not decide it; those it is compared with would have to be more too."
    elif more > 0:
        yield (
            f"Were both values as they are, about {_round(more):,} more units of this group would decide it in four "
            "samples out of five."
        )


def _reaches_of_grown(metric: Metric, account: Account) -> tuple[Callable[[Floats], Floats], float]:
    """Return how far the slice's interval reaches with so many times its units, and how far the other side's does.

    Both at the quantile plus `MORE`, towards no difference. Those of shares are Wilson's and those of rates symmetric
    in their logarithm; of other metrics the slice's reach evens out to half its interval.
    """
    gap, own, base = account.gap, account.own, account.baseline
    up = gap.value > 0
    z = NormalDist().inv_cdf(0.5 + account.confidence / 2)
    grown = (z + MORE) / z
    if _is_plain_share(metric, account) and base.below > 0:
        low, high = share_limits(base.top / base.below, base.below, z + MORE)
        other = float(high) - base.value if up else base.value - float(low)

        def of_share(factor: Floats) -> Floats:
            low, high = share_limits(own.value, own.below * factor, z + MORE)
            return own.value - low if up else high - own.value

        return of_share, other
    other = grown * _reaches(account)[1]
    if own.low > 0 and math.isclose(own.low * own.high, own.value**2, rel_tol=1e-9):
        u = grown * math.sinh(math.log(own.value / own.low) / 2)
        sign = -1 if up else 1
        return lambda factor: own.value * np.abs(np.expm1(2 * sign * np.arcsinh(u / np.sqrt(factor)))), other
    return lambda factor: grown * (own.high - own.low) / 2 / np.sqrt(factor), other


def _is_plain_share(metric: Metric, account: Account) -> bool:
    """Whether it is a share of independent, unweighted rows, whose limits are Wilson's at its own counts."""
    own, formula = account.own, metric.formula
    if not isinstance(formula, Share) or formula.transform or account.cluster or not own.below > 0:
        return False
    plain = wilson(own.top, own.below, account.confidence)
    return bool(np.allclose(plain, (own.low, own.high), rtol=0, atol=1e-9))


def _turned(metric: Metric, account: Account) -> str | None:
    """Say how many of the counted cases would have to be otherwise for the interval to reach no difference.

    Of shares of independent, unweighted rows only, whose limits are Wilson's.
    """
    own, gap = account.own, account.gap
    if gap.baseline != "rest" or not _is_plain_share(metric, account):
        return None
    down = gap.side > 0
    _, other = _reaches(account)
    tops = np.arange(own.top - 1, -1, -1) if down else np.arange(own.top + 1, own.below + 1)
    low, high = wilson(tops, own.below, account.confidence)
    share = tops / own.below
    base = own.value - gap.value
    distance, far = (share - base, share - low) if down else (base - share, high - share)
    reached = np.flatnonzero(distance <= np.hypot(far, other))
    if not len(reached):
        return None
    n = int(reached[0]) + 1
    top = int(own.top)
    return (
        f"Had {n:,} of the {int(own.below):,} been counted otherwise ({top - n if down else top + n:,} in place of "
        f"{top:,}), the interval would reach no difference."
    )


def _reaches(account: Account) -> tuple[float, float]:
    """Return how far each side's own interval takes the difference's nearer limit from its value (MOVER)."""
    own, gap = account.own, account.gap
    up = gap.value > 0
    reach = gap.value - gap.low if up else gap.high - gap.value
    own_reach = min(own.value - own.low if up else own.high - own.value, reach)
    return own_reach, math.sqrt(max(reach**2 - own_reach**2, 0.0))


def _round(number: float) -> int:
    """Return a number upwards with two digits that count."""
    size = 10 ** max(0, math.floor(math.log10(max(number, 1))) - 1)
    return int(math.ceil(number / size) * size)
