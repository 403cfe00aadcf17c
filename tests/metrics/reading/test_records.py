from __future__ import annotations

import json

import pyarrow as pa
import pytest

from metrics.errors import ResultsError
from metrics.reading import read_table

ROWS = [{"id": "a", "label": 1, "score": 0.5, "ok": True}, {"id": "b", "label": 0, "score": 1, "ok": None}]


def refusal(text: str, **options) -> str:
    with pytest.raises(ResultsError) as caught:
        read_table(text.encode(), **options)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [json.dumps(ROWS), json.dumps(ROWS, indent=2), "\n".join(map(json.dumps, ROWS)), "\ufeff" + json.dumps(ROWS)],
)
def test_arrays_and_lines_are_read_with_their_types(text):
    table = read_table(text.encode())

    assert table.data.to_pylist() == ROWS
    assert [str(table.data.schema.field(n).type) for n in ("label", "score", "ok")] == ["int64", "double", "bool"]
    assert table.typed


def test_fields_of_nested_objects_have_the_names_of_both():
    table = read_table(b'[{"id":1,"person":{"sex":"f","home":{"city":"x"}},"tags":["a","b"]},{"id":2}]')

    assert table.data.to_pylist() == [
        {"id": 1, "person.sex": "f", "person.home.city": "x", "tags": '["a", "b"]'},
        {"id": 2, "person.sex": None, "person.home.city": None, "tags": None},
    ]


def test_columns_of_mixed_cells_are_text():
    table = read_table(b'[{"a":1},{"a":"x"},{"a":2.0},{"a":true},{"a":123456789012345678901}]')

    assert table.data.column("a").to_pylist() == ["1", "x", "2", "true", "123456789012345678901"]


def test_a_field_that_comes_late_is_empty_before():
    """Also across the batches in which objects are read."""
    lines = ['{"a":1}'] * 30_000 + ['{"a":0.5,"b":"x"}'] + ['{"a":"y"}'] * 20_000

    data = read_table("\n".join(lines).encode()).data

    assert data.num_rows == 50_001
    assert data.column("b").null_count == 50_000
    assert [data.column("a")[i].as_py() for i in (0, 30_000, 50_000)] == ["1", "0.5", "y"]
    assert pa.types.is_dictionary(data.column("a").type)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"a":1},\n{"a":}]', "line 2 is no valid JSON"),
        ('{"a":1}\n{"a":2', "line 2 is no valid JSON"),
        ('[{"a":1}', "its list of rows is not closed"),
        ('[{"a":1} {"a":2}]', "a comma is missing"),
        ('[{"a":1}]\n[{"a":2}]', "more follows"),
        ("[]", "no rows in it"),
        ("[1, 2]", "where an object is expected"),
        ("[[1, 2], [3, 4]]", "holds a list where an object is expected"),
        ('{"a":{"0":1},"b":{"0":2}}', "not a list of rows"),
        ('{"a":[1,2],"b":[3,4]}', "not a list of rows"),
        ('[{"a":1,"a":2}]', "has the field 'a' twice"),
        ('[{"a":{"b":1},"a.b":2}]', "has the field 'a.b' twice"),
        ("[" * 100_000, "cannot be read"),
        ("[" + '{"a":' * 30 + "1" + "}" * 30 + "]", "more than 20 deep"),
        ("[{}, {}]", "no columns"),
    ],
)
def test_what_is_no_list_of_rows_is_refused_by_line_and_cause(text, said):
    assert said in refusal(text)


def test_a_file_called_json_is_read_as_json():
    assert "is no valid JSON" in refusal("a,b\n1,2\n", name="x.json")
