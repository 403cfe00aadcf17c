from __future__ import annotations

import json

import pytest

from dashboard import page_controls, state
from dashboard.charts.heatmap import Grid
from metrics import Slice, compare
from metrics.answers import name_slice
from metrics.formatting import format_difference, format_number
from tests.dashboard.pages import bare, open_page, rerun, texts
from tests.dashboard.views.files import cubes_of, open_with

FEMALE = Slice((("sex", "female"),))


def clicked(monkeypatch, grid, points):
    """What a click on these points chooses (AppTest clicks no charts; a test in the browser does)."""
    chosen = {}
    monkeypatch.setattr(state, "recall", lambda key: {"selection": {"points": points}})
    monkeypatch.setattr(state, "pick", lambda **more: chosen.update(more))
    page_controls.pick_point("figure", grid)
    return chosen


def metric_values(app):
    return {m.label: m.value for m in app.metric}


def names_elsewhere(app):
    return next((d.value for d in app.dataframe if "library" in d.value.columns), None)


def test_every_cell_holds_the_disparity_of_the_core():
    app = open_page("disparities", data="lending")
    cubes = cubes_of("lending").only("model A")
    table = app.dataframe[0].value.set_index("slice")
    expected = compare(cubes, None, ["false_rejection_rate", "selection_rate"])

    for row in expected[expected["status"] == "ok"].to_dict("records"):
        metric = cubes.metrics[row["metric"]]
        shown = table.loc[name_slice(row["slice"]), metric.title].removesuffix(" ●")
        assert shown == format_difference(metric, row["value"]).removesuffix(" points").removesuffix(" point")


def test_the_panel_of_a_cell_holds_both_counts_the_interval_and_the_baseline():
    app = open_page("disparities", data="lending", cell=str(FEMALE))
    said = " ".join(bare(t) for t in texts(app))

    assert metric_values(app) == {"sex \\= female": "12.3 %", "Everyone else": "9.3 %", "Difference": "+3.1 points"}
    assert "219 of 1774" in said.replace(",", "")
    assert "164 of 1768" in said.replace(",", "")


def test_the_cell_is_told_under_the_names_of_other_libraries_with_their_sign():
    app = open_with("disparities", "lending", cell=str(FEMALE), metric="selection_rate")
    names = names_elsewhere(app).set_index("name")["value"]
    gap = compare(cubes_of("lending").only("model A"), ["sex"], ["selection_rate"])
    women = float(gap[[s == FEMALE for s in gap["slice"]]]["value"].iloc[0])

    assert names["statistical_parity_difference"] == format_number(women, signed=True, digits=4)
    assert names["DPPL"] == format_number(-women, signed=True, digits=4)


def test_a_click_chooses_the_group_and_the_metric_of_the_cell(monkeypatch):
    keys = {(0, 0): (FEMALE, "accuracy"), (0, 1): (FEMALE, "f1")}
    grid = Grid(("sex = female",), ("Accuracy", "F1"), (), keys)

    assert clicked(monkeypatch, grid, [{"customdata": [0, 1]}]) == {"cell": FEMALE, "metric": "f1"}


@pytest.mark.parametrize("points", [[], [{"customdata": [9, 9]}], [{}]], ids=["nothing", "no cell", "no place"])
def test_a_click_outside_the_cells_changes_nothing(monkeypatch, points):
    assert clicked(monkeypatch, Grid((), (), (), {(0, 0): (FEMALE, "f1")}), points) == {}


def test_the_two_boxes_open_a_cell_without_a_mouse():
    app = open_page("disparities", data="lending")
    next(s for s in app.selectbox if s.label == "Look into").set_value(str(FEMALE))
    rerun(app)
    next(s for s in app.selectbox if s.label == "Metric of the cell").set_value("accuracy")
    rerun(app)

    assert app.session_state["metric"] == "accuracy"
    assert "sex \\= female" in metric_values(app)


def test_attribute_by_attribute_shows_where_two_meet():
    app = open_with(
        "disparities", "lending", disparities_map="attributes", disparities_down="sex", disparities_across="region"
    )
    table = app.dataframe[0].value.set_index("slice")
    cubes = cubes_of("lending").only("model A")
    found = compare(cubes, [("sex", "region")], ["false_rejection_rate"])
    cell = Slice((("sex", "female"), ("region", "south")))
    value = float(found[[s == cell for s in found["slice"]]]["value"].iloc[0])

    assert table.loc["female", "south"].startswith(f"+{100 * value:.1f}")


@pytest.mark.parametrize("baseline", ["overall", "largest", "best", "region = south"])
def test_the_panel_follows_the_baseline(baseline):
    app = open_with("disparities", "lending", cell=str(FEMALE), baseline=baseline)

    assert len(app.metric) == 3
    assert "Everyone else" not in metric_values(app)


def test_the_spread_stands_above_with_its_pair_and_its_noise_floor():
    said = [bare(t) for t in texts(open_page("disparities", data="lending"))]

    assert any("largest gap by age is 14 points" in t and "chance alone would show" in t for t in said)


def test_the_picture_is_told_in_words():
    spec = open_page("disparities", data="lending").get("plotly_chart")[0].proto

    assert spec.alt.startswith("Heat map of")
    assert json.loads(spec.spec)["data"]


def test_groups_by_models_shows_every_model_side_by_side():
    app = open_with("disparities", "lending", disparities_map="systems", by=["age"])
    found = compare(cubes_of("lending"), [("age",)], ["false_rejection_rate"])

    table = app.dataframe[0].value
    assert [str(c) for c in table.columns[1:]] == ["model A", "model B"]
    assert len(table) == len(set(found["slice"]))
    assert not app.error
