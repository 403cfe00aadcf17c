"""The pictures of the checks on a search: shares of conditions, and what chance alone would find."""

from __future__ import annotations

from math import nan

import numpy as np
import pandas as pd
import pytest

from dashboard.charts.attributions import describe_attributions, draw_attributions, table_attributions
from dashboard.charts.dealt import describe_dealt, draw_dealt, table_dealt
from dashboard.charts.palette import BETTER, WORSE
from metrics.permutation import Permutation
from metrics.slices import Slice
from tests.dashboard.charts.tables import ACCURACY, HOSTILE, METRICS, MISSED, group, texts_of

SHARES = pd.DataFrame(
    {
        "condition": [group(sex="f"), group(age="young"), group(region="south")],
        "contribution": [0.12, -0.03, nan],
        "alone": [0.05, -0.01, 0.02],
        "last": [0.15, -0.02, nan],
    }
)


@pytest.fixture
def dealt() -> Permutation:
    table = pd.DataFrame({"slice": [group(sex="f")], "system": None, "z": [6.0], "p": [0.01], "p_adjusted": [0.02]})
    return Permutation(table, 99, 0, "rows", 500, np.linspace(1.0, 3.0, 99), 2.9)


def test_a_bar_is_as_long_as_the_share_of_its_condition():
    figure = draw_attributions(SHARES, MISSED)

    assert list(figure.data[0].x) == [0.12, -0.03]
    assert list(figure.layout.yaxis.ticktext) == ["sex = f", "age = young"]
    assert "(points)" in figure.layout.xaxis.title.text


@pytest.mark.parametrize(("metric", "colours"), [(MISSED, [WORSE, BETTER]), (ACCURACY, [BETTER, WORSE])])
def test_what_makes_it_worse_has_the_colour_of_worse(metric, colours):
    assert list(draw_attributions(SHARES, metric).data[0].marker.color) == colours


def test_a_metric_without_a_worse_side_has_no_such_colours():
    colours = draw_attributions(SHARES, METRICS["selection_rate"]).data[0].marker.color

    assert not {WORSE, BETTER} & set(colours)


def test_without_shares_the_picture_says_so():
    assert "Nothing to share out" in draw_attributions(SHARES.tail(1), MISSED).layout.annotations[0].text


def test_shares_are_told_in_words_and_as_a_table():
    table = table_attributions(SHARES, MISSED)

    assert "sex = f +12.0 points; age = young \N{MINUS SIGN}3.0 points" in describe_attributions(SHARES, MISSED)
    assert list(table["share"]) == ["+12.0 points", "\N{MINUS SIGN}3.0 points", "-"]
    assert list(table["by itself"]) == ["+5.0 points", "\N{MINUS SIGN}1.0 points", "+2.0 points"]
    assert table["added to the others"].iloc[0] == "+15.0 points"


def test_names_of_conditions_are_drawn_as_text():
    shares = pd.DataFrame({"condition": [Slice(((n, n),)) for n in HOSTILE], "contribution": 0.1, "alone": 0.1})
    texts = texts_of(draw_attributions(shares, MISSED))

    assert [text for text in texts if "<script" in text or "<a href" in text or "$" in text] == []


def test_the_bars_of_chance_count_every_draw(dealt):
    assert sum(draw_dealt(dealt).data[0].y) == 99
    assert sum(int(n) for n in table_dealt(dealt)["times"]) == 99


def test_this_file_and_the_limit_of_chance_are_rules_with_their_names(dealt):
    figure = draw_dealt(dealt)

    assert sorted(shape.x0 for shape in figure.layout.shapes) == [2.9, 6.0]
    assert {(a.x, a.text) for a in figure.layout.annotations} == {(2.9, "95 in 100 below"), (6.0, "this file")}


def test_the_check_is_told_in_words(dealt):
    said = describe_dealt(dealt)

    assert "from 1.0 to 3.0 standard errors out, in 95 of 100 no further than 2.9; in the file it lies 6.0 out" in said


def test_a_check_of_nothing_draws_nothing():
    table = pd.DataFrame({"slice": [], "system": [], "z": [], "p": [], "p_adjusted": []})
    nothing = Permutation(table, 99, 0, "rows", 0, np.full(99, nan), nan)

    assert "enough rows" in draw_dealt(nothing).layout.annotations[0].text
    assert "enough rows" in describe_dealt(nothing)
    assert len(table_dealt(nothing)) == 0
