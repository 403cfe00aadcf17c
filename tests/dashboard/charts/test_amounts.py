"""The map of amounts: colour, number, order and words say the same."""

from __future__ import annotations

from math import nan

import pandas as pd
import pytest

from dashboard.charts.amounts import cut_amounts, describe_amounts, draw_amounts, lay_amounts, table_amounts
from dashboard.charts.palette import BLUES, CELL_GREY, CELL_INK, contrast
from tests.dashboard.charts.tables import HOSTILE, texts_of

VALUES = pd.DataFrame(
    {"red": [0.0, 0.2, 0.0, nan], "blue": [0.0, 0.1, 0.5, 0.3], "all": [0.0, 0.15, 0.25, 0.3]},
    index=["never", "sex", "age", "city"],
)


def lay(values=VALUES, **more):
    texts = values.map(lambda v: "-" if v != v else f"{v:.0%}")
    return lay_amounts(values, texts, what="share of submissions", of="feature", apart=1, **more)


def heat(figure):
    return [trace for trace in figure.data if trace.type == "heatmap"]


def test_the_row_with_most_in_the_last_column_is_on_top_and_empty_rows_at_the_bottom():
    amounts = lay()

    assert amounts.rows == ("city", "age", "sex", "never")
    assert amounts.empty == (False, False, False, True)


def test_rows_keep_their_order_where_they_have_one():
    assert lay(sort=False).rows == ("never", "sex", "age", "city")


def test_more_is_darker_and_the_number_stands_in_the_cell():
    blue, grey = heat(draw_amounts(lay()))

    assert [stop[1] for stop in blue.colorscale] == [colour for _, colour in BLUES]
    assert (blue.zmin, blue.zmax) == (0, 0.5)
    assert list(blue.z[1]) == [0.0, 0.5, 0.25]
    assert list(blue.text[1]) == ["0%", "50%", "25%"]
    assert {stop[1] for stop in grey.colorscale} == {CELL_GREY}
    assert list(grey.z[3]) == [0.0, 0.0, 0.0]
    assert list(blue.z[3]) == [None, None, None]


@pytest.mark.parametrize("colour", [*(colour for _, colour in BLUES), CELL_GREY])
def test_numbers_can_be_read_on_every_colour(colour):
    assert contrast(CELL_INK, colour) >= 4.5


def test_what_is_not_known_is_a_dash_without_a_colour():
    figure = draw_amounts(lay())

    assert heat(figure)[0].z[0][0] is None
    assert [(a.x, a.y, a.text) for a in figure.layout.annotations] == [(0, 0, "-")]


def test_everyone_stands_apart():
    (line,) = draw_amounts(lay()).layout.shapes

    assert line.x0 == line.x1 == 1.5


def test_words_and_table_say_what_the_picture_shows():
    amounts = lay()

    said = describe_amounts(amounts)
    assert "share of submissions: 4 features down, 3 across" in said
    assert "Most: age, blue, 50%." in said
    assert "all: city 30%, age 25%, sex 15%." in said
    assert "Nothing in never." in said
    assert table_amounts(amounts).to_dict("records")[1] == {"feature": "age", "red": "0%", "blue": "50%", "all": "25%"}


def test_of_a_large_map_the_first_rows_and_columns_are_kept_and_everyone():
    small = cut_amounts(lay(), rows=2, columns=2)

    assert (small.rows, small.columns) == (("city", "age"), ("red", "all"))
    assert small.texts == (("-", "30%"), ("0%", "25%"))
    assert cut_amounts(lay(), rows=9, columns=9).texts == lay().texts


def test_an_empty_map_says_so():
    nothing = lay(pd.DataFrame())

    assert describe_amounts(nothing) == "Nothing to show."
    assert draw_amounts(nothing).layout.annotations[0].text == "Nothing to show."


def test_names_of_strangers_are_drawn_as_text_and_stay_apart():
    values = pd.DataFrame(0.5, index=HOSTILE, columns=[*HOSTILE, "all"])
    amounts = lay(values)
    drawn = " ".join(texts_of(draw_amounts(amounts)))

    assert "<script>" not in drawn
    assert "<a href" not in drawn
    assert len(set(amounts.columns)) == len(HOSTILE) + 1
    assert len(table_amounts(amounts).columns) == len(HOSTILE) + 2
