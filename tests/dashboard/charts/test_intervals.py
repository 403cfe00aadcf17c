"""The dot-and-interval plot shows what the table says, the worst on top."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pandas as pd
import pytest

from dashboard.charts.format import escape
from dashboard.charts.intervals import describe_intervals, draw_intervals, sort_slices, table_intervals
from dashboard.charts.palette import DARK, LIGHT, OKABE_ITO, contrast
from tests.dashboard.charts.tables import (
    ACCURACY,
    EVERYONE,
    HOSTILE,
    METRICS,
    MISSED,
    disparities_of,
    estimates_of,
    five_groups,
    group,
    texts_of,
)


def _dots(figure, hollow=False):
    """Return {place: (value, low, high)} of the dots that are drawn."""
    found = {}
    for trace in figure.data:
        for i, y in enumerate(trace.y):
            if trace.error_x.array is not None and str(trace.marker.symbol[i]).endswith("open") == hollow:
                x = trace.x[i]
                found[float(y)] = (x, x - trace.error_x.arrayminus[i], x + trace.error_x.array[i])
    return found


def test_dots_stand_at_the_values_and_lines_reach_the_limits():
    figure = draw_intervals(five_groups(), MISSED)

    assert _dots(figure)[0] == pytest.approx((0.3, 0.216, 0.401))
    assert _dots(figure)[1] == pytest.approx((0.1, 0.055, 0.174))


@pytest.mark.parametrize(("metric", "order"), [(MISSED, "ABCD"), (ACCURACY, "BACD")])
def test_the_worst_is_on_top_whichever_way_the_metric_runs(metric, order):
    rows = five_groups(metric.name)

    assert [dict(s.items())["g"] for s in sort_slices(rows, metric)] == list(order)
    assert [t.split("<br>")[0] for t in draw_intervals(rows, metric).layout.yaxis.ticktext] == list(order)


def test_the_top_is_where_the_first_row_is():
    bottom, top = draw_intervals(five_groups(), MISSED).layout.yaxis.range

    assert bottom > top


def test_slices_with_too_few_units_are_hollow_and_grey_and_come_after_the_others():
    figure = draw_intervals(five_groups(), MISSED)

    assert list(_dots(figure, hollow=True)) == [2]
    few = next(t for t in figure.data if t.name == "too few units")
    assert few.marker.color == LIGHT.grey
    assert "too few" in figure.layout.yaxis.ticktext[2]


def test_slices_without_data_are_listed_and_get_no_dot():
    figure = draw_intervals(five_groups(), MISSED)

    assert 3 not in _dots(figure) | _dots(figure, hollow=True)
    assert [a.y for a in figure.layout.annotations if a.text == "no data"] == [3]


def test_everyone_is_a_rule_not_a_row():
    figure = draw_intervals(five_groups(), MISSED)

    assert [(s.x0, s.x1) for s in figure.layout.shapes] == [(0.2, 0.2)]
    assert any("everyone 20.0 %" in a.text for a in figure.layout.annotations)
    assert len(figure.layout.yaxis.ticktext) == 4


def test_counts_stand_beside_the_name():
    assert "27 of 90" in draw_intervals(five_groups(), MISSED).layout.yaxis.ticktext[0]


def test_what_a_slice_is_compared_with_is_its_value_less_the_difference():
    differences = disparities_of([(group(g="A"), 0.18, 0.08, 0.29, "ok"), (group(g="D"), nan, nan, nan, "no data")])

    figure = draw_intervals(five_groups(), MISSED, disparities=differences)

    ticks = next(t for t in figure.data if t.name == "everyone else")
    assert (list(ticks.x), list(ticks.y)) == (pytest.approx([0.12]), [0])


def test_systems_stand_side_by_side_with_a_colour_and_a_symbol_each():
    both = pd.concat([five_groups(system="one"), five_groups(system="two")])

    figure = draw_intervals(both, MISSED)

    shown = [t for t in figure.data if t.showlegend]
    assert [t.name for t in shown] == ["one", "two"]
    assert len({t.marker.color for t in shown}) == len({t.marker.symbol[0] for t in shown}) == 2
    assert shown[0].y[0] < shown[1].y[0]
    assert figure.layout.showlegend


def test_an_infinite_value_is_an_arrow_at_the_edge():
    rows = estimates_of([(group(g="A"), 1, 2, 0.5, 0.6, "ok"), (group(g="B"), 1, 2, 0.4, 0.6, "ok")], "log_loss")
    rows.loc[0, ["value", "high"]] = inf

    figure = draw_intervals(rows, METRICS["log_loss"])

    assert "arrow-right" in figure.data[0].marker.symbol
    assert np.isfinite(np.array([t.x for t in figure.data if len(t.x)], float)).all()
    assert any("∞" in text for text in texts_of(figure))


def test_a_value_without_an_interval_has_a_dot_without_a_line():
    rows = estimates_of([(group(g="A"), 1, 2, nan, nan, "ok"), (group(g="B"), 2, 2, nan, nan, "ok")])

    assert {low == value == high for value, low, high in _dots(draw_intervals(rows, MISSED)).values()} == {True}


def test_a_share_is_drawn_from_zero_and_a_narrow_band_far_from_it_is_said_to_be_cut():
    near = draw_intervals(five_groups(), MISSED)
    assert near.layout.xaxis.ticktext[0] == "0"

    band = estimates_of(
        [(group(g=n), k, 1000, k / 1000 - 0.01, k / 1000 + 0.01, "ok") for n, k in (("A", 910), ("B", 940))]
    )
    far = draw_intervals(band.assign(metric="accuracy"), ACCURACY)
    assert far.layout.xaxis.range[0] > 0.8
    assert "axis starts at" in far.layout.xaxis.title.text.replace("<br>", " ")


def test_no_axis_goes_beyond_what_the_metric_can_be():
    rows = estimates_of(
        [(group(g="A"), 97, 100, 0.91, 0.99, "ok"), (group(g="B"), 5, 100, 0.02, 0.11, "ok")], "accuracy"
    )

    ticks = draw_intervals(rows, ACCURACY).layout.xaxis.ticktext
    assert (ticks[0], ticks[-1]) == ("0", "100 %")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_hostile_names_are_drawn_as_they_stand(theme):
    rows = estimates_of([(group(g=name), 10 + i, 100, 0.05, 0.4, "ok") for i, name in enumerate(HOSTILE)])

    figure = draw_intervals(rows, MISSED, theme=theme)

    ours = ("<br>", "<b>", "</b>", "<span style='font-size:11px;color:#595959'>", "</span>", "<extra></extra>")
    ours += ("<span style='font-size:11px;color:#B4B8C0'>",)
    for text in texts_of(figure):
        for tag in ours:
            text = text.replace(tag, "")
        assert "<" not in text
        assert "$" not in text
    assert len(set(figure.layout.yaxis.ticktext)) == len(HOSTILE)
    assert max(len(line) for t in figure.layout.yaxis.ticktext for line in t.split("<br>")[:-1]) < 80
    assert escape("<b>bold</b>") in {t.split("<br>")[0] for t in figure.layout.yaxis.ticktext}


def test_hostile_system_and_metric_names_are_escaped_too():
    rows = pd.concat([five_groups(system="<b>one</b>"), five_groups(system="<b>two</b>")])

    assert [t.name for t in draw_intervals(rows, MISSED).data if t.showlegend] == [
        "&lt;b&gt;one&lt;/b&gt;",
        "&lt;b&gt;two&lt;/b&gt;",
    ]


def test_an_empty_table_says_so():
    for empty in (five_groups().iloc[:0], five_groups().iloc[:1]):
        figure = draw_intervals(empty, MISSED)
        assert [a.text for a in figure.layout.annotations] == ["No slices to show."]
        assert "no slices" in describe_intervals(empty, MISSED)


def test_slices_all_without_data_are_listed():
    none = estimates_of([(group(g=n), 0, 0, nan, nan, "no data") for n in "AB"])

    figure = draw_intervals(none, MISSED)

    assert [a.text for a in figure.layout.annotations] == ["no data", "no data"]
    assert (
        describe_intervals(none, MISSED) == "False negative rate by g. No slice has enough data. 2 slices have no data."
    )


def test_the_text_alternative_states_the_finding_with_its_numbers():
    assert describe_intervals(five_groups(), MISSED) == (
        "False negative rate by g. Worst: A with 30.0 % [21.6, 40.1]; best: B with 10.0 % [5.5, 17.4]; "
        "everyone: 20.0 % [15.0, 26.0]. 1 slice has too few units and 1 slice has no data."
    )


def test_without_a_better_side_the_words_are_highest_and_lowest():
    text = describe_intervals(five_groups("selection_rate"), METRICS["selection_rate"])

    assert "Highest: A" in text
    assert "lowest: B" in text
    assert "orst" not in text


def test_the_table_holds_the_same_numbers_as_texts():
    differences = disparities_of([(group(g="A"), 0.18, 0.08, 0.29, "ok")])

    table = table_intervals(five_groups(), MISSED, disparities=differences)

    assert table.columns.tolist() == [
        "slice",
        "value",
        "interval",
        "counts",
        "difference",
        "interval of difference",
        "adjusted p",
        "status",
    ]
    assert table.loc[1].tolist() == [
        "A",
        "30.0 %",
        "[21.6, 40.1]",
        "27 of 90",
        "+18.0 points",
        "[+8.0, +29.0]",
        "0.020",
        "ok",
    ]
    assert table["slice"].tolist() == ["everyone", "A", "B", "C", "D"]
    assert table.loc[4, ["value", "interval", "difference"]].tolist() == ["-", "-", "-"]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
def test_every_text_is_in_a_colour_that_can_be_read(theme):
    figure = draw_intervals(five_groups(), MISSED, theme=theme.name)

    inks = [figure.layout.font.color, figure.layout.xaxis.tickfont.color, figure.layout.xaxis.title.font.color]
    inks += [a.font.color for a in figure.layout.annotations]
    assert [ink for ink in inks if contrast(ink, theme.page) < 4.5] == []


def test_a_finger_can_scroll_past_the_chart():
    figure = draw_intervals(five_groups(), MISSED)

    assert figure.layout.dragmode is False
    assert figure.layout.xaxis.fixedrange
    assert figure.layout.yaxis.fixedrange


def test_orange_is_not_the_colour_of_the_first_systems():
    assert {OKABE_ITO["orange"], OKABE_ITO["vermilion"]}.isdisjoint(LIGHT.systems[:3] + DARK.systems[:3])


def test_the_input_stays_as_it_was():
    rows = five_groups()
    before = rows.copy(deep=True)

    draw_intervals(rows, MISSED)
    table_intervals(rows, MISSED)

    pd.testing.assert_frame_equal(rows, before)


def test_everyone_alone_is_no_slice():
    assert sort_slices(five_groups(), MISSED).count(EVERYONE) == 0
