"""One strip per attribute, the widest gap on top."""

from __future__ import annotations

from math import nan

import pandas as pd
import pytest

from dashboard.charts.palette import LIGHT
from dashboard.charts.strips import describe_strips, draw_strips, table_strips
from tests.dashboard.charts.tables import (
    ACCURACY,
    EVERYONE,
    HOSTILE,
    METRICS,
    MISSED,
    estimates_of,
    five_groups,
    group,
    spreads_of,
    texts_of,
)


def _two_attributes(metric="false_negative_rate") -> pd.DataFrame:
    """Sex: 20 and 25 %. Age: 10, 40 and (too few) 90 %. Missing sex: 50 %."""
    return estimates_of(
        [
            (EVERYONE, 44, 200, 0.17, 0.28, "ok"),
            (group(sex="female"), 25, 100, 0.18, 0.34, "ok"),
            (group(sex="male"), 20, 100, 0.13, 0.29, "ok"),
            (group(sex="(missing)"), 20, 40, 0.35, 0.65, "ok"),
            (group(age="young"), 40, 100, 0.31, 0.5, "ok"),
            (group(age="old"), 10, 100, 0.06, 0.17, "ok"),
            (group(age="oldest"), 9, 10, 0.6, 0.98, "too few"),
            (group(only="one"), 44, 200, 0.17, 0.28, "ok"),
            (group(sex="female", age="young"), 9, 10, 0.6, 0.98, "ok"),
        ],
        metric,
    )


def test_the_attribute_with_the_largest_gap_is_on_top():
    ticks = draw_strips(_two_attributes(), MISSED).layout.yaxis.ticktext

    assert [t.split("<br>")[0] for t in ticks] == ["age", "sex", "only"]
    assert "gap 30.0 points" in ticks[0]
    assert "no gap to show" in ticks[2]


def test_gaps_are_between_known_groups_with_enough_units():
    """Missing sex (50 %) and the ten oldest (90 %) would make them larger."""
    ticks = draw_strips(_two_attributes(), MISSED).layout.yaxis.ticktext

    assert "gap 5.0 points" in ticks[1]


@pytest.mark.parametrize("value", [0.0, 3.0, -2.0, 1e17])
@pytest.mark.parametrize("rounding", [0.0, 1e-17, 1e-12])
def test_groups_that_are_all_alike_are_drawn_on_an_axis_that_has_a_length(value, rounding):
    metric = METRICS["mean_error"]
    table = _two_attributes(metric.name)
    table["value"] = [value + rounding * (i % 2) for i in range(len(table))]

    axis = draw_strips(table, metric).layout.xaxis
    low, high = axis.range
    assert low < value + rounding < high
    assert len(set(axis.tickvals)) == len(axis.tickvals) > 1


def test_intersections_are_no_strip():
    assert len(draw_strips(_two_attributes(), MISSED).layout.yaxis.ticktext) == 3


def test_each_level_has_a_dot_and_too_few_are_hollow_and_grey():
    figure = draw_strips(_two_attributes(), MISSED)

    dots = {(t.y[i], t.customdata[i][1]): x for t in figure.data for i, x in enumerate(t.x)}
    assert dots[0, "young"] == pytest.approx(0.4)
    assert dots[1, "(missing)"] == pytest.approx(0.5)
    few = next(t for t in figure.data if "oldest" in [c[1] for c in t.customdata])
    assert few.marker.color == LIGHT.grey
    assert few.marker.symbol[0].endswith("open")


@pytest.mark.parametrize(("metric", "worst"), [(MISSED, "young"), (ACCURACY, "old")])
def test_the_worst_and_the_best_are_named(metric, worst):
    figure = draw_strips(_two_attributes(metric.name), metric)

    named = {a.text: a.yanchor for a in figure.layout.annotations if a.y == 0}
    assert set(named) == {"young", "old"}
    assert named[worst] == "bottom"  # above the dot


def test_missing_group_values_are_a_diamond_with_their_name():
    figure = draw_strips(_two_attributes(), MISSED)

    assert "(missing)" in [a.text for a in figure.layout.annotations]
    assert {
        s for t in figure.data for s, c in zip(t.marker.symbol, t.customdata, strict=True) if c[1] == "(missing)"
    } == {"diamond"}


def test_the_band_is_as_wide_as_chance_would_spread_the_groups_around_everyone():
    floors = spreads_of([(("age",), 0.3, 0.1, 0.4, 0.08, group(age="young"), group(age="old"), ())])

    figure = draw_strips(_two_attributes(), MISSED, spreads=floors)

    band = next(s for s in figure.layout.shapes if s.type == "rect")
    assert (band.x0, band.x1) == pytest.approx((0.18, 0.26))
    assert "chance alone" in figure.layout.xaxis.title.text.replace("<br>", " ")


def test_the_text_alternative_names_both_ends_and_the_floor():
    floors = spreads_of([(("age",), 0.3, 0.1, 0.4, 0.08, group(age="young"), group(age="old"), ())])

    text = describe_strips(_two_attributes(), MISSED, spreads=floors)

    assert text == (
        "False negative rate by attribute, largest gap first. "
        "age: from old with 10.0 % to young with 40.0 %; chance alone would show a gap of up to 8.0 points. "
        "sex: from male with 20.0 % to female with 25.0 %. only: too little data for a gap."
    )


def test_the_table_has_a_row_per_level():
    table = table_strips(_two_attributes(), MISSED)

    assert table[["attribute", "level"]].apply(tuple, axis=1).tolist()[:3] == [
        ("age", "young"),
        ("age", "old"),
        ("age", "oldest"),
    ]
    assert table.loc[0].tolist() == ["age", "young", "40.0 %", "[31.0, 50.0]", "40 of 100", "ok"]


def test_nothing_and_no_data_are_said():
    assert "No attributes" in draw_strips(five_groups().iloc[:0], MISSED).layout.annotations[0].text
    assert table_strips(five_groups().iloc[:0], MISSED).empty
    none = estimates_of([(group(g=n), 0, 0, nan, nan, "no data") for n in "AB"])
    assert "no gap to show" in draw_strips(none, MISSED).layout.yaxis.ticktext[0]
    assert "too little data" in describe_strips(none, MISSED)


def test_hostile_names_are_drawn_as_they_stand():
    rows = estimates_of(
        [(group(**{name or "_": name}), 10 + i, 100, 0.05, 0.4, "ok") for i, name in enumerate(HOSTILE)]
    )
    rows = pd.concat([rows, rows.assign(slice=[group(**{n or "_": n + "z"}) for n in HOSTILE], value=0.9)])

    figure = draw_strips(rows, MISSED)

    for text in texts_of(figure):
        for tag in ("<br>", "<b>", "</b>", "</span>", "<extra></extra>", "<span style='font-size:11px;color:#595959'>"):
            text = text.replace(tag, "")
        assert "<" not in text
        assert "$" not in text
