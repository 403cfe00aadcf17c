from __future__ import annotations

import pytest

from metrics import count_cells, estimate, score
from metrics.formatting import format_percent
from tests.dashboard.pages import bare, open_page, rerun, texts
from tests.dashboard.views.files import open_compas, open_file, open_with, read_sample
from tests.paths import needs_shared

RATES = {
    "Selection rate": "selection_rate",
    "False positive rate": "false_positive_rate",
    "False negative rate": "false_negative_rate",
}


def table_of(app):
    return app.dataframe[0].value.set_index("slice")


@pytest.mark.parametrize("threshold", [0.5, 0.3333, 0.97])
def test_rates_at_any_typed_threshold_are_those_of_scoring_the_file_anew(threshold):
    app = open_with("thresholds", "lending", thresholds_at=threshold, thresholds_by="sex")
    anew = count_cells(score(read_sample("lending"), threshold=threshold)).only("model A")
    expected = estimate(anew, ["sex"], list(RATES.values()))
    shown = table_of(app)

    for title, name in RATES.items():
        for row in expected[expected["metric"] == name].to_dict("records"):
            assert shown.loc[row["slice"].title, title].startswith(format_percent(row["value"]))


def test_it_begins_at_the_threshold_that_the_files_own_predictions_follow():
    app = open_page("thresholds", data="lending")

    assert app.number_input(key="thresholds_at").value == 0.5
    # The sample's README: 383 of 3,542 who repaid are refused by model A.
    assert table_of(app).loc["everyone", "False negative rate"].startswith(format_percent(383 / 3542))


def test_the_slider_and_the_box_move_together():
    app = open_page("thresholds", data="lending")
    app.slider(key="thresholds_slider").set_value(0.25)
    rerun(app)
    assert app.number_input(key="thresholds_at").value == pytest.approx(0.25, abs=1e-3)

    app.number_input(key="thresholds_at").set_value(0.75)
    rerun(app)
    assert app.slider(key="thresholds_slider").value == pytest.approx(0.75, abs=1e-3)


def test_a_threshold_beyond_all_scores_selects_nobody():
    shown = table_of(open_with("thresholds", "lending", thresholds_at=7.0))

    assert shown.loc["everyone", "Selection rate"].startswith("0 %")


def test_the_least_gap_is_told_with_what_it_costs():
    said = " ".join(bare(t) for t in texts(open_page("thresholds", data="lending")))

    assert "They are closest at" in said
    assert "on others the gap will be larger" in said


def test_there_are_curves_roc_and_calibration_each_told_in_words():
    told = [chart.proto.alt for chart in open_page("thresholds", data="lending").get("plotly_chart")]

    assert [t.split(" ")[0] for t in told] == ["False", "ROC", "Calibration"]


@needs_shared
def test_scores_that_are_no_probabilities_have_no_calibration(monkeypatch, tmp_path):
    app = open_page("thresholds", data=open_compas(monkeypatch, tmp_path))

    assert [s.value for s in app.subheader if "Calibration" in s.value] == []
    assert app.number_input(key="thresholds_at").value == 5
    # Published: 1,216 of 3,251 reoffenders were scored low, 37.40 per cent.
    assert table_of(app).loc["everyone", "False negative rate"].startswith("37.4 %")


def test_percentages_keep_the_scale_of_the_file(monkeypatch, tmp_path):

    file = tmp_path / "mine.csv"
    file.write_text("sex,label,score\n" + "".join(f"{'fm'[i % 2]},{i // 50},{i}\n" for i in range(100)))
    schema = (
        'task="classification"\nlabel="label"\npositive=["1"]\nthreshold=50\nscore_scale="percent"\n'
        '[[system]]\nscore="score"\n[[attribute]]\ncolumn="sex"\n'
    )
    app = open_page("thresholds", data=open_file(monkeypatch, tmp_path, file, schema))

    assert app.number_input(key="thresholds_at").value == 50
    assert table_of(app).loc["everyone", "Error rate"].startswith("0 %")


def test_of_many_groups_the_largest_are_drawn_and_all_are_in_the_table(monkeypatch, tmp_path):
    file = tmp_path / "mine.csv"
    rows = [f"team {g},{i % 2},{(i * 7 % 10) / 10}" for g in range(20) for i in range(10 + g)]
    file.write_text("\n".join(["team,label,score", *rows, ""]))
    schema = (
        'task="classification"\nlabel="label"\npositive=["1"]\nthreshold=0.5\n'
        '[[system]]\nscore="score"\n[[attribute]]\ncolumn="team"\n'
    )
    app = open_page("thresholds", data=open_file(monkeypatch, tmp_path, file, schema))

    assert len(table_of(app)) == 1 + 20
    assert any("The 12 largest groups are drawn" in c.value for c in app.caption)
    assert "team 19" in app.get("plotly_chart")[0].proto.spec
    assert "team 0<" not in app.get("plotly_chart")[0].proto.spec


def test_a_model_without_scores_says_that_another_may_have_them(monkeypatch, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text(
        "sex,label,p,s\n" + "".join(f"{'fm'[i % 2]},{i % 2},{i % 3 % 2},{i % 10 / 10}\n" for i in range(80))
    )
    schema = (
        'task="classification"\nlabel="label"\npositive=["1"]\n[[attribute]]\ncolumn="sex"\n'
        '[[system]]\nname="one"\nprediction="p"\n[[system]]\nname="two"\nscore="s"\n'
    )
    address = open_file(monkeypatch, tmp_path, file, schema)

    assert any("This model has no scores" in i.value for i in open_page("thresholds", data=address).info)
    assert len(open_with("thresholds", address, system="two").get("plotly_chart")) == 3


def test_without_labels_there_is_the_selection_rate_alone(monkeypatch, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("sex,score\n" + "".join(f"{'fm'[i % 2]},{i % 10 / 10}\n" for i in range(80)))
    schema = (
        'task="classification"\npositive=["1"]\nwithout=["label"]\n'
        '[[system]]\nscore="score"\n[[attribute]]\ncolumn="sex"\n'
    )
    app = open_page("thresholds", data=open_file(monkeypatch, tmp_path, file, schema))

    assert list(table_of(app).columns) == ["Selection rate"]
    assert len(app.get("plotly_chart")) == 1
