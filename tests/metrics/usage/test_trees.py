from __future__ import annotations

from metrics.usage import measure_sensitivity, measure_usage
from tests.metrics.usage.bounties import bounty, send, stump

SMALL = bounty(sex=["f", "m"] * 10, age=list(range(20)), city=["a", "b", None, "b"] * 5)


def usage_of(submissions):
    table = measure_usage(SMALL, submissions, [])
    return {(row["team"], row["feature"]): row for row in table.to_dict("records")}


def test_a_tree_references_what_it_asks_and_a_file_of_ids_nothing():
    told = usage_of([send("red", 1, tree=stump("sex", "f")), send("red", 2)])

    assert told["red", "sex"]["share"] == 0.5
    assert told["red", "age"]["submissions"] == told["red", "city"]["submissions"] == 0


def test_a_condition_and_the_same_tree_are_as_sensitive():
    one = measure_sensitivity(SMALL, [send("red", 1, "city = b")])
    other = measure_sensitivity(SMALL, [send("red", 1, tree=stump("city", "b"))])

    assert one == other
    assert one[0]["city"] > 0
