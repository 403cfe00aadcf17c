"""The map of coverage: what is there, what is too few, what is out of reach and what is not there are told apart."""

from __future__ import annotations

from math import nan

import pandas as pd
import pytest

from dashboard.charts.amounts import draw_amounts, table_amounts
from dashboard.charts.coverage_grid import OUT_OF_REACH, SHOWN, describe_coverage, lay_coverage
from tests.dashboard.charts.tables import HOSTILE, MISSED, group, texts_of

LEVELS = {"sex": ["f", "m"], "age": ["young", "old"]}


def combinations(rows) -> pd.DataFrame:
    """Rows are (slice, units, below, half_width, difference_half_width, detectable_gap, status, reachable)."""
    names = (
        *("slice", "units", "below", "half_width", "difference_half_width", "detectable_gap"),
        *("status", "reachable"),
    )
    fixed = {"system": None, "metric": MISSED.name, "clusters": nan, "likely": False}
    return pd.DataFrame([dict(zip(names, row, strict=True)) | fixed for row in rows])


TABLE = combinations(
    [
        (group(sex="f"), 100, 25.0, 0.02, 0.03, 0.05, "too few", True),
        (group(sex="m"), 900, 225.0, 0.01, 0.03, 0.04, "ok", True),
        (group(age="young"), 400, 100.0, 0.02, 0.03, 0.05, "ok", True),
        (group(age="old"), 600, 150.0, 0.02, 0.03, 0.05, "ok", True),
        (group(sex="f", age="old"), 100, 25.0, 0.1, 0.12, 0.2, "too few", False),
        (group(sex="m", age="young"), 400, 100.0, 0.03, 0.06, 0.08, "ok", False),
        (group(sex="m", age="old"), 500, 125.0, 0.02, 0.04, 0.06, "ok", True),
        (group(sex="f", age="young"), 0, 0.0, nan, nan, nan, "no data", False),
        (group(sex="m", age="old", city="x"), 500, 1.0, 0.02, 0.04, 0.06, "ok", True),
    ]
)


def lay(shown="units", down="sex", across="age", table=TABLE, levels=LEVELS):
    return lay_coverage(table, MISSED, shown, down, across, levels)


def test_levels_stand_in_their_order_and_each_attribute_alone_at_the_end():
    grid = lay()

    assert grid.amounts.rows == ("f", "m", "any sex")
    assert grid.amounts.columns == ("young", "old", "any age")
    assert (grid.amounts.apart, grid.amounts.apart_rows) == (1, 1)
    assert grid.keys[1, 0] == group(sex="m", age="young")
    assert grid.keys[1, 2] == group(sex="m")
    assert (2, 2) not in grid.keys


@pytest.mark.parametrize(
    ("shown", "texts"),
    [
        ("units", (("-", f"100 {OUT_OF_REACH}", "100"), (f"400 {OUT_OF_REACH}", "500", "900"), ("400", "600", ""))),
        ("below", (("-", f"25 {OUT_OF_REACH}", "25"), (f"100 {OUT_OF_REACH}", "125", "225"), ("100", "150", ""))),
        (
            "half_width",
            (("-", f"±10.0 {OUT_OF_REACH}", "±2.0"), (f"±3.0 {OUT_OF_REACH}", "±2.0", "±1.0"), ("±2.0", "±2.0", "")),
        ),
        (
            "detectable_gap",
            (("-", f"20.0 {OUT_OF_REACH}", "5.0"), (f"8.0 {OUT_OF_REACH}", "6.0", "4.0"), ("5.0", "5.0", "")),
        ),
    ],
)
def test_the_number_asked_for_stands_in_the_cell_with_a_sign_where_a_pass_is_out_of_reach(shown, texts):
    assert lay(shown).amounts.texts == texts


def test_too_few_is_grey_and_hatched_and_more_is_darker():
    amounts = lay().amounts
    blue, grey = (trace for trace in draw_amounts(amounts).data if trace.type == "heatmap")
    hatch = [trace for trace in draw_amounts(amounts).data if trace.type == "scatter" and trace.fillpattern.shape]

    assert amounts.marked == {(0, 1), (0, 2)}
    assert grey.z[0][1] is not None
    assert blue.z[0][1] is None
    assert blue.z[1][0] < blue.z[1][1]
    assert len(hatch) == 1
    assert [x for x in hatch[0].x if x is not None][:2] == [0.52, 1.48]


def test_the_scale_spans_the_cells_not_the_sums_beside_them():
    blue = next(trace for trace in draw_amounts(lay().amounts).data if trace.type == "heatmap")

    assert blue.zmax == pytest.approx(500**0.5)


def test_what_is_not_there_is_a_dash_and_is_named():
    figure = draw_amounts(lay().amounts)

    (points,) = [trace for trace in figure.data if trace.name == "cells"]

    assert [(a.x, a.y, a.text) for a in figure.layout.annotations] == [(0, 0, "-"), (2, 2, "")]
    assert [0, 0] in map(list, points.customdata)
    assert [2, 2] not in map(list, points.customdata)
    assert "Nothing for f with young." in describe_coverage(lay())


def test_what_is_impossible_is_left_empty_and_not_called_lacking():
    grid = lay(table=TABLE[TABLE["status"] != "no data"])

    assert grid.amounts.texts[0][0] == ""
    assert "Nothing for" not in describe_coverage(grid)


def test_words_tell_the_least_the_few_and_what_is_out_of_reach():
    said = describe_coverage(lay("below"))

    assert "Heat map of the denominator of the metric by sex and age: 2 down, 2 across" in said
    assert "Least: f, old, 25." in said
    assert "Most: m, old, 125." in said
    assert "1 of 4 cells are hatched: too few to judge." in said
    assert "In 2 a pass is out of reach." in said


def test_one_attribute_alone_is_one_column():
    grid = lay(across=None)

    assert grid.amounts.rows == ("f", "m")
    assert grid.amounts.columns == (SHOWN["units"],)
    assert grid.amounts.texts == (("100",), ("900",))
    assert grid.keys == {(0, 0): group(sex="f"), (1, 0): group(sex="m")}


def test_the_table_has_the_texts_of_the_cells():
    assert table_amounts(lay().amounts).to_dict("records")[1] == {
        "level of sex": "m",
        "young": f"400 {OUT_OF_REACH}",
        "old": "500",
        "any age": "900",
    }


def test_a_missing_level_has_a_row_only_where_it_occurs():
    more = combinations([(group(sex="(missing)", age="old"), 5, 2.0, 0.3, 0.3, nan, "too few", False)])

    assert lay(table=pd.concat([TABLE, more])).amounts.rows == ("f", "m", "(missing)", "any sex")


def test_names_of_strangers_are_drawn_as_text():
    levels = {"a<b>": HOSTILE, "age": ["old"]}
    rows = [(group(**{"a<b>": name, "age": "old"}), 50, 40.0, 0.1, 0.1, 0.2, "ok", True) for name in HOSTILE]
    grid = lay(down="a<b>", table=combinations(rows), levels=levels)
    drawn = " ".join(texts_of(draw_amounts(grid.amounts)))

    assert "<script>" not in drawn
    assert "<a href" not in drawn
    assert len(set(grid.amounts.rows)) == len(HOSTILE)
