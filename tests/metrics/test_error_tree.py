"""An error tree says where errors are, in conditions that hold for its leaves' rows, measured on rows it never saw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.compare import compare
from metrics.cube import Cube, count_cells
from metrics.error_tree import ErrorTree, grow_error_tree
from metrics.errors import QuestionError
from metrics.halves import split_in_halves
from metrics.predicates import parse_predicate
from metrics.reading.cells import Cells
from tests.metrics.build import cube_of, rates
from tests.metrics.planted import ATTRIBUTES, fair_rows, fair_speakers, planted_rows


def columns_of(cube: Cube, **numbers: np.ndarray) -> dict[str, Cells]:
    """Return the columns as a condition sees them."""
    scored = cube.scored
    assert scored is not None
    found: dict[str, list[Any]] = {
        name: [None if np.isnan(x) else x for x in values] for name, values in numbers.items()
    }
    for axis, codes in zip(scored.axes, scored.codes, strict=True):
        found[axis.name] = [None if code == len(axis.levels) else axis.levels[code] for code in codes.tolist()]
    return {name: Cells(name, pa.chunked_array([pa.array(cells)])) for name, cells in found.items()}


def rows_of(tree: ErrorTree, cube: Cube, **numbers: np.ndarray) -> list[np.ndarray]:
    columns = columns_of(cube, **numbers)
    return [parse_predicate(where).evaluate(columns, len(cube.scored or ()))[0] for where in tree.leaves["where"]]


def test_the_worst_leaf_is_the_planted_slice_and_is_confirmed():
    tree = grow_error_tree(planted_rows(1), "error_rate", ATTRIBUTES, depth=2)

    worst = tree.leaves.iloc[0]
    assert sorted(worst["where"].split(" and ")) == ["a = u", "b = v"]
    assert worst["confirmed"] and worst["value"] > 2 * worst["rest"]


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_every_row_satisfies_the_condition_of_one_leaf_whose_numbers_are_those_of_its_rows(seed, missing):
    rng = np.random.default_rng(seed)
    n = 400
    frame = pd.DataFrame(
        {
            "group": rng.choice(["x", "y z", "it's"], n),
            "other": rng.choice(["p", "q"], n),
            "label": rng.choice(["0", "1"], n),
        }
    )
    age = rng.normal(40, 15, n).round(2)
    if missing:
        frame.loc[rng.random(n) < 0.2, "group"] = None
        age[rng.random(n) < 0.2] = np.nan
    chance = 0.1 + 0.3 * (frame["group"] == "x") + 0.3 * (age > rng.normal(40, 10))
    wrong = rng.random(n) < chance
    frame["prediction"] = np.where(wrong, "0", "1")
    (cube,) = cube_of(frame, ["group", "other"])

    tree = grow_error_tree(
        cube, "selection_rate", ["group", "other"], numbers={"age": age}, depth=3, least_units=10, seed=seed
    )

    leaves = rows_of(tree, cube, age=age)
    assert (np.sum(leaves, axis=0) == 1).all()
    first = split_in_halves(cube.scored, seed)[0] > 0
    selected = (frame["prediction"] == "1").to_numpy()
    for inside, (_, told) in zip(leaves, tree.leaves.iterrows(), strict=True):
        assert told["searched_units"] == (inside & first).sum() >= min(10, first.sum())
        assert told["searched_value"] == pytest.approx(selected[inside & first].mean())
        there = inside & ~first
        assert told["units"] == told["rows"] == there.sum()
        if there.any():
            assert told["value"] == pytest.approx(selected[there].mean())


@pytest.mark.parametrize("make", [planted_rows, fair_speakers], ids=["rows", "clusters"])
def test_leaves_are_compared_with_the_rest_as_any_group_is(make):
    cube = make(2)

    tree = grow_error_tree(cube, "error_rate", ATTRIBUTES, depth=1)

    scored = cube.scored
    assert scored is not None
    (other,) = count_cells([scored.take(split_in_halves(scored)[1] > 0)])
    axis = tree.leaves["where"].iloc[0].split(" ")[0]
    group = compare(other, [axis], ["error_rate"]).assign(slice=lambda t: t["slice"].map(str)).set_index("slice")
    leaf = tree.leaves[tree.leaves["where"].str.contains(" = ")].iloc[0]
    assert [leaf[c] for c in ("difference", "difference_low", "difference_high", "p")] == pytest.approx(
        [group.loc[leaf["where"], c] for c in ("value", "low", "high", "p")]
    )


def test_a_leaf_of_transcripts_has_the_words_of_its_utterances():
    """Edits per word, weighed by words: long utterances count for more, as in the metric itself."""
    rng = np.random.default_rng(3)
    n = 600
    accent = rng.choice(["u", "v"], n)
    words = rng.integers(1, 30, n)
    edits = rng.binomial(words, np.where(accent == "u", 0.4, 0.1))
    frame = pd.DataFrame({"accent": accent, "words": words, "edits": edits})
    (cube,) = rates(frame, ["accent"])

    tree = grow_error_tree(cube, "word_error_rate", ["accent"], depth=1)

    first = split_in_halves(cube.scored)[0] > 0
    for _, leaf in tree.leaves.iterrows():
        here = (accent == "u") == (leaf["where"] in ("accent = u", "accent != v"))
        for rows, value in ((here & first, leaf["searched_value"]), (here & ~first, leaf["value"])):
            assert value == pytest.approx(edits[rows].sum() / words[rows].sum())


@pytest.mark.parametrize(("favourable", "worst"), [("positive", "v"), ("negative", "u")])
def test_what_is_good_for_the_person_says_which_selected_share_is_the_worse(favourable, worst):
    selected = {"u": 300, "v": 100}
    rows = [(g, "1" if i < n else "0") for g, n in selected.items() for i in range(500)]
    (cube,) = cube_of(pd.DataFrame(rows, columns=["g", "prediction"]), ["g"], favourable=favourable)

    leaves = grow_error_tree(cube, "selection_rate", ["g"]).leaves

    other = {"u": "v", "v": "u"}[worst]
    assert leaves["where"].iloc[0] in (f"g = {worst}", f"g != {other}")
    assert leaves["confirmed"].tolist() == [True, False]


def test_what_was_seen_where_a_tree_grew_is_in_the_unit_of_its_metric():
    """Off by 3 in the south and by 1 elsewhere: root mean squared errors of 3 and 1, not 9 and 1."""
    south = np.arange(2_000) % 4 == 0
    frame = pd.DataFrame({"label": 0.0, "prediction": np.where(south, 3.0, 1.0), "region": np.where(south, "s", "n")})
    (cube,) = cube_of(frame, ["region"], task="regression")
    tree = grow_error_tree(cube, "root_mean_squared_error", ["region"])

    assert tree.leaves["searched_value"].tolist() == pytest.approx([3.0, 1.0])
    assert tree.leaves["value"].tolist() == pytest.approx([3.0, 1.0])
    told = tree.nodes[tree.nodes["leaf"] >= 0].set_index("leaf")["searched_value"]
    assert told.sort_index().tolist() == pytest.approx([3.0, 1.0])


def test_nodes_lead_from_everyone_to_the_leaves():
    tree = grow_error_tree(planted_rows(4), "error_rate", ATTRIBUTES, depth=2)

    nodes = tree.nodes.set_index("node")
    assert nodes.loc[0, "parent"] == -1 and nodes.loc[0, "searched_units"] == tree.rows[0]
    for _, node in nodes[nodes["parent"] >= 0].iterrows():
        beside = nodes[nodes["parent"] == node["parent"]]
        assert beside["searched_units"].sum() == nodes.loc[node["parent"], "searched_units"]
    leaves = nodes[nodes["leaf"] >= 0].set_index("leaf").sort_index()
    assert leaves["searched_value"].tolist() == tree.leaves["searched_value"].tolist()


def test_of_fair_files_few_leaves_are_confirmed():
    found = [grow_error_tree(fair_rows(seed), "error_rate", ATTRIBUTES, seed=seed).leaves for seed in range(40)]

    assert sum(leaves["confirmed"].any() for leaves in found) <= 5
    looked = np.mean([leaves["searched_value"].iloc[0] for leaves in found])
    left = np.nanmean([leaves["value"].iloc[0] for leaves in found])
    assert looked > 0.18 and left == pytest.approx(0.15, abs=0.02)


def test_a_tree_that_finds_nothing_to_ask_is_one_leaf_of_everyone():
    cube = fair_rows(1, n=200)

    tree = grow_error_tree(cube, "error_rate", ["a"], least_units=100)

    assert tree.leaves["where"].tolist() == ["everyone"] and np.isnan(tree.leaves["difference"].iloc[0])
    assert tree.leaves["confirmed"].tolist() == [False]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"metric": "balanced_accuracy"}, "no unit has a part of it"),
        ({"attributes": ["z"]}, "no attribute 'z'"),
        ({"attributes": []}, "at least one attribute"),
        ({"depth": 9}, "from 1 to 6"),
        ({"least_units": 0}, "at least one unit"),
        ({"numbers": {"age": [1.0]}}, "1 numbers of 'age' for 100 units"),
    ],
)
def test_what_no_tree_can_be_grown_of_is_refused(asked, found):
    with pytest.raises(QuestionError, match=found):
        grow_error_tree(fair_rows(0, n=100), **{"metric": "error_rate", "attributes": ["a"], **asked})


def test_the_units_of_a_line_with_a_count_fall_into_both_halves():
    """Four lines of a file with counts: a tree grown on whole lines would know one group from the other by their
    labels alone."""
    frame = pd.DataFrame(
        {"group": list("uuvv"), "label": "1", "prediction": ["1", "0"] * 2, "count": [900, 300, 1100, 100]}
    )
    (cube,) = cube_of(frame, ["group"])

    tree = grow_error_tree(cube, "error_rate", ["group"], depth=1)

    worst = tree.leaves.iloc[0]
    assert sum(tree.rows) == tree.leaves["rows"].sum() + tree.leaves["searched_units"].sum() == 2400
    assert worst["where"] in ("group = u", "group != v") and worst["confirmed"]
    assert worst["searched_value"] == pytest.approx(0.25, abs=0.07) and worst["value"] == pytest.approx(0.25, abs=0.07)
