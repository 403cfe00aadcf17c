"""A document's tables by columns say what they say record by record, in a third of the length."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.document_json import read_document, write_document
from metrics.document_packed import pack_records, unpack_records
from metrics.errors import ResultsError
from tests.metrics.documents import make

CELLS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3)
    | st.dictionaries(st.text(max_size=2), st.text(max_size=2), max_size=2)
)


@given(st.lists(st.fixed_dictionaries({"one": CELLS, "two": CELLS}), max_size=8))
def test_records_are_the_same_after_packing_and_unpacking(records: list[dict[str, Any]]):
    packed = json.loads(json.dumps(pack_records(records)))

    # As text, in which true is not 1.
    assert json.dumps(unpack_records(packed, most=8), sort_keys=True) == json.dumps(records, sort_keys=True)


def test_a_packed_document_reads_like_the_plain_one():
    document = make(title="Mine", words={"summary": "a"})
    plain, packed = write_document(document), write_document(document, packed=True)

    assert write_document(read_document(packed)) == write_document(read_document(plain)) == plain
    assert len(packed) < len(plain) / 2


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ({"of": ["a"], "at": [1]}, "points at no entry"),
        ({"of": ["a"], "at": [-1]}, "points at no entry"),
        ({"of": ["a"], "at": [True]}, "points at no entry"),
        ({"of": ["a"], "at": ["0"]}, "points at no entry"),
        ({"of": "a", "at": [0]}, "in no known form"),
        ({"of": ["a"]}, "in no known form"),
        ("a", "in no known form"),
        ([0.5, 0.5], "columns of"),
    ],
)
def test_what_was_not_packed_so_is_refused_with_its_list(column: Any, said: str):
    tree = json.loads(write_document(make(), packed=True))
    tree["estimates"]["metric"] = column

    with pytest.raises(ResultsError, match=said) as error:
        read_document(json.dumps(tree), "report 'x.html'")
    assert error.value.findings[0].where == "report 'x.html', estimates"


def test_more_records_than_a_report_has_are_refused():
    with pytest.raises(ValueError, match="more than 2 records"):
        unpack_records({"metric": {"of": ["a"], "at": [0, 0, 0]}}, most=2)
