"""A Parquet file counted block by block has the cubes of the file read as a whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics import Attribute, ResultsError, Schema, System, count_cells, estimate, read_results, score
from metrics import streaming as module
from metrics.streaming import count_file, read_distinct

SCHEMA = Schema(
    task="classification",
    positive=("1",),
    columns={"label": "label"},
    systems=(System(None, {"prediction": "prediction"}),),
)
BY = ["sex", "age", ("sex", "age")]

rows = st.lists(
    st.tuples(
        st.sampled_from(["f", "m", None]),
        st.sampled_from([17, 25, None]),
        st.sampled_from(["0", "1", None]),
        st.sampled_from(["0", "1"]),
    ),
    min_size=3,
    max_size=40,
)


def _write(path, found, rows_in_group=5):
    sex, age, label, prediction = (list(column) for column in zip(*found, strict=True))
    table = pa.table(
        {
            "sex": pa.array(sex, pa.string()),
            "age": pa.array(age, pa.int64()),
            "label": pa.array(label, pa.string()),
            "prediction": pa.array(prediction, pa.string()),
            "beside": pa.array(range(len(sex))),
        }
    )
    pq.write_table(table, path, row_group_size=rows_in_group)
    return path


@given(rows)
def test_counting_a_file_in_blocks_equals_reading_it_as_a_whole(tmp_path_factory, found):
    found += [("f", 17, "1", "1"), ("m", 25, "0", "0")]
    path = _write(tmp_path_factory.mktemp("blocks") / "rows.parquet", found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROWS_AT_ONCE", 4)
        patch.setattr(module, "_MOST_DISTINCT", 6)
        in_blocks = count_file(path, SCHEMA, by=BY)

    whole = count_cells(score(read_results(path, SCHEMA, by=BY)))
    pd.testing.assert_frame_equal(estimate(in_blocks, BY), estimate(whole, BY))


def test_the_distinct_rows_say_how_many_rows_each_stands_for(tmp_path):
    path = _write(tmp_path / "rows.parquet", [("f", 17, "1", "1")] * 7 + [("m", 25, "0", "1")] * 3, rows_in_group=4)

    results = read_distinct(path, SCHEMA, by=BY)

    assert results is not None
    assert sorted(results.columns["count"]) == [3, 7]
    assert results.receipts[0].rows_read == results.receipts[0].rows_used == 10
    assert results.receipts[0].sha256 == read_results(path, SCHEMA, by=BY).receipts[0].sha256


@pytest.mark.parametrize(
    ("found", "schema"),
    [
        ([("f", 17, "1", "1"), ("F", 17, "0", "1")], SCHEMA),  # the commoner spelling names the level
        ([("f", a, "1", "1") for a in range(40)], SCHEMA),  # numbers of many values are cut into quarters
        ([("f", 17, "1", "1")], replace(SCHEMA, columns={"label": "label", "weight": "beside"})),
        ([("f", 17, "1", "1")], replace(SCHEMA, where="sex = f")),
        ([("f", 17, "1", "1")], replace(SCHEMA, systems=(System(None, {"score": "beside"}),))),
    ],
)
def test_a_file_that_equal_rows_do_not_tell_enough_of_is_read_as_usual(tmp_path, found, schema):
    path = _write(tmp_path / "rows.parquet", found)

    assert read_distinct(path, schema, by=BY) is None


def test_numbers_cut_at_given_edges_are_counted_in_blocks_too(tmp_path):
    path = _write(tmp_path / "rows.parquet", [("f", a, "1", "1") for a in range(40)] * 2)
    schema = replace(SCHEMA, attributes=(Attribute("age", edges=(10.0, 30.0)),))

    cubes = count_file(path, schema, by=["age"])

    assert read_distinct(path, schema, by=["age"]) is not None
    units = estimate(cubes, ["age"], ["accuracy"]).set_index(estimate(cubes, ["age"], ["accuracy"])["slice"].map(str))
    assert units["units"].tolist() == [80, 20, 40, 20]


def test_other_files_are_read_as_usual(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("sex,age,label,prediction\n" + "f,17,1,1\nm,25,0,1\n" * 4)

    assert read_distinct(path, SCHEMA, by=BY) is None
    assert estimate(count_file(path, SCHEMA, by=BY), [], ["accuracy"])["value"].tolist() == [0.5]


def test_a_damaged_file_is_refused(tmp_path):
    path = _write(tmp_path / "rows.parquet", [("f", 17, "1", "1")] * 50)
    damaged = bytearray(path.read_bytes())
    damaged[10:60] = np.random.default_rng(0).integers(0, 255, 50, dtype=np.uint8).tobytes()
    path.write_bytes(bytes(damaged))

    with pytest.raises(ResultsError, match="damaged"):
        count_file(path, SCHEMA, by=BY)
