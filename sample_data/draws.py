"""Seeded draws that give the same numbers on every machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def start(seed: int) -> np.random.RandomState:
    # The older generator, because NumPy promises that its numbers never change; the newer one's may.
    return np.random.RandomState(seed)


def choose(draw: np.random.RandomState, n: int, shares: dict[str, float]) -> NDArray[np.str_]:
    """Draw `n` of the keys with these shares, which add up to 1."""
    edges = np.cumsum(list(shares.values()))[:-1]
    return np.array(list(shares))[np.searchsorted(edges, draw.random_sample(n), side="right")]


def deal(draw: np.random.RandomState, n: int, shares: dict[str, float]) -> NDArray[np.str_]:
    """Deal `n` of the keys as near to these shares as whole numbers come, in any order."""
    edges = np.cumsum(list(shares.values()))[:-1]
    levels = (np.arange(n) + draw.random_sample()) / n
    dealt = np.array(list(shares))[np.searchsorted(edges, levels, side="right")]
    return dealt[np.argsort(draw.random_sample(n), kind="stable")]


def pick(draw: np.random.RandomState, words: list[str]) -> str:
    """Draw one of the words, each with the same chance."""
    return words[int(draw.random_sample() * len(words))]


def write_decimals(values: NDArray[np.float64], places: int = 3) -> list[str]:
    """Write numbers with a fixed number of decimals, so that every machine writes the same file."""
    return [f"{value:.{places}f}" for value in values]
