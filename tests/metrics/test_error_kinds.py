from __future__ import annotations

from metrics import count_cells, estimate, score
from metrics.error_kinds import KINDS, say_kinds
from tests.metrics.test_sensitivity import read


def say(rows):
    cubes = count_cells(score(read(rows)))
    return say_kinds(estimate(cubes, ["group"], list(KINDS)))


def test_the_group_that_is_passed_over_in_silence_and_the_one_with_invented_words_are_named():
    said = say(
        [
            (40, "a", "go to bed now", "go to"),  # 80 deletions
            (40, "b", "go to bed now", "go to bed now please and thanks"),  # 120 insertions
            (40, "c", "go to bed now", "go to red cow"),  # 80 substitutions
        ]
    )

    assert said == [
        "100 % of the errors of group = a are deletions, of everyone's 28.6 %: the system is silent for them.",
        "100 % of the errors of group = b are insertions, of everyone's 42.9 %: it writes words that nobody said.",
    ]


def test_groups_with_like_shares_are_said_to_be_alike():
    said = say([(40, "a", "go to bed now", "go to red"), (40, "b", "come home now", "come Rome")])

    assert said == ["No group's errors are of another kind than everyone's: deletions and insertions have like shares."]


def test_groups_that_are_too_small_are_not_spoken_of():
    assert say([(40, "a", "go to bed now", "go to red"), (5, "b", "go to bed now", "")])[0].startswith("No group")


def test_without_an_error_nothing_is_said():
    assert say([(40, "a", "go", "go"), (40, "b", "go", "go")]) == []
