"""Pictures of who looked at what, from small tables."""

from __future__ import annotations

import pandas as pd

from dashboard.charts.amounts import describe_amounts
from dashboard.charts.usage import (
    AMOUNTS,
    describe_growth,
    draw_growth,
    lay_findings,
    lay_region,
    lay_usage,
    table_growth,
)
from metrics.slices import Slice
from metrics.usage import count_submissions, follow_usage, mark_features, measure_regions, measure_usage
from tests.metrics.usage.bounties import bounty, decide, send

SMALL = bounty(sex=["f", "m"] * 10, age=[str(i) for i in range(20)], city=["a"] * 20)
SENT = [send("red", 1, "sex = f"), send("red", 2, "sex = f and age < 5"), send("blue", 3, "age < 5")]
DECIDED = [decide(SENT[0], 0.0306), decide(SENT[1], 0.0104), decide(SENT[2], None)]


def usage_map(amount="share"):
    return lay_usage(measure_usage(SMALL, SENT, DECIDED), count_submissions(SENT, DECIDED), amount)


def test_teams_stand_across_and_features_down_everyone_last_and_the_unused_at_the_bottom():
    amounts = usage_map()

    assert amounts.columns == ("red", "blue", "(everyone)")
    assert amounts.rows == ("sex", "age", "city")
    assert amounts.empty == (False, False, True)
    assert amounts.texts == (("100 %", "0", "67 %"), ("50 %", "100 %", "67 %"), ("0", "0", "0"))


def test_every_amount_can_be_shown_and_says_what_it_is():
    for amount, what in AMOUNTS.items():
        assert what in describe_amounts(usage_map(amount))


def test_what_was_not_accepted_is_not_known_and_shares_of_scores_are_whole_per_cents():
    amounts = usage_map("weighted_share")
    age = amounts.texts[amounts.rows.index("age")]

    assert age == ("25 %", "-", "25 %")
    assert amounts.values[amounts.rows.index("age")][0] == 0.25


def test_a_hint_has_all_the_numbers():
    hint = usage_map().hovers[1][0]

    assert "1 of 2 submissions reference it" in hint
    assert "accepted ones: 50 % of 2" in hint
    assert "score earned: 25 %" in hint


def test_the_levels_that_groups_admit_stand_in_their_order():
    amounts = lay_region(measure_regions(SMALL, SENT), "sex")

    assert amounts.rows == ("f", "m")
    assert amounts.columns == ("red", "(everyone)")
    assert amounts.texts == (("100 %", "100 %"), ("0", "0"))
    assert "100 % of 2 groups that name it" in amounts.hovers[0][0]


def test_usage_over_time_is_a_line_a_feature_that_was_used():
    growth = follow_usage(SMALL, SENT)
    figure = draw_growth(growth)

    assert [trace.name for trace in figure.data] == ["sex", "age"]
    assert list(figure.data[1].y) == [0, 1 / 2, 2 / 3]
    assert "over 3 submissions. At the end: sex 67 % and age 67 %." in describe_growth(growth)
    assert table_growth(growth).to_numpy().tolist()[1] == [2, "002", "red", "sex, age"]


def test_without_use_there_is_no_line():
    growth = follow_usage(SMALL, [send("red", 1)])

    assert not draw_growth(growth).data
    assert describe_growth(growth) == "No submission names a feature yet."
    assert table_growth(growth).to_numpy().tolist() == [[1, "001", "red", "-"]]


def test_slices_found_have_the_level_in_the_cell_of_each_feature_that_defines_them():
    one, two = Slice((("sex", "f"), ("age", "< 25"))), Slice((("age", "< 25"),))
    marks = mark_features(pd.DataFrame({"slice": [one, two]}), ["city", "sex", "age"])
    amounts = lay_findings(marks, {one: "1", two: "2"})

    assert amounts.rows == ("age", "sex", "city")
    assert amounts.texts == (("< 25", "< 25"), ("f", ""), ("", ""))
    assert amounts.empty == (False, False, True)
