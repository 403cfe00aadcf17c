"""The grid: the numbers of `estimate` and `compare`, every combination there, and whether a pass is within reach."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings

from metrics.compare import compare
from metrics.coverage import Covering, cover
from metrics.coverage import combinations as module
from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.units_needed import count_for_fair_pass
from tests.metrics.build import cube_of, selections, transcripts
from tests.metrics.coverage.naive import cube_of_people
from tests.metrics.strategies import AXES, speech, tables

SETS = [names for order in (1, 2) for names in combinations(AXES, order)]


def grid_of(cube, metrics=None, by=AXES, **more):
    return cover(cube, Covering(tuple(by), metrics, **{"depth": 2, "min_units": 5, **more})).combinations


def keyed(table):
    return table.set_index([table["slice"].map(str), "metric"])


def assert_tells_what_measure_does(cube):
    grid = keyed(grid_of(cube))
    told = keyed(estimate(cube, SETS, min_units=5).loc[lambda t: t["slice"].map(lambda s: len(s.axes) > 0)])
    gaps = keyed(compare(cube, SETS, min_units=5))
    there = grid.loc[told.index]

    assert there["units"].tolist() == told["units"].tolist()
    assert there["status"].tolist() == told["status"].tolist()
    for name in ("below", "clusters"):
        np.testing.assert_allclose(there[name].astype(float), told[name].astype(float))
    np.testing.assert_allclose(there["half_width"], _finite((told["high"] - told["low"]) / 2))
    ok = gaps[gaps["status"] == "ok"]
    half = _finite((ok["high"] - ok["low"]) / 2)
    np.testing.assert_allclose(grid.loc[ok.index, "difference_half_width"], half, rtol=1e-6)
    never = grid.drop(told.index)
    assert (never["units"] == 0).all()
    assert never[["half_width", "detectable_gap", "difference_half_width"]].isna().all(axis=None)
    assert not never["reachable"].any()
    assert (never["status"] == "no data").all()


def _finite(x):
    return np.where(np.isfinite(x), x, np.nan)


@settings(max_examples=25, deadline=None)
@given(tables())
def test_what_is_there_is_told_as_measure_tells_it(frame):
    assume(frame["sex"].notna().any())
    assert_tells_what_measure_does(cube_of(frame, AXES, {"prediction": "prediction", "score": "score"})[0])


@settings(max_examples=15, deadline=None)
@given(speech())
def test_transcripts_with_and_without_speakers_likewise(frame):
    assume(frame["sex"].notna().any())
    assert_tells_what_measure_does(transcripts(frame, AXES)[0])


def test_every_combination_of_known_levels_is_there_and_missing_ones_where_they_occur():
    rows = [{"sex": "f", "age": "old"}, {"sex": None, "age": "mid"}]
    grid = grid_of(cube_of_people(rows, ["sex", "age"]), ("accuracy",), ("sex", "age"))

    assert [str(s) for s in grid["slice"]] == [
        "sex = f", "sex = m", "sex is missing", "age = mid", "age = old", "age = young",
        "sex = f & age = mid", "sex = f & age = old", "sex = f & age = young",
        "sex = m & age = mid", "sex = m & age = old", "sex = m & age = young", "sex is missing & age = mid",
    ]  # fmt: skip
    assert grid["below"].tolist() == [1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1]
    assert grid["counted"].tolist() == [1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1]


def test_measured_a_few_groupings_at_a_time_it_is_the_same(monkeypatch):
    rng = np.random.default_rng(2)
    rows = [{"sex": str(rng.choice(["f", "m"])), "age": str(rng.choice(["old", "mid"]))} for _ in range(40)]
    whole = grid_of(cube_of_people(rows, ["sex", "age"]), None, ("sex", "age"))
    monkeypatch.setattr(module, "_MOST_CELLS", 1)

    pd.testing.assert_frame_equal(grid_of(cube_of_people(rows, ["sex", "age"]), None, ("sex", "age")), whole)


def reach_of(cube, **more):
    table = cover(cube, Covering(("group",), ("selection_rate",), 1, **more)).combinations
    return table["reachable"].tolist(), table["likely"].tolist()


def test_a_pass_is_within_reach_where_half_the_interval_fits_into_the_limit():
    """90 % of 18,914 in each of two groups: a fair model passes a limit of one point four times in five."""
    n = count_for_fair_pass(0.9, 0.01)
    for size, reachable, likely in ((n // 3, False, False), (n // 2, True, False), (n + 200, True, True)):
        cube = selections({"a": (round(size * 0.9), size), "b": (round(size * 0.9), size)})
        assert reach_of(cube, target_gap=0.01) == ([reachable] * 2, [likely] * 2)


def test_nothing_is_within_reach_with_too_few_units_here_or_in_the_rest():
    cube = selections({"a": (20, 40), "b": (10, 20)})

    assert reach_of(cube, target_gap=1.0) == ([False, False], [False, False])
    assert reach_of(cube, target_gap=1.0, min_units=20)[0] == [True, True]


def test_nothing_is_within_reach_with_under_ten_clusters():
    frame = pd.DataFrame({"group": ["a"] * 90 + ["b"] * 120, "label": "1", "prediction": ["1", "0"] * 105})
    frame["cluster"] = [f"{g}{i % (9 if g == 'a' else 12)}" for i, g in enumerate(frame["group"])]
    cube = cube_of(frame, ["group"])[0]
    table = cover(cube, Covering(("group",), ("accuracy",), 1, target_gap=2.0)).combinations

    assert table["clusters"].tolist() == [9, 12]
    assert table["status"].tolist() == ["too few", "ok"]
    assert table["reachable"].tolist() == [False, False]


def test_a_group_without_a_rest_has_an_interval_but_no_gap():
    table = cover(selections({"a": (20, 40)}), Covering(("group",), ("selection_rate",), 1)).combinations

    assert table["half_width"].iloc[0] > 0
    assert np.isnan(table["detectable_gap"].iloc[0])
    assert not table["reachable"].iloc[0]


def test_the_declared_favourable_outcome_says_which_direction_is_worse():
    frame = pd.DataFrame({"group": ["a"] * 40 + ["b"] * 400, "label": "1", "prediction": (["1"] + ["0"] * 9) * 44})
    gaps = {}
    for favourable in ("positive", "negative"):
        cube = cube_of(frame, ["group"], favourable=favourable)[0]
        gaps[favourable] = cover(cube, Covering(("group",), ("selection_rate",), 1)).combinations["detectable_gap"][0]

    assert np.isnan(gaps["positive"])  # from 10 % there is no way down that 40 people would show
    assert gaps["negative"] == pytest.approx(0.15, abs=0.02)


def test_more_lines_than_anybody_reads_are_refused_with_the_numbers(monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 10)
    cube = cube_of_people([{"sex": "f", "age": "old"}], ["sex", "age"])

    with pytest.raises(QuestionError, match="11 combinations by 1 metrics are 11 lines, and at most 10"):
        grid_of(cube, ("accuracy",), ("sex", "age"))


def test_scores_that_are_all_missing_are_no_data():
    frame = pd.DataFrame({"group": ["a", "b"], "label": ["1", "0"], "score": [np.nan, np.nan]})
    cube = cube_of(frame, ["group"], {"score": "score"})[0]
    table = cover(cube, Covering(("group",), ("roc_auc", "expected_calibration_error"), 1)).combinations

    assert table["status"].tolist() == ["no data"] * 4
    assert table["detectable_gap"].isna().all()
