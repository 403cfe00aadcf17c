"""Fitted means: of all thresholds that meet the goal, the least error. Held against trying all of them."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.errors import QuestionError
from metrics.studio import GOALS, Goal, Rule, fit
from metrics.studio.counts import count_groups
from metrics.studio.fit import fit_groups
from tests.metrics.studio.rows import TINY, brute_force, groups_of, scored_cube, simulate

ONE_RATE = [name for name, kind in GOALS.items() if len(kind.rates) == 1]
RATED = [name for name, kind in GOALS.items() if kind.rates]


def thresholds(fitted):
    return {str(s): rule.steps[-1][0] for s, rule in fitted.rules.groups.items()}


@st.composite
def rows(draw, groups=("a", "b"), most=6):
    records = []
    for group in groups:
        records += [(group, "1", draw(st.integers(0, 4))), (group, "0", draw(st.integers(0, 4)))]
        more = draw(st.lists(st.tuples(st.sampled_from("01"), st.integers(0, 4)), max_size=most))
        records += [(group, label, score) for label, score in more]
    frame = pd.DataFrame(records, columns=["group", "label", "score"])
    return frame.assign(score=frame["score"].astype(float))


COSTS = st.sampled_from([(1.0, 1.0), (5.0, 1.0), (0.0, 1.0), (1.0, 2.5)])
WITHIN = st.sampled_from([0.0, 0.05, 0.2, 1 / 3, 0.5, 1.0])


def gaps(groups, fitted, names):
    """The gaps that rules leave, by adding up units one by one."""
    found = []
    for name in names:
        rates = []
        for g in groups:
            rule, before, rate = fitted.rules.groups[g.slice], 0.0, 0.0
            for cut, chance in [*rule.steps, (inf, 1.0)]:
                rate += (chance - before) * g.curve.rate(name)[np.searchsorted(g.curve.cuts, cut)]
                before = chance
            rates.append(rate)
        found.append(max(rates) - min(rates))
    return found


def test_the_least_error_of_each_group_is_found_by_hand():
    fitted = fit(scored_cube(TINY), ["group"], Goal("cost"), min_units=1)

    # Group a errs once of six at 2 (3 of its negatives), b once at 3 (1 of its positives).
    assert thresholds(fitted) == {"group = a": 2, "group = b": 3}
    assert fitted.cost == pytest.approx(2 / 12)


def test_equal_selection_is_found_by_hand():
    fitted = fit(scored_cube(TINY), ["group"], Goal("equal_selection", within=0.0), min_units=1)

    # Alike are 4 of 6 (a at 2: one error; b at 2: three), 1 of 6 (two and two), everyone and nobody (three and three).
    assert fitted.cost == pytest.approx(4 / 12)


def test_a_costly_false_positive_moves_the_threshold_up():
    cheap, dear = (fit(scored_cube(TINY), ["group"], Goal("cost", false_positive=c), min_units=1) for c in (0.1, 10))

    assert all(thresholds(cheap)[g] < thresholds(dear)[g] for g in thresholds(cheap))


def test_one_threshold_for_everyone_tells_no_group_apart():
    fitted = fit(scored_cube(TINY), ["group"], Goal("one"), min_units=1)

    assert not fitted.rules.groups and fitted.rules.everyone == fitted.one
    # At 3: two positives missed, one negative taken; at 2 one missed, three taken.
    assert fitted.one == Rule.at(3.0)
    assert fitted.cost == pytest.approx(3 / 12)


@settings(max_examples=150, deadline=None)
@given(rows(), st.sampled_from(ONE_RATE), WITHIN, COSTS)
def test_no_pair_of_thresholds_that_meets_the_goal_errs_less(frame, name, within, costs):
    goal = Goal(name, within=within, false_positive=costs[0], false_negative=costs[1])
    groups, everyone = count_groups(scored_cube(frame), ["group"])
    best = brute_force(groups, goal)

    if best is None:
        with pytest.raises(QuestionError, match="lots be drawn"):
            fit_groups(groups, everyone, goal, min_units=1)
        return
    fitted = fit_groups(groups, everyone, goal, min_units=1)

    assert fitted.cost * len(frame) == pytest.approx(best)
    assert max(gaps(groups, fitted, goal.kind.rates)) <= within + 1e-9


@settings(max_examples=30, deadline=None)
@given(rows(groups=("a", "b", "c"), most=4), st.sampled_from(ONE_RATE), WITHIN)
def test_nor_does_any_triple(frame, name, within):
    goal, groups = Goal(name, within=within), groups_of(frame)
    best = brute_force(groups, goal)
    if best is not None:
        fitted = fit(scored_cube(frame), ["group"], goal, min_units=1)
        assert fitted.cost * len(frame) == pytest.approx(best)


@settings(max_examples=100, deadline=None)
@given(rows(), st.sampled_from(RATED), WITHIN, COSTS)
def test_lots_meet_the_goal_and_never_cost_more_than_thresholds_alone(frame, name, within, costs):
    goal = Goal(name, within=within, lots=True, false_positive=costs[0], false_negative=costs[1])
    groups, everyone = count_groups(scored_cube(frame), ["group"])
    try:
        fitted = fit_groups(groups, everyone, goal, min_units=1)
    except QuestionError:
        # Error rates cannot meet where one group's lie above the other's at every threshold: then none does.
        assert name == "equal_accuracy" and brute_force(groups, goal) is None
        return
    best = brute_force(groups, goal)

    assert max(gaps(groups, fitted, goal.kind.rates)) <= within + 1e-7
    assert best is None or fitted.cost * len(frame) <= best + 1e-7


@settings(max_examples=60, deadline=None)
@given(rows(), st.sampled_from(ONE_RATE), WITHIN)
def test_lots_cost_what_a_linear_programme_over_all_thresholds_says(frame, name, within):
    """An oracle that knows nothing of hulls: the shares of all thresholds of both groups, and where the window is."""
    from scipy.optimize import linprog

    goal, groups = Goal(name, within=within, lots=True), groups_of(frame)
    sizes = [len(g.curve.cuts) for g in groups]
    costs = np.concatenate([*(g.curve.loss(1, 1) for g in groups), [0.0]])
    shares = np.zeros((2, len(costs)))
    shares[0, : sizes[0]] = shares[1, sizes[0] : -1] = 1
    rates = shares * np.concatenate([*(g.curve.rate(GOALS[name].rates[0]) for g in groups), [0.0]])
    window = np.zeros(len(costs))
    window[-1] = 1
    found = linprog(
        costs,
        A_ub=np.concatenate([rates - window, window - rates]),
        b_ub=[within, within, 0, 0],
        A_eq=shares,
        b_eq=[1, 1],
    )
    try:
        fitted = fit(scored_cube(frame), ["group"], goal, min_units=1)
    except QuestionError:
        assert not found.success
        return

    assert fitted.cost * len(frame) == pytest.approx(found.fun, abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(rows(), st.sampled_from(RATED), WITHIN, st.booleans())
def test_other_names_and_another_order_of_rows_change_nothing(frame, name, within, lots):
    goal = Goal(name, within=within, lots=lots)
    renamed = frame.assign(group=frame["group"].map({"a": "zebra", "b": "ant"})).iloc[::-1].reset_index(drop=True)

    def cost(some):
        try:
            return fit(scored_cube(some), ["group"], goal, min_units=1).cost
        except QuestionError:
            return None

    assert cost(renamed) == pytest.approx(cost(frame))


@given(rows())
@settings(max_examples=30, deadline=None)
def test_scores_that_are_stretched_give_the_same_decisions(frame):
    goal = Goal("equal_opportunity", within=0.2)
    stretched = frame.assign(score=np.exp(frame["score"]))
    decided = [
        fit(cube, ["group"], goal, min_units=1).rules.chances(cube.scored).tolist()
        for cube in (scored_cube(frame), scored_cube(stretched))
    ]

    assert decided[0] == decided[1]


@pytest.mark.parametrize("name", RATED)
def test_a_larger_gap_never_costs_more_and_ends_at_the_least_cost_of_each_group(name):
    cube = scored_cube(simulate(1500, 4))
    costs = [fit(cube, ["group"], Goal(name, within=w, lots=True)).cost for w in (0, 0.01, 0.05, 0.2, 1)]
    alone = [fit(cube, ["group"], Goal(name, within=w)).cost for w in (0.02, 0.1, 1)]

    assert costs == sorted(costs, reverse=True) and alone == sorted(alone, reverse=True)
    assert costs[-1] == pytest.approx(fit(cube, ["group"], Goal("cost")).cost)
    assert alone[-1] == pytest.approx(costs[-1])


def test_equal_accuracy_makes_the_better_group_worse():
    frame = simulate(1500, 5)
    easy = frame["group"] == "a"
    frame.loc[easy, "score"] += np.where(frame.loc[easy, "label"] == "1", 2.0, 0.0)
    groups = groups_of(frame)

    fitted = fit(scored_cube(frame), ["group"], Goal("equal_accuracy", within=0.01, lots=True))

    least = [g.curve.rate("error_rate").min() for g in groups]
    assert gaps(groups, fitted, ["error_rate"])[0] == pytest.approx(0.01)
    assert fitted.cost > sum(e * g.curve.units for e, g in zip(least, groups, strict=True)) / 1500 + 0.02


def test_a_group_with_too_few_rows_keeps_the_threshold_of_everyone():
    few = pd.DataFrame({"group": "c", "label": ["1", "0"] * 10, "score": 0.5})
    cube = scored_cube(pd.concat([simulate(800, 6), few], ignore_index=True))

    fitted = fit(cube, ["group"], Goal(within=0.05))

    assert [str(s) for s in fitted.kept] == ["group = c"]
    assert fitted.rules.chances(cube.scored)[-20:].tolist() == fitted.one.chances(np.full(20, 0.5)).tolist()


def test_under_ten_clusters_a_group_has_too_few_to_be_fitted():
    frame = simulate(800, 7)
    frame["cluster"] = np.where(frame["group"] == "b", frame.index % 5, 100 + frame.index % 40).astype(str)
    third = frame[frame["group"] == "a"].assign(group="c")

    fitted = fit(scored_cube(pd.concat([frame, third], ignore_index=True)), ["group"], Goal(within=0.05))

    assert [str(s) for s in fitted.kept] == ["group = b"]


def test_one_group_alone_is_refused_in_words():
    with pytest.raises(QuestionError, match="It takes two groups"):
        fit(scored_cube(simulate(300, 8).assign(group="a")), ["group"], Goal())


@pytest.mark.parametrize(
    "wrong",
    [{"name": "equal_odds"}, {"within": 1.5}, {"false_positive": -1}, {"false_positive": 0, "false_negative": 0}],
)
def test_a_goal_that_is_none_is_refused_in_words(wrong):
    with pytest.raises(QuestionError):
        replace(Goal(), **wrong)
