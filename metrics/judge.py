"""Verdicts: whether each slice keeps to each rule of a policy, from its interval."""

from __future__ import annotations

COLUMNS = [
    "rule",
    "slice",
    "pair",
    "system",
    "metric",
    "value",
    "low",
    "high",
    "adjusted_low",
    "adjusted_high",
    "at_least",
    "at_most",
    "verdict",
    "units_needed",
    "reason",
]
VERDICTS = ("pass", "fail", "undecided", "no data")
