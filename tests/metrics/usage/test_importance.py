from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics import QuestionError, Schema, Slice, System, count_cells, read_results, score
from metrics.usage.importance import IMPORTANCE, LEAST_UNITS, mean_over_units, measure_importance

SCHEMA = Schema(
    task="classification",
    positive=("1",),
    columns={"label": "label"},
    systems=(System(None, {"prediction": "prediction"}),),
)


def planted(n=4_000, seed=1):
    """Errors hang on `where` in the north only, on `sex` nowhere; `noise` says nothing."""
    generator = np.random.default_rng(seed)
    region, where, sex, noise = (generator.integers(0, k, n) for k in (2, 3, 2, 4))
    wrong = generator.random(n) < np.where((region == 0) & (where == 0), 0.8, 0.1)
    label = generator.integers(0, 2, n)
    return pd.DataFrame(
        {
            "region": np.array(["north", "south"])[region],
            "where": np.array(["a", "b", "c"])[where],
            "sex": np.array(["f", "m"])[sex],
            "noise": np.array(["w", "x", "y", "z"])[noise],
            "person": np.arange(n) // 4,
            "label": label,
            "prediction": np.where(wrong, 1 - label, label),
        }
    )


def cube_of(frame, **more):
    schema = Schema(**{**SCHEMA.__dict__, **more}).with_attributes(["region", "where", "sex", "noise"])
    return count_cells(score(read_results(frame, schema)))[0]


FEATURES = ["region", "where", "sex", "noise"]


@pytest.fixture(scope="module")
def found():
    return measure_importance(cube_of(planted()), "error_rate", FEATURES, "region")


def row(found, feature, **levels):
    table = found.table
    (only,) = table[(table["slice"] == Slice(tuple(levels.items()))) & (table["feature"] == feature)].to_dict("records")
    return only


def test_a_feature_that_errors_hang_on_stands_out_and_one_that_says_nothing_does_not(found):
    assert list(found.table.columns) == IMPORTANCE
    assert row(found, "where")["low"] > 0.1
    for feature in ("sex", "noise"):
        assert row(found, feature)["low"] < 0.005
        assert abs(row(found, feature)["value"]) < 0.02
    assert 0.2 < found.explained < 1


def test_it_is_measured_within_each_slice(found):
    # In the north errors are told by `where`: 0.8 against 0.1 in a third of the rows.
    assert row(found, "where", region="north")["low"] > 0.3
    assert abs(row(found, "where", region="south")["value"]) < 0.02


def test_what_the_slice_itself_fixes_cannot_be_dealt_out_in_it(found):
    assert row(found, "region", region="north")["status"] == "same"
    assert np.isnan(row(found, "region", region="north")["value"])
    assert row(found, "region")["status"] == "ok"


def test_a_table_of_counts_is_measured_as_the_rows_it_stands_for(found):
    """96 lines of 4,000 units: each half has units of all of them, the interval is that of so many units."""
    lines = planted().drop(columns="person").value_counts().reset_index()
    assert len(lines) < LEAST_UNITS

    counted = measure_importance(
        cube_of(lines, columns={"label": "label", "count": "count"}), "error_rate", FEATURES, "region"
    )

    assert sum(counted.rows) == sum(found.rows) == 4_000
    assert counted.explained == pytest.approx(found.explained, abs=0.08)
    for levels in ({}, {"region": "north"}):
        one, other = row(counted, "where", **levels), row(found, "where", **levels)
        assert one["value"] == pytest.approx(other["value"], abs=0.1)
        assert one["high"] - one["low"] == pytest.approx(other["high"] - other["low"], rel=0.3)
        assert one["units"] == pytest.approx(other["units"], rel=0.1)


def test_the_seed_decides():
    cube = cube_of(planted(1_200))
    one, two = (measure_importance(cube, "error_rate", ["where"], seed=3).table for _ in range(2))

    pd.testing.assert_frame_equal(one, two)


def test_a_small_slice_is_said_to_be_small():
    frame = planted()
    frame.loc[frame.index[:100], "region"] = "island"
    found = measure_importance(cube_of(frame), "error_rate", ["where"], "region")

    told = row(found, "where", region="island")
    assert told["status"] == "too few"
    assert told["units"] < LEAST_UNITS
    assert np.isnan(told["value"])


def test_where_nobody_errs_there_is_nothing_to_tell():
    frame = planted(1_000)
    frame["prediction"] = frame["label"]

    assert set(measure_importance(cube_of(frame), "error_rate", ["where"]).table["status"]) == {"no data"}


@pytest.mark.parametrize(("rows", "metric"), [(300, "error_rate"), (2_000, "matthews_correlation")])
def test_what_cannot_be_measured_is_refused(rows, metric):
    with pytest.raises(QuestionError):
        measure_importance(cube_of(planted(rows)), metric, ["where"])


def test_clusters_are_the_sample():
    frame = planted(2_000)
    plain = row(measure_importance(cube_of(frame), "error_rate", ["where"]), "where")
    columns = {**SCHEMA.columns, "cluster": "person"}
    clustered = row(measure_importance(cube_of(frame, columns=columns), "error_rate", ["where"]), "where")

    assert plain["status"] == clustered["status"] == "ok"
    assert (plain["high"] - plain["low"]) != (clustered["high"] - clustered["low"])


def test_the_standard_error_of_a_mean_is_that_of_its_units_or_clusters():
    x = np.array([1.0, 2.0, 3.0, 6.0])
    mean, se, df = mean_over_units(x, np.ones(4), np.ones(4, np.int64), None)
    assert (mean, df) == (3.0, 3)
    assert se == pytest.approx(np.std(x, ddof=1) / 2)

    # Two clusters with sums of deviations -3 and 3: sqrt(2/1 * 18) / 4.
    mean, se, df = mean_over_units(x, np.ones(4), np.ones(4, np.int64), np.array([7, 7, 9, 9]))
    assert (mean, df) == (3.0, 1)
    assert se == pytest.approx(np.sqrt(2 * 18) / 4)
