"""Sets of one schema stand in their order under the first one's names, and say what they do not share."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from metrics import QuestionError
from metrics.series.sets import DatedSet, line_up
from metrics.slices import MISSING
from metrics.two_sets.match import Match
from tests.metrics.build import cube_of, selections

JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))


def dated(name: str, groups: dict[str, tuple[int, int]], day: date | None = None, **more) -> DatedSet:
    """A set in which `top` of `below` units of each group are selected."""
    return DatedSet(name, [cube.scored for cube in selections(groups)], day, **more)


def test_sets_stand_in_the_order_of_their_dates():
    sets = [dated("m", {"a": (1, 2)}, MARCH), dated("j", {"a": (1, 2)}, JANUARY), dated("f", {"a": (1, 2)}, FEBRUARY)]

    assert [s.name for s in line_up(sets).sets] == ["j", "f", "m"]


def test_without_all_dates_they_stay_as_they_were_given():
    sets = [dated("m", {"a": (1, 2)}, MARCH), dated("j", {"a": (1, 2)}), dated(MISSING, {"a": (1, 2)})]

    series = line_up([sets[2], *sets[:2]])

    assert [s.name for s in series.sets] == ["m", "j", MISSING]
    assert [s.name for s in series.in_time] == ["m", "j"]


def test_levels_of_any_set_are_levels_of_the_series():
    series = line_up([dated("1", {"a": (1, 2), "b": (1, 2)}), dated("2", {"c": (1, 2), "a": (1, 2)})])

    assert [a.levels for a in series.axes] == [("a", "b", "c")]


def test_a_match_brings_levels_under_the_first_sets_names():
    match = Match(levels={"group": {"a": ("A!",)}})
    series = line_up([dated("1", {"a": (1, 2)}), dated("2", {"A!": (1, 2)}, match=match)])

    assert [a.levels for a in series.axes] == [("a",)]


def test_two_sets_of_one_name_are_refused():
    with pytest.raises(QuestionError, match="Two sets are called '1'"):
        line_up([dated("1", {"a": (1, 2)}), dated("1", {"a": (1, 2)})])
    with pytest.raises(QuestionError, match="at least one set"):
        line_up([])


def test_sets_of_another_task_are_refused_by_name():
    numbers = pd.DataFrame({"group": ["a", "b"], "label": [1.0, 2.0], "prediction": [1.0, 3.0]})
    other = DatedSet("numbers", [c.scored for c in cube_of(numbers, ["group"], task="regression")])

    with pytest.raises(QuestionError, match="'numbers' holds results of regression"):
        line_up([dated("1", {"a": (1, 2)}), other])


def _with_systems(name: str, *systems: str) -> DatedSet:
    rows = [(system, "a", p) for system in systems for p in "01"]
    frame = pd.DataFrame(rows, columns=["system", "group", "prediction"])
    return DatedSet(name, [c.scored for c in cube_of(frame, ["group"])])


def test_a_system_that_some_set_lacks_is_left_out_and_told():
    series = line_up([_with_systems("1", "x", "y"), _with_systems("2", "y", "z")])

    assert series.systems == ("y",)
    assert sorted(str(f) for f in series.findings) == [
        "system 'x' is not in '2'. It is left out.",
        "system 'z' is not in '1'. It is left out.",
    ]


def test_no_system_in_all_sets_is_an_error_that_names_the_set():
    with pytest.raises(QuestionError, match="The set '2': No system is in both"):
        line_up([_with_systems("1", "x", "y"), _with_systems("2", "v", "w")])


def test_the_only_system_of_each_set_is_the_same_whatever_it_is_called():
    assert line_up([_with_systems("1", "release 1"), _with_systems("2", "release 2")]).systems == ("release 1",)


def test_clusters_of_several_sets_are_told():
    frame = pd.DataFrame({"group": ["a", "b"] * 3, "prediction": ["0", "1"] * 3, "cluster": ["x", "y"] * 3})
    sets = [DatedSet(name, [c.scored for c in cube_of(frame, ["group"])]) for name in "12"]

    (finding,) = line_up(sets).findings

    assert "more than one set (2 of 2)" in finding.found


def test_first_and_last_are_a_pair_in_time():
    sets = [dated("j", {"a": (1, 4)}, JANUARY), dated("f", {"b": (1, 2)}, FEBRUARY), dated(MISSING, {"a": (1, 2)})]

    pair = line_up(sets).pair()

    assert [cube.by(()).rows.sum() for cube in (pair.reference[0], pair.customer[0])] == [4, 2]
    assert pair.reference.axes[0].levels == pair.customer.axes[0].levels == ("a", "b")
    with pytest.raises(QuestionError, match="no two sets"):
        line_up(sets[:1]).pair()
    with pytest.raises(QuestionError, match="no set called"):
        line_up(sets).pair("j", "x")
