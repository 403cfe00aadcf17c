"""Which of two systems serves whom: per slice a win of the second, a loss, or that the data cannot tell.

A verdict looks at the interval of the paired change at Holm's level over all slices of one metric that were looked at.
Nobody wins by a metric of which no side is better, and a system that answers everybody alike wins nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.changes import Asked, tabulate
from metrics.constant import find_only_answer
from metrics.cube import Cube, Cubes, Grouping
from metrics.errors import QuestionError
from metrics.estimate import MIN_CLUSTERS, By, as_objects, check_level, choose_groupings
from metrics.families import leave_out_rest
from metrics.measured_changes import Change, measure_change, pair_up
from metrics.multiplicity import holm
from metrics.paired_shares import mcnemar
from metrics.registry import Better, Metric, Share
from metrics.sentences import orient
from metrics.serves_reasons import Facts, say_reason
from metrics.units_needed import MORE, count_needed

__all__ = ["CANNOT_TELL", "COLUMNS", "LOSS", "WIN", "judge_systems"]

Floats = NDArray[Any]

WIN, LOSS, CANNOT_TELL = "win", "loss", "cannot tell"

COLUMNS = [
    "slice", "metric", "first", "second", "value", "low", "high", "p", "p_adjusted", "adjusted_low", "adjusted_high",
    "verdict", "units_needed", "reason", "added", "removed", "mcnemar_p", "units", "left_out", "clusters", "status",
]  # fmt: skip


def judge_systems(
    cubes: Cubes,
    first: str,
    second: str,
    by: By = None,
    metrics: Iterable[str] | None = None,
    *,
    ids: pd.Series | None = None,
    confidence: float = 0.95,
    correction: Literal["holm", "none"] = "holm",
    min_units: int = 30,
) -> pd.DataFrame:
    """Return the verdict of the second system against the first in every slice: everyone first, then what loses.

    The arguments are those of `compare_systems`, and so are the columns but for these. `verdict` is "win", "loss" or
    "cannot tell": whether the interval at Holm's level, `adjusted_low` to `adjusted_high`, is clear of 0, and on
    which side, the better one being the metric's own (of the selection rate, that of the favourable prediction).
    `p_adjusted` is over all slices of one metric, whatever attributes they are of; everyone is a question of its own,
    and slices with too few units are no part of it. `units_needed` is how many more units of the slice (clusters, where
    there are clusters) would tell in about four samples of five if rates stay as they are; NaN where it is told, or
    where no number would. `reason` says why in a sentence. `added` and `removed` are how many of what is counted come
    and go with the second system, and `mcnemar_p` is McNemar's mid-p of the two: of shares of independent units without
    weights, else NaN. Losses stand first, the worst of them on top, then what cannot be told, then wins.
    Raises QuestionError for what the data do not hold.
    """
    check_level(confidence)
    if correction not in ("holm", "none"):
        raise QuestionError(f"The correction of verdicts is holm or none, not {correction!r}.")
    tables = [
        _judge_metric(pair, first, second, by, Asked(name, 1 - confidence, correction, min_units), alone)
        for name, pair, alone in pair_up(cubes, first, second, metrics, ids)
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({c: [] for c in COLUMNS})


@dataclass(frozen=True)
class _Levels:
    """At which alpha each slice is judged: in the family of those that are tested (NaN in `adjusted` elsewhere)."""

    adjusted: Floats
    p_adjusted: Floats
    n_tests: int


def _judge_metric(pair: Cube, first: str, second: str, by: By, asked: Asked, alone: Sequence[Cube]) -> pd.DataFrame:
    metric = orient(alone[0].metrics[asked.metric], alone[0].favourable)
    groupings = [pair.by(names) for names in choose_groupings(pair, by)]
    change = measure_change(pair, groupings)
    table = tabulate(asked, alone, groupings, change)
    # Those without a label of several are what it is compared with, no group: they make no test either.
    table = leave_out_rest(table, pair.axes)
    at = table.index.to_numpy()
    levels = _find_levels(table, asked, _number_rows(pair, groupings)[at])
    table["adjusted_low"], table["adjusted_high"] = change.moves.pairs.limits("difference", levels.adjusted, at)
    table["p_adjusted"] = levels.p_adjusted
    praised = [find_only_answer(cube, metric) for cube in alone]
    side = np.where(table["adjusted_low"] > 0, 1, np.where(table["adjusted_high"] < 0, -1, 0))
    table["verdict"] = _name_verdicts(side, metric.better, praised)
    table["units_needed"] = _count_more(change, table, asked, levels, metric, any(praised))
    added, removed = (x[at] for x in change.counts)
    table["added"], table["removed"] = added, removed
    independent = not pair.has_clusters and not pair.has_weights
    share = isinstance(metric.formula, Share) and not metric.formula.units
    table["mcnemar_p"] = mcnemar(added, removed) if share and independent else np.nan
    facts = Facts(metric, first, second, tuple(praised), levels.n_tests, asked.min_units, pair.has_clusters)
    denominator = change.systems.first.denominator.ravel()[at]
    reasons = [say_reason(facts, row, n) for row, n in zip(table.to_dict("records"), denominator, strict=True)]
    table["reason"] = as_objects(reasons)
    return _sort(table[COLUMNS], metric)


def _number_rows(pair: Cube, groupings: Sequence[Grouping]) -> NDArray[np.int64]:
    """Return a number for every slice, equal for slices of the same rows: whatever they are called, it is one test."""
    assert pair.scored is not None
    rows = len(pair.scored)
    # Numbers drawn for the rows add up to the same only for the same rows, whose sum is made in the same order.
    drawn = np.random.default_rng(0).random(rows) * (pair.scored.outcome < pair.layout.n_outcomes - 1)
    sums = []
    for grouping in groupings:
        cell = np.zeros(rows, dtype=np.int64)
        for axis in grouping.axes:
            place = [a.name for a in pair.scored.axes].index(axis.name)
            cell = cell * axis.size + pair.scored.codes[place]
        added = np.bincount(cell, drawn)
        sizes = [axis.size for axis in grouping.axes]
        keys = np.ravel_multi_index(tuple(grouping.codes.T), sizes) if sizes else np.zeros(len(grouping), np.int64)
        sums.append(added[keys])
    return np.unique(np.concatenate(sums), return_inverse=True)[1].astype(np.int64)


def _find_levels(table: pd.DataFrame, asked: Asked, same: NDArray[np.int64]) -> _Levels:
    """Return the level of every slice, everyone apart: one family of tests whatever the attributes."""
    everyone = np.array([not s.levels for s in table["slice"]], dtype=bool)
    ok = (table["status"] == "ok").to_numpy()
    p = np.where(ok, table["p"].to_numpy(float), np.nan)
    tested = ok & ~everyone & ~np.isnan(p)
    n_tests = len(np.unique(same[tested]))
    if asked.correction == "none":
        return _Levels(np.where(np.isnan(p), np.nan, asked.alpha), p, n_tests)
    adjusted, level = holm(p, everyone * 1, asked.alpha, same)
    return _Levels(1 - level, adjusted, n_tests)


def _name_verdicts(side: NDArray[np.int64], better: Better, praised: Sequence[str | None]) -> NDArray[np.object_]:
    if better == "neither":
        return np.full(len(side), CANNOT_TELL, dtype=object)
    gain = side if better == "higher" else -side
    # To answer everybody alike is no merit: neither for the second system, nor for the first by comparison.
    wins, loses = (gain > 0) & (praised[1] is None), (gain < 0) & (praised[0] is None)
    return np.where(wins, WIN, np.where(loses, LOSS, CANNOT_TELL)).astype(object)


def _count_more(
    change: Change, table: pd.DataFrame, asked: Asked, levels: _Levels, metric: Metric, constant: bool
) -> Floats:
    """Return how many more units (or clusters) would bring the interval clear of 0, the slices' rates as they are."""
    needed = np.full(len(table), np.nan)
    if constant or metric.better == "neither":
        return needed
    unsure = (table["verdict"] == CANNOT_TELL) & (table["value"] != 0) & (table["low"].notna() | table["high"].notna())
    rows = np.flatnonzero(unsure.to_numpy())
    at = table.index.to_numpy()[rows]
    units = change.systems.first.denominator.ravel()[at]
    now, least = units, np.full(len(at), float(asked.min_units))
    clusters = change.systems.first.clusters
    if clusters is not None:
        now = clusters.ravel()[at].astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            least = np.maximum(MIN_CLUSTERS, np.ceil(now * asked.min_units / units))
    alpha = levels.adjusted[rows]
    if asked.correction == "holm":
        # Those that are too few now would be one more test.
        alpha = np.where(np.isnan(alpha), asked.alpha / (levels.n_tests + 1), alpha)
    alpha = np.where(np.isnan(alpha), asked.alpha, alpha)

    def grown(i: NDArray[np.intp], factor: Floats) -> tuple[Floats, Floats]:
        return change.moves.grown(factor, at[i]).limits("difference", alpha[i], ..., MORE)

    needed[rows] = count_needed(grown, now, least, 0.0, 0.0) - now
    return needed


def _sort(table: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return everyone, then what loses, then what cannot be told, then what wins; the worse for the second first."""
    gain = table["value"] * (-1 if metric.better == "lower" else 1)
    keys = pd.DataFrame(
        {
            "group": [bool(s.levels) for s in table["slice"]],
            "verdict": table["verdict"].map({LOSS: 0, CANNOT_TELL: 1, WIN: 2}),
            "few": table["status"].map({"ok": 0, "too few": 1, "no data": 2}),
            "gain": gain,
        }
    )
    return table.loc[keys.sort_values(list(keys.columns), kind="stable").index]
