from __future__ import annotations

import pytest

from metrics.bounty.tree import Leaf, Node, Tree
from metrics.usage import measure_regions
from tests.metrics.usage.bounties import bounty, send, stump

SMALL = bounty(sex=["f", "m", None, "x"] * 25, age=[str(i) for i in range(100)], city=["a", "b"] * 50)


def admitted(feature, *wheres, trees=()):
    entries = [send("red", i, where) for i, where in enumerate(wheres)]
    entries += [send("red", 100 + i, tree=tree) for i, tree in enumerate(trees)]
    table = measure_regions(SMALL, entries)
    mine = table[(table["team"] == "red") & (table["feature"] == feature)]
    return dict(zip(mine["level"], mine["admitted"], strict=True))


@pytest.mark.parametrize(
    ("where", "levels"),
    [
        ("sex = f", {"f"}),
        ("sex != f", {"m", "x"}),
        ("sex in [f, m]", {"f", "m"}),
        ("sex is missing", {"(missing)"}),
        ("not sex is missing", {"f", "m", "x"}),
        ("sex = f and city = a", {"f"}),
        ("sex = f or city = a", {"f", "m", "x", "(missing)"}),
        ("not (sex = f and city = a)", {"f", "m", "x", "(missing)"}),
        ("not (sex = f or city = a)", {"m", "x"}),
        ("(sex = f or city is missing) and not city is missing", {"f", "m", "x", "(missing)"}),
        ("sex = f and everyone", {"f"}),
    ],
)
def test_a_level_is_admitted_where_a_row_with_it_can_be_a_member(where, levels):
    found = admitted("sex", where)

    assert {level for level, share in found.items() if share} == levels
    assert set(found) == {"f", "m", "x", "(missing)"}
    assert set(found.values()) <= {0.0, 1.0}


def test_a_tree_admits_what_leads_to_a_leaf_of_members():
    deep = Tree(
        {
            0: Node("city", "in", 1, 2, values=("a",)),
            1: Node("sex", "in", 3, 4, values=("f", "m")),
            2: Leaf(0),
            3: Leaf(1),
            4: Leaf(0),
        }
    )

    assert admitted("sex", trees=[deep]) == {"f": 1, "m": 1, "x": 0, "(missing)": 0}
    assert admitted("city", trees=[deep]) == {"a": 1, "b": 0}
    assert admitted("sex", trees=[stump("sex", "f", then=0)]) == {"f": 0, "m": 1, "x": 1, "(missing)": 1}


def test_shares_are_of_the_submissions_that_reference_the_feature():
    assert admitted("sex", "sex = f", "sex in [f, m]", "city = a") == {"f": 1, "m": 0.5, "x": 0, "(missing)": 0}


def test_numbers_stand_in_quarters_of_which_a_part_may_be_admitted():
    found = admitted("age", "age >= 80")

    assert list(found) == ["< 25", "25 to < 50", "50 to < 75", ">= 75"]
    assert list(found.values()) == [0, 0, 0, pytest.approx(20 / 25)]


def test_only_features_that_a_team_references_have_a_region_and_everyone_is_last():
    table = measure_regions(SMALL, [send("red", 1, "sex = f"), send("blue", 2, "city = a")])

    assert set(table[table["team"] == "red"]["feature"]) == {"sex"}
    assert list(dict.fromkeys(table["team"])) == ["red", "blue", "(everyone)"]
    assert measure_regions(SMALL, []).empty
