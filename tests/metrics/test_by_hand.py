"""Estimates and comparisons equal plain loops over the rows: weights, clusters, counts, missing groups, overlaps."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isnan, nan, sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from metrics.compare import compare
from metrics.cube import Cubes
from metrics.estimate import estimate
from metrics.slices import MISSING, Slice
from metrics.spread import spread
from tests.metrics import naive
from tests.metrics.build import cube_of, rates

AXES = ["sex", "age", "mine"]
SEEDS = [0, 1]
CLOSE = {"rel": 1e-8, "abs": 1e-10, "nan_ok": True}


def _both(u: naive.Unit) -> bool:
    return u["label"] is not None and u["prediction"] is not None


SHARES: dict[str, Callable[[naive.Unit], naive.Part]] = {
    "selection_rate": lambda u: None if u["prediction"] is None else (u["prediction"], 1),
    "base_rate": lambda u: None if u["label"] is None else (u["label"], 1),
    "accuracy": lambda u: (u["label"] == u["prediction"], 1) if _both(u) else None,
    "true_positive_rate": lambda u: (u["prediction"], 1) if _both(u) and u["label"] == 1 else None,
    "false_positive_rate": lambda u: (u["prediction"], 1) if _both(u) and u["label"] == 0 else None,
    "positive_predictive_value": lambda u: (u["label"], 1) if _both(u) and u["prediction"] == 1 else None,
    "false_omission_rate": lambda u: (u["label"], 1) if _both(u) and u["prediction"] == 0 else None,
}
TRANSFORMED: dict[str, tuple[Callable[[naive.Unit], naive.Part], Callable[[float], float]]] = {
    "f1": (
        lambda u: (u["label"] * u["prediction"], 1) if _both(u) and u["label"] + u["prediction"] else None,
        lambda j: 2 * j / (1 + j),
    ),
    "false_negatives_per_false_positive": (
        lambda u: (u["label"], 1) if _both(u) and u["label"] != u["prediction"] else None,
        lambda s: inf if s == 1 else s / (1 - s),
    ),
}


def _table(seed: int, clustered: bool, weighted: bool, counted: bool, n: int = 260) -> pd.DataFrame:
    """Units of groups of three axes (`mine` a condition that overlaps the others), with missing cells and odd sizes."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(np.array(["f", "m", "x", None], dtype=object), n, p=[0.5, 0.35, 0.05, 0.1]),
            "age": rng.choice(np.array(["old", "young"], dtype=object), n, p=[0.8, 0.2]),
            "mine": rng.choice(np.array(["no", "yes"], dtype=object), n, p=[0.6, 0.4]),
            "label": rng.choice(np.array(["1", "0", None], dtype=object), n, p=[0.4, 0.55, 0.05]),
        }
    )
    cluster = rng.integers(0, 25, n)
    effect = rng.normal(0, 0.25, 25)[cluster]
    chance = np.clip(0.3 + 0.35 * (frame["label"] == "1") + effect, 0, 1)
    frame["prediction"] = np.where(rng.random(n) < chance, "1", "0").astype(object)
    frame.loc[rng.random(n) < 0.05, "prediction"] = None
    frame.loc[frame["sex"] == "x", "prediction"] = "1"
    frame["score"] = np.round(np.clip(chance + rng.normal(0, 0.3, n), 0, 1), 2)
    if clustered:
        frame["cluster"] = [f"c{c}" for c in cluster]
    if weighted:
        frame["weight"] = rng.choice([0.0, 0.4, 1.0, 2.5], n, p=[0.05, 0.3, 0.35, 0.3])
    if counted:
        frame["count"] = rng.choice([0, 1, 2, 5], n, p=[0.1, 0.5, 0.3, 0.1])
    return frame


def _level(cell: Any) -> str:
    return cell if isinstance(cell, str) else MISSING


def _units(frame: pd.DataFrame) -> list[naive.Unit]:
    """One dict a unit: rows that stand for several are repeated, zero weights have no part."""
    units = []
    for row in frame.itertuples():
        for _ in range(int(getattr(row, "count", 1)) if "count" in frame else 1):
            unit: dict[str, Any] = {a: _level(getattr(row, a)) for a in AXES if a in frame}
            for name in ("label", "prediction"):
                word = getattr(row, name, None)
                unit[name] = int(word) if isinstance(word, str) else None
            unit |= {"score": getattr(row, "score", nan), "edits": getattr(row, "edits", nan)}
            unit |= {"words": getattr(row, "words", nan), "row": len(units)}
            unit |= {"w": getattr(row, "weight", 1.0), "c": getattr(row, "cluster", None)}
            units.append(unit)
    return units


def _file(frame: pd.DataFrame, parts: Callable[[naive.Unit], naive.Part], kind: str = "share") -> naive.File:
    # A unit of weight 0 adds nothing to any sum and is in no cluster's; the minimum alone counts it.
    units = [u for u in _units(frame) if u["w"] > 0]
    axes = [a for a in AXES if a in frame]
    return naive.File(units, axes, parts, kind, "cluster" in frame, "weight" in frame)


def _cube(frame: pd.DataFrame) -> Cubes:
    return cube_of(frame, AXES, {"prediction": "prediction", "score": "score"})


def _inside(unit: naive.Unit, levels: Slice) -> bool:
    return all(unit[a] == level for a, level in levels.items())


FILES = [(c, w, n) for c in (False, True) for w in (False, True) for n in (False, True)]
IDS = ["+".join(np.array(["clusters", "weights", "counts"])[list(f)]) or "plain" for f in FILES]
each_file = pytest.mark.parametrize("made", FILES, ids=IDS)
each_seed = pytest.mark.parametrize("seed", SEEDS)


@each_seed
@each_file
def test_shares_have_the_limits_of_the_rows_one_by_one(made, seed):
    frame = _table(seed, *made)
    table = estimate(_cube(frame), [*AXES, ("sex", "age")], [*SHARES, *TRANSFORMED])
    for name in (*SHARES, *TRANSFORMED):
        parts, show = TRANSFORMED.get(name, (SHARES.get(name), float))
        file = _file(frame, parts)
        for row in table[table["metric"] == name].itertuples():
            side = naive.Side(file, [u for u in file.units if _inside(u, row.slice)])
            if isnan(side.value):
                assert row.status == "no data"
                continue
            low, high = (show(x) for x in side.limits())
            assert (row.value, row.low, row.high) == pytest.approx((show(side.value), low, high), **CLOSE), row
            if made[0]:
                assert row.clusters == side.clusters
            if made[0] or made[1]:
                assert row.effective_units == pytest.approx(side.n_eff, **CLOSE)


BASELINES = ["rest", "overall", "largest", "mine = yes", "age = young & mine = yes", "sex is missing"]


@pytest.mark.parametrize("baseline", BASELINES)
@each_seed
@each_file
def test_differences_of_shares_are_those_of_the_rows_one_by_one(made, seed, baseline):
    frame = _table(seed, *made)
    by = ["sex", ("sex", "age")]
    table = compare(_cube(frame), by, ["selection_rate", "true_positive_rate"], baseline=baseline, min_units=1)
    everyone, files = _units(frame), {name: _file(frame, SHARES[name]) for name in set(table["metric"])}
    for row in table.itertuples():
        file = files[row.metric]
        mine = [u for u in file.units if _inside(u, row.slice)]
        axes = row.slice.axes
        known = [u for u in file.units if all(u[a] != MISSING for a in axes)]
        others = [u for u in known if not _inside(u, row.slice)]
        factor = 1.0
        if baseline == "overall":
            others = [u for u in file.units if not _inside(u, row.slice)]
        elif baseline == "largest":
            sizes = pd.Series([tuple(u[a] for a in axes) for u in everyone]).value_counts(sort=False)
            sizes = sizes[[MISSING not in levels for levels in sizes.index]]
            biggest = max(sorted(sizes.index), key=lambda levels: sizes[levels])
            others = [u for u in file.units if tuple(u[a] for a in axes) == biggest]
            assert Slice.parse(row.baseline).levels == tuple(zip(axes, biggest, strict=True))
        elif baseline != "rest":
            others = [u for u in file.units if _inside(u, Slice.parse(baseline))]
        one, two = naive.Side(file, mine), naive.Side(file, others)
        if isnan(one.value) or isnan(two.value):
            assert row.status == "no data" and isnan(row.value) and isnan(row.p)
            continue
        if mine == others:
            assert (row.value, row.p) == (0, 1)
            continue
        if baseline == "overall":
            factor = 1 - one.sums.x / (one.sums.x + two.sums.x)
        expected = [factor * x for x in naive.differ(one, two)]
        assert [row.value, row.low, row.high] == pytest.approx(expected, **CLOSE), row
        if not isnan(row.low) and seed == 0:
            assert row.p == pytest.approx(naive.p_of_difference(one, two), rel=1e-6), row


def _edits(seed: int, clustered: bool, n: int = 150) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = _table(seed, clustered, False, False, n).drop(columns=["label", "prediction", "score"])
    frame["sex"] = frame["sex"].fillna("m")
    frame["words"] = rng.integers(1, 20, n)
    frame["edits"] = np.where(frame["sex"] == "x", 0, rng.poisson(0.2 * frame["words"]))
    return frame


@each_seed
@pytest.mark.parametrize("clustered", [False, True])
def test_rates_and_their_differences_are_those_of_the_rows_one_by_one(clustered, seed):
    frame = _edits(seed, clustered)
    cubes = rates(frame, AXES, "cluster" if clustered else None)
    file = _file(frame, lambda u: (u["edits"], u["words"]), "rate")
    for row in estimate(cubes, [*AXES, ("sex", "age", "mine")]).itertuples():
        side = naive.Side(file, [u for u in file.units if _inside(u, row.slice)])
        assert (row.value, row.low, row.high) == pytest.approx((side.value, *side.limits()), **CLOSE), row
    for baseline in ("rest", "overall", "mine = yes"):
        for row in compare(cubes, ["sex"], baseline=baseline, min_units=1).itertuples():
            others = [u for u in file.units if not _inside(u, row.slice)]
            others = [u for u in file.units if u["mine"] == "yes"] if baseline == "mine = yes" else others
            one = naive.Side(file, [u for u in file.units if _inside(u, row.slice)])
            two = naive.Side(file, others)
            f = one.sums.x / (one.sums.x + two.sums.x) if baseline == "overall" else 0
            expected = [(1 - f) * x for x in naive.differ(one, two)]
            assert [row.value, row.low, row.high] == pytest.approx(expected, **CLOSE), (row, baseline)


@each_seed
@each_file
def test_an_auc_is_that_of_all_pairs_and_its_difference_that_of_the_placements(made, seed):
    frame = _table(seed, *made, n=150)
    cubes = _cube(frame)
    units = [u for u in _units(frame) if u["label"] is not None and u["w"] > 0]
    clustered = made[0]
    for row in estimate(cubes, ["sex", "age"], ["roc_auc"]).itertuples():
        found = naive.area([u for u in units if _inside(u, row.slice)], clustered)
        assert row.value == pytest.approx(found["value"], **CLOSE), row
        if not isnan(row.value):
            assert (row.low, row.high) == pytest.approx((found["low"], found["high"]), **CLOSE), row
    for baseline in ("rest", "overall", "mine = yes"):
        for row in compare(cubes, ["age"], ["roc_auc"], baseline=baseline, min_units=1).itertuples():
            others = {
                "rest": [u for u in units if not _inside(u, row.slice)],
                "overall": units,
                "mine = yes": [u for u in units if u["mine"] == "yes"],
            }[baseline]
            one = naive.area([u for u in units if _inside(u, row.slice)], clustered)
            two = naive.area(others, clustered)
            kind = "by_cluster" if clustered else "influence"
            shared = one[kind].keys() & two[kind].keys()
            cov = sum(one[kind][k] * two[kind][k] for k in shared)
            if clustered:
                either = len(one[kind].keys() | two[kind].keys())
                cov *= either / (either - 1)
            r = min(max(cov / sqrt(one["variance"] * two["variance"]), -1), 1) if shared else 0
            a, b = one["value"] - one["low"], two["high"] - two["value"]
            d = one["value"] - two["value"]
            low = d - sqrt(max(a * a + b * b - 2 * r * a * b, 0))
            assert (row.value, row.low) == pytest.approx((d, low), **CLOSE), (row, baseline)


def test_the_spread_of_two_groups_has_the_high_end_of_their_difference_where_clusters_span_them():
    frame = _table(0, True, False, False).drop(columns=["sex", "mine"])
    cubes = cube_of(frame, ["age"], {"prediction": "prediction", "score": "score"})
    names = ["roc_auc", "accuracy", "balanced_accuracy", "brier_score"]
    gaps, pairs = spread(cubes, metrics=names, min_units=1, floors=False), compare(cubes, metrics=names, min_units=1)
    for gap in gaps.itertuples():
        pair = pairs[(pairs["metric"] == gap.metric) & (pairs["slice"] == gap.highest)].iloc[0]
        high = max(pair["high"], -pair["low"])  # either group may be the better one
        assert (gap.difference, gap.high) == pytest.approx((pair["value"], high), **CLOSE)
        assert gap.low == pytest.approx(max(pair["low"], 0), **CLOSE)


def _regression(seed: int, made: tuple[bool, bool, bool]) -> pd.DataFrame:
    frame = _table(seed, *made)
    rng = np.random.default_rng(seed)
    frame["label"] = rng.normal(10, 3, len(frame))
    frame["prediction"] = np.where(
        rng.random(len(frame)) < 0.05, np.nan, frame["label"] + rng.normal(0.3, 1, len(frame))
    )
    return frame


@pytest.mark.parametrize("task", ["classification", "regression"])
@each_seed
@each_file
def test_every_metric_against_everyone_is_its_value_less_that_of_everyone_or_over_it(made, seed, task):
    cube = _cube(_table(seed, *made))
    if task == "regression":
        cube = cube_of(_regression(seed, made), AXES, task="regression", tolerance=1.0)
    values = estimate(cube, ["sex", "mine"]).set_index(["slice", "metric"])["value"]
    table = compare(cube, ["sex", "mine"], kinds=["difference", "ratio"], baseline="overall", min_units=1)
    for row in table[table["status"] != "no data"].itertuples():
        own, whole = values[row.slice, row.metric], values[Slice(), row.metric]
        expected = own - whole if row.kind == "difference" else own / whole
        assert row.value == pytest.approx(expected, rel=1e-9, abs=1e-12), row
        assert isnan(row.low) or row.low <= row.value + 1e-9
        assert isnan(row.high) or row.value <= row.high + 1e-9


@pytest.mark.parametrize("task", ["classification", "regression"])
@each_seed
@each_file
def test_the_rest_is_everyone_else_whose_group_is_known_measured_alone(made, seed, task):
    frame = _regression(seed, made) if task == "regression" else _table(seed, *made)
    schema = {"task": "regression", "tolerance": 1.0} if task == "regression" else {}
    answers = {"prediction": "prediction"} | ({} if task == "regression" else {"score": "score"})
    known = frame[frame["sex"].notna()].reset_index(drop=True)
    known["sex"] = np.where(known["sex"] == "f", "f", "others")
    values = estimate(cube_of(known, AXES, answers, **schema), ["sex"]).set_index(["slice", "metric"])["value"]
    table = compare(cube_of(frame, AXES, answers, **schema), ["sex"], min_units=1)
    mine, rest = Slice((("sex", "f"),)), Slice((("sex", "others"),))
    for row in table[table["slice"] == mine].itertuples():
        assert row.value == pytest.approx(values[mine, row.metric] - values[rest, row.metric], **CLOSE), row.metric
