"""The sample of loans by month, cut by its dates."""

from __future__ import annotations

import pandas as pd
import pytest

from metrics import Schema, read_results, score
from metrics.reading import read_table
from metrics.reading.limits import Limits
from metrics.schema import FileOptions
from metrics.series.left import first_left
from metrics.series.over_time import OverTime, over_time
from metrics.series.periods import cut_by_period, read_periods
from metrics.series.sets import Series
from tests.paths import SAMPLES


@pytest.fixture(scope="session")
def loans() -> Series:
    table = read_table(SAMPLES / "loans_by_month.csv", FileOptions(), Limits.command_line(), None)
    scored = score(read_results(table, Schema.load(SAMPLES / "loans_by_month.toml")))
    return cut_by_period(scored, read_periods(table, "decided_on"))


@pytest.fixture(scope="session")
def loans_over_time(loans: Series) -> OverTime:
    return over_time(loans, None, ["false_rejection_rate"])


@pytest.fixture(scope="session")
def loans_left(loans_over_time: OverTime) -> pd.DataFrame:
    return first_left(loans_over_time.gaps)
