"""Sentences about two sets agree in number with what they count."""

from __future__ import annotations

from metrics.two_sets.changes import compare_sets
from metrics.two_sets.words import say_sets
from tests.metrics.two_sets.made import selected, sets_of


def told(**groups: tuple[int, int]) -> str:
    """What is said of groups of which the same are selected in both sets."""
    sets = sets_of(selected(**groups), selected(**groups), ["group"])
    return say_sets(compare_sets(sets, ["group"], ["selection_rate"]), sets.metrics["selection_rate"])[-1]


def test_one_group_is_told_of_in_the_singular():
    assert told(a=(30, 60)) == ("Of the 1 group that both sets have, 1 cannot be told.")


def test_what_is_true_of_no_group_is_not_said():
    assert told(a=(30, 60), b=(30, 60)) == ("Of the 2 groups that both sets have, 2 cannot be told.")
