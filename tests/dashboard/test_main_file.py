from __future__ import annotations

from dashboard.main_file import guess_main, without_columns
from metrics.reading import read_table
from metrics.schema import Attribute, FileOptions, NamedSlice, Schema, System


def _tables(*headers: str):
    return [read_table(f"{header}\n{','.join('1' * (header.count(',') + 1))}\n".encode()) for header in headers]


def test_the_file_that_alone_has_a_label_is_the_main_one():
    guess = guess_main(_tables("id,prediction,score,seconds,version", "id,sex,y_true"), Schema())

    assert guess.number == 1
    assert "'y_true'" in guess.reason


def test_where_all_have_a_label_it_is_the_one_with_the_most_columns():
    guess = guess_main(_tables("id,label,prediction", "id,label,prediction,sex,age"), Schema())

    assert guess.number == 1
    assert guess.reason == "has the most columns (5)"


def test_where_nothing_sets_them_apart_it_is_the_first():
    assert guess_main(_tables("id,prediction", "id,score"), Schema()).number == 0


def test_what_the_schema_names_counts_for_more_than_a_label():
    schema = Schema(columns={"label": "outcome"}, attributes=(Attribute("sex"),))

    guess = guess_main(_tables("id,label,age,region", "id,outcome,sex"), schema)

    assert guess.number == 1


def test_another_main_file_leaves_what_was_said_of_columns_behind_and_keeps_the_rest():
    schema = Schema(
        task="classification",
        columns={"label": "y"},
        systems=(System("A", {"prediction": "p"}),),
        attributes=(Attribute("sex"),),
        without=("weight",),
        positive=("1",),
        favourable="negative",
        threshold=0.3,
        where="age > 3",
        slices=(NamedSlice("old", "age > 65"),),
        file=FileOptions(
            encoding="cp1252", delimiter=";", decimal=",", header_row=3, missing=("?",), keep_spelling=True
        ),
    )

    assert without_columns(schema) == Schema(
        task="classification",
        positive=("1",),
        favourable="negative",
        threshold=0.3,
        file=FileOptions(missing=("?",), keep_spelling=True),
    )
