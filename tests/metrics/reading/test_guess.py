"""Guesses: a reason each, and a question where another guess would give other numbers."""

from __future__ import annotations

import pytest

from metrics.errors import ResultsError
from metrics.results import read_results
from metrics.schema import Attribute, Schema, System


def table(columns: dict[str, list], rows: int = 40) -> bytes:
    """A file whose columns repeat the given cells."""
    lines = [",".join(columns)]
    lines += [",".join(str(cells[i % len(cells)]) for cells in columns.values()) for i in range(rows)]
    return ("\n".join(lines) + "\n").encode()


SEX = ["f", "m", "f", "m", "m", "f", "m"]
ZERO_ONE = [0, 1, 1, 0, 1]


def said_of(results, column: str) -> str:
    return " ".join(f.found for f in results.findings if f.where == f"column {column!r}")


@pytest.mark.parametrize("label", ["label", "y_true", "Ground truth", "target", "outcome", "true_label"])
@pytest.mark.parametrize("prediction", ["prediction", "y_pred", "Predicted", "model_decision"])
def test_roles_are_guessed_from_names_with_a_reason(label, prediction):
    results = read_results(table({label: ZERO_ONE, prediction: [0, 1, 0], "sex": SEX}), strict=True)

    assert results.schema.columns["label"] == label
    assert results.schema.systems == (System(None, {"prediction": prediction}),)
    assert "named like one" in said_of(results, label)
    assert "named like one" in said_of(results, prediction)
    assert list(results.attributes) == ["sex"]


def test_two_likely_labels_are_a_question_whose_default_is_first():
    results = read_results(table({"label": ZERO_ONE, "target": [1, 0], "pred": [0, 1, 0], "sex": SEX}))

    (question,) = results.questions
    assert (question.option, question.answers) == ("--label", ("label", "target", "none"))


def test_a_question_is_answered_by_naming_the_column():
    text = table({"label": ZERO_ONE, "target": [1, 0], "pred": [0, 1, 0], "sex": SEX})

    assert read_results(text, Schema(columns={"label": "target"}), strict=True).schema.columns["label"] == "target"


def test_predictions_named_alike_are_systems_with_their_scores():
    columns = {
        "label": ZERO_ONE,
        "pred_b": [0, 1, 0],
        "pred_a": [0, 1],
        "score_a": [0.2, 0.9],
        "score_b": [0.4, 0.6],
        "sex": SEX,
    }
    results = read_results(table(columns), strict=True)

    assert results.schema.systems == (
        System(None, {"prediction": "pred_b", "score": "score_b"}),
        System(None, {"prediction": "pred_a", "score": "score_a"}),
    )


def test_fractions_under_the_name_of_a_prediction_are_a_score():
    cells = [i / 100 for i in range(40)]
    results = read_results(table({"label": ZERO_ONE, "prediction": cells, "sex": SEX}))

    assert results.schema.systems == (System(None, {"score": "prediction"}),)


def test_a_column_of_counts_is_a_question_and_none_switches_it_off():
    text = table({"label": ZERO_ONE, "pred": [0, 1, 0], "sex": SEX, "count": [3, 1, 7]})
    results = read_results(text)

    (question,) = results.questions
    assert question.option == "--count"
    assert set(question.answers) == {"count", "none"}
    assert "count" in results.columns
    assert "count" not in read_results(text, Schema(without=("count",)), strict=True).columns


def test_a_column_of_counts_beside_an_id_is_not_believed():
    text = table({"id": list(range(40)), "label": ZERO_ONE, "pred": [0, 1, 0], "sex": SEX, "count": [3, 1, 7]})
    results = read_results(text)

    assert "count" not in results.columns
    assert results.questions[0].answers == ("none", "count")


def test_a_role_that_was_switched_off_is_not_guessed():
    text = table({"id": list(range(40)), "label": ZERO_ONE, "pred": [0, 1, 0], "weight": [1, 2], "sex": SEX})

    assert set(read_results(text).columns) == {"label", "id", "weight"}
    assert set(read_results(text, Schema(without=("weight", "label", "id"))).columns) == set()


def test_without_a_named_label_the_only_column_that_could_be_the_truth_is_asked_about():
    text = table({"repaid": ZERO_ONE, "pred": [0, 1, 0], "sex": SEX})

    assert read_results(text).schema.columns == {"label": "repaid"}
    assert [(q.option, q.answers) for q in read_results(text).questions] == [("--label", ("repaid", "none"))]
    assert read_results(text, Schema(without=("label",)), strict=True).schema.columns == {}


def test_of_several_columns_that_could_be_the_truth_none_is_taken_and_it_is_asked():
    text = table({"repaid": ZERO_ONE, "employed": [1, 0], "pred": [0, 1, 0], "sex": SEX})
    (question,) = read_results(text).questions

    assert (question.option, question.answers) == ("--label", ("none", "repaid", "employed"))
    assert "label" not in read_results(text).columns
    assert read_results(text, metrics=["selection_rate"], strict=True).columns.keys() == set()
    assert "label" not in read_results(text, Schema(without=("label",)), strict=True).columns


def test_the_truth_of_classes_is_the_column_with_the_words_of_the_predictions():
    text = table({"dept": ["a", "b", "c"], "predicted": ["c", "a", "b", "b"], "channel": ["x", "y", "z"]})

    assert read_results(text).schema.columns == {"label": "dept"}


def test_the_only_column_of_fractions_is_asked_about_as_the_score():
    text = table({"label": ZERO_ONE, "risk": [i / 50 for i in range(40)], "sex": SEX})

    assert read_results(text).schema.systems == (System(None, {"score": "risk"}),)
    assert [q.option for q in read_results(text).questions] == ["--score"]


def test_the_truth_of_a_regression_is_the_other_column_of_many_numbers():
    text = table({"waited": [i * 1.5 for i in range(40)], "predicted": [i * 1.4 for i in range(40)], "sex": SEX})
    results = read_results(text)

    assert (results.schema.task, results.schema.columns) == ("regression", {"label": "waited"})


def test_without_predictions_and_scores_the_file_is_refused_with_the_flags():
    with pytest.raises(ResultsError, match="--prediction") as caught:
        read_results(table({"label": ZERO_ONE, "sex": SEX}))

    assert "--score" in str(caught.value)


def test_attributes_are_columns_named_like_groups_then_other_text_with_few_levels():
    columns = {
        "label": ZERO_ONE,
        "pred": [0, 1, 0],
        "branch": ["north", "south"],
        "Age": list(range(40)),
        "race": ["a", "b"],
        "opened": ["2024-01-02", "2024-03-04"],
        "last_name": ["x", "y"],
        "risk_score": ["low", "high"],
        "visits": [1, 2, 3],
    }
    results = read_results(table(columns))

    assert list(results.attributes) == ["Age", "race", "branch"]


def test_named_attributes_are_the_only_ones():
    text = table({"label": ZERO_ONE, "pred": [0, 1, 0], "race": ["a", "b"], "sex": SEX})

    assert list(read_results(text, Schema(attributes=(Attribute("sex"),))).attributes) == ["sex"]
    assert list(read_results(text, by=["sex"]).attributes) == ["sex"]


@pytest.mark.parametrize(
    ("words", "positive"),
    [(("0", "1"), "1"), (("no", "yes"), "yes"), (("False", "True"), "True"), (("negative", "positive"), "positive")],
)
def test_everyone_knows_some_positive_words(words, positive):
    results = read_results(table({"label": words, "pred": words[::-1], "sex": SEX}), strict=True)

    assert results.schema.positive == (positive,)


def test_other_words_are_a_question_with_a_default():
    text = table({"label": ["bad", "good"], "pred": ["good", "bad", "bad"], "sex": SEX})
    results = read_results(text)

    (question,) = results.questions
    assert question.option == "--positive"
    assert question.answers[0] == results.schema.positive[0]
    assert set(question.answers) == {"bad", "good"}
    assert read_results(text, Schema(positive=("bad",)), strict=True).schema.positive == ("bad",)


def test_which_word_is_positive_is_no_question_for_accuracy():
    text = table({"label": ["bad", "good"], "pred": ["good", "bad", "bad"], "sex": SEX})

    assert read_results(text, metrics=["accuracy"], strict=True).questions == ()
    with pytest.raises(ResultsError, match="--positive"):
        read_results(text, metrics=["accuracy", "selection_rate"], strict=True)


def test_a_prediction_that_is_neither_word_is_a_question():
    text = table({"label": ["no", "yes"], "pred": ["yes", "no", "maybe"], "sex": SEX})

    assert [q.option for q in read_results(text).questions] == ["--positive"]
    answered = read_results(text, Schema(positive=("yes",)), strict=True)
    assert any("'maybe' counts as negative" in f.found for f in answered.findings)


def test_pairs_that_differ_between_label_and_prediction_are_both_known():
    results = read_results(table({"label": ZERO_ONE, "pred": ["no", "yes", "no"], "sex": SEX}), strict=True)

    assert results.schema.positive == ("1", "yes")


def test_three_words_of_prediction_for_two_of_the_label_are_a_question():
    results = read_results(table({"label": ZERO_ONE, "pred": ["Low", "High", "Medium"], "sex": SEX}))

    assert results.schema.positive == ("1", "High")
    assert [q.option for q in results.questions] == ["--positive"]


def test_a_positive_word_that_occurs_nowhere_is_refused_with_the_nearest():
    with pytest.raises(ResultsError, match="Did you mean 'good'"):
        read_results(
            table({"label": ["bad", "good"], "pred": ["good", "bad"], "sex": SEX}), Schema(positive=("goood",))
        )


def test_a_file_in_which_nobody_is_positive_is_read():
    results = read_results(table({"label": [0], "pred": [0], "sex": SEX}), Schema(positive=("1",)))

    assert results.schema.positive == ("1",)


def test_a_named_prediction_is_not_joined_by_a_score_that_may_be_another_thing():
    text = table({"label": ZERO_ONE, "pred": [0, 1, 0], "decile_score": list(range(1, 11)), "sex": SEX})
    results = read_results(text, Schema(systems=(System(None, {"prediction": "pred"}),)), strict=True)

    assert results.schema.systems == (System(None, {"prediction": "pred"}),)


def test_a_role_that_enters_no_metric_asked_for_is_no_question():
    columns = {
        "label": ZERO_ONE,
        "target": [1, 0],
        "pred": [0, 1, 0],
        "score": [0.5, 1, 0],
        "prob": [0.1, 0.5],
        "sex": SEX,
    }
    text = table(columns)

    assert {q.option for q in read_results(text).questions} == {"--label", "--score"}
    assert read_results(text, metrics=["selection_rate"], strict=True).questions == ()
    assert [q.option for q in read_results(text, metrics=["true_positive_rate"]).questions] == ["--label"]


def test_the_label_may_be_an_axis_too():
    results = read_results(table({"label": ZERO_ONE, "pred": [0, 1, 0]}), by=["label"], strict=True)

    assert list(results.attributes) == ["label"]
    assert "label" in results.columns


def test_positive_words_that_forget_the_label_are_a_question():
    text = table({"label": ZERO_ONE, "pred": ["Low", "High", "Medium"], "sex": SEX})

    assert [q.option for q in read_results(text, Schema(positive=("High",))).questions] == ["--positive"]
    assert read_results(text, Schema(positive=("High", "1")), strict=True).schema.positive == ("High", "1")


def test_several_classes_of_predictions_need_no_label():
    results = read_results(table({"pred": ["a", "b", "c", "a"], "sex": SEX}), strict=True)

    assert results.schema.positive == ()
