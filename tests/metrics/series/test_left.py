"""Where a gap first left its limit: clearly or not, and what it did afterwards."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from metrics.series.left import COLUMNS, first_left
from metrics.series.over_time import GAPS, over_time
from metrics.series.sets import line_up
from metrics.slices import MISSING, Slice
from tests.metrics.series.test_sets import dated

WOMEN = Slice((("sex", "female"),))


def gaps_of(*values: tuple[float, float], status: str = "ok", **more: Any) -> pd.DataFrame:
    """The gaps of one slice, a set each, limit .05: the value, and how far its plain interval reaches on either side;
    the adjusted one reaches twice as far."""
    rows = [
        {
            "set": f"set {i}",
            "date": date(2026, i, 1),
            "slice": WOMEN,
            "baseline": "rest",
            "system": None,
            "metric": "false_rejection_rate",
            "value": value,
            "low": value - half,
            "high": value + half,
            "limit": 0.05,
            "p": np.nan,
            "p_adjusted": np.nan,
            "adjusted_low": value - 2 * half,
            "adjusted_high": value + 2 * half,
            "constant": False,
            "status": status,
            **more,
        }
        for i, (value, half) in enumerate(values, 1)
    ]
    return pd.DataFrame(rows)[GAPS]


def judge(*values: tuple[float, float], **more: Any) -> dict[str, Any]:
    table = first_left(gaps_of(*values, **more))
    assert list(table) == COLUMNS
    (row,) = table.to_dict("records")
    return row


def test_the_first_set_clearly_beyond_is_named_and_the_first_whose_value_is_beyond():
    found = judge((0.0, 0.02), (0.06, 0.02), (0.12, 0.02), (0.14, 0.02))

    assert (found["verdict"], found["set"], found["number"]) == ("left", "set 3", 3)
    assert found["date"] == date(2026, 3, 1)
    assert (found["value"], found["adjusted_low"]) == (0.12, pytest.approx(0.08))
    assert found["first_beyond"] == "set 2"
    assert (found["since"], found["sets_judged"], found["sets"]) == ("stayed", 4, 4)


def test_a_value_beyond_that_may_be_chance_has_not_left():
    found = judge((0.0, 0.02), (0.08, 0.02))  # its plain interval is clear of .05, the adjusted one is not

    assert (found["verdict"], found["set"], found["first_beyond"]) == ("cannot tell", None, "set 2")


def test_the_other_side_counts_as_well():
    assert judge((0.0, 0.01), (-0.12, 0.02))["set"] == "set 2"


def test_beyond_in_the_first_set_is_no_leaving():
    assert judge((0.2, 0.02), (0.2, 0.02))["verdict"] == "outside"


def test_what_came_back_is_told():
    found = judge((0.0, 0.02), (0.12, 0.02), (0.11, 0.05), (0.03, 0.02))

    assert (found["since"], found["returned"]) == ("returned", "set 4")


def test_a_gap_that_lies_beyond_on_the_other_side_has_not_stayed():
    found = judge((0.0, 0.02), (0.12, 0.02), (0.11, 0.02), (-0.12, 0.02))

    assert (found["since"], found["returned"]) == ("crossed", "set 4")
    turned = judge((0.0, 0.02), (-0.12, 0.02), (-0.11, 0.02), (0.12, 0.02), (-0.2, 0.01))
    assert (turned["since"], turned["returned"]) == ("crossed", "set 4")


def test_what_came_back_before_it_crossed_came_back():
    found = judge((0.0, 0.02), (0.12, 0.02), (0.03, 0.02), (-0.12, 0.02))

    assert (found["since"], found["returned"]) == ("returned", "set 3")


def test_values_beyond_on_the_other_side_are_no_beginning_of_it():
    found = judge((0.0, 0.02), (-0.06, 0.02), (0.06, 0.02), (0.12, 0.02))

    assert (found["set"], found["first_beyond"]) == ("set 4", "set 3")
    assert judge((0.0, 0.02), (-0.06, 0.02))["first_beyond"] == "set 2"  # where no set is clear, either side is told


def test_clear_in_the_last_set_is_told():
    assert judge((0.0, 0.02), (0.12, 0.02))["since"] == "last"


def test_within_needs_the_whole_plain_interval_in_every_set():
    assert judge((0.0, 0.04), (0.02, 0.03))["verdict"] == "within"
    assert judge((0.0, 0.04), (0.02, 0.031))["verdict"] == "cannot tell"


def test_a_system_of_one_answer_is_never_shown_to_be_within():
    assert judge((0.0, 0.01), constant=True)["verdict"] == "cannot tell"


def test_too_few_is_no_judgement_and_no_data_none_at_all():
    few = gaps_of((0.2, 0.01), status="too few").assign(adjusted_low=np.nan, adjusted_high=np.nan)
    none = gaps_of((np.nan, np.nan), status="no data")

    assert first_left(few)["verdict"].tolist() == ["cannot tell"]
    assert first_left(few)["sets_judged"].tolist() == [0]
    assert first_left(none)["verdict"].tolist() == ["no data"]


def test_sets_that_cannot_be_judged_do_not_make_the_first_judged_one_a_leaving():
    early = gaps_of((np.nan, np.nan), status="no data")
    late = gaps_of((0.0, 0.0), (0.2, 0.02)).iloc[1:]

    assert first_left(pd.concat([early, late]))["verdict"].tolist() == ["outside"]


def test_units_without_a_date_leave_no_limit():
    undated = gaps_of((0.2, 0.01)).assign(set=MISSING, date=None)

    found = first_left(pd.concat([gaps_of((0.0, 0.02)), undated]))

    assert found["verdict"].tolist() == ["within"] and found["sets"].tolist() == [1]


def test_no_limit_no_verdict():
    assert judge((0.2, 0.01), limit=np.nan)["verdict"] == "cannot tell"


def test_nothing_gives_an_empty_table():
    assert len(first_left(gaps_of((0.0, 0.1)).iloc[:0])) == 0


def test_a_wider_limit_is_never_left_earlier():
    series = line_up([dated(f"{i}", {"a": (40 + 12 * i, 200), "b": (60, 300), "c": (33, 150)}) for i in range(6)])
    before = None
    for limit in (0.0, 0.02, 0.05, 0.1, 0.3):
        found = first_left(over_time(series, ["group"], ["selection_rate"], limit=limit).gaps)
        number = found["number"].fillna(99).to_numpy()
        assert before is None or (number >= before).all()
        before = number


def test_the_planted_drift_is_found_and_nothing_else(loans_left):
    clear = {str(s): name for s, name in zip(loans_left["slice"], loans_left["set"], strict=True) if name is not None}

    assert clear == {"sex = female": "2026-02", "sex = male": "2026-02"}
    assert set(loans_left[loans_left["set"].notna()]["first_beyond"]) == {
        "2025-12"
    }  # where the planted one is 6 points
    assert set(loans_left[loans_left["set"].notna()]["since"]) == {"stayed"}
