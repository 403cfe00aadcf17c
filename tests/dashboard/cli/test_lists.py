from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.cli.lists import split_assignment, split_list, split_quoted

ENTRIES = st.lists(st.text(alphabet='ab,=:"', max_size=6), min_size=1, max_size=5)


@given(ENTRIES)
def test_lists_split_like_a_line_of_csv(entries):
    class Everything(csv.excel):
        quoting = csv.QUOTE_ALL

    line = ",".join('"' + entry.replace('"', '""') + '"' for entry in entries)

    assert split_list(line) == entries == next(csv.reader([line], Everything))


def test_spaces_around_entries_do_not_count():
    assert split_list('race , "a, b" ,sex') == ["race", "a, b", "sex"]


def test_quotes_inside_a_word_are_letters():
    assert split_list('5" pipe,6" pipe') == ['5" pipe', '6" pipe']


def test_quotes_that_are_never_closed_are_a_mistake():
    with pytest.raises(ValueError, match="are not closed"):
        split_list('race,"sex')


def test_a_name_ends_at_the_first_equals_sign_outside_quotes():
    assert split_assignment("a=b=c") == ("a", "b=c")
    assert split_assignment('"a=b"=c') == ("a=b", "c")
    assert split_assignment('"b=c"') == (None, "b=c")


def test_the_number_of_splits_can_be_bounded():
    assert split_quoted("a:b:c", ":", most=1) == ["a", "b:c"]
