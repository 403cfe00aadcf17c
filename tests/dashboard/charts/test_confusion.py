"""The picture of the four counts, as a table."""

from __future__ import annotations

from dashboard.charts.confusion import table_counts


def test_the_table_says_of_each_outcome_how_many_there_are_and_what_they_are_for():
    roles = {
        "true_positives": "top",
        "false_negatives": "below",
        "false_positives": "unused",
        "true_negatives": "unused",
    }
    counts = {"true_positives": 1200.0, "false_negatives": 3.0, "false_positives": 0.0, "true_negatives": 7.0}

    assert table_counts(roles, counts).to_numpy().tolist() == [
        ["true positives", "1,200", "counted"],
        ["false negatives", "3", "part of the whole"],
        ["false positives", "0", "not used"],
        ["true negatives", "7", "not used"],
    ]
