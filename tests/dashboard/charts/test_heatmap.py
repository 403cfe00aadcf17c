"""The heat map: colour, number, mark and click say the same."""

from __future__ import annotations

from math import nan

import pandas as pd
import pytest

from dashboard.charts.heatmap import (
    clears_parity,
    describe_heatmap,
    draw_heatmap,
    lay_attributes,
    lay_metrics,
    lay_systems,
    table_heatmap,
)
from dashboard.charts.palette import CELL_INK, DARK, DIVERGING, LIGHT, NEUTRAL, contrast
from tests.dashboard.charts.tables import HOSTILE, METRICS, MISSED, disparities_of, estimates_of, group, texts_of

NAMES = ("false_negative_rate", "accuracy", "selection_rate", "root_mean_squared_error")
CHOSEN = {name: METRICS[name] for name in NAMES}
A, B, C = group(g="A"), group(g="B"), group(g="C")


def _table() -> pd.DataFrame:
    """A is missed more often and served less accurately; B the other way round; C has few units or none."""
    return pd.concat(
        [
            disparities_of(
                [(A, 0.10, 0.02, 0.18, "ok"), (B, -0.05, -0.12, 0.01, "ok"), (C, 0.3, 0.1, 0.5, "too few")], NAMES[0]
            ),
            disparities_of(
                [(A, -0.08, -0.15, -0.01, "ok"), (B, 0.04, 0.01, 0.07, "ok"), (C, nan, nan, nan, "no data")], NAMES[1]
            ),
            disparities_of([(A, 0.06, 0.02, 0.1, "ok"), (B, -0.06, -0.1, -0.02, "ok")], NAMES[2]),
            disparities_of([(A, 120.0, 20.0, 220.0, "ok"), (B, -60.0, -100.0, 5.0, "ok")], NAMES[3]),
        ]
    )


def _cell(grid, row, column):
    return next(c for c in grid.cells if (c.row, c.column) == (row, column))


@pytest.fixture
def grid():
    return lay_metrics(_table(), CHOSEN, sort="given")


def test_orange_means_worse_whichever_way_the_metric_runs(grid):
    assert _cell(grid, 0, 0).worse > 0  # more often missed
    assert _cell(grid, 0, 1).worse > 0  # less accurate
    assert _cell(grid, 1, 1).worse < 0
    figure = draw_heatmap(grid)
    assert figure.data[0].colorscale[-1][1] == DIVERGING[-1][1]
    assert figure.data[0].z[0][0] > 0


def test_the_scale_is_centred_on_parity(grid):
    for trace in draw_heatmap(grid).data:
        if trace.type == "heatmap" and trace.showscale:
            assert (trace.zmin, trace.zmax) == (-1, 1)
            assert trace.colorbar.tickvals[1] == 0


def test_a_metric_without_a_better_side_has_a_scale_without_orange(grid):
    figure = draw_heatmap(grid)

    neutral = next(t for t in figure.data if t.type == "heatmap" and t.colorscale[0][1] == NEUTRAL[0][1])
    assert neutral.z[0][2] > 0
    assert neutral.z[0][0] is None
    assert list(neutral.colorbar.ticktext) == ["lower", "0", "higher"]
    assert "worse" not in _cell(grid, 0, 2).hover


def test_the_number_stands_in_the_cell_with_its_sign(grid):
    assert _cell(grid, 0, 0).text.startswith("+10.0")
    assert _cell(grid, 1, 0).text == "−5.0"
    assert _cell(grid, 0, 3).text.startswith("+120")


def test_what_rounds_to_nothing_in_a_narrow_cell_is_about_nothing():
    rows = disparities_of([(A, 0.0001, -0.1, 0.1, "ok"), (B, 0.0, -0.1, 0.1, "ok")])

    cells = lay_metrics(rows, {MISSED.name: MISSED}, sort="given").cells

    assert [c.text for c in cells] == ["≈ 0", "0"]
    assert "+0.01 points" in cells[0].hover


def test_a_mark_says_that_the_interval_clears_parity(grid):
    assert "●" in _cell(grid, 0, 0).text
    assert "●" in _cell(grid, 0, 1).text
    assert "●" not in _cell(grid, 1, 0).text


@pytest.mark.parametrize(
    ("kind", "low", "high", "clear"),
    [
        ("difference", 0.01, 0.2, True),
        ("difference", 0.0, 0.2, False),
        ("difference", -0.2, -0.01, True),
        ("ratio", 0.5, 0.9, True),
        ("ratio", 0.9, 1.1, False),
        ("ratio", 1.1, None, True),
        ("difference", None, None, False),
    ],
)
def test_parity_is_zero_of_differences_and_one_of_ratios(kind, low, high, clear):
    assert clears_parity(kind, low, high) is clear


def test_too_few_is_grey_and_hatched_and_keeps_its_number_without_a_mark(grid):
    cell = _cell(grid, 2, 0)
    assert (cell.text, cell.status) == ("+30.0", "too few")

    figure = draw_heatmap(grid)
    hatch = next(t for t in figure.data if t.name == "too few units")
    assert hatch.fillpattern.shape == "/"
    assert list(hatch.x[:1]) == [pytest.approx(-0.48)]
    assert list(hatch.y[:1]) == [pytest.approx(1.53)]
    assert figure.data[0].z[2][0] is None


def test_no_data_is_a_dash_on_an_empty_cell(grid):
    for column in (1, 2, 3):
        assert (_cell(grid, 2, column).text, _cell(grid, 2, column).status) == ("-", "no data")
    assert all(t.z[2][1] is None for t in draw_heatmap(grid).data if t.type == "heatmap" and t.showscale)


def test_shares_have_one_scale_and_other_numbers_one_each(grid):
    assert _cell(grid, 0, 0).worse == pytest.approx(1)
    assert _cell(grid, 1, 0).worse == pytest.approx(-0.5)
    assert _cell(grid, 0, 1).worse == pytest.approx(0.8)
    assert _cell(grid, 0, 3).worse == pytest.approx(1)
    assert _cell(grid, 1, 3).worse == pytest.approx(-0.5)


def test_tiny_differences_are_not_painted_in_full_colour():
    grid = lay_metrics(disparities_of([(A, 0.005, 0.001, 0.009, "ok")]), {MISSED.name: MISSED})

    assert _cell(grid, 0, 0).worse == pytest.approx(0.1)


def test_half_and_twice_are_equally_far_from_parity():
    ratios = disparities_of([(A, 2.0, 1.2, 3.0, "ok"), (B, 0.5, 0.3, 0.8, "ok")], kind="ratio")

    grid = lay_metrics(ratios, {MISSED.name: MISSED}, sort="given")

    assert _cell(grid, 0, 0).worse == pytest.approx(-_cell(grid, 1, 0).worse)
    assert _cell(grid, 0, 0).text.startswith("2.00×")


def test_the_slice_with_the_worst_cell_is_on_top():
    assert lay_metrics(_table().iloc[::-1], CHOSEN).rows == ("A", "B", "C")


def test_every_cell_has_a_marker_that_tells_row_and_column(grid):
    clicks = draw_heatmap(grid).data[-1]

    assert clicks.mode == "markers"
    assert [list(pair) for pair in clicks.customdata] == [[i, j] for i in range(3) for j in range(4)]
    assert [(y, x) for x, y in zip(clicks.x, clicks.y, strict=True)] == [(i, j) for i in range(3) for j in range(4)]
    assert grid.keys[0, 1] == (A, "accuracy")
    assert all(t.hoverinfo == "skip" for t in draw_heatmap(grid).data[:-1])


def test_a_click_anywhere_in_a_cell_finds_its_nearest_marker(grid):
    figure = draw_heatmap(grid)

    assert figure.layout.hoverdistance == -1
    assert figure.layout.dragmode is False


def test_a_click_fades_nothing(grid):
    clicks = draw_heatmap(grid).data[-1]

    assert clicks.unselected.marker.opacity == clicks.selected.marker.opacity == 1


def test_the_chosen_cell_has_a_frame(grid):
    shape = draw_heatmap(grid, chosen=(1, 2)).layout.shapes[0]

    assert (shape.x0, shape.x1, shape.y0, shape.y1) == (1.5, 2.5, 0.5, 1.5)
    assert draw_heatmap(grid).layout.shapes == ()


def test_counts_interval_and_baseline_are_on_hover():
    counts = estimates_of([(A, 27, 90, 0.2, 0.4, "ok")])

    hover = _cell(lay_metrics(_table(), CHOSEN, estimates=counts, sort="given"), 0, 0).hover

    for part in ("+10.0 points [+2.0, +18.0]", "27 of 90", "against rest", "fares worse", "adjusted p 0.020"):
        assert part in hover


def test_where_the_interval_holds_parity_the_hover_cannot_tell(grid):
    assert "cannot tell" in _cell(grid, 1, 0).hover
    assert "better" not in _cell(grid, 1, 0).hover


def test_attributes_cross_with_their_margins_last():
    rows = [(group(sex=s, age=a), 0.01 * i, -0.1, 0.1, "ok") for i, (s, a) in enumerate(("fy", "fo", "my", "mo"))]
    rows += [(group(sex="f"), 0.1, 0.05, 0.15, "ok"), (group(age="o"), -0.1, -0.2, 0.0, "ok")]

    grid = lay_attributes(disparities_of(rows), MISSED, "sex", "age")

    assert (grid.rows, grid.columns) == (("f", "m", "any sex"), ("y", "o", "any age"))
    assert _cell(grid, 1, 0).text == "+2.0"
    assert _cell(grid, 0, 2).text.startswith("+10.0")
    assert grid.keys[2, 1] == (group(age="o"), MISSED.name)
    assert not [c for c in grid.cells if (c.row, c.column) == (2, 2)]


def test_attributes_may_come_in_either_order():
    rows = [(group(age="y", sex="f"), 0.03, 0.01, 0.05, "ok")]

    assert _cell(lay_attributes(disparities_of(rows), MISSED, "sex", "age"), 0, 0).text.startswith("+3.0")


def test_one_system_and_one_kind_are_shown():
    rows = pd.concat([_table().assign(system="one"), _table().assign(system="two", value=0.5)])
    rows = pd.concat([rows, rows.assign(kind="ratio", value=9.0)])

    assert _cell(lay_metrics(rows, CHOSEN, sort="given"), 0, 0).text.startswith("+10.0")
    assert _cell(lay_metrics(rows, CHOSEN, system="two", sort="given"), 0, 0).text.startswith("+50.0")


def test_the_text_alternative_counts_the_cells_and_names_the_furthest(grid):
    text = describe_heatmap(grid)

    assert text == (
        "Heat map of 12 cells, 3 down and 4 across. 3 fare worse, 1 better, of 2 the data cannot tell. "
        "Furthest: A, False negative rate with +10.0. Where neither side is better: 1 higher, 1 lower, 0 open. "
        "Furthest: A, Selection rate with +6.0. Of the cells, 1 has too few units and 3 have no data."
    )


def test_the_table_has_the_cells_texts(grid):
    table = table_heatmap(grid)

    assert table["slice"].tolist() == ["A", "B", "C"]
    assert table["False negative rate"].tolist() == ["+10.0 ●", "−5.0", "+30.0 (too few)"]
    assert table["Accuracy"].tolist()[2] == "-"


def test_an_axis_called_slice_does_not_hide_the_names():
    rows = disparities_of([(group(slice="a", value="b"), 0.1, 0.0, 0.2, "ok")])

    table = table_heatmap(lay_attributes(rows, MISSED, "slice", "value"))

    assert table.iloc[0].tolist() == ["a", "+10.0"]


def test_nothing_to_show_says_so():
    for empty in (lay_metrics(_table().iloc[:0], CHOSEN), lay_attributes(_table(), MISSED, "no", "such")):
        assert [a.text for a in draw_heatmap(empty).layout.annotations] == ["No disparities to show."]
        assert describe_heatmap(empty) == "No disparities to show."


def test_all_without_data_is_all_dashes():
    none = disparities_of([(s, nan, nan, nan, "no data") for s in (A, B)])

    grid = lay_metrics(none, {MISSED.name: MISSED})

    assert {c.text for c in grid.cells} == {"-"}
    assert len(draw_heatmap(grid).data[-1].x) == 2
    assert "2 have no data" in describe_heatmap(grid)


def test_hostile_names_are_drawn_as_they_stand():
    rows = disparities_of([(group(**{"<i>g</i>": name}), 0.1, 0.0, 0.2, "ok") for name in HOSTILE])

    figure = draw_heatmap(lay_metrics(rows, {MISSED.name: MISSED}))

    for text in texts_of(figure):
        for tag in ("<br>", "<b>", "</b>", "<extra></extra>"):
            text = text.replace(tag, "")
        assert "<" not in text
        assert "$" not in text
    assert len(set(figure.layout.yaxis.ticktext)) == len(HOSTILE)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
def test_numbers_are_black_on_cells_and_readable_on_the_page(grid, theme):
    figure = draw_heatmap(grid, theme=theme.name)

    *painted, clear = [t for t in figure.data if t.type == "heatmap"]
    assert {t.textfont.color for t in painted} == {CELL_INK}
    assert contrast(clear.textfont.color, theme.page) >= 4.5
    assert contrast(figure.layout.xaxis.tickfont.color, theme.page) >= 4.5
    assert contrast(figure.data[0].colorbar.tickfont.color, theme.page) >= 4.5


def test_groups_by_models_share_one_scale_and_know_their_model():
    told = pd.concat(
        [
            disparities_of([(A, 0.10, 0.02, 0.18, "ok"), (B, -0.10, -0.18, -0.02, "ok")], system="old"),
            disparities_of([(A, 0.05, -0.02, 0.12, "ok"), (B, -0.05, -0.12, 0.02, "ok")], system="new"),
        ]
    )

    grid = lay_systems(told, MISSED, ["old", "new"])

    assert grid.columns == ("old", "new")
    assert grid.keys[0, 1] == (A, "new")
    assert _cell(grid, 0, 0).worse == pytest.approx(2 * _cell(grid, 0, 1).worse)  # twice the gap, twice the colour
    assert [_cell(grid, 0, j).clears for j in (0, 1)] == [True, False]
