"""From a file to Results: every column read as what it is for."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from metrics import compare, count_cells, estimate, score
from metrics.errors import ResultsError
from metrics.results import read_results
from metrics.schema import Attribute, FileOptions, NamedSlice, Schema, System
from tests.paths import SHARED, needs_shared

COMPAS = SHARED / "data/tabular/compas/compas-scores-two-years.csv"
COMPAS_SCHEMA = Schema(
    columns={"label": "two_year_recid"},
    systems=(System(None, {"prediction": "score_text"}),),
    positive=("1", "Medium", "High"),
    attributes=(Attribute("race"), Attribute("sex")),
)


def csv(text: str) -> bytes:
    """A small file, written as it looks: one line a row, spaces around cells for the reader of the test."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return "\n".join(",".join(cell.strip() for cell in line.split(",")) for line in lines).encode() + b"\n"


def schema(**more) -> Schema:
    """Label y, prediction p, attribute sex; more as given."""
    known = {
        "columns": {"label": "y"},
        "systems": (System(None, {"prediction": "p"}),),
        "attributes": (Attribute("sex"),),
    }
    return Schema(**{**known, **more})


SMALL = csv(
    """
    y,p,sex
    1,1,f
    0,1,m
    1,0,f
    0,0,
    """
)


@needs_shared
def test_compas_gives_the_published_table():
    results = read_results(COMPAS, COMPAS_SCHEMA)
    published = json.loads((SHARED / "data/tabular/compas/propublica_headline.json").read_text())["medium_or_high"]

    true = results.columns["label"].isin(results.schema.positive)
    said = results.answers[0]["prediction"].isin(results.schema.positive)
    for race, cells in published.items():
        of = (
            pd.Series(True, results.attributes.index)
            if race == "All defendants"
            else results.attributes["race"] == race
        )
        counted = [int((of & (true == t) & (said == s)).sum()) for t, s in [(0, 0), (0, 1), (1, 0), (1, 1)]]
        assert counted == [cells["tn"], cells["fp"], cells["fn"], cells["tp"]]


@needs_shared
def test_compas_needs_no_answer_to_a_question():
    results = read_results(COMPAS, COMPAS_SCHEMA, strict=True)

    assert results.questions == ()
    assert results.receipts[0].rows_read == results.receipts[0].rows_used == 7214
    assert "decile_score (2)" not in results.schema.columns.values()


@needs_shared
def test_stops_of_four_models_are_read_without_a_schema():
    results = read_results(SHARED / "data/tabular/nyc_sqf/nyc_sqf_for_aequitas_4models.csv", strict=True)

    assert results.schema.columns == {"system": "model_id", "label": "label_value"}
    assert results.columns["system"].value_counts().to_dict() == dict.fromkeys(["1", "3", "5", "7"], 11296)
    assert results.columns["label"].isna().groupby(results.columns["system"], observed=True).sum().tolist() == [12] * 4
    assert results.schema.systems == (System(None, {"score": "score"}),)
    assert list(results.attributes) == ["race", "sex"]


@needs_shared
def test_adult_is_read_without_a_schema():
    results = read_results(SHARED / "data/slices/adult_slices.csv", strict=True)

    assert results.schema.columns == {"id": "row_id", "label": "y_true"}
    assert results.schema.systems == (System(None, {"prediction": "y_pred", "score": "y_score"}),)
    assert results.schema.positive == ("1",)
    assert set(results.attributes) == {
        "age", "workclass", "education", "marital", "occupation", "relationship", "race", "sex", "hours", "country"
    }  # fmt: skip


def test_columns_have_the_types_that_scoring_takes():
    results = read_results(
        csv(
            """
            who, y, p, s, sex, w, n, site
            a, yes, no, .25, f, 1.5, 3, x
            b, no, yes, .75, , 2, 1, y
            """
        ),
        schema(
            columns={"label": "y", "id": "who", "weight": "w", "count": "n", "cluster": "site"},
            systems=(System("m", {"prediction": "p", "score": "s"}),),
        ),
    )

    assert results.columns["label"].tolist() == ["yes", "no"]
    assert results.columns["label"].cat.categories.equals(results.answers[0]["prediction"].cat.categories)
    assert results.answers[0]["score"].dtype == np.float64
    assert results.columns["weight"].tolist() == [1.5, 2.0]
    assert results.columns["count"].dtype == np.int64
    assert results.columns["id"].tolist() == ["a", "b"]
    assert isinstance(results.columns["cluster"].dtype, pd.CategoricalDtype)
    assert results.attributes["sex"].isna().tolist() == [False, True]


def test_numbers_compare_as_numbers_whatever_their_form():
    results = read_results(csv("y,p,sex\n1.0,1,f\n0.0,0,m\n1.0,0,m"), schema(positive=("1.0",)))

    assert results.columns["label"].tolist() == ["1", "0", "1"]
    assert results.schema.positive == ("1",)


def test_a_dataframe_with_typed_columns_reads_like_the_file():
    frame = pd.DataFrame({"y": [1.0, 0.0, np.nan], "p": [True, False, True], "sex": ["f", "m", None]})
    results = read_results(frame, schema())

    assert results.columns["label"].tolist()[:2] == ["1", "0"]
    assert results.columns["label"].isna().tolist() == [False, False, True]
    assert results.answers[0]["prediction"].tolist() == ["true", "false", "true"]
    assert results.schema.positive == ("1", "true")


def test_labels_and_predictions_share_their_spelling():
    results = read_results(csv("y,p,sex\nYes,yes,f\nNo,No,m\nYes,yes,m\nYes,No,f"), schema())

    assert set(results.columns["label"]) | set(results.answers[0]["prediction"]) == {"Yes", "No"}
    assert results.schema.positive == ("Yes",)


def test_rows_keep_their_place_in_the_file_under_a_filter():
    results = read_results(SMALL, schema(where="sex = 'f'"))

    assert results.attributes.index.tolist() == results.columns["label"].index.tolist() == [0, 2]
    assert results.receipts[0].rows_read == 4
    assert results.receipts[0].rows_used == 2
    assert any("keeps 2 of 4 rows" in f.found for f in results.findings)


def test_a_filter_that_keeps_nothing_is_refused():
    with pytest.raises(ResultsError, match="holds for no row"):
        read_results(SMALL, schema(where="sex = f and p = 1 and y = 0"))


def test_a_filter_on_a_column_that_is_not_there_is_refused():
    with pytest.raises(ResultsError, match="gender"):
        read_results(SMALL, schema(where="gender = 'x'"))


def test_a_saved_slice_is_an_axis_of_yes_and_no():
    results = read_results(SMALL, schema(slices=(NamedSlice("women", "sex = 'f'"),)))

    assert results.attributes["women"].tolist()[:3] == ["yes", "no", "yes"]
    assert results.attributes["women"].cat.categories.tolist() == ["yes", "no"]
    assert results.attributes["women"].isna().tolist() == [False, False, False, True]


def test_a_numeric_attribute_with_few_values_keeps_them_as_levels():
    rows = "\n".join(f"1,1,{age}" for age in range(1, 21))
    results = read_results(f"y,p,age\n{rows}\n0,0,3".encode(), schema(attributes=(Attribute("age"),)))

    assert results.attributes["age"].cat.categories.tolist() == [str(age) for age in range(1, 21)]


def test_a_numeric_attribute_with_many_values_is_cut_into_quarters_with_a_note():
    rows = "\n".join(f"{age % 2},1,{age}" for age in range(1, 101))
    results = read_results(f"y,p,age\n{rows}".encode(), schema(attributes=(Attribute("age"),)))

    assert results.attributes["age"].value_counts().tolist() == [25] * 4
    assert results.attributes["age"].cat.categories.tolist() == ["< 26", "26 to < 51", "51 to < 76", ">= 76"]
    assert results.schema.attributes[0].edges == (26, 51, 76)
    assert any("quarters" in f.found and f.severity == "note" for f in results.findings)


def test_the_completed_schema_reads_the_file_alike_again():
    rows = "\n".join(f"{age % 2},1,{age}" for age in range(1, 101))
    first = read_results(f"y,p,age\n{rows}".encode(), schema(attributes=(Attribute("age", quantiles=3),)))
    again = read_results(f"y,p,age\n{rows}".encode(), first.schema)

    assert again.schema == first.schema
    pd.testing.assert_frame_equal(again.attributes, first.attributes)


def test_given_edges_cut_and_words_among_the_numbers_are_missing():
    results = read_results(
        csv("y,p,age\n1,1,24\n0,1,25\n1,0,old\n0,0,70"), schema(attributes=(Attribute("age", edges=(25, 65)),))
    )

    assert results.attributes["age"].tolist()[:2] == ["< 25", "25 to < 65"]
    assert results.attributes["age"].isna().tolist() == [False, False, True, False]
    assert any("'old'" in f.found for f in results.findings)


def test_several_labels_in_a_cell_are_a_yes_no_axis_each():
    text = b"y,p,accent\n1,1,scottish; indian\n0,1,indian\n1,0,\n"
    results = read_results(text, schema(attributes=(Attribute("accent", separator=";"),)))

    assert list(results.attributes) == ["accent: indian", "accent: scottish"]
    assert results.attributes["accent: scottish"].tolist()[:2] == ["yes", "no"]
    assert results.attributes["accent: scottish"].isna().tolist() == [False, False, True]


def test_the_column_of_several_labels_stands_for_each_of_them_and_the_rest_are_those_without_it():
    text = b"y,p,accent,sex\n1,1,scottish;indian,f\n1,0,indian,m\n1,0,scottish,m\n1,1,,f\n"
    results = read_results(text, schema(attributes=(Attribute("accent", separator=";"), Attribute("sex"))))
    cubes = count_cells(score(results))

    found = estimate(cubes, by=["accent", ("accent", "sex")], metrics=["true_positive_rate"])
    gaps = compare(cubes, by=["accent"], metrics=["true_positive_rate"])

    values = {str(s): v for s, v in zip(found["slice"], found["value"], strict=True)}
    assert values["`accent: indian` = yes"] == 0.5
    assert values["`accent: indian` = no"] == 0.0
    assert values["`accent: scottish` = yes & sex = m"] == 0.0
    told = {str(s): v for s, v in zip(gaps["slice"], gaps["value"], strict=True)}
    assert told["`accent: indian` = yes"] == 0.5 - 0.0  # against the one scottish row, not the one without a label


def test_missing_words_are_missing_in_every_column():
    results = read_results(csv("y,p,sex\n1,n/a,f\nn/a,1,n/a\n0,0,m"), schema(file=FileOptions(missing=("n/a",))))

    assert results.columns["label"].isna().tolist() == [False, True, False]
    assert results.answers[0]["prediction"].isna().tolist() == [True, False, False]
    assert results.attributes["sex"].isna().tolist() == [False, True, False]


def test_labels_are_translated_by_recoding():
    recode = {"y": {"1": ("paid",), "0": ("default",)}}
    results = read_results(csv("y,p,sex\npaid,1,f\ndefault,0,m"), schema(recode=recode))

    assert results.columns["label"].tolist() == ["1", "0"]


def test_three_classes_need_no_positive_word():
    results = read_results(csv("y,p,sex\ncat,cat,f\ndog,cat,m\nbird,dog,m"), schema(), strict=True)

    assert results.schema.positive == ()
    assert results.schema.task == "classification"


def test_numbers_with_many_values_are_a_regression():
    rows = "\n".join(f"{i},{i * 1.1:.3f},f" for i in range(40))
    results = read_results(f"truth,predicted,sex\n{rows}".encode())

    assert results.schema.task == "regression"
    assert results.columns["label"].dtype == results.answers[0]["prediction"].dtype == np.float64


def test_columns_that_were_named_wrongly_are_all_reported_at_once():
    with pytest.raises(ResultsError) as caught:
        read_results(SMALL, schema(columns={"label": "yy"}, attributes=(Attribute("sexx"),)))

    stops = [f for f in caught.value.findings if f.severity == "stop"]
    assert [f.where for f in stops] == ["column 'yy'", "column 'sexx'"]
    assert "Did you mean 'sex'?" in stops[1].cure


@pytest.mark.parametrize(
    ("role", "cells", "said"),
    [
        ("weight", "-1,2,3", "negative"),
        ("weight", "1,,3", "have none"),
        ("weight", "0,0,0", "all weights are 0"),
        ("count", "1,1.5,2", "no whole number"),
        ("count", "1,-1,2", "no whole number"),
    ],
)
def test_weights_and_counts_that_cannot_be_are_refused(role, cells, said):
    rows = "\n".join(f"{i % 2},1,f,{cell}" for i, cell in enumerate(cells.split(",")))
    with pytest.raises(ResultsError, match=said):
        read_results(f"y,p,sex,amount\n{rows}".encode(), schema(columns={"label": "y", role: "amount"}))


def test_more_levels_than_the_limit_are_refused():
    from metrics.reading.limits import Limits

    rows = "\n".join(f"{i % 2},1,name{i}" for i in range(30))
    with pytest.raises(ResultsError, match="30 different values"):
        read_results(f"y,p,sex\n{rows}".encode(), schema(), limits=Limits.command_line().with_settings({"levels": 20}))


def test_columns_of_the_question_become_attributes():
    results = read_results(
        SMALL, Schema(columns={"label": "y"}, systems=(System(None, {"prediction": "p"}),)), by=[("sex",)]
    )

    assert list(results.attributes) == ["sex"]


def test_percentages_are_divided_by_a_hundred_and_asked_about():
    text = csv("y,s,sex\n1,80,f\n0,20,m\n1,95,m\n0,5,f")
    asked = schema(systems=(System(None, {"score": "s"}),))
    results = read_results(text, asked)

    assert results.answers[0]["score"].tolist() == [0.8, 0.2, 0.95, 0.05]
    assert [q.option for q in results.questions] == ["--score-scale"]
    with pytest.raises(ResultsError, match="--score-scale"):
        read_results(text, asked, strict=True)
    answered = schema(systems=(System(None, {"score": "s"}),), score_scale="percent")
    assert read_results(text, answered, strict=True).answers[0]["score"].tolist() == [0.8, 0.2, 0.95, 0.05]


def test_scores_outside_of_0_to_1_need_no_scale_for_counts_at_a_threshold():
    text = csv("y,s,sex\n1,8,f\n0,2,m\n1,9,m\n0,5,f")
    asked = schema(systems=(System(None, {"score": "s"}),), threshold=5)

    assert read_results(text, asked, metrics=["true_positive_rate"], strict=True).questions == ()
    with pytest.raises(ResultsError, match="--score-scale"):
        read_results(text, asked, metrics=["roc_auc"], strict=True)
    with pytest.raises(ResultsError, match="--threshold"):
        read_results(text, schema(systems=asked.systems), metrics=["true_positive_rate"], strict=True)


def test_scores_said_to_be_fractions_that_are_none_are_refused():
    text = csv("y,s,sex\n1,8,f\n0,2,m")
    with pytest.raises(ResultsError, match="outside of 0 to 1"):
        read_results(text, schema(systems=(System(None, {"score": "s"}),), score_scale="fraction"))


def test_a_score_named_as_a_prediction_is_refused_with_the_flag():
    rows = "\n".join(f"{i % 2},{i / 1000},f" for i in range(500))
    with pytest.raises(ResultsError, match="--score"):
        read_results(f"y,p,sex\n{rows}".encode(), schema(task="classification"))


def test_columns_whose_names_differ_in_case_are_one_where_never_both_have_a_value():
    results = read_results(csv("y,p,sex,Sex\n1,1,f,\n0,1,,m\n1,0,,"), schema())

    assert results.attributes["sex"].tolist()[:2] == ["f", "m"]
    assert results.attributes["sex"].isna().tolist() == [False, False, True]
    assert any("'Sex' were read as one" in f.found for f in results.findings)


def test_columns_whose_names_differ_in_case_stay_apart_where_both_have_values():
    results = read_results(csv("y,p,sex,Sex\n1,1,f,x\n0,1,m,"), schema())

    assert results.attributes["sex"].tolist() == ["f", "m"]


def test_a_saved_slice_may_not_have_the_name_of_an_attribute():
    with pytest.raises(ResultsError, match="has the name of an attribute"):
        read_results(SMALL, schema(slices=(NamedSlice("sex", "y = 1"),)))


def test_a_threshold_beside_predictions_is_said_to_replace_them():
    text = csv("y,p,s,sex\n1,1,.8,f\n0,1,.3,m")
    both = schema(systems=(System(None, {"prediction": "p", "score": "s"}),), threshold=0.5)

    assert any("replaced by score >= 0.5" in f.found for f in read_results(text, both).findings)
    assert any("no scores" in f.found for f in read_results(text, schema(threshold=0.5, without=("score",))).findings)


def test_numbers_with_a_decimal_comma_are_numbers():
    text = b"y;p;sex\n1,0;1;f\n0,0;0;m\n"
    results = read_results(text, schema(file=FileOptions(delimiter=";", decimal=",")))

    assert results.columns["label"].tolist() == ["1", "0"]


def test_scores_with_per_cent_signs_are_percentages():
    text = b"y,s,sex\n1,80%,f\n0,20 %,m\n1,95%,m\n0,5%,f\n"
    results = read_results(text, schema(systems=(System(None, {"score": "s"}),), score_scale="percent"))

    assert results.answers[0]["score"].tolist() == [0.8, 0.2, 0.95, 0.05]


def test_fractions_beside_percentages_in_one_column_are_named():
    text = csv("y,s,sex\n1,.8,f\n0,.2,m\n1,95,m\n0,.5,f")
    results = read_results(text, schema(systems=(System(None, {"score": "s"}),)))

    assert any("75% of the rows" in f.found for f in results.findings)


def test_numbers_that_stand_for_missing_do_not_spoil_the_quarters():
    rows = "\n".join(f"{i % 2},1,{999 if i % 5 == 0 else i}" for i in range(1, 101))
    attributes = (Attribute("age", recode={"": ("999",)}),)
    results = read_results(f"y,p,age\n{rows}".encode(), schema(attributes=attributes))

    assert results.attributes["age"].isna().sum() == 20
    assert results.attributes["age"].value_counts().tolist() == [20] * 4


def test_cells_that_say_missing_are_missing():
    results = read_results(csv("y,p,sex\n1,1,(missing)\n0,1,m\n0,0,"), schema())

    assert results.attributes["sex"].isna().tolist() == [True, False, True]
    assert any("read as missing" in f.found for f in results.findings)


def test_minus_one_and_one_are_a_pair_that_everyone_knows():
    results = read_results(csv("y,p,sex\n1,-1,f\n-1,1,m\n1,1,f"), schema(), strict=True)

    assert results.schema.positive == ("1",)


def test_a_question_left_open_comes_with_its_flag_and_its_answers():
    with pytest.raises(ResultsError) as caught:
        read_results(csv("y,p,sex\nbad,good,f\ngood,good,m"), schema(), strict=True)

    (question,) = [f for f in caught.value.findings if f.severity == "stop"]
    assert (question.option, question.answers) == ("--positive", ("good", "bad"))
