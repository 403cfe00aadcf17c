"""DivExplorer (Pastor, de Alfaro & Baralis 2021), asked for the slices of up to so many conditions."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any
from unittest import mock

import pandas as pd


def explore(frame: pd.DataFrame, outcome: Any, attributes: Sequence[str], depth: int, support: float) -> pd.DataFrame:
    """Return its table of patterns, of an outcome that is 1, 0 or NaN; everyone is among them.

    It goes to any depth; its own miner of patterns, which takes a limit, is given one.
    """
    from divexplorer import DivergenceExplorer, divexplorer

    limited = partial(divexplorer.fpgrowth_cm, max_len=depth)
    told = frame[list(attributes)].assign(outcome=outcome)
    with warnings.catch_warnings(), mock.patch.object(divexplorer, "fpgrowth_cm", limited):
        warnings.simplefilter("ignore")  # it uses what pandas will drop
        return DivergenceExplorer(told).get_pattern_divergence(
            min_support=support, boolean_outcomes=["outcome"], attributes=list(attributes), show_coincise=False
        )


def global_divergence(patterns: pd.DataFrame) -> dict[str, float]:
    """Return its global Shapley value of every item, such as `sex=Male`."""
    from divexplorer import DivergencePatternProcessor

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = DivergencePatternProcessor(patterns, "outcome").global_shapley_value()
    return {next(iter(item)): float(value) for item, value in found.items()}


def local_divergence(patterns: pd.DataFrame, items: frozenset[str]) -> dict[str, float]:
    """Return its Shapley value of every item of a pattern."""
    from divexplorer import DivergencePatternProcessor

    found = DivergencePatternProcessor(patterns, "outcome").shapley_value(pattern=items)
    return {next(iter(item)): float(value) for item, value in found.items()}
