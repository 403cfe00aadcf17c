"""Numbers as widgets give them: where the address is behind a widget, anything can stand there, 1e400 and NaN too."""

from __future__ import annotations

import math
import sys
from typing import TypeGuard

__all__ = ["bounded", "is_endless", "whole"]


def whole(value: object, default: int, low: int, high: int) -> int:
    """Return a number as a whole one from `low` to `high`; `default` for what is none: empty, NaN, infinite, a text.

    >>> whole(3.7, 2, 1, 5), whole(1e9, 2, 1, 5), whole(float("inf"), 2, 1, 5), whole(None, 2, 1, 5)
    (3, 5, 2, 2)
    """
    return min(max(int(value), low), high) if _is_number(value) else default


def bounded(value: object, default: float, low: float, high: float = math.inf) -> float:
    """Return a number from `low` to `high`; `default` for what is none: empty, NaN, infinite, a text.

    >>> bounded(0.5, 1.0, 0.0), bounded(-3, 1.0, 0.0), bounded(float("nan"), 1.0, 0.0)
    (0.5, 0.0, 1.0)
    """
    return min(max(float(value), low), high) if _is_number(value) else default


def is_endless(text: str) -> bool:
    """Whether a text is read as a number and is none that can be counted with: infinite, or none at all.

    >>> is_endless("1e400"), is_endless("-inf"), is_endless("nan"), is_endless("1e300"), is_endless("sex")
    (True, True, True, False, False)
    """
    try:
        return not math.isfinite(float(text))
    except ValueError:
        return False


def _is_number(value: object) -> TypeGuard[int | float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max  # what is not: NaN, the infinite, whole numbers that no float holds
