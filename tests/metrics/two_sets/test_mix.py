"""Shares of levels side by side: by hand, and against the product's own limits of a share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from metrics.estimate import estimate
from metrics.two_sets.mix import MIX, compare_mix
from metrics.two_sets.sets import TwoSets
from tests.metrics.build import cube_of
from tests.metrics.two_sets.made import chance_rows, selected, sets_of


def test_shares_stand_side_by_side_with_the_interval_of_newcombe():
    sets = sets_of(selected(a=(0, 30), b=(0, 70)), selected(a=(0, 30), b=(0, 30)), ["group"])

    found = compare_mix(sets).set_index("level")

    assert found.columns.tolist() == [name for name in MIX if name != "level"]
    assert found.loc["a", ["reference", "customer", "difference"]].tolist() == pytest.approx([0.3, 0.5, 0.2])
    low, high = confint_proportions_2indep(30, 60, 30, 100, method="newcomb", compare="diff")
    assert found.loc["a", ["low", "high"]].tolist() == pytest.approx([low, high])
    assert found.loc["b", ["low", "high"]].tolist() == pytest.approx([-high, -low])


def test_new_and_vanished_levels_are_told_and_are_no_zero():
    sets = sets_of(selected(a=(0, 30), b=(0, 20)), selected(a=(0, 30), c=(0, 30)), ["group"])

    found = compare_mix(sets).set_index("level")

    assert found["status"].to_dict() == {"a": "ok", "b": "vanished", "c": "new"}
    assert np.isnan(found.loc["b", "customer"])
    assert np.isnan(found.loc["c", "reference"])
    assert found.loc["c", ["customer", "difference", "reference_units"]].tolist() == [0.5, 0.5, 0]
    # None of 50 units: up to 7 % of them may be so, for all one knows.
    assert 0.5 - 0.2 < found.loc["c", "low"] < 0.5


def test_missing_groups_have_a_share_like_any_other():
    frame = pd.DataFrame([(None, "1")] * 10 + [("a", "0")] * 30, columns=["group", "prediction"])

    found = compare_mix(sets_of(frame, frame.iloc[:20], ["group"]))

    assert found["level"].tolist() == ["a", "(missing)"]
    assert found["customer"].tolist() == [0.5, 0.5]


def test_an_attribute_of_one_set_only_has_its_shares_there_and_nothing_to_compare():
    one = sets_of(selected(a=(0, 30)), selected(a=(0, 30)), ["group"])
    other = cube_of(selected(x=(0, 5), y=(0, 5)).rename(columns={"group": "team"}), ["team"])

    found = compare_mix(TwoSets(one.reference, other)).set_index(["axis", "level"])

    assert found["status"].unique().tolist() == ["one set"]
    assert found.loc[("team", "x"), "customer"] == 0.5
    assert found[["difference", "low", "high"]].isna().all(axis=None)
    assert compare_mix(TwoSets(one.reference, other), ["team"])["axis"].unique().tolist() == ["team"]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(20, 60), st.integers(20, 60))
def test_shares_of_a_set_add_up_to_one_and_their_changes_to_none(seed, n, m):
    sets = sets_of(chance_rows(seed, n), chance_rows(seed + 1, m), ["x", "y"])

    for _, rows in compare_mix(sets).groupby("axis"):
        assert rows["reference"].sum() == pytest.approx(1)
        assert rows["customer"].sum() == pytest.approx(1)
        assert rows["difference"].sum() == pytest.approx(0, abs=1e-12)
        assert ((rows["low"] <= rows["difference"]) & (rows["difference"] <= rows["high"])).all()


def test_with_clusters_a_share_has_the_limits_of_a_share_that_is_measured():
    # The share of level a, measured as a selection rate of a file without attributes.
    frame = chance_rows(4, 300, clusters=20, missing=0)
    as_metric = frame.assign(prediction=(frame["x"] == "a").astype(int).astype(str)).drop(columns="label")
    measured = estimate(cube_of(as_metric, []), metrics=["selection_rate"]).iloc[0]

    here = sets_of(frame, frame, ["x"])
    side = compare_mix(here).set_index("level")

    assert side.loc["a", "reference"] == pytest.approx(measured["value"])
    # Newcombe's interval of two equal shares reaches as far as both limits together.
    up, down = measured["high"] - measured["value"], measured["value"] - measured["low"]
    assert side.loc["a", "high"] == pytest.approx(np.hypot(up, down), rel=1e-9)


def test_weights_count_in_shares_and_units_are_counted():
    frame = selected(a=(0, 10), b=(0, 10)).assign(weight=[3.0] * 10 + [1.0] * 10)

    found = compare_mix(sets_of(frame, frame, ["group"])).set_index("level")

    assert found.loc["a", ["reference", "customer_units"]].tolist() == [0.75, 10]
    assert found.loc["a", "high"] > 0.2  # fewer than 20 units' worth
