"""What the threshold does to each slice, drawn."""

from __future__ import annotations

from math import inf, nan

import pandas as pd
import pytest

from dashboard.charts.palette import LIGHT
from dashboard.charts.thresholds import (
    describe_calibration,
    describe_rates,
    describe_roc,
    draw_calibration,
    draw_rates,
    draw_roc,
    table_calibration,
    table_curves,
    table_rates,
    table_roc,
)
from tests.dashboard.charts.tables import EVERYONE, HOSTILE, METRICS, MISSED, group, texts_of

A, B = group(g="A"), group(g="B")


def _rates(slices=(EVERYONE, A, B), status="ok") -> pd.DataFrame:
    """The higher the threshold, the more are missed; each slice 10 points more than the one before."""
    return pd.DataFrame(
        [
            {"slice": s, "metric": MISSED.name, "threshold": t, "value": t / 2 + i / 10, "status": status}
            for i, s in enumerate(slices)
            for t in (0.0, 0.5, 1.0)
        ]
    )


def _curves(slices=(EVERYONE, A, B)) -> pd.DataFrame:
    points = ((inf, 0.0, 0.0), (0.5, 0.2, 0.7), (0.0, 1.0, 1.0))
    names = ("threshold", "false_positive_rate", "true_positive_rate")
    return pd.DataFrame([{"slice": s} | dict(zip(names, p, strict=True)) for s in slices for p in points])


def _bins(slices=(A, B)) -> pd.DataFrame:
    rows = [(0.2, 0.4, 0.3, 0.5, 100, "ok"), (0.5, 0.5, 0.4, 0.6, 100, "ok"), (0.8, 1.0, 0.2, 1.0, 2, "too few")]
    rows.append((0.9, nan, nan, nan, 0, "no data"))
    names = ("score", "value", "low", "high", "units", "status")
    return pd.DataFrame([{"slice": s} | dict(zip(names, r, strict=True)) for s in slices for r in rows])


def test_every_slice_has_a_line_with_its_own_colour_and_dash():
    lines = draw_rates(_rates(), MISSED, 0.5).data

    assert [line.name for line in lines] == ["everyone", "A", "B"]
    assert len({line.line.color for line in lines}) == 3
    assert lines[1].line.dash != lines[2].line.dash
    assert list(lines[1].y) == pytest.approx([0.1, 0.35, 0.6])


def test_the_chosen_threshold_is_a_rule_with_its_value():
    figure = draw_rates(_rates(), MISSED, 0.5)

    assert figure.layout.shapes[0].x0 == 0.5
    assert figure.layout.annotations[0].text == "threshold 0.5"


def test_more_slices_than_colours_are_thin_and_grey():
    figure = draw_rates(_rates([group(g=str(i)) for i in range(12)]), MISSED, 0.5)

    assert sum(line.showlegend for line in figure.data) == 8
    assert {line.line.color for line in figure.data if not line.showlegend} == {LIGHT.grey}


def test_a_slice_with_too_few_units_is_grey_and_says_so():
    figure = draw_rates(_rates([A], status="too few"), MISSED)

    assert (figure.data[0].line.color, figure.data[0].name) == (LIGHT.grey, "A (too few)")


def test_at_the_threshold_the_text_and_the_table_give_the_values():
    assert describe_rates(_rates(), MISSED, 0.5) == (
        "False negative rate over the threshold. At 0.5 it is highest for B with 45.0 % and lowest for A with 35.0 %."
    )
    assert table_rates(_rates(), MISSED, 0.5).apply(tuple, axis=1).tolist() == [
        ("everyone", "25.0 %"),
        ("A", "35.0 %"),
        ("B", "45.0 %"),
    ]


def test_the_tables_of_curves_have_every_point_that_is_drawn():
    rates, curves = table_curves(_rates(), MISSED), table_roc(_curves())

    assert len(rates) == sum(len(line.x) for line in draw_rates(_rates(), MISSED, 0.5).data)
    assert rates[rates["slice"] == "A"].loc[:, ["threshold", "value"]].to_numpy().tolist()[1] == ["0.5", "35.0 %"]
    assert curves.columns.tolist() == ["slice", "threshold", "false positive rate", "true positive rate"]
    assert ["A", "0.5", "20.0 %", "70.0 %"] in curves.to_numpy().tolist()


def test_each_slice_has_a_panel_with_its_curve_everyones_and_the_threshold():
    figure = draw_roc(_curves(), 0.5)

    assert [a.text for a in figure.layout.annotations[:2]] == ["A", "B"]
    markers = [t for t in figure.data if t.mode == "markers"]
    assert [(t.x[0], t.y[0]) for t in markers] == [(0.2, 0.7), (0.2, 0.7)]
    assert len({t.xaxis for t in figure.data}) == 2


@pytest.mark.parametrize(("n", "columns"), [(1, 1), (2, 2), (4, 2), (5, 3), (7, 3)])
def test_panels_fill_their_rows_and_the_lowest_of_each_column_bears_numbers(n, columns):
    figure = draw_roc(_curves([group(g=str(i)) for i in range(n)]), 0.5)

    numbered = [
        axis for axis in figure.select_xaxes() if axis.visible is not False and axis.showticklabels is not False
    ]
    assert len(numbered) == columns
    assert len({tuple(axis.domain) for axis in figure.select_xaxes()}) == columns


def test_the_words_for_roc_name_both_rates():
    assert describe_roc(_curves(), 0.5) == (
        "ROC curves by slice. At threshold 0.5: A: true positive rate 70.0 %, false positive rate 20.0 %; "
        "B: true positive rate 70.0 %, false positive rate 20.0 %."
    )
    assert describe_roc(_curves()) == "ROC curves of A, B, each beside everyone's."


def test_calibration_shows_each_bin_with_its_interval_and_hollow_where_units_are_few():
    figure = draw_calibration(_bins([A]))

    diagonal, many, few = figure.data
    assert (list(diagonal.x), list(diagonal.y)) == ([0, 1], [0, 1])
    assert (list(many.x), list(many.y)) == ([0.2, 0.5], [0.4, 0.5])
    assert list(many.error_y.array) == pytest.approx([0.1, 0.1])
    assert (list(few.x), few.marker.symbol, few.marker.color) == ([0.8], "circle-open", LIGHT.grey)


def test_the_words_for_calibration_count_bins_away_from_the_score():
    """Of the two bins with enough units, only the first interval misses its score."""
    assert describe_calibration(_bins([A])) == "Calibration by slice. A: of 2 bins 1 more positives than scored."


def test_the_calibration_table_keeps_bins_without_data_as_dashes():
    table = table_calibration(_bins([A]))

    assert table.loc[0].tolist() == ["A", "20.0 %", "40.0 %", "[30.0, 50.0]", "100"]
    assert table.loc[3].tolist() == ["A", "90.0 %", "-", "-", "0"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_empty_tables_say_so(theme):
    for figure in (
        draw_rates(_rates().iloc[:0], MISSED, 0.5, theme=theme),
        draw_rates(_rates(), METRICS["accuracy"], 0.5, theme=theme),
        draw_roc(_curves().iloc[:0], 0.5, theme=theme),
        draw_calibration(_bins().iloc[:0], theme=theme),
        draw_calibration(_bins().assign(value=nan), theme=theme),
    ):
        assert figure.layout.annotations[0].text.startswith("No ")
    assert table_calibration(_bins().iloc[:0]).empty
    assert "no slice has a value" in describe_rates(_rates().iloc[:0], MISSED, 0.5)


def test_hostile_names_are_drawn_as_they_stand():
    slices = [group(g=name) for name in HOSTILE]

    for figure in (
        draw_rates(_rates(slices), MISSED, 0.5),
        draw_roc(_curves([EVERYONE, *slices]), 0.5),
        draw_calibration(_bins(slices)),
    ):
        for text in texts_of(figure):
            for tag in ("<br>", "<b>", "</b>", "<extra></extra>"):
                text = text.replace(tag, "")
            assert "<" not in text
            assert "$" not in text
