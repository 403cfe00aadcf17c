"""Shapley values of conditions: what their laws say, what small tables give by hand, and what DivExplorer computes."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.find import Search, find
from metrics.shapley import attribute_search, attribute_slice
from metrics.slices import Slice
from tests.metrics.build import cube_of
from tests.metrics.planted import ATTRIBUTES, planted_rows


def by_hand() -> pd.DataFrame:
    """Two attributes, errors only where both are 1: 4 of 4 there, 0 of 12 elsewhere."""
    rows = [(a, b, "1", "0" if a == b == "1" else "1") for a in "01" for b in "01" for _ in range(4)]
    return pd.DataFrame(rows, columns=["x", "y", "label", "prediction"])


def test_two_conditions_that_only_err_together_share_alike():
    (cube,) = cube_of(by_hand(), ["x", "y"])

    found = attribute_slice(cube, "error_rate", Slice((("x", "1"), ("y", "1"))))

    # Everyone .25, each alone .5, both 1: each adds (.25 + .5) / 2.
    assert found.table["contribution"].tolist() == pytest.approx([0.375, 0.375])
    assert found.table["alone"].tolist() == pytest.approx([0.25, 0.25])
    assert found.table["last"].tolist() == pytest.approx([0.5, 0.5])
    assert (found.overall, found.value, found.divergence) == pytest.approx((0.25, 1.0, 0.75))
    assert found.parts["rows"].tolist() == [16, 8, 8, 4]


@given(st.integers(0, 2**32 - 1), st.sampled_from(["error_rate", "false_positive_rate", "f1", "selection_rate"]))
def test_contributions_add_up_to_the_divergence_whatever_the_order_of_the_conditions(seed, metric):
    cube = planted_rows(seed % 50, n=600)
    levels = [("a", "u"), ("b", "v"), ("c", "w"), ("d", "x")][: 1 + seed % 4]

    found = attribute_slice(cube, metric, Slice(tuple(levels)))

    values = estimate(cube, [tuple(a for a, _ in levels)], [metric]).set_index("slice")["value"]
    value = values.get(Slice(tuple(levels)), np.nan)  # a slice that does not occur has no value
    assert found.divergence == pytest.approx(value - values[Slice()], nan_ok=True)
    if not np.isnan(found.divergence):
        assert found.table["contribution"].sum() == pytest.approx(found.divergence, abs=1e-12)
    given_contributions = dict(zip(map(str, found.table["condition"]), found.table["contribution"], strict=True))
    for order in list(permutations(levels))[:3]:
        other = attribute_slice(cube, metric, Slice(order)).table
        for condition, contribution in zip(other["condition"], other["contribution"], strict=True):
            assert contribution == pytest.approx(given_contributions[str(condition)], abs=1e-12, nan_ok=True)


def test_a_condition_that_changes_nothing_adds_nothing():
    frame = by_hand()
    twice = pd.concat([frame.assign(z="0"), frame.assign(z="1")], ignore_index=True)
    (cube,) = cube_of(twice, ["x", "y", "z"])

    found = attribute_slice(cube, "error_rate", Slice((("x", "1"), ("z", "1"), ("y", "1"))))
    everywhere = attribute_search(find(cube, Search("error_rate", ("x", "y", "z"), support=0.0, min_units=1)))

    assert found.table["contribution"].tolist() == pytest.approx([0.375, 0.0, 0.375])
    of_z = everywhere.table[everywhere.table["attribute"] == "z"]
    assert of_z["contribution"].tolist() == pytest.approx([0.0, 0.0])


def test_global_contributions_are_shapley_values_of_the_attributes_averaged_over_levels():
    """With every combination there, each adds its mean Shapley value over the full combinations it is part of."""
    cube = planted_rows(3, n=6000)
    names = ATTRIBUTES[:3]
    found = find(cube, Search("error_rate", names, depth=3, support=0.0))
    whole = [s for s in found.lattice["slice"] if len(s.levels) == 3]

    told = attribute_search(found).table.set_index("condition")["contribution"]

    expected = dict.fromkeys(told.index, 0.0)
    for cell in whole:
        inside = attribute_slice(cube, "error_rate", cell).table
        for condition, contribution in zip(inside["condition"], inside["contribution"], strict=True):
            expected[condition] += contribution / len(whole)
    assert len(whole) == 2 * 3 * 4
    for condition, contribution in told.items():
        assert contribution == pytest.approx(expected[condition], abs=1e-12)


def test_the_planted_conditions_add_most():
    found = find(planted_rows(4), Search("error_rate", ATTRIBUTES))

    first = attribute_search(found).table["condition"].head(2)

    assert {str(s) for s in first} == {"a = u", "b = v"}


def test_slices_without_a_value_are_counted_and_add_nothing():
    frame = by_hand().assign(label=lambda f: np.where(f["x"] == "1", "1", "0"))
    (cube,) = cube_of(frame, ["x", "y"])
    found = find(cube, Search("false_positive_rate", ("x", "y"), support=0.0, min_units=1))

    told = attribute_search(found)

    assert told.left_out == 3  # x = 1 has no negatives, nor have its two parts
    assert told.table["contribution"].notna().all()


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (Slice(), "Everyone is no slice"),
        (Slice((("a", "nobody"),)), "no level of 'a' called 'nobody'"),
        (Slice((("z", "u"),)), "no attribute 'z'"),
    ],
)
def test_what_is_no_slice_of_the_data_is_refused(cell, found):
    with pytest.raises(QuestionError, match=found):
        attribute_slice(planted_rows(0, n=100), "error_rate", cell)
