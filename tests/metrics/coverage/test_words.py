"""Sentences that say what was counted, and claim no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from metrics.coverage import Covering, against_shares, cover
from metrics.coverage.words import (
    name_counted,
    say_collect,
    say_combinations,
    say_contradicted,
    say_limits_of_cover,
    say_shares,
    say_t_way,
    say_uncovered,
    say_unseen,
)
from metrics.predicates import parse_predicate
from tests.metrics.build import cube_of, transcripts

FRAME = pd.DataFrame({"sex": ["f"] * 40 + ["m"] * 40, "age": (["old"] * 30 + ["young"] * 10) * 2})
FRAME["label"], FRAME["prediction"] = ["1"] * 70 + ["0"] * 10, ["1", "1", "1", "0"] * 20


def covered(by=("sex", "age"), metrics=None, frame=FRAME, **more):
    return cover(cube_of(frame, ["sex", "age"])[0], Covering(tuple(by), metrics, **more))


def test_how_many_have_too_few_is_said_with_their_number():
    assert say_combinations(covered()) == "3 of 8 combinations of sex and age have fewer than 30 rows."
    assert say_combinations(covered(depth=1)) == "1 of 4 levels of sex and age has fewer than 30 rows."
    assert say_combinations(covered(["age"])) == "1 of 2 levels of age has fewer than 30 rows."
    assert say_combinations(covered(min_units=5)) == "Each of the 8 combinations of sex and age has at least 5 rows."


def test_what_counts_is_named_by_the_metric():
    assert name_counted(covered(metrics=("false_negative_rate",))) == "positives"
    assert name_counted(covered(metrics=("false_positive_rate",))) == "negatives"
    assert name_counted(covered(metrics=("accuracy",))) == "rows"
    assert name_counted(covered(metrics=("error_rate",))) == "rows"
    assert "Each has to be" not in say_collect(covered(metrics=("accuracy",)))
    assert name_counted(covered(metrics=("false_negative_rate", "false_positive_rate"))) == (
        "rows that each metric counts"
    )
    assert "have fewer than 30 positives" in say_combinations(covered(metrics=("false_negative_rate",)))


def test_transcripts_count_utterances_with_a_reference():
    frame = pd.DataFrame({"sex": ["f", "m"], "reference": ["a b", "c"], "hypothesis": ["a", "c"]})
    found = cover(transcripts(frame, ["sex"])[0], Covering(("sex",), ("word_error_rate",), 1))

    assert name_counted(found) == "utterances with a reference"


def test_what_is_lacking_is_named_with_its_rows():
    assert say_uncovered(covered(min_units=20)) == (
        "What is lacking, said as generally as can be: sex = f, age = young (10); sex = m, age = young (10)."
    )
    assert say_uncovered(covered()) == "What is lacking, said once: age = young (20)."
    assert say_uncovered(covered(["age"])) == "What is lacking, said once: age = young (20)."
    assert say_uncovered(covered(min_units=1)) == "No combination lacks any."


def test_the_plan_says_what_it_gives_and_whether_it_could_be_smaller():
    said = say_collect(covered())

    assert said == (
        "40 more rows, spread over 2 full combinations, give each combination of up to 2 levels at least 30. "
        "No choice could do with fewer."
    )
    assert say_collect(covered(["age"], min_units=21)).startswith(
        "1 more row, of one full combination, gives each level"
    )
    assert say_collect(covered(min_units=1)) == "Nothing needs to be collected."
    assert "Each has to be one of the positives" in say_collect(covered(metrics=("false_negative_rate",)))


def test_the_gap_that_would_go_unseen_is_the_middle_one():
    found = covered(metrics=("false_negative_rate",))
    # Seven of the eight have positives.
    gaps = found.combinations["detectable_gap"][found.combinations["counted"] > 0].fillna(np.inf)
    said = say_unseen(found, "false_negative_rate")

    assert f"under {100 * np.median(gaps):.1f} points" in said
    assert f"of the {len(gaps)} combinations" in said
    assert 'The verdict "pass" at 5 points is out of reach in 8 of 8' in said
    within = covered(metrics=("accuracy",), depth=1, min_units=5, target_gap=0.9)
    assert "is within reach in all 4" in say_unseen(within, "accuracy")


def with_gaps(*gaps: float, statuses: str = "ok"):
    """Return a cover of single levels with these smallest gaps that are seen, after one that has no data at all."""
    found = covered(metrics=("false_negative_rate",), depth=1)
    rows = found.combinations.iloc[[0] * (1 + len(gaps))].reset_index(drop=True)
    told = {"detectable_gap": [np.nan, *gaps], "counted": [0, *[40] * len(gaps)], "status": statuses}
    return replace(found, combinations=rows.assign(**told))


def test_where_no_gap_can_be_seen_counts_as_the_largest_gap():
    nan = np.nan
    said = say_unseen(with_gaps(0.1, 0.2, 0.3, nan, nan), "false_negative_rate")

    # Left out, the two would make it 20 points.
    assert said.startswith(
        "In half of the 5 combinations with data, a gap in the false negative rate under 30.0 points"
    )
    assert "of the time); in 2 no gap at all would be seen." in said
    assert "too few" not in said
    blind = say_unseen(with_gaps(0.1, 0.2, nan, nan, nan), "false_negative_rate")
    assert blind.startswith(
        "In 3 of the 5 combinations with data, more than half of them, no gap in the false negative rate would be seen "
        "at all."
    )
    assert "combinations with data, half of them, no gap" in say_unseen(with_gaps(0.1, nan), "false_negative_rate")
    assert say_unseen(with_gaps(nan), "false_negative_rate") == (
        "Of the false negative rate, no gap could be told from chance in any combination."
    )


def test_those_that_are_too_few_for_a_test_are_counted():
    said = say_unseen(with_gaps(0.1, 0.2, 0.3, statuses="too few"), "false_negative_rate")

    assert "3 of the 3 are too few to be tested, whatever the gap." in said


def test_shares_of_every_order_are_said():
    assert say_t_way(covered()) == [
        "75.0 % of the 4 single levels have at least 30 rows; 4 occur at all.",
        "50.0 % of the 4 combinations of 2 levels have at least 30 rows; 4 occur at all.",
    ]


def test_a_contradicted_rule_is_told_with_its_rows():
    found = covered(rules=(parse_predicate("sex = m and age = old"),))

    assert say_contradicted(found) == [
        "30 rows are there though the rule 'sex = m and age = old' calls them impossible: check the rule, and those "
        "rows."
    ]


def test_what_cannot_be_told_is_said():
    frame = FRAME.assign(cluster=[f"c{i}" for i in range(80)])
    frame.loc[0, "sex"] = None
    said = " ".join(say_limits_of_cover(covered(frame=frame)))

    assert "spread them over many clusters" in said
    assert "Rows without a value of sex" in said
    assert "Nothing counts as impossible unless a rule says so." in said


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (
            (0.75, 0.25),
            "sex = f has 50.0 % of the rows where 75.0 % are expected, clearly less; 80 more of it alone would make "
            "that up. Clearly means: all levels of an attribute heeded, by Holm's correction.",
        ),
        (
            (0.52, 0.48),
            "No level has clearly less than its expected share. Clearly means: all levels of an attribute heeded, by "
            "Holm's correction.",
        ),
    ],
)
def test_the_level_furthest_below_its_share_is_named(shares, said):
    table = pd.DataFrame({"axis": "sex", "level": ["f", "m"], "share": shares})

    assert say_shares(against_shares(cube_of(FRAME, ["sex", "age"])[0], table)) == said


def test_one_of_many_levels_is_clearly_below_only_where_all_are_heeded():
    # 20 levels of equal shares; of one there are 3 of 200 where 10 are expected: p is 0.023, of twenty tests 0.46.
    names = [f"l{i:02}" for i in range(20)]
    rows = names[:1] * 3 + names[1:2] * 17 + names[2:] * 10
    cube = cube_of(pd.DataFrame({"group": rows, "label": "1", "prediction": "1"}), ["group"])[0]
    compared = against_shares(cube, pd.DataFrame({"axis": "group", "level": names, "share": 0.05}))

    assert compared["high"].iloc[0] < 0
    assert say_shares(compared).startswith("No level has clearly less than its expected share.")
    assert say_shares(compared, confidence=0.5).startswith("group = l00 has 1.5 % of the rows where 5.0 % are expected")


def test_shares_of_rows_that_have_weights_are_said_to_be_of_rows():
    weighted = FRAME.assign(weight=[1.0, 3.0] * 40)
    cube = cube_of(weighted, ["sex", "age"])[0]
    compared = against_shares(cube, pd.DataFrame({"axis": "sex", "level": ["f", "m"], "share": [0.75, 0.25]}))

    assert covered(frame=weighted).weighted
    assert not covered().weighted
    assert say_shares(compared, weighted=True).endswith("Shares are by rows, not by weight.")
