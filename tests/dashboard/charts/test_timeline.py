"""Lines over time: where sets stand, what marks mean, and what is left to the table."""

from __future__ import annotations

from datetime import date
from math import nan

import pandas as pd
import pytest

from dashboard.charts.palette import DARK, DASHES, LIGHT, SYMBOLS
from dashboard.charts.timeline import draw_gaps, draw_values
from dashboard.charts.timeline_parts import MOST_LINES, Time, choose_lines
from dashboard.charts.timeline_words import describe_gaps, describe_values, table_gaps, table_values
from metrics.slices import MISSING
from tests.dashboard.charts.tables import EVERYONE, HOSTILE, METRICS, MISSED, group, texts_of

F, M = group(sex="f"), group(sex="m")
DAYS = (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))


def values_of(slices=(EVERYONE, F, M), sets=("Jan", "Feb", "Mar"), days=DAYS, **more) -> pd.DataFrame:
    """Values of .1, .2, ... in the order of sets and slices, each within .05."""
    rows = []
    for i, (name, day) in enumerate(zip(sets, days, strict=True)):
        for j, s in enumerate(slices):
            value = 0.1 + 0.1 * i + 0.05 * j
            row = {"set": name, "date": day, "slice": s, "system": None, "metric": MISSED.name, "value": value}
            rows.append(
                row | {"low": value - 0.05, "high": value + 0.05, "top": 10.0, "below": 100.0, "units": 100 - j}
            )
    return pd.DataFrame(rows).assign(**{"status": "ok", **more})


def gaps_of(**more) -> pd.DataFrame:
    frame = values_of((F, M))
    sign = [1 if s == F else -1 for s in frame["slice"]]
    gap = (frame["value"] - 0.1) * sign
    frame = frame.assign(value=gap, low=gap - 0.03, high=gap + 0.03, baseline="rest", limit=0.05, p=0.5, p_adjusted=0.5)
    return frame.assign(adjusted_low=gap - 0.06, adjusted_high=gap + 0.06, constant=False, **more)


def lines_of(figure) -> dict:
    return {trace.name: trace for trace in figure.data if trace.showlegend is not False}


def few_of(figure) -> dict:
    return {trace.name: trace for trace in figure.data if trace.showlegend is False}


def test_each_slice_is_a_line_of_its_values_with_its_intervals():
    women = lines_of(draw_values(values_of(), MISSED))["f"]

    assert list(women.y) == pytest.approx([0.15, 0.25, 0.35])
    assert list(women.error_y.array) == pytest.approx([0.05] * 3)
    assert list(women.error_y.arrayminus) == pytest.approx([0.05] * 3)


def test_lines_are_told_apart_by_more_than_colour():
    lines = lines_of(draw_values(values_of(), MISSED))

    assert [lines[name].line.dash for name in ("f", "m")] == list(DASHES[:2])
    assert [lines[name].marker.symbol[0] for name in ("f", "m")] == list(SYMBOLS[:2])
    assert lines["everyone"].mode == "lines"


def test_sets_stand_by_their_dates_where_all_have_one():
    apart = Time.of(values_of(days=(date(2026, 1, 1), date(2026, 2, 1), date(2026, 7, 1))))
    even = Time.of(values_of(days=(None, date(2026, 2, 1), date(2026, 7, 1))))

    assert apart.places[2] - apart.places[1] > 4 * (apart.places[1] - apart.places[0])
    assert even.places == (0.0, 1.0, 2.0)


def test_units_without_a_date_stand_apart_and_no_line_leads_there():
    frame = values_of(sets=("Jan", "Feb", MISSING), days=(DAYS[0], DAYS[1], None))
    women = lines_of(draw_values(frame, MISSED))["f"]

    assert women.y[2] is None and women.y[3] == pytest.approx(0.35)
    assert Time.of(frame).places[-1] - Time.of(frame).places[-2] == 1.5
    assert len(lines_of(draw_values(frame, MISSED))["everyone"].x) == 2


def test_too_few_is_a_hollow_grey_mark_that_no_line_leads_to_and_no_data_a_hole():
    frame = values_of()
    frame.loc[4, "status"] = "too few"
    frame.loc[7, ["value", "low", "high", "status"]] = [nan, nan, nan, "no data"]
    figure = draw_values(frame, MISSED)
    women, few = lines_of(figure)["f"], few_of(figure)["f"]

    assert list(women.y) == [pytest.approx(0.15), None, None]
    assert women.connectgaps is False
    assert (list(few.y), few.mode, few.marker.symbol) == ([pytest.approx(0.25)], "markers", "circle-open")
    assert few.marker.color == LIGHT.grey and few.error_y.array is None


def test_a_handful_far_off_does_not_squeeze_the_others():
    frame = values_of()
    frame.loc[4, ["value", "status"]] = [1.0, "too few"]
    figure = draw_values(frame, MISSED)

    assert figure.layout.yaxis.range[1] < 0.6
    assert not few_of(figure)
    assert "100 %" in set(table_values(frame, MISSED)["value"])


def test_a_gap_is_filled_only_where_it_is_clearly_beyond_the_limit():
    lines = lines_of(draw_gaps(gaps_of(), MISSED))

    # Gaps of 0, 10 and 20 points, and of -5, -15 and -25, the adjusted interval 6 to either side; the limit is 5.
    assert list(lines["f"].marker.symbol) == ["circle-open", "circle-open", "circle"]
    assert list(lines["m"].marker.symbol) == ["diamond-open", "diamond", "diamond"]


def test_the_limit_is_a_band_around_no_gap():
    figure = draw_gaps(gaps_of(), MISSED)
    (band,) = [shape for shape in figure.layout.shapes if shape.type == "rect"]

    assert (band.y0, band.y1) == (-0.05, 0.05)
    assert "limit 5 points" in figure.layout.annotations[0].text


def test_without_a_limit_there_is_no_band():
    figure = draw_gaps(gaps_of().assign(limit=nan), MISSED)

    assert not [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert set(lines_of(figure)["f"].marker.symbol) == {"circle-open"}


def test_more_slices_than_can_be_told_apart_are_left_to_the_table():
    slices = [EVERYONE, *(group(letter=chr(97 + i)) for i in range(12))]
    frame = values_of(slices)

    assert len(choose_lines(frame)) == MOST_LINES
    assert slices[-1] not in choose_lines(frame)  # the smallest
    assert slices[-1] in choose_lines(frame, first=[slices[-1]])
    assert len(lines_of(draw_values(frame, MISSED))) == MOST_LINES + 1
    assert table_values(frame, MISSED)["slice"].nunique() == 13


def test_many_sets_name_some_of_their_places_the_last_always():
    days = tuple(date(2020 + i // 12, 1 + i % 12, 1) for i in range(40))
    figure = draw_values(values_of(sets=tuple(map(str, days)), days=days), MISSED)

    assert len(figure.layout.xaxis.tickvals) <= 12
    assert figure.layout.xaxis.ticktext[-1].startswith("2023-04")


def test_nothing_to_draw_is_said():
    assert "No groups" in draw_values(values_of((EVERYONE,)), MISSED).layout.annotations[0].text
    assert "No groups" in draw_gaps(gaps_of().iloc[:0], MISSED).layout.annotations[0].text


def test_the_alternative_says_where_each_line_begins_ends_and_is_beyond():
    assert describe_values(values_of(), MISSED) == (
        "False negative rate over 3 sets, from Jan to Mar. f: from 15.0 % to 35.0 %. m: from 20.0 % to 40.0 %."
    )
    said = describe_gaps(gaps_of(), MISSED)
    assert "Limit: 5 points on either side." in said
    assert "f: from 0 points to +20.0 points, clearly beyond the limit in Mar." in said


def test_the_tables_hold_every_number_as_text():
    values, gaps = table_values(values_of(), MISSED), table_gaps(gaps_of(), MISSED)

    assert values.iloc[1].to_dict() == {
        "set": "Jan",
        "date": "2026-01-01",
        "slice": "f",
        "value": "15.0 %",
        "interval": "[10.0, 20.0]",
        "counts": "10 of 100",
        "status": "ok",
    }
    last = gaps.iloc[4]
    assert (last["gap"], last["interval"], last["clearly beyond"]) == ("+20.0 points", "[+17.0, +23.0]", "yes")
    assert last["adjusted interval"] == "[+14.0, +26.0]"


def test_hostile_names_are_drawn_as_they_stand():
    slices = [EVERYONE, *(group(**{HOSTILE[0]: name}) for name in HOSTILE[:7])]
    frame = values_of(slices, sets=(HOSTILE[1], HOSTILE[2], HOSTILE[5]))
    for figure in (draw_values(frame, MISSED), draw_gaps(gaps_of().assign(set=HOSTILE[1]), MISSED)):
        assert not any("<script" in text or "<a " in text or "$\\" in text for text in texts_of(figure))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_themes_draw_in_their_own_colours(theme):
    figure = draw_values(values_of(), MISSED, theme=theme)

    assert lines_of(figure)["f"].line.color == (LIGHT if theme == "light" else DARK).systems[0]


def test_a_metric_in_units_of_its_own_is_not_told_in_points():
    metric = METRICS["mean_absolute_error"]
    figure = draw_gaps(gaps_of().assign(metric=metric.name), metric)

    assert figure.layout.yaxis.title.text == "Gap"
