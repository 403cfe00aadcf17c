from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.errors import ResultsError
from metrics.predicates import (
    All,
    Compare,
    Evaluator,
    Everyone,
    IsMissing,
    Not,
    OneOf,
    Predicate,
    Some,
    parse_predicate,
    write_predicate,
)
from metrics.reading.cells import Cells


def column(*cells: object) -> Cells:
    return Cells("x", pa.chunked_array([pa.array(cells)]))


def truths(text: str, **columns: Cells) -> str:
    """One letter a row: y where the condition holds, n where it does not, ? where it cannot be told."""
    true, missing = parse_predicate(text).evaluate(columns)
    assert not (true & missing).any()
    return "".join("?" if m else "y" if t else "n" for t, m in zip(true, missing, strict=True))


# -- the tree ------------------------------------------------------------------------------------

A, B, C = (OneOf(name, ("1",)) for name in "abc")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a = 1", A),
        ("a==1", A),
        ("a != 1", Not(A)),
        ("a < 1", Compare("a", "<", 1)),
        ("a<=-1.5", Compare("a", "<=", -1.5)),
        ("a > 1e3", Compare("a", ">", 1000)),
        ("a >= '65'", Compare("a", ">=", 65)),
        ("a in [x, 'y z',\"w\"]", OneOf("a", ("x", "y z", "w"))),
        ("a not in [x]", Not(OneOf("a", ("x",)))),
        ("a between 25 and 45", All((Compare("a", ">=", 25), Compare("a", "<=", 45)))),
        ("a not between -1 and 0.5", Not(All((Compare("a", ">=", -1), Compare("a", "<=", 0.5))))),
        ("a between 1 and 2 and b = 1", All((All((Compare("a", ">=", 1), Compare("a", "<=", 2))), B))),
        (
            "a = 'between' or between between 1 and 1",
            Some((OneOf("a", ("between",)), All((Compare("between", ">=", 1), Compare("between", "<=", 1))))),
        ),
        ("a is missing", IsMissing("a")),
        ("a IS NOT missing", Not(IsMissing("a"))),
        ("`odd ``name` = 1", OneOf("odd `name", ("1",))),
        ("'odd name' = 'O''Neil'", OneOf("odd name", ("O'Neil",))),
        ("everyone", Everyone()),
        ("true", Everyone()),
        ("everyone = 1", OneOf("everyone", ("1",))),
        ("not = 1", OneOf("not", ("1",))),
        ("a = 1 and b = 1 & c = 1", All((A, B, C))),
        ("a = 1 or b = 1 and c = 1", Some((A, All((B, C))))),
        ("(a = 1 or b = 1) AND c = 1", All((Some((A, B)), C))),
        ("not a = 1 and b = 1", All((Not(A), B))),
        ("not (a = 1 and not b = 1)", Not(All((A, Not(B))))),
        ("größe = 日本", OneOf("größe", ("日本",))),
    ],
)
def test_conditions_become_a_tree(text, tree):
    assert parse_predicate(text).tree == tree


def test_columns_are_named_once_in_order():
    assert parse_predicate("b = 1 and (a > 2 or not b is missing)").columns == ("b", "a")


@pytest.mark.parametrize(
    ("text", "place", "cure"),
    [
        ("", "the end at position 1, where a column", "age >= 65"),
        ("sex", "the end at position 4, where a comparison after 'sex'", "in [...]"),
        ("sex =", "the end at position 6, where a value", "quotes"),
        ("sex = older women", "'women' at position 13", "quotes"),
        ("score = < 25", "'<' at position 9, where a value", "'< 25'"),
        ("(a = 1", "the end at position 7, where ')'", "Close the parenthesis"),
        ("a = 1)", "')' at position 6", "and, or"),
        ("a in x", "'x' at position 6, where '['", "brackets"),
        ("a in [x", "the end at position 8, where ']'", "commas"),
        ("a is 3", "'3' at position 6, where 'missing'", "is missing"),
        ("age between 1", "the end at position 14, where 'and'", "both numbers belong to it"),
        ("age between old and 5", "'old' at position 13, where a number", "="),
        ("age between 5 and 1", "'1' at position 19, where a number from 5 up", "smaller number first"),
        ("age > old", "'old' at position 7, where a number", "="),
        ("a = 'b", 'has "\'" at position 5', "Close the quotes"),
        ("a | b", "'|' at position 3", "Write or"),
        ("a = 1 __import__('os')", "'__import__' at position 7", "quotes"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_cure(text, place, cure):
    with pytest.raises(ResultsError) as caught:
        parse_predicate(text)

    (finding,) = caught.value.findings
    assert finding.severity == "stop"
    assert place in finding.found
    assert cure in finding.cure


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = '" + "x" * 2000 + "'", "2,006 signs long"),
        (" or ".join(["a=1"] * 101), "at most 100 conditions"),
        ("(" * 21 + "a=1" + ")" * 21, "at most 20 parentheses"),
        ("not " * 21 + "a=1", "at most 20 parentheses"),
    ],
)
def test_conditions_have_a_size(text, said):
    with pytest.raises(ResultsError, match=said):
        parse_predicate(text)


def test_the_largest_conditions_are_read():
    assert len(parse_predicate(" or ".join(["a=1"] * 100)).tree.parts) == 100
    assert parse_predicate("(" * 20 + "a=1" + ")" * 20).tree == A


@given(st.text(alphabet="ab=<>!&()[],'\"`. 1notrdi", max_size=40) | st.text(max_size=40))
def test_any_text_is_parsed_or_refused_in_words(text):
    try:
        told = [parse_predicate(text).columns]
    except ResultsError as error:
        told = [f for f in error.findings if f.severity == "stop" and f.cure]

    assert len(told) == 1


# -- evaluation ----------------------------------------------------------------------------------


def test_words_are_compared_as_text():
    assert truths("x = female", x=column("female", "male", None)) == "yn?"
    assert truths("x != female", x=column("female", "male", None)) == "ny?"
    assert truths("x in [a, c]", x=column("a", "b", "c")) == "yny"


def test_spellings_that_are_read_as_one_level_are_one():
    x = column("Female", "female", "FEMALE ", "male")

    assert truths("x = female", x=x) == "yyyn"
    true, _ = parse_predicate("x = female").evaluate({"x": x}, keep_spelling=True)
    assert true.tolist() == [False, True, False, False]


@pytest.mark.parametrize("word", ["25", "25.0", "'25'", "2.5e1"])
def test_numbers_compare_as_numbers_however_they_are_written(word):
    assert truths(f"x = {word}", x=column(25, 26, None)) == "yn?"
    assert truths(f"x = {word}", x=column(25.0, 26.0, None)) == "yn?"
    assert truths(f"x = {word}", x=column("25", "26", "25.0")) == "yny"


def test_digits_with_leading_zeros_are_text():
    assert truths("x = 007", x=column("007", "7", "008")) == "ynn"


def test_order_is_that_of_numbers():
    x = column("9", "10", None, "65")

    assert truths("x < 10", x=x) == "yn?n"
    assert truths("x <= 10", x=x) == "yy?n"
    assert truths("x > 10", x=x) == "nn?y"
    assert truths("x >= 10", x=x) == "ny?y"


def test_booleans_are_words():
    assert truths("x = true", x=column(True, False, None)) == "yn?"


def test_missing_is_told_apart():
    x = column("a", None, "")

    assert truths("x is missing", x=x) == "nyy"
    assert truths("x is not missing", x=x) == "ynn"
    assert truths("x = '(missing)'", x=x) == "nyy"
    assert truths("x in [a, '(missing)']", x=x) == "yyy"


def test_a_missing_cell_counts_only_where_nothing_else_decides():
    a = column("1", "1", "1", "0", "0", "0", None, None, None)
    b = column("1", "0", None, "1", "0", None, "1", "0", None)

    assert truths("a = 1 and b = 1", a=a, b=b) == "yn?nnn?n?"
    assert truths("a = 1 or b = 1", a=a, b=b) == "yyyyn?y??"
    assert truths("not (a = 1 and b = 1)", a=a, b=b) == "ny?yyy?y?"


def test_everyone_is_every_row():
    true, missing = parse_predicate("everyone").evaluate({}, 3)

    assert (true.tolist(), missing.tolist()) == ([True] * 3, [False] * 3)


def test_an_unknown_column_is_named_with_the_nearest():
    with pytest.raises(ResultsError, match=r"column 'agee' .* Did you mean 'age'\?"):
        parse_predicate("agee > 3").evaluate({"age": column(1)})


def test_an_unknown_word_is_named_with_the_nearest():
    with pytest.raises(ResultsError, match=r"never says 'femal'. Did you mean 'female'\?"):
        parse_predicate("x = femal").evaluate({"x": column("female", "male")})


def test_a_number_that_does_not_occur_is_no_mistake():
    assert truths("x = 27", x=column(25, 26)) == "nn"


def test_words_have_no_order():
    with pytest.raises(ResultsError, match="holds 'old', but >= compares numbers only"):
        parse_predicate("x >= 3").evaluate({"x": column("3", "old")})


CELL = st.sampled_from(["0", "1", None])


@given(st.lists(st.tuples(CELL, CELL), max_size=9))
def test_not_both_is_either_not(cells):
    a, b = zip(*cells, ("0", "0"), ("1", "1"), strict=True)
    columns = {"a": column(*a), "b": column(*b)}

    one = parse_predicate("not (a = 1 and b = 1)").evaluate(columns)
    other = parse_predicate("a != 1 or b != 1").evaluate(columns)

    assert np.array_equal(one, other)


NUMBERS = st.sampled_from(["1", "2", "3"])
COLUMNS = st.sampled_from(["a", "b"])
LEAVES = st.one_of(
    st.builds(OneOf, COLUMNS, st.lists(NUMBERS, min_size=1, max_size=2).map(tuple)),
    st.builds(Compare, COLUMNS, st.sampled_from(["<", "<=", ">", ">="]), st.sampled_from([1.0, 2.0, 3.0])),
    st.builds(IsMissing, COLUMNS),
    st.just(Everyone()),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(All, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Some, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=8,
)


def _row_by_row(tree, row):
    """Kleene's logic on one row: 1 true, 0 false, a half where it cannot be told."""
    match tree:
        case Everyone():
            return 1
        case IsMissing(column):
            return int(row[column] is None)
        case OneOf(column, values):
            return 0.5 if row[column] is None else int(row[column] in values)
        case Compare(column, order, number):
            if row[column] is None:
                return 0.5
            cell = float(row[column])
            return int({"<": cell < number, "<=": cell <= number, ">": cell > number, ">=": cell >= number}[order])
        case Not(part):
            return 1 - _row_by_row(part, row)
        case All(parts):
            return min(_row_by_row(part, row) for part in parts)
        case Some(parts):
            return max(_row_by_row(part, row) for part in parts)


@given(TREES, st.lists(st.tuples(NUMBERS | st.none(), NUMBERS | st.none()), max_size=6))
def test_whole_columns_are_evaluated_like_row_by_row(tree, cells):
    cells = [*cells, *((n, n) for n in "123")]
    a, b = zip(*cells, strict=True)

    true, missing = Predicate(tree).evaluate({"a": column(*a), "b": column(*b)}, len(cells))

    found = [0.5 if m else float(t) for t, m in zip(true, missing, strict=True)]
    assert found == [_row_by_row(tree, dict(zip("ab", row, strict=True))) for row in cells]


# -- writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a==1", "a = 1"),
        ("not a=1", "a != 1"),
        ("a not in['x y','z']", "a not in ['x y', z]"),
        ("not a is missing", "a is not missing"),
        ("a in ['(missing)']", "a in ['(missing)']"),
        ("a>=1&a<=2.50", "a between 1 and 2.5"),
        ("not (a >= 1 and a <= 2)", "a not between 1 and 2"),
        ("b = 1 and (a between 1 and 2)", "b = 1 and a between 1 and 2"),
        ("((a = 1)) or (b = 1 and c = 1)", "a = 1 or b = 1 and c = 1"),
        ("a = 1 and (b = 1 and c = 1)", "a = 1 and (b = 1 and c = 1)"),
        ("not not a < 1", "not not a < 1"),
        ("not (everyone or a = 1)", "not (everyone or a = 1)"),
        ("a < 1e999", "a < 1e999"),
        ("true", "everyone"),
        ("`and` = 'or' & `` = ''", "`and` = 'or' and `` = ''"),
    ],
)
def test_a_condition_is_written_as_people_write_it(text, written):
    assert str(parse_predicate(text)) == written
    assert parse_predicate(written) == parse_predicate(text)


WORDS = st.text(max_size=8) | st.sampled_from(["and", "NOT", "true", "missing", "(missing)", "O'Neil", '"', "`", "1e5"])
VALUES = st.lists(WORDS, min_size=1, max_size=3, unique=True).map(tuple)
ODD_LEAVES = st.one_of(
    st.builds(OneOf, WORDS, VALUES).map(lambda t: IsMissing(t.column) if t.values == ("(missing)",) else t),
    st.builds(Compare, WORDS, st.sampled_from(["<", "<=", ">", ">="]), st.floats(allow_nan=False)),
    st.builds(IsMissing, WORDS),
    st.just(Everyone()),
)
ODD_TREES = st.recursive(
    ODD_LEAVES,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(All, st.lists(inner, min_size=2, max_size=4).map(tuple))
        | st.builds(Some, st.lists(inner, min_size=2, max_size=4).map(tuple))
    ),
    max_leaves=9,
)


@given(ODD_TREES)
def test_what_is_written_is_read_as_the_same_tree(tree):
    assert parse_predicate(write_predicate(Predicate(tree))).tree == tree


@given(st.text(alphabet="ab=<>!&()[],'\"`. 1notrdi", max_size=40) | st.text(max_size=40))
def test_whatever_text_is_read_can_be_written_and_read_again(text):
    try:
        predicate = parse_predicate(text)
    except ResultsError:
        predicate = parse_predicate("everyone")

    assert parse_predicate(str(predicate)) == predicate


@pytest.mark.parametrize(
    "text",
    [
        "&".join(["a='x'"] * 100),
        "&".join(["not(bcd='1 'or`g h`!='i''j')"] * 50),
        "(" * 20 + "a=1" + ")" * 20,
        "not " * 20 + "a=1",
        "(" * 19 + "(a=1&b=1)&c=1" + ")" * 19,
        "`" + "x" * 1_990 + "`=1",
        'a="' + "'" * 1_990 + '"',
        "&".join(["abcdefghijkl<1e14"] * 100),
        "&".join(["abcdefghijk>-1.5e-7"] * 100),
        "&".join(["abcd!='(missing)'"] * 100),
        "&".join(["abcdefghijkl<-1e999"] * 100),
        " or ".join(["ab>=1&ab<=2"] * 50),
        "(true)or(" * 20 + "true" + ")" * 20,
        "a in[" + ",".join(f"'{i} '" for i in range(290)) + "]",
    ],
    ids=lambda text: text[:12],
)
def test_the_largest_conditions_can_be_written(text):
    predicate = parse_predicate(text)

    assert parse_predicate(str(predicate)) == predicate


PIECES = ["(", ")", "[", "]", "not", "and", "or", "in", "between", "is", "missing", "everyone", ",", "=", "<", "a", "b"]


@given(st.lists(st.sampled_from([*PIECES, "'", "`", "''", "1", "1e999", "٣", "ſ", "\x00", "\ud800", "İ"]), max_size=60))
def test_hostile_text_is_read_or_refused_in_words(pieces):
    for between in ("", " "):
        try:
            told = [str(parse_predicate(between.join(pieces)))]
        except ResultsError as error:
            told = [f for f in error.findings if f.severity == "stop" and f.found and f.cure]
        assert len(told) == 1


@pytest.mark.parametrize(
    "text", ["(" * 1_999, "not " * 499, "a=1&" * 499, "'" * 1_999, "`" * 1_999, "a in [" + "b," * 900]
)
def test_what_is_large_and_wrong_is_refused_in_words(text):
    with pytest.raises(ResultsError):
        parse_predicate(text)


def test_of_a_long_condition_the_part_around_the_mistake_is_quoted():
    with pytest.raises(ResultsError) as caught:
        parse_predicate(" or ".join(f"a = {i}" for i in range(50)) + " or b ? 3 or " + "c = 1 or " * 40)

    (finding,) = caught.value.findings
    assert "or b ? 3 or" in finding.where
    assert len(finding.where) < 150


# -- many conditions on the same rows ------------------------------------------------------------


@given(
    st.lists(TREES, min_size=1, max_size=6), st.lists(st.tuples(NUMBERS | st.none(), NUMBERS | st.none()), max_size=6)
)
def test_an_evaluator_that_was_asked_before_says_the_same(trees, cells):
    cells = [*cells, *((n, n) for n in "123")]
    a, b = (column(*side) for side in zip(*cells, strict=True))
    evaluator = Evaluator({"a": a, "b": b}, len(cells))

    for tree in [*trees, *trees]:
        assert np.array_equal(evaluator.evaluate(tree), Predicate(tree).evaluate({"a": a, "b": b}, len(cells)))


def test_what_is_answered_may_be_changed_without_changing_the_next_answer():
    evaluator = Evaluator({"x": column("a", "b", None)})
    first, _ = evaluator.evaluate(OneOf("x", ("a",)))
    first[:] = True

    assert evaluator.evaluate(OneOf("x", ("a",)))[0].tolist() == [True, False, False]


def test_many_numbers_are_compared_like_few():
    x = column(*range(40), None)
    listed = ", ".join(map(str, range(0, 40, 2)))

    assert truths(f"x in [{listed}]", x=x) == "yn" * 20 + "?"
    assert truths(f"x in [{listed}, '(missing)']", x=x) == "yn" * 20 + "y"


def test_an_empty_word_is_explained():
    with pytest.raises(ResultsError, match="Write x is missing"):
        parse_predicate("x = ''").evaluate({"x": column("a", "b")})


def test_the_nearest_of_very_many_and_very_long_words_is_suggested():
    words = [f"name {i}" for i in range(10_000)] + ["y" * 10_000, "north"]

    with pytest.raises(ResultsError, match=r"Did you mean 'name \d+'\?"):
        parse_predicate("x = 'nome 77'").evaluate({"x": column(*words)})
    with pytest.raises(ResultsError) as caught:
        parse_predicate("x = zzz").evaluate({"x": column(*words)})
    assert len(str(caught.value)) < 500
