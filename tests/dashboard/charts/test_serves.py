"""Verdicts of a second model are drawn with what loses on top, told by mark and colour; the table has all of them."""

from __future__ import annotations

from math import nan
from typing import Any

import pandas as pd
import pytest

from dashboard.charts.serves import MOST_DRAWN, choose_drawn, describe_serves, draw_serves, table_serves
from metrics.slices import Slice
from tests.dashboard.charts.tables import ACCURACY, HOSTILE, MISSED, group, texts_of


def verdicts_of(*rows: tuple[Slice, float, float, float, str, str], metric: str = MISSED.name) -> pd.DataFrame:
    """Rows are (slice, change, low, high of the adjusted interval, verdict, status)."""
    made: list[dict[str, Any]] = []
    for cell, value, low, high, verdict, status in rows:
        judged = status == "ok"
        made.append(
            {
                "slice": cell,
                "metric": metric,
                "first": 0.2,
                "second": 0.2 + value,
                "value": value,
                "low": low + 0.01,
                "high": high - 0.01,
                "p": 0.01,
                "p_adjusted": 0.02 if judged else nan,
                "adjusted_low": low if judged else nan,
                "adjusted_high": high if judged else nan,
                "verdict": verdict,
                "units_needed": nan if verdict != "cannot tell" else 120.0,
                "reason": "because",
                "added": 30.0,
                "removed": 10.0,
                "mcnemar_p": 0.002,
                "units": 100,
                "left_out": 0,
                "clusters": nan,
                "status": status,
            }
        )
    return pd.DataFrame(made)


@pytest.fixture
def verdicts() -> pd.DataFrame:
    return verdicts_of(
        (Slice(), -0.02, -0.03, -0.01, "win", "ok"),
        (group(g="a"), 0.10, 0.04, 0.16, "loss", "ok"),
        (group(g="b"), 0.01, -0.05, 0.07, "cannot tell", "ok"),
        (group(g="c"), 0.30, -0.20, 0.70, "cannot tell", "too few"),
        (group(g="d"), -0.10, -0.16, -0.04, "win", "ok"),
    )


def test_rows_stand_in_the_order_of_the_verdicts_and_everyone_on_top(verdicts):
    axis = draw_serves(verdicts, MISSED).layout.yaxis

    assert list(axis.ticktext) == ["everyone", "a", "b", "c", "d"]
    assert axis.range[0] > axis.range[1]


def test_each_verdict_has_a_mark_of_its_own_whatever_the_colour(verdicts):
    traces = {trace.name: trace for trace in draw_serves(verdicts, MISSED).data}

    assert {name: trace.marker.symbol for name, trace in traces.items()} == {
        "worse": "triangle-down",
        "better": "triangle-up",
        "cannot tell": "circle",
        "too few to judge": "circle-open",
    }
    assert list(traces["worse"].y) == [1] and list(traces["better"].y) == [0, 4]


def test_the_line_is_the_interval_that_the_verdict_looks_at(verdicts):
    worse = next(trace for trace in draw_serves(verdicts, MISSED).data if trace.name == "worse")

    assert (worse.x[0], worse.error_x.array[0], worse.error_x.arrayminus[0]) == pytest.approx((0.10, 0.06, 0.06))


def test_the_axis_says_which_side_is_better(verdicts):
    assert "lower is better" in draw_serves(verdicts, MISSED).layout.xaxis.title.text.replace("<br>", " ")
    higher = draw_serves(verdicts.assign(metric="accuracy"), ACCURACY)
    assert "higher is better" in higher.layout.xaxis.title.text.replace("<br>", " ")


def test_of_too_many_groups_those_that_cannot_be_told_give_way():
    many = [(group(g=str(i)), 0.0, -0.1, 0.1, "cannot tell", "ok") for i in range(60)]
    lost = (group(g="lost"), 0.1, 0.05, 0.15, "loss", "ok")
    drawn = choose_drawn(verdicts_of(lost, *many, (group(g="won"), -0.1, -0.2, -0.05, "win", "ok")))

    assert len(drawn) == MOST_DRAWN
    assert [drawn[0]["slice"], drawn[-1]["slice"]] == [group(g="lost"), group(g="won")]


def test_the_table_has_every_number_and_the_reason(verdicts):
    table = table_serves(verdicts, MISSED, "A", "B")

    assert list(table["slice"]) == ["everyone", "a", "b", "c", "d"]
    assert list(table["verdict"]) == [
        "better with B",
        "worse with B",
        "cannot tell",
        "cannot tell: too few",
        "better with B",
    ]
    row = table.iloc[1]
    assert (row["A"], row["B"], row["change"]) == ("20.0 %", "30.0 %", "+10.0 points")
    assert (row["interval"], row["adjusted interval"]) == ("[+5.0, +15.0]", "[+4.0, +16.0]")
    assert (row["added"], row["removed"], row["McNemar p"], row["units"]) == ("30", "10", "0.002", "100")
    assert (table["more needed"].iloc[2], row["why"]) == ("120", "because")
    assert "clusters" not in table


def test_columns_that_say_nothing_are_left_out_and_names_of_models_hide_none(verdicts):
    table = table_serves(verdicts.assign(mcnemar_p=nan, clusters=12.0), MISSED, "change", "units")

    assert "McNemar p" not in table and list(table["clusters"]) == ["12"] * 5
    assert table["change (model)"].iloc[1] == "20.0 %" and table["change"].iloc[1] == "+10.0 points"


def test_the_words_name_who_fares_worse_first(verdicts):
    said = describe_serves(verdicts, MISSED)

    assert said.startswith("Worse: a +10.0 points. Better: everyone −2.0 points; d −10.0 points.")


def test_a_metric_without_a_better_side_has_no_side_that_is_better_and_nothing_is_drawn_of_nothing(verdicts):
    assert "No group to show" in draw_serves(verdicts.iloc[:0], MISSED).layout.annotations[0].text
    assert describe_serves(verdicts.iloc[:0], MISSED) == "No group to show."


def test_a_change_that_is_undefined_is_in_the_table_and_not_in_the_picture(verdicts):
    gone = verdicts.copy()
    gone.loc[2, ["value", "low", "high", "adjusted_low", "adjusted_high", "second"]] = nan
    gone.loc[2, "status"] = "no data"

    assert list(draw_serves(gone, MISSED).layout.yaxis.ticktext) == ["everyone", "a", "c", "d"]
    assert table_serves(gone, MISSED, "A", "B").iloc[-1][["slice", "B", "change"]].tolist() == ["b", "-", "-"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_names_from_files_are_drawn_as_text(theme):
    rows = [(Slice(((name, name),)), 0.1, 0.05, 0.15, "loss", "ok") for name in HOSTILE]
    figure = draw_serves(verdicts_of(*rows), MISSED, theme=theme)

    assert [text for text in texts_of(figure) if "<script" in text or "<a href" in text or "$" in text] == []
