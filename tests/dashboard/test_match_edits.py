"""What goes with what is changed one thing at a time; nothing of the customer goes with two of the reference."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.match_edits import match_column, match_level, match_system, turn_round
from metrics.two_sets.match import Match

NAMES = st.sampled_from(["a", "b", "c", "[x](http://evil.example)", ""])
EDITS = st.lists(st.tuples(st.sampled_from(["sex", "accent"]), NAMES, st.one_of(st.none(), NAMES)), max_size=12)


def test_a_level_is_matched_matched_otherwise_and_taken_back():
    first = match_level(Match(), "accent", "en-IN", "Indian")
    second = match_level(first, "accent", "en-IN", "Hindi")

    assert first.levels == {"accent": {"Indian": ("en-IN",)}}
    assert second.levels == {"accent": {"Hindi": ("en-IN",)}}
    assert match_level(second, "accent", "en-IN", None) == Match()


def test_several_levels_of_the_customer_may_be_one_of_the_reference():
    match = match_level(match_level(Match(), "sex", "f", "female"), "sex", "w", "female")

    assert match.levels == {"sex": {"female": ("f", "w")}}


def test_a_column_goes_with_one_column_only():
    match = match_column(match_column(Match(), "sex", "gender"), "age", "gender")

    assert match.columns == {"age": "gender"}
    assert match_column(match, "age", None) == Match()


def test_systems_are_matched_like_columns():
    assert match_system(Match(), "model A", "ours").systems == {"model A": "ours"}


@given(EDITS)
def test_whatever_is_chosen_in_whatever_order_is_a_match_that_can_be_read_again(edits):
    match = Match()
    for attribute, level, here in edits:
        match = match_level(match, attribute, level, here)

    assert Match.loads(match.dumps()) == match
    last = {(attribute, level): here for attribute, level, here in edits}
    for (attribute, level), here in last.items():
        assert match.levels_of(attribute).get(level) == here


@given(st.dictionaries(NAMES, NAMES, max_size=4).filter(lambda d: len(set(d.values())) == len(d)))
def test_turned_round_twice_it_is_as_it_was_where_nothing_was_merged(pairs):
    match = Match(pairs, pairs, {"sex": {here: (there,) for here, there in pairs.items()}} if pairs else {})

    assert turn_round(turn_round(match)).columns == match.columns
    assert Match.loads(turn_round(match).dumps()) == turn_round(match)


def test_turned_round_the_levels_are_under_the_name_of_the_other_column():
    match = Match({"sex": "gender"}, {}, {"sex": {"female": ("f",)}})

    assert turn_round(match).levels == {"gender": {"f": ("female",)}}
    assert turn_round(turn_round(match)) == match
