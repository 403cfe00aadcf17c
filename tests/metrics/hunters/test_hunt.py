"""Hunters find what was planted, on the explore rows alone, and draft what the reader of submissions takes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.bounty.rows import Bounty
from metrics.bounty.submission import parse_submission, resolve
from metrics.bounty.terms import EXPLORE, VALIDATION, Terms
from metrics.errors import QuestionError
from metrics.hunters import HUNTERS, hunt
from metrics.hunters.ground import Ground
from metrics.hunters.trees import list_paths, write_path, write_tree
from metrics.reading.cells import Cells

N = 1_200


def cells(name: str, values: Any) -> Cells:
    return Cells(name, pa.chunked_array([pa.array([None if v is None else str(v) for v in values])]))


def planted(loss: str = "error", missing: bool = False) -> Bounty:
    """Of the red ones of 50 and over, the model is always wrong; else nearly never."""
    draw = np.random.default_rng(6)
    age, colour = draw.integers(20, 80, N), draw.choice(["red", "blue", "green or so"], N)
    size = draw.integers(0, 100, N)
    hit = (age >= 50) & (colour == "red")
    label = np.where(hit, 1, draw.random(N) < 0.5)
    baseline = np.where(hit | (draw.random(N) < 0.05), 1 - label, label)
    sizes = [None if missing and s < 20 else s for s in size.tolist()]
    classes = ("no", "yes") if loss == "error" else ()
    kind = np.int16 if classes else np.float64
    return Bounty(
        folder=Path(),
        terms=Terms("Planted", "", "id", "y", "m", "split", loss=loss, minimum_group=20),  # type: ignore[arg-type]
        ids=tuple(map(str, range(N))),
        features={"age": cells("age", age), "the colour": cells("the colour", colour), "size": cells("size", sizes)},
        label=label.astype(kind),
        baseline=baseline.astype(kind),
        split=np.where(np.arange(N) % 2, EXPLORE, VALIDATION).astype(np.int8),
        classes=classes,
    )


def members(bounty: Bounty, draft) -> np.ndarray:
    return resolve(bounty, parse_submission(draft.submission("t", "1"), "it"), 1).group


def hit(bounty: Bounty) -> np.ndarray:
    age, colour = bounty.features["age"], bounty.features["the colour"]
    words = np.array([*colour.words, ""])[colour.codes]
    return (age.numbers >= 50) & (words == "red")


@pytest.mark.parametrize("hunter", HUNTERS)
@pytest.mark.parametrize("loss", ["error", "squared", "absolute"])
def test_the_planted_group_is_drafted_with_something_better(hunter, loss):
    bounty = planted(loss)

    best = hunt(bounty, bounty.baseline, hunter)[:2]  # the slice finder cuts age into quarters, so that it takes two

    found = np.logical_or.reduce([members(bounty, draft) for draft in best])
    assert (found & hit(bounty)).sum() / hit(bounty).sum() > 0.6
    assert best[0].loss_replacement < best[0].loss_current / 2


@pytest.mark.parametrize("hunter", HUNTERS)
def test_every_draft_is_a_submission_that_is_taken_and_helps_where_it_was_not_learned(hunter):
    bounty = planted(missing=True)
    validation = bounty.split == VALIDATION

    for number, draft in enumerate(hunt(bounty, bounty.baseline, hunter)):
        sent = parse_submission(json.loads(draft.dumps("team", str(number))), "it")
        entry = resolve(bounty, sent, 1)
        here = entry.group & validation
        assert sent.kind == "automatic"
        assert draft.features == sent.group.features
        assert draft.units == (entry.group & (bounty.split == EXPLORE)).sum()
        assert here.sum() >= bounty.terms.minimum_group
        if number == 0:
            assert bounty.losses(entry.predictions)[here].mean() < bounty.losses(bounty.baseline)[here].mean()


@pytest.mark.parametrize("hunter", HUNTERS)
@pytest.mark.parametrize("red", ['it\'s "red"', "`red` & not blue]", "RED\n=1+1", "é" * 100, "true", "x" * 3_000])
def test_odd_names_and_words_are_written_so_that_they_are_read_again(hunter, red):
    bounty = planted()
    colour = bounty.features["the colour"]
    words = np.array([*colour.words, ""], dtype=object)[colour.codes]
    odd = cells("a `b` or 'c'", [red if word == "red" else word for word in words])
    changed = replace(bounty, features={"age": bounty.features["age"], "a `b` or 'c'": odd})

    drafts = hunt(changed, changed.baseline, hunter)

    assert drafts or len(red) > 200  # a text is no level
    for draft in drafts:
        assert (members(changed, draft) & (bounty.split == EXPLORE)).sum() == draft.units


@pytest.mark.parametrize("hunter", HUNTERS)
def test_hunters_look_at_the_explore_rows_alone(hunter):
    """Other labels and predictions elsewhere change nothing; they are what nobody may see."""
    bounty = planted()
    other = bounty.split != EXPLORE
    changed = replace(
        bounty,
        label=np.where(other, 0, bounty.label).astype(np.int16),
        baseline=np.where(other, 1, bounty.baseline).astype(np.int16),
    )

    assert hunt(bounty, bounty.baseline, hunter) == hunt(changed, changed.baseline, hunter)


@pytest.mark.parametrize("hunter", HUNTERS)
def test_of_a_perfect_model_nothing_is_drafted(hunter):
    bounty = planted()

    assert hunt(bounty, bounty.label, hunter) == []


@pytest.mark.parametrize("hunter", HUNTERS)
def test_features_that_say_nothing_are_no_trouble(hunter):
    bounty = planted()
    dull = replace(bounty, features={"one": cells("one", ["x"] * N), "none": cells("none", [None] * N)})

    assert hunt(dull, dull.baseline, hunter) == []


def test_a_lattice_too_large_for_three_conditions_is_searched_with_fewer(monkeypatch):
    from metrics.hunters import groups

    asked = []

    def find(cube, search, progress):
        asked.append(search.depth)
        if search.depth > 1:
            raise QuestionError("too large")
        return real(cube, search, progress)

    real = groups.find
    monkeypatch.setattr(groups, "find", find)
    bounty = planted()

    drafts = hunt(bounty, bounty.baseline, "slice finder")

    assert asked == [3, 2, 1]
    assert drafts and all(len(draft.features) == 1 for draft in drafts)


def test_most_says_how_many_at_most():
    bounty = planted()

    assert len(hunt(bounty, bounty.baseline, "error tree", most=1)) == 1


def test_an_unknown_hunter_is_named_with_those_there_are():
    bounty = planted()

    with pytest.raises(QuestionError, match="error tree"):
        hunt(bounty, bounty.baseline, "error three")  # type: ignore[arg-type]


def test_too_few_explore_rows_are_said():
    bounty = planted()
    few = replace(bounty, split=np.where(np.arange(N) < 50, EXPLORE, VALIDATION).astype(np.int8))

    with pytest.raises(QuestionError, match="50 rows"):
        hunt(few, few.baseline, "error tree")


@pytest.mark.parametrize("hunter", HUNTERS)
def test_it_says_how_far_it_is_and_can_be_stopped(hunter):
    bounty = planted()

    def stop(_: str, share: float) -> None:
        if share >= 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hunt(bounty, bounty.baseline, hunter, progress=stop)


@settings(max_examples=25)
@given(st.integers(0, 2**31 - 1), st.booleans())
def test_conditions_and_json_say_what_the_tree_of_scikit_learn_says(seed, missing):
    from sklearn.tree import DecisionTreeClassifier

    ground = Ground(planted(missing=missing), planted().baseline, 0)
    target = np.random.default_rng(seed).random(ground.n_rows) < 0.5
    grown = DecisionTreeClassifier(max_depth=4, min_samples_leaf=5, random_state=0).fit(ground.matrix, target)
    leaves = grown.apply(ground.matrix)

    paths = list(list_paths(grown.tree_, 0, ()))
    places = [node for node in range(grown.tree_.node_count) if grown.tree_.children_left[node] < 0]
    for path, leaf in zip(paths, places, strict=True):
        assert ground.members(write_path(ground, path)).tolist() == (leaves == leaf).tolist()
    tree = write_tree(ground, grown.tree_, lambda values: int(np.argmax(values)))
    assert ground.members_of_tree(tree).tolist() == grown.predict(ground.matrix).tolist()
