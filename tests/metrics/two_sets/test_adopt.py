from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import metrics
from metrics.errors import QuestionError, ResultsError
from metrics.schema import Attribute, FileOptions, NamedSlice, Schema, System
from metrics.two_sets.adopt import read_customer
from metrics.two_sets.match import Match
from metrics.two_sets.sets import align, put_together
from tests.paths import SAMPLES

REFERENCE = b"""id,label,prediction,sex,age,site
1,yes,yes,female,20,a
2,yes,no,female,31,a
3,no,no,male,44,b
4,yes,yes,male,58,b
"""
SCHEMA = Schema(
    columns={"label": "label", "id": "id"},
    systems=(System(None, {"prediction": "prediction"}),),
    attributes=(Attribute("sex"), Attribute("age", edges=(30, 50))),
    positive=("yes",),
)


def reference(schema: Schema = SCHEMA) -> metrics.Results:
    return metrics.read_results(REFERENCE, schema)


def refuse(customer: bytes, *arguments, **more) -> list[str]:
    with pytest.raises(ResultsError) as caught:
        read_customer(customer, reference(), *arguments, **more)
    return [str(f) for f in caught.value.findings if f.severity == "stop"]


def test_a_customers_numbers_are_cut_at_the_references_edges():
    found = read_customer(b"label,prediction,sex,age\nyes,yes,male,29\nno,yes,female,30\nno,no,male,77\n", reference())

    assert found.attributes["age"].tolist() == ["< 30", "30 to < 50", ">= 50"]


def test_edges_that_the_reference_found_itself_hold_for_the_customer():
    ages = pd.DataFrame({"label": [0, 1] * 50, "prediction": [1, 0] * 50, "age": range(100)})
    one = metrics.read_results(ages, Schema(attributes=(Attribute("age"),), positive=("1",)))
    two = read_customer(ages.assign(age=ages["age"] * 10), one)

    assert two.schema.attribute("age").edges == one.schema.attribute("age").edges
    assert two.attributes["age"].value_counts()[one.attributes["age"].cat.categories[-1]] == 92


def test_words_and_rules_of_the_reference_hold():
    schema = SCHEMA.with_attributes([])
    one = reference(schema)
    two = read_customer(b"label,prediction,sex,age\nYES,yes,male,29\nno,yes,female,30\n", one)

    assert two.schema.positive == ("yes",)
    (scored,) = metrics.score(two)
    assert scored.definitions == metrics.score(one)[0].definitions


def test_a_column_of_a_role_that_is_missing_is_named_in_quotes_with_what_looks_like_it():
    (said,) = refuse(b"truth,prediction,sex,age\nyes,yes,male,29\nno,yes,female,30\n")

    assert "column 'label' (the label) is in the reference" in said
    assert "'truth' looks like it" in said


def test_every_column_that_is_missing_is_named_at_once():
    said = refuse(b"truth,said,sex,age\nyes,yes,male,29\nno,yes,female,30\n")

    assert ["'label'" in said[0], "'prediction'" in said[1]] == [True, True]


def test_a_match_names_the_columns():
    match = Match(columns={"label": "truth", "sex": "gender"})
    found = read_customer(b"truth,prediction,gender,age\nyes,yes,male,29\nno,yes,female,30\n", reference(), match)

    assert found.schema.columns["label"] == "truth"
    assert found.attributes["gender"].tolist() == ["male", "female"]


def test_a_match_with_a_column_that_is_not_there_is_refused():
    (said,) = refuse(b"label,prediction,sex,age\nyes,yes,male,29\n", Match(columns={"label": "truth"}))

    assert "matched with 'truth', which the customer's set does not have" in said


def test_what_is_declared_of_the_customers_file_goes_before_names():
    declared = Schema(columns={"label": "truth"}, systems=(System(None, {"prediction": "said"}),))
    customer = b"label,prediction,truth,said,sex,age\nno,no,yes,yes,male,29\nno,no,no,yes,female,30\n"
    found = read_customer(customer, reference(), declared=declared)

    assert found.columns["label"].tolist() == ["yes", "no"]
    assert found.answers[0]["prediction"].tolist() == ["yes", "yes"]


def test_a_column_written_otherwise_is_found_and_said():
    found = read_customer(b"Label,prediction,SEX,age\nyes,yes,male,29\nno,yes,female,30\n", reference())

    assert found.schema.columns["label"] == "Label"
    assert [f.where for f in found.findings if "differs only in how it is written" in f.found] == [
        "column 'Label'",
        "column 'SEX'",
    ]
    sets = align(metrics.score(reference()), metrics.score(found))
    assert sets.shared == ("sex", "age")


def test_an_attribute_of_the_reference_only_is_said_and_no_error_unless_it_was_asked_for():
    customer = b"label,prediction,age\nyes,yes,29\nno,yes,30\n"
    found = read_customer(customer, reference())

    assert any(f.where == "column 'sex'" and "reference only" in f.found for f in found.findings)
    (said,) = refuse(customer, named=["sex"])
    assert "'sex' (an attribute)" in said


def test_an_attribute_of_the_customer_only_is_read_unless_attributes_were_named():
    rows = b"\n".join([b"label,prediction,sex,age,ward", *[b"yes,no,male,29,icu", b"no,yes,female,30,er"] * 4])
    found = read_customer(rows, reference())

    assert list(found.attributes.columns) == ["sex", "age", "ward"]
    assert list(read_customer(rows, reference(), named=["sex"]).attributes.columns) == ["sex", "age"]


def test_the_id_need_not_be_there():
    found = read_customer(b"label,prediction,sex,age\nyes,yes,male,29\nno,yes,female,30\n", reference())

    assert "id" not in found.columns


def test_another_task_is_said_first():
    said = refuse((SAMPLES / "waiting.csv").read_bytes())

    assert said[0].startswith("the task looks like a regression here, and is a classification in the reference")


def with_parts(where: str | None = None, **slices: str) -> Schema:
    return replace(SCHEMA, where=where, slices=tuple(NamedSlice(name, text) for name, text in slices.items()))


def test_a_filter_that_the_customer_cannot_answer_stops_the_comparison():
    one = reference(with_parts("site = 'a'"))
    with pytest.raises(ResultsError, match="part of one set is not held against all of the other"):
        read_customer(b"label,prediction,sex,age\nyes,yes,male,29\nno,yes,female,30\n", one)


def test_a_filter_holds_for_the_customer_under_its_names_and_in_its_words():
    one = reference(with_parts("sex = female and age < 50"))
    match = Match(columns={"sex": "Geschlecht", "age": "Alter"}, levels={"sex": {"female": ("w", "W.")}})
    two = read_customer(b"label,prediction,Geschlecht,Alter\nyes,yes,w,29\nno,yes,m,30\nno,no,W.,61\n", one, match)

    assert two.attributes["Geschlecht"].tolist() == ["w"]


def test_a_column_that_differs_in_case_only_is_filtered_too():
    two = read_customer(
        b"label,prediction,SEX,age\nyes,yes,male,29\nno,yes,female,30\n", reference(with_parts("sex = male"))
    )

    assert two.attributes["SEX"].tolist() == ["male"]


def test_a_saved_slice_is_asked_in_the_customers_words_and_left_out_where_it_cannot_be():
    one = reference(with_parts(young="age < 30 and sex = female", there="site = 'b'"))
    match = Match(levels={"sex": {"female": ("w",)}})
    two = read_customer(b"label,prediction,sex,age\nyes,yes,male,29\nno,yes,w,20\n", one, match)

    assert two.attributes["young"].tolist() == ["no", "yes"]
    assert any(f.where == "the saved slice 'there'" for f in two.findings)


def test_the_customers_own_filter_holds_beside_the_references():
    two = read_customer(
        b"label,prediction,sex,age\nyes,yes,male,29\nno,yes,female,30\nno,yes,male,60\n",
        reference(with_parts("sex = male")),
        declared=Schema(where="age < 50"),
    )

    assert two.attributes["age"].tolist() == ["< 30"]


@pytest.mark.parametrize(
    ("match", "said"),
    [
        (Match(columns={"nope": "x"}), "[columns] 'nope' is no column"),
        (Match(levels={"nope": {"a": ("b",)}}), "[levels] 'nope' is no attribute"),
        (Match(levels={"sex": {"Female": ("female",)}}), "[levels.sex] 'Female' is no level of the reference"),
        (Match(systems={"nope": "x"}), "[systems] 'nope' is no system"),
    ],
)
def test_a_name_in_a_match_that_exists_nowhere_is_said_and_renames_nothing(match, said):
    customer = b"label,prediction,sex,age\nyes,yes,male,29\nno,yes,female,30\n"
    two = read_customer(customer, reference(), match)

    assert any(said in str(f) and f.severity == "warn" for f in two.findings)
    assert align(metrics.score(reference()), metrics.score(two), match).customer[0].axis("sex").levels == (
        "female",
        "male",
    )
    assert any(said in text for text in refuse(customer, match, strict=True))


def test_a_level_of_a_match_that_does_not_occur_is_a_note():
    match = Match(levels={"sex": {"female": ("zz",)}})
    two = read_customer(
        b"label,prediction,sex,age\nyes,yes,male,29\nno,yes,female,30\n", reference(), match, strict=True
    )

    assert any("'zz' does not occur" in str(f) and f.severity == "note" for f in two.findings)


def test_a_count_of_the_customer_alone_is_refused_or_said():
    customer = b"label,prediction,sex,age,count\nyes,yes,male,29,40\nno,yes,female,30,60\n"

    assert any("looks like the count" in str(f) for f in read_customer(customer, reference()).findings)
    (said,) = refuse(customer, strict=True)
    assert "--count none" in said


def test_a_file_whose_answers_have_names_of_their_own_is_not_taken_for_another_task():
    one = metrics.read_results(SAMPLES / "call_centre.csv", Schema.load(SAMPLES / "call_centre.toml"))

    assert not any(f.where == "the task" for f in read_customer(SAMPLES / "ward.csv", one).findings)


def test_another_task_under_the_same_names_is_said():
    numbers = pd.DataFrame({"label": [0.5, 1.5, 2.25, 8.5] * 10, "prediction": [0.5, 1.25, 2.5, 8.0] * 10, "sex": "f"})
    one = metrics.read_results(numbers, Schema(task="regression", attributes=(Attribute("sex"),)))
    two = read_customer(b"label,prediction,sex\n" + b"1,0,f\n0,1,f\n" * 20, one)

    assert any(f.where == "the task" and f.severity == "warn" for f in two.findings)


def test_the_file_may_be_written_otherwise():
    customer = "label;prediction;sex;age\nyes;yes;männlich;29,5\nno;yes;weiblich;30\n".encode("cp1252")
    found = read_customer(customer, reference(), declared=Schema(file=FileOptions(encoding="cp1252", decimal=",")))

    assert found.attributes["sex"].tolist() == ["männlich", "weiblich"]
    assert found.attributes["age"].tolist() == ["< 30", "30 to < 50"]


def test_the_same_file_twice_and_the_same_ids_are_said():
    assert any("part of both sets" in f.found for f in read_customer(REFERENCE, reference()).findings)
    same_ids = read_customer(b"id,label,prediction,sex,age\n1,yes,no,male,29\n9,no,yes,female,30\n", reference())
    assert any(f.where == "1 id, such as '1'," and f.found == "is in both sets." for f in same_ids.findings)


def test_systems_go_together_by_name_and_one_alone_is_said():
    schema = Schema(
        columns={"label": "label"},
        systems=(System("old", {"prediction": "p"}), System("new", {"prediction": "q"})),
        attributes=(Attribute("sex"),),
        positive=("1",),
    )
    one = metrics.read_results(b"label,p,q,sex\n1,1,0,f\n0,0,1,m\n", schema)
    two = read_customer(b"label,q,sex\n1,1,f\n0,1,m\n", one)
    sets = put_together(one, two)

    assert sets.systems == ("new",)
    assert any(f.where == "system 'old'" for f in (*two.findings, *sets.findings))


def test_no_system_in_common_is_an_error():
    def read(names: str) -> tuple[metrics.Scored, ...]:
        rows = "".join(f"1,{n},f,1\n0,{n},m,1\n" for n in names)
        schema = Schema(columns={"system": "model"}, attributes=(Attribute("sex"),), positive=("1",))
        return metrics.score(metrics.read_results(f"label,model,sex,prediction\n{rows}".encode(), schema))

    with pytest.raises(QuestionError, match="No system is in both sets"):
        align(read("ab"), read("cd"))
    assert align(read("ab"), read("cd"), Match(systems={"a": "d"})).systems == ("a",)


def test_levels_that_are_matched_are_one():
    match = Match(levels={"sex": {"female": ("F", "W"), "male": ("M",)}})
    two = read_customer(b"label,prediction,sex,age\nyes,yes,F,29\nno,yes,W,30\nno,yes,M,30\nno,no,x,30\n", reference())
    sets = align(metrics.score(reference()), metrics.score(two), match)

    here, there = (cubes[0].by(("sex",)) for cubes in (sets.reference, sets.customer))
    assert {str(s): int(n) for s, n in zip(there.slices, there.rows.sum(axis=1), strict=True)} == {
        "sex = female": 2,
        "sex = male": 1,
        "sex = x": 1,
    }
    assert here.axes[0].levels == there.axes[0].levels == ("female", "male", "x")
