"""Files at the edge: absurd numbers, huge counts, zero weights, groups that are everyone, missing or tied."""

from __future__ import annotations

from math import inf, isnan

import numpy as np
import pandas as pd
import pytest

from metrics import noise
from metrics.compare import compare
from metrics.criteria import criteria
from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.slices import Slice
from metrics.spread import spread
from tests.metrics.build import cube_of

SCORED = {"prediction": "prediction", "score": "score"}


def _group(table: pd.DataFrame, level: str) -> pd.DataFrame:
    rows: pd.DataFrame = table[table["slice"] == Slice((("group", level),))]
    return rows.reset_index(drop=True)


def _confusions(groups: dict[str, tuple[int, int, int, int]]) -> pd.DataFrame:
    """Rows of groups with so many true positives, false positives, false negatives and true negatives."""
    kinds = ((1, 1), (0, 1), (1, 0), (0, 0))
    rows = [(g, *kind) for g, counts in groups.items() for kind, n in zip(kinds, counts, strict=True) for _ in range(n)]
    return pd.DataFrame(rows, columns=["group", "label", "prediction"])


def _regression(outlier: float) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"group": np.repeat(["a", "b", "c"], 60), "label": rng.normal(10, 2, 180)})
    frame["prediction"] = frame["label"] + rng.normal(0, 1, 180)
    frame.loc[0, "prediction"] = outlier
    return frame


@pytest.mark.parametrize("outlier", [1e6, 1e10])
def test_an_absurd_number_in_one_group_leaves_the_digits_of_another_alone(outlier):
    frame = _regression(outlier)
    alone = frame[frame["group"] == "b"].reset_index(drop=True)
    numbers = ["value", "low", "high"]
    beside = _group(estimate(cube_of(frame, ["group"], task="regression")), "b")
    expected = _group(estimate(cube_of(alone, ["group"], task="regression")), "b")

    np.testing.assert_allclose(beside[numbers], expected[numbers], rtol=1e-9)


@pytest.mark.parametrize("baseline", ["rest", "overall"])
def test_an_absurd_number_in_a_slice_leaves_the_digits_of_the_others_together_alone(baseline):
    frame = _regression(1e10)
    together = frame.assign(group=np.where(frame["group"] == "a", "a", "others"))
    numbers = ["value", "low", "high", "p"]
    three, two = (compare(cube_of(f, ["group"], task="regression"), baseline=baseline) for f in (frame, together))

    np.testing.assert_allclose(_group(three, "a")[numbers], _group(two, "a")[numbers], rtol=1e-9)


def test_rows_that_stand_for_billions_have_values_gaps_and_a_noise_floor():
    frame = _confusions({"a": (1, 1, 1, 1), "b": (1, 1, 1, 1), "c": (1, 1, 1, 1)})
    frame["count"] = [2**40, 2**41, 2**42, 5, 7, 2**45, 3, 2**40, 2**50, 1, 1, 2**50]
    cube = cube_of(frame, ["group"])
    found = _group(estimate(cube, metrics=["accuracy"]), "a").iloc[0]
    floors = spread(cube, metrics=["accuracy", "selection_rate", "f1"])["noise_floor"]

    assert found["below"] == found["units"] == 2**40 + 2**41 + 2**42 + 5
    assert found["value"] == pytest.approx((2**40 + 5) / found["below"])
    assert (floors > 0).all() and (floors < 1e-5).all()


def test_hits_among_more_units_than_can_be_dealt_from_fall_as_among_fewer(monkeypatch):
    groups, hits = np.array([50, 70, 1_000_000]), 400_000
    exact = noise._deal_exactly(groups, hits, 20_000, np.random.default_rng(0))
    monkeypatch.setattr(noise, "_MOST_DEALT", 1)
    found = noise._deal_exactly(groups, hits, 20_000, np.random.default_rng(1))

    assert (found.sum(axis=1) == hits).all()
    np.testing.assert_allclose(found.mean(axis=0), exact.mean(axis=0), rtol=0.01)
    np.testing.assert_allclose(found.std(axis=0), exact.std(axis=0), rtol=0.03)


def test_weights_that_add_up_to_the_number_of_rows_are_weights():
    frame = _confusions({"a": (20, 10, 10, 20)})
    frame["weight"] = np.where(np.arange(60) % 2, 0.5, 1.5)  # every outcome has as much weight as rows
    found = estimate(cube_of(frame, ["group"]), [], ["accuracy"]).iloc[0]

    assert found["effective_units"] == pytest.approx(60**2 / (30 * 0.25 + 30 * 2.25))


def test_a_slice_whose_weights_are_all_zero_has_no_data():
    frame = _confusions({"a": (20, 10, 10, 20), "b": (5, 5, 5, 5)})
    frame["score"] = np.linspace(0, 1, len(frame))
    frame["weight"] = (frame["group"] == "a") * 1.0
    cube = cube_of(frame, ["group"], SCORED)
    found = _group(estimate(cube, metrics=["accuracy", "f1", "roc_auc", "brier_score"]), "b")

    assert (found["status"] == "no data").all() and found["value"].isna().all()
    assert found["units"].tolist() == [20] * 4


@pytest.mark.parametrize(
    "metric", ["accuracy", "f1", "balanced_accuracy", "matthews_correlation", "roc_auc", "brier_score"]
)
def test_a_slice_that_is_everyone_has_no_data_against_everyone(metric):
    frame = _confusions({"a": (40, 30, 30, 40)}).assign(score=np.linspace(0, 1, 140))
    found = compare(cube_of(frame, ["group"], SCORED), metrics=[metric], baseline="overall").iloc[0]

    assert found["status"] == "no data" and isnan(found["value"]) and isnan(found["p"])


@pytest.mark.parametrize("baseline", ["best", "largest"])
def test_a_baseline_that_no_group_can_be_is_named_and_has_no_data(baseline):
    frame = _confusions({"a": (2, 2, 2, 2)}).assign(group=None)
    found = compare(cube_of(frame, ["group"]), metrics=["accuracy"], baseline=baseline).iloc[0]

    assert (found["baseline"], found["status"]) == (baseline, "no data")


def test_the_best_is_of_the_groups_with_enough_units_and_the_first_of_equals():
    groups = {"a": (20, 0, 20, 0), "b": (30, 0, 10, 0), "c": (45, 0, 15, 0), "tiny": (5, 0, 0, 0)}
    table = compare(cube_of(_confusions(groups), ["group"]), metrics=["true_positive_rate"], baseline="best")

    assert set(table["baseline"]) == {"group = b"}
    assert _group(table, "tiny")["status"].tolist() == ["too few"]
    assert _group(table, "b")[["value", "low", "high"]].values.tolist() == [[0, 0, 0]]


def test_missing_groups_are_compared_but_no_part_of_rest_best_largest_or_a_spread():
    frame = _confusions({"a": (40, 0, 10, 0), "b": (30, 0, 30, 0), "?": (200, 0, 1, 0)})
    frame["group"] = frame["group"].where(frame["group"] != "?")
    cube = cube_of(frame, ["group"])
    rest, best, largest = (
        compare(cube, metrics=["true_positive_rate"], baseline=b).iloc[-1] for b in ("rest", "best", "largest")
    )
    gaps = spread(cube, metrics=["true_positive_rate"]).iloc[0]

    assert rest["slice"] == Slice((("group", "(missing)"),))
    assert rest["value"] == pytest.approx(200 / 201 - 70 / 110)
    assert (best["baseline"], largest["baseline"]) == ("group = a", "group = b")
    assert gaps["difference"] == pytest.approx(0.8 - 0.5)
    assert gaps["left_out"] == [rest["slice"]]


def test_a_ratio_without_an_interval_is_no_test():
    # Matthews' correlation may be negative, and a ratio of what may be negative says nothing.
    frame = _confusions({"a": (20, 18, 18, 20), "b": (30, 10, 10, 30), "c": (30, 5, 5, 30)})
    table = compare(cube_of(frame, ["group"]), metrics=["matthews_correlation"], kinds=["difference", "ratio"])
    difference, ratio = (_group(table[table["kind"] == k], "a").iloc[0] for k in ("difference", "ratio"))

    assert not isnan(difference["p_adjusted"])
    assert isnan(ratio["low"]) and isnan(ratio["high"])
    assert isnan(ratio["p"]) and isnan(ratio["p_adjusted"])


def test_infinite_odds_are_tested_by_their_finite_end_and_count_in_the_family():
    frame = _confusions({"a": (10, 0, 40, 10), "b": (10, 20, 20, 10), "c": (10, 21, 20, 10)})
    name = "false_negatives_per_false_positive"
    cube = cube_of(frame, ["group"])
    value = _group(estimate(cube, metrics=[name]), "a").iloc[0]
    found = _group(compare(cube, metrics=[name]), "a").iloc[0]

    assert value["value"] == value["high"] == found["value"] == inf
    assert (value["top"], value["below"], value["status"]) == (40, 0, "ok")
    assert 0 < found["low"] < inf and 0 < found["p"] < 0.001
    assert found["p_adjusted"] == pytest.approx(3 * found["p"])


def test_a_metric_from_too_few_of_one_class_is_too_few_whatever_the_rows():
    frame = _confusions({"a": (10, 40, 10, 60)}).assign(score=np.linspace(0, 1, 120))
    found = estimate(cube_of(frame, ["group"], SCORED), []).set_index("metric")["status"]

    assert found[["roc_auc", "balanced_accuracy", "true_positive_rate"]].tolist() == ["too few"] * 3
    assert found[["accuracy", "false_positive_rate", "matthews_correlation", "brier_score"]].tolist() == ["ok"] * 4


@pytest.mark.parametrize("n_classes", [15, 16, 255])
def test_as_many_classes_as_fill_a_byte_are_counted(n_classes):
    words = [f"c{i}" for i in range(n_classes)]
    frame = pd.DataFrame({"group": "a", "label": words, "prediction": [*words[:-1], words[0]]})
    found = estimate(cube_of(frame, ["group"], positive=()), metrics=["accuracy"])

    assert found["top"].tolist() == [n_classes - 1] * 2


def test_questions_that_the_columns_cannot_answer_are_refused():
    frame = _confusions({"a": (20, 10, 10, 20)})
    words = frame.replace({"label": {1: "y", 0: "n"}, "prediction": {1: "y", 0: "n"}})
    for cube in (cube_of(words, ["group"], positive=()), cube_of(frame, ["group"], task="regression")):
        for ask in (estimate, compare, spread):
            with pytest.raises(QuestionError, match="no metric that these columns allow called 'selection_rate'"):
                ask(cube, metrics=["selection_rate"])


def test_a_criterion_whose_groups_have_no_denominator_has_no_data():
    frame = _confusions({"a": (40, 0, 10, 0), "b": (30, 0, 20, 0), "c": (3, 0, 3, 0)})
    found = criteria(cube_of(frame, ["group"])).set_index("name")["status"]

    assert found[["equal_opportunity", "predictive_equality"]].tolist() == ["ok", "no data"]
    lone = criteria(cube_of(_confusions({"a": (40, 0, 10, 0), "b": (3, 0, 2, 0)}), ["group"])).set_index("name")
    assert lone.loc["equal_opportunity", "status"] == "too few"


@pytest.mark.parametrize("criterion", ["conditional_demographic_disparity", "calibration_within_groups"])
def test_groups_of_few_clusters_are_left_out_of_criteria(criterion):
    frame = _confusions(dict.fromkeys("abc", (60, 60, 60, 60)))
    frame["score"], frame["stratum"] = 0.25 + 0.5 * (np.arange(720) % 2), np.arange(720) % 3
    frame["cluster"] = np.where(frame["group"] == "c", np.arange(720) % 5, 10 + np.arange(720) % 40)
    cube = cube_of(frame, ["group", "stratum"], SCORED)
    found = criteria(cube, ["group"], [criterion], strata=["stratum"]).iloc[0]

    assert found["status"] == "ok"
    assert found["left_out"] == [Slice((("group", "c"),))]


def test_a_mean_over_classes_is_too_few_where_one_class_is():
    counts = {("x", "x"): 50, ("x", "y"): 10, ("y", "y"): 45, ("z", "z"): 12, ("z", "x"): 5}
    rows = [(label, said) for (label, said), n in counts.items() for _ in range(n)]
    frame = pd.DataFrame(rows, columns=["label", "prediction"]).assign(group="a")
    found = estimate(cube_of(frame, ["group"], positive=()), []).set_index("metric")

    assert found.loc["macro_true_positive_rate", "value"] == pytest.approx((50 / 60 + 1 + 12 / 17) / 3)
    assert found.loc[["macro_true_positive_rate", "accuracy"], "status"].tolist() == ["too few", "ok"]


def test_a_spread_has_no_high_end_where_one_of_its_groups_has_no_interval():
    frame = _confusions({"a": (40, 0, 0, 40), "b": (30, 10, 10, 30), "c": (28, 12, 12, 28)})
    found = spread(cube_of(frame, ["group"]), metrics=["matthews_correlation", "accuracy"]).set_index("metric")

    assert found.loc["matthews_correlation", "difference"] == pytest.approx(0.6)
    assert isnan(found.loc["matthews_correlation", "high"])
    assert found.loc["accuracy", "low"] <= found.loc["accuracy", "difference"] <= found.loc["accuracy", "high"]


def test_a_third_group_of_one_class_keeps_two_tests_apart_where_it_adds_to_the_rest():
    # c has no negatives: against the rest it is no data, but its positives are part of the rest of a and of b.
    frame = _confusions({"a": (40, 20, 10, 40), "b": (35, 15, 15, 45), "c": (5, 0, 45, 0)})
    table = compare(cube_of(frame, ["group"]), metrics=["balanced_accuracy", "false_positive_rate"])
    together, alone = (table[table["metric"] == m] for m in ("balanced_accuracy", "false_positive_rate"))

    (least, most), adjusted = sorted(together["p"].dropna()), sorted(together["p_adjusted"].dropna())
    assert least < most and adjusted == pytest.approx([min(2 * least, 1), min(max(2 * least, most), 1)])
    assert alone["p_adjusted"].dropna().tolist() == pytest.approx(alone["p"].dropna().tolist())
