"""What is hidden cannot be worked out: a reader's linear programme over everything shared leaves it a wide range."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.compare import compare
from metrics.cube import count_cells
from metrics.errors import QuestionError
from metrics.schema import System
from metrics.scored import score
from metrics.sharing.hiding import hide
from metrics.sharing.memory import recall, remember
from metrics.sharing.share import leave_out_unknown, share
from metrics.sharing.shared_cube import Shared
from metrics.sharing.small import find_same_of_all
from metrics.sharing.terms import Terms, groupings_up_to
from tests.metrics.build import results_of
from tests.metrics.sharing.attack import Attack

MISSING = "(missing)"


def people(draw_seed: int, n: int, sizes: list[int], missing: float = 0.0) -> pd.DataFrame:
    """Return people with skewed levels of some attributes, a label and a prediction."""
    rng = np.random.default_rng(draw_seed)
    frame = pd.DataFrame(
        {f"a{i}": rng.choice(size, n, p=_skewed(size)).astype(str) for i, size in enumerate(sizes)}, dtype=object
    )
    for name in list(frame):
        frame.loc[rng.random(n) < missing, name] = None
    frame["label"] = rng.integers(0, 2, n).astype(str)
    frame["prediction"] = np.where(rng.random(n) < 0.8, frame["label"], "1")
    return frame


def _skewed(size: int) -> np.ndarray:
    weights = 0.45 ** np.arange(size)
    return weights / weights.sum()


def share_of(frame: pd.DataFrame, terms: Terms):
    """Return what is hidden of each grouping by its levels, and where everyone else is told; and who is left."""
    axes = [c for c in frame if str(c).startswith("a")]
    scored, _ = leave_out_unknown(score(results_of(frame, axes, {"prediction": "prediction"})), terms)
    cubes = count_cells(scored)
    (found,) = hide(scored, cubes, terms)
    hidden, rest = {}, {}
    for names, table in found.items():
        slices = cubes[0].by(names).slices
        hidden[names] = {tuple(level for _, level in slices[c].items()) for c in np.flatnonzero(table.hidden)}
        rest[names] = table.tells_rest
    return hidden, rest, frame.iloc[scored[0].rows]


def attack_on(frame: pd.DataFrame) -> Attack:
    axes = [str(c) for c in frame if str(c).startswith("a")]
    whole = frame.fillna(MISSING).assign(outcome=frame["label"] + frame["prediction"])
    return Attack(whole, axes, ["outcome"])


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(40, 300),
    st.lists(st.integers(2, 5), min_size=1, max_size=3),
    st.integers(3, 8),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.03, 0.1]),
)
def test_every_hidden_slice_keeps_a_range_of_the_minimum(seed, n, sizes, least, order, missing):
    frame = people(seed, n, sizes, missing)
    axes = [f"a{i}" for i in range(len(sizes))]
    terms = Terms("t", groupings_up_to(axes, order), ("error_rate", "selection_rate"), min_cell=least)
    try:
        hidden, rest, left = share_of(frame, terms)
    except QuestionError:
        return
    attack = attack_on(left)
    attack.learn(hidden, rest, MISSING, None)

    for by, cells in hidden.items():
        for cell in cells:
            assert attack.width(by, cell) >= least - 1e-6, (by, cell)


def test_the_attack_finds_what_a_minimum_alone_gives_away():
    """Two small groups hidden alone are found out to the person, which says that the attack is one."""
    frame = pd.DataFrame({"a0": ["x"] * 60 + ["y"] * 4, "label": "1", "prediction": ["0", "1"] * 32})
    attack = attack_on(frame)
    attack.learn({(): set(), ("a0",): {("y",)}}, {}, MISSING, None)

    assert attack.width(("a0",), ("y",)) == pytest.approx(0)


def test_a_small_group_takes_another_one_along():
    frame = pd.DataFrame(
        {"a0": ["x"] * 100 + ["y"] * 40 + ["z"] * 5, "label": ["0", "1"] * 72 + ["0"], "prediction": "1"}
    )
    frame.loc[frame.index % 3 == 0, "prediction"] = "0"
    hidden, rest, _ = share_of(frame, Terms("t", (("a0",),), ("error_rate",), min_cell=10))

    assert hidden[("a0",)] == {("y",), ("z",)}
    assert rest[("a0",)]


def test_nothing_is_hidden_where_everybody_has_company():
    frame = pd.DataFrame({"a0": ["x", "y"] * 50, "a1": ["u"] * 50 + ["v"] * 50, "label": ["0", "0", "1", "1"] * 25})
    frame["prediction"] = ["0", "1", "0", "1", "1"] * 20
    hidden, _, _ = share_of(frame, Terms("t", groupings_up_to(["a0", "a1"], 2), ("error_rate",), min_cell=10))

    assert all(not cells for cells in hidden.values())


@pytest.mark.parametrize(("wrong", "is_hidden"), [(0, True), (1, False), (3, True)])
def test_a_share_of_0_or_1_among_a_few_tells_of_each_of_them(wrong, is_hidden):
    """20 people of y, of whom 3 are positives: whether all, or none, of the 3 are missed is known of each."""
    label = ["0", "1"] * 40 + ["1"] * 3 + ["0"] * 17
    prediction = ["0", "1", "1", "0"] * 20 + ["0"] * wrong + ["1"] * (3 - wrong) + ["0", "1"] * 8 + ["0"]
    frame = pd.DataFrame({"a0": ["x"] * 40 + ["w"] * 40 + ["y"] * 20, "label": label, "prediction": prediction})
    hidden, _, _ = share_of(frame, Terms("t", (("a0",),), ("false_negative_rate",), min_cell=10))

    assert (("y",) in hidden[("a0",)]) == is_hidden


class AttackOnOutcomes(Attack):
    """An attack on how many people of a cell something came out for: `outcome` is an axis as well."""

    def _select(self, by: tuple[str, ...], cell: tuple[str, ...]) -> np.ndarray:
        if by[-1:] != ("outcome",):
            return super()._select(by, cell)
        return super()._select(by[:-1], cell[:-1]) * np.array([u[-1] == (cell[-1],) for u in self.unknown], float)


def without_false_positives(n: int = 80) -> pd.DataFrame:
    """Nobody is rejected wrongly: of x and w, nor of y, of whom 3 are negatives."""
    label = ["0", "1", "1", "0"] * (n // 4) + ["0"] * 3 + ["1"] * 17
    prediction = ["0", "1", "0", "0"] * (n // 4) + ["0"] * 3 + ["1", "0"] * 8 + ["1"]
    return pd.DataFrame({"a0": ["x", "w"] * (n // 2) + ["y"] * 20, "label": label, "prediction": prediction})


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_a_share_that_is_0_of_everyone_hides_a_slice_only_where_it_tells_more_than_everyone_does(is_elsewhere):
    """The oracle: what is known of y's false positives before its slice is shown, and after."""
    frame = without_false_positives()
    if is_elsewhere:
        frame.loc[3, "prediction"] = "1"  # one false positive, of w
    hidden, _, _ = share_of(frame, Terms("t", (("a0",),), ("false_positive_rate",), min_cell=10))
    marked = frame.assign(outcome=frame["label"] + frame["prediction"])
    before, after = (AttackOnOutcomes(marked, ["a0"], ["outcome"]) for _ in range(2))
    before.learn({(): set()}, {}, MISSING, None)
    after.learn({(): set(), ("a0",): set()}, {}, MISSING, None)
    known = [attack.width(("a0", "outcome"), ("y", "01")) for attack in (before, after)]

    assert known == ([1, 0] if is_elsewhere else [0, 0])
    assert (("y",) in hidden[("a0",)]) == (known[0] > known[1])


def test_of_what_is_the_same_for_everyone_the_owner_is_told_once():
    frame = without_false_positives()
    cubes = count_cells(score(results_of(frame, ["a0"], {"prediction": "prediction"})))
    n = int((frame["label"] == "0").sum())

    (found,) = find_same_of_all(cubes, ["false_positive_rate"])
    assert (found.title, found.is_all, found.units) == ("False positive rate", False, n)
    (found,) = find_same_of_all(cubes, ["true_negative_rate", "false_positive_rate"])
    assert (found.title, found.is_all) in {("True negative rate", True), ("False positive rate", False)}
    assert find_same_of_all(cubes, ["accuracy"]) == []
    worked_out = {(s.title, s.is_all) for s in find_same_of_all(cubes, ["accuracy", "base_rate", "selection_rate"])}
    assert ("False positive rate", False) in worked_out or ("True negative rate", True) in worked_out


def test_what_is_the_same_for_all_who_weigh_anything_is_told_to_the_owner_too():
    """Those with an error weigh nothing: everyone's weighted error rate is 0, and says so of each of the others."""
    frame = pd.DataFrame(
        {"a0": ["x", "y"] * 60, "label": ["0", "0", "1", "1"] * 30, "prediction": ["0", "1", "1"] * 40}
    )
    frame["weight"] = np.where(frame["label"] == frame["prediction"], 1.0, 0.0)
    cubes = count_cells(score(results_of(frame, ["a0"], {"prediction": "prediction"})))
    (found,) = find_same_of_all(cubes, ("error_rate",))
    plain = count_cells(score(results_of(frame.drop(columns="weight"), ["a0"], {"prediction": "prediction"})))

    assert (found.title, found.is_all, found.units) == ("Error rate", False, int(frame["weight"].sum()))
    assert find_same_of_all(plain, ("error_rate",)) == []


def test_a_share_that_is_the_same_for_few_in_all_is_refused():
    frame = without_false_positives().query("label == '1' or a0 == 'y'")

    with pytest.raises(QuestionError, match="about 3 people in all and the same for each of them"):
        share_of(frame, Terms("t", (("a0",),), ("false_positive_rate",), min_cell=10))


def test_a_few_rows_without_a_level_are_part_of_nothing():
    frame = people(1, 200, [2, 2])
    frame.loc[:4, "a0"] = None
    terms = Terms("t", groupings_up_to(["a0", "a1"], 2), ("error_rate",), min_cell=10)
    _, rest, left = share_of(frame, terms)

    assert len(left) == 195
    assert all(rest.values())


def test_towns_of_one_state_are_not_free_to_be_of_another():
    """A hidden town is the only hidden one of its state: whoever knows the map takes the shown ones off the state."""
    rng = np.random.default_rng(0)
    towns = ["a"] * 100 + ["b"] * 60 + ["c"] * 4 + ["d"] * 80 + ["e"] * 40 + ["f"] * 50
    frame = pd.DataFrame({"a0": towns, "a1": ["north" if t in "abc" else "south" for t in towns]})
    frame["label"] = rng.integers(0, 2, len(frame)).astype(str)
    frame["prediction"] = rng.integers(0, 2, len(frame)).astype(str)
    hidden, _, _ = share_of(frame, Terms("t", (("a0",), ("a1",)), ("error_rate",), min_cell=10))

    assert ("c",) in hidden[("a0",)]
    assert hidden[("a0",)] & {("a",), ("b",)} or hidden[("a1",)]


def test_two_systems_of_the_same_people_do_not_give_each_other_away():
    frame = people(5, 250, [3, 4])
    other = np.where(np.random.default_rng(3).random(len(frame)) < 0.7, frame["label"], "0")
    results = results_of(frame, ["a0", "a1"], {"prediction": "prediction"})
    second = results_of(frame.assign(prediction=other), ["a0", "a1"], {"prediction": "prediction"})
    terms = Terms("t", groupings_up_to(["a0", "a1"], 2), ("error_rate",), min_cell=8)
    scored = tuple(replace(s, system=name) for name, r in (("one", results), ("two", second)) for s in score(r))
    cubes = count_cells(scored)
    found = hide(scored, cubes, terms)[0]
    hidden = {
        names: {tuple(v for _, v in cubes[0].by(names).slices[c].items()) for c in np.flatnonzero(t.hidden)}
        for names, t in found.items()
    }
    rest = {names: t.tells_rest for names, t in found.items()}
    whole = frame.assign(one=frame["label"] + frame["prediction"], two=frame["label"] + other)
    attack = Attack(whole, ["a0", "a1"], ["one", "two"])
    for system in (0, 1):
        attack.learn(hidden, rest, MISSING, system)

    assert any(hidden.values())
    for by, cells in hidden.items():
        for cell in cells:
            assert attack.width(by, cell) >= 8 - 1e-6


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(60, 250),
    st.lists(st.integers(2, 4), min_size=2, max_size=3),
    st.integers(3, 6),
    st.integers(1, 2),
    st.integers(1, 2),
    st.sampled_from([0.0, 0.05]),
)
def test_two_publications_of_the_same_people_do_not_give_each_other_away(
    seed, n, sizes, least, order, order_before, missing
):
    """The first shares the last attributes, the second the first ones; each hidden slice of both keeps its range."""
    frame = people(seed, n, sizes, missing)
    axes = [f"a{i}" for i in range(len(sizes))]
    results = results_of(frame, axes, {"prediction": "prediction"})
    scored = score(results)
    before = Terms("b", groupings_up_to(axes[1:], order_before), ("error_rate",), min_cell=least)
    after = Terms("a", groupings_up_to(axes[:-1], order), ("error_rate",), min_cell=least)
    try:
        first = share(results, scored, before)
        earlier = recall(remember(first, scored), lambda schema: results, results)
        second = share(results, scored, after, earlier=earlier)
    except QuestionError:
        return
    attack = attack_on(frame)
    for shared in (first, second):
        hidden = {names: hidden_of(shared, names) for names in shared.cubes[0].groupings}
        rest = {names: tells_rest(shared, names) for names in hidden}
        attack.learn(hidden, rest, MISSING, None, leave_out=shared.left_out)

    for shared in (first, second):
        for by in shared.cubes[0].groupings:
            for cell in hidden_of(shared, by):
                assert attack.width(by, cell) >= least - 1e-6, (by, cell)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(80, 250),
    st.lists(st.integers(2, 4), min_size=1, max_size=2),
    st.integers(3, 6),
    st.sampled_from([0.05, 0.2, 0.5]),
    st.booleans(),
)
def test_rows_in_one_publication_and_not_in_the_other_do_not_give_hidden_slices_away(
    seed, n, sizes, least, left_out, later_is_fewer
):
    """To the attack, whether somebody is in the smaller one is a level like any other."""
    frame = people(seed, n, sizes)
    axes = [f"a{i}" for i in range(len(sizes))]
    inside = np.random.default_rng(seed + 1).random(n) >= left_out
    results = [results_of(f, axes, {"prediction": "prediction"}) for f in (frame, frame[inside])]
    pair = results if later_is_fewer else results[::-1]
    terms = Terms("t", groupings_up_to(axes, 2), ("error_rate",), min_cell=least)
    try:
        first = share(pair[0], score(pair[0]), terms)
        earlier = recall(remember(first, score(pair[0])), lambda schema: pair[0], pair[0])
        second = share(pair[1], score(pair[1]), terms, earlier=earlier)
    except QuestionError:
        return
    whole, fewer = (first, second) if later_is_fewer else (second, first)
    marked = frame.assign(inside=np.where(inside, "in", MISSING), outcome=frame["label"] + frame["prediction"])
    attack = Attack(marked, [*axes, "inside"], ["outcome"])
    for shared, leave_out in ((whole, []), (fewer, ["inside"])):
        hidden = {names: hidden_of(shared, names) for names in shared.cubes[0].groupings}
        attack.learn(hidden, {names: tells_rest(shared, names) for names in hidden}, MISSING, None, leave_out)

    for shared, more, inside_too in ((whole, (), ()), (fewer, ("inside",), ("in",))):
        for by in shared.cubes[0].groupings:
            for cell in hidden_of(shared, by):
                assert attack.width((*by, *more), (*cell, *inside_too)) >= least - 1e-6, (by, cell)


def hidden_of(shared: Shared, names: tuple[str, ...]) -> set[tuple[str, ...]]:
    grouping = shared.cubes[0].by(names)
    return {tuple(v for _, v in grouping.slices[c].items()) for c in np.flatnonzero(grouping.rows[:, 0] == 0)}


def tells_rest(shared: Shared, names: tuple[str, ...]) -> bool:
    found = compare(shared.cubes, [names] if names else [], ["error_rate"], min_units=1)
    return bool(found["value"].notna().any()) if names and len(found) > 1 else True


@pytest.mark.parametrize("n_models", [1, 10])
def test_people_with_whom_much_came_out_that_came_out_with_nobody_else_hide_behind_one_group(n_models):
    """Nobody of z came out as those of y did in ten models: it is enough that somebody of z could have."""
    groups = np.repeat(["y", "u", "v", "w", "x", "z"], [9, 60, 60, 60, 60, 60])
    draw, n = np.random.default_rng(10), len(groups)
    frame = pd.DataFrame({"a0": groups, "label": draw.integers(0, 2, n).astype(str)})
    frame["prediction"] = draw.integers(0, 2, n).astype(str)
    one = results_of(frame, ["a0"], {"prediction": "prediction"})
    more = [pd.Series(draw.integers(0, 2, n)).astype("string").astype("category") for _ in range(n_models - 1)]
    systems = tuple(System(f"model {number}", {"prediction": "prediction"}) for number in range(n_models))
    results = replace(
        one,
        schema=replace(one.schema, systems=systems),
        answers=(*one.answers, *({"prediction": prediction} for prediction in more)),
    )
    shared = share(results, score(results), Terms("t", (("a0",),), ("error_rate", "selection_rate")))

    assert len(hidden_of(shared, ("a0",))) == 2
    assert ("y",) in hidden_of(shared, ("a0",))
    assert tells_rest(shared, ("a0",))
