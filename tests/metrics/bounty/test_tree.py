"""Trees: read strictly, evaluated row by row as a person would, never run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.bounty.tree import DEEPEST, MOST_NODES, Leaf, Node, Tree, parse_tree
from metrics.errors import ResultsError
from metrics.reading.cells import Cells

AGES: list[float | None] = [20, 65, 70, None, 65.5]
SEXES = ["f", "m", None, "f", "x"]
COLUMNS = {
    "age": Cells("age", pa.chunked_array([pa.array(AGES, pa.float64())])),
    "sex": Cells("sex", pa.chunked_array([pa.array(SEXES)])),
}
OLD = [
    {"id": 0, "feature": "age", "op": "<=", "threshold": 65, "true": 1, "false": 2},
    {"id": 1, "value": 0},
    {"id": 2, "feature": "sex", "op": "in", "values": ["f", "m"], "true": 3, "false": 4},
    {"id": 3, "value": 1},
    {"id": 4, "value": 0},
]


def refuse(data: Any) -> str:
    with pytest.raises(ResultsError) as raised:
        parse_tree(data, "tree").leaves(COLUMNS, 5)
    return str(raised.value)


def nodes(*changed: dict[str, Any]) -> dict[str, Any]:
    """Return the tree with nodes of these ids in the place of its own."""
    by_id = {node["id"]: node for node in (*OLD, *changed)}
    return {"nodes": list(by_id.values())}


def test_each_row_goes_down_to_its_leaf_and_a_missing_value_to_false():
    """20 and 65 are at most 65; 70 has no sex, the empty age is f, 65.5 is x."""
    tree = parse_tree(nodes(), "tree")

    assert tree.leaves(COLUMNS, 5).tolist() == [1, 1, 4, 3, 4]
    assert tree.values(COLUMNS, 5, float).tolist() == [0, 0, 0, 1, 0]
    assert tree.features == ("age", "sex")


def test_the_order_of_the_nodes_is_no_part_of_a_tree():
    assert parse_tree({"nodes": OLD[::-1]}, "tree").leaves(COLUMNS, 5).tolist() == [1, 1, 4, 3, 4]


def test_a_leaf_alone_is_a_tree():
    assert parse_tree({"nodes": [{"id": 0, "value": "yes"}]}, "tree") == Tree({0: Leaf("yes")})


def test_the_missing_may_be_listed():
    listed = {"id": 0, "feature": "age", "op": "in", "values": ["(missing)", 20], "true": 1, "false": 2}

    tree = parse_tree(nodes(listed), "tree")

    assert tree.leaves(COLUMNS, 5).tolist() == [1, 3, 4, 1, 4]


def test_numbers_are_listed_as_numbers():
    tree = parse_tree(
        {
            "nodes": [
                {"id": 0, "feature": "age", "op": "in", "values": [20, "70.0"], "true": 1, "false": 2},
                {"id": 1, "value": 1},
                {"id": 2, "value": 0},
            ]
        },
        "tree",
    )

    assert tree.leaves(COLUMNS, 5).tolist() == [1, 2, 1, 2, 2]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "is not of the form"),
        ([], "is not of the form"),
        ({"nodes": {}}, "is not of the form"),
        ({"nodes": OLD, "code": "x"}, "is not of the form"),
        ({"nodes": []}, "has no nodes"),
        ({"nodes": [None]}, "node 1 of the list has no id"),
        ({"nodes": [{"id": True, "value": 1}]}, "node 1 of the list has no id"),
        ({"nodes": [{"id": 0.0, "value": 1}]}, "node 1 of the list has no id"),
        ({"nodes": [{"id": 1, "value": 1}]}, "has no node 0"),
        ({"nodes": [{"id": 0, "value": None}]}, "node 0 has the value None"),
        ({"nodes": [{"id": 0, "value": float("inf")}]}, "node 0 has the value inf"),
        ({"nodes": [{"id": 0, "value": 10**400}]}, "node 0 has the value 1000"),
        ({"nodes": [{"id": 0, "value": 1, "gini": 0.5}]}, "node 0 has 'gini'"),
        ({"nodes": [{"id": 0, "value": 1}, {"id": 0, "value": 0}]}, "node 0 stands twice"),
        ({"nodes": [{"id": 0}]}, "node 0 has neither op nor value"),
        (nodes({**OLD[0], "op": "<"}), "node 0 has the op '<'"),
        (nodes({**OLD[0], "op": ["<="]}), "node 0 has the op ['<=']"),
        (nodes({**OLD[0], "threshold": "65"}), "node 0 has the threshold '65'"),
        (nodes({**OLD[0], "threshold": float("nan")}), "node 0 has the threshold nan"),
        (nodes({**OLD[0], "values": ["f"]}), "node 0 has 'values'"),
        (nodes({**OLD[0], "feature": 3}), "node 0 asks of the feature 3"),
        (nodes({**OLD[2], "values": []}), "node 2 has the values []"),
        (nodes({**OLD[2], "values": [["f"]]}), "node 2 has the values [['f']]"),
        (nodes({**OLD[2], "true": "3"}), "node 2 leads to '3' where true"),
        (nodes({**OLD[2], "true": 9}), "node 2 leads to node 9, which is not there"),
        (nodes({**OLD[2], "true": 0}), "node 2 leads to node 0, which is reached already"),
        (nodes({**OLD[2], "true": 2}), "node 2 leads to node 2, which is reached already"),
        (nodes({**OLD[2], "true": 4}), "node 2 leads to node 4, which is reached already"),
        (nodes({"id": 7, "value": 0}), "node 7 is one that nothing leads to"),
        (nodes({**OLD[0], "feature": "aeg"}), "Did you mean 'age'?"),
        (nodes({**OLD[0], "feature": "sex"}), "holds 'f', but <= compares numbers only"),
        (nodes({**OLD[2], "values": ["female"]}), "never says 'female'"),
    ],
)
def test_a_malformed_tree_is_refused_at_its_node(data, said):
    assert said in refuse(data)


def _chain(n_questions: int) -> dict[str, Any]:
    """A tree that asks one thing after another."""
    made: list[dict[str, Any]] = []
    for depth in range(n_questions):
        leaf = n_questions + 1 + depth
        made += [
            {"id": depth, "feature": "age", "op": "<=", "threshold": depth, "true": leaf, "false": depth + 1},
            {"id": leaf, "value": 0},
        ]
    return {"nodes": [*made, {"id": n_questions, "value": 1}]}


def test_a_tree_has_as_many_nodes_and_questions_as_the_caps_say_and_no_more():
    assert parse_tree(_chain(DEEPEST), "tree").leaves(COLUMNS, 5).tolist() == [61, 40, 40, 40, 40]
    assert f"deeper than {DEEPEST} questions" in refuse(_chain(DEEPEST + 1))
    assert f"has {MOST_NODES + 1:,} nodes" in refuse({"nodes": [{"id": n, "value": 0} for n in range(MOST_NODES + 1)]})


def test_of_very_many_mistakes_the_first_are_told():
    said = refuse({"nodes": [{"id": n} for n in range(500)]}).splitlines()

    assert len(said) == 11
    assert "490 further problems" in said[-1]


@st.composite
def trees(draw: st.DrawFn, depth: int = 4) -> Tree:
    made: dict[int, Node | Leaf] = {}

    def grow(at: int, left: int) -> None:
        if not left or draw(st.booleans()):
            made[at] = Leaf(draw(st.sampled_from(["yes", "no", 0, 0.5])))
            return
        true, false = 2 * at + 1, 2 * at + 2
        if draw(st.booleans()):
            made[at] = Node("age", "<=", true, false, threshold=draw(st.sampled_from([19.0, 20.0, 65.0, 65.5, 99.0])))
        else:
            words = draw(st.lists(st.sampled_from(["f", "m", "x"]), min_size=1, unique=True))
            made[at] = Node("sex", "in", true, false, values=tuple(words))
        grow(true, left - 1)
        grow(false, left - 1)

    grow(0, depth)
    return Tree(made)


@given(trees())
def test_every_row_ends_where_one_who_walks_ends(tree):
    def walk(row: int) -> int:
        at = 0
        while isinstance(node := tree.nodes[at], Node):
            age, sex = AGES[row], SEXES[row]
            yes = age is not None and age <= node.threshold if node.op == "<=" else sex in node.values
            at = node.true if yes else node.false
        return at

    assert tree.leaves(COLUMNS, 5).tolist() == [walk(row) for row in range(5)]


@given(trees())
def test_a_written_tree_is_read_as_it_was(tree):
    assert parse_tree(tree.to_dict(), "tree") == tree


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*OLD[0], *OLD[2], "value", "x"]), inner)
    ),
    max_leaves=12,
)


@given(st.lists(json_values, max_size=4))
def test_whatever_stands_in_place_of_nodes_is_refused_in_words_or_a_tree(data):
    try:
        tree = parse_tree({"nodes": data}, "tree")
    except ResultsError as error:
        assert all(finding.found and finding.cure for finding in error.findings)
    else:
        assert 0 in tree.nodes
        np.testing.assert_array_equal(np.isin(list(tree.nodes), [node["id"] for node in data]), True)
