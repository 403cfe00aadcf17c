"""A server for readers alone: below the screen, too, there is nothing to be found, and nothing to be written."""

from __future__ import annotations

import io

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.datasets import OPENED, SAMPLES, find_dataset
from dashboard.viewer import VARIABLE, be_viewer, is_viewer
from dashboard.workspace import ReadOnly, Workspace
from metrics.schema import Schema
from tests.dashboard.pages import APP, rerun
from tests.dashboard.views.shared import keep, share_sample


@pytest.fixture
def viewer(monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")


def test_the_command_says_whether_it_is_one(monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    be_viewer(True)
    assert is_viewer()
    be_viewer(False)
    assert not is_viewer()


def test_no_data_are_found_by_any_address(monkeypatch):
    kept = Workspace.at_home().keep([("a.csv", io.BytesIO(b"label,prediction\n1,1\n"))], Schema(), 1000)
    monkeypatch.setenv(VARIABLE, "1")

    assert [find_dataset(a, Workspace.at_home()) for a in (*SAMPLES, OPENED, kept.id)] == [None] * (len(SAMPLES) + 2)


def test_every_write_is_refused_below_the_screen(monkeypatch):
    report, _ = keep(share_sample("waiting"))
    monkeypatch.setenv(VARIABLE, "1")
    home = Workspace.at_home()

    assert home.find_report(report.id) is not None
    for write in (
        lambda: home.keep([("a.csv", io.BytesIO(b"a\n1\n"))], Schema(), 1000),
        lambda: home.withdraw(report.id),
        lambda: home.delete_report(report.id),
        lambda: home.set_readers(report.id, []),
        lambda: home.log("", "opened", report.id),
        lambda: keep(share_sample("waiting")),
    ):
        with pytest.raises(ReadOnly):
            write()
    assert home.find_report(report.id) is not None


def open_viewer(page: str = "", **address: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    if page:
        app.switch_page(f"views/{page}.py")
    return rerun(app)


@pytest.mark.parametrize("page", ["data", "rows", "slices", "publish", "report", "overview", "bounty", "metric_guide"])
def test_there_is_no_other_page(viewer, page):
    with pytest.raises(ValueError, match=page):
        open_viewer(page, data="lending")


def test_without_a_report_it_says_so_and_offers_no_file(viewer):
    app = open_viewer(data="lending", where="sex = female", policy="x", bounty="sample")

    assert [t.value for t in app.title] == ["What was published?"]
    assert app.get("file_uploader") == []
    assert "lending" not in str([m.value for m in app.markdown])


def test_the_metrics_are_explained_without_data(viewer):
    app = open_viewer("metric_words")

    assert app.title[0].value == "What does each metric say?"
    names = app.selectbox[0].options
    assert {"False rejection rate", "Word error rate", "Mean absolute error"} <= set(names)
