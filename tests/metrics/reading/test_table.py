from __future__ import annotations

import datetime as dt
import unicodedata
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.levels import number_text
from metrics.reading import numbers, texts


def encoded(words: list[str | None]) -> pa.ChunkedArray:
    """The words as a dictionary column of two chunks, whose dictionaries differ."""
    half = len(words) // 2
    return pa.chunked_array([pa.array(part, pa.string()).dictionary_encode() for part in (words[:half], words[half:])])


@pytest.mark.parametrize("make", [lambda words: pa.array(words, pa.string()), encoded])
def test_numbers_are_read_from_words_and_others_are_odd(make):
    values, odd = numbers(
        make(["1", " 2.5 ", "", "x", None, "-3e2", "+4", "\N{MINUS SIGN}5", "1,234.5", "inf", "nan", "1e999"])
    )

    np.testing.assert_array_equal(values, [1, 2.5, np.nan, np.nan, np.nan, -300, 4, -5, 1234.5, np.nan, np.nan, np.nan])
    assert odd.tolist() == [False, False, False, True, False, False, False, False, False, True, True, True]


def test_a_decimal_comma_is_read_where_it_is_said():
    values, odd = numbers(pa.array(["0,5", "1.234,5", "0.5"]), decimal=",")

    np.testing.assert_array_equal(values, [0.5, 1234.5, np.nan])
    assert odd.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("column", "expected", "odd"),
    [
        (pa.array([1, None], pa.int8()), [1, np.nan], [False, False]),
        (pa.array([0.5, float("nan")]), [0.5, np.nan], [False, False]),
        (pa.array([True, False, None]), [1, 0, np.nan], [False] * 3),
        (pa.array([Decimal("1.50"), None]), [1.5, np.nan], [False, False]),
        (pa.array([dt.date(2024, 1, 2), None]), [np.nan, np.nan], [True, False]),
        (pa.chunked_array([], pa.int64()), [], []),
    ],
)
def test_typed_columns_are_numbers_where_they_hold_numbers(column, expected, odd):
    values, strange = numbers(column)

    np.testing.assert_array_equal(values, expected)
    assert strange.tolist() == odd


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1, None], pa.int8()), ["1", None]),
        (pa.array([1.0, 0.1, None, float("nan")]), ["1", "0.1", None, None]),
        (pa.array([0.1], pa.float32()), ["0.1"]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array([Decimal("1.50"), Decimal("2.00")]), ["1.5", "2"]),
        (pa.array([dt.date(2024, 1, 2)]), ["2024-01-02"]),
        (pa.array([dt.datetime(2024, 1, 2, 3, 4, 5)]), ["2024-01-02 03:04:05"]),  # noqa: DTZ001
        (pa.array([b"ab", b"\xff"]), ["ab", "ff"]),
        (pa.array([None]), [None]),
        (pa.chunked_array([], pa.string()), []),
        (pa.array(["007", "", " ", "a "], pa.large_string()), ["007", None, None, "a"]),
        (pa.DictionaryArray.from_arrays(pa.array([0, 1, None]), pa.array([3, 4])), ["3", "4", None]),
    ],
)
def test_every_column_has_texts(column, expected):
    assert texts(column).to_pylist() == expected


def test_words_that_are_equal_once_trimmed_and_composed_are_one_word():
    column = texts(encoded(["a", " a", "e\u0301", "\u00e9", "", None]))

    assert column.to_pylist() == ["a", "a", "\u00e9", "\u00e9", None, None]
    assert sorted(w for w in column.dictionary.to_pylist() if w) == ["a", "\u00e9"]


@given(st.lists(st.none() | st.text(max_size=4), max_size=8))
def test_texts_are_the_words_trimmed_and_composed(words):
    words = [w if w is None else w.encode("utf-8", "replace").decode() for w in words]
    found = texts(encoded(words)).to_pylist()

    for word, text in zip(words, found, strict=True):
        whole = unicodedata.normalize("NFC", word or "")
        assert (text or "").split() == whole.split()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.floats(1e-6, 1e-2) | st.floats(1e7, 1e17)))
def test_numbers_are_written_in_one_way(values):
    assert texts(pa.array(values, pa.float64())).to_pylist() == [number_text(v) for v in values]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=9))
def test_numbers_come_back_from_their_texts(values):
    again, odd = numbers(pa.array([repr(v) for v in values], pa.string()))

    assert again.tolist() == values
    assert not odd.any()
