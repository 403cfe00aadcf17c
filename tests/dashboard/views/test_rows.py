from __future__ import annotations

import base64
import csv
import io

import pandas as pd
import pytest
from PIL import Image

from dashboard import images, loading, row_table, state
from dashboard.datasets import find_dataset
from dashboard.view import View
from dashboard.workspace import Workspace
from metrics.rows import find_rows
from metrics.slices import Slice
from tests.dashboard.pages import bare, open_page, rerun, texts
from tests.dashboard.views.files import open_file, open_with, read_sample
from tests.paths import SAMPLES

SOUTH = "sex = female & region = south"
LENDING = pd.read_csv(SAMPLES / "lending.csv", dtype=str)


def rows_of(app):
    return app.dataframe[0].value


def choose(app, label, value):
    next(s for s in app.selectbox if s.label == label).set_value(value)
    return rerun(app)


def test_the_rows_of_a_linked_cell_are_those_of_the_file():
    shown = rows_of(open_page("rows", data="lending", cell=SOUTH))
    expected = LENDING[(LENDING["sex"] == "female") & (LENDING["region"] == "south")].head(row_table.PAGE)

    assert shown["applicant"].tolist() == expected["applicant"].tolist()
    assert (shown["row"] - 1).tolist() == expected.index.tolist()
    assert shown["score_a"].tolist() == expected["score_a"].tolist()


def test_the_rows_that_a_metric_counts_are_as_many_as_its_numerator():
    app = choose(open_page("rows", data="lending", cell=SOUTH), "Outcome", "top")
    shown = rows_of(app)

    # Counted in the sample's README: 63 of 235 women in the south who repaid were refused.
    assert len(shown) == 63
    assert set(shown["repaid"]) == {"yes"}
    assert set(shown["decision_a"]) == {"refused"}
    assert any("63 rows" in bare(t) for t in texts(app))


def test_levels_are_chosen_in_a_box_for_each_attribute_and_the_address_follows():
    app = choose(choose(open_page("rows", data="lending"), "sex", "male"), "ethnicity", "(missing)")

    assert set(rows_of(app)["sex"]) == {"male"}
    assert set(rows_of(app)["ethnicity"].fillna("")) == {""}
    assert Slice.parse(app.query_params["cell"]).to_dict() == {"sex": "male", "ethnicity": "(missing)"}


def test_the_other_model_has_outcomes_of_its_own():
    app = choose(open_with("rows", "lending", system="model B"), "Outcome", "false_negatives")

    assert set(rows_of(app)["decision_b"]) == {"refused"}


def test_pages_of_rows_follow_one_another():
    first = open_page("rows", data="lending")
    second = open_with("rows", "lending", rows_page=2)

    assert rows_of(first)["row"].tolist() == list(range(1, 101))
    assert rows_of(second)["row"].tolist() == list(range(101, 201))


def test_a_page_that_no_longer_exists_gives_way_to_one_that_does():
    app = open_with("rows", "lending", rows_page=50)
    app = choose(app, "Outcome", "false_negatives")

    # 383 rows are four pages of 100.
    assert len(rows_of(app)) > 0
    assert app.number_input(key="rows_page").value <= 4


def test_a_filter_of_the_whole_analysis_leaves_rows_where_they_are_in_the_file():
    app = open_page("rows", data="lending", where="region = south")
    expected = LENDING[LENDING["region"] == "south"]

    assert (rows_of(app)["row"] - 1).tolist() == expected.index[:100].tolist()


def test_rows_that_do_not_exist_are_said_to_be_none():
    app = choose(open_page("rows", data="lending"), "Outcome", "missing")

    assert not app.dataframe
    assert any("No row is like that" in i.value for i in app.info)


def test_the_download_holds_all_rows_of_the_cell_and_no_formula(monkeypatch, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("sex,label,prediction,note\n" + "".join(f"{'fm'[i % 2]},1,0,=1+{i}\n" for i in range(250)))
    schema = 'task="classification"\nlabel="label"\npositive=["1"]\n[[system]]\nprediction="prediction"\n'
    open_file(monkeypatch, tmp_path, file, schema + '[[attribute]]\ncolumn="sex"\n')
    monkeypatch.setattr(state, "filter_text", lambda: "")
    loaded = loading.load(find_dataset("opened", Workspace.at_home()))
    view = View(data="opened", metric="accuracy")
    places = find_rows(loaded.scored[0], Slice((("sex", "f"),)))
    lines = list(csv.DictReader(io.StringIO(row_table.write_all(loaded, view, places).decode())))

    assert len(lines) == 125
    assert {line["outcome"] for line in lines} == {"false negative"}
    assert [line["note"] for line in lines[:2]] == ["'=1+0", "'=1+2"]


def test_columns_of_the_file_called_as_ours_are_kept_beside_them(monkeypatch, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("row,outcome,label,prediction,sex\n" + "".join(f"x{i},y,{i % 2},1,f\n" for i in range(40)))
    schema = 'task="classification"\nlabel="label"\npositive=["1"]\n[[system]]\nprediction="prediction"\n'
    address = open_file(monkeypatch, tmp_path, file, schema + '[[attribute]]\ncolumn="sex"\n')
    shown = rows_of(open_page("rows", data=address))

    assert shown["row (2)"].tolist()[:2] == ["x0", "x1"]
    assert shown["outcome"].tolist()[:2] == ["false positive", "true positive"]


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """A folder with one picture, and a picture and a text outside it."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.new("RGB", (400, 200), "red").save(folder / "a.png")
    Image.new("RGB", (10, 10)).save(tmp_path / "secret.png")
    (folder / "no.png").write_text("no picture")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    monkeypatch.setenv(images.FOLDER_VARIABLE, str(folder))
    return folder


def test_a_picture_inside_the_folder_is_shown_small(pictures):
    address = images.thumbnail("a.png", images.folder_allowed())
    picture = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))

    assert picture.size == (96, 48)


@pytest.mark.parametrize(
    "path",
    ["../secret.png", "link.png", "no.png", "gone.png", "", "a.png\0", "/etc/passwd", "https://evil.example/a.png"],
)
def test_nothing_but_pictures_inside_the_folder_is_read(pictures, path):
    assert images.thumbnail(path, images.folder_allowed()) is None


def test_an_absolute_path_outside_the_folder_is_not_read(pictures, tmp_path):
    assert images.thumbnail(str(tmp_path / "secret.png"), images.folder_allowed()) is None


def test_a_picture_of_too_many_pixels_is_not_unpacked(pictures, monkeypatch):
    monkeypatch.setattr(images, "_MOST_PIXELS", 100)

    assert images.thumbnail("a.png", images.folder_allowed()) is None


@pytest.mark.parametrize("allowed", [True, False])
def test_thumbnails_stand_beside_their_paths_only_where_a_folder_is_allowed(pictures, monkeypatch, tmp_path, allowed):
    if not allowed:
        monkeypatch.delenv(images.FOLDER_VARIABLE)
    file = tmp_path / "mine.csv"
    file.write_text("photo,sex,label,prediction\n" + "".join(f"a.png,{'fm'[i % 2]},1,0\n" for i in range(40)))
    schema = 'task="classification"\nlabel="label"\npositive=["1"]\n[[system]]\nprediction="prediction"\n'
    shown = rows_of(
        open_page("rows", data=open_file(monkeypatch, tmp_path, file, schema + '[[attribute]]\ncolumn="sex"\n'))
    )

    assert ("photo (image)" in shown.columns) == allowed
    if allowed:
        assert shown["photo (image)"][0].startswith("data:image/jpeg;base64,")


def test_sample_results_have_the_rows_of_their_file():
    """What the page relies on: the index of results is the position in the file."""
    assert read_sample("lending").attributes.index.tolist() == LENDING.index.tolist()
