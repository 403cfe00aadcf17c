"""Sums of weights and words that are told beside counts do not give hidden groups away."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.cube import count_cells
from metrics.errors import QuestionError
from metrics.results import Results
from metrics.schema import Attribute, Schema, System
from metrics.scored import score
from metrics.sharing.amounts import amounts_of
from metrics.sharing.hiding import hide
from metrics.sharing.memory import recall, remember
from metrics.sharing.share import leave_out_unknown, share
from metrics.sharing.terms import Terms, groupings_up_to
from tests.metrics.build import results_of
from tests.metrics.sharing.attack import Amount, Attack, whole_numbers
from tests.metrics.sharing.test_hiding import MISSING, people, tells_rest
from tests.metrics.sharing.test_hiding import hidden_of as slices_hidden

METRICS = ("error_rate", "selection_rate")

Told = tuple[dict[tuple[str, ...], set[tuple[str, ...]]], dict[tuple[str, ...], bool], pd.DataFrame]


def hidden_of(results: Results, frame: pd.DataFrame, terms: Terms) -> Told:
    """Return what is hidden of each grouping by its levels, where everyone else is told, and who is left."""
    scored, _ = leave_out_unknown(score(results), terms)
    cubes = count_cells(scored)
    (found,) = hide(scored, cubes, terms)
    hidden, rest = {}, {}
    for names, table in found.items():
        slices = cubes[0].by(names).slices
        hidden[names] = {tuple(level for _, level in slices[c].items()) for c in np.flatnonzero(table.hidden)}
        rest[names] = table.tells_rest
    return hidden, rest, frame.iloc[scored[0].rows]


def assert_protected(attack: Attack, told: Told, least: float) -> None:
    hidden, rest, _ = told
    attack.learn(hidden, rest, MISSING, None)
    for by, cells in hidden.items():
        for cell in cells:
            assert attack.width(by, cell) >= least - 1e-5, (by, cell)


def axes_of(frame: pd.DataFrame) -> list[str]:
    return [str(c) for c in frame if str(c).startswith("a")]


# -- weights -------------------------------------------------------------------------------------

By = Callable[[tuple[str, ...]], float]

# Of every level of two attributes: few weights, weights that are all different, and those of men alone.
WEIGHTS: dict[str, By] = {
    "first": lambda cell: 0.5 + int(cell[0] == "0"),
    "both": lambda cell: round((0.7 + int(cell[0])) * (1.3 + 0.37 * int(cell[1])), 2),
    "many": lambda cell: (0.71 + 0.913 * int(cell[0])) * (1.37 + 0.331 * int(cell[1])) * (1 + 0.117 * int(cell[2])),
}


def weighted_attack(left: pd.DataFrame, known: By | None) -> Attack:
    """Return a reader who knows the weight of every combination of levels, or the range of all with an outcome."""
    axes = axes_of(left)
    whole = left.fillna(MISSING).assign(outcome=left["label"] + left["prediction"], squared=left["weight"] ** 2)

    def amount(column: str) -> Amount:
        ranges = {(o,): (g.min(), g.max()) for o, g in whole.groupby("outcome")[column]}
        if known is None:
            return column, lambda cell, outcome: ranges[outcome]
        power = 2 if column == "squared" else 1
        return column, lambda cell, outcome: (known(cell) ** power,) * 2

    return Attack(whole, axes, ["outcome"], [amount("weight"), amount("squared")])


def share_weighted(frame: pd.DataFrame, order: int, least: int) -> Told:
    axes = axes_of(frame)
    terms = Terms("t", groupings_up_to(axes, order), METRICS, min_cell=least)
    return hidden_of(results_of(frame, axes, {"prediction": "prediction"}), frame, terms)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(60, 400),
    st.lists(st.integers(2, 4), min_size=3, max_size=3),
    st.integers(3, 8),
    st.integers(1, 3),
    st.sampled_from(list(WEIGHTS)),
)
def test_weights_that_follow_from_the_groups_leave_every_hidden_one_its_range(seed, n, sizes, least, order, weights):
    frame = people(seed, n, sizes)
    known = WEIGHTS[weights]
    frame["weight"] = [known(cell) for cell in frame[axes_of(frame)].itertuples(index=False, name=None)]
    try:
        told = share_weighted(frame, order, least)
    except QuestionError:
        return

    assert_protected(weighted_attack(told[2], known), told, least)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(60, 300),
    st.lists(st.integers(2, 4), min_size=2, max_size=3),
    st.integers(3, 8),
    st.integers(1, 2),
    st.sampled_from(["narrow", "wide", "two", "three"]),
)
def test_weights_of_a_known_range_leave_every_hidden_group_its_range(seed, n, sizes, least, order, weights):
    frame, draw = people(seed, n, sizes), np.random.default_rng(seed)
    frame["weight"] = {
        "narrow": draw.uniform(0.9, 1.1, n),
        "wide": draw.lognormal(0, 1, n),
        "two": draw.choice([1.0, 2.0], n),
        "three": draw.choice([1.0, 1.01, 3.0], n),
    }[weights]
    try:
        told = share_weighted(frame, order, least)
    except QuestionError:
        return

    assert_protected(weighted_attack(told[2], None), told, least)


def test_the_attack_finds_what_sums_of_weights_give_away():
    """Two groups of which counts hide how large each is; one weighs 0.5 a person and the other 1.5."""
    frame = pd.DataFrame({"a0": ["x"] * 60 + ["y"] * 4 + ["z"] * 9, "label": "1", "prediction": "1"})
    known: By = lambda cell: 1.5 if cell[0] == "y" else 0.5  # noqa: E731
    frame["weight"] = [known((level,)) for level in frame["a0"]]
    hidden = {(): set(), ("a0",): {("y",), ("z",)}}
    whole, unweighted = weighted_attack(frame, known), Attack(frame.assign(outcome="11"), ["a0"], ["outcome"])
    for attack in (whole, unweighted):
        attack.learn(hidden, {}, MISSING, None)

    assert unweighted.width(("a0",), ("y",)) > 10
    assert whole.width(("a0",), ("y",)) == pytest.approx(0)


@pytest.mark.parametrize("seed", range(6))
def test_weights_after_counts_do_not_give_away_what_either_hid(seed):
    """First counts of some attributes are shared, then weighted numbers of others; weights follow from the first."""
    frame, known = people(seed, 400, [4, 4, 2]), WEIGHTS["first"]
    frame["weight"] = [known(cell) for cell in frame[axes_of(frame)].itertuples(index=False, name=None)]
    told, earlier = [], []
    for columns, names in ((frame.drop(columns="weight"), ("a1", "a2")), (frame, ("a0", "a1"))):
        results = results_of(columns, axes_of(frame), {"prediction": "prediction"})
        try:
            shared = share(results, score(results), Terms("t", groupings_up_to(names, 2), METRICS), earlier=earlier)
        except QuestionError:
            break
        told.append(shared)
        earlier += recall(remember(shared, score(results)), lambda schema, results=results: results, results)
    attack = weighted_attack(frame, known)
    for shared in told:
        hidden = {names: slices_hidden(shared, names) for names in shared.cubes[0].groupings}
        attack.learn(hidden, {names: tells_rest(shared, names) for names in hidden}, MISSING, None)

    assert any(slices_hidden(shared, names) for shared in told for names in shared.cubes[0].groupings)
    for shared in told:
        for by in shared.cubes[0].groupings:
            for cell in slices_hidden(shared, by):
                assert attack.width(by, cell) >= 10 - 1e-5, (by, cell)


def groups_with_weights(sizes: dict[str, int], weights: dict[str, float]) -> pd.DataFrame:
    """Return people of one attribute, a third of whom err in each group, weighted by it."""
    groups = [level for level, n in sizes.items() for _ in range(n)]
    frame = pd.DataFrame({"a0": groups, "label": "1", "prediction": ["0", "1", "1"] * (len(groups) // 3)})
    return frame.assign(weight=[weights[level] for level in groups])


def test_a_group_of_another_weight_takes_one_of_its_own_along():
    """Hiding w beside y would do if all weighed the same; of those who weigh 1.5 as y does, v is the other group."""
    sizes = {"u": 90, "v": 60, "w": 30, "y": 6}
    known: By = lambda cell: 1.5 if cell[0] in "vy" else 0.5  # noqa: E731
    weights = {level: known((level,)) for level in sizes}
    plain = share_weighted(groups_with_weights(sizes, dict.fromkeys(sizes, 1.0)), 1, 10)
    told = share_weighted(groups_with_weights(sizes, weights), 1, 10)

    assert plain[0][("a0",)] == {("y",), ("w",)}
    assert told[0][("a0",)] == {("y",), ("v",)}
    assert_protected(weighted_attack(told[2], known), told, 10)


def test_whole_numbers_do_not_count_groups_of_a_few_different_weights():
    """Three groups hidden leave a line of numbers free, of which only one is whole: such a thing is not shared."""
    sizes = {"u": 90, "v": 9, "w": 9, "y": 9}
    weights = {"u": 1.0, "v": 0.73, "w": 1.12, "y": 2.31}
    hidden = [(n, weights[level]) for level, n in sizes.items() if level != "u"]
    people, total = sum(n for n, _ in hidden), sum(n * weight for n, weight in hidden)

    assert len(whole_numbers([weight for _, weight in hidden], people, total)) == 1
    with pytest.raises(QuestionError, match="could be worked out"):
        share_weighted(groups_with_weights(sizes, weights), 1, 10)


def test_weights_of_one_group_alone_may_be_known():
    """Everybody of u, v and y weighs 1, the others anything: y among those who weigh 1 hides behind v."""
    sizes = {"u": 90, "v": 60, "w": 30, "x": 30, "y": 12}
    frame = groups_with_weights(sizes, dict.fromkeys(sizes, 1.0))
    other = frame["a0"].isin(["w", "x"])
    frame.loc[other, "weight"] = np.random.default_rng(0).uniform(3, 9, int(other.sum())).round(2)
    told = share_weighted(frame, 1, 15)
    ranges = {o: tuple(g["weight"].agg(["min", "max"])) for o, g in frame[other].groupby("prediction")}

    def amount(column: str, power: int) -> Amount:
        def possible(cell, outcome):
            least, most = (1.0, 1.0) if cell[0] in "uvy" else ranges[outcome[0][1]]
            return least**power, most**power

        return column, possible

    whole = frame.assign(outcome=frame["label"] + frame["prediction"], squared=frame["weight"] ** 2)
    attack = Attack(whole, ["a0"], ["outcome"], [amount("weight", 1), amount("squared", 2)])

    assert ("y",) in told[0][("a0",)]
    assert_protected(attack, told, 15)


# -- words ---------------------------------------------------------------------------------------


def speech(frame: pd.DataFrame) -> Results:
    """Return utterances of `words` words and `edits` substitutions, as counts."""
    axes = axes_of(frame)
    zero = pd.Series(0.0, frame.index)
    kinds = ("substitutions", "deletions", "insertions")
    cluster = {"cluster": "cluster"} if "cluster" in frame else {}
    columns = {"reference_words": frame["words"].astype(float)}
    return Results(
        schema=Schema(
            task="transcription",
            columns={"reference_words": "words", **cluster},
            systems=(System(None, {kind: kind for kind in kinds}),),
            attributes=tuple(Attribute(a) for a in axes),
        ),
        attributes=pd.DataFrame({a: frame[a].astype("string").astype("category") for a in axes}, index=frame.index),
        columns=columns | {c: frame[c].astype("string").astype("category") for c in cluster},
        answers=({"substitutions": frame["edits"].astype(float), "deletions": zero, "insertions": zero},),
        receipts=(),
        findings=(),
    )


def share_speech(frame: pd.DataFrame, order: int, least: int, people: str = "units") -> Told:
    groupings: Any = groupings_up_to(axes_of(frame), order)
    terms = Terms("t", groupings, ("word_error_rate",), min_cell=least, people=people)  # type: ignore[arg-type]
    return hidden_of(speech(frame), frame, terms)


def speakers(seed: int, n: int, sizes: list[int], words: str) -> pd.DataFrame:
    frame, draw = people(seed, n, sizes).drop(columns=["label", "prediction"]), np.random.default_rng(seed)
    by_levels = frame[axes_of(frame)].astype(int).to_numpy() @ np.array([1, 3, 7][: len(sizes)])
    drawn = draw.integers(*((9, 12) if words == "alike" else (1, 60)), n)
    frame["words"] = by_levels % 5 + 6 if words == "by levels" else drawn
    return frame.assign(edits=np.where(draw.random(n) < 0.5, 0, np.minimum(draw.integers(1, 4, n), frame["words"])))


def words_attack(left: pd.DataFrame, by_levels: bool) -> Attack:
    """Return a reader who is told utterances with and without an error, their words and their edits."""
    whole = left.assign(outcome=(left["edits"] > 0).astype(str), squared=left["words"] ** 2)
    multiples = [1, 3, 7]

    def amount(column: str) -> Amount:
        power = {"words": 1, "squared": 2}.get(column)
        ranges = {(o,): (g.min(), g.max()) for o, g in whole.groupby("outcome")[column]}

        def possible(cell, outcome):
            if power is None or not by_levels:
                return ranges[outcome]
            words = sum(int(level) * m for level, m in zip(cell, multiples, strict=False)) % 5 + 6
            return (float(words**power),) * 2

        return column, possible

    return Attack(whole, axes_of(left), ["outcome"], [amount("words"), amount("squared"), amount("edits")])


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(60, 400),
    st.lists(st.integers(2, 4), min_size=2, max_size=3),
    st.integers(3, 8),
    st.integers(1, 2),
    st.sampled_from(["by levels", "alike", "any"]),
)
def test_words_leave_every_hidden_group_its_range(seed, n, sizes, least, order, words):
    frame = speakers(seed, n, sizes, words)
    try:
        told = share_speech(frame, order, least)
    except QuestionError:
        return

    assert_protected(words_attack(told[2], words == "by levels"), told, least)


def test_speakers_of_equally_many_calls_are_not_counted_by_their_calls():
    """Each speaker of x, y and z made 6, 3 and 2 calls: calls and speakers of everyone tell how many y and z are."""
    calls = {"x": 6, "w": 6, "v": 3, "y": 3, "z": 2}
    sizes = {"x": 60, "w": 40, "v": 30, "y": 8, "z": 30}
    rows = [(level, f"{level}{i}") for level, n in sizes.items() for i in range(n) for _ in range(calls[level])]
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(rows, columns=["a0", "cluster"]).assign(words=10, edits=draw.integers(0, 2, len(rows)))
    told = share_speech(frame, 1, 10, "clusters")
    each = frame.groupby("cluster", as_index=False).agg(a0=("a0", "first"), calls=("words", "size"))
    attack = Attack(
        each.assign(outcome=""), ["a0"], ["outcome"], [("calls", lambda cell, outcome: (calls[cell[0]],) * 2)]
    )

    assert ("y",) in told[0][("a0",)]
    assert_protected(attack, told, 10)


def test_sums_of_those_who_are_left_are_not_told_twice():
    """Rows that are known are taken off today's sums and off those of before: what is left are the same sums."""
    (scored,) = score(speech(speakers(0, 40, [3], "any")))
    known = np.array([3, 17])
    others = scored.take(~np.isin(scored.rows, known))
    before, today = amounts_of(scored, 40), amounts_of(others, 40)

    assert today.beside(before).n > today.n
    assert today.beside(before.without(known)).n == today.n


def test_whole_numbers_are_all_that_add_up():
    """The oracle of the whole numbers, against every combination there is."""
    weights, truth = [1.0, 2.0, 3.0], (2, 4, 1)
    total = sum(n * w for n, w in zip(truth, weights, strict=True))
    adds_up = lambda n: sum(n) == 7 and np.dot(n, weights) == total  # noqa: E731
    every = [n for n in product(range(1, 8), repeat=3) if adds_up(n)]

    assert sorted(whole_numbers(weights, 7, total)) == every
    assert truth in every
