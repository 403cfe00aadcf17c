from __future__ import annotations

import gzip
import io
import zipfile

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metrics.errors import ResultsError
from metrics.reading import Limits, read_table

SMALL = Limits(file_bytes=10_000, rows=5, columns=4, cells=12, decompressed_bytes=2_000, sheet_bytes=100_000, levels=9)
FOUR_ROWS = "a,b\n" + "1,2\n" * 4
SIX_ROWS = "a,b\n" + "1,2\n" * 6
THREE_BY_FIVE = "a,b,c\n" + "1,2,3\n" * 5  # 15 cells


def refusal(source, limits=SMALL, **options) -> str:
    with pytest.raises(ResultsError) as caught:
        read_table(source, limits=limits, **options)
    return str(caught.value)


def test_the_command_line_reads_ten_times_the_bytes_rows_and_cells_of_the_page():
    page, line = Limits.browser(), Limits.command_line()

    assert (page.file_bytes, page.rows, page.columns, page.cells) == (300 * 2**20, 10**7, 2000, 10**8)
    assert (line.file_bytes, line.rows, line.cells) == (10 * page.file_bytes, 10 * page.rows, 10 * page.cells)
    assert (line.columns, line.decompressed_bytes, line.sheet_bytes, line.levels) == (
        page.columns, page.decompressed_bytes, page.sheet_bytes, page.levels,
    )  # fmt: skip


def test_limits_are_set_by_name():
    assert Limits.browser().with_settings({"rows": "5", "cells": 7}) == Limits(rows=5, cells=7)


@pytest.mark.parametrize(
    ("setting", "said"),
    [({"row": 5}, "Did you mean 'rows'"), ({"rows": "many"}, "whole number"), ({"rows": 0}, "whole number")],
)
def test_a_limit_that_is_none_is_refused(setting, said):
    with pytest.raises(ResultsError, match=said):
        Limits.browser().with_settings(setting)


@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())])
def test_text_within_the_limits_is_read_and_beyond_them_is_not(pack):
    assert read_table(pack(FOUR_ROWS), limits=SMALL).rows_read == 4
    assert "--limit rows=" in refusal(pack(SIX_ROWS))
    assert "--limit cells=" in refusal(pack(THREE_BY_FIVE))
    assert "--limit columns=5" in refusal(pack("a,b,c,d,e\n1,2,3,4,5\n"))


def test_lines_inside_quotes_do_not_count_as_rows():
    text = 'a,b\n"1\n\n\n\n\n\n\n",2\n3,4\n'

    assert read_table(text.encode(), limits=SMALL).rows_read == 2


def test_a_file_over_the_bytes_is_refused_wherever_it_comes_from(tmp_path):
    data = b"a,b\n" + b"1,2\n" * 3000
    (tmp_path / "big.csv").write_bytes(data)

    for source in (data, io.BytesIO(data), tmp_path / "big.csv"):
        assert "--limit file_bytes=" in refusal(source)


def test_what_is_unpacked_is_stopped_at_its_limit():
    packed = gzip.compress(b"a,b\n" + b"1,2\n" * 100_000)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.csv", b"a,b\n" + b"1,2\n" * 100_000)

    assert len(packed) < SMALL.file_bytes
    assert "--limit decompressed_bytes=" in refusal(packed)
    assert "--limit decompressed_bytes=" in refusal(archive.getvalue())


def test_a_zip_file_that_lies_about_its_size_is_stopped_all_the_same():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.csv", b"a,b\n" + b"1,2\n" * 100_000)
    true = (400_004).to_bytes(4, "little")
    lying = archive.getvalue().replace(true, (8).to_bytes(4, "little"))

    assert lying != archive.getvalue()
    assert "--limit decompressed_bytes=" in refusal(lying)


def test_a_parquet_file_is_refused_by_its_description(monkeypatch):
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": range(6)}), sink)
    monkeypatch.setattr(pq.ParquetFile, "read", lambda *_, **__: pytest.fail("it was read"))

    assert "--limit rows=6" in refusal(sink.getvalue())


@pytest.mark.parametrize("text", ["[" + ",".join(['{"a":1}'] * 6) + "]", '{"a":1}\n' * 6])
def test_json_stops_at_the_limit_of_rows(text):
    assert "--limit rows=" in refusal(text.encode())


def test_json_stops_at_the_limit_of_columns():
    assert "--limit columns=" in refusal(b'[{"a":1,"b":1,"c":1,"d":1,"e":1}]')


def test_a_sheet_that_reaches_far_is_refused_before_it_is_read():
    """One cell in the last corner of a sheet stands for 17 billion cells."""
    book, sink = openpyxl.Workbook(), io.BytesIO()
    book.active["A1"], book.active["ALL900000"] = "x", 3
    book.save(sink)

    assert "--limit cells=900000000" in refusal(sink.getvalue(), Limits(rows=10**6))


def test_the_bytes_of_sheets_are_limited():
    book, sink = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["a"])
    for _ in range(4):
        book.active.append(["x" * 30_000])
    book.save(sink)

    assert "--limit sheet_bytes=" in refusal(sink.getvalue())


def test_a_dataframe_is_limited_like_a_file():
    assert "--limit rows=6" in refusal(pd.DataFrame({"a": range(6)}))
