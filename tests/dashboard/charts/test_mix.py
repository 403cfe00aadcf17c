"""The mix beside a reference: both shares, what lies between, and the same in words and numbers."""

from __future__ import annotations

from math import nan

import pandas as pd

from dashboard.charts.mix import describe_mix, draw_mix, table_mix
from tests.dashboard.charts.tables import HOSTILE, texts_of

COLUMNS = ["axis", "level", "units", "share", "expected", "difference", "low", "high", "p_adjusted", "needed"]
MIX = pd.DataFrame(
    [
        ("sex", "f", 20, 0.2, 0.5, -0.3, -0.37, -0.21, 0.0001, 60),
        ("sex", "m", 80, 0.8, 0.5, 0.3, 0.21, 0.37, 0.0001, 0),
        ("age", "old", 50, 0.5, 0.51, -0.01, -0.11, 0.09, 0.84, 1),
        ("age", "young", 50, 0.5, 0.49, 0.01, -0.09, 0.11, 0.84, 0),
    ],
    columns=COLUMNS,
)


def marks(figure):
    return {trace.name: trace for trace in figure.data if trace.mode == "markers"}


def test_each_level_has_a_dot_and_a_diamond_joined_by_a_line():
    figure = draw_mix(MIX)
    here, there = marks(figure)["in these data"], marks(figure)["in the reference"]

    assert list(here.x) == [0.2, 0.8, 0.5, 0.5]
    assert list(there.x) == [0.5, 0.5, 0.51, 0.49]
    assert list(here.y) == list(there.y) == [1, 2, 4, 5]
    assert here.marker.symbol != there.marker.symbol
    assert list(figure.data[0].x)[:3] == [0.2, 0.5, None]


def test_attributes_are_headings_above_their_levels():
    assert list(draw_mix(MIX).layout.yaxis.ticktext) == ["<b>sex</b>", "f", "m", "<b>age</b>", "old", "young"]


def test_shares_start_at_nothing():
    low, high = draw_mix(MIX).layout.xaxis.range

    assert -0.03 < low <= 0
    assert 0.8 < high < 0.9


def test_a_level_on_one_side_only_has_one_mark():
    figure = draw_mix(pd.DataFrame([("sex", "x", 0, 0.0, nan, nan, nan, nan, nan, nan)], columns=COLUMNS))

    assert list(marks(figure)["in these data"].x) == [0.0]
    assert list(marks(figure)["in the reference"].x) == []


def test_words_name_the_largest_differences_first():
    said = describe_mix(MIX)

    assert "sex = f: 20.0 % here, 50.0 % there." in said
    assert "age" not in said
    assert "No share differs by more than two points." in describe_mix(MIX.tail(2))
    assert describe_mix(MIX.head(0)) == "No shares to compare."


def test_the_table_has_every_number():
    assert table_mix(MIX).to_dict("records")[0] == {
        "attribute": "sex",
        "level": "f",
        "rows": "20",
        "share here": "20.0 %",
        "share in the reference": "50.0 %",
        "difference": "\N{MINUS SIGN}30.0 points",
        "interval": "[\N{MINUS SIGN}37.0, \N{MINUS SIGN}21.0]",
        "adjusted p": "< 0.001",
        "rows to add": "60",
    }


def test_nothing_to_compare_is_said():
    assert draw_mix(MIX.head(0)).layout.annotations[0].text == "No shares to compare."


def test_names_of_strangers_are_drawn_as_text():
    mix = pd.DataFrame([(HOSTILE[1], name, 1, 0.1, 0.2, -0.1, -0.2, 0.0, 0.05, 3) for name in HOSTILE], columns=COLUMNS)
    figure = draw_mix(mix)
    drawn = " ".join(texts_of(figure))

    assert "<script>" not in drawn
    assert "<a href" not in drawn
    assert len(set(figure.layout.yaxis.ticktext)) == len(HOSTILE) + 1
