"""Findings on load: each raised where it is deserved, and only there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metrics.results import read_results
from metrics.schema import Attribute, Schema, System

QUIET = b"y,p,sex\n" + b"1,1,f\n1,0,m\n0,0,f\n0,1,m\n1,1,m\n0,0,m\n" * 20


def schema(**more) -> Schema:
    known = {
        "columns": {"label": "y"},
        "systems": (System(None, {"prediction": "p"}),),
        "attributes": (Attribute("sex"),),
    }
    return Schema(**{**known, "positive": ("1",), **more})


def warnings_of(text: bytes, asked: Schema | None = None) -> list[str]:
    return [str(f) for f in read_results(text, asked or schema()).findings if f.severity == "warn"]


def rows(*columns) -> bytes:
    return ("\n".join(",".join(map(str, row)) for row in zip(*columns, strict=True)) + "\n").encode()


def test_an_ordinary_file_raises_no_warning():
    assert warnings_of(QUIET) == []


@pytest.mark.parametrize("seed", range(5))
def test_a_useless_model_is_not_called_reversed(seed):
    draw = np.random.default_rng(seed)
    text = b"y,p,sex,s\n" + rows(*draw.integers(0, 2, (2, 500)), ["f", "m"] * 250, draw.random(500).round(3))

    said = warnings_of(text, schema(systems=(System(None, {"prediction": "p", "score": "s"}),)))
    assert [w for w in said if "chance" in w] == []


def test_accuracy_far_below_chance_asks_whether_the_meaning_is_reversed():
    text = b"y,p,sex\n" + b"1,0,f\n0,1,m\n1,0,m\n0,1,f\n1,1,f\n" * 20

    assert any("far below" in w and "reversed" in w for w in warnings_of(text))


def test_an_area_far_below_chance_is_named():
    truth = [1, 0] * 50
    score = [0.2 if y else 0.8 for y in truth]
    text = b"y,s,sex\n" + rows(truth, score, ["f", "f", "m", "m"] * 25)

    assert any("AUC 0.00" in w for w in warnings_of(text, schema(systems=(System(None, {"score": "s"}),))))


def test_constant_predictions_are_named():
    assert any("same prediction (1) for every row" in w for w in warnings_of(b"y,p,sex\n1,1,f\n0,1,m\n1,1,m\n0,1,f\n"))


def test_vocabularies_that_do_not_meet_are_named():
    text = b"y,p,sex\n" + b"cat,feline,f\ndog,canine,m\nbird,avian,f\n" * 3

    assert any("no word in common" in w for w in warnings_of(text, schema(positive=())))


def test_a_class_that_the_truth_never_has_is_named():
    text = b"y,p,sex\n" + b"cat,cat,f\ndog,cow,m\nbird,bird,f\n" * 3

    assert any("'cow', which the label never says" in w for w in warnings_of(text, schema(positive=())))


def test_missing_labels_and_predictions_are_counted():
    said = warnings_of(b"y,p,sex\n1,,f\n,1,m\n0,0,m\n,1,f\n")

    assert any("label, and is missing in 2 of 4 rows" in w for w in said)
    assert any("prediction, and is missing in 1 of 4 rows" in w for w in said)


def test_repeated_ids_are_counted():
    text = b"id,y,p,sex\n1,1,1,f\n1,1,1,f\n2,0,1,m\n3,0,0,m\n2,1,0,m\n"
    said = warnings_of(text, schema(columns={"label": "y", "id": "id"}))

    assert any("repeats 2 ids, such as '1': 2 rows more than ids, 1 of them exact copies" in w for w in said)


def test_one_id_in_several_systems_is_no_repetition():
    text = b"id,y,p,sex,model\n1,1,1,f,a\n2,0,1,m,a\n1,1,0,f,b\n2,0,0,m,b\n"
    asked = schema(columns={"label": "y", "id": "id", "system": "model"})

    assert [w for w in warnings_of(text, asked) if "repeats" in w] == []


def test_identical_systems_are_named():
    text = b"y,a,b,c,sex\n1,1,1,0,f\n0,1,1,1,m\n1,0,0,1,m\n"
    systems = tuple(System(None, {"prediction": c}) for c in "abc")
    said = [w for w in warnings_of(text, schema(systems=systems)) if "same predictions" in w]

    assert len(said) == 1
    assert "'a' and 'b'" in said[0]


def test_identical_systems_are_found_by_id_where_they_share_columns():
    text = b"id,y,p,sex,model\n1,1,1,f,a\n2,0,0,m,a\n2,0,0,m,b\n1,1,1,f,b\n1,1,0,f,c\n2,0,1,m,c\n"
    asked = schema(columns={"label": "y", "id": "id", "system": "model"})
    said = [w for w in warnings_of(text, asked) if "same answers" in w]

    assert len(said) == 1
    assert "'a' and 'b'" in said[0]


def test_inferred_attributes_are_named():
    assert any(
        "was inferred" in w for w in warnings_of(QUIET, schema(attributes=(Attribute("sex", obtained="inferred"),)))
    )


def test_thousands_of_levels_are_named():
    text = b"y,p,sex\n" + rows([0, 1] * 600, [1, 1, 0] * 400, [f"g{i}" for i in range(1200)])

    assert any("1,200 levels" in w for w in warnings_of(text))


def test_columns_that_point_to_persons_are_named():
    text = b"y,p,sex,last name,contact\n" + rows(
        [1, 0] * 6,
        [1, 1, 0] * 4,
        ["f", "m"] * 6,
        [f"n{i}" for i in range(12)],
        [f"n{i}@example.org" for i in range(12)],
    )
    said = warnings_of(text)

    assert any("'last name'" in w for w in said)
    assert any("e-mail addresses" in w for w in said)


def test_percentages_beside_fractions_are_named():
    text = b"y,a,b,sex\n1,.9,80,f\n0,.1,30,m\n1,.8,60,m\n0,.2,10,f\n"
    systems = (System(None, {"score": "a"}), System(None, {"score": "b"}))

    assert any("may be fractions" in w for w in warnings_of(text, schema(systems=systems, score_scale="percent")))


# Of these rows the third lacks its label, the fourth its sex, the sixth its prediction; "F" is an "f"; "x" is no
# number; the ids a and b occur twice, and the last row is the first once more. All places are counted from 0.
ODD = b"id,y,p,sex,age\na,1,1,f,1\nb,0,0,m,2\nc,,1,f,3\nd,1,0,,4\nb,0,1,F,x\ne,1,,m,6\na,1,1,f,1\n"
WITH_ID = schema(
    columns={"label": "y", "id": "id"},
    attributes=(Attribute("sex"), Attribute("age", edges=(3.0,))),
    task="classification",
)


def places_by_words(text: bytes, asked: Schema, words: str, **more) -> tuple[int, ...]:
    (found,) = [f for f in read_results(text, asked, **more).findings if words in str(f)]
    return found.places


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("is the label, and is missing", (2,)),
        ("is the prediction, and is missing", (5,)),
        ("column 'sex' is empty", (3,)),
        ("differ only in upper and lower case", (4,)),
        ("cells that are no numbers", (4,)),
        ("repeats 2 ids", (0, 6, 1, 4)),
    ],
)
def test_a_finding_that_counts_rows_says_where_they_are(words, places):
    assert places_by_words(ODD, WITH_ID, words) == places


def test_rows_are_found_by_their_place_in_the_file_under_a_filter_too():
    asked = replace(WITH_ID, where="id != b")

    assert places_by_words(ODD, asked, "is the label, and is missing") == (2,)
    assert places_by_words(ODD, asked, "column 'sex' is empty") == (3,)
    assert places_by_words(ODD, asked, "repeats 1 ids") == (0, 6)
    assert places_by_words(ODD, asked, "keeps 5 of 7 rows") == (1, 4)


def test_exact_copies_are_found_where_no_id_tells_them_apart():
    asked = schema(columns={"label": "y"}, without=("id",), attributes=(Attribute("sex"),))

    assert places_by_words(ODD, asked, "exact copies of earlier rows") == (6,)


def test_copies_are_found_however_far_down_they_are():
    text = b"y,p,sex,code\n" + rows([1, 0] * 1500, [1, 0] * 1500, ["f", "m"] * 1500, range(3000)) + b"0,0,m,2999\n"

    assert places_by_words(text, schema(), "exact copies of earlier rows") == (3000,)


def test_no_more_places_are_kept_than_people_look_at():
    text = b"y,p,sex\n" + b"1,1,f\n0,0,m\n,1,f\n" * 300

    assert places_by_words(text, schema(), "is the label, and is missing") == tuple(range(2, 300, 3))


def test_rows_that_a_joined_file_lacks_are_those_of_the_first_file():
    answers = b"id,q\nb,1\nc,0\n"
    base = b"id,y,p,sex\na,1,1,f\nb,0,0,m\nc,1,1,f\nd,0,1,m\n"
    asked = schema(columns={"label": "y", "id": "id"})

    places = places_by_words(base, asked, "of the first file", join=[("q", answers)])

    assert places == (0, 3)


def test_utterances_without_words_and_those_read_as_a_word_are_found():
    text = (
        b"id,speaker,reference,hypothesis\n1,a,hello there,hello\n2,a,,oh\n3,b,good day,none\n4,b,' ',x\n5,b,yes,yes\n"
    )
    text = text.replace(b"' '", b'" "')
    asked = Schema(
        task="transcription",
        columns={"reference": "reference"},
        systems=(System(None, {"hypothesis": "hypothesis"}),),
        attributes=(Attribute("speaker"),),
    )

    assert places_by_words(text, asked, "holds no words in 2 of 5 rows") == (1, 3)
    assert places_by_words(text, asked, "and nothing else in 1 rows") == (2,)
