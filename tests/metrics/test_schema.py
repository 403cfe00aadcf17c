from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.errors import ResultsError
from metrics.schema import Attribute, FileOptions, NamedSlice, Schema, System

# The example of the file format's documentation, and the schema that it means.
EXAMPLE = """
task = "classification"
id = "applicant"
label = "repaid"
positive = ["1", "yes"]
favourable = "positive"
threshold = 0.5
cluster = "branch"
without = ["weight"]
where = "region != 'test'"

[file]
encoding = "cp1252"
header_row = 3
sheet = "Results"
missing = ["NA"]

[recode.repaid]
yes = ["j", "ja"]

[[system]]
name = "model A"
prediction = "pred_a"
score = "score_a"

[[attribute]]
column = "sex"
obtained = "self-reported"

[[attribute]]
column = "age"
edges = [25, 45, 65]

[[attribute]]
column = "ethnicity"
recode = { "Black or African American" = ["Black", "African-American"] }
separator = ";"

[[slice]]
name = "older women"
where = "sex = 'F' and age >= 65"
"""
MEANT = Schema(
    task="classification",
    columns={"id": "applicant", "label": "repaid", "cluster": "branch"},
    systems=(System("model A", {"prediction": "pred_a", "score": "score_a"}),),
    attributes=(
        Attribute("sex", "self-reported"),
        Attribute("age", edges=(25, 45, 65)),
        Attribute("ethnicity", recode={"Black or African American": ("Black", "African-American")}, separator=";"),
    ),
    without=("weight",),
    positive=("1", "yes"),
    favourable="positive",
    threshold=0.5,
    where="region != 'test'",
    recode={"repaid": {"yes": ("j", "ja")}},
    slices=(NamedSlice("older women", "sex = 'F' and age >= 65"),),
    file=FileOptions(encoding="cp1252", header_row=3, sheet="Results", missing=("NA",)),
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8) | st.sampled_from(
    ["a.b", "[x]", "=1", '"', "#", "true", "system"]
)
WORDS = st.lists(TEXT, max_size=3).map(tuple)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
RECODE = st.dictionaries(TEXT | st.just(""), WORDS, max_size=2)
BINS = st.one_of(
    st.just({}),
    st.lists(NUMBER, unique=True, min_size=1, max_size=4).map(lambda edges: {"edges": tuple(sorted(edges))}),
    st.integers(2, 100).map(lambda n: {"quantiles": n}),
    st.floats(1e-6, 1e6).map(lambda width: {"width": width}),
)
ATTRIBUTE = st.builds(
    lambda bins, **told: Attribute(**told, **bins),
    bins=BINS,
    column=TEXT,
    obtained=st.sampled_from(["self-reported", "annotated", "inferred", "unknown"]),
    recode=RECODE,
    separator=st.none() | TEXT,
    order=WORDS,
)
SYSTEM = st.builds(
    System, st.none() | TEXT, st.dictionaries(st.sampled_from(["prediction", "score"]), TEXT, min_size=1, max_size=2)
)
SCHEMA = st.builds(
    Schema,
    task=st.sampled_from([None, "classification", "regression"]),
    columns=st.dictionaries(st.sampled_from(["label", "id", "cluster", "weight", "count", "system"]), TEXT),
    systems=st.lists(SYSTEM, max_size=3).map(tuple),
    attributes=st.lists(ATTRIBUTE, max_size=3, unique_by=lambda a: a.column).map(tuple),
    without=st.lists(st.sampled_from(["weight", "label", "score"]), unique=True).map(tuple),
    positive=WORDS,
    favourable=st.sampled_from([None, "positive", "negative"]),
    threshold=st.none() | NUMBER,
    score_scale=st.sampled_from([None, "fraction", "percent", "any"]),
    tolerance=st.none() | NUMBER,
    strata=WORDS,
    where=st.none() | TEXT,
    recode=st.dictionaries(TEXT, RECODE, max_size=2),
    slices=st.lists(st.builds(NamedSlice, TEXT, TEXT), max_size=2, unique_by=lambda s: s.name).map(tuple),
    file=st.builds(
        FileOptions,
        encoding=st.none() | TEXT,
        delimiter=st.none() | TEXT,
        decimal=st.none() | TEXT,
        header_row=st.none() | st.integers(1, 99),
        sheet=st.none() | TEXT | st.integers(1, 9),
        missing=WORDS,
        keep_spelling=st.booleans(),
    ),
)


def problems(text: str) -> str:
    with pytest.raises(ResultsError) as caught:
        Schema.loads(text)
    assert {f.severity for f in caught.value.findings} == {"stop"}
    return str(caught.value)


@given(SCHEMA)
def test_a_schema_written_and_read_again_is_the_same(schema):
    again = Schema.loads(schema.dumps())

    assert again == schema
    assert again.digest == schema.digest


@given(SCHEMA)
def test_the_text_holds_the_tree(schema):
    assert tomllib.loads(schema.dumps()) == schema.to_dict()


def test_the_example_means_what_it_says():
    assert Schema.loads(EXAMPLE) == MEANT


def test_what_is_left_open_is_not_written():
    assert Schema().to_dict() == {}
    assert Schema().dumps() == ""


def test_systems_and_attributes_are_tables_to_be_edited_by_hand():
    text = MEANT.dumps()

    assert text.count("[[attribute]]\n") == 3
    assert '[[system]]\nname = "model A"\nprediction = "pred_a"\n' in text


def test_columns_of_the_only_system_may_stand_at_the_top():
    assert Schema.loads('prediction = "p"\nscore = "s"').systems == (System(None, {"prediction": "p", "score": "s"}),)


def test_a_column_can_name_the_system_of_each_row():
    assert Schema.loads('system = "model"') == Schema(columns={"system": "model"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('lable = "y"', "'lable' is no key of a schema. Did you mean 'label'?"),
        ('[file]\nencodng = "x"', "'encodng' of [file] is no key of a schema. Did you mean 'encoding'?"),
        (
            '[[attribute]]\ncolumn = "a"\nedge = [1]',
            "'edge' of [attribute] is no key of a schema. Did you mean 'edges'?",
        ),
        ('[[system]]\nlabel = "y"', "'label' of [system]"),
        ('threshold = "high"', "'threshold' is 'high'. It is a number."),
        ("threshold = true", "'threshold' is True. It is a number."),
        ("label = 3", "'label' is 3. It is a text."),
        ('favourable = "good"', "It is one of: positive, negative."),
        ('task = "clustering"', "It is one of: classification, regression, transcription."),
        ("positive = [[1]]", "It is a list of texts."),
        ('attribute = "sex"', "Write each as [[attribute]]."),
        ('[[attribute]]\nobtained = "unknown"', "has no column"),
        ('[[attribute]]\ncolumn = "a"\nobtained = "guessed"', "inferred"),
        ('[[attribute]]\ncolumn = "a"\nedges = [3, 2]', "Edges ascend"),
        ('[[attribute]]\ncolumn = "a"\nedges = ["x"]', "Edges are numbers"),
        ('[[attribute]]\ncolumn = "a"\nedges = [nan]', "Edges"),
        ('[[attribute]]\ncolumn = "a"\nwidth = 0', "above 0"),
        ('[[attribute]]\ncolumn = "a"\nquantiles = 1', "at least 2"),
        ('[[attribute]]\ncolumn = "a"\nedges = [1]\nwidth = 2', "binned in two ways"),
        ('[[attribute]]\ncolumn = "a"\nclosed = "right"', "closed on the left"),
        ('[[attribute]]\ncolumn = "a"\n[[attribute]]\ncolumn = "a"', "declared twice"),
        ('[[slice]]\nname = "x"', "has no where"),
        ("threshold = nan", "'threshold'"),
        ("[file]\nheader_row = 0", "header_row"),
        ("label = ", "is no valid TOML"),
    ],
)
def test_a_mistake_is_named_with_its_cure(text, said):
    assert said in problems(text)


def test_every_mistake_is_named_at_once():
    said = problems('lable = "y"\nthreshold = "high"\n[file]\nheader_row = "first"\n')

    assert all(word in said for word in ("lable", "threshold", "header_row"))


def test_a_schema_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ResultsError, match=r"nowhere\.toml"):
        Schema.load(tmp_path / "nowhere.toml")


def test_attributes_are_added_in_order_and_none_twice():
    schema = Schema(attributes=(Attribute("sex", "annotated"),)).with_attributes(["age", "sex", "age"])

    assert schema.attributes == (Attribute("sex", "annotated"), Attribute("age"))
