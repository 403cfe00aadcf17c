"""`count`: cells from coded rows, beside pandas' groupby; and from a Parquet file, beside a bare scan of it.

The scan is DuckDB's of the same columns: how many of each column are there, nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.data import AXES, make_scored
from benchmarks.measuring import Outcome, alternate, faster
from benchmarks.report import run_alone
from metrics.cube import Grouping, count_grouping
from metrics.scored import Scored


def outcomes() -> Iterator[Outcome]:
    """Measure the promises."""
    for n, at_least, rounds in ((1_000_000, 10, 9), (10_000_000, 30, 3)):
        scored = make_scored(n)
        yield from count_codes(scored, n, at_least, rounds)


def count_codes(scored: Scored, n: int, at_least: float, rounds: int) -> Iterator[Outcome]:
    """Count the cells of two attributes by outcome, ours and pandas' way."""
    # pandas' own codes: a Categorical column is the quickest to group by that has levels.
    codes = [
        pd.Categorical.from_codes(c.astype(np.int8), list(a.levels))
        for c, a in zip(scored.codes, scored.axes, strict=True)
    ]
    frame = pd.DataFrame(dict(zip(AXES, codes, strict=True)) | {"outcome": scored.outcome})
    axes = scored.axes[:2]
    keys = [*AXES[:2], "outcome"]

    def ours() -> Grouping:
        return count_grouping(scored, axes)

    def theirs() -> Any:
        return frame.groupby(keys, observed=True).size()

    found = ours()
    for key, size in theirs().items():
        cell = found.find(dict(zip(keys[:2], key[:2], strict=True)))
        assert found.rows[cell, key[2]] == size
    us, them = alternate([ours, theirs], rounds)
    yield faster(f"pandas' groupby, {n:,} coded rows", us, them, at_least=at_least)


if __name__ == "__main__":
    run_alone(outcomes())
