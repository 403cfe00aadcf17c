from __future__ import annotations

import math

import pytest

from metrics.usage import COLUMNS, EVERYONE, count_submissions, follow_usage, measure_usage, round_usage
from tests.metrics.usage.bounties import bounty, decide, send

SMALL = bounty(sex=["f", "m"] * 10, age=list(range(20)), city=["a"] * 20)


def usage_of(entries, decisions=(), on=SMALL):
    table = measure_usage(on, entries, decisions)
    return {(row["team"], row["feature"]): row for row in table.to_dict("records")}


def test_every_team_and_everyone_has_a_row_for_every_feature():
    table = measure_usage(SMALL, [send("red", 1, "sex = f"), send("blue", 2, "age < 5")], [])

    assert list(table.columns) == COLUMNS
    assert table["team"].tolist() == ["red"] * 3 + ["blue"] * 3 + [EVERYONE] * 3
    assert table["feature"].tolist() == ["sex", "age", "city"] * 3


def test_a_feature_counts_once_a_submission_however_often_it_is_named():
    entries = [
        send("red", 1, "sex = f and (age < 5 or age > 15 or sex = m)"),
        send("red", 2, "sex = f"),
        send("blue", 3, "age < 5"),
    ]
    told = usage_of(entries)

    assert [told["red", f]["submissions"] for f in ("sex", "age", "city")] == [2, 1, 0]
    assert [told["red", f]["share"] for f in ("sex", "age", "city")] == [1.0, 0.5, 0.0]
    assert [told[EVERYONE, f]["submissions"] for f in ("sex", "age", "city")] == [2, 2, 0]
    assert told[EVERYONE, "age"]["share"] == pytest.approx(2 / 3)


def test_accepted_and_credited_shares_count_what_was_accepted_and_what_it_earned():
    entries = [send("red", i, where) for i, where in enumerate(["sex = f", "age < 5", "sex = f and age < 9"])]
    decisions = [decide(e, score) for e, score in zip(entries, [0.03, None, 0.01], strict=True)]
    told = usage_of(entries, decisions)

    assert (told["red", "sex"]["accepted_share"], told["red", "age"]["accepted_share"]) == (1.0, 0.5)
    assert told["red", "sex"]["weighted_share"] == pytest.approx(1)
    assert told["red", "age"]["weighted_share"] == pytest.approx(0.01 / 0.04)
    assert told["red", "city"]["weighted_share"] == 0


def test_where_nothing_was_accepted_there_is_no_share_of_it():
    entry = send("red", 1, "sex = f")

    for decisions in ([], [decide(entry, None)]):
        row = usage_of([entry], decisions)["red", "sex"]
        assert math.isnan(row["accepted_share"])
        assert math.isnan(row["weighted_share"])


def test_equal_ids_of_two_teams_are_two_submissions():
    red, blue = send("red", 1, "sex = f"), send("blue", 1, "age < 5")
    told = usage_of([red, blue], [decide(red, 0.1), decide(blue, None)])

    assert told["red", "sex"]["accepted_share"] == 1
    assert math.isnan(told["blue", "age"]["accepted_share"])


def test_without_submissions_there_is_nothing_to_tell():
    assert measure_usage(SMALL, [], []).empty
    assert count_submissions([], []).empty
    assert follow_usage(SMALL, []).empty


def test_submissions_are_counted_by_team_with_what_they_earned():
    entries = [send(team, i, "sex = f") for i, team in enumerate(["red", "red", "blue"])]
    table = count_submissions(entries, [decide(entries[0], 0.25), decide(entries[2], None)])

    assert table.to_dict("records") == [
        {"team": "red", "submissions": 2, "accepted": 1, "earned": 0.25},
        {"team": "blue", "submissions": 1, "accepted": 0, "earned": 0.0},
        {"team": EVERYONE, "submissions": 3, "accepted": 1, "earned": 0.25},
    ]


def test_usage_is_followed_in_the_order_of_submission():
    entries = [send("red", 1, "sex = f"), send("blue", 2, "age < 5"), send("red", 3, "age < 2")]
    table = follow_usage(SMALL, entries)
    age = table[table["feature"] == "age"]

    assert age["order"].tolist() == [1, 2, 3]
    assert age["team"].tolist() == ["red", "blue", "red"]
    assert age["references"].tolist() == [False, True, True]
    assert age["share"].tolist() == [0, 1 / 2, 2 / 3]


def test_a_share_of_the_score_is_told_no_finer_than_the_score_itself():
    """Over 1,000 rows a loss stands in steps of 0.02, so a share of a sum of 0.2 in steps of a tenth. One row more or
    less does not show; that none or all of the score is meant follows from what was accepted."""
    table = bounty(sex=["f", "m"] * 50, age=list(range(100)), city=["a"] * 100)
    sent = [send("red", 1, "sex = f"), send("red", 2, "age < 50")]
    shown = []
    for first in (0.126, 0.127):
        decided = [decide(sent[0], first), decide(sent[1], 0.2 - first)]
        usage, totals = measure_usage(table, sent, decided), count_submissions(sent, decided)
        shown.append(
            round_usage(usage, totals, 1_000).set_index(["team", "feature"])["weighted_share"]["red"].to_dict()
        )

    assert shown[0] == shown[1] == {"sex": 0.6, "age": 0.4, "city": 0.0}


def test_a_share_of_too_small_a_score_is_not_told():
    table = bounty(sex=["f", "m"] * 50, age=list(range(100)))
    sent = [send("red", 1, "sex = f"), send("red", 2, "age < 50"), send("blue", 3, "sex = m")]
    decided = [decide(sent[0], 0.003), decide(sent[1], 0.001), decide(sent[2], 0.001)]
    usage, totals = measure_usage(table, sent, decided), count_submissions(sent, decided)
    shown = round_usage(usage, totals, 1_000).set_index(["team", "feature"])["weighted_share"]

    assert shown["red"].isna().all()
    assert shown["blue"].to_dict() == {"sex": 1.0, "age": 0.0}
