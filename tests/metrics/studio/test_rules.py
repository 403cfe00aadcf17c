"""Rules of decision, and that lots are counted by what they give on average."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from metrics.cube import count_cells
from metrics.estimate import estimate
from metrics.slices import Slice
from metrics.studio.rules import Rule, Rules, chances_today, predict, table_rules
from metrics.studio.words import say_rule
from metrics.thresholds import threshold_curves
from tests.metrics.studio.rows import TINY, scored_cube, simulate

A, B = (Slice((("group", level),)) for level in "ab")


def test_a_threshold_predicts_positive_from_itself_on():
    assert Rule.at(2.0).chances(np.array([1.9, 2.0, 3.0, np.nan])).tolist()[:3] == [0, 1, 1]
    assert np.isnan(Rule.at(2.0).chances(np.array([np.nan]))).all()


def test_lots_between_thresholds_are_a_chance_that_rises_with_the_score():
    rule = Rule.mix([(4.0, 0.25), (2.0, 0.5), (-inf, 0.25)])

    assert rule.steps == ((-inf, 0.25), (2.0, 0.75), (4.0, 1.0))
    assert rule.draws_lots and not Rule.at(2.0).draws_lots


def test_a_share_that_only_rounding_has_left_draws_no_lots():
    assert Rule.mix([(2.0, 1 - 1e-13), (3.0, 1e-13)]) == Rule.at(2.0)


@pytest.mark.parametrize("steps", [(), ((0.0, 1.0),), ((-inf, 0.5), (1.0, 0.2)), ((-inf, 0.0), (1.0, 1.5))])
def test_chances_that_do_not_rise_from_the_lowest_score_on_are_no_rule(steps):
    with pytest.raises(ValueError, match="rise with the score"):
        Rule(steps)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule.at(0.5), "from 50 on"),
        (Rule.at(inf), "nobody"),
        (Rule.at(-inf), "everyone"),
        (Rule.mix([(-inf, 0.2), (0.5, 0.8)]), "from 50 on; below 50 with a chance of 20 %"),
        (Rule.mix([(0.5, 0.25), (inf, 0.75)]), "from 50 on with a chance of 25 %"),
    ],
)
def test_a_rule_is_said_in_the_units_of_the_file(rule, said):
    assert say_rule(rule, unit=100) == said


def test_each_group_has_its_rule_and_everybody_else_that_of_everyone():
    cube = scored_cube(TINY.assign(group=[None, *TINY["group"][1:]]))
    rules = Rules(Rule.at(2.0), {A: Rule.at(4.0), B: Rule.at(-inf)})

    assert rules.chances(cube.scored).tolist() == [1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1]


def test_rules_are_listed_step_by_step_and_everyone_last():
    table = table_rules(Rules(Rule.at(2.0), {A: Rule.mix([(1.0, 0.5), (3.0, 0.5)])}), kept=[B])

    assert [str(s) for s in table["slice"]] == [str(A)] * 3 + [str(B)] * 2 + ["everyone"] * 2
    assert table["chance"].tolist() == [0, 0.5, 1, 0, 1, 0, 1]


def test_decisions_by_a_threshold_measure_as_the_threshold_does():
    """Held against the curves of the Thresholds page, which count on their own."""
    cube = scored_cube(simulate(500, 1))
    decided = count_cells([predict(cube.scored, Rules(Rule.at(0.6)).chances(cube.scored), system="x")])[0]
    curves = threshold_curves(cube, ["group"], np.array([0.6]), min_units=1)

    ours = estimate(decided, ["group"], ["selection_rate", "false_positive_rate", "false_negative_rate", "error_rate"])

    for row in ours[[len(s.levels) > 0 for s in ours["slice"]]].to_dict("records"):
        theirs = curves[(curves["slice"] == row["slice"]) & (curves["metric"] == row["metric"])].iloc[0]
        assert row["value"] == pytest.approx(theirs["value"], rel=1e-12)


def test_todays_decisions_are_those_of_the_file_with_the_same_limits():
    cube = scored_cube(simulate(500, 2))
    decided = count_cells([predict(cube.scored, chances_today(cube.scored), system="today")])[0]
    names = ["error_rate", "false_negative_rate", "selection_rate"]
    columns = ["value", "low", "high", "top", "below", "units", "status"]

    ours, files = (estimate(c, ["group"], names)[columns] for c in (decided, cube))

    assert ours.equals(files)


def test_lots_are_counted_as_the_mean_of_many_draws():
    cube = scored_cube(simulate(400, 3))
    chance = Rule.mix([(0.2, 0.3), (1.0, 0.7)]).chances(cube.scored.score)
    draw = np.random.default_rng(0)
    names = ["error_rate", "false_negative_rate", "false_positive_rate", "selection_rate"]

    def rates(chances):
        return estimate(count_cells([predict(cube.scored, chances, system="x")])[0], ["group"], names)["value"]

    drawn = np.mean([rates((draw.random(len(chance)) < chance).astype(float)) for _ in range(400)], axis=0)

    assert rates(chance).to_numpy() == pytest.approx(drawn, abs=0.01)


def test_the_expected_cost_is_what_the_errors_cost_per_labelled_row():
    cube = scored_cube(TINY)
    decided = predict(cube.scored, Rule.at(3.0).chances(cube.scored.score), system="x", false_positive=5)

    found = estimate(count_cells([decided])[0], [], ["expected_cost"]).iloc[0]

    # At 3: two of six positives missed (2 and 1), one negative taken (3).
    assert found["value"] == pytest.approx((2 * 1 + 1 * 5) / 12)
