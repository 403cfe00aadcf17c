from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.reading.layout import find_header, is_remark, leave_out, unique_names


@pytest.mark.parametrize(
    ("rows", "at"),
    [
        ([["a", "b"], ["1", "2"]], 0),
        ([["", "b"], ["0", "2"]], 0),  # an index without a name
        ([["Title"], [], ["a", "b", "c"], ["1", "2", "3"], ["1", "2", "3"]], 2),
        ([["Title", "", ""], ["a", "b", "c"], ["1", "", "3"]], 1),
        ([["a"], ["1"]], 0),
        ([[], []], 0),
    ],
)
def test_the_header_is_the_first_row_as_wide_and_full_as_the_table(rows, at):
    assert find_header(rows) == at


@given(st.lists(st.text(alphabet="ab (2)", max_size=6), max_size=8))
def test_names_are_unique_and_trimmed_and_the_first_of_equals_is_plain(names):
    unique, _ = unique_names(names, "the header")

    assert len(set(unique)) == len(unique) == len(names)
    assert all(name == name.strip() != "" for name in unique)
    plain = [" ".join(name.split()) for name in names]
    for at, name in enumerate(plain):
        if name and name not in plain[:at]:
            assert unique[at] == name


def test_the_second_of_two_equal_names_is_numbered():
    assert unique_names(["x", "y", "x"], "the header")[0] == ["x", "y", "x (2)"]


@pytest.mark.parametrize(
    "cells", [["Total", "", "5"], ["Grand total", "4", ""], ["Source: a survey", "", ""], ["", "Total", "5"]]
)
def test_sums_and_remarks_are_recognised(cells):
    assert is_remark(cells, 3)


@pytest.mark.parametrize("cells", [["a", "", ""], ["12", "", ""], ["a", "b", "c"], ["Totally", "b", "c"], ["", "", ""]])
def test_data_is_no_remark(cells):
    assert not is_remark(cells, 3)


def test_typed_rows_that_are_empty_are_left_out():
    data = pa.table({"a": [1, None, 3], "b": ["x", "", "y"]})

    cleaned = leave_out(data, 2, ["a", "b"])

    assert cleaned.data.column("a").to_pylist() == [1, 3]
    assert [str(f) for f in cleaned.findings] == ["line 3 is blank and left out."]
