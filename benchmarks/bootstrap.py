"""`bootstrap`: 1,000 resamples of 11 metrics over 21 groupings, beside fairlearn's.

fairlearn's time for a resample is the slope between 2 and 5 of them: what a MetricFrame takes once is left out. Its
MetricFrame is asked for one attribute and one pair, and its time multiplied up to 21 groupings, which favours it: the
two have 6 slices on average, the 21 have 15.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

import metrics
from benchmarks.data import AXES, COUNT_METRICS, GROUPINGS, make_rows
from benchmarks.measuring import Cost, Outcome, alternate, faster, measure
from benchmarks.report import run_alone
from benchmarks.slices import SCHEMA, fairlearn_metrics, without_stack
from metrics.resample import bootstrap

ROWS, CHECKED_ROWS = 10_000, 5_000
RESAMPLES = 1000
ASKED: tuple[tuple[str, ...], ...] = (("sex",), ("sex", "age"))
CHECKED_RESAMPLES = 300


def outcomes() -> Iterator[Outcome]:
    """Measure the promise."""
    _assert_equal()
    frame = make_rows(ROWS)
    cube = _cube(frame)
    few, many = (measure(lambda n=n: [ask_fairlearn(frame, by, n) for by in ASKED]) for n in (2, 5))
    whole = len(GROUPINGS) / len(ASKED) * RESAMPLES
    theirs = Cost(
        (many.seconds - few.seconds) / 3 * whole, (many.cpu_seconds - few.cpu_seconds) / 3 * whole, many.peak_bytes
    )
    (ours,) = alternate([lambda: bootstrap(cube, list(GROUPINGS), COUNT_METRICS, draws=RESAMPLES)], 5)
    yield faster(f"fairlearn's bootstrap, {RESAMPLES:,} resamples of {ROWS:,} rows", ours, theirs, at_least=10_000)


def ask_fairlearn(frame: pd.DataFrame, by: tuple[str, ...], resamples: int) -> Any:
    """Return a MetricFrame with the percentile limits of every slice."""
    from fairlearn.metrics import MetricFrame

    return MetricFrame(
        metrics=fairlearn_metrics(),
        y_true=frame["label"].astype(int),
        y_pred=frame["prediction"].astype(int),
        sensitive_features=frame[list(by)],
        n_boot=resamples,
        ci_quantiles=[0.025, 0.975],
        random_state=1,
    )


def _cube(frame: pd.DataFrame) -> metrics.Cube:
    return metrics.count_cells(metrics.score(metrics.read_results(frame, SCHEMA, by=list(AXES))))[0]


def _assert_equal() -> None:
    """Check that the limits of a 5,000-row case are equal within Monte Carlo error."""
    frame = make_rows(CHECKED_ROWS)
    cube = _cube(frame)
    drawn = bootstrap(cube, ["sex"], COUNT_METRICS, draws=20_000)
    told = metrics.estimate(cube, ["sex"], COUNT_METRICS)
    with without_stack():
        made = ask_fairlearn(frame, ("sex",), CHECKED_RESAMPLES)
    limits = [table.to_dict("index") for table in made.by_group_ci]
    # The standard error of a 2.5 % point of B draws, sqrt(.025 x .975 / B) over the density there, of a normal law.
    error = np.sqrt(0.025 * 0.975 / CHECKED_RESAMPLES) / 0.0584 * (told["high"] - told["low"]) / 3.92
    for i, row in enumerate(drawn.itertuples()):
        if row.slice.levels:
            level = row.slice.to_dict()["sex"]
            theirs = [table[level][row.metric] for table in limits]
            assert abs(row.low - theirs[0]) < 5 * error[i] and abs(row.high - theirs[1]) < 5 * error[i], row


if __name__ == "__main__":
    run_alone(outcomes())
