"""The findings of a search are drawn in their order, each with its interval and its least distance from the rest."""

from __future__ import annotations

from math import nan

import pandas as pd
import pytest

from dashboard.charts.found import describe_found, draw_found, table_found
from metrics.slices import Slice
from tests.dashboard.charts.tables import HOSTILE, METRICS, MISSED, group, texts_of


def findings_of(*rows) -> pd.DataFrame:
    """Rows are (slice, top, below, rest, low, high, at least)."""
    made = [
        {
            "slice": s,
            "system": None,
            "units": below,
            "top": top,
            "below": below,
            "value": top / below,
            "low": top / below - 0.02,
            "high": top / below + 0.02,
            "rest": rest,
            "difference": top / below - rest,
            "difference_low": low,
            "difference_high": high,
            "at_least": least,
            "excess": top - below * rest,
            "p_adjusted": 0.0004,
            "hidden": hidden,
            "status": "ok",
        }
        for hidden, (s, top, below, rest, low, high, least) in enumerate(rows)
    ]
    return pd.DataFrame(made)


@pytest.fixture
def findings() -> pd.DataFrame:
    return findings_of(
        (group(sex="f", region="south"), 60, 200, 0.10, 0.15, 0.26, 0.11),
        (group(age="young"), 100, 500, 0.08, 0.09, 0.15, 0.05),
    )


def test_the_first_finding_is_on_top_and_numbered_with_a_line_for_each_condition(findings):
    axis = draw_found(findings, MISSED).layout.yaxis

    assert axis.ticktext[0].startswith("1. sex = f<br>region = south<br>")
    assert axis.ticktext[1].startswith("2. age = young<br>")
    assert "100 of 500" in axis.ticktext[1]
    assert axis.range[0] > axis.range[1]


def test_the_dot_is_the_difference_and_the_line_its_interval(findings):
    _, dots = draw_found(findings, MISSED).data

    assert list(dots.x) == pytest.approx([0.20, 0.12])
    assert list(dots.error_x.array) == pytest.approx([0.06, 0.03])
    assert list(dots.error_x.arrayminus) == pytest.approx([0.05, 0.03])


def test_a_thin_line_leads_to_a_tick_at_the_least_distance(findings):
    least, _ = draw_found(findings, MISSED).data

    assert list(least.x) == pytest.approx([0.20, 0.11, None, 0.12, 0.05, None])
    assert [size > 0 for size in least.marker.size] == [False, True, False, False, True, False]


def test_everyone_else_is_the_rule_at_nothing_and_the_axis_counts_points(findings):
    figure = draw_found(findings, MISSED)

    assert [(s.x0, s.x1) for s in figure.layout.shapes] == [(0, 0)]
    assert 0 in figure.layout.xaxis.tickvals
    assert "(points)" in figure.layout.xaxis.title.text


def test_a_limit_that_cannot_be_had_draws_no_line(findings):
    figure = draw_found(findings.assign(difference_low=nan, difference_high=nan, at_least=nan), MISSED)
    least, dots = figure.data

    assert list(dots.error_x.array) == [0, 0]
    assert list(least.x) == []


def test_without_findings_the_picture_says_so():
    figure = draw_found(findings_of(), MISSED)

    assert "No slice fares worse" in figure.layout.annotations[0].text
    assert "no slice fares worse" in describe_found(findings_of(), MISSED)


def test_the_words_name_every_finding_with_its_distance(findings):
    said = describe_found(findings, MISSED)

    assert "sex = f, region = south +20.0 points [+15.0, +26.0]" in said
    assert "age = young +12.0 points [+9.0, +15.0]" in said


def test_the_table_has_every_number_of_the_picture(findings):
    table = table_found(findings, MISSED)

    assert list(table["slice"]) == ["sex = f, region = south", "age = young"]
    assert list(table["counts"]) == ["60 of 200", "100 of 500"]
    assert list(table["everyone else"]) == ["10.0 %", "8.0 %"]
    assert list(table["difference"]) == ["+20.0 points", "+12.0 points"]
    assert list(table["at least"]) == ["+11.0 points", "+5.0 points"]
    assert list(table["excess"]) == ["40", "60"]
    assert list(table["similar slices hidden"]) == ["0", "1"]


def test_a_metric_that_is_no_share_is_told_in_numbers(findings):
    table = table_found(findings, METRICS["mean_absolute_error"])

    assert table["difference"].iloc[0] == "+0.200"
    assert "(points)" not in draw_found(findings, METRICS["mean_absolute_error"]).layout.xaxis.title.text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_names_from_files_are_drawn_as_text(theme):
    rows = [(Slice(((name, name),)), 60, 200, 0.1, 0.1, 0.3, 0.1) for name in HOSTILE]
    figure = draw_found(findings_of(*rows), MISSED, theme=theme)

    assert [text for text in texts_of(figure) if "<script" in text or "<a href" in text or "$" in text] == []
    assert len(figure.layout.yaxis.ticktext) == len(HOSTILE)
