"""What is covered, in sentences. They hold names as they are in the file: whoever shows them makes them safe."""

from __future__ import annotations

from metrics.coverage.cover import Covered

__all__ = ["say_collect", "say_combinations", "say_limits_of_cover", "say_t_way", "say_uncovered", "say_unseen"]


def say_combinations(covered: Covered) -> str:
    """Say how many have too few: "12 of 66 combinations of sex and race have fewer than 30 rows"."""
    raise NotImplementedError


def say_uncovered(covered: Covered) -> str:
    """Say how many most general combinations lack units, and name the first."""
    raise NotImplementedError


def say_unseen(covered: Covered, metric: str) -> str:
    """Say which gaps of a metric would go unseen, and in how many combinations a pass is out of reach."""
    raise NotImplementedError


def say_collect(covered: Covered) -> str:
    """Say how many units the plan asks for, of how many combinations, and what counts as a unit."""
    raise NotImplementedError


def say_t_way(covered: Covered) -> list[str]:
    """Say the t-way coverage, a sentence an order."""
    raise NotImplementedError


def say_limits_of_cover(covered: Covered) -> list[str]:
    """Return what these numbers cannot tell, a sentence each."""
    raise NotImplementedError
