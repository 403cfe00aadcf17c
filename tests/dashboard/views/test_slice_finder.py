from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboard import slice_finder_list
from dashboard.workspace import Workspace
from metrics.answers import name_slice
from metrics.find import Found, Search, find, list_findings
from metrics.find_words import say_search
from metrics.formatting import format_difference
from metrics.slices import Slice
from tests.dashboard.pages import find_injections, open_page, rerun, texts
from tests.dashboard.views.files import cubes_of, open_file, open_with, read_sample, write_hostile

PAGE = "slice_finder"
WORST = Slice((("sex", "female"), ("region", "south")))  # planted, as the sample's README says
FAIR = """
task = "classification"
label = "label"
positive = ["1"]
favourable = "positive"
[[system]]
prediction = "prediction"
[[attribute]]
column = "a"
[[attribute]]
column = "b"
"""


def search_of(sample: str, system: str | None = None) -> Found:
    """The search by the core alone."""
    (cube,) = cubes_of(sample).only(system)
    return find(cube, Search("false_rejection_rate", tuple(a.name for a in cube.axes)))


def shown(app) -> list[str]:
    """The texts of a page as they are read: without what escapes the signs of Markdown."""
    return [text.replace("\\", "") for text in texts(app)]


def button(app, label):
    return next(b for b in app.button if b.label == label)


def open_fair(monkeypatch, folder):
    """Open a file in which nothing differs but by chance."""
    draw = np.random.default_rng(5)
    frame = pd.DataFrame({name: draw.choice(["x", "y"], 400) for name in "ab"})
    frame = frame.assign(label=draw.integers(0, 2, 400), prediction=draw.integers(0, 2, 400))
    file = folder / "fair.csv"
    frame.to_csv(file, index=False)
    return open_file(monkeypatch, folder, file, FAIR)


@pytest.fixture(scope="module")
def found() -> Found:
    return search_of("lending", "model A")


def test_the_answer_is_the_worst_finding_and_how_much_was_searched(found):
    said = shown(open_page(PAGE, data="lending"))

    assert any(t.startswith("Worst: sex = female, region = south.") and "63 of 235" in t for t in said)
    assert say_search(found) in said


def test_every_finding_is_a_row_with_its_numbers_and_what_it_costs(found):
    app = open_page(PAGE, data="lending")
    said = shown(app)
    findings = list_findings(found)
    table = next(d.value for d in app.dataframe if "at least" in d.value.columns)

    assert len(findings) == 2
    assert list(table["slice"]) == [name_slice(s) for s in findings["slice"]]
    assert list(table["difference"]) == [format_difference(found.metric, d) for d in findings["difference"]]
    assert "**1** :gray-badge[sex = female] :gray-badge[region = south]" in said
    assert any(t.startswith("40 more wrongly refused than at the rest's rate") for t in said)


def test_the_picture_shows_the_findings_and_is_told_in_words():
    chart = open_page(PAGE, data="lending").get("plotly_chart")[0].proto

    assert "63 of 235" in chart.spec
    assert "sex = female, region = south" in chart.alt


def test_similar_slices_unfold(found):
    app = open_with(PAGE, "lending", slice_finder_1_twins=True)
    twins = list_findings(found).iloc[0]["twins"]
    tables = [d.value for d in app.dataframe if "finding" in d.value.columns]

    assert len(twins) > 0
    assert [list(t["slice"]) for t in tables] == [[name_slice(s) for s in twins]]


def test_all_slices_are_listed_a_page_at_a_time_when_asked_for(found):
    closed = open_page(PAGE, data="lending")
    app = open_with(PAGE, "lending", slice_finder_all=True, slice_finder_page=3)
    (table,) = [d.value for d in app.dataframe if "finding" in d.value.columns]

    assert not any("finding" in d.value.columns for d in closed.dataframe)
    assert list(table["slice"]) == [name_slice(s) for s in found.lattice["slice"].iloc[200:]]
    assert "Download all as CSV" in [b.proto.label for b in app.get("download_button")]


def test_attributes_depth_and_share_narrow_the_search():
    asked = {"slice_finder_attributes": ["sex", "region"], "slice_finder_depth": 1, "slice_finder_support": 40.0}
    app = open_with(PAGE, "lending", **asked)

    # Of the sexes and regions only the two sexes have four rows in ten.
    assert any("Searched 2 slices" in text for text in texts(app))


def test_a_link_leads_to_the_rows_behind_a_finding():
    app = open_page(PAGE, data="lending")
    button(app, "Rows behind it").click()
    app.run()

    assert app.session_state["cell"] == str(WORST)


def test_the_evidence_sheet_knows_how_many_slices_were_searched(found):
    app = open_page(PAGE, data="lending")
    button(app, "Evidence sheet").click()
    app.run()
    app.switch_page("views/evidence.py")
    app.query_params["cell"] = str(WORST)
    rerun(app)
    looked = next(n for n in app.number_input if n.label == "How many groups you looked at in all")

    assert looked.value == found.searched
    assert not app.warning
    assert any("sex \\= female" in text for text in texts(app))


def test_a_finding_is_saved_as_a_slice_and_is_not_searched_again(workspace_folder):
    app = open_page(PAGE, data="lending")
    button(app, "Save slice").click()
    rerun(app)
    kept = Workspace(workspace_folder).find(app.query_params["data"])

    assert [(s.name, s.where) for s in kept.schema.slices] == [("sex = female, region = south", str(WORST))]
    assert any("Searched 203 slices" in text for text in texts(app))
    assert button(app, "Saved").disabled


def test_where_nothing_is_found_it_says_what_would_have_been_seen_and_shows_all(monkeypatch, tmp_path):
    app = open_page(PAGE, data=open_fair(monkeypatch, tmp_path))
    said = " ".join(texts(app))

    assert "No slice fares worse than the rest beyond what chance would show" in said
    assert "To stand out among so many" in said
    assert not app.get("plotly_chart")
    (table,) = [d.value for d in app.dataframe]
    assert len(table) == 8


def test_more_combinations_than_can_be_searched_are_refused_with_the_cure(monkeypatch):
    monkeypatch.setattr("metrics.lattice.MOST_GROUPINGS", 3)
    app = open_page(PAGE, data="lending")

    assert "fewer attributes or a smaller depth" in app.error[0].value
    assert app.number_input


def test_names_from_files_are_shown_as_text_in_every_part(monkeypatch, tmp_path):
    monkeypatch.setattr(slice_finder_list, "_PAGE", 5)
    address = open_file(monkeypatch, tmp_path, *write_hostile(tmp_path))
    app = open_page(PAGE, data=address, least="1")
    app.session_state["slice_finder_all"] = True
    rerun(app)

    assert find_injections(app) == []
    assert any("evil" in str(name) for d in app.dataframe for name in d.value["slice"])


@pytest.mark.parametrize("sample", ["screening", "routing", "waiting"])
def test_every_task_can_be_searched(sample):
    app = open_page(PAGE, data=sample)

    assert not app.error
    assert any("Searched " in text for text in texts(app))
    assert read_sample(sample).attributes.shape[1] > 0
