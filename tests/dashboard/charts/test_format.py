"""Names in charts: safe, short, and still distinct."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.charts.format import break_in_two, cut, cut_apart, escape, label_slices, shared_axes, tidy
from tests.dashboard.charts.tables import EVERYONE, HOSTILE, group


@given(st.text())
def test_an_escaped_text_holds_no_tag_and_no_formula_and_reads_as_it_was(text):
    safe = escape(text)

    assert not re.search(r"[<>$]", safe)
    assert html.unescape(re.sub("[\u2068\u2069]", "", safe)) == html.unescape(
        re.sub("[\u2068\u2069]", "", html.escape(text, quote=False))
    )


@given(st.lists(st.text(max_size=60), max_size=8, unique=True), st.integers(8, 40))
def test_names_that_differ_still_differ_when_cut(names, width):
    short = cut_apart(names, width)

    assert len(set(short)) == len(names)


@given(st.text(max_size=200), st.integers(5, 60))
def test_a_cut_text_has_at_most_the_width_asked_for(text, width):
    assert len([sign for sign in cut(tidy(text), width) if sign.isprintable()]) <= 3 * width
    assert cut("x" * 300, width) == "x" * (width - 1 - width // 3) + "…" + "x" * (width // 3)


def test_equal_names_stay_equal():
    assert cut_apart(["a", "b", "a"], 10) == ["a", "b", "a"]


@given(st.text())
def test_a_tidy_text_stands_on_one_line_and_steers_nothing(text):
    assert not re.search("[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]", tidy(text))


def test_right_to_left_names_are_kept_apart_from_the_numbers_beside_them():
    assert escape("שלום") == "\u2068שלום\u2069"
    assert escape("hello") == "hello"


@pytest.mark.parametrize("text", ["one two three", "a" * 40, "short", "a " + "b" * 36])
def test_two_lines_hold_the_whole_text(text):
    lines = break_in_two(text, 22)

    assert len(lines) <= 2
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_slices_of_one_attribute_are_called_by_their_levels_alone():
    slices = [EVERYONE, group(sex="female", age="65+"), group(sex="male", age="65+")]

    assert shared_axes(slices) == ("sex", "age")
    assert list(label_slices(slices).values()) == ["everyone", "female, 65+", "male, 65+"]


def test_slices_of_several_attributes_are_called_by_attribute_and_level():
    labels = label_slices([group(sex="female"), group(age="< 25")])

    assert list(labels.values()) == ["sex = female", "age < 25"]


def test_a_comma_in_a_level_makes_no_two_slices_one():
    slices = [group(a="x, y", b="z"), group(a="x", b="y, z")]

    assert len(set(label_slices(slices).values())) == 2


def test_hostile_names_stay_distinct_and_short():
    labels = label_slices([group(g=name) for name in HOSTILE])

    assert len(set(labels.values())) == len(HOSTILE)
    assert max(map(len, labels.values())) < 60
