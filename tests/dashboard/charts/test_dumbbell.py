"""Dumbbells: regressions first, slices with too few apart, the verdict in words and by a mark, not colour alone."""

from __future__ import annotations

from math import nan

import pandas as pd
import pytest

from dashboard.charts.dumbbell import describe_dumbbell, draw_dumbbell, sort_pairs, table_dumbbell
from dashboard.charts.palette import BETTER, DARK, LIGHT, contrast
from tests.dashboard.charts.tables import ACCURACY, EVERYONE, HOSTILE, MISSED, group, texts_of

COLUMNS = ["slice", "reference", "customer", "low", "high", "verdict", "reason", "needed", "status"]


def pairs_of(*rows, metric=MISSED) -> pd.DataFrame:
    """Rows are as in COLUMNS; each side's own interval is two points either way."""
    made = []
    for row in rows:
        told = dict(zip(COLUMNS, row, strict=True))
        here, there = told["reference"], told["customer"]
        made.append(
            {
                "slice": told["slice"],
                "system": None,
                "metric": metric.name,
                "kind": "difference",
                "reference": here,
                "customer": there,
                "value": there - here,
                "low": told["low"],
                "high": told["high"],
                "p": nan,
                "p_adjusted": 0.01 if "here" in told["verdict"] else 0.5,
                "verdict": told["verdict"],
                "reason": told["reason"],
                "units_needed": told["needed"],
                "reference_low": here - 0.02,
                "reference_high": here + 0.02,
                "customer_low": there - 0.02,
                "customer_high": there + 0.02,
                "reference_units": 500,
                "customer_units": 200,
                "status": told["status"],
            }
        )
    return pd.DataFrame(made)


@pytest.fixture
def pairs() -> pd.DataFrame:
    return pairs_of(
        (EVERYONE, 0.10, 0.11, -0.01, 0.03, "no change shown", "", nan, "ok"),
        (group(sex="m"), 0.10, 0.05, -0.08, -0.02, "better here", "", nan, "ok"),
        (group(sex="f"), 0.10, 0.30, 0.12, 0.28, "worse here", "", nan, "ok"),
        (group(age="old"), 0.10, 0.16, -0.01, 0.13, "cannot tell", "interval too wide", 120.4, "ok"),
        (group(age="young"), 0.10, 0.90, nan, nan, "cannot tell", "too few in the customer's set", nan, "too few"),
        (group(age="new"), nan, 0.20, nan, nan, "cannot tell", "only in the customer's set", nan, "no data"),
    )


def places_of(figure) -> list[str]:
    axis = figure.layout.yaxis
    told = sorted(zip(axis.tickvals, axis.ticktext, strict=True))
    return [text.split("<br>")[0] for _, text in told]


def test_everyone_comes_first_then_what_got_worse_and_last_what_cannot_be_judged(pairs):
    assert [str(s) for s in sort_pairs(pairs, MISSED)["slice"]] == [
        "everyone",
        "sex = f",
        "age = old",
        "sex = m",
        "age = young",
        "age = new",
    ]


def test_where_higher_is_better_a_fall_is_what_got_worse():
    pairs = pairs_of(
        (group(sex="m"), 0.7, 0.9, 0.1, 0.3, "better here", "", nan, "ok"),
        (group(sex="f"), 0.9, 0.7, -0.3, -0.1, "worse here", "", nan, "ok"),
        metric=ACCURACY,
    )

    assert [str(s) for s in sort_pairs(pairs, ACCURACY)["slice"]] == ["sex = f", "sex = m"]


def test_a_heading_parts_those_with_enough_from_those_without(pairs):
    names = places_of(draw_dumbbell(pairs, MISSED))

    assert names == [
        "everyone",
        "sex = f",
        "age = old",
        "sex = m",
        "<b>Not enough on both sides</b>",
        "age = young",
        "age = new",
    ]


def test_where_none_has_enough_the_heading_is_on_top():
    pairs = pairs_of((group(sex="f"), 0.1, 0.2, nan, nan, "cannot tell", "too few in the reference", nan, "too few"))

    assert places_of(draw_dumbbell(pairs, MISSED))[0] == "<b>Not enough on both sides</b>"


def test_a_verdict_stands_in_words_and_has_a_mark_of_its_own(pairs):
    figure = draw_dumbbell(pairs, MISSED)
    words = ("worse here", "better here", "no change shown", "cannot tell", "not enough on both sides")
    marks = {t.name: t.marker.symbol for t in figure.data if t.mode == "markers"}

    assert [marks[f"customer, {word}"] for word in words] == [
        "triangle-right",
        "triangle-left",
        "square",
        "circle",
        "x-thin-open",
    ]
    assert len(set(marks.values())) == len(words) + 1
    text = next(t for t in figure.layout.yaxis.ticktext if t.startswith("sex = f"))
    assert "worse here, +20.0 points" in text


def test_a_slice_of_one_side_has_one_dot_and_no_line(pairs):
    figure = draw_dumbbell(pairs, MISSED)
    (ring,) = [t for t in figure.data if t.name == "reference"]
    (apart,) = [t for t in figure.data if t.name == "customer, not enough on both sides"]
    lines = [t for t in figure.data if t.mode == "lines" and t.name is None]

    assert len(ring.x) == 5  # all but the new one
    assert len(apart.x) == 2
    assert sum(len(t.x) // 3 for t in lines) == 5


def test_too_few_do_not_stretch_the_axis_by_their_intervals(pairs):
    wide = pairs.assign(customer_high=pairs["customer_high"].where(pairs["status"] == "ok", 0.99))

    assert draw_dumbbell(wide, MISSED).layout.xaxis.range == draw_dumbbell(pairs, MISSED).layout.xaxis.range


def test_the_text_says_every_verdict_with_both_values(pairs):
    said = describe_dumbbell(pairs, MISSED)

    assert "Worse here: sex = f from 10.0 % to 30.0 %." in said
    assert "Better here: sex = m from 10.0 % to 5.0 %." in said
    assert "Of 2 groups both sides have not enough." in said


def test_the_table_has_a_row_a_slice_in_the_order_of_the_picture(pairs):
    ratios = pairs.assign(kind="ratio", value=pairs["customer"] / pairs["reference"], low=1.1, high=1.9)
    table = table_dumbbell(pd.concat([pairs, ratios], ignore_index=True), MISSED)

    assert list(table["slice"]) == ["everyone", "sex = f", "age = old", "sex = m", "age = young", "age = new"]
    worse, open_one = table.iloc[1], table.iloc[2]
    assert (worse["difference"], worse["ratio"], worse["verdict"]) == ("+20.0 points", "3.00 times", "worse here")
    assert (open_one["why"], open_one["more units that would tell"]) == ("interval too wide", "121")
    assert table.iloc[5]["reference"] == "-"


def test_only_the_first_slices_are_drawn_and_the_table_has_all(pairs):
    assert len(places_of(draw_dumbbell(pairs, MISSED, most=2))) == 2
    assert len(table_dumbbell(pairs, MISSED)) == 6


def test_nothing_to_show_is_said():
    none = pairs_of().reindex(columns=pairs_of((EVERYONE, 0.1, 0.1, 0, 0, "cannot tell", "", nan, "ok")).columns)

    assert draw_dumbbell(none, MISSED).layout.annotations[0].text == "No group to show."
    assert describe_dumbbell(none, MISSED) == "No group to show."


def test_names_from_files_are_drawn_as_text():
    pairs = pairs_of(*[(group(word=w), 0.1, 0.3, 0.1, 0.3, "worse here", "", nan, "ok") for w in HOSTILE])
    figure = draw_dumbbell(pairs, MISSED)
    names = [text.split("<br>")[0] for text in figure.layout.yaxis.ticktext]

    assert not any("<" in name or "$" in name for name in names)
    assert len(set(names)) == len(HOSTILE)
    assert not any("<script>" in text for text in texts_of(figure))


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)
def test_marks_and_words_can_be_seen_on_the_page(look):
    assert all(contrast(colour, look.page) >= 3 for colour in (look.worse, BETTER, look.ink, look.grey))
    assert contrast(look.worse, look.page) >= 4.5  # it is text, too
