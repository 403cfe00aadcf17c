"""Two sets made of a few rows that a reader can count by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd

import metrics
from metrics.schema import Schema
from metrics.two_sets.adopt import read_customer
from metrics.two_sets.match import Match
from metrics.two_sets.sets import TwoSets, align


def rows(**groups: tuple[int, int]) -> pd.DataFrame:
    """Return units with label 1: of each group so many, the first number of them predicted 0 (missed)."""
    made = [(name, 1, 0 if i < missed else 1) for name, (missed, n) in groups.items() for i in range(n)]
    return pd.DataFrame(made, columns=["group", "label", "prediction"])


def put(
    reference: pd.DataFrame,
    customer: pd.DataFrame,
    match: Match | None = None,
    schema: Schema | None = None,
    **more: Any,
) -> TwoSets:
    """Read two tables as a reference and a customer's set, and put them side by side."""
    one = metrics.read_results(reference, schema or Schema(attributes=(metrics.Attribute("group"),), positive=("1",)))
    two = read_customer(customer, one, match, **more)
    return align(metrics.score(one), metrics.score(two), match, two.findings)
