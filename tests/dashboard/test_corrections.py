from __future__ import annotations

import pytest

from dashboard.corrections import (
    GROUP,
    UNUSED,
    answer,
    assign,
    describe_columns,
    preview,
    roles_of,
    set_edges,
    set_merges,
    set_obtained,
    set_order,
)
from metrics.errors import Finding
from metrics.reading import read_table
from metrics.schema import Attribute, Schema, System

TWO_MODELS = Schema(
    task="classification",
    columns={"label": "y", "id": "who"},
    systems=(System("A", {"prediction": "a", "score": "sa"}), System("B", {"prediction": "b"})),
    attributes=(Attribute("sex", "self-reported"), Attribute("age", edges=(25.0,))),
)


def test_every_named_column_has_its_role():
    assert roles_of(TWO_MODELS) == {
        "y": ("label", ""),
        "who": ("id", ""),
        "a": ("prediction", "A"),
        "sa": ("score", "A"),
        "b": ("prediction", "B"),
        "sex": (GROUP, ""),
        "age": (GROUP, ""),
    }


def test_a_column_with_a_new_role_leaves_its_old_one():
    changed = assign(TWO_MODELS, "sex", "cluster")

    assert roles_of(changed)["sex"] == ("cluster", "")
    assert [a.column for a in changed.attributes] == ["age"]


def test_a_role_of_the_whole_file_is_held_by_one_column():
    changed = assign(TWO_MODELS, "true_y", "label")

    assert changed.columns["label"] == "true_y"
    assert "y" not in roles_of(changed)


def test_a_role_taken_away_is_not_guessed_again():
    changed = assign(TWO_MODELS, "y", UNUSED)

    assert "label" not in changed.columns
    assert changed.without == ("label",)


def test_a_role_given_back_may_be_there_again():
    changed = assign(assign(TWO_MODELS, "y", UNUSED), "y", "label")

    assert changed.columns["label"] == "y"
    assert changed.without == ()


def test_a_score_goes_to_the_first_model_that_lacks_one():
    assert roles_of(assign(TWO_MODELS, "sb", "score"))["sb"] == ("score", "B")


def test_a_prediction_with_a_new_name_is_a_new_model():
    assert roles_of(assign(TWO_MODELS, "c", "prediction", "C"))["c"] == ("prediction", "C")


def test_a_model_without_columns_is_gone():
    assert [s.title for s in assign(TWO_MODELS, "b", UNUSED).systems] == ["A"]


def test_a_group_keeps_what_was_said_of_it():
    assert assign(TWO_MODELS, "sex", GROUP).attribute("sex") == Attribute("sex", "self-reported")


def test_numbers_are_cut_where_one_says():
    assert set_edges(TWO_MODELS, "age", "25, 45,65").attribute("age").edges == (25.0, 45.0, 65.0)


@pytest.mark.parametrize("text", ["a", "25, 25", "45, 25", "nan", "inf, 3", "1, inf"])
def test_edges_that_do_not_rise_or_are_no_numbers_are_refused(text):
    with pytest.raises(ValueError, match="got"):
        set_edges(TWO_MODELS, "age", text)


def test_levels_are_merged_under_a_new_name_or_as_missing():
    changed = set_merges(TWO_MODELS, "sex", "other = x, divers; = unknown")

    assert changed.attribute("sex").recode == {"other": ("x", "divers"), "": ("unknown",)}


def test_no_merges_takes_them_away():
    assert set_merges(set_merges(TWO_MODELS, "sex", "a = b"), "sex", " ").attribute("sex").recode == {}


@pytest.mark.parametrize("text", ["other", "other =", "a = b; a = c"])
def test_merges_that_are_unclear_are_refused(text):
    with pytest.raises(ValueError):
        set_merges(TWO_MODELS, "sex", text)


def test_how_a_group_was_obtained_is_one_of_four_words():
    assert set_obtained(TWO_MODELS, "sex", "inferred").attribute("sex").obtained == "inferred"
    with pytest.raises(ValueError, match="none of"):
        set_obtained(TWO_MODELS, "sex", "guessed")


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--positive", "yes", {"positive": ("yes",)}),
        ("--threshold", "0.3", {"threshold": 0.3}),
        ("--task", "regression", {"task": "regression"}),
        ("--score-scale", "percent", {"score_scale": "percent"}),
    ],
)
def test_an_answer_is_written_into_the_schema(option, value, expected):
    changed = answer(Schema(), Finding("warn", "column 'x'", "", "", option=option, answers=(value,)), value)

    assert {name: getattr(changed, name) for name in expected} == expected


def test_several_words_can_be_positive_together():
    question = Finding("warn", "the positive class", "", "", option="--positive", answers=("1", "High", "0"))

    assert answer(Schema(), question, ["1", "High"]).positive == ("1", "High")


@pytest.mark.parametrize("value", ["2", [], ["1", "2"]])
def test_an_answer_that_is_none_is_refused(value):
    question = Finding("warn", "the positive class", "", "", option="--positive", answers=("1", "0"))

    with pytest.raises(ValueError, match="Choose among"):
        answer(Schema(), question, value)


def test_a_model_without_a_name_is_called_by_its_prediction():
    schema = Schema(systems=(System(None, {"score": "s"}),))

    assert [s.title for s in assign(schema, "p", "prediction").systems] == ["p"]


def test_the_answer_none_takes_a_role_away_for_good():
    question = Finding("warn", "column 'n'", "", "", option="--count", answers=("n", "none"))

    assert answer(Schema(), question, "none").without == ("count",)
    assert answer(Schema(), question, "n").columns == {"count": "n"}


def test_a_question_that_the_page_does_not_know_is_refused():
    with pytest.raises(ValueError, match="cannot be answered here"):
        answer(Schema(), Finding("warn", "", "", "", option="--unheard", answers=("a",)), "a")


REGIONS = ["centre", "north", "south, far", "south"]


def _order(text: str, **attribute) -> tuple[str, ...]:
    schema = Schema(attributes=(Attribute("region", **attribute),))
    return set_order(schema, "region", text, REGIONS).attribute("region").order


def test_levels_stand_in_the_order_that_is_typed():
    assert _order("south, north") == ("south", "north")
    assert _order(' North ,"south, far", north') == ("north", "south, far")


def test_an_empty_text_gives_the_natural_order_back():
    assert _order("", order=("south", "north")) == ()


def test_a_level_that_a_filter_hides_is_not_forgotten():
    assert _order("south, north", order=("north", "east", "south")) == ("south", "north", "east")


def test_a_level_made_by_merging_can_be_ordered():
    assert _order("Elsewhere, north", recode={"Elsewhere": ("south",)}) == ("Elsewhere", "north")


def test_what_is_no_level_cannot_be_ordered_and_the_nearest_is_named():
    with pytest.raises(ValueError, match=r"no level 'nort'\. Did you mean 'north'"):
        _order("nort, south")


def test_numbers_that_are_cut_have_an_order_already():
    with pytest.raises(ValueError, match="order of their numbers"):
        set_order(TWO_MODELS, "age", "old, young")


def test_the_order_on_screen_can_be_given_back_as_it_is():
    table = read_table(b"region\nsouth\nnorth\n")
    schema = Schema(attributes=(Attribute("region"),))

    shown = describe_columns(preview(table), schema, [], {"region": REGIONS}).loc[0, "order"]

    assert shown == 'centre, north, "south, far", south'
    assert _order(shown) == tuple(REGIONS)
