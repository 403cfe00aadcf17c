"""A file of rules rewrites words as its lines say, and a line that says nothing clear is told with its number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.errors import ResultsError
from metrics.text.normalize import parse_rules


@pytest.mark.parametrize(
    ("rules", "text", "expected"),
    [
        ("gonna => going to", "he's Gonna go gonnas", "he's going to go gonnas"),
        ("{um / uh / @}", "um so Uh yes", "so yes"),
        ("{ok / okay / o k}", "okay o k OK o", "ok ok ok o"),
        ("{OK / okay}", "ok okay", "OK OK"),
        ("{mister / mr.} => mr", "Mister X and mr. Y", "mr X and mr Y"),
        ("grey => {gray / grey}", "grey gray", "gray gray"),
        ("and/or => or", "this and/or that", "this or that"),
        ("um => @", "um", ""),
        ("[UM] => [ ] / [ ] __ [ ]", "um", ""),
        ("new york => ny\nnew => neu", "new york is new", "ny is neu"),
        ("{new york / ny}\nnew => neu", "new york is new", "new york is neu"),
        ("a => b c\nb => d", "a b", "b c d"),  # applied once: the b that stands for a stays
        ("[ADVISOR'S] => [ADVISER'S] / [ ] __ [ ] ;; as in a GLM", "the advisor's", "the ADVISER'S"),
        ('* name "glm"\n;; a comment\n\num => @ ;; a filler', "um  a", "a"),
        ("\ufeffum => @\r\nuh => @\r", "um uh a", "a"),
    ],
)
def test_rules_rewrite_words(rules, text, expected):
    assert parse_rules(rules, "mine")([text]) == [expected]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("um => @\n\ngonna going to", r"rules file 'mine', line 3, is no rule: 'gonna going to'\. Write 'A => B'"),
        ("a => b => c", "line 1, has more than one '=>'"),
        (" => b", "line 1, has nothing on its left side"),
        ("@ => b", "line 1, has nothing on its left side"),
        ("a =>", "line 1, has nothing on its right side"),
        ("{um / / uh}", "line 1, has an empty alternative"),
        ("{um / uh", "line 1, has braces, brackets or a context"),
        ("the {um / uh} => the", "line 1, has braces, brackets or a context"),
        ("a => b / [x] __ [ ]", "line 1, has braces, brackets or a context"),
        ("a => {b / @}", "line 1, offers nothing"),
        ("um => a\nUM => b", "line 2, rewrites 'um' to 'b', line 1 to 'a'"),
        ("a => b\nb => c", "line 1, writes 'b', which line 2 rewrites to 'c'. Rules are applied once"),
        ("a" * 2**20 + " => b", "has 1,048,581 characters; 1,048,576 are read at most"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_with_its_number(rules, message):
    with pytest.raises(ResultsError, match=message):
        parse_rules(rules, "mine")


def test_all_bad_lines_are_told_at_once():
    with pytest.raises(ResultsError) as caught:
        parse_rules("bad\num => @\nworse", "mine")

    assert [finding.where for finding in caught.value.findings] == [
        "rules file 'mine', line 1,",
        "rules file 'mine', line 3,",
    ]


def test_the_same_rule_twice_is_one():
    assert parse_rules("um => @\nUm => @", "mine")(["um a"]) == ["a"]


@given(st.text("ab{}[]/@=>;* \n", max_size=40), st.text("ab ", max_size=20))
def test_any_rules_text_is_used_or_refused_with_a_reason(rules, text):
    try:
        normalizer = parse_rules(rules, "mine")
    except ResultsError as error:
        assert all(finding.found and finding.cure for finding in error.findings)
    else:
        (written,) = normalizer([text])
        assert written == " ".join(written.split())
