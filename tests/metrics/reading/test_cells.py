"""Cells: a column as words and as numbers, whatever type it came in."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.reading.cells import Cells


def read(column: pa.Array, **how) -> Cells:
    return Cells("column", pa.chunked_array([column]), **how)


def words_of_rows(cells: Cells) -> list[str | None]:
    return [cells.words[code] if code >= 0 else None for code in cells.codes]


@given(st.sampled_from(["int8", "uint8", "int16", "int64", "uint64"]), st.data())
def test_whole_numbers_are_the_same_words_whatever_their_type(kind, data):
    least, most = np.iinfo(kind).min, np.iinfo(kind).max
    values = data.draw(st.lists(st.none() | st.integers(least, most), max_size=20))

    cells = read(pa.array(values, kind))
    assert words_of_rows(cells) == [None if v is None else str(v) for v in values]
    assert cells.n_distinct == len(set(values) - {None})
    assert sorted(cells.present) == sorted({str(v) for v in values if v is not None})


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_words_that_mean_missing_are_empty_cells(kind):
    cells = read(pa.array(["a", "n/a", "", None, "b"]).cast(kind), missing=frozenset({"n/a"}))

    assert words_of_rows(cells) == ["a", None, None, None, "b"]
    assert cells.present == ["a", "b"]
    assert cells.n_filled == 2


def test_a_text_column_is_one_of_numbers_where_all_its_words_are():
    assert read(pa.array(["1", "2.5", ""])).is_number
    assert not read(pa.array(["1", "two"])).is_number
    assert not read(pa.array(["01", "02"])).is_number
    assert not read(pa.array(["", None], pa.string())).is_number
    assert not read(pa.array([True, False])).is_number


def test_cells_that_are_no_numbers_are_counted():
    cells = read(pa.array(["1", "two", "two", "", "n/a"]), missing=frozenset({"n/a"}))

    assert cells.n_odd == 2
    assert cells.odd.tolist() == [False, True, True, False, False]
    assert np.isnan(cells.numbers).tolist() == [False, True, True, True, True]


def test_a_sample_of_a_long_column_has_its_beginning_and_its_end():
    cells = read(pa.array([str(i) for i in range(100_000)]).dictionary_encode()).sample()

    assert len(cells) == 30_000
    assert {"0", "99999"} <= set(cells.present)
