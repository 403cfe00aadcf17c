from __future__ import annotations

from difflib import SequenceMatcher

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metrics
from metrics.errors import ResultsError
from metrics.schema import Attribute, Schema
from metrics.two_sets.adopt import read_customer
from metrics.two_sets.match import Match
from metrics.two_sets.suggest import _Name, _share_letters, suggest

NAMES = st.text(min_size=1, max_size=8)


@given(
    st.dictionaries(NAMES, NAMES, max_size=3).filter(lambda d: len(set(d.values())) == len(d)),
    st.dictionaries(NAMES, st.dictionaries(NAMES, NAMES.map(lambda w: (w,)), min_size=1, max_size=1), max_size=2),
)
def test_a_match_survives_its_file(columns, levels):
    match = Match(columns=columns, levels=levels)

    assert Match.loads(match.dumps()) == match


def test_one_level_of_the_reference_may_be_several_of_the_customers():
    match = Match.loads('[levels.accent]\nIndian = ["en-IN", "Hinglish"]\nWelsh = "cy"\n')

    assert match.levels_of("accent") == {"en-IN": "Indian", "Hinglish": "Indian", "cy": "Welsh"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[colums]\na = 'b'", "Did you mean 'columns'?"),
        ("[columns]\na = 3", "[columns] 'a' is no text."),
        ("[columns]\na = 'x'\nb = 'x'", "names 'x' twice."),
        ("[levels.sex]\na = 'x'\nb = ['x', 'y']", "names 'x' twice."),
        ("[levels]\nsex = 'x'", "[levels] 'sex' is no table."),
        ("[levels.sex]\na = [3]", "is no text and no list of texts."),
        ("columns = 1", "[columns] is no table."),
        ("a = ", "is no valid TOML"),
    ],
)
def test_what_is_wrong_with_a_match_is_said(text, said):
    with pytest.raises(ResultsError) as caught:
        Match.loads(text)
    assert said in str(caught.value)


def test_every_problem_of_a_match_is_said_at_once():
    with pytest.raises(ResultsError) as caught:
        Match.loads("[colums]\na = 'b'\n[systems]\nx = 1\n")
    assert len(caught.value.findings) == 2


def levels(here: list[str], there: list[str]) -> dict[str, str]:
    one, two = (pd.DataFrame({"g": words, "label": 1, "prediction": 1}) for words in (here, there))
    reference = metrics.read_results(one, Schema(attributes=(Attribute("g"),), positive=("1",)))
    found = suggest(reference, read_customer(two, reference))
    return {row["customer_level"]: row["suggestion"] for row in found.levels.to_dict("records")}


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("en-IN", "Indian English"),
        ("Indian English", "en-IN"),
        ("female", "F"),
        ("African-American", "african american"),
        ("Québec", "Quebec"),
        ("65 and over", "over 65"),
        ("Scottish", "Scotish"),
    ],
)
def test_a_near_miss_is_suggested(here, there):
    assert levels([here, "other"], [there, "other"]) == {there: here}


@pytest.mark.parametrize(
    ("here", "there"), [("male", "female"), ("Welsh", "Polish"), ("quiet", "street"), ("30-44", "18-29")]
)
def test_what_is_another_group_is_not_suggested(here, there):
    assert levels([here, "other"], [there, "other"]) == {there: ""}


def test_a_level_that_both_have_is_never_suggested():
    assert levels(["female", "male"], ["female", "f", "male"]) == {"f": ""}


def test_thousands_of_names_go_together_by_their_plain_names_and_what_is_left_over_by_its_letters():
    towns = [f"{a}{b}{c} Town" for a in "ABCDEFGHIJ" for b in "aeiouy" for c in "bcdfghjklmnpqrstvwxz"]

    found = levels([*towns, "Aberystwyth"], [*(town.upper() for town in towns), "Aberystwith"])

    assert found == {town.upper(): town for town in towns} | {"Aberystwith": "Aberystwyth"}


def test_among_too_many_that_do_not_go_together_only_the_same_plain_names_are_suggested():
    here, there = ([f"{side} {number}" for number in range(150)] for side in ("h", "t"))

    found = levels([*here, "Québec", "Scottish"], [*there, "quebec", "Scotish"])

    assert {level: near for level, near in found.items() if near} == {"quebec": "Québec"}


@given(
    st.text("ab c", min_size=1, max_size=25),
    st.lists(st.tuples(st.integers(0, 24), st.sampled_from("ab ")), max_size=5),
)
def test_what_is_quick_to_say_no_by_loses_no_name_with_enough_letters_in_order(name, changes):
    other = name
    for place, letter in changes:
        other = other[:place] + letter + other[place + (place % 2) :]
    a, b = (" ".join(text.split()) for text in (name, other))
    ratio = SequenceMatcher(None, a, b, autojunk=False).ratio()

    assert _share_letters(_Name.of(name), _Name.of(other)) == (ratio if ratio >= 0.85 else 0)


def test_taking_every_suggestion_makes_the_match():
    one = pd.DataFrame({"accent": ["en-IN", "en-GB"], "noise": ["hum", "quiet"], "label": 1, "prediction": 1})
    two = pd.DataFrame({"accent": ["Indian English", "Welsh"], "Sound": ["hum", "quiet"], "label": 1, "prediction": 1})
    reference = metrics.read_results(one, Schema(attributes=(Attribute("accent"), Attribute("noise")), positive=("1",)))
    found = suggest(reference, read_customer(two, reference))

    assert found.only_reference["level"].tolist() == ["en-GB", "en-IN"]
    assert found.apply(Match()) == Match(columns={"noise": "Sound"}, levels={"accent": {"en-IN": ("Indian English",)}})
