"""Pages while their data are being read, after that was stopped, and when it fails."""

from __future__ import annotations

import sys
import time
from functools import wraps
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import loading, waiting
from metrics.errors import stop
from metrics.results import read_results
from tests.dashboard.pages import APP, open_page, rerun, texts

PAGES = ["overview", "data", "slices", "disparities", "rows", "thresholds", "metric_guide"]


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch):
    """Reading that goes on until the gate is opened; pages do not wait for it."""
    opened = Event()

    def read(*given, progress=None, **options):
        while not opened.wait(0.01):
            progress("Reading the rows", 0.5)
        return read_results(*given, progress=progress, **options)

    monkeypatch.setattr(loading, "read_results", read)
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    yield opened
    opened.set()


def _button(app: AppTest, label: str):
    return next(b for b in app.button if b.label == label)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_how_far_the_reading_is(gate, name):
    app = open_page(name, data="lending")

    assert len(app.title) == 1
    assert len(app.get("progress")) == 1
    assert _button(app, "Cancel")
    assert "being read" in texts(app)


def test_stopping_leads_to_the_empty_page_and_reading_again_to_the_numbers(gate, monkeypatch):
    app = open_page("overview", data="lending")

    _button(app, "Cancel").click()
    rerun(app)
    rerun(app)  # the whole page, as the browser does it
    stopped = texts(app)

    assert any("The file is kept; nothing is lost." in text for text in stopped)
    assert any(text.startswith("Here you will see") for text in stopped)
    gate.set()
    monkeypatch.setattr(waiting, "PATIENCE", 60.0)
    _button(app, "Read it again").click()
    rerun(app)
    assert any("5,000 rows" in text for text in texts(app))


def test_a_choice_outlives_the_reading_of_a_filter(gate, monkeypatch):
    gate.set()
    monkeypatch.setattr(waiting, "PATIENCE", 60.0)
    app = open_page("overview", data="lending")
    app.selectbox(key="metric").set_value("accuracy")
    rerun(app)

    gate.clear()
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    app.text_input(key="where").set_value("age >= 65")
    rerun(app)
    assert len(app.get("progress")) == 1
    rerun(app)
    gate.set()
    monkeypatch.setattr(waiting, "PATIENCE", 60.0)
    rerun(app)

    assert app.selectbox(key="metric").value == "accuracy"
    assert app.text_input(key="where").value == "age >= 65"


def test_what_is_wrong_with_a_file_is_said_as_ever(monkeypatch):
    def refuse(*given, **options):
        raise stop("line 7", "is not to be read.", "Mend it.")

    monkeypatch.setattr(loading, "read_results", refuse)
    app = open_page("overview", data="lending")

    assert any("is not to be read" in text for text in texts(app))


def test_a_fault_of_the_program_is_raised_in_the_page_and_tried_again(monkeypatch):
    def fail(*given, **options):
        raise ZeroDivisionError("by nothing")

    with monkeypatch.context() as broken:
        broken.setattr(loading, "read_results", fail)
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.query_params["data"] = "lending"
        app.run()
        assert len(app.exception) == 1

    assert any("5,000 rows" in text for text in texts(rerun(app)))


@pytest.mark.parametrize("name", ["overview", "slices", "disparities"])
def test_slow_questions_say_how_far_they_are_and_can_be_stopped(name, monkeypatch):
    opened = Event()
    real = sys.modules["metrics.compare"].compare

    @wraps(real)
    def slow(*given, **options):
        opened.wait(20)
        return real(*given, **options)

    open_page("data", data="lending")  # reads the file
    loading._questions.clear()
    monkeypatch.setattr(sys.modules["metrics.compare"], "compare", slow)
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    app = open_page(name, data="lending")
    _wait_for_job(app)

    assert any("Comparing the groups" in bar.proto.text for bar in app.get("progress"))
    _button(app, "Cancel").click()
    rerun(app)
    rerun(app)
    assert any("Counting was stopped; nothing is lost." in text for text in texts(app))
    opened.set()
    monkeypatch.setattr(waiting, "PATIENCE", 60.0)
    _button(app, "Count again").click()
    rerun(app)
    assert len(app.get("plotly_chart")) > 0


def _wait_for_job(app: AppTest) -> None:
    """Look again until the data are there and the second question is being answered."""
    for _ in range(400):
        if any("Comparing the groups" in bar.proto.text for bar in app.get("progress")):
            return
        time.sleep(0.02)
        rerun(app)
