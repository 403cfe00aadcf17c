"""The editor of slices: what a condition comes to is said in its place, and a slice that is saved is an attribute."""

from __future__ import annotations

import re

import pytest

from dashboard.workspace import Workspace
from metrics import compare, estimate
from metrics.sentences import say_difference, say_value
from tests.dashboard.pages import HOSTILE, find_injections, open_page, rerun, texts
from tests.dashboard.views.files import cubes_of, open_file, write_hostile

METRIC = "false_rejection_rate"


def open_editor(data="lending", **address):
    app = open_page("slices", data=data, **address)
    next(t for t in app.toggle if t.label == "Write a slice of your own").set_value(True)
    return rerun(app)


def type_in(app, text, label="Rows where"):
    next(t for t in app.text_input if t.label == label).set_value(text)
    return rerun(app)


def field(app):
    return next(t for t in app.text_input if t.label == "Rows where")


def press(app, label):
    next(b for b in app.button if b.label == label).click()
    return rerun(app)


def says(app, sentence):
    words = re.findall(r"\w+", " ".join(texts(app)))
    return " ".join(re.findall(r"\w+", sentence)) in " ".join(words)


def test_a_condition_is_counted_and_measured_as_if_it_were_saved(workspace_folder):
    app = type_in(open_editor(), "sex = female and region = south")

    assert says(app, "It holds for 360 of 5,000 rows")
    cubes = cubes_of("lending").only("model A")
    (own,) = (r for r in estimate(cubes, [("sex", "region")], [METRIC]).to_dict("records") if is_women_south(r))
    # Everyone else of a saved slice are those who are not in it: with a known sex and region, all others.
    (gap,) = (r for r in compare(cubes, [("sex", "region")], [METRIC]).to_dict("records") if is_women_south(r))
    assert says(app, f"Their false rejection rate is {say_value(own, cubes.metrics[METRIC])}")
    assert says(app, say_difference(gap, cubes.metrics[METRIC]))


def is_women_south(row):
    return row["slice"].to_dict() == {"sex": "female", "region": "south"}


def test_what_cannot_be_told_for_an_empty_cell_is_counted():
    app = type_in(open_editor(), "ethnicity = Other")

    assert says(app, "It holds for 22 of 5,000 rows")
    assert says(app, "Of 431 it cannot be told")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sex = ", "where a value is expected"),
        ("sexx = female", "Did you mean 'sex'?"),
        ("sex = femal", "Did you mean 'female'?"),
        ("sex > 3", "compares numbers only"),
        ("(" * 50, "parentheses inside each other"),
        ("x" * 1_999, "a comparison after"),
    ],
)
def test_what_is_still_wrong_is_said_in_its_place(text, said):
    app = type_in(open_editor(), text)

    assert len(app.warning) == 1
    assert not app.error
    assert says(app, said)


def test_levels_stand_beside_with_their_counts_and_are_put_into_the_condition():
    app = type_in(open_editor(), "sex = female")
    next(s for s in app.selectbox if s.label == "Columns").set_value("region")
    rerun(app)
    shown = next(d.value for d in app.dataframe if "level" in d.value.columns)
    assert shown.to_numpy().tolist()[0] == ["centre", "1,483", "29.7 %"]

    next(m for m in app.multiselect if m.label == "Levels").set_value(["north", "south"])
    rerun(app)
    press(app, "Put into the condition")

    assert (
        next(t for t in app.text_input if t.label == "Rows where").value == "sex = female and region in [north, south]"
    )
    assert says(app, "It holds for")


def test_numbers_have_their_range_and_are_put_into_the_condition():
    app = open_editor()
    next(s for s in app.selectbox if s.label == "Columns").set_value("age")
    rerun(app)
    assert says(app, "age holds numbers from 19 to 80")
    next(n for n in app.number_input if n.label == "To").set_value(25.0)
    rerun(app)
    press(app, "Put into the condition")

    assert field(app).value == "age between 19 and 25"


def test_a_condition_is_saved_as_a_slice_of_an_address_of_its_own(workspace_folder):
    app = type_in(open_editor(), "sex = female and region = south")
    app = press(type_in(app, "women in the south", label="Name"), "Save slice")
    kept = Workspace(workspace_folder).find(app.query_params["data"])

    assert app.query_params["data"] != "lending"
    assert [(s.name, s.where) for s in kept.schema.slices] == [
        ("women in the south", "sex = female and region = south")
    ]
    (entry,) = Workspace(workspace_folder).read_log(kept.id)
    assert (entry.what, entry.detail) == ("changed schema", "new slice women in the south")
    table = next(d.value for d in app.dataframe if "counts" in d.value.columns).set_index("slice")
    assert table.loc["women in the south = yes"]["counts"] == "63 of 235"


@pytest.mark.parametrize(
    ("name", "where"), [("", "sex = female"), ("mine", ""), ("sex", "sex = female"), ("mine", "sex = ")]
)
def test_what_is_no_slice_yet_is_not_saved(name, where):
    app = press(type_in(type_in(open_editor(), where), name, label="Name"), "Save slice")

    assert len(app.error) == 1
    assert app.query_params["data"] == "lending"


def test_a_condition_that_the_data_do_not_hold_is_not_saved():
    app = press(type_in(type_in(open_editor(), "sex = femal"), "mine", label="Name"), "Save slice")

    assert says(app, "Did you mean 'female'?")
    assert app.query_params["data"] == "lending"


def test_the_editor_begins_with_the_group_that_is_looked_into():
    app = open_editor(cell="age = '< 25'")

    assert field(app).value == "age < 25"


def test_names_from_files_are_shown_as_text(monkeypatch, tmp_path):
    app = open_editor(open_file(monkeypatch, tmp_path, *write_hostile(tmp_path)))
    app = type_in(app, f"`{HOSTILE[0]}` = '{HOSTILE[1]}'")

    assert find_injections(app) == []
    app = type_in(app, HOSTILE[0])
    assert find_injections(app) == []
