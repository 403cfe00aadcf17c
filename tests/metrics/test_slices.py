from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.errors import ResultsError
from metrics.slices import MISSING, Slice

WORDS = st.text(max_size=30) | st.sampled_from(["65+", "< 25", "and", "is", "not", MISSING, "O'Neil", '"', "`", "a&b"])


@given(st.dictionaries(WORDS, WORDS, max_size=4))
def test_a_slice_written_and_read_again_is_the_same(levels):
    chosen = Slice(tuple(levels.items()))

    assert Slice.parse(str(chosen)) == chosen


def test_everyone_has_a_word():
    assert str(Slice()) == Slice().title == "everyone"
    assert Slice.parse(" everyone ") == Slice()


def test_levels_with_signs_of_the_grammar_are_quoted():
    assert str(Slice((("sex", "female"), ("age", "65+")))) == "sex = female & age = 65+"
    assert str(Slice((("score", "< 25"),))) == "score = '< 25'"
    assert str(Slice((("age group", "a 'b'"),))) == "`age group` = 'a ''b'''"


def test_people_read_levels_without_quotes():
    assert Slice((("age group", "< 25"), ("sex", MISSING))).title == "age group = < 25 & sex = (missing)"


@pytest.mark.parametrize(
    "text", ["sex=female&age=65+", "sex == 'female' and `age` = \"65+\"", "(sex = female) & age = 65+"]
)
def test_the_ways_to_write_a_slice(text):
    assert Slice.parse(text).to_dict() == {"sex": "female", "age": "65+"}


def test_the_missing_level_is_a_level():
    assert Slice.parse("sex is missing") == Slice.parse("sex = '(missing)'") == Slice((("sex", MISSING),))


@pytest.mark.parametrize("text", ["sex != f", "a = 1 or b = 2", "age >= 65", "not a = 1", "a in [1, 2]"])
def test_what_is_more_than_a_slice_is_refused(text):
    with pytest.raises(ResultsError, match="more than one level of each attribute"):
        Slice.parse(text)


def test_an_axis_has_one_level():
    with pytest.raises(ResultsError, match="names 'sex' twice"):
        Slice.parse("sex = f & sex = m")
