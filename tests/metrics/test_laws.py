"""Laws that every metric of the registry keeps, on random tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.compare import compare
from metrics.cube import Cubes
from metrics.estimate import estimate
from metrics.schema import NamedSlice
from metrics.slices import Slice
from metrics.spread import spread
from tests.metrics.build import cube_of, transcripts
from tests.metrics.strategies import AXES, regressions, speech, tables

BY = ["sex", "age", ("sex", "age")]
NUMBERS = ["value", "low", "high", "top", "below", "units"]
ANSWERS = {"prediction": "prediction", "score": "score"}


def classified(frame: pd.DataFrame, **schema: Any) -> Cubes:
    return cube_of(frame, AXES, ANSWERS if "score" in frame else {"prediction": "prediction"}, **schema)


def regressed(frame: pd.DataFrame) -> Cubes:
    return cube_of(frame, AXES, task="regression", tolerance=1.0)


def transcribed(frame: pd.DataFrame) -> Cubes:
    return transcripts(frame, AXES, terms="cat\nthe cat\n東京")


every_task = st.one_of(
    tables().map(lambda f: (f, classified)),
    regressions().map(lambda f: (f, regressed)),
    speech().map(lambda f: (f, transcribed)),
)


def _assert_same(one: pd.DataFrame, two: pd.DataFrame, rel: float = 1e-9, columns: list[str] = NUMBERS) -> None:
    keys = ["slice", "system", "metric"]
    one, two = (f.assign(slice=f["slice"].map(str)).sort_values(keys) for f in (one, two))
    assert one[keys].values.tolist() == two[keys].values.tolist()
    for column in columns:
        a, b = one[column].to_numpy(float), two[column].to_numpy(float)
        np.testing.assert_allclose(a, b, rtol=rel, atol=1e-9, err_msg=column)
    assert one["status"].tolist() == two["status"].tolist()


@given(every_task, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(case, random):
    frame, cube = case
    order = list(range(len(frame)))
    random.shuffle(order)

    _assert_same(estimate(cube(frame), BY), estimate(cube(frame.iloc[order].reset_index(drop=True)), BY), rel=1e-6)


@given(every_task)
def test_values_lie_within_their_bounds_and_between_their_limits(case):
    frame, cube = case
    cubes = cube(frame)
    for row in estimate(cubes, BY).itertuples():
        least, most = cubes[0].metrics[row.metric].bounds
        if np.isnan(row.value):
            assert row.status == "no data" and np.isnan(row.low) and np.isnan(row.high)
            continue
        assert least - 1e-9 <= row.value <= most + 1e-9
        for limit in (row.low, row.high):
            assert np.isnan(limit) or least - 1e-9 <= limit <= most + 1e-9
        assert np.isnan(row.low) or row.low <= row.value + 1e-9
        assert np.isnan(row.high) or row.value <= row.high + 1e-9


@given(every_task)
def test_an_empty_denominator_is_no_data_and_never_a_number(case):
    frame, cube = case
    table = estimate(cube(frame), BY)
    empty = table[table["below"] == 0]

    assert empty["value"].isna().all()
    assert (empty["status"] == "no data").all()


@given(tables(scores=False))
def test_a_slice_is_the_file_filtered_and_counted_alone(frame):
    frame.loc[len(frame)] = ["f", "old", "1", "1"]
    alone = frame[frame["sex"] == "f"].reset_index(drop=True)
    inside = estimate(classified(frame), ["sex"])
    inside = inside[inside["slice"] == Slice((("sex", "f"),))].assign(
        slice=[Slice()] * (inside["slice"] == Slice((("sex", "f"),))).sum()
    )
    whole = estimate(classified(alone), [])

    _assert_same(inside, whole)


@given(speech())
def test_a_slice_of_transcripts_is_the_file_filtered_and_counted_alone(frame):
    one = {"sex": "f", "age": "old", "reference": "the cat", "hypothesis": "the"}
    frame = pd.concat([frame, pd.DataFrame([one | ({"cluster": "s1"} if "cluster" in frame else {})], dtype=object)])
    frame = frame.astype(object).where(frame.notna(), None).reset_index(drop=True)
    women = Slice((("sex", "f"),))
    inside, whole = (
        estimate(transcribed(frame), ["sex"]),
        estimate(transcribed(frame[frame["sex"] == "f"].reset_index(drop=True)), []),
    )
    inside = inside[inside["slice"] == women]

    # Intervals borrow from the whole file; values, counts and status do not.
    _assert_same(inside.assign(slice=[Slice()] * len(inside)), whole, columns=["value", "top", "below", "units"])


@given(st.booleans().flatmap(lambda known: st.tuples(speech(speakers=known), speech(speakers=known))))
def test_counting_two_files_of_transcripts_together_equals_adding_their_cubes(files):
    one, two = files
    together = transcribed(pd.concat([one, two], ignore_index=True))

    _assert_same(estimate(together, BY), estimate(transcribed(one) + transcribed(two), BY))


@given(speech(speakers=True))
def test_speakers_change_no_value_of_an_utterance(frame):
    told, plain = (estimate(transcribed(f), BY) for f in (frame, frame.drop(columns="cluster")))
    told = told[told["metric"].isin(set(plain["metric"]))].reset_index(drop=True)

    assert len(told) == len(plain)
    np.testing.assert_allclose(told["value"], plain["value"])


@given(tables(), tables())
def test_counting_two_files_together_equals_adding_their_cubes(one, two):
    one.loc[0, "score"] = two.loc[0, "score"] = np.nan  # both have scores missing, as one layout asks for
    together = classified(pd.concat([one, two], ignore_index=True))

    _assert_same(estimate(together, BY), estimate(classified(one) + classified(two), BY))


@given(st.sampled_from([0.0, 1e6]).flatmap(lambda a: st.tuples(regressions(around=a), regressions(around=a))))
def test_centres_of_two_files_do_not_show_in_their_sum(files):
    one, two = files
    together = regressed(pd.concat([one, two], ignore_index=True))

    _assert_same(estimate(together, BY), estimate(regressed(one) + regressed(two), BY), rel=1e-5)


@given(tables(max_rows=20), st.lists(st.integers(0, 4), min_size=20, max_size=20))
def test_a_row_that_stands_for_several_units_is_that_many_rows(frame, times):
    frame = frame.assign(count=times[: len(frame)])
    repeated = frame.loc[frame.index.repeat(frame["count"])].drop(columns="count").reset_index(drop=True)
    if not len(repeated) or repeated[["label", "prediction"]].isna().all().any():
        return
    counted, spelled_out = estimate(classified(frame), BY), estimate(classified(repeated), BY)
    counted = counted[counted["units"].gt(0) | counted["slice"].isin(set(spelled_out["slice"]))]
    keys = set(zip(spelled_out["slice"], spelled_out["metric"], strict=True))
    counted = counted[[k in keys for k in zip(counted["slice"], counted["metric"], strict=True)]]
    spelled_out = spelled_out[spelled_out["metric"].isin(set(counted["metric"]))]

    _assert_same(counted, spelled_out, rel=1e-6)


@given(tables(), st.floats(0.1, 10))
def test_equal_weights_change_no_value_and_no_limit_of_a_share(frame, weight):
    plain, weighted = (estimate(classified(f), BY) for f in (frame, frame.assign(weight=weight)))

    _assert_same(plain, weighted, rel=1e-6, columns=["value", "low", "high", "units"])


@given(tables())
def test_a_metric_and_its_complement_add_up_to_one_and_mirror_their_limits(frame):
    cubes = classified(frame)
    table = estimate(cubes, BY)
    by_name = {name: rows.reset_index(drop=True) for name, rows in table.groupby("metric")}
    for name, rows in by_name.items():
        other = by_name.get(cubes[0].metrics[name].complement)
        if other is not None:
            np.testing.assert_allclose(rows["value"] + other["value"], np.where(rows["value"].isna(), np.nan, 1.0))
            np.testing.assert_allclose(rows["low"], 1 - other["high"], atol=1e-12)


@given(every_task, st.sampled_from(["rest", "overall", "largest", "best", "age = old"]))
def test_a_p_value_says_what_its_interval_says(case, baseline):
    frame, cube = case
    baseline = "rest" if baseline == "age = old" and "old" not in set(frame["age"]) else baseline
    table = compare(cube(frame), BY, kinds=["difference", "ratio"], baseline=baseline, min_units=1)
    # Intervals of overlapping slices need not be nested where a variance is huge, as that of R2 over few units is.
    # Nor where both sides have few clusters, each side its own t.
    few = (table["status"] == "too few") & (baseline == "age = old")
    table = table[(table["metric"] != "r_squared") & ~few]
    for row in table[table["p"].notna()].itertuples():
        parity = 0.0 if row.kind == "difference" else 1.0
        if np.isnan(row.low) or np.isnan(row.high) or abs(row.p - 0.05) < 1e-6:
            continue
        assert (row.low <= parity <= row.high) == (row.p > 0.05) or row.value == parity


@given(every_task)
def test_two_groups_against_each_other_mirror_their_difference(case):
    frame, cube = case
    table = compare(cube(frame), ["age"], min_units=1)
    old, young = (table[table["slice"] == Slice((("age", a),))].reset_index(drop=True) for a in ("old", "young"))
    if len(old) and len(young):
        np.testing.assert_allclose(old["value"], -young["value"], atol=1e-9)
        np.testing.assert_allclose(old["low"], -young["high"], rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(old["p"], young["p"], rtol=1e-5, atol=1e-9)
        np.testing.assert_allclose(old["p_adjusted"], young["p_adjusted"], rtol=1e-5, atol=1e-9)


@given(every_task)
def test_a_spread_lies_within_its_limits_and_is_the_largest_gap(case):
    frame, cube = case
    cubes = cube(frame)
    values = estimate(cubes, ["age"], min_units=1)
    for row in spread(cubes, ["age"], min_units=1, floors=False).itertuples():
        mine = values[(values["metric"] == row.metric) & (values["slice"] != Slice()) & (values["status"] == "ok")]
        if len(mine) < 2:
            assert np.isnan(row.difference)
            continue
        assert row.difference == pytest.approx(mine["value"].max() - mine["value"].min(), nan_ok=True)
        assert np.isnan(row.low) or row.low <= row.difference + 1e-9
        assert np.isnan(row.high) or row.difference <= row.high + 1e-9


@given(tables(), st.integers(2, 5))
def test_clusters_widen_no_value_and_narrow_no_share(frame, clusters):
    grouped = frame.assign(cluster=[f"c{i % clusters}" for i in range(len(frame))])
    plain, clustered = (estimate(classified(f), BY) for f in (frame, grouped))

    np.testing.assert_allclose(plain["value"], clustered["value"])
    shares = plain["metric"].isin(["selection_rate", "accuracy", "true_positive_rate", "f1"])
    narrower = (clustered["high"] - clustered["low"]) < (plain["high"] - plain["low"]) - 1e-9
    assert not (narrower & shares).any()


@given(tables(scores=False))
def test_saving_a_slice_changes_no_interval(frame):
    frame = frame.assign(
        cluster=[f"c{i % 6}" for i in range(len(frame))], mine=np.where(frame["age"] == "old", "yes", "no")
    )
    plain = classified(frame)
    saved = cube_of(frame, [*AXES, "mine"], {"prediction": "prediction"}, slices=(NamedSlice("mine", "age = old"),))

    _assert_same(estimate(plain, BY), estimate(saved, BY))
