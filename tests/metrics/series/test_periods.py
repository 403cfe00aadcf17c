"""A date column cut into periods gives what one file a period gives."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from metrics import QuestionError, Schema, read_results, score
from metrics.reading import read_table
from metrics.reading.limits import Limits
from metrics.reading.table import Table
from metrics.schema import FileOptions
from metrics.series.over_time import over_time
from metrics.series.periods import cut_by_period, name_period, read_periods
from metrics.series.sets import DatedSet, line_up
from metrics.slices import MISSING
from tests.metrics.series.test_dates import table_of
from tests.paths import SAMPLES

DATES = ["2026-01-31", "2026-02-01", None, "2025-12-31", "2026-02-28"]


def read(path) -> Table:
    return read_table(path, FileOptions(), Limits.command_line(), None)


@pytest.mark.parametrize(
    ("every", "names", "codes"),
    [
        ("month", ("2025-12", "2026-01", "2026-02"), [1, 2, -1, 0, 2]),
        ("quarter", ("2025 Q4", "2026 Q1"), [1, 1, -1, 0, 1]),
        ("year", ("2025", "2026"), [1, 1, -1, 0, 1]),
    ],
)
def test_periods_are_named_and_stand_in_their_order(every, names, codes):
    periods = read_periods(table_of(when=DATES), "when", every)

    assert (periods.names, periods.codes.tolist()) == (names, codes)
    assert [name_period(start, every) for start in periods.starts] == list(names)
    assert list(periods.starts) == sorted(periods.starts)


def test_rows_without_a_date_are_told():
    (finding,) = read_periods(table_of(when=DATES), "when").findings

    assert finding.rows == 1 and MISSING in finding.cure


def test_what_cannot_be_cut_is_said():
    with pytest.raises(QuestionError, match="Did you mean 'when'"):
        read_periods(table_of(when=DATES), "wen")
    with pytest.raises(QuestionError, match="holds no date"):
        read_periods(table_of(when=["a", "b"]), "when")
    with pytest.raises(QuestionError, match="years only"):
        read_periods(table_of(year=["2025", "2026"]), "year", "month")
    with pytest.raises(QuestionError, match="choose a longer period"):
        read_periods(
            table_of(
                when=[f"{year}-{month:02d}" for year in range(2000, 2026) for month in (1, 5)] * 3
                + [f"{year}-{month:02d}" for year in range(2000, 2026) for month in range(2, 13)]
            ),
            "when",
        )
    assert read_periods(table_of(year=["2025", "2026"]), "year", "year").starts[0] == date(2025, 1, 1)


@pytest.mark.parametrize(("sample", "metric"), [("loans_by_month", "false_rejection_rate"), ("screening", "accuracy")])
def test_one_file_with_dates_gives_what_a_file_a_month_gives(sample, metric, tmp_path):
    frame = pd.read_csv(SAMPLES / f"{sample}.csv", dtype=str)
    months = np.random.default_rng(1).integers(1, 4, len(frame))
    frame["seen_on"] = [f"2026-{m:02d}-{1 + i % 28:02d}" for i, m in enumerate(months)]
    frame.to_csv(tmp_path / "whole.csv", index=False)
    schema = Schema.load(SAMPLES / f"{sample}.toml")
    table = read(tmp_path / "whole.csv")
    whole = cut_by_period(score(read_results(table, schema)), read_periods(table, "seen_on"))
    parts = []
    for m in (1, 2, 3):
        path = tmp_path / f"part_{m}.csv"
        frame[months == m].to_csv(path, index=False)
        parts.append(DatedSet(f"2026-{m:02d}", score(read_results(path, schema)), date(2026, m, 1)))

    for one, other in zip(over_time(whole, None, [metric]), over_time(line_up(parts), None, [metric]), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_units_without_a_date_are_a_set_at_the_end(tmp_path):
    rows = {
        "g": ["a", "b"] * 4,
        "label": [1, 0] * 4,
        "pred": [1, 1, 0, 0] * 2,
        "when": ["2026-02", "2026-01", "", "x"] * 2,
    }
    path = tmp_path / "file.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    table = read(path)
    series = cut_by_period(score(read_results(table, by=["g"])), read_periods(table, "when"))

    assert [s.name for s in series.sets] == ["2026-01", "2026-02", MISSING]
    assert [s.in_time for s in series.sets] == [True, True, False]
    assert len(series.findings) == 2  # a cell that is no date, and rows without one


def test_periods_of_another_file_are_refused():
    table = table_of(when=["2026-01-01"])
    scored = score(read_results(pd.DataFrame({"g": ["a", "b"], "label": [1, 0], "pred": [1, 0]}), by=["g"]))

    with pytest.raises(QuestionError, match="another file"):
        cut_by_period(scored, read_periods(table, "when"))
