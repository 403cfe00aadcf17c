from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import metrics
from metrics.schema import Schema
from metrics.two_sets.gaps import compare_set_gaps
from metrics.two_sets.sets import align
from tests.metrics.build import results_of
from tests.metrics.two_sets.build import put, rows

MISSED = "false_negative_rate"
HERE, THERE = rows(a=(30, 100), b=(20, 200), c=(10, 50)), rows(a=(50, 100), b=(15, 150), c=(10, 60))


def told(baseline="rest", by=None):
    table = compare_set_gaps(put(HERE, THERE), by, [MISSED], baseline=baseline)
    return {str(r["slice"]): r for r in table.to_dict("records")}


def test_a_gap_that_grew_is_the_customers_gap_minus_the_references():
    found = told()["group = a"]

    assert found["reference"] == pytest.approx(30 / 100 - 30 / 250)
    assert found["customer"] == pytest.approx(50 / 100 - 25 / 210)
    assert found["value"] == pytest.approx(found["customer"] - found["reference"])


@pytest.mark.parametrize("baseline", ["rest", "overall", "group = b"])
def test_each_gap_is_that_of_the_set_alone_and_the_interval_is_made_of_both(baseline):
    found = told(baseline)
    gaps = []
    for table in (HERE, THERE):
        results = metrics.read_results(table, Schema(attributes=(metrics.Attribute("group"),), positive=("1",)))
        gaps.append(metrics.compare(metrics.count_cells(metrics.score(results)), None, [MISSED], baseline=baseline))
    for i, name in enumerate(["group = a", "group = b", "group = c"]):
        one, two = (g.iloc[i] for g in gaps)
        assert (found[name]["reference"], found[name]["customer"]) == pytest.approx((one["value"], two["value"]))
        if name == baseline:
            assert (found[name]["low"], found[name]["high"], found[name]["p"]) == (0, 0, 1)
            continue
        # Two independent numbers with limits of their own: Zou & Donner 2008.
        low = two["value"] - one["value"] - np.hypot(two["value"] - two["low"], one["high"] - one["value"])
        high = two["value"] - one["value"] + np.hypot(two["high"] - two["value"], one["value"] - one["low"])
        assert (found[name]["low"], found[name]["high"]) == pytest.approx((low, high))


def test_the_best_is_chosen_in_the_reference_and_is_one_slice_in_both():
    found = told("best")

    assert {r["baseline"] for r in found.values()} == {"group = b"}
    assert found["group = a"]["customer"] == pytest.approx(50 / 100 - 15 / 150)


def test_swapping_the_sets_turns_every_change_round():
    there = {str(r["slice"]): r for r in compare_set_gaps(put(THERE, HERE), None, [MISSED]).to_dict("records")}
    for name, row in told().items():
        assert (row["value"], row["low"], row["high"]) == pytest.approx(
            (-there[name]["value"], -there[name]["high"], -there[name]["low"])
        )


def test_two_groups_that_are_each_others_rest_are_one_test():
    found = compare_set_gaps(put(rows(a=(30, 100), b=(20, 200)), rows(a=(50, 100), b=(15, 150))), None, [MISSED])

    assert found["p_adjusted"].tolist() == found["p"].tolist()


def test_two_groups_are_one_test_only_where_they_are_alone_on_both_sides():
    sets = put(rows(a=(30, 300), b=(45, 300)), rows(a=(45, 300), b=(45, 300), c=(90, 300)))
    found = {str(r["slice"]): r for r in compare_set_gaps(sets, None, [MISSED]).to_dict("records")}

    # Two tests, the p of either its own.
    assert found["group = a"]["p"] != found["group = b"]["p"]
    smaller, larger = sorted((found["group = a"], found["group = b"]), key=lambda r: r["p"])
    assert smaller["p_adjusted"] == pytest.approx(min(1, 2 * smaller["p"]))
    assert larger["p_adjusted"] == pytest.approx(max(larger["p"], min(1, 2 * smaller["p"])))


def test_a_group_of_one_side_has_a_gap_there_alone():
    sets = put(rows(a=(30, 100), b=(20, 200)), rows(a=(50, 100), c=(15, 150)))
    found = {str(r["slice"]): r for r in compare_set_gaps(sets, None, [MISSED]).to_dict("records")}

    assert np.isnan(found["group = b"]["customer"])
    assert np.isnan(found["group = c"]["reference"])
    assert {found[f"group = {g}"]["status"] for g in "bc"} == {"no data"}


def test_the_interval_of_a_change_of_gap_covers():
    """200 pairs of sets whose gap of a is 10 points in one and 20 in the other."""
    generator = np.random.default_rng(11)
    hit = 0
    for _ in range(200):
        scored = []
        for n, (a, b) in ((300, (0.3, 0.2)), (200, (0.4, 0.2))):
            group = np.repeat(["a", "b"], [n // 3, n - n // 3])
            missed = generator.uniform(size=n) < np.where(group == "a", a, b)
            frame = pd.DataFrame({"group": group, "label": 1, "prediction": 1 - missed})
            scored.append(metrics.score(results_of(frame, ["group"], {"prediction": "prediction"})))
        row = compare_set_gaps(align(*scored), ["group"], [MISSED]).iloc[0]
        hit += row["low"] <= 0.1 <= row["high"]

    assert 0.91 <= hit / 200 <= 0.985
