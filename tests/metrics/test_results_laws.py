"""Laws of reading: they hold for any table, however odd."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.errors import ResultsError
from metrics.reading.table import Table
from metrics.results import Results, read_results
from metrics.schema import Attribute, FileOptions, NamedSlice, Schema, System

WORDS = st.sampled_from(
    "0|1|1.0|01|yes|No|YES|| f|F|(missing)|<25|x;y|-1|1e3|аb|ab|50|0.5|NaN|='1|1,000|1e999".split(sep="|")  # noqa: SIM905
)
NUMBERS = st.sampled_from(("0", "1", "2", "1.0", "50", "0.5", "", "3e2", "7", "8", "9"))
NAMES = ("label", "y_true", "prediction", "pred_a", "pred_b", "score", "score_a", "id", "count", "weight", "model")
NAMES += ("sex", "Sex", "Age", "e-mail", "site'\"", "<b>")


def as_table(columns: dict[str, list], rows: np.ndarray | None = None) -> Table:
    """A table of text columns, as a file of commas would give them."""
    cells = {name: pa.array([c.strip() or None for c in column], pa.string()) for name, column in columns.items()}
    data = pa.table({name: column.dictionary_encode() for name, column in cells.items()})
    data = data if rows is None else data.take(pa.array(rows))
    return Table("law", "0" * 64, data, 2, FileOptions(), (), data.num_rows, False)


@st.composite
def tables(draw):
    """Columns of words or numbers under odd and ordinary names, at least one of them a prediction."""
    others = draw(st.lists(st.sampled_from(NAMES), max_size=6, unique=True))
    n = draw(st.integers(1, 25))
    kinds = st.sampled_from([WORDS, NUMBERS])
    return {
        name: draw(st.lists(draw(kinds), min_size=n, max_size=n)) for name in dict.fromkeys(["prediction", *others])
    }


@st.composite
def schemas(draw, names):
    """A schema for a table with these columns: most of them are there, some things are wrong."""
    column = st.sampled_from(list(names))
    role = st.sampled_from(["label", "id", "weight", "count", "cluster", "system"])
    system = st.builds(
        System,
        st.sampled_from([None, "a"]),
        st.dictionaries(st.sampled_from(["prediction", "score"]), column, min_size=1),
    )
    bins = st.sampled_from([{}, {"width": 10}, {"quantiles": 2}, {"edges": (1, 50)}, {"separator": ";"}])
    attributes = [Attribute(c, **draw(bins)) for c in draw(st.lists(column, max_size=2, unique=True))]
    where = st.sampled_from([None, None, None, "prediction = 1", "prediction < 50", "prediction is missing", "a ="])
    return Schema(
        columns=draw(st.dictionaries(role, column, max_size=2)),
        systems=tuple(draw(st.lists(system, max_size=2))),
        attributes=tuple(attributes),
        positive=tuple(draw(st.lists(WORDS, max_size=2))),
        task=draw(st.sampled_from([None, None, "regression", "classification"])),
        threshold=draw(st.sampled_from([None, 0.5, 50])),
        score_scale=draw(st.sampled_from([None, "any", "percent"])),
        where=draw(where),
        slices=draw(st.sampled_from([(), (NamedSlice("low", "prediction in [0, no]"),)])),
    )


def same(one: Results, other: Results) -> None:
    assert one.schema == other.schema
    pd.testing.assert_frame_equal(one.attributes, other.attributes)
    for role, column in one.columns.items():
        pd.testing.assert_series_equal(column, other.columns[role])
    for mine, theirs in zip(one.answers, other.answers, strict=True):
        for role, column in mine.items():
            pd.testing.assert_series_equal(column, theirs[role])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_table_is_read_or_refused_with_a_reason(data):
    columns = data.draw(tables())
    schema = data.draw(schemas(columns))
    refused = None
    try:
        results = read_results(as_table(columns), schema)
    except ResultsError as error:
        refused = error
    if refused is not None:
        reasons = [str(f) for f in refused.findings if f.severity == "stop"]
        assert reasons
        assert all(reasons)
        return
    assert len(results.answers) == len(results.schema.systems) > 0
    for name in results.attributes:
        levels = results.attributes[name]
        assert levels.isna().all() or (levels.value_counts() > 0).all() or name == "low" or ": " in name


@settings(max_examples=60, deadline=None)
@given(tables())
def test_what_was_read_is_read_alike_from_its_own_schema(columns):
    table = as_table(columns)
    try:
        first = read_results(table)
    except ResultsError:
        return
    same(first, read_results(table, first.schema))


@settings(max_examples=60, deadline=None)
@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing_but_their_order(columns, random):
    order = np.arange(len(next(iter(columns.values()))))
    random.shuffle(order)
    try:
        first = read_results(as_table(columns))
    except ResultsError:
        return
    shuffled = read_results(as_table(columns, order))

    assert shuffled.schema == first.schema
    expected = first.attributes.iloc[order].reset_index(drop=True)
    pd.testing.assert_frame_equal(shuffled.attributes, expected)
    for role, column in first.columns.items():
        assert shuffled.columns[role].astype(str).tolist() == column.iloc[order].astype(str).tolist()


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(12)), st.lists(st.integers(0, 1), min_size=12, max_size=12))
def test_the_order_of_a_joined_file_changes_nothing(order, answers):
    people = {"id": [f"p{i}" for i in range(12)], "label": ["0", "1"] * 6, "sex": ["f", "m", "m"] * 4}
    theirs = {"id": people["id"], "prediction": [str(a) for a in answers]}

    results = read_results(as_table(people), join=[("A", as_table(theirs, np.array(order)))])
    assert results.answers[0]["prediction"].tolist() == theirs["prediction"]


@settings(max_examples=60, deadline=None)
@given(tables())
def test_a_filter_is_the_same_as_a_file_of_those_rows(columns):
    columns = columns | {"sex": [("f", "m")[i % 2] for i in range(len(next(iter(columns.values()))))]}
    kept = np.flatnonzero([sex == "f" for sex in columns["sex"]])
    schema = Schema(
        columns={"label": "sex"},
        systems=(System(None, {"prediction": "sex"}),),
        attributes=(Attribute("sex"),),
        without=("weight", "count", "score"),
    )

    filtered = read_results(as_table(columns), Schema(**{**vars(schema), "where": "sex = f"}))
    alone = read_results(as_table(columns, kept), schema)
    assert filtered.attributes.index.tolist() == kept.tolist()
    pd.testing.assert_frame_equal(filtered.attributes.reset_index(drop=True), alone.attributes)
