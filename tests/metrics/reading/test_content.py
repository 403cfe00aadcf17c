from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import zipfile

import numpy as np
import pytest

from metrics.errors import ResultsError
from metrics.reading import read_table

TABLE = b"a,b\n1,2\n"


def refusal(source, **options) -> str:
    with pytest.raises(ResultsError) as caught:
        read_table(source, **options)
    return str(caught.value)


def zipped(**files: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return sink.getvalue()


def test_paths_bytes_and_open_files_give_the_same_table(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(TABLE)

    with path.open("rb") as stream:
        tables = [read_table(source) for source in (path, str(path), TABLE, io.BytesIO(TABLE), stream)]

    assert all(t.data.to_pydict() == {"a": ["1"], "b": ["2"]} for t in tables)
    assert [t.name for t in tables] == ["a.csv", "a.csv", "data", "data", "a.csv"]
    assert {t.sha256 for t in tables} == {hashlib.sha256(TABLE).hexdigest()}


@pytest.mark.parametrize(
    "data", [gzip.compress(TABLE), gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n"), zipped(a_csv=TABLE)]
)
def test_packed_files_are_unpacked_and_hashed_as_they_were_given(data):
    table = read_table(data)

    assert table.data.to_pydict() == {"a": ["1"], "b": ["2"]}
    assert table.sha256 == hashlib.sha256(data).hexdigest()


def test_what_systems_add_to_a_zip_file_is_passed_over():
    assert read_table(zipped(a_csv=TABLE, _DS=b"junk")).rows_read == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty (0 bytes)"),
        (b"\n \n\t\n", "nothing but blank space"),
        (b"\xef\xbb\xbf", "is empty but for a byte order mark"),
        (gzip.compress(b""), "with nothing in it"),
        (gzip.compress(TABLE)[:-5], "was cut off"),
        (gzip.compress(TABLE)[:10] + b"\xff" * 9, "damaged"),
        (gzip.compress(gzip.compress(TABLE)), "no text and no table"),
        (zipped(), "nothing in it"),
        (zipped(a_csv=TABLE, b_csv=TABLE), "holds 2 files ('a.csv', 'b.csv')"),
        (zipped(word__document_xml=b"<x/>"), "is a text document"),
        (zipped(model__data_pkl=b"x"), "pickle"),
        (zipped(a_csv=TABLE)[:-30], "damaged zip"),
        (pickle.dumps({"a": 1}), "is a pickle, which could run programs"),
        (pickle.dumps([1], protocol=0), "is a pickle"),
        (b"<!DOCTYPE html><html><table><tr><td>1", "is a web page (HTML)"),
        (b"\r\n<!-- x --><TABLE border=1>", "is a web page (HTML)"),
        (b"<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?>", "XML spreadsheet of Excel 2003"),
        (b"%PDF-1.7 ...", "is a PDF document"),
        (b"\x89PNG\r\n\x1a\n...", "is an image (PNG)"),
        (b"\xff\xd8\xff\xe0....", "is an image (JPEG)"),
        (b"PAR1" + b"\0" * 40, "is a Parquet file that was cut off"),
        (b"PAR1" + b"\0" * 40 + b"PAR1", "is a damaged Parquet file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "is a damaged workbook"),
        (bytes(range(256)) * 4, "no text and no table"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_by_its_true_name(data, said):
    assert said in refusal(data)


def test_a_numpy_array_is_refused():
    sink = io.BytesIO()
    np.save(sink, np.arange(3))

    assert "is a NumPy array" in refusal(sink.getvalue())


def test_a_web_page_called_xls_is_called_both():
    assert "is a web page (HTML), though it is called .xls" in refusal(b"<html><body>", name="results.xls")


def test_a_missing_file_is_named_with_its_likely_neighbour(tmp_path):
    (tmp_path / "results.csv").write_bytes(TABLE)

    assert "Did you mean 'results.csv'?" in refusal(tmp_path / "result.csv")


def test_folders_addresses_and_text_files_are_refused(tmp_path):
    assert "is a folder" in refusal(tmp_path)
    assert "is a web address" in refusal("https://example.org/a.csv")
    assert "was opened as text" in refusal(io.StringIO("a,b\n1,2\n"))
    assert "cannot be opened" in refusal("a\0b.csv")
