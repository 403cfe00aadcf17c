"""What is said of one combination on the page, and the table of all of them."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pandas as pd
import pytest

from metrics.coverage import cover
from metrics.coverage.page_words import name_below, say_combination, table_combinations
from metrics.coverage.question import Covering
from metrics.slices import Slice
from metrics.tasks import binary, regression, transcription
from tests.metrics.build import cube_of

METRICS = {m.name: m for m in (*binary.METRICS, *regression.METRICS, *transcription.METRICS)}
MISSED = METRICS["false_negative_rate"]
ASKED = Covering(by=("sex",), metrics=(MISSED.name,), target_gap=0.05, min_units=30)
ROW = {
    "slice": Slice((("sex", "f"),)),
    "system": None,
    "units": 400,
    "clusters": nan,
    "metric": MISSED.name,
    "below": 100.0,
    "counted": 100,
    "half_width": 0.03,
    "detectable_gap": 0.08,
    "status": "ok",
    "reachable": True,
    "difference_half_width": 0.04,
    "likely": True,
}


def say(**other):
    return say_combination(ROW | other, MISSED, ASKED)


def test_a_combination_is_said_with_its_counts_and_what_could_be_seen():
    assert say() == (
        "sex = f: 400 rows, 100 positives. Their false negative rate is known to within ±3.0 points, its difference "
        "from everyone else to within ±4.0 points. A difference for the worse is seen 80% of the time from 8.0 points "
        "up."
    )


def test_what_is_out_of_reach_or_unlikely_is_said():
    assert "No model can be shown to keep within 5.0 points here" in say(
        reachable=False, likely=False, difference_half_width=0.06
    )
    assert "less than four times in five" in say(likely=False)
    assert "shown to keep" not in say()


def test_too_few_and_clusters_are_said():
    said = say(status="too few", clusters=1.0, reachable=False, likely=False)

    assert "100 positives, 1 cluster." in said
    assert said.endswith("These are too few to judge by: under 10 clusters no verdict is given.")
    both = say(status="too few", clusters=1.0, counted=29, reachable=False, likely=False)
    assert both.endswith("These are too few to judge by: under 30 positives or 10 clusters no verdict is given.")
    few = say(status="too few", counted=29, reachable=False, likely=False)
    assert few.endswith("under 30 positives no verdict is given.")


def test_what_is_too_few_is_not_said_to_have_too_wide_an_interval_or_to_be_tested():
    # Within 4 points of everyone else, and the limit is 5: it is the number that is in the way.
    said = say(status="too few", counted=29, reachable=False, likely=False)

    assert "the interval is wider" not in said
    assert "Were it tested, a difference for the worse would be seen 80% of the time from 8.0 points up." in said


def test_where_everyone_else_are_too_few_that_is_said():
    said = say(difference_half_width=nan, reachable=False, likely=False)

    assert "the interval is wider" not in said
    assert "Were it tested" in said
    assert said.endswith(
        "There are too few others to compare with, or they have no interval: no verdict is given here."
    )


def test_a_value_without_an_interval_is_not_called_no_data():
    nothing = {"half_width": nan, "difference_half_width": nan, "detectable_gap": nan, "reachable": False}

    assert say(**nothing).endswith("100 positives. Their false negative rate has no interval.")
    assert say(status="too few", counted=3, **nothing).endswith("under 30 positives no verdict is given.")


def test_nobody_and_nothing_known_have_no_numbers():
    nothing = {"half_width": nan, "difference_half_width": nan, "detectable_gap": nan, "reachable": False}

    assert say(units=0, below=0.0, counted=0, **nothing) == "sex = f: nobody in these data."
    assert say(units=3, below=0.0, counted=0, status="no data", **nothing).endswith(
        "There is no data for their false negative rate."
    )


@pytest.mark.parametrize(
    ("metric", "what"),
    [
        ("false_negative_rate", "positives"),
        ("false_positive_rate", "negatives"),
        ("positive_predictive_value", "predicted positives"),
        ("false_omission_rate", "predicted negatives"),
        ("accuracy", "rows"),
        ("roc_auc", "rows"),
        ("word_error_rate", "words"),
        ("mean_absolute_error", "rows"),
    ],
)
def test_what_a_metric_is_a_share_of_is_named(metric, what):
    assert name_below(METRICS[metric]) == what


def test_of_a_class_it_is_named_by_the_class():
    one = replace(MISSED, of_class="cat")

    assert name_below(one) == "rows that are cat"
    assert name_below(replace(METRICS["positive_predictive_value"], of_class="cat")) == "rows predicted cat"


def test_the_table_keeps_numbers_as_numbers_to_be_sorted():
    table = table_combinations(pd.DataFrame([ROW, ROW | {"units": 0, "reachable": False, "likely": False}]), MISSED)

    assert list(table.columns) == [
        "combination",
        "levels",
        "rows",
        "positives",
        "± value (points)",
        "± difference (points)",
        "gap seen (points)",
        "a pass",
        "status",
    ]
    assert table["± value (points)"].tolist() == [3.0, 3.0]
    assert table["a pass"].tolist() == ["likely if fair", "none here"]


def test_clusters_have_a_column_where_there_are_any():
    assert table_combinations(pd.DataFrame([ROW | {"clusters": 12.0}]), MISSED)["clusters"].tolist() == [12.0]


def test_with_weights_there_are_no_more_positives_than_rows():
    frame = pd.DataFrame({"sex": ["f"] * 40 + ["m"] * 40, "label": ["1", "0"] * 40, "prediction": "1", "weight": 50.0})
    covered = cover(cube_of(frame, ["sex"])[0], Covering(("sex",), (MISSED.name,), 1))
    rows = covered.combinations

    assert rows["below"].tolist() == [1000, 1000]  # what the value is a share of
    assert say_combination(rows.iloc[0], MISSED, covered.asked, covered.weighted).startswith(
        "sex = f: 40 rows, 20 positives."
    )
    assert table_combinations(rows, MISSED, covered.weighted)["positives"].tolist() == [20, 20]


def test_words_are_of_utterances_by_weight_and_said_to_be():
    words = METRICS["word_error_rate"]

    assert "400 rows, 100 words by weight." in say_combination(ROW | {"counted": 40}, words, ASKED, weighted=True)
    assert "400 rows, 100 words." in say_combination(ROW | {"counted": 40}, words, ASKED)
    assert "words by weight" in table_combinations(pd.DataFrame([ROW]), words, weighted=True)
