"""Rates over thresholds, held against counting by hand and against scoring anew at each threshold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.cube import count_cells
from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.scored import score
from metrics.thresholds import calibrate, choose_grid, find_least_gap, first_threshold, roc_curves, threshold_curves
from tests.metrics.build import cube_of, results_of

ANSWERS = {"score": "score"}
# Positives score .2 and .8 in group a, .6 and .8 in b; negatives .1 and .7 in a, .3 and .4 in b.
ROWS = pd.DataFrame(
    {
        "group": list("aaaabbbb"),
        "label": ["1", "1", "0", "0"] * 2,
        "score": [0.2, 0.8, 0.1, 0.7, 0.6, 0.8, 0.3, 0.4],
    }
)


def curves_of(frame, thresholds=None, names=("group",), **options):
    cube = cube_of(frame, ["group"], ANSWERS, **options)[0]
    return threshold_curves(cube, names, thresholds, min_units=1)


def value(curves, group, threshold, metric):
    rows = curves[(curves["metric"] == metric) & np.isclose(curves["threshold"], threshold)]
    return dict(zip([s.to_dict().get("group") for s in rows["slice"]], rows["value"], strict=True))[group]


def test_rates_at_a_threshold_are_those_counted_by_hand():
    curves = curves_of(ROWS, np.array([0.5]))

    assert [value(curves, g, 0.5, "selection_rate") for g in "ab"] == [0.5, 0.5]
    assert [value(curves, g, 0.5, "false_positive_rate") for g in "ab"] == [0.5, 0.0]
    assert [value(curves, g, 0.5, "false_negative_rate") for g in "ab"] == [0.5, 0.0]
    assert [value(curves, g, 0.5, "error_rate") for g in "ab"] == [0.5, 0.0]


def test_a_score_equal_to_the_threshold_is_predicted_positive():
    curves = curves_of(ROWS, np.array([0.8]))

    assert value(curves, "a", 0.8, "selection_rate") == 0.25


def test_at_the_first_threshold_everybody_is_selected_and_at_the_last_nobody():
    curves = curves_of(ROWS)
    selected = curves[curves["metric"] == "selection_rate"].groupby("threshold")["value"].mean()

    assert selected.iloc[0] == 1
    assert selected.iloc[-1] == 0


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["0", "1", None]), st.integers(0, 5), st.integers(1, 3)),
        min_size=4,
        max_size=40,
    ),
    st.sampled_from([0.0, 0.2, 0.5, 0.55, 1.0]),
    st.booleans(),
)
def test_rates_equal_those_of_scoring_the_rows_anew(rows, threshold, weighted):
    frame = pd.DataFrame(rows, columns=["group", "label", "score", "weight"])
    frame["score"] = frame["score"] / 5
    frame["weight"] = frame["weight"].astype(float)
    if not weighted:
        frame = frame.drop(columns="weight")
    if frame["label"].isna().all():
        frame.loc[0, "label"] = "1"
    frame["label"] = frame["label"].astype("string")
    results = results_of(frame, ["group"], ANSWERS)
    anew = estimate(
        count_cells(score(results, threshold=threshold)),
        ["group"],
        ["selection_rate", "false_positive_rate", "false_negative_rate", "error_rate"],
        min_units=1,
    )
    curves = threshold_curves(count_cells(score(results))[0], ("group",), np.array([threshold]), min_units=1)

    assert len(curves) == 4 * curves["slice"].nunique()
    for row in curves.to_dict("records"):
        other = anew[(anew["slice"] == row["slice"]) & (anew["metric"] == row["metric"])].iloc[0]
        assert row["value"] == pytest.approx(other["value"], nan_ok=True)
        assert (row["status"] == "no data") == (other["status"] == "no data")


def test_without_labels_there_is_the_selection_rate_alone():
    curves = curves_of(ROWS.drop(columns="label"))

    assert set(curves["metric"]) == {"selection_rate"}


def test_without_scores_it_says_so():
    cube = cube_of(pd.DataFrame({"group": ["a"], "label": ["1"], "prediction": ["1"]}), ["group"])[0]

    with pytest.raises(QuestionError, match="scores"):
        threshold_curves(cube)


def test_groups_with_few_rows_are_marked():
    cube = cube_of(ROWS, ["group"], ANSWERS)[0]
    curves = threshold_curves(cube, ("group",), np.array([0.5]), min_units=3)

    assert set(curves[curves["metric"] == "selection_rate"]["status"]) == {"ok"}
    assert set(curves[curves["metric"] == "false_positive_rate"]["status"]) == {"too few"}


def test_the_roc_curve_goes_from_corner_to_corner():
    curves = roc_curves(curves_of(ROWS))
    mine = curves[[s.to_dict()["group"] == "b" for s in curves["slice"]]]
    points = list(zip(mine["false_positive_rate"], mine["true_positive_rate"], strict=True))

    assert points[0] == (1, 1)
    assert points[-1] == (0, 0)
    assert (0.0, 1.0) in points  # b is ranked without a mistake


def test_the_least_gap_is_found_among_thresholds_that_are_of_use():
    everyone = curves_of(ROWS, names=())
    least = find_least_gap(curves_of(ROWS), everyone, "false_negative_rate")

    # The best threshold (.6) errs on 2 of 8, treating all alike on 4: up to 3 may err. At .8 one positive of
    # two is missed in either group, and those 2 of 8 are all that is wrong.
    assert least is not None
    assert (least.threshold, least.gap) == (0.8, 0.0)
    assert least.error == pytest.approx(2 / 8)


def test_thresholds_at_which_the_score_is_hardly_used_are_no_answer():
    frame = pd.DataFrame(
        {
            "group": list("ab" * 10),
            "label": ["0", "0"] * 5 + ["1", "1"] * 5,
            "score": [0.1, 0.1] * 4 + [0.3, 0.3] + [0.5, 0.9] + [0.9, 0.9] * 4,
        }
    )
    least = find_least_gap(curves_of(frame), curves_of(frame, names=()), "false_negative_rate")

    # From .1 to .5 nobody is missed; .1 treats all alike, .5 makes no error at all.
    assert least is not None
    assert (least.threshold, least.gap, least.error) == (0.5, 0.0, 0.0)


@pytest.mark.parametrize(
    ("predictions", "expected"),
    [("01011111", 0.2), ("01010101", 0.5)],
    ids=["the file's own", "half, where predictions do not follow the scores"],
)
def test_the_first_threshold_is_one_that_gives_the_predictions_of_the_file(predictions, expected):
    frame = pd.DataFrame({"group": ["a"] * 8, "label": list("01010101"), "prediction": list(predictions)})
    frame["score"] = [0.1, 0.2, 0.11, 0.8, 0.6, 0.8, 0.3, 0.4]
    cube = cube_of(frame, ["group"], {"prediction": "prediction", "score": "score"})[0]

    assert first_threshold(cube.scored) == expected


def test_the_first_threshold_is_half_where_that_gives_the_predictions_too():
    frame = pd.DataFrame({"group": ["a"] * 2, "label": ["0", "1"], "prediction": ["0", "1"], "score": [0.3, 0.7]})
    cube = cube_of(frame, ["group"], {"prediction": "prediction", "score": "score"})[0]

    assert first_threshold(cube.scored) == 0.5


def test_a_score_of_no_use_has_no_least_gap():
    frame = ROWS.assign(score=0.5)

    assert find_least_gap(curves_of(frame), curves_of(frame, names=()), "false_negative_rate") is None


def test_many_scores_are_drawn_over_a_grid_that_spans_them():
    scores = np.random.default_rng(0).beta(1, 20, 5000)
    grid = choose_grid(scores)

    assert len(grid) <= 203
    assert grid[0] == scores.min()
    assert grid[-2] == scores.max() < grid[-1]


def test_calibration_tells_the_mean_score_and_the_share_of_positives_of_each_bin():
    frame = pd.DataFrame(
        {"group": ["a"] * 4 + ["b"] * 2, "label": list("110011"), "score": [0.81, 0.83, 0.85, 0.15, 0.99, 1.0]}
    )
    bins = calibrate(cube_of(frame, ["group"], ANSWERS)[0], ("group",), min_units=1)
    told = {(str(r["slice"]), round(r["score"], 6)): (r["value"], r["units"]) for r in bins.to_dict("records")}

    assert told == {
        ("group = a", 0.15): (0.0, 1),
        ("group = a", 0.83): (pytest.approx(2 / 3), 3),
        ("group = b", 0.995): (1.0, 2),
    }


def test_calibration_of_everyone_needs_no_attribute():
    bins = calibrate(cube_of(ROWS, ["group"], ANSWERS)[0], (), min_units=1)

    assert bins["units"].sum() == len(ROWS)


def test_groups_of_few_clusters_are_marked_however_many_rows_they_have():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"group": ["a"] * 90 + ["b"] * 90, "cluster": [*range(9)] * 10 + [*range(15)] * 6})
    frame["label"], frame["score"] = rng.integers(0, 2, 180), rng.random(180).round(1)
    frame.loc[(frame["group"] == "b") & (frame["cluster"] > 8), "label"] = 1  # nine clusters have negatives at most
    curves = threshold_curves(cube_of(frame, ["group"], {"score": "score"})[0], ("group",), min_units=1)
    found = curves.assign(group=curves["slice"].map(str)).groupby(["group", "metric"])["status"].first()

    assert set(found["group = a"]) == {"too few"}
    assert found["group = b"].to_dict() == {
        "error_rate": "ok",
        "false_negative_rate": "ok",
        "false_positive_rate": "too few",
        "selection_rate": "ok",
    }
