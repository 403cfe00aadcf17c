"""`coded`: an upload of 1,000,000 rows read from the table kept beside it, against reading its file again.

Both give the same words in every cell. As CSV, which Arrow reads on every core, and as lines of JSON.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.data import LEVELS, SEED, make_rows
from benchmarks.measuring import Outcome, alternate, faster, measure
from benchmarks.report import run_alone
from dashboard.workspace import Workspace
from metrics.reading import read_table
from metrics.reading.limits import Limits
from metrics.reading.table import Table
from metrics.schema import FileOptions, Schema

ROWS, ROUNDS = 1_000_000, 5


def outcomes() -> Iterator[Outcome]:
    """Measure the promises."""
    frame = make_rows(ROWS, columns=tuple(LEVELS))
    frame.insert(0, "id", np.arange(ROWS))
    frame["score"] = np.random.default_rng(SEED).random(ROWS).round(4)
    lines = frame.head(ROWS // 5).to_json(orient="records", lines=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Workspace(Path(folder))
        yield _compare(home, "the CSV again, 1M rows", "rows.csv", frame.to_csv(index=False), at_least=2)
        yield _compare(home, "lines of JSON again, 200k rows", "rows.jsonl", lines, at_least=20)


def _compare(home: Workspace, promise: str, name: str, text: str, at_least: float) -> Outcome:
    file = home.keep([(name, io.BytesIO(text.encode()))], Schema(), 10**10).files[0]
    options, limits = FileOptions(), Limits.command_line()
    table = read_table(file.path, options, limits, name)
    writing = measure(lambda: home.keep_coded(file, options, limits, table))
    kept = home.read_coded(file, options, limits)
    assert kept is not None
    _assert_equal(kept, table)
    ours, theirs = alternate(
        [lambda: home.read_coded(file, options, limits), lambda: read_table(file.path, options, limits, name)], ROUNDS
    )
    (coded,) = file.path.parent.glob("coded-*")
    size = f"{coded.stat().st_size / 1e6:,.0f} of {file.size / 1e6:,.0f} MB, kept in {writing.seconds:.1f} s"
    return faster(promise, ours, theirs, at_least=at_least, note=f"{ours.seconds:.2f} s; {size}")


def _assert_equal(kept: Table, table: Table) -> None:
    assert kept.data.schema == table.data.schema
    for mine, theirs in zip(kept.data.columns, table.data.columns, strict=True):
        assert mine.cast("string").equals(theirs.cast("string"))


if __name__ == "__main__":
    run_alone(outcomes())
