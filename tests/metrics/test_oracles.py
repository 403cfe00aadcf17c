"""Every metric equals that of an independent library, on seeded random tables."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import fairlearn.metrics as fairlearn
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from metrics.compare import compare
from metrics.criteria import criteria
from metrics.cube import count_cells
from metrics.estimate import estimate
from metrics.results import read_results
from metrics.schema import Schema, System
from metrics.scored import score
from metrics.slices import Slice
from metrics.spread import spread
from tests.metrics.build import cube_of

SEEDS = [0, 1, 2]


def _table(seed: int, n: int = 400) -> pd.DataFrame:
    """Units of groups of very different sizes, one of them a single unit, with weights."""
    rng = np.random.default_rng(seed)
    group = np.where(np.arange(n) == 0, "alone", rng.choice(["a", "b", "c"], n, p=[0.7, 0.25, 0.05]))
    score_ = np.round(rng.beta(2, 2, n), 2)
    return pd.DataFrame(
        {
            "group": group,
            "label": (rng.random(n) < 0.2 + 0.6 * score_).astype(int),
            "prediction": (score_ + rng.normal(0, 0.2, n) > 0.5).astype(int),
            "score": score_,
            "weight": rng.choice([0.5, 1.0, 3.0], n),
        }
    )


def _part(top: float, below: float) -> float:
    return top / below if below else np.inf if top else np.nan


# Each takes labels, predictions, scores and weights. Where scikit-learn warns and gives a number, ours is undefined.
ORACLES: dict[str, Callable[..., float]] = {
    "selection_rate": lambda y, p, s, w: fairlearn.selection_rate(y, p, sample_weight=w),
    "base_rate": lambda y, p, s, w: np.average(y, weights=w),
    "accuracy": lambda y, p, s, w: sk.accuracy_score(y, p, sample_weight=w),
    "error_rate": lambda y, p, s, w: sk.zero_one_loss(y, p, sample_weight=w),
    "true_positive_rate": lambda y, p, s, w: sk.recall_score(y, p, sample_weight=w, zero_division=np.nan),
    "false_negative_rate": lambda y, p, s, w: 1 - sk.recall_score(y, p, sample_weight=w, zero_division=np.nan),
    "false_positive_rate": lambda y, p, s, w: (
        1 - sk.recall_score(y, p, pos_label=0, sample_weight=w, zero_division=np.nan)
    ),
    "true_negative_rate": lambda y, p, s, w: sk.recall_score(y, p, pos_label=0, sample_weight=w, zero_division=np.nan),
    "positive_predictive_value": lambda y, p, s, w: sk.precision_score(y, p, sample_weight=w, zero_division=np.nan),
    "negative_predictive_value": lambda y, p, s, w: sk.precision_score(
        y, p, pos_label=0, sample_weight=w, zero_division=np.nan
    ),
    "false_discovery_rate": lambda y, p, s, w: 1 - sk.precision_score(y, p, sample_weight=w, zero_division=np.nan),
    "false_omission_rate": lambda y, p, s, w: (
        1 - sk.precision_score(y, p, pos_label=0, sample_weight=w, zero_division=np.nan)
    ),
    "f1": lambda y, p, s, w: sk.f1_score(y, p, sample_weight=w, zero_division=np.nan),
    "balanced_accuracy": lambda y, p, s, w: (
        sk.balanced_accuracy_score(y, p, sample_weight=w) if len(set(y)) == 2 else np.nan
    ),
    "matthews_correlation": lambda y, p, s, w: (
        sk.matthews_corrcoef(y, p, sample_weight=w) if len(set(y)) == 2 and len(set(p)) == 2 else np.nan
    ),
    "roc_auc": lambda y, p, s, w: sk.roc_auc_score(y, s, sample_weight=w) if len(set(y)) == 2 else np.nan,
    "brier_score": lambda y, p, s, w: sk.brier_score_loss(y, s, sample_weight=w),
    "log_loss": lambda y, p, s, w: sk.log_loss(y, s, sample_weight=w, labels=[0, 1]),
    "calibration_in_the_large": lambda y, p, s, w: np.average(s - y, weights=w),
    "false_negatives_per_false_positive": lambda y, p, s, w: _part(
        float((w * ((y == 1) & (p == 0))).sum()), float((w * ((y == 0) & (p == 1))).sum())
    ),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ORACLES)
def test_a_metric_equals_the_library_on_every_group(name, weighted, seed):
    frame = _table(seed)
    cube = cube_of(
        frame if weighted else frame.drop(columns="weight"), ["group"], {"prediction": "prediction", "score": "score"}
    )
    found = estimate(cube, metrics=[name]).set_index("slice")["value"]
    for level, rows in [(None, frame), *frame.groupby("group")]:
        weight = rows["weight"] if weighted else pd.Series(1.0, index=rows.index)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = ORACLES[name](rows["label"], rows["prediction"], rows["score"], weight)
        ours = found[Slice(((("group", str(level))),) if level else ())]
        assert ours == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True), level


@pytest.mark.parametrize("seed", SEEDS)
def test_expected_calibration_error_equals_the_sum_over_ten_bins_by_hand(seed):
    frame = _table(seed)
    bins = np.minimum((frame["score"] * 10).astype(int), 9)
    gaps = frame.groupby(bins)[["score", "label"]].sum()
    found = estimate(
        cube_of(frame.drop(columns="weight"), ["group"], {"score": "score"}), [], ["expected_calibration_error"]
    )

    assert found["value"].iloc[0] == pytest.approx((gaps["score"] - gaps["label"]).abs().sum() / len(frame))


@pytest.mark.parametrize("seed", SEEDS)
def test_gaps_equal_those_of_fairlearn(seed):
    frame = _table(seed)
    frame = frame[frame["group"] != "alone"].reset_index(drop=True)
    functions = {"selection_rate": fairlearn.selection_rate, "false_positive_rate": fairlearn.false_positive_rate}
    theirs = fairlearn.MetricFrame(
        metrics=functions, y_true=frame["label"], y_pred=frame["prediction"], sensitive_features=frame["group"]
    )
    cube = cube_of(frame.drop(columns=["weight", "score"]), ["group"])
    ours = spread(cube, metrics=list(functions), min_units=1, floors=False).set_index("metric")
    largest = compare(cube, metrics=list(functions), baseline="overall", min_units=1)

    for name in functions:
        assert ours.loc[name, "difference"] == pytest.approx(theirs.difference()[name])
        assert ours.loc[name, "ratio"] == pytest.approx(theirs.ratio()[name])
        mine = largest[largest["metric"] == name]["value"].abs().max()
        assert mine == pytest.approx(theirs.difference(method="to_overall")[name])


@pytest.mark.parametrize("seed", SEEDS)
def test_criteria_equal_those_of_fairlearn(seed):
    frame = _table(seed)
    frame = frame[frame["group"] != "alone"].reset_index(drop=True)
    found = criteria(cube_of(frame.drop(columns=["weight", "score"]), ["group"]), min_units=1).set_index("name")
    arguments = {"y_true": frame["label"], "y_pred": frame["prediction"], "sensitive_features": frame["group"]}

    for name in ("demographic_parity", "equalized_odds", "equal_opportunity"):
        assert found.loc[name, "difference"] == pytest.approx(getattr(fairlearn, f"{name}_difference")(**arguments))
        assert found.loc[name, "ratio"] == pytest.approx(getattr(fairlearn, f"{name}_ratio")(**arguments))


@pytest.mark.parametrize("seed", SEEDS)
def test_inequality_indices_equal_the_formula_person_by_person(seed):
    frame = _table(seed)
    found = criteria(cube_of(frame.drop(columns=["weight", "score"]), ["group"])).set_index("name")["value"]
    benefit = frame["prediction"] - frame["label"] + 1
    relative = benefit / benefit.mean()

    assert found["generalized_entropy"] == pytest.approx(((relative**2 - 1) / 2).mean())
    assert found["theil_index"] == pytest.approx(
        np.where(relative > 0, relative * np.log(relative.where(relative > 0, 1)), 0).mean()
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_conditional_demographic_disparity_equals_the_strata_counted_by_hand(seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"group": rng.choice(["a", "b"], 300), "stratum": rng.choice(["x", "y", "z"], 300)})
    frame["prediction"] = (rng.random(300) < np.where(frame["group"] == "a", 0.3, 0.6)).astype(int)
    pooled = {}
    for level in ("a", "b"):
        total = 0.0
        for _, rows in frame.groupby("stratum"):
            member, refused = rows["group"] == level, rows["prediction"] == 0
            total += len(rows) * (member[refused].mean() - member[~refused].mean())
        pooled[level] = total / len(frame)
    found = criteria(
        cube_of(frame, ["group", "stratum"]), ["group"], ["conditional_demographic_disparity"], strata=["stratum"]
    )

    assert found["value"].iloc[0] == pytest.approx(max(pooled.values()))


@pytest.mark.parametrize("seed", SEEDS)
def test_several_classes_equal_scikit_learn_class_by_class_and_on_average(seed):
    rng = np.random.default_rng(seed)
    classes = ["bird", "cat", "dog"]
    frame = pd.DataFrame({"group": rng.choice(["a", "b"], 300), "label": rng.choice(classes, 300, p=[0.6, 0.3, 0.1])})
    frame["prediction"] = np.where(rng.random(300) < 0.6, frame["label"], rng.choice(classes, 300))
    found = estimate(cube_of(frame, ["group"], positive=())).set_index(["slice", "metric"])["value"]
    for level, rows in [(None, frame), *frame.groupby("group")]:
        ours = found[Slice((("group", str(level)),) if level else ())]
        y, p = rows["label"], rows["prediction"]
        assert ours["accuracy"] == pytest.approx(sk.accuracy_score(y, p))
        for name, function in {
            "true_positive_rate": sk.recall_score,
            "positive_predictive_value": sk.precision_score,
            "f1": sk.f1_score,
        }.items():
            assert ours[f"macro_{name}"] == pytest.approx(function(y, p, average="macro"))
            each = function(y, p, average=None, labels=classes)
            assert [ours[f"{name}[{c}]"] for c in classes] == pytest.approx(list(each))
        for c in classes:
            assert ours[f"matthews_correlation[{c}]"] == pytest.approx(sk.matthews_corrcoef(y == c, p == c))
            assert ours[f"balanced_accuracy[{c}]"] == pytest.approx(sk.balanced_accuracy_score(y == c, p == c))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_regression_equals_scikit_learn(seed, weighted):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"group": rng.choice(["a", "b", "c"], 200, p=[0.7, 0.25, 0.05]), "label": rng.normal(50, 10, 200)}
    )
    frame["prediction"] = frame["label"] + rng.normal(1, 5, 200)
    frame["weight"] = rng.choice([0.5, 1.0, 3.0], 200)
    cube = cube_of(frame if weighted else frame.drop(columns="weight"), ["group"], task="regression", tolerance=3.0)
    found = estimate(cube).set_index(["slice", "metric"])["value"]
    for level, rows in [(None, frame), *frame.groupby("group")]:
        ours = found[Slice((("group", str(level)),) if level else ())]
        y, p, w = rows["label"], rows["prediction"], rows["weight"] if weighted else None
        expected: dict[str, Any] = {
            "mean_error": np.average(p - y, weights=w),
            "mean_absolute_error": sk.mean_absolute_error(y, p, sample_weight=w),
            "root_mean_squared_error": sk.root_mean_squared_error(y, p, sample_weight=w),
            "r_squared": sk.r2_score(y, p, sample_weight=w),
            "share_within_tolerance": np.average((p - y).abs() <= 3, weights=w),
        }
        for name, value in expected.items():
            assert ours[name] == pytest.approx(value, rel=1e-9), (level, name)


def test_three_systems_of_one_file_equal_each_measured_alone():
    rng = np.random.default_rng(3)
    frame = _table(3).drop(columns=["weight", "score", "prediction"])
    for name in ("one", "two", "three"):
        frame[name] = rng.integers(0, 2, len(frame))
    names = ("one", "two", "three")
    schema = Schema(
        columns={"label": "label"},
        systems=tuple(System(None, {"prediction": name}) for name in names),
        positive=("1",),
        without=("id", "cluster", "weight", "count"),
    )
    together = estimate(count_cells(score(read_results(frame, schema, by=["group"]))))
    long = frame.melt(["group", "label"], list(names), var_name="system", value_name="prediction")
    by_column = Schema(
        columns={"label": "label", "system": "system"},
        systems=(System(None, {"prediction": "prediction"}),),
        positive=("1",),
        without=("id", "cluster", "weight", "count"),
    )
    from_long = estimate(count_cells(score(read_results(long, by_column, by=["group"]))))
    numbers = ["value", "low", "high", "top", "below"]
    for name in names:
        alone = frame.rename(columns={name: "prediction"})[["group", "label", "prediction"]]
        expected = estimate(cube_of(alone, ["group"]))
        for table in (together, from_long):
            mine = table[table["system"] == name].reset_index(drop=True)
            assert mine["slice"].tolist() == expected["slice"].tolist()
            np.testing.assert_allclose(mine[numbers].to_numpy(float), expected[numbers].to_numpy(float))
