"""`count`: cells from coded rows, beside pandas' groupby; and from a Parquet file, beside a bare scan of it.

The scan is DuckDB's of the same columns.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

import metrics
from benchmarks.data import AXES, GROUPINGS, make_scored, write_parquet
from benchmarks.measuring import Outcome, alternate, faster, times
from benchmarks.report import run_alone
from benchmarks.slices import SCHEMA
from metrics.cube import Grouping, count_grouping
from metrics.scored import Scored
from metrics.streaming import count_file

_PEAK = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"


def outcomes() -> Iterator[Outcome]:
    """Measure the promises."""
    for n, at_least, rounds in ((1_000_000, 10, 9), (10_000_000, 30, 3)):
        scored = make_scored(n)
        yield from count_codes(scored, n, at_least, rounds)
    yield from count_parquet()


def count_parquet() -> Iterator[Outcome]:
    """Count 10,000,000 rows of eight text columns from a file, beside a scan of it; memory is that of a process."""
    import duckdb

    columns = [*AXES, "label", "prediction"]
    with TemporaryDirectory() as folder:
        small, large = (write_parquet(Path(folder) / f"{n}.parquet", n) for n in (1_000_000, 10_000_000))
        whole = metrics.count_cells(metrics.score(metrics.read_results(small, SCHEMA, by=AXES)))
        by = list(GROUPINGS)
        pd.testing.assert_frame_equal(
            metrics.estimate(whole, by), metrics.estimate(count_file(small, SCHEMA, by=AXES), by)
        )
        # Lengths are added up so that every cell is looked at: counts and extremes stand in the file's own description.
        scan = f"select {', '.join(f'sum(length({c}))' for c in columns)} from '{large}'"
        ours, bare = alternate(
            [
                lambda: count_file(large, SCHEMA, by=AXES)[0].by(AXES[:2]),
                lambda: duckdb.sql(scan).fetchall(),
            ],
            5,
        )
        yield times("a Parquet file of 10,000,000 rows into a cube over DuckDB's scan", ours, bare, at_most=4)
        code = f"from benchmarks.count import *; count_file({str(large)!r}, SCHEMA, by=AXES)[0].by(AXES[:2]); {_PEAK}"
        peak = int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
        yield Outcome("its peak memory, the libraries included", peak / 1024, at_most=600, unit=" MB")


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
