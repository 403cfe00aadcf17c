from __future__ import annotations

import re

import pytest

from dashboard import datasets
from dashboard.workspace import Workspace
from tests.dashboard.kept import things_in
from tests.dashboard.pages import HOSTILE, SAMPLES, bare, find_injections, open_page, rerun, texts
from tests.paths import SHARED, needs_shared

GOOD_OR_BAD = b"id,sex,label,prediction\n" + b"".join(
    f"{i},{'fm'[i % 2]},{('good', 'bad')[i % 3 == 0]},{('good', 'bad')[i % 4 == 0]}\n".encode() for i in range(120)
)


def _upload(app, *files):
    for name, data in files:
        app.file_uploader[0].upload(name, data)
    return rerun(app)


def _data(app):
    return app.query_params["data"]


def _kept(app, folder):
    return Workspace(folder).find(_data(app))


def _by_label(elements, label):
    return next(e for e in elements if e.label == label)


def _edit_columns(app, **cells):
    """Edit cells of the table of columns: column name -> {field: value}."""
    editor = app.data_editor[0]
    places = list(editor.value["column"])
    edits = {places.index(column): fields for column, fields in cells.items()}
    app.session_state[editor.key] = {"edited_rows": edits, "added_rows": [], "deleted_rows": []}
    return rerun(app)


def test_a_bare_address_shows_the_lending_example():
    app = open_page("data")

    assert _data(app) == "lending"
    assert [h.value for h in app.header] == ["lending\\.csv"]


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_opens(sample):
    app = open_page("data", data=sample)

    assert [b.label for b in app.button].count("Measure") == 1
    assert not app.error


def test_an_address_that_leads_nowhere_says_so_and_offers_samples():
    app = open_page("data", data="A" * 32)

    assert "no data under this address" in app.info[0].value
    assert {b.label for b in app.button} >= {f"Open {s.title.lower()}" for s in datasets.SAMPLES.values()}


def test_an_upload_stands_in_the_address_and_a_second_tab_shows_it():
    first = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))

    second = open_page("data", data=_data(first))

    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", _data(first))
    assert [h.value for h in second.header] == ["mine\\.csv"]
    assert [h.value for h in first.header] == ["mine\\.csv"]


def test_a_new_session_without_the_address_sees_nothing_of_an_upload():
    _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))

    other = open_page("data")

    assert _data(other) == "lending"
    assert [text for text in texts(other) if "mine" in text] == []


def test_an_upload_says_who_sees_it():
    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))

    assert "Whoever has the whole address" in app.warning[0].value


def test_deleted_data_are_gone_for_everyone(workspace_folder):
    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))
    address = _data(app)

    _by_label(app.button, "Delete now").click()
    rerun(app)

    assert _data(app) == "lending"
    assert things_in(workspace_folder) == []
    assert "no data under this address" in open_page("data", data=address).info[0].value


def test_a_question_is_asked_and_its_answer_kept(workspace_folder):
    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))
    assert _by_label(app.radio, "Answer").value == "good"

    _by_label(app.radio, "Answer").set_value("bad")
    rerun(app)

    assert _kept(app, workspace_folder).schema.positive == ("bad",)
    assert [r.label for r in app.radio].count("Answer") == 0


def test_the_default_of_a_question_can_be_confirmed(workspace_folder):
    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))

    _by_label(app.button, "That is right").click()
    rerun(app)

    assert _kept(app, workspace_folder).schema.positive == ("good",)
    assert [r.label for r in app.radio].count("Answer") == 0


def test_a_role_is_corrected_in_the_table(workspace_folder):
    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))

    _edit_columns(app, sex={"role": "cluster"}, id={"role": "not used"})

    schema = _kept(app, workspace_folder).schema
    assert schema.columns["cluster"] == "sex"
    assert "id" in schema.without


def test_how_a_group_was_obtained_is_kept_and_inferred_groups_are_warned_of(workspace_folder):
    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))

    _edit_columns(app, sex={"obtained": "inferred"})

    assert _kept(app, workspace_folder).schema.attribute("sex").obtained == "inferred"
    assert any("inferred" in w.value for w in app.warning)


def test_levels_stand_in_the_order_that_was_typed_on_every_page(workspace_folder):
    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))
    assert app.data_editor[0].value.set_index("column").loc["sex", "order"] == "f, m"

    _edit_columns(app, sex={"order": "m, f"})

    assert _kept(app, workspace_folder).schema.attribute("sex").order == ("m", "f")
    assert app.data_editor[0].value.set_index("column").loc["sex", "order"] == "m, f"
    assert _by_label(open_page("rows", data=_data(app)).selectbox, "sex").options[:2] == ["m", "f"]


def test_an_order_with_a_word_that_is_no_level_is_explained_and_changes_nothing(workspace_folder):
    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))
    before = _kept(app, workspace_folder).schema

    _edit_columns(app, sex={"order": "women, men"})

    assert any("has no level" in e.value.replace("\\", "") for e in app.error)
    assert _kept(app, workspace_folder).schema == before


def test_an_edit_that_cannot_be_kept_is_explained_and_changes_nothing(workspace_folder):
    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))
    before = _kept(app, workspace_folder).schema

    _edit_columns(app, id={"obtained": "annotated"})

    assert any("is no group" in e.value.replace("\\", "") for e in app.error)
    assert _kept(app, workspace_folder).schema == before


def test_correcting_a_sample_makes_a_copy_and_leaves_the_sample(workspace_folder):
    app = open_page("data", data="lending")

    _by_label(app.selectbox, "Good for the person").set_value("negative")
    rerun(app)

    assert len(_data(app)) == 32
    assert _kept(app, workspace_folder).schema.favourable == "negative"
    assert _by_label(open_page("data", data="lending").selectbox, "Good for the person").value == "positive"


def test_a_threshold_is_kept(workspace_folder):
    app = open_page("data", data="lending")

    _by_label(app.number_input, "Threshold").set_value(0.25)
    rerun(app)

    assert _kept(app, workspace_folder).schema.threshold == 0.25


def test_files_are_joined_by_id(workspace_folder):
    base = b"id,sex,label\n" + b"".join(f"{i},{'fm'[i % 2]},{i % 3 % 2}\n".encode() for i in range(90))
    answers = b"id,prediction\n" + b"".join(f"{i},{i % 2}\n".encode() for i in reversed(range(90)))

    app = _upload(open_page("data"), ("people.csv", base), ("model A.csv", answers))

    assert [f.name for f in _kept(app, workspace_folder).files] == ["people.csv", "model A.csv"]
    assert any("Joined by id" in m.value for m in app.markdown)


PEOPLE = b"id,sex,label\n" + b"".join(f"{i},{'fm'[i % 2]},{i % 3 % 2}\n".encode() for i in range(90))
ANSWERS = b"id,prediction,seconds,version\n" + b"".join(f"{i},{i % 2},{i},v1\n".encode() for i in range(60))


def _main(app):
    return _by_label(app.selectbox, "Main file")


def test_the_main_file_is_found_whatever_the_order_and_the_reason_is_said(workspace_folder):
    app = _upload(open_page("data"), ("model A.csv", ANSWERS), ("people.csv", PEOPLE))

    assert [f.name for f in _kept(app, workspace_folder).files] == ["people.csv", "model A.csv"]
    assert _main(app).options == ["people.csv", "model A.csv"]
    said = " ".join(bare(c.value) for c in app.caption)
    assert "alone has a column that is named like the truth" in said
    assert any("90 rows, 90 of them used" in m.value for m in app.markdown)


def test_another_main_file_is_chosen_on_screen_and_its_rows_are_measured(workspace_folder):
    app = _upload(open_page("data"), ("people.csv", PEOPLE), ("model A.csv", ANSWERS))

    _main(app).set_value(1)
    rerun(app)

    assert [f.name for f in _kept(app, workspace_folder).files] == ["model A.csv", "people.csv"]
    assert [h.value for h in app.header] == ["model A\\.csv"]
    assert any("60 rows, 60 of them used" in m.value for m in app.markdown)
    assert any(bare(c.value).startswith("Chosen by you The guess was people") for c in app.caption)
    second = open_page("data", data=_data(app))
    assert [h.value for h in second.header] == ["model A\\.csv"]


def test_a_main_file_that_was_chosen_stays_it_when_a_further_file_comes(workspace_folder):
    app = _upload(open_page("data"), ("people.csv", PEOPLE), ("model A.csv", ANSWERS))
    _main(app).set_value(1)
    rerun(app)

    further = ANSWERS.replace(b"v1", b"v2")
    _upload(app, ("people.csv", PEOPLE), ("model A.csv", ANSWERS), ("model B.csv", further))

    assert [f.name for f in _kept(app, workspace_folder).files] == ["model A.csv", "people.csv", "model B.csv"]


def test_a_file_of_its_own_has_no_main_file_to_choose():
    app = _upload(open_page("data"), ("people.csv", GOOD_OR_BAD))

    assert [s for s in app.selectbox if s.label == "Main file"] == []


def test_the_main_file_can_be_chosen_where_the_files_share_no_id():
    app = _upload(open_page("data"), ("people.csv", PEOPLE), ("other.csv", b"x,y\n1,2\n"))

    assert any("cannot be measured yet" in e.value for e in app.error)
    assert _main(app).options == ["people.csv", "other.csv"]


def test_files_of_hostile_and_equal_names_stay_text_and_apart():
    app = _upload(open_page("data"), (f"{HOSTILE[0]}.csv", ANSWERS), ("x.csv", ANSWERS), ("x.csv", PEOPLE))

    assert find_injections(app) == []
    assert sorted(_main(app).options)[-2:] == ["x.csv (1)", "x.csv (3)"]


def test_a_further_file_keeps_what_was_corrected_and_replaces_the_first_upload(workspace_folder):
    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD))
    _edit_columns(app, sex={"obtained": "annotated"})
    second = b"id,prediction\n" + b"".join(f"{i},good\n".encode() for i in range(120))

    _upload(app, ("mine.csv", GOOD_OR_BAD), ("model B.csv", second))  # a drop zone gives all of its files each time

    kept = _kept(app, workspace_folder)
    assert [f.name for f in kept.files] == ["mine.csv", "model B.csv"]
    assert kept.schema.attribute("sex").obtained == "annotated"
    assert things_in(workspace_folder) == [kept.id]


def test_a_schema_file_dropped_along_is_taken(workspace_folder):
    toml = b'label = "label"\npositive = ["bad"]\n[[attribute]]\ncolumn = "sex"\nobtained = "self-reported"\n'

    app = _upload(open_page("data"), ("mine.csv", GOOD_OR_BAD), ("mine.toml", toml))

    assert _kept(app, workspace_folder).schema.positive == ("bad",)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"id,label,prediction\n",
        b"\x80\x04\x95pickle",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"<html><body>no</body></html>",
    ],
)
def test_what_is_no_table_of_results_is_refused_with_a_cure_and_nothing_lost(data, workspace_folder):
    app = _upload(open_page("data"), ("mine.csv", data))

    assert app.error
    assert _kept(app, workspace_folder).files[0].path.read_bytes() == data


def test_hostile_names_stay_text():
    header = ",".join(f'"{name}"' for name in HOSTILE)
    rows = "".join(
        f"{i},{i % 2},{i % 3 % 2},{','.join(f'{chr(34)}{name} {i % 2}{chr(34)}' for name in HOSTILE)}\n"
        for i in range(80)
    )

    app = _upload(open_page("data"), (f"{HOSTILE[0]}.csv", f"id,label,prediction,{header}\n{rows}".encode()))

    assert find_injections(app) == []


def test_a_filter_is_said_and_counts_for_everything():
    app = open_page("data", data="lending", where="age >= 65")

    assert any(c.value.endswith("findings") and " of 5,000 rows" in c.value for c in app.caption)


def test_a_filter_that_cannot_be_read_says_so_beside_it():
    app = open_page("data", data="lending", where="nowhere = 1")

    assert any("nowhere" in e.value for e in app.sidebar.error)


@needs_shared
def test_compas_is_opened_and_its_columns_are_named_on_screen(workspace_folder):
    """The file as ProPublica published it: duplicate column names, no column that is called a label."""
    path = SHARED / "data" / "tabular" / "compas" / "compas-scores-two-years.csv"
    app = _upload(open_page("data"), (path.name, path.read_bytes()))
    assert _by_label(app.sidebar.selectbox, "Metric").value == "selection_rate"

    _edit_columns(
        app, two_year_recid={"role": "label"}, decile_score={"role": "not used"}, score_text={"role": "prediction"}
    )
    _by_label(app.multiselect, "Answer").set_value(["1", "Medium", "High"])
    rerun(app)
    asked = [b for b in app.button if b.label == "That is right"]
    next(b for b in asked if _by_label(app.multiselect, "Answer").key in (b.key or "")).click()
    rerun(app)

    schema = _kept(app, workspace_folder).schema
    assert (schema.columns["label"], schema.positive) == ("two_year_recid", ("1", "Medium", "High"))
    assert [dict(s.columns) for s in schema.systems] == [{"prediction": "score_text"}]
    assert _by_label(app.sidebar.selectbox, "Metric").value != "selection_rate"


@needs_shared
def test_what_compas_asks_can_be_answered_by_confirming_everything(workspace_folder):
    path = SHARED / "data" / "tabular" / "compas" / "compas-scores-two-years.csv"
    app = _upload(open_page("data"), (path.name, path.read_bytes()))

    for _ in range(10):
        asked = [b for b in app.button if b.label == "That is right"]
        if not asked:
            break
        asked[0].click()
        rerun(app)

    assert [b for b in app.button if b.label == "That is right"] == []
    assert not app.error


# -- the rows of a finding -----------------------------------------------------------------------

# The rows 3, 8, 13, ... of 120 have no label, the rows 5, 12, 19, ... no sex.
GAPS = "id,sex,label,prediction\n" + "".join(
    f"{i},{'' if i % 7 == 5 else 'fm'[i % 2]},{'' if i % 5 == 3 else i % 3 % 2},{i % 4 % 2}\n" for i in range(1, 121)
)


def _rows_of(app):
    """The rows that are shown for a finding: the only table with the numbers of rows."""
    (table,) = [t.value for t in app.dataframe if "row" in t.value.columns and t.value.columns[0] == "row"]
    return table


def _offers(app):
    return [b for b in app.button if b.label == "Show rows"]


def test_a_finding_shows_the_rows_it_counts_and_hides_them_again():
    app = _upload(open_page("data"), ("mine.csv", GAPS.encode()))
    assert len(_offers(app)) == 2

    _offers(app)[0].click()
    rerun(app)

    table = _rows_of(app)
    assert list(table["row"]) == list(range(3, 121, 5))
    assert list(table.columns) == ["row", "label", "id", "sex", "prediction"]
    assert list(table["id"]) == [str(row) for row in range(3, 121, 5)]
    assert set(table["label"]) <= {None, ""}
    _by_label(app.button, "Hide rows").click()
    assert len(_offers(rerun(app))) == 2


def test_what_is_only_to_know_shows_its_rows_too():
    app = _upload(open_page("data"), ("mine.csv", GAPS.encode()))

    _offers(app)[1].click()
    rerun(app)

    assert list(_rows_of(app)["row"]) == list(range(5, 121, 7))


def test_the_rows_of_a_finding_are_those_of_the_file_under_a_filter_too():
    app = _upload(open_page("data", where="id > 60"), ("mine.csv", GAPS.encode()))
    app.text_input(key="where").set_value("id > 60")
    rerun(app)

    _offers(app)[0].click()
    rerun(app)

    assert list(_rows_of(app)["row"]) == list(range(63, 121, 5))


def test_only_so_many_rows_of_a_finding_are_shown_and_that_is_said():
    lines = "".join(f"{i},{'fm'[i % 2]},{'' if i % 2 else 1},{i % 3 % 2}\n" for i in range(1, 401))
    app = _upload(open_page("data"), ("mine.csv", f"id,sex,label,prediction\n{lines}".encode()))

    _offers(app)[0].click()
    rerun(app)

    assert list(_rows_of(app)["row"]) == list(range(1, 200, 2))
    assert any(c.value == "The first 100 of them." for c in app.caption)


def test_rows_that_keep_a_file_from_being_measured_are_shown(workspace_folder):
    lines = "".join(f"{i},{'fm'[i % 2]},1,1,{-1 if i == 7 else 1}\n" for i in range(1, 41))
    toml = b'label = "label"\npositive = ["1"]\nweight = "w"\n[[system]]\nprediction = "prediction"\n'
    file = f"id,sex,label,prediction,w\n{lines}".encode()

    app = _upload(open_page("data"), ("mine.csv", file), ("mine.toml", toml))
    _offers(app)[0].click()
    rerun(app)

    assert any("cannot be measured yet" in e.value for e in app.error)
    assert list(_rows_of(app)["row"]) == [7]
    assert list(_rows_of(app)["w"]) == ["-1"]


def test_hostile_cells_stay_text_in_the_rows_of_a_finding():
    header = ",".join(f'"{name}"' for name in HOSTILE)
    rows = "".join(
        f"{i},{'' if i % 5 == 3 else i % 2},{i % 3 % 2},{','.join(f'{chr(34)}{n} {i % 2}{chr(34)}' for n in HOSTILE)}\n"
        for i in range(80)
    )
    app = _upload(open_page("data"), ("mine.csv", f"id,label,prediction,{header}\n{rows}".encode()))

    _offers(app)[0].click()
    rerun(app)

    assert find_injections(app) == []
    assert [name for name in _rows_of(app).columns if name.startswith("=")] == []
    assert [cell for cell in _rows_of(app).iloc[:, -3].astype(str) if cell.startswith("=")] == []


def test_no_table_of_the_data_page_has_a_formula_in_what_it_offers_as_csv():
    """Not in the names of columns either: the CSV of a table has those, not its labels."""
    header = ",".join(f'"{name}"' for name in HOSTILE)
    rows = "".join(
        f"{i},{i % 2},{i % 3 % 2},{','.join(f'{chr(34)}{n} {i % 2}{chr(34)}' for n in HOSTILE)}\n" for i in range(80)
    )
    app = _upload(open_page("data"), ("mine.csv", f"id,label,prediction,{header}\n{rows}".encode()))

    tables = [element.value for element in (*app.dataframe, *app.data_editor)]
    texts_in = [str(cell) for t in tables for cell in (*t.columns, *t.to_numpy().ravel())]
    assert "'=cmd|'/c calc'!A1" in texts_in
    assert [cell for cell in texts_in if cell.startswith(("=", "@", "+", "|", "%"))] == []


def test_what_was_guarded_in_a_cell_is_no_part_of_what_is_typed_there():
    app = _upload(open_page("data"), ("mine.csv", b"id,sex,label,prediction\n" + _LINES))
    _edit_columns(app, sex={"merge": "= n/a"})
    rerun(app)
    assert app.data_editor[0].value.set_index("column").loc["sex", "merge"] == "' = n/a"

    _edit_columns(app, sex={"merge": "' = n/a, ?"})
    rerun(app)
    assert not app.error
    assert app.data_editor[0].value.set_index("column").loc["sex", "merge"] == "' = n/a, ?"


_LINES = "".join(f"{i},{('f', 'm', 'n/a', '?')[i % 4]},{i % 2},{i % 3 % 2}\n" for i in range(80)).encode()
