"""The published examples of the statistics, through the functions that people call."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from metrics.compare import compare
from metrics.cube import Cube, Cubes
from metrics.estimate import estimate
from metrics.slices import Slice
from metrics.spread import spread
from tests.metrics.build import cube_of, rates, selections
from tests.metrics.vectors import examples, number

CLOSE = {"abs": 1e-6}


def _cells(rows: list[dict[str, Any]], axes: list[str]) -> Cubes:
    """One row a unit from cells of n units of a cluster, k of them selected."""
    units = [{**cell, "prediction": int(i < cell["k"])} for cell in rows for i in range(cell["n"])]
    return cube_of(pd.DataFrame(units), axes)


def _slice(axis: str, level: str) -> Slice:
    return Slice(((axis, level),))


def _row(frame: pd.DataFrame, axis: str, level: str) -> pd.Series:
    return frame[frame["slice"] == _slice(axis, level)].iloc[0]


def _axis_of(cube: Cubes, level: str) -> str:
    return next(a.name for a in cube.axes if level in a.levels)


@pytest.mark.parametrize("vector", examples("share"))
def test_a_share_has_wilsons_limits(vector):
    given, expected = vector["input"], vector["expected"]
    found = estimate(selections({"a": (given["top"], given["below"])}), confidence=given["level"]).iloc[0]

    assert [number(found[c]) for c in ("value", "low", "high")] == [
        None if expected[c] is None else pytest.approx(expected[c], **CLOSE) for c in ("value", "low", "high")
    ]
    assert found["status"] == expected["status"]


@pytest.mark.parametrize("vector", examples("difference", "ratio"))
def test_a_comparison_follows_from_the_limits_of_its_sides(vector):
    given, expected = vector["input"], vector["expected"]
    if "edits" in given:
        one, two = ((given[e], given[w]) for e, w in (("edits", "words"), ("baseline_edits", "baseline_words")))
        frame = pd.DataFrame({"group": ["a"] * len(one[0]) + ["b"] * len(two[0])})
        cube = rates(frame.assign(edits=[*one[0], *two[0]], words=[*one[1], *two[1]]), ["group"])
    else:
        cube = selections({"a": (given["top"], given["below"]), "b": (given["baseline_top"], given["baseline_below"])})
    found = _row(compare(cube, kinds=[vector["rule"]], confidence=given["level"], min_units=1), "group", "a")

    for name in ("value", "low", "high", "p"):
        if name in expected:
            assert number(found[name]) == pytest.approx(expected[name], **CLOSE), name
    assert found["status"] == expected.get("status", "ok")


@pytest.mark.parametrize("vector", examples("overall"))
def test_a_difference_from_everyone_is_the_part_that_is_not_the_slice(vector):
    given, expected = vector["input"], vector["expected"]
    rest = (given["overall_top"] - given["top"], given["overall_below"] - given["below"])
    groups = {"a": (given["top"], given["below"])} | ({"b": rest} if rest[1] else {})
    table = compare(selections(groups), kinds=["difference", "ratio"], baseline="overall", min_units=1)
    difference, ratio = (_row(table[table["kind"] == k], "group", "a") for k in ("difference", "ratio"))

    assert [number(difference[c]) for c in ("value", "low", "high", "p")] == pytest.approx(
        [expected[c] for c in ("value", "low", "high", "p")], **CLOSE
    )
    if "ratio" in expected:
        assert [ratio[c] for c in ("value", "low", "high")] == pytest.approx(
            [expected[c] for c in ("ratio", "ratio_low", "ratio_high")], **CLOSE
        )
    assert difference["status"] == expected.get("status", "ok")


@pytest.mark.parametrize("vector", examples("overlap"))
def test_slices_that_overlap_take_off_their_covariance(vector):
    given, expected = vector["input"], vector["expected"]
    both, bottom = given["both_top"], given["both_below"]
    cells = [("yes", "yes", both, bottom), ("yes", "no", given["top"] - both, given["below"] - bottom)]
    cells += [("no", "yes", given["baseline_top"] - both, given["baseline_below"] - bottom)]
    rows = [(a, b, int(i < top)) for a, b, top, below in cells for i in range(below)]
    cube = cube_of(pd.DataFrame(rows, columns=["one", "two", "prediction"]), ["one", "two"])
    table = compare(cube, ["one"], kinds=["difference", "ratio"], baseline="two = yes", min_units=1)
    difference, ratio = (_row(table[table["kind"] == k], "one", "yes") for k in ("difference", "ratio"))

    for column in ("value", "low", "high", "p"):
        if column in expected:
            assert difference[column] == pytest.approx(expected[column], **CLOSE), column
    if "ratio" in expected:
        assert [ratio["value"], ratio["low"], ratio["high"]] == pytest.approx(
            [expected["ratio"], expected["ratio_low"], expected["ratio_high"]], **CLOSE
        )


@pytest.mark.parametrize("vector", examples("cluster_share"))
def test_clusters_are_the_sample_of_a_share(vector):
    given, expected = vector["input"], vector["expected"]
    cube = _cells(given["cells"], given["attributes"])
    table = estimate(cube, confidence=given["level"])
    for level, numbers in expected["slices"].items():
        found = table.iloc[0] if level == "everyone" else _row(table, _axis_of(cube, level), level)
        names = {"value": "p", "effective_units": "n_eff", "low": "low", "high": "high", "clusters": "C"}
        assert [number(found[column]) for column in names] == [
            None if numbers[key] is None else pytest.approx(numbers[key], **CLOSE) for key in names.values()
        ], level


@pytest.mark.parametrize("vector", examples("cluster_difference"))
def test_clusters_on_both_sides_take_off_their_covariance(vector):
    given, expected = vector["input"], vector["expected"]
    cube = _cells(given["cells"], given["attributes"])
    axis = _axis_of(cube, given["slice"])
    for baseline in ("rest", _slice(axis, given["baseline"])):
        table = compare(cube, [axis], kinds=["difference", "ratio"], baseline=baseline, confidence=given["level"])
        difference, ratio = (_row(table[table["kind"] == k], axis, given["slice"]) for k in ("difference", "ratio"))
        assert [difference[c] for c in ("value", "low", "high", "p")] == pytest.approx(
            [expected[c] for c in ("value", "low", "high", "p")], **CLOSE
        )
        assert [ratio[c] for c in ("value", "low", "high")] == pytest.approx(
            [expected[c] for c in ("ratio", "ratio_low", "ratio_high")], **CLOSE
        )


@pytest.mark.parametrize("vector", examples("cluster_rate"))
def test_clusters_are_the_sample_of_a_rate(vector):
    given, expected = vector["input"], vector["expected"]
    frame = pd.DataFrame(given["rows"])
    level = given.get("slice", "B" if "second" in vector["name"] or "zero" in vector["name"] else "A")
    found = _row(estimate(rates(frame, ["group"], "speaker"), confidence=given["level"]), "group", level)

    assert [found["value"], found["low"], found["high"], found["clusters"]] == pytest.approx(
        [expected["value"], expected["low"], expected["high"], expected["C"]], **CLOSE
    )


# One of the examples of a rate is a mean absolute error: half an edit is none.
OF_ERRORS = "rate.mean_absolute_error"


@pytest.mark.parametrize("vector", [v for v in examples("rate") if v.id != OF_ERRORS])
def test_a_rate_has_wilsons_form_without_the_one_minus_p(vector):
    given, expected = vector["input"], vector["expected"]
    groups = {"a": given.get("slice", given)} | {f"other {i}": o for i, o in enumerate(given.get("others", []))}
    rows = [(g, e, w) for g, o in groups.items() for e, w in zip(o["edits"], o["words"], strict=True)]
    cube = rates(pd.DataFrame(rows, columns=["group", "edits", "words"]), ["group"])
    found = _row(estimate(cube, confidence=given["level"]), "group", "a")

    assert found["value"] == pytest.approx(expected["value"], **CLOSE)
    assert [number(found["low"]), number(found["high"])] == [
        pytest.approx(expected[c], **CLOSE) if expected[c] is not None else None for c in ("low", "high")
    ]


@pytest.mark.parametrize(
    "vector", [*examples("rmse", "signed_mean"), *(v for v in examples("rate") if v.id == OF_ERRORS)]
)
def test_errors_of_a_regression_have_their_limits(vector):
    given, expected = vector["input"], vector["expected"]
    errors = np.array(given.get("errors", given.get("edits")), float)
    frame = pd.DataFrame({"label": np.zeros(len(errors)), "prediction": errors, "group": "a"})
    names = {"rmse": "root_mean_squared_error", "signed_mean": "mean_error", "rate": "mean_absolute_error"}
    name = names[vector["rule"]]
    found = estimate(cube_of(frame, ["group"], task="regression"), metrics=[name], confidence=given["level"]).iloc[0]

    assert [found["value"], found["low"], found["high"]] == pytest.approx(
        [expected["value"], expected["low"], expected["high"]], **CLOSE
    )


def _confusion(tp: int = 0, fp: int = 0, fn: int = 0, tn: int = 0) -> Cube:
    rows = [(1, 1)] * tp + [(0, 1)] * fp + [(1, 0)] * fn + [(0, 0)] * tn
    return cube_of(pd.DataFrame(rows, columns=["label", "prediction"]).assign(group="a"), ["group"])[0]


@pytest.mark.parametrize("vector", examples("f1", "fn_fp_ratio", "mcc"))
def test_functions_of_the_confusion_counts_have_their_limits(vector):
    given, expected = dict(vector["input"]), vector["expected"]
    level = given.pop("level")
    names = {"f1": "f1", "fn_fp_ratio": "false_negatives_per_false_positive", "mcc": "matthews_correlation"}
    cube = _confusion(**given) if sum(given.values()) else _confusion(tn=3)
    found = estimate(cube, metrics=[names[vector["rule"]]], confidence=level).iloc[0]

    for column in ("value", "low", "high"):
        expected_number = expected[column]
        assert number(found[column]) == (
            None if expected_number is None else pytest.approx(expected_number, abs=vector["tolerance"])
        ), column
    if "status" in expected:
        assert found["status"] == expected["status"]


@pytest.mark.parametrize("vector", examples("auc"))
def test_an_area_under_the_curve_has_wilsons_limits_at_its_effective_n(vector):
    given, expected = vector["input"], vector["expected"]
    rows = [(1, s) for s in given["positives"]] + [(0, s) for s in given["negatives"]]
    frame = pd.DataFrame(rows, columns=["label", "score"]).assign(group="a")
    cube = cube_of(frame, ["group"], {"score": "score"})
    found = estimate(cube, metrics=["roc_auc"], confidence=given["level"]).iloc[0]

    assert [number(found["value"]), number(found["low"]), number(found["high"])] == [
        None if expected[c] is None else pytest.approx(expected[c], **CLOSE) for c in ("A", "low", "high")
    ]


@pytest.mark.parametrize("vector", examples("weighted_share"))
def test_weights_count_in_the_value_and_shrink_the_sample(vector):
    given, expected = vector["input"], vector["expected"]
    frame = pd.DataFrame({"weight": given["weights"], "prediction": np.array(given["outcomes"], int), "group": "a"})
    found = estimate(cube_of(frame, ["group"]), metrics=["selection_rate"], confidence=given["level"]).iloc[0]

    assert [found["value"], found["effective_units"], found["low"], found["high"], found["units"]] == pytest.approx(
        [expected[c] for c in ("value", "n_eff", "low", "high", "units")], **CLOSE
    )


@pytest.mark.parametrize("vector", examples("spread"))
def test_a_spread_has_the_limits_of_its_pairs_and_a_noise_floor(vector):
    given, expected = vector["input"], vector["expected"]
    groups = {g: (n["top"], n["below"]) for g, n in given["groups"].items()}
    found = spread(selections(groups), confidence=given["level"]).iloc[0]

    for column in ("difference", "low", "high", "ratio"):
        if column in expected:
            assert number(found[column]) == (
                None if expected[column] is None else pytest.approx(expected[column], **CLOSE)
            ), column
    for column in ("highest", "lowest"):
        if column in expected:
            assert found[column] == _slice("group", expected[column])
    if "noise_floor_low" in expected:
        assert expected["noise_floor_low"] - 1e-9 <= found["noise_floor"] <= expected["noise_floor_high"] + 1e-9


@pytest.mark.parametrize("vector", examples("best"))
def test_the_best_group_as_baseline_is_paid_for(vector):
    given, expected = vector["input"], vector["expected"]
    rows = [(g, 1, int(i < n["top"])) for g, n in given["groups"].items() for i in range(n["below"])]
    cube = cube_of(pd.DataFrame(rows, columns=["group", "label", "prediction"]), ["group"])
    table = compare(cube, metrics=["true_positive_rate"], baseline="best", confidence=given["level"])

    for level in ("B", "C"):
        found = _row(table, "group", level)
        assert [found["value"], found["low"], found["high"]] == pytest.approx(list(expected[level].values()), **CLOSE)
        assert found["baseline"] == f"group = {expected['baseline']}"


@pytest.mark.parametrize("vector", examples("noise_floor"))
def test_a_noise_floor_lies_where_chance_alone_reaches(vector):
    given, expected = vector["input"], vector["expected"]
    if "cells" in given:
        cube, axis = _cells(given["cells"], ["accent", "noise"]), "noise"
    elif "clusters" in given:
        cells = [{"cluster": str(i), "n": c["below"], "k": c["top"], **c} for i, c in enumerate(given["clusters"])]
        cube, axis = _cells(cells, ["group"]), "group"
    elif "groups" in given:
        rows = [(g, e, w) for g, o in given["groups"].items() for e, w in zip(o["edits"], o["words"], strict=True)]
        cube, axis = rates(pd.DataFrame(rows, columns=["group", "edits", "words"]), ["group"]), "group"
    else:
        first, *others = given["below"]
        top = min(given["pooled_top"], first)
        groups = {"0": (top, first)}
        left = given["pooled_top"] - top
        for i, below in enumerate(others, 1):
            groups[str(i)] = (min(left, below), below)
            left -= groups[str(i)][0]
        cube, axis = selections(groups), "group"
    assert expected["range_low"] - 1e-9 <= _floor(cube, axis) <= expected["range_high"] + 1e-9


def _floor(cube: Cubes, axis: str) -> float:
    # Ten clusters are the least that a slice is compared with; the examples have fewer.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["metrics.estimate"], "MIN_CLUSTERS", 0)
        return float(spread(cube, [axis], min_units=1).iloc[0]["noise_floor"])


@pytest.mark.parametrize("vector", [v for v in examples("noise_floor") if v.id == "noise_floor.whole_clusters"])
def test_speakers_are_dealt_out_whole_as_other_clusters_are(vector):
    given, expected = vector["input"], vector["expected"]
    speakers = [{"group": c["group"], "words": c["below"], "edits": c["top"]} for c in given["clusters"]]
    cube = rates(pd.DataFrame(speakers).assign(speaker=range(len(speakers))), ["group"], "speaker")

    assert _floor(cube, "group") == pytest.approx(expected["exact"])
