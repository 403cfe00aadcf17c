"""Dates as people write them: read, told apart from other numbers, and asked about where they can be read twice."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.reading import read_table
from metrics.reading.limits import Limits
from metrics.reading.table import Table
from metrics.schema import FileOptions
from metrics.series.dates import date_in, find_date_columns, parse_date, read_dates
from tests.paths import SHARED, needs_shared

COMPAS = SHARED / "data/tabular/compas/compas-scores-two-years.csv"


def table_of(**columns: list[object]) -> Table:
    data = pa.table({name: pa.array(cells) for name, cells in columns.items()})
    return Table("file.csv", "0" * 64, data, 2, FileOptions(), (), data.num_rows, False)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-14", date(2026, 3, 14)),
        ("2026/3/4", date(2026, 3, 4)),
        ("20260314", date(2026, 3, 14)),
        ("14.03.2026", date(2026, 3, 14)),
        ("14/03/26", date(2026, 3, 14)),
        ("14 March 2026", date(2026, 3, 14)),
        ("14-Mar-26", date(2026, 3, 14)),
        ("Mar 14, 2026", date(2026, 3, 14)),
        ("March 2026", date(2026, 3, 1)),
        ("2026-03", date(2026, 3, 1)),
        ("2026 Q2", date(2026, 4, 1)),
        ("Q4/2026", date(2026, 10, 1)),
        ("2026", date(2026, 1, 1)),
        ("2026-03-14 23:59:59.9+02:00", date(2026, 3, 14)),
        ("14/03/2026 9:05 pm", date(2026, 3, 14)),
    ],
)
def test_a_date_is_read_however_it_is_written(text, day):
    found = parse_date(text)

    assert found is not None and found.day == day


@pytest.mark.parametrize(
    "text", ["", "x", "2026-02-30", "31/04/2026", "120260314", "3.14", "12-34", "1e5", "Marchal 7"]
)
def test_what_is_no_date_is_none(text):
    assert parse_date(text) is None


def test_months_come_first_where_that_is_said():
    assert parse_date("03/04/2026", "month first") == (date(2026, 3, 4), "day")
    assert parse_date("03/04/2026", "day first") == (date(2026, 4, 3), "day")


@given(st.dates(date(1950, 1, 1), date(2068, 12, 31)))
def test_every_day_is_read_back_from_each_way_of_writing_it(day):
    for form in ("%Y-%m-%d", "%Y%m%d" if day.year >= 1900 else "%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%b %d, %Y"):
        assert parse_date(day.strftime(form)) == (day, "day")
    assert parse_date(day.strftime("%m/%d/%Y"), "month first") == (day, "day")


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("loans_2026-03.csv", date(2026, 3, 1)),
        ("loans-202603.parquet", date(2026, 3, 1)),
        ("20260314_export.csv.gz", date(2026, 3, 14)),
        ("loans 14.03.2026.xlsx", date(2026, 3, 14)),
        ("Loans March 2026.csv", date(2026, 3, 1)),
        ("loans_2026_Q2.csv", date(2026, 4, 1)),
        ("loans2026.csv", date(2026, 1, 1)),
        ("release 3.csv", None),
        ("id_120260314.csv", None),
        ("model_v2.1.csv", None),
    ],
)
def test_the_date_in_the_name_of_a_file_is_found(name, day):
    found = date_in(name)

    assert (found and found.day) == day


def test_a_day_above_twelve_tells_which_comes_first():
    days = read_dates(table_of(when=["03/04/2026", "25/04/2026"]), "when")
    months = read_dates(table_of(when=["03/04/2026", "04/25/2026"]), "when")

    assert days.days.tolist() == [date(2026, 4, 3), date(2026, 4, 25)]
    assert months.days.tolist() == [date(2026, 3, 4), date(2026, 4, 25)]
    assert not days.is_open and not months.is_open and not days.findings


def test_dates_that_can_be_read_twice_are_a_question_until_somebody_says():
    table = table_of(when=["03/04/2026", "05/06/2026", "07/07/2026"])

    open_ones, told = read_dates(table, "when"), read_dates(table, "when", "month first")

    assert open_ones.is_open and open_ones.days.tolist()[0] == date(2026, 4, 3)
    (finding,) = open_ones.findings
    assert "nothing in it tells which" in finding.found and finding.rows == 2  # the seventh of July is one either way
    assert not told.is_open and not told.findings and told.days.tolist()[0] == date(2026, 3, 4)


def test_dates_with_points_are_no_question():
    assert not read_dates(table_of(when=["03.04.2026", "05.06.2026"]), "when").is_open


def test_cells_that_are_no_date_are_counted_and_named():
    dates = read_dates(table_of(when=["2026-03-14", "soon", None, "soon", "2026-03-15"]), "when")

    assert np.isnat(dates.days).tolist() == [False, True, True, True, False]
    (finding,) = dates.findings
    assert "'soon'" in finding.found and finding.rows == 2


def test_typed_dates_need_no_reading():
    when = [datetime.fromisoformat("2026-03-14T12:30"), None, datetime.fromisoformat("2026-04-01")]

    dates = read_dates(table_of(when=when), "when")

    assert dates.days.tolist() == [date(2026, 3, 14), None, date(2026, 4, 1)]


def test_an_excel_file_brings_dates_of_its_own(tmp_path):
    path = tmp_path / "book.xlsx"
    pd.DataFrame({"when": pd.to_datetime(["2026-03-14", "2026-04-01"]), "x": [1, 2]}).to_excel(path, index=False)
    table = read_table(path, FileOptions(), Limits.command_line(), None)

    assert find_date_columns(table) == ("when",)
    assert read_dates(table, "when").days.tolist() == [date(2026, 3, 14), date(2026, 4, 1)]


def test_columns_of_dates_are_told_from_other_numbers():
    table = table_of(
        income=["2000", "1950", "2010"],
        year=["2024", "2025", "2026"],
        day=["2026-03-14", "", "2026-03-15"],
        zip=["20260", "20261", "30100"],
        constant=["2026-03-14"] * 3,
        word=["a", "b", "c"],
    )

    assert find_date_columns(table) == ("year", "day")


@needs_shared
def test_compas_names_its_screening_dates():
    table = read_table(COMPAS, FileOptions(), Limits.command_line(), None)

    assert "compas_screening_date" in find_date_columns(table)
    assert not {"age", "decile_score", "priors_count", "id"} & {*find_date_columns(table)}
