"""All models in one plane: the shape says where one stands, the filling whether its gap is more than chance."""

from __future__ import annotations

import pytest

from dashboard.charts.labels import place_labels
from dashboard.charts.trade_offs import describe_trade_offs, draw_trade_offs, table_trade_offs
from metrics import trade_offs
from metrics.tasks.binary import ERROR_RATE
from tests.dashboard.charts.tables import ACCURACY, HOSTILE, METRICS, texts_of
from tests.metrics.test_trade_offs import systems_of

THREE = {"best": (380, 340), "even": (300, 300), "poor": (240, 140)}


@pytest.fixture
def table():
    return trade_offs(systems_of(THREE), "accuracy", "group")


def drawn(table, good=ACCURACY, wide=ACCURACY, **more):
    return draw_trade_offs(table, good, wide, ["group"], **more)


def test_each_standing_has_a_shape_and_only_gaps_beyond_chance_are_filled(table):
    marks = {trace.name: trace for trace in drawn(table).data if trace.name}

    pareto, beaten = marks["Pareto set: nobody is better in both"], marks["clearly beaten in both"]
    assert list(pareto.marker.symbol) == ["diamond", "diamond-open"]  # best has a gap of 10 points, even has none
    assert list(beaten.marker.symbol) == ["x"]
    assert list(pareto.x) == [720 / 800, 600 / 800] and list(pareto.y) == pytest.approx([40 / 400, 0])


def test_a_dotted_line_joins_the_pareto_set(table):
    line = drawn(table).data[0]

    assert (line.mode, line.line.dash) == ("lines", "dot")
    assert list(line.x) == [600 / 800, 720 / 800]


def test_both_intervals_are_drawn_and_the_band_of_chance(table):
    figure = drawn(table)
    best = next(t for t in figure.data if t.name and t.name.startswith("Pareto"))

    row = table.iloc[0]
    assert best.error_x.array[0] == pytest.approx(row["high"] - row["value"])
    assert best.error_y.arrayminus[0] == pytest.approx(row["disparity"] - row["disparity_low"])
    (band,) = figure.layout.shapes
    assert (band.y0, band.y1) == (0, pytest.approx(table["noise_floor"].max()))


def test_a_few_models_are_named_and_many_are_numbered_as_in_the_table():
    many = {f"model {i}": (300 + 10 * i, 310 + 9 * i) for i in range(6)}
    few, numbered = (trade_offs(systems_of(some), "accuracy", "group") for some in (THREE, many))

    labels = [label for trace in drawn(few).data for label in trace.text or ()]
    assert sorted(labels) == ["<b>best</b>", "<b>even</b>", "<b>poor</b>"]
    labels = [label for trace in drawn(numbered).data for label in trace.text or ()]
    assert sorted(labels) == [f"<b>{i}</b>" for i in range(1, 7)]
    assert list(table_trade_offs(numbered, ACCURACY, ACCURACY)["no."]) == list("123456")


def test_the_table_has_every_number_and_the_words_name_every_model(table):
    told = table_trade_offs(table, ACCURACY, ACCURACY)

    assert told.iloc[2][["model", "standing", "Accuracy", "gap", "from", "to", "clearly beaten by"]].tolist() == [
        "poor", "clearly beaten in both", "47.5 %", "25.0 points", "a", "b", "best, even",
    ]  # fmt: skip
    assert "poor: 47.5 %, gap 25.0 points (clearly beaten in both)." in describe_trade_offs(
        table, ACCURACY, ACCURACY, ["group"]
    )


def test_what_is_clear_in_one_of_the_two_is_named(table):
    one = trade_offs(systems_of({"one": (331, 330), "two": (380, 280)}), "accuracy", "group")

    assert table_trade_offs(one, ACCURACY, ACCURACY)["standing"].iloc[1] == "beaten, clearly in the gap"


def test_a_constant_model_has_a_mark_of_its_own(table):
    marked = table.assign(constant=[None, None, "“1”"], standing=["pareto", "pareto", "constant"])
    names = [trace.name for trace in drawn(marked).data]

    assert "answers alike for all" in names
    assert table_trade_offs(marked, ACCURACY, ACCURACY)["standing"].iloc[2] == "answers alike for all (“1”)"


def test_the_axes_name_both_metrics_and_which_way_is_better(table):
    axes = drawn(table, wide=ERROR_RATE).layout

    assert "higher is better" in axes.xaxis.title.text
    assert axes.yaxis.title.text == "Gap in error rate by group (points; smaller is better)"
    plain = drawn(table, wide=METRICS["mean_absolute_error"]).layout.yaxis.title.text
    assert plain.endswith("(difference; smaller is better)")


def test_without_a_gap_there_is_nothing_to_draw():
    table = trade_offs(systems_of(THREE), "accuracy", "group", min_units=500)

    assert "No model has two groups" in drawn(table).layout.annotations[0].text
    assert list(table_trade_offs(table, ACCURACY, ACCURACY)["standing"]) == ["too few groups to compare"] * 3


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("names", [HOSTILE[:3], HOSTILE[3:9]], ids=["named", "numbered"])
def test_names_from_files_are_drawn_as_text(theme, names):
    table = trade_offs(systems_of({f"s{i}": (300 + i, 290 - i) for i in range(len(names))}), "accuracy", "group")
    figure = draw_trade_offs(table.assign(system=list(names)), ACCURACY, ACCURACY, [HOSTILE[1]], theme=theme)

    assert [text for text in texts_of(figure) if "<script" in text or "<a href" in text or "$" in text] == []


def test_labels_of_points_that_lie_close_stand_on_different_sides():
    corners = place_labels([(0.5, 0.5), (0.51, 0.51), (0.9, 0.1)], ["one", "two", "three"])

    assert corners[0] != corners[1] and len(corners) == 3


def test_at_the_edge_a_label_stands_inside():
    assert "left" in place_labels([(1.0, 0.5)], ["a long name"])[0]
    assert place_labels([(0.5, 1.0)], ["name"])[0].startswith(("bottom", "middle"))
