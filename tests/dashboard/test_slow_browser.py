"""A browser that is behind tells of widgets that are gone already: what nobody touched changes nothing.

Streamlit calls the callbacks of such widgets as if they had been changed: their old values are forgotten by then.
"""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest

from dashboard.workspace import Workspace
from tests.dashboard.kept import things_in
from tests.dashboard.pages import describe, open_page, rerun

GOOD_OR_BAD = b"id,sex,label,prediction\n" + b"".join(
    f"{i},{'fm'[i % 2]},{('good', 'bad')[i % 3 == 0]},{('good', 'bad')[i % 4 == 0]}\n".encode() for i in range(120)
)
PEOPLE = b"id,sex,label\n" + b"".join(f"{i},{'fm'[i % 2]},{i % 3 % 2}\n".encode() for i in range(90))
ANSWERS = b"id,prediction,seconds\n" + b"".join(f"{i},{i % 2},{i}\n".encode() for i in range(60))


def _known(app: AppTest) -> WidgetStates:
    """What a browser knows of the widgets on screen: their values, and no clicks."""
    known = WidgetStates()
    known.widgets.extend(w for w in app._tree.get_widget_states().widgets if w.WhichOneof("value") != "trigger_value")
    return known


def _tell(app: AppTest, *known: WidgetStates) -> AppTest:
    """Have a browser tell what it knows, of widgets that are gone too."""
    told = WidgetStates()
    for states in known:
        told.widgets.extend(states.widgets)
    app._run(told)
    assert not app.exception, describe(app)
    return app


def _state_of(known: WidgetStates, widget: Any) -> WidgetState:
    return next(state for state in known.widgets if state.id == widget.proto.id)


def _by_label(elements: Any, label: str) -> Any:
    return next(e for e in elements if e.label == label)


def _open(app: AppTest, sample: str) -> AppTest:
    app.button(key=f"sample_{sample}").click()
    return rerun(app)


def _upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    for name, content in files:
        app.file_uploader[0].upload(name, content)
    return rerun(app)


def _correct(app: AppTest, label: str, value: str) -> AppTest:
    _by_label(app.selectbox, label).set_value(value)
    return rerun(app)


def _schema(app: AppTest, folder: Any) -> Any:
    kept = Workspace(folder).find(app.query_params["data"])
    assert kept is not None
    return kept.schema


def _rows(app: AppTest) -> list[str]:
    """How many rows are measured, as the side and the page say it."""
    said = [c.value for c in app.sidebar.caption if "rows" in c.value] + [m.value for m in app.markdown]
    return [text for text in said if "rows" in text and ("finding" in text or "of them used" in text)]


# -- widgets of data that have been left ---------------------------------------------------------


def test_untouched_widgets_of_the_data_before_do_not_bring_these_back(workspace_folder):
    app = open_page("data", data="lending")
    before = _known(app)
    _open(app, "screening")

    _tell(app, before, _known(app))

    assert app.query_params["data"] == "screening"
    assert list(workspace_folder.glob("*")) == []


def test_what_is_typed_into_a_field_of_the_data_before_is_not_said_of_the_new_ones(workspace_folder):
    app = open_page("data", data="lending")
    before = _known(app)
    field = next(f for f in app.main.text_input if f.label == "Only rows where")
    _state_of(before, field).string_value = "sex = female"
    _open(app, "screening")

    _tell(app, before, _known(app))

    assert app.query_params["data"] == "screening"
    assert list(workspace_folder.glob("*")) == []
    assert app.text_input(key="where").value == ""


def test_deleting_the_data_before_leaves_the_new_ones_on_screen(workspace_folder):
    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))
    before = _known(app)
    before.widgets.append(WidgetState(id=app.button(key="data_delete").proto.id, trigger_value=True))
    _open(app, "screening")

    _tell(app, before, _known(app))

    assert app.query_params["data"] == "screening"
    assert things_in(workspace_folder) == []


# -- widgets of the same data as they were declared before ---------------------------------------


def test_untouched_widgets_from_before_a_correction_do_not_undo_it(workspace_folder):
    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))
    before = _known(app)
    _correct(app, "Good for the person", "negative")
    corrected = _schema(app, workspace_folder)

    _tell(app, before, _known(app))

    assert corrected.favourable == "negative"
    assert _schema(app, workspace_folder) == corrected


@pytest.mark.parametrize("data", ["lending", "upload"])
def test_of_two_quick_corrections_both_are_kept(data, workspace_folder):
    app = open_page("data", data="lending")
    if data == "upload":
        _upload(app, ("mine.csv", GOOD_OR_BAD))
    before = _known(app)
    _state_of(before, _by_label(app.toggle, "Keep spellings apart")).bool_value = True
    _correct(app, "Good for the person", "negative")
    address = app.query_params["data"]

    _tell(app, before, _known(app))

    assert app.query_params["data"] == address
    schema = _schema(app, workspace_folder)
    assert (schema.favourable, schema.file.keep_spelling) == ("negative", True)


def test_leaving_the_data_page_copies_no_example(workspace_folder):
    app = open_page("data", data="lending")
    before = _known(app)
    app.switch_page("views/overview.py")
    rerun(app)

    _tell(app, before, _known(app))

    assert app.query_params["data"] == "lending"
    assert list(workspace_folder.glob("*")) == []


def test_leaving_the_data_page_declares_nothing_that_was_guessed(workspace_folder):
    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))
    before, guessed = _known(app), _schema(app, workspace_folder)
    app.switch_page("views/overview.py")
    rerun(app)

    _tell(app, before, _known(app))

    assert _schema(app, workspace_folder) == guessed


def test_leaving_the_data_page_does_not_take_the_dropped_files_anew():
    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))
    before, address = _known(app), app.query_params["data"]
    app.switch_page("views/overview.py")
    rerun(app)

    _tell(app, before, _known(app))

    assert app.query_params["data"] == address


def test_the_choice_of_the_main_file_is_not_turned_around(workspace_folder):
    app = _upload(open_page("data"), ("people.csv", PEOPLE), ("model A.csv", ANSWERS))
    before = _known(app)
    _state_of(before, _by_label(app.selectbox, "Main file")).string_value = "model A.csv"
    _by_label(app.selectbox, "Main file").set_value(1)
    rerun(app)

    _tell(app, before, _known(app))

    kept = Workspace(workspace_folder).find(app.query_params["data"])
    assert kept is not None
    assert [file.name for file in kept.files] == ["model A.csv", "people.csv"]


def test_what_was_refused_for_one_file_is_not_asked_of_the_next():
    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))
    editor = app.data_editor[0]
    row = list(editor.value["column"]).index("id")
    app.session_state[editor.key] = {"edited_rows": {row: {"obtained": "annotated"}}}
    rerun(app)
    assert app.error

    _upload(app, ("other.csv", GOOD_OR_BAD + b"120,f,good,good\n"))

    assert not app.error


# -- other pages ---------------------------------------------------------------------------------


def _leave(app: AppTest) -> AppTest:
    app.switch_page("views/overview.py")
    return rerun(app)


def test_the_metric_stays_chosen_when_the_page_with_another_box_for_it_is_left():
    app = open_page("disparities", data="lending")
    box = app.selectbox(key="disparities_metric")
    before = WidgetStates(widgets=[_state_of(_known(app), box)])
    app.selectbox(key="metric").set_value("error_rate")
    _leave(app)

    _tell(app, before, _known(app))

    assert app.selectbox(key="metric").value == "error_rate"


def test_a_text_of_the_card_stays_out_of_date_until_somebody_has_read_it_again():
    app = open_page("card", data="lending")
    box = app.text_area[0]
    box.set_value("Five thousand loans.")
    rerun(app)
    app.text_input(key="where").set_value("sex = female")
    rerun(app)
    assert [c.value for c in app.caption if c.value.startswith("Written before")]
    before = WidgetStates(widgets=[_state_of(_known(app), box)])
    _leave(app)
    _tell(app, before, _known(app))

    app.switch_page("views/card.py")
    rerun(app)

    assert app.text_area[0].value == "Five thousand loans."
    assert [c.value for c in app.caption if c.value.startswith("Written before")]


def test_words_for_one_section_of_the_report_do_not_take_away_those_for_another():
    app = open_page("report", data="lending")
    _by_label(app.text_area, "Words").set_value("First.")
    rerun(app)
    before = WidgetStates(widgets=[_state_of(_known(app), _by_label(app.text_area, "Words"))])
    _by_label(app.selectbox, "To stand in").select_index(1)
    rerun(app)
    _by_label(app.text_area, "Words").set_value("Second.")
    rerun(app)

    _tell(app, before, _known(app))

    assert _by_label(app.text_area, "Words").value == "Second."
    _by_label(app.selectbox, "To stand in").select_index(0)
    assert _by_label(rerun(app).text_area, "Words").value == "First."


# -- the filter ----------------------------------------------------------------------------------


def test_other_data_are_counted_without_the_filter_of_those_before_at_the_side_as_on_the_page():
    app = open_page("data", data="lending", where="sex = female")
    assert "of 5,000 rows" in _rows(app)[0]

    _open(app, "screening")

    side, main = _rows(app)
    assert " of " not in side
    assert main.split(",  ")[0].startswith(side.split(" rows")[0])
