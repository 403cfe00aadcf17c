"""`slices`: 11 metrics over 21 groupings of 100,000 rows, from a frame of strings to labelled tables.

The rival is fairlearn's MetricFrame, one a grouping: values, differences and ratios, without intervals or p values. It
stacks every column of every group row by row in front of every metric; both it and the same without that are measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd

import metrics
from benchmarks.data import COUNT_METRICS, GROUPINGS, make_rows
from benchmarks.measuring import Outcome, faster, measure, median
from benchmarks.report import run_alone
from metrics import noise

ROWS = 100_000
SCHEMA = metrics.Schema(
    task="classification",
    positive=("1",),
    columns={"label": "label"},
    systems=(metrics.System(None, {"prediction": "prediction"}),),
)


def outcomes() -> Iterator[Outcome]:
    """Measure the promises."""
    frame = make_rows(ROWS)
    _assert_equal(ask_ours(frame)[0], ask_fairlearn(frame))
    ask_ours(frame, floors=True)
    before = [measure(lambda: ask_ours(frame)) for _ in range(15)]
    with_floors = [measure(lambda: _with_new_floors(frame)) for _ in range(3)]
    with without_stack():
        patched = measure(lambda: ask_fairlearn(frame))
    between = [measure(lambda: ask_ours(frame)) for _ in range(15)]
    whole = measure(lambda: ask_fairlearn(frame))
    after = [measure(lambda: ask_ours(frame)) for _ in range(15)]
    with_floors += [measure(lambda: _with_new_floors(frame)) for _ in range(3)]
    ours, floors = median([*before, *between, *after]), median(with_floors)
    yield faster("fairlearn's MetricFrame", ours, whole, at_least=2000)
    yield faster("the same, its per-group np.stack patched out", ours, patched, at_least=300)
    yield faster("with noise floors, MetricFrame", floors, whole, at_least=100)
    yield faster("with noise floors, MetricFrame without np.stack", floors, patched, at_least=15)


def ask_ours(frame: pd.DataFrame, floors: bool = False) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return estimates, disparities and spreads, reading included."""
    by = list(GROUPINGS)
    cubes = metrics.count_cells(metrics.score(metrics.read_results(frame, SCHEMA, by=by)))
    return (
        metrics.estimate(cubes, by, COUNT_METRICS),
        metrics.compare(cubes, by, COUNT_METRICS, kinds=("difference", "ratio")),
        metrics.spread(cubes, by, COUNT_METRICS, floors=floors),
    )


def _with_new_floors(frame: pd.DataFrame) -> None:
    noise._share_floor.cache_clear()  # floors are kept for a next question: here each is drawn anew
    ask_ours(frame, floors=True)


def ask_fairlearn(frame: pd.DataFrame) -> dict[str | tuple[str, ...], Any]:
    """Return a MetricFrame a grouping, its values, differences and ratios worked out."""
    from fairlearn.metrics import MetricFrame

    truth, predicted = frame["label"].astype(int), frame["prediction"].astype(int)
    found = {}
    for by in GROUPINGS:
        names = [by] if isinstance(by, str) else list(by)
        made = MetricFrame(metrics=fairlearn_metrics(), y_true=truth, y_pred=predicted, sensitive_features=frame[names])
        found[by] = made.by_group, made.overall, made.difference(), made.ratio()
    return found


def fairlearn_metrics() -> dict[str, Any]:
    """Return the eleven metrics as fairlearn and scikit-learn have them."""
    from fairlearn import metrics as fl
    from sklearn import metrics as sk

    def negative_predictive_value(y_true: Any, y_pred: Any) -> float:
        return float(sk.precision_score(y_true, y_pred, pos_label=0, zero_division=np.nan))

    def precision(y_true: Any, y_pred: Any) -> float:
        return float(sk.precision_score(y_true, y_pred, zero_division=np.nan))

    return {
        "selection_rate": fl.selection_rate,
        "accuracy": sk.accuracy_score,
        "error_rate": sk.zero_one_loss,
        "true_positive_rate": fl.true_positive_rate,
        "false_negative_rate": fl.false_negative_rate,
        "false_positive_rate": fl.false_positive_rate,
        "true_negative_rate": fl.true_negative_rate,
        "positive_predictive_value": precision,
        "negative_predictive_value": negative_predictive_value,
        "false_discovery_rate": lambda y, p: 1 - precision(y, p),
        "false_omission_rate": lambda y, p: 1 - negative_predictive_value(y, p),
    }


@contextmanager
def without_stack() -> Iterator[None]:
    """Let fairlearn hand columns to its metrics as they are."""
    from fairlearn.metrics import _annotated_metric_function as module

    class Numpy:
        stack = staticmethod(np.asarray)

        def __getattr__(self, name: str) -> Any:
            return getattr(np, name)

    with mock.patch.object(module, "np", Numpy()):
        yield


def _assert_equal(ours: pd.DataFrame, theirs: dict[str | tuple[str, ...], Any]) -> None:
    """Check that every value of every slice is the same."""
    values = {(s.levels, m): v for s, m, v in zip(ours["slice"], ours["metric"], ours["value"], strict=True)}
    seen = 0
    for by, (by_group, overall, _, _) in theirs.items():
        names = (by,) if isinstance(by, str) else by
        for levels, row in by_group.iterrows():
            key = tuple(zip(names, (levels,) if isinstance(by, str) else levels, strict=True))
            for metric in COUNT_METRICS:
                np.testing.assert_allclose(values[key, metric], row[metric], rtol=1e-12)
                seen += 1
        for metric in COUNT_METRICS:
            np.testing.assert_allclose(values[(), metric], overall[metric], rtol=1e-12)
    assert seen == len(ours) - len(COUNT_METRICS), "Both have the same slices."


if __name__ == "__main__":
    run_alone(outcomes())
