"""What to collect next as a table to send along: a column an axis, and how many units."""

from __future__ import annotations

from metrics.coverage.cover import Covered

__all__ = ["write_plan_csv"]


def write_plan_csv(covered: Covered) -> str:
    """Return the plan as CSV in which no text is a formula: a column an axis, then units."""
    raise NotImplementedError
