from __future__ import annotations

from metrics.usage import count_submissions, measure_usage, say_cell, say_inert, say_usage
from tests.metrics.usage.bounties import bounty, decide, send

SMALL = bounty(sex=["f", "m"] * 50, age=list(range(100)), city=["a"] * 100)
SENT = [send("red", 1, "sex = f"), send("red", 2, "sex = f and age >= 0"), send("blue", 3, "age < 50")]
DECIDED = [decide(SENT[0], 0.0304), decide(SENT[1], None), decide(SENT[2], 0.0096)]
USAGE, TOTALS = measure_usage(SMALL, SENT, DECIDED), count_submissions(SENT, DECIDED)


def test_what_was_looked_at_most_and_by_nobody_is_said():
    assert say_usage(USAGE, TOTALS) == (
        "2 teams sent 3 submissions; 2 accepted. Looked at most: sex (67 %), age (67 %) of the submissions. "
        "Nobody looked at: city."
    )
    empty = measure_usage(SMALL, [], [])
    assert say_usage(empty, count_submissions([], [])).startswith("No submission was judged yet")


def test_a_team_whose_conditions_decide_nothing_is_named():
    assert say_inert(USAGE) == [
        "red names age, but shuffling the cells changes no one's membership: these conditions decide nothing."
    ]


def test_one_condition_that_decides_among_very_many_that_do_not_name_the_feature_is_not_called_idle():
    """Shuffling changes a half of the rows for one of 2,000 submissions: 0.025 % over all of them, and not nobody."""
    sent = [send("brute", 0, "age < 50"), *(send("brute", i, "sex = f") for i in range(1, 2_000))]
    usage, totals = measure_usage(SMALL, sent, []), count_submissions(sent, [])

    assert say_inert(usage) == []
    assert say_cell(usage, totals, "brute", "age").endswith(
        "fewer than 0.1 % of the rows change sides when its cells are shuffled, over all submissions."
    )


def test_a_cell_is_told_in_full():
    assert say_cell(USAGE, TOTALS, "red", "age") == (
        "red, age: 1 of 2 submissions look at it (50.0 %); 0 % of the 1 accepted ones do; "
        "these earned 0 % of the score; shuffling its cells changes no one's membership."
    )
    assert say_cell(USAGE, TOTALS, "blue", "city") == "blue, city: 0 of 1 submission look at it (0 %)."
    assert say_cell(USAGE, TOTALS, "(everyone)", "sex").startswith(
        "Everyone, sex: 2 of 3 submissions look at it (66.7 %); 50.0 % of the 2 accepted ones do; these earned 76 %"
    )
