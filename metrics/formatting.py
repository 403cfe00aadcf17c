"""Numbers as people read them: per cent, points, counts, intervals.

One rule stands above the others: rounding never makes a number say what is not so. A share that is
not 0 is not written "0 %", one that is not 1 is not written "100 %", and what is undefined is "-".
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

from metrics.registry import Metric, Rate

NOTHING = "-"
MINUS = "\N{MINUS SIGN}"
INFINITE = "\N{INFINITY}"
MOST_DECIMALS = 6

Kind = Literal["difference", "ratio"]


def format_percent(share: float | None, decimals: int = 1) -> str:
    """Return a share in per cent; more decimals where it would else read as 0 or 100 per cent.

    >>> format_percent(0.3121), format_percent(0.0004), format_percent(0.9996), format_percent(float("nan"))
    ('31.2 %', '0.04 %', '99.96 %', '-')
    """
    if _is_nothing(share):
        return NOTHING
    assert share is not None
    return f"{_write(100 * share, decimals, never=(0.0, 100.0))} %"


def format_points(difference: float | None, decimals: int = 1, *, signed: bool = True) -> str:
    """Return a difference of shares in percentage points.

    >>> format_points(0.091), format_points(-0.0004), format_points(0.01, signed=False)
    ('+9.1 points', '−0.04 points', '1.0 points')
    """
    if _is_nothing(difference):
        return NOTHING
    assert difference is not None
    text = _write(100 * difference, decimals, signed=signed)
    return f"{text} point" if text.lstrip(f"+{MINUS}") == "1" else f"{text} points"


def format_number(value: float | None, *, signed: bool = False, digits: int = 3, decimals: int | None = None) -> str:
    """Return a number with `digits` digits that count, or `decimals`; digits before the point are never cut.

    >>> format_number(0.012345), format_number(12.34), format_number(12345.6), format_number(-2.5, signed=True)
    ('0.0123', '12.3', '12,346', '−2.50')
    """
    if _is_nothing(value):
        return NOTHING
    assert value is not None
    if not math.isfinite(value) or value == 0:
        return _write(value, 0, signed=signed)
    if decimals is not None:
        return _write(value, decimals, signed=signed)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    if decimals > MOST_DECIMALS:
        mantissa, _, exponent = f"{abs(value):.{digits - 1}e}".partition("e")
        return f"{_sign(value, signed)}{mantissa}e{int(exponent)}".replace("-", MINUS)
    return _write(value, decimals, signed=signed)


def format_ratio(ratio: float | None, decimals: int | None = None) -> str:
    """Return a ratio of two values, with two decimals if not said.

    >>> format_ratio(1.254), format_ratio(0.8), format_ratio(float("inf"))
    ('1.25 times', '0.80 times', '∞ times')
    """
    if _is_nothing(ratio):
        return NOTHING
    return f"{_write(ratio or 0.0, 2 if decimals is None else decimals, never=(0.0, 1.0))} times"


def format_count(count: float | None) -> str:
    """Return a count; sums of weights keep one decimal.

    >>> format_count(12345), format_count(12.5)
    ('12,345', '12.5')
    """
    if _is_nothing(count):
        return NOTHING
    assert count is not None
    return _write(count, 0 if float(count).is_integer() else 1)


def format_counts(top: float | None, below: float | None) -> str:
    """Return the two counts of a share.

    >>> format_counts(12, 340), format_counts(None, None)
    ('12 of 340', '-')
    """
    if _is_nothing(top) or _is_nothing(below):
        return NOTHING
    return f"{format_count(top)} of {format_count(below)}"


def format_p(p: float | None) -> str:
    """Return a p value.

    >>> format_p(0.0312), format_p(0.00001), format_p(None)
    ('0.031', '< 0.001', '-')
    """
    if _is_nothing(p):
        return NOTHING
    assert p is not None
    if p >= 0.9995:
        return "1"
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def format_value(metric: Metric, value: float | None, decimals: int | None = None) -> str:
    """Return a metric's value: a share in per cent, with one decimal if not said; anything else as a number."""
    if metric.unit == "share":
        return format_percent(value, 1 if decimals is None else decimals)
    return format_number(value, decimals=decimals)


def format_difference(
    metric: Metric, difference: float | None, decimals: int | None = None, *, signed: bool = True
) -> str:
    """Return a difference of a metric's values: of shares in points, of anything else as a number."""
    if metric.unit == "share":
        return format_points(difference, 1 if decimals is None else decimals, signed=signed)
    return format_number(difference, signed=signed, decimals=decimals)


def format_disparity(metric: Metric, kind: str, value: float | None, decimals: int | None = None) -> str:
    """Return a disparity of this kind ("difference" or "ratio")."""
    return format_ratio(value, decimals) if kind == "ratio" else format_difference(metric, value, decimals)


def format_interval(
    metric: Metric, low: float | None, high: float | None, kind: str = "value", decimals: int | None = None
) -> str:
    """Return an interval without its unit, which stands beside the value; `kind` is "value", "difference" or "ratio".

    >>> from metrics.tasks.binary import ERROR_RATE
    >>> format_interval(ERROR_RATE, 0.05, 0.131), format_interval(ERROR_RATE, -0.02, 0.1, "difference")
    ('[5.0, 13.1]', '[−2.0, +10.0]')
    """
    if _is_nothing(low) and _is_nothing(high):
        return NOTHING
    return f"[{_limit(metric, low, kind, decimals)}, {_limit(metric, high, kind, decimals)}]"


def format_limit(metric: Metric, kind: str, limit: float, *, signed: bool = False) -> str:
    """Return a limit as it was written, all digits kept; `kind` is "value", "difference" or "ratio".

    >>> from metrics.tasks.binary import ERROR_RATE
    >>> [format_limit(ERROR_RATE, kind, 0.0125) for kind in ("value", "difference", "ratio")]
    ['1.25 %', '1.25 points', '0.0125 times']
    >>> format_limit(ERROR_RATE, "difference", -0.01, signed=True), format_limit(ERROR_RATE, "difference", 0.01)
    ('−1 point', '1 point')
    """
    number = limit if kind == "ratio" or metric.unit != "share" else 100 * limit
    text = f"{_sign(number, signed)}{abs(number):,.12g}"
    if kind == "ratio":
        return f"{text} times"
    if metric.unit != "share":
        return text
    unit = "%" if kind == "value" else "point" if text.lstrip(f"+{MINUS}") == "1" else "points"
    return f"{text} {unit}"


def format_support(metric: Metric, top: float | None, below: float | None, units: float | None) -> str:
    """Return what a value rests on: both counts where it is a ratio of counts, else the number of units.

    >>> from metrics.tasks.binary import ERROR_RATE, ROC_AUC
    >>> format_support(ERROR_RATE, 12, 340, 340), format_support(ROC_AUC, None, None, 340)
    ('12 of 340', '340 units')
    >>> from metrics.tasks.transcription import METRICS
    >>> format_support(METRICS[0], 12, 340, 30)
    '12 of 340 words'
    """
    a_sum = isinstance(metric.formula, Rate) and not metric.formula.of_counts
    if not a_sum and not _is_nothing(top) and not _is_nothing(below):
        return f"{format_counts(top, below)} {metric.per}".rstrip()
    return NOTHING if _is_nothing(units) else f"{format_count(units)} units"


def decimals_apart(metric: Metric, kind: str, number: float | None, limits: Iterable[float]) -> int | None:
    """Return with how many decimals a number reads on the side of its limits where it is; None where as usual.

    `kind` is "value", "difference" or "ratio".

    >>> from metrics.tasks.binary import ERROR_RATE
    >>> decimals_apart(ERROR_RATE, "difference", 0.0503, [-0.05, 0.05]), format_points(0.0503, 2)
    (2, '+5.03 points')
    >>> decimals_apart(ERROR_RATE, "difference", 0.061, [-0.05, 0.05])
    """
    if number is None or not math.isfinite(number):
        return None
    times = 100 if metric.unit == "share" and kind != "ratio" else 1
    shown, bounds = times * number, [times * limit for limit in limits if math.isfinite(limit)]
    if kind == "ratio":
        usual = 2
    elif metric.unit == "share":
        usual = 1
    else:
        usual = max(0, 2 - math.floor(math.log10(abs(shown)))) if shown else 0
    for decimals in range(usual, max(usual, MOST_DECIMALS) + 1):
        if all(_side(round(shown, decimals), bound) == _side(shown, bound) for bound in bounds):
            return None if decimals == usual else decimals
    return MOST_DECIMALS


def _side(number: float, bound: float) -> int:
    """Return 1 above a bound, -1 below, 0 where they differ by no more than floats do."""
    return 0 if math.isclose(number, bound, rel_tol=1e-12, abs_tol=1e-12) else 1 if number > bound else -1


def _limit(metric: Metric, limit: float | None, kind: str, decimals: int | None) -> str:
    if _is_nothing(limit):
        return NOTHING
    assert limit is not None
    if kind == "ratio":
        return _write(limit, 2 if decimals is None else decimals)
    signed = kind == "difference"
    if metric.unit == "share":
        return _write(100 * limit, 1 if decimals is None else decimals, signed=signed)
    return format_number(limit, signed=signed, decimals=decimals)


def _is_nothing(value: float | None) -> bool:
    return value is None or math.isnan(value)


def _sign(value: float, signed: bool) -> str:
    return MINUS if value < 0 else "+" if signed and value > 0 else ""


def _write(value: float, decimals: int, *, signed: bool = False, never: tuple[float, ...] = (0.0,)) -> str:
    """Write a number; decimals are added while it would read as one of `never` without being it.

    Numbers that differ from one of `never` by no more than floats do are that number, without decimals.
    """
    if math.isinf(value):
        return f"{_sign(value, signed)}{INFINITE}"
    for special in never:
        if math.isclose(value, special, rel_tol=1e-12, abs_tol=1e-12):
            return f"{special:.0f}"
    while decimals < MOST_DECIMALS and round(abs(value), decimals) in never:
        decimals += 1
    rounded, step = round(abs(value), decimals), 10**-decimals
    if rounded in never:
        bound, than = (rounded + step, "<") if abs(value) > rounded else (rounded - step, ">")
        return f"{than} {_sign(value, signed)}{bound:.{decimals}f}"
    return f"{_sign(value, signed)}{abs(value):,.{decimals}f}"
