"""A gap is shown beside what chance alone would show."""

from __future__ import annotations

from math import nan

import pandas as pd
import pytest

from dashboard.charts.spreads import describe_spreads, draw_spreads, table_spreads
from tests.dashboard.charts.tables import HOSTILE, METRICS, MISSED, group, spreads_of, texts_of


@pytest.fixture
def spreads() -> pd.DataFrame:
    return spreads_of(
        [
            (("sex",), 0.05, 0.01, 0.12, 0.08, group(sex="f"), group(sex="m"), [group(sex="(missing)")]),
            (("age",), 0.17, 0.09, 0.25, 0.06, group(age="young"), group(age="old"), []),
            (("only",), nan, nan, nan, nan, None, None, []),
        ]
    )


def test_the_largest_gap_is_on_top_with_the_pair_that_makes_it(spreads):
    ticks = draw_spreads(spreads, MISSED).layout.yaxis.ticktext

    assert [t.split("<br>")[0] for t in ticks] == ["age", "sex", "only"]
    assert "young against old" in ticks[0]


def test_the_band_reaches_from_nothing_to_the_noise_floor(spreads):
    bands = draw_spreads(spreads, MISSED).layout.shapes

    assert [(b.x0, b.x1) for b in bands] == [(0, 0.06), (0, 0.08)]


def test_a_gap_beyond_chance_is_filled_and_one_within_it_is_hollow(spreads):
    beyond, within = draw_spreads(spreads, MISSED).data

    assert (beyond.x[0], beyond.marker.symbol) == (0.17, "circle")
    assert (within.x[0], within.marker.symbol) == (0.05, "circle-open")
    assert (beyond.error_x.array[0], beyond.error_x.arrayminus[0]) == pytest.approx((0.08, 0.08))


def test_a_grouping_without_a_gap_is_listed(spreads):
    assert [(a.y, a.text) for a in draw_spreads(spreads, MISSED).layout.annotations] == [(2, "too few groups")]


def test_the_axis_starts_at_no_gap_and_counts_points(spreads):
    axis = draw_spreads(spreads, MISSED).layout.xaxis

    assert axis.tickvals[0] == 0
    assert "%" not in "".join(axis.ticktext)
    assert "(points)" in axis.title.text


def test_systems_have_a_row_each_and_their_own_symbol(spreads):
    both = pd.concat([spreads.assign(system="one"), spreads.assign(system="two")])

    figure = draw_spreads(both, MISSED)

    assert [("age" in t, "one:" in t, "two:" in t) for t in figure.layout.yaxis.ticktext[:2]] == [
        (True, True, False),
        (True, False, True),
    ]
    assert "age, two: 17.0 points" in describe_spreads(both, MISSED)
    assert len({t.marker.color for t in figure.data}) == 2


def test_the_text_alternative_says_whether_chance_would_do(spreads):
    assert describe_spreads(spreads, MISSED) == (
        "Largest gaps in false negative rate. "
        "age: 17.0 points (young against old), more than the 6.0 points that chance alone would show. "
        "sex: 5.0 points (f against m), within the 8.0 points that chance alone would show. "
        "only: fewer than two groups with enough data."
    )


def test_the_table_says_what_was_left_out(spreads):
    table = table_spreads(spreads, MISSED)

    assert table["left out"].tolist() == ["none", "(missing)", "none"]
    assert table.loc[0, ["by", "gap", "interval", "noise floor", "highest", "lowest"]].tolist() == [
        "age",
        "17.0 points",
        "[9.0, 25.0]",
        "6.0 points",
        "young",
        "old",
    ]
    assert table.loc[2, ["gap", "interval", "noise floor", "highest"]].tolist() == ["-"] * 4


def test_no_rows_say_so(spreads):
    assert "No gaps" in draw_spreads(spreads, METRICS["accuracy"]).layout.annotations[0].text
    assert "no gaps" in describe_spreads(spreads.iloc[:0], MISSED)
    assert table_spreads(spreads.iloc[:0], MISSED).empty


def test_hostile_names_are_drawn_as_they_stand():
    rows = spreads_of([((n,), 0.1, 0.0, 0.2, 0.1, group(g=n), group(g=n + "z"), [group(g=n)]) for n in HOSTILE])

    figure = draw_spreads(rows, MISSED)

    for text in texts_of(figure):
        for tag in ("<br>", "<b>", "</b>", "</span>", "<extra></extra>", "<span style='font-size:11px;color:#595959'>"):
            text = text.replace(tag, "")
        assert "<" not in text
        assert "$" not in text
    assert len(set(figure.layout.yaxis.ticktext)) == len(HOSTILE)
