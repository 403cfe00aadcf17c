"""What is taken away from every chart: its link, its data as CSV without formulas, and its picture under its name."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import exports
from metrics.writing import write_frame
from tests.dashboard.pages import open_page, rerun
from tests.dashboard.views.files import open_file, write_hostile

CHARTED = {
    "overview": "lending",
    "slices": "call_centre",
    "disparities": "lending",
    "thresholds": "lending",
    "systems": "lending",
    "wording": "call_centre",
    "metric_guide": "lending",
}

SLICES = "lending-slices-false-rejection-rate.csv"  # the data, the chart and the metric


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The files that the charts of a page give, by their names."""
    files: dict[str, str] = {}
    draw = exports._draw_row

    def note(key: str, table: pd.DataFrame, file: str, origin: exports.Origin) -> None:
        files[file] = write_frame(table, origin.where or None)
        draw(key, table, file, origin)

    monkeypatch.setattr(exports, "_draw_row", note)
    return files


def _labels(app: AppTest, kind: str) -> list[str]:
    return [element.proto.label for element in app.get(kind)]


def _config(chart: Any) -> dict[str, Any]:
    return dict(json.loads(chart.proto.config))


@pytest.mark.parametrize(("page", "sample"), CHARTED.items())
def test_every_chart_has_a_link_its_data_and_its_picture(page, sample, written):
    app = open_page(page, data=sample)
    charts = app.get("plotly_chart")

    assert len(charts) >= 1
    assert _labels(app, "button").count("Copy link") == len(charts)
    assert _labels(app, "download_button").count("Download data") == len(charts)
    for chart in charts:
        picture = _config(chart)
        assert picture["modeBarButtons"] == [["toImage"]]
        assert f"{picture['toImageButtonOptions']['filename']}.csv" in written
    assert all(len(text.splitlines()) > 1 for text in written.values())


def test_the_data_of_a_chart_are_those_of_its_table(written):
    app = open_page("slices", data="lending")
    text = written[SLICES]

    assert text == app.dataframe[0].value.to_csv(index=False, lineterminator="\n")
    assert "age < 25,model A,21.5 %" in text


def test_the_data_name_the_filter_that_they_were_counted_under(written):
    app = open_page("slices", data="lending")
    app.text_input(key="where").set_value("sex = 'female'")
    rerun(app)
    lines = written[SLICES].splitlines()

    assert lines[0].endswith(",where")
    assert {line.rpartition(",")[2] for line in lines[1:]} == {"sex = 'female'"}


def test_hostile_names_are_no_formulas_in_any_chart_s_data(written, monkeypatch, tmp_path):
    address = open_file(monkeypatch, tmp_path, *write_hostile(tmp_path))
    for page in ("overview", "slices", "disparities", "thresholds"):
        open_page(page, data=address)

    cells = [str(cell) for text in written.values() for cell in _cells(text)]
    assert any("cmd|" in cell for cell in cells)
    assert [cell for cell in cells if cell.lstrip(" ").startswith(("=", "@", "\t", "|", "%"))] == []


def _cells(text: str) -> list[Any]:
    import csv
    import io

    return [cell for line in csv.reader(io.StringIO(text)) for cell in line]


def test_the_link_unfolds_with_the_data_in_it_and_folds_again():
    app = open_page("overview", data="lending")
    assert len(app.code) == 0

    app.button(key="overview_figure_link").click()
    rerun(app)
    assert app.code[0].value.endswith("?data=lending")
    assert "Hide link" in _labels(app, "button")

    app.button(key="overview_figure_link").click()
    rerun(app)
    assert len(app.code) == 0
