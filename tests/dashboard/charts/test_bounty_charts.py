"""A bounty's charts: lines and dots stand where their tables say, names are text, nothing known is nothing drawn."""

from __future__ import annotations

from math import nan

import pandas as pd
import pytest

from dashboard.charts.leaderboard import EVERYONE, describe_board, draw_board, table_board
from dashboard.charts.overfit import describe_overfit, draw_overfit, table_overfit, thin
from dashboard.charts.rounds import describe_rounds, draw_rounds, table_rounds
from tests.dashboard.charts.tables import HOSTILE

# Everyone errs on 20 %, then 18 %; the group was found in the first round.
ROUNDS = pd.DataFrame(
    [(-1, 0, 500, 0.2, nan), (-1, 1, 500, 0.18, nan), (0, 0, 50, 0.4, nan), (0, 1, 50, 0.2, 0.3)],
    columns=["who", "round", "units", "loss", "limit"],
)
BOARD = pd.DataFrame(
    [(EVERYONE, 4, 2, 1, 0.18, 0.1), ("one", 3, 2, 1, 0.19, 0.12), ("two", 1, 0, 0, nan, nan)],
    columns=["team", "submissions", "accepted", "certified", "error", "gap"],
)
OVERFIT = pd.DataFrame(
    {"submissions": [0, 1, 2], "accepted": [0, 1, 1], "validation": [0.2, 0.19, 0.19], "fresh": [0.2, 0.2, 0.2]}
)


def lines(figure, name):
    return [trace for trace in figure.data if trace.name == name]


def test_everyone_and_each_group_have_a_line_of_their_own():
    figure = draw_rounds(ROUNDS, ["age < 25"], "%")

    assert [list(t.y)[:2] for t in lines(figure, "everyone")] == [[20.0, 18.0]]
    assert [list(t.y)[:2] for t in lines(figure, "before it was found")] == [[40.0, 20.0]]
    assert [list(t.y)[:1] for t in lines(figure, "since it was found")] == [[20.0]]
    assert [a.text for a in figure.layout.annotations] == ["everyone (500 rows)", "age &lt; 25 (50 rows)"]


def test_what_a_group_must_not_exceed_is_drawn_from_when_it_was_found():
    (rule,) = lines(draw_rounds(ROUNDS, ["age < 25"], "%"), "must not exceed")

    assert (rule.x[0], rule.y[0]) == (1, 30.0)


def test_the_words_and_the_table_of_rounds_say_the_same():
    assert describe_rounds(ROUNDS, ["young"], "%") == (
        "Loss after each of 1 acceptance. everyone: from 20 % to 18 %. young: from 40 % to 20 %."
    )
    assert table_rounds(ROUNDS, ["young"], "%").to_dict("records") == [
        {"group": "everyone", "rows": "500", "at the start": "20 %", "after 1": "18 %", "must not exceed": "-"},
        {"group": "young", "rows": "50", "at the start": "40 %", "after 1": "20 %", "must not exceed": "30 %"},
    ]


def test_losses_that_are_not_shown_leave_no_line():
    hidden = ROUNDS.assign(loss=nan, limit=nan)

    assert len(draw_rounds(hidden, ["young"], "%").data) == 0
    assert "from - to -" in describe_rounds(hidden, ["young"], "%")


def test_other_losses_than_errors_are_numbers():
    assert "from 0.2 to 0.18" in describe_rounds(ROUNDS, ["young"], "")
    assert list(lines(draw_rounds(ROUNDS, ["young"], ""), "everyone")[0].y)[:2] == [0.2, 0.18]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_groups_and_teams_are_text(name, theme):
    rounds = draw_rounds(ROUNDS, [name], "%", theme=theme)
    board = draw_board(BOARD.assign(team=[EVERYONE, name, "two"]), "%", theme=theme)

    drawn = [str(a.text) for a in rounds.layout.annotations] + [str(t) for trace in board.data for t in trace.text]
    assert [text for text in drawn if any(tag in text for tag in ("<b>", "<script", "<a ", "$\\", "\n"))] == []


def test_dots_stand_at_accuracy_and_gap_and_everyone_is_marked_apart():
    figure = draw_board(BOARD, "%")

    own, together = figure.data
    assert (own.x[0], own.y[0], together.x[0], together.y[0]) == (81.0, 12.0, 82.0, 10.0)
    assert own.marker.symbol != together.marker.symbol


def test_a_team_without_anything_accepted_has_a_row_but_no_dot():
    assert list(draw_board(BOARD, "%").data[0].text) == ["one"]
    assert table_board(BOARD, "%", {"one": "1.5 points"}).iloc[1:].to_dict("records") == [
        {
            "team": "one",
            "submissions": "3",
            "accepted": "2",
            "certified": "1",
            "credit": "1.5 points",
            "accuracy": "81 %",
            "largest gap": "12 points",
        },
        {
            "team": "two",
            "submissions": "1",
            "accepted": "0",
            "certified": "0",
            "credit": "-",
            "accuracy": "-",
            "largest gap": "-",
        },
    ]
    assert describe_board(BOARD.iloc[2:], "%") == "Nothing was accepted yet."


def test_the_line_where_they_are_judged_falls_and_the_fresh_one_does_not():
    judged, fresh = draw_overfit(OVERFIT, "%").data

    assert (list(judged.y), list(fresh.y)) == ([20.0, 19.0, 19.0], [20.0, 20.0, 20.0])
    assert "19.0 % where they are judged, 20.0 % before" in describe_overfit(OVERFIT, "%")
    assert table_overfit(OVERFIT, "%")["accepted"].tolist() == ["0", "1", "1"]


def test_a_long_table_is_thinned_without_losing_its_ends():
    long = pd.DataFrame({"submissions": range(2001)})

    assert thin(long, 11)["submissions"].tolist() == list(range(0, 2001, 200))


def test_teams_on_the_same_place_share_one_text():
    """At the start all stand where the baseline does: names written over one another could not be read."""
    alike = pd.DataFrame({"team": ["one", "two", "far"], "error": [0.14, 0.14, 0.1], "gap": [0.1, 0.1, 0.1]})
    many = pd.DataFrame({"team": list("abcd"), "error": [0.14] * 4, "gap": [0.1] * 4})

    assert list(draw_board(alike, "%").data[0].text) == ["one, two", "", "far"]
    assert list(draw_board(many, "%").data[0].text) == ["a and 3 more", "", "", ""]
