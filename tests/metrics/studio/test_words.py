"""What is said of fitted thresholds: the numbers of the study, in words that claim no more than they tell."""

from __future__ import annotations

import pytest

from metrics.formatting import format_percent, format_points
from metrics.studio import UNLAWFUL, Goal, study
from metrics.studio.words import say_cost, say_gaps, say_halves, say_lots, say_one_answer, say_who_keeps
from tests.metrics.studio.rows import scored_cube, simulate


@pytest.fixture(scope="module")
def found():
    return study(scored_cube(simulate(4000, 1), favourable="positive"), ["group"], Goal(within=0.02), allowed=())


def test_the_cost_is_that_of_the_half_that_was_not_fitted_beside_today(found):
    said, row, today = say_cost(found), found.row("chosen"), found.row("today")

    assert said.startswith("False rejections within 2.0 points of each other, by group: ")
    assert f"{format_percent(row['cost'])} wrong against {format_percent(today['cost'])} today" in said
    assert format_points(row["change"]) in said


def test_an_interval_that_holds_nothing_is_not_called_a_cost():
    found = study(scored_cube(simulate(400, 2), threshold=0.6), ["group"], Goal(within=0.3), allowed=())

    assert found.row("chosen")["change_low"] < 0 < found.row("chosen")["change_high"]
    assert "these rows cannot tell" in say_cost(found) and "costs +" not in say_cost(found)


def test_costs_and_savings_beyond_doubt_are_told_as_such(found):
    dear = study(scored_cube(simulate(4000, 3)), ["group"], Goal("equal_accuracy", within=0.0, lots=True), allowed=())
    cheap = study(scored_cube(simulate(4000, 3)), ["group"], Goal("cost"), allowed=())
    for s in (dear, cheap, found):
        row = s.row("chosen")
        wanted = "that costs" if row["change_low"] > 0 else "spares" if row["change_high"] < 0 else "cannot tell"
        assert wanted in say_cost(s)
    assert "spares" in say_cost(cheap)


def test_the_gap_stands_beside_chance_and_todays(found):
    said, row, today = say_gaps(found), found.row("chosen"), found.row("today")

    assert f"the gap is {format_points(row['gap'], signed=False)}" in said
    assert f"chance alone would show up to {format_points(row['noise_floor'], signed=False)}" in said
    assert f"Today's predictions have a gap of {format_points(today['gap'], signed=False)}" in said


def test_lots_are_said_only_where_they_are_drawn(found):
    assert say_lots(found) == ""
    drawn = study(scored_cube(simulate(2000, 4)), ["group"], Goal("equalized_odds", within=0.0), allowed=())
    assert "Lots are drawn" in say_lots(drawn)


def test_thresholds_that_answer_everybody_alike_are_said_to_be_of_no_use():
    coarse = simulate(2000, 5)
    coarse["score"] = (coarse["score"] > 0.5).astype(float)
    found = study(scored_cube(coarse), ["group"], Goal(within=0.001), allowed=())

    assert "the score is of no use" in say_one_answer(found)


def test_who_keeps_the_threshold_of_everyone_is_said(found):
    assert say_who_keeps(found, 0) == ""
    assert say_who_keeps(found, 1).startswith(
        "1 row has no group: for them holds the best threshold for everyone (from"
    )


def test_the_halves_are_told(found):
    assert f"{found.rows[0]:,} rows" in say_halves(found) and "seed 0" in say_halves(found)


def test_the_warning_names_its_sources_and_asks_for_counsel():
    assert "section 106 of the Civil Rights Act of 1991" in UNLAWFUL
    assert "Equal Credit Opportunity Act" in UNLAWFUL and "ask counsel" in UNLAWFUL
