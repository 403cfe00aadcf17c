"""Uploads are hostile: whatever the bytes are, reading gives a table or says why not."""

from __future__ import annotations

import gzip
import io
import random
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics.errors import ResultsError
from metrics.reading import Limits, Table, numbers, read_table, texts

LIMITS = Limits(10**6, 1000, 50, 10_000, 10**6, 10**6, 100)
MARKS = [
    *(b"PK\x03\x04", b"PAR1", b"\x1f\x8b\x08", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x80\x04", b"<html>"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"[", b"[{", b'{"a":', b"a,b\n", b'a;"b\n', b"sep=;\n"),
]


def _parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", None]}), sink)
    return sink.getvalue()


def _workbook() -> bytes:
    book, sink = openpyxl.Workbook(), io.BytesIO()
    for row in (["id", "label"], [1, "yes"], [2, "no"]):
        book.active.append(row)
    book.save(sink)
    return sink.getvalue()


def _zip() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "a,b\n1,2\n")
    return sink.getvalue()


WHOLE = {"parquet": _parquet(), "workbook": _workbook(), "zip": _zip(), "gzip": gzip.compress(b"a,b\n1,2\n" * 9)}


def _read_or_refuse(data: bytes) -> None:
    """Read; anything but a table or a ResultsError with a reason fails the test."""
    try:
        table = read_table(data, limits=LIMITS)
    except ResultsError as error:
        said = error.findings
        table = None
    if table is None:
        assert all(f.where and f.found for f in said)
        assert any(f.severity == "stop" for f in said)
        return
    assert isinstance(table, Table)
    assert 0 < table.rows_read == table.data.num_rows <= LIMITS.rows
    for column in table.data.columns:
        assert len(texts(column)) == len(numbers(column)[0]) == table.rows_read


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([b"", *MARKS]), st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(mark, data):
    _read_or_refuse(mark + data)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='ab1,;\t"\n\r .{}[]:é\0', max_size=80), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_any_text_is_a_table_or_refused(text, encoding):
    _read_or_refuse(text.encode(encoding))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_with_changed_bytes_is_a_table_or_refused(kind, data):
    whole = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(whole)))

    _read_or_refuse(bytes(whole[:end] if data.draw(st.booleans()) else whole))


@pytest.mark.parametrize("seed", range(3))
def test_damaged_parquet_files_neither_give_wrong_words_nor_end_the_program(seed):
    """Found so: numbers of words that are not there, and damaged statistics that end the process."""
    chance = random.Random(seed)
    for _ in range(300):
        damaged = bytearray(WHOLE["parquet"])
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)

        _read_or_refuse(bytes(damaged))
