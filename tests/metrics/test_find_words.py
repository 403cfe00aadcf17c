"""What is said of a search: how much it looked at, what it found, and what it could not have seen."""

from __future__ import annotations

import re
from dataclasses import replace
from math import nan

import pytest

from metrics.find import list_findings
from metrics.find_words import (
    HEADINGS,
    levels_alone,
    row_of,
    say_excess,
    say_findings,
    say_how,
    say_limits_of_search,
    say_search,
    say_seen,
)
from metrics.tasks import binary
from tests.metrics.found import FAIR_ROWS, PLANTED_ROWS, searched

METRICS = {m.name: m for m in binary.METRICS}
PLANTED, FAIR = searched(PLANTED_ROWS), searched(FAIR_ROWS)


def excess_of(metric, excess, difference):
    return say_excess({"excess": excess, "difference": difference}, metric)


def test_the_worst_finding_is_told_with_its_counts_and_its_distance_from_the_rest():
    said = say_findings(PLANTED, list_findings(PLANTED))

    assert said.startswith("Worst: a = x, b = u. The error rate is 40 % ")
    assert "(80 of 200), 30 points more than everyone else" in said


def test_how_much_was_searched_and_what_chance_would_show_are_one_sentence():
    said = say_search(replace(PLANTED, noise_floor=0.045))

    assert said == (
        "Searched 8 slices; in a fair file the worst of them, likely a small one, would look up to 4.5 points worse "
        "than the rest."
    )


def test_a_finding_within_the_floor_is_said_to_be_a_large_slice():
    """The floor is made by the smallest slices; the planted one lies 30 points off."""
    said = say_search(replace(PLANTED, noise_floor=0.35))

    assert "up to 35.0 points worse than the rest. Larger ones stray less: each finding lies further off than" in said
    assert "stray less" not in say_search(replace(FAIR, noise_floor=0.35))


def test_without_a_floor_it_is_said_that_there_is_none():
    assert "could not be worked out" in say_search(replace(PLANTED, noise_floor=nan))


def test_of_a_metric_without_a_better_side_nothing_is_called_worse():
    metric = replace(PLANTED.metric, better="neither")
    said = say_search(replace(PLANTED, metric=metric, noise_floor=0.045))

    assert "would lie up to 4.5 points from the rest" in said
    assert say_findings(replace(PLANTED, metric=metric), list_findings(PLANTED)).startswith("Furthest from the rest: ")


def test_where_nothing_is_found_it_is_said_what_would_have_been_seen():
    said = say_findings(FAIR, list_findings(FAIR))

    assert said.startswith("No slice fares worse than the rest beyond what chance would show. To stand out")
    assert said.endswith("smaller gaps may be there, unseen.")


def test_the_smallest_slices_have_to_lie_furthest_off():
    # The largest slices are the levels alone (400 of 800 rows), the smallest both together (200 of 800).
    largest, smallest = map(float, re.findall(r"([0-9.]+) points", say_seen(FAIR)))

    assert 0 < largest < smallest < 100


def test_a_search_without_slices_says_so():
    found = searched(FAIR_ROWS, support=0.9)

    assert say_findings(found, list_findings(found)).startswith("No slice was searched: none has enough rows.")


@pytest.mark.parametrize(
    ("name", "excess", "difference", "said"),
    [
        ("false_rejection_rate", 132.2, 0.1, "132 more wrongly refused than at the rest's rate"),
        ("accuracy", 60.0, -0.1, "60 fewer right than at the rest's rate"),
        ("error_rate", 0.3, 0.1, "less than 1 more errors than at the rest's rate"),
        ("error_rate", nan, 0.1, ""),
        ("error_rate", 5.0, nan, ""),
    ],
)
def test_excess_is_told_as_people(name, excess, difference, said):
    assert excess_of(METRICS.get(name) or replace(METRICS["error_rate"], name=name), excess, difference) == said


def test_the_planted_slice_has_sixty_errors_too_many():
    row = PLANTED.lattice.iloc[0].to_dict()

    assert say_excess(row, PLANTED.metric) == "60 more errors than at the rest's rate"


def test_the_row_of_a_slice_has_a_cell_for_every_heading():
    row = list_findings(PLANTED).iloc[0].to_dict()
    cells = dict(zip(HEADINGS, row_of(row, PLANTED.metric), strict=True))

    assert cells["slice"] == "a = x, b = u"
    assert (cells["counts"], cells["value"], cells["the rest"]) == ("80 of 200", "40.0 %", "10.0 %")
    assert (cells["difference"], cells["excess"], cells["status"]) == ("+30.0 points", "+60", "")


def test_how_it_was_searched_names_depth_attributes_and_share():
    assert say_how(replace(PLANTED.search, depth=1, attributes=("a",), support=0.005)) == (
        "Slices are one level of one attribute, with at least 0.5 % of the rows each."
    )
    assert say_how(PLANTED.search) in say_limits_of_search(PLANTED)[0]


def test_what_is_too_small_to_judge_by_is_counted():
    # Only the four levels alone have 300 rows, and leave as many to the rest.
    said = say_limits_of_search(searched(PLANTED_ROWS, min_units=300))

    assert any(s.startswith("4 of the 8 slices have fewer than 300 rows that the metric counts") for s in said)
    assert not any("have fewer than" in s for s in say_limits_of_search(PLANTED))


def test_that_a_gap_shrinks_elsewhere_is_said_only_where_one_was_found():
    assert any("smaller on others" in s for s in say_limits_of_search(PLANTED))
    assert not any("smaller on others" in s for s in say_limits_of_search(FAIR))


def test_the_levels_alone_are_the_slices_of_one_condition():
    assert {str(s) for s in levels_alone(PLANTED)["slice"]} == {"a = x", "a = y", "b = u", "b = v"}
