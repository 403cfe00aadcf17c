"""Pages while their data are being read, after that was stopped, and when it fails."""

from __future__ import annotations

import sys
import time
from functools import wraps
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import loading, waiting
from dashboard.store import uploads
from dashboard.workspace import Workspace
from metrics.errors import stop
from metrics.results import read_results
from tests.dashboard.kept import things_in
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


# -- keeping files and slices --------------------------------------------------------------------

ROWS = b"id,sex,label,prediction\n" + b"".join(f"{i},{'fm'[i % 2]},{i % 3 % 2},{i % 2}\n".encode() for i in range(90))


@pytest.fixture
def slow_copy(monkeypatch: pytest.MonkeyPatch):
    """Copying that goes on until the gate is opened."""
    opened, copy = Event(), uploads._copy

    def wait(stream, path, name, most_bytes, progress, home):
        while not opened.wait(0.01):
            progress("Copying", 0.25)
        return copy(stream, path, name, most_bytes, progress, home)

    monkeypatch.setattr(uploads, "_copy", wait)
    yield opened
    opened.set()


def _wait_for_words(app: AppTest, words: str) -> None:
    """Look again until that is what is being done."""
    for _ in range(400):
        if any(words in bar.proto.text for bar in app.get("progress")):
            return
        time.sleep(0.02)
        rerun(app)


def _shares(app: AppTest) -> list[tuple[str, int]]:
    return [(bar.proto.text, bar.proto.value) for bar in app.get("progress")]


def test_copying_an_upload_says_how_far_it_is_and_leaves_nothing_when_stopped(slow_copy, monkeypatch, workspace_folder):
    app = open_page("data", data="lending")
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    app.file_uploader[0].upload("mine.csv", ROWS)
    rerun(app)
    _wait_for_words(app, "Copying")
    assert _shares(app) == [("Copying ...", 25)]
    assert [h.value for h in app.header] == ["lending\\.csv"]

    _button(app, "Cancel").click()
    rerun(app)
    rerun(app)

    assert any("Copying was stopped; nothing of it is kept." in text for text in texts(app))
    for _ in range(200):
        if not things_in(workspace_folder):
            break
        time.sleep(0.02)
    assert things_in(workspace_folder) == []


def test_copying_that_was_stopped_is_taken_up_again(slow_copy, monkeypatch, workspace_folder):
    app = open_page("data", data="lending")
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    app.file_uploader[0].upload("mine.csv", ROWS)
    rerun(app)
    _button(app, "Cancel").click()
    rerun(app)
    rerun(app)

    slow_copy.set()
    monkeypatch.setattr(waiting, "PATIENCE", 60.0)
    _button(app, "Copy again").click()
    rerun(app)

    assert [h.value for h in app.header] == ["mine\\.csv"]
    assert Workspace(workspace_folder).find(app.query_params["data"]).files[0].path.read_bytes() == ROWS
    assert not app.get("progress")


def test_a_stopped_copy_is_not_spoken_of_on_other_data(slow_copy, monkeypatch):
    app = open_page("data", data="lending")
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    app.file_uploader[0].upload("mine.csv", ROWS)
    rerun(app)
    _button(app, "Cancel").click()
    rerun(app)

    monkeypatch.setattr(waiting, "PATIENCE", 60.0)
    _button(app, "Open waiting").click()
    rerun(app)
    rerun(app)

    assert not any("Copying was stopped" in text for text in texts(app))


def test_a_correction_that_needs_a_copy_waits_for_it_and_is_there_then(slow_copy, monkeypatch, workspace_folder):
    app = open_page("data", data="lending")
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    next(s for s in app.selectbox if s.label == "Good for the person").set_value("negative")
    rerun(app)
    _wait_for_words(app, "Copying")
    assert _shares(app) == [("Copying ...", 25)]
    assert app.query_params["data"] == "lending"

    slow_copy.set()
    monkeypatch.setattr(waiting, "PATIENCE", 60.0)
    rerun(app)

    assert Workspace(workspace_folder).find(app.query_params["data"]).schema.favourable == "negative"


def test_saving_a_slice_says_how_far_it_is_and_can_be_stopped_and_taken_up(gate, monkeypatch, workspace_folder):
    gate.set()
    monkeypatch.setattr(waiting, "PATIENCE", 60.0)
    app = open_page("slices", data="lending")
    app.toggle[0].set_value(True)
    rerun(app)
    gate.clear()
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)

    next(t for t in app.text_input if t.label == "Name").set_value("old")
    next(t for t in app.text_input if t.label == "Rows where").set_value("age >= 65")
    _button(app, "Save slice").click()
    rerun(app)
    _wait_for_words(app, "Reading the rows")

    assert len(app.get("progress")) == 1
    assert app.query_params["data"] == "lending"
    _button(app, "Cancel").click()
    rerun(app)
    rerun(app)
    assert any("Saving the slice was stopped" in text for text in texts(app))
    assert len(app.get("plotly_chart")) == 1
    gate.set()
    monkeypatch.setattr(waiting, "PATIENCE", 60.0)
    _button(app, "Save it after all").click()
    rerun(app)
    kept = Workspace(workspace_folder).find(app.query_params["data"])
    assert [(s.name, s.where) for s in kept.schema.slices] == [("old", "age >= 65")]
