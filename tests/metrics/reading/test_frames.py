from __future__ import annotations

import io

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metrics.errors import ResultsError
from metrics.reading import read_table, texts

FRAME = pd.DataFrame(
    {"id": ["a", "b", "c"], "label": [1, 0, 1], "score": [0.5, np.nan, 1.0], "ok": [True, False, True]}
)
EXPECTED = {
    "id": ["a", "b", "c"],
    "label": ["1", "0", "1"],
    "score": ["0.5", None, "1"],
    "ok": ["true", "false", "true"],
}


def words(source) -> dict[str, list]:
    data = read_table(source).data
    return {name: texts(data.column(name)).to_pylist() for name in data.column_names}


def parquet(frame: pd.DataFrame) -> bytes:
    sink = io.BytesIO()
    frame.to_parquet(sink, row_group_size=2)
    return sink.getvalue()


@pytest.mark.parametrize(
    "make",
    [
        lambda f: f,
        pl.from_pandas,
        lambda f: pl.from_pandas(f).lazy(),
        lambda f: pa.Table.from_pandas(f),
        lambda f: duckdb.from_arrow(pa.Table.from_pandas(f)),
        parquet,
    ],
    ids=["pandas", "polars", "lazy polars", "arrow", "duckdb", "parquet"],
)
def test_frames_of_every_library_and_parquet_give_one_table(make):
    assert words(make(FRAME)) == EXPECTED


def test_texts_of_parquet_are_dictionaries_and_numbers_keep_their_type():
    table = read_table(parquet(FRAME))

    assert [str(f.type) for f in table.data.schema] == [
        "dictionary<values=string, indices=int32, ordered=0>", "int64", "double", "bool",
    ]  # fmt: skip
    assert table.typed


def test_columns_of_pandas_may_repeat_mix_and_be_categories():
    frame = pd.DataFrame([["f", 1, 3], ["m", "x", 4], [None, None, 3]], columns=["g", "v", "v"])
    frame["c"] = pd.Categorical(["b", None, "a"])
    frame["n"] = pd.Categorical([3, 4, 3])
    frame[7] = [1, 2, 3]

    assert words(frame) == {
        "g": ["f", "m", None], "v": ["1", "x", None], "v (2)": ["3", "4", "3"], "c": ["b", None, "a"],
        "n": ["3", "4", "3"], "7": ["1", "2", "3"],
    }  # fmt: skip


def test_an_index_that_may_mean_something_is_reported():
    assert any("index" in f.found for f in read_table(FRAME.set_index("id")).findings)
    assert read_table(FRAME).findings == ()


def test_nested_columns_of_parquet_are_flattened():
    sink = io.BytesIO()
    people = pa.array([{"sex": "f", "age": 3}, None], pa.struct([("sex", pa.string()), ("age", pa.int64())]))
    pq.write_table(pa.table({"person": people, "tags": [["a"], []]}), sink)

    assert words(sink.getvalue()) == {"person.sex": ["f", None], "person.age": ["3", None], "tags": ['["a"]', "[]"]}


def test_equal_frames_have_equal_digests_however_they_are_cut():
    whole = pa.table({"a": [1, 2, 3]})
    parts = pa.concat_tables([pa.table({"a": [1]}), pa.table({"a": [2, 3]})])

    assert read_table(whole).sha256 == read_table(parts).sha256
    assert read_table(whole).sha256 != read_table(pa.table({"a": [1, 2, 4]})).sha256


@pytest.mark.parametrize("source", [3, None, [1, 2], {"a": [1]}, pd.Series([1]), pl.Series([1])])
def test_what_is_no_dataframe_is_refused(source):
    with pytest.raises(ResultsError, match=r"not a file or a dataframe|single column"):
        read_table(source)


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"a": []}), pl.DataFrame({"a": []})])
def test_a_frame_without_rows_is_refused(frame):
    with pytest.raises(ResultsError, match=r"no rows|no columns"):
        read_table(frame)


def test_many_different_words_in_parquet_are_read_whole():
    frame = pd.DataFrame({"id": [f"person {i}" for i in range(5000)], "g": ["x", "y"] * 2500})

    table = read_table(parquet(frame))

    assert table.data.column("id").to_pylist() == frame["id"].tolist()
